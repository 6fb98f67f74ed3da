//! A second way to solve it: the common model of an economy with a sector for each user of a good.

use super::{UNLIKE, by_user, solved, tables};
use crate::assert_close;
use crate::close::welfare;
use crate::economies::baseline;
use crate::identities::DEFICITS;
use crate::policies::{COBB_DOUGLAS, GENERAL, Uniform, trade};
use crate::tolerances::{EMBODIED, PARTS_ADD_UP, ROUNDING, SAME_ANSWER, SAME_PROBLEM, TIGHT};
use ndarray::{Array2, Array3, Axis, s};
use viner_model::labels::Labels;
use viner_model::report::{IntermediateSales, embodied_value, welfare_split};
use viner_model::scenario::{
    BilateralInstrument as On, Labour, Model, Policy, QuotaScope, Sourcing,
};
use viner_model::tables::Tables;

/// The same economy with each sector cut into one for each of its users. The sector `s for u` makes what
/// u buys of s with what s uses, so it has the cost of s where labour moves freely; it is bought by u
/// alone, from everybody in u's own shares. This is an economy of the common model.
fn one_sector_per_user(tables: &Tables) -> Tables {
    let sourcing = tables.sourcing.as_ref().unwrap();
    let (sectors, regions, users, _) = sourcing.dim();
    let position = |s: usize, user: usize| s * users + user;
    let codes = (0..sectors).flat_map(|s| (0..users).map(move |user| (s, user)));
    let labels =
        Labels::from_codes(codes.map(|(s, user)| format!("{}-{user}", tables.sectors.code(s))));
    let mut cut = Tables::zeros(tables.description.clone(), tables.regions.clone(), labels);
    for ((s, n, user, i), flow) in sourcing.indexed_iter() {
        cut.flows[[position(s, user), n, i]] = *flow;
    }
    cut.tariffs = tables.tariffs.as_ref().map(|tariffs| {
        Array3::from_shape_fn(cut.flows.raw_dim(), |(at, n, i)| tariffs[[at / users, n, i]])
    });
    for n in 0..regions {
        for k in 0..sectors {
            let whole = tables.flows.slice(s![k, .., n]).sum();
            for part in 0..users {
                let k_part = position(k, part);
                let share = cut.flows.slice(s![k_part, .., n]).sum() / whole;
                cut.value_added[[n, k_part]] = share * tables.value_added[[n, k]];
                for s in 0..sectors {
                    cut.inputs[[n, k_part, position(s, k)]] = share * tables.inputs[[n, k, s]];
                }
            }
        }
        for s in 0..sectors {
            cut.final_spending[[n, position(s, sectors)]] = tables.final_spending[[n, s]];
        }
    }
    cut
}

/// Policies on sector `S001` or on all.
fn policies_of(sector: &str) -> Vec<Policy> {
    vec![
        trade(On::TariffAdd, ("R000", "R001", "*"), 0.25),
        trade(On::ExportTaxRate, ("R001", "R000", "*"), 0.1),
        trade(On::TradeCostChange, ("R002", "!R002", sector), 0.3),
        trade(On::EmbargoShare, ("R000", "R002", sector), 1.0),
        trade(
            On::Quota { rent_to_exporter: 0.3, scope: QuotaScope::Total },
            ("R003", "R000,R001", sector),
            0.7,
        ),
    ]
}

