//! The paths that the statements of a backtest are evaluated on.

use std::collections::{BTreeMap, BTreeSet};

use super::NoBacktest;
use super::evidence::{Evidence, Statement};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::path::{PathQuestion, PathVariant, SolvedPath};
use crate::scenario_file::{Day, Months};

/// A variant of the plan.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Variant {
    /// Policies that are left out, as expressions.csv has them.
    without: String,
    /// Factor on the elasticities, bit by bit; 0 where they are those of the plan.
    factor: u64,
    known_at: Option<Day>,
    months: Months,
}

impl Variant {
    /// The plan in the months that a statement is about.
    pub(super) fn of(statement: &Statement) -> Self {
        Self { months: statement.months().unwrap_or_default(), ..Self::default() }
    }

    /// Without some policies.
    pub(super) fn without(self, policies: &str) -> Self {
        Self { without: policies.to_owned(), ..self }
    }

    /// With other elasticities.
    pub(super) fn at_elasticities(self, factor: f64) -> Self {
        Self { factor: factor.to_bits(), ..self }
    }

    /// With what was known on a day.
    pub(super) fn known_at(self, day: Day) -> Self {
        Self { known_at: Some(day), ..self }
    }

    fn patterns(&self) -> Vec<String> {
        self.without.split_whitespace().map(ToOwned::to_owned).collect()
    }

    fn of_path(&self, years: &BTreeSet<i32>) -> PathVariant {
        PathVariant {
            without: self.patterns(),
            known_at: self.known_at,
            elasticity_factor: if self.factor == 0 { 1.0 } else { f64::from_bits(self.factor) },
            years: years.iter().copied().collect(),
            months: self.months,
        }
    }
}

/// Solved paths by variant.
pub(super) struct Paths(BTreeMap<Variant, SolvedPath>);

impl Paths {
    /// Solves every path that some statement needs, in the years that it names.
    ///
    /// # Errors
    /// Policies that are unknown, and a path without results.
    pub(super) fn solve(question: &PathQuestion, evidence: &Evidence) -> Result<Self, NoBacktest> {
        let mut wanted: BTreeMap<Variant, BTreeSet<i32>> = BTreeMap::new();
        for statement in evidence.statements.iter().filter(|statement| statement.in_scope()) {
            let years = years_of(question, statement.compared("expression"));
            for variant in variants(question, statement) {
                wanted.entry(variant).or_default().extend(&years);
            }
        }
        // The plan itself, whole.
        wanted.insert(Variant::default(), BTreeSet::new());
        let names = question.question.file.scenario.policy_names();
        let mut diagnostics = Diagnostics::default();
        for statement in evidence.statements.iter().filter(|one| one.months().is_none()) {
            let problem = format!("`{}` are no months of a year", statement.compared("months"));
            let diagnostic = Diagnostic::new(problem).expected("a month such as 4, or 1-4");
            diagnostics.push(diagnostic.at_key(format!("months of {}", statement.id())));
        }
        for pattern in wanted.keys().flat_map(Variant::patterns) {
            let stem = pattern.trim_end_matches('*');
            if !names.iter().any(|name| name.starts_with(stem)) {
                let known = names.iter().map(String::as_str);
                diagnostics.push(Diagnostic::unknown("policy", &pattern, known));
            }
        }
        diagnostics.into_result().map_err(NoBacktest::Input)?;
        let mut paths = BTreeMap::new();
        for (variant, years) in wanted {
            let path = question.solve_variant(&variant.of_path(&years));
            paths.insert(variant, path.map_err(NoBacktest::Path)?);
        }
        Ok(Self(paths))
    }

    /// The path of a variant.
    pub(super) fn get(&self, variant: &Variant) -> Option<&SolvedPath> {
        self.0.get(variant)
    }
}

/// What a statement is evaluated on.
fn variants(question: &PathQuestion, statement: &Statement) -> Vec<Variant> {
    let plan = Variant::of(statement);
    let mut variants = vec![plan.clone()];
    let without = statement.compared("without");
    if !without.is_empty() {
        let off = plan.clone().without(without);
        for factor in question.plan.backtest.spread {
            variants.push(plan.clone().at_elasticities(factor));
            variants.push(off.clone().at_elasticities(factor));
        }
        variants.push(off);
    }
    variants.extend(statement.forecast_of().map(|day| plan.known_at(day)));
    variants
}

/// Years of the plan that a text names, and the years before them, which growth compares with.
fn years_of(question: &PathQuestion, text: &str) -> BTreeSet<i32> {
    let named =
        text.split(|c: char| !c.is_ascii_digit()).filter_map(|word| word.parse::<i32>().ok());
    let named = named.flat_map(|year| [year - 1, year]);
    named.filter(|year| question.plan.years.contains(year)).collect()
}
