//! One evaluation of every equation, in their order.

use rayon::prelude::*;
use viner_numerics::Real;
use viner_numerics::kernel::dense::{TRANSPOSED_TOGETHER, transpose};
use viner_numerics::threads::piece;

use super::EquilibriumMap;
use crate::equations::limits::WedgePoint;
use crate::equations::production::{Response, Totals};
use crate::equations::rents::{Receiver, Rent};
use crate::equations::sourcing::Cleared;

/// Everything one evaluation computes, in the order of the equations.
pub struct Evaluation<T> {
    /// `ln ĉ`, `[region, sector]`.
    pub log_costs: Vec<T>,
    /// `ln(β'/β)`, `[region, sector]`.
    pub log_share_shift: Vec<T>,
    /// `E'`, `[region, purchaser, sector]`.
    pub expenditure: Vec<T>,
    /// Wages, price indices and incomes, by region.
    pub totals: Vec<Totals<T>>,
    /// `ln P̂` implied by the costs, `[sector, region, purchaser]`.
    pub log_prices: Vec<T>,
    /// Costs, then spending, by sector first, as markets read them.
    pub by_sector: Vec<T>,
    /// `Σ_n X'`, `[sector, region]`.
    pub sales: Vec<T>,
    /// Taxes on cells that are not split, by sector.
    pub levied: Vec<Levied<T>>,
    /// Import tariffs, `[region]`.
    pub tariff_revenue: Vec<T>,
    /// Export taxes, `[region]`.
    pub export_tax_revenue: Vec<T>,
    /// Rents, fees and margins of hubs, `[region]`.
    pub rents: Vec<T>,
    /// Spending on split cells at purchaser value, by sector.
    pub split_spending: Vec<Vec<T>>,
    /// The wedges.
    pub wedges: WedgeValues<T>,
}

/// Taxes on the cells of a sector that are not split; empty where there are none.
pub struct Levied<T> {
    /// Import tariffs, by importer.
    pub tariffs: Vec<T>,
    /// Export taxes, by exporter.
    pub export_taxes: Vec<T>,
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

impl EquilibriumMap<'_> {
    /// Evaluates every equation once at the unknowns `x`.
    pub fn equations<T: Real>(&self, x: &[T]) -> Evaluation<T> {
        let mut evaluation = self.blocks(x);
        self.settle(&mut evaluation);
        evaluation
    }

    /// Evaluates the equations of regions and of markets; what becomes of the spending on split
    /// cells is left to [`settle`](Self::settle).
    pub fn blocks<T: Real>(&self, x: &[T]) -> Evaluation<T> {
        let mut evaluation = self.unevaluated();
        self.fill_blocks(x, &mut evaluation);
        evaluation
    }

    /// Room for an evaluation.
    fn unevaluated<T: Real>(&self) -> Evaluation<T> {
        let baseline = &self.system.problem.baseline;
        let (regions, sectors) = (baseline.region_count(), baseline.sector_count());
        let zero = T::constant(0.0);
        let zeros = || vec![zero; regions * sectors];
        let by_purchaser = || vec![zero; self.system.prices()];
        Evaluation {
            log_costs: zeros(),
            log_share_shift: zeros(),
            expenditure: by_purchaser(),
            totals: Vec::new(),
            log_prices: by_purchaser(),
            by_sector: vec![zero; self.system.cells() + self.system.prices()],
            sales: zeros(),
            levied: self
                .system
                .markets
                .iter()
                .map(|market| {
                    let taxed = if market.has_taxes() { regions } else { 0 };
                    Levied { tariffs: vec![zero; taxed], export_taxes: vec![zero; taxed] }
                })
                .collect(),
            tariff_revenue: vec![zero; regions],
            export_tax_revenue: vec![zero; regions],
            rents: vec![zero; regions],
            split_spending: self.system.accounts.iter().map(|s| vec![zero; s.len()]).collect(),
            wedges: WedgeValues {
                points: Vec::new(),
                rents: Vec::new(),
                log_quantities: Vec::new(),
                log_prices: Vec::new(),
            },
        }
    }

    /// [`equations`](Self::equations) in the room of an earlier evaluation.
    pub fn evaluate_again<T: Real>(&self, x: &[T], evaluation: &mut Option<Evaluation<T>>) {
        let evaluation = evaluation.get_or_insert_with(|| self.unevaluated());
        evaluation.rents.fill(T::constant(0.0));
        self.fill_blocks(x, evaluation);
        self.settle(evaluation);
    }

