//! `viner data elasticities` and `data tariffs`: what is published by product, by the sectors of a
//! table.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use serde_json::json;
use viner_io::products::{
    Concordance, Preferences, ReadAs, SectorDivisions, TradeWeights, described, read_elasticities,
    read_tariffs,
};
use viner_io::{IoError, write_text};
use viner_model::tables::Tables;
use viner_tables::tariffs;

use super::{Failed, data, warning};
use crate::args::Common;
use crate::printer::Printer;

/// What both commands take.
#[derive(Args, Debug)]
pub struct ProductOptions {
    /// Table whose sectors the numbers are for: folder of a bundle, or name of a built-in baseline
    #[arg(long)]
    pub baseline: String,
    /// Which industries make the products.
    #[command(flatten)]
    pub industries: IndustryOptions,
    /// Trade that means are weighted by: `trade.csv.gz` of `data import`
    #[arg(long, value_name = "FILE")]
    pub trade: Option<PathBuf>,
}

impl ProductOptions {
    fn trade(&self) -> Result<Option<TradeWeights>, IoError> {
        self.trade.as_deref().map(TradeWeights::read).transpose()
    }
}

/// Which industries make products, and which of them the sectors of a table are.
#[derive(Args, Debug)]
pub struct IndustryOptions {
    /// Products (`HS_6d`) and the industries that make them (`ISIC4_2d`) [default: a built-in list]
    #[arg(long, value_name = "FILE")]
    pub concordance: Option<PathBuf>,
    /// Sectors of the table (`sector`) by ISIC Rev. 4 (`isic4`), where their codes do not tell
    #[arg(long, value_name = "FILE")]
    pub sectors: Option<PathBuf>,
}

impl IndustryOptions {
    pub(super) fn divisions(&self, tables: &Tables) -> Result<SectorDivisions, IoError> {
        match &self.sectors {
            Some(path) => SectorDivisions::read(path, &tables.sectors),
            None => SectorDivisions::of_codes(&tables.sectors),
        }
    }

    pub(super) fn concordance(&self) -> Result<Concordance, IoError> {
        match &self.concordance {
            Some(path) => Concordance::read(path),
            None => Ok(Concordance::built_in()),
        }
    }
}

/// Options of `data elasticities`.
#[derive(Args, Debug)]
pub struct ElasticitiesOptions {
    /// Published elasticities: Caliendo and Parro, Fontagné et al. by sector or product, Broda and
    /// Weinstein
    #[arg(long, value_name = "FILE")]
    pub from: PathBuf,
    /// Table, concordance, trade.
    #[command(flatten)]
    pub products: ProductOptions,
    /// What the numbers are, up to their sign [default: sigma for Broda and Weinstein, else theta]
    #[arg(long, value_enum)]
    pub read_as: Option<ReadAsOption>,
    /// Trade elasticity of sectors for which there is none [default: no row]
    #[arg(long, value_name = "THETA")]
    pub default: Option<f64>,
}

/// What published numbers are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ReadAsOption {
    /// The trade elasticity θ
    Theta,
    /// The elasticity of substitution, or the coefficient of a tariff on trade before tariff: 1 + θ
    Sigma,
}

/// Options of `data tariffs`.
#[derive(Args, Debug)]
pub struct TariffsOptions {
    /// Tariffs of WITS: bulk files `AVEMFN` and `AVEPref`, or results of a query; several may be given
    #[arg(long, value_name = "FILE", required = true)]
    pub from: Vec<PathBuf>,
    /// Table, concordance, trade.
    #[command(flatten)]
    pub products: ProductOptions,
    /// Groups that preferences are given to: the list of beneficiaries of WITS, as CSV
    #[arg(long, value_name = "FILE")]
    pub beneficiaries: Option<PathBuf>,
    /// The year to read of files that hold several
    #[arg(long)]
    pub year: Option<i64>,
}

/// The file of `-o`, which must be named.
fn output_file(common: &Common) -> Result<&Path, Failed> {
    let file = common.output.as_deref();
    file.ok_or_else(|| Failed::Usage("error: name the file to write with `-o FILE.csv`".into()))
}

