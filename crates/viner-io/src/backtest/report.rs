//! A backtest as a table and as JSON.

use serde_json::{Value as Json, json};

use super::scoring::{Part, Target, Verdict};
use super::{Backtest, Row, Status};
use crate::results::Frame;

/// Table `scores`: a row for every statement in scope.
pub fn scores_frame(backtest: &Backtest) -> Frame {
    let rows = || backtest.rows.iter();
    let cell = |column: &'static str| rows().map(move |row| row.statement.get(column).to_owned());
    let claimed = |row: &Row| row.statement.claim().and_then(single);
    let number = |value: Option<f64>| value.unwrap_or(f64::NAN);
    Frame::new("scores")
        .text("id", cell("id"))
        .text("document", cell("document"))
        .number(
            "claimed",
            rows().map(|row| {
                number(row.statement.get("claimed_value").parse().ok().or_else(|| claimed(row)))
            }),
        )
        .text("official", cell("official_value"))
        .number("model", rows().map(|row| number(row.model)))
        .number("naive", rows().map(|row| number(row.naive)))
        .number("score", rows().map(|row| number(row.score)))
        .optional_text("verdict", rows().map(|row| row.verdict.map(Verdict::name)))
        .text("expected", cell("agreement"))
        .text("reason", rows().map(|row| row.reason.clone()))
        .text("status", rows().map(|row| row.status.name()))
        .text("part", rows().map(part))
        .number("weight", rows().map(|row| row.weight))
        .number(
            "naive_score",
            rows().map(|row| if row.status == Status::Scored { row.naive_score } else { f64::NAN }),
        )
        .text("check_kind", cell("check_kind"))
        .text("expression", rows().map(|row| row.statement.compared("expression").to_owned()))
}

fn part(row: &Row) -> &'static str {
    match (row.status, row.part) {
        (Status::Scored, Part::Simulation) => "simulation",
        (Status::Scored, Part::Data) => "data",
        _ => "",
    }
}

/// The totals and every row.
pub fn backtest_json(backtest: &Backtest) -> Json {
    let totals = backtest.totals();
    let rows: Vec<Json> = backtest
        .rows
        .iter()
        .map(|row| {
            json!({
                "id": row.statement.id(),
                "status": row.status.name(),
                "model": row.model,
                "naive": row.naive,
                "forecast": row.forecast.map(|forecast| forecast.model),
                "spread": row.spread,
                "score": row.score,
                "naive_score": (row.status == Status::Scored).then_some(row.naive_score),
                "verdict": row.verdict.map(Verdict::name),
                "expected": row.statement.get("agreement"),
                "weight": row.weight,
                "reason": row.reason,
            })
        })
        .collect();
    json!({
        "evidence": backtest.evidence,
        "in_scope": totals.in_scope,
        "computed": totals.computed,
        "calibration": totals.calibration,
        "coverage": totals.coverage,
        "accuracy": finite(totals.accuracy),
        "naive_accuracy": totals.naive_accuracy,
        "comparable": {
            "rows": totals.comparable_rows,
            "accuracy": finite(totals.comparable[0]),
            "naive_accuracy": finite(totals.comparable[1]),
        },
        "data_accuracy": finite(totals.data_accuracy),
        "verdicts": totals.verdicts,
        "verdicts_right": totals.verdicts_right,
        "rows": rows,
    })
}

fn finite(value: f64) -> Option<f64> {
    value.is_finite().then_some(value)
}

/// Whether a target is one number, for tables.
fn single(target: Target) -> Option<f64> {
    ((target.high - target.low).abs() < f64::EPSILON * target.high.abs()).then_some(target.low)
}
