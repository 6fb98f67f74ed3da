//! What is wrong with an input, said so that it can be mended.

use std::fmt;
use std::path::{Path, PathBuf};

use viner_model::labels::nearest;

/// One thing wrong with an input file: what, where, found, expected, hint.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Diagnostic {
    /// File, as the user named it.
    pub file: Option<String>,
    /// Line, counted from 1; the row for a Parquet file.
    pub line: Option<u64>,
    /// Character in the line, counted from 1.
    pub column: Option<usize>,
    /// Key of a TOML file, with its tables: `policy.rate`.
    pub key: Option<String>,
    /// What is wrong: lower case, no final stop, backticks around what the user wrote.
    pub problem: String,
    /// What stands there.
    pub found: Option<String>,
    /// What should.
    pub expected: Option<String>,
    /// Remedies.
    pub hints: Vec<String>,
}

/// How many valid names an error lists where none is near the one written.
const LISTED_NAMES: usize = 24;

impl Diagnostic {
    /// A problem without a place yet.
    pub fn new(problem: impl Into<String>) -> Self {
        Self { problem: problem.into(), ..Self::default() }
    }

    /// A name that is none of the valid ones: "unknown region `RSU`; did you mean `RUS`?".
    ///
    /// Where nothing is near, the valid names are listed as what was expected, if they are few.
    pub fn unknown<'a>(what: &str, word: &str, valid: impl IntoIterator<Item = &'a str>) -> Self {
        let valid: Vec<&str> = valid.into_iter().collect();
        if let Some(near) = nearest(word, valid.iter().copied()) {
            return Self::new(format!("unknown {what} `{word}`; did you mean `{near}`?"));
        }
        let names: Vec<String> = valid.into_iter().map(|name| format!("`{name}`")).collect();
        let diagnostic = Self::new(format!("unknown {what} `{word}`"));
        match names.len() {
            0 => diagnostic,
            1 => diagnostic.expected(names.concat()),
            n if n <= LISTED_NAMES => diagnostic.expected(format!("one of {}", names.join(", "))),
            n => diagnostic
                .expected(format!("one of {n} names: {}, ...", names[..LISTED_NAMES].join(", "))),
        }
    }

    /// In this file.
    #[must_use]
    pub fn in_file(mut self, file: impl Into<String>) -> Self {
        self.file = Some(file.into());
        self
    }

    /// At this line, counted from 1.
    #[must_use]
    pub fn at_line(mut self, line: u64) -> Self {
        self.line = Some(line);
        self
    }

    /// At this character of the line, counted from 1.
    #[must_use]
    pub fn at_column(mut self, column: usize) -> Self {
        self.column = Some(column);
        self
    }

    /// At this key.
    #[must_use]
    pub fn at_key(mut self, key: impl Into<String>) -> Self {
        self.key = Some(key.into());
        self
    }

    /// What stands there.
    #[must_use]
    pub fn found(mut self, found: impl Into<String>) -> Self {
        self.found = Some(found.into());
        self
    }

    /// What should stand there.
    #[must_use]
    pub fn expected(mut self, expected: impl Into<String>) -> Self {
        self.expected = Some(expected.into());
        self
    }

    /// One more remedy.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// The place in words, if any of it is known.
    fn place(&self) -> Option<String> {
        let mut parts = Vec::new();
        parts.extend(self.file.clone());
        if let Some(line) = self.line {
            let parquet = self.file.as_deref().is_some_and(is_parquet);
            parts.push(format!("{} {line}", if parquet { "row" } else { "line" }));
        }
        parts.extend(self.column.map(|column| format!("column {column}")));
        parts.extend(self.key.as_ref().map(|key| format!("key `{key}`")));
        (!parts.is_empty()).then(|| parts.join(", "))
    }
}

fn is_parquet(file: &str) -> bool {
    Path::new(file).extension().is_some_and(|extension| extension.eq_ignore_ascii_case("parquet"))
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "error: {}", self.problem)?;
        if let Some(place) = self.place() {
            write!(f, "\n  at {place}")?;
        }
        match (&self.found, &self.expected) {
            (Some(found), Some(expected)) => {
                write!(f, "\n  found {found}, expected {expected}")?;
            }
            (Some(found), None) => write!(f, "\n  found {found}")?,
            (None, Some(expected)) => write!(f, "\n  expected {expected}")?,
            (None, None) => {}
        }
        for hint in &self.hints {
            write!(f, "\nhint: {hint}")?;
        }
        Ok(())
    }
}

/// Everything wrong with an input, in the order of its places.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Diagnostics(pub Vec<Diagnostic>);

impl Diagnostics {
    /// Whether nothing is wrong.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds one.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.0.push(diagnostic);
    }

    /// Nothing if all is well, itself as an error otherwise.
    ///
    /// # Errors
    /// Itself, unless it is empty.
    pub fn into_result(self) -> Result<(), Self> {
        if self.is_empty() { Ok(()) } else { Err(self) }
    }
}

impl fmt::Display for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, diagnostic) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str("\n\n")?;
            }
            diagnostic.fmt(f)?;
        }
        Ok(())
    }
}

impl std::error::Error for Diagnostics {}

impl From<Diagnostic> for Diagnostics {
    fn from(diagnostic: Diagnostic) -> Self {
        Self(vec![diagnostic])
    }
}

