//! Cells that real tables have and that divide by zero if nobody looks.

use std::sync::Arc;

use ndarray::{Array2, s};
use proptest::prelude::*;
use viner_model::baseline::Baseline;
use viner_model::economies::Recipe;
use viner_model::equilibrium::Equilibrium;
use viner_model::problem::Problem;
use viner_model::scenario::{BilateralInstrument as On, Labour};

use crate::assert_close;
use crate::close::assert_unchanged;
use crate::economies::{Structure, baseline, ordinary};
use crate::identities::{LABOUR, assert_accounts_hold, config};
use crate::policies::{COBB_DOUGLAS, GENERAL, Uniform, outcome, trade};
use crate::tolerances::{ROUNDING, SAME_ANSWER, SAME_PROBLEM};

/// Alters the shares of an ordinary economy of four regions and three sectors.
fn altered(alter: impl FnOnce(&mut Structure)) -> Arc<Baseline> {
    let mut shares = Structure::of(&ordinary(4, 3, 21));
    alter(&mut shares);
    shares.normalise().baseline()
}

/// Nobody buys `S002` from `R001`.
fn no_output() -> Arc<Baseline> {
    altered(|shares| shares.trade.slice_mut(s![2, .., 1]).fill(0.0))
}

/// `R001` buys no `S002` from anybody.
fn no_purchases() -> Arc<Baseline> {
    altered(|shares| {
        shares.trade.slice_mut(s![2, 1, ..]).fill(0.0);
        shares.inputs.slice_mut(s![1, .., 2]).fill(0.0);
        shares.final_shares[[1, 2]] = 0.0;
    })
}

/// `S002` buys no inputs, anywhere.
fn no_inputs() -> Arc<Baseline> {
    altered(|shares| shares.inputs.slice_mut(s![.., 2, ..]).fill(0.0))
}

/// `S002` of `R001` sells and employs nobody.
fn no_factors() -> Arc<Baseline> {
    altered(|shares| {
        let mut inputs = shares.inputs.slice_mut(s![1, 2, ..]);
        inputs /= inputs.sum();
    })
}

/// `S002` of `R001` sells below the cost of its inputs.
fn negative_value_added() -> Arc<Baseline> {
    altered(|shares| {
        let mut inputs = shares.inputs.slice_mut(s![1, 2, ..]);
        inputs *= 1.05 / inputs.sum();
    })
}

/// No household buys `S002`; no region uses `S001` as an input.
fn no_final_and_no_input_use() -> Arc<Baseline> {
    altered(|shares| {
        shares.final_shares.column_mut(2).fill(0.0);
        shares.inputs.slice_mut(s![.., .., 1]).fill(0.0);
    })
}

fn everything_finite(problem: &Problem, equilibrium: &Equilibrium) {
    let arrays: [(&str, Vec<f64>); 13] = [
        ("wage", equilibrium.wage.to_vec()),
        ("employment", equilibrium.employment.to_vec()),
        ("price index", equilibrium.price_index.to_vec()),
        ("income", equilibrium.income.to_vec()),
        ("tariff revenue", equilibrium.tariff_revenue.to_vec()),
        ("export tax revenue", equilibrium.export_tax_revenue.to_vec()),
        ("deficits", equilibrium.deficits.to_vec()),
        ("unit cost", equilibrium.unit_cost.iter().copied().collect()),
        ("price", equilibrium.price.iter().copied().collect()),
        ("value added", equilibrium.value_added.iter().copied().collect()),
        ("output", equilibrium.output.iter().copied().collect()),
        ("expenditure", equilibrium.expenditure.iter().copied().collect()),
        ("trade flows", equilibrium.trade_flows.iter().copied().collect()),
    ];
    for (name, values) in arrays {
        assert!(values.iter().all(|value| value.is_finite()), "{name}: {values:?}");
    }
    let regions = viner_model::report::RegionOutcomes::of(problem, equilibrium);
    assert!(regions.welfare.iter().chain(&regions.terms_of_trade).all(|value| value.is_finite()));
}

/// No policy changes nothing, a policy can be solved, and both leave no NaN.
fn holds(baseline: &Arc<Baseline>, elasticities: Uniform) -> Equilibrium {
    for labour in LABOUR {
        if labour == Labour::FixedRealWage && elasticities.phi == 0.0 {
            continue;
        }
        let (problem, equilibrium) = outcome(baseline, elasticities.with(labour), []);
        assert_unchanged(&problem, &equilibrium, ROUNDING);
        everything_finite(&problem, &equilibrium);
    }
    let policies = [
        trade(On::TariffAdd, ("R001", "!R001", "*"), 0.5),
        trade(On::TradeCostChange, ("!R002", "R002", "*"), 0.4),
    ];
    let (problem, equilibrium) = outcome(baseline, elasticities.model(), policies);
    everything_finite(&problem, &equilibrium);
    assert_accounts_hold(&problem, &equilibrium, SAME_PROBLEM);

    // The equilibrium is a baseline again, with the same empty cells.
    let rebased = Arc::new(equilibrium.rebase(&problem).unwrap());
    let (again, unchanged) = outcome(&rebased, elasticities.model(), []);
    assert_unchanged(&again, &unchanged, SAME_ANSWER);
    equilibrium
}

