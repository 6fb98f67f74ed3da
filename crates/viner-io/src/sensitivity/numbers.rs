//! Derivatives by the numbers of policies, and by elasticities.

use std::sync::Arc;

use viner_model::equilibrium::Gradient;
use viner_model::problem::{Effect, NestKind, PolicySize, Problem, TradeCell, WedgeRule};
use viner_model::scenario::{Action, Scenario};

use super::Answer;

/// Of every number of every policy, and of every elasticity.
pub(super) fn of_all(
    scenario: &Scenario,
    problem: &Problem,
    sizes: &[PolicySize],
    gradient: &Gradient,
) -> Vec<Answer> {
    let mut answers = of_sizes(scenario, problem, sizes, gradient);
    answers.extend(of_nests(problem, gradient));
    answers.extend(of_limits(problem, gradient));
    answers.extend(of_coalitions(problem, gradient));
    answers.extend(of_elasticities(problem, gradient));
    answers
}

fn of_sizes(
    scenario: &Scenario,
    problem: &Problem,
    sizes: &[PolicySize],
    gradient: &Gradient,
) -> Vec<Answer> {
    let regions = &problem.baseline.regions;
    let sectors = &problem.baseline.sectors;
    let region = |n: usize| Some(regions.code(n).into());
    let answer = |size: &PolicySize| {
        let mut answer = Answer {
            kind: problem.policy_kinds[size.policy].into(),
            policy: Some(problem.policy_names[size.policy].as_str().into()),
            exporter: None,
            importer: None,
            sector: None,
            key: size.key.into(),
            value: size.value,
            derivative: gradient.by(problem, size),
        };
        if let Some((s, n, i)) = size.effect.cell() {
            answer.exporter = region(i);
            answer.importer = region(n);
            answer.sector = Some(sectors.code(s).into());
        } else if let Some((n, s)) = size.effect.sector() {
            answer.exporter = region(n);
            answer.sector = Some(sectors.code(s).into());
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
    key: impl Into<Arc<str>>,
    [value, derivative]: [f64; 2],
) -> Answer {
    Answer {
        kind: problem.policy_kinds[policy].into(),
        policy: Some(problem.policy_names[policy].as_str().into()),
        exporter: None,
        importer: None,
        sector: None,
        key: key.into(),
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
        let region = |n: usize| baseline.regions.code(n).into();
        let mut add = |key: &str, value, derivative| {
            answers.push(Answer {
                exporter: common(|cell| cell.2).map(region),
                importer: common(|cell| cell.1).map(region),
                sector: common(|cell| cell.0).map(|s| baseline.sectors.code(s).into()),
                ..of_policy(problem, wedge.policy, key, [value, derivative])
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

fn of_elasticities(problem: &Problem, gradient: &Gradient) -> Vec<Answer> {
    let regions = &problem.baseline.regions;
    let sectors = &problem.baseline.sectors;
    let own = &problem.elasticities;
    let mut answers = Vec::new();
    let mut add = |key: &str, region: Option<&str>, sector: Option<&str>, value, derivative| {
        answers.push(Answer {
            kind: "elasticity".into(),
            policy: None,
            exporter: region.map(Into::into),
            importer: None,
            sector: sector.map(Into::into),
            key: key.into(),
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
