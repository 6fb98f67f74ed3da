//! Long text tables read row by row, by the names of their columns.

use std::borrow::Cow;
use std::io::Read;

use super::download::{Download, Member};
use super::text::{Cells, Lines, NoLine, number, shown};
use crate::diagnostic::{Diagnostic, IoError};
use crate::tables::problems::Problems;

/// Columns to read, in the order in which [`Row`] has them: those that must be there, then those that
/// may.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Columns<'a> {
    pub(crate) required: &'a [&'a str],
    pub(crate) optional: &'a [&'a str],
}

/// The cells of a row.
pub(crate) struct Row<'a> {
    cells: Vec<Option<Cow<'a, [u8]>>>,
    names: &'a [&'a str],
}

impl Row<'_> {
    /// The text in a column; empty if the file does not have it.
    pub(crate) fn text(&self, column: usize) -> String {
        self.cells[column].as_deref().map(shown).unwrap_or_default()
    }

    /// The finite number in a column.
    pub(crate) fn number(&self, column: usize) -> Result<f64, Diagnostic> {
        self.cells[column].as_deref().and_then(number).ok_or_else(|| {
            let name = self.names.get(column).copied().unwrap_or_default();
            Diagnostic::new(format!("the value in column `{name}` is wrong"))
                .found(format!("`{}`", self.text(column)))
                .expected("a finite number")
        })
    }
}

/// Reads a file of a download row by row; what is wrong goes to `problems`.
pub(crate) fn read(
    download: &Download,
    member: &Member,
    columns: Columns<'_>,
    problems: &mut Problems,
    mut enter: impl FnMut(&Row<'_>) -> Result<(), Diagnostic>,
) -> Result<(), IoError> {
    download.read(member, |reader| match rows(reader, columns, problems, &mut enter) {
        Ok(()) => Ok(()),
        Err(NoLine::Failed(error)) => Err(download.reading_error(member, error)),
        Err(NoLine::Wrong(problem)) => {
            problems.push(problem);
            Ok(())
        }
    })
}

fn rows(
    reader: impl Read,
    columns: Columns<'_>,
    problems: &mut Problems,
    enter: &mut dyn FnMut(&Row<'_>) -> Result<(), Diagnostic>,
) -> Result<(), NoLine> {
    let mut lines = Lines::new(reader);
    let header = match lines.next_line()? {
        Some(line) => header(line),
        None => Vec::new(),
    };
    let all: Vec<&str> = columns.required.iter().chain(columns.optional).copied().collect();
    let at: Vec<Option<usize>> =
        all.iter().map(|name| header.iter().position(|cell| cell == name)).collect();
    let missing: Vec<String> = columns
        .required
        .iter()
        .zip(&at)
        .filter(|(_, at)| at.is_none())
        .map(|(name, _)| format!("`{name}`"))
        .collect();
    if !missing.is_empty() {
        let problem = format!("columns are missing: {}", missing.join(", "));
        problems.push(Diagnostic::new(problem).at_line(1));
        return Ok(());
    }
    loop {
        let number = lines.number() + 1;
        let Some(line) = lines.next_line()? else { return Ok(()) };
        let mut cells: Vec<Cow<'_, [u8]>> = Cells::of(line, b',').collect();
        // A comma at the end of each row is no column of its own.
        if cells.len() == header.len() + 1 && cells.last().is_some_and(|last| last.is_empty()) {
            cells.pop();
        }
        if cells.len() != header.len() {
            let problem = Diagnostic::new("a row has a wrong number of cells").at_line(number);
            let expected = format!("{} as in the header", header.len());
            problems.push(problem.found(cells.len().to_string()).expected(expected));
            continue;
        }
        let wanted = at.iter().map(|at| at.and_then(|at| cells.get(at).cloned()));
        let row = Row { cells: wanted.collect(), names: &all };
        if let Err(problem) = enter(&row) {
            problems.push(problem.at_line(number));
        }
    }
}

/// The names in a header line.
pub(crate) fn header(line: &[u8]) -> Vec<String> {
    Cells::of(line, b',').map(|cell| shown(&cell)).collect()
}
