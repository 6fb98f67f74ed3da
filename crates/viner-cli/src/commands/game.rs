//! `viner game`: every combination of the players' actions, and what they would choose.

use std::time::Instant;

use viner_io::Diagnostic;
use viner_io::game::{GameQuestion, NoGame};
use viner_io::plan::plan_source;
use viner_io::results::{game_frames, write_results};

use super::options::result_formats;
use super::run::PROGRAM;
use super::{Failed, table_tolerance, warning};
use crate::args::{Common, GameOptions};
use crate::game_summary::GameSummary;
use crate::printer::Printer;

pub fn run(options: &GameOptions, common: &Common, printer: &Printer) -> Result<(), Failed> {
    let formats = result_formats(common)?;
    let source = plan_source(&options.plan)?;
    let tolerance = match (options.tolerance, source.plan.recorded.table_tolerance) {
        (None, Some(recorded)) => recorded,
        (given, _) => table_tolerance(given)?,
    };
    let question = GameQuestion::open(&source, &common.set, tolerance)?;
    for text in &question.question.warnings {
        printer.note(&warning(text));
    }
    let combinations = question.plan.combinations();
    printer.progress(&format!("solving {combinations} combinations of actions ..."));
    let start = Instant::now();
    let solved = question.solve().map_err(|no| refusal(&question, no))?;
    let seconds = start.elapsed().as_secs_f64();

    let summary = GameSummary::of(&question, &solved);
    if common.json {
        printer.asked(&format!("{:#}", summary.json()));
    } else {
        printer.result(&summary.text(seconds));
    }
    if let Some(folder) = &common.output {
        let manifest = question.manifest(&solved, PROGRAM, seconds);
        write_results(folder, &game_frames(&question, &solved), &manifest, &formats)?;
        printer.note(&format!("results written to {}", folder.display()));
    }
    Ok(())
}

/// A game without payoffs; the combination that has none is named.
fn refusal(question: &GameQuestion, no: NoGame) -> Failed {
    match no {
        NoGame::Scenario(no) => no.into(),
        NoGame::Combination { combination, failure, failures } => {
            let title = question.title();
            let others = match failures - 1 {
                0 => String::new(),
                1 => "; another combination has none either".to_owned(),
                others => format!("; {others} other combinations have none either"),
            };
            let reason = failure.reason();
            let mut diagnostic = Diagnostic::new(format!(
                "combination `{combination}` of game `{title}`: {reason}{others}"
            ));
            diagnostic.hints = failure.hints();
            Failed::Model(diagnostic.to_string())
        }
    }
}
