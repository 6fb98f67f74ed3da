//! Results do not depend on the unit of money, the order of labels, threads or the start.

use std::sync::Arc;

use ndarray::{Array2, Array3, Axis, Dimension, RemoveAxis};
use viner_model::baseline::Baseline;
use viner_model::economies::Recipe;
use viner_model::equilibrium::{Equilibrium, Settings, solve, solve_from};
use viner_model::labels::Labels;
use viner_model::problem::Problem;
use viner_model::scenario::{BilateralInstrument as On, TransferAmount};
use viner_model::tables::{Tables, Unit};
use viner_numerics::kernel::Kernel;

use crate::assert_close;
use crate::close::assert_same_hats;
use crate::economies::{baseline, generated, ordinary};
use crate::policies::{
    COBB_DOUGLAS, GENERAL, Uniform, one_of_each, outcome, problem, solved, trade, transfer,
};
use crate::tolerances::{ROUNDING, SAME_PROBLEM, TIGHT};

fn recipe() -> Recipe {
    Recipe { tariffs: 0.3, zero_flows: 0.1, ..Recipe::new(5, 3, 31) }
}

/// Policies of every kind and a payment of so many million.
fn with_payment(
    baseline: &Arc<Baseline>,
    million: f64,
    elasticities: Uniform,
) -> (Problem, Equilibrium) {
    let mut policies = one_of_each();
    policies.push(transfer("R001,R003", "R002", TransferAmount::MillionUsd(million)));
    outcome(baseline, elasticities.model(), policies)
}

fn scaled(tables: &Tables, factor: f64) -> Tables {
    let mut tables = tables.clone();
    tables.flows *= factor;
    tables.inputs *= factor;
    tables.final_spending *= factor;
    tables.value_added *= factor;
    tables
}

#[test]
fn the_unit_of_money_changes_no_hat() {
    let tables = recipe().tables();
    for elasticities in [COBB_DOUGLAS, GENERAL] {
        let first = baseline(&tables);
        let expected = with_payment(&first, 5000.0, elasticities);
        for factor in [1e-6, 3.7, 1e9] {
            let other = baseline(&scaled(&tables, factor));
            let found = with_payment(&other, 5000.0 * factor, elasticities);
            assert_same_hats((&found.0, &found.1), (&expected.0, &expected.1), SAME_PROBLEM);
        }
    }
}

#[test]
fn a_table_in_dollars_is_read_in_millions() {
    let tables = recipe().tables();
    let mut dollars = scaled(&tables, 1e6);
    dollars.description.unit = Unit::Usd;
    let (first, other) = (baseline(&tables), baseline(&dollars));
    assert_close!(
        first,
        &other.income / &first.income,
        ndarray::Array1::ones(5),
        ROUNDING,
        "income"
    );
    let expected = with_payment(&first, 5000.0, GENERAL);
    let found = with_payment(&other, 5000.0, GENERAL);
    assert_same_hats((&found.0, &found.1), (&expected.0, &expected.1), SAME_PROBLEM);
}

fn reordered<D: Dimension + RemoveAxis>(
    array: &ndarray::Array<f64, D>,
    orders: &[&[usize]],
) -> ndarray::Array<f64, D> {
    let mut array = array.clone();
    for (axis, order) in orders.iter().enumerate() {
        array = array.select(Axis(axis), order);
    }
    array
}

fn relabelled(labels: &Labels, order: &[usize]) -> Labels {
    Labels::from_codes(order.iter().map(|&index| labels.code(index)))
}

#[test]
fn the_order_of_regions_and_sectors_changes_nothing() {
    let (r, s): (&[usize], &[usize]) = (&[3, 0, 4, 2, 1], &[2, 0, 1]);
    let tables = recipe().tables();
    let shuffled = Tables {
        regions: relabelled(&tables.regions, r),
        sectors: relabelled(&tables.sectors, s),
        flows: reordered(&tables.flows, &[s, r, r]),
        inputs: reordered(&tables.inputs, &[r, s, s]),
        final_spending: reordered(&tables.final_spending, &[r, s]),
        value_added: reordered(&tables.value_added, &[r, s]),
        tariffs: tables.tariffs.as_ref().map(|rates| reordered(rates, &[s, r, r])),
        ..tables.clone()
    };
    for elasticities in [COBB_DOUGLAS, GENERAL] {
        let (left, right) = (baseline(&tables), baseline(&shuffled));
        let (_, first) = with_payment(&left, 5000.0, elasticities);
        let (_, other) = with_payment(&right, 5000.0, elasticities);
        let prices = reordered(&first.price, &[r, s]);
        assert_close!(right, other.price, prices, SAME_PROBLEM);
        assert_close!(right, other.unit_cost, reordered(&first.unit_cost, &[r, s]), SAME_PROBLEM);
        assert_close!(right, other.wage, reordered(&first.wage, &[r]), SAME_PROBLEM);
        assert_close!(right, other.income, reordered(&first.income, &[r]), SAME_PROBLEM);
        let flows: Array3<f64> = reordered(&first.trade_flows, &[s, r, r]);
        assert_close!(right, other.trade_flows, flows, SAME_PROBLEM);
    }
}

