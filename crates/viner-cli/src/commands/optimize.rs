//! `viner optimize`: the best policies for stated objectives.

use std::time::Instant;

use serde_json::json;
use viner_io::Diagnostic;
use viner_io::optimize::{NoOptimum, OptimizeQuestion, Optimized};
use viner_io::plan::plan_source;
use viner_io::results::{chosen, optimize_frames, run_frames, write_results};

use super::options::result_formats;
use super::run::PROGRAM;
use super::{Failed, table_tolerance, warning};
use crate::args::{Common, OptimizeOptions};
use crate::printer::Printer;
use crate::summary::{align, new_table};

pub fn run(options: &OptimizeOptions, common: &Common, printer: &Printer) -> Result<(), Failed> {
    let formats = result_formats(common)?;
    let source = plan_source(&options.plan)?;
    let tolerance = match (options.tolerance, source.plan.recorded.table_tolerance) {
        (None, Some(recorded)) => recorded,
        (given, _) => table_tolerance(given)?,
    };
    let question = OptimizeQuestion::open(&source, &common.set, tolerance)?;
    for text in &question.base.question.warnings {
        printer.note(&warning(text));
    }
    printer.progress(&format!("choosing {} sizes ...", question.choices.len()));
    let start = Instant::now();
    let found = question.solve().map_err(|no| match no {
        NoOptimum::Scenario(no) => no.into(),
        NoOptimum::Nowhere(failure) => {
            let title = question.title();
            let problem =
                format!("no sizes of plan `{title}` have an equilibrium: {}", failure.reason());
            let mut diagnostic = Diagnostic::new(problem);
            diagnostic.hints = failure.hints();
            Failed::Model(diagnostic.to_string())
        }
    })?;
    let seconds = start.elapsed().as_secs_f64();
    tell(&question, &found, common, printer, seconds);
    if !found.best.settled {
        printer.note(&warning("the players' replies to each other have not settled"));
    }
    if let Some(folder) = &common.output {
        let mut frames = run_frames(&found.problem, &found.equilibrium);
        frames.extend(optimize_frames(&question, &found));
        let manifest = question.manifest(&found, PROGRAM, seconds);
        write_results(folder, &frames, &manifest, &formats)?;
        printer.note(&format!("results written to {}", folder.display()));
    }
    Ok(())
}

fn tell(
    question: &OptimizeQuestion,
    found: &Optimized,
    common: &Common,
    printer: &Printer,
    seconds: f64,
) {
    let rows = chosen(question, found);
    let best = &found.best;
    if common.json {
        let solution: Vec<_> = rows
            .iter()
            .map(|row| {
                json!({
                    "player": row.player, "kind": row.kind, "exporter": row.exporter,
                    "importer": row.importer, "sector": row.sector, "value": row.value,
                    "lower": row.lower, "upper": row.upper, "gradient": row.gradient,
                    "multiplier": row.multiplier,
                })
            })
            .collect();
        let objectives: Vec<_> = question
            .plan
            .players
            .iter()
            .zip(&best.told)
            .map(|((name, text), told)| {
                json!({ "player": name, "objective": text, "value": told.value })
            })
            .collect();
        let constraints: Vec<_> = question
            .plan
            .subject_to
            .iter()
            .zip(best.constraints.first().into_iter().flatten())
            .map(|((text, bound, most), (value, multiplier))| {
                let value = if *most { *value } else { -value };
                json!({
                    "outcome": text, "bound": bound, "value": value, "multiplier": multiplier,
                })
            })
            .collect();
        let json = json!({
            "title": question.title(),
            "objectives": objectives,
            "solution": solution,
            "constraints": constraints,
            "stationarity": best.stationarity,
            "settled": best.settled,
            "rounds": best.rounds,
            "equilibria": found.equilibria(),
        });
        printer.asked(&format!("{json:#}"));
        return;
    }
    printer.result(question.title());
    for ((name, text), told) in question.plan.players.iter().zip(&best.told) {
        let name = if name.is_empty() { String::new() } else { format!("{name}: ") };
        printer.result(&format!("{name}{text} = {:.6}", told.value));
    }
    let mut table = new_table(&[
        "player", "kind", "from", "to", "sector", "value", "lower", "upper", "gradient",
    ]);
    for row in rows {
        table.add_row(vec![
            row.player.unwrap_or_default(),
            row.kind.to_owned(),
            row.exporter,
            row.importer,
            row.sector,
            format!("{:.6}", row.value),
            row.lower.to_string(),
            row.upper.to_string(),
            format!("{:.2e}", row.gradient),
        ]);
    }
    align(&mut table, 5);
    printer.result(&format!("\n{table}"));
    let bounds = question.plan.subject_to.iter();
    for ((text, bound, most), (value, multiplier)) in
        bounds.zip(best.constraints.first().into_iter().flatten())
    {
        let (value, word) = if *most { (*value, "at most") } else { (-value, "at least") };
        let worth = match multiplier {
            0.0 => "nothing".to_owned(),
            multiplier => format!("{multiplier:.2e}"),
        };
        printer
            .result(&format!("{text} = {value:.6}, {word} {bound}; a unit of it is worth {worth}"));
    }
    if !found.frontier.points.is_empty() {
        let mut table = new_table(&["cost", "effect"]);
        for (cost, effect, _) in &found.frontier.points {
            table.add_row(vec![format!("{cost:.6}"), format!("{effect:.6}")]);
        }
        align(&mut table, 0);
        printer.result(&format!("\nfrontier\n{table}"));
    }
    let conditions = if best.stationarity.is_nan() {
        "no sizes were found at which all bounds hold, these come nearest".to_owned()
    } else {
        format!("first-order conditions within {:.1e}", best.stationarity)
    };
    printer.result(&format!("\n{conditions}; {} equilibria in {seconds:.1} s", found.equilibria()));
}
