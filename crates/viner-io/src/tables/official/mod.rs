//! Official tables as their makers publish them: recognised, read, checked, pooled.
//!
//! A download is opened (`download.rs`), its layout recognised (`detect.rs`) and read into a matrix of
//! sales (`matrix.rs`) by the reader of its layout; or row by row where it is too large to be held.
//! `pool.rs` adds it up to the tables of a bundle; `checks.rs` compares what was read with the file's
//! own totals.

mod about;
mod checks;
mod columns;
mod comtrade;
mod delimited;
mod detect;
mod download;
mod eora;
mod exiobase;
mod gloria;
mod gtap;
mod har;
mod har_records;
mod icio;
mod layout;
mod matrix;
mod pool;
mod provenance;
mod report;
mod signs;
mod streamed;
mod text;
mod trade;
mod trade_book;
mod wiod;
mod wiod_long;
mod workbook;

use std::path::Path;

use viner_model::tables::{Description, Tables, Transformation, Unit};

pub use about::{About, HeaderInfo, about};
pub use checks::FileCheck;
pub use comtrade::{ComtradeOptions, Mirror};
pub use detect::Format;
use download::{Download, Member};
pub use icio::{IcioOptions, read_icio};
use pool::{Pooled, Pooling, pool};
pub use report::ImportReport;
pub use signs::{FileNegatives, Negatives, Treated};
pub use trade::{TRADE_FILE, Trade};

use super::codes::Scheme;
use super::problems::Problems;
use crate::diagnostic::{Diagnostic, IoError};

/// How a download is read.
#[derive(Clone, Debug, Default)]
pub struct ImportOptions {
    /// Its layout; recognised by its content if absent.
    pub format: Option<Format>,
    /// The year to read of a download that holds several.
    pub year: Option<i64>,
    /// What to do with negative purchases.
    pub negatives: Negatives,
    /// Whether changes in inventories are no final spending: sales are then less than output by them.
    pub leave_out_inventories: bool,
    /// Whether to keep flows by using sector and final use, which are much larger than the rest.
    pub sourcing: bool,
    /// What to take of UN Comtrade.
    pub comtrade: ComtradeOptions,
    /// Provenance; what is empty is filled in from the download.
    pub description: Description,
}

impl ImportOptions {
    fn pooling(&self) -> Pooling {
        Pooling {
            negatives: self.negatives,
            leave_out_inventories: self.leave_out_inventories,
            sourcing: self.sourcing,
        }
    }
}

/// What was read.
#[derive(Debug)]
#[non_exhaustive]
pub enum Imported {
    /// A world input-output table.
    World(Box<World>),
    /// Trade alone.
    Trade(Box<Trade>),
}

/// A world table, and what its import has to say of it.
#[derive(Debug)]
pub struct World {
    /// The table.
    pub tables: Tables,
    /// The findings.
    pub report: ImportReport,
}

/// Reads an official table: a file, a folder or an archive as its maker publishes it.
///
/// # Errors
/// `Input` with everything that is wrong, up to twenty errors a file; `File` if the file system
/// fails.
pub fn import(path: &Path, options: &ImportOptions) -> Result<Imported, IoError> {
    let download = Download::open(path)?;
    let format = match options.format {
        Some(format) => format,
        None => detect::recognise(&download)?,
    };
    refuse_unused(&download, format, options)?;
    if let Some(source) = trade_source(format) {
        let member = detect::choose(&download, format, options.year)?;
        let trade = trade::read(&download, member, source, options.year)?;
        return Ok(Imported::Trade(Box::new(trade)));
    }
    if format == Format::Comtrade {
        let member = detect::choose(&download, format, options.year)?;
        let trade = comtrade::read(&download, member, options.year, options.comtrade)?;
        return Ok(Imported::Trade(Box::new(trade)));
    }
    let world = world(&download, format, options)?;
    Ok(Imported::World(Box::new(world)))
}

/// Refuses options that mean nothing for the layout.
fn refuse_unused(
    download: &Download,
    format: Format,
    options: &ImportOptions,
) -> Result<(), IoError> {
    let trade = trade_source(format).is_some() || format == Format::Comtrade;
    let comtrade = format == Format::Comtrade;
    let as_published = [Format::GtapHar, Format::Gloria, Format::WiodLong].contains(&format);
    let unused = [
        ("--mirror", options.comtrade.mirror.is_some() && !comtrade),
        ("--digits", options.comtrade.digits.is_some() && !comtrade),
        ("--sourcing", options.sourcing && trade),
        ("--inventories leave-out", options.leave_out_inventories && (trade || as_published)),
    ];
    let Some((option, _)) = unused.into_iter().find(|(_, given)| *given) else { return Ok(()) };
    let problem = format!("`{option}` means nothing for the layout `{}`", format.name());
    let problem = Diagnostic::new(problem).hint("leave it out");
    Err(problem.in_file(download.path().display().to_string()).into())
}

fn trade_source(format: Format) -> Option<&'static trade::Source> {
    match format {
        Format::Baci => Some(&trade::BACI),
        Format::Itpd => Some(&trade::ITPD),
        _ => None,
    }
}

/// Why flows by user cannot be had of a layout; nothing where they can.
fn without_sourcing(format: Format) -> Option<&'static str> {
    match format {
        Format::GtapHar => Some("imports by user without their exporters"),
        Format::WiodLong => Some("inputs by user without their exporters"),
        Format::Gloria => Some(
            "164 regions and 120 sectors, whose 390 million flows by user are three times the most \
             that is held",
        ),
        _ => None,
    }
}

