//! The plan of a path: a scenario whose policies have dates, and the years to solve.

use std::path::PathBuf;

use serde_json::Value as Json;
use viner_model::path::ElasticityPath;

use super::calibrate_plan::{CALIBRATE, CalibratePlan, read_calibrate};
use super::dates::{Day, Period, day_of};
use super::document::{Entry, Node, Position, Value, parse_document};
use super::domain::POSITIVE;
use super::fields::{Fields, number_of, texts_of};
use super::findings::{Findings, Reported};
use super::locations::Locations;
use super::overrides;
use super::policies::read_policies;
use super::read::{KEYS, ScenarioFile, manifest_entry, read_root};
use super::source::ScenarioSource;
use super::table_files::TableFiles;
use crate::diagnostic::{Diagnostic, Diagnostics};

/// Years that a path may have at most.
const MAX_YEARS: usize = 100;

/// Keys of a plan beside those of a scenario.
pub(super) const PATH: &str = "path";
const PLAN_KEYS: [&str; 5] = ["scenario", PATH, "schedule", "backtest", CALIBRATE];

/// Keys that say when a policy is in force; a transfer has a `from` of its own.
const DATE_KEYS: [&str; 3] = ["from", "since", "until"];

/// A plan, read.
#[derive(Clone, Debug, PartialEq)]
pub struct PathPlan {
    /// One line for people; empty where the scenario's shall be used.
    pub title: String,
    /// Years in order.
    pub years: Vec<i32>,
    /// How elasticities grow.
    pub elasticity_path: ElasticityPath,
    /// Outcomes to tell.
    pub outcomes: Vec<String>,
    /// The scenario of each year, every policy at its whole size.
    pub files: Vec<ScenarioFile>,
    /// When each policy is in force, in their order.
    pub periods: Vec<Period>,
    /// `[backtest]`.
    pub backtest: BacktestChoices,
    /// `[calibrate]`.
    pub calibrate: Option<CalibratePlan>,
    /// Where its scenario comes from: the plan itself, if it has the tables of one.
    pub source: ScenarioSource,
    plan: ScenarioSource,
    set: Vec<String>,
}

/// `[backtest]` of a plan.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BacktestChoices {
    /// A built-in set of evidence, or a folder.
    pub evidence: Option<String>,
    /// Rows whose figure is an input of the plan.
    pub calibrate: Vec<String>,
}

impl PathPlan {
    /// Day of the first policy that begins.
    pub fn first_day(&self) -> Option<Day> {
        self.periods.iter().filter_map(|period| period.from).min()
    }

    /// Years since the first shock.
    pub fn horizon(&self, year: i32) -> f64 {
        let first = self.first_day().map_or(self.years[0], Day::year);
        f64::from(year - first)
    }

    /// The plan as a manifest keeps it.
    pub fn manifest_entry(&self) -> Json {
        let folder = self.plan.folder.as_deref();
        manifest_entry(&self.plan.text, &self.set, &self.plan.files, folder)
    }

    /// Whether the tables of the scenario are in the plan.
    pub fn is_inline(&self) -> bool {
        self.source.text == self.plan.text
    }
}

/// Reads the plan of a path and applies `overrides`, finding everything that can be wrong without a
/// baseline; `scenario` finds the scenario that it names, relative to the folder of the plan.
pub fn read_path_plan(
    source: &ScenarioSource,
    overrides: &[String],
    scenario: &dyn Fn(&str, Option<&PathBuf>) -> Result<ScenarioSource, Diagnostics>,
) -> (Option<PathPlan>, Diagnostics) {
    let mut findings = Findings::new(&source.name);
    let plan = Reader { source, scenario }.read(overrides, &mut findings);
    let mut diagnostics = findings.into_diagnostics();
    let plan = match plan {
        Ok((plan, problems)) => {
            // One mistake is found anew in every year.
            for problem in problems.0 {
                if !diagnostics.0.contains(&problem) {
                    diagnostics.push(problem);
                }
            }
            Some(plan)
        }
        Err(Reported) => None,
    };
    (plan, diagnostics)
}

struct Reader<'a> {
    source: &'a ScenarioSource,
    scenario: &'a dyn Fn(&str, Option<&PathBuf>) -> Result<ScenarioSource, Diagnostics>,
}

