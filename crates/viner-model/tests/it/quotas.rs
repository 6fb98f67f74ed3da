//! Quotas against the taxes that give the same quantities.

use std::sync::Arc;

use proptest::prelude::*;
use viner_model::baseline::Baseline;
use viner_model::economies::Recipe;
use viner_model::equilibrium::{Equilibrium, Method, Regime, Settings, solve, solve_with};
use viner_model::problem::Problem;
use viner_model::report::FlowOutcomes;
use viner_model::scenario::{BilateralInstrument as On, Policy, QuotaScope};

use crate::close::{assert_same_hats, assert_unchanged, welfare};
use crate::economies::{any_recipe, generated, ordinary};
use crate::policies::{
    COBB_DOUGLAS, GENERAL, Uniform, cell_by_cell, foreign_cells, outcome, problem, solved, trade,
};
use crate::tolerances::{CLOSED_FORM, SAME_ANSWER, SAME_PROBLEM};

fn quota(rent_to_exporter: f64, scope: QuotaScope) -> On {
    On::Quota { rent_to_exporter, scope }
}

const CELLS: (&str, &str, &str) = ("R000", "R001,R002", "S001");

/// The taxes that leave the same prices and rents as the multipliers of a solution.
fn equivalent_taxes(
    problem: &Problem,
    equilibrium: &Equilibrium,
    rent_to_exporter: f64,
) -> [Policy; 2] {
    let baseline = &problem.baseline;
    let cells = problem.counterfactual.wedges.iter().zip(&equilibrium.wedges);
    let cells: Vec<_> = cells
        .flat_map(|(wedge, outcome)| {
            wedge.cells.iter().map(|(cell, _)| (*cell, outcome.multiplier))
        })
        .collect();
    let kept = |m: f64| 1.0 + rent_to_exporter * (m - 1.0);
    let export_tax = cells
        .iter()
        .map(|&((s, n, i), m)| ((s, n, i), (1.0 + baseline.export_tax(s, n, i)) * kept(m) - 1.0));
    let tariff = cells
        .iter()
        .map(|&((s, n, i), m)| ((s, n, i), (1.0 + baseline.tariff(s, n, i)) * m / kept(m) - 1.0));
    [
        cell_by_cell(baseline, On::ExportTaxRate, export_tax),
        cell_by_cell(baseline, On::TariffRate, tariff),
    ]
}

#[test]
fn a_quota_is_the_taxes_that_give_its_quantity() {
    for elasticities in [COBB_DOUGLAS, GENERAL] {
        let baseline = ordinary(4, 3, 61);
        for scope in [QuotaScope::ExporterSector, QuotaScope::Total, QuotaScope::Cell] {
            for rent_to_exporter in [0.0, 1.0, 0.3] {
                let policy = trade(quota(rent_to_exporter, scope), CELLS, 0.6);
                let quota = outcome(&baseline, elasticities.model(), [policy]);
                let taxes = equivalent_taxes(&quota.0, &quota.1, rent_to_exporter);
                let taxed = outcome(&baseline, elasticities.model(), taxes);
                assert_same_hats((&quota.0, &quota.1), (&taxed.0, &taxed.1), SAME_PROBLEM);
                assert!(quota.1.wedges.iter().all(|wedge| wedge.regime == Regime::Binding));
            }
        }
    }
}

fn quantities(found: &(Problem, Equilibrium)) -> ndarray::Array3<f64> {
    FlowOutcomes::of(&found.0, &found.1).quantity
}

#[test]
fn what_shares_a_limit_meets_it_together() {
    let baseline = ordinary(4, 3, 62);
    let at = |scope| {
        let policy = trade(quota(0.0, scope), ("R000", "R001,R002", "S000,S001"), 0.5);
        outcome(&baseline, GENERAL.model(), [policy])
    };
    let flows = &baseline.trade_flows;
    let arrived = |found: &(Problem, Equilibrium), sectors: &[usize], importers: &[usize]| {
        let quantity = quantities(found);
        let (mut sum, mut base) = (0.0, 0.0);
        for &s in sectors {
            for &n in importers {
                sum += flows[[s, n, 0]] * quantity[[s, n, 0]];
                base += flows[[s, n, 0]];
            }
        }
        sum / base
    };
    let near = |value: f64| (value - 0.5).abs() < SAME_PROBLEM;
    let by_cell = at(QuotaScope::Cell);
    assert_eq!(by_cell.1.wedges.len(), 4);
    let by_exporter = at(QuotaScope::ExporterSector);
    assert_eq!(by_exporter.1.wedges.len(), 2);
    let total = at(QuotaScope::Total);
    assert_eq!(total.1.wedges.len(), 1);
    for s in [0, 1] {
        for n in [1, 2] {
            assert!(near(arrived(&by_cell, &[s], &[n])));
            assert!(!near(arrived(&by_exporter, &[s], &[n])));
        }
        assert!(near(arrived(&by_exporter, &[s], &[1, 2])));
        assert!(!near(arrived(&total, &[s], &[1, 2])));
    }
    assert!(near(arrived(&total, &[0, 1], &[1, 2])));
}

#[test]
fn a_quota_above_what_is_traded_does_nothing() {
    let baseline = ordinary(4, 3, 63);
    for limit in [1.0, 1.5, 1e6] {
        let policy = trade(quota(0.5, QuotaScope::Cell), ("*", "*", "*"), limit);
        let (problem, found) = outcome(&baseline, GENERAL.model(), [policy]);
        assert_unchanged(&problem, &found, SAME_PROBLEM);
        let largest = found.wedges.iter().map(|wedge| wedge.multiplier).fold(0.0, f64::max);
        assert!((largest - 1.0).abs() < SAME_PROBLEM, "m = {largest}");
    }
}

