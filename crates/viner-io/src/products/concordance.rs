//! Which industries make a product: the Harmonized System at six digits, and ISIC Rev. 4.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::{harmonized_system, isic};
use crate::diagnostic::{Diagnostic, IoError};
use crate::operations::Sheet;

/// Repair and installation, which correspondence tables list beside the makers of what is repaired.
const REPAIR: u8 = 33;

/// The industry that makes most of each chapter, and of headings and products that another one makes:
/// the longest code counts. By the definitions of both classifications and by judgement; not an
/// official table.
const BUILT_IN: &str = include_str!("hs_isic4.csv");
/// How records and reports name it.
const BUILT_IN_NAME: &str = "the built-in list of products by industry";

/// Divisions of ISIC Rev. 4 by product.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Concordance {
    /// By product of six digits.
    products: BTreeMap<String, BTreeSet<u8>>,
    /// By the first digits of products that are not in the list: none for a table that a file holds.
    prefixes: BTreeMap<&'static str, BTreeSet<u8>>,
    name: String,
}

impl Concordance {
    /// The list that is built in, for where no file is named.
    pub fn built_in() -> Self {
        let mut prefixes = BTreeMap::new();
        for line in BUILT_IN.lines().skip(1) {
            let Some((products, division)) = line.split_once(',') else { continue };
            let division: BTreeSet<u8> = division.parse().into_iter().collect();
            prefixes.extend(products.split(' ').map(|product| (product, division.clone())));
        }
        let mut built_in =
            Self { products: BTreeMap::new(), prefixes, name: BUILT_IN_NAME.to_owned() };
        let listed = harmonized_system::products();
        let products =
            listed.filter_map(|code| Some((code.to_owned(), built_in.of(code)?.clone())));
        built_in.products = products.collect();
        built_in
    }

    /// Reads a table with a column of products, `HS_6d` or `hs6`, and one of industries, `ISIC4_2d`,
    /// `ISIC4_4d` or `isic4`; further columns are left alone.
    ///
    /// # Errors
    /// `Input` with everything that is wrong in it, `File` if the file system fails.
    pub fn read(path: &Path) -> Result<Self, IoError> {
        let sheet = Sheet::read_any(path, &[])?;
        let column = |names: &[&'static str]| {
            let name = names.iter().find(|name| sheet.has(name)).copied();
            name.ok_or_else(|| {
                let problem = Diagnostic::new("a column is missing").at_line(1);
                problem.expected(format!("`{}`", names.join("` or `"))).in_file(sheet.file())
            })
        };
        let product = column(&["HS_6d", "hs6"])?;
        let industry = column(&["ISIC4_2d", "ISIC4_4d", "isic4"])?;
        let mut all: BTreeMap<String, BTreeSet<u8>> = BTreeMap::new();
        let mut problems = sheet.problems_here();
        for row in &sheet.rows {
            let (hs, text) = (sheet.cell(row, product), sheet.cell(row, industry));
            // Two or four digits of a class, or a code with its section.
            let digits = text.get(..2).filter(|_| text.bytes().all(|byte| byte.is_ascii_digit()));
            let divisions = match digits {
                Some(digits) => digits.parse().ok().map(|division| BTreeSet::from([division])),
                None => isic::divisions(text),
            };
            if ["", "NA"].contains(&text) {
                // Nobody makes it: waste, and what is returned.
                continue;
            }
            let is_product = hs.len() == 6 && hs.bytes().all(|byte| byte.is_ascii_digit());
            if let Some(divisions) = divisions.filter(|_| is_product) {
                all.entry(hs.to_owned()).or_default().extend(divisions);
            } else {
                let problem = Diagnostic::new("not a product of six digits and its industry");
                let found = format!("`{hs}` and `{text}`");
                problems.push(problem.at_line(row.line).found(found));
            }
        }
        for divisions in all.values_mut().filter(|divisions| divisions.len() > 1) {
            divisions.remove(&REPAIR);
        }
        if !problems.is_empty() {
            return Err(problems.into_diagnostics().into());
        }
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        Ok(Self { products: all, prefixes: BTreeMap::new(), name })
    }

    /// What it is: the name of its file, or words for what is built in.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Products whose code begins so, with their divisions.
    pub(super) fn under<'a>(
        &'a self,
        prefix: &'a str,
    ) -> impl Iterator<Item = (&'a str, &'a BTreeSet<u8>)> {
        let from = self.products.range(prefix.to_owned()..);
        from.take_while(move |(code, _)| code.starts_with(prefix))
            .map(|(code, divisions)| (code.as_str(), divisions))
    }

    /// Divisions that make a product.
    pub(super) fn of(&self, product: &str) -> Option<&BTreeSet<u8>> {
        let by_prefix = || {
            let mut beginnings =
                (1..=product.len()).rev().filter_map(|length| product.get(..length));
            beginnings.find_map(|beginning| self.prefixes.get(beginning))
        };
        self.products.get(product).or_else(by_prefix)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_product_has_an_industry_in_the_built_in_list() {
        let built_in = Concordance::built_in();
        // Nobody makes what is not specified.
        for code in harmonized_system::products().filter(|code| *code != "999999") {
            let divisions = built_in.of(code).unwrap();
            assert_eq!(divisions.len(), 1, "{code}");
        }
        // Each beginning is there once.
        let beginnings = BUILT_IN
            .lines()
            .skip(1)
            .flat_map(|line| line.split_once(',').map_or("", |(products, _)| products).split(' '));
        assert_eq!(beginnings.count(), built_in.prefixes.len());
        for (product, division) in [
            ("270900", 6),
            ("271111", 6),
            ("271012", 19),
            ("870323", 29),
            ("854231", 26),
            ("300490", 21),
            // Of an earlier edition.
            ("880330", 30),
        ] {
            assert_eq!(built_in.of(product), Some(&BTreeSet::from([division])), "{product}");
        }
        assert_eq!(built_in.of("999999"), None);
    }

    /// With the concordance of Liao, Kim, Miyano and Zhu, where it is at hand: of all products of all
    /// editions, 97 in a hundred have an industry that it lists too.
    #[test]
    fn the_built_in_list_agrees_with_a_published_one() {
        let Ok(data) = std::env::var("VINER_TEST_DATA") else {
            eprintln!("skipped: VINER_TEST_DATA names no folder with official data");
            return;
        };
        let file = Path::new(&data).join("hs_isic_concordance/hs6_isic4.csv.gz");
        let published = Concordance::read(&file).unwrap();
        let built_in = Concordance::built_in();
        let agrees = |(product, divisions): (&String, &BTreeSet<u8>)| {
            built_in.of(product).is_some_and(|own| own.is_subset(divisions))
        };
        let count = published.products.len();
        let same = published.products.iter().filter(|entry| agrees(*entry)).count();
        assert_eq!((same, count), (6599, 6788));
    }
}
