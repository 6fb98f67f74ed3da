//! From the text of a plan to players, actions and their conditions.

use std::collections::BTreeMap;

use viner_model::scenario::Policy;

use super::super::document::{Entry, Node, Value, quote};
use super::super::domain::{FINITE, NOT_NEGATIVE};
use super::super::fields::{Fields, number_of, text_of, texts_of};
use super::super::findings::{Findings, Reported};
use super::super::locations::Locations;
use super::super::plan::read_head;
use super::super::policies::read_policies;
use super::super::source::ScenarioSource;
use super::super::table_files::TableFiles;
use super::{ActionPlan, GamePlan, MAX_COMBINATIONS, PLAYER, PlayerPlan, When, renamed};
use crate::diagnostic::{Diagnostic, Diagnostics};

/// Columns of the tables of a game, after which no player may be called.
const COLUMNS: [&str; 7] =
    ["player", "payoff", "welfare", "value", "break_even", "break_even_million_usd", "best_reply"];

/// Reads the plan of a game and applies `overrides`, finding everything that can be wrong without a
/// baseline.
///
/// What is wrong is replaced by what does nothing, so that the rest can still be checked on a
/// baseline: a plan with any diagnostic must not be solved.
pub fn read_game_plan(
    source: &ScenarioSource,
    overrides: &[String],
) -> (Option<GamePlan>, Diagnostics) {
    let mut findings = Findings::new(&source.name);
    let plan = read(source, overrides, &mut findings).ok();
    (plan, findings.into_diagnostics())
}

fn read(
    source: &ScenarioSource,
    overrides: &[String],
    findings: &mut Findings,
) -> Result<GamePlan, Reported> {
    let (head, root) = read_head(source, overrides, &[PLAYER], findings)?;
    let fields = Fields::of(&root, "", "a table", findings)?;
    let mut tables = TableFiles::new(source);
    let players = read_players(&fields, &source.name, &mut tables, findings).unwrap_or_default();
    Ok(GamePlan { head, players, files: tables.into_texts() })
}

/// Names of a player and of its actions, to look up conditions in.
struct Names<'a> {
    player: Option<&'a str>,
    actions: Vec<Option<&'a str>>,
}

fn read_players(
    fields: &Fields<'_>,
    source: &str,
    tables: &mut TableFiles<'_>,
    findings: &mut Findings,
) -> Result<Vec<PlayerPlan>, Reported> {
    let expected = "a list of tables, each under `[[player]]`";
    let node = fields.required("player", expected, findings)?;
    let items = list_of(node, "player", expected, findings)?;
    let name_of = |node: &'_ Node| node.get("name").and_then(Node::as_text).map(ToOwned::to_owned);
    let owned: Vec<(Option<String>, Vec<Option<String>>)> = items
        .iter()
        .map(|item| {
            let actions = match item.get("action").map(|node| &node.value) {
                Some(Value::List(actions)) => actions.iter().map(name_of).collect(),
                _ => Vec::new(),
            };
            (name_of(item), actions)
        })
        .collect();
    let names: Vec<Names<'_>> = owned
        .iter()
        .map(|(player, actions)| Names {
            player: player.as_deref(),
            actions: actions.iter().map(Option::as_deref).collect(),
        })
        .collect();
    let combinations =
        names.iter().fold(1_usize, |product, names| product.saturating_mul(names.actions.len()));
    if combinations > MAX_COMBINATIONS {
        let problem = format!("the actions of all players make {combinations} combinations");
        let diagnostic = Diagnostic::new(problem).expected(format!(
            "at most {MAX_COMBINATIONS}, each of which is an equilibrium to solve"
        ));
        findings.add(node.at, "player", diagnostic);
    }
    let mut players = Vec::with_capacity(items.len());
    for (index, item) in items.iter().enumerate() {
        let mut reader = PlayerReader { names: &names, own: index, source, tables, findings };
        players.push(reader.player(item).unwrap_or_default());
    }
    check_twice(items, "player", findings);
    Ok(players)
}

/// The tables of a list, which must not be empty.
fn list_of<'a>(
    node: &'a Node,
    path: &str,
    expected: &str,
    findings: &mut Findings,
) -> Result<&'a [Node], Reported> {
    match &node.value {
        Value::List(items) if items.is_empty() => {
            let diagnostic =
                Diagnostic::new(format!("`{path}` is an empty list")).expected(expected);
            Err(findings.add(node.at, path, diagnostic))
        }
        Value::List(items) => Ok(items),
        _ => Err(findings.wrong_type(node, path, expected)),
    }
}

/// Reports names that two tables of a list have.
fn check_twice(items: &[Node], path: &str, findings: &mut Findings) {
    let mut known: BTreeMap<&str, usize> = BTreeMap::new();
    for (index, item) in items.iter().enumerate() {
        let Some(node) = item.get("name") else { continue };
        let Some(name) = node.as_text() else { continue };
        if let Some(earlier) = known.insert(name, index) {
            let diagnostic = Diagnostic::new(format!("name `{}` is used twice", quote(name)))
                .expected(format!("another name than that of `{path}.{earlier}`"));
            findings.add(node.at, &format!("{path}.{index}.name"), diagnostic);
        }
    }
}