/// Trade elasticities by sector.
pub fn elasticities(
    options: &ElasticitiesOptions,
    common: &Common,
    printer: &Printer,
) -> Result<(), Failed> {
    let target = output_file(common)?;
    if options.default.is_some_and(|theta| !(theta.is_finite() && theta > 0.0)) {
        return Err(Failed::Usage("error: `--default` is no number above 0".into()));
    }
    let opened = data::open(&options.products.baseline, printer)?;
    let tables = &opened.tables;
    let read_as = options.read_as.map(|read_as| match read_as {
        ReadAsOption::Theta => ReadAs::Theta,
        ReadAsOption::Sigma => ReadAs::Sigma,
    });
    let found = read_elasticities(
        &options.from,
        read_as,
        &tables.sectors,
        options.products.industries.divisions(tables),
        &options.products.industries.concordance()?,
        options.products.trade()?.as_ref(),
    )?;
    write_text(target, &found.csv(&tables.sectors, options.default))?;
    let without: Vec<&str> = tables
        .sectors
        .codes()
        .zip(&found.sectors)
        .filter(|(_, of)| of.value.is_none())
        .map(|(code, _)| code)
        .collect();
    for (what, codes) in
        [("without a number above 0", &found.without), ("that no sector holds", &found.unplaced)]
    {
        if !codes.is_empty() {
            let named: Vec<String> = codes.iter().take(8).map(|code| described(code)).collect();
            let text = format!("{} published items {what}: {}", codes.len(), named.join(", "));
            printer.note(&warning(&text));
        }
    }
    let read_as = if found.read_as == ReadAs::Theta { "theta" } else { "sigma" };
    if common.json {
        let sectors: Vec<_> = tables
            .sectors
            .codes()
            .zip(&found.sectors)
            .map(|(code, of)| {
                json!({ "sector": code, "trade_elasticity": of.value.or(options.default),
                                      "items": of.items, "default": of.value.is_none() })
            })
            .collect();
        let all = json!({ "source": found.source, "read_as": read_as, "sectors": sectors,
                          "concordance": found.concordance, "without": found.without, "unplaced": found.unplaced });
        printer.asked(&format!("{all:#}"));
        return Ok(());
    }
    let by = found.concordance.map(|name| format!(", industries by {name}")).unwrap_or_default();
    let mut text = format!("{}, read as {read_as}{by}\n  sector      theta  items\n", found.source);
    for (code, of) in tables.sectors.codes().zip(&found.sectors) {
        if let Some(value) = of.value {
            let _ = writeln!(text, "  {code:<8}{value:>9.3}{:>7}", of.items);
        }
    }
    if !without.is_empty() {
        let what = match options.default {
            Some(default) => format!("the default {default}"),
            None => "no row".to_owned(),
        };
        let _ = writeln!(text, "{what} for {}", without.join(" "));
    }
    printer.result(text.trim_end());
    printer.note(&format!("written to {}", target.display()));
    Ok(())
}

/// Tariffs by exporter, importer and sector.
pub fn tariff_table(
    options: &TariffsOptions,
    common: &Common,
    printer: &Printer,
) -> Result<(), Failed> {
    let target = output_file(common)?;
    let opened = data::open(&options.products.baseline, printer)?;
    let mut tables = opened.tables;
    let divisions = options.products.industries.divisions(&tables)?;
    let concordance = options.products.industries.concordance()?;
    let preferences = options.beneficiaries.as_deref().map(Preferences::read).transpose()?;
    let paths: Vec<&Path> = options.from.iter().map(PathBuf::as_path).collect();
    let found = read_tariffs(
        &paths,
        options.year,
        (&tables.regions, &tables.sectors),
        &divisions,
        &concordance,
        &preferences.unwrap_or_default(),
        options.products.trade()?.as_ref(),
    )?;
    write_text(target, &found.csv(&tables.regions, &tables.sectors))?;
    tables.tariffs = Some(found.rates.mapv(|rate| if rate.is_finite() { rate } else { 0.0 }));
    let findings = tariffs::suspicious(&tables);
    for text in found.remarks.iter().cloned().chain(findings.iter().map(ToString::to_string)) {
        printer.note(&warning(&text));
    }
    let cells = found.weighted + found.plain;
    if common.json {
        let all = json!({ "year": found.year, "cells": cells, "weighted_by_trade": found.weighted,
                          "plain_means": found.plain, "concordance": concordance.name(),
                          "remarks": found.remarks });
        printer.asked(&format!("{all:#}"));
    } else {
        printer.result(&format!(
            "tariffs of {}: {cells} cells, {} means weighted by trade, {} plain means; industries by {}",
            found.year,
            found.weighted,
            found.plain,
            concordance.name()
        ));
        printer.note(&format!("written to {}", target.display()));
    }
    Ok(())
}
