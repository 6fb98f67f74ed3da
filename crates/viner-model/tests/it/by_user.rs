//! Trade shares by user: the common model where all users are alike, a larger common model where they
//! are not, closed forms, and what must not matter.

use std::sync::Arc;

use ndarray::{Array1, Array2, Array3, Array4, Axis, s};
use proptest::prelude::*;
use viner_model::baseline::{Baseline, BaselineError};
use viner_model::economies::{Recipe, with_sourcing};
use viner_model::equilibrium::{Equilibrium, certify, run, solve_from};
use viner_model::problem::{Problem, ScenarioError};
use viner_model::report::{IntermediateSales, embodied_value, welfare_split};
use viner_model::scenario::{
    BilateralInstrument as On, Deficits, Labour, Model, Policy, QuotaScope, SectorInstrument,
    Sourcing,
};
use viner_model::tables::Tables;

use crate::assert_close;
use crate::close::{assert_same_hats, assert_unchanged, welfare};
use crate::economies::{any_recipe, baseline};
use crate::identities::{DEFICITS, LABOUR, assert_accounts_hold, config};
use crate::mixes::mix;
use crate::policies::{
    COBB_DOUGLAS, GENERAL, Uniform, errors, one_of_each, outcome, scenario, sectoral, trade,
};
use crate::tolerances::{EMBODIED, PARTS_ADD_UP, ROUNDING, SAME_ANSWER, SAME_PROBLEM, TIGHT};

/// How unlike users are: shares up to `e^3` times those of others.
const UNLIKE: f64 = 1.5;

pub fn by_user(model: Model) -> Model {
    Model { sourcing: Sourcing::ByUser, ..model }
}

fn tables(regions: usize, sectors: usize, seed: u64, spread: f64) -> Tables {
    let recipe = Recipe { tariffs: 0.3, ..Recipe::new(regions, sectors, seed) };
    with_sourcing(&recipe.tables(), seed, spread)
}

fn solved(baseline: &Arc<Baseline>, model: &Model, policies: &[Policy]) -> (Problem, Equilibrium) {
    let scenario = scenario(model.clone(), policies.iter().cloned());
    run(Arc::clone(baseline), &scenario, TIGHT).unwrap()
}

/// Both options on one economy whose users are alike: the same answer.
fn assert_common(baseline: &Arc<Baseline>, model: &Model, policies: &[Policy]) {
    let common = solved(baseline, model, policies);
    let own = solved(baseline, &by_user(model.clone()), policies);
    assert_same_hats((&own.0, &own.1), (&common.0, &common.1), SAME_PROBLEM);
    let users = own.1.users.as_ref().unwrap();
    for user in 0..=baseline.sector_count() {
        let price = users.price.slice(s![.., user, ..]);
        assert_close!(baseline, price, common.1.price, SAME_PROBLEM, "price to a user");
    }
    assert_close!(
        baseline,
        own.1.rents / &baseline.income,
        common.1.rents / &baseline.income,
        SAME_PROBLEM
    );
    for (own, common) in own.1.wedges.iter().zip(&common.1.wedges) {
        assert_eq!(own.regime, common.regime);
        assert!(
            (own.multiplier / common.multiplier - 1.0).abs() < SAME_PROBLEM
                || own.multiplier == common.multiplier
        );
        assert!((own.shadow - common.shadow).abs() < SAME_PROBLEM);
    }
}

#[test]
fn users_that_are_alike_are_the_common_model() {
    let alike = baseline(&tables(4, 3, 31, 0.0));
    for labour in LABOUR {
        for deficits in DEFICITS {
            for elasticities in [COBB_DOUGLAS, GENERAL] {
                if labour == Labour::FixedRealWage && elasticities.phi == 0.0 {
                    continue;
                }
                let model = Model { deficits, ..elasticities.with(labour) };
                assert_common(&alike, &model, &one_of_each());
            }
        }
    }
    let elasticities = Uniform { phi: 0.6, ..GENERAL };
    for sizes in [
        [0.3; 8],
        [0.1, 0.2, 0.0, 0.9, 0.5, 0.8, 1.0, 1.0],
        [0.9, 0.1, 0.7, 0.1, 0.2, 0.3, 0.4, 0.0],
    ] {
        assert_common(&alike, &elasticities.model(), &mix(sizes));
    }
}

