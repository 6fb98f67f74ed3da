//! Tables to work on.

use std::sync::Arc;

use ndarray::{Array1, Array2, Array3};
use proptest::prelude::{Just, Strategy, prop_oneof};
use viner_model::baseline::{Baseline, IdentityReport};
use viner_model::economies::Recipe;
use viner_model::equilibrium::{Settings, run};
use viner_model::labels::Labels;
use viner_model::scenario::{
    Action, BilateralInstrument, Cells, Model, Policy, Scenario, Selector, Values,
};
use viner_model::tables::Tables;

/// Sums of a few hundred numbers: relative to the largest.
pub const ROUNDING: f64 = 1e-12;

/// Small economies of every character that the generator knows.
pub fn any_recipe() -> impl Strategy<Value = Recipe> {
    let tariffs = prop_oneof![Just(0.0), Just(0.5)];
    let zero_flows = prop_oneof![Just(0.0), Just(0.3)];
    (2..=6_usize, 2..=5_usize, 0..u64::MAX, zero_flows, tariffs).prop_map(
        |(regions, sectors, seed, zero_flows, tariffs)| Recipe {
            zero_flows,
            tariffs,
            ..Recipe::new(regions, sectors, seed)
        },
    )
}

/// Numbers from 0 to 1 that are the same in every run.
pub struct Draws(pub u64);

impl Draws {
    pub fn unit(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963);
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// Every value of a table multiplied by a number of its own between `1 − size` and `1 + size`.
pub fn disturbed(tables: &Tables, size: f64, seed: u64) -> Tables {
    let mut draws = Draws(seed);
    let mut result = tables.clone();
    let mut noise = |value: &mut f64| *value *= 1.0 + size * (2.0 * draws.unit() - 1.0);
    result.flows.iter_mut().for_each(&mut noise);
    result.inputs.iter_mut().for_each(&mut noise);
    result.final_spending.iter_mut().for_each(&mut noise);
    result.value_added.iter_mut().for_each(&mut noise);
    result
}

pub fn worst_identity(tables: &Tables) -> f64 {
    IdentityReport::of(tables).worst().relative
}

/// The last region cut in two parts that buy and sell alike.
pub fn last_region_cut(whole: &Tables, part: f64) -> Tables {
    let (sectors, regions, _) = whole.flows.dim();
    let last = regions - 1;
    let of = |n: usize| n.min(last);
    let size = |n: usize| match n {
        n if n == last => part,
        n if n > last => 1.0 - part,
        _ => 1.0,
    };
    let codes: Vec<String> =
        whole.regions.codes().map(ToOwned::to_owned).chain(["OTHER".to_owned()]).collect();
    let shape = (sectors, regions + 1, regions + 1);
    let by_region = |values: &Array2<f64>| {
        Array2::from_shape_fn((regions + 1, sectors), |(n, s)| values[[of(n), s]] * size(n))
    };
    Tables {
        regions: Labels::from_codes(codes),
        flows: Array3::from_shape_fn(shape, |(s, n, i)| {
            whole.flows[[s, of(n), of(i)]] * size(n) * size(i)
        }),
        inputs: Array3::from_shape_fn((regions + 1, sectors, sectors), |(n, k, s)| {
            whole.inputs[[of(n), k, s]] * size(n)
        }),
        final_spending: by_region(&whole.final_spending),
        value_added: by_region(&whole.value_added),
        tariffs: whole
            .tariffs
            .as_ref()
            .map(|rates| Array3::from_shape_fn(shape, |(s, n, i)| rates[[s, of(n), of(i)]])),
        ..whole.clone()
    }
}

#[track_caller]
pub fn assert_same(one: &Tables, other: &Tables, tolerance: f64) {
    let scale = one.flows.iter().copied().fold(0.0, f64::max);
    let near = |a: &f64, b: &f64| (a - b).abs() <= tolerance * scale;
    assert!(one.flows.iter().zip(&other.flows).all(|(a, b)| near(a, b)), "flows");
    assert!(one.inputs.iter().zip(&other.inputs).all(|(a, b)| near(a, b)), "inputs");
    let final_spending = one.final_spending.iter().zip(&other.final_spending);
    assert!(final_spending.into_iter().all(|(a, b)| near(a, b)), "final spending");
    let value_added = one.value_added.iter().zip(&other.value_added);
    assert!(value_added.into_iter().all(|(a, b)| near(a, b)), "value added");
    match (&one.tariffs, &other.tariffs) {
        (Some(a), Some(b)) => {
            assert!(a.iter().zip(b).all(|(a, b)| (a - b).abs() <= tolerance), "tariffs");
        }
        (a, b) => assert!(a.is_none() && b.is_none(), "tariffs of one only"),
    }
}

/// Wages after trade costs rise by a quarter in these sectors from these exporters to `R000`, with
/// no elasticity at its limit.
pub fn wages_after(tables: &Tables, exporters: &[&str], sectors: &[&str]) -> Array1<f64> {
    let names =
        |codes: &[&str]| Selector::Names(codes.iter().map(|code| (*code).to_owned()).collect());
    let cells = Cells::Pattern {
        exporter: names(exporters),
        importer: names(&["R000"]),
        sector: names(sectors),
        both_ways: false,
        domestic: false,
        value: 0.25,
    };
    let instrument = BilateralInstrument::TradeCostChange;
    let action = Action::Bilateral { instrument, cells };
    let scenario = Scenario {
        model: Model {
            trade_elasticity: Values::uniform(5.0),
            production_elasticity: Values::uniform(0.6),
            ..Model::default()
        },
        policies: vec![Policy { name: None, action, replace: false }],
        ..Scenario::default()
    };
    let baseline = Arc::new(Baseline::new(tables, 1e-6).unwrap());
    let settings = Settings { tolerance: 1e-12, max_evaluations: 20_000 };
    run(baseline, &scenario, settings).unwrap().1.wage
}
