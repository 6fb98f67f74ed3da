//! Products of a matrix that all columns share with one vector per column.
//!
//! A few rows of the matrix at a time (a *panel*): each of their entries is read once and serves
//! all columns.

use std::ops::Range;

use pulp::Simd;

use super::Lanes;

/// Most rows that are worked on at a time: their sums stay in registers.
pub const PANEL: usize = 12;

/// Rows in panels of nearly equal size.
pub fn panels(rows: usize) -> impl Iterator<Item = Range<usize>> {
    let count = rows.div_ceil(PANEL);
    (0..count).map(move |panel| rows * panel / count..rows * (panel + 1) / count)
}

macro_rules! for_count {
    ($count:expr, $function:ident, $arguments:tt, [$($size:literal),*]) => {
        match $count {
            $($size => $function::<S, $size>$arguments,)*
            count => unreachable!("a panel has at most {PANEL} rows, found {count}"),
        }
    };
}

/// `sums[r] = Σ_i row(r)[i] values[i]`: one sum per row of a panel and column.
#[inline(always)]
pub fn weighted_sums<'a, S: Simd>(
    row: impl Fn(usize) -> &'a [f64],
    values: &[Lanes],
    sums: &mut [Lanes],
) {
    for_count!(
        sums.len(),
        sums_of,
        (row, values, sums),
        [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]
    );
}

#[inline(always)]
fn sums_of<'a, S: Simd, const R: usize>(
    row: impl Fn(usize) -> &'a [f64],
    values: &[Lanes],
    sums: &mut [Lanes],
) {
    let rows: [&[f64]; R] = std::array::from_fn(|r| &row(r)[..values.len()]);
    let mut total = [Lanes::splat(0.0); R];
    for (i, value) in values.iter().enumerate() {
        for r in 0..R {
            total[r] = Lanes::splat(rows[r][i]).fma::<S>(*value, total[r]);
        }
    }
    sums.copy_from_slice(&total);
}

/// `sums[i] += Σ_r row(r)[i] factors[r]`: the rows of a panel, each times a number per column.
#[inline(always)]
pub fn add_multiples<'a, S: Simd>(
    row: impl Fn(usize) -> &'a [f64],
    factors: &[Lanes],
    sums: &mut [Lanes],
) {
    for_count!(
        factors.len(),
        multiples_of,
        (row, factors, sums),
        [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]
    );
}

#[inline(always)]
fn multiples_of<'a, S: Simd, const R: usize>(
    row: impl Fn(usize) -> &'a [f64],
    factors: &[Lanes],
    sums: &mut [Lanes],
) {
    let rows: [&[f64]; R] = std::array::from_fn(|r| &row(r)[..sums.len()]);
    let mut held = [Lanes::splat(0.0); R];
    held.copy_from_slice(factors);
    for (i, sum) in sums.iter_mut().enumerate() {
        // Two sums, so that an addition need not wait for the one before it.
        let mut halves = [*sum, Lanes::splat(0.0)];
        for r in 0..R {
            halves[r % 2] = Lanes::splat(rows[r][i]).fma::<S>(held[r], halves[r % 2]);
        }
        *sum = halves[0] + halves[1];
    }
}
