//! Looks up the names of an outcome.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::error::OutcomeErrorKind as Kind;
use super::function::{Function, Parameter};
use super::measure::{Bound, BoundCall};
use super::{Argument, Call, Expression, OutcomeError, Selector, Word};
use crate::baseline::Baseline;
use crate::labels::{Labels, nearest};
use crate::problem::Problem;
use crate::scenario::{Policy, Scenario};

/// What the names of an outcome may mean.
#[derive(Clone, Debug)]
pub struct Names<'a> {
    baseline: &'a Baseline,
    groups: &'a BTreeMap<String, Vec<String>>,
    policies: Vec<(Cow<'a, str>, &'static str)>,
}

/// Words that `regime(policy)` can be.
const REGIMES: [&str; 10] = [
    "none",
    "slack",
    "binding",
    "served",
    "mixed",
    "shadow-full",
    "shadow-only-full",
    "shadow-only",
    "withdrawn",
    "closed",
];

/// Second argument of `rank`: which region of the first is ranked.
const AXES: [(&str, usize); 3] = [("exporter", 0), ("importer", 1), ("partner", 1)];

type Found<T> = Result<T, OutcomeError>;

impl<'a> Names<'a> {
    /// Regions and sectors of a baseline, groups of a scenario, names and kinds of policies.
    pub fn new(
        baseline: &'a Baseline,
        groups: &'a BTreeMap<String, Vec<String>>,
        policies: impl IntoIterator<Item = (&'a str, &'static str)>,
    ) -> Self {
        let policies = policies.into_iter().map(|(name, kind)| (name.into(), kind)).collect();
        Self { baseline, groups, policies }
    }

    /// Those of a scenario on a baseline.
    pub fn of_scenario(baseline: &'a Baseline, scenario: &'a Scenario) -> Self {
        let kinds = scenario.policies.iter().map(Policy::kind);
        let policies = scenario.policy_names().into_iter().map(Cow::Owned).zip(kinds).collect();
        Self { baseline, groups: &scenario.groups, policies }
    }

    /// Those of a problem, with the groups of its scenario.
    pub fn of(problem: &'a Problem, groups: &'a BTreeMap<String, Vec<String>>) -> Self {
        let kinds = problem.policy_kinds.iter().copied();
        let policies = problem.policy_names.iter().map(String::as_str).zip(kinds);
        Self::new(&problem.baseline, groups, policies)
    }

    pub(super) fn bind(&self, expression: &Expression) -> Found<Bound> {
        let inner = |expression: &Expression| self.bind(expression).map(Box::new);
        Ok(match expression {
            Expression::Number(value) => Bound::Number(*value),
            Expression::Negative(value) => Bound::Negative(inner(value)?),
            Expression::Binary(operator, left, right) => {
                Bound::Binary(*operator, inner(left)?, inner(right)?)
            }
            Expression::Is { call, equal, word } => {
                if !REGIMES.contains(&word.text.as_str()) {
                    return Err(unknown("regime", word, REGIMES));
                }
                let call = Box::new(self.call(call)?);
                Bound::Is { call, equal: *equal, word: word.text.clone() }
            }
            Expression::Call(call) => Bound::Call(Box::new(self.call(call)?)),
        })
    }

    fn call(&self, call: &Call) -> Found<BoundCall> {
        let mut bound = BoundCall::new(call.function, call.base, call.at);
        let names: Vec<&Selector> = call
            .arguments
            .iter()
            .filter_map(|argument| match argument {
                Argument::Names(selector) => Some(selector),
                Argument::Expression(_) | Argument::Year(..) => None,
            })
            .collect();
        for argument in &call.arguments {
            match argument {
                Argument::Expression(expression) => bound.inner.push(self.bind(expression)?),
                Argument::Year(year, at) => bound.years.push((*year, *at)),
                Argument::Names(_) => {}
            }
        }
        match call.function {
            Function::Embodied => {
                bound.regions.push(self.regions(names[0])?);
                bound.sectors = self.sectors(names[1])?;
                for selector in &names[2..] {
                    bound.regions.push(self.regions(selector)?);
                }
            }
            Function::Currency => {
                let currency = one(names[names.len() - 1], "a currency")?;
                bound.currency = Some((currency.text.clone(), currency.at));
                if let [exporter, importer, _] = names.as_slice() {
                    bound.regions = vec![self.regions(exporter)?, self.regions(importer)?];
                } else {
                    bound.policy = Some(self.policy(names[0], call.function)?);
                }
            }
            Function::Rank => self.rank(&names, &mut bound)?,
            _ => {
                for (selector, parameter) in names.iter().zip(call.function.parameters()) {
                    match parameter {
                        Parameter::Regions => bound.regions.push(self.regions(selector)?),
                        Parameter::Sectors => bound.sectors = self.sectors(selector)?,
                        Parameter::Policy => {
                            bound.policy = Some(self.policy(selector, call.function)?);
                        }
                        Parameter::Names | Parameter::Expression | Parameter::Year => {}
                    }
                }
                let all_sectors = bound.sectors.is_empty();
                if all_sectors && call.function.parameters().contains(&Parameter::Sectors) {
                    bound.sectors = (0..self.baseline.sector_count()).collect();
                }
                // Sales at home are meant only where both regions are written as one and the same.
                bound.domestic = names.len() >= 2
                    && bound.regions.len() == 2
                    && !names[0].not
                    && names[0].names.len() == 1
                    && names[0] == names[1]
                    && bound.regions[0].len() == 1;
            }
        }
        Ok(bound)
    }

