//! Rows of trade as they come from a source, and the table that they make.

use std::collections::{BTreeMap, BTreeSet};

use super::trade::Trade;
use crate::diagnostic::Diagnostic;
use crate::tables::codes::{self, Reading, Scheme};
use crate::tables::findings::named;
use crate::tables::problems::Problems;

/// Rows as they come, with codes numbered as they come.
#[derive(Default)]
pub(crate) struct Book {
    regions: BTreeMap<String, u32>,
    products: BTreeMap<String, u32>,
    unknown: BTreeSet<String>,
    /// What the source writes and the code it was read as, where that is a judgement.
    replaced: BTreeSet<(String, &'static str)>,
    rows: Vec<(u32, u32, u32, f64)>,
}

/// The most rows that are held: a year of the largest source has some twelve million.
const MAX_ROWS: usize = 1 << 26;

impl Book {
    /// The code that today's ISO 3166 has for the territory of one that it has replaced.
    pub(super) fn current(&mut self, written: String) -> String {
        let Reading::Is(code) = codes::read(&written, Scheme::Alpha3) else { return written };
        self.replaced.insert((written, code));
        code.to_owned()
    }

    /// The code of a number; the number itself where no list has it.
    pub(crate) fn of_number(&mut self, written: String) -> String {
        let Ok(number) = written.parse() else { return written };
        let Some(code) = codes::by_number(number) else { return written };
        if codes::is_customs_number(number) {
            self.replaced.insert((written, code));
        }
        code.to_owned()
    }

    /// Adds a flow in million dollars; one of zero leaves its codes alone.
    pub(crate) fn add(
        &mut self,
        exporter: String,
        importer: String,
        product: String,
        value: f64,
    ) -> Result<(), Diagnostic> {
        let (exporter, importer) = (self.region(exporter)?, self.region(importer)?);
        if product.is_empty() {
            return Err(Diagnostic::new("a product is empty"));
        }
        let product = number_of(&mut self.products, product);
        if self.rows.len() == MAX_ROWS {
            return Err(Diagnostic::new("the table is too long")
                .expected(format!("at most {MAX_ROWS} rows of a year")));
        }
        if value > 0.0 {
            self.rows.push((exporter, importer, product, value));
        }
        Ok(())
    }

    fn region(&mut self, code: String) -> Result<u32, Diagnostic> {
        if code.is_empty() {
            return Err(Diagnostic::new("a region is empty"));
        }
        if let Some(at) = self.regions.get(&code) {
            return Ok(*at);
        }
        if codes::name(&code).is_none() {
            self.unknown.insert(code.clone());
        }
        Ok(number_of(&mut self.regions, code))
    }

    /// The rows in the order of the codes; a cell that is there twice is a problem.
    pub(crate) fn trade(
        mut self,
        format: &'static str,
        year: i64,
        problems: &mut Problems,
    ) -> Trade {
        let regions = positions(&self.regions);
        let products = positions(&self.products);
        for row in &mut self.rows {
            row.0 = regions[row.0 as usize];
            row.1 = regions[row.1 as usize];
            row.2 = products[row.2 as usize];
        }
        self.rows.sort_unstable_by_key(|row| (row.0, row.1, row.2));
        let region_codes: Vec<String> = self.regions.into_keys().collect();
        let replaced: Vec<String> =
            self.replaced.iter().map(|(from, to)| format!("{from} as {to}")).collect();
        let historic: Vec<String> =
            region_codes.iter().filter(|code| codes::is_historic(code)).cloned().collect();
        let remarks = [("codes read as", replaced), ("countries that are no more", historic)]
            .into_iter()
            .filter(|(_, codes)| !codes.is_empty())
            .map(|(what, codes)| format!("{what}: {}", named(&codes)))
            .collect();
        let product_codes: Vec<String> = self.products.into_keys().collect();
        for pair in self.rows.windows(2) {
            let ((i, n, k, _), (i2, n2, k2, _)) = (pair[0], pair[1]);
            if (i, n, k) == (i2, n2, k2) {
                let cell = format!(
                    "{}/{}/{}",
                    region_codes[i as usize], region_codes[n as usize], product_codes[k as usize]
                );
                problems.push(Diagnostic::new(format!("trade of `{cell}` is there twice")));
            }
        }
        Trade {
            format,
            year,
            regions: region_codes,
            products: product_codes,
            rows: self.rows,
            unknown: self.unknown.into_iter().collect(),
            remarks,
        }
    }
}

fn number_of(codes: &mut BTreeMap<String, u32>, code: String) -> u32 {
    let next = u32::try_from(codes.len()).unwrap_or(u32::MAX);
    *codes.entry(code).or_insert(next)
}

/// The place in the order of codes of each number given to one.
fn positions(codes: &BTreeMap<String, u32>) -> Vec<u32> {
    let mut places = vec![0; codes.len()];
    for (place, number) in (0u32..).zip(codes.values()) {
        places[*number as usize] = place;
    }
    places
}
