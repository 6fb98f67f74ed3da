//! `viner path`: years in sequence.

use std::time::Instant;

use viner_io::outcomes::{Asked, ask};
use viner_io::path::{NoPath, PathQuestion, path_frames};
use viner_io::plan::plan_source;
use viner_io::results::write_results;

use super::options::result_formats;
use super::run::PROGRAM;
use super::{Failed, model_error, table_tolerance, warning};
use crate::args::{Common, PathOptions};
use crate::path_summary;
use crate::printer::Printer;

pub fn run(options: &PathOptions, common: &Common, printer: &Printer) -> Result<(), Failed> {
    let formats = result_formats(common)?;
    let question = open(&options.plan, options.tolerance, common, printer)?;
    let texts: Vec<String> = question.plan.outcomes.iter().chain(&options.of).cloned().collect();
    let asked: Vec<Asked> = ask(&texts, &question.question, true)?;
    printer.progress(&format!("solving {} years ...", question.plan.years.len()));
    let start = Instant::now();
    let solved = question.solve().map_err(|no| refusal(&question, no))?;
    let seconds = start.elapsed().as_secs_f64();
    let told = solved.tell(&asked)?;

    if common.json {
        printer.asked(&format!("{:#}", path_summary::json(&question, &solved, &told)));
    } else {
        printer.result(&path_summary::text(&question, &solved, &told, seconds));
    }
    if let Some(folder) = &common.output {
        let manifest = question.manifest(&solved, PROGRAM, seconds);
        write_results(folder, &path_frames(&question, &solved, &told), &manifest, &formats)?;
        printer.note(&format!("results written to {}", folder.display()));
    }
    Ok(())
}

/// A plan by its name, with its baseline.
pub(super) fn open(
    name: &str,
    tolerance: Option<f64>,
    common: &Common,
    printer: &Printer,
) -> Result<PathQuestion, Failed> {
    let source = plan_source(name)?;
    let tolerance = match (tolerance, source.plan.recorded.table_tolerance) {
        (None, Some(recorded)) => recorded,
        (given, _) => table_tolerance(given)?,
    };
    let question = PathQuestion::open(&source, &common.set, tolerance)?;
    for text in &question.question.warnings {
        printer.note(&warning(text));
    }
    Ok(question)
}

/// A path without results; the year that has none is named.
pub(super) fn refusal(question: &PathQuestion, no: NoPath) -> Failed {
    match no {
        NoPath::Scenario(no) => no.into(),
        NoPath::Year { year, failure } => {
            let what = format!("year {year} of path `{}`", question.title());
            Failed::Model(model_error(&what, &failure))
        }
    }
}
