//! Tables of sourcing for generated economies.

use ndarray::{Array4, s};
use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;

use crate::baseline::close_market;
use crate::tables::Tables;

/// The same economy with a table of sourcing: what user u of n buys of s from i is
/// `E_u X_in (1+τ) e^{spread·z}` with random z between −1 and 1, brought to what all buy of i and what u
/// spends on s. With a `spread` of 0 all users have the trade shares of their region.
///
/// The same seed gives the same table, on every machine.
#[must_use]
pub fn with_sourcing(tables: &Tables, seed: u64, spread: f64) -> Tables {
    let mut random = Pcg64Mcg::seed_from_u64(seed);
    let mut sourcing = Array4::zeros(tables.sourcing_shape());
    let (sectors, regions, users, _) = sourcing.dim();
    for s in 0..sectors {
        for n in 0..regions {
            let tariff = |i: usize| 1.0 + tables.tariff(s, n, i);
            let bought: Vec<f64> =
                (0..regions).map(|i| tables.flows[[s, n, i]] * tariff(i)).collect();
            let spent: Vec<f64> = (0..users).map(|user| tables.spending(n, user, s)).collect();
            let mut market = sourcing.slice_mut(s![s, n, .., ..]);
            for ((user, i), value) in market.indexed_iter_mut() {
                let taste = spread * (2.0 * random.random::<f64>() - 1.0);
                *value = spent[user] * bought[i] * taste.exp();
            }
            close_market(market.view_mut(), &spent, &bought);
            for ((_, i), value) in market.indexed_iter_mut() {
                *value /= tariff(i);
            }
        }
    }
    Tables { sourcing: Some(sourcing), ..tables.clone() }
}
