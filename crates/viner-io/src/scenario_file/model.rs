//! `[model]`: elasticities and closures.

use std::collections::BTreeMap;

use viner_model::scenario::{Deficits, Labour, Model, Sourcing, Unbalanced, Values};

use super::document::{Node, Value};
use super::domain::{Domain, NOT_NEGATIVE, POSITIVE, SHARE};
use super::fields::{Fields, number_of};
use super::findings::{Findings, Reported};
use super::locations::Locations;
use super::table_files::{Layout, Row, TableFiles};
use crate::diagnostic::Diagnostic;

/// Keys that take a number, a table by sector, or the path of a table file.
pub(super) const VALUES_KEYS: [&str; 4] =
    ["trade_elasticity", "production_elasticity", "input_elasticity", SPECIFIC_FACTOR_SHARE];

/// The one of them that may also differ by region.
pub(super) const SPECIFIC_FACTOR_SHARE: &str = "specific_factor_share";

const KEYS: [&str; 9] = [
    "trade_elasticity",
    "production_elasticity",
    "input_elasticity",
    "final_elasticity",
    SPECIFIC_FACTOR_SHARE,
    "labour",
    "deficits",
    "unbalanced",
    "sourcing",
];

const LABOUR: [(&str, Labour); 3] = [
    ("mobile", Labour::Mobile),
    ("fixed-nominal-wage", Labour::FixedNominalWage),
    ("fixed-real-wage", Labour::FixedRealWage),
];

const DEFICITS: [(&str, Deficits); 3] = [
    ("fixed", Deficits::Fixed),
    ("income-share", Deficits::IncomeShare),
    ("balanced", Deficits::Balanced),
];

const UNBALANCED: [(&str, Unbalanced); 2] =
    [("refuse", Unbalanced::Refuse), ("accept", Unbalanced::Accept)];

const SOURCING: [(&str, Sourcing); 2] =
    [("common", Sourcing::Common), ("by-user", Sourcing::ByUser)];

/// `[model]`; defaults where it is absent.
pub(super) fn read_model(
    node: Option<&Node>,
    tables: &mut TableFiles<'_>,
    locations: &mut Locations,
    findings: &mut Findings,
) -> Result<Model, Reported> {
    let Some(node) = node else { return Ok(Model::default()) };
    let fields = Fields::of(node, "model", "a table, `[model]`", findings)?;
    let keys = fields.check_keys(&KEYS, findings);
    let mut values = |key, domain, findings: &mut Findings| {
        let reader = ValuesReader { fields: &fields, key, domain };
        reader.read(tables, locations, findings)
    };
    let trade_elasticity = values("trade_elasticity", POSITIVE, findings);
    let production_elasticity = values("production_elasticity", NOT_NEGATIVE, findings);
    let input_elasticity = values("input_elasticity", NOT_NEGATIVE, findings);
    let specific_factor_share = values(SPECIFIC_FACTOR_SHARE, SHARE, findings);
    let final_elasticity = fields.number("final_elasticity", NOT_NEGATIVE, findings);
    let labour = fields.word("labour", &LABOUR, findings);
    let deficits = fields.word("deficits", &DEFICITS, findings);
    let unbalanced = fields.word("unbalanced", &UNBALANCED, findings);
    let sourcing = fields.word("sourcing", &SOURCING, findings);
    keys?;
    Ok(Model {
        trade_elasticity: trade_elasticity?,
        production_elasticity: production_elasticity?,
        input_elasticity: input_elasticity?,
        final_elasticity: final_elasticity?.unwrap_or(Model::default().final_elasticity),
        specific_factor_share: specific_factor_share?,
        labour: labour?.unwrap_or_default(),
        deficits: deficits?.unwrap_or_default(),
        unbalanced: unbalanced?.unwrap_or_default(),
        sourcing: sourcing?.unwrap_or_default(),
    })
}

struct ValuesReader<'a> {
    fields: &'a Fields<'a>,
    key: &'static str,
    domain: Domain,
}

