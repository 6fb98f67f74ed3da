//! The fixed-point map whose solution is the equilibrium.
//!
//! Unknowns, in this order: `ln V̂` by region and sector (`ln Ŷ` in sectors without factors),
//! `ln P̂` by region, purchaser and sector bought (one purchaser for all users of a region, or each of
//! them and final demand), income from outside the factors by region, over the
//! baseline's income, and one unknown per wedge (see [`Track`]).
//! Inactive cells stay at 0.

pub(super) mod backward;
pub(super) mod evaluation;
pub(super) mod preconditioner;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use rayon::prelude::*;
use viner_numerics::kernel::dense::{TRANSPOSED_TOGETHER, transpose};
use viner_numerics::threads::piece;
use viner_numerics::vector::PART;
use viner_numerics::{Dual, FixedPoint, Real};

use self::evaluation::{Evaluation, WedgeValues};
use self::preconditioner::{MOST_BY_PROFILE, Preconditioner};
use super::system::{System, slice};
use crate::equations::limits::Track;
use crate::equations::production::Totals;
use crate::scenario::Deficits;

/// The map.
pub struct EquilibriumMap<'a> {
    system: &'a System<'a>,
    /// By (region, sector): part of the implied change of activity that is taken in one step; empty where
    /// all of it is, for the preconditioner.
    relaxation: Vec<f64>,
    /// By wedge: the value at which its unknown is held, whatever its own equation says.
    held: Vec<Option<f64>>,
    /// Multiplies what an evaluation changes, if it is in use.
    preconditioner: Option<Arc<Preconditioner>>,
    /// Most that levels of a region may do to a cell of it otherwise than to the region, in a step.
    most_by_profile: f64,
    /// The last evaluation, and room for the next.
    values: Option<Evaluation<f64>>,
    /// Where it was.
    evaluated_at: Vec<f64>,
    derivatives: Option<Evaluation<Dual>>,
}

impl<'a> EquilibriumMap<'a> {
    /// The map of a system.
    pub fn new(system: &'a System<'a>) -> Self {
        Self::with(system, relaxation(system), None)
    }

    /// The map with steps that take the levels of regions into account, where these are determined.
    pub fn preconditioned(system: &'a System<'a>) -> Self {
        match Preconditioner::of(system) {
            Some(preconditioner) => Self::with(system, Vec::new(), Some(preconditioner)),
            None => Self::new(system),
        }
    }

    fn with(
        system: &'a System<'a>,
        relaxation: Vec<f64>,
        preconditioner: Option<Arc<Preconditioner>>,
    ) -> Self {
        Self {
            system,
            relaxation,
            held: vec![None; system.wedges.len()],
            preconditioner,
            most_by_profile: MOST_BY_PROFILE,
            values: None,
            evaluated_at: Vec::new(),
            derivatives: None,
        }
    }

    /// What multiplies the changes of an evaluation.
    pub(super) fn preconditioner(&self) -> Option<&Preconditioner> {
        self.preconditioner.as_deref()
    }

    /// Unknowns of the baseline itself.
    pub fn baseline_point(&self) -> Vec<f64> {
        let baseline = &self.system.problem.baseline;
        let mut point = vec![0.0; self.system.cells() + self.system.prices()];
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
        let terms = &values.points[wedge].terms;
        self.system.wedges[wedge].track.image(y, terms, quantity, price)
    }

    /// Makes steps by levels of regions alone from now on: shorter, and linear in what evaluations change.
    pub fn by_levels_alone(&mut self) {
        self.most_by_profile = 0.0;
    }

    /// The last evaluation, if it was at `x`.
    pub fn last_at(&self, x: &[f64]) -> Option<&Evaluation<f64>> {
        self.values.as_ref().filter(|_| self.evaluated_at == x)
    }

    /// An unknown beyond which a wedge has no root.
    pub fn end_of_track(&self, wedge: usize) -> f64 {
        self.system.wedges[wedge].track.end()
    }

