//! Solves generated economies of five sizes on one thread and on two, and one of them with trade shares
//! by user: evaluations, time, memory, and how far one evaluation is from the time it takes to read its
//! numbers.
//!
//! `cargo bench -p viner-model --bench solve` prints a table; `-- 77x45` and `-- 77x45-by-user` one case
//! alone, `-- --json` a line of JSON for each case.

#![expect(clippy::print_stdout, reason = "a benchmark prints its table")]

mod counted;

use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

use counted::Counted;
use rayon::prelude::*;
use viner_model::baseline::Baseline;
use viner_model::economies::{Recipe, wall, with_sourcing};
use viner_model::equilibrium::{Settings, certify, solve};
use viner_model::problem::Problem;
use viner_model::scenario::{
    Action, BilateralInstrument, BilateralRow, Cells, Policy, QuotaScope, Scenario, Sourcing,
    Values,
};
use viner_numerics::kernel::{Kernel, dense};
use viner_numerics::threads::awake;

#[global_allocator]
static MEMORY: Counted = Counted::new();

/// Regions, sectors, and whether users have trade shares of their own.
const CASES: [(usize, usize, bool); 6] = [
    (20, 20, false),
    (44, 50, false),
    (77, 45, false),
    (77, 45, true),
    (150, 65, false),
    (243, 170, false),
];
/// How unlike users are: shares up to `e^2` times those of others.
const UNLIKE: f64 = 1.0;
const THREADS: [usize; 2] = [1, 2];

/// Trade costs of the first region with half of the others rise by half, both ways.
fn problem((regions, sectors, by_user): (usize, usize, bool)) -> Problem {
    let mut tables = Recipe::new(regions, sectors, 1).tables();
    let mut scenario = wall(regions);
    if by_user {
        tables = with_sourcing(&tables, 1, UNLIKE);
        scenario.model.sourcing = Sourcing::ByUser;
    }
    let baseline = Baseline::new(&tables, 1e-6).expect("generated economies are in balance");
    Problem::new(Arc::new(baseline), &scenario).expect("the policy fits the economy")
}

/// A quota on every 14th cell between regions of a 20x20 economy: 500 that all bind.
fn five_hundred_quotas() -> Problem {
    let (regions, sectors, every) = (20, 20, 14);
    let tables = Recipe::new(regions, sectors, 1).tables();
    let baseline = Baseline::new(&tables, 1e-6).expect("generated economies are in balance");
    let cells = (0..sectors)
        .flat_map(|s| (0..regions).flat_map(move |n| (0..regions).map(move |i| (s, n, i))))
        .filter(|(_, n, i)| n != i);
    let rows = cells.step_by(every).take(500).map(|(s, n, i)| BilateralRow {
        exporter: format!("R{i:03}"),
        importer: format!("R{n:03}"),
        sector: format!("S{s:03}"),
        value: 0.5,
        line: 0,
    });
    let quotas = Policy {
        name: None,
        replace: false,
        action: Action::Bilateral {
            instrument: BilateralInstrument::Quota {
                rent_to_exporter: 0.5,
                scope: QuotaScope::Cell,
            },
            cells: Cells::Rows(rows.collect()),
        },
    };
    let mut scenario = Scenario { policies: vec![quotas], ..Scenario::default() };
    scenario.model.trade_elasticity = Values::uniform(4.0);
    Problem::new(Arc::new(baseline), &scenario).expect("the quotas fit the economy")
}

/// What 500 binding quotas add to a solve: evaluations and time, over those with trade costs alone.
fn quotas() -> [f64; 2] {
    let measured = [problem(CASES[0]), five_hundred_quotas()].map(|problem| {
        let found = solve(&problem, Settings::default()).expect("there is an equilibrium");
        let seconds = on_threads(1, || seconds(15, || solve(&problem, Settings::default())));
        (found.statistics.evaluations as f64, seconds)
    });
    [measured[1].0 / measured[0].0, measured[1].1 / measured[0].1]
}

/// Bytes that one evaluation must read: price weights and input mixes, and vectors over cells.
fn bytes_per_evaluation((regions, sectors, by_user): (usize, usize, bool)) -> usize {
    let purchasers = if by_user { sectors + 1 } else { 1 };
    let matrices = regions * regions * sectors * purchasers + regions * sectors * sectors;
    let vectors = (8 + 4 * purchasers) * regions * sectors;
    8 * (matrices + vectors)
}

/// Least time of some rounds: what else the machine does can only add to it.
fn seconds<T>(rounds: usize, mut work: impl FnMut() -> T) -> f64 {
    let times = (0..rounds).map(|_| {
        let start = Instant::now();
        black_box(work());
        start.elapsed().as_secs_f64()
    });
    times.fold(f64::INFINITY, f64::min)
}

/// With a pool of its own that nothing else uses, as a solve from outside of any pool has it.
fn on_threads<T: Send>(threads: usize, work: impl FnOnce() -> T + Send) -> T {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
    pool.expect("threads can be started").install(|| awake(work))
}

/// Numbers to read on so many threads, over and over: from the caches if they fit into them, from memory
/// otherwise.
struct Reading {
    blocks: Vec<Vec<f64>>,
    times: usize,
}

