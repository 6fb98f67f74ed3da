//! From derivatives of what the equations calculate to derivatives by what they are given.

use std::collections::{BTreeMap, BTreeSet};

use ndarray::{Array1, Array2};
use viner_numerics::{Adjoints, Real};

use super::blending::{Blending, Direction, Worth};
use super::tail::{Read, Tail};
use super::{Backward, FlowSeeds, Pull};
use crate::equations::backward::market::MarketSeeds;
use crate::equations::backward::region::RegionSeeds;
use crate::equations::limits::Track;
use crate::equations::rents::Rent;
use crate::problem::{CellChange, Effect, PolicySize, Problem, TradeCell, WedgeRule};

/// An outcome and its derivatives.
#[derive(Clone, Debug, PartialEq)]
pub struct Gradient {
    /// The outcome.
    pub value: f64,
    /// Applications of the equations backwards that it took.
    pub products: usize,
    /// By θ, by sector.
    pub trade: Vec<f64>,
    /// By σ, by using sector.
    pub production: Vec<f64>,
    /// By ε, by using sector.
    pub input: Vec<f64>,
    /// By η.
    pub final_demand: f64,
    /// By φ, `[region, sector]`.
    pub specific_factor_share: Array2<f64>,
    /// By `ln Â`, `[region, sector]`.
    pub log_productivity: Array2<f64>,
    /// By the logarithm of the weight in final demand, before weights are scaled to sum to 1,
    /// `[region, sector]`.
    pub log_taste: Array2<f64>,
    /// By the tax rate on the income of the specific factor, `[region, sector]`.
    pub profit_tax: Array2<f64>,
    /// By income received from nowhere, per million, `[region]`: a transfer is two of them.
    pub income: Array1<f64>,
    /// By what is different in a trade cell, for every touched one.
    pub cells: BTreeMap<TradeCell, CellGradient>,
    /// By the parameters of each nest.
    pub nests: Vec<NestGradient>,
    /// By the limit of each wedge.
    pub wedges: Vec<WedgeGradient>,
}

/// Derivatives by the fields of a [`CellChange`]; NaN where its exporter or its importer has left the
/// market altogether, so that nothing is known of the cell.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CellGradient {
    /// By κ̂.
    pub trade_cost: f64,
    /// By τ'.
    pub tariff: f64,
    /// By x'.
    pub export_tax: f64,
    /// By the share of varieties that an embargo leaves; at 0, of the first that return.
    pub allowed: f64,
    /// By the share of varieties whose sellers stay.
    pub staying: f64,
    /// By the part of the cell that is in each of its nests.
    pub nests: Vec<f64>,
}

/// Derivatives by the parameters of a nest.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NestGradient {
    /// By ϑ.
    pub elasticity: f64,
    /// By those of each branch.
    pub branches: Vec<BranchGradient>,
}

/// Derivatives by the parameters of a branch.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct BranchGradient {
    /// By the factor on its cost.
    pub cost: f64,
    /// By its margin.
    pub margin: f64,
}

/// Derivatives by the parameters of a wedge.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct WedgeGradient {
    /// By q̄ or p̄; 0 where it does not bind.
    pub limit: f64,
}

