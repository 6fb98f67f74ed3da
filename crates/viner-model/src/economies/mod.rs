//! Economies made by a generator: for tests of what must hold on any table, and for benchmarks.

mod by_user;
mod wall;

use ndarray::{Array1, Array2, Array3};
use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;

pub use by_user::with_sourcing;
pub use wall::wall;

use crate::labels::Labels;
use crate::tables::{Description, Tables};

/// Shape and character of a generated economy.
#[derive(Clone, Copy, Debug)]
pub struct Recipe {
    /// Number of regions.
    pub regions: usize,
    /// Number of sectors.
    pub sectors: usize,
    /// The same seed gives the same economy, on every machine.
    pub seed: u64,
    /// Share of trade cells that are zero.
    pub zero_flows: f64,
    /// Largest tariff; none if 0.
    pub tariffs: f64,
    /// Largest deficit or surplus relative to final spending; none (to rounding) if 0.
    pub deficits: f64,
}

impl Recipe {
    /// A dense economy without tariffs, with moderate deficits.
    pub fn new(regions: usize, sectors: usize, seed: u64) -> Self {
        Self { regions, sectors, seed, zero_flows: 0.0, tariffs: 0.0, deficits: 0.1 }
    }

    /// Makes the economy: random shares with home bias, and the values that are in balance at them.
    pub fn tables(self) -> Tables {
        let (regions, sectors) = (self.regions, self.sectors);
        let mut random = Pcg64Mcg::seed_from_u64(self.seed);
        let mut uniform = |low: f64, high: f64| low + (high - low) * random.random::<f64>();

        let size: Vec<f64> = (0..regions).map(|_| uniform(-1.5, 2.5).exp()).collect();
        let mut trade_shares = Array3::zeros((sectors, regions, regions));
        let mut tariffs = Array3::zeros((sectors, regions, regions));
        for s in 0..sectors {
            let openness = uniform(0.05, 0.6);
            for n in 0..regions {
                for i in 0..regions {
                    let keep = i == n || uniform(0.0, 1.0) >= self.zero_flows;
                    let taste = size[i] * uniform(-1.5, 1.5).exp();
                    let rate = uniform(0.0, self.tariffs.max(f64::MIN_POSITIVE));
                    if keep {
                        trade_shares[[s, n, i]] = taste;
                        tariffs[[s, n, i]] = if i == n { 0.0 } else { rate };
                    }
                }
                let foreign =
                    trade_shares.slice(ndarray::s![s, n, ..]).sum() - trade_shares[[s, n, n]];
                let mut row = trade_shares.slice_mut(ndarray::s![s, n, ..]);
                if foreign > 0.0 {
                    row.mapv_inplace(|taste| openness * taste / foreign);
                }
                row[n] = if foreign > 0.0 { 1.0 - openness } else { 1.0 };
            }
        }
        let mut input_shares = Array3::zeros((regions, sectors, sectors));
        let mut final_shares = Array2::zeros((regions, sectors));
        for n in 0..regions {
            for k in 0..sectors {
                let inputs = uniform(0.2, 0.7);
                let mut row = input_shares.slice_mut(ndarray::s![n, k, ..]);
                row.mapv_inplace(|_: f64| uniform(-2.0, 2.0).exp());
                let sum = row.sum();
                row.mapv_inplace(|share| share * inputs / sum);
            }
            let mut row = final_shares.row_mut(n);
            row.mapv_inplace(|_: f64| uniform(-1.0, 1.0).exp());
            let sum = row.sum();
            row.mapv_inplace(|share| share / sum);
        }
        let imbalance: Vec<f64> = (0..regions).map(|_| uniform(-1.0, 1.0)).collect();

        // Output at given final spending, and final spending at the income that it pays.
        let mut income = Array1::from_iter(size.iter().map(|size| 1e5 * size));
        let mut output: Array2<f64> = Array2::zeros((regions, sectors));
        for round in 0..220 {
            let spending = spending(&input_shares, &final_shares, &output, &income);
            let (sales, revenue) = sales(&trade_shares, &tariffs, &spending);
            output = sales;
            if round < 160 {
                let world: f64 = income.sum();
                for n in 0..regions {
                    let value_added: f64 = (0..sectors)
                        .map(|k| {
                            let inputs = input_shares.slice(ndarray::s![n, k, ..]).sum();
                            (1.0 - inputs) * output[[n, k]]
                        })
                        .sum();
                    income[n] = value_added + revenue[n];
                }
                income *= world / income.sum();
            } else if round == 160 {
                for n in 0..regions {
                    income[n] *= 1.0 + self.deficits * imbalance[n];
                }
            }
        }

        let labels =
            |prefix: &str, count| Labels::from_codes((0..count).map(|i| format!("{prefix}{i:03}")));
        let description = Description {
            name: format!("generated-{regions}x{sectors}-{}", self.seed),
            title: "Generated economy".into(),
            ..Description::default()
        };
        let mut tables = Tables::zeros(description, labels("R", regions), labels("S", sectors));
        let spending = spending(&input_shares, &final_shares, &output, &income);
        for n in 0..regions {
            for k in 0..sectors {
                for s in 0..sectors {
                    tables.inputs[[n, k, s]] = input_shares[[n, k, s]] * output[[n, k]];
                }
                tables.final_spending[[n, k]] = final_shares[[n, k]] * income[n];
            }
        }
        for s in 0..sectors {
            for n in 0..regions {
                for i in 0..regions {
                    tables.flows[[s, n, i]] =
                        trade_shares[[s, n, i]] * spending[[n, s]] / (1.0 + tariffs[[s, n, i]]);
                }
            }
        }
        for i in 0..regions {
            for s in 0..sectors {
                let sales = tables.flows.slice(ndarray::s![s, .., i]).sum();
                let inputs = tables.inputs.slice(ndarray::s![i, s, ..]).sum();
                tables.value_added[[i, s]] = sales - inputs;
            }
        }
        tables.tariffs = (self.tariffs > 0.0).then_some(tariffs);
        tables
    }
}

fn spending(
    input_shares: &Array3<f64>,
    final_shares: &Array2<f64>,
    output: &Array2<f64>,
    income: &Array1<f64>,
) -> Array2<f64> {
    let mut spending = final_shares.clone();
    for (n, mut row) in spending.rows_mut().into_iter().enumerate() {
        row *= income[n];
        for (k, output) in output.row(n).iter().enumerate() {
            row.scaled_add(*output, &input_shares.slice(ndarray::s![n, k, ..]));
        }
    }
    spending
}

fn sales(
    trade_shares: &Array3<f64>,
    tariffs: &Array3<f64>,
    spending: &Array2<f64>,
) -> (Array2<f64>, Array1<f64>) {
    let (sectors, regions, _) = trade_shares.dim();
    let mut sales = Array2::zeros((regions, sectors));
    let mut revenue = Array1::zeros(regions);
    for s in 0..sectors {
        for n in 0..regions {
            for i in 0..regions {
                let tariff = tariffs[[s, n, i]];
                let value = trade_shares[[s, n, i]] * spending[[n, s]] / (1.0 + tariff);
                sales[[i, s]] += value;
                revenue[n] += tariff * value;
            }
        }
    }
    (sales, revenue)
}
