//! Backtests: what was said of the past, what statistics say, and what the model says.

pub mod cells;
mod evidence;
mod report;
pub mod scoring;

use std::collections::BTreeMap;

use viner_model::outcome::{Names, Outcome};
use viner_model::scenario::Policy;

pub use evidence::{Evidence, Statement};
pub use report::{backtest_json, backtest_page, scores_frame};

use scoring::{Direction, Part, Target, Verdict};

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::outcomes::outcome_diagnostic;
use crate::path::{NoPath, PathQuestion, SolvedPath};
use crate::question::{Question, scenario_source};
use crate::scenario_file::Day;

/// Why a backtest has no scores.
#[derive(Clone, Debug)]
pub enum NoBacktest {
    /// Evidence or expressions are wrong.
    Input(Diagnostics),
    /// The path has no results.
    Path(NoPath),
}

/// What became of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Its value counts.
    Scored,
    /// It cannot be checked, and the engine says so.
    NotCheckable,
    /// Its figure is an input of the plan.
    Calibration,
    /// The engine has no value.
    Missing,
}

impl Status {
    /// Name in the table.
    pub fn name(self) -> &'static str {
        match self {
            Self::Scored => "scored",
            Self::NotCheckable => "not-checkable",
            Self::Calibration => "calibration",
            Self::Missing => "missing",
        }
    }
}

/// A statement with its score.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// The statement.
    pub statement: Statement,
    /// What became of it.
    pub status: Status,
    /// Of the model or of data.
    pub part: Part,
    /// What the model says.
    pub model: Option<f64>,
    /// What the naive benchmark says.
    pub naive: Option<f64>,
    /// Score of the model.
    pub score: Option<f64>,
    /// Score of the naive benchmark: 0 where it says nothing.
    pub naive_score: f64,
    /// What the engine would say of the statement.
    pub verdict: Option<Verdict>,
    /// Weight in the sums.
    pub weight: f64,
    /// How it was compared, or why not.
    pub reason: String,
}

/// Scores of all rows.
#[derive(Clone, Debug, PartialEq)]
pub struct Backtest {
    /// Name of the evidence.
    pub evidence: String,
    /// Rows in scope, in the order of the evidence.
    pub rows: Vec<Row>,
}

/// Sums over rows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Totals {
    /// Rows that can be checked.
    pub in_scope: usize,
    /// Rows that the engine has a value for, figures of calibration left out.
    pub computed: usize,
    /// Rows whose figure is an input.
    pub calibration: usize,
    /// `computed / in_scope`.
    pub coverage: f64,
    /// Weighted mean score of simulated rows.
    pub accuracy: f64,
    /// That of the naive benchmark, on the same rows.
    pub naive_accuracy: f64,
    /// The same two means over simulated rows on which the benchmark has a number of its own: tests of
    /// mechanisms left out.
    pub comparable: [f64; 2],
    /// How many these are.
    pub comparable_rows: usize,
    /// Weighted mean score of rows that are data.
    pub data_accuracy: f64,
    /// Simulated rows that have a weight.
    pub simulated: usize,
    /// Rows that are data.
    pub data: usize,
    /// Rows on which the engine's verdict is that of the evidence.
    pub verdicts_right: usize,
    /// Rows on which it has a verdict.
    pub verdicts: usize,
}

