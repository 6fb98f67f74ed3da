//! What holds in every equilibrium: no policy changes nothing, shares sum to 1, markets clear,
//! income is spent.

use std::sync::Arc;

use ndarray::{Array1, Array2, Axis};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use viner_model::baseline::Baseline;
use viner_model::equilibrium::{Equilibrium, Settings, run};
use viner_model::problem::Problem;
use viner_model::scenario::{BilateralInstrument as On, Deficits, Labour, Model};

use crate::close::{assert_unchanged, hat, welfare};
use crate::economies::{any_recipe, baseline, ordinary};
use crate::policies::{Uniform, foreign_cells, one_of_each, outcome, scenario, solved, trade};
use crate::tolerances::{ROUNDING, SAME_PROBLEM, TIGHT};
use crate::{assert_close, policies};

pub const LABOUR: [Labour; 3] = [Labour::Mobile, Labour::FixedNominalWage, Labour::FixedRealWage];
pub const DEFICITS: [Deficits; 3] = [Deficits::Fixed, Deficits::IncomeShare, Deficits::Balanced];

pub fn config(cases: u32) -> ProptestConfig {
    // The same cases in every run: a failure in CI must be the failure at home.
    let rng_seed = RngSeed::Fixed(0x0B5E_55ED);
    ProptestConfig { cases, failure_persistence: None, rng_seed, ..ProptestConfig::default() }
}

fn any_elasticities() -> impl Strategy<Value = Uniform> {
    let nest = || prop_oneof![Just(1.0), Just(0.05), 0.1..3.0];
    let phi = prop_oneof![Just(0.0), 0.1..0.95];
    (1.0..12.0, nest(), nest(), nest(), phi).prop_map(|(theta, sigma, epsilon, eta, phi)| Uniform {
        theta,
        sigma,
        epsilon,
        eta,
        phi,
    })
}

/// Every region sells abroad something worth mentioning: otherwise it has no income to speak of.
fn all_export(baseline: &Baseline) -> bool {
    let flows = &baseline.trade_flows;
    (0..baseline.region_count()).all(|i| {
        let sales = flows.index_axis(Axis(2), i).sum();
        let domestic: f64 = (0..baseline.sector_count()).map(|s| flows[[s, i, i]]).sum();
        sales - domestic > 1e-4 * sales
    })
}

/// Residuals of the accounts of an equilibrium, recomputed from what it reports.
pub fn assert_accounts_hold(problem: &Problem, equilibrium: &Equilibrium, tolerance: f64) {
    let baseline = &*problem.baseline;
    let (regions, sectors) = (baseline.region_count(), baseline.sector_count());
    let cells = &problem.counterfactual;
    let mut spent: Array2<f64> = Array2::zeros((regions, sectors));
    let mut sold = spent.clone();
    let mut revenue: Array1<f64> = Array1::zeros(regions);
    let mut net_imports = revenue.clone();
    for ((s, n, i), &flow) in equilibrium.trade_flows.indexed_iter() {
        let change = cells.cell(baseline, (s, n, i));
        let border = flow * (1.0 + change.export_tax);
        spent[[n, s]] += border * (1.0 + change.tariff);
        sold[[i, s]] += flow;
        revenue[n] += change.tariff * border;
        revenue[i] += change.export_tax * flow;
        net_imports[n] += border;
        net_imports[i] -= border;
    }
    // Trade shares sum to 1, in the equilibrium as in the baseline.
    let shares = spent.clone() / &equilibrium.expenditure;
    let bought = baseline.expenditure.mapv(|value| if value > 0.0 { 1.0 } else { f64::NAN });
    let filled = |values: Array2<f64>| values.mapv(|v| if v.is_nan() { 1.0 } else { v });
    assert_close!(baseline, filled(shares), filled(bought), tolerance, "sum of shares");
    let sums = baseline.trade_shares.sum_axis(Axis(2)).reversed_axes();
    let ones = baseline.expenditure.mapv(|value| f64::from(u8::from(value > 0.0)));
    assert_close!(baseline, sums, ones, ROUNDING, "sum of baseline shares");

    // Every market clears, also the one that the numeraire replaced.
    assert_close!(
        baseline,
        hat(&sold, &equilibrium.output),
        Array2::ones(sold.raw_dim()),
        tolerance
    );

    // What a region earns it spends; what it spends more it imports more.
    let value_added = equilibrium.value_added.sum_axis(Axis(1));
    let earned = &value_added + &revenue + &cells.transfers + &equilibrium.deficits;
    let income = &equilibrium.income;
    assert_close!(baseline, &earned / income, Array1::ones(regions), tolerance, "income");
    let inputs = equilibrium.input_spending(problem);
    let costs = inputs.sum_axis(Axis(2)) + &equilibrium.value_added;
    assert_close!(
        baseline,
        hat(&costs, &equilibrium.output),
        Array2::ones(costs.raw_dim()),
        tolerance
    );
    let final_spending =
        equilibrium.expenditure.sum_axis(Axis(1)) - inputs.sum_axis(Axis(1)).sum_axis(Axis(1));
    assert_close!(baseline, &final_spending / income, Array1::ones(regions), tolerance, "spending");
    let borrowed = (&equilibrium.deficits + &cells.transfers) / income;
    assert_close!(baseline, &net_imports / income, borrowed, tolerance, "net imports");

    // The world as a whole neither lends nor earns more than before.
    let world = baseline.value_added.sum();
    assert!((equilibrium.deficits.sum() / world).abs() < tolerance, "{}", equilibrium.deficits);
    assert!((equilibrium.value_added.sum() / world - 1.0).abs() < tolerance, "numeraire");
}

