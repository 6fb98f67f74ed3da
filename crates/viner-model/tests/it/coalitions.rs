//! Coalitions that share their losses.

use std::collections::BTreeMap;

use viner_model::problem::ScenarioError;
use viner_model::scenario::{
    Action, BilateralInstrument as On, CoalitionRule, Deficits, Model, Policy, TransferAmount,
};

use crate::close::{assert_same_hats, welfare};
use crate::economies::ordinary;
use crate::policies::{GENERAL, errors, outcome, policy, selector, trade, transfer};
use crate::tolerances::SAME_PROBLEM;

fn coalition(members: &str, rule: CoalitionRule) -> Policy {
    policy(Action::Coalition { members: selector(members), rule })
}

fn weights(weights: &[(&str, f64)]) -> CoalitionRule {
    let weights = weights.iter().map(|&(code, weight)| (code.to_owned(), weight));
    CoalitionRule::Weights(weights.collect::<BTreeMap<_, _>>())
}

fn embargo() -> Policy {
    trade(On::EmbargoShare, ("R000,R001", "R003", "*"), 0.8)
}

#[test]
fn members_change_welfare_by_one_factor_and_transfers_sum_to_nothing() {
    for deficits in [Deficits::Fixed, Deficits::IncomeShare, Deficits::Balanced] {
        let baseline = ordinary(5, 3, 91);
        let model = || Model { deficits, ..GENERAL.model() };
        let shared = coalition("R000,R001,R002", CoalitionRule::EqualWelfare);
        let problem = viner_model::equilibrium::run(
            baseline.clone(),
            &crate::policies::scenario(model(), [embargo(), shared]),
            crate::tolerances::TIGHT,
        );
        let (problem, found) = problem.unwrap();
        let welfare = welfare(&problem, &found);
        assert!((welfare[0] - welfare[1]).abs() < SAME_PROBLEM);
        assert!((welfare[0] - welfare[2]).abs() < SAME_PROBLEM);
        let income = problem.baseline.income.sum();
        assert!(found.transfers.sum().abs() < SAME_PROBLEM * income);
        assert!(found.transfers[0].abs() > 1e-6 * income);
        assert_eq!(found.transfers[3], 0.0);
    }
}

#[test]
fn the_rule_is_the_payment_that_it_leads_to() {
    let baseline = ordinary(5, 3, 92);
    for rule in
        [CoalitionRule::EqualWelfare, weights(&[("R000", 0.2), ("R001", 0.5), ("R002", 0.3)])]
    {
        let shared = coalition("R000,R001,R002", rule);
        let found = outcome(&baseline, GENERAL.model(), [embargo(), shared]);
        let pay = |n: usize, to: &str| {
            let amount = TransferAmount::MillionUsd(-found.1.transfers[n]);
            transfer(baseline.regions.code(n), to, amount)
        };
        let paid = [embargo(), pay(0, "R002"), pay(1, "R002")];
        let paid = outcome(&baseline, GENERAL.model(), paid);
        assert_same_hats((&found.0, &found.1), (&paid.0, &paid.1), SAME_PROBLEM);
    }
}

#[test]
fn losses_are_borne_by_weight() {
    let baseline = ordinary(5, 3, 93);
    let rule = weights(&[("R000", 0.1), ("R001", 0.9)]);
    let shared = coalition("R000,R001", rule);
    let (_, found) = outcome(&baseline, GENERAL.model(), [embargo(), shared]);
    let loss = |n: usize| baseline.income[n] * found.price_index[n] - found.income[n];
    let all = loss(0) + loss(1);
    assert!((loss(0) - 0.1 * all).abs() < SAME_PROBLEM * all.abs());
    assert!((loss(1) - 0.9 * all).abs() < SAME_PROBLEM * all.abs());
}

#[test]
fn wrong_coalitions_are_refused() {
    let baseline = ordinary(5, 3, 94);
    let equal = |members| coalition(members, CoalitionRule::EqualWelfare);
    let twice = errors(&baseline, GENERAL.model(), [equal("R000,R001"), equal("R001,R002")]);
    assert!(matches!(&twice[..], [ScenarioError::TwoCoalitions { region, earlier: 0, .. }]
        if region == "R001"));
    let rule = weights(&[("R000", 0.5), ("R003", 0.4)]);
    let wrong = errors(&baseline, GENERAL.model(), [coalition("R000,R001", rule)]);
    assert!(
        matches!(
            &wrong[..],
            [
                ScenarioError::NoMember { .. },
                ScenarioError::NoWeight { .. },
                ScenarioError::SharesSum { .. },
            ]
        ),
        "{wrong:?}"
    );
}
