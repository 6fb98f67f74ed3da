//! Anderson acceleration of a fixed-point map.

use crate::fixed_point::{FixedPoint, Limits, Outcome, Progress};
use crate::vector::{add_scaled, dot, max_abs, norm};

/// How the accelerated iteration moves.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// Number of earlier steps combined; 10 is enough for every table seen.
    pub memory: usize,
    /// Part of the residual added to the combined point, in (0, 1]; 1 is the undamped step.
    pub mixing: f64,
    /// Largest change of one unknown in one step: a wild extrapolation is shortened to it.
    pub max_step: f64,
    /// Evaluations without halving the best residual that count as a stall.
    pub patience: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self { memory: 10, mixing: 1.0, max_step: 3.0, patience: 60 }
    }
}

/// Evaluations without halving an acceptable residual after which it is taken to be rounding.
const ROUNDING_PATIENCE: usize = 6;

/// Iterates `x <- combination of earlier g(x)` until `|g(x) − x|` is within `limits`.
///
/// Each step takes the combination of the last `memory` images whose residuals cancel best in
/// least squares (Anderson 1965; the difference form and the updated QR factors follow Walker and
/// Ni 2011). On return `x` is the best point seen: where `max |g(x) − x|` was smallest.
pub fn accelerate(
    map: &mut impl FixedPoint,
    x: &mut [f64],
    settings: Settings,
    limits: Limits,
) -> Progress {
    let dimension = map.dimension();
    let mut point = x.to_vec();
    let mut image = vec![0.0; dimension];
    let mut residual = vec![0.0; dimension];
    let mut last: Option<(Vec<f64>, Vec<f64>)> = None;
    let mut history = History::new(settings.memory);
    let mut best = (f64::INFINITY, point.clone());
    let mut halved_at = (0, f64::INFINITY);
    let mut retreats = 0;
    let mut evaluations = 0;

    let outcome = loop {
        if evaluations >= limits.max_evaluations {
            break Outcome::EvaluationLimit;
        }
        map.evaluate(&point, &mut image);
        evaluations += 1;
        for ((slot, image), point) in residual.iter_mut().zip(&image).zip(&point) {
            *slot = image - point;
        }
        let size = max_abs(&residual);

        if !size.is_finite() {
            // Out of the domain of the map: half way back to the best point, memory forgotten.
            retreats += 1;
            if retreats > 40 || best.0.is_infinite() {
                break Outcome::Diverged;
            }
            for (slot, safe) in point.iter_mut().zip(&best.1) {
                *slot = 0.5 * (*slot + safe);
            }
            history.clear();
            last = None;
            continue;
        }
        if size < best.0 {
            best.0 = size;
            best.1.copy_from_slice(&point);
        }
        if size <= limits.tolerance {
            break Outcome::Converged;
        }
        if best.0 <= 0.5 * halved_at.1 {
            halved_at = (evaluations, best.0);
        } else if best.0 <= limits.acceptable && evaluations - halved_at.0 >= ROUNDING_PATIENCE {
            break Outcome::Converged;
        } else if evaluations - halved_at.0 >= settings.patience {
            break Outcome::Stalled;
        }

        if let Some((last_residual, last_image)) = last.take() {
            history.push(difference(&residual, last_residual), difference(&image, last_image));
        }
        let weights = history.weights(&residual);
        let mut step = residual.clone();
        for (column, weight) in weights.iter().enumerate() {
            // step = g − ΔG w − x, less the damped part of the combined residual.
            add_scaled(&mut step, &history.images[column], -weight);
        }
        if settings.mixing < 1.0 {
            let mut combined = residual.clone();
            history.remove_span(&mut combined);
            add_scaled(&mut step, &combined, settings.mixing - 1.0);
        }
        let length = max_abs(&step);
        let scale = if length > settings.max_step { settings.max_step / length } else { 1.0 };
        last = Some((residual.clone(), image.clone()));
        add_scaled(&mut point, &step, scale);
    };

    x.copy_from_slice(&best.1);
    Progress { outcome, evaluations, residual: best.0 }
}

