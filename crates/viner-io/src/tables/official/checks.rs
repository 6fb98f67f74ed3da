//! A table against the totals in its own file.

use std::collections::HashMap;

use super::layout::{Layout, Place};
use super::matrix::Stated;
use crate::diagnostic::Diagnostic;
use crate::tables::problems::Problems;

/// Sums of what was read, in the file's positions.
#[derive(Debug)]
pub(crate) struct Sums {
    /// Sales of each row.
    pub(crate) rows: Vec<f64>,
    /// Purchases of inputs by each column.
    pub(crate) columns: Vec<f64>,
}

/// Failures below this share of world output are rounding.
const ROUNDING: f64 = 1e-6;
/// Failures that add up to more than this share of world output mean that columns or rows are not
/// what they are taken for. Published tables stay below a thousandth.
const CONTRADICTION: f64 = 0.5;

/// How well one identity holds.
#[derive(Clone, Debug, PartialEq)]
pub struct FileCheck {
    /// What is compared: `sales and stated output`.
    pub name: &'static str,
    /// Largest difference.
    pub residual: f64,
    /// The same in shares of world output.
    pub relative: f64,
    /// Where it is.
    pub worst_cell: String,
    /// What was added up there.
    pub computed: f64,
    /// What the file states there.
    pub stated: f64,
}

impl FileCheck {
    /// Whether the difference is more than rounding.
    pub fn is_beyond_rounding(&self) -> bool {
        self.relative > ROUNDING
    }
}

/// `REGION_SECTOR` of a place, in the codes of the tables.
pub(crate) fn label(layout: &Layout, place: &Place) -> String {
    format!("{}_{}", layout.regions.code(place.region), layout.sectors.code(place.part))
}

/// The position in the file of the row that sells what each user makes. Parts of a country have
/// rows and columns in the same order.
pub(crate) fn row_of_users(layout: &Layout) -> Vec<Option<usize>> {
    let mut rows: HashMap<(usize, usize), Vec<usize>> = HashMap::new();
    for row in layout.rows.iter().rev() {
        rows.entry((row.region, row.part)).or_default().push(row.index);
    }
    layout
        .users
        .iter()
        .map(|user| rows.get_mut(&(user.region, user.part)).and_then(Vec::pop))
        .collect()
}

/// Compares everything that the file states twice.
pub(crate) fn compare(
    layout: &Layout,
    sums: &Sums,
    stated: &Stated,
    problems: &mut Problems,
) -> Vec<FileCheck> {
    let world: f64 = sums.rows.iter().sum::<f64>().abs().max(f64::MIN_POSITIVE);
    let mut checks = Vec::new();
    let rows = row_of_users(layout);
    let mut add = |name: &'static str, pairs: &mut dyn Iterator<Item = (&Place, f64, f64)>| {
        let mut all = 0.0;
        let mut worst: Option<(&Place, f64, f64)> = None;
        let mut any = false;
        for (place, computed, stated) in pairs.filter(|(_, _, stated)| stated.is_finite()) {
            any = true;
            let difference = (computed - stated).abs();
            all += difference;
            if difference > worst.map_or(0.0, |(_, computed, stated)| (computed - stated).abs()) {
                worst = Some((place, computed, stated));
            }
        }
        if !any {
            return;
        }
        let (worst_cell, computed, stated) = worst
            .map_or((String::new(), 0.0, 0.0), |(place, computed, stated)| {
                (label(layout, place), computed, stated)
            });
        let residual = (computed - stated).abs();
        if all > CONTRADICTION * world {
            problems.push(
                Diagnostic::new(format!("the table contradicts its own totals: {name} differ"))
                    .found(format!(
                        "{all} in sum, {:.0} % of world output; worst `{worst_cell}`, {computed} \
                         against {stated}",
                        100.0 * all / world
                    ))
                    .expected(format!("at most {:.0} %", 100.0 * CONTRADICTION))
                    .hint("is the file complete, and of the layout it was read as?"),
            );
        }
        checks.push(FileCheck {
            name,
            residual,
            relative: residual / world,
            worst_cell,
            computed,
            stated,
        });
    };
    if let Some(totals) = &stated.row_totals {
        add(
            "sales and the file's column of totals",
            &mut layout.rows.iter().map(|row| (row, sums.rows[row.index], totals[row.index])),
        );
    }
    if let Some((_, output)) = &stated.output {
        let sales = layout.users.iter().zip(&rows);
        let mut pairs =
            sales.filter_map(|(user, row)| Some((user, sums.rows[(*row)?], output[user.index])));
        add("sales and the file's row of output", &mut pairs);
    }
    if let Some(inputs) = &stated.inputs {
        let mut pairs =
            layout.users.iter().map(|user| (user, sums.columns[user.index], inputs[user.index]));
        add("inputs and the file's row of their sum", &mut pairs);
    }
    if !stated.costs.is_empty() {
        let costs = |user: &Place| -> f64 {
            let cells = stated.costs.iter().map(|(_, cells)| cells[user.index]);
            sums.columns[user.index] + cells.filter(|cell| cell.is_finite()).sum::<f64>()
        };
        let mut pairs = layout.users.iter().zip(&rows).filter_map(|(user, row)| {
            let sales = row.map(|row| sums.rows[row]);
            let output = stated.output.as_ref().map(|(_, output)| output[user.index]).or(sales)?;
            Some((user, costs(user), output))
        });
        add("inputs with value added and taxes, and output", &mut pairs);
    }
    checks
}
