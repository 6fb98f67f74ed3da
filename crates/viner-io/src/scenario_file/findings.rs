//! Collects what is wrong, with the place of each.

use super::document::{Node, Position, SyntaxError, written};
use super::domain::{Domain, SHARES_TOLERANCE};
use crate::diagnostic::{Diagnostic, Diagnostics};

/// Name of the command line's overrides where a file would stand.
pub(super) const COMMAND_LINE: &str = "--set";

/// Marks a value that could not be read, after the reason went to [`Findings`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Reported;

/// Everything wrong found so far.
pub(super) struct Findings {
    scenario: String,
    list: Vec<Diagnostic>,
}

impl Findings {
    /// None yet; `scenario` is the scenario file's name.
    pub(super) fn new(scenario: &str) -> Self {
        Self { scenario: scenario.to_owned(), list: Vec::new() }
    }

    /// Adds one, placed in the scenario's text or on the command line.
    pub(super) fn add(&mut self, at: Position, key: &str, diagnostic: Diagnostic) -> Reported {
        let diagnostic = match at {
            Position::Text { line, column } => {
                diagnostic.in_file(&self.scenario).at_line(line).at_column(column)
            }
            Position::Set => diagnostic.in_file(COMMAND_LINE),
        };
        self.list.push(if key.is_empty() { diagnostic } else { diagnostic.at_key(key) });
        Reported
    }

    /// Adds one that has its place already.
    pub(super) fn add_placed(&mut self, diagnostic: Diagnostic) -> Reported {
        self.list.push(diagnostic);
        Reported
    }

    /// Adds a syntax error.
    pub(super) fn add_syntax(&mut self, error: SyntaxError, key: &str) -> Reported {
        let diagnostic = Diagnostic {
            found: error.found,
            expected: error.expected,
            hints: error.hint.into_iter().collect(),
            ..Diagnostic::new(error.problem)
        };
        self.add(error.at, key, diagnostic)
    }

    /// A value of another type than its key takes.
    pub(super) fn wrong_type(&mut self, node: &Node, path: &str, expected: &str) -> Reported {
        let name = last_of(path);
        let diagnostic = Diagnostic::new(format!("`{name}` has a value of the wrong type"))
            .found(node.describe())
            .expected(expected);
        self.add(node.at, path, diagnostic)
    }

    /// A number outside its range, or none at all (TOML has `nan` and `inf`).
    pub(super) fn out_of_range(
        &mut self,
        at: Position,
        path: &str,
        value: f64,
        domain: Domain,
    ) -> Reported {
        self.add(at, path, refusal(last_of(path), value, domain))
    }

    /// A key that must be given.
    pub(super) fn missing(
        &mut self,
        at: Position,
        path: &str,
        names: &str,
        expected: &str,
    ) -> Reported {
        let diagnostic = Diagnostic::new(format!("{names} is missing")).expected(expected);
        self.add(at, path, diagnostic)
    }

    /// Shares that must sum to 1.
    pub(super) fn check_sum(
        &mut self,
        at: Position,
        path: &str,
        what: &str,
        sum: f64,
    ) -> Result<(), Reported> {
        if (sum - 1.0).abs() <= SHARES_TOLERANCE {
            return Ok(());
        }
        let diagnostic = Diagnostic::new(format!("the {what} do not sum to 1"))
            .found(format!("a sum of {}", rounded(sum)))
            .expected("a sum of 1");
        Err(self.add(at, path, diagnostic))
    }

    /// Number of problems so far.
    pub(super) fn count(&self) -> usize {
        self.list.len()
    }

    /// All of them: the scenario's own in the order of its lines, then those of the command line,
    /// then those of each table.
    pub(super) fn into_diagnostics(mut self) -> Diagnostics {
        let scenario = self.scenario;
        self.list.sort_by_key(|diagnostic| {
            let file = diagnostic.file.clone().unwrap_or_default();
            let rank = match file.as_str() {
                name if name == scenario => 0,
                COMMAND_LINE => 1,
                _ => 2,
            };
            (rank, file, diagnostic.line.unwrap_or(u64::MAX), diagnostic.column)
        });
        Diagnostics(self.list)
    }
}

/// Why a number is not taken.
pub(super) fn refusal(name: &str, value: f64, domain: Domain) -> Diagnostic {
    let problem = if value.is_finite() {
        format!("`{name}` is out of range")
    } else {
        format!("`{name}` is not a finite number")
    };
    Diagnostic::new(problem).found(written(value)).expected(domain.words)
}

/// A sum of shares without what floating point adds to it: 0.9, not 0.8999999999999999.
pub(super) fn rounded(sum: f64) -> f64 {
    /// One digit beyond what [`SHARES_TOLERANCE`] tells apart.
    const UNITS: f64 = 1e10;
    // Nothing sums to -0.
    (sum * UNITS).round() / UNITS + 0.0
}

/// Last key of a dotted path; a list's for its members: `importer` of `policy.0.importer.1`.
pub(super) fn last_of(path: &str) -> &str {
    let is_key = |part: &&str| part.parse::<usize>().is_err();
    path.rsplit('.').find(is_key).unwrap_or(path)
}