impl Backward<'_> {
    pub(super) fn parameters(
        &self,
        tail: &Tail<'_, '_>,
        read: &Read<'_>,
        adjoints: &Adjoints,
        pull: &Pull,
        multipliers: &[f64],
    ) -> Gradient {
        let problem = self.system.problem;
        let baseline = &problem.baseline;
        let (regions, sectors) = (self.regions.len(), self.markets.len());
        let shift = &adjoints[tail.places.log_share_shift.clone()];
        let zeros = || Array2::zeros((regions, sectors));
        let mut gradient = Gradient {
            value: f64::NAN,
            products: 0,
            trade: vec![0.0; sectors],
            production: vec![0.0; sectors],
            input: vec![0.0; sectors],
            final_demand: 0.0,
            specific_factor_share: zeros(),
            log_productivity: zeros(),
            log_taste: zeros(),
            profit_tax: zeros(),
            income: Array1::from(adjoints[tail.places.incomes.clone()].to_vec()),
            cells: BTreeMap::new(),
            nests: problem
                .counterfactual
                .nests
                .iter()
                .map(|nest| NestGradient {
                    elasticity: 0.0,
                    branches: vec![BranchGradient::default(); nest.branches.len()],
                })
                .collect(),
            wedges: self.wedge_gradients(tail, adjoints, multipliers),
        };
        for n in 0..regions {
            let row = n * sectors..(n + 1) * sectors;
            let seeds = RegionSeeds {
                log_cost: &pull.log_costs[row.clone()],
                log_share_shift: &shift[row.clone()],
                expenditure: &pull.expenditure[row.clone()],
                totals: tail.totals(adjoints, n),
            };
            let value_added = baseline.value_added.row(n).to_vec();
            let own = self.regions[n].gradient(&seeds, &pull.regions[n], &value_added);
            add(&mut gradient.production, &own.production);
            add(&mut gradient.input, &own.input);
            gradient.final_demand += own.final_demand;
            for k in 0..sectors {
                gradient.specific_factor_share[[n, k]] = own.specific_factor_share[k];
                gradient.log_productivity[[n, k]] = own.log_productivity[k];
                gradient.log_taste[[n, k]] = own.log_taste[k];
            }
        }
        self.trade_elasticities(tail, adjoints, pull, &mut gradient.trade);
        for (&cell, &[share, tax]) in &read.factors {
            gradient.specific_factor_share[cell] += adjoints.of(share);
            gradient.profit_tax[cell] += adjoints.of(tax);
        }
        gradient
    }

    /// By what is different in touched cells: in all, or in some of them alone.
    pub(super) fn cells(
        &self,
        tail: &Tail<'_, '_>,
        read: &Read<'_>,
        adjoints: &Adjoints,
        (flows, pull): (&FlowSeeds, &Pull),
        some: Option<&BTreeSet<TradeCell>>,
        gradient: &mut Gradient,
    ) {
        let market_seeds = self.market_seeds(tail, adjoints, flows);
        let touched = &self.system.problem.counterfactual.cells;
        let mut by_cell = |cell: TradeCell, change: &CellChange| {
            self.cell(tail, read, adjoints, &market_seeds, pull, (cell, change), gradient);
        };
        match some {
            None => touched.iter().for_each(|(&cell, change)| by_cell(cell, change)),
            Some(some) => {
                let known = some.iter().filter_map(|cell| Some((cell, touched.get(cell)?)));
                known.for_each(|(&cell, change)| by_cell(cell, change));
                gradient.trade.fill(f64::NAN);
                for nest in &mut gradient.nests {
                    nest.elasticity = f64::NAN;
                    nest.branches.fill(BranchGradient { cost: f64::NAN, margin: f64::NAN });
                }
            }
        }
    }

    /// What θ does to every cell and price; what it does to touched cells alone comes with them.
    fn trade_elasticities(
        &self,
        tail: &Tail<'_, '_>,
        adjoints: &Adjoints,
        pull: &Pull,
        gradient: &mut [f64],
    ) {
        let (regions, sectors) = (self.regions.len(), self.markets.len());
        let by_price = &adjoints[tail.places.log_prices.clone()];
        for (s, slot) in gradient.iter_mut().enumerate() {
            let theta = self.system.markets[s].trade_elasticity;
            for n in 0..regions {
                // −θ times the derivatives by all weights of an exporter is that by its cost.
                *slot +=
                    self.blocks.log_costs[n * sectors + s] * pull.markets[s].log_costs[n] / theta;
                let market = s * regions + n;
                *slot -= by_price[market] * self.blocks.log_prices[market] / theta;
            }
            let splits = self.system.accounts[s].iter().zip(&pull.markets[s].log_split_weights);
            for (accounts, by_weight) in splits {
                for &wedge in &accounts.wedges {
                    *slot -= by_weight * self.blocks.wedges.points[wedge].log_multiplier;
                }
            }
        }
    }

    fn wedge_gradients(
        &self,
        tail: &Tail<'_, '_>,
        adjoints: &Adjoints,
        multipliers: &[f64],
    ) -> Vec<WedgeGradient> {
        let wedges = &self.system.problem.counterfactual.wedges;
        let first = self.point.len() - wedges.len();
        let limit = |index: usize| match (&wedges[index].rule, &self.system.wedges[index].track) {
            (WedgeRule::Quota { limit: 0.0, .. }, _) => f64::NAN,
            (WedgeRule::Quota { limit, .. }, Track::Quota { step, .. }) => {
                -multipliers[first + index] * step / limit
            }
            (WedgeRule::PriceCap(cap), Track::Cap(_)) => {
                -adjoints.of(tail.evaluation.wedges.log_prices[index]) / cap.cap
            }
            _ => 0.0,
        };
        (0..wedges.len()).map(|index| WedgeGradient { limit: limit(index) }).collect()
    }

    #[expect(clippy::too_many_arguments, reason = "all that is known of the derivatives so far")]
    fn cell(
        &self,
        tail: &Tail<'_, '_>,
        read: &Read<'_>,
        adjoints: &Adjoints,
        market_seeds: &[MarketSeeds<'_>],
        pull: &Pull,
        (cell, change): (TradeCell, &CellChange),
        gradient: &mut Gradient,
    ) {
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
            gradient.cells.insert(cell, none);
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
            gradient.cells.insert(cell, unknown);
            return;
        }
        let seeds = &market_seeds[s];
        let worth = pull.markets[s].expenditure[n];
        let (tau, tax) = (change.tariff, change.export_tax);
        let (before_tariff, before_tax) = ((1.0 + tau).recip(), (1.0 + tax).recip());
        let place = market.split_place(n, i);
        let closed = counterfactual.is_closed(change);

        // The share of the cell per unit of what remains of its varieties, which may be 0.
        let blend = counterfactual.blend(change, theta);
        let cost_factor = change.cost_factor(baseline, cell);
        let log_cost = self.blocks.log_costs[i * sectors + s];
        let log_price = self.blocks.log_prices[s * regions + n];
        let log_multiplier: f64 = change
            .wedges
            .iter()
            .map(|&wedge| self.blocks.wedges.points[wedge].log_multiplier)
            .sum();
        let away = cost_factor.ln() + log_cost + log_multiplier - log_price;
        let whole = baseline.trade_shares[[s, n, i]] * (blend.log_weight - theta * away).exp();

        let mut own = CellGradient { nests: vec![0.0; nest_count], ..CellGradient::default() };
        let margins = vec![0.0; if nest_count > 0 { regions } else { 0 }];
        let mut of = Worth { margins, ..Worth::default() };
        let per_share;
        if let Some(place) = place {
            let spending = self.blocks.split_spending[s][place];
            let by_spending = seeds.split_spending[place];
            per_share = self.markets[s].by_share(seeds, by_spending, worth, n);
            let accounts = &self.system.accounts[s][place];
            let gross = spending * before_tariff;
            // All that follows from the spending is proportional to it.
            let by_gross =
                spending * (by_spending - seeds.tariffs[n] * (1.0 - before_tariff)) / before_tariff;
            own.tariff = -before_tariff * before_tariff * (by_gross - spending * seeds.tariffs[n]);
            let mut by_outer = by_gross * before_tariff;
            for &(hub, part) in &accounts.margins {
                by_outer -= gross * part * adjoints.of(tail.evaluation.rents[hub]);
            }
            for &wedge in &accounts.wedges {
                let line = &self.system.wedges[wedge];
                let Some(limited) =
                    line.cells.iter().find(|cell| (cell.sector, cell.split) == (s, place))
                else {
                    continue;
                };
                let log_quantity = tail.evaluation.wedges.log_quantities[wedge];
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
                *slot = gross * adjoints.of(tail.evaluation.rents[hub]);
            }
            let divided = accounts.divide(spending, &self.rents_of(tail), |_, _, _: f64| {});
            let read_value =
                read.splits.get(&cell).map_or(0.0, |split| adjoints.of(split.split.producer_value));
            own.trade_cost = -of.log_arrival / change.trade_cost;
            own.export_tax = before_tax
                * (divided.producer_value * (seeds.export_taxes[i] - seeds.sales[i] - read_value)
                    - of.log_arrival);
            for &wedge in &accounts.wedges {
                let line = &counterfactual.wedges[wedge];
                if matches!(line.rule, WedgeRule::PriceCap(_)) && line.cells[0].0 == cell {
                    let price = tail.evaluation.wedges.log_prices[wedge];
                    own.export_tax += before_tax * adjoints.of(price);
                }
            }
        } else {
            let flow = seeds.flows.iter().filter(|(m, j, _)| (*m, *j) == (n, i));
            let flow: f64 = flow.map(|(.., seed)| seed).sum();
            let producer = before_tariff * before_tax;
            let by_spending = producer * (seeds.sales[i] + flow)
                + producer * tax * seeds.export_taxes[i]
                + (1.0 - before_tariff) * seeds.tariffs[n];
            per_share = self.markets[s].by_share(seeds, by_spending, worth, n);
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
        let by_remaining = whole * per_share;
        own.allowed = by_remaining * change.staying;
        own.staying = by_remaining * change.allowed;
        if closed {
            // Nothing but its return changes anything.
            gradient.cells.insert(
                cell,
                CellGradient {
                    allowed: if change.allowed == 0.0 { own.allowed } else { 0.0 },
                    staying: if change.staying == 0.0 { own.staying } else { 0.0 },
                    nests: vec![0.0; nest_count],
                    ..CellGradient::default()
                },
            );
            return;
        }
        of.log_weight = change.remaining() * by_remaining;
        own.trade_cost -= theta * of.log_weight / change.trade_cost;
        own.tariff -= theta * of.log_weight * before_tariff;
        own.export_tax -= theta * of.log_weight * before_tax;
        gradient.trade[s] -= of.log_weight * cost_factor.ln();
        for (position, &(nest, _)) in change.nests.iter().enumerate() {
            let by = |direction: Direction| {
                of.along(&Blending::of(&counterfactual.nests, change, theta, nest, direction))
            };
            own.nests[position] = by(Direction::Part(position));
            gradient.nests[nest].elasticity += by(Direction::Elasticity);
            for branch in 0..gradient.nests[nest].branches.len() {
                let slot = &mut gradient.nests[nest].branches[branch];
                slot.cost += by(Direction::Cost(branch));
                slot.margin += by(Direction::Margin(branch));
            }
        }
        if nest_count > 0 {
            let nests = &counterfactual.nests;
            let blending = Blending::of(nests, change, theta, usize::MAX, Direction::Trade);
            gradient.trade[s] += of.along(&blending);
        }
        gradient.cells.insert(cell, own);
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

fn add(target: &mut [f64], values: &[f64]) {
    target.iter_mut().zip(values).for_each(|(slot, value)| *slot += value);
}

impl Gradient {
    /// The derivative by a size of a policy of `problem`, which the gradient is of. Of a cap, which is
    /// one for all its cells, it is the cell's part by baseline value.
    pub fn by(&self, problem: &Problem, size: &PolicySize) -> f64 {
        let counterfactual = &problem.counterfactual;
        let cell = size
            .effect
            .cell()
            .and_then(|cell| Some((counterfactual.cells.get(&cell)?, self.cells.get(&cell)?)));
        let on_cell = |by: &dyn Fn(&CellChange, &CellGradient) -> f64| {
            cell.map_or(0.0, |(change, gradient)| by(change, gradient))
        };
        match &size.effect {
            Effect::TradeCost(_) => {
                on_cell(&|change, own| own.trade_cost * change.trade_cost / (1.0 + size.value))
            }
            Effect::Tariff(_) => on_cell(&|_, own| own.tariff),
            Effect::ExportTax(_) => on_cell(&|_, own| own.export_tax),
            Effect::Embargo(_) => on_cell(&|_, own| -own.allowed),
            Effect::Exit(_) => on_cell(&|_, own| -own.staying),
            Effect::Nest(_) => on_cell(&|change, own| {
                let is_own =
                    |(nest, _): &(usize, f64)| counterfactual.nests[*nest].policy == size.policy;
                change.nests.iter().position(is_own).map_or(0.0, |position| own.nests[position])
            }),
            Effect::Limit(cell) => on_cell(&|change, _| {
                let is_own = |wedge: &&usize| counterfactual.wedges[**wedge].policy == size.policy;
                let Some(&wedge) = change.wedges.iter().find(is_own) else { return 0.0 };
                let cells = counterfactual.wedges[wedge].cells.iter();
                let part = cells.filter(|(own, _)| own == cell).map(|(_, part)| part).sum::<f64>();
                self.wedges[wedge].limit * part
            }),
            Effect::Productivity(n, s) => self.log_productivity[[*n, *s]] / (1.0 + size.value),
            Effect::Taste(n, s) => self.log_taste[[*n, *s]] / (1.0 + size.value),
            Effect::ProfitTax(n, s) => self.profit_tax[[*n, *s]],
            Effect::Transfer(parts) => {
                parts.iter().map(|(region, amount)| self.income[*region] * amount).sum()
            }
        }
    }
}
