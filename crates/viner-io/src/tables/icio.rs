//! Reads inter-country input-output tables in the layout of the OECD's own files.
//!
//! The first column labels the rows and the header the columns: `REGION_SECTOR`, where the region
//! ends at the first underscore; columns of final use are `REGION_CATEGORY` for any category that
//! is no sector. Beside the rows that sell there are `OUT` or `OUTPUT` (gross output, needed) and
//! value added and taxes (`VA`, `VALU`, `TLS`, `REGION_TAXSUB`), which output and purchases imply.

use std::collections::HashMap;
use std::path::Path;

use csv::{ByteRecord, ReaderBuilder};
use viner_model::tables::{Description, Tables, Transformation};

use super::icio_labels::{Header, RowKind, row_kind};
use super::icio_pool::pool;
use super::long_csv::{file_error, line_of};
use super::problems::Problems;
use super::source;
use crate::diagnostic::{Diagnostic, IoError};

/// What to do with purchases that are negative after pooling, as changes in inventories can be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Negatives {
    /// Refuse the file and name the worst cell.
    #[default]
    Refuse,
    /// Set them to zero, which leaves the table out of balance by as much.
    Zero,
}

/// How an official file is read.
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
    let mut problems = Problems::of(path.display().to_string());
    let sheet = read_sheet(path, &mut problems)?;
    let refuse = |problems: Problems| IoError::Input(problems.into_diagnostics());
    let Some(sheet) = sheet.filter(|_| problems.is_empty()) else { return Err(refuse(problems)) };
    let Some(pooled) = pool(&sheet, options.negatives, &mut problems) else {
        return Err(refuse(problems));
    };
    let file = path.file_name().unwrap_or_default().to_string_lossy();
    let mut tables = pooled.tables;
    tables.description = described(options.description.clone(), &file);
    tables.description.transformations.push(Transformation {
        step: "import".to_owned(),
        note: format!("{file}: {}", pooled.note),
    });
    Ok(tables)
}

/// The description with what the name of the file says filled in.
fn described(mut description: Description, file: &str) -> Description {
    let stem = file.split('.').next().unwrap_or_default();
    if description.name.is_empty() {
        stem.clone_into(&mut description.name);
    }
    if description.year == 0 {
        let years = stem.split(|letter: char| !letter.is_ascii_digit());
        let year = years.filter(|digits| digits.len() == 4).find_map(|digits| digits.parse().ok());
        description.year = year.unwrap_or_default();
    }
    if description.title.is_empty() {
        description.title = match description.year {
            0 => "Inter-country input-output table".to_owned(),
            year => format!("Inter-country input-output table, {year}"),
        };
    }
    description
}

/// The numbers of a file, in its own order.
pub(super) struct Sheet {
    pub(super) header: Header,
    /// Labels of the rows that sell.
    pub(super) rows: Vec<SellingRow>,
    /// Their values, row after row, as many each as the header has columns.
    pub(super) values: Vec<f64>,
    /// Gross output by column; not a number where the cell is empty.
    pub(super) output: Vec<f64>,
    /// Line of the output row.
    pub(super) output_line: u64,
}

/// The label of a row that sells, and its line.
pub(super) struct SellingRow {
    pub(super) label: String,
    pub(super) line: u64,
}

fn read_sheet(path: &Path, problems: &mut Problems) -> Result<Option<Sheet>, IoError> {
    let from = source::open(path)?;
    let mut reader = ReaderBuilder::new().has_headers(false).flexible(true).from_reader(from);
    let mut record = ByteRecord::new();
    let failed = |error: csv::Error| file_error(error, path);
    if !reader.read_byte_record(&mut record).map_err(failed)? {
        problems.push(Diagnostic::new("the file is empty").expected("a header line"));
        return Ok(None);
    }
    let Some(header) = Header::parse(&record, line_of(&record), problems) else { return Ok(None) };
    let width = header.labels.len();
    let mut sheet =
        Sheet { header, rows: Vec::new(), values: Vec::new(), output: Vec::new(), output_line: 0 };
    let mut lines: HashMap<String, u64> = HashMap::new();
    let mut cells = Vec::with_capacity(width);
    while reader.read_byte_record(&mut record).map_err(failed)? {
        let line = line_of(&record);
        let label = String::from_utf8_lossy(&record[0]).trim().to_owned();
        if record.len() != width + 1 {
            let problem = Diagnostic::new(format!("row `{label}` has a wrong number of cells"));
            let expected = format!("{} as in the header", width + 1);
            problems.push(problem.at_line(line).found(record.len().to_string()).expected(expected));
            continue;
        }
        if let Some(first) = lines.insert(label.clone(), line) {
            problems.push(
                Diagnostic::new(format!("row `{label}` is there twice"))
                    .at_line(line)
                    .found(format!("lines {first} and {line}"))
                    .expected("one of them"),
            );
            continue;
        }
        let kind = row_kind(&label);
        let may_be_empty = kind != RowKind::Selling;
        cells.clear();
        for (column, cell) in sheet.header.labels.iter().zip(record.iter().skip(1)) {
            cells.push(number(cell, may_be_empty).unwrap_or_else(|found| {
                let problem =
                    format!("cell in row `{label}`, column `{column}` is no finite number");
                problems.push(Diagnostic::new(problem).at_line(line).found(format!("`{found}`")));
                f64::NAN
            }));
        }
        match kind {
            RowKind::Selling => {
                sheet.values.extend_from_slice(&cells);
                sheet.rows.push(SellingRow { label, line });
            }
            RowKind::Output if sheet.output.is_empty() => {
                sheet.output.clone_from(&cells);
                sheet.output_line = line;
            }
            RowKind::Output => {
                let problem = format!("row `{label}` is a second row of gross output");
                let first = sheet.output_line;
                problems.push(
                    Diagnostic::new(problem)
                        .at_line(line)
                        .found(format!("lines {first} and {line}"))
                        .expected("one of them"),
                );
            }
            RowKind::Implied => {}
            RowKind::Unknown => problems.push(
                Diagnostic::new(format!("row `{label}` is neither a sector nor known otherwise"))
                    .at_line(line)
                    .expected("`REGION_SECTOR`, `OUT`, `OUTPUT`, `VA`, `VALU` or `TLS`"),
            ),
        }
    }
    if sheet.rows.is_empty() {
        let problem = Diagnostic::new("no row sells anything");
        problems.push(problem.expected("rows labelled `REGION_SECTOR`"));
    }
    if sheet.output.is_empty() {
        let problem = Diagnostic::new("the row of gross output is missing");
        problems.push(problem.expected("a row labelled `OUT` or `OUTPUT`"));
    }
    Ok(Some(sheet))
}

/// The number in a cell, or its text if it is none or not finite.
fn number(cell: &[u8], may_be_empty: bool) -> Result<f64, String> {
    let text = cell.trim_ascii();
    if text.is_empty() && may_be_empty {
        return Ok(f64::NAN);
    }
    let value = std::str::from_utf8(text).ok().and_then(|text| text.parse::<f64>().ok());
    let shown = || String::from_utf8_lossy(text).chars().take(40).collect();
    value.filter(|value| value.is_finite()).ok_or_else(shown)
}