/// Large enough that an evaluation is shared among threads: 66 · 66 · 46 trade cells.
#[test]
fn neither_threads_nor_kernel_change_a_bit() {
    let baseline = generated(Recipe { tariffs: 0.2, ..Recipe::new(66, 46, 32) });
    assert!(baseline.trade_flows.len() >= 200_000);
    let model = Uniform { eta: 1.0, ..GENERAL }.model();
    let policies = [
        trade(On::TariffAdd, ("R000", "!R000", "*"), 0.3),
        trade(On::ExportTaxRate, ("R001", "!R001", "S000"), 0.1),
    ];
    let problem = problem(&baseline, model, policies);
    let on = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| solve(&problem, Settings::default()).unwrap())
    };
    let one = on(1);
    for kernel in Kernel::available() {
        kernel.select();
        for threads in [1, 2, 5] {
            let many = on(threads);
            let case = format!("{threads} threads, {}", kernel.name());
            assert_eq!(bits(&one.unknowns), bits(&many.unknowns), "{case}");
            assert_eq!(one, many, "{case}");
        }
    }
}

fn bits(values: &[f64]) -> Vec<u64> {
    values.iter().map(|value| value.to_bits()).collect()
}

#[test]
fn the_kernel_changes_no_bit() {
    let baselines = [ordinary(5, 3, 34), ordinary(9, 17, 35), generated(Recipe::new(20, 20, 36))];
    let extreme = Uniform { theta: 20.0, sigma: 0.05, epsilon: 0.05, eta: 1.0, phi: 0.98 };
    for baseline in &baselines {
        for elasticities in [COBB_DOUGLAS, GENERAL, extreme] {
            let problem = problem(baseline, elasticities.model(), one_of_each());
            let widest = Kernel::available().last();
            let mut first: Option<Equilibrium> = None;
            for kernel in Kernel::available().chain(widest) {
                kernel.select();
                let found = solved(&problem);
                let first = first.get_or_insert_with(|| found.clone());
                assert_eq!(bits(&found.unknowns), bits(&first.unknowns), "{}", kernel.name());
                assert_eq!(found, *first, "{}", kernel.name());
            }
        }
    }
}

#[test]
fn every_start_ends_in_the_same_equilibrium() {
    let baseline = ordinary(5, 3, 33);
    let cases = [COBB_DOUGLAS, GENERAL, Uniform { theta: 20.0, sigma: 0.05, ..GENERAL }];
    for (case, elasticities) in cases.into_iter().enumerate() {
        let problem = problem(&baseline, elasticities.model(), one_of_each());
        let expected = solved(&problem);
        let mut state = 17 + case as u64;
        for start in 0..12 {
            let unknowns: Vec<f64> = expected
                .unknowns
                .iter()
                .map(|value| {
                    state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                    let unit = (state >> 11) as f64 / (1_u64 << 53) as f64 - 0.5;
                    value + unit * [0.1, 1.0, 3.0][start % 3]
                })
                .collect();
            let found = solve_from(&problem, Some(&unknowns), TIGHT)
                .unwrap_or_else(|failure| panic!("start {start} of case {case}: {failure}"));
            assert_same_hats((&problem, &found), (&problem, &expected), SAME_PROBLEM);
        }
    }
}

#[test]
fn a_start_of_the_wrong_length_is_not_used() {
    let baseline = ordinary(3, 2, 34);
    let problem = problem(&baseline, GENERAL.model(), one_of_each());
    let found = solve_from(&problem, Some(&[1.0; 7]), TIGHT).unwrap();
    assert_eq!(found, solved(&problem));
}

#[test]
fn the_order_of_policies_that_multiply_changes_nothing() {
    let baseline = ordinary(3, 2, 35);
    let mut policies = one_of_each();
    policies.push(trade(On::TradeCostChange, ("R002", "R001", "*"), -0.1));
    let first = outcome(&baseline, GENERAL.model(), policies.clone());
    policies.reverse();
    let other = outcome(&baseline, GENERAL.model(), policies);
    assert_same_hats((&first.0, &first.1), (&other.0, &other.1), SAME_PROBLEM);
    let cost = Array2::from_elem((1, 1), first.0.counterfactual.cells[&(0, 1, 2)].trade_cost);
    assert_close!(baseline, cost, Array2::from_elem((1, 1), 1.3 * 0.9), ROUNDING);
}
