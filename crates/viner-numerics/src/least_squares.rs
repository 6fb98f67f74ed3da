//! Least squares on a box, and what the data say of each coordinate.

use crate::vector::dot;

/// A point with its residuals and their derivatives.
#[derive(Clone, Debug, PartialEq)]
pub struct Fit {
    /// Where.
    pub x: Vec<f64>,
    /// Residuals there.
    pub residuals: Vec<f64>,
    /// Their derivatives, `[residual][coordinate]`.
    pub jacobian: Vec<Vec<f64>>,
    /// Largest fall of the sum of squares, to first order, that moving one coordinate across its box
    /// towards lower values of the sum would bring, over the sum; 0 where first-order conditions hold.
    pub stationarity: f64,
    /// Whether it ended because no step helps any more, and not by its limit.
    pub settled: bool,
    /// Evaluations of residuals, those of derivatives not counted.
    pub evaluations: usize,
}

/// Residuals below this are as good as exact: their squares are below the rounding of 1.
const EXACT: f64 = 1e-9;
/// Part of the box below which a step is none.
const SHORTEST: f64 = 1e-10;
/// Relative fall of the sum of squares below which a step brings nothing.
const NO_FALL: f64 = 1e-13;
/// Damping to begin with, relative to the curvature of each coordinate (Marquardt).
const DAMPING: f64 = 1e-3;
/// Damping at which a step has no length left.
const MOST_DAMPING: f64 = 1e12;

/// Levenberg-Marquardt steps on the coordinates that are free, projected to the box (Kanzow, Yamashita and
/// Fukushima 2004), from `start` moved into it. `residuals` and `jacobian` give nothing where there is none;
/// a step that leads there is shortened.
///
/// Returns nothing if there is none at the start.
pub fn fit(
    mut residuals: impl FnMut(&[f64]) -> Option<Vec<f64>>,
    mut jacobian: impl FnMut(&[f64]) -> Option<Vec<Vec<f64>>>,
    start: &[f64],
    lower: &[f64],
    upper: &[f64],
    max_steps: usize,
) -> Option<Fit> {
    let size = start.len();
    let width: Vec<f64> = (0..size).map(|i| upper[i] - lower[i]).collect();
    let inside =
        |x: &[f64]| -> Vec<f64> { (0..size).map(|i| x[i].clamp(lower[i], upper[i])).collect() };
    let finite = |values: &Vec<f64>| values.iter().all(|value| value.is_finite());
    let mut x = inside(start);
    let mut current = residuals(&x).filter(finite)?;
    let mut evaluations = 1;
    let mut derivatives = jacobian(&x)?;
    let mut damping = DAMPING;
    let mut settled = false;
    let mut steps = 0;
    while !settled && steps < max_steps {
        steps += 1;
        let sum = dot(&current, &current);
        let gradient = transposed_product(&derivatives, &current, size);
        let free: Vec<usize> = (0..size)
            .filter(|&i| {
                let held = (x[i] <= lower[i] && gradient[i] > 0.0)
                    || (x[i] >= upper[i] && gradient[i] < 0.0);
                !held && width[i] > 0.0
            })
            .collect();
        let products = products(&derivatives, size);
        settled = true;
        while damping < MOST_DAMPING && current.iter().any(|value| value.abs() > EXACT) {
            let matrix: Vec<Vec<f64>> = free
                .iter()
                .map(|&i| {
                    free.iter()
                        .map(|&j| products[i][j] * if i == j { 1.0 + damping } else { 1.0 })
                        .collect()
                })
                .collect();
            let right: Vec<f64> = free.iter().map(|&i| -gradient[i]).collect();
            let mut trial = x.clone();
            for (&i, step) in free.iter().zip(solve_symmetric(&matrix, &right)) {
                trial[i] += step;
            }
            let trial = inside(&trial);
            let longest = (0..size)
                .filter(|&i| width[i] > 0.0)
                .map(|i| (trial[i] - x[i]).abs() / width[i])
                .fold(0.0, f64::max);
            if longest <= SHORTEST {
                break;
            }
            evaluations += 1;
            let next = residuals(&trial).filter(finite);
            let better = next.filter(|next| dot(next, next) < sum);
            let Some(next) = better else {
                damping *= 4.0;
                continue;
            };
            let Some(moved) = jacobian(&trial) else {
                damping *= 4.0;
                continue;
            };
            settled = sum - dot(&next, &next) <= NO_FALL * sum;
            (x, current, derivatives) = (trial, next, moved);
            damping = (damping / 5.0).max(1e-12);
            break;
        }
    }
    let gradient = transposed_product(&derivatives, &current, size);
    let sum = dot(&current, &current).max(f64::MIN_POSITIVE);
    let fall = |i: usize| {
        let room = if gradient[i] > 0.0 { x[i] - lower[i] } else { upper[i] - x[i] };
        2.0 * gradient[i].abs() * room / sum
    };
    let exact = current.iter().all(|value| value.abs() <= EXACT);
    let stationarity = if exact { 0.0 } else { (0..size).map(fall).fold(0.0, f64::max) };
    Some(Fit { x, residuals: current, jacobian: derivatives, stationarity, settled, evaluations })
}

