//! Which industries make a product: the Harmonized System at six digits, and ISIC Rev. 4.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::isic;
use crate::diagnostic::{Diagnostic, IoError};
use crate::operations::Sheet;

/// Repair and installation, which correspondence tables list beside the makers of what is repaired.
const REPAIR: u8 = 33;

/// Divisions of ISIC Rev. 4 by product of six digits.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Concordance(BTreeMap<String, BTreeSet<u8>>);

impl Concordance {
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
        if problems.is_empty() { Ok(Self(all)) } else { Err(problems.into_diagnostics().into()) }
    }

    /// Products whose code begins so, with their divisions.
    pub(super) fn under<'a>(
        &'a self,
        prefix: &'a str,
    ) -> impl Iterator<Item = (&'a str, &'a BTreeSet<u8>)> {
        let from = self.0.range(prefix.to_owned()..);
        from.take_while(move |(code, _)| code.starts_with(prefix))
            .map(|(code, divisions)| (code.as_str(), divisions))
    }

    /// Divisions that make a product.
    pub(super) fn of(&self, product: &str) -> Option<&BTreeSet<u8>> {
        self.0.get(product)
    }
}
