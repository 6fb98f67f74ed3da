//! The plan of an optimum: sizes of policies to choose, between bounds, and what for.

use std::collections::BTreeMap;

use viner_model::optimum::Choice;
use viner_model::scenario::Policy;

use super::document::{Entry, Node, Value, quote};
use super::domain::{Domain, FINITE};
use super::fields::{Fields, text_of};
use super::findings::{Findings, Reported};
use super::locations::Locations;
use super::plan::{PlanHead, read_head};
use super::policies::read_policies;
use super::source::ScenarioSource;
use super::table_files::TableFiles;
use crate::diagnostic::{Diagnostic, Diagnostics};

/// Key of the table of an optimum in its plan.
pub(crate) const OPTIMIZE: &str = "optimize";

/// A plan, read.
#[derive(Clone, Debug, PartialEq)]
pub struct OptimizePlan {
    /// Scenario, title and text.
    pub head: PlanHead,
    /// Who chooses, and what for; a single one has no name.
    pub players: Vec<(String, String)>,
    /// Whether large is good.
    pub maximize: bool,
    /// Outcomes that are bounded: the outcome, the bound, and whether it is the largest value.
    pub subject_to: Vec<(String, f64, bool)>,
    /// What is chosen.
    pub choose: Vec<Choose>,
    /// Starts beside the sizes that are written.
    pub starts: usize,
    /// The outcome that is a cost, and how many points its frontier has.
    pub frontier: Option<(String, usize)>,
    /// Text of every table file read, by the path that the plan names it by.
    pub files: BTreeMap<String, String>,
}

/// Sizes to choose.
#[derive(Clone, Debug, PartialEq)]
pub struct Choose {
    /// The policy and its bounds.
    pub choice: Choice,
    /// Whose it is, by position.
    pub player: usize,
    /// Which cells have a size of their own.
    pub each: Each,
}

/// Which cells have a size of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Each {
    /// One size for all.
    All,
    /// One by selling region.
    Exporter,
    /// One by buying region.
    Importer,
    /// One by sector.
    Sector,
    /// One by cell.
    Cell,
}

const EACH: [(&str, Each); 5] = [
    ("all", Each::All),
    ("exporter", Each::Exporter),
    ("importer", Each::Importer),
    ("sector", Each::Sector),
    ("cell", Each::Cell),
];
/// Keys that are not those of a policy.
const OWN: [&str; 4] = ["lower", "upper", "player", "each"];
const COUNT: Domain = Domain {
    holds: |value| (0.0..=1000.0).contains(&value) && value.fract() == 0.0,
    words: "a whole number from 0 to 1000",
};

/// Reads the plan of an optimum and applies `overrides`, finding everything that can be wrong without a
/// baseline.
pub fn read_optimize_plan(
    source: &ScenarioSource,
    overrides: &[String],
) -> (Option<OptimizePlan>, Diagnostics) {
    let mut findings = Findings::new(&source.name);
    let plan = read(source, overrides, &mut findings).ok();
    (plan, findings.into_diagnostics())
}

fn read(
    source: &ScenarioSource,
    overrides: &[String],
    findings: &mut Findings,
) -> Result<OptimizePlan, Reported> {
    let (head, root) = read_head(source, overrides, &[OPTIMIZE], findings)?;
    let top = Fields::of(&root, "", "a table", findings)?;
    let node = top.required(OPTIMIZE, "a table, `[optimize]`", findings)?;
    let fields = Fields::of(node, OPTIMIZE, "a table, `[optimize]`", findings)?;
    let _ = fields.check_keys(
        &[
            "objective",
            "maximize",
            "minimize",
            "subject_to",
            "choose",
            "players",
            "starts",
            "frontier",
        ],
        findings,
    );
    let (objective, maximize) = objective(&fields, findings)?;
    let players = players(&fields, objective, findings)?;
    let subject_to = subject_to(&fields, findings)?;
    let starts = whole(&fields, "starts", findings)?.unwrap_or(4);
    let frontier = frontier(&fields, findings)?;
    if players.len() > 1 && (frontier.is_some() || !subject_to.is_empty()) {
        let diagnostic = Diagnostic::new("bounds on outcomes and frontiers are of one objective")
            .expected("`objective` in place of `players`");
        return Err(findings.add(node.at, &fields.path_of("players"), diagnostic));
    }
    let mut tables = TableFiles::new(source);
    let choose = choose(&fields, &source.name, &players, &mut tables, findings)?;
    let files = tables.into_texts();
    Ok(OptimizePlan { head, players, maximize, subject_to, choose, starts, frontier, files })
}

