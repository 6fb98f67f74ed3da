//! The accounting identities restored with the least change of the table.

use thiserror::Error;
use viner_model::baseline::IdentityReport;
use viner_model::tables::{Tables, Transformation};

use crate::accounts::{Accounts, Cells, Keep};
use crate::projection::{Outcome, project};
use crate::report::Changes;
use crate::signs::{NegativeCells, Negatives, negative_cells, treat};
use crate::sourcing::{SourcingFit, fit_sourcing};

/// How a table is balanced.
#[derive(Clone, Copy, Debug)]
pub struct BalanceOptions {
    /// What must not change.
    pub keep: Keep,
    /// What becomes of negative cells.
    pub negatives: Negatives,
    /// Largest failure of an identity, relative to world output; a table within it comes back as it
    /// is.
    pub tolerance: f64,
    /// Rounds over all accounts before giving up.
    pub max_sweeps: usize,
}

impl Default for BalanceOptions {
    /// Nothing kept, signs kept, 1e-10 of world output: a ten-thousandth of what a run accepts.
    fn default() -> Self {
        Self {
            keep: Keep::default(),
            negatives: Negatives::default(),
            tolerance: 1e-10,
            max_sweeps: 10_000,
        }
    }
}

/// Every account is closed to this part of its own turnover, so that small sectors are as well
/// balanced as large ones.
pub(crate) const OWN_TURNOVER: f64 = 1e-11;

/// What balancing did.
#[derive(Clone, Debug, PartialEq)]
pub struct BalanceReport {
    /// Identities of the table as it came.
    pub before: IdentityReport,
    /// Identities of the result.
    pub after: IdentityReport,
    /// Rounds over all accounts; 0 for a table that was in balance.
    pub sweeps: usize,
    /// Largest failure of an account relative to its own turnover.
    pub residual: f64,
    /// Negative cells found.
    pub negatives: Vec<NegativeCells>,
    /// Accounts with one side only, and what was put on the other or taken away.
    pub completed: Vec<String>,
    /// What moved.
    pub changes: Changes,
    /// What it took to bring sourcing to the result, where there is a table of it.
    pub sourcing: Option<SourcingFit>,
}

/// Why a table cannot be balanced.
#[derive(Clone, Debug, PartialEq, Error)]
#[non_exhaustive]
pub enum BalanceError {
    /// Accounts that no scaling of their cells can close.
    #[error(
        "{} accounts cannot be closed by scaling what is not kept, the first: {}",
        accounts.len(),
        accounts.join("; ")
    )]
    CannotClose {
        /// The first five names.
        accounts: Vec<String>,
    },
    /// The accounts contradict each other, or nearly so.
    #[error(
        "the accounts do not close within {sweeps} rounds: {account} still fails by {residual:.1e} \
         of its turnover, expected at most {tolerance:.0e}"
    )]
    NotConverged {
        /// Rounds done.
        sweeps: usize,
        /// The account that fails most.
        account: String,
        /// By how much of its turnover.
        residual: f64,
        /// What was asked.
        tolerance: f64,
    },
}

impl BalanceError {
    /// A remedy.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::CannotClose { .. } => "keep less, or give these cells a value",
            Self::NotConverged { .. } => {
                "what is kept or wanted may contradict itself: keep less, or drop the target named"
            }
        }
    }
}

/// Restores the identities of a table.
///
/// A table whose identities hold within the tolerance, and from which no sign has to be removed,
/// comes back as it is. Otherwise the unknowns are all cells that are not kept, and the result is
/// the nearest table in the sense of GRAS, see `docs/tables.md`. Tariffs stay.
///
/// # Errors
/// Accounts that cannot be closed, or that contradict each other.
pub fn balance(
    tables: &Tables,
    options: &BalanceOptions,
) -> Result<(Tables, BalanceReport), BalanceError> {
    let before = IdentityReport::of(tables);
    let negatives = negative_cells(tables);
    let mut result = tables.clone();
    treat(&mut result, options.negatives);
    let treated = options.negatives != Negatives::Keep && !negatives.is_empty();
    // The accounts themselves first; sourcing then follows them.
    let sourcing = result.sourcing.take();
    let closed = IdentityReport::of(&result).worst().relative <= options.tolerance;
    let mut completed = Vec::new();
    let mut outcome = Outcome { sweeps: 0, residual: 0.0, worst: 0 };
    if !closed {
        completed = complete(&mut result, options.keep);
        outcome = close(&mut result, options.keep, Accounts::default(), options.max_sweeps)?;
    }
    result.sourcing = sourcing;
    let mut sourcing = None;
    if treated || IdentityReport::of(&result).worst().relative > options.tolerance {
        sourcing = fit_sourcing(&mut result);
    }
    let changes = Changes::between(tables, &result);
    if treated || !closed || sourcing.is_some() {
        result.description.transformations.push(record(options, outcome.sweeps, &changes));
    }
    let report = BalanceReport {
        before,
        after: IdentityReport::of(&result),
        sweeps: outcome.sweeps,
        residual: outcome.residual,
        negatives,
        completed,
        changes,
        sourcing,
    };
    Ok((result, report))
}

