//! Inter-country tables in the layout of the OECD's own files, and in Eurostat's, which is its like.
//!
//! OECD: the first column labels the rows and the header the columns: `REGION_SECTOR`, where the
//! region ends at the first underscore; columns of final use are `REGION_CATEGORY` for any category
//! that is no sector. Beside the rows that sell there are `OUT` or `OUTPUT` (gross output, needed)
//! and value added and taxes (`VA`, `VALU`, `TLS`, `REGION_TAXSUB`), which output and purchases imply.
//!
//! FIGARO: the same with two-letter codes of countries, `FIGW1` for the rest of the world, no row or
//! column of output, and costs in rows `W2_D1` (`W2` is the world).

use std::path::Path;

use viner_model::tables::{Description, Tables};

use super::delimited::{ColumnKind, Dialect, RowKind};
use super::matrix::Key;
use super::signs::Negatives;
use super::{Format, ImportOptions, Imported, import};
use crate::diagnostic::{Diagnostic, IoError};

/// Labels of rows and columns of gross output, in the editions' words.
const OUTPUT: [&str; 3] = ["OUT", "OUTPUT", "TOTAL"];
/// Rows that output and purchases imply, and so are not needed.
const IMPLIED: [&str; 5] = ["VA", "VALU", "TLS", "TAXSUB", "TXS"];

/// The OECD's files.
pub(crate) const ICIO: Dialect = Dialect {
    separator: b',',
    label_cells: 1,
    column: icio_column,
    row: |labels| icio_row(&labels[0]),
    expected_columns: "`REGION_SECTOR`, `REGION_CATEGORY`, `OUT`, `OUTPUT` or `TOTAL`",
    expected_rows: "`REGION_SECTOR`, `OUT`, `OUTPUT`, `VA`, `VALU` or `TLS`",
    output: Some("a row labelled `OUT` or `OUTPUT`"),
    sector: None,
};

/// Eurostat's files.
pub(crate) const FIGARO: Dialect = Dialect {
    separator: b',',
    label_cells: 1,
    column: figaro_column,
    row: |labels| figaro_row(&labels[0]),
    expected_columns: "`REGION_INDUSTRY` or `REGION_CATEGORY`",
    expected_rows: "`REGION_INDUSTRY`, or `W2_D1` and its like",
    output: None,
    sector: None,
};

fn icio_row(label: &str) -> RowKind {
    match label.split_once('_') {
        _ if OUTPUT.contains(&label) => RowKind::Output,
        _ if IMPLIED.contains(&label) => RowKind::Cost,
        Some((_, suffix)) if IMPLIED.contains(&suffix) => RowKind::Cost,
        _ => Key::split(label, '_').map_or(RowKind::Unknown, RowKind::Selling),
    }
}

fn icio_column(label: &str) -> ColumnKind {
    match icio_row(label) {
        RowKind::Output => ColumnKind::Total,
        RowKind::Selling(key) => ColumnKind::Use(key),
        _ => ColumnKind::Unknown,
    }
}

fn figaro_row(label: &str) -> RowKind {
    match Key::split(label, '_') {
        Some(key) if key.region == "W2" => RowKind::Cost,
        Some(key) => RowKind::Selling(key),
        None => RowKind::Unknown,
    }
}

fn figaro_column(label: &str) -> ColumnKind {
    match Key::split(label, '_') {
        Some(key) if key.region != "W2" => ColumnKind::Use(key),
        _ => ColumnKind::Unknown,
    }
}

/// How an OECD file is read.
#[derive(Clone, Debug, Default)]
pub struct IcioOptions {
    /// Provenance of the table; an empty name is taken from the file's, as is a year of zero if
    /// the file's name has one.
    pub description: Description,
    /// What to do with negative purchases.
    pub negatives: Negatives,
}

/// Reads a file of the OECD's layout, `.csv` or `.csv.gz`; rows and columns may be in any order.
///
/// Purchases for intermediate and for final use are pooled by exporter, importer and sector;
/// final spending is at basic prices; value added is output less intermediate purchases, so that
/// it holds the taxes less subsidies on them; there are no tariffs.
///
/// # Errors
/// `Input` with everything that is wrong in the file, up to twenty errors; `File` if the file
/// system fails.
pub fn read_icio(path: &Path, options: &IcioOptions) -> Result<Tables, IoError> {
    let options = ImportOptions {
        format: Some(Format::Icio),
        description: options.description.clone(),
        negatives: options.negatives,
        ..ImportOptions::default()
    };
    match import(path, &options)? {
        Imported::World(world) => Ok(world.tables),
        Imported::Trade(_) => Err(Diagnostic::new("the file holds trade alone").into()),
    }
}
