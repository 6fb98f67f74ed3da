//! A small CSV file whose rows are read as text by the names of their columns.

use std::path::Path;

use crate::diagnostic::{Diagnostic, Diagnostics, IoError};
use crate::tables::{Problems, file_text};

/// The rows of a file; lines that start with `#` are comments.
pub(crate) struct Sheet {
    file: String,
    header: Vec<String>,
    pub(crate) rows: Vec<SheetRow>,
    pub(crate) problems: Problems,
}

/// A row and its line.
pub(crate) struct SheetRow {
    pub(crate) line: u64,
    cells: Vec<String>,
}

impl Sheet {
    /// Reads a file; `required` columns must be there, `optional` ones may.
    pub(crate) fn read(path: &Path, required: &[&str], optional: &[&str]) -> Result<Self, IoError> {
        let text = file_text(path)?;
        Self::parse(&text, &path.display().to_string(), required, optional)
    }

    /// Reads a file that may have columns beside the `required` ones.
    pub(crate) fn read_any(path: &Path, required: &[&str]) -> Result<Self, IoError> {
        let text = file_text(path)?;
        Self::parse_with(&text, &path.display().to_string(), required, None)
    }

    /// Reads the text of a file.
    pub(crate) fn parse(
        text: &str,
        file: &str,
        required: &[&str],
        optional: &[&str],
    ) -> Result<Self, IoError> {
        Self::parse_with(text, file, required, Some(optional))
    }

    /// Reads a text; any further column may be there if nothing is said of `optional` ones.
    fn parse_with(
        text: &str,
        file: &str,
        required: &[&str],
        optional: Option<&[&str]>,
    ) -> Result<Self, IoError> {
        let mut problems = Problems::of(file);
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .comment(Some(b'#'))
            .trim(csv::Trim::All)
            .from_reader(text.as_bytes());
        let mut header: Option<Vec<String>> = None;
        let mut rows = Vec::new();
        for record in reader.records() {
            let record = match record {
                Ok(record) => record,
                Err(error) => {
                    problems.push(Diagnostic::new(format!("not a CSV table: {error}")));
                    break;
                }
            };
            let line = record.position().map_or(1, csv::Position::line);
            let cells: Vec<String> = record.iter().map(ToOwned::to_owned).collect();
            let Some(header) = &header else {
                check_header(&cells, line, required, optional, &mut problems);
                header = Some(cells);
                continue;
            };
            if cells.len() == header.len() {
                rows.push(SheetRow { line, cells });
            } else {
                let problem = Diagnostic::new("a row has a wrong number of cells").at_line(line);
                let expected = format!("{} as in the header", header.len());
                problems.push(problem.found(cells.len().to_string()).expected(expected));
            }
        }
        if rows.is_empty() && problems.is_empty() {
            let columns = required.join(", ");
            let problem = Diagnostic::new("the table has no rows");
            problems.push(problem.expected(format!("a header line and rows of {columns}")));
        }
        if !problems.is_empty() {
            return Err(problems.into_diagnostics().into());
        }
        Ok(Self { file: file.to_owned(), header: header.unwrap_or_default(), rows, problems })
    }

    /// Its name, as the user wrote it.
    pub(crate) fn file(&self) -> &str {
        &self.file
    }

    /// Whether it has a column.
    pub(crate) fn has(&self, column: &str) -> bool {
        self.header.iter().any(|name| name == column)
    }

    /// A list of problems in this file, with none yet.
    pub(crate) fn problems_here(&self) -> Problems {
        Problems::of(self.file.clone())
    }

    /// The cell of a column; empty where the file does not have it.
    pub(crate) fn cell<'a>(&self, row: &'a SheetRow, column: &str) -> &'a str {
        let position = self.header.iter().position(|name| name == column);
        position.map_or("", |position| row.cells[position].as_str())
    }

    /// The number in a cell, which must satisfy `right`.
    pub(crate) fn number(
        &self,
        row: &SheetRow,
        column: &str,
        expected: &str,
        right: impl Fn(f64) -> bool,
    ) -> Result<f64, Diagnostic> {
        let text = self.cell(row, column);
        let value = text.parse::<f64>().ok().filter(|value| value.is_finite() && right(*value));
        value.ok_or_else(|| {
            let found = if text.is_empty() { "nothing".to_owned() } else { format!("`{text}`") };
            Diagnostic::new(format!("wrong `{column}`")).found(found).expected(expected)
        })
    }

    /// What was found, or everything that is wrong.
    pub(crate) fn finish<T>(problems: Problems, found: T) -> Result<T, IoError> {
        let diagnostics: Diagnostics = problems.into_diagnostics();
        diagnostics.into_result()?;
        Ok(found)
    }
}

fn check_header(
    header: &[String],
    line: u64,
    required: &[&str],
    optional: Option<&[&str]>,
    problems: &mut Problems,
) {
    for (index, name) in header.iter().enumerate() {
        if let Some(optional) = optional
            && !required.iter().chain(optional).any(|column| column == name)
        {
            let valid = required.iter().chain(optional).copied();
            problems.push(Diagnostic::unknown("column", name, valid).at_line(line));
        } else if header[..index].contains(name) {
            let problem = Diagnostic::new(format!("column `{name}` is there twice"));
            problems.push(problem.at_line(line));
        }
    }
    for column in required.iter().filter(|column| !header.iter().any(|name| name == *column)) {
        let problem = Diagnostic::new(format!("column `{column}` is missing")).at_line(line);
        problems.push(problem.expected(format!("the columns {}", required.join(", "))));
    }
}
