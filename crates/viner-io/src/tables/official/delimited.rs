//! One text file that holds a whole table: a line of column labels, then a line per row.

use std::collections::HashMap;
use std::io::Read;

use super::matrix::{Column, Key, MAX_HELD, Matrix, Seller};
use super::text::{Cells, Lines, NoLine, labels, number, shown};
use crate::diagnostic::Diagnostic;
use crate::tables::problems::Problems;

/// What a column is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ColumnKind {
    /// Purchases of a sector or for final use.
    Use(Key),
    /// The sum of a row.
    Total,
    /// Not read.
    Ignored,
    /// None of these.
    Unknown,
}

/// What a row is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum RowKind {
    /// Sales of a region's sector.
    Selling(Key),
    /// Gross output.
    Output,
    /// The sum of inputs.
    Inputs,
    /// Value added or taxes, of this name.
    Cost,
    /// Not read.
    Ignored,
    /// None of these.
    Unknown,
}

/// How a file's labels are read.
pub(crate) struct Dialect {
    /// Between cells.
    pub(crate) separator: u8,
    /// Cells of labels before each row's numbers.
    pub(crate) label_cells: usize,
    pub(crate) column: fn(&str) -> ColumnKind,
    pub(crate) row: fn(&[String]) -> RowKind,
    pub(crate) expected_columns: &'static str,
    pub(crate) expected_rows: &'static str,
    /// The row of gross output, if there must be one.
    pub(crate) output: Option<&'static str>,
    /// Code in the labels of rows and columns, code that tables shall have, and name of the sector
    /// of a row that sells, where its labels tell them.
    pub(crate) sector: Option<fn(&[String]) -> (String, String, String)>,
}

/// Reads a table; `Err` only if the reader fails. What is wrong with the text goes to `problems`.
pub(crate) fn read(
    from: impl Read,
    dialect: &Dialect,
    problems: &mut Problems,
) -> Result<Matrix, std::io::Error> {
    let mut lines = Lines::new(from);
    let mut matrix = Matrix::default();
    match read_lines(&mut lines, dialect, &mut matrix, problems) {
        Ok(()) => {
            if problems.is_empty() {
                refuse_twice(&matrix, problems);
            }
            Ok(matrix)
        }
        Err(NoLine::Failed(error)) => Err(error),
        Err(NoLine::Wrong(problem)) => {
            problems.push(problem);
            Ok(matrix)
        }
    }
}

fn read_lines<R: Read>(
    lines: &mut Lines<R>,
    dialect: &Dialect,
    matrix: &mut Matrix,
    problems: &mut Problems,
) -> Result<(), NoLine> {
    let Some(line) = lines.next_line()? else {
        problems.push(Diagnostic::new("the file is empty").expected("a header line"));
        return Ok(());
    };
    let header = labels(line, dialect.separator).map_err(NoLine::Wrong)?;
    let kinds = columns(&header, dialect, lines.number(), matrix, problems);
    if !problems.is_empty() {
        return Ok(());
    }
    let total = kinds.iter().position(|kind| *kind == ColumnKind::Total);
    let width = matrix.columns.len();
    let mut seen: HashMap<Vec<String>, u64> = HashMap::new();
    let mut sectors: HashMap<String, (String, String)> = HashMap::new();
    let mut totals = Vec::new();
    let mut cells: Vec<f64> = Vec::with_capacity(width);
    let mut row_labels = Vec::with_capacity(dialect.label_cells);
    while let Some(text) = lines.next_line()? {
        let mut rest = Cells::of(text, dialect.separator);
        row_labels.clear();
        let mut readable = true;
        for cell in rest.by_ref().take(dialect.label_cells) {
            readable &= std::str::from_utf8(&cell).is_ok();
            row_labels.push(shown(&cell));
        }
        // Cells are parsed before the row is known: the line is borrowed only here.
        let kind = (dialect.row)(&row_labels);
        let selling = matches!(kind, RowKind::Selling(_));
        cells.clear();
        let mut wrong: Vec<(usize, String)> = Vec::new();
        let mut count = 0;
        for (index, cell) in rest.enumerate() {
            count += 1;
            let value = number(&cell);
            let empty = !selling && cell.trim_ascii().is_empty();
            let ignored = kinds.get(index).is_none_or(|kind| *kind == ColumnKind::Ignored);
            if value.is_none() && !empty && !ignored && wrong.len() < width {
                wrong.push((index, shown(&cell).chars().take(40).collect()));
            }
            // Of a row that is too long the cells are counted.
            if count <= width {
                cells.push(value.unwrap_or(f64::NAN));
            }
        }
        let line = lines.number();
        let label = row_labels.join(" ");
        if !readable {
            problems.push(
                Diagnostic::new("a row's label is not UTF-8 text")
                    .at_line(line)
                    .hint("save the file as UTF-8"),
            );
            continue;
        }
        if count != width {
            let problem = Diagnostic::new(format!("row `{label}` has a wrong number of cells"));
            let expected = format!("{} as in the header", width + dialect.label_cells);
            let found = (count + row_labels.len()).to_string();
            problems.push(problem.at_line(line).found(found).expected(expected));
            continue;
        }
        if let Some(first) = seen.insert(row_labels.clone(), line) {
            problems.push(
                Diagnostic::new(format!("row `{label}` is there twice"))
                    .at_line(line)
                    .found(format!("lines {first} and {line}"))
                    .expected("one of them"),
            );
            continue;
        }
        if kind != RowKind::Ignored {
            for (index, found) in wrong {
                let column = &matrix.columns[index].label;
                let problem =
                    format!("cell in row `{label}`, column `{column}` is no finite number");
                problems.push(Diagnostic::new(problem).at_line(line).found(format!("`{found}`")));
            }
        }
        match kind {
            RowKind::Selling(key) => {
                if matrix.values.len() + width > MAX_HELD {
                    let expected = format!("tables of at most {MAX_HELD} cells");
                    let problem = Diagnostic::new("the table is too large").at_line(line);
                    problems.push(problem.expected(expected));
                    return Ok(());
                }
                matrix.values.extend_from_slice(&cells);
                totals.push(total.map_or(f64::NAN, |at| cells[at]));
                matrix.rows.push(Seller { key, line });
                if let Some(sector) = dialect.sector {
                    let (written, code, name) = sector(&row_labels);
                    sectors.insert(written, (code, name));
                }
            }
            RowKind::Output => match &matrix.stated.output {
                None => matrix.stated.output = Some((line, cells.clone())),
                Some((first, _)) => {
                    let problem = format!("row `{label}` is a second row of gross output");
                    problems.push(
                        Diagnostic::new(problem)
                            .at_line(line)
                            .found(format!("lines {first} and {line}"))
                            .expected("one of them"),
                    );
                }
            },
            RowKind::Inputs => matrix.stated.inputs = Some(cells.clone()),
            RowKind::Cost => matrix.stated.costs.push((label, cells.clone())),
            RowKind::Ignored => {}
            RowKind::Unknown => problems.push(
                Diagnostic::new(format!("row `{label}` is neither a sector nor known otherwise"))
                    .at_line(line)
                    .expected(dialect.expected_rows),
            ),
        }
    }
    if total.is_some() {
        matrix.stated.row_totals = Some(totals);
    }
    let keys = matrix.columns.iter_mut().filter_map(|column| column.key.as_mut());
    for key in keys.chain(matrix.rows.iter_mut().map(|row| &mut row.key)) {
        if let Some((code, name)) = sectors.get(&key.part) {
            key.part.clone_from(code);
            matrix.names.insert(code.clone(), name.clone());
        }
    }
    if matrix.rows.is_empty() {
        let problem = Diagnostic::new("no row sells anything");
        problems.push(problem.expected("rows labelled `REGION_SECTOR`"));
    }
    if let (Some(expected), None) = (dialect.output, &matrix.stated.output) {
        let problem = Diagnostic::new("the row of gross output is missing");
        problems.push(problem.expected(expected));
    }
    Ok(())
}

