//! `viner check`: everything that can be wrong with a scenario or a plan, nothing solved.

use serde_json::json;
use viner_io::calibrate::CalibrateQuestion;
use viner_io::game::GameQuestion;
use viner_io::optimize::OptimizeQuestion;
use viner_io::path::PathQuestion;
use viner_io::plan::{PlanSource, plan_of};
use viner_io::question::{Question, scenario_source};
use viner_io::scenario_file::PlanKind;
use viner_io::sweep::SweepQuestion;

use super::{Failed, table_tolerance, warning};
use crate::args::{CheckOptions, Common};
use crate::printer::Printer;

pub fn run(options: &CheckOptions, common: &Common, printer: &Printer) -> Result<(), Failed> {
    let tolerance = table_tolerance(options.tolerance)?;
    let (question, plan) = if let Some((kind, source)) = plan_of(&options.scenario) {
        let (question, told) = open_plan(kind, &source, common, tolerance)?;
        (question, Some(told))
    } else {
        let source = scenario_source(&options.scenario)?;
        (Question::open(&source, &common.set, tolerance)?, None)
    };
    for text in &question.warnings {
        printer.note(&warning(text));
    }
    question.check_feasible()?;
    let policies = question.file.scenario.policies.len();
    let baseline = &question.baseline_name;
    if common.json {
        let mut found = json!({ "valid": true, "policies": policies, "baseline": baseline });
        if let Some(plan) = plan {
            found["plan"] = plan.into();
        }
        printer.asked(&format!("{found:#}"));
        return Ok(());
    }
    let plan = plan.map(|plan| format!("{plan}; ")).unwrap_or_default();
    printer.result(&format!(
        "`{}` is valid: {plan}{policies} {} on baseline `{baseline}`",
        options.scenario,
        if policies == 1 { "policy" } else { "policies" },
    ));
    Ok(())
}

/// Opens a plan as its command does: the scenario that it starts from, and what it asks, in words.
fn open_plan(
    kind: PlanKind,
    source: &PlanSource,
    common: &Common,
    tolerance: f64,
) -> Result<(Question, String), Failed> {
    Ok(match kind {
        PlanKind::Sweep => {
            let sweep = SweepQuestion::open(source, &common.set, tolerance)?;
            let told = format!("a sweep of {} draws", sweep.draws());
            (sweep.base.question, told)
        }
        PlanKind::Optimize => {
            let optimum = OptimizeQuestion::open(source, &common.set, tolerance)?;
            let told = format!("an optimum over {} sizes", optimum.choices.len());
            (optimum.base.question, told)
        }
        PlanKind::Game => {
            let game = GameQuestion::open(source, &common.set, tolerance)?;
            let told = format!("a game with {} combinations of actions", game.plan.combinations());
            (game.question, told)
        }
        PlanKind::Path => {
            let path = PathQuestion::open(source, &common.set, tolerance)?;
            let mut told = format!("a path of {} years", path.plan.years.len());
            if let Some(calibrate) = &path.plan.calibrate {
                let sizes = calibrate.choose.len();
                told = format!("{told}, sizes to fit: {sizes}");
                CalibrateQuestion::new(path.clone(), source, &common.set)?;
            }
            (path.question, told)
        }
    })
}
