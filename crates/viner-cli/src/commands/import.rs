//! `viner data import`: an official table turned into a bundle.

use std::fmt::Write;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use serde_json::json;
use viner_io::products::described;
use viner_io::tables::official::{
    ComtradeOptions, Format as Layout, ImportOptions, Imported, Mirror, Negatives, TRADE_FILE,
    Trade, World, import,
};
use viner_model::tables::Description;

use super::options::import_output;
use super::replay::Done;
use super::{Failed, data, replay, warning};
use crate::args::{Common, Format};
use crate::printer::Printer;

/// How many of the largest products an import of trade names.
const LARGEST: usize = 5;

/// Options of `data import`.
#[derive(Args, Debug)]
pub struct ImportArguments {
    /// The download as its maker publishes it: a file, a folder or an archive
    pub file: PathBuf,
    /// The year to read of a download that holds several
    #[arg(long)]
    pub year: Option<i64>,
    /// What to do with purchases that are negative after pooling
    #[arg(long, value_enum, default_value_t = NegativesOption::Refuse)]
    pub negatives: NegativesOption,
    /// What to do with changes in inventories
    #[arg(long, value_enum, default_value_t = InventoriesOption::Final)]
    pub inventories: InventoriesOption,
    /// Also keep which sector, or final use, buys of whom: the table `sourcing`, much larger than
    /// the others
    #[arg(long)]
    pub sourcing: bool,
    /// How to cite the table [default: as its maker asks]
    #[arg(long, value_name = "TEXT")]
    pub citation: Option<String>,
    /// Whose report of a flow to take of UN Comtrade [default: the importers', where there is one]
    #[arg(long, value_enum)]
    pub mirror: Option<MirrorOption>,
    /// Digits of the products to take of UN Comtrade [default: the most that the file has]
    #[arg(long, value_name = "N", value_parser = ["2", "4", "6"])]
    pub digits: Option<String>,
}

/// Whose report of a flow is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum MirrorOption {
    /// The importer's, at cif prices
    Importer,
    /// The exporter's, at fob prices
    Exporter,
}

/// What to do with changes in inventories.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum InventoriesOption {
    /// They are a part of final spending
    Final,
    /// Leave them out: output is then more than sales, until the table is balanced or solved
    LeaveOut,
}

/// What to do with negative purchases.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum NegativesOption {
    /// Refuse the file and name the worst cells
    Refuse,
    /// Set them to zero; the table is then out of balance by as much
    Zero,
    /// Move them into domestic final spending and input use, so that every identity holds
    Fold,
}

/// The layout that `--format` names, if it names one.
fn layout(common: &Common) -> Option<Layout> {
    common.format.iter().find_map(|format| match format {
        Format::Icio => Some(Layout::Icio),
        Format::Figaro => Some(Layout::Figaro),
        Format::Wiod => Some(Layout::Wiod),
        Format::Adb => Some(Layout::Adb),
        Format::Exiobase => Some(Layout::Exiobase),
        Format::Eora => Some(Layout::Eora),
        Format::GtapHar => Some(Layout::GtapHar),
        Format::Gloria => Some(Layout::Gloria),
        Format::WiodLong => Some(Layout::WiodLong),
        Format::Comtrade => Some(Layout::Comtrade),
        Format::Baci => Some(Layout::Baci),
        Format::Itpd => Some(Layout::Itpd),
        Format::Csv | Format::CsvGz | Format::Parquet | Format::Xlsx => None,
    })
}