/// Refuses rows and columns that are there twice under labels that differ.
pub(crate) fn refuse_twice(matrix: &Matrix, problems: &mut Problems) {
    let mut first: HashMap<&Key, u64> = HashMap::new();
    for row in &matrix.rows {
        if let Some(other) = first.insert(&row.key, row.line).filter(|line| *line != row.line) {
            problems.push(
                Diagnostic::new(format!("row `{}` is there twice", row.key.label()))
                    .at_line(row.line)
                    .found(format!("lines {other} and {}", row.line))
                    .expected("one of them"),
            );
        }
    }
    let mut columns: HashMap<&Key, usize> = HashMap::new();
    for (index, key) in matrix.columns.iter().enumerate() {
        let Some(key) = &key.key else { continue };
        if let Some(other) = columns.insert(key, index + 1) {
            let problem = Diagnostic::new(format!("column `{}` is there twice", key.label()));
            let found = format!("columns {other} and {} of the table", index + 1);
            problems.push(problem.found(found).expected("one of them"));
        }
    }
}

/// Reads the column labels into the matrix.
fn columns(
    header: &[String],
    dialect: &Dialect,
    line: u64,
    matrix: &mut Matrix,
    problems: &mut Problems,
) -> Vec<ColumnKind> {
    matrix.header_line = Some(line);
    let mut first = HashMap::new();
    let mut kinds = Vec::with_capacity(header.len());
    for (index, label) in header.iter().enumerate().skip(dialect.label_cells) {
        let number = index + 1;
        let kind = (dialect.column)(label);
        if let Some(other) = first.insert(label.as_str(), number) {
            problems.push(
                Diagnostic::new(format!("column `{label}` is there twice"))
                    .at_line(line)
                    .found(format!("columns {other} and {number}"))
                    .expected("one of them"),
            );
        } else if kind == ColumnKind::Unknown {
            let problem = format!("column {number} is labelled `{label}`");
            let problem = Diagnostic::new(problem).at_line(line);
            problems.push(problem.expected(dialect.expected_columns));
        }
        let key = match &kind {
            ColumnKind::Use(key) => Some(key.clone()),
            _ => None,
        };
        matrix.columns.push(Column { key, label: label.clone() });
        kinds.push(kind);
    }
    if kinds.is_empty() {
        let problem = Diagnostic::new("the header has no columns").at_line(line);
        let separator = match dialect.separator {
            b'\t' => "tabs",
            b';' => "semicolons",
            _ => "commas",
        };
        problems.push(problem.hint(format!("cells are separated by {separator}")));
    }
    kinds
}