proptest! {
    #![proptest_config(config(40))]
    #[test]
    fn alike_on_any_economy(
        recipe in any_recipe(),
        theta in 1.0..10.0_f64,
        sigma in prop_oneof![Just(1.0), 0.2..2.0_f64],
        change in 0.05..1.0_f64,
    ) {
        let tables = with_sourcing(&recipe.tables(), recipe.seed, 0.0);
        let model = Uniform { theta, sigma, epsilon: sigma, ..COBB_DOUGLAS }.model();
        let policies = [
            trade(On::TariffAdd, ("R000", "*", "*"), change),
            trade(On::TradeCostChange, ("*", "R001", "S000"), change),
        ];
        assert_common(&baseline(&tables), &model, &policies);
    }

    #[test]
    fn any_mix_is_solved_and_certified_by_user(
        seed in 0..u64::MAX,
        sizes in proptest::array::uniform8(0.0..=1.0_f64),
        theta in 1.5..8.0_f64,
        phi in 0.1..0.9_f64,
        income_share in any::<bool>(),
    ) {
        let unlike = baseline(&tables(4, 3, seed, UNLIKE));
        let model = Model {
            deficits: if income_share { Deficits::IncomeShare } else { Deficits::Fixed },
            ..by_user(Uniform { theta, phi, ..GENERAL }.model())
        };
        let (problem, found) = outcome(&unlike, model, mix(sizes));
        prop_assert!(found.certificate.worst().relative < 1e-10);
        let paid: f64 =
            found.split_trade.values().flat_map(|flow| &flow.payments).map(|x| x.amount).sum();
        prop_assert!((found.rents.sum() - paid).abs() < SAME_ANSWER * unlike.income.sum());
        let elsewhere: Vec<f64> =
            found.unknowns.iter().enumerate().map(|(k, x)| x + 0.05 * (k as f64).sin()).collect();
        let again = solve_from(&problem, Some(&elsewhere), TIGHT).unwrap();
        assert_same_hats((&problem, &found), (&problem, &again), SAME_ANSWER);
    }
}

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
        crate::close::assert_differs(&welfare(&problem, &found), &other, 1e-4);
    }
}