/// Without policies the equilibrium is the baseline, or the reference that replaces it.
fn assert_no_policy_changes_nothing(baseline: &Arc<Baseline>, model: Model) {
    let (labour, deficits) = (model.labour, model.deficits);
    // The reference must be solved to rounding for its own hats to be 1 to rounding.
    let settings = Settings { tolerance: 1e-13, ..TIGHT };
    let settings = if deficits == Deficits::Balanced { settings } else { TIGHT };
    match run(Arc::clone(baseline), &scenario(model, []), settings) {
        Ok((problem, equilibrium)) => {
            assert_unchanged(&problem, &equilibrium, ROUNDING);
            assert!(equilibrium.statistics.evaluations < 25, "{:?}", equilibrium.statistics);
        }
        Err(error) => panic!("{labour:?}, {deficits:?}: {error:?}"),
    }
}

proptest! {
    #![proptest_config(config(40))]

    #[test]
    fn no_policy_changes_nothing(
        recipe in any_recipe(),
        elasticities in any_elasticities(),
        labour in prop::sample::select(&LABOUR[..]),
        deficits in prop::sample::select(&DEFICITS[..]),
    ) {
        let baseline = baseline(&recipe.tables());
        prop_assume!(all_export(&baseline));
        // A fixed real wage needs a factor that stays.
        let phi = if labour == Labour::FixedRealWage { elasticities.phi.max(0.1) } else { elasticities.phi };
        let model = Model { deficits, ..Uniform { phi, ..elasticities }.with(labour) };
        assert_no_policy_changes_nothing(&baseline, model);
    }

    #[test]
    fn accounts_hold_after_any_policy(
        recipe in any_recipe(),
        elasticities in any_elasticities(),
        deficits in prop::sample::select(&DEFICITS[..2]),
        size in 0.05..1.5,
    ) {
        let baseline = baseline(&recipe.tables());
        prop_assume!(all_export(&baseline));
        let model = Model { deficits, ..elasticities.model() };
        let policies = [
            trade(On::TariffAdd, ("R000", "!R000", "*"), size),
            trade(On::ExportTaxRate, ("R001", "!R001", "S000"), 0.3 * size - 0.2),
            trade(On::TradeCostChange, ("!R001", "R001", "*"), size - 0.3),
            trade(On::EmbargoShare, ("R001", "R000", "*"), size / 2.0),
        ];
        let (problem, equilibrium) = outcome(&baseline, model, policies);
        assert_accounts_hold(&problem, &equilibrium, SAME_PROBLEM);
    }
}

#[test]
fn no_policy_changes_nothing_under_every_closure() {
    let baseline = ordinary(4, 3, 11);
    for labour in LABOUR {
        for deficits in DEFICITS {
            let model = Model { deficits, ..policies::GENERAL.with(labour) };
            assert_no_policy_changes_nothing(&baseline, model);
        }
    }
    for labour in [Labour::Mobile, Labour::FixedNominalWage] {
        assert_no_policy_changes_nothing(&baseline, policies::COBB_DOUGLAS.with(labour));
    }
}

#[test]
fn accounts_hold_under_every_closure_with_every_policy() {
    let baseline = ordinary(4, 3, 12);
    for labour in LABOUR {
        for deficits in DEFICITS {
            let model = Model { deficits, ..policies::GENERAL.with(labour) };
            let (problem, equilibrium) =
                run(Arc::clone(&baseline), &scenario(model, one_of_each()), TIGHT).unwrap();
            assert_accounts_hold(&problem, &equilibrium, SAME_PROBLEM);
            if deficits == Deficits::Balanced {
                let relative = &equilibrium.deficits / &equilibrium.income;
                assert_close!(baseline, relative, Array1::zeros(4), SAME_PROBLEM, "deficit");
            }
        }
    }
}

#[test]
fn a_policy_of_size_zero_changes_nothing() {
    let baseline = ordinary(3, 2, 13);
    for instrument in [
        On::TariffAdd,
        On::ExportTaxAdd,
        On::ExportTaxRate,
        On::TradeCostChange,
        On::EmbargoShare,
        On::SupplierExitShare,
    ] {
        let policy = trade(instrument, ("*", "*", "*"), 0.0);
        let (problem, equilibrium) = outcome(&baseline, policies::GENERAL.model(), [policy]);
        assert_eq!(problem.counterfactual.cells.len(), foreign_cells(&baseline).len());
        assert_unchanged(&problem, &equilibrium, ROUNDING);
    }
}

#[test]
fn policies_of_every_kind_move_welfare() {
    let baseline = ordinary(4, 3, 14);
    for policy in one_of_each() {
        let (problem, equilibrium) =
            outcome(&baseline, policies::GENERAL.model(), [policy.clone()]);
        let largest = welfare(&problem, &equilibrium).fold(0.0, |top: f64, w| top.max(w.abs()));
        assert!(largest > 1e-4, "{policy:?} moves welfare by {largest:e} at most");
    }
}

#[test]
fn a_profit_tax_moves_nothing() {
    use viner_model::scenario::SectorInstrument::SectorTaxRate;
    let baseline = ordinary(3, 2, 15);
    let tax = policies::sectoral(SectorTaxRate, ("R000", "*"), 0.6);
    let (problem, equilibrium) = outcome(&baseline, policies::GENERAL.model(), [tax]);
    assert_unchanged(&problem, &equilibrium, ROUNDING);
    let again = solved(&problem.without_policies());
    assert_eq!(again.unknowns, equilibrium.unknowns);
}
