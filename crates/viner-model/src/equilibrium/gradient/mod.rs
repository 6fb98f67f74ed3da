//! Derivatives of an outcome with respect to everything that a problem is made of, at one linear
//! solution per outcome.
//!
//! With the equilibrium as the fixed point `x = g(x, p)`, the derivative of an outcome `o(x, p)` is
//! `do/dp = ∂o/∂p + λᵀ ∂g/∂p` where `(I − ∂g/∂x)ᵀ λ = (∂o/∂x)ᵀ`, whatever the number of parameters.
//! The equations of regions and markets are applied backwards from formulas
//! ([`equations::backward`](crate::equations::backward)), and so is the image of activities and prices;
//! what else follows them, from limits to outcomes, is recorded on a [`Tape`]. Every limit stays in the regime that it is in: at the border of two
//! regimes the derivative is that of one side.

mod blending;
mod cells;
mod parameters;
mod shares;
mod tail;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::ops::Range;

use viner_numerics::vector::{add_scaled, max_abs};
use viner_numerics::{Adjoints, Dual, Real, Tape, Var, gmres};

use self::tail::Tail;
use super::map::EquilibriumMap;
use super::map::evaluation::Evaluation;
use super::solve::alone;
use super::system::{System, each};
use super::{Equilibrium, Regime};
use crate::equations::backward::market::{Exports, MarketBackward, MarketPull, MarketSeeds};
use crate::equations::backward::region::{RegionBackward, RegionPull, RegionSeeds};
use crate::problem::{Problem, TradeCell};

pub use parameters::{BranchGradient, CellGradient, Gradient, NestGradient, WedgeGradient};
pub use shares::ShareGradient;
pub use tail::Figures;

/// Relative residual of the linear solution: the error of the equilibrium itself, by default.
const RESIDUAL: f64 = 1e-10;
/// Products of the linear solution before it is given up; 15 to 50 are usual.
const MAX_PRODUCTS: usize = 600;
/// A residual that is left at the end may still be this large.
const ACCEPTABLE: f64 = 1e-7;

/// An outcome that is calculated from figures of an equilibrium.
pub trait Differentiable: Sync {
    /// Its value.
    fn of<'t>(&self, figures: &Figures<'_, 't>) -> Var<'t>;
}

impl<F: for<'f, 't> Fn(&Figures<'f, 't>) -> Var<'t> + Sync> Differentiable for F {
    fn of<'t>(&self, figures: &Figures<'_, 't>) -> Var<'t> {
        self(figures)
    }
}

/// By which the derivatives are that are asked for, of those that are many.
#[derive(Clone, Copy, Debug, Default)]
pub struct By<'a> {
    /// Of all touched trade cells these alone, which takes less time where few of many are asked for.
    /// Derivatives by elasticities of trade and by nests, to which all cells add, are NaN then.
    pub cells: Option<&'a BTreeSet<TradeCell>>,
    /// Whether also by every share of the baseline.
    pub shares: bool,
}

/// The value and all derivatives of each outcome at the equilibrium of a problem, but for those by shares of
/// the baseline. Of one whose linear system has no solution, as where an equilibrium is about
/// to vanish, the derivatives are NaN.
pub fn gradients<'o>(
    problem: &Problem,
    equilibrium: &Equilibrium,
    outcomes: &[&'o dyn Differentiable],
) -> Vec<Gradient> {
    let by_all = |outcome: &&'o dyn Differentiable| (*outcome, By::default());
    gradients_by(problem, equilibrium, outcomes.iter().map(by_all))
}

/// As [`gradients`], each outcome by what is asked for of it.
pub fn gradients_by<'o>(
    problem: &Problem,
    equilibrium: &Equilibrium,
    outcomes: impl IntoIterator<Item = (&'o dyn Differentiable, By<'o>)>,
) -> Vec<Gradient> {
    let outcomes: Vec<_> = outcomes.into_iter().collect();
    alone(problem, || gradients_of(problem, equilibrium, &outcomes))
}

