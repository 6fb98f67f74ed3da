//! How much an outcome answers to every size of every policy, and to every elasticity.

use std::collections::BTreeMap;

use viner_model::equilibrium::{By, Differentiable, Equilibrium, Gradient, gradients_by};
use viner_model::outcome::{Names, Outcome, Smooth};
use viner_model::problem::{Effect, NestKind, PolicySize, Problem, TradeCell, WedgeRule};
use viner_model::scenario::{Action, Scenario};

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::question::Question;

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
    /// One for each size in each cell, and for each elasticity; the largest derivatives first.
    pub answers: Vec<Answer>,
}

/// What an outcome answers to, and how much.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// Kind of policy, or `elasticity`.
    pub kind: String,
    /// Name of the policy.
    pub policy: Option<String>,
    /// Selling region; the region of a sector; who pays a transfer.
    pub exporter: Option<String>,
    /// Buying region; who receives a transfer.
    pub importer: Option<String>,
    /// Sector sold.
    pub sector: Option<String>,
    /// Key of the number in scenario files.
    pub key: String,
    /// The number.
    pub value: f64,
    /// Derivative of the outcome by it.
    pub derivative: f64,
}

impl Answer {
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
        let scenario = &question.file.scenario;
        let names = scenario.policy_names();
        let policies: Vec<(&str, &str)> = names
            .iter()
            .zip(&scenario.policies)
            .map(|(name, policy)| (name.as_str(), policy.kind()))
            .collect();
        let names = Names::new(&question.baseline, &scenario.groups, policies);
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

    /// Derivatives of all outcomes at the equilibrium of a problem that `scenario` is of.
    /// `trade_shares` asks for those by the trade shares of the baseline, too.
    pub fn answers(
        &self,
        scenario: &Scenario,
        problem: &Problem,
        equilibrium: &Equilibrium,
        trade_shares: bool,
    ) -> Vec<Sensitivity> {
        let sizes = problem.sizes(scenario);
        let by = By { cells: None, trade_shares };
        let outcomes = self.outcomes.iter().map(|outcome| (outcome as &dyn Differentiable, by));
        gradients_by(problem, equilibrium, outcomes)
            .into_iter()
            .zip(&self.texts)
            .map(|(gradient, text)| {
                let mut answers = of_policies(scenario, problem, &sizes, &gradient);
                answers.extend(of_nests(problem, &gradient));
                answers.extend(of_limits(problem, &gradient));
                answers.extend(of_coalitions(problem, &gradient));
                answers.extend(of_elasticities(problem, &gradient));
                answers.extend(of_trade_shares(problem, &gradient));
                let size = |answer: &Answer| {
                    let size = answer.derivative.abs();
                    if size.is_nan() { -1.0 } else { size }
                };
                answers.sort_by(|one, other| size(other).total_cmp(&size(one)));
                Sensitivity {
                    outcome: text.clone(),
                    value: gradient.value,
                    products: gradient.products,
                    answers,
                }
            })
            .collect()
    }
}

fn of_policies(
    scenario: &Scenario,
    problem: &Problem,
    sizes: &[PolicySize],
    gradient: &Gradient,
) -> Vec<Answer> {
    let regions = &problem.baseline.regions;
    let sectors = &problem.baseline.sectors;
    let region = |n: usize| Some(regions.code(n).to_owned());
    let answer = |size: &PolicySize| {
        let mut answer = Answer {
            kind: problem.policy_kinds[size.policy].to_owned(),
            policy: Some(problem.policy_names[size.policy].clone()),
            exporter: None,
            importer: None,
            sector: None,
            key: size.key.to_owned(),
            value: size.value,
            derivative: gradient.by(problem, size),
        };
        if let Some((s, n, i)) = size.effect.cell() {
            answer.exporter = region(i);
            answer.importer = region(n);
            answer.sector = Some(sectors.code(s).to_owned());
        } else if let Some((n, s)) = size.effect.sector() {
            answer.exporter = region(n);
            answer.sector = Some(sectors.code(s).to_owned());
        } else if let Effect::Transfer(parts) = &size.effect {
            let one = |sign: f64| {
                let mut members = parts.iter().filter(|(_, amount)| amount * sign > 0.0);
                match (members.next(), members.next()) {
                    (Some((member, _)), None) => region(*member),
                    _ => None,
                }
            };
            answer.exporter = one(-1.0);
            answer.importer = one(1.0);
        }
        answer
    };
    let moves = |size: &&PolicySize| {
        !matches!(scenario.policies[size.policy].action, Action::Coalition { .. })
    };
    sizes.iter().filter(moves).map(answer).collect()
}

