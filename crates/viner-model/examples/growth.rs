//! Time and memory of one solve of a generated economy: a row of `docs/growth.md`, which
//! `cargo xtask bench growth` writes.
//!
//!     cargo run --release -p viner-model --example growth -- 77 45
//!
//! Prints a line of comma-separated numbers under a header. The process measures its own memory, as
//! Linux counts it, so that every size needs a process of its own; elsewhere these columns are empty.

#![expect(clippy::print_stdout, reason = "an example prints")]

use std::error::Error;
use std::fs;
use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use viner_model::baseline::Baseline;
use viner_model::economies::{Recipe, wall};
use viner_model::equilibrium::{Settings, solve};
use viner_model::problem::Problem;
use viner_numerics::threads::awake;

/// Solves go on until they have taken so long, or there are enough of them.
const LONG_ENOUGH: Duration = Duration::from_secs(4);
const ENOUGH: usize = 101;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<usize> =
        std::env::args().skip(1).map(|text| text.parse()).collect::<Result<_, _>>()?;
    let [regions, sectors] = arguments[..] else {
        return Err("usage: growth REGIONS SECTORS".into());
    };
    let empty = memory("VmRSS");
    let problem = problem(regions, sectors);
    let held = memory("VmRSS");
    // Linux then counts the peak anew.
    let _ = fs::write("/proc/self/clear_refs", "5");
    let (one, evaluations) = median_solve(&problem, 1);
    let peak = memory("VmHWM");
    let (two, _) = median_solve(&problem, 2);

    let trade = regions * regions * sectors;
    let inputs = regions * sectors * sectors;
    let cells = regions * sectors;
    let baseline = 8 * (2 * trade + inputs + 6 * cells);
    let read = 8 * (trade + inputs + 12 * cells);
    let above = |part: Option<f64>| match (part, empty) {
        (Some(part), Some(empty)) => format!("{:.0}", part - empty),
        _ => String::new(),
    };
    println!(
        "regions,sectors,evaluations,seconds_1_thread,seconds_2_threads,baseline_bytes,bytes_per_evaluation,\
         seconds_to_read_them,held_bytes,peak_bytes"
    );
    println!(
        "{regions},{sectors},{evaluations},{},{},{baseline},{read},{},{},{}",
        one.as_secs_f64(),
        two.as_secs_f64(),
        seconds_to_read(read),
        above(held),
        above(peak)
    );
    Ok(())
}

/// Trade costs of the first region with half of the others rise by half, both ways.
fn problem(regions: usize, sectors: usize) -> Problem {
    let tables = Recipe::new(regions, sectors, 1).tables();
    let baseline = Baseline::new(&tables, 1e-6).expect("generated economies are in balance");
    Problem::new(Arc::new(baseline), &wall(regions)).expect("the policy fits the economy")
}

/// Median time of a solve, certificate included, and its evaluations, with a pool of its own that nothing
/// else uses, as a solve from outside of any pool has it.
fn median_solve(problem: &Problem, threads: usize) -> (Duration, usize) {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
    let solves = || {
        let mut times = Vec::new();
        loop {
            let start = Instant::now();
            let found = solve(black_box(problem), Settings::default());
            times.push(start.elapsed());
            let found = found.expect("the wall has an equilibrium");
            if times.len() == ENOUGH || times.iter().sum::<Duration>() > LONG_ENOUGH {
                times.sort();
                return (times[times.len() / 2], found.statistics.evaluations);
            }
        }
    };
    pool.expect("threads can be started").install(|| awake(solves))
}

/// How long one thread takes to read so many bytes from where they lie: a cache, or memory.
fn seconds_to_read(bytes: usize) -> f64 {
    let values = vec![1.0_f64; bytes / 8];
    let mut best = f64::INFINITY;
    for _ in 0..9 {
        let start = Instant::now();
        let mut sums = [0.0; 16];
        for chunk in black_box(&values).chunks_exact(16) {
            for (sum, value) in sums.iter_mut().zip(chunk) {
                *sum += value;
            }
        }
        black_box(sums);
        best = best.min(start.elapsed().as_secs_f64());
    }
    best
}

/// A count of memory of this process, in bytes.
fn memory(name: &str) -> Option<f64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
    Some(line.trim().trim_end_matches("kB").trim().parse::<f64>().ok()? * 1024.0)
}