fn gradients_of(
    problem: &Problem,
    equilibrium: &Equilibrium,
    outcomes: &[(&dyn Differentiable, By<'_>)],
) -> Vec<Gradient> {
    let withdrawn: Vec<usize> = (0..equilibrium.wedges.len())
        .filter(|&wedge| equilibrium.wedges[wedge].regime == Regime::Withdrawn)
        .collect();
    let problem = problem.closing(&withdrawn).with_earning_hubs();
    let system = System::new(&problem)
        .unwrap_or_else(|infeasible| unreachable!("it has an equilibrium: {infeasible}"));
    let map = EquilibriumMap::preconditioned(&system);
    let point = &equilibrium.unknowns;
    let blocks = map.blocks(point);
    let backward = Backward::new(&system, &map, point, &blocks);
    let tape = Tape::new();
    let tail = Tail::new(&tape, &system, &map, point, &blocks, &backward.markets);
    let gradient = |&(outcome, by): &(&dyn Differentiable, By<'_>)| {
        backward.gradient(&map, &tail, outcome, by)
    };
    outcomes.iter().map(gradient).collect()
}

/// All equations at one point, ready to be applied backwards.
struct Backward<'a> {
    system: &'a System<'a>,
    point: &'a [f64],
    blocks: &'a Evaluation<f64>,
    regions: Vec<RegionBackward<'a>>,
    markets: Vec<MarketBackward<'a>>,
    parallel: bool,
}

/// Derivatives with respect to the unknowns, and what stands in between.
struct Pull {
    unknowns: Vec<f64>,
    /// By `ln ĉ`, `[region, sector]`.
    log_costs: Vec<f64>,
    /// By `E'`, `[region, purchaser, sector]`.
    expenditure: Vec<f64>,
    /// By `ln m` of each wedge, through the prices of its cells.
    log_multipliers: Vec<f64>,
    markets: Vec<MarketPull>,
    regions: Vec<RegionPull>,
}

/// Seeds on the producer value of single cells, by sector: importer, exporter, derivative.
type FlowSeeds = Vec<Vec<(usize, usize, f64)>>;

impl<'a> Backward<'a> {
    fn new(
        system: &'a System<'a>,
        map: &EquilibriumMap<'_>,
        point: &'a [f64],
        blocks: &'a Evaluation<f64>,
    ) -> Self {
        let baseline = &system.problem.baseline;
        let (regions, sectors) = (baseline.region_count(), baseline.sector_count());
        let cells = system.cells();
        let (rows, goods) = (regions * system.purchasers, sectors * system.purchasers);
        let parallel = system.parallel();
        let region_backward = |n: usize| {
            let activity = &point[n * sectors..(n + 1) * sectors];
            let prices = &point[cells + n * goods..cells + (n + 1) * goods];
            RegionBackward::new(system.region(n), activity, prices, &blocks.totals[n])
        };
        let market_backward = |s: usize| {
            let column = |values: &[f64]| values.iter().skip(s).step_by(sectors).copied().collect();
            let costs = column(&blocks.log_costs);
            let factors = map.wedge_factors(s, &blocks.wedges.points);
            let prices = &blocks.log_prices[s * rows..(s + 1) * rows];
            let spending = column(&blocks.expenditure);
            let sales = &blocks.sales[s * regions..(s + 1) * regions];
            let exports = Exports { sales, taxes: &blocks.levied[s].export_taxes };
            MarketBackward::new(&system.markets[s], costs, spending, &factors, prices, exports)
        };
        Self {
            regions: each(parallel, regions, region_backward),
            markets: each(parallel, sectors, market_backward),
            system,
            point,
            blocks,
            parallel,
        }
    }

    fn gradient(
        &self,
        map: &EquilibriumMap<'_>,
        tail: &Tail<'_, '_>,
        outcome: &dyn Differentiable,
        by: By<'_>,
    ) -> Gradient {
        let outcome = outcome.of(&Figures { tail });
        let read = tail.take_read();
        let direct = tail.adjoints(Some(outcome), None);
        let mut flows: FlowSeeds = vec![Vec::new(); self.markets.len()];
        for (&(s, n, i), &flow) in &read.flows {
            flows[s].push((n, i, direct.of(flow)));
        }
        let none: FlowSeeds = vec![Vec::new(); self.markets.len()];
        let right_side = self.pull(tail, &direct, &flows).unknowns;
        let transposed = |direction: &[f64], result: &mut [f64]| {
            let adjoints = tail.adjoints(None, Some(direction));
            let pulled = self.pull(tail, &adjoints, &none).unknowns;
            for ((slot, value), pulled) in result.iter_mut().zip(direction).zip(pulled) {
                *slot = value - pulled;
            }
        };
        // The inverse of the linear part that the solver steps by, transposed, from the right: residuals
        // stay what they are.
        let precondition = |direction: &mut [f64]| {
            if let Some(preconditioner) = map.preconditioner() {
                preconditioner.apply_transposed(direction);
            }
        };
        let mut room = vec![0.0; right_side.len()];
        let product = |direction: &[f64], result: &mut [f64]| {
            room.copy_from_slice(direction);
            precondition(&mut room);
            transposed(&room, result);
        };
        let (mut multipliers, products) =
            gmres::solve(product, &right_side, RESIDUAL, MAX_PRODUCTS);
        precondition(&mut multipliers);
        let with = |multipliers: &[f64]| {
            let adjoints = tail.adjoints(Some(outcome), Some(multipliers));
            let pull = self.pull(tail, &adjoints, &flows);
            (adjoints, pull)
        };
        let (mut adjoints, mut pull) = with(&multipliers);
        // The linear system is that the derivatives by the unknowns are the multipliers again.
        let mut left = pull.unknowns.clone();
        add_scaled(&mut left, &multipliers, -1.0);
        let residual = max_abs(&left) / max_abs(&right_side).max(f64::MIN_POSITIVE);
        if residual > ACCEPTABLE {
            multipliers.fill(f64::NAN);
            (adjoints, pull) = with(&multipliers);
        }
        let mut gradient = self.parameters(map, tail, &read, &adjoints, (&pull, &multipliers));
        self.cells(tail, &read, &adjoints, (&flows, &pull), by.cells, &mut gradient);
        if by.shares {
            gradient.shares = Some(self.shares(tail, &adjoints, (&flows, &pull), &gradient));
        }
        gradient.value = outcome.value();
        gradient.products = products + 2;
        gradient
    }

    /// Carries derivatives by what the end of an evaluation starts from back to the unknowns.
    fn pull(&self, tail: &Tail<'_, '_>, adjoints: &Adjoints, flows: &FlowSeeds) -> Pull {
        let (regions, sectors) = (self.regions.len(), self.markets.len());
        let (cells, purchasers) = (self.system.cells(), self.system.purchasers);
        let goods = sectors * purchasers;
        let places = &tail.places;
        let mut unknowns = adjoints[places.x.clone()].to_vec();
        let market_seeds = self.market_seeds(tail, adjoints, flows);
        let markets: Vec<MarketPull> =
            each(self.parallel, sectors, |s| self.markets[s].pull(&market_seeds[s]));
        let mut log_costs = adjoints[places.log_costs.clone()].to_vec();
        let mut expenditure = adjoints[places.expenditure.clone()].to_vec();
        for (s, market) in markets.iter().enumerate() {
            for (n, by_cost) in market.log_costs.iter().enumerate() {
                log_costs[n * sectors + s] += by_cost;
            }
            for (row, by_spending) in market.expenditure.iter().enumerate() {
                expenditure[row * sectors + s] += by_spending;
            }
        }
        let region_seeds = self.region_seeds(tail, adjoints, &log_costs, &expenditure);
        let pulled: Vec<RegionPull> =
            each(self.parallel, regions, |n| self.regions[n].pull(&region_seeds[n]));
        for (n, region) in pulled.iter().enumerate() {
            add_scaled(&mut unknowns[n * sectors..(n + 1) * sectors], &region.log_activity, 1.0);
            let prices = cells + n * goods..cells + (n + 1) * goods;
            add_scaled(&mut unknowns[prices], &region.log_prices, 1.0);
            let income = self.system.problem.baseline.income[n];
            unknowns[cells + regions * goods + n] += region.other_income * income;
        }
        let mut log_multipliers = vec![0.0; self.system.wedges.len()];
        for (s, market) in markets.iter().enumerate() {
            let theta = self.system.markets[s].trade_elasticity;
            for (accounts, by_weight) in
                self.system.accounts[s].iter().zip(&market.log_split_weights)
            {
                for &wedge in &accounts.wedges {
                    log_multipliers[wedge] -= theta * by_weight;
                }
            }
        }
        let first = cells + regions * goods + regions;
        for (wedge, by_multiplier) in log_multipliers.iter().enumerate() {
            let y = Dual { value: self.point[first + wedge], derivative: 1.0 };
            let multiplier = self.system.wedges[wedge].track.point(y).log_multiplier;
            unknowns[first + wedge] += by_multiplier * multiplier.derivative;
        }
        Pull { unknowns, log_costs, expenditure, log_multipliers, markets, regions: pulled }
    }

    fn region_seeds<'s>(
        &self,
        tail: &Tail<'_, '_>,
        adjoints: &'s Adjoints,
        log_costs: &'s [f64],
        expenditure: &'s [f64],
    ) -> Vec<RegionSeeds<'s>> {
        let (sectors, goods) = (self.markets.len(), self.markets.len() * self.system.purchasers);
        let shift = &adjoints[tail.places.log_share_shift.clone()];
        let rows = log_costs.chunks(sectors).zip(shift.chunks(sectors));
        rows.zip(expenditure.chunks(goods))
            .enumerate()
            .map(|(n, ((log_cost, log_share_shift), expenditure))| RegionSeeds {
                log_cost,
                log_share_shift,
                expenditure,
                totals: tail.totals(adjoints, n),
            })
            .collect()
    }

    fn market_seeds<'s>(
        &self,
        tail: &Tail<'_, '_>,
        adjoints: &'s Adjoints,
        flows: &'s FlowSeeds,
    ) -> Vec<MarketSeeds<'s>> {
        let regions = self.regions.len();
        let places = &tail.places;
        let of_sector = |place: &Range<usize>, s: usize, rows: usize| {
            &adjoints[place.start + s * rows..place.start + (s + 1) * rows]
        };
        (0..self.markets.len())
            .map(|s| MarketSeeds {
                log_prices: of_sector(&places.log_prices, s, regions * self.system.purchasers),
                sales: of_sector(&places.sales, s, regions),
                tariffs: &adjoints[places.tariff_revenue.clone()],
                export_taxes: &adjoints[places.export_tax_revenue.clone()],
                split_spending: &adjoints[places.split_spending[s].clone()],
                flows: &flows[s],
            })
            .collect()
    }
}
