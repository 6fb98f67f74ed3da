//! A backtest as a table, as JSON and as a page.

use std::fmt::Write;

use serde_json::{Value as Json, json};

use super::scoring::{Part, Verdict};
use super::{Backtest, Row, Status, single};
use crate::results::Frame;

/// Accuracies that differ by less are no difference: a row or two of a few dozen.
const A_DRAW: f64 = 0.05;

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
        "accuracy": totals.accuracy,
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

/// A page in Markdown: totals, every row that counts, and every row that does not with its reason.
pub fn backtest_page(backtest: &Backtest, title: &str, command: &str) -> String {
    let totals = backtest.totals();
    let mut page = String::new();
    let percent = |value: f64| format!("{:.0} %", 100.0 * value);
    let _ = writeln!(page, "# {title}\n");
    let _ = writeln!(
        page,
        "Written by `{command}`. The rule is that of `data/evidence/{}/README.md`: a score is between 0 and 1, rows\n\
         are weighted by the confidence in the official figure, and rows that repeat one statement share a weight.\n",
        backtest.evidence
    );
    let _ = writeln!(page, "| | |\n|---|---:|");
    for (name, value) in [
        ("statements that can be checked", totals.in_scope.to_string()),
        ("the model has a value for", totals.computed.to_string()),
        ("coverage", percent(totals.coverage)),
        ("left out as inputs of the plan", totals.calibration.to_string()),
        ("accuracy of the simulation", percent(totals.accuracy)),
        ("accuracy of the naive benchmark on the same rows", percent(totals.naive_accuracy)),
        (
            "the same two where the benchmark has a number",
            format!(
                "{} and {} ({} rows)",
                percent(totals.comparable[0]),
                percent(totals.comparable[1]),
                totals.comparable_rows
            ),
        ),
        ("accuracy of data (instruments and their dates)", percent(totals.data_accuracy)),
        (
            "verdicts on the statements that are right",
            format!("{} of {}", totals.verdicts_right, totals.verdicts),
        ),
    ] {
        let _ = writeln!(page, "| {name} | {value} |");
    }
    let _ = writeln!(
        page,
        "\nThe benchmark has no mechanism and scores 0 in tests of them; what the model adds to it shows where both \
         have a number. {} By kind of row:\n",
        if totals.comparable[0] > totals.comparable[1] + A_DRAW {
            "There the model is better."
        } else {
            "There the model is not better: it does not forecast, and shocks that are not policy are absent from it."
        }
    );
    let _ = writeln!(page, "| kind | rows | accuracy | naive |\n|---|---:|---:|---:|");
    let mut kinds: Vec<&str> = Vec::new();
    let scored =
        || backtest.rows.iter().filter(|row| row.status == Status::Scored && row.weight > 0.0);
    for row in scored() {
        let kind = row.statement.get("check_kind");
        if !kinds.contains(&kind) {
            kinds.push(kind);
        }
    }
    for kind in kinds {
        let rows = || scored().filter(move |row| row.statement.get("check_kind") == kind);
        let weight: f64 = rows().map(|row| row.weight).sum();
        let mean = |score: &dyn Fn(&Row) -> f64| {
            rows().map(|row| row.weight * score(row)).sum::<f64>() / weight
        };
        let own = mean(&|row| row.score.unwrap_or(0.0));
        let naive = mean(&|row| row.naive_score);
        let _ = writeln!(
            page,
            "| {kind} | {} | {} | {} |",
            rows().count(),
            percent(own),
            percent(naive)
        );
    }
    let _ = writeln!(
        page,
        "\n## Rows that count\n\n`naive` is the benchmark, or the value without the mechanism where there is one.\n\n\
         | row | kind | claimed | official | model | naive | score | naive score | verdict | evidence says | compared |\n\
         |---|---|---:|---:|---:|---:|---:|---:|---|---|---|"
    );
    for row in backtest.rows.iter().filter(|row| row.status == Status::Scored) {
        let number = |value: Option<f64>| value.map_or_else(String::new, short);
        let _ = writeln!(
            page,
            "| {} | {} | {} | {} | {} | {} | {} | {:.2} | {} | {} | {} |",
            row.statement.id(),
            row.statement.get("check_kind"),
            row.statement.get("claimed_value"),
            row.statement.get("official_value"),
            number(row.model),
            number(row.naive),
            row.score.map_or_else(String::new, |score| format!("{score:.2}")),
            row.naive_score,
            row.verdict.map_or("", Verdict::name),
            row.statement.get("agreement"),
            row.reason.replace('|', "/")
        );
    }
    for (status, heading) in [
        (Status::Calibration, "Inputs of the plan, left out"),
        (Status::Missing, "What the model has no value for"),
        (Status::NotCheckable, "What nobody can check"),
    ] {
        let _ = writeln!(page, "\n## {heading}\n\n| row | statement | reason |\n|---|---|---|");
        for row in backtest.rows.iter().filter(|row| row.status == status) {
            let _ = writeln!(
                page,
                "| {} | {} | {} |",
                row.statement.id(),
                row.statement.get("paraphrase").replace('|', "/"),
                row.reason.replace('|', "/")
            );
        }
    }
    page
}

/// Three significant digits or so.
fn short(value: f64) -> String {
    let size = value.abs();
    if size >= 1e6 {
        format!("{value:.0}")
    } else if size >= 100.0 {
        format!("{value:.1}")
    } else if size >= 1.0 {
        format!("{value:.2}")
    } else {
        format!("{value:.4}")
    }
}
