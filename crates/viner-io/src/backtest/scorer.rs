//! Scores of single statements.

use std::collections::BTreeMap;

use viner_model::outcome::{Names, Outcome};

use super::evidence::{Evidence, Statement, date_in};
use super::paths::{Paths, Variant};
use super::scoring::{self, Direction, Part, Verdict};
use super::{Backtest, Forecast, NoBacktest, Row, Status};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::outcomes::{ask, outcome_diagnostic};
use crate::path::PathQuestion;
use crate::question::{Question, scenario_source};

/// Scores evidence on a path.
///
/// # Errors
/// An expression is wrong, or a path that it needs has no results.
pub fn backtest(question: &PathQuestion, evidence: &Evidence) -> Result<Backtest, NoBacktest> {
    let scorer = Scorer { question, paths: Paths::solve(question, evidence)? };
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
    let plan = &question.plan;
    let asked = ask(&plan.outcomes, &question.question, true).map_err(NoBacktest::Input)?;
    let told = scorer.paths.get(&Variant::default()).map(|path| path.tell(&asked)).transpose();
    Ok(Backtest {
        evidence: evidence.name.clone(),
        rows,
        years: plan.years.clone(),
        told: told.map_err(NoBacktest::Input)?.unwrap_or_default(),
        notes: plan.backtest.notes.clone(),
    })
}

struct Scorer<'a> {
    question: &'a PathQuestion,
    paths: Paths,
}

impl Scorer<'_> {
    fn row(&self, statement: &Statement) -> Result<Row, Diagnostics> {
        let mut row = Row {
            statement: statement.clone(),
            status: Status::Missing,
            part: Part::Simulation,
            model: None,
            naive: None,
            forecast: None,
            spread: None,
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
        let plan = Variant::of(&statement);
        let value = match statement.compared("scenario") {
            "" => self.value(&statement, text, &plan)?,
            scenario => self.scenario_value(&statement, text, scenario)?,
        };
        let naive = statement.compared("naive");
        let naive =
            if naive.is_empty() { None } else { Some(self.value(&statement, naive, &plan)?) };
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
                // Words of the language, whatever kind of statement they are compared with.
                _ if ["true", "false"].contains(&statement.compared("expected")) => {
                    let wanted = f64::from(statement.compared("expected") == "true");
                    let right = |value: f64| f64::from((value - wanted).abs() < 0.5);
                    let score = right(value);
                    Some((score, naive.map_or(0.0, right), Verdict::of_score(score)))
                }
                "number" | "share" | "ratio" | "mechanism test" => numbers(row, value, naive),
                "rank" => statement.target().map(|target| {
                    let right = |value: f64| f64::from(target.distance(value) < 0.5);
                    let claim = statement.claim().unwrap_or(target);
                    let said = f64::from(claim.distance(value) < 0.5);
                    (right(value), naive.map_or(0.0, right), Verdict::of_score(said))
                }),
                _ => expected.map(|expected| {
                    let score = scoring::direction(value, expected);
                    let naive = naive.map_or(0.0, |naive| scoring::direction(naive, expected));
                    (score, naive, direction_verdict(&statement, value, score))
                }),
            }
        } else {
            let off = self.value(&statement, text, &plan.without(without))?;
            row.naive = Some(off);
            let spread = self.spread(&statement, text, without, value / off - 1.0)?;
            row.spread = Some(spread);
            expected.map(|expected| {
                let score = scoring::mechanism(value, off, expected, spread);
                // Without any effect there is none that goes the stated way.
                (score, 0.0, Verdict::of_score(score))
            })
        };
        match scored {
            Some((score, naive_score, verdict)) => {
                row.status = Status::Scored;
                row.forecast = self.forecast(row, &statement, text, naive)?;
                // A forecast is scored twice.
                let then = row.forecast.map_or(score, |forecast| forecast.score);
                row.score = Some(0.5 * (score + then));
                row.naive_score = naive_score;
                row.verdict = Some(verdict);
            }
            None => "there is no number to compare with".clone_into(&mut row.reason),
        }
        Ok(())
    }

    /// Half the range of a mechanism's effect between the elasticities of the plan's spread.
    fn spread(
        &self,
        statement: &Statement,
        text: &str,
        without: &str,
        effect: f64,
    ) -> Result<f64, Diagnostics> {
        let (mut low, mut high) = (effect, effect);
        for factor in self.question.plan.backtest.spread {
            let with =
                |without: &str| Variant::of(statement).without(without).at_elasticities(factor);
            let on = self.value(statement, text, &with(""))?;
            let off = self.value(statement, text, &with(without))?;
            (low, high) = (low.min(on / off - 1.0), high.max(on / off - 1.0));
        }
        Ok(0.5 * (high - low))
    }

    /// Of a forecast: what the plan says with what was known when it was published.
    fn forecast(
        &self,
        row: &Row,
        statement: &Statement,
        text: &str,
        naive: Option<f64>,
    ) -> Result<Option<Forecast>, Diagnostics> {
        let Some(day) = statement.forecast_of() else { return Ok(None) };
        let model = self.value(statement, text, &Variant::of(statement).known_at(day))?;
        let score = numbers(row, model, naive).map(|(score, ..)| score);
        Ok(score.map(|score| Forecast { day, model, score }))
    }

    /// An instrument that must be in the plan, with the date of the statement if it has one.
    fn event(&self, row: &mut Row, policy: &str) {
        let names = self.question.question.file.scenario.policy_names();
        let position = names.iter().position(|name| name == policy);
        let plan = &self.question.plan;
        let period = position.and_then(|position| plan.periods.get(position));
        let event = plan.events.iter().find(|(name, _)| name == policy);
        let Some(from) = period.map(|period| period.from).or(event.map(|(_, day)| *day)) else {
            row.reason = format!("the plan has no policy and no event `{policy}`");
            return;
        };
        let columns = ["official_value", "official_unit", "official_period", "period"];
        let date = columns.iter().find_map(|column| date_in(row.statement.get(column)));
        let score = match (date, from) {
            (Some(date), Some(from)) => scoring::event(date.0 - from.0),
            (Some(_), None) => 0.0,
            (None, _) => 1.0,
        };
        row.status = Status::Scored;
        row.score = Some(score);
        row.verdict = Some(Verdict::of_score(score));
    }

    /// A value on a variant of the path.
    fn value(
        &self,
        statement: &Statement,
        text: &str,
        variant: &Variant,
    ) -> Result<f64, Diagnostics> {
        let Some(path) = self.paths.get(variant) else { return Ok(f64::NAN) };
        let names = self.question.question.names();
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

fn place(statement: &Statement, text: &str) -> String {
    format!("expressions.csv, `{}`: \"{text}\"", statement.id())
}
