//! Derivatives by what is different in touched trade cells, and by the nests on them.

use std::collections::{BTreeMap, BTreeSet};

use viner_numerics::{Adjoints, Real, Var};

use super::blending::{Blending, Direction, Worth};
use super::parameters::{BranchGradient, CellGradient, Gradient, NestGradient};
use super::tail::{Read, Tail};
use super::{Backward, FlowSeeds, Pull};
use crate::equations::backward::market::MarketSeeds;
use crate::equations::rents::Rent;
use crate::equilibrium::map::evaluation::Evaluation;
use crate::equilibrium::system::each;
use crate::problem::{CellChange, TradeCell, WedgeRule};

/// What is known of an outcome before its derivatives by cells.
struct Known<'k, 't> {
    evaluation: &'k Evaluation<Var<'t>>,
    read: &'k Read<'t>,
    adjoints: &'k Adjoints,
    pull: &'k Pull,
    seeds: Vec<MarketSeeds<'k>>,
    rents: Vec<Rent<f64>>,
}

/// What the touched cells of a sector come to.
#[derive(Default)]
struct OfSector {
    cells: Vec<(TradeCell, CellGradient)>,
    /// By θ.
    trade: f64,
    /// By the parameters of the nests on them.
    nests: BTreeMap<usize, NestGradient>,
}

