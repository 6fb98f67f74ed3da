//! What policies change, cell by cell.

use ndarray::{Array1, Array2, Array3, Axis};
use viner_numerics::Real;

use super::alternatives::{Blend, Nest};
use super::compile::Effect;
use super::touched::TouchedCells;
use super::wedge::Wedge;
use crate::baseline::Baseline;

/// `[sector, importer, exporter]`.
pub type TradeCell = (usize, usize, usize);

/// Everything that is different in the counterfactual.
///
/// Only touched trade cells are listed; all others are as in the baseline.
#[derive(Clone, Debug, PartialEq)]
pub struct Counterfactual {
    /// Touched trade cells.
    pub cells: TouchedCells,
    /// Routes and currencies between which the trade of some cells is divided.
    pub nests: Vec<Nest>,
    /// Limits on quantities and prices, in the order of the policies.
    pub wedges: Vec<Wedge>,
    /// Â: productivity over its baseline, `[region, sector]`.
    pub productivity: Array2<f64>,
    /// α at the new tastes, `[region, sector]`.
    pub final_shares: Array2<f64>,
    /// Income received (paid, if negative) in transfers, in millions, `[region]`; sums to 0.
    pub transfers: Array1<f64>,
    /// Tax rate on the income of the specific factor, `[region, sector]`.
    pub profit_tax: Array2<f64>,
    /// Coalitions that share their losses; no region is in two of them.
    pub coalitions: Vec<Coalition>,
}

/// A coalition that shares its losses by transfers that sum to 0.
///
/// With `I'` a member's income before these transfers and `L = I P̂ − I'` the loss of its real
/// spending in money, a member receives `L` less its part of the coalition's losses.
#[derive(Clone, Debug, PartialEq)]
pub struct Coalition {
    /// The policy that it is of, by position.
    pub policy: usize,
    /// Members, and by member its part of the losses; by `I P̂` if absent, so that the welfare of all
    /// members changes by one factor `k = Σ I' / Σ I P̂`.
    pub members: Vec<usize>,
    /// Parts of the losses, by member.
    pub weights: Option<Vec<f64>>,
    /// Part of the transfer that is made; 1 but on the way to the whole policy.
    pub part: f64,
}

impl Coalition {
    /// Transfers received, by member, at incomes before them and at `I P̂`.
    pub fn transfers<T: Real>(&self, incomes: &[T], needs: &[T]) -> Vec<T> {
        let sum = |values: &[T]| values.iter().fold(T::constant(0.0), |sum, &value| sum + value);
        let (income, need) = (sum(incomes), sum(needs));
        let goal = |member: usize| match &self.weights {
            None => needs[member] * income / need,
            Some(weights) => needs[member] - (need - income) * weights[member],
        };
        (0..self.members.len()).map(|member| (goal(member) - incomes[member]) * self.part).collect()
    }
}

/// What is different in one trade cell.
#[derive(Clone, Debug, PartialEq)]
pub struct CellChange {
    /// κ̂: iceberg trade cost over its baseline.
    pub trade_cost: f64,
    /// τ': import tariff.
    pub tariff: f64,
    /// x': export tax.
    pub export_tax: f64,
    /// Share of the varieties that an embargo leaves.
    pub allowed: f64,
    /// Share of the varieties whose sellers stay.
    pub staying: f64,
    /// Nests on the cell, the innermost first: position among the nests of the counterfactual, and
    /// the part of the cell that is in it.
    pub nests: Vec<(usize, f64)>,
    /// Wedges on the cell, the innermost first: positions among those of the counterfactual.
    pub wedges: Vec<usize>,
}

impl CellChange {
    /// The cell as it is in the baseline.
    pub fn none(baseline: &Baseline, (s, n, i): TradeCell) -> Self {
        Self {
            trade_cost: 1.0,
            tariff: baseline.tariff(s, n, i),
            export_tax: baseline.export_tax(s, n, i),
            allowed: 1.0,
            staying: 1.0,
            nests: Vec::new(),
            wedges: Vec::new(),
        }
    }

    /// Share of the cell's varieties that neither an embargo nor an exit takes away.
    pub fn remaining(&self) -> f64 {
        self.allowed * self.staying
    }

    /// `κ̂ (1+x')/(1+x) (1+τ')/(1+τ)`: what taxes and trade costs do to the delivered cost of the
    /// cell; nests and wedges come on top.
    pub fn cost_factor(&self, baseline: &Baseline, (s, n, i): TradeCell) -> f64 {
        let export_tax = (1.0 + self.export_tax) / (1.0 + baseline.export_tax(s, n, i));
        let tariff = (1.0 + self.tariff) / (1.0 + baseline.tariff(s, n, i));
        self.trade_cost * export_tax * tariff
    }
}

