//! What must hold and what must not matter, with trade shares by user.

use super::{UNLIKE, by_user, solved, tables};
use crate::assert_close;
use crate::close::{assert_differs, assert_same_hats, assert_unchanged, welfare};
use crate::economies::baseline;
use crate::identities::{DEFICITS, LABOUR, assert_accounts_hold};
use crate::policies::{COBB_DOUGLAS, GENERAL, one_of_each, outcome, sectoral, trade};
use crate::tolerances::{NOTICED, ROUNDING, SAME_PROBLEM};
use ndarray::{Array1, Array2, Array3, Array4, Axis, s};
use viner_model::economies::{Recipe, with_sourcing};
use viner_model::equilibrium::{Equilibrium, certify};
use viner_model::labels::Labels;
use viner_model::scenario::{BilateralInstrument as On, Model, SectorInstrument, Sourcing};
use viner_model::tables::Tables;

#[test]
fn no_policy_changes_nothing() {
    let unlike = baseline(&tables(4, 3, 32, UNLIKE));
    for labour in LABOUR {
        for deficits in DEFICITS {
            let model = Model { deficits, ..by_user(GENERAL.with(labour)) };
            let (problem, found) = solved(&unlike, &model, &[]);
            assert_unchanged(&problem, &found, ROUNDING);
        }
    }
}

#[test]
fn accounts_hold() {
    let unlike = baseline(&tables(4, 3, 33, UNLIKE));
    for model in [COBB_DOUGLAS.model(), GENERAL.model()] {
        let (problem, found) = solved(&unlike, &by_user(model), &one_of_each());
        assert_accounts_hold(&problem, &found, SAME_PROBLEM);
        // It matters: with common shares welfare is another.
        let (_, common) = outcome(
            &unlike,
            Model { sourcing: Sourcing::Common, ..GENERAL.model() },
            one_of_each(),
        );
        let other = welfare(&problem, &common);
        assert_differs(&welfare(&problem, &found), &other, 1e-4);
    }
}

/// Final demand buys at home alone: its prices are the costs at home, tariffs or not.
#[test]
fn households_that_buy_at_home_pay_costs_at_home() {
    let mut patriots = tables(4, 3, 36, UNLIKE);
    let (sectors, regions, users, _) = patriots.sourcing_shape();
    let sourcing = patriots.sourcing.as_mut().unwrap();
    for s in 0..sectors {
        for n in 0..regions {
            let rates: Vec<f64> = (0..regions)
                .map(|i| 1.0 + patriots.tariffs.as_ref().map_or(0.0, |rates| rates[[s, n, i]]))
                .collect();
            let mut own = sourcing.slice_mut(s![s, n, users - 1, ..]);
            let spent: f64 = own.iter().zip(&rates).map(|(value, rate)| value * rate).sum();
            own.fill(0.0);
            own[n] = spent;
        }
    }
    patriots.flows = sourcing.sum_axis(Axis(2));
    for i in 0..regions {
        for s in 0..sectors {
            let sales = patriots.flows.slice(s![s, .., i]).sum();
            patriots.value_added[[i, s]] = sales - patriots.inputs.slice(s![i, s, ..]).sum();
        }
    }
    let patriots = baseline(&patriots);
    let policies = [
        trade(On::TariffAdd, ("*", "R001", "*"), 0.5),
        trade(On::EmbargoShare, ("R000", "R002", "*"), 1.0),
        sectoral(SectorInstrument::ProductivityChange, ("R001", "S000"), -0.1),
    ];
    let (_, found) = outcome(&patriots, by_user(GENERAL.model()), policies);
    for n in 0..regions {
        let costs = found.unit_cost.row(n);
        assert_close!(patriots, found.final_prices(n), costs, SAME_PROBLEM);
    }
    // With labour alone and no inputs the price index would be the wage; here inputs from abroad count.
    let imports = found.prices_to(1, 0).to_owned() / found.unit_cost.row(1) - 1.0;
    assert!(imports.iter().all(|above| *above > 1e-3), "{imports}");
}

#[test]
fn the_certificate_notices_every_number() {
    let unlike = baseline(&tables(4, 3, 37, UNLIKE));
    let (problem, found) = outcome(&unlike, by_user(GENERAL.model()), one_of_each());
    let spoilers: [(&str, fn(&mut Equilibrium)); 4] = [
        ("price to a user", |found| found.users.as_mut().unwrap().price[[1, 2, 0]] *= 1.000_001),
        ("price to households", |found| {
            found.users.as_mut().unwrap().price[[1, 3, 0]] *= 1.000_001;
        }),
        ("spending", |found| found.users.as_mut().unwrap().expenditure[[1, 2, 0]] *= 1.000_001),
        ("mean price", |found| found.price[[1, 0]] *= 1.000_001),
    ];
    for (what, spoil) in spoilers {
        let mut wrong = found.clone();
        spoil(&mut wrong);
        let residual = certify(&problem, &wrong).worst().relative;
        assert!(residual > NOTICED, "{what}: {residual:e}");
    }
}

