//! Recomputes every equation from the reported results, by code that shares no equation with the
//! solver: plain powers and sums over levels, in the order of the notation.
//!
//! Powers are those of whole arrays, a price's or a cost's taken once, not once per cell. Their exponentials
//! and logarithms are the ones the solver uses, which are tested against the standard library's.

mod limits;
mod production;
mod row;
mod trade;

use std::ops::Range;

use self::limits::SplitTrade;
use self::production::Uses;
use self::trade::Trade;
use super::system::{System, each};
use super::{Equilibrium, Regime};
use crate::problem::Problem;
use crate::scenario::{Deficits, Labour};

/// How far one equation is from holding.
#[derive(Clone, Debug, PartialEq)]
pub struct Residual {
    /// Name of the equation.
    pub equation: &'static str,
    /// Largest difference of the two sides over the sum of the sizes of their terms.
    pub relative: f64,
    /// Where.
    pub cell: String,
}

/// The largest residual of every equation.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Certificate {
    /// In the order of the equations.
    pub residuals: Vec<Residual>,
}

impl Certificate {
    /// The equation that holds least. NaN counts as worst.
    pub fn worst(&self) -> &Residual {
        static NONE: Residual =
            Residual { equation: "no equation", relative: f64::INFINITY, cell: String::new() };
        self.residuals.iter().max_by(|a, b| a.relative.total_cmp(&b.relative)).unwrap_or(&NONE)
    }
}

/// The worst place of one equation.
#[derive(Clone)]
pub(super) struct Check {
    pub(super) equation: &'static str,
    /// Largest residual; infinite if one is no number.
    pub(super) relative: f64,
    place: (usize, usize, usize),
}

impl Check {
    pub(super) fn new(equation: &'static str) -> Self {
        Self { equation, relative: 0.0, place: (0, 0, 0) }
    }

    /// Compares two sides that are sums of terms of the given total size. NaN is worst.
    #[inline]
    pub(super) fn compare(
        &mut self,
        left: f64,
        right: f64,
        size: f64,
        place: (usize, usize, usize),
    ) {
        let gap = (left - right).abs();
        // Without a division where it is not the worst; false for NaN.
        if gap <= self.relative * size || self.relative.is_infinite() || gap == 0.0 {
            return;
        }
        let relative = gap / size;
        self.relative = if relative.is_nan() { f64::INFINITY } else { relative };
        self.place = place;
    }

    pub(super) fn same(&mut self, left: f64, right: f64, place: (usize, usize, usize)) {
        self.compare(left, right, left.abs().max(right.abs()), place);
    }

    /// Takes the worse of both.
    fn take(&mut self, other: &Self) {
        if other.relative > self.relative {
            *self = other.clone();
        }
    }

    pub(super) fn named(self, cell: impl Fn((usize, usize, usize)) -> String) -> Residual {
        let cell = if self.relative == 0.0 { String::new() } else { cell(self.place) };
        Residual { equation: self.equation, relative: self.relative, cell }
    }
}

/// Cells that are worked on together: more take no less time each, and fewer take more.
const BAND: usize = 512;

/// `make` for bands of so many rows of cells, on several threads if `parallel`.
fn in_bands<T: Send>(
    parallel: bool,
    rows: usize,
    cells_per_row: usize,
    make: impl Fn(Range<usize>) -> T + Send + Sync,
) -> Vec<T> {
    let band = BAND.div_ceil(cells_per_row);
    let make = |place: usize| make(place * band..((place + 1) * band).min(rows));
    each(parallel, rows.div_ceil(band), make)
}

