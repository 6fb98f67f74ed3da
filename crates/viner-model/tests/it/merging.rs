//! A region cut in two with the same shares changes nothing for the others.

use std::sync::Arc;

use ndarray::{Array1, Array2, Array3};
use viner_model::baseline::Baseline;
use viner_model::equilibrium::{Equilibrium, run};
use viner_model::problem::Problem;
use viner_model::scenario::{BilateralInstrument as On, Deficits, Labour, Model, Policy};

use crate::assert_close;
use crate::close::welfare;
use crate::economies::{Structure, ordinary};
use crate::policies::{COBB_DOUGLAS, GENERAL, Uniform, scenario, trade};
use crate::tolerances::{SAME_PROBLEM, TIGHT};

/// The first part of the last region of the split economy.
const PART: f64 = 0.3;

/// Cuts the last region: both halves buy alike, and every buyer, the halves included, splits its
/// purchases from them in one ratio.
fn split(whole: &Structure) -> Structure {
    let (sectors, regions, _) = whole.trade.dim();
    let last = regions - 1;
    let of = |n: usize| n.min(last);
    let size = |n: usize| match n {
        n if n == last => PART,
        n if n > last => 1.0 - PART,
        _ => 1.0,
    };
    let shape = (sectors, regions + 1, regions + 1);
    Structure {
        trade: Array3::from_shape_fn(shape, |(s, n, i)| whole.trade[[s, of(n), of(i)]] * size(i)),
        tariffs: Array3::from_shape_fn(shape, |(s, n, i)| whole.tariffs[[s, of(n), of(i)]]),
        inputs: Array3::from_shape_fn((regions + 1, sectors, sectors), |(n, k, s)| {
            whole.inputs[[of(n), k, s]]
        }),
        final_shares: Array2::from_shape_fn((regions + 1, sectors), |(n, s)| {
            whole.final_shares[[of(n), s]]
        }),
        income: Array1::from_shape_fn(regions + 1, |n| whole.income[of(n)] * size(n)),
    }
}

fn solved(baseline: &Arc<Baseline>, model: &Model, policies: &[Policy]) -> (Problem, Equilibrium) {
    let scenario = scenario(model.clone(), policies.iter().cloned());
    run(Arc::clone(baseline), &scenario, TIGHT).unwrap()
}

/// `R003` is whole in one economy and `R003,R004` in the other.
fn assert_nothing_changes(elasticities: Uniform, labour: Labour, deficits: Deficits) {
    let shares = Structure::of(&ordinary(4, 3, 71));
    let (whole, cut) = (shares.baseline(), split(&shares).baseline());
    assert_eq!(cut.region_count(), 5);
    let policies = |region: &str| {
        let not_region = format!("!{region}");
        vec![
            trade(On::TariffAdd, (region, "R000", "*"), 0.4),
            trade(On::ExportTaxRate, (region, "R001", "S001"), 0.2),
            trade(On::TradeCostChange, (&not_region, region, "*"), 0.25),
            trade(On::EmbargoShare, ("R002", region, "S000"), 1.0),
        ]
    };
    let model = Model { deficits, ..elasticities.with(labour) };
    let one = solved(&whole, &model, &policies("R003"));
    let two = solved(&cut, &model, &policies("R003,R004"));
    // What happens to R003 happens to both of its halves.
    let halves = |n: usize| if n < 3 { n } else { 3 };
    let by_region = |values: &Array1<f64>| Array1::from_shape_fn(5, |n| values[halves(n)]);
    let by_cell = |values: &Array2<f64>| {
        Array2::from_shape_fn((5, values.ncols()), |(n, s)| values[[halves(n), s]])
    };
    assert_close!(cut, welfare(&two.0, &two.1), by_region(&welfare(&one.0, &one.1)), SAME_PROBLEM);
    assert_close!(cut, two.1.wage, by_region(&one.1.wage), SAME_PROBLEM);
    assert_close!(cut, two.1.employment, by_region(&one.1.employment), SAME_PROBLEM);
    assert_close!(cut, two.1.price, by_cell(&one.1.price), SAME_PROBLEM);
    assert_close!(cut, two.1.unit_cost, by_cell(&one.1.unit_cost), SAME_PROBLEM);
    let sales = two.1.trade_flows[[1, 0, 3]] + two.1.trade_flows[[1, 0, 4]];
    assert!((sales / one.1.trade_flows[[1, 0, 3]] - 1.0).abs() < SAME_PROBLEM);
    assert!(welfare(&one.0, &one.1).iter().all(|change| change.abs() > 1e-5));
}

#[test]
fn at_cobb_douglas() {
    assert_nothing_changes(COBB_DOUGLAS, Labour::Mobile, Deficits::Fixed);
}

#[test]
fn with_every_nest_and_closure() {
    for labour in crate::identities::LABOUR {
        for deficits in crate::identities::DEFICITS {
            assert_nothing_changes(GENERAL, labour, deficits);
        }
    }
}
