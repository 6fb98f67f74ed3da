//! Shares of the products of a sector: `child,name,exporter,importer,user,share`.

use std::collections::HashMap;
use std::path::Path;

use viner_model::labels::{Label, Labels};
use viner_model::tables::Tables;
use viner_tables::split::{Division, TradeShare, UseShare};

use super::sheet::{Sheet, SheetRow};
use super::targets_file::code;
use crate::diagnostic::{Diagnostic, IoError};
use crate::tables::Problems;

/// User that stands for final spending.
const FINAL_USE: &str = "final";

/// Reads how a sector is divided: rows without a user share the flows of their cells, rows with one
/// what that user in the importing region spends.
///
/// # Errors
/// `Input` with everything that is wrong in the file, `File` if the file system fails.
pub fn read_division(path: &Path, tables: &Tables, parent: usize) -> Result<Division, IoError> {
    let optional = ["name", "exporter", "importer", "user"];
    let mut sheet = Sheet::read(path, &["child", "share"], &optional)?;
    let mut problems = std::mem::replace(&mut sheet.problems, Problems::of(String::new()));
    let mut reader = Reader {
        sheet: &sheet,
        tables,
        lines: HashMap::new(),
        division: Division {
            parent,
            children: Vec::new(),
            trade: Vec::new(),
            uses: Vec::new(),
            source: path.file_name().unwrap_or_default().to_string_lossy().into_owned(),
        },
    };
    for row in &sheet.rows {
        if let Err(problem) = reader.enter(row) {
            problems.push(problem.at_line(row.line));
        }
    }
    let mut division = reader.division;
    for child in &mut division.children {
        if child.name.is_empty() {
            child.name.clone_from(&child.code);
        }
    }
    Sheet::finish(problems, division)
}

struct Reader<'a> {
    sheet: &'a Sheet,
    tables: &'a Tables,
    /// Line that gave each cell, by its codes.
    lines: HashMap<[String; 4], u64>,
    division: Division,
}

impl Reader<'_> {
    fn enter(&mut self, row: &SheetRow) -> Result<(), Diagnostic> {
        let cell = |column: &str| match self.sheet.cell(row, column) {
            "" if column == "exporter" || column == "importer" => "*".to_owned(),
            text => text.to_owned(),
        };
        let at = ["child", "exporter", "importer", "user"].map(cell);
        let share = self
            .sheet
            .number(row, "share", "a number from 0 to 1", |v| (0.0..=1.0).contains(&v))?;
        let child = self.child(&at[0], self.sheet.cell(row, "name"))?;
        if let Some(first) = self.lines.insert(at.clone(), row.line) {
            let problem = Diagnostic::new(format!("the share of `{}` is given twice", at[0]));
            let found = format!("lines {first} and {}", row.line);
            return Err(problem.found(found).expected("one of them"));
        }
        let [_, exporter, importer, user] = &at;
        let region = any(&self.tables.regions, importer)?;
        if user.is_empty() {
            let exporter = any(&self.tables.regions, exporter)?;
            self.division.trade.push(TradeShare { child, exporter, importer: region, share });
            return Ok(());
        }
        if exporter != "*" {
            let problem = Diagnostic::new("a share of a user's spending names an exporter");
            return Err(problem.found(format!("`{exporter}`")).expected("`*`"));
        }
        let user = match user.as_str() {
            "*" => None,
            FINAL_USE => Some(self.tables.sectors.len()),
            user => Some(code(&self.tables.sectors, "user", user)?),
        };
        self.division.uses.push(UseShare { child, region, user, share });
        Ok(())
    }

    /// Position of a child, new or known.
    fn child(&mut self, code: &str, name: &str) -> Result<usize, Diagnostic> {
        if code.is_empty() || code == "*" {
            let problem = Diagnostic::new("a row without a child");
            return Err(problem.found(format!("`{code}`")).expected("the code of a product"));
        }
        let children = &mut self.division.children;
        let position = children.iter().position(|child| child.code == code).unwrap_or_else(|| {
            children.push(Label { code: code.to_owned(), name: String::new() });
            children.len() - 1
        });
        let known = &mut children[position].name;
        if known.is_empty() {
            name.clone_into(known);
        } else if !name.is_empty() && known != name {
            let problem = Diagnostic::new(format!("child `{code}` has two names"));
            return Err(problem.found(format!("`{known}` and `{name}`")).expected("one of them"));
        }
        Ok(position)
    }
}

/// Position of a code; nothing for `*`.
fn any(regions: &Labels, word: &str) -> Result<Option<usize>, Diagnostic> {
    if word == "*" { Ok(None) } else { code(regions, "region", word).map(Some) }
}