/// `objective = "..."` with `maximize` or `minimize` as a flag, or one of these with the outcome.
fn objective(
    fields: &Fields<'_>,
    findings: &mut Findings,
) -> Result<(Option<String>, bool), Reported> {
    let expected = "an outcome, such as \"welfare(USA)\"";
    let mut found: Option<String> =
        fields.text("objective", expected, findings)?.map(ToOwned::to_owned);
    let mut maximize = true;
    for (key, sense) in [("maximize", true), ("minimize", false)] {
        let Some(node) = fields.node(key) else { continue };
        if let Value::Flag(flag) = &node.value {
            maximize = *flag == sense;
        } else {
            let text = text_of(node, &fields.path_of(key), expected, findings)?;
            if found.replace(text.to_owned()).is_some() {
                let diagnostic = Diagnostic::new("there are two objectives").expected("one");
                return Err(findings.add(node.at, &fields.path_of(key), diagnostic));
            }
            maximize = sense;
        }
    }
    Ok((found, maximize))
}

fn players(
    fields: &Fields<'_>,
    objective: Option<String>,
    findings: &mut Findings,
) -> Result<Vec<(String, String)>, Reported> {
    let expected = "objectives by player, such as { USA = \"welfare(USA)\" }";
    match (fields.node("players"), objective) {
        (None, Some(objective)) => Ok(vec![(String::new(), objective)]),
        (None, None) => {
            let path = fields.path_of("objective");
            let names = "key `objective`";
            Err(findings.missing(fields.at, &path, names, "an outcome, or `players`"))
        }
        (Some(node), Some(_)) => {
            let diagnostic = Diagnostic::new("`players` and `objective` contradict each other")
                .expected("one of them");
            Err(findings.add(node.at, &fields.path_of("players"), diagnostic))
        }
        (Some(node), None) => {
            let path = fields.path_of("players");
            let table = Fields::of(node, &path, expected, findings)?;
            let mut players = Vec::new();
            for entry in table.entries() {
                let path = table.path_of(&entry.key);
                let text = text_of(&entry.node, &path, expected, findings)?;
                players.push((entry.key.clone(), text.to_owned()));
            }
            if players.is_empty() {
                return Err(findings.wrong_type(node, &path, expected));
            }
            Ok(players)
        }
    }
}

fn subject_to(
    fields: &Fields<'_>,
    findings: &mut Findings,
) -> Result<Vec<(String, f64, bool)>, Reported> {
    let expected = "a list such as [{ outcome = \"welfare(DEU)\", at_least = -0.01 }]";
    let Some(node) = fields.node("subject_to") else { return Ok(Vec::new()) };
    let path = fields.path_of("subject_to");
    let Value::List(items) = &node.value else {
        return Err(findings.wrong_type(node, &path, expected));
    };
    let mut bounds = Vec::new();
    for (index, item) in items.iter().enumerate() {
        let path = format!("{path}.{index}");
        let fields = Fields::of(item, &path, expected, findings)?;
        fields.check_keys(&["outcome", "at_most", "at_least"], findings)?;
        let node = fields.required("outcome", expected, findings)?;
        let outcome = text_of(node, &fields.path_of("outcome"), expected, findings)?;
        let most = fields.number("at_most", FINITE, findings)?;
        let least = fields.number("at_least", FINITE, findings)?;
        if most.is_none() && least.is_none() {
            let names = "key `at_most` or `at_least`";
            return Err(findings.missing(fields.at, &path, names, FINITE.words));
        }
        bounds.extend(most.map(|bound| (outcome.to_owned(), bound, true)));
        bounds.extend(least.map(|bound| (outcome.to_owned(), bound, false)));
    }
    Ok(bounds)
}

fn frontier(
    fields: &Fields<'_>,
    findings: &mut Findings,
) -> Result<Option<(String, usize)>, Reported> {
    let expected = "a table such as { cost = \"0 - welfare(DEU)\", points = 9 }";
    let Some(node) = fields.node("frontier") else { return Ok(None) };
    let table = Fields::of(node, &fields.path_of("frontier"), expected, findings)?;
    table.check_keys(&["cost", "points"], findings)?;
    let cost = table.required("cost", expected, findings)?;
    let cost = text_of(cost, &table.path_of("cost"), expected, findings)?;
    let points = whole(&table, "points", findings)?.unwrap_or(9).max(2);
    Ok(Some((cost.to_owned(), points)))
}

