//! `viner sensitivity`: what outcomes answer to.

use std::fmt::Write;
use std::time::Instant;

use serde_json::{Value, json};
use viner_io::question::{Question, scenario_source};
use viner_io::results::{gradient_frame, manifest, run_frames, write_results};
use viner_io::sensitivity::{Asked, Sensitivity};

use super::options::result_formats;
use super::run::PROGRAM;
use super::{Failed, table_tolerance, warning};
use crate::args::{Common, SensitivityOptions};
use crate::printer::Printer;
use crate::summary::{align, new_table};

/// Policies whose sums are shown.
const POLICIES: usize = 15;

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
    let found =
        asked.answers(&question.file.scenario, &problem, &equilibrium, options.trade_shares);
    let seconds = start.elapsed().as_secs_f64();

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
    let answers = one.answers.iter().take(top).map(|answer| {
        json!({
            "kind": answer.kind,
            "policy": answer.policy,
            "exporter": answer.exporter,
            "importer": answer.importer,
            "sector": answer.sector,
            "key": answer.key,
            "value": number(answer.value),
            "derivative": number(answer.derivative),
            "elasticity": number(answer.elasticity(one.value)),
        })
    });
    let policies = one.by_policy().into_iter().map(|(policy, key, cells, sum)| {
        json!({ "policy": policy, "key": key, "cells": cells, "derivative": number(sum) })
    });
    json!({
        "outcome": one.outcome,
        "value": number(one.value),
        "largest": answers.collect::<Vec<_>>(),
        "policies": policies.collect::<Vec<_>>(),
    })
}

fn text(one: &Sensitivity, top: usize) -> String {
    let mut text = String::new();
    let _ = writeln!(text, "\n{} = {}: largest derivatives", one.outcome, digits(one.value));
    let mut table =
        new_table(&["kind", "key", "from", "to", "sector", "value", "derivative", "elasticity"]);
    for answer in one.answers.iter().take(top) {
        let word = |text: &Option<String>| text.clone().unwrap_or_default();
        table.add_row(vec![
            answer.kind.clone(),
            answer.key.clone(),
            word(&answer.exporter),
            word(&answer.importer),
            word(&answer.sector),
            digits(answer.value),
            digits(answer.derivative),
            digits(answer.elasticity(one.value)),
        ]);
    }
    align(&mut table, 5);
    let _ = write!(text, "{table}");
    let policies = one.by_policy();
    if !policies.is_empty() {
        let _ = writeln!(text, "\n\nby policy, its size moved in all cells together");
        let mut table = new_table(&["policy", "key", "cells", "derivative"]);
        for (policy, key, cells, sum) in policies.into_iter().take(POLICIES) {
            table.add_row(vec![policy, key, cells.to_string(), digits(sum)]);
        }
        align(&mut table, 2);
        let _ = write!(text, "{table}");
    }
    text
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
