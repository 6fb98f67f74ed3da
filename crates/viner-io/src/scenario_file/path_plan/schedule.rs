//! Dates and values by year of the policies of a plan.

use super::super::dates::{Period, day_of};
use super::super::document::{Entry, Node, Position, Value};
use super::super::fields::Fields;
use super::super::findings::Findings;
use super::super::locations::Locations;
use crate::diagnostic::Diagnostic;

/// Keys that say when a policy is in force; a transfer has a `from` of its own.
const DATE_KEYS: [&str; 3] = ["from", "since", "until"];

/// Puts policies behind those of a scenario; how many it has of its own.
pub(super) fn add_policies(document: &mut Node, added: &[Node]) -> usize {
    if child(document, "policy").is_none()
        && let Value::Table(entries) = &mut document.value
    {
        let node = Node { value: Value::List(Vec::new()), at: document.at };
        entries.push(Entry { key: "policy".to_owned(), key_at: document.at, node });
    }
    match child(document, "policy").map(|node| &mut node.value) {
        Some(Value::List(policies)) => {
            let own = policies.len();
            policies.extend_from_slice(added);
            own
        }
        _ => 0,
    }
}

/// Places of a policy that stands in another file.
pub(super) fn locate(locations: &mut Locations, path: &str, node: &Node, file: &str) {
    if let Position::Text { line, .. } = node.at {
        locations.add_row(path.to_owned(), file, line);
    }
    match &node.value {
        Value::Table(entries) => {
            for entry in entries {
                locate(locations, &format!("{path}.{}", entry.key), &entry.node, file);
            }
        }
        Value::List(items) => {
            for (index, item) in items.iter().enumerate() {
                locate(locations, &format!("{path}.{index}"), item, file);
            }
        }
        _ => {}
    }
}

pub(super) fn child<'n>(node: &'n mut Node, key: &str) -> Option<&'n mut Node> {
    match &mut node.value {
        Value::Table(entries) => {
            entries.iter_mut().find(|entry| entry.key == key).map(|entry| &mut entry.node)
        }
        _ => None,
    }
}

/// `[schedule]`: dates and values of policies by their names; `prefix*` stands for several.
pub(super) fn schedule(fields: &Fields<'_>, document: &mut Node, findings: &mut Findings) {
    let Some(node) = fields.node("schedule") else { return };
    let Ok(schedule) = Fields::of(node, "schedule", "a table by names of policies", findings)
    else {
        return;
    };
    let mut nothing = Vec::new();
    let policies = match child(document, "policy").map(|node| &mut node.value) {
        Some(Value::List(policies)) => policies,
        _ => &mut nothing,
    };
    for entry in schedule.entries() {
        let path = schedule.path_of(&entry.key);
        let expected = "a table of keys, such as { from = 2022-12-05 }";
        let Ok(keys) = Fields::of(&entry.node, &path, expected, findings) else { continue };
        let prefix = entry.key.strip_suffix('*');
        let is_it = |name: &str| match prefix {
            Some(prefix) => name.starts_with(prefix),
            None => name == entry.key,
        };
        let mut found = false;
        for policy in policies.iter_mut() {
            if !policy.get("name").and_then(Node::as_text).is_some_and(is_it) {
                continue;
            }
            found = true;
            if let Value::Table(own) = &mut policy.value {
                for key in keys.entries() {
                    own.retain(|known: &Entry| known.key != key.key);
                    own.push(key.clone());
                }
            }
        }
        if !found {
            let names = policies.iter().filter_map(|policy| policy.get("name")?.as_text());
            let diagnostic = Diagnostic::unknown("policy", &entry.key, names);
            findings.add(entry.key_at, &path, diagnostic);
        }
    }
}

/// Takes the dates out of the policies.
pub(super) fn read_periods(
    document: &mut Node,
    located: &mut Findings,
    findings: &mut Findings,
) -> Vec<Period> {
    let Some(Node { value: Value::List(policies), .. }) = child(document, "policy") else {
        return Vec::new();
    };
    let mut periods = Vec::with_capacity(policies.len());
    for (position, policy) in policies.iter_mut().enumerate() {
        let transfer = policy.get("kind").and_then(Node::as_text) == Some("transfer");
        let mut period = Period::default();
        if let Value::Table(entries) = &mut policy.value {
            let is_date = |entry: &Entry| {
                DATE_KEYS.contains(&entry.key.as_str()) && !(transfer && entry.key == "from")
            };
            for entry in entries.iter().filter(|entry| is_date(entry)) {
                let last = entry.key == "until";
                let Some(day) = day_of(&entry.node, last) else {
                    let key = format!("policy.{position}.{}", entry.key);
                    let diagnostic = Diagnostic::new(format!("`{}` is no date", entry.key))
                        .found(entry.node.describe())
                        .expected("a date such as 2022-12-05, or a year");
                    located.add(entry.node.at, &key, diagnostic);
                    continue;
                };
                *(if last { &mut period.until } else { &mut period.from }) = Some(day);
            }
            entries.retain(|entry| !is_date(entry));
        }
        if let (Some(from), Some(until)) = (period.from, period.until)
            && until < from
        {
            let diagnostic = Diagnostic::new("`until` is before `from`")
                .expected("the last day on which the policy is in force");
            findings.add(policy.at, &format!("policy.{position}.until"), diagnostic);
        }
        periods.push(period);
    }
    periods
}

/// Puts in place of every table by year the value of this year: that of the latest year that is not
/// after it, or of the first one.
pub(super) fn resolve(node: &mut Node, year: i32) {
    match &mut node.value {
        Value::List(items) => {
            for item in items {
                resolve(item, year);
            }
        }
        Value::Table(entries) => {
            let year_of =
                |entry: &Entry| entry.key.parse::<i32>().ok().filter(|_| entry.key.len() == 4);
            let mut years: Vec<(i32, Node)> = entries
                .iter()
                .filter_map(|entry| Some((year_of(entry)?, entry.node.clone())))
                .collect();
            if years.is_empty() || years.len() < entries.len() {
                for entry in entries {
                    resolve(&mut entry.node, year);
                }
                return;
            }
            years.sort_by_key(|(year, _)| *year);
            let chosen = years.iter().rposition(|(from, _)| *from <= year).unwrap_or(0);
            *node = years.swap_remove(chosen).1;
        }
        _ => {}
    }
}