impl Backtest {
    /// Sums over all rows.
    pub fn totals(&self) -> Totals {
        let checkable = self.rows.iter().filter(|row| row.status != Status::NotCheckable);
        let in_scope = checkable.count();
        let with = |status| self.rows.iter().filter(move |row| row.status == status);
        let computed = with(Status::Scored).count();
        let mean = |part: Part, score: &dyn Fn(&Row) -> f64| {
            let rows = || with(Status::Scored).filter(move |row| row.part == part);
            let weight: f64 = rows().map(|row| row.weight).sum();
            rows().map(|row| row.weight * score(row)).sum::<f64>() / weight
        };
        let own = |row: &Row| row.score.unwrap_or(0.0);
        let of_part = |part: Part| {
            with(Status::Scored).filter(move |row| row.part == part && row.weight > 0.0).count()
        };
        let comparable = || {
            let rows = with(Status::Scored).filter(|row| row.part == Part::Simulation);
            rows.filter(|row| row.naive.is_some() && row.statement.compared("without").is_empty())
        };
        let weight: f64 = comparable().map(|row| row.weight).sum();
        let both = |score: &dyn Fn(&Row) -> f64| {
            comparable().map(|row| row.weight * score(row)).sum::<f64>() / weight
        };
        let verdicts = self.rows.iter().filter_map(|row| Some((row, row.verdict?)));
        let right =
            |(row, verdict): &(&Row, Verdict)| row.statement.get("agreement") == verdict.name();
        Totals {
            in_scope,
            computed,
            calibration: with(Status::Calibration).count(),
            coverage: computed as f64 / in_scope as f64,
            accuracy: mean(Part::Simulation, &own),
            naive_accuracy: mean(Part::Simulation, &|row| row.naive_score),
            comparable: [both(&own), both(&|row| row.naive_score)],
            comparable_rows: comparable().filter(|row| row.weight > 0.0).count(),
            data_accuracy: mean(Part::Data, &own),
            simulated: of_part(Part::Simulation),
            data: of_part(Part::Data),
            verdicts_right: verdicts.clone().filter(right).count(),
            verdicts: verdicts.count(),
        }
    }
}

/// Scores evidence on a path.
///
/// # Errors
/// An expression is wrong, or a path that it needs has no results.
pub fn backtest(question: &PathQuestion, evidence: &Evidence) -> Result<Backtest, NoBacktest> {
    let mut scorer = Scorer { question, paths: BTreeMap::new() };
    scorer.solve(evidence)?;
    let in_scope = || evidence.statements.iter().filter(|statement| statement.in_scope());
    let mut diagnostics = Diagnostics::default();
    let mut rows = Vec::new();
    for statement in in_scope() {
        match scorer.row(statement) {
            Ok(row) => rows.push(row),
            Err(problems) => diagnostics.extend(problems),
        }
    }
    diagnostics.into_result().map_err(NoBacktest::Input)?;
    // Rows that repeat one statement share its weight.
    let mut members: BTreeMap<String, usize> = BTreeMap::new();
    for row in rows.iter().filter(|row| row.status == Status::Scored) {
        *members.entry(row.statement.compared("group").to_owned()).or_default() += 1;
    }
    for row in &mut rows {
        let group = row.statement.compared("group");
        if !group.is_empty() {
            row.weight /= members.get(group).copied().unwrap_or(1) as f64;
        }
    }
    Ok(Backtest { evidence: evidence.name.clone(), rows })
}

struct Scorer<'a> {
    question: &'a PathQuestion,
    /// Paths by the policies that are left out.
    paths: BTreeMap<String, SolvedPath>,
}

