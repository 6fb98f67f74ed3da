//! Quotas and price caps: cells that share a limit become one wedge.

use std::collections::BTreeMap;

use super::{Compiler, place};
use crate::problem::counterfactual::TradeCell;
use crate::problem::{FeeOwner, PriceCap, ScenarioError, Wedge, WedgeRule};
use crate::scenario::{QuotaScope, Shadow, ShadowOwner};

/// A policy that limits quantities or prices.
pub(super) struct Limit<'a> {
    policy: usize,
    rule: Rule<'a>,
    /// Its cells and the limit in each.
    cells: BTreeMap<TradeCell, f64>,
}

#[derive(Clone, Copy)]
enum Rule<'a> {
    Quota { rent_to_exporter: f64, scope: QuotaScope },
    PriceCap { shadow: &'a Shadow, owner: FeeOwner },
}

impl Rule<'_> {
    /// What cells that share a wedge have in common.
    fn group(&self, (s, n, i): TradeCell) -> [usize; 3] {
        match self {
            Self::Quota { scope: QuotaScope::Total, .. } => [0; 3],
            Self::Quota { scope: QuotaScope::Cell, .. } => [i, s, n],
            Self::Quota { scope: QuotaScope::ExporterSector, .. } | Self::PriceCap { .. } => {
                [i, s, 0]
            }
        }
    }
}

impl<'a> Compiler<'a> {
    pub(super) fn quota(
        &mut self,
        index: usize,
        rent_to_exporter: f64,
        scope: QuotaScope,
        cells: BTreeMap<TradeCell, f64>,
    ) {
        let is_share = (0.0..=1.0).contains(&rent_to_exporter);
        let expected = "a share between 0 and 1";
        self.check(index, "rent_to_exporter", rent_to_exporter, is_share, expected);
        self.limit(index, Rule::Quota { rent_to_exporter, scope }, cells);
    }

    pub(super) fn price_cap(
        &mut self,
        index: usize,
        shadow: &'a Shadow,
        cells: BTreeMap<TradeCell, f64>,
    ) {
        let (capacity, cost) = (shadow.capacity, shadow.cost);
        let expected = "a finite number, at least 0";
        self.check(index, "shadow_capacity", capacity, capacity >= 0.0, expected);
        let expected = "a share from 0 to below 1";
        let is_cost = (0.0..1.0).contains(&cost) || (cost == 1.0 && capacity == 0.0);
        self.check(index, "shadow_cost", cost, is_cost, expected);
        let owner = match &shadow.owner {
            ShadowOwner::Importer => FeeOwner::Importer,
            ShadowOwner::Exporter => FeeOwner::Exporter,
            ShadowOwner::Iceberg => FeeOwner::Iceberg,
            ShadowOwner::Region(code) => {
                match self.region(code, &place(index, "shadow_owner", None)) {
                    Some(region) => FeeOwner::Region(region),
                    None => return,
                }
            }
        };
        self.limit(index, Rule::PriceCap { shadow, owner }, cells);
    }

    /// Takes the cells over from earlier limits of the same kind.
    fn limit(&mut self, index: usize, rule: Rule<'a>, mut cells: BTreeMap<TradeCell, f64>) {
        let is_quota = |rule: &Rule<'_>| matches!(rule, Rule::Quota { .. });
        for earlier in &mut self.limits {
            if is_quota(&earlier.rule) == is_quota(&rule) {
                earlier.cells.retain(|cell, _| !cells.contains_key(cell));
            }
        }
        let flows = &self.baseline.trade_flows;
        let any = !cells.is_empty();
        cells.retain(|&(s, n, i), _| flows[[s, n, i]] > 0.0);
        if any && cells.is_empty() {
            let reason = "none of its cells has any trade in the baseline";
            self.errors.push(ScenarioError::NoCells { place: place(index, "", None), reason });
        }
        self.limits.push(Limit { policy: index, rule, cells });
    }

    /// Makes one wedge of all cells that share a limit, and lays it on them.
    pub(super) fn lay_limits(&mut self) {
        for Limit { policy, rule, cells } in std::mem::take(&mut self.limits) {
            let mut groups: BTreeMap<[usize; 3], Vec<(TradeCell, f64)>> = BTreeMap::new();
            for (cell, limit) in cells {
                groups.entry(rule.group(cell)).or_default().push((cell, limit));
            }
            for cells in groups.into_values() {
                let wedge = self.wedge(policy, rule, &cells);
                let position = self.counterfactual.wedges.len();
                self.counterfactual.wedges.push(wedge);
                for (cell, _) in cells {
                    self.change(cell).wedges.push(position);
                }
            }
        }
    }

    fn wedge(&mut self, policy: usize, rule: Rule<'_>, cells: &[(TradeCell, f64)]) -> Wedge {
        let value = |&(s, n, i): &TradeCell| self.baseline.trade_flows[[s, n, i]];
        let total: f64 = cells.iter().map(|(cell, _)| value(cell)).sum();
        let parts: Vec<(TradeCell, f64)> =
            cells.iter().map(|(cell, _)| (*cell, value(cell) / total)).collect();
        let rule = match rule {
            Rule::Quota { rent_to_exporter, .. } => {
                let limit = cells.iter().zip(&parts).map(|((_, limit), (_, part))| limit * part);
                WedgeRule::Quota { limit: limit.sum(), rent_to_exporter }
            }
            Rule::PriceCap { shadow, owner } => {
                self.check_price_cap(policy, cells);
                let (capacity, cost) = (shadow.capacity, shadow.cost);
                WedgeRule::PriceCap(PriceCap { cap: cells[0].1, capacity, cost, owner })
            }
        };
        let closed = matches!(rule, WedgeRule::Quota { limit: 0.0, .. });
        Wedge { policy, rule, cells: parts, closed }
    }

    /// One exporter sells at one price in a sector: its cap and its export tax must be one, too.
    fn check_price_cap(&mut self, policy: usize, cells: &[(TradeCell, f64)]) {
        let ((first, cap), rest) = (cells[0], &cells[1..]);
        let name = |(s, n, i): TradeCell| self.baseline.trade_cell_name(s, n, i);
        let tax = |(s, n, i): TradeCell| {
            let change = self.cells.get(&(s, n, i));
            change.map_or_else(|| self.baseline.export_tax(s, n, i), |change| change.export_tax)
        };
        let tax_before = |(s, n, i): TradeCell| self.baseline.export_tax(s, n, i);
        let price = |cell| (1.0 + tax(cell)) / (1.0 + tax_before(cell));
        let other_cap = rest.iter().find(|(_, other)| *other != cap);
        let other_tax = rest.iter().find(|(cell, _)| price(*cell) != price(first));
        let mut errors = Vec::new();
        if let Some(&(cell, other)) = other_cap {
            errors.push(ScenarioError::UnequalCaps {
                place: place(policy, "cap", None),
                cells: [name(first), name(cell)],
                found: [cap, other],
            });
        }
        if let Some(&(cell, _)) = other_tax {
            errors.push(ScenarioError::UnequalExportTaxes {
                place: place(policy, "cap", None),
                cells: [name(first), name(cell)],
            });
        }
        self.errors.extend(errors);
    }
}
