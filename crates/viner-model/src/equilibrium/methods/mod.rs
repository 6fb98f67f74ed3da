//! The methods by which a fixed point is sought, each where the one before it fails.

mod nested;

use viner_numerics::{FixedPoint, Limits, Outcome, Progress, anderson, newton};

use super::map::EquilibriumMap;
use super::solve::Method;
use super::system::System;
use crate::problem::Problem;

/// What to spend on a fixed point.
#[derive(Clone, Copy)]
pub(super) struct Effort {
    /// Residual of the map to reach.
    pub wanted: f64,
    /// Residual to take where rounding ends the way.
    pub acceptable: f64,
    /// The one method to use, if not all in their order.
    pub only: Option<Method>,
    /// Evaluations in all.
    pub max_evaluations: usize,
}

impl Effort {
    fn uses(self, method: Method) -> bool {
        self.only.is_none_or(|only| only == method)
    }

    /// Limits of one method after `spent` evaluations, of which it may take `share`.
    fn limits(self, spent: usize, share: usize) -> Limits {
        Limits {
            tolerance: self.wanted,
            acceptable: self.acceptable,
            max_evaluations: share.min(self.max_evaluations.saturating_sub(spent)),
        }
    }
}

/// Brings `point` to a fixed point. Returns the method that did, the progress, and the largest part
/// of the policies that was solved.
pub(super) fn approach(
    problem: &Problem,
    map: &mut EquilibriumMap<'_>,
    point: &mut Vec<f64>,
    mut spent: usize,
    effort: Effort,
) -> (Method, Progress, f64) {
    if effort.only != Some(Method::Homotopy) {
        let (method, progress) = direct(map, point, spent, effort);
        let no_path = effort.only.is_some() || problem_is_plain(problem);
        if progress.outcome == Outcome::Converged || no_path {
            return (method, progress, 0.0);
        }
        spent = progress.evaluations;
        if let Some(progress) = nested::solve(problem, map, point, spent, effort) {
            return (Method::Nested, progress, 0.0);
        }
    }
    let (progress, part) = homotopy(problem, map, point, spent, effort);
    (Method::Homotopy, progress, part)
}

fn problem_is_plain(problem: &Problem) -> bool {
    *problem.counterfactual == crate::problem::Counterfactual::none(&problem.baseline)
}

/// Unknowns from which on earlier steps cost time and memory that the evaluations they save do not.
const LARGE: usize = 4_000;
const MEMORY_OF_LARGE: usize = 6;

/// Acceleration, first with steps that take account of each sector by itself, then by levels of regions
/// alone; then damping, then Newton-Krylov, each from the best point so far. Or one of them.
pub(super) fn direct(
    map: &mut EquilibriumMap<'_>,
    point: &mut Vec<f64>,
    spent: usize,
    effort: Effort,
) -> (Method, Progress) {
    let start = point.clone();
    let mut evaluations = spent;
    let mut last = Progress { outcome: Outcome::EvaluationLimit, evaluations, residual: f64::NAN };
    for (method, mixing, share) in [
        (Method::Anderson, 1.0, 300),
        (Method::Anderson, 1.0, 1000),
        (Method::DampedAnderson, 0.3, 1000),
    ] {
        if !effort.uses(method) {
            continue;
        }
        let plain = anderson::Settings::default();
        let memory = if point.len() >= LARGE { MEMORY_OF_LARGE } else { plain.memory };
        let settings = anderson::Settings { mixing, memory, ..plain };
        let progress =
            anderson::accelerate(map, point, settings, effort.limits(evaluations, share));
        evaluations += progress.evaluations;
        last = Progress { evaluations, ..progress };
        if progress.outcome == Outcome::Converged {
            return (method, last);
        }
        if progress.residual.is_nan() || progress.residual >= 1.0 {
            point.clone_from(&start);
        }
        map.by_levels_alone();
    }
    if !effort.uses(Method::NewtonKrylov) {
        return (effort.only.unwrap_or(Method::DampedAnderson), last);
    }
    // Its products with the derivative must be linear.
    map.by_levels_alone();
    let progress = newton::solve(map, point, effort.limits(evaluations, 5000));
    evaluations += progress.evaluations;
    if progress.residual.is_finite() {
        last = Progress { evaluations, ..progress };
    }
    (Method::NewtonKrylov, Progress { evaluations, ..last })
}

/// Walks from no policy to the whole policy, each step started from the last two solutions.
fn homotopy(
    problem: &Problem,
    map: &mut EquilibriumMap<'_>,
    point: &mut Vec<f64>,
    spent: usize,
    effort: Effort,
) -> (Progress, f64) {
    /// A step shorter than this means that the path has ended.
    const SHORTEST: f64 = 1.0 / 512.0;
    let mut evaluations = spent;
    let mut current = map.baseline_point();
    let mut previous: Option<(f64, Vec<f64>)> = None;
    let (mut part, mut step) = (0.0, 0.25_f64);
    while part < 1.0 {
        let next = (part + step).min(1.0);
        let mut trial = match &previous {
            Some((before, old)) => {
                let reach = (next - part) / (part - before);
                current.iter().zip(old).map(|(new, old)| new + reach * (new - old)).collect()
            }
            None => current.clone(),
        };
        let partial = problem.part_way(next);
        let progress = match System::new(&partial) {
            Err(_) => Progress { outcome: Outcome::Diverged, evaluations, residual: f64::NAN },
            Ok(system) => {
                let mut partial_map = EquilibriumMap::new(&system);
                let on_the_way = Effort { wanted: 1e-8, acceptable: 1e-6, only: None, ..effort };
                let effort = Effort { only: None, ..effort };
                let effort = if next < 1.0 { on_the_way } else { effort };
                direct(&mut partial_map, &mut trial, evaluations, effort).1
            }
        };
        evaluations = progress.evaluations;
        if progress.outcome == Outcome::Converged {
            previous = Some((part, std::mem::replace(&mut current, trial)));
            part = next;
            step *= 1.6;
        } else {
            step *= 0.4;
            if step < SHORTEST || evaluations >= effort.max_evaluations {
                *point = current;
                return (Progress { evaluations, ..progress }, part);
            }
        }
    }
    point.clone_from(&current);
    let mut image = vec![0.0; point.len()];
    map.evaluate(point, &mut image);
    let difference: Vec<f64> = image.iter().zip(point.iter()).map(|(g, x)| g - x).collect();
    let residual = viner_numerics::vector::max_abs(&difference);
    (Progress { outcome: Outcome::Converged, evaluations: evaluations + 1, residual }, 1.0)
}