fn difference(new: &[f64], mut old: Vec<f64>) -> Vec<f64> {
    for (slot, value) in old.iter_mut().zip(new) {
        *slot = value - *slot;
    }
    old
}

/// Differences of residuals, kept as `Q R`, and of images.
struct History {
    memory: usize,
    images: Vec<Vec<f64>>,
    basis: Vec<Vec<f64>>,
    /// Column j of R has j + 1 entries.
    triangle: Vec<Vec<f64>>,
}

/// A new difference whose part outside the span of the kept ones is smaller than this, relative to
/// its length, adds rounding rather than information: the memory is shortened until it does not.
const INDEPENDENT: f64 = 1e-10;

impl History {
    fn new(memory: usize) -> Self {
        Self { memory, images: Vec::new(), basis: Vec::new(), triangle: Vec::new() }
    }

    fn clear(&mut self) {
        self.images.clear();
        self.basis.clear();
        self.triangle.clear();
    }

    fn push(&mut self, residual: Vec<f64>, image: Vec<f64>) {
        if self.memory == 0 {
            return;
        }
        let length = norm(&residual);
        if length == 0.0 {
            return;
        }
        if self.basis.len() == self.memory {
            self.drop_oldest();
        }
        let mut rest = residual;
        let mut column = vec![0.0; self.basis.len()];
        // Twice is enough (Giraud, Langou and Rozloznik 2005).
        for _ in 0..2 {
            for (vector, slot) in self.basis.iter().zip(&mut column) {
                let projection = dot(vector, &rest);
                add_scaled(&mut rest, vector, -projection);
                *slot += projection;
            }
        }
        let below = norm(&rest);
        if below <= INDEPENDENT * length {
            if !self.basis.is_empty() {
                let residual = recombine(&self.basis, &column, rest);
                self.drop_oldest();
                self.push(residual, image);
            }
            return;
        }
        for value in &mut rest {
            *value /= below;
        }
        column.push(below);
        self.basis.push(rest);
        self.triangle.push(column);
        self.images.push(image);
    }

    /// Removes the first column of `Q R` and restores the triangle by plane rotations.
    fn drop_oldest(&mut self) {
        self.images.remove(0);
        self.triangle.remove(0);
        for row in 0..self.triangle.len() {
            let (upper, lower) = (self.triangle[row][row], self.triangle[row][row + 1]);
            let radius = upper.hypot(lower);
            let (cosine, sine) =
                if radius == 0.0 { (1.0, 0.0) } else { (upper / radius, lower / radius) };
            for column in &mut self.triangle[row..] {
                let (upper, lower) = (column[row], column[row + 1]);
                column[row] = cosine * upper + sine * lower;
                column[row + 1] = cosine * lower - sine * upper;
            }
            let (head, tail) = self.basis.split_at_mut(row + 1);
            for (first, second) in head[row].iter_mut().zip(&mut tail[0]) {
                let (upper, lower) = (*first, *second);
                *first = cosine * upper + sine * lower;
                *second = cosine * lower - sine * upper;
            }
        }
        self.basis.pop();
        for (index, column) in self.triangle.iter_mut().enumerate() {
            column.truncate(index + 1);
        }
    }

    /// Least-squares weights `w` of `residual ≈ ΔF w`.
    fn weights(&self, residual: &[f64]) -> Vec<f64> {
        let mut weights: Vec<f64> = self.basis.iter().map(|vector| dot(vector, residual)).collect();
        for row in (0..weights.len()).rev() {
            for column in row + 1..weights.len() {
                weights[row] -= self.triangle[column][row] * weights[column];
            }
            weights[row] /= self.triangle[row][row];
        }
        weights
    }

    fn remove_span(&self, vector: &mut [f64]) {
        for direction in &self.basis {
            let projection = dot(direction, vector);
            add_scaled(vector, direction, -projection);
        }
    }
}