/// A number of a policy that is in no single trade cell.
fn of_policy(
    problem: &Problem,
    policy: usize,
    key: String,
    [value, derivative]: [f64; 2],
) -> Answer {
    Answer {
        kind: problem.policy_kinds[policy].to_owned(),
        policy: Some(problem.policy_names[policy].clone()),
        exporter: None,
        importer: None,
        sector: None,
        key,
        value,
        derivative,
    }
}

/// Elasticities between routes and currencies, and shares and costs of each.
fn of_nests(problem: &Problem, gradient: &Gradient) -> Vec<Answer> {
    let mut answers = Vec::new();
    for (nest, own) in problem.counterfactual.nests.iter().zip(&gradient.nests) {
        let mut add = |key: String, value, derivative| {
            answers.push(of_policy(problem, nest.policy, key, [value, derivative]));
        };
        let name = match nest.kind {
            NestKind::Routes => "route_elasticity",
            NestKind::Currencies => "currency_elasticity",
        };
        add(name.to_owned(), nest.elasticity, own.elasticity);
        for (position, (branch, by)) in nest.branches.iter().zip(&own.branches).enumerate() {
            let name = &branch.name;
            let by_share = own.by_share(nest, position);
            match nest.kind {
                NestKind::Currencies => {
                    add(format!("currencies.{name}.share"), branch.share, by_share);
                    add(format!("currencies.{name}.change"), branch.cost - 1.0, by.cost);
                }
                NestKind::Routes if branch.hub.is_some() => {
                    add(format!("hub_share.{name}"), branch.share, by_share);
                    add(format!("enforcement.{name}"), branch.cost - 1.0, by.cost);
                    add(format!("hub_margin.{name}"), branch.margin, by.margin);
                }
                NestKind::Routes => {}
            }
        }
    }
    answers
}

/// Who keeps the rents of quotas, and shipping outside the coalition of price caps, by limit; the limits
/// themselves are sizes.
fn of_limits(problem: &Problem, gradient: &Gradient) -> Vec<Answer> {
    let baseline = &problem.baseline;
    let mut answers = Vec::new();
    for (wedge, by) in problem.counterfactual.wedges.iter().zip(&gradient.wedges) {
        // Where all its cells have one in common.
        let common = |position: fn(&TradeCell) -> usize| {
            let mut all = wedge.cells.iter().map(|(cell, _)| position(cell));
            let first = all.next()?;
            all.all(|other| other == first).then_some(first)
        };
        let region = |n: usize| baseline.regions.code(n).to_owned();
        let mut add = |key: &str, value, derivative| {
            answers.push(Answer {
                exporter: common(|cell| cell.2).map(region),
                importer: common(|cell| cell.1).map(region),
                sector: common(|cell| cell.0).map(|s| baseline.sectors.code(s).to_owned()),
                ..of_policy(problem, wedge.policy, key.to_owned(), [value, derivative])
            });
        };
        match wedge.rule {
            WedgeRule::Quota { rent_to_exporter, .. } => {
                add("rent_to_exporter", rent_to_exporter, by.rent_to_exporter);
            }
            WedgeRule::PriceCap(cap) => {
                add("shadow_capacity", cap.capacity, by.capacity);
                add("shadow_cost", cap.cost, by.cost);
            }
        }
    }
    answers
}

