//! Tables in long format, whatever file they are in.

use super::long_csv;
use super::long_parquet;
use super::problems::Problems;
use super::source::Folder;
use crate::diagnostic::{Diagnostic, IoError};

/// The most columns of codes, and of numbers, that a table of a bundle has.
pub(super) const MAX_COLUMNS: usize = 4;

/// File endings of a table, in the order in which messages list them.
pub(super) const ENDINGS: [&str; 3] = [".csv", ".csv.gz", ".parquet"];

/// What a table is made of.
#[derive(Clone, Copy, Debug)]
pub(super) struct TableSpec {
    /// Name of its file without the ending.
    pub(super) name: &'static str,
    /// Columns of codes, all of which must be there.
    pub(super) codes: &'static [&'static str],
    /// Columns of numbers.
    pub(super) numbers: &'static [&'static str],
    /// Whether columns of numbers may be absent.
    pub(super) optional: bool,
}

impl TableSpec {
    fn columns(&self) -> impl Iterator<Item = &'static str> + Clone {
        self.codes.iter().chain(self.numbers).copied()
    }
}

/// A cell of a column of numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Number<'a> {
    /// The table has no such column.
    Absent,
    /// The cell is empty.
    Empty,
    /// A number, finite or not.
    Value(f64),
    /// Something else.
    Malformed(&'a str),
}

impl<'a> Number<'a> {
    /// The number that a text stands for.
    pub(super) fn parse(text: &'a str) -> Self {
        match text {
            "" => Self::Empty,
            text => text.parse().map_or(Self::Malformed(text), Self::Value),
        }
    }
}

/// A row of a table.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row<'a> {
    /// Line of a text, row of a Parquet file, counted from 1.
    pub(super) line: u64,
    /// Codes, as many as the table has columns of them.
    pub(super) codes: [&'a str; MAX_COLUMNS],
    /// Numbers, likewise.
    pub(super) numbers: [Number<'a>; MAX_COLUMNS],
}

/// What is done with each row.
pub(super) type Visit<'v> = dyn FnMut(&Row<'_>, &mut Problems) + 'v;

/// Positions in a file of the columns of a table.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Columns {
    pub(super) codes: [usize; MAX_COLUMNS],
    pub(super) numbers: [Option<usize>; MAX_COLUMNS],
}

impl Columns {
    /// Finds the columns of a table in the header of a file, at `line` if it is text.
    ///
    /// Every column that is unknown, missing or there twice is a problem, and the answer `None`.
    pub(super) fn find(
        spec: &TableSpec,
        header: &[&str],
        line: Option<u64>,
        problems: &mut Problems,
    ) -> Option<Self> {
        let mut wrong = Vec::new();
        for (index, name) in header.iter().enumerate() {
            if !spec.columns().any(|column| column == *name) {
                wrong.push(Diagnostic::unknown("column", name, spec.columns()));
            } else if header[..index].contains(name) {
                wrong.push(Diagnostic::new(format!("column `{name}` is there twice")));
            }
        }
        let position = |column: &str| header.iter().position(|name| *name == column);
        let mut columns = Self::default();
        for (index, column) in spec.codes.iter().enumerate() {
            match position(column) {
                Some(at) => columns.codes[index] = at,
                None => wrong.push(missing(spec, column)),
            }
        }
        for (index, column) in spec.numbers.iter().enumerate() {
            columns.numbers[index] = position(column);
            if columns.numbers[index].is_none() && !spec.optional {
                wrong.push(missing(spec, column));
            }
        }
        if wrong.is_empty() {
            return Some(columns);
        }
        for diagnostic in wrong {
            problems.push(match line {
                Some(line) => diagnostic.at_line(line),
                None => diagnostic,
            });
        }
        None
    }
}

fn missing(spec: &TableSpec, column: &str) -> Diagnostic {
    let names: Vec<&str> = spec.columns().collect();
    let expected = format!("the columns {}", names.join(", "));
    Diagnostic::new(format!("column `{column}` is missing")).expected(expected)
}

/// Finds the file of a table among those of a folder.
///
/// # Errors
/// A diagnostic if the table is there in two formats.
pub(super) fn find_file(
    name: &str,
    folder: Folder<'_>,
    files: &[String],
) -> Result<Option<String>, Diagnostic> {
    let found: Vec<String> = ENDINGS
        .iter()
        .map(|ending| format!("{name}{ending}"))
        .filter(|file| files.contains(file))
        .collect();
    match found.as_slice() {
        [] => Ok(None),
        [file] => Ok(Some(file.clone())),
        several => {
            let listed: Vec<String> = several.iter().map(|file| format!("`{file}`")).collect();
            Err(Diagnostic::new(format!("table `{name}` is there in {} formats", several.len()))
                .in_file(folder.path(&several[0]).display().to_string())
                .found(listed.join(" and "))
                .expected("one of them"))
        }
    }
}

/// Reads the rows of a table one by one.
///
/// # Errors
/// `File` if the file system fails; what is wrong with the content goes to `problems`.
pub(super) fn read_rows(
    folder: Folder<'_>,
    file: &str,
    spec: &TableSpec,
    problems: &mut Problems,
    visit: &mut Visit<'_>,
) -> Result<Columns, IoError> {
    if file.ends_with(".parquet") {
        long_parquet::read(&folder.path(file), spec, problems, visit)
    } else {
        let path = folder.path(file);
        long_csv::read(folder.open(file)?, &path, spec, problems, visit)
    }
}
