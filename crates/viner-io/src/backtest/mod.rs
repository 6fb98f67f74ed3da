//! Backtests: what was said of the past, what statistics say, and what the model says.

pub mod cells;
mod evidence;
mod page;
mod paths;
mod report;
mod scorer;
pub mod scoring;
mod totals;

pub use evidence::{Evidence, Statement};
pub use page::backtest_page;
pub use report::{backtest_json, scores_frame};
pub use scorer::backtest;
pub use totals::Totals;

use scoring::{Part, Verdict};

use crate::diagnostic::Diagnostics;
use crate::path::{NoPath, ToldYears};
use crate::scenario_file::Day;

/// Why a backtest has no scores.
#[derive(Clone, Debug)]
pub enum NoBacktest {
    /// Evidence or expressions are wrong.
    Input(Diagnostics),
    /// The path has no results.
    Path(NoPath),
}

/// What became of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Its value counts.
    Scored,
    /// It cannot be checked, and the engine says so.
    NotCheckable,
    /// Its figure is an input of the plan.
    Calibration,
    /// The engine has no value.
    Missing,
}

impl Status {
    /// Name in the table.
    pub fn name(self) -> &'static str {
        match self {
            Self::Scored => "scored",
            Self::NotCheckable => "not-checkable",
            Self::Calibration => "calibration",
            Self::Missing => "missing",
        }
    }
}

/// A forecast made anew.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Forecast {
    /// Day on which the statement was published.
    pub day: Day,
    /// What the model says with the policies and values known by then.
    pub model: f64,
    /// Score of that against the outcome.
    pub score: f64,
}

/// A statement with its score.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// The statement.
    pub statement: Statement,
    /// What became of it.
    pub status: Status,
    /// Of the model or of data.
    pub part: Part,
    /// What the model says.
    pub model: Option<f64>,
    /// What the naive benchmark says.
    pub naive: Option<f64>,
    /// Of a forecast: what the model says with what was known on a day, and the score of that.
    pub forecast: Option<Forecast>,
    /// Of a test of a mechanism: by how much its effect differs between elasticities, as a fraction.
    pub spread: Option<f64>,
    /// Score of the model.
    pub score: Option<f64>,
    /// Score of the naive benchmark: 0 where it says nothing.
    pub naive_score: f64,
    /// What the engine would say of the statement.
    pub verdict: Option<Verdict>,
    /// Weight in the sums.
    pub weight: f64,
    /// How it was compared, or why not.
    pub reason: String,
}

/// Scores of all rows.
#[derive(Clone, Debug, PartialEq)]
pub struct Backtest {
    /// Name of the evidence.
    pub evidence: String,
    /// Rows in scope, in the order of the evidence.
    pub rows: Vec<Row>,
    /// Years of the path.
    pub years: Vec<i32>,
    /// Outcomes that the plan tells, by year.
    pub told: Vec<ToldYears>,
    /// What the plan says of itself.
    pub notes: Vec<String>,
}
