//! Inner products, scaled sums, and products with a matrix whose rows lie one after the other.

use super::rows::{Factors, Row, Target, spread, sums};
use super::{LANES, Work, fetch_line, run};

/// Columns of a matrix that [`transpose`] takes together: a line of memory.
pub const TRANSPOSED_TOGETHER: usize = 8;

/// Rows of a matrix that are worked on together: each entry of a vector is then loaded once for all.
const ROWS: usize = 4;

/// Half of the rows that come next are fetched while others are added up, half while they are spread.
const HALF: usize = ROWS / 2;

/// `Σ_i x_i y_i`. Both are of one length.
#[inline]
pub fn dot(x: &[f64], y: &[f64]) -> f64 {
    struct Dot<'a>(&'a [f64], &'a [f64]);
    impl Work for Dot<'_> {
        type Output = f64;
        #[inline(always)]
        fn run(self) -> f64 {
            let Self(x, y) = self;
            if y.len() < LANES {
                return narrow_dot(x, y);
            }
            sums::<1, 0>([Row::new(&x[..y.len()])], &Factors::new(y))[0]
        }
    }
    run(Dot(x, y))
}

/// `target[i] += factor · x[i]`. Both are of one length.
#[inline]
pub fn add_scaled(target: &mut [f64], x: &[f64], factor: f64) {
    struct AddScaled<'a>(&'a mut [f64], &'a [f64], f64);
    impl Work for AddScaled<'_> {
        type Output = ();
        #[inline(always)]
        fn run(self) {
            let Self(target, x, factor) = self;
            if target.len() < LANES {
                return narrow_add(target, x, factor);
            }
            let row = Row::new(&x[..target.len()]);
            let mut target = Target::new(target);
            spread::<1, 0>([row], [factor], &mut target, 0);
            target.finish();
        }
    }
    run(AddScaled(target, x, factor));
}

/// `target[i] += factor · x[i] · y[i]`. All are of one length.
#[inline]
pub fn add_products(target: &mut [f64], x: &[f64], y: &[f64], factor: f64) {
    struct AddProducts<'a>(&'a mut [f64], &'a [f64], &'a [f64], f64);
    impl Work for AddProducts<'_> {
        type Output = ();
        #[inline(always)]
        fn run(self) {
            let Self(target, x, y, factor) = self;
            for ((slot, x), y) in target.iter_mut().zip(x).zip(y) {
                *slot += x * (y * factor);
            }
        }
    }
    run(AddProducts(target, x, y, factor));
}

/// Columns of a matrix, from `first` on, as rows: `target[c, r] = matrix[r, first + c]`, with as many of
/// them as `target` has room for.
///
/// Few columns at a time use each line of memory while it is near.
pub fn transpose<T: Copy>(matrix: &[T], columns: usize, first: usize, target: &mut [T]) {
    let rows = matrix.len() / columns.max(1);
    for (band, target) in target.chunks_mut(TRANSPOSED_TOGETHER * rows.max(1)).enumerate() {
        let first = first + band * TRANSPOSED_TOGETHER;
        let count = target.len() / rows;
        for (r, row) in matrix.chunks_exact(columns).enumerate() {
            for (c, &value) in row[first..first + count].iter().enumerate() {
                target[c * rows + r] = value;
            }
        }
    }
}

/// Largest absolute value; NaN if any entry is NaN, so that a broken vector never looks small.
pub fn max_abs(x: &[f64]) -> f64 {
    /// The bits of positive numbers are in the order of the numbers, with NaN above all.
    struct MaxAbs<'a>(&'a [f64]);
    impl Work for MaxAbs<'_> {
        type Output = i64;
        #[inline(always)]
        fn run(self) -> i64 {
            let (blocks, rest) = self.0.as_chunks::<LANES>();
            let mut largest = [0; LANES];
            for block in blocks {
                for lane in 0..LANES {
                    let bits = block[lane].abs().to_bits().cast_signed();
                    largest[lane] = if bits > largest[lane] { bits } else { largest[lane] };
                }
            }
            let rest = rest.iter().map(|value| value.abs().to_bits().cast_signed());
            rest.chain(largest).max().unwrap_or(0)
        }
    }
    f64::from_bits(run(MaxAbs(x)).cast_unsigned())
}

/// A matrix by its rows, wherever they lie.
pub trait Rows {
    /// How many there are.
    fn count(&self) -> usize;
    /// Row `n`; all are of one length.
    fn row(&self, n: usize) -> &[f64];
}

/// Rows of one length that lie one after the other.
#[derive(Clone, Copy, Debug)]
pub struct Contiguous<'a> {
    entries: &'a [f64],
    length: usize,
}

impl<'a> Contiguous<'a> {
    /// As many rows of this length as the entries make; none without length.
    pub fn new(entries: &'a [f64], length: usize) -> Self {
        Self { entries, length }
    }
}

