//! Observed sales of intermediates in two years: `exporter,importer,sector,YEAR,YEAR`.

use std::collections::HashSet;
use std::path::Path;

use crate::builtin;
use crate::diagnostic::{Diagnostic, Diagnostics, IoError};
use crate::operations::sheet::{Sheet, SheetRow};
use crate::tables::Problems;

/// Columns of codes.
const CODES: [&str; 3] = ["exporter", "importer", "sector"];

/// What was sold by cell in two years, in million USD.
#[derive(Clone, Debug, PartialEq)]
pub struct ObservedCells {
    /// Name of a built-in set, or of a file.
    pub name: String,
    /// The first year and the one to predict.
    pub years: [i32; 2],
    /// In the order of the file.
    pub cells: Vec<ObservedCell>,
}

/// One cell.
#[derive(Clone, Debug, PartialEq)]
pub struct ObservedCell {
    /// Selling region.
    pub exporter: String,
    /// Buying region.
    pub importer: String,
    /// Sector sold.
    pub sector: String,
    /// Value in the two years.
    pub values: [f64; 2],
}

impl ObservedCells {
    /// A built-in set of cells, or a CSV file; lines that start with `#` are comments.
    ///
    /// # Errors
    /// There is neither, or everything that is wrong in the file.
    pub fn open(name: &str) -> Result<Self, Diagnostics> {
        if let Some(text) = builtin::cells(name) {
            return Self::parse(text, name).map_err(|error| error.diagnostics());
        }
        let path = Path::new(name);
        if !path.is_file() {
            let sets = builtin::cell_sets();
            let diagnostic =
                Diagnostic::unknown("set of cells", name, sets.iter().map(|set| set.0));
            let hint =
                "it is no file either; cells are a table exporter, importer, sector, and two years";
            return Err(diagnostic.hint(hint).into());
        }
        let text = std::fs::read_to_string(path).map_err(|error| {
            Diagnostics::from(Diagnostic::new(format!("cannot read `{name}`: {error}")))
        })?;
        Self::parse(&text, name).map_err(|error| error.diagnostics())
    }

    fn parse(text: &str, name: &str) -> Result<Self, IoError> {
        let header = text.lines().find(|line| !line.starts_with('#')).unwrap_or_default();
        let mut years: Vec<&str> = header.split(',').map(str::trim).filter(is_year).collect();
        years.sort_unstable();
        let &[before, after] = years.as_slice() else {
            let problem = format!("the table has {} columns named for a year", years.len());
            let expected = "exporter, importer, sector, and two years such as 2019 and 2022";
            return Err(Diagnostic::new(problem).in_file(name).expected(expected).into());
        };
        let mut sheet = Sheet::parse(text, name, &[&CODES[..], &[before, after]].concat(), &[])?;
        let mut problems = std::mem::replace(&mut sheet.problems, Problems::of(String::new()));
        let mut known = HashSet::new();
        let mut cells = Vec::with_capacity(sheet.rows.len());
        for row in &sheet.rows {
            match cell(&sheet, row, [before, after]) {
                Ok(cell) => {
                    let key = CODES.map(|code| sheet.cell(row, code));
                    if !known.insert(key) {
                        let problem = format!("the cell {} is given twice", key.join(" "));
                        problems.push(Diagnostic::new(problem).at_line(row.line));
                    }
                    cells.push(cell);
                }
                Err(problem) => problems.push(problem.at_line(row.line)),
            }
        }
        let years = [before, after].map(|year| year.parse().unwrap_or_default());
        Sheet::finish(problems, Self { name: name.to_owned(), years, cells })
    }
}

fn is_year(name: &&str) -> bool {
    name.len() == 4 && name.bytes().all(|byte| byte.is_ascii_digit())
}

fn cell(sheet: &Sheet, row: &SheetRow, years: [&str; 2]) -> Result<ObservedCell, Diagnostic> {
    let code = |column: &str| match sheet.cell(row, column) {
        "" => Err(Diagnostic::new(format!("the {column} is empty")).expected("a code")),
        code => Ok(code.to_owned()),
    };
    let value = |year: &str| sheet.number(row, year, "a value of at least 0", |value| value >= 0.0);
    Ok(ObservedCell {
        exporter: code("exporter")?,
        importer: code("importer")?,
        sector: code("sector")?,
        values: [value(years[0])?, value(years[1])?],
    })
}
