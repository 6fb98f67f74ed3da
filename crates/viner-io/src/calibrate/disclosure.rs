//! Figures that are fitted to are not scored: which rows of evidence these are.

use super::Calibrated;
use crate::backtest::{Evidence, Statement};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::scenario_file::{CalibratePlan, TrainingRow};

/// Part of its box by which a size that is written may differ from the one that is fitted: results move by less
/// than any figure is good to.
const SAME_SIZE: f64 = 1e-3;

impl CalibratePlan {
    /// The row of the training set that states the figure of a row of evidence.
    pub fn using(&self, id: &str) -> Option<&TrainingRow> {
        self.training.iter().find(|row| row.uses.iter().any(|used| used == id))
    }

    /// Whether the plan has a fitted value of every size.
    pub fn is_fitted(&self) -> bool {
        self.choose.iter().all(|size| self.fitted.iter().any(|(key, _)| *key == size.key))
    }

    /// Sizes that the plan gives and a fit does not find: off by more than what digits that are written move.
    pub fn stale<'s>(&'s self, found: &'s Calibrated) -> impl Iterator<Item = (&'s str, f64)> {
        self.choose.iter().zip(&found.sizes).filter_map(|(size, found)| {
            let (_, own) = self.fitted.iter().find(|(key, _)| *key == size.key)?;
            let off = (own - found.value).abs() > SAME_SIZE * (size.upper - size.lower);
            off.then_some((size.key.as_str(), found.value))
        })
    }

    /// Rows of evidence whose official figure is that of a row of the training set which does not name them.
    ///
    /// # Errors
    /// Rows that it names and the evidence does not have.
    pub fn undisclosed<'e>(
        &self,
        evidence: &'e Evidence,
    ) -> Result<Vec<(&'e str, &TrainingRow)>, Diagnostics> {
        let mut diagnostics = Diagnostics::default();
        for (index, row) in self.training.iter().enumerate() {
            for id in &row.uses {
                if !evidence.statements.iter().any(|statement| statement.id() == id) {
                    let ids = evidence.statements.iter().map(Statement::id);
                    let diagnostic = Diagnostic::unknown("statement", id, ids);
                    diagnostics.push(self.place(&format!("training.{index}.uses"), diagnostic));
                }
            }
        }
        diagnostics.into_result()?;
        let statements = evidence.statements.iter().filter(|statement| statement.in_scope());
        let alike = |statement: &'e Statement| {
            let same = self.training.iter().find(|row| states_the_same(row, statement))?;
            self.using(statement.id()).is_none().then_some((statement.id(), same))
        };
        Ok(statements.filter_map(alike).collect())
    }
}

/// Whether the number and its unit are those of the official figure.
fn states_the_same(row: &TrainingRow, statement: &Statement) -> bool {
    let unit = statement.get("official_unit");
    let value = match row.unit.as_str() {
        "%" if unit.starts_with('%') => row.value,
        "fraction" if unit.starts_with('%') => 100.0 * row.value,
        "billion USD" if unit.starts_with("bn USD") => row.value,
        "million USD" if unit.starts_with("bn USD") => row.value / 1000.0,
        "ratio" if unit.starts_with("ratio") => row.value,
        _ => return false,
    };
    statement.official().is_some_and(|official| (official - value).abs() <= 1e-9 * value.abs())
}
