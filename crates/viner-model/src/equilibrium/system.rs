//! The numbers of a problem in the order in which its equations read them.

use std::sync::Arc;

use ndarray::{Array2, Axis};
use rayon::prelude::*;
use viner_numerics::threads::piece;

use super::wedges::{self, WedgeLine};
use crate::baseline::Baseline;
use crate::equations::production::Region;
use crate::equations::rents::SplitAccounts;
use crate::equations::sourcing::{Market, SplitCell, TaxedRows, Taxes};
use crate::equations::weights::Weights;
use crate::problem::{Infeasible, Problem, Survivors, TradeCell};
use crate::scenario::Sourcing;

/// Trade cells from which on a pass over all of them is worth several threads.
pub(super) const PARALLEL_FROM: usize = 80_000;

/// Prices from which on a pass over them alone is.
const PARALLEL_CELLS_FROM: usize = 3_000;

/// `make` for every position, on several threads if `parallel`.
pub(super) fn each<T: Send>(
    parallel: bool,
    count: usize,
    make: impl Fn(usize) -> T + Send + Sync,
) -> Vec<T> {
    (0..count).into_par_iter().with_min_len(piece(count, parallel)).map(make).collect()
}

/// A problem laid out for evaluation.
pub struct System<'a> {
    /// The problem.
    pub problem: &'a Problem,
    /// Which markets are active.
    pub survivors: Survivors,
    /// One market per sector.
    pub markets: Vec<Arc<Market>>,
    /// Accounts of the split cells of each market, in its order.
    pub accounts: Vec<Vec<SplitAccounts>>,
    /// Limits on quantities and prices, one per wedge of the counterfactual.
    pub wedges: Vec<WedgeLine>,
    /// `V` with closed sectors at 0, `[region, sector]`.
    pub value_added: Array2<f64>,
    /// `Y` with closed sectors at 0, `[region, sector]`.
    pub output: Array2<f64>,
    /// Purchasers of a good in each region with prices of their own.
    pub purchasers: usize,
    /// Whether σ is 1 in every sector: `β' = β`. What is evaluated then does not carry derivatives by σ,
    /// which are taken backwards.
    pub shares_are_fixed: bool,
    log_productivity: Array2<f64>,
    labour_value: Array2<f64>,
    labour_income: Vec<f64>,
    input_elasticities: Vec<f64>,
    input_elasticity_of: Vec<usize>,
}

impl<'a> System<'a> {
    /// Lays out `problem`.
    ///
    /// # Errors
    /// A market that must be served and has no supplier left.
    pub fn new(problem: &'a Problem) -> Result<Self, Infeasible> {
        let survivors = Survivors::of(problem)?;
        let baseline = &problem.baseline;
        let (mut value_added, mut output) = (baseline.value_added.clone(), baseline.output.clone());
        for ((cell, sells), value) in survivors.sells.indexed_iter().zip(&mut output) {
            if !sells {
                *value = 0.0;
                value_added[cell] = 0.0;
            }
        }
        let elasticities = &problem.elasticities;
        let labour_share = elasticities.specific_factor_share.mapv(|share| 1.0 - share);
        let labour_income = (&baseline.value_added * &labour_share).sum_axis(Axis(1)).to_vec();
        let labour_value = &value_added * &labour_share;
        let (input_elasticities, input_elasticity_of) = if problem.user_shares().is_some() {
            // Every user has prices of its own.
            (elasticities.input.clone(), (0..elasticities.input.len()).collect())
        } else {
            groups(&elasticities.input)
        };
        let purchasers = problem.purchasers();
        let parallel = Self::takes_threads(problem);
        let sectors = baseline.sector_count();
        let splits = each(parallel, sectors, |s| split_cells(problem, s));
        let markets = each(parallel, sectors, |s| Arc::new(market(problem, s, &splits[s])));
        let accounts = splits
            .iter()
            .map(|cells| cells.iter().map(|&cell| split_accounts(problem, cell)).collect())
            .collect();
        let wedges = wedges::lines(problem, &survivors, &splits);
        Ok(Self {
            markets,
            accounts,
            wedges,
            log_productivity: problem.counterfactual.productivity.mapv(f64::ln),
            problem,
            survivors,
            value_added,
            output,
            purchasers,
            shares_are_fixed: elasticities.production.iter().all(|&sigma| sigma == 1.0),
            labour_value,
            labour_income,
            input_elasticities,
            input_elasticity_of,
        })
    }

