//! Export controls: routes through third countries.

use viner_model::scenario::{Hub, Routes};

use crate::diagnostic::Diagnostic;
use crate::scenario_file::document::{Node, Value};
use crate::scenario_file::domain::{BELOW_ONE, Domain, NOT_NEGATIVE, POSITIVE, SHARES_TOLERANCE};
use crate::scenario_file::fields::{Fields, number_of, texts_of};
use crate::scenario_file::findings::{Findings, Reported, rounded};

/// The routes of an export control. Where something is wrong, its hubs stay, to be looked up.
pub(super) fn read_routes(fields: &Fields<'_>, findings: &mut Findings) -> Routes {
    let elasticity = fields.required_number("route_elasticity", POSITIVE, findings);
    let hubs = read_hubs(fields, findings);
    let known = hubs.as_deref().ok();
    let shares = read_shares(fields, known, findings);
    let mut optional = |key| match fields.node(key) {
        Some(node) => by_hub(fields, key, node, known, NOT_NEGATIVE, findings),
        None => Ok(ByHub::Same(0.0)),
    };
    let (enforcement, margin) = (optional("enforcement"), optional("hub_margin"));
    let hub = |region: String| Hub {
        share: value_of(&shares, &region),
        enforcement: value_of(&enforcement, &region),
        margin: value_of(&margin, &region),
        region,
    };
    Routes {
        hubs: hubs.unwrap_or_default().into_iter().map(hub).collect(),
        elasticity: elasticity.unwrap_or(1.0),
    }
}

/// A number for each hub.
enum ByHub {
    /// One for all.
    Same(f64),
    /// By the hub's code.
    Each(Vec<(String, f64)>),
}

fn value_of(values: &Result<ByHub, Reported>, hub: &str) -> f64 {
    match values {
        Ok(ByHub::Same(value)) => *value,
        Ok(ByHub::Each(values)) => {
            values.iter().find(|(code, _)| code == hub).map_or(0.0, |(_, value)| *value)
        }
        Err(Reported) => 0.0,
    }
}

/// Codes of the hubs, each once.
fn read_hubs(fields: &Fields<'_>, findings: &mut Findings) -> Result<Vec<String>, Reported> {
    let expected = "a list of regions, such as [\"TUR\", \"CHN\"]";
    let node = fields.required("hubs", expected, findings)?;
    let path = fields.path_of("hubs");
    let named = texts_of(node, &path, expected, findings)?;
    let mut hubs: Vec<String> = Vec::with_capacity(named.len());
    for (index, hub) in named.into_iter().enumerate() {
        if hubs.contains(&hub) {
            let at = match &node.value {
                Value::List(items) => items.get(index).map_or(node.at, |item| item.at),
                _ => node.at,
            };
            let diagnostic =
                Diagnostic::new(format!("hub `{hub}` is named twice")).expected("each hub once");
            findings.add(at, &format!("{path}.{index}"), diagnostic);
        } else {
            hubs.push(hub);
        }
    }
    Ok(hubs)
}

/// Shares of the routes in the baseline, which leave some trade to the direct one.
fn read_shares(
    fields: &Fields<'_>,
    hubs: Option<&[String]>,
    findings: &mut Findings,
) -> Result<ByHub, Reported> {
    let expected = "a share for each hub, or a table of them by hub";
    let node = fields.required("hub_share", expected, findings)?;
    let shares = by_hub(fields, "hub_share", node, hubs, BELOW_ONE, findings)?;
    let sum: f64 = match &shares {
        ByHub::Same(share) => share * hubs.map_or(1, <[String]>::len) as f64,
        ByHub::Each(shares) => shares.iter().map(|(_, share)| share).sum(),
    };
    if sum < 1.0 - SHARES_TOLERANCE {
        return Ok(shares);
    }
    let diagnostic = Diagnostic::new("the shares of the hubs leave nothing to the direct route")
        .found(format!("a sum of {}", rounded(sum)))
        .expected("a sum below 1");
    Err(findings.add(node.at, &fields.path_of("hub_share"), diagnostic))
}

/// A number for all hubs, or a table by hub, in which hubs may be left out; names in it are not
/// checked where the hubs are not known.
fn by_hub(
    fields: &Fields<'_>,
    key: &str,
    node: &Node,
    hubs: Option<&[String]>,
    domain: Domain,
    findings: &mut Findings,
) -> Result<ByHub, Reported> {
    let path = fields.path_of(key);
    if !matches!(node.value, Value::Table(_)) {
        let expected = format!("{}, or a table of them by hub", domain.words);
        return number_of(node, &path, domain, &expected, findings).map(ByHub::Same);
    }
    let table = Fields::of(node, &path, "a table", findings)?;
    let before = findings.count();
    let mut values = Vec::new();
    for entry in table.entries() {
        let path = table.path_of(&entry.key);
        if let Some(hubs) = hubs
            && !hubs.contains(&entry.key)
        {
            let valid = hubs.iter().map(String::as_str);
            let diagnostic = Diagnostic::unknown("hub", &entry.key, valid);
            findings.add(entry.key_at, &path, diagnostic);
        }
        if let Ok(value) = number_of(&entry.node, &path, domain, domain.words, findings) {
            values.push((entry.key.clone(), value));
        }
    }
    // What costs nothing may be left out; a share of nothing is to be written.
    let needed = hubs.into_iter().flatten().filter(|_| key == "hub_share");
    for hub in needed.filter(|hub| table.entry(hub).is_none()) {
        let names = format!("`{key}` of hub `{hub}`");
        findings.missing(node.at, &path, &names, domain.words);
    }
    if findings.count() > before { Err(Reported) } else { Ok(ByHub::Each(values)) }
}
