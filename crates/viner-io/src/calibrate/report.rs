//! A calibration as tables, as JSON, as a section of a page, and as the table that a plan takes its sizes from.

use std::fmt::Write;

use serde_json::{Value as Json, json};

use super::{CalibrateQuestion, Calibrated, FittedRow, FoundSize, LeftOut};
use crate::results::Frame;
use crate::scenario_file::{FittedSize, TrainingRow};

/// Tables `calibrated`, `training` and `left_out`.
pub fn calibrate_frames(question: &CalibrateQuestion, found: &Calibrated) -> Vec<Frame> {
    let sizes = || sizes(question, found);
    let rows = || rows(question, found);
    let groups = || found.groups.iter();
    let flag = |yes: bool| if yes { "yes" } else { "no" };
    vec![
        Frame::new("calibrated")
            .text("key", sizes().map(|(size, _)| size.key.clone()))
            .number("lower", sizes().map(|(size, _)| size.lower))
            .number("upper", sizes().map(|(size, _)| size.upper))
            .number("start", sizes().map(|(size, _)| size.start))
            .number("value", sizes().map(|(_, found)| found.value))
            .number("sd", sizes().map(|(_, found)| found.sd))
            .text("at_bound", sizes().map(|(_, found)| flag(found.at_bound)))
            .text("identified", sizes().map(|(_, found)| flag(found.identified)))
            .number("left_out_low", sizes().map(|(_, found)| found.left_out[0]))
            .number("left_out_high", sizes().map(|(_, found)| found.left_out[1])),
        Frame::new("training")
            .text("id", rows().map(|(row, _)| row.id.clone()))
            .text("group", rows().map(|(row, _)| row.group.clone()))
            .text("target", rows().map(|(row, _)| row.target.clone()))
            .text("unit", rows().map(|(row, _)| row.unit.clone()))
            .number("figure", rows().map(|(row, _)| row.value))
            .number("sd", rows().map(|(row, _)| row.sd))
            .number("before", rows().map(|(_, found)| found.before))
            .number("after", rows().map(|(_, found)| found.after))
            .number("left_out", rows().map(|(_, found)| found.left_out))
            .text("uses", rows().map(|(row, _)| row.uses.join(" ")))
            .text("source", rows().map(|(row, _)| row.source.clone())),
        Frame::new("left_out")
            .text("group", groups().map(|row| row.group.clone()))
            .number("rows", groups().map(|row| row.rows as f64))
            .number("before", groups().map(|row| row.before))
            .number("after", groups().map(|row| row.after))
            .number("left_out", groups().map(|row| row.left_out))
            .text("not_told", groups().map(|row| not_told(question, row).join(" "))),
    ]
}

/// Keys of the sizes that the other groups do not tell.
fn not_told<'a>(question: &'a CalibrateQuestion, row: &LeftOut) -> Vec<&'a str> {
    let keys = question.plan.choose.iter().zip(&row.not_told);
    keys.filter(|(_, not_told)| **not_told).map(|(size, _)| size.key.as_str()).collect()
}

fn sizes<'a>(
    question: &'a CalibrateQuestion,
    found: &'a Calibrated,
) -> impl Iterator<Item = (&'a FittedSize, &'a FoundSize)> {
    question.plan.choose.iter().zip(&found.sizes)
}

fn rows<'a>(
    question: &'a CalibrateQuestion,
    found: &'a Calibrated,
) -> impl Iterator<Item = (&'a TrainingRow, &'a FittedRow)> {
    question.plan.training.iter().zip(&found.rows)
}

/// Root of the mean square over all rows, in sd: at the start, at the best sizes, and each row at the sizes
/// that are best for the other groups.
fn overall(found: &Calibrated) -> [f64; 3] {
    let count: usize = found.groups.iter().map(|group| group.rows).sum();
    let of = |value: fn(&LeftOut) -> f64| {
        let squares = found.groups.iter().map(|group| group.rows as f64 * value(group).powi(2));
        (squares.sum::<f64>() / count as f64).sqrt()
    };
    [of(|group| group.before), of(|group| group.after), of(|group| group.left_out)]
}

/// Sizes, rows, groups and totals.
pub fn calibrate_json(question: &CalibrateQuestion, found: &Calibrated) -> Json {
    let finite = |value: f64| value.is_finite().then_some(value);
    let [before, after, left_out] = overall(found);
    let sizes = sizes(question, found).map(|(size, found)| {
        json!({
            "key": size.key, "lower": size.lower, "upper": size.upper, "start": size.start,
            "value": found.value, "sd": finite(found.sd), "at_bound": found.at_bound,
            "identified": found.identified, "left_out": found.left_out.map(finite),
        })
    });
    let rows = rows(question, found).map(|(row, found)| {
        json!({
            "id": row.id, "group": row.group, "target": row.target, "unit": row.unit,
            "figure": row.value, "sd": row.sd, "before": finite(found.before),
            "after": finite(found.after), "left_out": finite(found.left_out), "uses": row.uses,
        })
    });
    let groups = found.groups.iter().map(|row| {
        json!({
            "group": row.group, "rows": row.rows, "before": finite(row.before),
            "after": finite(row.after), "left_out": finite(row.left_out),
            "not_told": not_told(question, row),
        })
    });
    json!({
        "title": question.path.title(),
        "sizes": sizes.collect::<Vec<_>>(),
        "training": rows.collect::<Vec<_>>(),
        "groups": groups.collect::<Vec<_>>(),
        "root_mean_square": { "before": finite(before), "after": finite(after), "left_out": finite(left_out) },
        "settled": found.settled,
        "stationarity": found.stationarity,
        "evaluations": found.evaluations,
    })
}

