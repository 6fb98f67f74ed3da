//! The preconditioner from one solve of a baseline to the next: policies mostly leave it as it is.

use std::sync::Arc;

use ndarray::Array2;

use super::Preconditioner;
use crate::equilibrium::system::System;
use crate::problem::Survivors;
use crate::scenario::{Labour, Sourcing};

/// A preconditioner with all that it was made for but the baseline.
struct Kept {
    trade: Vec<f64>,
    production: Vec<f64>,
    specific_factor_share: Array2<f64>,
    final_shares: Array2<f64>,
    survivors: Survivors,
    labour: Labour,
    sourcing: Sourcing,
    preconditioner: Option<Arc<Preconditioner>>,
}

impl Kept {
    fn new(system: &System<'_>, relaxation: &[f64]) -> Self {
        let problem = system.problem;
        let elasticities = &problem.elasticities;
        Self {
            trade: elasticities.trade.clone(),
            production: elasticities.production.clone(),
            specific_factor_share: elasticities.specific_factor_share.clone(),
            final_shares: problem.counterfactual.final_shares.clone(),
            survivors: system.survivors.clone(),
            labour: problem.labour,
            sourcing: problem.sourcing,
            preconditioner: Preconditioner::new(system, relaxation).map(Arc::new),
        }
    }

    fn fits(&self, system: &System<'_>) -> bool {
        let problem = system.problem;
        let elasticities = &problem.elasticities;
        self.labour == problem.labour
            && self.sourcing == problem.sourcing
            && self.trade == elasticities.trade
            && self.production == elasticities.production
            && self.specific_factor_share == elasticities.specific_factor_share
            && self.final_shares == problem.counterfactual.final_shares
            && self.survivors == system.survivors
    }
}

impl Preconditioner {
    /// The approximate inverse at the baseline, that of the last solve if it is the same; nothing where
    /// levels of regions are not determined.
    pub(in crate::equilibrium::map) fn of(
        system: &System<'_>,
        relaxation: &[f64],
    ) -> Option<Arc<Self>> {
        let memory = &system.problem.baseline.memory;
        let kept = memory.recall(|kept: &Kept| kept.fits(system), || Kept::new(system, relaxation));
        kept.preconditioner.clone()
    }
}
