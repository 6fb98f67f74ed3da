//! Trade by product, as an import of trade writes it: what means are weighted by.

use std::collections::HashMap;
use std::path::Path;

use crate::diagnostic::{Diagnostic, IoError};
use crate::tables::open_file;

/// Trade by exporter, importer and product.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TradeWeights {
    /// Exporter, importer, product, value.
    pub(super) rows: Vec<(String, String, String, f64)>,
    by_product: HashMap<String, f64>,
}

impl TradeWeights {
    /// Reads a table with columns `exporter`, `importer`, `product`, `value`: `trade.csv.gz` of
    /// `viner data import`.
    ///
    /// # Errors
    /// `Input` with the first row that is wrong, `File` if the file system fails.
    pub fn read(path: &Path) -> Result<Self, IoError> {
        let file = path.display().to_string();
        let wrong = |problem: Diagnostic| IoError::from(problem.in_file(file.clone()));
        let mut reader = csv::Reader::from_reader(open_file(path)?);
        let unreadable =
            |error: &csv::Error| wrong(Diagnostic::new(format!("not a CSV table: {error}")));
        let header = reader.headers().map_err(|error| unreadable(&error))?.clone();
        let column = |name: &str| {
            header.iter().position(|cell| cell == name).ok_or_else(|| {
                wrong(Diagnostic::new(format!("column `{name}` is missing")).at_line(1))
            })
        };
        let (exporter, importer) = (column("exporter")?, column("importer")?);
        let (product, value) = (column("product")?, column("value")?);
        let mut weights = Self::default();
        for record in reader.records() {
            let record = record.map_err(|error| unreadable(&error))?;
            let text = |at: usize| record.get(at).unwrap_or_default().trim();
            let number = text(value).parse().ok().filter(|v: &f64| v.is_finite() && *v >= 0.0);
            let number = number.ok_or_else(|| {
                let line = record.position().map_or(1, csv::Position::line);
                let problem = Diagnostic::new("the value is wrong").at_line(line);
                wrong(problem.found(format!("`{}`", text(value))).expected("a number, 0 or more"))
            })?;
            *weights.by_product.entry(text(product).to_owned()).or_default() += number;
            let [exporter, importer, product] =
                [exporter, importer, product].map(|at| text(at).to_owned());
            weights.rows.push((exporter, importer, product, number));
        }
        Ok(weights)
    }

    /// World trade in a product.
    pub(super) fn of(&self, product: &str) -> f64 {
        self.by_product.get(product).copied().unwrap_or_default()
    }

    /// Products with their world trade.
    pub(super) fn products(&self) -> impl Iterator<Item = (&str, f64)> {
        self.by_product.iter().map(|(product, value)| (product.as_str(), *value))
    }
}