impl Reader<'_> {
    fn read(
        &self,
        overrides: &[String],
        findings: &mut Findings,
    ) -> Result<(PathPlan, Diagnostics), Reported> {
        let mut root = parsed(self.source, findings)?;
        let named = root.get("scenario").is_some();
        let all: Vec<String> = self.source.set.iter().chain(overrides).cloned().collect();
        let (own, rest): (Vec<String>, Vec<String>) = all.iter().cloned().partition(|argument| {
            let key = argument.split(['.', '=']).next().unwrap_or_default().trim();
            PLAN_KEYS.contains(&key) || key == "title"
        });
        let _ = overrides::apply(&mut root, &own, findings);
        let fields = Fields::of(&root, "", "a table", findings)?;
        let title = fields.text("title", "one line of text", findings).ok().flatten();
        let (years, elasticity_path, outcomes) = read_path(&fields, findings)?;
        let backtest = read_backtest(&fields, findings);
        let calibrate = read_calibrate(&root, self.source, findings)?;

        let (mut document, source, mut located) = if named {
            for key in KEYS.iter().filter(|key| !["title", "policy"].contains(key)) {
                if let Some(entry) = fields.entry(key) {
                    let problem = format!("`{key}` and `scenario` contradict each other");
                    let diagnostic = Diagnostic::new(problem)
                        .expected("a scenario by its name, or its tables in the plan");
                    findings.add(entry.key_at, key, diagnostic);
                }
            }
            let known: Vec<&str> = KEYS.iter().chain(&PLAN_KEYS).copied().collect();
            let _ = fields.check_keys(&known, findings);
            let expected = "the name of a built-in scenario, or the path of one";
            let name = fields.text("scenario", expected, findings)?.unwrap_or_default();
            let source =
                (self.scenario)(name, self.source.folder.as_ref()).map_err(|problems| {
                    let at = fields.node("scenario").map_or(fields.at, |node| node.at);
                    for problem in problems {
                        if problem.file.is_none() {
                            findings.add(at, "scenario", problem);
                        } else {
                            findings.add_placed(problem);
                        }
                    }
                    Reported
                })?;
            let mut located = Findings::new(&source.name);
            let document = parsed(&source, &mut located);
            let Ok(document) = document else {
                for problem in located.into_diagnostics() {
                    findings.add_placed(problem);
                }
                return Err(Reported);
            };
            (document, source, located)
        } else {
            (root.clone(), self.source.clone(), Findings::new(&self.source.name))
        };
        let added = if named { self.added_policies(&root, findings)? } else { Vec::new() };
        let own_policies = add_policies(&mut document, &added);
        schedule(&fields, &mut document, findings);
        // Sizes that were fitted come before what the user sets, and both after the plan's own.
        let mut set = calibrate.as_ref().map_or_else(Vec::new, CalibratePlan::overrides);
        set.extend(if named { source.set.clone() } else { Vec::new() });
        set.extend(rest.iter().cloned());
        let _ = overrides::apply(&mut document, &set, &mut located);
        let periods = read_periods(&mut document, &mut located, findings);
        let other: &[&str] = if named { &[] } else { &PLAN_KEYS };
        let set = if named { rest } else { all.clone() };
        let mut problems = located.into_diagnostics();
        let mut files = Vec::with_capacity(years.len());
        for &year in &years {
            let mut in_year = document.clone();
            if let Some(policies) = child(&mut in_year, "policy") {
                resolve(policies, year);
            }
            let mut found = Findings::new(&source.name);
            let file = read_root(&in_year, other, &source, set.clone(), &mut found);
            for problem in found.into_diagnostics() {
                if !problems.0.contains(&problem) {
                    problems.push(problem);
                }
            }
            files.extend(file.ok().map(|mut file| {
                for (index, policy) in (own_policies..).zip(&added) {
                    let locations = &mut file.locations;
                    locate(locations, &format!("policy.{index}"), policy, &self.source.name);
                }
                file
            }));
        }
        if files.len() < years.len() {
            for problem in problems {
                findings.add_placed(problem);
            }
            return Err(Reported);
        }
        let mut plan_source = self.source.clone();
        plan_source.files.extend(calibrate.as_ref().and_then(|calibrate| calibrate.file.clone()));
        let plan = PathPlan {
            title: title.unwrap_or_default().to_owned(),
            years,
            elasticity_path,
            outcomes,
            files,
            periods,
            backtest,
            calibrate,
            source,
            plan: plan_source,
            set: all,
        };
        Ok((plan, problems))
    }
}

impl Reader<'_> {
    /// Policies of the plan beside those of the scenario that it names, found to be readable.
    fn added_policies(&self, root: &Node, findings: &mut Findings) -> Result<Vec<Node>, Reported> {
        let Some(node) = root.get("policy") else { return Ok(Vec::new()) };
        let before = findings.count();
        let mut document = Node { value: Value::Table(Vec::new()), at: root.at };
        if let Value::Table(entries) = &mut document.value {
            let key = "policy".to_owned();
            entries.push(Entry { key, key_at: node.at, node: node.clone() });
        }
        let mut dates = Findings::new(&self.source.name);
        read_periods(&mut document, &mut dates, findings);
        for problem in dates.into_diagnostics() {
            findings.add_placed(problem);
        }
        if let Some(policies) = child(&mut document, "policy") {
            resolve(policies, 0);
        }
        let mut tables = TableFiles::new(self.source);
        let policies = document.get("policy");
        read_policies(policies, &mut tables, &mut Locations::default(), findings);
        match &node.value {
            Value::List(items) if findings.count() == before => Ok(items.clone()),
            _ => Err(Reported),
        }
    }
}

