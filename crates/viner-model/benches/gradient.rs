//! Derivatives of an outcome by everything, all shares of the baseline included, over the solve that they are of: one outcome, and a second.
//!
//! `cargo bench -p viner-model --bench gradient` prints a table; `-- 77x45` one case alone.

#![expect(clippy::print_stdout, reason = "a benchmark prints its table")]

use std::collections::BTreeMap;
use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

use viner_model::baseline::Baseline;
use viner_model::economies::{Recipe, wall, with_sourcing};
use viner_model::equilibrium::{By, Differentiable, Gradient, Settings, gradients_by, solve};
use viner_model::outcome::{Names, Outcome, Smooth};
use viner_model::problem::Problem;
use viner_model::scenario::Sourcing;

/// The allocator of the command `viner`.
#[global_allocator]
static MEMORY: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Regions, sectors, part of the cells with a tariff, and whether users have trade shares of their own.
const CASES: [(usize, usize, f64, bool); 6] = [
    (20, 20, 0.0, false),
    (20, 20, 0.3, false),
    (77, 45, 0.0, false),
    (77, 45, 0.3, false),
    (77, 45, 0.0, true),
    (150, 65, 0.0, false),
];
const ROUNDS: usize = 15;

fn problem((regions, sectors, tariffs, by_user): (usize, usize, f64, bool)) -> Problem {
    let mut tables = Recipe { tariffs, ..Recipe::new(regions, sectors, 1) }.tables();
    let mut scenario = wall(regions);
    if by_user {
        tables = with_sourcing(&tables, 1, 1.0);
        scenario.model.sourcing = Sourcing::ByUser;
    }
    let baseline = Baseline::new(&tables, 1e-6).expect("generated economies are in balance");
    Problem::new(Arc::new(baseline), &scenario).expect("the policy fits the economy")
}

fn seconds<T>(work: impl FnOnce() -> T) -> f64 {
    let start = Instant::now();
    black_box(work());
    start.elapsed().as_secs_f64()
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

fn main() {
    let filters: Vec<String> =
        std::env::args().skip(1).filter(|text| !text.starts_with("--")).collect();
    println!(
        "{:>22}{:>10}{:>13}{:>12}{:>10}{:>8}{:>8}",
        "size", "solve ms", "evaluations", "gradient ms", "products", "ratio", "second"
    );
    for case in CASES {
        let (regions, sectors, tariffs, by_user) = case;
        let name = format!("{regions}x{sectors}");
        if !filters.is_empty() && !filters.contains(&name) {
            continue;
        }
        let problem = problem(case);
        let groups = BTreeMap::new();
        let names = Names::of(&problem, &groups);
        let smooth = |text: &str| -> Smooth {
            let bound = Outcome::parse(text).and_then(|outcome| outcome.bind(&names));
            bound.and_then(viner_model::outcome::Measure::smooth).expect("it has a derivative")
        };
        let outcomes = [smooth("welfare(R000)"), smooth("flow(R000, R001, S000)")];
        let found = solve(&problem, Settings::default()).expect("there is an equilibrium");
        let gradients = |count: usize| -> Vec<Gradient> {
            let by = By { cells: None, shares: true };
            let outcomes = outcomes[..count].iter().map(|one| (one as &dyn Differentiable, by));
            gradients_by(&problem, &found, outcomes)
        };
        // In turns, so that what else the machine does falls on all alike.
        let [mut solves, mut ones, mut twos] = [const { Vec::new() }; 3];
        for _ in 0..ROUNDS {
            solves.push(seconds(|| solve(&problem, Settings::default())));
            ones.push(seconds(|| gradients(1)));
            twos.push(seconds(|| gradients(2)));
        }
        let [solve, one, two] = [solves, ones, twos].map(median);
        let products = gradients(1)[0].products;
        let traits = [(tariffs > 0.0, " tariffs"), (by_user, " by user")];
        let traits = traits.iter().filter(|(has, _)| *has).map(|(_, text)| *text);
        println!(
            "{:>22}{:>10.2}{:>13}{:>12.2}{products:>10}{:>8.2}{:>8.2}",
            format!("{name}{}", traits.collect::<String>()),
            1e3 * solve,
            found.statistics.evaluations,
            1e3 * one,
            one / solve,
            (two - one) / solve
        );
    }
}