/// Brings a table to the accounts given and to its identities.
pub(crate) fn close(
    tables: &mut Tables,
    keep: Keep,
    wanted: Accounts,
    max_sweeps: usize,
) -> Result<Outcome, BalanceError> {
    /// How many accounts an error names.
    const NAMED: usize = 5;
    let mut values = Cells::values(tables);
    let mut accounts = wanted;
    accounts.identities(tables, &values, keep);
    let open: Vec<String> = accounts
        .accounts
        .iter()
        .zip(&accounts.names)
        .filter(|(account, _)| !account.can_close(&values))
        .map(|(_, name)| name.clone())
        .collect();
    if !open.is_empty() {
        return Err(BalanceError::CannotClose { accounts: open.into_iter().take(NAMED).collect() });
    }
    let outcome = project(&mut values, &accounts.accounts, OWN_TURNOVER, max_sweeps);
    if outcome.residual > OWN_TURNOVER {
        return Err(BalanceError::NotConverged {
            sweeps: outcome.sweeps,
            account: accounts.names[outcome.worst].clone(),
            residual: outcome.residual,
            tolerance: OWN_TURNOVER,
        });
    }
    Cells::of(tables).store(&values, tables);
    Ok(outcome)
}

/// Gives accounts that have cells on one side only a cell on the other, where one is free, or takes
/// the side away: a sector that sells and costs nothing gets value added, one that sells nothing buys
/// nothing; goods bought and not used go to final spending, goods that nobody sells are not used.
pub(crate) fn complete(tables: &mut Tables, keep: Keep) -> Vec<String> {
    /// Taking one side away may leave another account with one side.
    const ROUNDS: usize = 20;
    let mut done = Vec::new();
    let (regions, sectors) = (tables.regions.len(), tables.sectors.len());
    for _ in 0..ROUNDS {
        let known = done.len();
        for n in 0..regions {
            for s in 0..sectors {
                let cell = format!("{}/{}", tables.regions.code(n), tables.sectors.code(s));
                let sales: f64 = tables.flows.slice(ndarray::s![s, .., n]).sum();
                let mut costs = tables.inputs.slice_mut(ndarray::s![n, s, ..]);
                let value_added = &mut tables.value_added[[n, s]];
                let cost =
                    costs.iter().map(|v: &f64| v.max(0.0)).sum::<f64>() + value_added.max(0.0);
                if sales > 0.0 && cost == 0.0 && !keep.value_added {
                    *value_added = sales;
                    done.push(format!("{cell} sells and costs nothing: value added {sales}"));
                } else if sales == 0.0
                    && (cost > 0.0 || *value_added < 0.0)
                    && !(keep.value_added && *value_added != 0.0)
                {
                    let cost = costs.sum() + *value_added;
                    costs.fill(0.0);
                    *value_added = 0.0;
                    done.push(format!("{cell} sells nothing: its costs of {cost} taken away"));
                }
                let purchases: f64 = tables.flows.slice(ndarray::s![s, n, ..]).sum();
                let mut uses = tables.inputs.slice_mut(ndarray::s![n, .., s]);
                let spent = &mut tables.final_spending[[n, s]];
                let used = uses.iter().map(|v: &f64| v.max(0.0)).sum::<f64>() + spent.max(0.0);
                if purchases > 0.0 && used == 0.0 && !keep.final_spending {
                    *spent = purchases;
                    done.push(format!("{cell} is bought and not used: final spending {purchases}"));
                } else if purchases == 0.0 && used > 0.0 && !(keep.final_spending && *spent != 0.0)
                {
                    uses.fill(0.0);
                    *spent = 0.0;
                    done.push(format!("{cell} is sold by nobody: its uses of {used} taken away"));
                }
            }
        }
        if done.len() == known {
            break;
        }
    }
    done
}

fn record(options: &BalanceOptions, sweeps: usize, changes: &Changes) -> Transformation {
    let Keep { output, value_added, final_spending } = options.keep;
    let kept: Vec<&str> = [
        (output, "output"),
        (value_added, "value added"),
        (final_spending, "final spending"),
        (true, "tariffs"),
    ]
    .into_iter()
    .filter_map(|(kept, name)| kept.then_some(name))
    .collect();
    let signs = match options.negatives {
        Negatives::Keep => "signs kept",
        Negatives::Zero => "negative cells set to zero",
        Negatives::Fold => "negative cells folded into value added and final spending",
    };
    Transformation::new(
        "balance",
        format!(
            "GRAS on all cells at once, {} kept, {signs}: {sweeps} rounds moved {:.3e} of world output",
            kept.join(", "),
            changes.share_of_flows(),
        ),
    )
}