#[test]
fn a_sector_without_output_keeps_hats_of_one() {
    for elasticities in [COBB_DOUGLAS, GENERAL] {
        let baseline = no_output();
        assert_eq!(baseline.output[[1, 2]], 0.0);
        let equilibrium = holds(&baseline, elasticities);
        assert_eq!(equilibrium.unit_cost[[1, 2]], 1.0);
        assert_eq!(equilibrium.value_added[[1, 2]], 0.0);
        assert_eq!(equilibrium.output[[1, 2]], 0.0);
    }
}

#[test]
fn a_market_without_buyers_keeps_its_price() {
    for elasticities in [COBB_DOUGLAS, GENERAL] {
        let baseline = no_purchases();
        assert_eq!(baseline.expenditure[[1, 2]], 0.0);
        assert!(baseline.output[[1, 2]] > 0.0);
        let equilibrium = holds(&baseline, elasticities);
        assert_eq!(equilibrium.price[[1, 2]], 1.0);
        assert_eq!(equilibrium.expenditure[[1, 2]], 0.0);
    }
}

#[test]
fn a_sector_without_inputs_costs_what_its_factors_cost() {
    let elastic = Uniform { sigma: 2.0, epsilon: 3.0, ..GENERAL };
    for elasticities in [COBB_DOUGLAS, Uniform { phi: 0.0, ..GENERAL }, GENERAL, elastic] {
        let baseline = no_inputs();
        assert_eq!(baseline.value_added_share.column(2).to_vec(), vec![1.0; 4]);
        let equilibrium = holds(&baseline, elasticities);
        let factor_price = Array2::from_shape_fn((4, 1), |(n, _)| {
            let rent = equilibrium.value_added[[n, 2]] / baseline.value_added[[n, 2]];
            equilibrium.wage[n].powf(1.0 - elasticities.phi) * rent.powf(elasticities.phi)
        });
        let cost = equilibrium.unit_cost.slice(s![.., 2..]).to_owned();
        assert_close!(baseline, cost, factor_price, SAME_PROBLEM);
    }
}

#[test]
fn a_sector_without_factors_costs_what_its_inputs_cost() {
    for elasticities in [COBB_DOUGLAS, GENERAL] {
        let baseline = no_factors();
        assert_eq!(baseline.value_added[[1, 2]], 0.0);
        assert!(baseline.output[[1, 2]] > 0.0);
        let equilibrium = holds(&baseline, elasticities);
        assert_eq!(equilibrium.value_added[[1, 2]], 0.0);
        assert!((equilibrium.output[[1, 2]] / baseline.output[[1, 2]] - 1.0).abs() > 1e-3);
        let power = 1.0 - elasticities.epsilon;
        let mix = baseline.input_mix.slice(s![1, 2, ..]);
        let terms = mix.iter().zip(equilibrium.price.row(1));
        let inputs: f64 = if power == 0.0 {
            terms.map(|(share, price)| share * price.ln()).sum::<f64>().exp()
        } else {
            terms.map(|(share, price)| share * price.powf(power)).sum::<f64>().powf(1.0 / power)
        };
        assert!((equilibrium.unit_cost[[1, 2]] - inputs).abs() < SAME_PROBLEM);
    }
}

#[test]
fn value_added_may_be_negative_at_cobb_douglas() {
    let baseline = negative_value_added();
    assert!(baseline.value_added[[1, 2]] < 0.0);
    holds(&baseline, COBB_DOUGLAS);
    holds(&baseline, Uniform { sigma: 1.0, ..GENERAL });
}

#[test]
fn goods_that_are_only_consumed_or_only_used() {
    for elasticities in [COBB_DOUGLAS, GENERAL] {
        holds(&no_final_and_no_input_use(), elasticities);
    }
}

#[test]
fn an_economy_of_one_sector_and_two_regions() {
    for elasticities in [COBB_DOUGLAS, GENERAL] {
        let mut shares = Structure::of(&ordinary(2, 1, 3));
        shares.income[0] *= 1.1;
        let baseline = shares.baseline();
        let (problem, equilibrium) = outcome(&baseline, elasticities.model(), []);
        assert_unchanged(&problem, &equilibrium, ROUNDING);
        let tariff = trade(On::TariffRate, ("R000", "R001", "*"), 0.5);
        let (problem, equilibrium) = outcome(&baseline, elasticities.model(), [tariff]);
        assert_accounts_hold(&problem, &equilibrium, SAME_PROBLEM);
    }
}

