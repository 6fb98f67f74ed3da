//! `viner backtest`: what was said of the past against what the model says.

use std::fs;
use std::time::Instant;

use serde_json::json;
use viner_io::backtest::cells::{
    CellComparison, ObservedCells, SMALLEST_CELL, cell_frames, cells_json, cells_page, cells_text,
    compare_cells,
};
use viner_io::backtest::{
    Backtest, Evidence, NoBacktest, Totals, backtest, backtest_json, backtest_page, scores_frame,
};
use viner_io::calibrate::{
    CalibrateQuestion, Calibrated, calibrate_frames, calibrate_json, calibrate_page,
};
use viner_io::path::PathQuestion;
use viner_io::plan::plan_source;
use viner_io::results::write_results;
use viner_io::{Diagnostic, Diagnostics};

use super::options::result_formats;
use super::path::{open, refusal};
use super::run::PROGRAM;
use super::{Failed, warning};
use crate::args::{BacktestOptions, Common};
use crate::printer::Printer;
use crate::summary::{align, new_table};

/// Plan that is backtested when none is named, and its evidence.
const DEFAULT: &str = "case-2022";

pub fn run(options: &BacktestOptions, common: &Common, printer: &Printer) -> Result<(), Failed> {
    let formats = result_formats(common)?;
    let plan = options.plan.as_deref().unwrap_or(DEFAULT);
    let mut question = open(plan, options.tolerance, common, printer)?;
    let choices = &question.plan.backtest;
    let named = options.evidence.as_deref().or(choices.evidence.as_deref());
    let set = options.cells.as_deref().or(choices.cells.as_deref());
    let observed = set.map(ObservedCells::open).transpose()?;
    // A plan that names no evidence and has cells is compared with these alone.
    let evidence = match named {
        None if observed.is_some() => Evidence::default(),
        _ => Evidence::open(named.unwrap_or(DEFAULT))?,
    };
    let has_statements = !evidence.statements.is_empty();
    let calibration = calibrated(&mut question, &evidence, plan, options, common, printer)?;
    let smallest = smallest_cell(options)?;
    if has_statements {
        printer.progress("solving the path, and again without each mechanism ...");
    }
    let start = Instant::now();
    let scores = scored(&question, &evidence)?;
    let seconds = start.elapsed().as_secs_f64();
    let solved = question.solve().map_err(|no| refusal(&question, no))?;
    let cells =
        observed.as_ref().map(|cells| compare_cells(&solved, cells, smallest)).transpose()?;
    let regions = regions_of_interest(&question);
    let fit = fitted_beside(&question, &evidence, plan, options, common, printer)?;
    if common.json {
        let mut json = if has_statements { backtest_json(&scores) } else { json!({}) };
        if let Some(cells) = &cells {
            json["cells"] = cells_json(cells);
        }
        if let Some(fit) = &fit {
            json["fit"] = calibrate_json(&fit.question, &fit.found);
            json["fit"]["accuracy"] = fit.totals.accuracy.into();
        }
        printer.asked(&format!("{json:#}"));
    } else {
        printer.result(question.title());
        if has_statements {
            tell_totals(&scores.totals(), printer);
        }
        if let Some(fit) = &fit {
            printer.result(&fit.score());
        }
        if let Some(cells) = &cells {
            tell_cells(cells, &regions, printer);
        }
    }
    if let Some(path) = &options.page {
        let with = |name: &str, value: &Option<String>| {
            value.as_ref().map_or_else(String::new, |value| format!(" --{name} {value}"))
        };
        let (cells_too, fit_too) = (with("cells", &options.cells), with("fit", &options.fit));
        let command = format!("viner backtest {plan}{cells_too}{fit_too} --page FILE");
        let mut page = if has_statements {
            backtest_page(&scores, question.title(), &command)
        } else {
            format!("# {}\n\nWritten by `{command}`.\n", question.title())
        };
        if let Some((question, found)) = &calibration {
            page.push_str(&calibrate_page(question, found));
        }
        if let Some(fit) = &fit {
            page.push_str(&calibrate_page(&fit.question, &fit.found));
            page += "\nThe plan keeps its own sizes: ";
            page += &fit.score();
            page += ".\n";
        }
        if let Some(cells) = &cells {
            page.push_str(&cells_page(cells, &regions));
        }
        fs::write(path, page).map_err(|error| {
            let problem = format!("cannot write `{}`: {error}", path.display());
            Failed::Input(Diagnostics::from(Diagnostic::new(problem)))
        })?;
        printer.note(&format!("page written to {}", path.display()));
    }
    if let Some(folder) = &common.output {
        let mut manifest = question.manifest(&solved, PROGRAM, seconds);
        let mut frames = Vec::new();
        if has_statements {
            manifest["evidence"] = evidence.name.clone().into();
            frames.push(scores_frame(&scores));
        }
        if let Some((question, found)) = &calibration {
            frames.extend(calibrate_frames(question, found));
        }
        if let Some(fit) = &fit {
            frames.extend(calibrate_frames(&fit.question, &fit.found));
        }
        if let Some(cells) = &cells {
            manifest["cells"] = cells.name.clone().into();
            frames.extend(cell_frames(cells));
        }
        write_results(folder, &frames, &manifest, &formats)?;
        printer.note(&format!("results written to {}", folder.display()));
    }
    Ok(())
}