impl Rows for Contiguous<'_> {
    #[inline(always)]
    fn count(&self) -> usize {
        self.entries.len().checked_div(self.length).unwrap_or(0)
    }

    #[inline(always)]
    fn row(&self, n: usize) -> &[f64] {
        &self.entries[n * self.length..][..self.length]
    }
}

/// `out[n] = Σ_i matrix[n, i] x[i]`, with rows as long as `x`.
pub fn product(matrix: &[f64], x: &[f64], out: &mut [f64]) {
    both_ways(&Contiguous::new(matrix, x.len()), x, &mut [], |n, sum| {
        out[n] = sum;
        0.0
    });
}

/// `target[i] += Σ_n factors[n] matrix[n, i]`, with rows as long as `target`.
pub fn add_transposed_product(matrix: &[f64], factors: &[f64], target: &mut [f64]) {
    if !target.is_empty() {
        add_multiples(&Contiguous::new(matrix, target.len()), factors, target);
    }
}

/// `target[i] += Σ_n factors[n] matrix[n, i]`, one row after the other, with rows as long as `target`.
pub fn add_multiples(matrix: &impl Rows, factors: &[f64], target: &mut [f64]) {
    struct Add<'a, M>(&'a M, &'a [f64], &'a mut [f64]);
    impl<M: Rows> Work for Add<'_, M> {
        type Output = ();
        #[inline(always)]
        fn run(self) {
            let Self(matrix, factors, target) = self;
            let (count, length) = (factors.len(), target.len());
            if length < LANES {
                for (n, &factor) in factors.iter().enumerate() {
                    narrow_add(target, matrix.row(n), factor);
                }
                return;
            }
            let mut target = Target::new(target);
            for first in (0..count).step_by(ROWS) {
                let factors = values(first, count, |n| factors[n]);
                let rows = rows(matrix, first, count, length);
                spread::<ROWS, ROWS>(rows, factors, &mut target, 1);
            }
            target.finish();
        }
    }
    run(Add(matrix, factors, target));
}

/// Both products with a matrix in one pass over it: for each row `n`, in order,
/// `sum = Σ_i matrix[n, i] x[i]`, then `target[i] += factor(n, sum) · matrix[n, i]`.
///
/// Rows are as long as `x`. An empty `target` takes nothing.
pub fn both_ways(
    matrix: &impl Rows,
    x: &[f64],
    target: &mut [f64],
    factor: impl FnMut(usize, f64) -> f64,
) {
    struct BothWays<'a, M, F>(&'a M, &'a [f64], &'a mut [f64], F);
    impl<M: Rows, F: FnMut(usize, f64) -> f64> Work for BothWays<'_, M, F> {
        type Output = ();
        #[inline(always)]
        fn run(self) {
            let Self(matrix, x, target, mut factor) = self;
            let (count, length) = (matrix.count(), x.len());
            if length < LANES {
                for n in 0..count {
                    let row = matrix.row(n);
                    let factor = factor(n, narrow_dot(row, x));
                    narrow_add(target, row, factor);
                }
                return;
            }
            let x = Factors::new(x);
            if target.is_empty() {
                for first in (0..count).step_by(ROWS) {
                    let rows = rows(matrix, first, count, length);
                    let sums = sums::<ROWS, ROWS>(rows, &x);
                    values(first, count, |n| factor(n, sums[n - first]));
                }
                return;
            }
            // While some rows are spread, the next are added up: it takes a while until their factors
            // are there.
            let mut target = Target::new(target);
            let mut now = rows(matrix, 0, count, length);
            let mut totals = sums::<ROWS, HALF>(now, &x);
            for first in (0..count).step_by(ROWS) {
                let factors = values(first, count, |n| factor(n, totals[n - first]));
                if first + ROWS < count {
                    let next = rows(matrix, first + ROWS, count, length);
                    totals = sums::<ROWS, HALF>(next, &x);
                    spread::<ROWS, HALF>(now, factors, &mut target, 2);
                    now = next;
                } else {
                    spread::<ROWS, 0>(now, factors, &mut target, 0);
                }
            }
            target.finish();
        }
    }
    if !x.is_empty() && matrix.count() > 0 {
        run(BothWays(matrix, x, target, factor));
    }
}

/// Some rows from `first` on; after the last of `count`, which is not before it, that one again.
#[inline(always)]
fn rows(matrix: &impl Rows, first: usize, count: usize, length: usize) -> [Row<'_>; ROWS] {
    let mut rows = [Row::NOTHING; ROWS];
    for (row, slot) in rows.iter_mut().enumerate() {
        *slot = Row::new(&matrix.row((first + row).min(count - 1))[..length]);
    }
    rows
}

/// The values for as many rows from `first` on; 0 after the last of `count`.
#[inline(always)]
fn values(first: usize, count: usize, mut value: impl FnMut(usize) -> f64) -> [f64; ROWS] {
    let mut values = [0.0; ROWS];
    for (row, slot) in values.iter_mut().enumerate().take(count - first) {
        *slot = value(first + row);
    }
    values
}

