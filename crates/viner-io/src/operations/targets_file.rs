//! Known totals for an update: `kind,exporter,importer,region,sector,value,note`.

use std::path::Path;

use viner_model::labels::Labels;
use viner_model::tables::Tables;
use viner_tables::update::{Target, Total};

use super::sheet::{Sheet, SheetRow};
use crate::diagnostic::{Diagnostic, IoError};
use crate::tables::Problems;

/// Kinds of totals, and the columns of codes that each needs.
const KINDS: [(&str, &[&str]); 5] = [
    ("flow_total", &["exporter", "importer"]),
    ("exports_total", &["region"]),
    ("imports_total", &["region"]),
    ("gdp", &["region"]),
    ("output", &["region"]),
];

/// Reads the totals that a table is to be brought to, in its unit.
///
/// # Errors
/// `Input` with everything that is wrong in the file, `File` if the file system fails.
pub fn read_targets(path: &Path, tables: &Tables) -> Result<Vec<Target>, IoError> {
    let optional = ["exporter", "importer", "region", "sector", "note"];
    let mut sheet = Sheet::read(path, &["kind", "value"], &optional)?;
    let mut problems = std::mem::replace(&mut sheet.problems, Problems::of(String::new()));
    let mut targets: Vec<(Target, u64)> = Vec::new();
    for row in &sheet.rows {
        match target(&sheet, row, tables) {
            Ok(target) => {
                let same = targets.iter().find(|(other, _)| other.total == target.total);
                if let Some((_, first)) = same {
                    let problem =
                        Diagnostic::new(format!("{} is given twice", target.total.name(tables)));
                    let found = format!("lines {first} and {}", row.line);
                    problems.push(problem.at_line(row.line).found(found).expected("one of them"));
                }
                targets.push((target, row.line));
            }
            Err(problem) => problems.push(problem.at_line(row.line)),
        }
    }
    Sheet::finish(problems, targets.into_iter().map(|(target, _)| target).collect())
}

fn target(sheet: &Sheet, row: &SheetRow, tables: &Tables) -> Result<Target, Diagnostic> {
    let kind = sheet.cell(row, "kind");
    let (_, needed) = KINDS
        .into_iter()
        .find(|(name, _)| *name == kind)
        .ok_or_else(|| Diagnostic::unknown("kind", kind, KINDS.map(|(name, _)| name)))?;
    for column in ["exporter", "importer", "region"] {
        if !needed.contains(&column) && !sheet.cell(row, column).is_empty() {
            let problem = Diagnostic::new(format!("`{column}` means nothing for `{kind}`"));
            return Err(problem.expected(format!("only {}", needed.join(" and "))));
        }
    }
    let region = |column: &str| code(&tables.regions, "region", sheet.cell(row, column));
    let sectors = sectors(tables, sheet.cell(row, "sector"))?;
    let total = match kind {
        "flow_total" => {
            let regions = |column| codes(&tables.regions, "region", sheet.cell(row, column));
            Total::Flow {
                exporters: regions("exporter")?,
                importers: regions("importer")?,
                sectors,
            }
        }
        "exports_total" => Total::Exports { region: region("region")?, sectors },
        "imports_total" => Total::Imports { region: region("region")?, sectors },
        "output" => Total::Output { region: region("region")?, sectors },
        _ if sectors.is_empty() => Total::Gdp { region: region("region")? },
        _ => return Err(Diagnostic::new("`sector` means nothing for `gdp`")),
    };
    let value = sheet.number(row, "value", "a number of at least 0", |value| value >= 0.0)?;
    Ok(Target { total, value })
}

/// Sectors as `A B C` or `A+B+C`; nothing or `*` is all.
fn sectors(tables: &Tables, text: &str) -> Result<Vec<usize>, Diagnostic> {
    if text == "*" {
        return Ok(Vec::new());
    }
    if text.is_empty() { Ok(Vec::new()) } else { codes(&tables.sectors, "sector", text) }
}

/// Positions of one or several codes, as `A B C` or `A+B+C`.
fn codes(labels: &Labels, what: &str, text: &str) -> Result<Vec<usize>, Diagnostic> {
    let words = text.split([' ', '+']).filter(|code| !code.is_empty());
    let mut positions = Vec::new();
    for word in words {
        let position = code(labels, what, word)?;
        if positions.contains(&position) {
            return Err(Diagnostic::new(format!("{what} `{word}` is given twice")));
        }
        positions.push(position);
    }
    if positions.is_empty() {
        return code(labels, what, "").map(|position| vec![position]);
    }
    positions.sort_unstable();
    Ok(positions)
}

pub(super) fn code(labels: &Labels, what: &str, word: &str) -> Result<usize, Diagnostic> {
    labels.position(word).ok_or_else(|| match word {
        "" => Diagnostic::new(format!("the {what} is empty")).expected("a code"),
        _ => Diagnostic::unknown(what, word, labels.codes()),
    })
}