fn scored(question: &PathQuestion, evidence: &Evidence) -> Result<Backtest, Failed> {
    backtest(question, evidence).map_err(|no| match no {
        NoBacktest::Input(diagnostics) => Failed::Input(diagnostics),
        NoBacktest::Path(no) => refusal(question, no),
    })
}

/// A calibration that is told beside the plan: the plan keeps its own sizes.
struct FitBeside {
    question: CalibrateQuestion,
    found: Calibrated,
    totals: Totals,
}

impl FitBeside {
    fn score(&self) -> String {
        let [own, naive] = [self.totals.accuracy, self.totals.naive_accuracy].map(percent);
        format!("with the fitted ones accuracy is {own}, that of the naive benchmark {naive}")
    }
}

fn fitted_beside(
    path: &PathQuestion,
    evidence: &Evidence,
    plan: &str,
    options: &BacktestOptions,
    common: &Common,
    printer: &Printer,
) -> Result<Option<FitBeside>, Failed> {
    let Some(name) = &options.fit else { return Ok(None) };
    if path.plan.calibrate.is_some() {
        let problem = "`--fit` and the plan's `calibrate` contradict each other";
        return Err(Failed::Input(Diagnostic::new(problem).into()));
    }
    let source = plan_source(plan)?;
    let set = [common.set.as_slice(), &[format!("calibrate={name:?}")]].concat();
    let fitted = PathQuestion::open(&source, &set, path.question.table_tolerance)?;
    let question = CalibrateQuestion::new(fitted, &source, &set)?;
    let found = super::calibrate::solve(&question, printer)?;
    let sizes: Vec<f64> = found.sizes.iter().map(|size| size.value).collect();
    let totals = scored(&question.with(&sizes)?, evidence)?.totals();
    Ok(Some(FitBeside { question, found, totals }))
}

/// The calibration of a plan, and the plan with the sizes that it finds. Fitted are sizes that the plan does not
/// give, and for a page all of them anew.
fn calibrated(
    path: &mut PathQuestion,
    evidence: &Evidence,
    plan: &str,
    options: &BacktestOptions,
    common: &Common,
    printer: &Printer,
) -> Result<Option<(CalibrateQuestion, Calibrated)>, Failed> {
    let Some(calibrate) = &path.plan.calibrate else { return Ok(None) };
    for (id, row) in calibrate.undisclosed(evidence)? {
        let text = format!("`{id}` and figure `{}` of the calibration are one number", row.id);
        printer.note(&warning(&format!("{text}: if it is one figure, name the row in `uses`")));
    }
    let is_fitted = calibrate.is_fitted();
    if is_fitted && options.page.is_none() {
        return Ok(None);
    }
    let question = super::calibrate::question(path.clone(), plan, common)?;
    let found = super::calibrate::solve(&question, printer)?;
    if is_fitted {
        for (key, value) in question.plan.stale(&found) {
            let text = format!("the plan's `{key}` is not the fitted {value}");
            printer.note(&warning(&format!("{text}: run `viner calibrate` anew")));
        }
    } else {
        let sizes: Vec<f64> = found.sizes.iter().map(|size| size.value).collect();
        *path = question.with(&sizes)?;
    }
    Ok(Some((question, found)))
}

fn smallest_cell(options: &BacktestOptions) -> Result<f64, Failed> {
    let smallest = options.smallest_cell.unwrap_or(SMALLEST_CELL);
    if smallest > 0.0 && smallest.is_finite() {
        Ok(smallest)
    } else {
        let message = format!("error: `--smallest-cell {smallest}`: expected a value above 0");
        Err(Failed::Usage(message))
    }
}

/// The region that the scenario is about, and the first of its partners that is one region.
fn regions_of_interest(question: &PathQuestion) -> Vec<String> {
    let report = &question.question.file.report;
    let known = |code: &&String| question.question.baseline.regions.position(code).is_some();
    let partner = report.partners.iter().find(known);
    report.focus.iter().filter(known).chain(partner).cloned().collect()
}

/// Without any row of a kind there is no mean.
fn percent(value: f64) -> String {
    if value.is_nan() { "none".to_owned() } else { format!("{:.0} %", 100.0 * value) }
}

fn tell_totals(totals: &Totals, printer: &Printer) {
    printer.result(&format!(
        "coverage {} ({} of {} statements; {} left out as inputs)\n\
         accuracy {}, naive {}; where the benchmark has a number {}, naive {}; data {}\nverdicts right: {} of {}",
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

fn tell_cells(cells: &CellComparison, regions: &[String], printer: &Printer) {
    let (heading, columns, rows) = cells_text(cells, regions);
    let mut table = new_table(&columns);
    for row in rows {
        table.add_row(row);
    }
    align(&mut table, 4);
    printer.result(&format!("\n{heading}\n{table}"));
}
