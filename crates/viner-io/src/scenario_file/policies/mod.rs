//! `[[policy]]`: what changes.

mod coalition;
mod currencies;
mod kinds;
mod limits;
mod routes;
mod sector;
mod size;
mod trade;
mod transfer;

use std::collections::BTreeMap;

use viner_model::scenario::{Policy, Selector};

use self::kinds::{KINDS, Kind, Shape, THREAT, THREAT_HINT};
use self::size::{Size, read_size};
use super::document::{Entry, Node, Value};
use super::fields::{Fields, text_of};
use super::findings::{Findings, Reported};
use super::locations::Locations;
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

impl PolicyReader<'_, '_, '_> {
    fn read(&mut self) -> Result<Policy, Reported> {
        let kind = self.kind()?;
        let _ = self.fields.check_keys(&kind.keys(), self.findings);
        let name = self.fields.text("name", "a name", self.findings);
        let replace = self.fields.flag("override", self.findings);
        let action = match kind.shape {
            Shape::Trade(trade) => self.trade(&kind, trade),
            Shape::Sector(instrument) => self.sector(&kind, instrument),
            Shape::Transfer => self.transfer(&kind),
            Shape::Coalition => Ok(self.coalition(&kind)),
        };
        Ok(Policy {
            name: name.ok().flatten().map(ToOwned::to_owned),
            action: action?,
            replace: replace.unwrap_or(false),
        })
    }

    fn kind(&mut self) -> Result<Kind, Reported> {
        let names = KINDS.iter().map(|kind| kind.name);
        let listed: Vec<String> = names.clone().map(|name| format!("\"{name}\"")).collect();
        let expected = format!("one of {}", listed.join(", "));
        let node = self.fields.required("kind", &expected, self.findings)?;
        let path = self.fields.path_of("kind");
        let word = text_of(node, &path, &expected, self.findings)?;
        if let Some(kind) = KINDS.iter().find(|kind| kind.name == word) {
            return Ok(*kind);
        }
        let diagnostic = if word == THREAT {
            Diagnostic::new(format!("`{word}` is no kind of policy")).hint(THREAT_HINT)
        } else {
            Diagnostic::unknown("policy kind", word, names.chain([THREAT]))
        };
        Err(self.findings.add(node.at, &path, diagnostic))
    }

    fn selector(&mut self, key: &str) -> Result<Selector, Reported> {
        let expected = "a code, a group, a list of them, or \"*\" for all";
        let node = self.fields.required(key, expected, self.findings)?;
        read_selector(node, &self.fields.path_of(key), self.findings)
    }

    /// The size; one that does nothing if it cannot be read.
    fn size(&mut self, kind: &Kind) -> Size {
        read_size(&self.fields, &self.path, kind, self.findings).unwrap_or((0, kind.nothing))
    }

    /// The table that `file` names; `None` if there is no such key.
    fn table(&mut self, kind: &Kind) -> Option<Result<Content, Reported>> {
        self.fields.entry("file").map(|entry| self.content(kind, entry))
    }

    fn content(&mut self, kind: &Kind, file: &Entry) -> Result<Content, Reported> {
        let mut contradiction = Ok(());
        for key in kind.keys_of_rows() {
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
        let name = text_of(&file.node, &path, "the path of a CSV file", self.findings)?;
        let layout = Layout {
            codes: kind.code_columns(),
            values: &kind.size_columns(),
            value_optional: kind.default.is_some(),
        };
        let content = self.tables.read(name, &layout, file.node.at, &path, self.findings)?;
        self.locations.add_table(self.path.clone(), self.tables.display_name(name));
        contradiction.map(|()| content)
    }
}

/// The columns that the layout asked for, in its order.
fn codes_of<const N: usize>(codes: Vec<String>) -> [String; N] {
    let mut codes = codes.into_iter();
    std::array::from_fn(|_| codes.next().unwrap_or_default())
}
