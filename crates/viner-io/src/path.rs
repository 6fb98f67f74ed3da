//! Paths: a plan, the baseline of its scenario, and every year solved.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use rayon::prelude::*;
use serde_json::{Value as Json, json};
use viner_model::baseline::Baseline;
use viner_model::equilibrium::{Equilibrium, Failure, RunError, reference_baseline, solve};
use viner_model::outcome::{Value, Year};
use viner_model::path::{PartError, part_of_policy};
use viner_model::problem::{Problem, ScenarioError};
use viner_model::scenario::{Policy, Scenario};

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::outcomes::{Asked, outcome_diagnostic, with_words};
use crate::plan::PlanSource;
use crate::question::{NoAnswer, Question, scenario_source};
use crate::results::{Column, Frame, Program, run_frames};
use crate::scenario_file::{Day, Months, PathPlan, Period, ScenarioSource, read_path_plan};

/// A plan on its baseline, both checked.
#[derive(Clone, Debug)]
pub struct PathQuestion {
    /// The plan.
    pub plan: PathPlan,
    /// Its scenario in the first year, and its baseline.
    pub question: Question,
}

/// Why a path has no results.
#[derive(Clone, Debug)]
pub enum NoPath {
    /// Its scenario or its baseline has no answer.
    Scenario(NoAnswer),
    /// A year has no certified equilibrium.
    Year {
        /// Which.
        year: i32,
        /// Why.
        failure: Failure,
    },
}

/// How a path differs from its plan.
#[derive(Clone, Debug, PartialEq)]
pub struct PathVariant {
    /// Policies that are left out; `prefix*` stands for several.
    pub without: Vec<String>,
    /// Policies that begin later, and values of later years, are not known.
    pub known_at: Option<Day>,
    /// Factor on the trade elasticities of all years.
    pub elasticity_factor: f64,
    /// Years to solve; all if empty.
    pub years: Vec<i32>,
    /// The months that stand for each year: dates count by their days, money is at the rate of a year.
    pub months: Months,
}

impl Default for PathVariant {
    /// The plan as it is.
    fn default() -> Self {
        Self {
            without: Vec::new(),
            known_at: None,
            elasticity_factor: 1.0,
            years: Vec::new(),
            months: Months::default(),
        }
    }
}

impl PathVariant {
    fn leaves_out(&self, name: &str) -> bool {
        self.without.iter().any(|pattern| match pattern.strip_suffix('*') {
            Some(prefix) => name.starts_with(prefix),
            None => name == pattern,
        })
    }
}

/// A year of a path, solved.
#[derive(Clone, Debug)]
pub struct SolvedYear {
    /// Calendar year.
    pub year: i32,
    /// Factor on the trade elasticities.
    pub factor: f64,
    /// World income over that of the baseline.
    pub world_income: f64,
    /// Part of the year in which each policy of the scenario is in force.
    pub parts: Vec<f64>,
    /// With the policies of the year.
    pub problem: Problem,
    /// Certified.
    pub equilibrium: Equilibrium,
}

/// All years.
#[derive(Clone, Debug)]
pub struct SolvedPath {
    /// In order.
    pub years: Vec<SolvedYear>,
}

