//! Solves a linear system from matrix-vector products alone.

use crate::kernel::dense::{Rows, add_multiples, both_ways};
use crate::vector::norm;

/// Vectors as the rows of a matrix.
struct Basis(Vec<Vec<f64>>);

impl Rows for Basis {
    #[expect(clippy::inline_always, reason = "products are compiled for the widest registers")]
    #[inline(always)]
    fn count(&self) -> usize {
        self.0.len()
    }

    #[expect(clippy::inline_always, reason = "products are compiled for the widest registers")]
    #[inline(always)]
    fn row(&self, n: usize) -> &[f64] {
        &self.0[n]
    }
}

impl Basis {
    /// Takes the components along these vectors out of another, and adds them to `components`.
    fn take_out(&self, vector: &mut [f64], components: &mut [f64]) {
        let mut own = vec![0.0; components.len()];
        both_ways(self, vector, &mut [], |n, along| {
            components[n] += along;
            own[n] = -along;
            0.0
        });
        add_multiples(self, &own, vector);
    }
}

/// Generalised minimal residual method (Saad and Schultz 1986) for `A x = b`, started at zero.
///
/// `apply(v, image)` writes `A v` into `image`. At most `max_products` products are taken, without
/// restart. Returns the solution and the number of products; the residual of the solution is at
/// most `relative_tolerance * |b|`, unless the products ran out first.
pub fn solve(
    mut apply: impl FnMut(&[f64], &mut [f64]),
    right_side: &[f64],
    relative_tolerance: f64,
    max_products: usize,
) -> (Vec<f64>, usize) {
    let dimension = right_side.len();
    let right_norm = norm(right_side);
    let mut solution = vec![0.0; dimension];
    if right_norm == 0.0 {
        return (solution, 0);
    }

    let mut basis = Basis(vec![right_side.iter().map(|b| b / right_norm).collect()]);
    // Column j of the triangular factor, its rotations, and the rotated right side.
    let mut triangle: Vec<Vec<f64>> = Vec::new();
    let mut rotations: Vec<(f64, f64)> = Vec::new();
    let mut rotated = vec![right_norm];

    while triangle.len() < max_products {
        let step = triangle.len();
        let mut next = vec![0.0; dimension];
        apply(&basis.0[step], &mut next);
        let mut column = vec![0.0; step + 1];
        // The second time keeps the basis orthogonal to rounding.
        basis.take_out(&mut next, &mut column);
        basis.take_out(&mut next, &mut column);
        let mut below = norm(&next);
        let breakdown = below <= f64::EPSILON * norm(&column);
        if breakdown {
            below = 0.0;
        } else {
            basis.0.push(next.iter().map(|value| value / below).collect());
        }

        for (row, (cosine, sine)) in rotations.iter().enumerate() {
            let (upper, lower) = (column[row], column[row + 1]);
            column[row] = cosine * upper + sine * lower;
            column[row + 1] = cosine * lower - sine * upper;
        }
        let radius = column[step].hypot(below);
        if radius == 0.0 {
            break;
        }
        let (cosine, sine) = (column[step] / radius, below / radius);
        column[step] = radius;
        rotations.push((cosine, sine));
        triangle.push(column);
        rotated.push(-sine * rotated[step]);
        rotated[step] *= cosine;
        if breakdown || rotated[step + 1].abs() <= relative_tolerance * right_norm {
            break;
        }
    }

    let steps = triangle.len();
    let mut weights = rotated[..steps].to_vec();
    for row in (0..steps).rev() {
        for column in row + 1..steps {
            weights[row] -= triangle[column][row] * weights[column];
        }
        weights[row] /= triangle[row][row];
    }
    add_multiples(&basis, &weights, &mut solution);
    (solution, steps)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vector::dot;

    #[test]
    fn solves_a_system_with_known_solution() {
        let matrix = [[4.0, 1.0, 0.0], [-1.0, 3.0, 2.0], [0.5, 0.0, 5.0]];
        let expected = [1.0, -2.0, 0.5];
        let apply = |v: &[f64], image: &mut [f64]| {
            for (slot, row) in image.iter_mut().zip(&matrix) {
                *slot = dot(row, v);
            }
        };
        let mut right_side = [0.0; 3];
        apply(&expected, &mut right_side);
        let (solution, products) = solve(apply, &right_side, 1e-14, 10);
        assert_eq!(products, 3);
        for (found, wanted) in solution.iter().zip(expected) {
            assert!((found - wanted).abs() < 1e-13, "{solution:?}");
        }
    }

    #[test]
    fn stops_at_once_when_the_right_side_is_an_eigenvector() {
        let (solution, products) = solve(
            |v, image| image.iter_mut().zip(v).for_each(|(slot, value)| *slot = 2.0 * value),
            &[3.0, -1.0],
            1e-14,
            10,
        );
        assert_eq!((solution, products), (vec![1.5, -0.5], 1));
    }
}
