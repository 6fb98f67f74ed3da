//! Economies made from shares, for tests that need a certain structure.

use std::sync::Arc;

use ndarray::{Array1, Array2, Array3, s};
use proptest::prelude::{Just, Strategy, prop_oneof};
use viner_model::baseline::Baseline;
use viner_model::economies::Recipe;
use viner_model::labels::Labels;
use viner_model::tables::{Description, Tables};

pub fn baseline(tables: &Tables) -> Arc<Baseline> {
    match Baseline::new(tables, 1e-6) {
        Ok(baseline) => Arc::new(baseline),
        Err(errors) => panic!("no baseline: {errors:?}"),
    }
}

pub fn generated(recipe: Recipe) -> Arc<Baseline> {
    baseline(&recipe.tables())
}

/// A dense economy with tariffs and deficits.
pub fn ordinary(regions: usize, sectors: usize, seed: u64) -> Arc<Baseline> {
    generated(Recipe { tariffs: 0.3, ..Recipe::new(regions, sectors, seed) })
}

/// The same without deficits.
pub fn without_deficits(regions: usize, sectors: usize, seed: u64, tariffs: f64) -> Arc<Baseline> {
    generated(Recipe { tariffs, deficits: 0.0, ..Recipe::new(regions, sectors, seed) })
}

/// Small economies of every character that the generator knows.
pub fn any_recipe() -> impl Strategy<Value = Recipe> {
    let tariffs = prop_oneof![Just(0.0), Just(0.5)];
    let zero_flows = prop_oneof![Just(0.0), Just(0.3)];
    let deficits = prop_oneof![Just(0.0), Just(0.2)];
    (2..=6_usize, 1..=4_usize, 0..u64::MAX, zero_flows, tariffs, deficits).prop_map(
        |(regions, sectors, seed, zero_flows, tariffs, deficits)| Recipe {
            regions,
            sectors,
            seed,
            zero_flows,
            tariffs,
            deficits,
        },
    )
}

/// Shares and incomes that an economy is to have.
#[derive(Clone, Debug)]
pub struct Structure {
    /// `π`, `[sector, importer, exporter]`.
    pub trade: Array3<f64>,
    /// `τ`, `[sector, importer, exporter]`.
    pub tariffs: Array3<f64>,
    /// `γ`, `[region, user, input]`.
    pub inputs: Array3<f64>,
    /// `α`, `[region, sector]`.
    pub final_shares: Array2<f64>,
    /// `I`, `[region]`.
    pub income: Array1<f64>,
}

impl Structure {
    /// Those of a generated economy.
    pub fn of(baseline: &Baseline) -> Self {
        let mut inputs = baseline.input_mix.clone();
        for ((n, k, _), share) in inputs.indexed_iter_mut() {
            *share *= 1.0 - baseline.value_added_share[[n, k]];
        }
        let no_tariffs = || Array3::zeros(baseline.trade_shares.raw_dim());
        Self {
            trade: baseline.trade_shares.clone(),
            tariffs: baseline.tariffs.clone().unwrap_or_else(no_tariffs),
            inputs,
            final_shares: baseline.final_shares.clone(),
            income: baseline.income.clone(),
        }
    }

    /// Shares over exporters and over final goods are scaled to sum to 1, where there are any.
    pub fn normalise(mut self) -> Self {
        let scale = |mut row: ndarray::ArrayViewMut1<'_, f64>| {
            let sum = row.sum();
            if sum > 0.0 {
                row /= sum;
            }
        };
        self.trade
            .outer_iter_mut()
            .for_each(|mut market| market.rows_mut().into_iter().for_each(scale));
        self.final_shares.rows_mut().into_iter().for_each(scale);
        self
    }

    /// Incomes at which no region has a deficit, world income unchanged.
    pub fn without_deficits(mut self) -> Self {
        let world = self.income.sum();
        for _ in 0..4000 {
            let tables = self.tables();
            let tariffs = &self.tariffs * &tables.flows;
            let revenue = tariffs.sum_axis(ndarray::Axis(0)).sum_axis(ndarray::Axis(1));
            self.income = tables.value_added.sum_axis(ndarray::Axis(1)) + revenue;
            self.income *= world / self.income.sum();
        }
        self
    }

    /// The values that are in balance at these shares and incomes.
    pub fn tables(&self) -> Tables {
        let (sectors, regions, _) = self.trade.dim();
        let labels =
            |prefix: &str, count| Labels::from_codes((0..count).map(|i| format!("{prefix}{i:03}")));
        let mut tables =
            Tables::zeros(Description::default(), labels("R", regions), labels("S", sectors));
        let mut output: Array2<f64> = Array2::zeros((regions, sectors));
        // Rounds of production; input shares below 0.8 leave less than rounding after 200.
        for _ in 0..200 {
            for n in 0..regions {
                for k in 0..sectors {
                    let cost = &self.inputs.slice(s![n, k, ..]) * output[[n, k]];
                    tables.inputs.slice_mut(s![n, k, ..]).assign(&cost);
                    tables.final_spending[[n, k]] = self.final_shares[[n, k]] * self.income[n];
                }
            }
            output.fill(0.0);
            for ((s, n, i), flow) in tables.flows.indexed_iter_mut() {
                let spending =
                    tables.final_spending[[n, s]] + tables.inputs.slice(s![n, .., s]).sum();
                *flow = self.trade[[s, n, i]] * spending / (1.0 + self.tariffs[[s, n, i]]);
                output[[i, s]] += *flow;
            }
        }
        tables.value_added = &output - &tables.inputs.sum_axis(ndarray::Axis(2));
        // What is no more than the rounding of the difference is nothing.
        tables.value_added.zip_mut_with(&output, |value, output| {
            if value.abs() <= 1e-12 * output {
                *value = 0.0;
            }
        });
        tables.tariffs = self.tariffs.iter().any(|rate| *rate != 0.0).then(|| self.tariffs.clone());
        tables
    }

    pub fn baseline(&self) -> Arc<Baseline> {
        baseline(&self.tables())
    }
}

/// One sector without inputs, without tariffs and without deficits, of random regions.
pub fn one_sector(regions: usize, seed: u64) -> Arc<Baseline> {
    let mut shares = Structure::of(&without_deficits(regions, 1, seed, 0.0));
    shares.inputs.fill(0.0);
    shares.without_deficits().baseline()
}

/// Two countries alike, one sector; `home` of spending and `value_added` of cost stay at home.
pub fn twins(home: f64, value_added: f64) -> Arc<Baseline> {
    Structure {
        trade: Array3::from_shape_fn((1, 2, 2), |(_, n, i)| if n == i { home } else { 1.0 - home }),
        tariffs: Array3::zeros((1, 2, 2)),
        inputs: Array3::from_elem((2, 1, 1), 1.0 - value_added),
        final_shares: Array2::ones((2, 1)),
        income: Array1::from_elem(2, 1000.0),
    }
    .baseline()
}
