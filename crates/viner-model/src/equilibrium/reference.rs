//! Baselines that must be solved once before anything is compared with them.

use std::sync::Arc;

use ndarray::{Array3, Array4, Axis, s};

use super::solve::{Settings, solve};
use super::{Equilibrium, Failure, users};
use crate::baseline::{Accounts, Baseline, BaselineError};
use crate::problem::{Problem, ScenarioError, TradeCell};
use crate::scenario::{Labour, Scenario};

/// Why a scenario could not be run on a baseline.
#[derive(Clone, Debug, PartialEq)]
pub enum RunError {
    /// What is wrong with the scenario.
    Scenario(Vec<ScenarioError>),
    /// The baseline could not be solved.
    Reference(Failure),
    /// The solved baseline is none.
    Baseline(Vec<BaselineError>),
    /// The scenario has no certified equilibrium.
    Solve(Failure),
}

/// Solves `scenario` on `baseline`: the problem, whose baseline is the one that results compare
/// with, and its equilibrium.
///
/// # Errors
/// See [`RunError`].
pub fn run(
    baseline: Arc<Baseline>,
    scenario: &Scenario,
    settings: Settings,
) -> Result<(Problem, Equilibrium), RunError> {
    let mut problem = Problem::new(baseline, scenario).map_err(RunError::Scenario)?;
    if let Some(reference) = reference_baseline(&problem, settings)? {
        problem = Problem::new(Arc::new(reference), scenario).map_err(RunError::Scenario)?;
    }
    let equilibrium = solve(&problem, settings).map_err(RunError::Solve)?;
    Ok((problem, equilibrium))
}

/// The baseline that results are compared with, where it is not the one given: without deficits
/// under the `balanced` closure, or in balance where the table was not.
///
/// # Errors
/// The baseline has no equilibrium, or that equilibrium is no baseline.
pub fn reference_baseline(
    problem: &Problem,
    settings: Settings,
) -> Result<Option<Baseline>, RunError> {
    if !problem.needs_reference() {
        return Ok(None);
    }
    // Endowments are given here: the labour closure says how a policy is met, not a data set.
    let plain = Problem { labour: Labour::Mobile, ..problem.without_policies() };
    let equilibrium = solve(&plain, settings).map_err(RunError::Reference)?;
    equilibrium.rebase(&plain).map(Some).map_err(RunError::Baseline)
}

impl Equilibrium {
    /// The equilibrium as a baseline of its own, from which further policies may start.
    ///
    /// # Errors
    /// A region without income, or a sector that is bought and not sold.
    pub fn rebase(&self, problem: &Problem) -> Result<Baseline, Vec<BaselineError>> {
        let old = &problem.baseline;
        let (mut tariffs, mut export_taxes) = (old.tariffs.clone(), old.export_taxes.clone());
        let shape = old.trade_flows.raw_dim();
        for (&(s, n, i), change) in &problem.counterfactual.cells {
            for (rates, rate) in
                [(&mut tariffs, change.tariff), (&mut export_taxes, change.export_tax)]
            {
                if rate != 0.0 || rates.is_some() {
                    rates.get_or_insert_with(|| Array3::zeros(shape))[[s, n, i]] = rate;
                }
            }
        }
        let inputs = self.input_spending(problem);
        let mut final_spending = problem.counterfactual.final_shares.clone();
        let eta = problem.elasticities.final_demand;
        for ((n, s), spending) in final_spending.indexed_iter_mut() {
            let relative_price = self.final_prices(n)[s] / self.price_index[n];
            *spending *= self.income[n] * relative_price.powf(1.0 - eta);
        }
        let purchases = self.purchases(problem, [&tariffs, &export_taxes]);
        Baseline::from_accounts(
            old.description.clone(),
            old.regions.clone(),
            old.sectors.clone(),
            old.parameters.clone(),
            Accounts {
                trade_flows: Array3::clone(&self.trade_flows),
                tariffs,
                export_taxes,
                inputs,
                final_spending,
                value_added: self.value_added.clone(),
                purchases,
            },
        )
    }

    /// What each user pays for each supplier's goods at these rates, `[sector, importer, user, exporter]`,
    /// without rents and margins; nothing where all users have the trade shares of their region.
    fn purchases(
        &self,
        problem: &Problem,
        rates: [&Option<Array3<f64>>; 2],
    ) -> Option<Array4<f64>> {
        let factor = |cell: TradeCell| -> f64 {
            rates.iter().filter_map(|rates| rates.as_ref()).map(|rates| 1.0 + rates[cell]).product()
        };
        let mut purchases = Array4::zeros(problem.user_shares()?.raw_dim());
        let (sectors, regions, ..) = purchases.dim();
        for s in 0..sectors {
            for n in 0..regions {
                let mut market = users::parts(problem, Some(self), (n, s))?;
                for (i, mut column) in market.axis_iter_mut(Axis(1)).enumerate() {
                    let cell = (s, n, i);
                    column *= self.trade_flows[cell] * factor(cell);
                }
                purchases.slice_mut(s![s, n, .., ..]).assign(&market);
            }
        }
        Some(purchases)
    }

    /// What each user spends on each input, `[region, user, input]`.
    pub fn input_spending(&self, problem: &Problem) -> Array3<f64> {
        let baseline = &problem.baseline;
        let mut inputs = baseline.input_mix.clone();
        for n in 0..baseline.region_count() {
            for k in 0..baseline.sector_count() {
                let epsilon = problem.elasticities.input[k];
                let mut row = inputs.slice_mut(s![n, k, ..]);
                if epsilon != 1.0 {
                    for (share, price) in row.iter_mut().zip(self.prices_to(n, k)) {
                        *share *= price.powf(1.0 - epsilon);
                    }
                }
                let sum = row.sum();
                let spending = self.output[[n, k]] - self.value_added[[n, k]];
                if sum > 0.0 {
                    row.mapv_inplace(|share| share * spending / sum);
                }
            }
        }
        inputs
    }
}
