//! Trade by product, as an import of trade writes it: what means are weighted by.

use std::collections::HashMap;
use std::path::Path;

use crate::diagnostic::{Diagnostic, IoError};
use crate::tables::open_file;

/// Trade by exporter, importer and product.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TradeWeights {
    name: String,
    regions: Codes,
    products: Codes,
    /// Positions of exporter, importer and product, and value.
    rows: Vec<(u32, u32, u32, f64)>,
    by_product: Vec<f64>,
}

/// Codes in the order in which they first came.
#[derive(Clone, Debug, Default, PartialEq)]
struct Codes {
    all: Vec<String>,
    at: HashMap<String, u32>,
}

impl Codes {
    fn enter(&mut self, code: &str) -> u32 {
        if let Some(at) = self.at.get(code) {
            return *at;
        }
        let next = u32::try_from(self.all.len()).unwrap_or(u32::MAX);
        self.all.push(code.to_owned());
        self.at.insert(code.to_owned(), next);
        next
    }

    fn code(&self, at: u32) -> &str {
        &self.all[at as usize]
    }
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
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let mut weights = Self { name, ..Self::default() };
        let mut record = csv::StringRecord::new();
        while reader.read_record(&mut record).map_err(|error| unreadable(&error))? {
            let text = |at: usize| record.get(at).unwrap_or_default().trim();
            let number = text(value).parse().ok().filter(|v: &f64| v.is_finite() && *v >= 0.0);
            let number = number.ok_or_else(|| {
                let line = record.position().map_or(1, csv::Position::line);
                let problem = Diagnostic::new("the value is wrong").at_line(line);
                wrong(problem.found(format!("`{}`", text(value))).expected("a number, 0 or more"))
            })?;
            let product = weights.products.enter(text(product));
            weights.by_product.resize(weights.products.all.len(), 0.0);
            weights.by_product[product as usize] += number;
            let exporter = weights.regions.enter(text(exporter));
            let importer = weights.regions.enter(text(importer));
            weights.rows.push((exporter, importer, product, number));
        }
        Ok(weights)
    }

    /// Name of its file.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Exporter, importer, product and value of each row, in the order of the file.
    pub(super) fn rows(&self) -> impl Iterator<Item = (&str, &str, &str, f64)> {
        self.rows.iter().map(|(exporter, importer, product, value)| {
            let (regions, products) = (&self.regions, &self.products);
            (regions.code(*exporter), regions.code(*importer), products.code(*product), *value)
        })
    }

    /// World trade in a product.
    pub(super) fn of(&self, product: &str) -> f64 {
        let at = self.products.at.get(product);
        at.map_or(0.0, |at| self.by_product[*at as usize])
    }

    /// Products with their world trade.
    pub(super) fn products(&self) -> impl Iterator<Item = (&str, f64)> {
        self.products.all.iter().map(String::as_str).zip(self.by_product.iter().copied())
    }
}