/// An inner product of fewer than [`LANES`] entries.
#[inline(always)]
fn narrow_dot(x: &[f64], y: &[f64]) -> f64 {
    x.iter().zip(y).map(|(x, y)| x * y).sum()
}

/// Adds a multiple of fewer than [`LANES`] entries.
#[inline(always)]
fn narrow_add(target: &mut [f64], row: &[f64], factor: f64) {
    for (slot, entry) in target.iter_mut().zip(row) {
        *slot += factor * entry;
    }
}

/// Has numbers fetched from memory that are soon to be read: where they lie in short rows apart, the
/// processor does not notice by itself.
pub fn fetch(numbers: &[f64]) {
    for block in numbers.chunks(LANES) {
        fetch_line(block.as_ptr());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::Kernel;

    fn numbers(count: usize, step: f64) -> Vec<f64> {
        (0..count).map(|i| ((i as f64 * step) % 3.0) - 1.25).collect()
    }

    #[test]
    fn columns_become_rows_from_any_of_them_on() {
        let (rows, columns) = (5, 21);
        let matrix = numbers(rows * columns, 0.7);
        for (first, count) in [(0, 21), (3, 8), (4, 9), (20, 1), (2, 0)] {
            let mut target = vec![f64::NAN; count * rows];
            transpose(&matrix, columns, first, &mut target);
            for (place, value) in target.into_iter().enumerate() {
                let (column, row) = (first + place / rows, place % rows);
                assert_eq!(value, matrix[row * columns + column], "{first} {count}");
            }
        }
        transpose::<f64>(&[], 0, 0, &mut []);
    }

    #[test]
    fn every_kernel_gives_the_plain_products() {
        let before = Kernel::current();
        for length in [0, 1, 3, 7, 8, 9, 20, 45] {
            for count in [0, 1, 3, 4, 5, 9] {
                // Multiples of powers of two: sums are exact in any order.
                let matrix: Vec<f64> =
                    (0..length * count).map(|i| (i % 13) as f64 * 0.25 - 1.0).collect();
                let x: Vec<f64> = (0..length).map(|i| (i % 5) as f64 - 1.5).collect();
                for kernel in Kernel::available() {
                    kernel.select();
                    let (mut sums, mut target) = (vec![0.0; count], vec![1.0; length]);
                    both_ways(&Contiguous::new(&matrix, length), &x, &mut target, |n, sum| {
                        sums[n] = sum;
                        sum + n as f64
                    });
                    let (mut alone, mut added) = (vec![0.0; count], vec![1.0; length]);
                    product(&matrix, &x, &mut alone);
                    let factors: Vec<f64> =
                        sums.iter().enumerate().map(|(n, sum)| sum + n as f64).collect();
                    add_transposed_product(&matrix, &factors, &mut added);
                    for n in 0..if length == 0 { 0 } else { count } {
                        let row = &matrix[n * length..(n + 1) * length];
                        let plain: f64 = row.iter().zip(&x).map(|(a, b)| a * b).sum();
                        assert_eq!((sums[n], alone[n], dot(row, &x)), (plain, plain, plain));
                    }
                    for i in 0..length {
                        let plain: f64 = (0..count)
                            .map(|n| (sums[n] + n as f64) * matrix[n * length + i])
                            .sum::<f64>()
                            + 1.0;
                        assert_eq!((target[i], added[i]), (plain, plain), "{length} {count}");
                    }
                }
            }
        }
        before.select();
    }

    #[test]
    fn the_largest_entry_is_found_wherever_it_is_and_nothing_hides_nan() {
        let before = Kernel::current();
        for kernel in Kernel::available() {
            kernel.select();
            for place in 0..19 {
                let mut x = numbers(19, 0.377);
                x[place] = -7.5;
                assert_eq!(max_abs(&x), 7.5);
                x[place] = f64::NAN;
                assert!(max_abs(&x).is_nan());
                x[18 - place] = f64::NEG_INFINITY;
                assert_eq!(max_abs(&x).is_nan(), place != 9);
            }
            assert_eq!(max_abs(&[]), 0.0);
        }
        before.select();
    }

    #[test]
    fn all_kernels_round_alike() {
        let before = Kernel::current();
        let (length, count) = (77, 11);
        let (matrix, x) = (numbers(length * count, 0.377), numbers(length, 0.713));
        let results: Vec<Vec<u64>> = Kernel::available()
            .map(|kernel| {
                kernel.select();
                let mut target = numbers(length, 0.19);
                both_ways(&Contiguous::new(&matrix, length), &x, &mut target, |_, sum| sum * 0.37);
                add_scaled(&mut target, &x, dot(&x, &matrix[..length]));
                target.iter().map(|value| value.to_bits()).collect()
            })
            .collect();
        assert!(results.windows(2).all(|pair| pair[0] == pair[1]));
        before.select();
    }
}
