//! Solves draws of four elasticities on generated economies, one by one and in batches.
//!
//! `cargo bench -p viner-model --bench batch` prints draws per second on one and two threads;
//! `-- 77x45` one size alone.

#![expect(clippy::print_stdout, reason = "a benchmark prints its table")]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;
use rayon::prelude::*;
use viner_model::baseline::Baseline;
use viner_model::economies::{Recipe, wall};
use viner_model::equilibrium::{Batch, Draws, Equilibrium, Settings, Unsolved, solve, solve_from};
use viner_model::problem::Problem;
use viner_model::scenario::Values;

/// The allocator of the command `viner`.
#[global_allocator]
static MEMORY: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Regions, sectors, draws in a batch, draws one by one.
const SIZES: [(usize, usize, usize, usize); 3] =
    [(20, 20, 4000, 400), (44, 50, 1200, 60), (77, 45, 1000, 40)];

/// Trade costs of the first region with half of the others rise by half, both ways.
fn problem(regions: usize, sectors: usize) -> Problem {
    let tables = Recipe::new(regions, sectors, 1).tables();
    let baseline = Baseline::new(&tables, 1e-6).expect("generated economies are in balance");
    let mut scenario = wall(regions);
    scenario.model.production_elasticity = Values::uniform(0.8);
    scenario.model.input_elasticity = Values::uniform(0.5);
    scenario.model.specific_factor_share = Values::uniform(0.3);
    Problem::new(Arc::new(baseline), &scenario).expect("the policy fits the economy")
}

/// θ, φ, σ and ε of each draw.
struct Elasticities<'a> {
    template: &'a Problem,
    start: &'a [f64],
    draws: Vec<[f64; 4]>,
    evaluations: AtomicUsize,
    unsolved: AtomicUsize,
}

impl<'a> Elasticities<'a> {
    fn new(template: &'a Problem, start: &'a [f64], count: usize) -> Self {
        let mut random = Pcg64Mcg::seed_from_u64(7);
        let mut uniform = || random.random::<f64>();
        let draws = (0..count)
            .map(|_| {
                // A sum of twelve is nearly normal.
                let normal: f64 = (0..12).map(|_| uniform()).sum::<f64>() - 6.0;
                let theta = 4.0 * (0.3 * normal).exp();
                [theta, 0.1 + 0.4 * uniform(), 0.5 + 0.6 * uniform(), 0.2 + 0.6 * uniform()]
            })
            .collect();
        let zero = || AtomicUsize::new(0);
        Self { template, start, draws, evaluations: zero(), unsolved: zero() }
    }

    fn count(&self, result: Option<&Equilibrium>) {
        match result {
            Some(equilibrium) => {
                self.evaluations.fetch_add(equilibrium.statistics.evaluations, Ordering::Relaxed)
            }
            None => self.unsolved.fetch_add(1, Ordering::Relaxed),
        };
    }
}

impl Draws for Elasticities<'_> {
    type Error = ();

    fn problem(&self, index: usize, used: Option<Problem>) -> Result<Problem, ()> {
        let mut problem = used.unwrap_or_else(|| self.template.clone());
        let [theta, phi, sigma, epsilon] = self.draws[index];
        let elasticities = &mut problem.elasticities;
        elasticities.trade.fill(theta);
        elasticities.specific_factor_share.fill(phi);
        elasticities.production.fill(sigma);
        elasticities.input.fill(epsilon);
        Ok(problem)
    }

    fn start(&self, _: usize) -> Option<Vec<f64>> {
        Some(self.start.to_vec())
    }

    fn solved(&self, _: usize, result: Result<(&Problem, &Equilibrium), Unsolved<()>>) {
        self.count(result.ok().map(|(_, equilibrium)| equilibrium));
    }
}

fn on_threads<T: Send>(threads: usize, work: impl FnOnce() -> T + Send) -> T {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
    pool.expect("threads can be started").install(work)
}

fn main() {
    let filter = std::env::args().skip(1).find(|argument| argument.contains('x'));
    println!(
        "   size   way         threads   draws/s   times as many   evaluations per draw   not solved"
    );
    for (regions, sectors, many, few) in SIZES {
        let size = format!("{regions}x{sectors}");
        if filter.as_ref().is_some_and(|filter| *filter != size) {
            continue;
        }
        let template = problem(regions, sectors);
        let settings = Settings::default();
        let base = solve(&template, settings).expect("the wall has an equilibrium");
        for threads in [1, 2] {
            let one_by_one = Elasticities::new(&template, &base.unknowns, few);
            let start = Instant::now();
            on_threads(threads, || {
                (0..few).into_par_iter().for_each(|index| {
                    let problem = one_by_one.problem(index, None).expect("draws are in range");
                    let found = solve_from(&problem, Some(&base.unknowns), settings);
                    one_by_one.count(found.ok().as_ref());
                });
            });
            let single = few as f64 / start.elapsed().as_secs_f64();
            let batched = Elasticities::new(&template, &base.unknowns, many);
            let start = Instant::now();
            on_threads(threads, || {
                let positions: Vec<usize> = (0..many).collect();
                Batch::new(&template, settings).solve_near(
                    &positions,
                    &batched.draws.iter().map(|draw| draw.to_vec()).collect::<Vec<Vec<f64>>>(),
                    &batched,
                );
            });
            let batch = many as f64 / start.elapsed().as_secs_f64();
            for (way, draws, count, rate) in
                [("one by one", &one_by_one, few, single), ("batch", &batched, many, batch)]
            {
                let evaluations = draws.evaluations.load(Ordering::Relaxed) as f64;
                println!(
                    "{size:>7}   {way:<10}{threads:>9}{rate:>10.0}{:>16.1}{:>23.1}{:>13}",
                    rate / single,
                    evaluations / count as f64,
                    draws.unsolved.load(Ordering::Relaxed),
                );
            }
        }
    }
}