/// `rest + Q * column`: the vector that was decomposed.
fn recombine(basis: &[Vec<f64>], column: &[f64], mut rest: Vec<f64>) -> Vec<f64> {
    for (vector, weight) in basis.iter().zip(column) {
        add_scaled(&mut rest, vector, *weight);
    }
    rest
}

#[cfg(test)]
mod tests {
    use super::*;

    /// g(x) = A x + b + small cubic term; the plain iteration diverges (eigenvalue −3).
    struct Stiff;

    impl FixedPoint for Stiff {
        fn dimension(&self) -> usize {
            4
        }
        fn evaluate(&mut self, x: &[f64], image: &mut [f64]) {
            for (index, slot) in image.iter_mut().enumerate() {
                let neighbour = x[(index + 1) % 4];
                let slope = [-3.0, 0.9, -0.5, 0.2][index];
                *slot = slope * x[index] + 0.1 * neighbour + 1.0 - 0.01 * x[index].powi(3);
            }
        }
        fn differentiate(&mut self, _: &[f64], _: &[f64], _: &mut [f64]) {
            unreachable!("acceleration needs no derivative")
        }
    }

    const LIMITS: Limits = Limits { tolerance: 1e-13, acceptable: 1e-13, max_evaluations: 200 };

    #[test]
    fn converges_where_the_plain_map_diverges() {
        for settings in [
            Settings::default(),
            Settings { memory: 3, ..Settings::default() },
            Settings { mixing: 0.3, ..Settings::default() },
        ] {
            let mut x = vec![0.0; 4];
            let progress = accelerate(&mut Stiff, &mut x, settings, LIMITS);
            assert_eq!(progress.outcome, Outcome::Converged, "{settings:?}: {progress:?}");
            assert!(progress.evaluations < 40, "{settings:?}: {progress:?}");
            let mut image = [0.0; 4];
            Stiff.evaluate(&x, &mut image);
            for (value, image) in x.iter().zip(image) {
                assert!((value - image).abs() < 1e-12);
            }
        }
        let plain = Settings { memory: 0, ..Settings::default() };
        let progress = accelerate(&mut Stiff, &mut [0.0; 4], plain, LIMITS);
        assert_ne!(progress.outcome, Outcome::Converged, "{progress:?}");
    }

    /// Defined for x < 2 only, where the first full step leads out.
    struct Bounded;

    impl FixedPoint for Bounded {
        fn dimension(&self) -> usize {
            1
        }
        fn evaluate(&mut self, x: &[f64], image: &mut [f64]) {
            image[0] = x[0] + 4.0 * (2.0 - x[0]).ln() - 1.0;
        }
        fn differentiate(&mut self, _: &[f64], _: &[f64], _: &mut [f64]) {
            unreachable!("acceleration needs no derivative")
        }
    }

    #[test]
    fn comes_back_from_outside_the_domain() {
        let mut x = vec![0.0];
        let settings = Settings { max_step: 100.0, ..Settings::default() };
        let progress = accelerate(&mut Bounded, &mut x, settings, LIMITS);
        assert_eq!(progress.outcome, Outcome::Converged, "{progress:?}");
        assert!((x[0] - (2.0 - 0.25_f64.exp())).abs() < 1e-12);
    }

    #[test]
    fn says_why_it_stopped() {
        struct NoFixedPoint;
        impl FixedPoint for NoFixedPoint {
            fn dimension(&self) -> usize {
                1
            }
            fn evaluate(&mut self, x: &[f64], image: &mut [f64]) {
                image[0] = x[0] + 1.0 + x[0] * x[0];
            }
            fn differentiate(&mut self, _: &[f64], _: &[f64], _: &mut [f64]) {}
        }
        let run = |limit| {
            let limits = Limits { tolerance: 1e-12, acceptable: 1e-12, max_evaluations: limit };
            accelerate(&mut NoFixedPoint, &mut [0.5], Settings::default(), limits).outcome
        };
        assert_eq!(run(5), Outcome::EvaluationLimit);
        assert_eq!(run(1000), Outcome::Stalled);
    }
}
