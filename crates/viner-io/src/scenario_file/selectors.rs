//! Which regions or sectors a policy acts on.

use viner_model::scenario::Selector;

use super::document::{Node, Value};
use super::fields::{Fields, text_of, texts_of};
use super::findings::{Findings, Reported};
use crate::diagnostic::Diagnostic;

const EXPECTED: &str = "a code, a group, a list of them, \"*\" for all, or { not = ... }";

/// `"RUS"`, `"west"`, `["USA", "CAN"]`, `"*"` or `{ not = ... }`.
pub(super) fn read_selector(
    node: &Node,
    path: &str,
    findings: &mut Findings,
) -> Result<Selector, Reported> {
    if !matches!(node.value, Value::Table(_)) {
        return Ok(match names(node, path, findings)? {
            None => Selector::All,
            Some(names) => Selector::Names(names),
        });
    }
    let fields = Fields::of(node, path, EXPECTED, findings)?;
    let keys = fields.check_keys(&["not"], findings);
    let excluded = fields.required("not", "the codes to leave out", findings)?;
    let path = fields.path_of("not");
    let names = names(excluded, &path, findings)?;
    keys?;
    names.map(Selector::Not).ok_or_else(|| {
        let diagnostic =
            Diagnostic::new("`{ not = \"*\" }` leaves nothing").expected("the codes to leave out");
        findings.add(excluded.at, &path, diagnostic)
    })
}

/// Names of a text or a list; `None` is all of them.
fn names(
    node: &Node,
    path: &str,
    findings: &mut Findings,
) -> Result<Option<Vec<String>>, Reported> {
    let names = match &node.value {
        Value::List(_) => texts_of(node, path, EXPECTED, findings)?,
        _ => vec![text_of(node, path, EXPECTED, findings)?.to_owned()],
    };
    if !names.iter().any(|name| name == "*") {
        return Ok(Some(names));
    }
    if names.len() == 1 {
        return Ok(None);
    }
    let diagnostic = Diagnostic::new("`*` stands in a list with other names")
        .expected("\"*\" alone, or names without it");
    Err(findings.add(node.at, path, diagnostic))
}
