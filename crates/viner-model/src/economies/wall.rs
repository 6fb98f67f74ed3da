//! The question that benchmarks ask of every economy.

use crate::scenario::{Action, BilateralInstrument, Cells, Policy, Scenario, Selector, Values};

/// Trade costs between the first of `regions` regions and half of the others rise by half, both ways,
/// at θ = 4.
pub fn wall(regions: usize) -> Scenario {
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
    scenario
}
