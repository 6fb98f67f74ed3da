//! Many problems on one baseline at once: draws of elasticities, sizes of policies.
//!
//! A *template* says what all problems of a batch have in common: the baseline, the closures, the
//! cells that policies touch. Problems that differ from it in numbers alone are solved side by side
//! in the columns of a block ([`viner_numerics::columns`]): each share of the baseline that is read
//! serves all columns, as a product of a matrix with a matrix, and touched cells are corrected one by
//! one. A column is replaced by the next problem as soon as it is solved and certified.
//!
//! All other problems (limits, margins of hubs, baselines that must be solved first), and columns
//! that plain acceleration does not solve, go to the single solver. Which way a problem goes, and
//! every number of its solution, depends on the problem, the template and the start alone: neither
//! on its neighbours nor on the number of threads.

mod assemble;
mod columns;
mod flows;
mod levels;
mod map;
mod pilots;
mod shared;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use rayon::prelude::*;
use viner_numerics::Limits;
use viner_numerics::columns::anderson::{Acceleration, State};
use viner_numerics::columns::{WIDTH, dispatch};

use self::columns::Columns;
use self::levels::Precondition;
use self::map::{Evaluate, Values};
use self::shared::Shared;
use super::solve::residual_to_certify;
use super::{Equilibrium, Failure, Method, Settings, Statistics, certify, solve, solve_from};
use crate::problem::Problem;

/// Solves problems that are like a template.
pub struct Batch {
    shared: Option<Arc<Shared>>,
    settings: Settings,
}

/// Why a problem of a batch has no equilibrium.
#[derive(Clone, Debug, PartialEq)]
pub enum Unsolved<E> {
    /// The problem could not be made.
    Problem(E),
    /// It has no certified equilibrium.
    Solve(Failure),
}

/// What a batch is to solve.
pub trait Draws: Sync {
    /// Why a problem cannot be made.
    type Error;

    /// The problem at a position; `used` is one that is no longer needed, of another position.
    ///
    /// # Errors
    /// Why there is none.
    fn problem(&self, index: usize, used: Option<Problem>) -> Result<Problem, Self::Error>;

    /// Unknowns of an equilibrium near that of the problem; none for its baseline.
    fn start(&self, index: usize) -> Option<Vec<f64>>;

    /// The [`start`](Self::start) of each of some positions.
    fn starts(&self, positions: &[usize]) -> Vec<Option<Vec<f64>>> {
        positions.iter().map(|&index| self.start(index)).collect()
    }

    /// Takes the equilibrium of a problem, certified, or why there is none. Called once for each
    /// position, in any order.
    fn solved(&self, index: usize, result: Result<(&Problem, &Equilibrium), Unsolved<Self::Error>>);
}

impl Batch {
    /// Problems like `template`.
    pub fn new(template: &Problem, settings: Settings) -> Self {
        // What is wrong with a template is found again, and told, for each problem like it.
        Self { shared: Shared::new(template).ok().flatten().map(Arc::new), settings }
    }

    /// Whether a problem can be solved side by side with others.
    pub fn takes(&self, problem: &Problem) -> bool {
        self.shared.as_ref().is_some_and(|shared| shared.takes(problem))
    }

    /// Solves the problems at these positions, on all threads of the pool.
    pub fn solve<D: Draws>(&self, positions: &[usize], draws: &D) {
        let threads = rayon::current_num_threads().min(positions.len());
        let waiting = Waiting { positions, next: AtomicUsize::new(0), threads };
        (0..threads).into_par_iter().for_each(|_| match &self.shared {
            Some(shared) => Block::new(shared, self.settings).run(&waiting, draws),
            None => {
                while let [index] = *waiting.take(1) {
                    match draws.problem(index, None) {
                        Ok(problem) => {
                            single(&problem, draws.start(index), index, draws, self.settings);
                        }
                        Err(error) => draws.solved(index, Err(Unsolved::Problem(error))),
                    }
                }
            }
        });
    }
}

/// Positions that no thread has taken yet.
struct Waiting<'a> {
    positions: &'a [usize],
    next: AtomicUsize,
    threads: usize,
}

impl Waiting<'_> {
    /// The next positions, `most` of them; fewer where few are left for the other threads, and none at the
    /// end.
    fn take(&self, most: usize) -> &[usize] {
        let taken = self.next.load(Ordering::Relaxed).min(self.positions.len());
        let left = self.positions.len() - taken;
        let count = most.min(left / (2 * self.threads)).max(1);
        let first = self.next.fetch_add(count, Ordering::Relaxed).min(self.positions.len());
        &self.positions[first..(first + count).min(self.positions.len())]
    }
}

/// Solves a problem by itself.
fn single<D: Draws>(
    problem: &Problem,
    start: Option<Vec<f64>>,
    index: usize,
    draws: &D,
    settings: Settings,
) {
    let near = start.and_then(|start| solve_from(problem, Some(&start), settings).ok());
    match near.map_or_else(|| solve(problem, settings), Ok) {
        Ok(equilibrium) => draws.solved(index, Ok((problem, &equilibrium))),
        Err(failure) => draws.solved(index, Err(Unsolved::Solve(failure))),
    }
}

