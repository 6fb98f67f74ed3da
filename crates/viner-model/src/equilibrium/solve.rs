//! Chooses the method: acceleration, damping, Newton-Krylov, homotopy, in this order.

use viner_numerics::{FixedPoint, Limits, Outcome, Progress, anderson, newton};

use super::certificate::{Certificate, certify};
use super::map::EquilibriumMap;
use super::system::System;
use super::{Equilibrium, Failure, Regime, WedgeOutcome, assemble};
use crate::equations::limits::CapTrack;
use crate::problem::{Problem, WedgeRule};
use crate::scenario::Deficits;

/// How exactly, and for how long, to solve.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Settings {
    /// Largest relative residual that the certificate may show.
    pub tolerance: f64,
    /// Evaluations of the map before giving up, over all methods.
    pub max_evaluations: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self { tolerance: 1e-10, max_evaluations: 20_000 }
    }
}

/// Methods, in the order in which they are tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Anderson acceleration with full steps.
    Anderson,
    /// Anderson acceleration with damped steps.
    DampedAnderson,
    /// Newton's method with Krylov linear solves.
    NewtonKrylov,
    /// The methods above along a path from no policy to the whole policy.
    Homotopy,
}

impl Method {
    /// Name in results.
    pub fn name(self) -> &'static str {
        match self {
            Self::Anderson => "anderson",
            Self::DampedAnderson => "damped-anderson",
            Self::NewtonKrylov => "newton-krylov",
            Self::Homotopy => "homotopy",
        }
    }
}

/// What a solution took.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Statistics {
    /// The method that reached the solution.
    pub method: Method,
    /// Evaluations of the map and of its derivative, by all methods.
    pub evaluations: usize,
    /// Largest `|g(x) − x|` at the solution.
    pub residual: f64,
}

/// Solves a problem from its baseline.
///
/// # Errors
/// See [`Failure`]: infeasible, not solved, not certified.
pub fn solve(problem: &Problem, settings: Settings) -> Result<Equilibrium, Failure> {
    solve_from(problem, None, settings)
}

/// Solves a problem from the unknowns of a nearby equilibrium, if given.
///
/// # Errors
/// See [`Failure`]: infeasible, not solved, not certified.
pub fn solve_from(
    problem: &Problem,
    start: Option<&[f64]>,
    settings: Settings,
) -> Result<Equilibrium, Failure> {
    certified(problem, start, None, settings)
}

/// Solves a problem by one method alone, from its baseline: for comparisons of methods.
///
/// # Errors
/// See [`Failure`]: infeasible, not solved by this method, not certified.
pub fn solve_with(
    problem: &Problem,
    method: Method,
    settings: Settings,
) -> Result<Equilibrium, Failure> {
    certified(problem, None, Some(method), settings)
}

fn certified(
    problem: &Problem,
    start: Option<&[f64]>,
    only: Option<Method>,
    settings: Settings,
) -> Result<Equilibrium, Failure> {
    let mut found = one_equilibrium(problem, start, only, settings)?;
    for start in other_starts(problem, &found) {
        let Ok(other) = one_equilibrium(problem, Some(&start), only, settings) else { continue };
        let shadow = |equilibrium: &Equilibrium| -> f64 {
            equilibrium.wedges.iter().map(|wedge| wedge.shadow).sum()
        };
        let differs = |(a, b): (&WedgeOutcome, &WedgeOutcome)| (a.shadow - b.shadow).abs() > 1e-6;
        let several: Vec<bool> = found
            .wedges
            .iter()
            .zip(&other.wedges)
            .map(|(a, b)| a.several || differs((a, b)))
            .collect();
        if shadow(&other) < shadow(&found) - 1e-6 {
            found = other;
        }
        for (wedge, several) in found.wedges.iter_mut().zip(several) {
            wedge.several = several;
        }
    }
    Ok(found)
}

/// Starts from which a problem with more than one equilibrium leads to the others: the unknowns of
/// one, with outside shipping empty and full. None where the equilibrium is unique.
fn other_starts(problem: &Problem, found: &Equilibrium) -> Vec<Vec<f64>> {
    let wedges = &problem.counterfactual.wedges;
    let first = found.unknowns.len() - wedges.len();
    let mut starts = vec![found.unknowns.clone(), found.unknowns.clone()];
    let mut any = false;
    for (index, wedge) in wedges.iter().enumerate() {
        if let WedgeRule::PriceCap(cap) = &wedge.rule
            && let Some([empty, full]) = CapTrack::ends_of_shadow(cap)
        {
            any = true;
            starts[0][first + index] = empty;
            starts[1][first + index] = full;
        }
    }
    if any { starts } else { Vec::new() }
}

