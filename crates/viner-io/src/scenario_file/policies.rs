//! `[[policy]]`: what changes.

use std::collections::BTreeMap;

use viner_model::scenario::{
    Action, BilateralInstrument, BilateralRow, Cells, Policy, SectorCells, SectorInstrument,
    SectorRow, Selector, TransferAmount, TransferRow,
};

use super::document::{Entry, Node, Value};
use super::domain::Domain;
use super::fields::{Fields, number_of, text_of};
use super::findings::{Findings, Reported};
use super::locations::Locations;
use super::policy_kinds::{COMMON_KEYS, KINDS, NOT_YET, Shape};
use super::selectors::read_selector;
use super::table_files::{Content, Layout, TableFiles};
use crate::diagnostic::Diagnostic;

/// All policies whose kind can be read. What is wrong with one is reported, and replaced by what does
/// nothing, so that the names in it can still be looked up in a baseline.
pub(super) fn read_policies(
    node: Option<&Node>,
    tables: &mut TableFiles<'_>,
    locations: &mut Locations,
    findings: &mut Findings,
) -> Vec<Policy> {
    let Some(node) = node else { return Vec::new() };
    let Value::List(items) = &node.value else {
        findings.wrong_type(node, "policy", "a list of tables, each under `[[policy]]`");
        return Vec::new();
    };
    let mut policies = Vec::with_capacity(items.len());
    let mut names: BTreeMap<&str, usize> = BTreeMap::new();
    for (index, item) in items.iter().enumerate() {
        let path = format!("policy.{index}");
        let Ok(fields) = Fields::of(item, &path, "a table under `[[policy]]`", findings) else {
            continue;
        };
        let mut reader = PolicyReader { fields, path, tables, locations, findings };
        if let Ok(policy) = reader.read() {
            policies.push(policy);
            locations.add_policy(index);
        }
        if let Some(name) = item.get("name").and_then(Node::as_text)
            && let Some(earlier) = names.insert(name, index)
        {
            let diagnostic = Diagnostic::new(format!("name `{name}` is used twice"))
                .expected(format!("another name than that of `policy.{earlier}`"));
            let at = item.get("name").map_or(item.at, |node| node.at);
            findings.add(at, &format!("policy.{index}.name"), diagnostic);
        }
    }
    policies
}

struct PolicyReader<'a, 'b, 's> {
    fields: Fields<'a>,
    path: String,
    tables: &'b mut TableFiles<'s>,
    locations: &'b mut Locations,
    findings: &'b mut Findings,
}

/// In place of a selection that cannot be read.
const NOBODY: Selector = Selector::Names(Vec::new());
/// In place of a size that cannot be read.
const NO_SIZE: Size = (0, 0.0);

/// The size of a policy: which of the kind's keys it has, and the number.
type Size = (usize, f64);

