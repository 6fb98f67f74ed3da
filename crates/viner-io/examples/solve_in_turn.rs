//! Solves one scenario again and again, each time when told to: how Viner is timed beside another
//! program (`cargo xtask bench peers`).
//!
//!     cargo run --release -p viner-io --example solve_in_turn -- SCENARIO THREADS [KEY=VALUE...]
//!
//! Prints a line of JSON when the scenario and its baseline are read; then, for every line it reads,
//! solves and prints how long that took, certificate included; at the end of its input, what it found.

#![expect(clippy::print_stdout, reason = "an example prints")]

use std::error::Error;
use std::io::BufRead;
use std::time::Instant;

use serde_json::{Map, Value, json};
use viner_io::question::{NoAnswer, Question, TABLE_TOLERANCE, scenario_source};
use viner_model::equilibrium::Equilibrium;
use viner_model::problem::Problem;
use viner_model::report::RegionOutcomes;

/// The allocator of the command `viner`.
#[global_allocator]
static MEMORY: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [scenario, threads, overrides @ ..] = arguments.as_slice() else {
        return Err("usage: solve_in_turn SCENARIO THREADS [KEY=VALUE...]".into());
    };
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
        let answer = question.solve().map_err(reason)?;
        let seconds = start.elapsed().as_secs_f64();
        println!("{}", json!({ "seconds": seconds }));
        solved = Some(answer);
    }
    if let Some((problem, equilibrium)) = &solved {
        println!("{}", found(problem, equilibrium));
    }
    Ok(())
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
