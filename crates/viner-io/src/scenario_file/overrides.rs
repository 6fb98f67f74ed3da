//! `--set key=value`: changes to a scenario from the command line.

use super::document::{Entry, Node, Position, Value, parse_value, quote};
use super::findings::{Findings, Reported};
use super::model::{SPECIFIC_FACTOR_SHARE, VALUES_KEYS};
use crate::diagnostic::Diagnostic;

/// Lays every override on the document, in order; the last one on a key holds.
pub(super) fn apply(
    root: &mut Node,
    overrides: &[String],
    findings: &mut Findings,
) -> Result<(), Reported> {
    let mut result = Ok(());
    for argument in overrides {
        result = apply_one(root, argument, findings).and(result);
    }
    result
}

fn apply_one(root: &mut Node, argument: &str, findings: &mut Findings) -> Result<(), Reported> {
    let Some((mut path, value)) = split(argument) else {
        let problem = format!("`{}` is no override", quote(argument));
        let diagnostic =
            Diagnostic::new(problem).expected("key=value, such as `model.trade_elasticity=6`");
        return Err(findings.add(Position::Set, "", diagnostic));
    };
    let name = path.join(".");
    let node = parsed(value, &name, findings)?;
    let refused = match merge_elasticity(root, &mut path) {
        Ok(()) => each_policy(root, &path)
            .and_then(|paths| paths.iter().try_for_each(|path| assign(root, path, node.clone()))),
        Err(refused) => Err(refused),
    };
    refused.map_err(|diagnostic| findings.add(Position::Set, &name, *diagnostic))
}

/// Key parts and value of `a.b."c.d"=value`; nothing if there is no `=` or an empty part.
fn split(argument: &str) -> Option<(Vec<String>, &str)> {
    let mut parts = Vec::new();
    let mut part = String::new();
    let mut quoted: Option<char> = None;
    for (offset, c) in argument.char_indices() {
        match (quoted, c) {
            (Some(quote), _) if c == quote => quoted = None,
            (None, '"' | '\'') => quoted = Some(c),
            (None, '.') => parts.push(std::mem::take(&mut part)),
            (None, '=') => {
                parts.push(part);
                let mut trimmed = parts.iter().map(|part| part.trim().to_owned());
                let value = argument.get(offset + 1..)?;
                return (!trimmed.any(|part| part.is_empty()))
                    .then(|| (parts.iter().map(|part| part.trim().to_owned()).collect(), value));
            }
            _ => part.push(c),
        }
    }
    None
}

/// The value as TOML; a word that is no TOML value is taken as text, as a shell's user means it.
fn parsed(value: &str, name: &str, findings: &mut Findings) -> Result<Node, Reported> {
    let value = value.trim();
    match parse_value(value) {
        Ok(node) => Ok(node),
        Err(error) if value.starts_with(['[', '{', '"', '\'']) => {
            let reported = findings.add_syntax(error, name);
            Err(reported)
        }
        Err(_) => Ok(Node { value: Value::Text(value.to_owned()), at: Position::Set }),
    }
}

/// Makes room for `model.trade_elasticity.B=8` where the file has one number for all sectors, and
/// takes the rest of such a path as one key: `"RUS.B"`.
fn merge_elasticity(root: &mut Node, path: &mut Vec<String>) -> Result<(), Box<Diagnostic>> {
    let [section, key, rest @ ..] = path.as_slice() else { return Ok(()) };
    if section != "model" || !VALUES_KEYS.contains(&key.as_str()) || rest.is_empty() {
        return Ok(());
    }
    let (section, key, entry) = (section.clone(), key.clone(), rest.join("."));
    if let Some(node) = child_mut(root, &section).and_then(|model| child_mut(model, &key)) {
        match &mut node.value {
            Value::Number(_) | Value::Integer(_) => {
                let default =
                    Entry { key: "default".to_owned(), key_at: node.at, node: node.clone() };
                *node = Node { value: Value::Table(vec![default]), at: node.at };
            }
            Value::Text(file) => {
                let problem = format!("`{key}` is read from `{}`", quote(file));
                return Err(Box::new(
                    Diagnostic::new(problem).expected("a number or a table to set a part of"),
                ));
            }
            Value::Table(_) if key == SPECIFIC_FACTOR_SHARE => remove_nested(node, &entry),
            _ => {}
        }
    }
    *path = vec![section, key, entry];
    Ok(())
}