pub fn run(arguments: &ImportArguments, common: &Common, printer: &Printer) -> Result<(), Failed> {
    let options = ImportOptions {
        format: layout(common),
        year: arguments.year,
        negatives: match arguments.negatives {
            NegativesOption::Refuse => Negatives::Refuse,
            NegativesOption::Zero => Negatives::Zero,
            NegativesOption::Fold => Negatives::Fold,
        },
        leave_out_inventories: arguments.inventories == InventoriesOption::LeaveOut,
        sourcing: arguments.sourcing,
        comtrade: ComtradeOptions {
            mirror: arguments.mirror.map(|mirror| match mirror {
                MirrorOption::Importer => Mirror::Importer,
                MirrorOption::Exporter => Mirror::Exporter,
            }),
            digits: arguments.digits.as_ref().and_then(|digits| digits.parse().ok()),
        },
        description: Description {
            citation: arguments.citation.clone().unwrap_or_default(),
            ..Description::default()
        },
    };
    // Where there is nowhere to write to, nothing is read.
    import_output(common)?;
    let file = &arguments.file;
    match import(file, &options)? {
        Imported::World(mut world) => {
            let arguments = recorded(arguments, world.report.format);
            let files = [file.as_path()];
            replay::record(&mut world.tables, 0, Done { from: None, arguments, files: &files })?;
            world_table(&world, common, printer)
        }
        Imported::Trade(trade) => trade_table(&trade, common, printer),
        _ => Ok(()),
    }
}

/// The arguments that read the same file in the same way.
fn recorded(arguments: &ImportArguments, format: &str) -> Vec<String> {
    let negatives = arguments.negatives.to_possible_value();
    let negatives = negatives.map(|value| value.get_name().to_owned()).unwrap_or_default();
    let mut words =
        vec!["--format".to_owned(), format.to_owned(), "--negatives".to_owned(), negatives];
    if let Some(year) = arguments.year {
        words.extend(["--year".to_owned(), year.to_string()]);
    }
    if arguments.inventories == InventoriesOption::LeaveOut {
        words.extend(["--inventories".to_owned(), "leave-out".to_owned()]);
    }
    if arguments.sourcing {
        words.push("--sourcing".to_owned());
    }
    words
}

fn world_table(world: &World, common: &Common, printer: &Printer) -> Result<(), Failed> {
    let World { tables, report } = world;
    data::write(tables, common, printer)?;
    for text in report.warnings(tables) {
        printer.note(&warning(&text));
    }
    if common.json {
        printer.asked(&format!("{:#}", report.json(tables)));
    } else {
        printer.result(&report.lines(tables).join("\n"));
    }
    Ok(())
}

fn trade_table(trade: &Trade, common: &Common, printer: &Printer) -> Result<(), Failed> {
    let folder = import_output(common)?;
    trade.write(folder)?;
    if !trade.unknown.is_empty() {
        printer.note(&warning(&format!(
            "codes of regions that are in no list, kept as they are: {}",
            trade.unknown.join(", ")
        )));
    }
    for remark in &trade.remarks {
        printer.note(remark);
    }
    printer.note(&format!("{} written to {}", TRADE_FILE, folder.display()));
    // Products of the ITPD are industries with numbers of their own.
    let by_customs = trade.format != Layout::Itpd.name();
    let largest = trade.largest_products(if by_customs { LARGEST } else { 0 });
    let largest: Vec<(String, f64)> =
        largest.into_iter().map(|(product, value)| (described(product), value)).collect();
    if common.json {
        let json = json!({
            "format": trade.format, "year": trade.year, "unit": "million USD",
            "regions": trade.regions.len(), "products": trade.products.len(),
            "rows": trade.rows.len(), "value": trade.total(), "unknown_codes": trade.unknown,
            "remarks": trade.remarks,
            "largest_products": largest.iter()
                .map(|(product, value)| json!({ "product": product, "value": value }))
                .collect::<Vec<_>>(),
        });
        printer.asked(&format!("{json:#}"));
    } else {
        let mut text = format!(
            "read as {}, year {}\nregions {}, products {}, rows {}, value {:.1} million USD",
            trade.format,
            trade.year,
            trade.regions.len(),
            trade.products.len(),
            trade.rows.len(),
            trade.total()
        );
        for (product, value) in &largest {
            let _ = write!(text, "\n  {value:>14.1}  {product}");
        }
        printer.result(&text);
    }
    Ok(())
}
