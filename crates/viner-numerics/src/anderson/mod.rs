//! Anderson acceleration of a fixed-point map.

mod history;

use self::history::History;
use crate::fixed_point::{FixedPoint, Limits, Outcome, Progress};

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
/// least squares (Anderson 1965; the difference form follows Walker and Ni 2011). On return `x` is the best point seen: where `max |g(x) − x|` was smallest.
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
    let mut history = History::new(settings.memory, dimension);
    // The least residual and where it was: here, or in the vector.
    let mut best = (f64::INFINITY, point.clone());
    let mut at_best = false;
    let mut halved_at = (0, f64::INFINITY);
    let mut retreats = 0;
    let mut evaluations = 0;

    let outcome = loop {
        if evaluations >= limits.max_evaluations {
            break Outcome::EvaluationLimit;
        }
        map.evaluate(&point, &mut image);
        evaluations += 1;
        let size = history.take_in(&point, &image, &mut residual);

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
            continue;
        }
        at_best = size < best.0;
        if at_best {
            best.0 = size;
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

        history.weigh();
        // The residual is done with: its room takes the next point.
        let length = history.step(&point, &image, &mut residual, settings.mixing);
        std::mem::swap(&mut point, &mut residual);
        if length > settings.max_step {
            let scale = settings.max_step / length;
            for (slot, before) in point.iter_mut().zip(&residual) {
                *slot = before + scale * (*slot - before);
            }
        }
        if at_best {
            std::mem::swap(&mut best.1, &mut residual);
            at_best = false;
        }
    };

    x.copy_from_slice(if at_best { &point } else { &best.1 });
    Progress { outcome, evaluations, residual: best.0 }
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

    #[test]
    fn out_of_evaluations_it_returns_the_best_point_seen() {
        for max_evaluations in 1..12 {
            let mut x = [0.0; 4];
            let limits = Limits { max_evaluations, ..LIMITS };
            let progress = accelerate(&mut Stiff, &mut x, Settings::default(), limits);
            let mut image = [0.0; 4];
            Stiff.evaluate(&x, &mut image);
            let distance = x.iter().zip(image).map(|(x, image)| (image - x).abs());
            assert_eq!(distance.fold(0.0, f64::max), progress.residual, "{progress:?}");
        }
    }

    /// Many copies of the stiff map side by side: more than fits into one part of a vector.
    struct Copies(usize);

    impl FixedPoint for Copies {
        fn dimension(&self) -> usize {
            4 * self.0
        }
        fn evaluate(&mut self, x: &[f64], image: &mut [f64]) {
            for (x, image) in x.chunks(4).zip(image.chunks_mut(4)) {
                Stiff.evaluate(x, image);
            }
        }
        fn differentiate(&mut self, _: &[f64], _: &[f64], _: &mut [f64]) {
            unreachable!("acceleration needs no derivative")
        }
    }

    #[test]
    fn copies_side_by_side_move_as_one_on_any_number_of_threads() {
        let alone = {
            let mut x = vec![0.0; 4];
            let progress = accelerate(&mut Stiff, &mut x, Settings::default(), LIMITS);
            (progress.evaluations, x)
        };
        let side_by_side = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| {
                let mut x = vec![0.0; 40_000];
                let settings = Settings { memory: 4, ..Settings::default() };
                let progress = accelerate(&mut Copies(10_000), &mut x, settings, LIMITS);
                assert_eq!(progress.outcome, Outcome::Converged, "{progress:?}");
                x
            })
        };
        let found = side_by_side(1);
        assert_eq!(found, side_by_side(3));
        assert!(alone.0 < 40);
        for copy in found.chunks(4) {
            for (value, expected) in copy.iter().zip(&alone.1) {
                assert!((value - expected).abs() < 1e-12, "{copy:?} {:?}", alone.1);
            }
        }
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
