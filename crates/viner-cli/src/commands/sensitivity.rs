//! `viner sensitivity`: what outcomes answer to.

use std::fmt::Write;
use std::sync::Arc;
use std::time::Instant;

use comfy_table::Table;
use serde_json::{Value, json};
use viner_io::question::{Question, scenario_source};
use viner_io::results::{gradient_frame, manifest, run_frames, write_results};
use viner_io::sensitivity::{Answer, Asked, Group, Sensitivity};

use super::options::result_formats;
use super::run::PROGRAM;
use super::{Failed, table_tolerance, warning};
use crate::args::{Common, SensitivityOptions};
use crate::printer::Printer;
use crate::summary::{align, new_table};

/// Sums by policy and by sector that are shown, and derivatives by shares of the baseline.
const SHOWN: usize = 15;

pub fn run(options: &SensitivityOptions, common: &Common, printer: &Printer) -> Result<(), Failed> {
    let formats = result_formats(common)?;
    let source = scenario_source(&options.scenario)?;
    let tolerance = match (options.tolerance, source.recorded.table_tolerance) {
        (None, Some(recorded)) => recorded,
        (given, _) => table_tolerance(given)?,
    };
    let question = Question::open(&source, &common.set, tolerance)?;
    let asked = Asked::new(&question, &options.of)?;
    for text in &question.warnings {
        printer.note(&warning(text));
    }
    printer.progress(&format!("solving `{}` ...", options.scenario));
    let start = Instant::now();
    let (problem, equilibrium) = question.solve()?;
    let solved = start.elapsed().as_secs_f64();
    let start = Instant::now();
    let gradients = asked.gradients(&problem, &equilibrium, options.shares > 0);
    let seconds = start.elapsed().as_secs_f64();
    let found = asked.answers(&question.file.scenario, &problem, &gradients, options.shares);
    drop(gradients);

    if common.json {
        let outcomes: Vec<Value> = found.iter().map(|one| as_json(one, options.top)).collect();
        let json = json!({
            "title": question.title(),
            "seconds": { "equilibrium": solved, "derivatives": seconds },
            "outcomes": outcomes,
        });
        printer.asked(&format!("{json:#}"));
    } else {
        printer.result(question.title());
        for one in &found {
            printer.result(&text(one, options.top));
        }
        printer.result(&format!(
            "equilibrium in {:.0} ms, derivatives in {:.0} ms",
            1e3 * solved,
            1e3 * seconds
        ));
    }
    for one in found.iter().filter(|one| one.answers.iter().all(|a| a.derivative.is_nan())) {
        printer.note(&warning(&format!(
            "`{}` has no derivative here: the linear system has no solution",
            one.outcome
        )));
    }
    for one in found.iter().filter(|one| one.left_out > 0) {
        printer.note(&format!(
            "`{}`: {} shares of the baseline with smaller derivatives are left out; `--shares N` keeps more",
            one.outcome, one.left_out
        ));
    }
    if let Some(folder) = &common.output {
        let mut manifest = manifest(&question, &equilibrium, PROGRAM, solved);
        manifest["sensitivity"] = json!({ "of": options.of, "seconds": seconds });
        let mut frames = run_frames(&problem, &equilibrium);
        frames.push(gradient_frame(&found));
        write_results(folder, &frames, &manifest, &formats)?;
        printer.note(&format!("results written to {}", folder.display()));
    }
    Ok(())
}

fn as_json(one: &Sensitivity, top: usize) -> Value {
    let number = |value: f64| if value.is_finite() { json!(value) } else { Value::Null };
    let answers = |of_baseline: bool| -> Vec<Value> {
        let answers = one.answers.iter().filter(|answer| answer.is_of_baseline() == of_baseline);
        let as_json = |answer: &Answer| {
            json!({
                "kind": &*answer.kind,
                "policy": answer.policy.as_deref(),
                "exporter": answer.exporter.as_deref(),
                "importer": answer.importer.as_deref(),
                "sector": answer.sector.as_deref(),
                "key": &*answer.key,
                "value": number(answer.value),
                "derivative": number(answer.derivative),
                "elasticity": number(answer.elasticity(one.value)),
            })
        };
        answers.take(top).map(as_json).collect()
    };
    let groups = |groups: Vec<Group<'_>>, names: &[&str]| -> Vec<Value> {
        let as_json = |group: Group<'_>| {
            let mut json = json!({ "key": group.key, "cells": group.cells, "derivative": number(group.derivative) });
            for (name, of) in names.iter().zip(group.of) {
                json[*name] = json!(of);
            }
            json
        };
        groups.into_iter().map(as_json).collect()
    };
    json!({
        "outcome": one.outcome,
        "value": number(one.value),
        "largest": answers(false),
        "baseline": answers(true),
        "policies": groups(one.by_policy(), &["policy"]),
        "sectors": groups(one.by_sector(), &["sector", "kind"]),
    })
}

fn text(one: &Sensitivity, top: usize) -> String {
    let (of_baseline, others): (Vec<&Answer>, Vec<&Answer>) =
        one.answers.iter().partition(|answer| answer.is_of_baseline());
    let mut text = String::new();
    let _ = write!(
        text,
        "\n{} = {}: largest derivatives\n{}",
        one.outcome,
        digits(one.value),
        answers(one, others.into_iter().take(top))
    );
    for (title, names, groups) in [
        ("by policy, its size moved in all cells together", &["policy"][..], one.by_policy()),
        ("by sector, policies of a kind moved together", &["sector", "kind"], one.by_sector()),
    ] {
        if groups.is_empty() {
            continue;
        }
        let mut table = new_table(&[names, &["key", "cells", "derivative"]].concat());
        for group in groups.into_iter().take(SHOWN) {
            let mut row: Vec<String> = group.of.iter().map(ToString::to_string).collect();
            row.extend([group.key.to_owned(), group.cells.to_string(), digits(group.derivative)]);
            table.add_row(row);
        }
        align(&mut table, names.len() + 1);
        let _ = write!(text, "\n\n{title}\n{table}");
    }
    if !of_baseline.is_empty() {
        let shown = of_baseline.into_iter().take(top.min(SHOWN));
        let _ = write!(text, "\n\nby shares of the baseline\n{}", answers(one, shown));
    }
    text
}

fn answers<'a>(one: &Sensitivity, answers: impl Iterator<Item = &'a Answer>) -> Table {
    let mut table =
        new_table(&["kind", "key", "from", "to", "sector", "value", "derivative", "elasticity"]);
    for answer in answers {
        let word = |text: &Option<Arc<str>>| text.as_deref().unwrap_or_default().to_owned();
        table.add_row(vec![
            answer.kind.to_string(),
            answer.key.to_string(),
            word(&answer.exporter),
            word(&answer.importer),
            word(&answer.sector),
            digits(answer.value),
            digits(answer.derivative),
            digits(answer.elasticity(one.value)),
        ]);
    }
    align(&mut table, 5);
    table
}

/// Five digits; nothing where there is no number.
fn digits(value: f64) -> String {
    if !value.is_finite() {
        String::new()
    } else if value == 0.0 {
        "0".to_owned()
    } else if (1e-3..1e6).contains(&value.abs()) {
        format!("{value:.5}")
    } else {
        format!("{value:.4e}")
    }
}
