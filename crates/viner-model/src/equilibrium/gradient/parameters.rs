//! From derivatives of what the equations calculate to derivatives by what they are given.

use std::collections::BTreeMap;

use ndarray::{Array1, Array2};
use viner_numerics::{Adjoints, Dual, Real};

use super::shares::ShareGradient;
use super::tail::{Read, Tail};
use super::{Backward, Pull};
use crate::equilibrium::map::EquilibriumMap;
use crate::equilibrium::system::each;
use crate::problem::{
    CellChange, Coalition, Effect, Nest, NestKind, PolicySize, Problem, TradeCell, WedgeRule,
};

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
    /// By the numbers of each wedge.
    pub wedges: Vec<WedgeGradient>,
    /// By each member's part in the losses of each coalition, the other parts held; none where the rule
    /// is another.
    pub coalitions: Vec<Vec<f64>>,
    /// By the shares of the baseline, where it is asked for.
    pub shares: Option<ShareGradient>,
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
    /// By its share in the baseline, the other shares held; NaN if it would be the only open branch.
    pub share: f64,
}

impl NestGradient {
    pub(super) fn with_branches(count: usize) -> Self {
        Self { elasticity: 0.0, branches: vec![BranchGradient::default(); count] }
    }

    pub(super) fn add(&mut self, other: &Self) {
        self.elasticity += other.elasticity;
        for (slot, own) in self.branches.iter_mut().zip(&other.branches) {
            slot.cost += own.cost;
            slot.margin += own.margin;
            slot.share += own.share;
        }
    }
}

impl BranchGradient {
    pub(super) const UNKNOWN: Self = Self { cost: f64::NAN, margin: f64::NAN, share: f64::NAN };
}

/// Derivatives by the parameters of a wedge; 0 where they are not in use.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct WedgeGradient {
    /// By q̄ or p̄.
    pub limit: f64,
    /// By λ: part of the rent of a quota that the exporter keeps.
    pub rent_to_exporter: f64,
    /// By K: outside shipping under a price cap.
    pub capacity: f64,
    /// By δ: what that costs.
    pub cost: f64,
}

