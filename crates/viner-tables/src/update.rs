//! A table brought to totals that are known, with the least change.

use std::fmt;

use viner_model::baseline::IdentityReport;
use viner_model::tables::{Tables, Transformation};

use crate::accounts::{Accounts, Builder, Cells, Keep};
use crate::balance::{BalanceError, close, complete};
use crate::report::Changes;
use crate::sourcing::{SourcingFit, fit_sourcing};

/// A total of a table. Regions and sectors are positions; an empty list of sectors means all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Total {
    /// Sales of some regions to some others; of a region at home where it is among both.
    Flow {
        /// Who sells.
        exporters: Vec<usize>,
        /// Who buys.
        importers: Vec<usize>,
        /// Which sectors.
        sectors: Vec<usize>,
    },
    /// Sales of a region to all others.
    Exports {
        /// Who sells.
        region: usize,
        /// Which sectors.
        sectors: Vec<usize>,
    },
    /// Purchases of a region from all others, before tariff.
    Imports {
        /// Who buys.
        region: usize,
        /// Which sectors.
        sectors: Vec<usize>,
    },
    /// Value added of a region.
    Gdp {
        /// The region.
        region: usize,
    },
    /// Gross output.
    Output {
        /// The region.
        region: usize,
        /// Which sectors.
        sectors: Vec<usize>,
    },
}

impl Total {
    /// Positions of its cells.
    fn cells(&self, tables: &Tables) -> Vec<usize> {
        let cells = Cells::of(tables);
        let regions = tables.regions.len();
        let all: Vec<usize> = (0..tables.sectors.len()).collect();
        let listed = |sectors: &[usize]| match sectors {
            [] => all.clone(),
            some => some.to_vec(),
        };
        let others = |region: usize| (0..regions).filter(move |&n| n != region);
        match self {
            Self::Flow { exporters, importers, sectors } => listed(sectors)
                .iter()
                .flat_map(|&s| importers.iter().map(move |&n| (s, n)))
                .flat_map(|(s, n)| exporters.iter().map(move |&i| cells.flow(s, n, i)))
                .collect(),
            Self::Exports { region, sectors } => listed(sectors)
                .iter()
                .flat_map(|&s| others(*region).map(move |n| cells.flow(s, n, *region)))
                .collect(),
            Self::Imports { region, sectors } => listed(sectors)
                .iter()
                .flat_map(|&s| others(*region).map(move |i| cells.flow(s, *region, i)))
                .collect(),
            Self::Gdp { region } => all.iter().map(|&s| cells.value_added(*region, s)).collect(),
            Self::Output { region, sectors } => listed(sectors)
                .iter()
                .flat_map(|&s| (0..regions).map(move |n| cells.flow(s, n, *region)))
                .collect(),
        }
    }

    /// The total in a table.
    pub fn of(&self, tables: &Tables) -> f64 {
        let values = Cells::values(tables);
        self.cells(tables).iter().map(|cell| values[*cell]).sum()
    }

    /// In words, with the table's codes.
    pub fn name(&self, tables: &Tables) -> String {
        Named { total: self, tables }.to_string()
    }
}

struct Named<'a> {
    total: &'a Total,
    tables: &'a Tables,
}

impl fmt::Display for Named<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let region = |index: usize| self.tables.regions.code(index);
        let of_sectors = |sectors: &[usize]| {
            let codes: Vec<&str> = sectors.iter().map(|s| self.tables.sectors.code(*s)).collect();
            if codes.is_empty() { String::new() } else { format!(" of {}", codes.join(" ")) }
        };
        match self.total {
            Total::Flow { exporters, importers, sectors } => {
                let all = |list: &[usize]| {
                    let codes: Vec<&str> = list.iter().map(|index| region(*index)).collect();
                    codes.join("+")
                };
                let (from, to) = (all(exporters), all(importers));
                write!(f, "flow {from} to {to}{}", of_sectors(sectors))
            }
            Total::Exports { region: n, sectors } => {
                write!(f, "exports {}{}", region(*n), of_sectors(sectors))
            }
            Total::Imports { region: n, sectors } => {
                write!(f, "imports {}{}", region(*n), of_sectors(sectors))
            }
            Total::Gdp { region: n } => write!(f, "gdp {}", region(*n)),
            Total::Output { region: n, sectors } => {
                write!(f, "output {}{}", region(*n), of_sectors(sectors))
            }
        }
    }
}

