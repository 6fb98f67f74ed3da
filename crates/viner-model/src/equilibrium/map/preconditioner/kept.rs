//! The preconditioner from one solve of a baseline to the next: policies mostly leave it as it is.

use std::sync::Arc;

use ndarray::Array2;

use super::Preconditioner;
use crate::equilibrium::system::System;
use crate::problem::{Problem, Survivors};
use crate::scenario::{Labour, Sourcing};

/// A preconditioner with all that it was made for but the baseline.
struct Kept {
    trade: Vec<f64>,
    production: Vec<f64>,
    specific_factor_share: Array2<f64>,
    /// Where tastes are not those of the baseline.
    final_shares: Option<Array2<f64>>,
    survivors: Survivors,
    labour: Labour,
    sourcing: Sourcing,
    preconditioner: Option<Arc<Preconditioner>>,
}

impl Kept {
    fn new(system: &System<'_>) -> Self {
        let problem = system.problem;
        let elasticities = &problem.elasticities;
        Self {
            trade: elasticities.trade.clone(),
            production: elasticities.production.clone(),
            specific_factor_share: elasticities.specific_factor_share.clone(),
            final_shares: shifted_tastes(problem).cloned(),
            survivors: system.survivors.clone(),
            labour: problem.labour,
            sourcing: problem.sourcing,
            preconditioner: Preconditioner::new(system).map(Arc::new),
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
            && self.final_shares.as_ref() == shifted_tastes(problem)
            && self.survivors == system.survivors
    }
}

fn shifted_tastes(problem: &Problem) -> Option<&Array2<f64>> {
    let tastes = &problem.counterfactual.final_shares;
    (*tastes != problem.baseline.final_shares).then_some(tastes)
}

impl Preconditioner {
    /// The approximate inverse at the baseline, that of the last solve if it is the same; nothing where
    /// levels of regions are not determined.
    pub(in crate::equilibrium) fn of(system: &System<'_>) -> Option<Arc<Self>> {
        let memory = &system.problem.baseline.memory;
        let kept = memory.recall(|kept: &Kept| kept.fits(system), || Kept::new(system));
        kept.preconditioner.clone()
    }
}
