//! `viner run`: solves a scenario.

use std::time::Instant;

use viner_io::question::{DEFAULT_SCENARIO, Question, baseline_diagnostic, scenario_source};
use viner_io::results::{
    Program, ResultFormat, embodied_frame, manifest, run_frames, welfare_split_frame, write_results,
};
use viner_io::{Diagnostics, results};
use viner_model::report::welfare_split;

use super::{Failed, model_error, table_tolerance, warning};
use crate::args::{Common, Format, RunOptions};
use crate::printer::Printer;
use crate::summary::{Summary, notes};

/// Largest difference between the exact welfare change and the sum of its parts.
const SPLIT_TOLERANCE: f64 = 1e-8;

const PROGRAM: Program =
    Program { version: env!("CARGO_PKG_VERSION"), commit: env!("VINER_COMMIT") };

pub fn run(options: &RunOptions, common: &Common, printer: &Printer) -> Result<(), Failed> {
    let formats = result_formats(&common.format)?;
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

    let summary = Summary::of(&question, &problem, &equilibrium);
    if common.json {
        let mut json = summary.json();
        json["solver"] = results::solver(&question, &equilibrium, seconds);
        json["certificate"] = results::certificate(&equilibrium.certificate);
        json["notes"] = notes(&problem).into();
        printer.asked(&format!("{json:#}"));
    } else {
        printer.result(&summary.text(&equilibrium, seconds, question.settings.tolerance));
        for note in notes(&problem) {
            printer.result(&format!("note: {note}"));
        }
    }
    if let Some(folder) = &common.output {
        let manifest = manifest(&question, &equilibrium, PROGRAM, seconds);
        write_results(folder, &frames, &manifest, &formats)?;
        printer.note(&format!("results written to {}", folder.display()));
    } else if options.welfare_split || options.embodied {
        printer.note(&warning(
            "`--welfare-split` and `--embodied` write tables: name a folder with `-o`",
        ));
    }
    Ok(())
}

/// Formats of result tables; CSV if none is named.
fn result_formats(formats: &[Format]) -> Result<Vec<ResultFormat>, Failed> {
    if formats.is_empty() {
        return Ok(vec![ResultFormat::Csv]);
    }
    formats
        .iter()
        .map(|format| match format {
            Format::Csv => Ok(ResultFormat::Csv),
            Format::Parquet => Ok(ResultFormat::Parquet),
            Format::Xlsx => Ok(ResultFormat::Xlsx),
            _ => Err(Failed::Usage(
                "error: `--format`: results are written as `csv`, `parquet` or `xlsx`".into(),
            )),
        })
        .collect()
}
