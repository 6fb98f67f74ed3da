//! The one number that says how much a policy does.

use super::kinds::Kind;
use crate::diagnostic::Diagnostic;
use crate::scenario_file::document::{Entry, written};
use crate::scenario_file::domain::Domain;
use crate::scenario_file::fields::Fields;
use crate::scenario_file::findings::{Findings, Reported};

/// A key that a size can be written under.
#[derive(Clone, Copy)]
pub(super) struct SizeKey {
    pub(super) key: &'static str,
    pub(super) domain: Domain,
    /// Key of the number, above 0, that the one at `key` is divided by.
    pub(super) relative_to: Option<&'static str>,
}

/// The size of a policy: which of the kind's keys it has, and the number.
pub(super) type Size = (usize, f64);

impl SizeKey {
    pub(super) const fn new(key: &'static str, domain: Domain) -> Self {
        Self { key, domain, relative_to: None }
    }

    fn keys(&self) -> impl Iterator<Item = &'static str> {
        std::iter::once(self.key).chain(self.relative_to)
    }

    /// The key in words.
    fn name(&self) -> String {
        match self.relative_to {
            None => format!("`{}`", self.key),
            Some(reference) => format!("`{}` with `{reference}`", self.key),
        }
    }

    /// The number that is written, where both of its keys are.
    fn read(&self, fields: &Fields<'_>, findings: &mut Findings) -> Result<f64, Reported> {
        let missing: Vec<_> = self.keys().filter(|key| fields.entry(key).is_none()).collect();
        let mut numbers = Vec::new();
        for key in self.keys() {
            numbers.extend(fields.number(key, self.domain, findings).transpose());
        }
        if let Some(key) = missing.first() {
            let path = fields.path_of(key);
            let names = format!("key `{key}`");
            return Err(findings.missing(fields.at, &path, &names, self.domain.words));
        }
        let numbers: Vec<f64> = numbers.into_iter().collect::<Result<_, _>>()?;
        let value = numbers.into_iter().reduce(|number, reference| number / reference);
        let value = value.unwrap_or_default();
        if self.domain.contains(value) {
            return Ok(value);
        }
        let diagnostic = Diagnostic::new(format!("{} is out of range", self.name()))
            .found(written(value))
            .expected(self.domain.words);
        let at = fields.node(self.key).map_or(fields.at, |node| node.at);
        Err(findings.add(at, &fields.path_of(self.key), diagnostic))
    }
}

/// The one size that is given; all that are given are checked.
pub(super) fn read_size(
    fields: &Fields<'_>,
    path: &str,
    kind: &Kind,
    findings: &mut Findings,
) -> Result<Size, Reported> {
    let entry = |size: &SizeKey| size.keys().find_map(|key| fields.entry(key));
    let given: Vec<(usize, &SizeKey, &Entry)> = kind
        .sizes
        .iter()
        .enumerate()
        .filter_map(|(which, size)| Some((which, size, entry(size)?)))
        .collect();
    if let [(_, _, first), (_, _, second), ..] = given.as_slice() {
        for size in kind.sizes {
            for key in size.keys() {
                let _ = fields.number(key, size.domain, findings);
            }
        }
        let problem = format!("`{}` and `{}` contradict each other", first.key, second.key);
        let path = fields.path_of(&second.key);
        let diagnostic = Diagnostic::new(problem).expected("one of them");
        return Err(findings.add(second.key_at, &path, diagnostic));
    }
    match (given.first(), kind.default) {
        (Some((which, size, _)), _) => size.read(fields, findings).map(|value| (*which, value)),
        (None, Some(value)) => Ok((0, value)),
        (None, None) => {
            let names: Vec<String> = kind.sizes.iter().map(SizeKey::name).collect();
            let names = format!("key {}", names.join(" or "));
            let expected = kind.sizes.first().map_or("", |size| size.domain.words);
            Err(findings.missing(fields.at, path, &names, expected))
        }
    }
}
