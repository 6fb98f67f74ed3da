//! Solves one scenario again and again, each time when told to: how Viner is timed beside another
//! program (`cargo xtask bench peers`).
//!
//!     cargo run --release -p viner-io --example solve_in_turn -- SCENARIO THREADS DRAWS [KEY=VALUE...]
//!
//! Prints a line of JSON when the scenario and its baseline are read; then, for every line it reads,
//! solves and prints how long that took, certificate included; at the end of its input, what it found.
//! A solve is that of the scenario and of as many draws of four elasticities, started from it.

#![expect(clippy::print_stdout, reason = "an example prints")]

use std::error::Error;
use std::io::BufRead;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use serde_json::{Map, Value, json};
use viner_io::question::{NoAnswer, Question, TABLE_TOLERANCE, scenario_source};
use viner_model::equilibrium::{Batch, Draws, Equilibrium, Settings, Unsolved};
use viner_model::problem::Problem;
use viner_model::report::RegionOutcomes;

/// The allocator of the command `viner`.
#[global_allocator]
static MEMORY: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [scenario, threads, draws, overrides @ ..] = arguments.as_slice() else {
        return Err("usage: solve_in_turn SCENARIO THREADS DRAWS [KEY=VALUE...]".into());
    };
    let points = points(draws.parse()?);
    rayon::ThreadPoolBuilder::new().num_threads(threads.parse()?).build_global()?;

    let start = Instant::now();
    let question = Question::open(&scenario_source(scenario)?, overrides, TABLE_TOLERANCE)?;
    println!(
        "{}",
        json!({
            "peer": "Viner",
            "version": env!("CARGO_PKG_VERSION"),
            "threads": rayon::current_num_threads(),
            "setup_seconds": start.elapsed().as_secs_f64(),
        })
    );
    let mut solved = None;
    for line in std::io::stdin().lock().lines() {
        line?;
        let start = Instant::now();
        let mut answer = question.solve().map_err(reason)?;
        if !points.is_empty() {
            answer = drawn(&answer.0, &answer.1, &points)?;
        }
        let seconds = start.elapsed().as_secs_f64();
        println!("{}", json!({ "seconds": seconds }));
        solved = Some(answer);
    }
    if let Some((problem, equilibrium)) = &solved {
        println!("{}", found(problem, equilibrium));
    }
    Ok(())
}

/// Points between 0 and 1, one per draw: the draws of `validation/peers/numpy_model.py`.
fn points(count: usize) -> Vec<Vec<f64>> {
    let root = 1.167_303_978_261_418_7_f64;
    let point = |draw: usize| (1..5).map(move |j| (0.5 + draw as f64 * root.powi(-j)).fract());
    (1..=count).map(|draw| point(draw).collect()).collect()
}

/// Solves all draws and returns the last.
fn drawn(
    problem: &Problem,
    equilibrium: &Equilibrium,
    points: &[Vec<f64>],
) -> Result<(Problem, Equilibrium), Box<dyn Error>> {
    let draws = Elasticities {
        template: problem,
        start: &equilibrium.unknowns,
        points,
        last: Mutex::new(None),
        unsolved: AtomicUsize::new(0),
    };
    let positions: Vec<usize> = (0..points.len()).collect();
    Batch::new(problem, Settings::default()).solve_near(&positions, points, &draws);
    match draws.unsolved.into_inner() {
        0 => draws.last.into_inner()?.ok_or_else(|| "no draw was solved".into()),
        unsolved => Err(format!("{unsolved} draws were not solved").into()),
    }
}

struct Elasticities<'a> {
    template: &'a Problem,
    start: &'a [f64],
    points: &'a [Vec<f64>],
    last: Mutex<Option<(Problem, Equilibrium)>>,
    unsolved: AtomicUsize,
}

impl Draws for Elasticities<'_> {
    type Error = ();

    fn problem(&self, index: usize, used: Option<Problem>) -> Result<Problem, ()> {
        let mut problem = used.unwrap_or_else(|| self.template.clone());
        let point = &self.points[index];
        let elasticities = &mut problem.elasticities;
        elasticities.trade.fill(4.0 * (0.7 + 0.6 * point[0]));
        elasticities.specific_factor_share.fill(0.1 + 0.4 * point[1]);
        elasticities.production.fill(0.5 + 0.6 * point[2]);
        elasticities.input.fill(0.2 + 0.6 * point[3]);
        Ok(problem)
    }

    fn start(&self, _: usize) -> Option<Vec<f64>> {
        Some(self.start.to_vec())
    }

    fn solved(&self, index: usize, result: Result<(&Problem, &Equilibrium), Unsolved<()>>) {
        match result {
            Ok((problem, equilibrium)) if index + 1 == self.points.len() => {
                let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
                *last = Some((problem.clone(), equilibrium.clone()));
            }
            Ok(_) => {}
            Err(_) => {
                self.unsolved.fetch_add(1, Ordering::Relaxed);
            }
        }
    }
}

fn reason(no_answer: NoAnswer) -> Box<dyn Error> {
    match no_answer {
        NoAnswer::Input(diagnostics) => diagnostics.into(),
        NoAnswer::Model { failure, .. } => failure.into(),
    }
}

fn found(problem: &Problem, equilibrium: &Equilibrium) -> Value {
    let welfare = RegionOutcomes::of(problem, equilibrium).welfare;
    let codes = problem.baseline.regions.codes().map(str::to_owned);
    let welfare: Map<String, Value> =
        codes.zip(welfare.iter().map(|&value| json!(value))).collect();
    json!({
        "tolerance": equilibrium.certificate.worst().relative,
        "evaluations": equilibrium.statistics.evaluations,
        "welfare": welfare,
    })
}