/// The paths that `policy.prefix*.key` stands for: one of each policy whose name begins so.
fn each_policy(root: &Node, path: &[String]) -> Result<Vec<Vec<String>>, Box<Diagnostic>> {
    let prefix = match path {
        [first, name, ..] if first == "policy" => name.strip_suffix('*'),
        _ => None,
    };
    let Some(prefix) = prefix else { return Ok(vec![path.to_vec()]) };
    let policies = match root.get("policy").map(|node| &node.value) {
        Some(Value::List(policies)) => policies.as_slice(),
        _ => &[],
    };
    let name = |node: &Node| node.get("name").and_then(Node::as_text).map(ToOwned::to_owned);
    let begins = |node: &Node| name(node).is_some_and(|name| name.starts_with(prefix));
    let with_position = |position: usize| {
        let own = ["policy".to_owned(), position.to_string()];
        own.into_iter().chain(path[2..].iter().cloned()).collect()
    };
    let positions = (0..policies.len()).filter(|&position| begins(&policies[position]));
    let paths: Vec<Vec<String>> = positions.map(with_position).collect();
    if paths.is_empty() {
        let names: Vec<String> = policies.iter().filter_map(name).collect();
        let names = names.iter().map(String::as_str);
        return Err(Box::new(Diagnostic::unknown("policy", &path[1], names)));
    }
    Ok(paths)
}

/// Removes `RUS = { B = .. }`'s `B`, which `"RUS.B"` replaces.
fn remove_nested(node: &mut Node, entry: &str) {
    if let Some((region, sector)) = entry.split_once('.')
        && let Some(Node { value: Value::Table(sectors), .. }) = child_mut(node, region)
    {
        sectors.retain(|entry| entry.key != sector);
    }
}

fn child_mut<'a>(node: &'a mut Node, key: &str) -> Option<&'a mut Node> {
    match &mut node.value {
        Value::Table(entries) => {
            entries.iter_mut().find(|entry| entry.key == key).map(|entry| &mut entry.node)
        }
        _ => None,
    }
}

/// Puts `value` at `path`; tables on the way are made where they are missing.
fn assign(root: &mut Node, path: &[String], value: Node) -> Result<(), Box<Diagnostic>> {
    if path.len() > 1 && path[0] == "policy" && root.get("policy").is_none() {
        return Err(Box::new(Diagnostic::new("the scenario has no policy to set")));
    }
    let mut current = root;
    for (depth, part) in path.iter().enumerate() {
        current = step(current, part, &path[..depth].join("."))?;
    }
    *current = value;
    Ok(())
}

/// One key down from `node`, which stands at `walked`.
fn step<'a>(node: &'a mut Node, part: &str, walked: &str) -> Result<&'a mut Node, Box<Diagnostic>> {
    let found = node.describe();
    match &mut node.value {
        Value::Table(entries) => {
            let known = entries.iter().position(|entry| entry.key == part);
            let index = known.unwrap_or_else(|| {
                let node = Node { value: Value::Table(Vec::new()), at: Position::Set };
                entries.push(Entry { key: part.to_owned(), key_at: Position::Set, node });
                entries.len() - 1
            });
            Ok(&mut entries[index].node)
        }
        Value::List(items) => {
            let index = item_index(items, part, walked)?;
            Ok(&mut items[index])
        }
        _ => {
            let problem = format!("`{walked}` has no key `{}`", quote(part));
            Err(Box::new(Diagnostic::new(problem).found(found).expected("a table")))
        }
    }
}

/// Position of a list's member: by number, or a policy by its name or by a kind that it alone has.
fn item_index(items: &[Node], part: &str, walked: &str) -> Result<usize, Box<Diagnostic>> {
    if let Some(index) = part.parse().ok().filter(|index| *index < items.len()) {
        return Ok(index);
    }
    let with = |key: &str| -> Vec<usize> {
        let matches = |node: &Node| node.get(key).and_then(Node::as_text) == Some(part);
        (0..items.len()).filter(|&index| matches(&items[index])).collect()
    };
    let mut found = with("name");
    if found.is_empty() {
        found = with("kind");
    }
    match found.as_slice() {
        [index] => Ok(*index),
        [] => {
            let valid = callable(items);
            let what = if walked == "policy" { "policy" } else { "member" };
            Err(Box::new(Diagnostic::unknown(what, part, valid.iter().map(String::as_str))))
        }
        several => {
            let positions: Vec<String> =
                several.iter().map(|index| format!("`{walked}.{index}`")).collect();
            let problem = format!("{} policies are called `{part}`", several.len());
            Err(Box::new(Diagnostic::new(problem).expected(positions.join(" or "))))
        }
    }
}

/// By what members of a list can be called: names, as people would, then kinds, then positions.
fn callable(items: &[Node]) -> Vec<String> {
    let words = ["name", "kind"].into_iter().flat_map(|key| {
        items.iter().filter_map(move |item| item.get(key)?.as_text().map(ToOwned::to_owned))
    });
    let mut all: Vec<String> = Vec::new();
    for word in words.chain((0..items.len()).map(|position| position.to_string())) {
        if !all.contains(&word) {
            all.push(word);
        }
    }
    all
}
