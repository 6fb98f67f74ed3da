//! `viner data split`: a sector divided into products.

use std::fmt::Write;
use std::path::Path;

use serde_json::json;
use viner_io::operations::read_division;
use viner_io::products::{
    ChildTrade, CustomsShares, Industries, TradeWeights, described, divide_by_trade,
};
use viner_io::{Diagnostic, Diagnostics};
use viner_model::ndarray::Axis;
use viner_model::tables::Tables;
use viner_tables::split::{self, Division, SplitError};

use super::data::{open, write};
use super::replay::{self, Done};
use super::tables::{entitle, option};
use super::{Failed, warning};
use crate::args::Common;
use crate::printer::Printer;
use crate::table_args::SplitOptions;

/// Divides a sector.
pub fn run(options: &SplitOptions, common: &Common, printer: &Printer) -> Result<(), Failed> {
    let old = open(&options.table.baseline, printer)?.tables;
    let parent = old.sectors.position(&options.sector).ok_or_else(|| {
        let unknown = Diagnostic::unknown("sector", &options.sector, old.sectors.codes());
        Failed::Input(unknown.into())
    })?;
    let (division, trade) = division(options, &old, parent)?;
    let mut tables = split::split(&old, &division).map_err(|errors| {
        let diagnostic = |error: &SplitError| {
            Diagnostic::new(error.to_string()).in_file(division.source.clone())
        };
        Failed::Input(Diagnostics(errors.iter().map(diagnostic).collect()))
    })?;
    record(options, &old, &mut tables)?;
    entitle(&mut tables, &options.table, &format!("sector {} divided", options.sector), common);
    write(&tables, common, printer)?;
    let remarks = trade.iter().flat_map(|trade| &trade.remarks);
    for remark in remarks {
        printer.note(&warning(remark));
    }
    let mut text = format!("{}: {} divided\n", tables.description.name, options.sector);
    if let Some(trade) = &trade {
        let [pair, seller, world] = trade.cells;
        let _ = writeln!(text, "  {}", division.source);
        let given = options.shares.as_deref().map(replay::file_name);
        let but = given.map(|name| format!(", but for those in {name}")).unwrap_or_default();
        let _ = writeln!(
            text,
            "  shares of {pair} flows by their own trade, of {seller} by what the seller sells abroad, \
             of {world} by the world's trade{but}"
        );
    }
    let mut rows = Vec::new();
    for (index, child) in division.children.iter().enumerate() {
        let Some(s) = tables.sectors.position(&child.code) else { continue };
        let market = tables.flows.index_axis(Axis(0), s);
        let (output, domestic) = (market.sum(), market.diag().sum());
        let traded = output - domestic;
        let _ = writeln!(
            text,
            "  {:<10}output {output:>16.3}, of it traded {traded:>16.3}  {}",
            child.code, child.name
        );
        let mut row = json!({ "code": child.code, "name": child.name, "output": output,
                              "traded": traded });
        if let Some(of) = trade.as_ref().and_then(|trade| trade.children.get(index)) {
            tell_products(&mut text, of);
            let largest: Vec<_> = of
                .largest
                .iter()
                .map(|(code, value)| json!({ "product": described(code), "value": value }))
                .collect();
            row["trade"] =
                json!({ "value": of.value, "products": of.products, "largest": largest });
        }
        rows.push(row);
    }
    if common.json {
        let mut report = json!({ "name": tables.description.name, "parent": options.sector,
                                 "shares": division.source, "children": rows });
        if let Some(CustomsShares { cells: [pair, seller, world], remarks, .. }) = &trade {
            report["flows"] = json!({ "by_pair": pair, "by_seller": seller, "by_world": world });
            report["remarks"] = json!(remarks);
        }
        printer.asked(&format!("{report:#}"));
    } else {
        printer.result(text.trim_end());
    }
    Ok(())
}

/// Shares of a file, of trade, or of trade but for the cells that a file names.
fn division(
    options: &SplitOptions,
    tables: &Tables,
    parent: usize,
) -> Result<(Division, Option<CustomsShares>), Failed> {
    let given = options.shares.as_deref();
    let given = given.map(|path| read_division(path, tables, parent)).transpose()?;
    let (Some(products), Some(trade)) = (&options.products, &options.trade) else {
        let given = given.ok_or_else(|| {
            let problem = "error: name shares with `--shares`, or products and trade with `--products` \
                           and `--trade`";
            Failed::Usage(problem.to_owned())
        })?;
        return Ok((given, None));
    };
    let trade = TradeWeights::read(trade)?;
    let divisions = options.industries.divisions(tables);
    let concordance = options.industries.concordance()?;
    let industries = Industries { divisions: &divisions, concordance: &concordance };
    let mut found = divide_by_trade(products, &trade, tables, parent, industries)?;
    if let Some(given) = given {
        found.overlay(given)?;
    }
    Ok((found.division.clone(), Some(found)))
}

fn tell_products(text: &mut String, of: &ChildTrade) {
    for (code, value) in &of.largest {
        let part = if of.value > 0.0 { 100.0 * value / of.value } else { 0.0 };
        let _ = writeln!(text, "    {part:>5.1} % of its trade  {}", described(code));
    }
    if let Some(more) = of.products.checked_sub(of.largest.len()).filter(|more| *more > 0) {
        let _ = writeln!(text, "    and {more} more products");
    }
}

/// Adds what repeats the step.
fn record(options: &SplitOptions, old: &Tables, tables: &mut Tables) -> Result<(), Failed> {
    let from = replay::fingerprint_of(old);
    let mut arguments: Vec<String> = option("--sector", &options.sector).into();
    let named = [
        ("--shares", &options.shares),
        ("--products", &options.products),
        ("--trade", &options.trade),
        ("--concordance", &options.industries.concordance),
        ("--sectors", &options.industries.sectors),
    ];
    let named = named.into_iter().filter_map(|(name, path)| Some((name, path.as_deref()?)));
    let mut files: Vec<&Path> = Vec::new();
    for (name, path) in named {
        arguments.extend(option(name, &replay::file_name(path)));
        files.push(path);
    }
    let steps = old.description.transformations.len();
    replay::record(tables, steps, Done { from: Some(&from), arguments, files: &files })?;
    Ok(())
}
