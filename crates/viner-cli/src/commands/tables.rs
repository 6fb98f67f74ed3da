//! `viner data aggregate | update`: tables made of tables.

use std::fmt::Write;
use std::path::Path;

use clap::ValueEnum;
use serde_json::{Value, json};
use viner_io::operations::{open_mapping, read_targets};
use viner_io::{Diagnostic, Diagnostics};
use viner_model::baseline::IdentityReport;
use viner_model::labels::nearest;
use viner_model::tables::Tables;
use viner_tables::accounts::Keep;
use viner_tables::aggregate::aggregate as merge;
use viner_tables::balance::BalanceError;
use viner_tables::mapping::{AxisMap, MappingError};
use viner_tables::report::Changes;
use viner_tables::sourcing::SourcingFit;
use viner_tables::update;

use super::data::{open, write};
use super::replay::Done;
use super::{Failed, replay, warning};
use crate::args::Common;
use crate::printer::Printer;
use crate::table_args::{AggregateOptions, Kept, TableOptions, UpdateOptions};

/// Rounds over all accounts before an operation gives up.
pub(super) const MAX_SWEEPS: usize = 10_000;

/// Merges regions and sectors.
pub fn aggregate(
    options: &AggregateOptions,
    common: &Common,
    printer: &Printer,
) -> Result<(), Failed> {
    let mut tables = open(&options.table.baseline, printer)?.tables;
    for name in &options.map {
        let opened = open_mapping(name)?;
        let mapping = opened.mapping;
        if !opened.built_in {
            let axes = [(&mapping.regions, &tables.regions), (&mapping.sectors, &tables.sectors)];
            for (map, labels) in axes {
                warn_of_unused(map, labels, name, printer);
            }
        }
        let from = replay::fingerprint_of(&tables);
        let steps = tables.description.transformations.len();
        tables = merge(&tables, &mapping).map_err(|errors| mapping_errors(&errors, name))?;
        let file = [Path::new(name)];
        let (word, files) = if opened.built_in {
            (name.clone(), &file[..0])
        } else {
            (replay::file_name(file[0]), &file[..])
        };
        let arguments = vec!["--map".to_owned(), word];
        replay::record(&mut tables, steps, Done { from: Some(&from), arguments, files })?;
    }
    let shape = format!("{} regions x {} sectors", tables.regions.len(), tables.sectors.len());
    entitle(&mut tables, &options.table, &format!("aggregated to {shape}"), common);
    write(&tables, common, printer)?;
    if common.json {
        let codes = |labels: &viner_model::labels::Labels| -> Vec<String> {
            labels.codes().map(ToOwned::to_owned).collect()
        };
        let report = json!({ "name": tables.description.name, "regions": codes(&tables.regions),
                             "sectors": codes(&tables.sectors) });
        printer.asked(&format!("{report:#}"));
    }
    Ok(())
}

fn warn_of_unused(
    map: &AxisMap,
    labels: &viner_model::labels::Labels,
    name: &str,
    printer: &Printer,
) {
    for code in map.unused(labels) {
        let near = nearest(code, labels.codes());
        let hint = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
        let text = format!("mapping `{name}` lists `{code}`, which the table does not have{hint}");
        printer.note(&warning(&text));
    }
}

fn mapping_errors(errors: &[MappingError], name: &str) -> Failed {
    let diagnostic = |error: &MappingError| {
        Diagnostic::new(format!("mapping `{name}`: {error}"))
            .expected("a row for each code, or a row `*` for all others")
    };
    Failed::Input(Diagnostics(errors.iter().map(diagnostic).collect()))
}

/// Brings a table to known totals.
pub fn update(options: &UpdateOptions, common: &Common, printer: &Printer) -> Result<(), Failed> {
    let old = open(&options.table.baseline, printer)?.tables;
    let from = replay::fingerprint_of(&old);
    let targets = read_targets(&options.targets, &old)?;
    let how = update::UpdateOptions {
        keep: keep(&options.keep),
        source: options.targets.file_name().unwrap_or_default().to_string_lossy().into_owned(),
        max_sweeps: MAX_SWEEPS,
    };
    let (mut tables, report) =
        update::update(&old, &targets, &how).map_err(|error| no_balance(&options.table, &error))?;
    let year = options.year.unwrap_or(tables.description.year);
    tables.description.year = year;
    let mut arguments = keep_arguments(&options.keep);
    arguments.extend(option("--targets", &replay::file_name(&options.targets)));
    arguments.extend(option("--year", &year));
    let steps = old.description.transformations.len();
    let files = [options.targets.as_path()];
    replay::record(&mut tables, steps, Done { from: Some(&from), arguments, files: &files })?;
    entitle(&mut tables, &options.table, &format!("brought to totals of {year}"), common);
    write(&tables, common, printer)?;
    if common.json {
        let targets: Vec<Value> = report
            .targets
            .iter()
            .map(|target| {
                json!({ "total": target.name, "wanted": target.wanted, "before": target.before,
                        "after": target.after })
            })
            .collect();
        let report = json!({
            "name": tables.description.name, "sweeps": report.sweeps, "residual": report.residual,
            "targets": targets, "after": identities(&report.after),
            "completed": report.completed, "changes": changes_json(&report.changes),
            "sourcing": sourcing_json(report.sourcing),
        });
        printer.asked(&format!("{report:#}"));
        return Ok(());
    }
    let mut text = format!("{}, {} rounds\n", tables.description.name, report.sweeps);
    let _ = writeln!(text, "  {:<32}{:>16}{:>16}{:>16}", "total", "before", "wanted", "after");
    for target in &report.targets {
        let _ = writeln!(
            text,
            "  {:<32}{:>16.3}{:>16.3}{:>16.3}",
            target.name, target.before, target.wanted, target.after
        );
    }
    for line in &report.completed {
        let _ = writeln!(text, "  {line}");
    }
    tell_changes(&mut text, &report.changes);
    tell_sourcing(&mut text, report.sourcing);
    printer.result(text.trim_end());
    Ok(())
}

