//! Which number of which policy makes which part of the counterfactual.

use std::collections::{BTreeMap, HashMap};

use crate::problem::counterfactual::TradeCell;

/// A size of a policy, in one place.
#[derive(Clone, Debug, PartialEq)]
pub struct PolicySize {
    /// The policy, by position.
    pub policy: usize,
    /// Key of the size in scenario files.
    pub key: &'static str,
    /// The size.
    pub value: f64,
    /// Where it has an effect, and which.
    pub effect: Effect,
}

/// What a size does.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// κ̂ is multiplied by `1 + size`.
    TradeCost(TradeCell),
    /// Part of τ'.
    Tariff(TradeCell),
    /// Part of x'.
    ExportTax(TradeCell),
    /// The share of varieties that an embargo takes away.
    Embargo(TradeCell),
    /// The share of varieties whose sellers leave.
    Exit(TradeCell),
    /// The part of the cell that is in the policy's nest.
    Nest(TradeCell),
    /// The limit of the policy's wedge on the cell.
    Limit(TradeCell),
    /// Â is multiplied by `1 + size`.
    Productivity(usize, usize),
    /// The weight in final demand is multiplied by `1 + size`.
    Taste(usize, usize),
    /// The tax on the income of the specific factor.
    ProfitTax(usize, usize),
    /// What each region receives per unit.
    Transfer(Vec<(usize, f64)>),
}

impl Effect {
    /// The trade cell that it is in.
    pub fn cell(&self) -> Option<TradeCell> {
        match self {
            Self::TradeCost(cell)
            | Self::Tariff(cell)
            | Self::ExportTax(cell)
            | Self::Embargo(cell)
            | Self::Exit(cell)
            | Self::Nest(cell)
            | Self::Limit(cell) => Some(*cell),
            Self::Productivity(..) | Self::Taste(..) | Self::ProfitTax(..) | Self::Transfer(_) => {
                None
            }
        }
    }

    /// The region and sector that it is in.
    pub fn sector(&self) -> Option<(usize, usize)> {
        match self {
            Self::Productivity(n, s) | Self::Taste(n, s) | Self::ProfitTax(n, s) => Some((*n, *s)),
            _ => None,
        }
    }
}

/// Sizes in the order of the policies; what a later policy replaces is taken out.
#[derive(Default)]
pub(super) struct Ledger {
    entries: Vec<Option<PolicySize>>,
    on_cells: BTreeMap<&'static str, HashMap<TradeCell, Vec<usize>>>,
    profit_taxes: BTreeMap<(usize, usize), usize>,
}

impl Ledger {
    /// Enters a size. What `sets` its cell discards all that policies of its `kind` did there.
    pub fn enter(&mut self, kind: &'static str, sets: bool, size: PolicySize) {
        let position = self.entries.len();
        if let Some(cell) = size.effect.cell() {
            let known = self.on_cells.entry(kind).or_default().entry(cell).or_default();
            if sets {
                for earlier in known.drain(..) {
                    self.entries[earlier] = None;
                }
            }
            known.push(position);
        } else if let Effect::ProfitTax(n, s) = size.effect
            && let Some(earlier) = self.profit_taxes.insert((n, s), position)
        {
            self.entries[earlier] = None;
        }
        self.entries.push(Some(size));
    }

    pub fn sizes(self) -> Vec<PolicySize> {
        self.entries.into_iter().flatten().collect()
    }
}
