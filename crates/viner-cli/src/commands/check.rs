//! `viner check`: everything that can be wrong with a scenario, nothing solved.

use serde_json::json;
use viner_io::question::{Question, scenario_source};

use super::{Failed, table_tolerance, warning};
use crate::args::{CheckOptions, Common};
use crate::printer::Printer;

pub fn run(options: &CheckOptions, common: &Common, printer: &Printer) -> Result<(), Failed> {
    let tolerance = table_tolerance(options.tolerance)?;
    let source = scenario_source(&options.scenario)?;
    let question = Question::open(&source, &common.set, tolerance)?;
    for text in &question.warnings {
        printer.note(&warning(text));
    }
    question.check_feasible()?;
    let policies = question.file.scenario.policies.len();
    if common.json {
        printer.asked(&format!(
            "{:#}",
            json!({ "valid": true, "policies": policies, "baseline": question.baseline_name })
        ));
    } else {
        printer.result(&format!(
            "`{}` is valid: {policies} {} on baseline `{}`",
            options.scenario,
            if policies == 1 { "policy" } else { "policies" },
            question.baseline_name
        ));
    }
    Ok(())
}
