//! The plan of a path: a scenario whose policies have dates, and the years to solve.

mod choices;
mod schedule;

use std::path::PathBuf;

use serde_json::Value as Json;
use viner_model::path::ElasticityPath;

pub use choices::BacktestChoices;

use choices::{PathChoices, read_backtest, read_events, read_path};
use schedule::{add_policies, child, locate, read_periods, resolve, schedule};

use super::calibrate_plan::{CALIBRATE, CalibratePlan, read_calibrate};
use super::dates::{Day, Period};
use super::document::{Entry, Node, Value, parse_document};
use super::fields::Fields;
use super::findings::{Findings, Reported};
use super::locations::Locations;
use super::overrides;
use super::policies::read_policies;
use super::read::{KEYS, ScenarioFile, manifest_entry, read_root};
use super::source::ScenarioSource;
use super::table_files::TableFiles;
use crate::diagnostic::{Diagnostic, Diagnostics};

/// Keys of a plan beside those of a scenario.
pub(super) const PATH: &str = "path";
const PLAN_KEYS: [&str; 6] = ["scenario", PATH, "schedule", "event", "backtest", CALIBRATE];

/// A plan, read.
#[derive(Clone, Debug, PartialEq)]
pub struct PathPlan {
    /// One line for people; empty where the scenario's shall be used.
    pub title: String,
    /// Years in order.
    pub years: Vec<i32>,
    /// How elasticities grow.
    pub elasticity_path: ElasticityPath,
    /// How those of some sectors grow instead.
    pub sector_paths: Vec<(String, ElasticityPath)>,
    /// World income over that of the baseline, in the money of statistics, from a year on; in their order.
    pub world_income: Vec<(i32, f64)>,
    /// Outcomes to tell.
    pub outcomes: Vec<String>,
    /// The scenario of each year, every policy at its whole size.
    pub files: Vec<ScenarioFile>,
    /// When each policy is in force, in their order.
    pub periods: Vec<Period>,
    /// `[[event]]`: what was announced and has no size.
    pub events: Vec<(String, Option<Day>)>,
    /// `[backtest]`.
    pub backtest: BacktestChoices,
    /// `[calibrate]`.
    pub calibrate: Option<CalibratePlan>,
    /// Where its scenario comes from: the plan itself, if it has the tables of one.
    pub source: ScenarioSource,
    plan: ScenarioSource,
    set: Vec<String>,
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

    /// World income over that of the baseline: the value of the latest year that is not after this one.
    pub fn world_income(&self, year: i32) -> f64 {
        let known = self.world_income.iter().rev().find(|(from, _)| *from <= year);
        known.map_or(1.0, |(_, income)| *income)
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
        let PathChoices { years, elasticity_path, sector_paths, world_income, outcomes } =
            read_path(&fields, findings)?;
        let backtest = read_backtest(&fields, findings);
        let events = read_events(&fields, findings);
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
            sector_paths,
            world_income,
            outcomes,
            files,
            periods,
            events,
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
