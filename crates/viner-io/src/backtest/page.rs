//! A backtest as a page.

use std::fmt::Write;

use viner_model::outcome::Value;

use super::scoring::Verdict;
use super::{Backtest, Row, Status};

/// Accuracies that differ by less are no difference: a row or two of a few dozen.
const A_DRAW: f64 = 0.05;

/// Rows that are told apart because they cost the most.
const WORST: usize = 10;

/// A page in Markdown: totals, every row that counts, and every row that does not with its reason.
pub fn backtest_page(backtest: &Backtest, title: &str, command: &str) -> String {
    let totals = backtest.totals();
    let mut page = String::new();
    // Without any row of a kind there is no mean.
    let percent = |value: f64| {
        if value.is_nan() { "none".to_owned() } else { format!("{:.0} %", 100.0 * value) }
    };
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
            "There the model is not better."
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
    story(&mut page, backtest);
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
            compared(row)
        );
    }
    worst_rows(&mut page, backtest);
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
    if size < 5e-5 {
        "0".to_owned()
    } else if size >= 1e6 {
        format!("{value:.0}")
    } else if size >= 100.0 {
        format!("{value:.1}")
    } else if size >= 1.0 {
        format!("{value:.2}")
    } else {
        format!("{value:.4}")
    }
}

/// The outcomes that the plan tells, and what it says of itself.
fn story(page: &mut String, backtest: &Backtest) {
    if !backtest.told.is_empty() {
        let years: Vec<String> = backtest.years.iter().map(ToString::to_string).collect();
        let _ = writeln!(page, "\n## The years\n\n| outcome | {} |", years.join(" | "));
        let _ = writeln!(page, "|---|{}", "---:|".repeat(years.len()));
        for row in &backtest.told {
            let cell = |value: &Value| match value {
                Value::Number(value) => short(*value),
                Value::Text(word) => word.clone(),
            };
            let cells: Vec<String> = row.values.iter().map(cell).collect();
            let _ =
                writeln!(page, "| `{}` | {} |", row.outcome.replace('|', "\\|"), cells.join(" | "));
        }
    }
    if !backtest.notes.is_empty() {
        let _ = writeln!(page, "\n## Where the model is wrong\n");
        for note in &backtest.notes {
            let _ = writeln!(page, "- {note}");
        }
    }
}

/// What stands in for what, and what else was computed.
fn compared(row: &Row) -> String {
    let mut text = row.reason.replace('|', "/");
    if let Some(forecast) = row.forecast {
        let (model, score) = (short(forecast.model), forecast.score);
        let _ =
            write!(text, "; with what was known when it was published {model}, score {score:.2}");
    }
    if let Some(spread) = row.spread {
        let _ = write!(text, "; effect uncertain by {:.1} %", 100.0 * spread);
    }
    text
}

/// The rows that cost the most, with the reason.
fn worst_rows(page: &mut String, backtest: &Backtest) {
    let lost = |row: &Row| row.weight * (1.0 - row.score.unwrap_or(1.0));
    let mut rows: Vec<&Row> = backtest.rows.iter().filter(|row| lost(row) > 0.0).collect();
    // In the order of the evidence where they are equally bad.
    rows.sort_by(|a, b| lost(b).total_cmp(&lost(a)));
    let _ = writeln!(
        page,
        "\n## The {} worst rows\n\nBy weight times what is missing of a score of 1.\n\n\
         | row | official | model | score | weight | why |\n|---|---:|---:|---:|---:|---|",
        rows.len().min(WORST)
    );
    for row in rows.into_iter().take(WORST) {
        let _ = writeln!(
            page,
            "| {} | {} | {} | {:.2} | {:.2} | {} |",
            row.statement.id(),
            row.statement.get("official_value"),
            row.model.map_or_else(String::new, short),
            row.score.unwrap_or(0.0),
            row.weight,
            row.statement.compared("miss").replace('|', "/")
        );
    }
}