#[test]
fn a_second_way_to_solve_it() {
    let unlike = tables(4, 3, 34, UNLIKE);
    let (whole, cut) = (baseline(&unlike), baseline(&one_sector_per_user(&unlike)));
    let users = whole.sector_count() + 1;
    let parts = (0..users).map(|user| format!("S001-{user}")).collect::<Vec<_>>().join(",");
    let nests = Uniform { phi: 0.0, ..GENERAL };
    for labour in [Labour::Mobile, Labour::FixedNominalWage] {
        for deficits in DEFICITS {
            for elasticities in [COBB_DOUGLAS, nests] {
                let model = Model { deficits, ..elasticities.with(labour) };
                let (problem, found) =
                    solved(&whole, &by_user(model.clone()), &policies_of("S001"));
                let (other, expected) = solved(&cut, &model, &policies_of(&parts));
                assert_close!(whole, found.wage, expected.wage, SAME_PROBLEM);
                assert_close!(whole, found.price_index, expected.price_index, SAME_PROBLEM);
                let [one, two] = [(&problem, &found), (&other, &expected)];
                assert_close!(whole, welfare(one.0, one.1), welfare(two.0, two.1), SAME_PROBLEM);
                let first = |values: &Array2<f64>| values.slice(s![.., ..;users]).to_owned();
                assert_close!(whole, found.unit_cost, first(&expected.unit_cost), SAME_PROBLEM);
                let prices = &found.users.as_ref().unwrap().price;
                for ((n, user, s), price) in prices.indexed_iter() {
                    let other = expected.price[[n, s * users + user]];
                    assert!((price / other - 1.0).abs() < SAME_PROBLEM, "{n} {user} {s}");
                }
                let summed = Array3::from_shape_fn(found.trade_flows.raw_dim(), |(s, n, i)| {
                    expected.trade_flows.slice(s![s * users..(s + 1) * users, n, i]).sum()
                });
                let scale = whole.income.sum();
                assert_close!(whole, &*found.trade_flows / scale, summed / scale, SAME_PROBLEM);
                assert!(
                    (found.wedges[0].multiplier - expected.wedges[0].multiplier).abs()
                        < SAME_ANSWER
                );
                assert!(found.wedges[0].multiplier > 1.01, "the quota binds");
            }
        }
    }
}

#[test]
fn what_is_reported_is_that_of_the_second_way() {
    let unlike = tables(4, 3, 35, UNLIKE);
    let (whole, cut) = (baseline(&unlike), baseline(&one_sector_per_user(&unlike)));
    let users = whole.sector_count() + 1;
    let model = Uniform { phi: 0.0, ..GENERAL }.model();
    let policies = [trade(On::TradeCostChange, ("R000", "*", "*"), 0.4)];
    let (problem, found) = solved(&whole, &by_user(model.clone()), &policies);
    let (other, expected) = solved(&cut, &model, &policies);
    let scale = whole.income.sum();
    let summed = |values: &Array3<f64>, axis: usize| {
        let mut shape = values.raw_dim();
        shape[axis] /= users;
        let mut sums: Array3<f64> = Array3::zeros(shape);
        for (at, part) in values.axis_iter(Axis(axis)).enumerate() {
            sums.index_axis_mut(Axis(axis), at / users).scaled_add(1.0 / scale, &part);
        }
        sums
    };
    let (sales, others) =
        (IntermediateSales::of(&problem, &found), IntermediateSales::of(&other, &expected));
    assert_close!(whole, &sales.value_base / scale, summed(&others.value_base, 0), ROUNDING);
    assert_close!(whole, &sales.value / scale, summed(&others.value, 0), SAME_PROBLEM);
    let buyers = [0, 1, 2, 3];
    let [before, after] = [problem.baseline.as_ref(), &found.rebase(&problem).unwrap()]
        .map(|accounts| embodied_value(accounts, Sourcing::ByUser, &buyers));
    let [other_before, other_after] = [other.baseline.as_ref(), &expected.rebase(&other).unwrap()]
        .map(|accounts| embodied_value(accounts, Sourcing::Common, &buyers));
    assert_close!(whole, before / scale, summed(&other_before, 2), EMBODIED);
    assert_close!(whole, after / scale, summed(&other_after, 2), SAME_PROBLEM);
    let parts = welfare_split(&problem, &found, PARTS_ADD_UP, TIGHT).unwrap();
    let others = welfare_split(&other, &expected, PARTS_ADD_UP, TIGHT).unwrap();
    assert!(parts.error < PARTS_ADD_UP);
    assert_close!(whole, parts.parts, others.parts, PARTS_ADD_UP);
}
