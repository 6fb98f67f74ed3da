//! `viner backtest`: what was said of the past against what the model says.

use std::fs;
use std::time::Instant;

use viner_io::backtest::{
    Evidence, NoBacktest, backtest, backtest_json, backtest_page, scores_frame,
};
use viner_io::results::write_results;
use viner_io::{Diagnostic, Diagnostics};

use super::Failed;
use super::path::{open, refusal};
use super::run::{PROGRAM, result_formats};
use crate::args::{BacktestOptions, Common};
use crate::printer::Printer;

/// Plan that is backtested when none is named, and its evidence.
const DEFAULT: &str = "case-2022";

pub fn run(options: &BacktestOptions, common: &Common, printer: &Printer) -> Result<(), Failed> {
    let formats = result_formats(&common.format)?;
    let plan = options.plan.as_deref().unwrap_or(DEFAULT);
    let question = open(plan, options.tolerance, common, printer)?;
    let named = options.evidence.as_deref().or(question.plan.backtest.evidence.as_deref());
    let evidence = Evidence::open(named.unwrap_or(DEFAULT))?;
    printer.progress("solving the path, and again without each mechanism ...");
    let start = Instant::now();
    let scores = backtest(&question, &evidence).map_err(|no| match no {
        NoBacktest::Input(diagnostics) => Failed::Input(diagnostics),
        NoBacktest::Path(no) => refusal(&question, no),
    })?;
    let seconds = start.elapsed().as_secs_f64();
    let totals = scores.totals();
    if common.json {
        printer.asked(&format!("{:#}", backtest_json(&scores)));
    } else {
        let percent = |value: f64| format!("{:.0} %", 100.0 * value);
        printer.result(&format!(
            "{}\ncoverage {} ({} of {} statements; {} left out as inputs)\n\
             accuracy {}, naive {}; where the benchmark has a number {}, naive {}; data {}\nverdicts right: {} of {}",
            question.title(),
            percent(totals.coverage),
            totals.computed,
            totals.in_scope,
            totals.calibration,
            percent(totals.accuracy),
            percent(totals.naive_accuracy),
            percent(totals.comparable[0]),
            percent(totals.comparable[1]),
            percent(totals.data_accuracy),
            totals.verdicts_right,
            totals.verdicts,
        ));
    }
    if let Some(path) = &options.page {
        let command = format!("viner backtest {plan} --page FILE");
        let page = backtest_page(&scores, question.title(), &command);
        fs::write(path, page).map_err(|error| {
            let problem = format!("cannot write `{}`: {error}", path.display());
            Failed::Input(Diagnostics::from(Diagnostic::new(problem)))
        })?;
        printer.note(&format!("page written to {}", path.display()));
    }
    if let Some(folder) = &common.output {
        let solved = question.solve().map_err(|no| refusal(&question, no))?;
        let mut manifest = question.manifest(&solved, PROGRAM, seconds);
        manifest["evidence"] = evidence.name.clone().into();
        write_results(folder, &[scores_frame(&scores)], &manifest, &formats)?;
        printer.note(&format!("results written to {}", folder.display()));
    }
    Ok(())
}