fn whole(
    fields: &Fields<'_>,
    key: &str,
    findings: &mut Findings,
) -> Result<Option<usize>, Reported> {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "whole and in range by its domain"
    )]
    let integer = |value: f64| value as usize;
    Ok(fields.number(key, COUNT, findings)?.map(integer))
}

fn choose(
    fields: &Fields<'_>,
    source: &str,
    players: &[(String, String)],
    tables: &mut TableFiles<'_>,
    findings: &mut Findings,
) -> Result<Vec<Choose>, Reported> {
    let expected = "a list of tables, each under `[[optimize.choose]]`";
    let node = fields.required("choose", expected, findings)?;
    let path = fields.path_of("choose");
    let Value::List(items) = &node.value else {
        return Err(findings.wrong_type(node, &path, expected));
    };
    let mut all = Vec::with_capacity(items.len());
    let mut result = Ok(());
    for (index, item) in items.iter().enumerate() {
        let path = format!("{path}.{index}");
        match choose_one(item, &path, source, players, tables, findings) {
            Ok(choose) => all.push(choose),
            Err(reported) => result = Err(reported),
        }
    }
    result.map(|()| all)
}

fn choose_one(
    item: &Node,
    path: &str,
    source: &str,
    players: &[(String, String)],
    tables: &mut TableFiles<'_>,
    findings: &mut Findings,
) -> Result<Choose, Reported> {
    let fields = Fields::of(item, path, "a table under `[[optimize.choose]]`", findings)?;
    let lower = fields.required_number("lower", FINITE, findings)?;
    let upper = fields.required_number("upper", FINITE, findings)?;
    let each = fields.word("each", &EACH, findings)?.unwrap_or(Each::All);
    let player = match fields.text("player", "a player", findings)? {
        None if players.len() == 1 => 0,
        None => {
            let path = fields.path_of("player");
            return Err(findings.missing(fields.at, &path, "key `player`", "one of `players`"));
        }
        Some(name) => {
            let names = || players.iter().map(|(name, _)| name.as_str());
            names().position(|known| known == name).ok_or_else(|| {
                let diagnostic = Diagnostic::unknown("player", name, names());
                findings.add(fields.at, &fields.path_of("player"), diagnostic)
            })?
        }
    };
    let policy = policy(&fields, path, source, tables, findings)?;
    let choice = Choice { policy, lower, upper };
    let problem = match choice.size() {
        None => Some("a policy without a single size cannot be chosen".to_owned()),
        Some(_) if lower > upper => Some(format!("`lower` {lower} is above `upper` {upper}")),
        Some(_) => None,
    };
    match problem {
        None => Ok(Choose { choice, player, each }),
        Some(problem) => {
            let diagnostic = Diagnostic::new(problem).expected("a size between two bounds");
            Err(findings.add(item.at, path, diagnostic))
        }
    }
}

/// The policy of a choice, read as that of a scenario of its own.
fn policy(
    fields: &Fields<'_>,
    path: &str,
    source: &str,
    tables: &mut TableFiles<'_>,
    findings: &mut Findings,
) -> Result<Policy, Reported> {
    let entries = fields.entries().iter().filter(|entry| !OWN.contains(&entry.key.as_str()));
    let plain = Node { value: Value::Table(entries.cloned().collect()), at: fields.at };
    let list = Node { value: Value::List(vec![plain]), at: fields.at };
    let entry = Entry { key: "policy".to_owned(), key_at: fields.at, node: list.clone() };
    let root = Node { value: Value::Table(vec![entry]), at: fields.at };
    let mut locations = Locations::of(source, &root);
    let mut own = Findings::new(source);
    let mut policies = read_policies(Some(&list), tables, &mut locations, &mut own);
    let mut reported = false;
    for mut diagnostic in own.into_diagnostics() {
        let mut texts = vec![&mut diagnostic.problem];
        texts.extend(diagnostic.key.as_mut());
        for text in texts {
            *text = text.replace("policy.0", path);
        }
        findings.add_placed(diagnostic);
        reported = true;
    }
    match policies.pop() {
        Some(policy) if !reported => Ok(policy),
        _ => Err(Reported),
    }
}

/// A name for messages.
pub(crate) fn player_name(name: &str) -> String {
    if name.is_empty() { "the plan".to_owned() } else { format!("player `{}`", quote(name)) }
}