fn one_equilibrium(
    problem: &Problem,
    start: Option<&[f64]>,
    only: Option<Method>,
    settings: Settings,
) -> Result<Equilibrium, Failure> {
    let system = System::new(problem)?;
    let mut map = EquilibriumMap::new(&system);
    let mut point = map.baseline_point();
    // Wedges come last: a start with other wedges still says where the economy is.
    let economy = point.len() - system.wedges.len();
    if let Some(start) = start.filter(|start| start.len() >= economy) {
        let common = if start.len() == point.len() { point.len() } else { economy };
        point[..common].copy_from_slice(&start[..common]);
    }
    // The residual of the map is in logarithms; sums and high elasticities enlarge it on the way to
    // the certificate, and a result is worth more digits than its tolerance asks for: a few more
    // evaluations bring them. What cannot be reached for rounding is left to the certificate.
    let wanted = (settings.tolerance * 1e-3).max(4.0 * f64::EPSILON);
    let mut spent = 0;
    let mut uncertified: Option<Certificate> = None;
    // A slow end looks like rounding: what the certificate then refuses gets the full patience.
    for acceptable in [settings.tolerance * 0.01, wanted] {
        let max_evaluations = settings.max_evaluations;
        let effort = Effort { wanted, acceptable, only, max_evaluations };
        let (method, progress, part) = approach(problem, &mut map, &mut point, spent, effort);
        spent = progress.evaluations;
        if progress.outcome != Outcome::Converged {
            if uncertified.is_some() {
                break;
            }
            return Err(Failure::NotSolved {
                outcome: progress.outcome,
                evaluations: progress.evaluations,
                residual: progress.residual,
                tolerance: settings.tolerance,
                market: worst_market(&system, &mut map, &point),
                part,
                fixed_surplus: fixed_surplus(problem),
            });
        }
        let statistics =
            Statistics { method, evaluations: progress.evaluations, residual: progress.residual };
        let mut equilibrium = assemble::equilibrium(&system, &map, &point, statistics);
        let withdrawn: Vec<usize> = (0..equilibrium.wedges.len())
            .filter(|&wedge| {
                equilibrium.wedges[wedge].regime == Regime::Withdrawn
                    && !problem.counterfactual.wedges[wedge].closed
            })
            .collect();
        if !withdrawn.is_empty() {
            // The cap is below any price at which the exporter sells: the rest is an embargo.
            let left = Settings {
                max_evaluations: settings.max_evaluations.saturating_sub(spent),
                ..settings
            };
            let mut embargo =
                one_equilibrium(&problem.closing(&withdrawn), Some(&point), only, left)?;
            embargo.statistics.evaluations += spent;
            return Ok(embargo);
        }
        equilibrium.certificate = certify(problem, &equilibrium);
        if equilibrium.certificate.worst().relative <= settings.tolerance {
            return Ok(equilibrium);
        }
        uncertified = Some(equilibrium.certificate);
    }
    let certificate = uncertified.unwrap_or_default();
    Err(Failure::NotCertified { certificate, tolerance: settings.tolerance })
}

/// What to spend on a fixed point.
#[derive(Clone, Copy)]
struct Effort {
    /// Residual of the map to reach.
    wanted: f64,
    /// Residual to take where rounding ends the way.
    acceptable: f64,
    /// The one method to use, if not all in their order.
    only: Option<Method>,
    /// Evaluations in all.
    max_evaluations: usize,
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
fn approach(
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
    }
    let (progress, part) = homotopy(problem, map, point, spent, effort);
    (Method::Homotopy, progress, part)
}

fn problem_is_plain(problem: &Problem) -> bool {
    problem.counterfactual == crate::problem::Counterfactual::none(&problem.baseline)
}

/// Acceleration, then damping, then Newton-Krylov, each from the best point so far; or one of them.
fn direct(
    map: &mut impl FixedPoint,
    point: &mut Vec<f64>,
    spent: usize,
    effort: Effort,
) -> (Method, Progress) {
    let start = point.clone();
    let mut evaluations = spent;
    let mut last = Progress { outcome: Outcome::EvaluationLimit, evaluations, residual: f64::NAN };
    for (method, mixing) in [(Method::Anderson, 1.0), (Method::DampedAnderson, 0.3)] {
        if !effort.uses(method) {
            continue;
        }
        let settings = anderson::Settings { mixing, ..anderson::Settings::default() };
        let progress = anderson::accelerate(map, point, settings, effort.limits(evaluations, 1000));
        evaluations += progress.evaluations;
        last = Progress { evaluations, ..progress };
        if progress.outcome == Outcome::Converged {
            return (method, last);
        }
        if progress.residual.is_nan() || progress.residual >= 1.0 {
            point.clone_from(&start);
        }
    }
    if !effort.uses(Method::NewtonKrylov) {
        return (effort.only.unwrap_or(Method::DampedAnderson), last);
    }
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

/// Whether some region must keep a trade surplus whatever its income.
fn fixed_surplus(problem: &Problem) -> bool {
    let baseline = &problem.baseline;
    let in_surplus = |n| baseline.deficits[n] < -1e-9 * baseline.income[n];
    problem.deficits == Deficits::Fixed && (0..baseline.region_count()).any(in_surplus)
}

/// Name of the unknown that is furthest from its equation.
fn worst_market(system: &System<'_>, map: &mut EquilibriumMap<'_>, point: &[f64]) -> String {
    let baseline = &system.problem.baseline;
    let sectors = baseline.sector_count();
    let cells = baseline.region_count() * sectors;
    let mut image = vec![0.0; point.len()];
    map.evaluate(point, &mut image);
    let distance = |index: usize| {
        let distance = (image[index] - point[index]).abs();
        if distance.is_nan() { f64::INFINITY } else { distance }
    };
    let worst = (0..point.len()).max_by(|&a, &b| distance(a).total_cmp(&distance(b))).unwrap_or(0);
    let cell = |index: usize| baseline.cell_name(index / sectors, index % sectors);
    let regions = baseline.region_count();
    if worst >= 2 * cells + regions {
        let wedge = &system.problem.counterfactual.wedges[worst - 2 * cells - regions];
        let ((s, n, i), _) = wedge.cells[0];
        format!("`{}` (limit of `policy.{}`)", baseline.trade_cell_name(s, n, i), wedge.policy)
    } else if worst < cells {
        format!("`{}` (output)", cell(worst))
    } else if worst < 2 * cells {
        format!("`{}` (price to buyers)", cell(worst - cells))
    } else {
        format!("`{}` (income)", baseline.regions.code(worst - 2 * cells))
    }
}
