//! The fixed-point map whose solution is the equilibrium.
//!
//! Unknowns, in this order: `ln V̂` by region and sector (`ln Ŷ` in sectors without factors),
//! `ln P̂` by region and sector bought, income from outside the factors by region, over the
//! baseline's income, and one unknown per wedge (see [`Track`](crate::equations::limits::Track)).
//! Inactive cells stay at 0.

use rayon::prelude::*;
use viner_numerics::{Dual, FixedPoint, Real};

use super::system::System;
use crate::equations::limits::{Track, WedgePoint};
use crate::equations::production::{Response, Totals};
use crate::equations::rents::{Receiver, Rent};
use crate::equations::sourcing::Cleared;
use crate::scenario::Deficits;

/// Trade cells from which on an evaluation is worth several threads.
const PARALLEL_FROM: usize = 200_000;

/// The map, with its relaxation of each unknown.
pub struct EquilibriumMap<'a> {
    system: &'a System<'a>,
    /// By (region, sector): part of the implied change of activity that is taken in one step.
    relaxation: Vec<f64>,
    /// By wedge: the value at which its unknown is held, whatever its own equation says.
    held: Vec<Option<f64>>,
}

/// Everything one evaluation computes, in the order of the equations.
pub struct Evaluation<T> {
    /// `ln ĉ`, `[region, sector]`.
    pub log_costs: Vec<T>,
    /// `ln(β'/β)`, `[region, sector]`.
    pub log_share_shift: Vec<T>,
    /// `E'`, `[region, sector]`.
    pub expenditure: Vec<T>,
    /// Wages, price indices and incomes, by region.
    pub totals: Vec<Totals<T>>,
    /// `ln P̂` implied by the costs, `[sector, region]`.
    pub log_prices: Vec<T>,
    /// `Σ_n X'`, `[sector, region]`.
    pub sales: Vec<T>,
    /// Import tariffs, `[sector, region]`.
    pub tariffs: Vec<T>,
    /// Export taxes, `[sector, region]`.
    pub export_taxes: Vec<T>,
    /// Rents, fees and margins of hubs, `[region]`.
    pub rents: Vec<T>,
    /// Spending on split cells at purchaser value, by sector.
    pub split_spending: Vec<Vec<T>>,
    /// The wedges.
    pub wedges: WedgeValues<T>,
}

/// Wedges at one evaluation.
pub struct WedgeValues<T> {
    /// Where on their tracks they are.
    pub points: Vec<WedgePoint<T>>,
    /// As the accounts of their cells see them.
    pub rents: Vec<Rent<T>>,
    /// `ln Q`: quantity of their cells relative to the baseline.
    pub log_quantities: Vec<T>,
    /// `ln b` of the exporter, where the limit is on a price.
    pub log_prices: Vec<T>,
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

    /// Evaluates every equation once at the unknowns `x`.
    pub fn equations<T: Real>(&self, x: &[T]) -> Evaluation<T> {
        let system = self.system;
        let baseline = &system.problem.baseline;
        let (regions, sectors) = (baseline.region_count(), baseline.sector_count());
        let cells = regions * sectors;
        let (log_activity, rest) = x.split_at(cells);
        let (log_prices, rest) = rest.split_at(cells);
        let (other_income, tracks) = rest.split_at(regions);
        let points: Vec<WedgePoint<T>> =
            system.wedges.iter().zip(tracks).map(|(wedge, &y)| wedge.track.point(y)).collect();
        let zeros = || vec![T::constant(0.0); cells];
        let (mut log_costs, mut log_share_shift, mut expenditure) = (zeros(), zeros(), zeros());
        let parallel = regions * cells >= PARALLEL_FROM;

        let respond =
            |(n, ((log_cost, shift), spending)): (usize, ((&mut [T], &mut [T]), &mut [T]))| {
                let row = n * sectors..(n + 1) * sectors;
                let mut response =
                    Response { log_cost, log_share_shift: shift, expenditure: spending };
                system.region(n).respond(
                    &log_activity[row.clone()],
                    &log_prices[row],
                    other_income[n] * baseline.income[n],
                    &mut response,
                )
            };
        let totals: Vec<Totals<T>> = if parallel {
            log_costs
                .par_chunks_mut(sectors)
                .zip(log_share_shift.par_chunks_mut(sectors))
                .zip(expenditure.par_chunks_mut(sectors))
                .enumerate()
                .map(respond)
                .collect()
        } else {
            log_costs
                .chunks_mut(sectors)
                .zip(log_share_shift.chunks_mut(sectors))
                .zip(expenditure.chunks_mut(sectors))
                .enumerate()
                .map(respond)
                .collect()
        };

        let (mut new_prices, mut sales, mut tariffs, mut export_taxes) =
            (zeros(), zeros(), zeros(), zeros());
        let mut split_spending: Vec<Vec<T>> =
            system.accounts.iter().map(|cells| vec![T::constant(0.0); cells.len()]).collect();
        let clear = |(s, ((((prices, sales), tariffs), export_taxes), split_spending)): (
            usize,
            ((((&mut [T], &mut [T]), &mut [T]), &mut [T]), &mut Vec<T>),
        )| {
            let costs: Vec<T> = (0..regions).map(|i| log_costs[i * sectors + s]).collect();
            let spending: Vec<T> = (0..regions).map(|n| expenditure[n * sectors + s]).collect();
            let factors = self.wedge_factors(s, &points);
            let mut cleared =
                Cleared { log_prices: prices, sales, tariffs, export_taxes, split_spending };
            system.markets[s].clear(&costs, &spending, &factors, &mut cleared);
        };
        if parallel {
            new_prices
                .par_chunks_mut(regions)
                .zip(sales.par_chunks_mut(regions))
                .zip(tariffs.par_chunks_mut(regions))
                .zip(export_taxes.par_chunks_mut(regions))
                .zip(split_spending.par_iter_mut())
                .enumerate()
                .for_each(clear);
        } else {
            new_prices
                .chunks_mut(regions)
                .zip(sales.chunks_mut(regions))
                .zip(tariffs.chunks_mut(regions))
                .zip(export_taxes.chunks_mut(regions))
                .zip(split_spending.iter_mut())
                .enumerate()
                .for_each(clear);
        }
        let wedges = self.wedge_values(points, &log_costs, &split_spending);
        let mut evaluation = Evaluation {
            log_costs,
            log_share_shift,
            expenditure,
            totals,
            log_prices: new_prices,
            sales,
            tariffs,
            export_taxes,
            rents: vec![T::constant(0.0); regions],
            split_spending,
            wedges,
        };
        self.divide_split_cells(&mut evaluation);
        evaluation
    }

