//! The World Input-Output Database, and the Asian Development Bank's tables, which follow it.
//!
//! As published in workbooks: a row of regions, below it a row of codes (`c1`, ...); four columns of
//! labels, the third the region, the fourth the code; then the numbers. Sectors come first, then
//! final uses, then a column of totals. Below the rows that sell, rows of region `TOT` hold the sum
//! of inputs, taxes, margins, value added and output.
//!
//! - Release 2013 (`wiot11_row_apr12.xlsx`): regions in the fifth row; 35 sectors, final use `c37` to
//!   `c41`, totals `r60` to `r69`.
//! - Release 2016 (`WIOT2014_Nov16_ROW.xlsb`): the same with ISIC codes in the third row and first
//!   column; 56 sectors; totals `II_fob`, ..., `GO`.
//! - ADB MRIO: regions in the sixth row; 35 sectors, final use `F1` to `F5`.
//!
//! As text: the tables for R and Stata of release 2016 written as CSV (`IndustryCode`, ..., `vAUS1`),
//! and matrices with labels `AUS.c1`.

use super::delimited::{ColumnKind, Dialect, RowKind};
use super::matrix::{Column, Key, Matrix, Seller, Stated};
use super::workbook::{HEADER_ROWS, LABEL_COLUMNS, Sheet};
use crate::diagnostic::Diagnostic;
use crate::tables::problems::Problems;

/// Region of totals.
fn is_total(region: &str) -> bool {
    region.eq_ignore_ascii_case("TOT")
}

/// Row of the regions of a sheet, if it holds such a table: the first region and code of the columns
/// are those of the rows.
pub(crate) fn region_row(sheet: &Sheet) -> Option<usize> {
    (1..HEADER_ROWS - 2).find(|row| {
        let region = sheet.text(*row, LABEL_COLUMNS);
        let of_row = sheet.text(row + 2, 3);
        !region.is_empty()
            && ordinal(sheet.text(row + 1, LABEL_COLUMNS)) == Some(1)
            && ordinal(of_row) == Some(1)
            && sheet.text(row + 2, 2) == region
    })
}

/// Whether the sheet is the Asian Development Bank's, whose header has a row more.
pub(crate) fn is_adb(sheet: &Sheet) -> bool {
    region_row(sheet) == Some(5)
}

/// The year that the sheet says it is of: at the end of its first cell, or its name.
pub(crate) fn year(sheet: &Sheet) -> Option<i64> {
    [sheet.text(0, 0), &sheet.name].into_iter().find_map(|text| {
        let start = text.len().checked_sub(4)?;
        let year = text.get(start..)?.parse().ok()?;
        (1900..=2100).contains(&year).then_some(year)
    })
}

/// The number in `c12` or `r12`.
fn ordinal(code: &str) -> Option<u32> {
    code.strip_prefix(['c', 'r', 'C', 'R'])?.parse().ok()
}

/// Reads the table of a sheet.
pub(crate) fn read(sheet: &Sheet, problems: &mut Problems) -> Matrix {
    let mut matrix = Matrix::default();
    let Some(header) = region_row(sheet) else {
        problems.push(
            Diagnostic::new("the sheet holds no world table")
                .expected("a row of regions and one of codes above rows labelled alike"),
        );
        return matrix;
    };
    matrix.header_line = Some(header as u64 + 1);
    // Release 2016 has the codes of industries two rows above the regions.
    let isic = header >= 2
        && sheet.text(header - 2, LABEL_COLUMNS) == sheet.text(header + 2, 0)
        && sheet.text(header + 2, 0) == "A01";
    let first_region = sheet.text(header, LABEL_COLUMNS).to_owned();
    let rows = header + 2..sheet.rows();
    let sectors = rows
        .clone()
        .take_while(|row| {
            sheet.text(*row, 2) == first_region && ordinal(sheet.text(*row, 3)).is_some()
        })
        .count();
    let mut total = None;
    let mut columns = Vec::new();
    for column in LABEL_COLUMNS..sheet.columns() {
        let region = sheet.text(header, column);
        let code = sheet.text(header + 1, column);
        if is_total(region) {
            total = Some(column);
            continue;
        }
        if region.is_empty() {
            continue;
        }
        let sector = ordinal(code).filter(|at| *at as usize <= sectors);
        let part = match sector {
            _ if isic => sheet.text(header - 2, column).to_owned(),
            Some(at) => format!("c{at}"),
            None => code.to_owned(),
        };
        if sector.is_none() {
            matrix.names.insert(part.clone(), sheet.text(header - 1, column).to_owned());
        }
        columns.push(column);
        matrix.columns.push(Column::of(Key::new(region, part)));
    }
    let numbers = |row: usize| columns.iter().map(move |column| sheet.number(row, *column));
    let mut totals = Vec::new();
    let mut last = header + 1;
    for row in rows {
        let (industry, name) = (sheet.text(row, 0), sheet.text(row, 1));
        let (region, code) = (sheet.text(row, 2), sheet.text(row, 3));
        let line = row as u64 + 1;
        if region.is_empty() && code.is_empty() && industry.is_empty() {
            continue;
        }
        last = row;
        if !is_total(region) && !region.is_empty() {
            let part = match ordinal(code) {
                _ if isic => industry.to_owned(),
                Some(at) => format!("c{at}"),
                None => {
                    let problem = format!("row of region `{region}` has the code `{code}`");
                    let problem = Diagnostic::new(problem).at_line(line);
                    problems.push(problem.expected("`c1` or `r1` and so on"));
                    continue;
                }
            };
            matrix.names.entry(part.clone()).or_insert_with(|| name.to_owned());
            matrix.values.extend(numbers(row));
            totals.push(total.map_or(f64::NAN, |column| sheet.number(row, column)));
            matrix.rows.push(Seller { key: Key::new(region, part), line });
            continue;
        }
        total_row(sheet, row, numbers(row).collect(), &mut matrix.stated);
    }
    if total.is_some() {
        matrix.stated.row_totals = Some(totals);
    }
    if matrix.stated.output.is_none() {
        // However it is labelled, output is the last row in all of them.
        let cells = matrix.stated.costs.pop();
        matrix.stated.output = cells.map(|(_, cells)| (last as u64 + 1, cells));
    }
    // A code given twice would be pooled twice.
    super::delimited::refuse_twice(&matrix, problems);
    for (row, column, text) in &sheet.wrong {
        let inside = *row > header + 1 && *row <= last && columns.binary_search(column).is_ok();
        if inside {
            let problem = format!("cell in column {} is no number", column + 1);
            let problem = Diagnostic::new(problem).at_line(*row as u64 + 1);
            problems.push(problem.found(format!("`{text}`")));
        }
    }
    matrix
}

