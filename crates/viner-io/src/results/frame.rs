//! A table of results.

use super::words::Words;
use crate::diagnostic::IoError;

/// A named table: columns of one length, each with its name.
#[derive(Clone, Debug, PartialEq)]
pub struct Frame {
    /// Name of the table, and of its file or sheet.
    pub name: String,
    /// Columns in order.
    pub columns: Vec<(String, Column)>,
}

/// Cells of one column.
#[derive(Clone, Debug, PartialEq)]
pub enum Column {
    /// Labels, none missing.
    Text(Words),
    /// Labels, some missing.
    OptionalText(Words),
    /// Numbers; one that is not finite is written as an empty cell.
    Number(Vec<f64>),
}

impl Column {
    /// Number of cells.
    pub fn len(&self) -> usize {
        match self {
            Self::Text(cells) | Self::OptionalText(cells) => cells.len(),
            Self::Number(cells) => cells.len(),
        }
    }

    /// Whether there is no cell.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Frame {
    /// A table without columns yet.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), columns: Vec::new() }
    }

    /// Adds a column of labels.
    #[must_use]
    pub fn text<T: AsRef<str>>(
        mut self,
        name: impl Into<String>,
        cells: impl IntoIterator<Item = T>,
    ) -> Self {
        let cells = cells.into_iter().map(Some).collect();
        self.columns.push((name.into(), Column::Text(cells)));
        self
    }

    /// Adds a column of labels, some missing.
    #[must_use]
    pub fn optional_text<T: AsRef<str>>(
        mut self,
        name: impl Into<String>,
        cells: impl IntoIterator<Item = Option<T>>,
    ) -> Self {
        self.columns.push((name.into(), Column::OptionalText(cells.into_iter().collect())));
        self
    }

    /// Adds a column of numbers; one that is not finite stands for an empty cell.
    #[must_use]
    pub fn number(mut self, name: impl Into<String>, cells: impl IntoIterator<Item = f64>) -> Self {
        self.columns.push((name.into(), Column::Number(cells.into_iter().collect())));
        self
    }

    /// Number of rows: the length of the first column.
    pub fn rows(&self) -> usize {
        self.columns.first().map_or(0, |(_, column)| column.len())
    }

    /// The column of this name.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|(column, _)| column == name).map(|(_, cells)| cells)
    }

    /// Checks that all columns are of one length.
    ///
    /// # Errors
    /// `Ragged` with the first column that is not.
    pub fn check(&self) -> Result<(), IoError> {
        let expected = self.rows();
        match self.columns.iter().find(|(_, cells)| cells.len() != expected) {
            None => Ok(()),
            Some((column, cells)) => Err(IoError::Ragged {
                table: self.name.clone(),
                column: column.clone(),
                found: cells.len(),
                expected,
            }),
        }
    }
}

/// Appends a number with the fewest digits that read back as the same number.
///
/// A number that is not finite adds nothing; very large and very small ones get an exponent.
pub(crate) fn push_number(value: f64, text: &mut String) {
    use std::fmt::Write;

    let size = value.abs();
    // Writing to a string cannot fail.
    let _ = if !value.is_finite() {
        Ok(())
    } else if value == 0.0 {
        write!(text, "0")
    } else if (1e-5..1e16).contains(&size) {
        write!(text, "{value}")
    } else {
        write!(text, "{value:e}")
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(value: f64) -> String {
        let mut text = String::new();
        push_number(value, &mut text);
        text
    }

    #[test]
    fn numbers_are_short_and_read_back() {
        for value in [0.1, 1.0 / 3.0, 54_667.0, -1e-300, 1.5e22, 5e-324, f64::MAX, 1e-5, 1e16] {
            assert_eq!(written(value).parse::<f64>().unwrap().to_bits(), value.to_bits());
        }
        assert_eq!(written(54_667.0), "54667");
        assert_eq!(written(-0.013), "-0.013");
        assert_eq!(written(1e-12), "1e-12");
        assert_eq!(written(-0.0), "0");
        assert_eq!(written(f64::NAN), "");
        assert_eq!(written(f64::INFINITY), "");
    }

    #[test]
    fn columns_of_different_length_are_refused() {
        let frame = Frame::new("regions").text("region", ["USA", "RUS"]).number("welfare", [1.0]);
        assert_eq!(
            frame.check().unwrap_err().to_string(),
            "table `regions` is not a table: column `welfare` has 1 rows, expected 2"
        );
    }
}