    /// `Π m^{−θ}` by split cell of a sector.
    fn wedge_factors<T: Real>(&self, sector: usize, points: &[WedgePoint<T>]) -> Vec<T> {
        let theta = self.system.markets[sector].trade_elasticity;
        self.system.accounts[sector]
            .iter()
            .map(|accounts| {
                if accounts.wedges.iter().any(|&wedge| points[wedge].closed) {
                    return T::constant(0.0);
                }
                let zero = T::constant(0.0);
                let log_multiplier =
                    accounts.wedges.iter().fold(zero, |sum, &w| sum + points[w].log_multiplier);
                (log_multiplier * -theta).exp()
            })
            .collect()
    }

    /// Quantities and prices under limits, at given spending on split cells.
    fn wedge_values<T: Real>(
        &self,
        points: Vec<WedgePoint<T>>,
        log_costs: &[T],
        split_spending: &[Vec<T>],
    ) -> WedgeValues<T> {
        let system = self.system;
        let sectors = system.markets.len();
        let inverse = |wedge: usize| {
            let point = &points[wedge];
            if point.closed { T::constant(0.0) } else { (-point.log_multiplier).exp() }
        };
        let log_quantities: Vec<T> = system
            .wedges
            .iter()
            .map(|wedge| {
                let mut quantity = T::constant(0.0);
                for cell in &wedge.cells {
                    let accounts = &system.accounts[cell.sector][cell.split];
                    let spending = split_spending[cell.sector][cell.split];
                    let mut goods = spending * accounts.before_tariff;
                    for &wedge in &accounts.wedges {
                        goods = goods * inverse(wedge);
                    }
                    let log_cost = log_costs[cell.exporter * sectors + cell.sector];
                    quantity += goods * (-log_cost).exp() * cell.quantity;
                }
                quantity.ln()
            })
            .collect();
        let rents = system
            .wedges
            .iter()
            .zip(points.iter().zip(&log_quantities))
            .map(|(wedge, (point, &log_quantity))| wedge.rent(point, log_quantity))
            .collect();
        let log_prices =
            system.wedges.iter().map(|wedge| wedge.log_price(log_costs, sectors)).collect();
        WedgeValues { points, rents, log_quantities, log_prices }
    }

    /// Adds what the split cells bring to sales, taxes and rents.
    fn divide_split_cells<T: Real>(&self, evaluation: &mut Evaluation<T>) {
        let regions = evaluation.rents.len();
        for (s, accounts) in self.system.accounts.iter().enumerate() {
            for (split, accounts) in accounts.iter().enumerate() {
                let cell = &self.system.markets[s].split_cells[split];
                let rents = &mut evaluation.rents;
                let pay = |_, receiver, amount| match receiver {
                    Receiver::Importer => rents[cell.importer] += amount,
                    Receiver::Exporter => rents[cell.exporter] += amount,
                    Receiver::Region(region) => rents[region] += amount,
                };
                let spending = evaluation.split_spending[s][split];
                let divided = accounts.divide(spending, &evaluation.wedges.rents, pay);
                evaluation.sales[s * regions + cell.exporter] += divided.producer_value;
                evaluation.export_taxes[s * regions + cell.exporter] += divided.export_tax;
                evaluation.tariffs[s * regions + cell.importer] += divided.tariff;
            }
        }
    }