impl Reading {
    const ROW: usize = 1024;

    fn new(bytes: usize, threads: usize) -> Self {
        let rows = bytes / (8 * Self::ROW * threads);
        Self { blocks: vec![vec![1.0; rows * Self::ROW]; threads], times: 1 + 50_000_000 / bytes }
    }

    fn read(&self) {
        let x = [1.0; Self::ROW];
        for _ in 0..self.times {
            self.blocks.par_iter().for_each(|block| {
                let mut sums = vec![0.0; block.len() / Self::ROW];
                dense::product(block, &x, &mut sums);
                black_box(sums);
            });
        }
    }

    fn bytes(&self) -> usize {
        self.times * self.blocks.iter().map(|block| 8 * block.len()).sum::<usize>()
    }
}

struct Measured {
    threads: usize,
    solve: f64,
    certificate: f64,
    evaluation: f64,
    bandwidth: f64,
}

fn measure(problem: &Problem, bytes: usize, rounds: usize, threads: usize) -> Measured {
    on_threads(threads, || {
        let settings = Settings::default();
        let equilibrium = solve(problem, settings).expect("the wall has an equilibrium");
        let reading = Reading::new(bytes, threads);
        let [mut whole, mut certificate, mut read] = [f64::INFINITY; 3];
        // Up to so many evaluations, too few to end: what goes before and after them is the same in both.
        let (few, many) = (4, equilibrium.statistics.evaluations - 1);
        let [mut to_few, mut to_many] = [f64::INFINITY; 2];
        let up_to = |max_evaluations| solve(problem, Settings { max_evaluations, ..settings });
        // In turns, so that what else the machine does falls on all alike.
        for _ in 0..rounds {
            whole = whole.min(seconds(1, || solve(problem, settings)));
            certificate = certificate.min(seconds(1, || certify(problem, &equilibrium)));
            to_few = to_few.min(seconds(1, || up_to(few)));
            to_many = to_many.min(seconds(1, || up_to(many)));
            read = read.min(seconds(1, || reading.read()));
        }
        Measured {
            threads,
            solve: whole,
            certificate,
            evaluation: (to_many - to_few) / (many - few) as f64,
            bandwidth: reading.bytes() as f64 / read,
        }
    })
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let json = arguments.iter().any(|argument| argument == "--json");
    let names = |(regions, sectors, by_user): &(usize, usize, bool)| {
        format!("{regions}x{sectors}{}", if *by_user { "-by-user" } else { "" })
    };
    let filters: Vec<&String> = arguments.iter().filter(|text| !text.starts_with("--")).collect();
    let cases = CASES.iter().filter(|case| filters.is_empty() || filters.contains(&&names(case)));
    if !json {
        let [evaluations, time] = quotas();
        println!("kernel {}", Kernel::current().name());
        println!(
            "500 binding quotas at 20x20: {evaluations:.2} times the evaluations, {time:.2} times the time\n"
        );
        println!(
            "          size  threads  evaluations    solve ms  certificate ms  one evaluation ms       MB      GB/s  over limit  memory"
        );
    }
    for &case in cases {
        let problem = problem(case);
        let bytes = bytes_per_evaluation(case);
        let baseline = &problem.baseline;
        let shares = baseline.user_shares.as_ref().map_or(0, viner_model::ndarray::ArrayBase::len);
        let arrays = 8 * (2 * baseline.trade_flows.len() + baseline.input_mix.len() + shares);
        let before = MEMORY.held();
        MEMORY.forget_peak();
        let equilibrium = solve(&problem, Settings::default()).expect("there is an equilibrium");
        let memory = 1.0 + (MEMORY.peak() - before) as f64 / arrays as f64;
        let evaluations = equilibrium.statistics.evaluations;
        drop(equilibrium);
        let rounds = if bytes > 50_000_000 { 15 } else { 101 };
        for threads in THREADS {
            let measured = measure(&problem, bytes, rounds, threads);
            let limit = bytes as f64 / measured.bandwidth;
            let over = measured.evaluation / limit;
            let name = names(&case);
            let [solve, certificate, evaluation] =
                [measured.solve, measured.certificate, measured.evaluation].map(|time| 1e3 * time);
            let (megabytes, speed) = (bytes as f64 / 1e6, measured.bandwidth / 1e9);
            if json {
                println!(
                    "{{\"regions\":{},\"sectors\":{},\"by_user\":{},\"threads\":{},\"evaluations\":{evaluations},\"solve_ms\":{solve},\"certificate_ms\":{certificate},\"evaluation_ms\":{evaluation},\"bytes_per_evaluation\":{bytes},\"bytes_per_second\":{},\"over_limit\":{over},\"memory_over_baseline\":{memory},\"kernel\":\"{}\"}}",
                    case.0,
                    case.1,
                    case.2,
                    measured.threads,
                    measured.bandwidth,
                    Kernel::current().name()
                );
            } else {
                println!(
                    "{name:>14}{:>9}{evaluations:>13}{solve:>12.3}{certificate:>16.3}{evaluation:>19.4}{megabytes:>9.2}{speed:>10.1}{over:>12.2}{memory:>8.2}",
                    measured.threads
                );
            }
        }
    }
}
