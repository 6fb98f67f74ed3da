//! Whose value added ends up in whose final spending.

use ndarray::{Array2, Array3};
use rayon::prelude::*;

use crate::baseline::Baseline;

/// Rounds of production after which a geometric series has converged; input shares below 0.95 need
/// fewer than 700.
const MAX_ROUNDS: usize = 2000;

/// Value added of (region, sector) absorbed in the final spending of each of `buyers`:
/// `[buyer, region, sector]`, in millions.
///
/// `v ∘ (I − A)^{-1} f_n` with `A` the requirements of inputs by origin (each user buys an input in
/// the proportions of its region), `f_n` the final spending of `n` at producer value, and `v` value
/// added per unit of output. For an equilibrium, give its rebased baseline.
pub fn embodied_value(baseline: &Baseline, buyers: &[usize]) -> Array3<f64> {
    let (regions, sectors) = (baseline.region_count(), baseline.sector_count());
    let by_buyer: Vec<Array2<f64>> =
        buyers.par_iter().map(|&buyer| embodied_in(baseline, buyer)).collect();
    let mut result = Array3::zeros((buyers.len(), regions, sectors));
    for (mut slot, values) in result.outer_iter_mut().zip(by_buyer) {
        slot.assign(&values);
    }
    result
}

/// Value added of (region, sector) absorbed in the final spending of `buyer`, `[region, sector]`, in
/// millions: all of it, or the part of it that comes through production in one of `via`.
///
/// The part is what is lost when regions in `via` buy no inputs from elsewhere, final spending and all
/// requirements being given: every chain counts once, however often it passes. What a region in `via`
/// sells of its own value added is no passage.
pub fn embodied_through(baseline: &Baseline, via: Option<&[usize]>, buyer: usize) -> Array2<f64> {
    let all = embodied_in(baseline, buyer);
    match via {
        None => all,
        Some(via) => all - absorbed(baseline, via, buyer),
    }
}

fn embodied_in(baseline: &Baseline, buyer: usize) -> Array2<f64> {
    absorbed(baseline, &[], buyer)
}

/// Where regions in `closed` buy inputs at home only.
fn absorbed(baseline: &Baseline, closed: &[usize], buyer: usize) -> Array2<f64> {
    let shape = (baseline.region_count(), baseline.sector_count());
    let mut spending = Array2::zeros(shape);
    for s in 0..shape.1 {
        spending[[buyer, s]] = baseline.final_shares[[buyer, s]] * baseline.income[buyer];
    }
    let mut round = sales(baseline, &[], &spending);
    let mut output = round.clone();
    for _ in 0..MAX_ROUNDS {
        round = sales(baseline, closed, &input_spending(baseline, &round));
        output += &round;
        if round.sum() <= f64::EPSILON * 1e-2 * output.sum() {
            break;
        }
    }
    output * &baseline.value_added_share
}

/// What `output` takes in inputs, by region and sector bought.
fn input_spending(baseline: &Baseline, output: &Array2<f64>) -> Array2<f64> {
    let mut spending = Array2::zeros(output.raw_dim());
    for ((n, k), output) in output.indexed_iter() {
        let inputs = (1.0 - baseline.value_added_share[[n, k]]) * output;
        if inputs != 0.0 {
            spending
                .row_mut(n)
                .scaled_add(inputs, &baseline.input_mix.slice(ndarray::s![n, k, ..]));
        }
    }
    spending
}

/// Producer value of what is sold for `spending`, by region and sector sold; nothing is sold to
/// regions in `closed` from elsewhere.
fn sales(baseline: &Baseline, closed: &[usize], spending: &Array2<f64>) -> Array2<f64> {
    let mut sales = Array2::zeros(spending.raw_dim());
    for ((n, s), spending) in spending.indexed_iter() {
        let expenditure = baseline.expenditure[[n, s]];
        if *spending == 0.0 || expenditure == 0.0 {
            continue;
        }
        if closed.contains(&n) {
            let home = baseline.trade_flows[[s, n, n]];
            sales[[n, s]] += spending / expenditure * home;
            continue;
        }
        let flows = baseline.trade_flows.slice(ndarray::s![s, n, ..]);
        sales.column_mut(s).scaled_add(spending / expenditure, &flows);
    }
    sales
}
