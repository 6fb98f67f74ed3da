//! The fixed-point map whose solution is the equilibrium.
//!
//! Unknowns, in this order: `ln V̂` by region and sector (`ln Ŷ` in sectors without factors),
//! `ln P̂` by region and sector bought, income from outside the factors by region, over the
//! baseline's income, and one unknown per wedge (see [`Track`]).
//! Inactive cells stay at 0.

pub(super) mod evaluation;
#[cfg(test)]
mod tests;

use viner_numerics::{Dual, FixedPoint, Real};

use self::evaluation::{Evaluation, WedgeValues};
use super::system::System;
use crate::equations::limits::Track;
use crate::equations::production::Totals;
use crate::scenario::Deficits;

/// The map, with its relaxation of each unknown.
pub struct EquilibriumMap<'a> {
    system: &'a System<'a>,
    /// By (region, sector): part of the implied change of activity that is taken in one step.
    relaxation: Vec<f64>,
    /// By wedge: the value at which its unknown is held, whatever its own equation says.
    held: Vec<Option<f64>>,
}

impl<'a> EquilibriumMap<'a> {
    /// The map of a system.
    pub fn new(system: &'a System<'a>) -> Self {
        let baseline = &system.problem.baseline;
        let elasticities = &system.problem.elasticities;
        let sectors = baseline.sector_count();
        let relaxation = (0..baseline.region_count() * sectors)
            .map(|cell| {
                let (n, k) = (cell / sectors, cell % sectors);
                // Own price elasticity of demand for value added: with the other prices given, a
                // rise of 1 % lowers sales by about θ β (1 − share of the home market) %.
                let home = baseline.trade_shares[[k, n, n]];
                let share = baseline.value_added_share[[n, k]].clamp(0.0, 1.0);
                1.0 / (1.0 + elasticities.trade[k] * share * (1.0 - home))
            })
            .collect();
        Self { system, relaxation, held: vec![None; system.wedges.len()] }
    }

    /// Unknowns of the baseline itself.
    pub fn baseline_point(&self) -> Vec<f64> {
        let baseline = &self.system.problem.baseline;
        let cells = baseline.region_count() * baseline.sector_count();
        let mut point = vec![0.0; 2 * cells];
        point.extend((0..baseline.region_count()).map(|n| {
            (baseline.income[n] - baseline.value_added.row(n).sum()) / baseline.income[n]
        }));
        point.resize(self.dimension(), 0.0);
        point
    }

    /// Price caps that may bind, by position among the wedges.
    pub fn caps(&self) -> Vec<usize> {
        let is_cap = |wedge: &usize| matches!(self.system.wedges[*wedge].track, Track::Cap(_));
        (0..self.held.len()).filter(is_cap).collect()
    }

    /// Holds the unknown of a wedge.
    pub fn hold(&mut self, wedge: usize, value: f64) {
        self.held[wedge] = Some(value);
    }

    /// Leaves all unknowns to their equations again.
    pub fn release(&mut self) {
        self.held.fill(None);
    }

    /// The unknown that the equation of a wedge leads to, held or not.
    pub fn asked(&self, wedge: usize, x: &[f64]) -> f64 {
        let values = self.equations(x).wedges;
        let y = x[x.len() - self.held.len() + wedge];
        let (quantity, price) = (values.log_quantities[wedge], values.log_prices[wedge]);
        self.system.wedges[wedge].track.image(y, quantity, price)
    }

    /// An unknown beyond which a wedge has no root.
    pub fn end_of_track(&self, wedge: usize) -> f64 {
        self.system.wedges[wedge].track.end()
    }

    fn apply<T: Real>(&self, x: &[T], image: &mut [T]) {
        self.image(x, &self.equations(x), image);
    }