/// The table of fitted sizes, as the plan or the calibration that it belongs to has it.
pub fn calibrate_sizes(question: &CalibrateQuestion, found: &Calibrated) -> String {
    let path = question.plan.path;
    let mut text =
        if path.is_empty() { "[fitted]\n".to_owned() } else { format!("[{path}.fitted]\n") };
    for (size, found) in sizes(question, found) {
        let sd = format!("sd {}", number(found.sd));
        let words = [sd, remark(found).to_owned()].into_iter().filter(|words| !words.is_empty());
        let words: Vec<String> = words.collect();
        let _ = writeln!(text, "{} = {:?} # {}", quoted(&size.key), found.value, words.join(", "));
    }
    text
}

/// A key of TOML in quotes.
fn quoted(key: &str) -> String {
    format!("\"{}\"", key.replace('\\', "\\\\").replace('"', "\\\""))
}

/// What should be known of a size.
fn remark(found: &FoundSize) -> &'static str {
    match (found.at_bound, found.identified) {
        (true, true) => "at a bound",
        (true, false) => "at a bound, not told by the figures",
        (false, true) => "",
        (false, false) => "not told by the figures",
    }
}

/// A table for a terminal: headings, rows, and the first column of numbers.
pub type TextTable = (Vec<&'static str>, Vec<Vec<String>>, usize);

/// Sizes, figures and groups as tables for a terminal.
pub fn calibrate_text(question: &CalibrateQuestion, found: &Calibrated) -> [TextTable; 3] {
    let of_size = |(size, found): (&FittedSize, &FoundSize)| {
        let [low, high] = found.left_out;
        let remark = remark(found).to_owned();
        let numbers = [size.lower, size.upper, size.start, found.value, found.sd, low, high];
        let numbers = numbers.into_iter().map(number);
        [size.key.clone(), remark].into_iter().chain(numbers).collect()
    };
    let of_row = |(row, found): (&TrainingRow, &FittedRow)| {
        let numbers = [row.value, row.sd, found.before, found.after, found.left_out];
        let words = [&row.id, &row.group, &row.unit].map(Clone::clone);
        words.into_iter().chain(numbers.into_iter().map(number)).collect()
    };
    let of_group = |row: &LeftOut| {
        let numbers = [row.before, row.after, row.left_out].map(number);
        let words = [row.group.clone(), not_told(question, row).join(" "), row.rows.to_string()];
        words.into_iter().chain(numbers).collect()
    };
    let words = ["all".to_owned(), String::new(), found.rows.len().to_string()];
    let all = words.into_iter().chain(overall(found).map(number)).collect();
    [
        (
            vec!["size", "", "from", "to", "start", "found", "sd", "without one group", "to"],
            sizes(question, found).map(of_size).collect(),
            2,
        ),
        (
            vec!["figure", "group", "unit", "value", "sd", "start", "fitted", "from other groups"],
            rows(question, found).map(of_row).collect(),
            3,
        ),
        (
            vec![
                "root of mean square",
                "not told by others",
                "figures",
                "start",
                "fitted",
                "from other groups",
            ],
            found.groups.iter().map(of_group).chain([all]).collect(),
            2,
        ),
    ]
}

fn number(value: f64) -> String {
    if value.is_finite() { format!("{value:.4}") } else { "–".to_owned() }
}

/// A section of a page: sizes, figures, and how well each group is told by the others.
pub fn calibrate_page(question: &CalibrateQuestion, found: &Calibrated) -> String {
    let mut page = String::new();
    let [before, after, left_out] = overall(found);
    let _ = writeln!(
        page,
        "\n## Calibration\n\n{} sizes that no source gives are fitted to {} figures, by weighted least squares. None of the \
         figures is scored. The root of the mean square of what is left, in standard deviations of the figures, is {before:.2} \
         where the search starts, {after:.2} at the sizes found, and {left_out:.2} where each group of figures is told from the \
         others alone: a fit that is tuned to its figures does much worse there. sd is the standard deviation of a size by \
         Gauss-Newton if figures are off by theirs.\n",
        found.sizes.len(),
        found.rows.len()
    );
    let _ = writeln!(
        page,
        "| size | from | to | start | found | sd | without one group | remark |\n|---|---:|---:|---:|---:|---:|---|---|"
    );
    for (size, found) in sizes(question, found) {
        let remark = remark(found);
        let _ = writeln!(
            page,
            "| `{}` | {} | {} | {} | {} | {} | {} to {} | {remark} |",
            size.key,
            size.lower,
            size.upper,
            size.start,
            number(found.value),
            number(found.sd),
            number(found.left_out[0]),
            number(found.left_out[1]),
        );
    }
    let _ = writeln!(
        page,
        "\n| figure | group | outcome | unit | figure | sd | start | fitted | from other groups | source |\n\
         |---|---|---|---|---:|---:|---:|---:|---:|---|"
    );
    for (row, found) in rows(question, found) {
        let _ = writeln!(
            page,
            "| {} | {} | `{}` | {} | {} | {} | {} | {} | {} | {} |",
            row.id,
            row.group,
            row.target.replace('|', "\\|"),
            row.unit,
            row.value,
            row.sd,
            number(found.before),
            number(found.after),
            number(found.left_out),
            row.source.replace('|', "/"),
        );
    }
    let _ = writeln!(
        page,
        "\nSizes that the other groups do not tell stay where the search starts.\n\n\
         | group | figures | start | fitted | from other groups | not told by these |\n|---|---:|---:|---:|---:|---|"
    );
    for row in &found.groups {
        let _ = writeln!(
            page,
            "| {} | {} | {} | {} | {} | {} |",
            row.group,
            row.rows,
            number(row.before),
            number(row.after),
            number(row.left_out),
            not_told(question, row).join(", ")
        );
    }
    page
}
