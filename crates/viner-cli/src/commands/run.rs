//! `viner run`: solves a scenario.

use std::time::Instant;

use viner_io::outcomes::{ask, outcome_frame, tell};
use viner_io::question::{DEFAULT_SCENARIO, Question, baseline_diagnostic, scenario_source};
use viner_io::results::{
    Program, decomposition_frame, embodied_frame, manifest, run_frames, welfare_split_frame,
    write_results,
};
use viner_io::{Diagnostics, results};
use viner_model::problem::Problem;
use viner_model::report::welfare_split;

use super::options::result_formats;
use super::{Failed, model_error, table_tolerance, warning};
use crate::args::{Common, RunOptions};
use crate::decomposition::Parts;
use crate::outcome_summary;
use crate::printer::Printer;
use crate::summary::{Summary, notes};

/// Largest difference between the exact welfare change and the sum of its parts.
const SPLIT_TOLERANCE: f64 = 1e-8;

pub(super) const PROGRAM: Program =
    Program { version: env!("CARGO_PKG_VERSION"), commit: env!("VINER_COMMIT") };

pub fn run(options: &RunOptions, common: &Common, printer: &Printer) -> Result<(), Failed> {
    let formats = result_formats(common)?;
    let name = options.scenario.as_deref().unwrap_or(DEFAULT_SCENARIO);
    let source = scenario_source(name)?;
    let tolerance = match (options.tolerance, source.recorded.table_tolerance) {
        (None, Some(recorded)) => recorded,
        (given, _) => table_tolerance(given)?,
    };
    let question = Question::open(&source, &common.set, tolerance)?;
    for text in &question.warnings {
        printer.note(&warning(text));
    }

    let asked = ask(&options.of, &question, false)?;

    printer.progress(&format!("solving `{name}` ..."));
    let start = Instant::now();
    let (problem, equilibrium) = question.solve()?;
    let seconds = start.elapsed().as_secs_f64();

    let mut frames = run_frames(&problem, &equilibrium);
    if options.welfare_split {
        let split = welfare_split(&problem, &equilibrium, SPLIT_TOLERANCE, question.settings)
            .map_err(|failure| {
                Failed::Model(model_error("the path to the counterfactual", &failure))
            })?;
        frames.push(welfare_split_frame(&problem, &split));
        if split.error > SPLIT_TOLERANCE {
            printer.note(&warning(&format!(
                "the parts of the welfare split add up only to within {:.1e}",
                split.error
            )));
        }
    }
    if options.embodied {
        let frame = embodied_frame(&problem, &equilibrium).map_err(|errors| {
            let name = "the counterfactual";
            Failed::Input(Diagnostics(
                errors.iter().map(|error| baseline_diagnostic(error, name)).collect(),
            ))
        })?;
        frames.push(frame);
    }

    let told = tell(&asked, &problem, &equilibrium)?;
    if !told.is_empty() {
        frames.push(outcome_frame(&told));
    }

    let parts = if options.decompose.decompose {
        let parts = Parts::of(&options.decompose, &question, &problem, &equilibrium, printer)
            .map_err(Failed::Model)?;
        frames.push(decomposition_frame(&parts.players, &problem.baseline.regions, &parts.effects));
        Some(parts)
    } else {
        None
    };

    let summary = Summary::of(&question, &problem, &equilibrium);
    if common.json {
        let mut json = summary.json(&problem);
        json["solver"] = results::solver(&question, &equilibrium, seconds);
        json["certificate"] = results::certificate(&equilibrium.certificate);
        json["notes"] = notes(&problem, &equilibrium).into();
        if !told.is_empty() {
            json["outcomes"] = outcome_summary::json(&told);
        }
        if let Some(parts) = &parts {
            json["decomposition"] = parts.json(&problem);
        }
        printer.asked(&format!("{json:#}"));
    } else {
        printer.result(&summary.text(&problem, &equilibrium, seconds, question.settings.tolerance));
        if !told.is_empty() {
            printer.result(&format!("\n{}", outcome_summary::text(&told)));
        }
        if let Some(parts) = &parts {
            let focus = members(&question, &problem, summary.focus());
            printer.result(&format!("\n{}", parts.text(&problem, &focus)));
        }
        for note in notes(&problem, &equilibrium) {
            printer.result(&format!("note: {note}"));
        }
    }
    if let Some(folder) = &common.output {
        let mut manifest = manifest(&question, &equilibrium, PROGRAM, seconds);
        if let Some(parts) = &parts {
            manifest["decomposition"] = parts.description();
        }
        write_results(folder, &frames, &manifest, &formats)?;
        printer.note(&format!("results written to {}", folder.display()));
    } else if options.welfare_split || options.embodied {
        printer.note(&warning(
            "`--welfare-split` and `--embodied` write tables: name a folder with `-o`",
        ));
    }
    Ok(())
}

/// Positions of a region, or of the members of a group.
fn members(question: &Question, problem: &Problem, name: &str) -> Vec<usize> {
    let regions = &problem.baseline.regions;
    let group = question.file.scenario.groups.get(name);
    let codes =
        group.map_or_else(|| vec![name], |codes| codes.iter().map(String::as_str).collect());
    codes.into_iter().filter_map(|code| regions.position(code)).collect()
}