/// A total and the value that it is to have, in the table's unit.
#[derive(Clone, Debug, PartialEq)]
pub struct Target {
    /// The total.
    pub total: Total,
    /// Its value.
    pub value: f64,
}

/// A target and what came of it.
#[derive(Clone, Debug, PartialEq)]
pub struct TargetOutcome {
    /// The total in words.
    pub name: String,
    /// Value wanted.
    pub wanted: f64,
    /// Value in the table as it came.
    pub before: f64,
    /// Value in the result.
    pub after: f64,
}

/// How a table is brought up to date.
#[derive(Clone, Debug)]
pub struct UpdateOptions {
    /// What must not change.
    pub keep: Keep,
    /// Where the targets come from, as the record of the step says it.
    pub source: String,
    /// Rounds over all accounts before giving up.
    pub max_sweeps: usize,
}

/// What an update did.
#[derive(Clone, Debug, PartialEq)]
pub struct UpdateReport {
    /// Every target.
    pub targets: Vec<TargetOutcome>,
    /// Identities of the result.
    pub after: IdentityReport,
    /// Rounds over all accounts.
    pub sweeps: usize,
    /// Largest failure of an account or a target relative to its turnover.
    pub residual: f64,
    /// Accounts with one side only, and what was put on the other or taken away.
    pub completed: Vec<String>,
    /// What moved.
    pub changes: Changes,
    /// What it took to bring sourcing to the result, where there is a table of it.
    pub sourcing: Option<SourcingFit>,
}

/// The table nearest to `tables`, in the sense of GRAS, that meets every target and is in balance.
///
/// # Errors
/// Targets whose cells are all zero, and targets that contradict each other or what is kept.
pub fn update(
    tables: &Tables,
    targets: &[Target],
    options: &UpdateOptions,
) -> Result<(Tables, UpdateReport), BalanceError> {
    let mut result = tables.clone();
    let mut values = Cells::values(&result);
    for target in targets.iter().filter(|target| target.value == 0.0) {
        for cell in target.total.cells(tables) {
            values[cell] = 0.0;
        }
    }
    Cells::of(tables).store(&values, &mut result);
    let completed = complete(&mut result, options.keep);
    let values = Cells::values(&result);
    let mut wanted = Accounts::default();
    for target in targets {
        let mut builder = Builder::new(&values);
        for cell in target.total.cells(tables) {
            builder.add(cell, 1.0);
        }
        let mut account = builder.into_account();
        account.total = target.value;
        wanted.push(format!("target {}", target.total.name(tables)), account);
    }
    let outcome = close(&mut result, options.keep, wanted, options.max_sweeps)?;
    let sourcing = fit_sourcing(&mut result);
    let changes = Changes::between(tables, &result);
    result.description.transformations.push(Transformation::new(
        "update",
        format!(
            "{} totals met with the least cross-entropy ({}): {} rounds moved {:.3e} of world output",
            targets.len(),
            options.source,
            outcome.sweeps,
            changes.share_of_flows()
        ),
    ));
    let outcomes = targets.iter().map(|target| TargetOutcome {
        name: target.total.name(tables),
        wanted: target.value,
        before: target.total.of(tables),
        after: target.total.of(&result),
    });
    let report = UpdateReport {
        targets: outcomes.collect(),
        after: IdentityReport::of(&result),
        sweeps: outcome.sweeps,
        residual: outcome.residual,
        completed,
        changes,
        sourcing,
    };
    Ok((result, report))
}