impl Backward<'_> {
    pub(super) fn parameters(
        &self,
        map: &EquilibriumMap<'_>,
        tail: &Tail<'_, '_>,
        read: &Read<'_>,
        adjoints: &Adjoints,
        (pull, multipliers): (&Pull, &[f64]),
    ) -> Gradient {
        let problem = self.system.problem;
        let baseline = &problem.baseline;
        let (regions, sectors) = (self.regions.len(), self.markets.len());
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
                .map(|nest| NestGradient::with_branches(nest.branches.len()))
                .collect(),
            wedges: self.wedge_gradients(tail, adjoints, &pull.log_multipliers),
            coalitions: self.coalition_gradients(map, tail, multipliers),
            shares: None,
        };
        let seeds = self.region_seeds(tail, adjoints, &pull.log_costs, &pull.expenditure);
        let by_region = each(self.parallel, regions, |n| {
            let value_added = baseline.value_added.row(n).to_vec();
            self.regions[n].gradient(&seeds[n], &pull.regions[n], &value_added)
        });
        for (n, own) in by_region.into_iter().enumerate() {
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
            }
            let rows = regions * self.system.purchasers;
            for row in s * rows..(s + 1) * rows {
                *slot -= by_price[row] * self.blocks.log_prices[row] / theta;
            }
            let splits = self.system.accounts[s].iter().zip(&pull.markets[s].log_split_weights);
            for (accounts, by_weight) in splits {
                for &wedge in &accounts.wedges {
                    *slot -= by_weight * self.blocks.wedges.points[wedge].log_multiplier;
                }
            }
        }
    }

    /// What losses of a coalition its members bear, by their parts in them.
    fn coalition_gradients(
        &self,
        map: &EquilibriumMap<'_>,
        tail: &Tail<'_, '_>,
        multipliers: &[f64],
    ) -> Vec<Vec<f64>> {
        let baseline = &self.system.problem.baseline;
        let coalitions = &self.system.problem.counterfactual.coalitions;
        if coalitions.is_empty() {
            return Vec::new();
        }
        let incomes = map.other_incomes(&tail.evaluation).0;
        let first = self.system.cells() + self.system.prices();
        let of_coalition = |coalition: &Coalition| -> Vec<f64> {
            let loss = |&n: &usize| {
                let totals = &tail.evaluation.totals[n];
                let need = baseline.income[n] * totals.log_price_index.value().exp();
                need - totals.value_added.value() - incomes[n].value()
            };
            let losses: f64 = coalition.members.iter().map(loss).sum();
            let borne = coalition.weights.iter().flat_map(|_| &coalition.members);
            borne
                .map(|&n| -coalition.part * losses * multipliers[first + n] / baseline.income[n])
                .collect()
        };
        coalitions.iter().map(of_coalition).collect()
    }

    fn wedge_gradients(
        &self,
        tail: &Tail<'_, '_>,
        adjoints: &Adjoints,
        by_log_multiplier: &[f64],
    ) -> Vec<WedgeGradient> {
        let wedges = &self.system.problem.counterfactual.wedges;
        let first = self.point.len() - wedges.len();
        let gradient = |index: usize| {
            let limit = match wedges[index].rule {
                WedgeRule::Quota { limit, .. } => limit,
                WedgeRule::PriceCap(cap) => cap.cap,
            };
            let by = tail.evaluation.wedges.points[index].terms.map(|term| adjoints.of(term));
            // The prices of its cells are not on the tape; of all terms m itself depends on δ alone.
            let track = &self.system.wedges[index].track;
            let mut terms = track.terms().map(Dual::constant);
            terms.cost.derivative = 1.0;
            let multiplier = track.point_at(Dual::constant(self.point[first + index]), terms);
            let by_cost = by_log_multiplier[index] * multiplier.log_multiplier.derivative;
            WedgeGradient {
                limit: if limit == 0.0 { f64::NAN } else { by.log_limit / limit },
                rent_to_exporter: by.rent_to_exporter,
                capacity: by.capacity,
                cost: by.cost + by_cost,
            }
        };
        (0..wedges.len()).map(gradient).collect()
    }
}

fn add(target: &mut [f64], values: &[f64]) {
    target.iter_mut().zip(values).for_each(|(slot, value)| *slot += value);
}

/// The derivative by one of some shares that sum to 1, the others giving way in proportion, of shares with
/// the derivatives by each, the others held; NaN where there is no other.
fn in_proportion(shares: impl IntoIterator<Item = (f64, f64)>, position: usize) -> f64 {
    let (mut own, mut all) = ((f64::NAN, f64::NAN), 0.0);
    for (place, (share, by)) in shares.into_iter().enumerate() {
        all += share * by;
        if place == position {
            own = (share, by);
        }
    }
    (own.1 - all) / (1.0 - own.0)
}

impl NestGradient {
    /// By the baseline share of a branch of `nest`, which this is of: of a hub at the expense of the
    /// direct route, of a currency at that of the others in proportion.
    pub fn by_share(&self, nest: &Nest, branch: usize) -> f64 {
        match nest.kind {
            NestKind::Routes => self.branches[branch].share - self.branches[0].share,
            NestKind::Currencies => {
                let shares = nest.branches.iter().zip(&self.branches);
                in_proportion(shares.map(|(branch, own)| (branch.share, own.share)), branch)
            }
        }
    }
}

impl Gradient {
    /// By the part of a member in the losses of a coalition, the other parts giving way in proportion;
    /// nothing where its rule has no parts.
    pub fn by_loss_share(&self, problem: &Problem, coalition: usize, member: usize) -> Option<f64> {
        let weights = problem.counterfactual.coalitions[coalition].weights.as_ref()?;
        let own = weights.iter().copied().zip(self.coalitions[coalition].iter().copied());
        Some(in_proportion(own, member))
    }

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
