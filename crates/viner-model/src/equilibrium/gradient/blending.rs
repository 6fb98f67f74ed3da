//! What nests do to a cell, with derivatives by their parameters.

use viner_numerics::{Dual, Real};

use crate::problem::{CellChange, Nest};

/// Worth of what a cell brings about, each per unit of its logarithm or of itself.
#[derive(Default)]
pub(super) struct Worth {
    /// By the logarithm of the cell's weight in the price index.
    pub log_weight: f64,
    /// By the logarithm of what arrives per unit of the composite.
    pub log_arrival: f64,
    /// By the part of the spending that is no margin of a hub.
    pub producer: f64,
    /// By the margins of each region, as parts of the spending before tariff; empty without nests.
    pub margins: Vec<f64>,
}

/// The parameter of the nests of a cell along which they are differentiated.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Direction {
    /// The part of the cell in its nest at this position.
    Part(usize),
    /// θ.
    Trade,
    /// ϑ.
    Elasticity,
    /// The cost of a branch.
    Cost(usize),
    /// The margin of a branch.
    Margin(usize),
    /// The baseline share of a branch.
    Share(usize),
}

/// [`Blend`](crate::problem::Blend) and margins of all nests of a cell, with derivatives.
pub(super) struct Blending {
    log_weight: Dual,
    arrival: Dual,
    producer: Dual,
    margins: Vec<(usize, Dual)>,
}

impl Worth {
    pub fn along(&self, blending: &Blending) -> f64 {
        let margins = blending.margins.iter();
        self.log_weight * blending.log_weight.derivative
            + self.log_arrival * blending.arrival.derivative / blending.arrival.value
            + self.producer * blending.producer.derivative
            + margins.map(|(hub, part)| self.margins[*hub] * part.derivative).sum::<f64>()
    }
}

impl Blending {
    /// The nests of `change`; `nest` is the one whose own parameters are meant.
    pub fn of(
        nests: &[Nest],
        change: &CellChange,
        trade_elasticity: f64,
        nest: usize,
        direction: Direction,
    ) -> Self {
        let number =
            |value: f64, moves: bool| Dual { value, derivative: if moves { 1.0 } else { 0.0 } };
        let one = Dual::constant(1.0);
        let theta = number(trade_elasticity, direction == Direction::Trade);
        let mut all = Self {
            log_weight: Dual::constant(0.0),
            arrival: one,
            producer: one,
            margins: Vec::new(),
        };
        // From the outermost inwards: an outer nest takes its margins first.
        for (position, &(index, part)) in change.nests.iter().enumerate().rev() {
            let own = index == nest;
            let part = number(part, direction == Direction::Part(position));
            let elasticity =
                number(nests[index].elasticity, own && direction == Direction::Elasticity);
            let branches: Vec<(Dual, Dual, Dual, Option<usize>)> = nests[index]
                .branches
                .iter()
                .enumerate()
                .map(|(position, branch)| {
                    let cost = number(branch.cost, own && direction == Direction::Cost(position));
                    let margin =
                        number(branch.margin, own && direction == Direction::Margin(position));
                    let share =
                        number(branch.share, own && direction == Direction::Share(position));
                    (share * branch.open, cost, margin, branch.hub)
                })
                .collect();
            let moves = |share: &Dual| share.value > 0.0 || share.derivative != 0.0;
            let open = || branches.iter().filter(move |(share, ..)| moves(share));
            let log_cost = |cost: Dual, margin: Dual| cost.ln() + margin.ln_1p();
            let cheapest = open()
                .filter(|(share, ..)| share.value > 0.0)
                .map(|&(_, cost, margin, _)| log_cost(cost, margin).value)
                .fold(f64::INFINITY, f64::min);
            if cheapest == f64::INFINITY {
                // The nest is closed: the rest of the cell is what it was.
                let rest = (-part + 1.0).ln();
                // The first branch to open starts at an infinite cost.
                let unknown = if open().next().is_some() { f64::NAN } else { rest.derivative };
                all.log_weight += Dual { derivative: unknown, ..rest };
                continue;
            }
            let term = |&(share, cost, margin, _): &(Dual, Dual, Dual, Option<usize>)| {
                (-elasticity * (log_cost(cost, margin) + -cheapest)).exp() * share
            };
            let sum = open().map(term).fold(Dual::constant(0.0), |sum, term| sum + term);
            let nest_cost = -(sum.ln() / elasticity) + cheapest;
            let power = (-theta * nest_cost).exp();
            let weight = -part + 1.0 + part * power;
            let inside = part * power / weight;
            let outside = -inside + 1.0;
            let mut reaching = Dual::constant(0.0);
            for branch in open() {
                let (_, _, margin, hub) = *branch;
                let share = term(branch) / sum;
                reaching += share / (margin + 1.0);
                if let Some(hub) = hub {
                    let earned = all.producer * inside * share * margin / (margin + 1.0);
                    all.margins.push((hub, earned));
                }
            }
            all.log_weight += weight.ln();
            all.arrival = all.arrival * (outside + inside * (-nest_cost).exp());
            all.producer = all.producer * (outside + inside * reaching);
        }
        all
    }
}