impl PolicyReader<'_, '_, '_> {
    fn read(&mut self) -> Result<Policy, Reported> {
        let shape = self.shape()?;
        let sizes = shape.sizes();
        let valid: Vec<&str> = COMMON_KEYS
            .iter()
            .chain(shape.cell_keys())
            .copied()
            .chain(sizes.iter().map(|(key, _)| *key))
            .collect();
        let _ = self.fields.check_keys(&valid, self.findings);
        let name = self.fields.text("name", "a name", self.findings);
        let replace = self.fields.flag("override", self.findings);
        let action = match self.fields.entry("file") {
            Some(entry) => self.action_of_table(shape, &sizes, &entry.node),
            None => self.action_of_keys(shape, &sizes),
        };
        Ok(Policy {
            name: name.ok().flatten().map(ToOwned::to_owned),
            action: action?,
            replace: replace.unwrap_or(false),
        })
    }

    /// The kind of the policy, by what it acts on.
    fn shape(&mut self) -> Result<Shape, Reported> {
        let names = KINDS.iter().map(|kind| kind.name);
        let listed: Vec<String> = names.clone().map(|name| format!("\"{name}\"")).collect();
        let expected = format!("one of {}", listed.join(", "));
        let node = self.fields.required("kind", &expected, self.findings)?;
        let path = self.fields.path_of("kind");
        let word = text_of(node, &path, &expected, self.findings)?;
        if let Some(kind) = KINDS.iter().find(|kind| kind.name == word) {
            return Ok(kind.shape);
        }
        let diagnostic = if NOT_YET.contains(&word) {
            Diagnostic::new(format!("policy kind `{word}` is not supported by this version"))
                .expected(expected)
        } else {
            Diagnostic::unknown("policy kind", word, names.chain(NOT_YET))
        };
        Err(self.findings.add(node.at, &path, diagnostic))
    }

    fn action_of_keys(
        &mut self,
        shape: Shape,
        sizes: &[(&'static str, Domain)],
    ) -> Result<Action, Reported> {
        match shape {
            Shape::Bilateral { instruments, default } => {
                let exporter = self.selector("exporter");
                let importer = self.selector("importer");
                let sector = self.selector("sector");
                let both_ways = self.fields.flag("both_ways", self.findings);
                let domestic = self.fields.flag("domestic", self.findings);
                let (which, value) = self.size(sizes, default).unwrap_or(NO_SIZE);
                let instrument = instruments.get(which).ok_or(Reported)?.clone();
                Ok(Action::Bilateral {
                    instrument,
                    cells: Cells::Pattern {
                        exporter: exporter.unwrap_or(NOBODY),
                        importer: importer.unwrap_or(NOBODY),
                        sector: sector.unwrap_or(NOBODY),
                        both_ways: both_ways.unwrap_or(false),
                        domestic: domestic.unwrap_or(false),
                        value,
                    },
                })
            }
            Shape::Sector(instrument) => {
                let (region, sector) = (self.selector("region"), self.selector("sector"));
                let (_, value) = self.size(sizes, None).unwrap_or(NO_SIZE);
                let (region, sector) = (region.unwrap_or(NOBODY), sector.unwrap_or(NOBODY));
                let cells = SectorCells::Pattern { region, sector, value };
                Ok(Action::Sector { instrument, cells })
            }
            Shape::Transfer => {
                let (from, to) = (self.selector("from"), self.selector("to"));
                let amount = transfer_amount(self.size(sizes, None).unwrap_or(NO_SIZE));
                let (from, to) = (from.unwrap_or(NOBODY), to.unwrap_or(NOBODY));
                Ok(Action::Transfer { rows: vec![TransferRow { from, to, amount, line: None }] })
            }
        }
    }

    fn selector(&mut self, key: &str) -> Result<Selector, Reported> {
        let expected = "a code, a group, a list of them, or \"*\" for all";
        let node = self.fields.required(key, expected, self.findings)?;
        read_selector(node, &self.fields.path_of(key), self.findings)
    }

    /// The one size that is given; all that are given are checked.
    fn size(
        &mut self,
        sizes: &[(&'static str, Domain)],
        default: Option<f64>,
    ) -> Result<Size, Reported> {
        let given: Vec<(usize, &Entry, Domain)> = sizes
            .iter()
            .enumerate()
            .filter_map(|(which, (key, domain))| Some((which, self.fields.entry(key)?, *domain)))
            .collect();
        let mut values = Vec::with_capacity(given.len());
        for (which, entry, domain) in &given {
            let path = self.fields.path_of(&entry.key);
            let value = number_of(&entry.node, &path, *domain, domain.words, self.findings);
            values.push(value.map(|value| (*which, value)));
        }
        if let [(_, first, _), (_, second, _), ..] = given.as_slice() {
            let problem = format!("`{}` and `{}` contradict each other", first.key, second.key);
            let path = self.fields.path_of(&second.key);
            let diagnostic = Diagnostic::new(problem).expected("one of them");
            return Err(self.findings.add(second.key_at, &path, diagnostic));
        }
        match (values.first(), default) {
            (Some(value), _) => *value,
            (None, Some(value)) => Ok((0, value)),
            (None, None) => {
                let names: Vec<String> = sizes.iter().map(|(key, _)| format!("`{key}`")).collect();
                let names = format!("key {}", names.join(" or "));
                let expected = sizes.first().map_or("", |(_, domain)| domain.words);
                Err(self.findings.missing(self.fields.at, &self.path, &names, expected))
            }
        }
    }

    fn action_of_table(
        &mut self,
        shape: Shape,
        sizes: &[(&'static str, Domain)],
        node: &Node,
    ) -> Result<Action, Reported> {
        let mut contradiction = Ok(());
        for key in shape.cell_keys().iter().copied().chain(sizes.iter().map(|(key, _)| *key)) {
            if let Some(entry) = self.fields.entry(key) {
                let diagnostic =
                    Diagnostic::new(format!("`{key}` and `file` contradict each other"))
                        .expected("cells and sizes either from the table or from keys")
                        .hint(format!("remove `{key}`: the table says it in each row"));
                let path = self.fields.path_of(key);
                contradiction = Err(self.findings.add(entry.key_at, &path, diagnostic));
            }
        }
        let path = self.fields.path_of("file");
        let file = text_of(node, &path, "the path of a CSV file", self.findings)?;
        let (codes, default): (&[_], _) = match shape {
            Shape::Bilateral { default, .. } => {
                (&[("exporter", true), ("importer", true), ("sector", true)], default)
            }
            Shape::Sector(_) => (&[("region", true), ("sector", true)], None),
            Shape::Transfer => (&[("from", true), ("to", true)], None),
        };
        let layout = Layout { codes, values: sizes, value_optional: default.is_some() };
        let content = self.tables.read(file, &layout, node.at, &path, self.findings)?;
        self.locations.add_table(self.path.clone(), self.tables.display_name(file));
        contradiction?;
        match shape {
            Shape::Bilateral { instruments, .. } => {
                let instrument = instruments.get(content.value.unwrap_or(0)).ok_or(Reported)?;
                Ok(bilateral_rows(instrument.clone(), content, default))
            }
            Shape::Sector(instrument) => Ok(sector_rows(instrument, content)),
            Shape::Transfer => Ok(transfer_rows(content)),
        }
    }
}

fn bilateral_rows(
    instrument: BilateralInstrument,
    content: Content,
    default: Option<f64>,
) -> Action {
    let rows = content.rows.into_iter().map(|row| {
        let [exporter, importer, sector] = codes_of(row.codes);
        let value = row.value.or(default).unwrap_or_default();
        BilateralRow { exporter, importer, sector, value, line: row.line }
    });
    Action::Bilateral { instrument, cells: Cells::Rows(rows.collect()) }
}

fn sector_rows(instrument: SectorInstrument, content: Content) -> Action {
    let rows = content.rows.into_iter().map(|row| {
        let [region, sector] = codes_of(row.codes);
        SectorRow { region, sector, value: row.value.unwrap_or_default(), line: row.line }
    });
    Action::Sector { instrument, cells: SectorCells::Rows(rows.collect()) }
}

fn transfer_rows(content: Content) -> Action {
    let which = content.value.unwrap_or(0);
    let rows = content.rows.into_iter().map(|row| {
        let [from, to] = codes_of(row.codes);
        TransferRow {
            from: selector_of(from),
            to: selector_of(to),
            amount: transfer_amount((which, row.value.unwrap_or_default())),
            line: Some(row.line),
        }
    });
    Action::Transfer { rows: rows.collect() }
}

fn transfer_amount((which, value): Size) -> TransferAmount {
    if which == 0 {
        TransferAmount::MillionUsd(value)
    } else {
        TransferAmount::ShareOfIncome(value)
    }
}

fn selector_of(name: String) -> Selector {
    if name == "*" { Selector::All } else { Selector::name(name) }
}

/// The columns that the layout asked for, in its order.
fn codes_of<const N: usize>(codes: Vec<String>) -> [String; N] {
    let mut codes = codes.into_iter();
    std::array::from_fn(|_| codes.next().unwrap_or_default())
}