impl Extend<Diagnostic> for Diagnostics {
    fn extend<T: IntoIterator<Item = Diagnostic>>(&mut self, iter: T) {
        self.0.extend(iter);
    }
}

impl IntoIterator for Diagnostics {
    type Item = Diagnostic;
    type IntoIter = std::vec::IntoIter<Diagnostic>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

/// Why a file could not be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IoError {
    /// The file system said no.
    #[error("cannot {action} `{}`: {source}", path.display())]
    File {
        /// What was tried: "read", "create".
        action: &'static str,
        /// On which file or folder.
        path: PathBuf,
        /// What the system answered.
        source: std::io::Error,
    },
    /// The content of an input is wrong.
    #[error(transparent)]
    Input(#[from] Diagnostics),
    /// An output folder holds, or is, something that must not be replaced.
    #[error("output folder `{}` is not replaced: {reason}", path.display())]
    OutputRefused {
        /// The folder.
        path: PathBuf,
        /// What is in the way.
        reason: String,
    },
    /// A table is longer than a sheet of a workbook can be.
    #[error("table `{table}` has {rows} rows, expected at most {limit} in a sheet of a workbook")]
    TooLongForSheet {
        /// The table.
        table: String,
        /// Its rows.
        rows: usize,
        /// What a sheet can hold beside the header.
        limit: usize,
    },
    /// A table to be written has columns of different lengths, or none.
    #[error(
        "table `{table}` is not a table: column `{column}` has {found} rows, expected {expected}"
    )]
    Ragged {
        /// The table.
        table: String,
        /// The first column whose length differs.
        column: String,
        /// Its length.
        found: usize,
        /// The length of the columns before it.
        expected: usize,
    },
    /// A value that a bundle cannot hold.
    #[error("table `{table}`, cell {cell}: found {value}, expected a finite number")]
    NotFinite {
        /// The table.
        table: &'static str,
        /// Codes of the cell.
        cell: String,
        /// Its value.
        value: f64,
    },
    /// A writer of one of the formats failed.
    #[error("cannot write `{}`: {message}", path.display())]
    Encode {
        /// The file.
        path: PathBuf,
        /// What the format's writer answered.
        message: String,
    },
}

impl IoError {
    /// The same error with its file system call: for `map_err`.
    pub(crate) fn file(action: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::File { action, path, source }
    }

    /// The error as a list to print: the diagnostics themselves, or one that says it in words.
    pub fn diagnostics(&self) -> Diagnostics {
        if let Self::Input(diagnostics) = self {
            return diagnostics.clone();
        }
        let mut diagnostic = Diagnostic::new(self.to_string());
        diagnostic.hints = self.hints();
        diagnostic.into()
    }

    /// Remedies.
    pub fn hints(&self) -> Vec<String> {
        match self {
            Self::OutputRefused { .. } => vec!["name another folder, or empty this one".to_owned()],
            Self::TooLongForSheet { .. } => {
                vec!["write `csv` or `parquet`, which have no such limit".to_owned()]
            }
            Self::Input(diagnostics) => {
                diagnostics.0.iter().flat_map(|diagnostic| diagnostic.hints.clone()).collect()
            }
            _ => Vec::new(),
        }
    }
}

impl From<Diagnostic> for IoError {
    fn from(diagnostic: Diagnostic) -> Self {
        Self::Input(diagnostic.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn displays_all_parts_in_order() {
        let diagnostic = Diagnostic::new("the rate is below -1")
            .in_file("a.toml")
            .at_line(12)
            .at_column(3)
            .at_key("policy.rate")
            .found("-2")
            .expected("more than -1")
            .hint("rates are fractions");
        assert_eq!(
            diagnostic.to_string(),
            "error: the rate is below -1\n  at a.toml, line 12, column 3, key `policy.rate`\n  \
             found -2, expected more than -1\nhint: rates are fractions"
        );
    }

    #[test]
    fn unknown_names_the_nearest_or_lists_all() {
        let near = Diagnostic::unknown("region", "RSU", ["USA", "RUS"]);
        assert_eq!(near.to_string(), "error: unknown region `RSU`; did you mean `RUS`?");
        let far = Diagnostic::unknown("region", "XQZ", ["USA", "RUS"]);
        assert_eq!(far.to_string(), "error: unknown region `XQZ`\n  expected one of `USA`, `RUS`");
    }

    #[test]
    fn a_parquet_file_has_rows() {
        let diagnostic = Diagnostic::new("x").in_file("flows.parquet").at_line(7);
        assert_eq!(diagnostic.to_string(), "error: x\n  at flows.parquet, row 7");
    }

    #[test]
    fn several_are_separated_by_an_empty_line() {
        let all = Diagnostics(vec![Diagnostic::new("a"), Diagnostic::new("b")]);
        assert_eq!(all.to_string(), "error: a\n\nerror: b");
    }

    #[test]
    fn other_errors_print_as_diagnostics_too() {
        let error = IoError::OutputRefused { path: "out".into(), reason: "it is a file".into() };
        assert_eq!(
            error.diagnostics().to_string(),
            "error: output folder `out` is not replaced: it is a file\n\
             hint: name another folder, or empty this one"
        );
    }
}
