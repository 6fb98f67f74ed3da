//! The cells of a bundle's tables: where they are, and what they may hold.

use viner_model::labels::Labels;

use super::bundle::PARAMETERS;
use super::long_table::{MAX_COLUMNS, Number, Row, TableSpec};
use super::order;
use super::problems::Problems;
use crate::diagnostic::Diagnostic;

/// User of the `sourcing` table that stands for all final use.
pub(super) const FINAL_USE: &str = "final";

/// What a value may be.
#[derive(Clone, Copy)]
pub(super) enum Rule {
    NotNegative,
    MoreThanMinusOne,
    Any,
}

/// What the codes of a column name.
#[derive(Clone, Copy)]
pub(super) enum Axis {
    Region,
    Sector,
    /// A sector or final use.
    User,
}

/// Positions of the codes of a row; each that is unknown is a problem.
pub(super) fn positions(
    row: &Row<'_>,
    spec: &TableSpec,
    axes: &[Axis],
    (regions, sectors): (&Labels, &Labels),
    problems: &mut Problems,
) -> Option<[usize; MAX_COLUMNS]> {
    let mut at = [0; MAX_COLUMNS];
    let mut known = true;
    for (index, axis) in axes.iter().enumerate() {
        let code = row.codes[index];
        let (what, position) = match axis {
            Axis::Region => ("region", regions.position(code)),
            Axis::Sector => ("sector", sectors.position(code)),
            Axis::User if code == FINAL_USE => ("user", Some(sectors.len())),
            Axis::User => ("user", sectors.position(code)),
        };
        if let Some(position) = position {
            at[index] = position;
            continue;
        }
        known = false;
        let column = spec.codes[index];
        let problem = match axis {
            _ if code.is_empty() => {
                Diagnostic::new(format!("column `{column}` is empty")).expected(format!("a {what}"))
            }
            Axis::Region => Diagnostic::unknown(what, code, regions.codes()),
            Axis::Sector => Diagnostic::unknown(what, code, sectors.codes()),
            Axis::User => {
                let users: Vec<&str> = sectors.codes().chain([FINAL_USE]).collect();
                Diagnostic::unknown(what, code, users)
            }
        };
        problems.push(problem.at_line(row.line));
    }
    known.then_some(at)
}

/// The codes of a row: `RUS/CHN/B`.
pub(super) fn cell_name(row: &Row<'_>, spec: &TableSpec) -> String {
    format!("`{}`", row.codes[..spec.codes.len()].join("/"))
}

/// The value of a cell, or what was found and what expected.
pub(super) fn checked(number: Number<'_>, rule: Rule) -> Result<f64, (String, &'static str)> {
    let value = finite(number)?;
    match rule {
        Rule::NotNegative if value < 0.0 => Err((value.to_string(), "0 or more")),
        Rule::MoreThanMinusOne if value <= -1.0 => {
            Err((value.to_string(), "more than -1 (-100 %)"))
        }
        _ => Ok(value),
    }
}

pub(super) fn finite(number: Number<'_>) -> Result<f64, (String, &'static str)> {
    const EXPECTED: &str = "a finite number";
    match number {
        Number::Value(value) if value.is_finite() => Ok(value),
        Number::Value(value) => Err((value.to_string(), EXPECTED)),
        Number::Malformed(text) => Err((format!("`{text}`"), EXPECTED)),
        Number::Empty | Number::Absent => Err(("an empty cell".to_owned(), EXPECTED)),
    }
}

/// The value of the parameter at `index` of its table; an empty cell has none.
pub(super) fn parameter(
    number: Number<'_>,
    index: usize,
) -> Result<Option<f64>, (String, &'static str)> {
    if matches!(number, Number::Empty | Number::Absent) {
        return Ok(None);
    }
    let value = finite(number)?;
    let (right, expected) = match PARAMETERS.numbers.get(index) {
        Some(&"trade_elasticity") => (value > 0.0, "more than 0"),
        Some(&"specific_factor_share") => ((0.0..=1.0).contains(&value), "between 0 and 1"),
        _ => (value >= 0.0, "0 or more"),
    };
    if right { Ok(Some(value)) } else { Err((value.to_string(), expected)) }
}

/// The line that gave each cell of a table.
pub(super) struct LinesOfCells {
    sizes: Vec<usize>,
    lines: Vec<u32>,
}

impl LinesOfCells {
    pub(super) fn new(axes: &[Axis], regions: &Labels, sectors: &Labels) -> Self {
        let size = |axis: &Axis| match axis {
            Axis::Region => regions.len(),
            Axis::Sector => sectors.len(),
            Axis::User => sectors.len() + 1,
        };
        let sizes: Vec<usize> = axes.iter().map(size).collect();
        // Tables of more cells are refused before their rows are read.
        let cells = sizes.iter().try_fold(1usize, |product, size| product.checked_mul(*size));
        let cells = cells.filter(|cells| *cells <= order::MAX_CELLS).unwrap_or(0);
        Self { sizes, lines: vec![0; cells] }
    }

    /// Notes the line of a cell; the error is the line that gave it before.
    pub(super) fn enter(&mut self, at: [usize; MAX_COLUMNS], line: u64) -> Result<(), u32> {
        let index = self.sizes.iter().zip(at).fold(0, |index, (size, at)| index * size + at);
        let Some(entry) = self.lines.get_mut(index) else { return Ok(()) };
        if *entry > 0 {
            return Err(*entry);
        }
        *entry = u32::try_from(line).unwrap_or(u32::MAX).max(1);
        Ok(())
    }
}
