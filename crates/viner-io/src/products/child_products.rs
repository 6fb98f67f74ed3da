//! Which products of the Harmonized System each part of a sector has: `child,name,hs`.

use std::collections::BTreeMap;
use std::path::Path;

use viner_model::labels::Label;

use crate::diagnostic::{Diagnostic, IoError};
use crate::operations::Sheet;

/// Stands for all products of the sector that no other child has.
const REST: &str = "*";

/// Which products each child has.
pub(super) struct ChildProducts {
    pub(super) children: Vec<Label>,
    /// First digits of codes, and the child that has them.
    prefixes: BTreeMap<String, usize>,
    /// The child that has all products of the sector that no other has.
    pub(super) rest: Option<usize>,
}

impl ChildProducts {
    pub(super) fn read(path: &Path) -> Result<Self, IoError> {
        let sheet = Sheet::read(path, &["child", "hs"], &["name"])?;
        let mut problems = sheet.problems_here();
        let mut wanted = Self { children: Vec::new(), prefixes: BTreeMap::new(), rest: None };
        for row in &sheet.rows {
            let cell = |column: &str| sheet.cell(row, column);
            let entered = wanted.enter(cell("child"), cell("name"), cell("hs"));
            if let Err(problem) = entered {
                problems.push(problem.at_line(row.line));
            }
        }
        if problems.is_empty() { Ok(wanted) } else { Err(problems.into_diagnostics().into()) }
    }

    fn enter(&mut self, code: &str, name: &str, products: &str) -> Result<(), Diagnostic> {
        if code.is_empty() {
            return Err(Diagnostic::new("a row without a child").expected("the code of a product"));
        }
        let child = self.children.iter().position(|child| child.code == code);
        let child = child.unwrap_or_else(|| {
            self.children.push(Label { code: code.to_owned(), name: code.to_owned() });
            self.children.len() - 1
        });
        if !name.is_empty() {
            name.clone_into(&mut self.children[child].name);
        }
        let words: Vec<&str> = products.split([' ', '+']).filter(|word| !word.is_empty()).collect();
        if words.is_empty() {
            let problem = Diagnostic::new(format!("child `{code}` has no products"));
            return Err(problem.expected("codes of the Harmonized System, or `*` for the rest"));
        }
        for word in words {
            if word == REST {
                if self.rest.replace(child).is_some_and(|other| other != child) {
                    return Err(Diagnostic::new("two children have all other products, `*`"));
                }
                continue;
            }
            let digits = word.bytes().all(|byte| byte.is_ascii_digit());
            if !digits || !(2..=6).contains(&word.len()) {
                let problem = Diagnostic::new("not a code of the Harmonized System");
                return Err(problem.found(format!("`{word}`")).expected("2 to 6 digits, or `*`"));
            }
            if self.prefixes.insert(word.to_owned(), child).is_some() {
                return Err(Diagnostic::new(format!("product `{word}` is there twice")));
            }
        }
        Ok(())
    }

    /// The child that names a product; an error where it names a part of it.
    pub(super) fn child(&self, product: &str) -> Result<Option<usize>, String> {
        let part =
            self.prefixes.keys().find(|own| own.len() > product.len() && own.starts_with(product));
        if let Some(part) = part {
            return Err(part.clone());
        }
        let mut beginnings = (2..=product.len()).rev().filter_map(|length| product.get(..length));
        Ok(beginnings.find_map(|beginning| self.prefixes.get(beginning)).copied())
    }
}