impl PathQuestion {
    /// Reads a plan, its scenario and its baseline; everything that is wrong with any is reported at
    /// once.
    ///
    /// # Errors
    /// All diagnostics.
    pub fn open(
        source: &PlanSource,
        overrides: &[String],
        table_tolerance: f64,
    ) -> Result<Self, Diagnostics> {
        let find = |name: &str, folder: Option<&PathBuf>| -> Result<ScenarioSource, Diagnostics> {
            if let Some(scenario) = &source.scenario {
                return Ok(scenario.clone());
            }
            let beside = folder.map(|folder| folder.join(name)).filter(|path| path.exists());
            scenario_source(
                &beside.map_or_else(|| name.to_owned(), |path| path.display().to_string()),
            )
        };
        let (plan, mut diagnostics) = read_path_plan(&source.plan, overrides, &find);
        let Some(plan) = plan else { return Err(diagnostics) };
        let first = plan.files[0].clone();
        let opened =
            Question::of_file(&plan.source, first, Diagnostics::default(), table_tolerance);
        let question = match opened {
            Ok(question) => question,
            Err(problems) => {
                diagnostics.extend(problems);
                return Err(diagnostics);
            }
        };
        for (sector, _) in &plan.sector_paths {
            let sectors = &question.baseline.sectors;
            if sectors.position(sector).is_none() {
                let problem = Diagnostic::unknown("sector", sector, sectors.codes());
                let key = format!("path.elasticity_path.sectors.{sector}");
                diagnostics.push(problem.in_file(&source.plan.name).at_key(key));
            }
        }
        for file in &plan.files[1..] {
            let checked = Problem::new(Arc::clone(&question.baseline), &file.scenario);
            for error in checked.err().unwrap_or_default() {
                let diagnostic = file.locations.locate(&error);
                if !diagnostics.0.contains(&diagnostic) {
                    diagnostics.push(diagnostic);
                }
            }
        }
        diagnostics.into_result()?;
        Ok(Self { plan, question })
    }

    /// Title of the plan; that of its scenario where it has none.
    pub fn title(&self) -> &str {
        let title = self.plan.title.as_str();
        if title.is_empty() { self.question.title() } else { title }
    }

    /// Parts of a year in which the policies are in force.
    fn parts(&self, year: i32, variant: &PathVariant) -> Vec<f64> {
        let periods = self.plan.periods.iter();
        let part = |period: &Period| {
            let unknown = period.from.zip(variant.known_at).is_some_and(|(from, day)| from > day);
            if unknown { 0.0 } else { period.part_of(year, variant.months) }
        };
        periods.map(part).collect()
    }

    /// Position of the year whose values are the latest that are known in the year at `position`.
    fn known_year(&self, position: usize, variant: &PathVariant) -> usize {
        let last = variant.known_at.map_or(i32::MAX, Day::year);
        (0..=position).rev().find(|&year| self.plan.years[year] <= last).unwrap_or(0)
    }

    /// The scenario of a year.
    fn scenario(
        &self,
        position: usize,
        baseline: &Arc<Baseline>,
        variant: &PathVariant,
    ) -> Result<Scenario, Diagnostics> {
        let known = self.known_year(position, variant);
        let file = &self.plan.files[known];
        let names = file.scenario.policy_names();
        let parts = self.parts(self.plan.years[position], variant);
        let mut policies: Vec<Policy> = Vec::new();
        for (index, (policy, name)) in file.scenario.policies.iter().zip(names).enumerate() {
            if variant.leaves_out(&name) {
                continue;
            }
            let part = part_of_policy(policy, parts[index], &file.scenario, baseline);
            let part = part.map_err(|error| self.part_error(known, index, &error))?;
            // Positions differ between years, names do not.
            policies.extend(part.map(|policy| Policy { name: Some(name), ..policy }));
        }
        Ok(Scenario { policies, ..file.scenario.clone() })
    }

    fn part_error(&self, position: usize, policy: usize, error: &PartError) -> Diagnostics {
        let locations = &self.plan.files[position].locations;
        let path = format!("policy.{}", locations.policy_position(policy));
        locations.place(&path, Diagnostic::new(error.to_string())).into()
    }

    /// Solves every year, in parallel, each from the baseline: results do not depend on the others.
    ///
    /// # Errors
    /// The baseline or a year has no certified equilibrium.
    pub fn solve(&self) -> Result<SolvedPath, NoPath> {
        self.solve_variant(&PathVariant::default())
    }

