//! Whose value added ends up in whose final spending.

use ndarray::{Array2, Array3, Array4, s};
use rayon::prelude::*;
use viner_numerics::kernel::dense::add_transposed_product;

use crate::baseline::Baseline;
use crate::scenario::Sourcing;

/// Rounds of production after which a geometric series has converged; input shares below 0.95 need
/// fewer than 700.
const MAX_ROUNDS: usize = 2000;

/// Value added of (region, sector) absorbed in the final spending of each of `buyers`:
/// `[buyer, region, sector]`, in millions.
///
/// `v ∘ (I − A)^{-1} f_n` with `A` the requirements of inputs by origin, `f_n` the final spending of `n`
/// at producer value, and `v` value added per unit of output. Users buy an input in the proportions of
/// their region, or by `sourcing` each in its own. For an equilibrium, give its rebased baseline.
pub fn embodied_value(baseline: &Baseline, sourcing: Sourcing, buyers: &[usize]) -> Array3<f64> {
    let (regions, sectors) = (baseline.region_count(), baseline.sector_count());
    let by_buyer: Vec<Array2<f64>> =
        buyers.par_iter().map(|&buyer| embodied_through(baseline, sourcing, None, buyer)).collect();
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
pub fn embodied_through(
    baseline: &Baseline,
    sourcing: Sourcing,
    via: Option<&[usize]>,
    buyer: usize,
) -> Array2<f64> {
    let all = absorbed(baseline, sourcing, &[], buyer);
    match via {
        None => all,
        Some(via) => all - absorbed(baseline, sourcing, via, buyer),
    }
}

/// Where regions in `closed` buy inputs at home only.
fn absorbed(
    baseline: &Baseline,
    sourcing: Sourcing,
    closed: &[usize],
    buyer: usize,
) -> Array2<f64> {
    let shares = match sourcing {
        Sourcing::Common => None,
        Sourcing::ByUser => baseline.user_shares.as_ref(),
    };
    let shape = (baseline.region_count(), baseline.sector_count());
    let mut spending = Array3::zeros((shape.0, shares.map_or(1, |shares| shares.dim().2), shape.1));
    let last = spending.dim().1 - 1;
    for s in 0..shape.1 {
        spending[[buyer, last, s]] = baseline.final_shares[[buyer, s]] * baseline.income[buyer];
    }
    let sales = |closed: &[usize], spending: &Array3<f64>| match shares {
        None => sales(baseline, closed, spending),
        Some(shares) => sales_by_user(baseline, shares, closed, spending),
    };
    let mut round = sales(&[], &spending);
    let mut output = round.clone();
    for _ in 0..MAX_ROUNDS {
        input_spending(baseline, &round, &mut spending);
        round = sales(closed, &spending);
        output += &round;
        if round.sum() <= f64::EPSILON * 1e-2 * output.sum() {
            break;
        }
    }
    output * &baseline.value_added_share
}

/// What `output` takes in inputs, `[region, purchaser, sector bought]`.
fn input_spending(baseline: &Baseline, output: &Array2<f64>, spending: &mut Array3<f64>) {
    spending.fill(0.0);
    let common = spending.dim().1 == 1;
    for ((n, k), output) in output.indexed_iter() {
        let inputs = (1.0 - baseline.value_added_share[[n, k]]) * output;
        if inputs != 0.0 {
            spending
                .slice_mut(s![n, if common { 0 } else { k }, ..])
                .scaled_add(inputs, &baseline.input_mix.slice(s![n, k, ..]));
        }
    }
}

/// Producer value of what is sold for `spending`, by region and sector sold; nothing is sold to
/// regions in `closed` from elsewhere.
fn sales(baseline: &Baseline, closed: &[usize], spending: &Array3<f64>) -> Array2<f64> {
    let mut sales = Array2::zeros((baseline.region_count(), baseline.sector_count()));
    for ((n, _, s), spending) in spending.indexed_iter() {
        let expenditure = baseline.expenditure[[n, s]];
        if *spending == 0.0 || expenditure == 0.0 {
            continue;
        }
        if closed.contains(&n) {
            let home = baseline.trade_flows[[s, n, n]];
            sales[[n, s]] += spending / expenditure * home;
            continue;
        }
        let flows = baseline.trade_flows.slice(s![s, n, ..]);
        sales.column_mut(s).scaled_add(spending / expenditure, &flows);
    }
    sales
}

/// The same where each user has trade shares of its own.
fn sales_by_user(
    baseline: &Baseline,
    shares: &Array4<f64>,
    closed: &[usize],
    spending: &Array3<f64>,
) -> Array2<f64> {
    let (sectors, regions, ..) = shares.dim();
    let mut sales = Array2::zeros((regions, sectors));
    let mut paid = vec![0.0; regions];
    for (s, of_sector) in shares.outer_iter().enumerate() {
        for (n, market) in of_sector.outer_iter().enumerate() {
            let spent = spending.slice(s![n, .., s]).to_vec();
            paid.fill(0.0);
            if spent.iter().any(|spent| *spent != 0.0) {
                add_transposed_product(market.to_slice().unwrap_or_default(), &spent, &mut paid);
            }
            for (i, paid) in paid.iter().enumerate() {
                if i == n || !closed.contains(&n) {
                    let taxes =
                        (1.0 + baseline.export_tax(s, n, i)) * (1.0 + baseline.tariff(s, n, i));
                    sales[[i, s]] += paid / taxes;
                }
            }
        }
    }
    sales
}
