//! Dense linear systems by triangular factors.

use std::ops::Range;

use crate::kernel::dense::{Rows, add_multiples, both_ways};

/// Pivots below this, relative to the largest entry, mark a matrix as singular.
const SINGULAR: f64 = 1e-12;

/// A square matrix as the product of a lower and an upper triangle, its rows exchanged so that no
/// pivot is small.
#[derive(Clone, Debug)]
pub struct Lu {
    size: usize,
    /// Below the diagonal the lower triangle, whose diagonal is 1; the upper triangle elsewhere.
    factors: Vec<f64>,
    /// Row of the matrix that each row of the factors came from.
    order: Vec<usize>,
}

/// Rows or columns that are eliminated together.
const PANEL: usize = 8;

/// Some rows of a square matrix, of each some columns.
struct Block<'a> {
    entries: &'a [f64],
    size: usize,
    rows: Range<usize>,
    columns: Range<usize>,
}

impl Rows for Block<'_> {
    fn count(&self) -> usize {
        self.rows.len()
    }

    fn row(&self, n: usize) -> &[f64] {
        &self.entries[(self.rows.start + n) * self.size..][self.columns.clone()]
    }
}

impl Lu {
    /// Factors of a matrix given row by row; nothing if it is singular.
    pub fn new(mut matrix: Vec<f64>, size: usize) -> Option<Self> {
        let largest = matrix.iter().fold(0.0_f64, |largest, entry| largest.max(entry.abs()));
        let mut order: Vec<usize> = (0..size).collect();
        for first in (0..size).step_by(PANEL) {
            let end = size.min(first + PANEL);
            for column in first..end {
                let entry = |row: usize| matrix[row * size + column].abs();
                let pivot = (column..size).max_by(|&a, &b| entry(a).total_cmp(&entry(b)))?;
                if entry(pivot).is_nan() || entry(pivot) <= SINGULAR * largest {
                    return None;
                }
                if pivot != column {
                    let (upper, lower) = matrix.split_at_mut(pivot * size);
                    upper[column * size..][..size].swap_with_slice(&mut lower[..size]);
                    order.swap(column, pivot);
                }
                let (upper, lower) = matrix.split_at_mut((column + 1) * size);
                let above = &upper[column * size..];
                for row in lower.chunks_exact_mut(size) {
                    let factor = row[column] / above[column];
                    row[column] = factor;
                    for later in column + 1..end {
                        row[later] -= factor * above[later];
                    }
                }
            }
            // The columns after the panel, each row of which is read once for the whole panel.
            for row in first + 1..size {
                let (upper, lower) = matrix.split_at_mut(row * size);
                let (factors, rest) = lower[..size].split_at_mut(end);
                let count = end.min(row) - first;
                let mut negative = [0.0; PANEL];
                for (negative, factor) in negative.iter_mut().zip(&factors[first..][..count]) {
                    *negative = -factor;
                }
                let rows = first..first + count;
                let above = Block { entries: upper, size, rows, columns: end..size };
                add_multiples(&above, &negative[..count], rest);
            }
        }
        Some(Self { size, factors: matrix, order })
    }

    /// The solution of the system with this right side.
    pub fn solve(&self, right_side: &[f64]) -> Vec<f64> {
        let size = self.size;
        let mut x: Vec<f64> = self.order.iter().map(|&row| right_side[row]).collect();
        for first in (0..size).step_by(PANEL) {
            let panel = first..size.min(first + PANEL);
            let (known, rest) = x.split_at_mut(first);
            self.subtract(panel.clone(), 0..first, known, rest);
            for row in panel {
                for column in first..row {
                    x[row] -= self.factors[row * size + column] * x[column];
                }
            }
        }
        for first in (0..size).step_by(PANEL).rev() {
            let end = size.min(first + PANEL);
            let (rest, known) = x.split_at_mut(end);
            self.subtract(first..end, end..size, known, &mut rest[first..]);
            for row in (first..end).rev() {
                for column in row + 1..end {
                    x[row] -= self.factors[row * size + column] * x[column];
                }
                x[row] /= self.factors[row * size + row];
            }
        }
        x
    }

