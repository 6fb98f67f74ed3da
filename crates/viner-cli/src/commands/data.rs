//! `viner data`: work on baseline tables.

use std::fmt::Write;
use std::path::Path;

use serde_json::json;
use viner_io::builtin::{OpenedBaseline, open_baseline};
use viner_io::tables::{TableFormat, digest, findings, write_bundle};
use viner_model::baseline::{Baseline, BaselineError, IdentityReport};
use viner_model::tables::Tables;

use super::{Failed, balance, import, products, replay, table_tolerance, tables, warning};
use crate::args::{Common, DataCommand, Format};
use crate::printer::Printer;

pub fn run(command: &DataCommand, common: &Common, printer: &Printer) -> Result<(), Failed> {
    match command {
        DataCommand::Import(arguments) => import::run(arguments, common, printer),
        DataCommand::Info { baseline } => info(baseline, common, printer),
        DataCommand::Check { baseline, tolerance } => {
            check(baseline, table_tolerance(*tolerance)?, common, printer)
        }
        DataCommand::Export { baseline } => {
            let opened = open(baseline, printer)?;
            write(&opened.tables, common, printer)
        }
        DataCommand::Aggregate(options) => tables::aggregate(options, common, printer),
        DataCommand::Balance(options) => balance::run(options, common, printer),
        DataCommand::Update(options) => tables::update(options, common, printer),
        DataCommand::Split(options) => tables::split(options, common, printer),
        DataCommand::Elasticities(options) => products::elasticities(options, common, printer),
        DataCommand::Tariffs(options) => products::tariff_table(options, common, printer),
        DataCommand::Replay(options) => replay::run(options, common, printer),
    }
}

pub(super) fn open(name: &str, printer: &Printer) -> Result<OpenedBaseline, Failed> {
    let opened = open_baseline(name, None)?;
    for text in &opened.warnings {
        printer.note(&warning(text));
    }
    Ok(opened)
}

/// The folder of `-o`, which must be named.
pub fn output_folder(common: &Common) -> Result<&Path, Failed> {
    common
        .output
        .as_deref()
        .ok_or_else(|| Failed::Usage("error: name the folder to write with `-o DIR`".into()))
}

/// Writes a bundle to the folder of `-o`.
pub fn write(tables: &Tables, common: &Common, printer: &Printer) -> Result<(), Failed> {
    let folder = output_folder(common)?;
    let mut format = TableFormat::CsvGz;
    for wanted in &common.format {
        format = match wanted {
            Format::Csv => TableFormat::Csv,
            Format::CsvGz => TableFormat::CsvGz,
            Format::Parquet => TableFormat::Parquet,
            Format::Xlsx => {
                return Err(Failed::Usage(
                    "error: `--format xlsx`: bundles are written as `csv`, `csv.gz` or `parquet`"
                        .into(),
                ));
            }
            // Layouts that are read.
            _ => continue,
        };
    }
    write_bundle(tables, folder, format)?;
    printer.note(&format!(
        "bundle of {} regions and {} sectors written to {}",
        tables.regions.len(),
        tables.sectors.len(),
        folder.display()
    ));
    Ok(())
}

/// Prints what a baseline holds.
pub fn info(name: &str, common: &Common, printer: &Printer) -> Result<(), Failed> {
    let opened = open(name, printer)?;
    let tables = &opened.tables;
    let about = &tables.description;
    let codes = |labels: &viner_model::labels::Labels| labels.codes().collect::<Vec<_>>().join(" ");
    let output: f64 = tables.flows.sum() * about.unit.in_millions();
    let value_added: f64 = tables.value_added.sum() * about.unit.in_millions();
    if common.json {
        printer.asked(&format!(
            "{:#}",
            json!({
                "name": about.name, "title": about.title, "year": about.year,
                "unit": about.unit.millions(), "source": about.source, "licence": about.licence,
                "citation": about.citation, "sha256": opened.sha256,
                "regions": tables.regions.codes().collect::<Vec<_>>(),
                "sectors": tables.sectors.codes().collect::<Vec<_>>(),
                "output": output, "value_added": value_added,
                "transformations": about.transformations.iter()
                    .map(|step| json!({ "step": step.step, "note": step.note })).collect::<Vec<_>>(),
            })
        ));
        return Ok(());
    }
    let unit = about.unit.millions();
    let mut text = format!("{}: {}\n", about.name, about.title);
    let mut line = |key: &str, value: &str| {
        if !value.is_empty() {
            let _ = writeln!(text, "  {key:<13}{value}");
        }
    };
    line("year", &about.year.to_string());
    line("regions", &format!("{}: {}", tables.regions.len(), codes(&tables.regions)));
    line("sectors", &format!("{}: {}", tables.sectors.len(), codes(&tables.sectors)));
    line("output", &format!("{output:.0} {unit}"));
    line("value added", &format!("{value_added:.0} {unit}"));
    line("tariffs", if tables.tariffs.is_some() { "yes" } else { "none" });
    line("source", &about.source);
    line("licence", &about.licence);
    line("citation", &about.citation);
    line("sha256", &opened.sha256);
    for step in &about.transformations {
        line(&step.step, &step.note);
    }
    printer.result(text.trim_end());
    Ok(())
}

/// Prints every identity with its worst cell; fails where one is beyond the tolerance.
fn check(name: &str, tolerance: f64, common: &Common, printer: &Printer) -> Result<(), Failed> {
    let opened = open(name, printer)?;
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
    Baseline::new(&opened.tables, tolerance).map_err(|errors| refused(&errors, &opened.name))?;
    Ok(())
}

fn refused(errors: &[BaselineError], name: &str) -> Failed {
    let diagnostics =
        errors.iter().map(|error| viner_io::question::baseline_diagnostic(error, name)).collect();
    Failed::Input(viner_io::Diagnostics(diagnostics))
}
