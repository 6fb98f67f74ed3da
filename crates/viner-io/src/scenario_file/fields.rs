//! Typed access to the keys of a table.

use super::document::{Entry, Node, Position, Value};
use super::domain::Domain;
use super::findings::{Findings, Reported, last_of};
use crate::diagnostic::Diagnostic;

/// A table being read.
pub(super) struct Fields<'a> {
    /// Where the table was written.
    pub(super) at: Position,
    path: String,
    entries: &'a [Entry],
}

impl<'a> Fields<'a> {
    /// The table at `path`; anything else is reported as not `expected`.
    pub(super) fn of(
        node: &'a Node,
        path: &str,
        expected: &str,
        findings: &mut Findings,
    ) -> Result<Self, Reported> {
        match &node.value {
            Value::Table(entries) => Ok(Self { at: node.at, path: path.to_owned(), entries }),
            _ => Err(findings.wrong_type(node, path, expected)),
        }
    }

    /// All keys in order.
    pub(super) fn entries(&self) -> &'a [Entry] {
        self.entries
    }

    /// Reports every key that is none of `valid`.
    pub(super) fn check_keys(
        &self,
        valid: &[&str],
        findings: &mut Findings,
    ) -> Result<(), Reported> {
        let mut result = Ok(());
        for entry in self.entries {
            if !valid.contains(&entry.key.as_str()) {
                let diagnostic = Diagnostic::unknown("key", &entry.key, valid.iter().copied());
                result = Err(findings.add(entry.key_at, &self.path_of(&entry.key), diagnostic));
            }
        }
        result
    }

    /// Key and value.
    pub(super) fn entry(&self, key: &str) -> Option<&'a Entry> {
        self.entries.iter().find(|entry| entry.key == key)
    }

    /// Value.
    pub(super) fn node(&self, key: &str) -> Option<&'a Node> {
        self.entry(key).map(|entry| &entry.node)
    }

    /// Path of a key: `policy.0.rate`.
    pub(super) fn path_of(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }

    /// A key that must be given.
    pub(super) fn required(
        &self,
        key: &str,
        expected: &str,
        findings: &mut Findings,
    ) -> Result<&'a Node, Reported> {
        let missing = |findings: &mut Findings| {
            findings.missing(self.at, &self.path_of(key), &format!("key `{key}`"), expected)
        };
        self.node(key).ok_or_else(|| missing(findings))
    }

    /// A text that is not empty.
    pub(super) fn text(
        &self,
        key: &str,
        expected: &str,
        findings: &mut Findings,
    ) -> Result<Option<&'a str>, Reported> {
        let read = |node| text_of(node, &self.path_of(key), expected, findings);
        self.node(key).map(read).transpose()
    }

    /// `true` or `false`; `false` if absent.
    pub(super) fn flag(&self, key: &str, findings: &mut Findings) -> Result<bool, Reported> {
        match self.node(key) {
            None => Ok(false),
            Some(Node { value: Value::Flag(flag), .. }) => Ok(*flag),
            Some(node) => Err(findings.wrong_type(node, &self.path_of(key), "`true` or `false`")),
        }
    }

    /// A number of `domain`.
    pub(super) fn number(
        &self,
        key: &str,
        domain: Domain,
        findings: &mut Findings,
    ) -> Result<Option<f64>, Reported> {
        let read = |node| number_of(node, &self.path_of(key), domain, domain.words, findings);
        self.node(key).map(read).transpose()
    }

    /// A number of `domain` that must be given.
    pub(super) fn required_number(
        &self,
        key: &str,
        domain: Domain,
        findings: &mut Findings,
    ) -> Result<f64, Reported> {
        let node = self.required(key, domain.words, findings)?;
        number_of(node, &self.path_of(key), domain, domain.words, findings)
    }

    /// One of a few words.
    pub(super) fn word<T: Copy>(
        &self,
        key: &str,
        words: &[(&str, T)],
        findings: &mut Findings,
    ) -> Result<Option<T>, Reported> {
        let Some(node) = self.node(key) else { return Ok(None) };
        let path = self.path_of(key);
        let names = words.iter().map(|(name, _)| *name);
        let Value::Text(text) = &node.value else {
            let names: Vec<String> = names.map(|name| format!("\"{name}\"")).collect();
            return Err(findings.wrong_type(node, &path, &format!("one of {}", names.join(", "))));
        };
        if let Some((_, value)) = words.iter().find(|(name, _)| name == text) {
            return Ok(Some(*value));
        }
        let diagnostic = Diagnostic::unknown(&format!("value of `{key}`:"), text, names);
        Err(findings.add(node.at, &path, diagnostic))
    }
}

/// A text that is not empty.
pub(super) fn text_of<'a>(
    node: &'a Node,
    path: &str,
    expected: &str,
    findings: &mut Findings,
) -> Result<&'a str, Reported> {
    match &node.value {
        Value::Text(text) if text.trim().is_empty() => {
            let diagnostic =
                Diagnostic::new(format!("`{}` is empty", last_of(path))).expected(expected);
            Err(findings.add(node.at, path, diagnostic))
        }
        Value::Text(text) => Ok(text),
        _ => Err(findings.wrong_type(node, path, expected)),
    }
}

/// A number of `domain`, written with or without a decimal point.
pub(super) fn number_of(
    node: &Node,
    path: &str,
    domain: Domain,
    expected: &str,
    findings: &mut Findings,
) -> Result<f64, Reported> {
    let value = match node.value {
        Value::Number(value) => value,
        Value::Integer(value) => value as f64,
        _ => return Err(findings.wrong_type(node, path, expected)),
    };
    if domain.contains(value) {
        Ok(value)
    } else {
        Err(findings.out_of_range(node.at, path, value, domain))
    }
}

/// A list of texts, none of them empty; every bad member is reported.
pub(super) fn texts_of(
    node: &Node,
    path: &str,
    expected: &str,
    findings: &mut Findings,
) -> Result<Vec<String>, Reported> {
    let Value::List(items) = &node.value else {
        return Err(findings.wrong_type(node, path, expected));
    };
    if items.is_empty() {
        let diagnostic =
            Diagnostic::new(format!("`{}` is an empty list", last_of(path))).expected(expected);
        return Err(findings.add(node.at, path, diagnostic));
    }
    let mut texts = Vec::with_capacity(items.len());
    let mut result = Ok(());
    for (index, item) in items.iter().enumerate() {
        match text_of(item, &format!("{path}.{index}"), "a code in quotes", findings) {
            Ok(text) => texts.push(text.to_owned()),
            Err(reported) => result = Err(reported),
        }
    }
    result.map(|()| texts)
}
