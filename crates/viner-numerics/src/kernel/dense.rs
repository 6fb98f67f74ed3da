//! Inner products, scaled sums, and products with a matrix whose rows lie one after the other.

use super::{LANES, Work, run};

/// Columns of a matrix that [`transpose`] takes together: a line of memory.
pub const TRANSPOSED_TOGETHER: usize = 8;

/// Rows of a matrix that are worked on together: each entry of a vector is then loaded once for all.
const ROWS: usize = 4;

/// `Σ_i x_i y_i`. Both are of one length.
#[inline]
pub fn dot(x: &[f64], y: &[f64]) -> f64 {
    struct Dot<'a>(&'a [f64], &'a [f64]);
    impl Work for Dot<'_> {
        type Output = f64;
        #[inline(always)]
        fn run(self) -> f64 {
            row_dots([self.0], self.1, 1)[0]
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
            add_rows(self.0, [self.1], [self.2], 0);
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
            let length = target.len();
            let (blocks, rest) = factors.as_chunks::<ROWS>();
            for (block, &factors) in blocks.iter().enumerate() {
                add_rows(target, rows::<ROWS>(matrix, block * ROWS, length), factors, ROWS);
            }
            for (row, &factor) in rest.iter().enumerate() {
                let first = blocks.len() * ROWS + row;
                add_rows(target, rows::<1>(matrix, first, length), [factor], 0);
            }
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
            let count = matrix.count();
            let mut first = 0;
            while first + ROWS <= count {
                step::<ROWS>(matrix, x, target, &mut factor, first);
                first += ROWS;
            }
            while first < count {
                step::<1>(matrix, x, target, &mut factor, first);
                first += 1;
            }
        }
    }
    if !x.is_empty() {
        run(BothWays(matrix, x, target, factor));
    }
}

/// Some rows of [`both_ways`].
#[inline(always)]
fn step<const R: usize>(
    matrix: &impl Rows,
    x: &[f64],
    target: &mut [f64],
    factor: &mut impl FnMut(usize, f64) -> f64,
    first: usize,
) {
    let rows = rows::<R>(matrix, first, x.len());
    // Half of the rows that come next are fetched while these are added up, half while they are spread.
    let half = R / 2;
    let sums = row_dots(rows, x, if target.is_empty() { R } else { R - half });
    let mut factors = [0.0; R];
    for row in 0..R {
        factors[row] = factor(first + row, sums[row]);
    }
    if !target.is_empty() {
        add_rows(target, rows, factors, half);
    }
}

#[inline(always)]
fn rows<const R: usize>(matrix: &impl Rows, first: usize, length: usize) -> [&[f64]; R] {
    std::array::from_fn(|row| &matrix.row(first + row)[..length])
}

/// `Σ_i row[i] x[i]` of some rows, in [`LANES`] partial sums that are added in pairs. Rows mostly lie one
/// after the other: so many of those that come next are fetched.
#[inline(always)]
fn row_dots<const R: usize>(rows: [&[f64]; R], x: &[f64], fetched: usize) -> [f64; R] {
    let (blocks, rest) = x.as_chunks::<LANES>();
    let mut starts = [&[] as &[[f64; LANES]]; R];
    for row in 0..R {
        starts[row] = &rows[row].as_chunks::<LANES>().0[..blocks.len()];
    }
    let mut partial = [[0.0; LANES]; R];
    for index in 0..blocks.len() {
        for row in 0..R {
            let entries = &starts[row][index];
            if row < fetched {
                fetch_line(entries.as_ptr().wrapping_add(R * x.len()));
            }
            partial[row] = multiply_add(partial[row], entries, &blocks[index]);
        }
    }
    // Unseen by the compiler, which would otherwise start from the sums at the end and give each register
    // one lane of every row, to be gathered from all over.
    let partial = std::hint::black_box(partial);
    let done = blocks.len() * LANES;
    let mut sums = [0.0; R];
    for row in 0..R {
        for (weight, value) in rows[row][done..].iter().zip(rest) {
            sums[row] += weight * value;
        }
        let [a, b, c, d, e, f, g, h] = partial[row];
        sums[row] += ((a + e) + (c + g)) + ((b + f) + (d + h));
    }
    sums
}

/// Has numbers fetched from memory that are soon to be read: where they lie in short rows apart, the
/// processor does not notice by itself.
pub fn fetch(numbers: &[f64]) {
    for block in numbers.chunks(LANES) {
        fetch_line(block.as_ptr());
    }
}

#[inline(always)]
#[cfg_attr(
    target_arch = "x86_64",
    expect(unsafe_code, reason = "nothing is read: an address where nothing is does no harm")
)]
fn fetch_line(there: *const f64) {
    #[cfg(target_arch = "x86_64")]
    {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        // SAFETY: a prefetch has no effect but on caches, whatever the address; SSE is on all x86_64.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(there.cast()) };
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = there;
}

/// `sums + x · y`, by lane.
#[inline(always)]
fn multiply_add(mut sums: [f64; LANES], x: &[f64; LANES], y: &[f64; LANES]) -> [f64; LANES] {
    for lane in 0..LANES {
        sums[lane] += x[lane] * y[lane];
    }
    sums
}

/// `target[i] += Σ_row factors[row] rows[row][i]`, one row after the other; the last of the rows that come
/// next are fetched.
#[inline(always)]
fn add_rows<const R: usize>(
    target: &mut [f64],
    rows: [&[f64]; R],
    factors: [f64; R],
    fetched: usize,
) {
    let length = rows.iter().fold(target.len(), |least, row| least.min(row.len()));
    let (blocks, rest) = target[..length].as_chunks_mut::<LANES>();
    let mut starts = [&[] as &[[f64; LANES]]; R];
    for row in 0..R {
        starts[row] = &rows[row].as_chunks::<LANES>().0[..blocks.len()];
    }
    for index in 0..blocks.len() {
        let mut sums = blocks[index];
        for row in 0..R {
            let entries = &starts[row][index];
            if row >= R - fetched {
                fetch_line(entries.as_ptr().wrapping_add(R * length));
            }
            for lane in 0..LANES {
                sums[lane] += factors[row] * entries[lane];
            }
        }
        blocks[index] = sums;
    }
    let done = length - rest.len();
    for (index, slot) in rest.iter_mut().enumerate() {
        for row in 0..R {
            *slot += factors[row] * rows[row][done + index];
        }
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
