//! Products of a matrix that all columns share with one vector per column.
//!
//! A few rows of the matrix at a time (a *panel*): each of their entries is read once and serves
//! all columns.

use std::ops::Range;

use pulp::{Simd, WithSimd};

use super::dispatch;
use super::lanes::{Lanes, Part};

/// Most rows that are worked on at a time: their sums stay in registers.
pub const PANEL: usize = 12;

/// Rows in panels of nearly equal size.
pub fn panels(rows: usize) -> impl Iterator<Item = Range<usize>> {
    let count = rows.div_ceil(PANEL);
    (0..count).map(move |panel| rows * panel / count..rows * (panel + 1) / count)
}

/// Some rows of a matrix: at most [`PANEL`].
#[derive(Clone, Copy)]
pub struct Rows<'a> {
    matrix: &'a [f64],
    starts: [usize; PANEL],
    count: usize,
}

impl<'a> Rows<'a> {
    /// Rows that begin at these positions of a matrix.
    #[inline(always)]
    pub fn new(matrix: &'a [f64], starts: impl ExactSizeIterator<Item = usize>) -> Self {
        let mut rows = Self { matrix, starts: [0; PANEL], count: starts.len() };
        for (slot, start) in rows.starts.iter_mut().zip(starts) {
            *slot = start;
        }
        rows
    }

    #[inline(always)]
    fn all<const R: usize>(&self, length: usize) -> [&'a [f64]; R] {
        std::array::from_fn(|r| &self.matrix[self.starts[r]..][..length])
    }
}

// Each number of rows has code of its own, and that a function of its own: inlined into a caller
// with others, its sums would not stay in registers.
macro_rules! for_count {
    ($count:expr, $part:expr, $task:ident, $fields:tt, [$($size:literal),*]) => {
        match $count {
            $($size => $part.simd().vectorize($task::<$size> $fields),)*
            count => unreachable!("a panel has at most {PANEL} rows, found {count}"),
        }
    };
}

/// `sums[r] = Σ_i row(r)[i] values[i]`: one sum per row and column.
#[inline(always)]
pub fn weighted_sums<S: Simd>(part: Part<S>, rows: Rows<'_>, values: &[Lanes], sums: &mut [Lanes]) {
    for_count!(
        rows.count,
        part,
        Sums,
        { index: part.index(), rows, values, results: sums },
        [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]
    );
}

struct Sums<'a, const R: usize> {
    index: usize,
    rows: Rows<'a>,
    values: &'a [Lanes],
    results: &'a mut [Lanes],
}

impl<const R: usize> WithSimd for Sums<'_, R> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let rows: [&[f64]; R] = self.rows.all(self.values.len());
        let part = Part::at(simd, self.index);
        let mut total = [part.splat(0.0); R];
        for (i, value) in self.values.iter().enumerate() {
            let value = part.load(value);
            for r in 0..R {
                total[r] = part.splat(rows[r][i]).fma(value, total[r]);
            }
        }
        for (slot, total) in self.results.iter_mut().zip(total) {
            part.store(total, slot);
        }
    }
}

/// `results[r] = Σ_i matrix[r, i] values[i]`: all rows of a matrix, one after the other.
pub fn product(matrix: &[f64], values: &[Lanes], results: &mut [Lanes]) {
    dispatch(Product { matrix, values, results });
}

struct Product<'a> {
    matrix: &'a [f64],
    values: &'a [Lanes],
    results: &'a mut [Lanes],
}

impl WithSimd for Product<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let width = self.values.len();
        for part in Part::all(simd) {
            for panel in panels(self.results.len()) {
                let rows = Rows::new(self.matrix, panel.clone().map(|row| row * width));
                weighted_sums(part, rows, self.values, &mut self.results[panel]);
            }
        }
    }
}

/// `sums[i] += Σ_r row(r)[i] factors[r]`: rows, each times a number per column.
#[inline(always)]
pub fn add_multiples<S: Simd>(
    part: Part<S>,
    rows: Rows<'_>,
    factors: &[Lanes],
    sums: &mut [Lanes],
) {
    for_count!(
        rows.count,
        part,
        Multiples,
        { index: part.index(), rows, factors, sums },
        [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]
    );
}

struct Multiples<'a, const R: usize> {
    index: usize,
    rows: Rows<'a>,
    factors: &'a [Lanes],
    sums: &'a mut [Lanes],
}

impl<const R: usize> WithSimd for Multiples<'_, R> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let rows: [&[f64]; R] = self.rows.all(self.sums.len());
        let part = Part::at(simd, self.index);
        let mut held = [part.splat(0.0); R];
        for (slot, factor) in held.iter_mut().zip(self.factors) {
            *slot = part.load(factor);
        }
        for (i, sum) in self.sums.iter_mut().enumerate() {
            // Two sums, so that an addition need not wait for the one before it.
            let mut halves = [part.load(sum), part.splat(0.0)];
            for r in 0..R {
                halves[r % 2] = part.splat(rows[r][i]).fma(held[r], halves[r % 2]);
            }
            part.store(halves[0] + halves[1], sum);
        }
    }
}