/// The same economy with each sector cut into one for each of its users. The sector `s for u` makes what
/// u buys of s with what s uses, so it has the cost of s where labour moves freely; it is bought by u
/// alone, from everybody in u's own shares. This is an economy of the common model.
fn one_sector_per_user(tables: &Tables) -> Tables {
    let sourcing = tables.sourcing.as_ref().unwrap();
    let (sectors, regions, users, _) = sourcing.dim();
    let position = |s: usize, user: usize| s * users + user;
    let codes = (0..sectors).flat_map(|s| (0..users).map(move |user| (s, user)));
    let labels = viner_model::labels::Labels::from_codes(
        codes.map(|(s, user)| format!("{}-{user}", tables.sectors.code(s))),
    );
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
                assert_close!(whole, found.trade_flows / scale, summed / scale, SAME_PROBLEM);
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

/// Final demand buys at home alone: its prices are the costs at home, tariffs or not.
#[test]
fn households_that_buy_at_home_pay_costs_at_home() {
    let mut patriots = tables(4, 3, 36, UNLIKE);
    let (sectors, regions, users, _) = patriots.sourcing_shape().into();
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
    type Spoil = fn(&mut Equilibrium);
    let spoilers: [(&str, Spoil); 4] = [
        ("price to a user", |found| found.users.as_mut().unwrap().price[[1, 2, 0]] *= 1.000_001),
        ("price to households", |found| {
            found.users.as_mut().unwrap().price[[1, 3, 0]] *= 1.000_001
        }),
        ("spending", |found| found.users.as_mut().unwrap().expenditure[[1, 2, 0]] *= 1.000_001),
        ("mean price", |found| found.price[[1, 0]] *= 1.000_001),
    ];
    for (what, spoil) in spoilers {
        let mut wrong = found.clone();
        spoil(&mut wrong);
        let residual = certify(&problem, &wrong).worst().relative;
        assert!(residual > crate::tolerances::NOTICED, "{what}: {residual:e}");
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
    let mut turned = Tables::zeros(
        first.description.clone(),
        first.regions.clone(),
        viner_model::labels::Labels::from_codes(codes),
    );
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

#[test]
fn a_baseline_without_sourcing_is_refused() {
    let plain = baseline(&Recipe::new(3, 2, 40).tables());
    let found = errors(&plain, by_user(Model::default()), []);
    let [error @ ScenarioError::NoSourcing { .. }] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!(error.to_string(), "the baseline has no table `sourcing`");
    assert!(error.hint().is_some_and(|hint| hint.contains("--sourcing")));
}

#[test]
fn sourcing_that_cannot_be_closed_is_refused() {
    let mut wrong = tables(3, 2, 41, UNLIKE);
    // One user buys all its goods of the smallest supplier, and nobody else buys there.
    let sourcing = wrong.sourcing.as_mut().unwrap();
    sourcing.slice_mut(s![0, 0, .., 1]).fill(0.0);
    sourcing.slice_mut(s![0, 0, 0, ..]).fill(0.0);
    sourcing[[0, 0, 0, 1]] = 1.0;
    match Baseline::new(&wrong, f64::INFINITY).unwrap_err().as_slice() {
        [BaselineError::Sourcing { cell, left }] => {
            assert_eq!(cell, "R000/S000");
            assert!(*left > 1e-3);
        }
        errors => panic!("{errors:?}"),
    }
}

/// What one user alone bought is gone with its supplier, though others would still find theirs.
#[test]
fn a_user_without_supplier_is_named() {
    let mut only = tables(3, 2, 42, UNLIKE);
    let (_, regions, ..) = only.sourcing_shape();
    let sourcing = only.sourcing.as_mut().unwrap();
    for n in 0..regions {
        // S001 buys S000 of R001 alone; all flows follow.
        let spent: f64 = (0..regions)
            .map(|i| sourcing[[0, n, 1, i]] * (1.0 + only.tariffs.as_ref().unwrap()[[0, n, i]]))
            .sum();
        for i in 0..regions {
            sourcing[[0, n, 1, i]] = 0.0;
        }
        sourcing[[0, n, 1, 1]] = spent / (1.0 + only.tariffs.as_ref().unwrap()[[0, n, 1]]);
    }
    only.flows = sourcing.sum_axis(Axis(2));
    for i in 0..regions {
        for s in 0..2 {
            let sales = only.flows.slice(s![s, .., i]).sum();
            only.value_added[[i, s]] = sales - only.inputs.slice(s![i, s, ..]).sum();
        }
    }
    let only = baseline(&only);
    let embargo = || [trade(On::EmbargoShare, ("R001", "R002", "S000"), 1.0)];
    let problem = crate::policies::problem(&only, by_user(GENERAL.model()), embargo());
    let failure = viner_model::equilibrium::solve(&problem, TIGHT).unwrap_err();
    assert!(failure.to_string().contains("`R002/S000 for S001` has no supplier left"), "{failure}");
    let (_, found) = outcome(&only, GENERAL.model(), embargo());
    assert!(found.certificate.worst().relative < 1e-10);
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
        viner_model::labels::Labels::from_codes((0..5).map(|n| format!("R{n:03}"))),
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
