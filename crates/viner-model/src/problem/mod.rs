//! A baseline and a scenario put together: all numbers of one question, checked.

mod alternatives;
mod cells;
mod compile;
mod counterfactual;
mod elasticities;
mod error;
mod feasibility;
mod touched;
mod wedge;

use std::sync::Arc;

use ndarray::Array4;

use crate::baseline::Baseline;
use crate::scenario::{Deficits, Labour, Policy, Scenario, Sourcing};

pub use alternatives::{Blend, Branch, Nest, NestKind};
pub use compile::{Effect, PolicySize};
pub use counterfactual::{CellChange, Coalition, Counterfactual, TradeCell};
pub use elasticities::Elasticities;
pub use error::{Place, ScenarioError, Section};
pub use feasibility::{Infeasible, Survivors};
pub use touched::TouchedCells;
pub use wedge::{FeeOwner, PriceCap, Wedge, WedgeRule};

/// θ where neither the scenario nor the baseline gives one.
pub const DEFAULT_TRADE_ELASTICITY: f64 = 4.0;

/// One question with all its numbers.
#[derive(Clone, Debug)]
pub struct Problem {
    /// Where it starts.
    pub baseline: Arc<Baseline>,
    /// θ, σ, ε, η and φ, cell by cell.
    pub elasticities: Elasticities,
    /// What clears the labour market.
    pub labour: Labour,
    /// What becomes of deficits.
    pub deficits: Deficits,
    /// Whose trade shares the users of a region have.
    pub sourcing: Sourcing,
    /// What the policies change, cell by cell; questions that differ elsewhere share it.
    pub counterfactual: Arc<Counterfactual>,
    /// Name of every policy, in their order: its own, or its kind and position.
    pub policy_names: Vec<String>,
    /// Kind of every policy, in their order.
    pub policy_kinds: Vec<&'static str>,
}

impl Problem {
    /// Looks up everything that `scenario` names in `baseline`.
    ///
    /// # Errors
    /// All that is wrong with the scenario on this baseline, in the order of the scenario.
    pub fn new(baseline: Arc<Baseline>, scenario: &Scenario) -> Result<Self, Vec<ScenarioError>> {
        let mut errors = cells::check_groups(scenario, &baseline);
        let elasticities = Elasticities::resolve(scenario, &baseline, &mut errors);
        let counterfactual = compile::policies(scenario, &baseline, &mut errors);
        let problem = Self {
            baseline,
            elasticities,
            labour: scenario.model.labour,
            deficits: scenario.model.deficits,
            sourcing: scenario.model.sourcing,
            counterfactual: Arc::new(counterfactual),
            policy_names: scenario.policy_names(),
            policy_kinds: scenario.policies.iter().map(Policy::kind).collect(),
        };
        problem.check_closure(&mut errors);
        if errors.is_empty() { Ok(problem) } else { Err(errors) }
    }

    /// The same policies on the same baseline with the elasticities of another scenario.
    ///
    /// # Errors
    /// All that is wrong with its elasticities.
    pub fn with_model(&self, scenario: &Scenario) -> Result<Self, Vec<ScenarioError>> {
        let mut errors = Vec::new();
        let elasticities = Elasticities::resolve(scenario, &self.baseline, &mut errors);
        let problem = Self { elasticities, ..self.clone() };
        problem.check_closure(&mut errors);
        if errors.is_empty() { Ok(problem) } else { Err(errors) }
    }

    /// Every number of every policy of the scenario that this is the problem of, cell by cell, with what
    /// it does; numbers that a later policy replaces do nothing and are left out.
    pub fn sizes(&self, scenario: &Scenario) -> Vec<PolicySize> {
        compile::sizes(scenario, &self.baseline)
    }

    /// `π` by user, `[sector, importer, user, exporter]`; nothing where all users have the trade shares of
    /// their region.
    pub fn user_shares(&self) -> Option<&Array4<f64>> {
        match self.sourcing {
            Sourcing::Common => None,
            Sourcing::ByUser => self.baseline.user_shares.as_ref(),
        }
    }

    /// Purchasers of a good in each region that have trade shares of their own: one for all, or every
    /// using sector and, as the last, final demand.
    pub fn purchasers(&self) -> usize {
        self.user_shares().map_or(1, |shares| shares.dim().2)
    }

