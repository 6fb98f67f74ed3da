//! Statements, and the expression that is compared with each.

use std::collections::BTreeMap;
use std::path::Path;

use super::scoring::Target;
use crate::builtin;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::scenario_file::{Day, Months};

/// File of the statements in a folder of evidence.
const STATEMENTS: &str = "evidence.csv";
/// File of what is compared with them.
const EXPRESSIONS: &str = "expressions.csv";

/// Statements and what is compared with them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Evidence {
    /// Name of a built-in set, or of a folder.
    pub name: String,
    /// In the order of the file.
    pub statements: Vec<Statement>,
}

/// A statement in a text, with the official figure.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Statement {
    columns: BTreeMap<String, String>,
    /// What is compared with it, by column; empty if nothing is.
    compared: BTreeMap<String, String>,
}

impl Evidence {
    /// A built-in set of evidence; a folder with `evidence.csv` and `expressions.csv`; or the former
    /// file, with the latter beside it.
    ///
    /// # Errors
    /// There is neither, or a file is no table with the columns that it needs.
    pub fn open(name: &str) -> Result<Self, Diagnostics> {
        let path = Path::new(name);
        let of_set = |file: &str| builtin::evidence(name, file).map(ToOwned::to_owned);
        let (statements, expressions) = if path.is_file() {
            let folder = path.parent().unwrap_or(Path::new(""));
            (read(path)?, read(&folder.join(EXPRESSIONS))?)
        } else if path.is_dir() {
            (read(&path.join(STATEMENTS))?, read(&path.join(EXPRESSIONS))?)
        } else if let (Some(statements), Some(expressions)) =
            (of_set(STATEMENTS), of_set(EXPRESSIONS))
        {
            (statements, expressions)
        } else {
            let sets = builtin::evidence_sets();
            let diagnostic = Diagnostic::unknown("evidence", name, sets.iter().map(|set| set.0))
                .hint("evidence is a folder with `evidence.csv` and `expressions.csv`, or a name that `viner list` shows");
            return Err(diagnostic.into());
        };
        let needed = ["id", "document", "check_kind", "in_scope", "agreement", "confidence"];
        let statements = table(&statements, STATEMENTS, &needed)?;
        let expressions = table(&expressions, EXPRESSIONS, &["id", "part", "expression"])?;
        let mut compared: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
        let mut diagnostics = Diagnostics::default();
        for (line, row) in (2..).zip(expressions) {
            let id = row.get("id").cloned().unwrap_or_default();
            if !statements.iter().any(|statement| statement.get("id") == Some(&id)) {
                let ids = statements.iter().filter_map(|statement| statement.get("id"));
                let diagnostic = Diagnostic::unknown("statement", &id, ids.map(String::as_str));
                diagnostics.push(diagnostic.in_file(EXPRESSIONS).at_line(line));
            }
            compared.insert(id, row);
        }
        diagnostics.into_result()?;
        let statements = statements.into_iter().map(|columns| {
            let compared =
                columns.get("id").and_then(|id| compared.get(id)).cloned().unwrap_or_default();
            Statement { columns, compared }
        });
        Ok(Self { name: name.to_owned(), statements: statements.collect() })
    }
}

fn read(path: &Path) -> Result<String, Diagnostics> {
    std::fs::read_to_string(path).map_err(|error| {
        Diagnostic::new(format!("cannot read `{}`: {error}", path.display())).into()
    })
}

type Rows = Vec<BTreeMap<String, String>>;

fn table(text: &str, name: &str, needed: &[&str]) -> Result<Rows, Diagnostics> {
    let refuse = |problem: String| Diagnostics::from(Diagnostic::new(problem).in_file(name));
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let header = reader.headers().map_err(|error| refuse(format!("no CSV: {error}")))?.clone();
    for column in needed {
        if !header.iter().any(|known| known == *column) {
            return Err(refuse(format!("column `{column}` is missing")));
        }
    }
    reader
        .records()
        .map(|record| {
            let record = record.map_err(|error| refuse(format!("no CSV: {error}")))?;
            let cells = header.iter().zip(record.iter());
            Ok(cells.map(|(key, cell)| (key.to_owned(), cell.trim().to_owned())).collect())
        })
        .collect()
}

impl Statement {
    /// A cell of the statement; empty if there is none.
    pub fn get(&self, column: &str) -> &str {
        self.columns.get(column).map_or("", String::as_str)
    }

    /// A cell of what is compared with it; empty if there is none.
    pub fn compared(&self, column: &str) -> &str {
        self.compared.get(column).map_or("", String::as_str)
    }

    /// Its name.
    pub fn id(&self) -> &str {
        self.get("id")
    }

    /// Whether it is about the economy.
    pub fn in_scope(&self) -> bool {
        self.get("in_scope") == "yes"
    }

    /// Whether it is about a rate of growth.
    pub fn is_growth(&self) -> bool {
        let unit = |column: &str| self.get(column).contains("y/y");
        unit("official_unit") || unit("unit") || self.get("measure") == "growth"
    }

    /// The day on which a forecast was published; nothing of other statements.
    pub fn forecast_of(&self) -> Option<Day> {
        let forecast = self.get("claim_type") == "forecast";
        forecast.then(|| date_in(self.get("publication_date"))).flatten()
    }

    /// The months of a year that it is about; nothing if they are wrong.
    pub fn months(&self) -> Option<Months> {
        match self.compared("months") {
            "" => Some(Months::default()),
            text => Months::parse(text),
        }
    }

    /// Whether the official figure is the target: it was looked up or computed, and is trusted.
    pub fn official_counts(&self) -> bool {
        let basis = self.get("official_basis");
        let looked_up = basis.contains("search") || basis.contains("own arithmetic");
        looked_up && ["high", "medium"].contains(&self.get("confidence"))
    }

    /// The official figure, where it is one number.
    pub fn official(&self) -> Option<f64> {
        self.get("official_value").parse().ok()
    }

    /// The number that is claimed, with the range that its wording allows.
    pub fn claim(&self) -> Option<Target> {
        let cell = |column: &str| self.get(column).parse::<f64>().ok();
        let (value, low, high) = (cell("claimed_value"), cell("claimed_low"), cell("claimed_high"));
        if value.is_none() && low.is_none() && high.is_none() {
            return None;
        }
        // A claim without a range is one number; an end that is left empty is open.
        if low.is_none() && high.is_none() {
            return value.map(Target::exact);
        }
        Some(Target { low: low.unwrap_or(f64::NEG_INFINITY), high: high.unwrap_or(f64::INFINITY) })
    }

    /// What the engine is compared with: the official figure, or else the claim.
    pub fn target(&self) -> Option<Target> {
        match self.official().filter(|_| self.official_counts()) {
            Some(value) => Some(Target::exact(value)),
            None => self.claim(),
        }
    }
}

/// The first date in a text.
pub(super) fn date_in(text: &str) -> Option<Day> {
    text.split(|c: char| !c.is_ascii_digit() && c != '-').find_map(Day::parse)
}
