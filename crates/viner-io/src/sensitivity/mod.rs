//! How much an outcome answers to every number of every policy, every elasticity, and every share of the
//! baseline.

mod numbers;
mod shares;

use std::collections::BTreeMap;
use std::sync::Arc;

use viner_model::equilibrium::{By, Differentiable, Equilibrium, Gradient, gradients_by};
use viner_model::outcome::{Outcome, Smooth};
use viner_model::problem::Problem;
use viner_model::scenario::Scenario;

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::question::Question;

/// Kind of the answers by shares of the baseline.
const BASELINE: &str = "baseline";

/// Outcomes to differentiate, checked.
#[derive(Clone, Debug)]
pub struct Asked {
    /// As written.
    pub texts: Vec<String>,
    outcomes: Vec<Smooth>,
}

/// An outcome with everything that it answers to.
#[derive(Clone, Debug, PartialEq)]
pub struct Sensitivity {
    /// As written.
    pub outcome: String,
    /// Its value.
    pub value: f64,
    /// Applications of the equations backwards that it took.
    pub products: usize,
    /// One for each size in each cell, each elasticity, and each share of the baseline, of which the
    /// smallest may be left out; the largest derivatives first.
    pub answers: Vec<Answer>,
    /// Shares of the baseline that are left out, having the smallest derivatives.
    pub left_out: usize,
}

/// A group of answers: what moving the numbers of all of them together does.
#[derive(Clone, Debug, PartialEq)]
pub struct Group<'a> {
    /// Name of the policy, or the sector sold and the kind of policy.
    pub of: Vec<&'a str>,
    /// Key of the numbers.
    pub key: &'a str,
    /// How many there are.
    pub cells: usize,
    /// Sum of the derivatives.
    pub derivative: f64,
}

/// What an outcome answers to, and how much.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// Kind of policy, or `elasticity`, or `baseline`.
    pub kind: Arc<str>,
    /// Name of the policy.
    pub policy: Option<Arc<str>>,
    /// Selling region; the region of a sector; who pays a transfer.
    pub exporter: Option<Arc<str>>,
    /// Buying region; who receives a transfer.
    pub importer: Option<Arc<str>>,
    /// Sector sold.
    pub sector: Option<Arc<str>>,
    /// Key of the number in scenario files.
    pub key: Arc<str>,
    /// The number.
    pub value: f64,
    /// Derivative of the outcome by it.
    pub derivative: f64,
}

impl Answer {
    /// Whether it is by a share of the baseline.
    pub fn is_of_baseline(&self) -> bool {
        &*self.kind == BASELINE
    }

    /// Percent by which the outcome changes if the number changes by one percent of itself.
    pub fn elasticity(&self, outcome: f64) -> f64 {
        self.derivative * self.value / outcome
    }
}

impl Asked {
    /// Reads outcomes and looks up their names.
    ///
    /// # Errors
    /// What is wrong with each, and at which character.
    pub fn new(question: &Question, texts: &[String]) -> Result<Self, Diagnostics> {
        let names = question.names();
        let mut diagnostics = Diagnostics::default();
        let mut outcomes = Vec::with_capacity(texts.len());
        for text in texts {
            let bound = Outcome::parse(text).and_then(|outcome| outcome.bind(&names));
            match bound.and_then(viner_model::outcome::Measure::smooth) {
                Ok(outcome) => outcomes.push(outcome),
                Err(error) => diagnostics.push(
                    Diagnostic::new(error.to_string())
                        .in_file("--of")
                        .at_column(error.column)
                        .hint(format!("in `{text}`")),
                ),
            }
        }
        diagnostics.into_result()?;
        Ok(Self { texts: texts.to_vec(), outcomes })
    }

    /// Derivatives of all outcomes at the equilibrium of a problem, by shares of the baseline if they are
    /// asked for.
    pub fn gradients(
        &self,
        problem: &Problem,
        equilibrium: &Equilibrium,
        shares: bool,
    ) -> Vec<Gradient> {
        let by = By { cells: None, shares };
        let outcomes = self.outcomes.iter().map(|outcome| (outcome as &dyn Differentiable, by));
        gradients_by(problem, equilibrium, outcomes)
    }

    /// What these [`gradients`](Self::gradients) say of a problem that `scenario` is of; by shares of the
    /// baseline the largest, so many of each outcome.
    pub fn answers(
        &self,
        scenario: &Scenario,
        problem: &Problem,
        gradients: &[Gradient],
        shares: usize,
    ) -> Vec<Sensitivity> {
        let sizes = problem.sizes(scenario);
        gradients
            .iter()
            .zip(&self.texts)
            .map(|(gradient, text)| {
                let mut answers = numbers::of_all(scenario, problem, &sizes, gradient);
                let mut left_out = 0;
                if let Some(by_shares) = &gradient.shares {
                    let found = shares::largest(problem, by_shares, shares);
                    answers.extend(found.answers);
                    left_out = found.left_out;
                }
                answers
                    .sort_by(|one, other| size(other.derivative).total_cmp(&size(one.derivative)));
                Sensitivity {
                    outcome: text.clone(),
                    value: gradient.value,
                    products: gradient.products,
                    answers,
                    left_out,
                }
            })
            .collect()
    }
}

/// Of a derivative, for sorting: where nothing is known comes last.
fn size(derivative: f64) -> f64 {
    if derivative.is_finite() { derivative.abs() } else { -1.0 }
}

impl Sensitivity {
    /// Sums of the derivatives over the cells of each policy, by key; the largest first.
    pub fn by_policy(&self) -> Vec<Group<'_>> {
        self.grouped(|answer| Some(vec![answer.policy.as_deref()?]))
    }

    /// Sums of the derivatives over all policies of a kind in each sector, by key; the largest first.
    pub fn by_sector(&self) -> Vec<Group<'_>> {
        let of_sector = |answer: &Answer| answer.policy.is_some();
        self.grouped(|answer| {
            let sector = answer.sector.as_deref().filter(|_| of_sector(answer))?;
            Some(vec![sector, &answer.kind])
        })
    }

    fn grouped<'a>(&'a self, of: impl Fn(&'a Answer) -> Option<Vec<&'a str>>) -> Vec<Group<'a>> {
        let mut sums: BTreeMap<(Vec<&str>, &str), (usize, f64)> = BTreeMap::new();
        for answer in self.answers.iter().filter(|answer| answer.derivative.is_finite()) {
            if let Some(of) = of(answer) {
                let sum = sums.entry((of, &answer.key)).or_default();
                sum.0 += 1;
                sum.1 += answer.derivative;
            }
        }
        let mut groups: Vec<Group<'_>> = sums
            .into_iter()
            .map(|((of, key), (cells, derivative))| Group { of, key, cells, derivative })
            .collect();
        groups.sort_by(|one, other| other.derivative.abs().total_cmp(&one.derivative.abs()));
        groups
    }
}