    fn apply<T: Real>(&self, x: &[T], image: &mut [T]) {
        let system = self.system;
        let baseline = &system.problem.baseline;
        let (regions, sectors) = (baseline.region_count(), baseline.sector_count());
        let cells = regions * sectors;
        let evaluation = self.equations(x);

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

        let (incomes, transfers) = self.other_incomes(&evaluation);
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::baseline::Baseline;
    use crate::economies::Recipe;
    use crate::problem::Problem;
    use crate::scenario::{
        Action, BilateralInstrument, Cells, Labour, Model, Policy, Scenario, Selector, Values,
    };

    /// Central differences with a step of 1e-5 are off by their third derivative times 1e-10 and by
    /// rounding over the step, 1e-11.
    const DIFFERENCE: f64 = 1e-8;

    fn problem(labour: Labour, deficits: Deficits, elasticity: f64, theta: f64) -> Problem {
        let recipe = Recipe { tariffs: 0.3, zero_flows: 0.2, ..Recipe::new(4, 3, 5) };
        let baseline = Arc::new(Baseline::new(&recipe.tables(), 1e-6).unwrap());
        let policy = |instrument, value| Policy {
            name: None,
            replace: false,
            action: Action::Bilateral {
                instrument,
                cells: Cells::Pattern {
                    exporter: Selector::name("R001"),
                    importer: Selector::All,
                    sector: Selector::All,
                    both_ways: true,
                    domestic: false,
                    value,
                },
            },
        };
        let scenario = Scenario {
            model: Model {
                trade_elasticity: Values::uniform(theta),
                production_elasticity: Values::uniform(elasticity),
                input_elasticity: Values::uniform(elasticity),
                final_elasticity: elasticity,
                specific_factor_share: Values::uniform(0.4),
                labour,
                deficits,
                ..Model::default()
            },
            policies: vec![
                policy(BilateralInstrument::ExportTaxRate, 0.2),
                policy(BilateralInstrument::TradeCostChange, 0.5),
                policy(BilateralInstrument::EmbargoShare, 0.3),
            ],
            ..Scenario::default()
        };
        Problem::new(baseline, &scenario).unwrap()
    }

    /// Numbers between −1 and 1.
    fn noise(count: usize, seed: u64) -> Vec<f64> {
        let mut state = seed;
        let mut next = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(seed | 1);
            (state >> 11) as f64 / (1_u64 << 52) as f64 - 1.0
        };
        (0..count).map(|_| next()).collect()
    }

    fn assert_derivative(problem: &Problem, start: impl Fn(&[f64]) -> Vec<f64>) {
        let system = System::new(problem).unwrap();
        let mut map = EquilibriumMap::new(&system);
        let point = start(&map.baseline_point());
        let dimension = map.dimension();
        for seed in 1..4 {
            let direction = noise(dimension, seed);
            let mut exact = vec![0.0; dimension];
            map.differentiate(&point, &direction, &mut exact);
            let step = 1e-5;
            let mut image_at = |step: f64| {
                let moved: Vec<f64> =
                    point.iter().zip(&direction).map(|(x, d)| x + step * d).collect();
                let mut image = vec![0.0; dimension];
                map.evaluate(&moved, &mut image);
                image
            };
            let (above, below) = (image_at(step), image_at(-step));
            for (index, exact) in exact.iter().enumerate() {
                let difference = (above[index] - below[index]) / (2.0 * step);
                assert!(
                    (exact - difference).abs() < DIFFERENCE * exact.abs().max(1.0),
                    "unknown {index}: {exact} and {difference}"
                );
            }
        }
    }

    #[test]
    fn derivatives_equal_central_differences() {
        let moved = |point: &[f64]| -> Vec<f64> {
            point.iter().zip(noise(point.len(), 9)).map(|(x, noise)| x + 0.1 * noise).collect()
        };
        for labour in [Labour::Mobile, Labour::FixedNominalWage, Labour::FixedRealWage] {
            for deficits in [Deficits::Fixed, Deficits::IncomeShare, Deficits::Balanced] {
                for elasticity in [0.3, 1.0, 2.5] {
                    let problem = problem(labour, deficits, elasticity, 3.0);
                    assert_derivative(&problem, moved);
                    assert_derivative(&problem, <[f64]>::to_vec);
                }
            }
        }
    }
}