impl Counterfactual {
    /// No change at all.
    pub fn none(baseline: &Baseline) -> Self {
        let shape = (baseline.region_count(), baseline.sector_count());
        Self {
            cells: TouchedCells::default(),
            nests: Vec::new(),
            wedges: Vec::new(),
            coalitions: Vec::new(),
            productivity: Array2::ones(shape),
            final_shares: baseline.final_shares.clone(),
            transfers: Array1::zeros(shape.0),
            profit_tax: Array2::zeros(shape),
        }
    }

    /// Gives the size that brought about `effect` another value; whether that could be done without
    /// laying all policies on cells again.
    pub fn resize(&mut self, effect: &Effect, from: f64, to: f64) -> bool {
        let Some(change) = effect.cell().and_then(|cell| self.cells.get_mut(&cell)) else {
            return false;
        };
        match effect {
            Effect::TradeCost(_) => change.trade_cost *= (1.0 + to) / (1.0 + from),
            Effect::Tariff(_) => change.tariff += to - from,
            Effect::ExportTax(_) => change.export_tax += to - from,
            Effect::Embargo(_) => change.allowed = 1.0 - to,
            Effect::Exit(_) => change.staying = 1.0 - to,
            Effect::Nest(_)
            | Effect::Limit(_)
            | Effect::Productivity(..)
            | Effect::Taste(..)
            | Effect::ProfitTax(..)
            | Effect::Transfer(_) => return false,
        }
        change.trade_cost > 0.0
            && change.tariff > -1.0
            && change.export_tax > -1.0
            && (0.0..=1.0).contains(&change.allowed)
            && (0.0..=1.0).contains(&change.staying)
    }

    /// The cell as it is in the counterfactual.
    pub fn cell(&self, baseline: &Baseline, cell: TradeCell) -> CellChange {
        self.cells.get(&cell).cloned().unwrap_or_else(|| CellChange::none(baseline, cell))
    }

    /// What the nests of a cell do to it, at its sector's θ.
    pub fn blend(&self, change: &CellChange, trade_elasticity: f64) -> Blend {
        change.nests.iter().fold(Blend::NONE, |all, &(nest, part)| {
            let one = self.nests[nest].blend(part, trade_elasticity);
            Blend {
                log_weight: all.log_weight + one.log_weight,
                arrival: all.arrival * one.arrival,
                producer: all.producer * one.producer,
            }
        })
    }

    /// Margins of hubs in a cell: the region that earns one, and its part of the spending on the cell
    /// before tariff and wedges. An outer nest takes its margins first.
    pub fn hub_margins(&self, change: &CellChange, trade_elasticity: f64) -> Vec<(usize, f64)> {
        let mut margins = Vec::new();
        let mut rest = 1.0;
        for &(nest, part) in change.nests.iter().rev() {
            let nest = &self.nests[nest];
            let inside = nest.part_of_spending(part, trade_elasticity);
            for (branch, share) in nest.branches.iter().zip(nest.shares()) {
                if let Some(hub) = branch.hub.filter(|_| branch.margin != 0.0) {
                    let margin = branch.margin / (1.0 + branch.margin);
                    margins.push((hub, rest * inside * share * margin));
                }
            }
            rest *= nest.blend(part, trade_elasticity).producer;
        }
        margins
    }

    /// Whether nothing is sold in a cell any more.
    pub fn is_closed(&self, change: &CellChange) -> bool {
        change.remaining() == 0.0
            || change.nests.iter().any(|&(nest, part)| part == 1.0 && self.nests[nest].closed())
            || change.wedges.iter().any(|&wedge| self.wedges[wedge].closed)
    }

    /// Touched cells of a sector: importer, exporter and change, in this order.
    pub fn sector(&self, sector: usize) -> impl Iterator<Item = (usize, usize, &CellChange)> {
        self.cells
            .between((sector, 0, 0)..(sector + 1, 0, 0))
            .map(|(&(_, importer, exporter), change)| (importer, exporter, change))
    }

    /// Touched cells of one importer's purchases in a sector, in the order of exporters.
    pub fn row(
        &self,
        sector: usize,
        importer: usize,
    ) -> impl Iterator<Item = (usize, &CellChange)> + Clone {
        self.cells
            .between((sector, importer, 0)..(sector, importer + 1, 0))
            .map(|(&(_, _, exporter), change)| (exporter, change))
    }