    /// Replaces the change from `x` to `image` by the step that it leads to.
    fn precondition(&self, x: &[f64], image: &mut [f64]) {
        if let Some(preconditioner) = &self.preconditioner {
            preconditioner.apply(x, image, self.most_by_profile);
        }
    }

    /// The image of `x`, given all equations evaluated there.
    pub(super) fn image<T: Real>(&self, x: &[T], evaluation: &Evaluation<T>, image: &mut [T]) {
        let system = self.system;
        let baseline = &system.problem.baseline;
        let (regions, sectors) = (baseline.region_count(), baseline.sector_count());
        let (activity, rest) = image.split_at_mut(system.cells());
        let (prices, rest) = rest.split_at_mut(system.prices());
        let goods = system.purchasers * sectors;
        // Activity without the numeraire, and prices, of some regions; their value added.
        let band = |(at, (activity, prices)): (usize, (&mut [T], &mut [T]))| {
            let first = at * TRANSPOSED_TOGETHER;
            transpose(&evaluation.sales, regions, first, activity);
            let mut value_added_now = T::constant(0.0);
            for (n, activity) in (first..).zip(activity.chunks_mut(sectors)) {
                let row = n * sectors..(n + 1) * sectors;
                for (activity, &output) in
                    activity.iter_mut().zip(&slice(&system.output)[row.clone()])
                {
                    let output_hat = *activity * output.recip();
                    *activity = if output == 0.0 { T::constant(1.0) } else { output_hat };
                }
                let value_added = &slice(&system.value_added)[row.clone()];
                value_added_now += if system.shares_are_fixed {
                    T::dot(value_added, activity)
                } else {
                    // Room that prices fill later.
                    let hats = &mut prices[..sectors];
                    hats.copy_from_slice(&evaluation.log_share_shift[row]);
                    T::exp_each(hats);
                    for (hat, &activity) in hats.iter_mut().zip(&*activity) {
                        *hat = *hat * activity;
                    }
                    T::dot(value_added, hats)
                };
                T::ln_each(activity);
            }
            let purchasers = system.purchasers;
            transpose(&evaluation.log_prices, regions * purchasers, first * purchasers, prices);
            for (row, prices) in (first * purchasers..).zip(prices.chunks_mut(sectors)) {
                for (s, price) in prices.iter_mut().enumerate() {
                    if !system.survivors.buys(row / purchasers, row % purchasers, s) {
                        *price = T::constant(0.0);
                    }
                }
            }
            value_added_now
        };
        let (rows, goods) = (TRANSPOSED_TOGETHER * sectors, TRANSPOSED_TOGETHER * goods);
        let parallel = system.parallel_cells();
        let bands = activity.par_chunks_mut(rows).zip(prices.par_chunks_mut(goods)).enumerate();
        let piece_of = |items: usize, each: usize| piece(items.div_ceil(each), parallel);
        let bands = bands.with_min_len(piece_of(regions, TRANSPOSED_TOGETHER));
        let value_added: Vec<T> = bands.map(band).collect();
        // The numeraire: world value added is what it was.
        let world = value_added.iter().fold(T::constant(0.0), |sum, &value| sum + value);
        let numeraire = (world * baseline.value_added.sum().recip()).ln();
        let relax = |(at, activity): (usize, &mut [T])| {
            let first = at * PART;
            let cells = first..first + activity.len();
            let shifts = &evaluation.log_share_shift[cells.clone()];
            let outputs = &slice(&system.output)[cells.clone()];
            for (activity, (&shift, &output)) in activity.iter_mut().zip(shifts.iter().zip(outputs))
            {
                let implied = *activity + shift - numeraire;
                *activity = if output == 0.0 { *activity } else { implied };
            }
            if let Some(relaxation) = self.relaxation.get(cells.clone()) {
                let parts = x[cells].iter().zip(relaxation).zip(outputs);
                for (activity, ((&x, &part), &output)) in activity.iter_mut().zip(parts) {
                    let relaxed = x + (*activity - x) * part;
                    *activity = if output == 0.0 { *activity } else { relaxed };
                }
            }
        };
        let parts = activity.par_chunks_mut(PART).enumerate();
        parts.with_min_len(piece_of(system.cells(), PART)).for_each(relax);

        self.image_of_rest(x, evaluation, rest);
    }