    /// The same for a variant of the plan.
    ///
    /// # Errors
    /// The baseline or a year has no certified equilibrium.
    pub fn solve_variant(&self, variant: &PathVariant) -> Result<SolvedPath, NoPath> {
        let question = &self.question;
        let no_answer = |error: RunError| NoPath::Scenario(question.no_answer(error));
        let input = |errors: Vec<ScenarioError>| no_answer(RunError::Scenario(errors));
        let plain = Problem::new(Arc::clone(&question.baseline), &question.file.scenario);
        let plain = plain.map_err(input)?;
        let reference = reference_baseline(&plain, question.settings).map_err(no_answer)?;
        let baseline = reference.map_or_else(|| Arc::clone(&question.baseline), Arc::new);
        let solve_year = |position: usize| -> Result<SolvedYear, NoPath> {
            let year = self.plan.years[position];
            let scenario = self
                .scenario(position, &baseline, variant)
                .map_err(|problems| NoPath::Scenario(NoAnswer::Input(problems)))?;
            let mut problem = Problem::new(Arc::clone(&baseline), &scenario).map_err(input)?;
            let horizon = self.plan.horizon(year);
            let factor = variant.elasticity_factor * self.plan.elasticity_path.factor(horizon);
            for (s, theta) in problem.elasticities.trade.iter_mut().enumerate() {
                let code = baseline.sectors.code(s);
                let own = self.plan.sector_paths.iter().find(|(sector, _)| sector == code);
                *theta *= own
                    .map_or(factor, |(_, path)| variant.elasticity_factor * path.factor(horizon));
            }
            let equilibrium = solve(&problem, question.settings)
                .map_err(|failure| NoPath::Year { year, failure })?;
            let known = self.plan.years[self.known_year(position, variant)];
            Ok(SolvedYear {
                year,
                factor,
                world_income: self.plan.world_income(known),
                parts: self.parts(year, variant),
                problem,
                equilibrium,
            })
        };
        let asked = |year: &i32| variant.years.is_empty() || variant.years.contains(year);
        let positions: Vec<usize> =
            (0..self.plan.years.len()).filter(|&at| asked(&self.plan.years[at])).collect();
        let solved: Vec<Result<SolvedYear, NoPath>> =
            positions.into_par_iter().map(solve_year).collect();
        Ok(SolvedPath { years: solved.into_iter().collect::<Result<_, _>>()? })
    }

    /// The manifest of a path: enough to repeat it.
    pub fn manifest(&self, solved: &SolvedPath, program: Program, seconds: f64) -> Json {
        let scenario =
            if self.plan.is_inline() { Json::Null } else { self.question.file.manifest_entry() };
        let residual = |year: &SolvedYear| year.equilibrium.certificate.worst().relative;
        json!({
            "viner": { "version": program.version, "commit": program.commit },
            "title": self.title(),
            "plan": self.plan.manifest_entry(),
            "scenario": scenario,
            "baseline": self.question.baseline_entry(),
            "solver": {
                "years": self.plan.years,
                "evaluations": solved.years.iter()
                    .map(|year| year.equilibrium.statistics.evaluations).sum::<usize>(),
                "seconds": seconds,
                "tolerance": self.question.settings.tolerance,
            },
            "certificate": { "largest": solved.years.iter().map(residual).fold(0.0, f64::max) },
            "platform": {
                "os": std::env::consts::OS,
                "architecture": std::env::consts::ARCH,
            },
        })
    }
}

/// An outcome in every year of a path.
#[derive(Clone, Debug, PartialEq)]
pub struct ToldYears {
    /// As written, in the spelling of the language.
    pub outcome: String,
    /// By year.
    pub values: Vec<Value>,
}

impl ToldYears {
    /// Change on the year before, by year; nothing in the first, and where there is no number.
    pub fn growth(&self) -> Vec<f64> {
        let number = |value: &Value| value.number().unwrap_or(f64::NAN);
        let pairs = self.values.windows(2);
        let changes = pairs.map(|pair| number(&pair[1]) / number(&pair[0]) - 1.0);
        std::iter::once(f64::NAN).chain(changes).collect()
    }
}