    fn fill_blocks<T: Real>(&self, x: &[T], evaluation: &mut Evaluation<T>) {
        let system = self.system;
        let baseline = &system.problem.baseline;
        let (regions, sectors) = (baseline.region_count(), baseline.sector_count());
        let (log_activity, rest) = x.split_at(system.cells());
        let (log_prices, rest) = rest.split_at(system.prices());
        let (other_income, tracks) = rest.split_at(regions);
        let points: Vec<WedgePoint<T>> =
            system.wedges.iter().zip(tracks).map(|(wedge, &y)| wedge.track.point(y)).collect();
        let parallel = system.parallel();
        // Rows of a market, and prices of a region.
        let (rows, prices) = (regions * system.purchasers, sectors * system.purchasers);

        let respond =
            |(n, ((log_cost, shift), spending)): (usize, ((&mut [T], &mut [T]), &mut [T]))| {
                let row = n * sectors..(n + 1) * sectors;
                let mut response =
                    Response { log_cost, log_share_shift: shift, expenditure: spending };
                system.region(n).respond(
                    &log_activity[row],
                    &log_prices[n * prices..(n + 1) * prices],
                    other_income[n] * baseline.income[n],
                    &mut response,
                )
            };
        evaluation
            .log_costs
            .par_chunks_mut(sectors)
            .zip(evaluation.log_share_shift.par_chunks_mut(sectors))
            .zip(evaluation.expenditure.par_chunks_mut(prices))
            .with_min_len(piece(regions, parallel))
            .enumerate()
            .map(respond)
            .collect_into_vec(&mut evaluation.totals);

        let (costs, spending) = evaluation.by_sector.split_at_mut(system.cells());
        for (matrix, rows, target) in [
            (&evaluation.log_costs, regions, &mut *costs),
            (&evaluation.expenditure, rows, &mut *spending),
        ] {
            let band = |(band, target): (usize, &mut [T])| {
                transpose(matrix, sectors, band * TRANSPOSED_TOGETHER, target);
            };
            let bands = target.par_chunks_mut(TRANSPOSED_TOGETHER * rows).enumerate();
            let count = sectors.div_ceil(TRANSPOSED_TOGETHER);
            bands.with_min_len(piece(count, system.parallel_cells())).for_each(band);
        }
        let (costs, spending) = (&*costs, &*spending);
        let clear = |(s, (((log_prices, sales), levied), split_spending)): (
            usize,
            (((&mut [T], &mut [T]), &mut Levied<T>), &mut Vec<T>),
        )| {
            let costs = &costs[s * regions..(s + 1) * regions];
            let spending = &spending[s * rows..(s + 1) * rows];
            let factors = self.wedge_factors(s, &points);
            let Levied { tariffs, export_taxes } = levied;
            let mut cleared = Cleared { log_prices, sales, tariffs, export_taxes, split_spending };
            system.markets[s].clear(costs, spending, &factors, &mut cleared);
        };
        evaluation
            .log_prices
            .par_chunks_mut(rows)
            .zip(evaluation.sales.par_chunks_mut(regions))
            .zip(evaluation.levied.par_iter_mut())
            .zip(evaluation.split_spending.par_iter_mut())
            .with_min_len(piece(sectors, parallel))
            .enumerate()
            .for_each(clear);
        let Evaluation { levied, tariff_revenue, export_tax_revenue, .. } = evaluation;
        tariff_revenue.fill(T::constant(0.0));
        export_tax_revenue.fill(T::constant(0.0));
        let add = |sums: &mut Vec<T>, taxes: &[T]| {
            sums.iter_mut().zip(taxes).for_each(|(sum, &tax)| *sum += tax);
        };
        for Levied { tariffs, export_taxes } in levied {
            add(tariff_revenue, tariffs);
            add(export_tax_revenue, export_taxes);
        }
        evaluation.wedges.points = points;
    }

    /// Quantities and prices under limits, and who gets what of the spending on split cells.
    pub fn settle<T: Real>(&self, evaluation: &mut Evaluation<T>) {
        self.wedge_values(evaluation);
        self.divide_split_cells(evaluation);
    }

    /// `Π m^{−θ}` by split cell of a sector.
    pub fn wedge_factors<T: Real>(&self, sector: usize, points: &[WedgePoint<T>]) -> Vec<T> {
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
    fn wedge_values<T: Real>(&self, evaluation: &mut Evaluation<T>) {
        let system = self.system;
        let sectors = system.markets.len();
        let Evaluation { log_costs, split_spending, wedges, .. } = evaluation;
        let points = &wedges.points;
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
                        goods = goods * points[wedge].inverse;
                    }
                    let log_cost = log_costs[cell.exporter * sectors + cell.sector];
                    quantity += goods * (-log_cost).exp() * cell.quantity;
                }
                quantity.ln()
            })
            .collect();
        wedges.rents = system
            .wedges
            .iter()
            .zip(points.iter().zip(&log_quantities))
            .map(|(wedge, (point, &log_quantity))| wedge.rent(point, log_quantity))
            .collect();
        wedges.log_prices =
            system.wedges.iter().map(|wedge| wedge.log_price(log_costs, sectors)).collect();
        wedges.log_quantities = log_quantities;
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
                evaluation.export_tax_revenue[cell.exporter] += divided.export_tax;
                evaluation.tariff_revenue[cell.importer] += divided.tariff;
            }
        }
    }
}