/// When a column has arrived that is to reach a residual.
fn limits(residual: f64, settings: Settings) -> Limits {
    Limits {
        tolerance: residual.max(4.0 * f64::EPSILON),
        acceptable: residual.max(settings.tolerance * 5e-2),
        max_evaluations: settings.max_evaluations.min(500),
    }
}

/// The columns that one thread works on.
struct Block<'a> {
    shared: &'a Arc<Shared>,
    settings: Settings,
    columns: Columns,
    values: Values,
    acceleration: Acceleration,
    problems: [Option<Problem>; WIDTH],
    /// Position of the problem in each column.
    positions: [usize; WIDTH],
    /// When each column has arrived.
    limits: [Limits; WIDTH],
    /// Whether the certificate has refused what each column arrived at.
    refused: [bool; WIDTH],
    /// Positions taken, last first, and where their columns are to start.
    ahead: Vec<(usize, Option<Vec<f64>>)>,
    /// A problem that is no longer needed.
    used: Option<Problem>,
    result: Equilibrium,
    baseline_point: Vec<f64>,
}

impl<'a> Block<'a> {
    fn new(shared: &'a Arc<Shared>, settings: Settings) -> Self {
        let baseline_point = map::baseline_point(shared);
        Self {
            shared,
            settings,
            columns: Columns::new(shared),
            values: Values::new(shared),
            acceleration: Acceleration::new(baseline_point.len()),
            problems: [const { None }; WIDTH],
            positions: [0; WIDTH],
            limits: [limits(0.0, settings); WIDTH],
            refused: [false; WIDTH],
            ahead: Vec::new(),
            used: None,
            result: assemble::blank(shared),
            baseline_point,
        }
    }

    fn run<D: Draws>(&mut self, waiting: &Waiting<'_>, draws: &D) {
        for lane in 0..WIDTH {
            self.fill(lane, waiting, draws);
        }
        while self.problems.iter().any(Option::is_some) {
            dispatch(Evaluate {
                shared: self.shared,
                columns: &self.columns,
                problems: &self.problems,
                values: &mut self.values,
                point: &self.acceleration.point,
                image: &mut self.acceleration.image,
            });
            if let Some(levels) = &self.shared.levels {
                let Acceleration { point, image, .. } = &mut self.acceleration;
                dispatch(Precondition { levels, point, image });
            }
            let states = self.acceleration.judge(&self.limits);
            let mut free = [false; WIDTH];
            for lane in 0..WIDTH {
                if states[lane] == State::Running {
                    continue;
                }
                let Some(problem) = self.problems[lane].take() else { continue };
                let index = self.positions[lane];
                if states[lane] == State::Converged && self.certified(lane, &problem) {
                    draws.solved(index, Ok((&problem, &self.result)));
                } else if states[lane] == State::Converged && !self.refused[lane] {
                    self.refused[lane] = true;
                    self.limits[lane] = limits(self.settings.tolerance * 1e-2, self.settings);
                    self.problems[lane] = Some(problem);
                    continue;
                } else {
                    single(&problem, draws.start(index), index, draws, self.settings);
                }
                self.used = Some(problem);
                free[lane] = true;
            }
            self.acceleration.step();
            for lane in (0..WIDTH).filter(|&lane| free[lane]) {
                self.fill(lane, waiting, draws);
            }
        }
    }

    /// The next position, and where to start.
    fn next<D: Draws>(
        &mut self,
        waiting: &Waiting<'_>,
        draws: &D,
    ) -> Option<(usize, Option<Vec<f64>>)> {
        if self.ahead.is_empty() {
            let taken = waiting.take(WIDTH);
            self.ahead.extend(taken.iter().copied().zip(draws.starts(taken)).rev());
        }
        self.ahead.pop()
    }

    /// Puts the next problem into a column.
    fn fill<D: Draws>(&mut self, lane: usize, waiting: &Waiting<'_>, draws: &D) {
        while let Some((index, start)) = self.next(waiting, draws) {
            let problem = match draws.problem(index, self.used.take()) {
                Ok(problem) => problem,
                Err(error) => {
                    draws.solved(index, Err(Unsolved::Problem(error)));
                    continue;
                }
            };
            if !self.shared.takes(&problem) {
                single(&problem, start, index, draws, self.settings);
                self.used = Some(problem);
                continue;
            }
            self.columns.load(lane, self.shared, &problem);
            let start = start.filter(|start| start.len() == self.baseline_point.len());
            self.acceleration.start(lane, start.as_ref().unwrap_or(&self.baseline_point));
            self.limits[lane] = limits(residual_to_certify(&problem, self.settings), self.settings);
            self.refused[lane] = false;
            self.problems[lane] = Some(problem);
            self.positions[lane] = index;
            return;
        }
    }

    /// Writes the result of a column, and whether it is certified.
    fn certified(&mut self, lane: usize, problem: &Problem) -> bool {
        assemble::write(
            self.shared,
            &self.columns,
            &self.values,
            problem,
            (lane, &self.acceleration.point),
            &mut self.result,
        );
        self.result.statistics = Statistics {
            method: Method::Anderson,
            evaluations: self.acceleration.evaluations(lane),
            residual: self.acceleration.size(lane),
        };
        self.result.certificate = certify(problem, &self.result);
        self.result.certificate.worst().relative <= self.settings.tolerance
    }
}