impl SolvedPath {
    /// As outcomes see it.
    pub fn states(&self) -> Vec<Year<'_>> {
        self.years
            .iter()
            .map(|solved| Year {
                year: solved.year,
                problem: &solved.problem,
                equilibrium: &solved.equilibrium,
                world_income: solved.world_income,
            })
            .collect()
    }

    /// Outcomes in every year.
    ///
    /// # Errors
    /// What cannot be told of this path.
    pub fn tell(&self, asked: &[Asked]) -> Result<Vec<ToldYears>, Diagnostics> {
        let states = self.states();
        let tell = |asked: &Asked| {
            let values = (0..states.len()).map(|year| asked.measure.on_path(&states, year));
            let values: Result<Vec<Value>, _> = values.collect();
            values.map(|values| ToldYears { outcome: asked.text.clone(), values }).map_err(
                |error| {
                    let place = format!("--of \"{}\"", asked.text);
                    Diagnostics::from(outcome_diagnostic(&error, &place))
                },
            )
        };
        asked.iter().map(tell).collect()
    }
}

/// Every table of a run with a column `year`, and the tables `years`, `schedule` and `outcomes`.
pub fn path_frames(question: &PathQuestion, solved: &SolvedPath, told: &[ToldYears]) -> Vec<Frame> {
    let years = || solved.years.iter();
    let mut frames = vec![
        Frame::new("years")
            .number("year", years().map(|year| f64::from(year.year)))
            .number("elasticity_factor", years().map(|year| year.factor))
            .number("world_income", years().map(|year| year.world_income))
            .number(
                "policies",
                years().map(|year| year.parts.iter().filter(|part| **part > 0.0).count() as f64),
            )
            .number("residual", years().map(|year| year.equilibrium.certificate.worst().relative)),
        schedule(question, solved),
    ];
    let mut tables: Vec<Frame> = Vec::new();
    for year in &solved.years {
        for frame in run_frames(&year.problem, &year.equilibrium) {
            let rows = frame.rows();
            let dated = Frame::new(frame.name.as_str())
                .number("year", std::iter::repeat_n(f64::from(year.year), rows));
            let dated = Frame {
                columns: dated.columns.into_iter().chain(frame.columns).collect(),
                ..Frame::new(frame.name)
            };
            match tables.iter_mut().find(|known| known.name == dated.name) {
                Some(known) => append(known, dated),
                None => tables.push(dated),
            }
        }
    }
    frames.extend(tables);
    if !told.is_empty() {
        frames.push(outcomes(solved, told));
    }
    frames
}

fn append(frame: &mut Frame, more: Frame) {
    for ((_, column), (_, added)) in frame.columns.iter_mut().zip(more.columns) {
        match (column, added) {
            (Column::Text(cells), Column::Text(added))
            | (Column::OptionalText(cells), Column::OptionalText(added)) => cells.append(&added),
            (Column::Number(cells), Column::Number(added)) => cells.extend(added),
            // Tables of one name have columns of one kind.
            _ => {}
        }
    }
}

/// Table `schedule`: the part of every year in which a policy is in force.
fn schedule(question: &PathQuestion, solved: &SolvedPath) -> Frame {
    let names = question.question.file.scenario.policy_names();
    let rows = || {
        solved.years.iter().flat_map(|year| {
            names.iter().zip(&year.parts).map(move |(name, part)| (year.year, name, *part))
        })
    };
    Frame::new("schedule")
        .number("year", rows().map(|row| f64::from(row.0)))
        .text("policy", rows().map(|row| row.1))
        .number("part", rows().map(|row| row.2))
}

/// Table `outcomes`: a row for every outcome and year.
fn outcomes(solved: &SolvedPath, told: &[ToldYears]) -> Frame {
    let growth: BTreeMap<&str, Vec<f64>> =
        told.iter().map(|row| (row.outcome.as_str(), row.growth())).collect();
    let rows: Vec<(&ToldYears, usize)> =
        told.iter().flat_map(|row| (0..row.values.len()).map(move |year| (row, year))).collect();
    let number = |value: &Value| value.number().unwrap_or(f64::NAN);
    let frame = Frame::new("outcomes")
        .number("year", rows.iter().map(|(_, year)| f64::from(solved.years[*year].year)))
        .text("outcome", rows.iter().map(|(row, _)| row.outcome.clone()))
        .number("value", rows.iter().map(|(row, year)| number(&row.values[*year])))
        .number("growth", rows.iter().map(|(row, year)| growth[row.outcome.as_str()][*year]));
    with_words(frame, rows.iter().map(|(row, year)| &row.values[*year]))
}
