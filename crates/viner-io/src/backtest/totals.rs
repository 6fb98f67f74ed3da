//! Sums over the rows of a backtest.

use super::scoring::{Part, Verdict};
use super::{Backtest, Row, Status};

/// Sums over rows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Totals {
    /// Rows that can be checked.
    pub in_scope: usize,
    /// Rows that the engine has a value for, figures of calibration left out.
    pub computed: usize,
    /// Rows whose figure is an input.
    pub calibration: usize,
    /// `computed / in_scope`.
    pub coverage: f64,
    /// Weighted mean score of simulated rows.
    pub accuracy: f64,
    /// That of the naive benchmark, on the same rows.
    pub naive_accuracy: f64,
    /// The same two means over simulated rows on which the benchmark has a number of its own: tests of
    /// mechanisms left out.
    pub comparable: [f64; 2],
    /// How many these are.
    pub comparable_rows: usize,
    /// Weighted mean score of rows that are data.
    pub data_accuracy: f64,
    /// Simulated rows that have a weight.
    pub simulated: usize,
    /// Rows that are data.
    pub data: usize,
    /// Rows on which the engine's verdict is that of the evidence.
    pub verdicts_right: usize,
    /// Rows on which it has a verdict.
    pub verdicts: usize,
}

impl Backtest {
    /// Sums over all rows.
    pub fn totals(&self) -> Totals {
        let checkable = self.rows.iter().filter(|row| row.status != Status::NotCheckable);
        let in_scope = checkable.count();
        let with = |status| self.rows.iter().filter(move |row| row.status == status);
        let computed = with(Status::Scored).count();
        let mean = |part: Part, score: &dyn Fn(&Row) -> f64| {
            let rows = || with(Status::Scored).filter(move |row| row.part == part);
            let weight: f64 = rows().map(|row| row.weight).sum();
            rows().map(|row| row.weight * score(row)).sum::<f64>() / weight
        };
        let own = |row: &Row| row.score.unwrap_or(0.0);
        let of_part = |part: Part| {
            with(Status::Scored).filter(move |row| row.part == part && row.weight > 0.0).count()
        };
        let comparable = || {
            let rows = with(Status::Scored).filter(|row| row.part == Part::Simulation);
            rows.filter(|row| row.naive.is_some() && row.statement.compared("without").is_empty())
        };
        let weight: f64 = comparable().map(|row| row.weight).sum();
        let both = |score: &dyn Fn(&Row) -> f64| {
            comparable().map(|row| row.weight * score(row)).sum::<f64>() / weight
        };
        let verdicts = self.rows.iter().filter_map(|row| Some((row, row.verdict?)));
        let right =
            |(row, verdict): &(&Row, Verdict)| row.statement.get("agreement") == verdict.name();
        Totals {
            in_scope,
            computed,
            calibration: with(Status::Calibration).count(),
            coverage: computed as f64 / in_scope as f64,
            accuracy: mean(Part::Simulation, &own),
            naive_accuracy: mean(Part::Simulation, &|row| row.naive_score),
            comparable: [both(&own), both(&|row| row.naive_score)],
            comparable_rows: comparable().filter(|row| row.weight > 0.0).count(),
            data_accuracy: mean(Part::Data, &own),
            simulated: of_part(Part::Simulation),
            data: of_part(Part::Data),
            verdicts_right: verdicts.clone().filter(right).count(),
            verdicts: verdicts.count(),
        }
    }
}