    /// Regions and sectors.
    pub fn cells(&self) -> usize {
        self.output.len()
    }

    /// Prices: one for every good that a purchaser may buy.
    pub fn prices(&self) -> usize {
        self.cells() * self.purchasers
    }

    /// Whether a pass over all trade cells is worth several threads.
    pub fn parallel(&self) -> bool {
        Self::takes_threads(self.problem)
    }

    /// Whether that of a problem is.
    pub fn takes_threads(problem: &Problem) -> bool {
        problem.baseline.trade_shares.len() * problem.purchasers() >= PARALLEL_FROM
    }

    /// Whether a pass over the cells alone is.
    pub fn parallel_cells(&self) -> bool {
        self.prices() >= PARALLEL_CELLS_FROM
    }

    /// The equations of region `n`.
    pub fn region(&self, n: usize) -> Region<'_> {
        let baseline = &self.problem.baseline;
        let elasticities = &self.problem.elasticities;
        let sectors = baseline.sector_count();
        let row = n * sectors..(n + 1) * sectors;
        let block = n * sectors * sectors..(n + 1) * sectors * sectors;
        Region {
            input_mix: &slice(&baseline.input_mix)[block],
            value_added_share: &slice(&baseline.value_added_share)[row.clone()],
            value_added: &slice(&self.value_added)[row.clone()],
            output: &slice(&self.output)[row.clone()],
            log_productivity: &slice(&self.log_productivity)[row.clone()],
            specific_factor_share: &slice(&elasticities.specific_factor_share)[row.clone()],
            final_shares: &slice(&self.problem.counterfactual.final_shares)[row.clone()],
            labour_value: &slice(&self.labour_value)[row],
            labour_income: self.labour_income[n],
            production_elasticity: &elasticities.production,
            shares_are_fixed: self.shares_are_fixed,
            input_elasticities: &self.input_elasticities,
            input_elasticity_of: &self.input_elasticity_of,
            final_elasticity: elasticities.final_demand,
            prices_by_user: self.purchasers > 1,
            labour: self.problem.labour,
        }
    }
}

/// Distinct values, and which of them each entry is.
fn groups(values: &[f64]) -> (Vec<f64>, Vec<usize>) {
    let mut distinct: Vec<f64> = Vec::new();
    let positions = values
        .iter()
        .map(|value| {
            distinct.iter().position(|known| known == value).unwrap_or_else(|| {
                distinct.push(*value);
                distinct.len() - 1
            })
        })
        .collect();
    (distinct, positions)
}

/// All values of an array in memory order; arrays of the model are never views.
pub(super) fn slice<D: ndarray::Dimension>(array: &ndarray::Array<f64, D>) -> &[f64] {
    array.as_slice().unwrap_or_else(|| unreachable!("arrays of the model are in standard layout"))
}

/// Cells of a sector that are open and have a wedge or a margin of a hub, by importer.
fn split_cells(problem: &Problem, sector: usize) -> Vec<TradeCell> {
    let counterfactual = &problem.counterfactual;
    let theta = problem.elasticities.trade[sector];
    counterfactual
        .sector(sector)
        .filter(|(.., change)| {
            !counterfactual.is_closed(change)
                && (!change.wedges.is_empty()
                    || !counterfactual.hub_margins(change, theta).is_empty())
        })
        .map(|(n, i, _)| (sector, n, i))
        .collect()
}

fn split_accounts(problem: &Problem, cell: TradeCell) -> SplitAccounts {
    let theta = problem.elasticities.trade[cell.0];
    let counterfactual = &problem.counterfactual;
    let change = counterfactual.cell(&problem.baseline, cell);
    SplitAccounts {
        before_tariff: (1.0 + change.tariff).recip(),
        export_tax: change.export_tax,
        producer: counterfactual.blend(&change, theta).producer,
        margins: counterfactual.hub_margins(&change, theta),
        wedges: change.wedges,
    }
}

/// Trade shares of one sector in the baseline.
struct SectorShares {
    baseline: Arc<Baseline>,
    sourcing: Sourcing,
    sector: usize,
}

impl AsRef<[f64]> for SectorShares {
    fn as_ref(&self) -> &[f64] {
        self.baseline.sector_shares(self.sourcing, self.sector)
    }
}

