//! `viner sweep`: many draws of a scenario's numbers.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use serde_json::json;
use viner_io::plan::plan_source;
use viner_io::results::{run_frames, summaries, sweep_frames, write_results};
use viner_io::sweep::{NoSweep, SolvedSweep, SweepQuestion, remove_parts};

use super::options::result_formats;
use super::run::PROGRAM;
use super::{Failed, table_tolerance, warning};
use crate::args::{Common, SweepOptions};
use crate::printer::Printer;
use crate::summary::{align, new_table};

/// Between two lines of progress.
const SECONDS: u64 = 2;
/// Reasons of failed draws in the terminal.
const REASONS: usize = 5;

pub fn run(options: &SweepOptions, common: &Common, printer: &Printer) -> Result<(), Failed> {
    let formats = result_formats(common)?;
    let source = plan_source(&options.plan)?;
    let tolerance = match (options.tolerance, source.plan.recorded.table_tolerance) {
        (None, Some(recorded)) => recorded,
        (given, _) => table_tolerance(given)?,
    };
    let question = SweepQuestion::open(&source, &common.set, tolerance)?;
    for text in &question.base.question.warnings {
        printer.note(&warning(text));
    }
    let start = Instant::now();
    let all = question.runs();
    let told = AtomicU64::new(0);
    let progress = |done: usize, before: usize| {
        let elapsed = start.elapsed();
        let last = told.load(Ordering::Relaxed);
        if elapsed.as_secs() < last + SECONDS && done != all {
            return;
        }
        let turn =
            told.compare_exchange(last, elapsed.as_secs(), Ordering::Relaxed, Ordering::Relaxed);
        if turn.is_ok() && done > before {
            let rate = elapsed.as_secs_f64() / (done - before) as f64;
            let left = rate * (all - done) as f64;
            printer.progress(&format!("{done} of {all} equilibria solved, {left:.0} s left"));
        }
    };
    let solved =
        question.solve(common.output.as_deref(), PROGRAM, &progress).map_err(|no| -> Failed {
            match no {
                NoSweep::Scenario(no) => no.into(),
                NoSweep::Files(error) => error.into(),
            }
        })?;
    let seconds = start.elapsed().as_secs_f64();
    if solved.resumed > 0 {
        printer.note(&format!("{} of {all} were solved before", solved.resumed));
    }
    tell(&question, &solved, common, printer, seconds);
    if let Some(folder) = &common.output {
        let mut frames = run_frames(&solved.problem, &solved.equilibrium);
        frames.extend(sweep_frames(&question, &solved));
        let manifest = question.manifest(&solved, PROGRAM);
        write_results(folder, &frames, &manifest, &formats)?;
        remove_parts(folder)?;
        printer.note(&format!("results written to {}", folder.display()));
    }
    if solved.ran.iter().all(|ran| ran.reason().is_some()) {
        let reason = solved.ran[0].reason().unwrap_or_default();
        return Err(Failed::Model(format!("error: no draw has an equilibrium: {reason}")));
    }
    Ok(())
}

fn tell(
    question: &SweepQuestion,
    solved: &SolvedSweep,
    common: &Common,
    printer: &Printer,
    seconds: f64,
) {
    let draws = &solved.ran[..question.draws()];
    let failed = draws.iter().filter(|ran| ran.reason().is_some()).count();
    let summaries = summaries(question, solved);
    let outcomes = &question.plan.outcomes;
    let number = |value: f64| if value.is_finite() { json!(value) } else { json!(null) };
    if common.json {
        let rows: Vec<_> = outcomes
            .iter()
            .zip(&summaries)
            .enumerate()
            .map(|(position, (outcome, summary))| {
                let [p05, p25, p50, p75, p95] = summary.quantiles.map(number);
                let mut json = json!({
                    "outcome": outcome, "mean": number(summary.mean), "sd": number(summary.sd),
                    "p05": p05, "p25": p25, "p50": p50, "p75": p75, "p95": p95,
                });
                if question.plan.indices {
                    let keys = question.plan.vary.iter().map(|vary| &vary.key);
                    let indices = question.indices(solved, position);
                    json["sobol"] = keys
                        .zip(indices)
                        .map(|(key, indices)| {
                            json!({
                                "key": key,
                                "first": indices.map(|indices| indices.first),
                                "total": indices.map(|indices| indices.total),
                            })
                        })
                        .collect();
                }
                json
            })
            .collect();
        let json = json!({
            "title": question.title(),
            "draws": draws.len(),
            "failed": failed,
            "runs": question.runs(),
            "summary": rows,
        });
        printer.asked(&format!("{json:#}"));
        return;
    }
    printer.result(question.title());
    printer.result(&format!("{} draws, {failed} without equilibrium\n", draws.len()));
    let mut table = new_table(&["outcome", "mean", "sd", "5 %", "25 %", "50 %", "75 %", "95 %"]);
    for (outcome, summary) in outcomes.iter().zip(&summaries) {
        let numbers = [summary.mean, summary.sd].into_iter().chain(summary.quantiles);
        let cells = std::iter::once(outcome.clone()).chain(numbers.map(digits));
        table.add_row(cells.collect::<Vec<_>>());
    }
    align(&mut table, 1);
    printer.result(&table.to_string());
    if question.plan.indices {
        let mut table = new_table(&["outcome", "key", "first", "total"]);
        for (position, outcome) in outcomes.iter().enumerate() {
            for (vary, found) in question.plan.vary.iter().zip(question.indices(solved, position)) {
                let [first, total] =
                    found.map_or([f64::NAN; 2], |found| [found.first, found.total]);
                let key = vary.key.clone();
                table.add_row(vec![outcome.clone(), key, digits(first), digits(total)]);
            }
        }
        align(&mut table, 2);
        printer.result(&format!("\nparts of the variance\n{table}"));
    }
    let reasons = draws.iter().enumerate().filter_map(|(draw, ran)| Some((draw, ran.reason()?)));
    for (draw, reason) in reasons.take(REASONS) {
        printer.result(&format!("draw {} failed: {reason}", draw + 1));
    }
    printer.result(&format!("\nsolved in {seconds:.1} s"));
}

fn digits(value: f64) -> String {
    if !value.is_finite() {
        String::new()
    } else if value == 0.0 || (1e-3..1e6).contains(&value.abs()) {
        format!("{value:.5}")
    } else {
        format!("{value:.4e}")
    }
}
