//! `viner data`: work on baseline tables.

use std::fmt::Write;

use serde_json::json;
use viner_io::builtin::{OpenedBaseline, open_baseline, open_unbalanced_baseline};
use viner_io::tables::{digest, findings, write_bundle};
use viner_io::{Diagnostic, Diagnostics};
use viner_model::baseline::{Baseline, BaselineError, IdentityReport};
use viner_model::tables::Tables;

use super::options::bundle_output;
use super::{
    Failed, balance, import, info, products, replay, split, table_tolerance, tables, warning,
};
use crate::args::{Common, DataCommand};
use crate::printer::Printer;

pub fn run(command: &DataCommand, common: &Common, printer: &Printer) -> Result<(), Failed> {
    // Where there is nowhere to write to, nothing is read.
    if let DataCommand::Export { .. }
    | DataCommand::Aggregate(_)
    | DataCommand::Balance(_)
    | DataCommand::Update(_)
    | DataCommand::Split(_) = command
    {
        bundle_output(common)?;
    }
    match command {
        DataCommand::Import(arguments) => import::run(arguments, common, printer),
        DataCommand::Info { baseline } => info::run(baseline, common, printer),
        DataCommand::Check { baseline, tolerance } => {
            check(baseline, table_tolerance(*tolerance)?, common, printer)
        }
        DataCommand::Export { baseline } => {
            let opened = open_any(baseline, printer)?;
            write(&opened.tables, common, printer)
        }
        DataCommand::Aggregate(options) => tables::aggregate(options, common, printer),
        DataCommand::Balance(options) => balance::run(options, common, printer),
        DataCommand::Update(options) => tables::update(options, common, printer),
        DataCommand::Split(options) => split::run(options, common, printer),
        DataCommand::Elasticities(options) => products::elasticities(options, common, printer),
        DataCommand::Tariffs(options) => products::tariff_table(options, common, printer),
        DataCommand::Replay(options) => replay::run(options, common, printer),
    }
}

pub(super) fn open(name: &str, printer: &Printer) -> Result<OpenedBaseline, Failed> {
    Ok(told(open_baseline(name, None)?, printer))
}

/// Opens a table whose values may be negative.
pub(super) fn open_any(name: &str, printer: &Printer) -> Result<OpenedBaseline, Failed> {
    Ok(told(open_unbalanced_baseline(name, None)?, printer))
}

fn told(opened: OpenedBaseline, printer: &Printer) -> OpenedBaseline {
    for text in &opened.warnings {
        printer.note(&warning(text));
    }
    opened
}

/// Writes a bundle to the folder of `-o`.
pub fn write(tables: &Tables, common: &Common, printer: &Printer) -> Result<(), Failed> {
    let (folder, format) = bundle_output(common)?;
    write_bundle(tables, folder, format)?;
    printer.note(&format!(
        "bundle of {} regions and {} sectors written to {}",
        tables.regions.len(),
        tables.sectors.len(),
        folder.display()
    ));
    Ok(())
}

/// Prints every identity with its worst cell; fails where one is beyond the tolerance.
fn check(name: &str, tolerance: f64, common: &Common, printer: &Printer) -> Result<(), Failed> {
    // A table with cells that no run takes is told of all the same, and refused at the end.
    let opened = open_any(name, printer)?;
    let report = IdentityReport::of(&opened.tables);
    let found = findings(&opened.tables);
    for finding in &found {
        printer.note(&warning(&finding.text));
    }
    if common.json {
        let found: Vec<_> = found
            .iter()
            .map(|finding| {
                json!({ "kind": finding.kind, "text": finding.text, "cells": finding.cells })
            })
            .collect();
        let identities: Vec<_> = report
            .identities
            .iter()
            .map(|identity| {
                json!({
                    "name": identity.name, "formula": identity.formula,
                    "residual": identity.residual, "relative": identity.relative,
                    "worst_cell": identity.worst_cell, "holds": identity.relative <= tolerance,
                })
            })
            .collect();
        printer.asked(&format!(
            "{:#}",
            json!({ "baseline": opened.name, "tolerance": tolerance, "sha256": digest(&opened.tables),
                    "world_output": report.world_output, "identities": identities, "findings": found })
        ));
    } else {
        let mut text = format!("{}\n", opened.name);
        for identity in &report.identities {
            let verdict = if identity.relative <= tolerance { "holds" } else { "FAILS" };
            let place = if identity.worst_cell.is_empty() {
                String::new()
            } else {
                format!(" at {}", identity.worst_cell)
            };
            let _ = writeln!(
                text,
                "  {verdict}  {:<10}{:<56}{:.3e} million, {:.1e} of world output{place}",
                identity.name, identity.formula, identity.residual, identity.relative
            );
        }
        printer.result(text.trim_end());
    }
    let mut errors = Baseline::new(&opened.tables, tolerance).err().unwrap_or_default();
    let told = errors.iter().any(|error| matches!(error, BaselineError::Unbalanced { .. }));
    if report.worst().relative > tolerance && !told {
        errors.push(BaselineError::Unbalanced { report });
    }
    if errors.is_empty() { Ok(()) } else { Err(refused(&errors, &opened.name)) }
}

/// All errors of a table, of those on single cells the first few.
fn refused(errors: &[BaselineError], name: &str) -> Failed {
    const SHOWN: usize = 5;
    let (cells, others): (Vec<_>, Vec<_>) =
        errors.iter().partition(|error| matches!(error, BaselineError::BadValue { .. }));
    let shown = cells.iter().take(SHOWN).chain(&others);
    let mut diagnostics: Vec<Diagnostic> =
        shown.map(|error| viner_io::question::baseline_diagnostic(error, name)).collect();
    if let Some(more) = cells.len().checked_sub(SHOWN).filter(|more| *more > 0) {
        let text = format!("baseline `{name}`: {more} more cells with such values");
        diagnostics.push(Diagnostic::new(text).hint("`--json` lists them among the findings"));
    }
    Failed::Input(Diagnostics(diagnostics))
}