/// Parts of members in the losses of coalitions.
fn of_coalitions(problem: &Problem, gradient: &Gradient) -> Vec<Answer> {
    let mut answers = Vec::new();
    for (index, coalition) in problem.counterfactual.coalitions.iter().enumerate() {
        let weights = coalition.weights.iter().flatten();
        for (position, (member, weight)) in coalition.members.iter().zip(weights).enumerate() {
            let key = format!("weights.{}", problem.baseline.regions.code(*member));
            let by = gradient.by_loss_share(problem, index, position).unwrap_or(f64::NAN);
            answers.push(of_policy(problem, coalition.policy, key, [*weight, by]));
        }
    }
    answers
}

/// Trade shares of the baseline, if they were asked for.
fn of_trade_shares(problem: &Problem, gradient: &Gradient) -> Vec<Answer> {
    let (regions, sectors) = (&problem.baseline.regions, &problem.baseline.sectors);
    let mut answers = Vec::new();
    for ((s, n, purchaser, i), &derivative) in
        gradient.trade_shares.iter().flat_map(|by| by.indexed_iter())
    {
        let value = problem.trade_share((s, n, i), purchaser);
        if value == 0.0 {
            continue;
        }
        let key = match problem.user_shares() {
            None => "trade_share".to_owned(),
            Some(_) => format!("trade_share.{}", problem.baseline.user_name(purchaser)),
        };
        answers.push(Answer {
            kind: "baseline".to_owned(),
            policy: None,
            exporter: Some(regions.code(i).to_owned()),
            importer: Some(regions.code(n).to_owned()),
            sector: Some(sectors.code(s).to_owned()),
            key,
            value,
            derivative,
        });
    }
    answers
}

fn of_elasticities(problem: &Problem, gradient: &Gradient) -> Vec<Answer> {
    let regions = &problem.baseline.regions;
    let sectors = &problem.baseline.sectors;
    let own = &problem.elasticities;
    let mut answers = Vec::new();
    let mut add = |key: &str, region: Option<&str>, sector: Option<&str>, value, derivative| {
        answers.push(Answer {
            kind: "elasticity".to_owned(),
            policy: None,
            exporter: region.map(ToOwned::to_owned),
            importer: None,
            sector: sector.map(ToOwned::to_owned),
            key: key.to_owned(),
            value,
            derivative,
        });
    };
    for s in 0..sectors.len() {
        let sector = Some(sectors.code(s));
        add("trade_elasticity", None, sector, own.trade[s], gradient.trade[s]);
        add("production_elasticity", None, sector, own.production[s], gradient.production[s]);
        add("input_elasticity", None, sector, own.input[s], gradient.input[s]);
        for n in 0..regions.len() {
            let share = own.specific_factor_share[[n, s]];
            let derivative = gradient.specific_factor_share[[n, s]];
            let region = Some(regions.code(n));
            add("specific_factor_share", region, sector, share, derivative);
        }
    }
    add("final_elasticity", None, None, own.final_demand, gradient.final_demand);
    answers
}

impl Sensitivity {
    /// Sums of the derivatives over the cells of each policy: what moving a size in all of them together
    /// does. By policy and key, with the number of cells, the largest first.
    pub fn by_policy(&self) -> Vec<(String, String, usize, f64)> {
        let mut sums: BTreeMap<(&str, &str), (usize, f64)> = BTreeMap::new();
        for answer in &self.answers {
            if let Some(policy) = &answer.policy
                && answer.derivative.is_finite()
            {
                let sum = sums.entry((policy, &answer.key)).or_default();
                sum.0 += 1;
                sum.1 += answer.derivative;
            }
        }
        let mut sums: Vec<_> = sums
            .into_iter()
            .map(|((policy, key), (cells, sum))| (policy.to_owned(), key.to_owned(), cells, sum))
            .collect();
        sums.sort_by(|one, other| other.3.abs().total_cmp(&one.3.abs()));
        sums
    }
}