impl Backward<'_> {
    /// By what is different in touched cells: in all, or in some of them alone.
    pub(super) fn cells<'t>(
        &self,
        tail: &Tail<'_, 't>,
        read: &Read<'t>,
        adjoints: &Adjoints,
        (flows, pull): (&FlowSeeds, &Pull),
        some: Option<&BTreeSet<TradeCell>>,
        gradient: &mut Gradient,
    ) {
        let known = Known {
            evaluation: &tail.evaluation,
            read,
            adjoints,
            pull,
            seeds: self.market_seeds(tail, adjoints, flows),
            rents: self.rents_of(tail),
        };
        let touched = &self.system.problem.counterfactual.cells;
        let chosen: Vec<(TradeCell, &CellChange)> = match some {
            None => touched.iter().map(|(&cell, change)| (cell, change)).collect(),
            Some(some) => {
                some.iter().filter_map(|cell| Some((*cell, touched.get(cell)?))).collect()
            }
        };
        let sectors: Vec<_> = chosen.chunk_by(|(one, _), (other, _)| one.0 == other.0).collect();
        let found = each(self.parallel, sectors.len(), |at| {
            let mut found = OfSector::default();
            sectors[at].iter().for_each(|cell| self.cell(&known, *cell, &mut found));
            found
        });
        let mut cells = Vec::with_capacity(chosen.len());
        for (of_sector, sector) in found.into_iter().zip(sectors) {
            cells.extend(of_sector.cells);
            gradient.trade[sector[0].0.0] += of_sector.trade;
            for (nest, own) in of_sector.nests {
                gradient.nests[nest].add(&own);
            }
        }
        gradient.cells = cells.into_iter().collect();
        if some.is_some() {
            gradient.trade.fill(f64::NAN);
            for nest in &mut gradient.nests {
                nest.elasticity = f64::NAN;
                nest.branches.fill(BranchGradient::UNKNOWN);
            }
        }
    }

    fn cell(
        &self,
        known: &Known<'_, '_>,
        (cell, change): (TradeCell, &CellChange),
        found: &mut OfSector,
    ) {
        let Known { evaluation, read, adjoints, pull, .. } = known;
        let (s, n, i) = cell;
        let problem = self.system.problem;
        let counterfactual = &problem.counterfactual;
        let baseline = &problem.baseline;
        let (regions, sectors) = (self.regions.len(), self.markets.len());
        let market = &self.system.markets[s];
        let theta = market.trade_elasticity;
        let nest_count = change.nests.len();
        if baseline.trade_flows[[s, n, i]] == 0.0 {
            let none = CellGradient { nests: vec![0.0; nest_count], ..CellGradient::default() };
            found.cells.push((cell, none));
            return;
        }
        if !self.system.survivors.buys[[n, s]] || !self.system.survivors.sells[[i, s]] {
            let unknown = CellGradient {
                trade_cost: f64::NAN,
                tariff: f64::NAN,
                export_tax: f64::NAN,
                allowed: f64::NAN,
                staying: f64::NAN,
                nests: vec![f64::NAN; nest_count],
            };
            found.cells.push((cell, unknown));
            return;
        }
        let seeds = &known.seeds[s];
        let (tau, tax) = (change.tariff, change.export_tax);
        let (before_tariff, before_tax) = ((1.0 + tau).recip(), (1.0 + tax).recip());
        let place = market.split_place(n, i);
        let closed = counterfactual.is_closed(change);

        let blend = counterfactual.blend(change, theta);
        let cost_factor = change.cost_factor(baseline, cell);
        let log_cost = self.blocks.log_costs[i * sectors + s];
        let log_multiplier: f64 = change
            .wedges
            .iter()
            .map(|&wedge| self.blocks.wedges.points[wedge].log_multiplier)
            .sum();
        let paid = cost_factor.ln() + log_cost + log_multiplier;
        // By the logarithm of the cell's weight, per unit of what remains of its varieties, which may be
        // 0; `own` is the worth of a unit spent on the cell.
        let by_varieties = |own: f64| -> f64 {
            let log_prices = &self.blocks.log_prices[s * regions * market.purchasers..];
            self.markets[s]
                .rows(n)
                .map(|row| {
                    let share = problem.trade_share((s, n, i), row - n * market.purchasers);
                    let log_factor = blend.log_weight - theta * (paid - log_prices[row]);
                    let mean = pull.markets[s].expenditure[row];
                    share * log_factor.exp() * self.markets[s].by_share(seeds, own, mean, row)
                })
                .sum()
        };

        let mut own = CellGradient { nests: vec![0.0; nest_count], ..CellGradient::default() };
        let margins = vec![0.0; if nest_count > 0 { regions } else { 0 }];
        let mut of = Worth { margins, ..Worth::default() };
        let by_remaining;
        if let Some(place) = place {
            let spending = self.blocks.split_spending[s][place];
            let by_spending = seeds.split_spending[place];
            by_remaining = by_varieties(by_spending);
            let accounts = &self.system.accounts[s][place];
            let gross = spending * before_tariff;
            // All that follows from the spending is proportional to it.
            let by_gross =
                spending * (by_spending - seeds.tariffs[n] * (1.0 - before_tariff)) / before_tariff;
            own.tariff = -before_tariff * before_tariff * (by_gross - spending * seeds.tariffs[n]);
            let mut by_outer = by_gross * before_tariff;
            for &(hub, part) in &accounts.margins {
                by_outer -= gross * part * adjoints.of(evaluation.rents[hub]);
            }
            for &wedge in &accounts.wedges {
                let line = &self.system.wedges[wedge];
                let Some(limited) =
                    line.cells.iter().find(|cell| (cell.sector, cell.split) == (s, place))
                else {
                    continue;
                };
                let log_quantity = evaluation.wedges.log_quantities[wedge];
                let goods = gross * (-log_multiplier - log_cost).exp() * limited.quantity;
                of.log_arrival += adjoints.of(log_quantity) * goods / log_quantity.value().exp();
            }
            by_outer -= of.log_arrival;
            if let Some(accounts) = read.splits.get(&cell) {
                // These have no margins taken from them.
                for figure in [accounts.split.goods, accounts.before_tariff] {
                    by_outer -= adjoints.of(figure) * figure.value();
                }
            }
            of.producer = by_outer / accounts.producer;
            for (hub, slot) in of.margins.iter_mut().enumerate() {
                *slot = gross * adjoints.of(evaluation.rents[hub]);
            }
            let divided = accounts.divide(spending, &known.rents, |_, _, _: f64| {});
            let read_value =
                read.splits.get(&cell).map_or(0.0, |split| adjoints.of(split.split.producer_value));
            own.trade_cost = -of.log_arrival / change.trade_cost;
            own.export_tax = before_tax
                * (divided.producer_value * (seeds.export_taxes[i] - seeds.sales[i] - read_value)
                    - of.log_arrival);
            for &wedge in &accounts.wedges {
                let line = &counterfactual.wedges[wedge];
                if matches!(line.rule, WedgeRule::PriceCap(_)) && line.cells[0].0 == cell {
                    let price = evaluation.wedges.log_prices[wedge];
                    own.export_tax += before_tax * adjoints.of(price);
                }
            }
        } else {
            let flow = seeds.flows.binary_search_by_key(&(n, i), |&(n, i, _)| (n, i));
            let flow = flow.map_or(0.0, |place| seeds.flows[place].2);
            let producer = before_tariff * before_tax;
            let by_spending = producer * (seeds.sales[i] + flow)
                + producer * tax * seeds.export_taxes[i]
                + (1.0 - before_tariff) * seeds.tariffs[n];
            by_remaining = by_varieties(by_spending);
            let spending = if closed { 0.0 } else { self.markets[s].spending(n, i) };
            let value = spending * producer;
            own.tariff = before_tariff
                * (spending * before_tariff * seeds.tariffs[n]
                    - value * (seeds.sales[i] + flow + tax * seeds.export_taxes[i]));
            own.export_tax = before_tax * value * (seeds.export_taxes[i] - seeds.sales[i] - flow);
        }
        if let Some(&[trade_cost, export_tax, arrival]) = read.changes.get(&cell) {
            own.trade_cost += adjoints.of(trade_cost);
            own.export_tax += adjoints.of(export_tax);
            of.log_arrival += adjoints.of(arrival) * blend.arrival;
        }
        own.allowed = by_remaining * change.staying;
        own.staying = by_remaining * change.allowed;
        if closed {
            // Nothing but its return changes anything.
            let returning = CellGradient {
                allowed: if change.allowed == 0.0 { own.allowed } else { 0.0 },
                staying: if change.staying == 0.0 { own.staying } else { 0.0 },
                nests: vec![0.0; nest_count],
                ..CellGradient::default()
            };
            found.cells.push((cell, returning));
            return;
        }
        of.log_weight = change.remaining() * by_remaining;
        own.trade_cost -= theta * of.log_weight / change.trade_cost;
        own.tariff -= theta * of.log_weight * before_tariff;
        own.export_tax -= theta * of.log_weight * before_tax;
        found.trade -= of.log_weight * cost_factor.ln();
        for (position, &(nest, _)) in change.nests.iter().enumerate() {
            let by = |direction: Direction| {
                of.along(&Blending::of(&counterfactual.nests, change, theta, nest, direction))
            };
            own.nests[position] = by(Direction::Part(position));
            let branches = counterfactual.nests[nest].branches.len();
            let by_nest =
                found.nests.entry(nest).or_insert_with(|| NestGradient::with_branches(branches));
            by_nest.elasticity += by(Direction::Elasticity);
            for (branch, slot) in by_nest.branches.iter_mut().enumerate() {
                slot.cost += by(Direction::Cost(branch));
                slot.margin += by(Direction::Margin(branch));
                slot.share += by(Direction::Share(branch));
            }
        }
        if nest_count > 0 {
            let nests = &counterfactual.nests;
            let blending = Blending::of(nests, change, theta, usize::MAX, Direction::Trade);
            found.trade += of.along(&blending);
        }
        found.cells.push((cell, own));
    }

    /// Rents as the accounts of split cells see them, without derivatives.
    fn rents_of(&self, tail: &Tail<'_, '_>) -> Vec<Rent<f64>> {
        let values = &tail.evaluation.wedges;
        let lines = self.system.wedges.iter().zip(&self.blocks.wedges.points);
        lines
            .zip(&values.log_quantities)
            .map(|((line, point), log_quantity)| line.rent(point, log_quantity.value()))
            .collect()
    }
}