/// A row of totals: output, the sum of inputs, or a cost.
fn total_row(sheet: &Sheet, row: usize, cells: Vec<f64>, stated: &mut Stated) {
    let (code, name) = (sheet.text(row, 0), sheet.text(row, 1));
    let number = sheet.text(row, 3);
    let described = |words: &[&str]| {
        let name = name.to_ascii_lowercase();
        words.iter().any(|word| name.starts_with(word))
    };
    if code == "GO" || number == "r69" || described(&["output", "gross output", "total output"]) {
        stated.output = Some((row as u64 + 1, cells));
    } else if code == "II_fob" || number == "r60" || described(&["total intermediate"]) {
        stated.inputs = Some(cells);
    } else {
        stated.costs.push((name.to_owned(), cells));
    }
}

/// The tables for R and Stata of release 2016, written as CSV.
pub(crate) const WIDE: Dialect = Dialect {
    separator: b',',
    label_cells: 5,
    column: |label| match label {
        "TOT" => ColumnKind::Total,
        _ => wide_column(label).map_or(ColumnKind::Unknown, ColumnKind::Use),
    },
    row: |labels| match (labels.get(2).map(String::as_str), labels.first().map(String::as_str)) {
        (Some("TOT"), Some("GO")) => RowKind::Output,
        (Some("TOT"), Some("II_fob")) => RowKind::Inputs,
        (Some("TOT"), Some(_)) => RowKind::Cost,
        (Some(region), Some(code)) if !region.is_empty() && !code.is_empty() => {
            RowKind::Selling(Key::new(region, labels.get(3).map_or("", String::as_str)))
        }
        _ => RowKind::Unknown,
    },
    expected_columns: "`vAUS1` and so on, or `TOT`",
    expected_rows: "industry, description, country, number and year",
    output: Some("a row `GO`"),
    sector: Some(|labels| (labels[3].clone(), labels[0].clone(), labels[1].clone())),
};

/// `vAUS1`.
fn wide_column(label: &str) -> Option<Key> {
    let label = label.strip_prefix('v')?;
    let digits = label.find(|letter: char| letter.is_ascii_digit())?;
    let (region, part) = label.split_at(digits);
    (!region.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()))
        .then(|| Key::new(region, part))
}

/// A matrix with labels `AUS.c1` and columns of final use `AUS.f1`.
pub(crate) const DOTTED: Dialect = Dialect {
    separator: b',',
    label_cells: 1,
    column: |label| match Key::split(label, '.') {
        Some(key) => ColumnKind::Use(key),
        None if label.eq_ignore_ascii_case("output") => ColumnKind::Total,
        None => ColumnKind::Unknown,
    },
    row: |labels| Key::split(&labels[0], '.').map_or(RowKind::Unknown, RowKind::Selling),
    expected_columns: "`AUS.c1` and so on, or `output`",
    expected_rows: "`AUS.c1` and so on",
    output: None,
    sector: None,
};
