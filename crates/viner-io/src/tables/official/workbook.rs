//! Sheets of workbooks, cell by cell.

use std::collections::HashMap;
use std::io::{Cursor, Read};
use std::panic::{AssertUnwindSafe, catch_unwind};

use calamine::{Data, DataRef, Reader, Xlsb, Xlsx};
use zip::ZipArchive;

use super::matrix::MAX_HELD;
use crate::diagnostic::Diagnostic;

/// The largest workbook that is read: those published have some forty megabytes.
pub(crate) const MAX_WORKBOOK: u64 = 1 << 29;
/// The most that a part of a workbook which is no sheet may unpack to: it is held whole.
const MAX_PART: u64 = 1 << 28;
/// The most that a sheet may unpack to.
const MAX_SHEET: u64 = 1 << 32;
/// Rows above the table, and labels of columns among them.
pub(crate) const HEADER_ROWS: usize = 12;
/// Columns of labels before the numbers.
pub(crate) const LABEL_COLUMNS: usize = 4;

/// A sheet: the texts around a table, and the numbers in it.
#[derive(Debug, Default)]
pub(crate) struct Sheet {
    pub(crate) name: String,
    /// Texts of the first rows and first columns, by row and column.
    texts: HashMap<(usize, usize), String>,
    /// Numbers by row and column; what is blank is zero.
    numbers: Vec<Vec<f64>>,
    /// Cells right of the labels and below the header that hold text: row, column, text.
    pub(crate) wrong: Vec<(usize, usize, String)>,
}

impl Sheet {
    /// The text of a cell among the labels; empty if there is none.
    pub(crate) fn text(&self, row: usize, column: usize) -> &str {
        self.texts.get(&(row, column)).map_or("", String::as_str)
    }

    /// The number in a cell.
    pub(crate) fn number(&self, row: usize, column: usize) -> f64 {
        self.numbers.get(row).and_then(|row| row.get(column)).copied().unwrap_or(0.0)
    }

    /// Number of rows.
    pub(crate) fn rows(&self) -> usize {
        self.numbers.len()
    }

    /// Number of columns of the widest row.
    pub(crate) fn columns(&self) -> usize {
        let texts = self.texts.keys().map(|(_, column)| column + 1).max().unwrap_or(0);
        self.numbers.iter().map(Vec::len).max().unwrap_or(0).max(texts)
    }

    fn enter(&mut self, row: usize, column: usize, value: Content, held: &mut usize) -> bool {
        if self.numbers.len() <= row {
            self.numbers.resize(row + 1, Vec::new());
        }
        match value {
            Content::Number(value) => {
                let cells = &mut self.numbers[row];
                if cells.len() <= column {
                    *held += column + 1 - cells.len();
                    if *held > MAX_HELD {
                        return false;
                    }
                    cells.resize(column + 1, 0.0);
                }
                cells[column] = value;
                if row < HEADER_ROWS || column < LABEL_COLUMNS {
                    self.texts.insert((row, column), value.to_string());
                }
            }
            Content::Text(text) => {
                let text = text.trim();
                if text.is_empty() {
                    return true;
                }
                if row < HEADER_ROWS || column < LABEL_COLUMNS {
                    self.texts.insert((row, column), text.to_owned());
                } else if self.wrong.len() < 1000 {
                    self.wrong.push((row, column, text.chars().take(40).collect()));
                }
            }
        }
        true
    }
}

enum Content {
    Number(f64),
    Text(String),
}

fn content(value: &DataRef<'_>) -> Option<Content> {
    match Data::from(value.clone()) {
        Data::Int(value) => Some(Content::Number(value as f64)),
        Data::Float(value) => Some(Content::Number(value)),
        Data::String(text) => Some(Content::Text(text)),
        Data::Empty => None,
        other => Some(Content::Text(other.to_string())),
    }
}

/// Reads the first sheet of a workbook in which `wanted` finds its table, looking at the header of
/// each; `None` if there is no such sheet.
pub(crate) fn first_sheet(
    bytes: &[u8],
    wanted: impl Fn(&Sheet) -> bool,
) -> Result<Option<Sheet>, Diagnostic> {
    check_size(bytes)?;
    // The reader of binary workbooks trusts the lengths of their records and panics on false ones.
    catch_unwind(AssertUnwindSafe(|| find_sheet(bytes, &wanted)))
        .unwrap_or_else(|_| Err(Diagnostic::new("the workbook is damaged")))
}