impl Scorer<'_> {
    /// Solves every path that some statement needs.
    fn solve(&mut self, evidence: &Evidence) -> Result<(), NoBacktest> {
        let left_out = evidence.statements.iter().map(|statement| statement.compared("without"));
        let names = self.question.question.file.scenario.policy_names();
        let mut diagnostics = Diagnostics::default();
        for without in std::iter::once("").chain(left_out) {
            if self.paths.contains_key(without) {
                continue;
            }
            let patterns: Vec<String> = without.split_whitespace().map(ToOwned::to_owned).collect();
            for pattern in &patterns {
                let stem = pattern.trim_end_matches('*');
                if !names.iter().any(|name| name.starts_with(stem)) {
                    let known = names.iter().map(String::as_str);
                    diagnostics.push(Diagnostic::unknown("policy", pattern, known));
                }
            }
            let path = self.question.solve_without(&patterns).map_err(NoBacktest::Path)?;
            self.paths.insert(without.to_owned(), path);
        }
        diagnostics.into_result().map_err(NoBacktest::Input)
    }

    fn row(&self, statement: &Statement) -> Result<Row, Diagnostics> {
        let mut row = Row {
            statement: statement.clone(),
            status: Status::Missing,
            part: Part::Simulation,
            model: None,
            naive: None,
            score: None,
            naive_score: 0.0,
            verdict: None,
            weight: scoring::weight(statement.get("confidence")),
            reason: statement.compared("reason").to_owned(),
        };
        if statement.get("check_kind") == "not checkable" {
            row.status = Status::NotCheckable;
            row.verdict = Some(Verdict::NotCheckable);
            return Ok(row);
        }
        let plan = &self.question.plan;
        let calibrated = plan.backtest.calibrate.iter().any(|id| id == statement.id());
        let trained = plan.calibrate.as_ref().and_then(|plan| plan.using(statement.id()));
        match statement.compared("part") {
            _ if calibrated => row.status = Status::Calibration,
            _ if trained.is_some() => {
                row.status = Status::Calibration;
                row.reason = trained.map_or_else(String::new, |training| {
                    format!("the figure `{}` that sizes are fitted to", training.id)
                });
            }
            "calibration" => row.status = Status::Calibration,
            "simulation" => self.score(&mut row)?,
            "data" => {
                row.part = Part::Data;
                self.score(&mut row)?;
            }
            "missing" => {}
            _ => "no expression is given".clone_into(&mut row.reason),
        }
        Ok(row)
    }

    /// Value, naive value, score and verdict of a row.
    fn score(&self, row: &mut Row) -> Result<(), Diagnostics> {
        let statement = row.statement.clone();
        if !statement.compared("policy").is_empty() {
            self.event(row, statement.compared("policy"));
            return Ok(());
        }
        let text = statement.compared("expression");
        let value = match statement.compared("scenario") {
            "" => self.value(&statement, text, "")?,
            scenario => self.scenario_value(&statement, text, scenario)?,
        };
        let naive = statement.compared("naive");
        let naive = if naive.is_empty() { None } else { Some(self.value(&statement, naive, "")?) };
        if !value.is_finite() {
            "the model has no number for it".clone_into(&mut row.reason);
            return Ok(());
        }
        row.model = Some(value);
        row.naive = naive;
        let expected = Direction::parse(statement.compared("expected"));
        let without = statement.compared("without");
        let kind = statement.get("check_kind");
        let scored: Option<Score> = if without.is_empty() {
            match kind {
                "number" | "share" | "ratio" | "mechanism test" => numbers(row, value, naive),
                "rank" => statement.target().map(|target| {
                    let right = |value: f64| f64::from(target.distance(value) < 0.5);
                    let claim = statement.claim().unwrap_or(target);
                    let said = f64::from(claim.distance(value) < 0.5);
                    (right(value), naive.map_or(0.0, right), Verdict::of_score(said))
                }),
                "inequality" => {
                    let wanted = f64::from(statement.compared("expected") != "false");
                    let right = |value: f64| f64::from((value - wanted).abs() < 0.5);
                    let score = right(value);
                    Some((score, naive.map_or(0.0, right), Verdict::of_score(score)))
                }
                _ => expected.map(|expected| {
                    let score = scoring::direction(value, expected);
                    let naive = naive.map_or(0.0, |naive| scoring::direction(naive, expected));
                    (score, naive, direction_verdict(&statement, value, score))
                }),
            }
        } else {
            let off = self.value(&statement, text, without)?;
            row.naive = Some(off);
            expected.map(|expected| {
                let score = scoring::mechanism(value, off, expected);
                // Without any effect there is none that goes the stated way.
                (score, 0.0, Verdict::of_score(score))
            })
        };
        match scored {
            Some((score, naive_score, verdict)) => {
                row.status = Status::Scored;
                row.score = Some(score);
                row.naive_score = naive_score;
                row.verdict = Some(verdict);
            }
            None => "there is no number to compare with".clone_into(&mut row.reason),
        }
        Ok(())
    }

    /// An instrument that must be in the plan, with the date of the statement if it has one.
    fn event(&self, row: &mut Row, policy: &str) {
        let names = self.question.question.file.scenario.policy_names();
        let position = names.iter().position(|name| name == policy);
        let Some(period) = position.and_then(|position| self.question.plan.periods.get(position))
        else {
            row.reason = format!("the plan has no policy `{policy}`");
            return;
        };
        let columns = ["official_value", "official_unit", "official_period", "period"];
        let date = columns.iter().find_map(|column| date_in(row.statement.get(column)));
        let score = match (date, period.from) {
            (Some(date), Some(from)) => scoring::event(date.0 - from.0),
            (Some(_), None) => 0.0,
            (None, _) => 1.0,
        };
        row.status = Status::Scored;
        row.score = Some(score);
        row.verdict = Some(Verdict::of_score(score));
    }

    /// A value on the path without some policies.
    fn value(&self, statement: &Statement, text: &str, without: &str) -> Result<f64, Diagnostics> {
        let Some(path) = self.paths.get(without) else { return Ok(f64::NAN) };
        let names = policies_of(&self.question.question);
        let names = Names::new(
            &self.question.question.baseline,
            &self.question.question.file.scenario.groups,
            names.iter().map(|(name, kind)| (name.as_str(), *kind)),
        );
        let states = path.states();
        let value = Outcome::parse(text)
            .and_then(|outcome| outcome.bind(&names))
            .and_then(|measure| measure.on_path(&states, states.len() - 1));
        match value {
            Ok(value) => Ok(value.number().unwrap_or(f64::NAN)),
            Err(error) => Err(outcome_diagnostic(&error, &place(statement, text)).into()),
        }
    }

    /// A value in another scenario.
    fn scenario_value(
        &self,
        statement: &Statement,
        text: &str,
        scenario: &str,
    ) -> Result<f64, Diagnostics> {
        let source = scenario_source(scenario)?;
        let question = Question::open(&source, &[], self.question.question.table_tolerance)?;
        let refuse = || Diagnostic::new(format!("scenario `{scenario}` has no solution"));
        let (problem, equilibrium) = question.solve().map_err(|_| Diagnostics::from(refuse()))?;
        Outcome::parse(text)
            .and_then(|outcome| outcome.bind(&Names::of(&problem, &question.file.scenario.groups)))
            .and_then(|measure| measure.number(&problem, &equilibrium))
            .map_err(|error| outcome_diagnostic(&error, &place(statement, text)).into())
    }
}

