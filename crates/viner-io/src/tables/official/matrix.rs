//! A world input-output table as a matrix, in its file's own order.

use std::collections::HashMap;

/// A row or column: a region and, in it, a sector or a category of final use.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Key {
    /// The region as the file writes it.
    pub(crate) region: String,
    /// The sector or the category.
    pub(crate) part: String,
}

impl Key {
    pub(crate) fn new(region: impl Into<String>, part: impl Into<String>) -> Self {
        Self { region: region.into(), part: part.into() }
    }

    /// Splits a label at the first of a letter: `AUS_C10T12`, `AUS.c1`.
    pub(crate) fn split(label: &str, at: char) -> Option<Self> {
        let (region, part) = label.split_once(at)?;
        (!region.is_empty() && !part.is_empty()).then(|| Self::new(region, part))
    }

    /// How messages name it, and what sums are ordered by.
    pub(crate) fn label(&self) -> String {
        format!("{}_{}", self.region, self.part)
    }
}

/// A row that sells.
#[derive(Clone, Debug)]
pub(crate) struct Seller {
    pub(crate) key: Key,
    /// The line or row of the file.
    pub(crate) line: u64,
}

/// A column; one without a key holds totals or what is not read.
#[derive(Clone, Debug)]
pub(crate) struct Column {
    pub(crate) key: Option<Key>,
    /// Its label in the file.
    pub(crate) label: String,
}

impl Column {
    pub(crate) fn of(key: Key) -> Self {
        Self { label: key.label(), key: Some(key) }
    }
}

/// What a file says of its own totals. Numbers that it does not give are not numbers.
#[derive(Clone, Debug, Default)]
pub(crate) struct Stated {
    /// Gross output by column, and the line it is on.
    pub(crate) output: Option<(u64, Vec<f64>)>,
    /// Gross output by row.
    pub(crate) row_totals: Option<Vec<f64>>,
    /// Purchases of inputs by column.
    pub(crate) inputs: Option<Vec<f64>>,
    /// Costs beside inputs, by name and column: value added, taxes.
    pub(crate) costs: Vec<(String, Vec<f64>)>,
}

/// The table: sales of every row to every column.
#[derive(Clone, Debug, Default)]
pub(crate) struct Matrix {
    pub(crate) columns: Vec<Column>,
    /// The line of the column labels.
    pub(crate) header_line: Option<u64>,
    pub(crate) rows: Vec<Seller>,
    /// Row after row, as many values each as there are columns.
    pub(crate) values: Vec<f64>,
    pub(crate) stated: Stated,
    /// Names of sectors and categories that the file gives, by code.
    pub(crate) names: HashMap<String, String>,
}

/// The most cells of a matrix that are held at once: one gigabyte.
pub(crate) const MAX_HELD: usize = 1 << 27;