fn find_sheet(bytes: &[u8], wanted: &impl Fn(&Sheet) -> bool) -> Result<Option<Sheet>, Diagnostic> {
    if bytes_are_xlsb(bytes) {
        let mut book = Xlsb::new(Cursor::new(bytes)).map_err(|error| damaged(&error))?;
        for name in book.sheet_names() {
            let reader = book.worksheet_cells_reader(&name).map_err(|error| damaged(&error))?;
            let mut reader = reader;
            let next = || match reader.next_cell() {
                Ok(Some(cell)) => {
                    let (row, column) = cell.get_position();
                    Ok(Some((row as usize, column as usize, content(cell.get_value()))))
                }
                Ok(None) => Ok(None),
                Err(error) => Err(damaged(&error)),
            };
            if let Some(sheet) = read_sheet(&name, next, wanted)? {
                return Ok(Some(sheet));
            }
        }
        return Ok(None);
    }
    let mut book = Xlsx::new(Cursor::new(bytes)).map_err(|error| damaged(&error))?;
    for name in book.sheet_names() {
        let mut reader = match book.worksheet_cells_reader(&name) {
            Ok(reader) => reader,
            // A chart has no cells.
            Err(calamine::XlsxError::NotAWorksheet(_)) => continue,
            Err(error) => return Err(damaged(&error)),
        };
        let next = || match reader.next_cell() {
            Ok(Some(cell)) => {
                let (row, column) = cell.get_position();
                Ok(Some((row as usize, column as usize, content(cell.get_value()))))
            }
            Ok(None) => Ok(None),
            Err(error) => Err(damaged(&error)),
        };
        if let Some(sheet) = read_sheet(&name, next, wanted)? {
            return Ok(Some(sheet));
        }
    }
    Ok(None)
}

type NextCell = Result<Option<(usize, usize, Option<Content>)>, Diagnostic>;

/// Reads a sheet, giving up after the header if it is not wanted.
fn read_sheet(
    name: &str,
    mut next: impl FnMut() -> NextCell,
    wanted: &impl Fn(&Sheet) -> bool,
) -> Result<Option<Sheet>, Diagnostic> {
    let mut sheet = Sheet { name: name.to_owned(), ..Sheet::default() };
    let mut held = 0;
    let mut looked = false;
    while let Some((row, column, value)) = next()? {
        if row >= HEADER_ROWS && !looked {
            if !wanted(&sheet) {
                return Ok(None);
            }
            looked = true;
        }
        let Some(value) = value else { continue };
        if !sheet.enter(row, column, value, &mut held) {
            let problem = Diagnostic::new(format!("sheet `{name}` is too large"));
            return Err(problem.expected(format!("at most {MAX_HELD} cells")));
        }
    }
    Ok((looked || wanted(&sheet)).then_some(sheet))
}

fn damaged(error: &dyn std::fmt::Display) -> Diagnostic {
    Diagnostic::new(format!("the workbook cannot be read: {error}"))
}

fn bytes_are_xlsb(bytes: &[u8]) -> bool {
    ZipArchive::new(Cursor::new(bytes)).is_ok_and(|book| {
        book.file_names().any(|name| name.is_ok_and(|name| name == "xl/workbook.bin"))
    })
}

/// Unpacks every part once and counts: parts that unpack without end are refused before anything
/// holds them.
fn check_size(bytes: &[u8]) -> Result<(), Diagnostic> {
    let mut book = ZipArchive::new(Cursor::new(bytes)).map_err(|error| damaged(&error))?;
    for index in 0..book.len() {
        let part = book.by_index(index).map_err(|error| damaged(&error))?;
        let name = part.name().map(std::borrow::Cow::into_owned).unwrap_or_default();
        let most = if name.contains("worksheets/") { MAX_SHEET } else { MAX_PART };
        let size = std::io::copy(&mut part.take(most + 1), &mut std::io::sink())
            .map_err(|error| damaged(&error))?;
        if size > most {
            let problem = Diagnostic::new(format!("part `{name}` of the workbook is too large"));
            return Err(problem.expected(format!("at most {} MB unpacked", most >> 20)));
        }
    }
    Ok(())
}