/// An option and its value, as a record has them.
pub(super) fn option(name: &str, value: &impl ToString) -> [String; 2] {
    [name.to_owned(), value.to_string()]
}

/// The word that stands for a value on the command line.
pub(super) fn value_name(value: &impl ValueEnum) -> String {
    value.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
}

pub(super) fn keep_arguments(kept: &[Kept]) -> Vec<String> {
    kept.iter().flat_map(|kept| option("--keep", &value_name(kept))).collect()
}

pub(super) fn keep(kept: &[Kept]) -> Keep {
    Keep {
        output: kept.contains(&Kept::Output),
        value_added: kept.contains(&Kept::ValueAdded),
        final_spending: kept.contains(&Kept::Final),
    }
}

/// Gives a table the name asked for, or that of its folder, and says in its title what was done.
pub(super) fn entitle(tables: &mut Tables, options: &TableOptions, done: &str, common: &Common) {
    let folder = common.output.as_ref().and_then(|folder| folder.file_name());
    let folder = folder.map(|name| name.to_string_lossy().into_owned());
    if let Some(name) = options.name.clone().or(folder) {
        tables.description.name = name;
    }
    if !done.is_empty() {
        let title = &mut tables.description.title;
        *title = format!("{title}; {done}");
    }
}

pub(super) fn no_balance(options: &TableOptions, error: &BalanceError) -> Failed {
    let problem = format!("baseline `{}`: {error}", options.baseline);
    Failed::Model(Diagnostic::new(problem).hint(error.hint()).to_string())
}

pub(super) fn identities(report: &IdentityReport) -> Value {
    let identity = |identity: &viner_model::baseline::Identity| {
        json!({ "name": identity.name, "residual": identity.residual,
                "relative": identity.relative, "worst_cell": identity.worst_cell })
    };
    report.identities.iter().map(identity).collect()
}

pub(super) fn changes_json(changes: &Changes) -> Value {
    let parts: Vec<Value> = changes
        .parts
        .iter()
        .map(|change| {
            json!({ "table": change.part.name(), "before": change.before, "after": change.after,
                    "moved": change.moved })
        })
        .collect();
    let cells: Vec<Value> = changes
        .moved_most
        .iter()
        .map(|cell| {
            json!({ "table": cell.part.name(), "cell": cell.cell, "before": cell.before,
                    "after": cell.after })
        })
        .collect();
    json!({ "tables": parts, "moved_most": cells })
}

pub(super) fn tell_changes(text: &mut String, changes: &Changes) {
    let _ = writeln!(text, "  {:<13}{:>16}{:>16}{:>16}", "table", "before", "after", "moved");
    for change in &changes.parts {
        let name = change.part.name();
        let (before, after, moved) = (change.before, change.after, change.moved);
        let _ = writeln!(text, "  {name:<13}{before:>16.3}{after:>16.3}{moved:>16.3}");
    }
    if !changes.moved_most.is_empty() {
        let _ = writeln!(text, "  moved most");
    }
    for cell in &changes.moved_most {
        let name = cell.part.name();
        let _ = writeln!(
            text,
            "    {name:<13}{:<24}{:>16.3}{:>16.3}",
            cell.cell, cell.before, cell.after
        );
    }
}

pub(super) fn sourcing_json(fit: Option<SourcingFit>) -> Value {
    fit.map_or(
        Value::Null,
        |fit| json!({ "sweeps": fit.sweeps, "moved": fit.moved, "markets_blended": fit.blended }),
    )
}

pub(super) fn tell_sourcing(text: &mut String, fit: Option<SourcingFit>) {
    let Some(SourcingFit { sweeps, moved, blended }) = fit else { return };
    let _ =
        writeln!(text, "  sourcing follows: {moved:.3} moved, at most {sweeps} rounds a market");
    if blended > 0 {
        let _ = writeln!(
            text,
            "    in {blended} markets zeros stood in the way: their users buy in part as all do"
        );
    }
}