#[test]
fn neither_money_nor_order_nor_threads_matter() {
    let first = tables(4, 3, 38, UNLIKE);
    let policies = [trade(On::TradeCostChange, ("R000", "R001,R002", "*"), 0.5)];
    let model = by_user(GENERAL.model());
    let (problem, found) = solved(&baseline(&first), &model, &policies);

    let mut scaled = first.clone();
    let factor = 1e-3;
    scaled.flows *= factor;
    scaled.inputs *= factor;
    scaled.final_spending *= factor;
    scaled.value_added *= factor;
    *scaled.sourcing.as_mut().unwrap() *= factor;
    let (other, same) = solved(&baseline(&scaled), &model, &policies);
    assert_same_hats((&other, &same), (&problem, &found), SAME_PROBLEM);

    // Sectors in another order, users with them.
    let order = [2, 0, 1];
    let user = |at: usize| order.get(at).copied().unwrap_or(3);
    let codes = order.map(|s| first.sectors.code(s).to_owned());
    let mut turned =
        Tables::zeros(first.description.clone(), first.regions.clone(), Labels::from_codes(codes));
    turned.flows = first.flows.select(Axis(0), &order);
    turned.inputs = first.inputs.select(Axis(1), &order).select(Axis(2), &order);
    turned.final_spending = first.final_spending.select(Axis(1), &order);
    turned.value_added = first.value_added.select(Axis(1), &order);
    turned.tariffs = first.tariffs.as_ref().map(|rates| rates.select(Axis(0), &order));
    turned.sourcing = first.sourcing.as_ref().map(|all| {
        Array4::from_shape_fn(all.raw_dim(), |(s, n, u, i)| all[[order[s], n, user(u), i]])
    });
    let (other, same) = solved(&baseline(&turned), &model, &policies);
    assert_close!(
        problem.baseline,
        welfare(&other, &same),
        welfare(&problem, &found),
        SAME_PROBLEM
    );
    let costs = found.unit_cost.select(Axis(1), &order);
    assert_close!(other.baseline, same.unit_cost, costs, SAME_PROBLEM);

    let large = with_sourcing(&Recipe::new(30, 9, 39).tables(), 39, UNLIKE);
    let large = baseline(&large);
    let on_threads = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| outcome(&large, by_user(GENERAL.model()), policies.clone()).1)
    };
    let (one, three) = (on_threads(1), on_threads(3));
    let bits = |values: &[f64]| values.iter().map(|value| value.to_bits()).collect::<Vec<_>>();
    assert_eq!(bits(&one.unknowns), bits(&three.unknowns));
    assert_eq!(one.trade_flows, three.trade_flows);
}

/// A region cut in two whose parts buy alike: nothing changes for the others.
#[test]
fn a_region_cut_in_two_changes_nothing() {
    const PART: f64 = 0.3;
    let whole = tables(4, 3, 43, UNLIKE);
    let of = |n: usize| n.min(3);
    let size = |n: usize| [1.0, 1.0, 1.0, PART, 1.0 - PART][n];
    let mut cut = Tables::zeros(
        whole.description.clone(),
        Labels::from_codes((0..5).map(|n| format!("R{n:03}"))),
        whole.sectors.clone(),
    );
    let sourcing = whole.sourcing.as_ref().unwrap();
    cut.sourcing = Some(Array4::from_shape_fn((3, 5, 4, 5), |(s, n, user, i)| {
        sourcing[[s, of(n), user, of(i)]] * size(n) * size(i)
    }));
    cut.tariffs = whole
        .tariffs
        .as_ref()
        .map(|rates| Array3::from_shape_fn((3, 5, 5), |(s, n, i)| rates[[s, of(n), of(i)]]));
    cut.flows = cut.sourcing.as_ref().unwrap().sum_axis(Axis(2));
    cut.inputs =
        Array3::from_shape_fn((5, 3, 3), |(n, k, s)| whole.inputs[[of(n), k, s]] * size(n));
    let by_cell =
        |values: &Array2<f64>| Array2::from_shape_fn((5, 3), |(n, s)| values[[of(n), s]] * size(n));
    cut.final_spending = by_cell(&whole.final_spending);
    cut.value_added = by_cell(&whole.value_added);
    let policies = |region: &str| {
        vec![
            trade(On::TariffAdd, (region, "R000", "*"), 0.4),
            trade(On::TradeCostChange, ("R001", region, "*"), 0.25),
            trade(On::EmbargoShare, ("R002", region, "S000"), 1.0),
        ]
    };
    let model = by_user(GENERAL.model());
    let (problem, one) = solved(&baseline(&whole), &model, &policies("R003"));
    let (other, two) = solved(&baseline(&cut), &model, &policies("R003,R004"));
    let wide = |values: &Array1<f64>| Array1::from_shape_fn(5, |n| values[of(n)]);
    let base = &other.baseline;
    assert_close!(base, welfare(&other, &two), wide(&welfare(&problem, &one)), SAME_PROBLEM);
    assert_close!(base, two.wage, wide(&one.wage), SAME_PROBLEM);
    let (prices, expected) = (&two.users.unwrap().price, &one.users.unwrap().price);
    for ((n, user, s), price) in prices.indexed_iter() {
        assert!((price / expected[[of(n), user, s]] - 1.0).abs() < SAME_PROBLEM);
    }
}