/// Score of the model, of the naive benchmark, and the verdict.
type Score = (f64, f64, Verdict);

fn numbers(row: &Row, value: f64, naive: Option<f64>) -> Option<Score> {
    let statement = &row.statement;
    let target = statement.target()?;
    let claim = statement.claim();
    let growth = statement.is_growth();
    let tolerance = scoring::tolerance(row.part, growth, target, claim);
    let score = scoring::number(value, target, tolerance);
    let naive = naive.map_or(0.0, |naive| scoring::number(naive, target, tolerance));
    let said = claim.unwrap_or(target);
    let tolerance: f64 = scoring::tolerance(row.part, growth, said, claim);
    Some((score, naive, scoring::number_verdict(value, said, tolerance)))
}

/// A statement that something rises or falls is true if it does; one without a direction, if it does
/// what statistics say.
fn direction_verdict(statement: &Statement, value: f64, score: f64) -> Verdict {
    let said = match statement.get("direction") {
        "up" => Some(Direction::Up),
        "down" => Some(Direction::Down),
        _ => None,
    };
    // Names of directions are of the quantity; where the evidence states it of another one, the score.
    match said {
        Some(said) if statement.compared("expected") == "same" => {
            Verdict::of_score(scoring::direction(value, said))
        }
        _ => Verdict::of_score(score),
    }
}

fn policies_of(question: &Question) -> Vec<(String, &'static str)> {
    let scenario = &question.file.scenario;
    let kinds = scenario.policies.iter().map(Policy::kind);
    scenario.policy_names().into_iter().zip(kinds).collect()
}

fn place(statement: &Statement, text: &str) -> String {
    format!("expressions.csv, `{}`: \"{text}\"", statement.id())
}

/// The first date in a text.
fn date_in(text: &str) -> Option<Day> {
    text.split(|c: char| !c.is_ascii_digit() && c != '-').find_map(Day::parse)
}

/// Whether a target is one number, for tables.
fn single(target: Target) -> Option<f64> {
    ((target.high - target.low).abs() < f64::EPSILON * target.high.abs()).then_some(target.low)
}