    /// `π` of a purchaser in a trade cell.
    pub fn trade_share(&self, (s, n, i): TradeCell, purchaser: usize) -> f64 {
        match self.user_shares() {
            None => self.baseline.trade_shares[[s, n, i]],
            Some(shares) => shares[[s, n, purchaser, i]],
        }
    }

    /// The same economy without any policy.
    #[must_use]
    pub fn without_policies(&self) -> Self {
        let counterfactual = Arc::new(Counterfactual::none(&self.baseline));
        Self { counterfactual, ..self.clone() }
    }

    /// The same question with only the part `t` of every policy, between none (0) and all (1).
    #[must_use]
    pub fn part_way(&self, t: f64) -> Self {
        let counterfactual = Arc::new(self.counterfactual.part_way(&self.baseline, t));
        Self { counterfactual, ..self.clone() }
    }

    /// The same question with the cells of these wedges closed, by position.
    #[must_use]
    pub fn closing(&self, wedges: &[usize]) -> Self {
        let mut closed = self.clone();
        for &wedge in wedges {
            Arc::make_mut(&mut closed.counterfactual).wedges[wedge].closed = true;
        }
        closed
    }

    /// The same question with a margin far below rounding for every hub that earns none, so that hubs
    /// have their accounts and what a margin would do is known.
    #[must_use]
    pub(crate) fn with_earning_hubs(mut self) -> Self {
        let earns_none = |branch: &Branch| branch.hub.is_some() && branch.margin == 0.0;
        if self.counterfactual.nests.iter().any(|nest| nest.branches.iter().any(earns_none)) {
            let nests = &mut Arc::make_mut(&mut self.counterfactual).nests;
            for branch in nests.iter_mut().flat_map(|nest| &mut nest.branches) {
                if earns_none(branch) {
                    branch.margin = f64::MIN_POSITIVE;
                }
            }
        }
        self
    }

    /// Whether the baseline must be solved once before anything is compared with it.
    pub fn needs_reference(&self) -> bool {
        !self.baseline.balanced
            || (self.deficits == Deficits::Balanced
                && self.baseline.deficits.iter().any(|deficit| *deficit != 0.0))
    }

    fn check_closure(&self, errors: &mut Vec<ScenarioError>) {
        let (baseline, elasticities) = (&self.baseline, &self.elasticities);
        if self.labour == Labour::FixedRealWage {
            let factor_share = &elasticities.specific_factor_share;
            let without_specific_factor = |n: &usize| {
                (0..baseline.sector_count())
                    .all(|k| factor_share[[*n, k]] == 0.0 || baseline.value_added[[*n, k]] == 0.0)
            };
            let regions: Vec<String> = (0..baseline.region_count())
                .filter(without_specific_factor)
                .map(|n| baseline.regions.code(n).to_owned())
                .collect();
            if !regions.is_empty() {
                errors.push(ScenarioError::NoSpecificFactor { place: model("labour"), regions });
            }
        }
        if self.sourcing == Sourcing::ByUser && baseline.user_shares.is_none() {
            errors.push(ScenarioError::NoSourcing { place: model("sourcing") });
        }
        // Only at Cobb-Douglas may anything be negative.
        let sectors: Vec<usize> = (0..baseline.sector_count())
            .filter(|&k| elasticities.production[k] != 1.0 || elasticities.input[k] != 1.0)
            .collect();
        for n in 0..baseline.region_count() {
            for &k in &sectors {
                let value_added = baseline.value_added[[n, k]];
                if elasticities.production[k] != 1.0 && value_added < 0.0 {
                    errors.push(ScenarioError::NegativeValueAdded {
                        place: model("production_elasticity"),
                        cell: baseline.cell_name(n, k),
                        found: value_added,
                    });
                }
                if elasticities.input[k] == 1.0 {
                    continue;
                }
                let mix = baseline.input_mix.slice(ndarray::s![n, k, ..]);
                if let Some(s) = mix.iter().position(|share| *share < 0.0) {
                    errors.push(ScenarioError::NegativeInput {
                        place: model("input_elasticity"),
                        cell: baseline.cell_name(n, k),
                        input: baseline.sectors.code(s).to_owned(),
                    });
                }
            }
        }
    }
}

fn model(key: &str) -> Place {
    Place { section: Section::Model, key: key.to_owned(), row: None }
}
