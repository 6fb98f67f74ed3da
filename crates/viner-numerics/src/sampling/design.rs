//! Points in the unit cube at which a model is evaluated.

use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;

use super::normal::{cumulative, inverse_cumulative};

/// How points are chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Independently.
    Random,
    /// One in each of as many slices of every coordinate as there are points (`McKay`, Beckman and
    /// Conover 1979).
    LatinHypercube,
    /// The sequence of Sobol' with the direction numbers of Joe and Kuo, scrambled as by Owen.
    Sobol,
}

impl Method {
    /// Most points that there are.
    pub fn max_points(self) -> usize {
        if self == Self::Sobol { 1 << 16 } else { 1 << 24 }
    }

    /// Most coordinates that there are.
    pub fn max_dimensions(self) -> usize {
        if self == Self::Sobol { sobol_burley::NUM_DIMENSIONS as usize } else { 1 << 12 }
    }
}

/// `count` points with `dimensions` coordinates above 0 and below 1; the same for the same seed on
/// every machine.
///
/// # Panics
/// There are not so many points or dimensions.
pub fn points(method: Method, count: usize, dimensions: usize, seed: u64) -> Vec<Vec<f64>> {
    assert!(count <= method.max_points() && dimensions <= method.max_dimensions());
    let mut random = Pcg64Mcg::seed_from_u64(seed);
    let mut inside = move || random.random::<f64>().max(f64::MIN_POSITIVE);
    match method {
        Method::Random => (0..count).map(|_| (0..dimensions).map(|_| inside()).collect()).collect(),
        Method::LatinHypercube => {
            let mut result = vec![vec![0.0; dimensions]; count];
            let mut order = Pcg64Mcg::seed_from_u64(seed.wrapping_add(0x9e37_79b9_7f4a_7c15));
            for dimension in 0..dimensions {
                let mut slices: Vec<usize> = (0..count).collect();
                slices.shuffle(&mut order);
                for (point, slice) in result.iter_mut().zip(slices) {
                    let place = (slice as f64 + inside()) / count as f64;
                    point[dimension] = place.min(1.0 - f64::EPSILON);
                }
            }
            result
        }
        Method::Sobol => {
            #[expect(clippy::cast_possible_truncation, reason = "checked above; folded seed")]
            let at = |point: usize, dimension: usize| {
                let seed = (seed ^ (seed >> 32)) as u32;
                // Numbers of 24 digits, each at the middle of what it stands for.
                let value = sobol_burley::sample(point as u32, dimension as u32, seed);
                f64::from(value) + 0.5 / f64::from(1 << 24)
            };
            (0..count).map(|point| (0..dimensions).map(|d| at(point, d)).collect()).collect()
        }
    }
}

/// Every combination of positions, the last running fastest.
pub fn grid(sizes: &[usize]) -> Vec<Vec<usize>> {
    let count = sizes.iter().product();
    let position = |mut index: usize| {
        let mut positions = vec![0; sizes.len()];
        for (slot, size) in positions.iter_mut().zip(sizes).rev() {
            *slot = index % size;
            index /= size;
        }
        positions
    };
    (0..count).map(position).collect()
}

/// The lower triangle L with `L Lᵀ` the matrix; nothing if that is no correlation (Cholesky).
pub fn lower_triangle(matrix: &[Vec<f64>]) -> Option<Vec<Vec<f64>>> {
    let size = matrix.len();
    let mut lower = vec![vec![0.0; size]; size];
    for row in 0..size {
        for column in 0..=row {
            let known: f64 = (0..column).map(|k| lower[row][k] * lower[column][k]).sum();
            let left = matrix[row][column] - known;
            if row == column {
                if left <= 0.0 {
                    return None;
                }
                lower[row][row] = left.sqrt();
            } else {
                lower[row][column] = left / lower[column][column];
            }
        }
    }
    Some(lower)
}

/// Moves a point so that its coordinates are correlated as normal scores, each still uniform
/// (Gaussian copula).
pub fn correlate(lower: &[Vec<f64>], point: &mut [f64]) {
    let scores: Vec<f64> = point.iter().map(|&p| inverse_cumulative(p)).collect();
    for (slot, row) in point.iter_mut().zip(lower) {
        let score: f64 = row.iter().zip(&scores).map(|(l, z)| l * z).sum();
        *slot = cumulative(score);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_slice_of_a_latin_hypercube_has_one_point() {
        let points = points(Method::LatinHypercube, 50, 3, 7);
        for dimension in 0..3 {
            let mut slices: Vec<f64> =
                points.iter().map(|p| (p[dimension] * 50.0).floor()).collect();
            slices.sort_by(f64::total_cmp);
            assert!(slices.iter().enumerate().all(|(slice, found)| slice as f64 == *found));
        }
    }

    #[test]
    fn every_design_is_repeatable_and_even() {
        for (method, tolerance) in
            [(Method::Random, 0.05), (Method::LatinHypercube, 1e-3), (Method::Sobol, 2e-3)]
        {
            let drawn = points(method, 1024, 4, 3);
            assert_eq!(drawn, points(method, 1024, 4, 3));
            assert_ne!(drawn, points(method, 1024, 4, 4));
            for dimension in 0..4 {
                let mean = drawn.iter().map(|p| p[dimension]).sum::<f64>() / 1024.0;
                assert!((mean - 0.5).abs() < tolerance, "{method:?}: {mean}");
            }
            assert!(drawn.iter().flatten().all(|p| *p > 0.0 && *p < 1.0));
        }
    }

    #[test]
    fn correlation_is_what_was_asked_for() {
        let lower = lower_triangle(&[vec![1.0, 0.6], vec![0.6, 1.0]]).unwrap();
        let mut drawn = points(Method::Sobol, 4096, 2, 1);
        for point in &mut drawn {
            correlate(&lower, point);
        }
        let scores: Vec<[f64; 2]> =
            drawn.iter().map(|p| [inverse_cumulative(p[0]), inverse_cumulative(p[1])]).collect();
        let product: f64 = scores.iter().map(|[a, b]| a * b).sum::<f64>() / 4096.0;
        assert!((product - 0.6).abs() < 0.02, "{product}");
        assert_eq!(lower_triangle(&[vec![1.0, 1.2], vec![1.2, 1.0]]), None);
    }

    #[test]
    fn a_grid_has_every_combination() {
        assert_eq!(grid(&[2, 1, 2]), [[0, 0, 0], [0, 0, 1], [1, 0, 0], [1, 0, 1]]);
    }
}
