//! Lays policies on cells, in the order written.

mod income;
mod ledger;
mod limits;
mod nests;
mod trade;

use std::collections::BTreeMap;

use super::cells::{Axis, select};
use super::counterfactual::{CellChange, Counterfactual, TradeCell};
use super::{Place, ScenarioError, Section};
use crate::baseline::Baseline;
use crate::labels::nearest;
use crate::scenario::{Action, Scenario, Selector};

use ledger::Ledger;
pub use ledger::{Effect, PolicySize};

/// How far shares that must sum to 1 may be from it.
const SHARES_TOLERANCE: f64 = 1e-9;

/// All policies of `scenario`, laid on the cells of `baseline`.
pub(super) fn policies(
    scenario: &Scenario,
    baseline: &Baseline,
    errors: &mut Vec<ScenarioError>,
) -> Counterfactual {
    compiled(scenario, baseline, errors, None).finish()
}

/// Every number of every policy, with what it does.
pub(super) fn sizes(scenario: &Scenario, baseline: &Baseline) -> Vec<PolicySize> {
    let mut errors = Vec::new();
    let compiler = compiled(scenario, baseline, &mut errors, Some(Ledger::default()));
    compiler.ledger.map(Ledger::sizes).unwrap_or_default()
}

fn compiled<'a>(
    scenario: &'a Scenario,
    baseline: &'a Baseline,
    errors: &'a mut Vec<ScenarioError>,
    ledger: Option<Ledger>,
) -> Compiler<'a> {
    let mut compiler = Compiler {
        scenario,
        baseline,
        errors,
        counterfactual: Counterfactual::none(baseline),
        cells: BTreeMap::new(),
        set_by: BTreeMap::new(),
        last_tax: BTreeMap::new(),
        profit_tax_by: BTreeMap::new(),
        limits: Vec::new(),
        ledger,
    };
    for (index, policy) in scenario.policies.iter().enumerate() {
        match &policy.action {
            Action::Bilateral { instrument, cells } => {
                compiler.bilateral(index, policy, instrument, cells);
            }
            Action::Sector { instrument, cells } => {
                compiler.sector(index, policy, *instrument, cells);
            }
            Action::Transfer { rows } => compiler.transfer(index, rows),
            Action::Coalition { members, rule } => compiler.coalition(index, members, rule),
        }
    }
    compiler
}

struct Compiler<'a> {
    scenario: &'a Scenario,
    baseline: &'a Baseline,
    errors: &'a mut Vec<ScenarioError>,
    /// Without its cells.
    counterfactual: Counterfactual,
    cells: BTreeMap<TradeCell, CellChange>,
    /// By kind: which policy set that on a cell.
    set_by: BTreeMap<&'static str, BTreeMap<TradeCell, usize>>,
    /// By kind of tax: which policy touched that of a cell last.
    last_tax: BTreeMap<&'static str, BTreeMap<TradeCell, usize>>,
    /// Which policy set the profit tax of this region and sector.
    profit_tax_by: BTreeMap<(usize, usize), usize>,
    /// Policies that limit quantities or prices, each with its cells.
    limits: Vec<limits::Limit<'a>>,
    /// Where sizes are entered, if they are asked for.
    ledger: Option<Ledger>,
}

fn place(policy: usize, key: &str, row: Option<u64>) -> Place {
    Place { section: Section::Policy(policy), key: key.to_owned(), row }
}

impl Compiler<'_> {
    fn select(&mut self, selector: &Selector, axis: Axis, place: &Place) -> Vec<usize> {
        select(selector, axis, self.scenario, self.baseline, place, self.errors)
    }

    /// Enters a size, if sizes are asked for.
    fn enter(&mut self, kind: &'static str, sets: bool, size: impl FnOnce() -> PolicySize) {
        if let Some(ledger) = &mut self.ledger {
            ledger.enter(kind, sets, size());
        }
    }

    fn refuse(&mut self, place: Place, found: f64, expected: &'static str) {
        self.errors.push(ScenarioError::OutOfRange { place, found, expected });
    }

    /// What is changed on a trade cell, to be changed further.
    fn change(&mut self, cell: TradeCell) -> &mut CellChange {
        let baseline = self.baseline;
        self.cells.entry(cell).or_insert_with(|| CellChange::none(baseline, cell))
    }

    /// One region by its code.
    fn region(&mut self, code: &str, place: &Place) -> Option<usize> {
        let regions = &self.baseline.regions;
        let found = regions.position(code);
        if found.is_none() {
            self.errors.push(ScenarioError::UnknownName {
                place: place.clone(),
                what: "region",
                found: code.to_owned(),
                nearest: nearest(code, regions.codes()).map(ToOwned::to_owned),
            });
        }
        found
    }

    /// Refuses numbers outside their range.
    fn check(&mut self, index: usize, key: &str, value: f64, ok: bool, expected: &'static str) {
        if !ok || !value.is_finite() {
            self.refuse(place(index, key, None), value, expected);
        }
    }

    fn finish(mut self) -> Counterfactual {
        self.lay_limits();
        let mut reported = [false; 2];
        for (&(s, n, i), change) in &self.cells {
            for (slot, (kind, rate)) in
                [("tariff", change.tariff), ("export-tax", change.export_tax)]
                    .into_iter()
                    .enumerate()
            {
                if rate <= -1.0 && !reported[slot] {
                    reported[slot] = true;
                    let last = self.last_tax.get(kind).and_then(|last| last.get(&(s, n, i)));
                    let policy = last.copied().unwrap_or(0);
                    self.errors.push(ScenarioError::TaxTooLow {
                        place: place(policy, "add", None),
                        kind,
                        cell: self.baseline.trade_cell_name(s, n, i),
                        found: rate,
                    });
                }
            }
        }
        // Rows without a shift keep the baseline's shares to the last bit.
        let baseline = &self.baseline.final_shares;
        for (n, mut row) in self.counterfactual.final_shares.rows_mut().into_iter().enumerate() {
            if row != baseline.row(n) {
                let sum = row.sum();
                row.mapv_inplace(|share| share / sum);
            }
        }
        self.counterfactual.cells = self.cells.into();
        self.counterfactual
    }
}