    /// `τ'` in one sector, `[importer, exporter]`; `None` if there is no tariff in it.
    pub fn sector_tariffs(&self, baseline: &Baseline, sector: usize) -> Option<Vec<f64>> {
        self.sector_rates(baseline, baseline.tariffs.as_ref(), sector, |change| change.tariff)
    }

    /// `x'` in one sector, `[importer, exporter]`; `None` if there is no export tax in it.
    pub fn sector_export_taxes(&self, baseline: &Baseline, sector: usize) -> Option<Vec<f64>> {
        let before = baseline.export_taxes.as_ref();
        self.sector_rates(baseline, before, sector, |change| change.export_tax)
    }

    fn sector_rates(
        &self,
        baseline: &Baseline,
        before: Option<&Array3<f64>>,
        sector: usize,
        rate: impl Fn(&CellChange) -> f64,
    ) -> Option<Vec<f64>> {
        let regions = baseline.region_count();
        let mut rates: Vec<f64> = match before {
            Some(rates) => rates.index_axis(Axis(0), sector).iter().copied().collect(),
            None if self.sector(sector).all(|(.., change)| rate(change) == 0.0) => return None,
            None => vec![0.0; regions * regions],
        };
        for (n, i, change) in self.sector(sector) {
            rates[n * regions + i] = rate(change);
        }
        rates.iter().any(|rate| *rate != 0.0).then_some(rates)
    }

    /// `τ'` of all cells, `[sector, importer, exporter]`; `None` if there is no tariff anywhere.
    pub fn tariffs(&self, baseline: &Baseline) -> Option<Array3<f64>> {
        self.rates(baseline, baseline.tariffs.as_ref(), |change| change.tariff)
    }

    /// `x'` of all cells, `[sector, importer, exporter]`; `None` if there is no export tax anywhere.
    pub fn export_taxes(&self, baseline: &Baseline) -> Option<Array3<f64>> {
        self.rates(baseline, baseline.export_taxes.as_ref(), |change| change.export_tax)
    }

    fn rates(
        &self,
        baseline: &Baseline,
        before: Option<&Array3<f64>>,
        rate: impl Fn(&CellChange) -> f64,
    ) -> Option<Array3<f64>> {
        if before.is_none() && self.cells.values().all(|change| rate(change) == 0.0) {
            return None;
        }
        let zeros = || Array3::zeros(baseline.trade_flows.raw_dim());
        let mut rates = before.cloned().unwrap_or_else(zeros);
        for (&(s, n, i), change) in &self.cells {
            rates[[s, n, i]] = rate(change);
        }
        Some(rates)
    }

    /// The part `t` of every change: factors by their logarithm, removals and money linearly.
    #[must_use]
    pub fn part_way(&self, baseline: &Baseline, t: f64) -> Self {
        let between =
            |from: f64, to: f64| ((1.0 + from).ln() * (1.0 - t) + (1.0 + to).ln() * t).exp() - 1.0;
        let cells = self.cells.map(|(s, n, i), change| CellChange {
            trade_cost: change.trade_cost.powf(t),
            tariff: between(baseline.tariff(s, n, i), change.tariff),
            export_tax: between(baseline.export_tax(s, n, i), change.export_tax),
            allowed: 1.0 - t * (1.0 - change.allowed),
            staying: 1.0 - t * (1.0 - change.staying),
            nests: change.nests.clone(),
            wedges: change.wedges.clone(),
        });
        let mut final_shares = self.final_shares.clone();
        final_shares.zip_mut_with(&baseline.final_shares, |new, old| {
            if *new > 0.0 {
                *new = old.powf(1.0 - t) * new.powf(t);
            }
        });
        for mut row in final_shares.rows_mut() {
            let sum = row.sum();
            row.mapv_inplace(|share| share / sum);
        }
        Self {
            cells,
            nests: self.nests.iter().map(|nest| nest.part_way(t)).collect(),
            wedges: self.wedges.iter().map(|wedge| wedge.part_way(t)).collect(),
            coalitions: self
                .coalitions
                .iter()
                .map(|coalition| Coalition { part: t * coalition.part, ..coalition.clone() })
                .collect(),
            productivity: self.productivity.mapv(|productivity| productivity.powf(t)),
            final_shares,
            transfers: &self.transfers * t,
            profit_tax: &self.profit_tax * t,
        }
    }
}
