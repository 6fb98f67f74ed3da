//! Anderson acceleration of a fixed-point map.

use crate::fixed_point::{FixedPoint, Limits, Outcome, Progress};
use crate::kernel::dense::{add_scaled, add_transposed_product, product};
use crate::vector::{max_abs, norm};

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
    let mut step = vec![0.0; dimension];
    let mut last_image = vec![0.0; dimension];
    let mut last_residual = vec![0.0; dimension];
    let mut has_last = false;
    let mut history = History::new(settings.memory, dimension);
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
            has_last = false;
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

        if has_last {
            subtract_from(&residual, &mut last_residual);
            subtract_from(&image, &mut last_image);
            history.push(&mut last_residual, &last_image);
        }
        history.weigh(&residual);
        step.copy_from_slice(&residual);
        // step = g − ΔG w − x, less the damped part of the combined residual.
        history.remove_images(&mut step);
        if settings.mixing < 1.0 {
            // Its own room is free until the residual is kept in it.
            let combined = &mut last_residual;
            combined.copy_from_slice(&residual);
            history.remove_span(combined);
            add_scaled(&mut step, combined, settings.mixing - 1.0);
        }
        let length = max_abs(&step);
        let scale = if length > settings.max_step { settings.max_step / length } else { 1.0 };
        std::mem::swap(&mut last_residual, &mut residual);
        std::mem::swap(&mut last_image, &mut image);
        has_last = true;
        add_scaled(&mut point, &step, scale);
    };

    x.copy_from_slice(&best.1);
    Progress { outcome, evaluations, residual: best.0 }
}

/// `old = new − old`.
fn subtract_from(new: &[f64], old: &mut [f64]) {
    for (slot, value) in old.iter_mut().zip(new) {
        *slot = value - *slot;
    }
}

/// Differences of residuals, kept as `Q R`, and of images. Vectors lie one after the other.
struct History {
    memory: usize,
    dimension: usize,
    /// Columns of Q, the oldest difference first.
    basis: Vec<f64>,
    /// Column j of R has j + 1 entries.
    triangle: Vec<Vec<f64>>,
    /// Differences of images, each in a place of its own.
    images: Vec<f64>,
    /// The place of each column's image.
    places: Vec<usize>,
    /// Weights of the last least-squares problem, by column and by place.
    weights: Vec<f64>,
    weights_by_place: Vec<f64>,
}

/// A new difference whose part outside the span of the kept ones is smaller than this, relative to
/// its length, adds rounding rather than information: the memory is shortened until it does not.
const INDEPENDENT: f64 = 1e-10;

/// One projection leaves errors of 1e-16 over this part: good enough to combine directions with.
const WELL_OUTSIDE: f64 = 1e-3;

/// Entries of all columns that are rotated while they are near.
const ROTATED_TOGETHER: usize = 256;

impl History {
    fn new(memory: usize, dimension: usize) -> Self {
        Self {
            memory,
            dimension,
            basis: Vec::new(),
            triangle: Vec::new(),
            images: Vec::new(),
            places: Vec::new(),
            weights: Vec::new(),
            weights_by_place: Vec::new(),
        }
    }

    fn clear(&mut self) {
        self.basis.clear();
        self.triangle.clear();
        self.places.clear();
    }

    /// Takes in a difference; that of the residuals is overwritten.
    fn push(&mut self, residual: &mut [f64], image: &[f64]) {
        let length = norm(residual);
        if self.memory == 0 || length == 0.0 {
            return;
        }
        if self.places.len() == self.memory {
            self.drop_oldest();
        }
        loop {
            let count = self.places.len();
            let mut column = vec![0.0; count];
            let mut below = self.project(residual, &mut column);
            if below < WELL_OUTSIDE * length {
                // Twice is enough (Giraud, Langou and Rozloznik 2005).
                below = self.project(residual, &mut column);
            }
            if below > INDEPENDENT * length {
                self.basis.extend(residual.iter().map(|value| value / below));
                column.push(below);
                self.triangle.push(column);
                break;
            }
            if count == 0 {
                return;
            }
            // The vector that was taken apart, put together again, and one direction less.
            add_transposed_product(&self.basis, &column, residual);
            self.drop_oldest();
        }
        let free = (0..self.memory).find(|place| !self.places.contains(place)).unwrap_or(0);
        let start = free * self.dimension;
        if self.images.len() < start + self.dimension {
            self.images.resize(start + self.dimension, 0.0);
        }
        self.images[start..start + self.dimension].copy_from_slice(image);
        self.places.push(free);
    }

    /// Takes the projection on the basis out of `vector` and adds it to `column`; returns the length
    /// of what is left.
    fn project(&self, vector: &mut [f64], column: &mut [f64]) -> f64 {
        let mut projection = vec![0.0; column.len()];
        product(&self.basis, vector, &mut projection);
        for (slot, value) in column.iter_mut().zip(&mut projection) {
            *slot += *value;
            *value = -*value;
        }
        add_transposed_product(&self.basis, &projection, vector);
        norm(vector)
    }

    /// Removes the first column of `Q R` and restores the triangle by plane rotations.
    fn drop_oldest(&mut self) {
        self.places.remove(0);
        self.triangle.remove(0);
        let mut rotations = Vec::with_capacity(self.triangle.len());
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
            rotations.push((cosine, sine));
        }
        for start in (0..self.dimension).step_by(ROTATED_TOGETHER) {
            let width = ROTATED_TOGETHER.min(self.dimension - start);
            for (row, &(cosine, sine)) in rotations.iter().enumerate() {
                let (head, tail) = self.basis.split_at_mut((row + 1) * self.dimension);
                let first = &mut head[row * self.dimension + start..][..width];
                let second = &mut tail[start..][..width];
                for (first, second) in first.iter_mut().zip(second) {
                    let (upper, lower) = (*first, *second);
                    *first = cosine * upper + sine * lower;
                    *second = cosine * lower - sine * upper;
                }
            }
        }
        self.basis.truncate(rotations.len() * self.dimension);
        for (index, column) in self.triangle.iter_mut().enumerate() {
            column.truncate(index + 1);
        }
    }

    /// Least-squares weights `w` of `residual ≈ ΔF w`.
    fn weigh(&mut self, residual: &[f64]) {
        let count = self.places.len();
        self.weights.resize(count, 0.0);
        product(&self.basis, residual, &mut self.weights);
        let weights = &mut self.weights;
        for row in (0..count).rev() {
            for column in row + 1..count {
                weights[row] -= self.triangle[column][row] * weights[column];
            }
            weights[row] /= self.triangle[row][row];
        }
        self.weights_by_place.clear();
        self.weights_by_place.resize(self.images.len() / self.dimension.max(1), 0.0);
        for (weight, &place) in weights.iter().zip(&self.places) {
            self.weights_by_place[place] = -weight;
        }
    }

    /// `vector −= ΔG w` for the last weights.
    fn remove_images(&self, vector: &mut [f64]) {
        add_transposed_product(&self.images, &self.weights_by_place, vector);
    }

    fn remove_span(&self, vector: &mut [f64]) {
        self.project(vector, &mut vec![0.0; self.places.len()]);
    }
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