struct PlayerReader<'a, 'b, 's> {
    names: &'a [Names<'a>],
    own: usize,
    source: &'a str,
    tables: &'b mut TableFiles<'s>,
    findings: &'b mut Findings,
}

impl PlayerReader<'_, '_, '_> {
    fn player(&mut self, item: &Node) -> Result<PlayerPlan, Reported> {
        let path = format!("player.{}", self.own);
        let fields = Fields::of(item, &path, "a table under `[[player]]`", self.findings)?;
        let _ = fields.check_keys(&["name", "members", "weights", "action"], self.findings);
        let name = self.name(&fields);
        if let Some(name) = name.ok().filter(|name| COLUMNS.contains(name))
            && let Some(node) = fields.node("name")
        {
            let problem = format!("`{name}` is the name of a column of the results");
            let diagnostic = Diagnostic::new(problem).expected("another name");
            self.findings.add(node.at, &fields.path_of("name"), diagnostic);
        }
        let members = self.members(&fields).unwrap_or_default();
        let weights = self.weights(&fields).unwrap_or_default();
        let actions = self.actions(&fields).unwrap_or_default();
        Ok(PlayerPlan { name: name.unwrap_or_default().to_owned(), members, weights, actions })
    }

    fn actions(&mut self, fields: &Fields<'_>) -> Result<Vec<ActionPlan>, Reported> {
        let expected = "a list of tables, each under `[[player.action]]`";
        let node = fields.required("action", expected, self.findings)?;
        let path = fields.path_of("action");
        let items = list_of(node, &path, expected, self.findings)?;
        let mut actions = Vec::with_capacity(items.len());
        for (index, item) in items.iter().enumerate() {
            actions.push(self.action(item, &format!("{path}.{index}")).unwrap_or_default());
        }
        check_twice(items, &path, self.findings);
        Ok(actions)
    }

    fn name<'n>(&mut self, fields: &Fields<'n>) -> Result<&'n str, Reported> {
        let node = fields.required("name", "a name", self.findings)?;
        text_of(node, &fields.path_of("name"), "a name", self.findings)
    }

    fn members(&mut self, fields: &Fields<'_>) -> Result<Vec<String>, Reported> {
        let expected = "a list of regions or groups of regions";
        let node = fields.required("members", expected, self.findings)?;
        let path = fields.path_of("members");
        match &node.value {
            Value::Text(_) => {
                text_of(node, &path, expected, self.findings).map(|name| vec![name.to_owned()])
            }
            _ => texts_of(node, &path, expected, self.findings),
        }
    }

    fn weights(&mut self, fields: &Fields<'_>) -> Result<Option<BTreeMap<String, f64>>, Reported> {
        let Some(node) = fields.node("weights") else { return Ok(None) };
        let path = fields.path_of("weights");
        let expected = "a table of weights by region, such as { CHN = 1.0 }";
        let table = Fields::of(node, &path, expected, self.findings)?;
        let mut weights = BTreeMap::new();
        let mut result = Ok(());
        for entry in table.entries() {
            let path = table.path_of(&entry.key);
            let words = NOT_NEGATIVE.words;
            match number_of(&entry.node, &path, NOT_NEGATIVE, words, self.findings) {
                Ok(weight) => {
                    weights.insert(entry.key.clone(), weight);
                }
                Err(reported) => result = Err(reported),
            }
        }
        result?;
        if weights.values().sum::<f64>() <= 0.0 {
            let diagnostic = Diagnostic::new("no weight is above 0").expected(expected);
            return Err(self.findings.add(node.at, &path, diagnostic));
        }
        Ok(Some(weights))
    }

    fn action(&mut self, item: &Node, path: &str) -> Result<ActionPlan, Reported> {
        let expected = "a table under `[[player.action]]`";
        let fields = Fields::of(item, path, expected, self.findings)?;
        let _ = fields.check_keys(&["name", "value", "policies"], self.findings);
        let name = self.name(&fields).unwrap_or_default().to_owned();
        let values = self.values(&fields).unwrap_or_default();
        let path = fields.path_of("policies");
        let (policies, locations) = match fields.node("policies") {
            None => (Vec::new(), Locations::default()),
            Some(node) => self.policies(node, &path).unwrap_or_default(),
        };
        Ok(ActionPlan { name, values, policies, locations, path })
    }

    /// `0.002`, or `[{ when = {...}, value = 0.002 }, ...]`.
    fn values(&mut self, fields: &Fields<'_>) -> Result<Vec<(When, f64)>, Reported> {
        let Some(node) = fields.node("value") else { return Ok(Vec::new()) };
        let path = fields.path_of("value");
        let expected = "a number, or a list of tables with `when` and `value`";
        let Value::List(items) = &node.value else {
            let value = number_of(node, &path, FINITE, expected, self.findings)?;
            return Ok(vec![(When::default(), value)]);
        };
        let mut values = Vec::with_capacity(items.len());
        let mut result = Ok(());
        for (index, item) in items.iter().enumerate() {
            let path = format!("{path}.{index}");
            let Ok(fields) = Fields::of(item, &path, expected, self.findings) else {
                result = Err(Reported);
                continue;
            };
            let keys = fields.check_keys(&["when", "value"], self.findings);
            let when = self.when(fields.node("when"), &fields.path_of("when"));
            let value = fields.required("value", FINITE.words, self.findings).and_then(|node| {
                let path = fields.path_of("value");
                number_of(node, &path, FINITE, FINITE.words, self.findings)
            });
            match (keys, when, value) {
                (Ok(()), Ok(when), Ok(value)) => values.push((when, value)),
                _ => result = Err(Reported),
            }
        }
        result.map(|()| values)
    }

    /// Policies with their conditions, and where they were written.
    fn policies(
        &mut self,
        node: &Node,
        path: &str,
    ) -> Result<(Vec<(When, Policy)>, Locations), Reported> {
        let expected = "a list of policies, with the keys of `[[policy]]` and `when`";
        let Value::List(items) = &node.value else {
            return Err(self.findings.wrong_type(node, path, expected));
        };
        let mut conditions = Vec::with_capacity(items.len());
        let mut plain = Vec::with_capacity(items.len());
        for (index, item) in items.iter().enumerate() {
            let when = self.when(item.get("when"), &format!("{path}.{index}.when"));
            conditions.push(when.unwrap_or_default());
            plain.push(without(item, "when"));
        }
        // Policies are read as those of a scenario of their own; their paths are mended afterwards.
        let list = Node { value: Value::List(plain), at: node.at };
        let entry = Entry { key: "policy".to_owned(), key_at: node.at, node: list.clone() };
        let root = Node { value: Value::Table(vec![entry]), at: node.at };
        let mut locations = Locations::of(self.source, &root);
        let mut own = Findings::new(self.source);
        let policies = read_policies(Some(&list), self.tables, &mut locations, &mut own);
        let rename = |number: usize| Some(format!("{path}.{number}"));
        for diagnostic in own.into_diagnostics() {
            self.findings.add_placed(renamed(diagnostic, &rename));
        }
        let with_condition = policies.into_iter().enumerate().map(|(position, policy)| {
            (conditions[locations.policy_position(position)].clone(), policy)
        });
        let policies = with_condition.collect();
        Ok((policies, locations))
    }

    /// `{ China = "supply", India = ["supply", "carry"] }`; always where it is absent.
    fn when(&mut self, node: Option<&Node>, path: &str) -> Result<When, Reported> {
        let Some(node) = node else { return Ok(When::default()) };
        let expected = "a table of actions by player, such as { China = \"supply\" }";
        let fields = Fields::of(node, path, expected, self.findings)?;
        let mut conditions = Vec::new();
        let mut result = Ok(());
        for entry in fields.entries() {
            match self.condition(entry, &fields.path_of(&entry.key)) {
                Ok(condition) => conditions.push(condition),
                Err(reported) => result = Err(reported),
            }
        }
        result.map(|()| When(conditions))
    }

    fn condition(&mut self, entry: &Entry, path: &str) -> Result<(usize, Vec<usize>), Reported> {
        let is_it = |names: &Names<'_>| names.player == Some(entry.key.as_str());
        let Some(player) = self.names.iter().position(is_it) else {
            let players = self.names.iter().filter_map(|names| names.player);
            let diagnostic = Diagnostic::unknown("player", &entry.key, players);
            return Err(self.findings.add(entry.key_at, path, diagnostic));
        };
        if player == self.own {
            let problem = format!("`when` names the player `{}` itself", entry.key);
            let diagnostic = Diagnostic::new(problem)
                .expected("other players: what belongs to an action applies where it is chosen");
            return Err(self.findings.add(entry.key_at, path, diagnostic));
        }
        let expected = "an action of the player, or a list of them";
        let nodes: Vec<(&Node, String)> = match &entry.node.value {
            Value::List(items) => {
                items.iter().enumerate().map(|(i, item)| (item, format!("{path}.{i}"))).collect()
            }
            _ => vec![(&entry.node, path.to_owned())],
        };
        let mut actions = Vec::with_capacity(nodes.len());
        let mut result = Ok(());
        for (node, path) in nodes {
            let known = &self.names[player].actions;
            let found = text_of(node, &path, expected, self.findings).and_then(|name| {
                known.iter().position(|known| *known == Some(name)).ok_or_else(|| {
                    let what = format!("action of `{}`", entry.key);
                    let names = known.iter().copied().flatten();
                    let diagnostic = Diagnostic::unknown(&what, name, names);
                    self.findings.add(node.at, &path, diagnostic)
                })
            });
            match found {
                Ok(action) => actions.push(action),
                Err(reported) => result = Err(reported),
            }
        }
        result.map(|()| (player, actions))
    }
}

/// A table without one of its keys.
fn without(node: &Node, key: &str) -> Node {
    match &node.value {
        Value::Table(entries) => {
            let rest = entries.iter().filter(|entry| entry.key != key).cloned().collect();
            Node { value: Value::Table(rest), at: node.at }
        }
        _ => node.clone(),
    }
}