    fn rank(&self, names: &[&Selector], bound: &mut BoundCall) -> Found<()> {
        let at = bound.at;
        let Some(Bound::Call(inner)) = bound.inner.first() else {
            return Err(Kind::NotRanked.at(at));
        };
        if inner.regions.is_empty() || inner.function == Function::Rank {
            return Err(Kind::NotRanked.at(at));
        }
        let axis = names.first().and_then(|selector| {
            let word = selector.names.first().filter(|_| selector.names.len() == 1)?;
            AXES.iter().find(|(name, _)| *name == word.text).map(|(_, axis)| *axis)
        });
        let default = usize::from(inner.function == Function::Turnover);
        bound.ranked = axis.unwrap_or(default);
        let Some(ranked) = inner.regions.get(bound.ranked) else {
            return Err(Kind::NotRanked.at(names.first().map_or(at, |selector| selector.at)));
        };
        let rest = &names[usize::from(axis.is_some())..];
        let chosen = match rest.first() {
            Some(selector) => self.regions(selector)?,
            None => (0..self.baseline.region_count()).collect(),
        };
        // Not those that are ranked, nor those that they trade with.
        let others = inner.regions.iter().enumerate();
        let others: Vec<&usize> =
            others.filter(|(axis, _)| *axis != bound.ranked).flat_map(|(_, list)| list).collect();
        bound.rivals = chosen
            .into_iter()
            .filter(|region| !ranked.contains(region) && !others.contains(&region))
            .collect();
        Ok(())
    }

    fn regions(&self, selector: &Selector) -> Found<Vec<usize>> {
        self.select(selector, "region", &self.baseline.regions)
    }

    fn sectors(&self, selector: &Selector) -> Found<Vec<usize>> {
        self.select(selector, "sector", &self.baseline.sectors)
    }

    /// Positions in label order, each once.
    fn select(
        &self,
        selector: &Selector,
        what: &'static str,
        labels: &Labels,
    ) -> Found<Vec<usize>> {
        let mut chosen = vec![selector.names.is_empty(); labels.len()];
        for word in &selector.names {
            if let Some(position) = labels.position(&word.text) {
                chosen[position] = true;
                continue;
            }
            let members = self.groups.get(&word.text).map(Vec::as_slice).unwrap_or_default();
            let members: Vec<usize> =
                members.iter().filter_map(|code| labels.position(code)).collect();
            if members.is_empty() {
                let is_group = |(_, members): &(&'a String, &'a Vec<String>)| {
                    members.iter().any(|code| labels.position(code).is_some())
                };
                let groups = self.groups.iter().filter(is_group).map(|(name, _)| name.as_str());
                return Err(unknown(what, word, labels.codes().chain(groups)));
            }
            for position in members {
                chosen[position] = true;
            }
        }
        let positions: Vec<usize> =
            (0..labels.len()).filter(|&position| chosen[position] != selector.not).collect();
        if positions.is_empty() {
            let selector_text = selector.to_string();
            return Err(Kind::Nothing { what, selector: selector_text }.at(selector.at));
        }
        Ok(positions)
    }

    fn policy(&self, selector: &Selector, function: Function) -> Found<String> {
        let word = one(selector, "the name of a policy")?;
        let Some((name, kind)) = self.policies.iter().find(|(name, _)| *name == word.text) else {
            return Err(unknown("policy", word, self.policies.iter().map(|(name, _)| &**name)));
        };
        let (kinds, expected): (&[&str], _) = match function {
            Function::Discount => (&["price-cap"], "a `price-cap`"),
            Function::Regime => (&["price-cap", "quota"], "a `price-cap` or a `quota`"),
            Function::Leakage => (&["export-control"], "an `export-control`"),
            _ => (&["settlement"], "a `settlement`"),
        };
        if kinds.contains(kind) {
            return Ok(name.clone().into_owned());
        }
        let (policy, kind) = (word.text.clone(), (*kind).to_owned());
        Err(Kind::WrongKind { policy, kind, expected }.at(word.at))
    }
}

fn one<'s>(selector: &'s Selector, expected: &'static str) -> Found<&'s Word> {
    match selector.names.as_slice() {
        [word] if !selector.not => Ok(word),
        _ => Err(Kind::NotOneName { expected }.at(selector.at)),
    }
}

pub(super) fn unknown<'n>(
    what: &'static str,
    word: &Word,
    candidates: impl IntoIterator<Item = &'n str>,
) -> OutcomeError {
    let nearest = nearest(&word.text, candidates).map(ToOwned::to_owned);
    Kind::UnknownName { what, name: word.text.clone(), nearest }.at(word.at)
}