/// Checks the equations of the model on the reported values of an equilibrium.
pub fn certify(problem: &Problem, result: &Equilibrium) -> Certificate {
    // Where an exporter withdraws from a price cap, the equilibrium is that of the embargo.
    let withdrawn: Vec<usize> = (0..result.wedges.len())
        .filter(|&wedge| result.wedges[wedge].regime == Regime::Withdrawn)
        .collect();
    let closing;
    let problem = if withdrawn.is_empty() {
        problem
    } else {
        closing = problem.closing(&withdrawn);
        &closing
    };
    let baseline = &problem.baseline;
    let (regions, sectors) = (baseline.region_count(), baseline.sector_count());
    let sector_cell = |(n, s, _): (usize, usize, usize)| format!("`{}`", baseline.cell_name(n, s));
    let region = |(n, _, _): (usize, usize, usize)| format!("`{}`", baseline.regions.code(n));
    let trade_cell =
        |(s, n, i): (usize, usize, usize)| format!("`{}`", baseline.trade_cell_name(s, n, i));

    let parallel = System::takes_threads(problem);
    let by_regions = in_bands(parallel, regions, sectors, |band| Uses::of(problem, result, band));
    let (mut cost, mut value_added, mut index) =
        (Check::new("unit cost"), Check::new("value added"), Check::new("price index"));
    let mut demand = Vec::with_capacity(regions * problem.purchasers() * sectors);
    for uses in by_regions {
        cost.take(&uses.unit_cost);
        value_added.take(&uses.value_added);
        index.take(&uses.price_index);
        demand.extend(uses.demand);
    }
    let mut residuals = vec![cost.named(sector_cell), value_added.named(sector_cell)];

    let splits = SplitTrade::of(problem, result);
    let trade = |band| Trade::of(problem, result, &splits, &demand, band);
    let by_sectors = in_bands(parallel, sectors, regions, trade);
    let (mut price, mut share, mut spending, mut clearing) = (
        Check::new("price"),
        Check::new("trade share"),
        Check::new("spending"),
        Check::new("market clearing"),
    );
    let (mut tariffs, mut export_taxes) = (vec![0.0; regions], vec![0.0; regions]);
    for trade in by_sectors {
        price.take(&trade.price);
        share.take(&trade.share);
        spending.take(&trade.spending);
        clearing.take(&trade.clearing);
        for n in 0..regions {
            tariffs[n] += trade.tariffs[n];
            export_taxes[n] += trade.export_taxes[n];
        }
    }
    residuals.push(price.named(sector_cell));
    residuals.push(share.named(trade_cell));
    residuals.push(spending.named(sector_cell));
    residuals.push(clearing.named(sector_cell));

    let (mut income, mut labour, mut numeraire, mut deficit) = (
        Check::new("income"),
        Check::new("labour market"),
        Check::new("numeraire"),
        Check::new("deficit"),
    );
    let rents = &splits.rents;
    let mut before_coalitions = vec![0.0; regions];
    let income_ratio = |n: usize| result.income[n] / baseline.income[n];
    let world_income = result.income.sum();
    let scaled_deficits: f64 = (0..regions).map(|n| baseline.deficits[n] * income_ratio(n)).sum();
    for n in 0..regions {
        let (tariffs, export_taxes) = (tariffs[n], export_taxes[n]);
        let value_added = result.value_added.row(n).sum();
        let (rent, transfer) = (rents[n], result.transfers[n]);
        let sum = value_added + tariffs + export_taxes + rent + transfer + result.deficits[n];
        let size = value_added.abs()
            + tariffs.abs()
            + export_taxes.abs()
            + rent.abs()
            + transfer.abs()
            + result.deficits[n].abs();
        income.compare(result.income[n], sum, size.max(result.income[n].abs()), (n, 0, 0));
        income.compare(result.tariff_revenue[n], tariffs, size, (n, 0, 0));
        income.compare(result.export_tax_revenue[n], export_taxes, size, (n, 0, 0));
        income.compare(result.rents[n], rent, size, (n, 0, 0));
        before_coalitions[n] = sum - transfer + problem.counterfactual.transfers[n];

        let expected = match problem.deficits {
            Deficits::Fixed => baseline.deficits[n],
            Deficits::Balanced => 0.0,
            Deficits::IncomeShare => {
                baseline.deficits[n] * income_ratio(n)
                    - result.income[n] / world_income * scaled_deficits
            }
        };
        deficit.compare(result.deficits[n], expected, size, (n, 0, 0));

        let (mut labour_before, mut labour_after) = (0.0, 0.0);
        for k in 0..sectors {
            let share = 1.0 - problem.elasticities.specific_factor_share[[n, k]];
            labour_before += share * baseline.value_added[[n, k]];
            labour_after += share * result.value_added[[n, k]];
        }
        if labour_before != 0.0 {
            labour.same(
                result.wage[n] * result.employment[n],
                labour_after / labour_before,
                (n, 0, 0),
            );
        }
        match problem.labour {
            Labour::Mobile => labour.same(result.employment[n], 1.0, (n, 0, 0)),
            Labour::FixedNominalWage => labour.same(result.wage[n], 1.0, (n, 0, 0)),
            Labour::FixedRealWage => {
                labour.same(result.wage[n], result.price_index[n], (n, 0, 0));
            }
        }
    }
    let expected = expected_transfers(problem, result, &before_coalitions);
    for n in 0..regions {
        let size = result.income[n] + result.transfers[n].abs();
        income.compare(result.transfers[n], expected[n], size, (n, 0, 0));
    }
    numeraire.same(result.value_added.sum(), baseline.value_added.sum(), (0, 0, 0));
    residuals.push(index.named(region));
    residuals.push(income.named(region));
    residuals.push(deficit.named(region));
    residuals.push(labour.named(region));
    residuals.push(numeraire.named(|_| "the world".to_owned()));
    residuals.extend(splits.complementarity(problem, result));
    Certificate { residuals }
}

/// Transfers of fixed size and those that the rules of coalitions ask for, by region.
fn expected_transfers(problem: &Problem, result: &Equilibrium, before: &[f64]) -> Vec<f64> {
    let mut transfers = problem.counterfactual.transfers.to_vec();
    for coalition in &problem.counterfactual.coalitions {
        let sum = |value: &dyn Fn(usize) -> f64| -> f64 {
            coalition.members.iter().map(|&n| value(n)).sum()
        };
        let needed = |n: usize| problem.baseline.income[n] * result.price_index[n];
        let (incomes, needs) = (sum(&|n| before[n]), sum(&needed));
        for (member, &n) in coalition.members.iter().enumerate() {
            let goal = match &coalition.weights {
                None => incomes / needs * needed(n),
                Some(weights) => needed(n) - weights[member] * (needs - incomes),
            };
            transfers[n] += coalition.part * (goal - before[n]);
        }
    }
    transfers
}
