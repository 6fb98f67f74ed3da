//! `viner data balance`: a table in balance made of one that is not.

use std::fmt::Write;

use serde_json::{Value, json};
use viner_io::builtin::{open_published_baseline, open_unbalanced_baseline};
use viner_io::question::baseline_diagnostic;
use viner_io::{Diagnostic, Diagnostics};
use viner_model::equilibrium::{RunError, Settings};
use viner_tables::balance::{self, balance as nearest};
use viner_tables::counterfactual::solve_away;
use viner_tables::signs::Negatives;

use super::data::write;
use super::replay::{self, Done};
use super::tables::{
    MAX_SWEEPS, changes_json, entitle, identities, keep, keep_arguments, no_balance, option,
    sourcing_json, tell_changes, tell_sourcing, value_name,
};
use super::{Failed, model_error, table_tolerance};
use crate::args::Common;
use crate::printer::Printer;
use crate::table_args::{BalanceOptions, Method, NegativeCells};

/// Restores the identities.
pub fn run(options: &BalanceOptions, common: &Common, printer: &Printer) -> Result<(), Failed> {
    if options.method == Method::Model {
        return by_model(options, common, printer);
    }
    let opened = open_unbalanced_baseline(&options.table.baseline, None)?.tables;
    let from = replay::fingerprint_of(&opened);
    let how = balance::BalanceOptions {
        keep: keep(&options.keep),
        negatives: match options.negatives {
            NegativeCells::Keep => Negatives::Keep,
            NegativeCells::Zero => Negatives::Zero,
            NegativeCells::Fold => Negatives::Fold,
        },
        tolerance: table_tolerance(Some(options.tolerance))?,
        max_sweeps: MAX_SWEEPS,
    };
    let (mut tables, report) =
        nearest(&opened, &how).map_err(|error| no_balance(&options.table, &error))?;
    let mut arguments = keep_arguments(&options.keep);
    arguments.extend(option("--tolerance", &options.tolerance));
    arguments.extend(option("--negatives", &value_name(&options.negatives)));
    let steps = opened.description.transformations.len();
    replay::record(&mut tables, steps, Done { from: Some(&from), arguments, files: &[] })?;
    entitle(&mut tables, &options.table, "", common);
    write(&tables, common, printer)?;
    if common.json {
        let negatives: Vec<Value> = report
            .negatives
            .iter()
            .map(|cells| {
                json!({ "table": cells.part.name(), "count": cells.count, "sum": cells.sum,
                        "worst": cells.worst, "worst_cell": cells.worst_cell })
            })
            .collect();
        let report = json!({
            "name": tables.description.name, "sweeps": report.sweeps, "residual": report.residual,
            "before": identities(&report.before), "after": identities(&report.after),
            "negatives": negatives, "completed": report.completed,
            "changes": changes_json(&report.changes), "sourcing": sourcing_json(report.sourcing),
        });
        printer.asked(&format!("{report:#}"));
        return Ok(());
    }
    let mut text = format!("{}\n", tables.description.name);
    for cells in &report.negatives {
        let _ = writeln!(
            text,
            "  {} negative cells of {}, {:.3} in sum, the lowest {} at {}",
            cells.count,
            cells.part.name(),
            cells.sum,
            cells.worst,
            cells.worst_cell
        );
    }
    for line in &report.completed {
        let _ = writeln!(text, "  {line}");
    }
    let (before, after) = (report.before.worst(), report.after.worst());
    let _ = writeln!(
        text,
        "  {} rounds: worst identity {:.1e} of world output before, {:.1e} after",
        report.sweeps, before.relative, after.relative
    );
    tell_changes(&mut text, &report.changes);
    tell_sourcing(&mut text, report.sourcing);
    printer.result(text.trim_end());
    Ok(())
}

/// Replaces a table by the equilibrium on its shares.
fn by_model(options: &BalanceOptions, common: &Common, printer: &Printer) -> Result<(), Failed> {
    if !options.keep.is_empty() || options.negatives != NegativeCells::Keep {
        let problem = "error: `--method model` solves for all values: it takes neither `--keep` nor \
                       `--negatives`";
        return Err(Failed::Usage(problem.into()));
    }
    if let Some(found) =
        options.trade_elasticity.filter(|value| !(*value > 0.0 && value.is_finite()))
    {
        let problem = format!("error: `--trade-elasticity {found}`: expected a number above 0");
        return Err(Failed::Usage(problem));
    }
    let opened = open_published_baseline(&options.table.baseline, None)?;
    let from = replay::fingerprint_of(&opened.tables);
    let settings = Settings::default();
    let (mut tables, report) = solve_away(&opened.tables, options.trade_elasticity, settings)
        .map_err(|error| no_equilibrium(&opened.name, error))?;
    let mut arguments: Vec<String> = option("--method", &value_name(&options.method)).into();
    if let Some(elasticity) = options.trade_elasticity {
        arguments.extend(option("--trade-elasticity", &elasticity));
    }
    let steps = opened.tables.description.transformations.len();
    replay::record(&mut tables, steps, Done { from: Some(&from), arguments, files: &[] })?;
    entitle(&mut tables, &options.table, "", common);
    write(&tables, common, printer)?;
    if common.json {
        let report = json!({
            "name": tables.description.name, "before": identities(&report.before),
            "after": identities(&report.after), "completed": report.completed,
            "changes": changes_json(&report.changes),
        });
        printer.asked(&format!("{report:#}"));
        return Ok(());
    }
    let mut text = format!("{}, an equilibrium\n", tables.description.name);
    for line in &report.completed {
        let _ = writeln!(text, "  {line}");
    }
    let (before, after) = (report.before.worst(), report.after.worst());
    let _ = writeln!(
        text,
        "  worst identity {:.1e} of world output before, {:.1e} after",
        before.relative, after.relative
    );
    tell_changes(&mut text, &report.changes);
    printer.result(text.trim_end());
    Ok(())
}

fn no_equilibrium(name: &str, error: RunError) -> Failed {
    match error {
        RunError::Baseline(errors) => Failed::Input(Diagnostics(
            errors.iter().map(|error| baseline_diagnostic(error, name)).collect(),
        )),
        RunError::Scenario(errors) => {
            let problem = errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
            Failed::Input(Diagnostic::new(format!("baseline `{name}`: {problem}")).into())
        }
        RunError::Reference(failure) | RunError::Solve(failure) => {
            Failed::Model(model_error(&format!("baseline `{name}`"), &failure))
        }
    }
}