/// Puts policies behind those of a scenario; how many it has of its own.
fn add_policies(document: &mut Node, added: &[Node]) -> usize {
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
fn locate(locations: &mut Locations, path: &str, node: &Node, file: &str) {
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

fn parsed(source: &ScenarioSource, findings: &mut Findings) -> Result<Node, Reported> {
    let (root, errors) = parse_document(&source.text);
    if errors.is_empty() {
        return Ok(root);
    }
    for error in errors {
        findings.add_syntax(error, "");
    }
    Err(Reported)
}

type PathChoices = (Vec<i32>, ElasticityPath, Vec<String>);

fn read_path(fields: &Fields<'_>, findings: &mut Findings) -> Result<PathChoices, Reported> {
    let node = fields.required(PATH, "a table, `[path]`, with `years`", findings)?;
    let path = Fields::of(node, PATH, "a table, `[path]`", findings)?;
    let _ = path.check_keys(&["years", "elasticity_path", "outcomes"], findings);
    let expected = "a list of years in order, such as [2021, 2022, 2023]";
    let years = path.required("years", expected, findings).and_then(|node| {
        let Value::List(items) = &node.value else {
            return Err(findings.wrong_type(node, "path.years", expected));
        };
        let years: Vec<i32> = items
            .iter()
            .filter_map(|item| match item.value {
                Value::Integer(year) if (1..=9999).contains(&year) => i32::try_from(year).ok(),
                _ => None,
            })
            .collect();
        let ordered = years.windows(2).all(|pair| pair[0] < pair[1]);
        if years.len() == items.len() && ordered && !years.is_empty() && years.len() <= MAX_YEARS {
            return Ok(years);
        }
        let diagnostic = Diagnostic::new("`years` is no list of years in order").expected(expected);
        Err(findings.add(node.at, "path.years", diagnostic))
    });
    let elasticity_path = match path.node("elasticity_path") {
        None => Ok(ElasticityPath::default()),
        Some(node) => read_elasticity_path(node, findings),
    };
    let outcomes = match path.node("outcomes") {
        None => Ok(Vec::new()),
        Some(node) => texts_of(node, "path.outcomes", "a list of outcomes", findings),
    };
    Ok((years?, elasticity_path?, outcomes?))
}

/// `{ trade_elasticity = { 1 = 0.38, 8 = 1.0 } }`, or the inner table alone, or `"constant"`.
fn read_elasticity_path(node: &Node, findings: &mut Findings) -> Result<ElasticityPath, Reported> {
    const PATH: &str = "path.elasticity_path";
    let expected = "factors on the trade elasticity by years since the first shock, such as \
                    { trade_elasticity = { 1 = 0.38, 8 = 1.0 } }, or \"constant\"";
    if node.as_text() == Some("constant") {
        return Ok(ElasticityPath::constant());
    }
    let node = node.get("trade_elasticity").unwrap_or(node);
    let fields = Fields::of(node, PATH, expected, findings)?;
    let mut points = Vec::new();
    for entry in fields.entries() {
        let path = fields.path_of(&entry.key);
        let value = number_of(&entry.node, &path, POSITIVE, POSITIVE.words, findings)?;
        let Some(years) = entry.key.parse().ok().filter(|years: &f64| years.is_finite()) else {
            let diagnostic = Diagnostic::new(format!("`{}` is no number of years", entry.key))
                .expected(expected);
            return Err(findings.add(entry.key_at, &path, diagnostic));
        };
        points.push((years, value));
    }
    points.sort_by(|a: &(f64, f64), b| a.0.total_cmp(&b.0));
    Ok(ElasticityPath { points })
}

fn read_backtest(fields: &Fields<'_>, findings: &mut Findings) -> BacktestChoices {
    let Some(node) = fields.node("backtest") else { return BacktestChoices::default() };
    let Ok(fields) = Fields::of(node, "backtest", "a table, `[backtest]`", findings) else {
        return BacktestChoices::default();
    };
    let _ = fields.check_keys(&["evidence", "calibrate"], findings);
    let evidence = fields.text("evidence", "a built-in set of evidence, or a folder", findings);
    let calibrate = fields
        .node("calibrate")
        .map(|node| texts_of(node, "backtest.calibrate", "a list of ids of rows", findings));
    BacktestChoices {
        evidence: evidence.ok().flatten().map(ToOwned::to_owned),
        calibrate: calibrate.and_then(Result::ok).unwrap_or_default(),
    }
}

fn child<'n>(node: &'n mut Node, key: &str) -> Option<&'n mut Node> {
    match &mut node.value {
        Value::Table(entries) => {
            entries.iter_mut().find(|entry| entry.key == key).map(|entry| &mut entry.node)
        }
        _ => None,
    }
}

/// `[schedule]`: dates and values of policies by their names; `prefix*` stands for several.
fn schedule(fields: &Fields<'_>, document: &mut Node, findings: &mut Findings) {
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
fn read_periods(
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
fn resolve(node: &mut Node, year: i32) {
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