#[test]
fn a_quota_of_nothing_is_an_embargo() {
    let baseline = ordinary(4, 3, 64);
    let none =
        outcome(&baseline, GENERAL.model(), [trade(quota(0.0, QuotaScope::Total), CELLS, 0.0)]);
    let embargo = outcome(&baseline, GENERAL.model(), [trade(On::EmbargoShare, CELLS, 1.0)]);
    // With one unknown more, the acceleration's inner products round differently.
    assert_same_hats((&none.0, &none.1), (&embargo.0, &embargo.1), 1e-13);
    let little =
        outcome(&baseline, GENERAL.model(), [trade(quota(0.0, QuotaScope::Total), CELLS, 1e-12)]);
    // σ = 5 turns a quantity of 1e-12 into a share of spending of (1e-12)^(4/5).
    assert_same_hats((&little.0, &little.1), (&embargo.0, &embargo.1), 1e-8);
}

#[test]
fn a_binding_quota_is_crossed_without_a_jump() {
    let baseline = ordinary(4, 3, 65);
    // Trade is cheaper, so that the quota stops binding somewhere above 1.
    let cheaper = || trade(On::TradeCostChange, CELLS, -0.1);
    let mut last: Option<ndarray::Array1<f64>> = None;
    let mut regimes = Vec::new();
    for step in 0..=60 {
        let limit = 1.2 + 0.01 * f64::from(step);
        let policies = [cheaper(), trade(quota(0.0, QuotaScope::Total), CELLS, limit)];
        let (problem, found) = outcome(&baseline, GENERAL.model(), policies);
        let welfare = welfare(&problem, &found);
        if let Some(last) = last.replace(welfare.clone()) {
            let jump = (&welfare - &last).iter().fold(0.0, |top: f64, x| top.max(x.abs()));
            assert!(jump < 2e-3, "a step of 0.01 at {limit} moves welfare by {jump}");
        }
        if regimes.last() != Some(&found.wedges[0].regime) {
            regimes.push(found.wedges[0].regime);
        }
    }
    assert_eq!(regimes, [Regime::Binding, Regime::Slack]);
}

fn five_hundred(baseline: &Arc<Baseline>) -> Problem {
    let cells: Vec<_> = foreign_cells(baseline)
        .into_iter()
        .filter(|&(s, n, i)| baseline.trade_flows[[s, n, i]] > 0.0)
        .enumerate()
        .filter(|(index, _)| index % 14 == 0)
        .map(|(index, cell)| (cell, 0.3 + 0.1 * (index % 5) as f64))
        .take(500)
        .collect();
    assert_eq!(cells.len(), 500);
    let policy = cell_by_cell(baseline, quota(0.25, QuotaScope::Cell), cells);
    problem(baseline, GENERAL.model(), [policy])
}

#[test]
fn five_hundred_quotas_bind_at_once() {
    let problem = five_hundred(&ordinary(20, 20, 66));
    let found = solve(&problem, Settings::default()).unwrap();
    assert!(found.wedges.iter().all(|wedge| wedge.regime == Regime::Binding));
    let quota = found.certificate.residuals.iter().find(|check| check.equation == "quota").unwrap();
    assert!(quota.relative <= 1e-9, "{quota:?}");
    assert_eq!(found.statistics.method, Method::Anderson);
}

#[test]
fn newton_finds_the_same_multipliers() {
    let baseline = ordinary(5, 3, 67);
    let policy = trade(quota(0.5, QuotaScope::Cell), ("R000,R001", "!R000,R001", "*"), 0.4);
    let problem = problem(&baseline, GENERAL.model(), [policy]);
    let anderson = solved(&problem);
    let newton = solve_with(&problem, Method::NewtonKrylov, crate::tolerances::TIGHT).unwrap();
    assert_same_hats((&problem, &anderson), (&problem, &newton), SAME_ANSWER);
    for (a, b) in anderson.wedges.iter().zip(&newton.wedges) {
        assert!((a.multiplier - b.multiplier).abs() < SAME_ANSWER, "{a:?} {b:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]
    #[test]
    // A surplus that must be earned on a market under quota may leave no equilibrium: none here.
    fn any_quota_is_the_taxes_that_give_its_quantity(
        recipe in any_recipe(),
        limits in proptest::collection::vec(0.2..1.6_f64, 1..12),
        rent_to_exporter in 0.0..=1.0_f64,
        theta in 1.0..8.0_f64,
        phi in 0.0..0.95_f64,
    ) {
        let baseline = generated(Recipe { zero_flows: 0.0, deficits: 0.0, ..recipe });
        let cells: Vec<_> = foreign_cells(&baseline)
            .into_iter()
            .filter(|&(s, n, i)| baseline.trade_flows[[s, n, i]] > 0.0)
            .step_by(3)
            .zip(limits.iter().cycle().copied())
            .collect();
        prop_assume!(!cells.is_empty());
        let elasticities = Uniform { theta, phi, ..GENERAL };
        let policy = cell_by_cell(&baseline, quota(rent_to_exporter, QuotaScope::Cell), cells);
        let quota = outcome(&baseline, elasticities.model(), [policy]);
        let taxes = equivalent_taxes(&quota.0, &quota.1, rent_to_exporter);
        let taxed = outcome(&baseline, elasticities.model(), taxes);
        assert_same_hats((&quota.0, &quota.1), (&taxed.0, &taxed.1), CLOSED_FORM);
    }
}
