//! Rows of a table from comma-separated text.

use std::io::Read;
use std::path::Path;

use csv::{ByteRecord, ErrorKind, ReaderBuilder};

use super::long_table::{Columns, MAX_COLUMNS, Number, Row, TableSpec, Visit};
use super::problems::Problems;
use crate::diagnostic::{Diagnostic, IoError};

/// Reads a table; columns may be in any order.
pub(super) fn read(
    from: impl Read,
    path: &Path,
    spec: &TableSpec,
    problems: &mut Problems,
    visit: &mut Visit<'_>,
) -> Result<Columns, IoError> {
    let mut reader = ReaderBuilder::new().has_headers(false).flexible(true).from_reader(from);
    let mut record = ByteRecord::new();
    let failed = |error: csv::Error| file_error(error, path);
    if !reader.read_byte_record(&mut record).map_err(failed)? {
        problems.push(Diagnostic::new("the file is empty").expected("a header line"));
        return Ok(Columns::default());
    }
    let line = line_of(&record);
    let header: Vec<String> = record
        .iter()
        .map(|field| {
            String::from_utf8_lossy(field).trim_start_matches('\u{feff}').trim().to_owned()
        })
        .collect();
    let names: Vec<&str> = header.iter().map(String::as_str).collect();
    let Some(columns) = Columns::find(spec, &names, Some(line), problems) else {
        return Ok(Columns::default());
    };
    while reader.read_byte_record(&mut record).map_err(failed)? {
        let line = line_of(&record);
        if record.len() != header.len() {
            let problem = Diagnostic::new("a row has a wrong number of cells").at_line(line);
            let expected = format!("{} as in the header", header.len());
            problems.push(problem.found(record.len().to_string()).expected(expected));
            continue;
        }
        let mut unreadable = false;
        let mut text = |at: usize| {
            let text = std::str::from_utf8(&record[at]);
            unreadable |= text.is_err();
            text.unwrap_or_default().trim()
        };
        let mut row =
            Row { line, codes: [""; MAX_COLUMNS], numbers: [Number::Absent; MAX_COLUMNS] };
        for index in 0..spec.codes.len() {
            row.codes[index] = text(columns.codes[index]);
        }
        for index in 0..spec.numbers.len() {
            if let Some(at) = columns.numbers[index] {
                row.numbers[index] = Number::parse(text(at));
            }
        }
        if unreadable {
            problems.push(Diagnostic::new("a row is not UTF-8 text").at_line(line));
        } else {
            visit(&row, problems);
        }
    }
    Ok(columns)
}

/// Line on which a record starts.
pub(super) fn line_of(record: &ByteRecord) -> u64 {
    record.position().map_or(0, csv::Position::line)
}

/// The error of a reader that takes any bytes as records: only the file system's are left.
pub(super) fn file_error(error: csv::Error, path: &Path) -> IoError {
    let source = match error.into_kind() {
        ErrorKind::Io(source) => source,
        other => std::io::Error::other(format!("{other:?}")),
    };
    IoError::file("read", path)(source)
}