/// Standard deviations of the coordinates by Gauss-Newton: roots of the diagonal of `(JᵀJ)⁻¹` for residuals
/// of standard deviation 1, infinite for a coordinate that the residuals do not tell. Coordinates are
/// measured in `scales`, such as the widths of their boxes.
pub fn deviations(jacobian: &[Vec<f64>], scales: &[f64]) -> Vec<f64> {
    /// Curvature relative to the largest below which there is none: derivatives of simulated residuals have
    /// seven digits or so, and curvature is their square.
    const NONE: f64 = 1e-12;
    let size = scales.len();
    let mut matrix = products(jacobian, size);
    for i in 0..size {
        for j in 0..size {
            matrix[i][j] *= scales[i] * scales[j];
        }
    }
    let (values, vectors) = eigen(matrix);
    let largest = values.iter().copied().fold(0.0, f64::max);
    (0..size)
        .map(|i| {
            let parts = (0..size).map(|k| {
                let part = vectors[i][k] * vectors[i][k];
                if values[k] > NONE * largest {
                    part / values[k]
                } else if part > NONE {
                    f64::INFINITY
                } else {
                    0.0
                }
            });
            scales[i] * parts.sum::<f64>().sqrt()
        })
        .collect()
}

fn transposed_product(jacobian: &[Vec<f64>], residuals: &[f64], size: usize) -> Vec<f64> {
    (0..size)
        .map(|i| jacobian.iter().zip(residuals).map(|(row, residual)| row[i] * residual).sum())
        .collect()
}

/// `JᵀJ`.
fn products(jacobian: &[Vec<f64>], size: usize) -> Vec<Vec<f64>> {
    let entry = |i: usize, j: usize| jacobian.iter().map(|row| row[i] * row[j]).sum();
    (0..size).map(|i| (0..size).map(|j| entry(i, j)).collect()).collect()
}

/// The solution of least length of a system with a symmetric matrix that is not negative.
fn solve_symmetric(matrix: &[Vec<f64>], right: &[f64]) -> Vec<f64> {
    let (values, vectors) = eigen(matrix.to_vec());
    let size = right.len();
    let largest = values.iter().copied().fold(0.0, f64::max);
    let mut solution = vec![0.0; size];
    for k in (0..size).filter(|&k| values[k] > largest * f64::EPSILON) {
        let part: f64 = (0..size).map(|i| vectors[i][k] * right[i]).sum();
        for i in 0..size {
            solution[i] += vectors[i][k] * part / values[k];
        }
    }
    solution
}

