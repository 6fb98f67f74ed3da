//! Nash tariffs among all regions of generated economies: each sets one tariff on all that it imports.
//!
//! `cargo bench -p viner-model --bench nash` prints rounds, equilibria and time; `-- 20x20` one size
//! alone.

#![expect(clippy::print_stdout, reason = "a benchmark prints its table")]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use viner_model::baseline::Baseline;
use viner_model::economies::Recipe;
use viner_model::equilibrium::Settings;
use viner_model::optimum::{Choice, Economy, Search, nash};
use viner_model::outcome::{Measure, Names, Outcome, Smooth};
use viner_model::scenario::{
    Action, BilateralInstrument, Cells, Policy, Scenario, Selector, Values,
};
use viner_model::variants::Variants;

/// The allocator of the command `viner`.
#[global_allocator]
static MEMORY: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Regions, sectors, and starts of every player beside that from the tariffs as written.
const SIZES: [(usize, usize, usize); 4] = [(20, 20, 0), (20, 20, 4), (150, 10, 0), (150, 10, 4)];

fn tariff(importer: &str) -> Choice {
    let policy = Policy {
        name: None,
        replace: false,
        action: Action::Bilateral {
            instrument: BilateralInstrument::TariffRate,
            cells: Cells::Pattern {
                exporter: Selector::All,
                importer: Selector::name(importer),
                sector: Selector::All,
                both_ways: false,
                domestic: false,
                value: 0.1,
            },
        },
    };
    Choice { policy, lower: 0.0, upper: 2.0 }
}

fn welfare(baseline: &Baseline, region: &str) -> Smooth {
    let groups = BTreeMap::new();
    let names = Names::new(baseline, &groups, []);
    let outcome = Outcome::parse(&format!("welfare({region})")).expect("an outcome");
    outcome.bind(&names).and_then(Measure::smooth).expect("of a region that there is")
}

fn main() {
    let filter = std::env::args().skip(1).find(|argument| argument.contains('x'));
    println!(
        "   size  players  starts  rounds  settled  equilibria        s  ms each  stationarity"
    );
    for (regions, sectors, starts) in SIZES {
        let size = format!("{regions}x{sectors}");
        if filter.as_ref().is_some_and(|filter| *filter != size) {
            continue;
        }
        let tables = Recipe::new(regions, sectors, 1).tables();
        let baseline =
            Arc::new(Baseline::new(&tables, 1e-6).expect("generated economies are in balance"));
        let mut scenario = Scenario::default();
        scenario.model.trade_elasticity = Values::uniform(4.0);
        let variants = Variants::new(Arc::clone(&baseline), &scenario, Settings::default())
            .expect("there is nothing to solve yet");
        let codes: Vec<String> =
            (0..regions).map(|n| baseline.regions.code(n).to_string()).collect();
        let choices = codes.iter().map(|code| tariff(code)).collect();
        let economy = Economy::new(&variants, Vec::new(), choices);
        let players: Vec<Search> = codes
            .iter()
            .enumerate()
            .map(|(player, code)| Search {
                objective: welfare(&baseline, code),
                maximize: true,
                at_most: Vec::new(),
                own: vec![player],
                starts,
            })
            .collect();
        let start = Instant::now();
        let best = nash(&economy, &players).expect("tariffs have an equilibrium");
        let seconds = start.elapsed().as_secs_f64();
        println!(
            "{size:>7}{regions:>9}{starts:>8}{:>8}{:>9}{:>12}{seconds:>9.1}{:>9.2}{:>14.0e}",
            best.rounds,
            best.settled,
            best.evaluations,
            1e3 * seconds / best.evaluations as f64,
            best.stationarity,
        );
    }
}
