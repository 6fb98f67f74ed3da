//! Chooses the method: acceleration, damping, Newton-Krylov, homotopy, in this order.

use viner_numerics::{FixedPoint, Outcome, threads};

use super::certificate::{Certificate, certify};
use super::map::EquilibriumMap;
use super::methods::{Effort, approach};
use super::system::System;
use super::{Equilibrium, Failure, Regime, assemble, several};
use crate::problem::Problem;
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
    /// Price caps bracketed one by one, the rest solved by the methods above.
    Nested,
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
            Self::Nested => "nested",
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

/// No residual of logarithms is below a few roundings of numbers near 1.
const ROUNDING: f64 = 4.0 * f64::EPSILON;

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
    let found = || {
        let solve = |problem: &Problem, start: Option<&[f64]>| {
            one_equilibrium(problem, start, only, settings)
        };
        let found = solve(problem, start)?;
        Ok(several::chosen(problem, found, &solve))
    };
    alone(problem, found)
}

/// Does `work` on a problem with all threads at hand, if it is large and nothing else is under way: from
/// outside the pool nothing is, as far as is known, and each pass over cells would wait for a thread to
/// wake up.
pub(super) fn alone<T: Send>(problem: &Problem, work: impl FnOnce() -> T + Send) -> T {
    if System::takes_threads(problem) && rayon::current_thread_index().is_none() {
        threads::awake(work)
    } else {
        work()
    }
}

fn one_equilibrium(
    problem: &Problem,
    start: Option<&[f64]>,
    only: Option<Method>,
    settings: Settings,
) -> Result<Equilibrium, Failure> {
    let system = System::new(problem)?;
    let mut map = EquilibriumMap::preconditioned(&system);
    let mut point = map.baseline_point();
    // Wedges come last: a start with other wedges still says where the economy is.
    let economy = point.len() - system.wedges.len();
    if let Some(start) = start.filter(|start| start.len() >= economy) {
        let common = if start.len() == point.len() { point.len() } else { economy };
        point[..common].copy_from_slice(&start[..common]);
    }
    // What the certificate refuses is driven further. A slow end looks like rounding: what the
    // certificate then refuses again gets the full patience.
    let first = residual_to_certify(problem, settings);
    let (near, least) = (settings.tolerance * 0.01, settings.tolerance * 1e-3);
    let attempts = [(first, first), (least, near), (least, least)];
    let mut spent = 0;
    let mut uncertified: Option<Certificate> = None;
    for attempt in attempts {
        let max_evaluations = settings.max_evaluations;
        let (wanted, acceptable) = (attempt.0.max(ROUNDING), attempt.1.max(ROUNDING));
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

/// Residual of the map at which the certificate is expected to pass. The residual is in logarithms of
/// prices and activities; in the certificate it shows in trade shares, to which it comes θ times as
/// large at most, mostly about half of that. Rents of limits answer to quantities more than the
/// certificate sees: with limits it is driven further.
pub(super) fn residual_to_certify(problem: &Problem, settings: Settings) -> f64 {
    if problem.counterfactual.wedges.iter().any(|wedge| !wedge.closed) {
        return settings.tolerance * 0.02;
    }
    let theta = problem.elasticities.trade.iter().fold(0.0_f64, |most, theta| most.max(*theta));
    settings.tolerance * (0.8 / theta).min(0.2)
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
    let (cells, prices) = (system.cells(), system.prices());
    let mut image = vec![0.0; point.len()];
    map.evaluate(point, &mut image);
    let distance = |index: usize| {
        let distance = (image[index] - point[index]).abs();
        if distance.is_nan() { f64::INFINITY } else { distance }
    };
    let worst = (0..point.len()).max_by(|&a, &b| distance(a).total_cmp(&distance(b))).unwrap_or(0);
    let cell = |index: usize| baseline.cell_name(index / sectors, index % sectors);
    let regions = baseline.region_count();
    let first = cells + prices;
    if worst >= first + regions {
        let wedge = &system.problem.counterfactual.wedges[worst - first - regions];
        let ((s, n, i), _) = wedge.cells[0];
        format!("`{}` (limit of `policy.{}`)", baseline.trade_cell_name(s, n, i), wedge.policy)
    } else if worst < cells {
        format!("`{}` (output)", cell(worst))
    } else if worst < first {
        let (row, sector) = ((worst - cells) / sectors, (worst - cells) % sectors);
        let (region, user) = (row / system.purchasers, row % system.purchasers);
        let name = baseline.cell_name(region, sector);
        match system.purchasers {
            1 => format!("`{name}` (price to buyers)"),
            _ => format!("`{name}` (price to `{}`)", baseline.user_name(user)),
        }
    } else {
        format!("`{}` (income)", baseline.regions.code(worst - first))
    }
}