/// Eigenvalues of a symmetric matrix and its eigenvectors as columns (Jacobi's rotations, cyclic).
fn eigen(mut matrix: Vec<Vec<f64>>) -> (Vec<f64>, Vec<Vec<f64>>) {
    /// Sweeps after which a matrix of a few dozen rows is diagonal; 5 to 10 are usual.
    const SWEEPS: usize = 60;
    let size = matrix.len();
    let mut vectors: Vec<Vec<f64>> =
        (0..size).map(|i| (0..size).map(|j| f64::from(i == j)).collect()).collect();
    for _ in 0..SWEEPS {
        let mut rotated = false;
        for p in 0..size {
            for q in p + 1..size {
                let off = matrix[p][q];
                if off.abs() <= f64::EPSILON * (matrix[p][p] * matrix[q][q]).abs().sqrt() {
                    continue;
                }
                rotated = true;
                let ratio = (matrix[q][q] - matrix[p][p]) / (2.0 * off);
                let tangent = ratio.signum() / (ratio.abs() + ratio.hypot(1.0));
                let cosine = 1.0 / tangent.hypot(1.0);
                let sine = tangent * cosine;
                for row in &mut matrix {
                    let (a, b) = (row[p], row[q]);
                    (row[p], row[q]) = (cosine * a - sine * b, sine * a + cosine * b);
                }
                for j in 0..size {
                    let (a, b) = (matrix[p][j], matrix[q][j]);
                    (matrix[p][j], matrix[q][j]) = (cosine * a - sine * b, sine * a + cosine * b);
                }
                for row in &mut vectors {
                    let (a, b) = (row[p], row[q]);
                    (row[p], row[q]) = (cosine * a - sine * b, sine * a + cosine * b);
                }
            }
        }
        if !rotated {
            break;
        }
    }
    ((0..size).map(|i| matrix[i][i]).collect(), vectors)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `a exp(−b t)` at five times.
    fn decay(x: &[f64]) -> Vec<f64> {
        (0..5).map(|t| x[0] * (-x[1] * f64::from(t)).exp()).collect()
    }

    fn slopes(x: &[f64]) -> Vec<Vec<f64>> {
        let row = |t: i32| {
            let (t, fall) = (f64::from(t), (-x[1] * f64::from(t)).exp());
            vec![fall, -x[0] * t * fall]
        };
        (0..5).map(row).collect()
    }

    fn from(target: &[f64], start: &[f64], lower: &[f64], upper: &[f64]) -> Fit {
        let residuals = |x: &[f64]| Some(decay(x).iter().zip(target).map(|(y, t)| y - t).collect());
        fit(residuals, |x| Some(slopes(x)), start, lower, upper, 100).unwrap()
    }

    #[test]
    fn parameters_are_recovered() {
        let found = from(&decay(&[3.0, 0.7]), &[1.0, 0.1], &[0.0; 2], &[10.0, 5.0]);
        assert!((found.x[0] - 3.0).abs() < 1e-8 && (found.x[1] - 0.7).abs() < 1e-8, "{found:?}");
        assert!(found.settled && found.stationarity < 1e-6, "{found:?}");
    }

    /// With `b` at most 0.5, the best `a` is that of a linear regression.
    #[test]
    fn a_bound_holds() {
        let target = decay(&[3.0, 0.7]);
        let found = from(&target, &[1.0, 0.1], &[0.0; 2], &[10.0, 0.5]);
        let unit = decay(&[1.0, 0.5]);
        let best = dot(&unit, &target) / dot(&unit, &unit);
        assert!((found.x[1] - 0.5).abs() < 1e-15, "{found:?}");
        assert!((found.x[0] - best).abs() < 1e-7, "{found:?} and {best}");
        assert!(found.settled && found.stationarity < 1e-6, "{found:?}");
    }

    /// Variances of a regression line on 0, 1, 2, 3: 0.7 of its constant and 0.2 of its slope.
    #[test]
    fn deviations_are_those_of_a_regression() {
        let line: Vec<Vec<f64>> = (0..4).map(|t| vec![1.0, f64::from(t)]).collect();
        let found = deviations(&line, &[1.0, 10.0]);
        assert!((found[0] - 0.7_f64.sqrt()).abs() < 1e-12, "{found:?}");
        assert!((found[1] - 0.2_f64.sqrt()).abs() < 1e-12, "{found:?}");
    }

    /// Of the second and third coordinate only the sum has an effect, of the fourth nothing.
    #[test]
    fn what_is_not_told_has_no_deviation() {
        let rows = [[1.0, 2.0, 2.0, 0.0], [0.5, 1.0, 1.0, 0.0], [2.0, -1.0, -1.0, 0.0]];
        let found = deviations(&rows.map(|row| row.to_vec()), &[1.0; 4]);
        assert!(found[0].is_finite() && found[1..].iter().all(|sd| sd.is_infinite()), "{found:?}");
        let fitted = fit(
            |x| Some(rows.iter().map(|row| dot(row, x) - row[0] - 2.0 * row[1]).collect()),
            |_| Some(rows.iter().map(|row| row.to_vec()).collect()),
            &[0.0, 0.5, 0.5, 0.25],
            &[0.0; 4],
            &[5.0; 4],
            50,
        )
        .unwrap();
        assert!((fitted.x[0] - 1.0).abs() < 1e-7 && (fitted.x[1] + fitted.x[2] - 2.0).abs() < 1e-7);
        assert!((fitted.x[3] - 0.25).abs() < 1e-15, "{fitted:?}");
    }

    #[test]
    fn where_there_is_nothing_steps_are_shortened() {
        let residuals = |x: &[f64]| (x[0] > 0.0).then(|| vec![x[0].ln()]);
        let jacobian = |x: &[f64]| Some(vec![vec![1.0 / x[0]]]);
        let found = fit(residuals, jacobian, &[20.0], &[-50.0], &[50.0], 100).unwrap();
        assert!((found.x[0] - 1.0).abs() < 1e-7, "{found:?}");
        assert!(fit(residuals, jacobian, &[-1.0], &[-50.0], &[50.0], 100).is_none());
    }
}
