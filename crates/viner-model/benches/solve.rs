//! Solves generated economies of four sizes: evaluations, time per evaluation, bytes read.
//!
//! `cargo bench -p viner-model` prints a table of counts and medians, then criterion's own figures;
//! `cargo bench -p viner-model -- 77x45` one size alone.

#![expect(clippy::print_stdout, reason = "a benchmark prints its table")]

use std::fmt::Write;
use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use viner_model::baseline::Baseline;
use viner_model::economies::Recipe;
use viner_model::equilibrium::{Settings, certify, solve};
use viner_model::problem::Problem;
use viner_model::scenario::{
    Action, BilateralInstrument, BilateralRow, Cells, Policy, QuotaScope, Scenario, Selector,
    Values,
};

const SIZES: [(usize, usize); 4] = [(20, 20), (44, 50), (77, 45), (243, 170)];

/// Trade costs of the first region with half of the others rise by half, both ways.
fn problem(regions: usize, sectors: usize) -> Problem {
    let tables = Recipe::new(regions, sectors, 1).tables();
    let baseline = Baseline::new(&tables, 1e-6).expect("generated economies are in balance");
    let codes = |range: std::ops::Range<usize>| {
        Selector::Names(range.map(|index| format!("R{index:03}")).collect())
    };
    let wall = Policy {
        name: None,
        replace: false,
        action: Action::Bilateral {
            instrument: BilateralInstrument::TradeCostChange,
            cells: Cells::Pattern {
                exporter: codes(0..1),
                importer: codes(1..regions / 2 + 1),
                sector: Selector::All,
                both_ways: true,
                domestic: false,
                value: 0.5,
            },
        },
    };
    let mut scenario = Scenario { policies: vec![wall], ..Scenario::default() };
    scenario.model.trade_elasticity = Values::uniform(4.0);
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

/// What 500 binding quotas add to a solve: times as many evaluations, times as long.
fn quotas(_: &mut Criterion) {
    let settings = Settings::default();
    let time = |problem: &Problem| {
        let solved = || {
            let start = Instant::now();
            let found = solve(black_box(problem), settings).expect("there is an equilibrium");
            (start.elapsed(), found.statistics.evaluations)
        };
        let runs: Vec<(Duration, usize)> = (0..15).map(|_| on_threads(1, solved)).collect();
        (median(runs.iter().map(|run| run.0).collect()), runs[0].1)
    };
    let (plain, bound) = (time(&problem(20, 20)), time(&five_hundred_quotas()));
    println!(
        "\n   20x20, 500 binding quotas: {} evaluations against {} with trade costs, {:.1} times as long\n",
        bound.1,
        plain.1,
        bound.0.as_secs_f64() / plain.0.as_secs_f64()
    );
}

/// Bytes that one evaluation must read: price weights, input mixes, and the vectors of cells.
fn bytes_per_evaluation(regions: usize, sectors: usize) -> usize {
    let matrices = regions * regions * sectors + regions * sectors * sectors;
    let vectors = 12 * regions * sectors;
    8 * (matrices + vectors)
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

fn on_threads<T: Send>(threads: usize, work: impl FnOnce() -> T + Send) -> T {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
    pool.expect("threads can be started").install(work)
}

fn solves(criterion: &mut Criterion) {
    let filter = std::env::args().skip(1).find(|argument| argument.contains('x'));
    let sizes = SIZES.into_iter().filter(|(regions, sectors)| {
        filter.as_ref().is_none_or(|filter| *filter == format!("{regions}x{sectors}"))
    });
    let mut table = String::from(
        "\n   size      evaluations   1 thread: solve   per evaluation   MB per evaluation   certificate   2 threads: solve\n",
    );
    for (regions, sectors) in sizes {
        let problem = problem(regions, sectors);
        let settings = Settings::default();
        let rounds = if regions * regions * sectors > 1_000_000 { 3 } else { 15 };
        let time = |threads| {
            on_threads(threads, || {
                median(
                    (0..rounds)
                        .map(|_| {
                            let start = Instant::now();
                            let _ = black_box(solve(black_box(&problem), settings));
                            start.elapsed()
                        })
                        .collect(),
                )
            })
        };
        let (one, two) = (time(1), time(2));
        let equilibrium = solve(&problem, settings).expect("the wall has an equilibrium");
        let certificate = on_threads(1, || {
            let start = Instant::now();
            black_box(certify(&problem, &equilibrium));
            start.elapsed()
        });
        let evaluations = equilibrium.statistics.evaluations;
        let milliseconds = |time: Duration| 1e3 * time.as_secs_f64();
        let _ = writeln!(
            table,
            "{:>7}{:>17}{:>15.2} ms{:>14.3} ms{:>20.2}{:>11.2} ms{:>16.2} ms",
            format!("{regions}x{sectors}"),
            evaluations,
            milliseconds(one),
            milliseconds(one.saturating_sub(certificate)) / evaluations as f64,
            bytes_per_evaluation(regions, sectors) as f64 / 1e6,
            milliseconds(certificate),
            milliseconds(two),
        );

        let mut group = criterion.benchmark_group("solve");
        group.sample_size(10);
        group.bench_function(
            BenchmarkId::from_parameter(format!("{regions}x{sectors}")),
            |bench| {
                bench.iter(|| on_threads(1, || solve(black_box(&problem), settings)));
            },
        );
        group.finish();
    }
    println!("{table}");
}

criterion_group!(benches, quotas, solves);
criterion_main!(benches);
