//! A table out of balance replaced by the equilibrium that its shares belong to.

use std::sync::Arc;

use viner_model::baseline::{Baseline, IdentityReport};
use viner_model::equilibrium::{RunError, Settings, run};
use viner_model::scenario::{Model, Scenario, Unbalanced, Values};
use viner_model::tables::{Tables, Transformation};

use crate::accounts::Keep;
use crate::balance::complete;
use crate::report::Changes;
use crate::sourcing::fit_sourcing;

/// What solving did.
#[derive(Clone, Debug, PartialEq)]
pub struct CounterfactualReport {
    /// Identities of the table as it came.
    pub before: IdentityReport,
    /// Identities of the result.
    pub after: IdentityReport,
    /// Accounts with one side only, and what was put on the other or taken away before.
    pub completed: Vec<String>,
    /// What moved.
    pub changes: Changes,
}

/// The table that the model makes of one out of balance, such as one whose changes in inventories
/// are left out: trade shares from its flows, cost shares from inputs and value added, value added
/// by region as endowment, net imports as deficit; solved without any policy. Before, what sells
/// nothing uses nothing, and the other one-sided accounts are completed as for
/// [`balance`](crate::balance::balance()). Elasticities are those that the table carries, or the
/// trade elasticity given.
///
/// # Errors
/// Tables without such an equilibrium, with the model's words.
pub fn solve_away(
    tables: &Tables,
    trade_elasticity: Option<f64>,
    settings: Settings,
) -> Result<(Tables, CounterfactualReport), RunError> {
    let before = IdentityReport::of(tables);
    let mut result = tables.clone();
    let completed = complete(&mut result, Keep::default());
    // Users of a region are taken to buy alike; who buys what follows the result.
    let sourcing = result.sourcing.take();
    let baseline = Arc::new(Baseline::unbalanced(&result).map_err(RunError::Baseline)?);
    let model = Model {
        trade_elasticity: Values { default: trade_elasticity, ..Values::default() },
        unbalanced: Unbalanced::Accept,
        ..Model::default()
    };
    let (problem, _) = run(baseline, &Scenario { model, ..Scenario::default() }, settings)?;
    let solved = &problem.baseline;
    let unit = tables.description.unit.in_millions();
    result.flows = &solved.trade_flows / unit;
    result.value_added = &solved.value_added / unit;
    for ((n, k, s), value) in result.inputs.indexed_iter_mut() {
        let bundle = solved.output[[n, k]] - solved.value_added[[n, k]];
        *value = solved.input_mix[[n, k, s]] * bundle / unit;
    }
    for ((n, s), value) in result.final_spending.indexed_iter_mut() {
        *value = solved.final_shares[[n, s]] * solved.income[n] / unit;
    }
    result.sourcing = sourcing;
    fit_sourcing(&mut result);
    let changes = Changes::between(tables, &result);
    result.description.transformations.push(Transformation::new(
        "balance",
        format!(
            "the equilibrium of the model on the table's shares, without any policy: it moved {:.3e} of \
             world output",
            changes.share_of_flows()
        ),
    ));
    let after = IdentityReport::of(&result);
    Ok((result, CounterfactualReport { before, after, completed, changes }))
}