impl ValuesReader<'_> {
    fn by_region(&self) -> bool {
        self.key == SPECIFIC_FACTOR_SHARE
    }

    fn read(
        &self,
        tables: &mut TableFiles<'_>,
        locations: &mut Locations,
        findings: &mut Findings,
    ) -> Result<Values, Reported> {
        let Some(node) = self.fields.node(self.key) else { return Ok(Values::default()) };
        let path = self.fields.path_of(self.key);
        match &node.value {
            Value::Table(_) => self.read_table(node, &path, findings),
            Value::Text(file) => self.read_file(file, node, &path, tables, locations, findings),
            _ => {
                let expected = "a number, a table by sector, or the path of a CSV file";
                number_of(node, &path, self.domain, expected, findings).map(Values::uniform)
            }
        }
    }

    /// `{ default = 4.0, B = 8.0 }`, and `"RUS.B" = 0.5` or `RUS.B = 0.5` where regions differ.
    fn read_table(
        &self,
        node: &Node,
        path: &str,
        findings: &mut Findings,
    ) -> Result<Values, Reported> {
        let fields = Fields::of(node, path, "a table", findings)?;
        let mut values = Values::default();
        let mut result = Ok(());
        for entry in fields.entries() {
            let path = fields.path_of(&entry.key);
            let read = match &entry.node.value {
                Value::Table(inner) if self.by_region() => inner.iter().try_for_each(|sector| {
                    let path = format!("{path}.{}", sector.key);
                    let key = format!("{}.{}", entry.key, sector.key);
                    self.insert(&key, &sector.node, &path, &mut values, findings)
                }),
                _ => self.insert(&entry.key, &entry.node, &path, &mut values, findings),
            };
            result = read.and(result);
        }
        result.map(|()| values)
    }

    fn insert(
        &self,
        key: &str,
        node: &Node,
        path: &str,
        values: &mut Values,
        findings: &mut Findings,
    ) -> Result<(), Reported> {
        let value = number_of(node, path, self.domain, self.domain.words, findings)?;
        if key == "default" {
            values.default = Some(value);
        } else if values.entries.insert(key.to_owned(), value).is_some() {
            let diagnostic = Diagnostic::new(format!("`{key}` is given twice"))
                .expected("one value for each region and sector");
            return Err(findings.add(node.at, path, diagnostic));
        }
        Ok(())
    }

    fn read_file(
        &self,
        file: &str,
        node: &Node,
        path: &str,
        tables: &mut TableFiles<'_>,
        locations: &mut Locations,
        findings: &mut Findings,
    ) -> Result<Values, Reported> {
        let codes = [("sector", true), ("region", false)];
        let layout = Layout {
            codes: if self.by_region() { &codes } else { &codes[..1] },
            values: &[(self.key, self.domain)],
            value_optional: false,
        };
        let content = tables.read(file, &layout, node.at, path, findings)?;
        let display = tables.display_name(file);
        let mut values = Values::default();
        let mut lines: BTreeMap<String, u64> = BTreeMap::new();
        let mut result = Ok(());
        for row in &content.rows {
            let (Some(value), key) = (row.value, entry_of(row)) else { continue };
            if let Some(earlier) = lines.insert(key.clone(), row.line) {
                let problem = format!("`{key}` is given twice, first in line {earlier}");
                let diagnostic = Diagnostic::new(problem).in_file(&display).at_line(row.line);
                result = Err(findings.add_placed(diagnostic));
            }
            locations.add_row(format!("{path}.{key}"), &display, row.line);
            if key == "default" {
                values.default = Some(value);
            } else {
                values.entries.insert(key, value);
            }
        }
        result.map(|()| values)
    }
}

/// Key of a row as a table in the scenario would have it: `*` in both columns is the default.
fn entry_of(row: &Row) -> String {
    let code = |index: usize| row.codes.get(index).map_or("", String::as_str);
    match (code(0), code(1)) {
        ("*", "" | "*") => "default".to_owned(),
        (sector, "" | "*") => sector.to_owned(),
        (sector, region) => format!("{region}.{sector}"),
    }
}