    /// Subtracts what known entries, those of these columns, bring to some rows.
    fn subtract(
        &self,
        rows: Range<usize>,
        columns: Range<usize>,
        known: &[f64],
        right_side: &mut [f64],
    ) {
        let block = self.block(rows, columns);
        both_ways(&block, known, &mut [], |row, sum| {
            right_side[row] -= sum;
            0.0
        });
    }

    /// The solution of the transposed system with this right side.
    pub fn solve_transposed(&self, right_side: &[f64]) -> Vec<f64> {
        let size = self.size;
        let mut x = right_side.to_vec();
        for first in (0..size).step_by(PANEL) {
            let end = size.min(first + PANEL);
            for row in first..end {
                for above in first..row {
                    x[row] -= self.factors[above * size + row] * x[above];
                }
                x[row] /= self.factors[row * size + row];
            }
            let (known, rest) = x.split_at_mut(end);
            self.subtract_transposed(first..end, end..size, &known[first..], rest);
        }
        for first in (0..size).step_by(PANEL).rev() {
            let end = size.min(first + PANEL);
            for row in (first..end).rev() {
                for below in row + 1..end {
                    x[row] -= self.factors[below * size + row] * x[below];
                }
            }
            let (rest, known) = x.split_at_mut(first);
            self.subtract_transposed(first..end, 0..first, &known[..end - first], rest);
        }
        let mut solution = vec![0.0; size];
        for (&row, value) in self.order.iter().zip(x) {
            solution[row] = value;
        }
        solution
    }

    /// Subtracts what known entries, those of these rows, bring to some columns.
    fn subtract_transposed(
        &self,
        rows: Range<usize>,
        columns: Range<usize>,
        known: &[f64],
        right_side: &mut [f64],
    ) {
        let mut negative = [0.0; PANEL];
        for (negative, known) in negative.iter_mut().zip(known) {
            *negative = -known;
        }
        add_multiples(&self.block(rows, columns), &negative[..known.len()], right_side);
    }

    fn block(&self, rows: Range<usize>, columns: Range<usize>) -> Block<'_> {
        Block { entries: &self.factors, size: self.size, rows, columns }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vector::dot;

    #[test]
    fn a_system_that_needs_a_row_exchange() {
        let lu = Lu::new(vec![0.0, 2.0, 4.0, 1.0], 2).unwrap();
        assert_eq!(lu.solve(&[2.0, 9.0]), [2.0, 1.0]);
    }

    #[test]
    fn a_singular_matrix_has_no_factors() {
        assert!(Lu::new(vec![1.0, 2.0, 2.0, 4.0], 2).is_none());
        assert!(Lu::new(vec![f64::NAN], 1).is_none());
    }

    #[test]
    fn a_larger_system_is_solved_to_rounding() {
        let size = 23;
        let entry = |k: usize| ((k * k) as f64 * 0.618).sin();
        let matrix: Vec<f64> = (0..size * size).map(entry).collect();
        let expected: Vec<f64> = (0..size).map(|i| entry(i * 31)).collect();
        let right: Vec<f64> =
            (0..size).map(|row| dot(&matrix[row * size..][..size], &expected)).collect();
        let below: Vec<f64> = (0..size)
            .map(|column| (0..size).map(|row| matrix[row * size + column] * expected[row]).sum())
            .collect();
        let lu = Lu::new(matrix, size).unwrap();
        for found in [lu.solve(&right), lu.solve_transposed(&below)] {
            for (found, wanted) in found.iter().zip(&expected) {
                assert!((found - wanted).abs() < 1e-11, "{found} {wanted}");
            }
        }
    }
}