    /// The image of `x`, given all equations evaluated there.
    pub(super) fn image<T: Real>(&self, x: &[T], evaluation: &Evaluation<T>, image: &mut [T]) {
        let system = self.system;
        let baseline = &system.problem.baseline;
        let (regions, sectors) = (baseline.region_count(), baseline.sector_count());
        let cells = regions * sectors;
        let mut world_value_added = T::constant(0.0);
        let mut world_before = 0.0;
        for n in 0..regions {
            for k in 0..sectors {
                let cell = n * sectors + k;
                world_before += baseline.value_added[[n, k]];
                let output = system.output[[n, k]];
                if output == 0.0 {
                    image[cell] = T::constant(0.0);
                    continue;
                }
                let shift = evaluation.log_share_shift[cell];
                let output_hat = evaluation.sales[k * regions + n] * output.recip();
                let value_added = system.value_added[[n, k]];
                if value_added != 0.0 {
                    world_value_added += output_hat * shift.exp() * value_added;
                }
                image[cell] = output_hat.ln() + shift;
            }
        }
        // The numeraire: world value added is what it was.
        let numeraire = (world_value_added * world_before.recip()).ln();
        for n in 0..regions {
            for k in 0..sectors {
                let cell = n * sectors + k;
                if system.output[[n, k]] != 0.0 {
                    let implied = image[cell] - numeraire;
                    image[cell] = x[cell] + (implied - x[cell]) * self.relaxation[cell];
                }
                image[cells + cell] = if system.survivors.buys[[n, k]] {
                    evaluation.log_prices[k * regions + n]
                } else {
                    T::constant(0.0)
                };
            }
        }

        let (incomes, transfers) = self.other_incomes(evaluation);
        for (n, income) in incomes.into_iter().enumerate() {
            image[2 * cells + n] = income * baseline.income[n].recip();
        }
        for (n, transfer) in transfers {
            image[2 * cells + n] += transfer * baseline.income[n].recip();
        }
        let first = 2 * cells + regions;
        let WedgeValues { log_quantities, log_prices, .. } = &evaluation.wedges;
        for (index, wedge) in system.wedges.iter().enumerate() {
            let y = x[first + index];
            image[first + index] = match self.held[index] {
                Some(value) => T::constant(value),
                None => wedge.track.image(y, log_quantities[index], log_prices[index]),
            };
        }
    }

    /// Income from outside the factors by region, before transfers within coalitions, and those.
    pub fn other_incomes<T: Real>(&self, evaluation: &Evaluation<T>) -> (Vec<T>, Vec<(usize, T)>) {
        let baseline = &self.system.problem.baseline;
        let counterfactual = &self.system.problem.counterfactual;
        let regions = baseline.region_count();
        let totals = &evaluation.totals;
        let mut incomes = self.deficits(totals);
        for (n, income) in incomes.iter_mut().enumerate() {
            *income += evaluation.rents[n];
            *income += T::constant(counterfactual.transfers[n]);
            for s in 0..baseline.sector_count() {
                *income += evaluation.tariffs[s * regions + n];
                *income += evaluation.export_taxes[s * regions + n];
            }
        }
        let mut transfers = Vec::new();
        for coalition in &counterfactual.coalitions {
            let members = coalition.members.iter();
            let before: Vec<T> =
                members.clone().map(|&n| totals[n].value_added + incomes[n]).collect();
            let needs: Vec<T> =
                members.map(|&n| totals[n].log_price_index.exp() * baseline.income[n]).collect();
            let amounts = coalition.transfers(&before, &needs);
            transfers.extend(coalition.members.iter().copied().zip(amounts));
        }
        (incomes, transfers)
    }

    /// `D'` at the incomes of an evaluation.
    fn deficits<T: Real>(&self, totals: &[Totals<T>]) -> Vec<T> {
        let baseline = &self.system.problem.baseline;
        let constant = |n: usize| T::constant(baseline.deficits[n]);
        match self.system.problem.deficits {
            Deficits::Fixed => (0..totals.len()).map(constant).collect(),
            Deficits::Balanced => vec![T::constant(0.0); totals.len()],
            Deficits::IncomeShare => {
                let mut kept = Vec::with_capacity(totals.len());
                let (mut sum, mut world) = (T::constant(0.0), T::constant(0.0));
                for (n, totals) in totals.iter().enumerate() {
                    let scaled = totals.income * (baseline.deficits[n] / baseline.income[n]);
                    kept.push(scaled);
                    sum += scaled;
                    world += totals.income;
                }
                let correction = sum / world;
                kept.iter()
                    .zip(totals)
                    .map(|(&kept, totals)| kept - totals.income * correction)
                    .collect()
            }
        }
    }
}

impl FixedPoint for EquilibriumMap<'_> {
    fn dimension(&self) -> usize {
        let baseline = &self.system.problem.baseline;
        baseline.region_count() * (2 * baseline.sector_count() + 1) + self.system.wedges.len()
    }

    fn evaluate(&mut self, x: &[f64], image: &mut [f64]) {
        self.apply(x, image);
    }

    fn differentiate(&mut self, x: &[f64], direction: &[f64], image: &mut [f64]) {
        let point: Vec<Dual> = x
            .iter()
            .zip(direction)
            .map(|(&value, &derivative)| Dual { value, derivative })
            .collect();
        let mut result = vec![Dual::default(); x.len()];
        self.apply(&point, &mut result);
        for (slot, dual) in image.iter_mut().zip(result) {
            *slot = dual.derivative;
        }
    }
}