/// Reads a world table of a layout.
fn world(download: &Download, format: Format, options: &ImportOptions) -> Result<World, IoError> {
    if let Some(why) = without_sourcing(format).filter(|_| options.sourcing) {
        let problem = format!("flows by user are not read of the layout `{}`", format.name());
        let problem = Diagnostic::new(problem).found(why).hint("leave `--sourcing` out");
        return Err(problem.in_file(download.path().display().to_string()).into());
    }
    let mut unit = Unit::MillionUsd;
    // The year that the content states, where it does.
    let mut stated_year = None;
    // The year that its release is named for.
    let mut release_year = None;
    let (pooled, file) = match format {
        Format::Exiobase => {
            let (pooled, of) = exiobase::read(download, options.pooling())?;
            unit = of;
            (pooled, download.name())
        }
        Format::GtapHar => {
            let (pooled, year) = gtap::read(download, options.negatives)?;
            release_year = year;
            (pooled, download.name())
        }
        Format::Gloria => {
            let (pooled, member) = gloria::read(download, options.year, options.negatives)?;
            (pooled, member.file_name().to_owned())
        }
        Format::WiodLong => (wiod_long::read(download, options.negatives)?, download.name()),
        Format::Eora => {
            let (pooled, member) = eora::read(download, options.year, options.pooling())?;
            (pooled, member.file_name().to_owned())
        }
        _ => {
            let member = detect::choose(download, format, options.year)?;
            let table =
                |dialect, scheme| delimited_table(download, member, dialect, scheme, options);
            let pooled = match format {
                Format::Figaro => {
                    unit = Unit::MillionEur;
                    table(&icio::FIGARO, Scheme::Alpha2)?
                }
                Format::Wiod | Format::Adb if is_workbook(member) => {
                    let (pooled, year) = workbook_table(download, member, format, options)?;
                    stated_year = year;
                    pooled
                }
                Format::Wiod if is_wide(download, member)? => table(&wiod::WIDE, Scheme::Alpha3)?,
                Format::Wiod => table(&wiod::DOTTED, Scheme::Alpha3)?,
                _ => table(&icio::ICIO, Scheme::Alpha3)?,
            };
            (pooled, member.file_name().to_owned())
        }
    };
    let mut world = World { tables: pooled.tables, report: pooled.report };
    world.report.format = format.name();
    let year = stated_year.or(options.year).or(release_year).or_else(|| format.year_of(&file));
    if let (Some(asked), Some(stated)) = (options.year, stated_year)
        && asked != stated
    {
        let problem = Diagnostic::new(format!("the table is not of the year {asked}"));
        let problem = problem.found(format!("the year {stated}"));
        return Err(problem.in_file(download.path().display().to_string()).into());
    }
    world.tables.description = described(options.description.clone(), &file, year, unit);
    provenance::complete(&mut world.tables.description, format, &file);
    world
        .tables
        .description
        .transformations
        .push(Transformation::new("import", format!("{file}: {}", pooled.note)));
    Ok(world)
}

fn is_workbook(member: &Member) -> bool {
    detect::WORKBOOKS.iter().any(|ending| member.ends_with(ending))
}

fn is_wide(download: &Download, member: &Member) -> Result<bool, IoError> {
    Ok(download.beginning(member, 64)?.windows(12).any(|text| text == b"IndustryCode"))
}

/// A table in a workbook, and the year that it states.
fn workbook_table(
    download: &Download,
    member: &Member,
    format: Format,
    options: &ImportOptions,
) -> Result<(Pooled, Option<i64>), IoError> {
    let bytes = download.bytes(member, workbook::MAX_WORKBOOK)?;
    let named = |problem: Diagnostic| IoError::from(problem.in_file(download.shown(member)));
    let sheet = workbook::first_sheet(&bytes, |sheet| wiod::region_row(sheet).is_some());
    drop(bytes);
    let Some(sheet) = sheet.map_err(named)? else {
        return Err(named(
            Diagnostic::new("no sheet of the workbook holds a world table")
                .expected("a row of regions and one of codes above rows labelled alike"),
        ));
    };
    let mut problems = Problems::of(format!("{}, sheet `{}`", download.shown(member), sheet.name));
    let matrix = wiod::read(&sheet, &mut problems);
    let year = wiod::year(&sheet);
    drop(sheet);
    let scheme = if format == Format::Adb { Scheme::Adb } else { Scheme::Alpha3 };
    let pooled = if problems.is_empty() {
        pool(&matrix, scheme, options.pooling(), &mut problems)
    } else {
        None
    };
    match pooled {
        Some(pooled) => Ok((pooled, year)),
        None => Err(IoError::Input(problems.into_diagnostics())),
    }
}

fn delimited_table(
    download: &Download,
    member: &Member,
    dialect: &delimited::Dialect,
    scheme: Scheme,
    options: &ImportOptions,
) -> Result<Pooled, IoError> {
    let mut problems = Problems::of(download.shown(member));
    let matrix = download.read(member, |reader| {
        delimited::read(reader, dialect, &mut problems)
            .map_err(|error| download.reading_error(member, error))
    })?;
    let pooled = if problems.is_empty() {
        pool(&matrix, scheme, options.pooling(), &mut problems)
    } else {
        None
    };
    pooled.ok_or_else(|| IoError::Input(problems.into_diagnostics()))
}

/// The description with what the name of the file says filled in.
fn described(
    mut description: Description,
    file: &str,
    year: Option<i64>,
    unit: Unit,
) -> Description {
    let stem = file.split('.').next().unwrap_or_default();
    if description.name.is_empty() {
        stem.clone_into(&mut description.name);
    }
    if description.year == 0 {
        description.year = year.unwrap_or_default();
    }
    if description.title.is_empty() {
        description.title = match description.year {
            0 => "Inter-country input-output table".to_owned(),
            year => format!("Inter-country input-output table, {year}"),
        };
    }
    description.unit = unit;
    description
}