/// A table with the noise of its maker, small enough for the tolerance.
fn noisy(shares: &Structure, seed: u64) -> Arc<Baseline> {
    let mut tables = shares.tables();
    let mut state = seed;
    let mut noise = || {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        1.0 + 1e-7 * ((state >> 11) as f64 / (1_u64 << 53) as f64 - 0.5)
    };
    tables.flows.mapv_inplace(|value| value * noise());
    tables.inputs.mapv_inplace(|value| value * noise());
    tables.final_spending.mapv_inplace(|value| value * noise());
    tables.value_added.mapv_inplace(|value| value * noise());
    baseline(&tables)
}

proptest! {
    #![proptest_config(config(12))]

    #[test]
    fn noise_within_the_tolerance_is_taken_up(seed in 0..u64::MAX) {
        let recipe = Recipe { tariffs: 0.3, ..Recipe::new(4, 3, seed) };
        let baseline = noisy(&Structure::of(&baseline(&recipe.tables())), seed);
        let (problem, equilibrium) = outcome(&baseline, GENERAL.model(), []);
        assert_unchanged(&problem, &equilibrium, ROUNDING);
        let sum: f64 = baseline.deficits.sum();
        prop_assert!(sum.abs() < 1e-12 * baseline.income.sum());
    }
}

#[test]
fn noise_is_taken_up_in_degenerate_tables_too() {
    for (name, baseline) in [
        ("no output", no_output()),
        ("no purchases", no_purchases()),
        ("no inputs", no_inputs()),
        ("no factors", no_factors()),
        ("no final or input use", no_final_and_no_input_use()),
    ] {
        let noisy = noisy(&Structure::of(&baseline), 5);
        println!("{name}");
        let (problem, equilibrium) = outcome(&noisy, GENERAL.model(), []);
        assert_unchanged(&problem, &equilibrium, ROUNDING);
        let same_zeros = |new: &Array2<f64>, old: &Array2<f64>| {
            new.iter().zip(old).all(|(new, old)| (*new == 0.0) == (*old == 0.0))
        };
        assert!(same_zeros(&noisy.value_added, &baseline.value_added));
        assert!(same_zeros(&noisy.final_shares, &baseline.final_shares));
        assert!(same_zeros(&noisy.output, &baseline.output));
    }
}

/// Cells below the tolerance may contradict each other entirely.
#[test]
fn contradictions_below_the_tolerance_are_resolved() {
    let tables = ordinary_tables();
    let world = tables.flows.sum();
    let dust = 1e-8 * world;
    let mut cases = Vec::new();
    // Sold, and made from nothing.
    let mut made_from_nothing = tables.clone();
    made_from_nothing.flows.slice_mut(s![2, .., 1]).fill(0.0);
    made_from_nothing.flows[[2, 0, 1]] = dust;
    made_from_nothing.inputs.slice_mut(s![1, 2, ..]).fill(0.0);
    made_from_nothing.value_added[[1, 2]] = 0.0;
    cases.push(("made from nothing", made_from_nothing));
    // Not sold, and made from something.
    let mut made_for_nobody = tables.clone();
    made_for_nobody.flows.slice_mut(s![2, .., 1]).fill(0.0);
    made_for_nobody.inputs.slice_mut(s![1, 2, ..]).fill(dust / 3.0);
    made_for_nobody.value_added[[1, 2]] = 0.0;
    cases.push(("made for nobody", made_for_nobody));
    for (name, mut tables) in cases {
        // Everything else adds up.
        for n in 0..4 {
            for s in 0..3 {
                if (n, s) != (1, 2) {
                    let sales = tables.flows.slice(s![s, .., n]).sum();
                    tables.value_added[[n, s]] = sales - tables.inputs.slice(s![n, s, ..]).sum();
                }
                let rates = tables.tariffs.as_ref().unwrap();
                let paid = (0..4).map(|i| tables.flows[[s, n, i]] * (1.0 + rates[[s, n, i]]));
                let used = tables.inputs.slice(s![n, .., s]).sum();
                tables.final_spending[[n, s]] = paid.sum::<f64>() - used;
            }
        }
        println!("{name}");
        let baseline = baseline(&tables);
        let (problem, equilibrium) = outcome(&baseline, COBB_DOUGLAS.model(), []);
        assert_unchanged(&problem, &equilibrium, ROUNDING);
        let tariff = trade(On::TariffAdd, ("R000", "!R000", "*"), 0.5);
        let (problem, equilibrium) = outcome(&baseline, GENERAL.model(), [tariff]);
        assert_accounts_hold(&problem, &equilibrium, SAME_PROBLEM);
    }
}

fn ordinary_tables() -> viner_model::tables::Tables {
    let recipe = Recipe { tariffs: 0.3, deficits: 0.05, ..Recipe::new(4, 3, 22) };
    recipe.tables()
}
