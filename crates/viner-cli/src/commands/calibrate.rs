//! `viner calibrate`: sizes of a plan fitted to a declared set of figures.

use std::fs;
use std::time::Instant;

use serde_json::json;
use viner_io::calibrate::{
    CalibrateQuestion, Calibrated, NoFit, calibrate_frames, calibrate_json, calibrate_sizes,
    calibrate_text,
};
use viner_io::path::PathQuestion;
use viner_io::plan::plan_source;
use viner_io::results::write_results;
use viner_io::{Diagnostic, Diagnostics};

use super::options::result_formats;
use super::path::{open, refusal};
use super::run::PROGRAM;
use super::{Failed, warning};
use crate::args::{CalibrateOptions, Common};
use crate::printer::Printer;
use crate::summary::{align, new_table};

pub fn run(options: &CalibrateOptions, common: &Common, printer: &Printer) -> Result<(), Failed> {
    let formats = result_formats(common)?;
    let path = open(&options.plan, options.tolerance, common, printer)?;
    let question = question(path, &options.plan, common)?;
    let start = Instant::now();
    let found = solve(&question, printer)?;
    let seconds = start.elapsed().as_secs_f64();
    if common.json {
        printer.asked(&format!("{:#}", calibrate_json(&question, &found)));
    } else {
        printer.result(question.path.title());
        for (header, rows, numbers) in calibrate_text(&question, &found) {
            let mut table = new_table(&header);
            for row in rows {
                table.add_row(row);
            }
            align(&mut table, numbers);
            printer.result(&format!("{table}\n"));
        }
        printer.result(&format!("fitted in {} paths, {seconds:.1} s", found.evaluations));
    }
    if !found.settled {
        printer.note(&warning("the search ended by its limit of steps"));
    }
    if let Some(file) = &options.sizes {
        let text = calibrate_sizes(&question, &found);
        fs::write(file, text).map_err(|error| {
            let problem = format!("cannot write `{}`: {error}", file.display());
            Failed::Input(Diagnostics::from(Diagnostic::new(problem)))
        })?;
        printer.note(&format!("sizes written to {}", file.display()));
    }
    if let Some(folder) = &common.output {
        let sizes: Vec<f64> = found.sizes.iter().map(|size| size.value).collect();
        let at_best = question.with(&sizes)?;
        let solved = at_best.solve().map_err(|no| refusal(&at_best, no))?;
        let mut manifest = question.path.manifest(&solved, PROGRAM, seconds);
        manifest["calibrate"] = json!({
            "paths": found.evaluations,
            "settled": found.settled,
            "stationarity": found.stationarity,
        });
        write_results(folder, &calibrate_frames(&question, &found), &manifest, &formats)?;
        printer.note(&format!("results written to {}", folder.display()));
    }
    Ok(())
}

/// The calibration of a plan that is open already.
pub(super) fn question(
    path: PathQuestion,
    plan: &str,
    common: &Common,
) -> Result<CalibrateQuestion, Failed> {
    Ok(CalibrateQuestion::new(path, &plan_source(plan)?, &common.set)?)
}

pub(super) fn solve(question: &CalibrateQuestion, printer: &Printer) -> Result<Calibrated, Failed> {
    let progress = |what: &str| printer.progress(&format!("fitting to {what} ..."));
    question.solve(&progress).map_err(|no| match no {
        NoFit::Input(diagnostics) => Failed::Input(diagnostics),
        NoFit::Path(no) => refusal(&question.path, *no),
    })
}