fn market(problem: &Problem, s: usize, splits: &[TradeCell]) -> Market {
    let baseline = &problem.baseline;
    let counterfactual = &problem.counterfactual;
    let regions = baseline.region_count();
    let theta = problem.elasticities.trade[s];
    let purchasers = problem.purchasers();
    let shares =
        SectorShares { baseline: Arc::clone(baseline), sourcing: problem.sourcing, sector: s };
    let mut weights = Weights::new(Arc::new(shares), regions);
    let mut log_scale = vec![0.0; regions * purchasers];

    let factors: Vec<(usize, usize, f64)> = counterfactual
        .sector(s)
        .map(|(n, i, change)| {
            if counterfactual.is_closed(change) {
                return (n, i, f64::NEG_INFINITY);
            }
            let varieties =
                change.remaining().ln() + counterfactual.blend(change, theta).log_weight;
            (n, i, varieties - theta * change.cost_factor(baseline, (s, n, i)).ln())
        })
        .collect();
    let rows = |importer: usize| importer * purchasers..(importer + 1) * purchasers;
    let touched: Vec<usize> = factors
        .chunk_by(|one, next| one.0 == next.0)
        .flat_map(|factors| rows(factors[0].0))
        .collect();
    weights.take(touched.into_iter());
    let mut is_touched = vec![false; regions];
    for factors in factors.chunk_by(|one, next| one.0 == next.0) {
        for (_, i, _) in factors {
            is_touched[*i] = true;
        }
        for row in rows(factors[0].0) {
            log_scale[row] = scale_row(weights.own_row(row), factors, &is_touched);
        }
        for (_, i, _) in factors {
            is_touched[*i] = false;
        }
    }

    let split_cells = splits
        .iter()
        .map(|&(_, importer, exporter)| {
            let take = |row| std::mem::take(&mut weights.own_row(row)[exporter]);
            SplitCell { importer, exporter, weights: rows(importer).map(take).collect() }
        })
        .collect();
    let tariffs = counterfactual.sector_tariffs(baseline, s);
    let export_taxes = counterfactual.sector_export_taxes(baseline, s);
    let taxes = match (tariffs, export_taxes) {
        (None, None) => Taxes::None,
        (tariffs, export_taxes) if purchasers == 1 => {
            let rates = [tariffs.as_deref(), export_taxes.as_deref()];
            Taxes::Weights(TaxedRows::new(&weights, rates))
        }
        (tariffs, export_taxes) => {
            let rate = |rates: &Option<Vec<f64>>, cell: usize| {
                rates.as_ref().map_or(0.0, |rates| rates[cell])
            };
            let part = |value: &dyn Fn(f64, f64) -> f64| -> Vec<f64> {
                let cells = 0..regions * regions;
                cells.map(|cell| value(rate(&tariffs, cell), rate(&export_taxes, cell))).collect()
            };
            Taxes::Parts {
                producer: part(&|tariff, tax| 1.0 / ((1.0 + tariff) * (1.0 + tax))),
                export_tax: part(&|tariff, tax| tax / ((1.0 + tariff) * (1.0 + tax))),
                tariff: part(&|tariff, _| tariff / (1.0 + tariff)),
            }
        }
    };
    Market { trade_elasticity: theta, purchasers, weights, log_scale, taxes, split_cells }
}

/// Multiplies the weights of a row by the factors of its touched cells, given by exporter and by their
/// logarithms, scaled so that the largest of the row, untouched cells included, is 1; the logarithm of
/// the scale.
fn scale_row(row: &mut [f64], factors: &[(usize, usize, f64)], is_touched: &[bool]) -> f64 {
    let some_untouched =
        row.iter().zip(is_touched).any(|(weight, touched)| *weight > 0.0 && !touched);
    let largest = factors
        .iter()
        .filter(|(_, i, _)| row[*i] > 0.0)
        .map(|(.., factor)| *factor)
        .fold(if some_untouched { 0.0 } else { f64::NEG_INFINITY }, f64::max);
    if !largest.is_finite() {
        // Nothing is bought, or nothing remains; markets that must be served were checked.
        for (_, i, _) in factors {
            row[*i] = 0.0;
        }
        return 0.0;
    }
    if largest != 0.0 {
        let scale = (-largest).exp();
        for (weight, _) in row.iter_mut().zip(is_touched).filter(|(_, touched)| !**touched) {
            *weight *= scale;
        }
    }
    for (_, i, factor) in factors {
        row[*i] *= (factor - largest).exp();
    }
    largest
}