    /// The image of the unknowns after activities and prices: incomes and wedges.
    pub(super) fn image_of_rest<T: Real>(
        &self,
        x: &[T],
        evaluation: &Evaluation<T>,
        rest: &mut [T],
    ) {
        let system = self.system;
        let baseline = &system.problem.baseline;
        let (incomes, transfers) = self.other_incomes(evaluation);
        for (n, income) in incomes.into_iter().enumerate() {
            rest[n] = income * baseline.income[n].recip();
        }
        for (n, transfer) in transfers {
            rest[n] += transfer * baseline.income[n].recip();
        }
        let WedgeValues { points, log_quantities, log_prices, .. } = &evaluation.wedges;
        for (index, wedge) in system.wedges.iter().enumerate() {
            let place = baseline.region_count() + index;
            let y = x[system.cells() + system.prices() + place];
            let terms = &points[index].terms;
            rest[place] = match self.held[index] {
                Some(value) => T::constant(value),
                None => wedge.track.image(y, terms, log_quantities[index], log_prices[index]),
            };
        }
    }

    /// Income from outside the factors by region, before transfers within coalitions, and those.
    pub fn other_incomes<T: Real>(&self, evaluation: &Evaluation<T>) -> (Vec<T>, Vec<(usize, T)>) {
        let baseline = &self.system.problem.baseline;
        let counterfactual = &self.system.problem.counterfactual;
        let totals = &evaluation.totals;
        let mut incomes = self.deficits(totals);
        for (n, income) in incomes.iter_mut().enumerate() {
            *income += evaluation.rents[n];
            *income += T::constant(counterfactual.transfers[n]);
            *income += evaluation.tariff_revenue[n];
            *income += evaluation.export_tax_revenue[n];
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

/// Part of the implied change of activity with which the map comes nearest, by (region, sector).
fn relaxation(system: &System<'_>) -> Vec<f64> {
    let baseline = &system.problem.baseline;
    let elasticities = &system.problem.elasticities;
    let sectors = baseline.sector_count();
    let part = |cell: usize| {
        let (n, k) = (cell / sectors, cell % sectors);
        // Own price elasticity of demand for value added: with the other prices given, a
        // rise of 1 % lowers sales by about θ β (1 − share of the home market) %.
        let home = baseline.trade_shares[[k, n, n]];
        let share = baseline.value_added_share[[n, k]].clamp(0.0, 1.0);
        1.0 / (1.0 + elasticities.trade[k] * share * (1.0 - home))
    };
    (0..system.cells()).map(part).collect()
}

impl FixedPoint for EquilibriumMap<'_> {
    fn dimension(&self) -> usize {
        let system = self.system;
        let incomes = system.problem.baseline.region_count();
        system.cells() + system.prices() + incomes + system.wedges.len()
    }

    fn evaluate(&mut self, x: &[f64], image: &mut [f64]) {
        let mut room = self.values.take();
        self.evaluate_again(x, &mut room);
        self.evaluated_at.clear();
        self.evaluated_at.extend_from_slice(x);
        if let Some(evaluation) = &room {
            self.image(x, evaluation, image);
        }
        self.values = room;
        self.precondition(x, image);
    }

    fn differentiate(&mut self, x: &[f64], direction: &[f64], image: &mut [f64]) {
        let point: Vec<Dual> = x
            .iter()
            .zip(direction)
            .map(|(&value, &derivative)| Dual { value, derivative })
            .collect();
        let mut result = vec![Dual::default(); x.len()];
        let mut room = self.derivatives.take();
        self.evaluate_again(&point, &mut room);
        if let Some(evaluation) = &room {
            self.image(&point, evaluation, &mut result);
        }
        self.derivatives = room;
        for (slot, dual) in image.iter_mut().zip(result) {
            *slot = dual.derivative;
        }
        self.precondition(direction, image);
    }
}
