//! What all columns of a batch read: the baseline's shares, without the cells that policies touch.

use std::ops::Range;
use std::sync::Arc;

use super::levels::Levels;
use crate::equilibrium::system::slice;
use crate::problem::{Counterfactual, Infeasible, Problem, Survivors, TradeCell};

/// Closer to 1 than this (and not 1) an elasticity is left to the single solver, whose formulas are
/// precise there: here `ln(Σ a p^{1−e})/(1−e)` loses `1e-16/(1−e)`.
const NEAR_ONE: f64 = 1e-3;

/// A template, laid out for columns.
pub(super) struct Shared {
    /// The template: columns differ from it in numbers alone.
    pub problem: Problem,
    pub survivors: Survivors,
    /// `V` with closed sectors at 0, `[region, sector]`.
    pub value_added: Vec<f64>,
    /// `Y` with closed sectors at 0, `[region, sector]`.
    pub output: Vec<f64>,
    /// Own price elasticity of demand for value added over θ, `[region, sector]`.
    pub own_price: Vec<f64>,
    /// What steps are made with; if absent, each activity takes a part of its own.
    pub levels: Option<Levels>,
    /// Users in groups of one ε each.
    pub groups: Vec<Vec<usize>>,
    /// One market per sector.
    pub markets: Vec<SharedMarket>,
    /// Cells that a policy touches, in order.
    pub touched: Vec<Touched>,
    /// Where those of each `[sector, importer]` start, and their end.
    touched_from: Vec<usize>,
    /// What the policies of the template do to them.
    pub template_terms: Vec<CellTerms>,
}

/// `[importer, exporter]` in each array; touched cells are 0.
pub(super) struct SharedMarket {
    /// `π`.
    pub weights: Vec<f64>,
    /// `π / ((1+τ)(1+x))`; `π` if absent.
    producer: Option<Vec<f64>>,
    /// `π τ/(1+τ)`; none if absent.
    pub tariff: Option<Vec<f64>>,
    /// `π x / ((1+τ)(1+x))`; none if absent.
    pub export_tax: Option<Vec<f64>>,
}

/// A touched cell.
pub(super) struct Touched {
    pub cell: TradeCell,
    pub importer: usize,
    pub exporter: usize,
    /// `π`.
    pub share: f64,
}

/// What policies do to a touched cell, whatever the elasticities.
#[derive(Clone, Copy)]
pub(super) struct CellTerms {
    /// `ln κ̂(1+x')/(1+x)(1+τ')/(1+τ)`.
    pub log_cost: f64,
    /// Logarithm of the share of varieties that remain; −∞ if closed.
    pub log_remaining: f64,
    /// Whether nests come on top.
    pub nested: bool,
    pub tariff: f64,
    pub export_tax: f64,
}

impl Shared {
    /// Lays out a template; `None` where it has parts that need the single solver: wedges, margins of
    /// hubs, trade shares by user, a baseline that must be solved first.
    ///
    /// # Errors
    /// A market that must be served and has no supplier left.
    pub fn new(problem: &Problem) -> Result<Option<Self>, Infeasible> {
        if !is_plain(problem) {
            return Ok(None);
        }
        let survivors = Survivors::of(problem)?;
        let baseline = &problem.baseline;
        let (regions, sectors) = (baseline.region_count(), baseline.sector_count());
        let open = |values: &[f64]| -> Vec<f64> {
            let sells = survivors.sells.iter();
            values
                .iter()
                .zip(sells)
                .map(|(value, sells)| if *sells { *value } else { 0.0 })
                .collect()
        };
        let (value_added, output) =
            (open(slice(&baseline.value_added)), open(slice(&baseline.output)));
        let own_price = (0..regions * sectors)
            .map(|cell| {
                let (n, k) = (cell / sectors, cell % sectors);
                let home = baseline.trade_shares[[k, n, n]];
                baseline.value_added_share[[n, k]].clamp(0.0, 1.0) * (1.0 - home)
            })
            .collect();
        let mut groups: Vec<(f64, Vec<usize>)> = Vec::new();
        for (k, &epsilon) in problem.elasticities.input.iter().enumerate() {
            match groups.iter_mut().find(|(known, _)| *known == epsilon) {
                Some((_, users)) => users.push(k),
                None => groups.push((epsilon, vec![k])),
            }
        }
        let touched: Vec<Touched> = problem
            .counterfactual
            .cells
            .keys()
            .map(|&cell| Touched {
                cell,
                importer: cell.1,
                exporter: cell.2,
                share: baseline.trade_shares[[cell.0, cell.1, cell.2]],
            })
            .collect();
        let markets = (0..sectors).map(|s| SharedMarket::new(problem, s, &touched)).collect();
        let place = |touched: &Touched| touched.cell.0 * regions + touched.importer;
        let touched_from = (0..=sectors * regions)
            .map(|row| touched.partition_point(|touched| place(touched) < row))
            .collect();
        let template_terms = terms(problem, &touched).unwrap_or_default();
        Ok(Some(Self {
            survivors,
            value_added,
            output,
            own_price,
            levels: Levels::new(problem)?,
            groups: groups.into_iter().map(|(_, users)| users).collect(),
            markets,
            touched,
            touched_from,
            template_terms,
            problem: problem.clone(),
        }))
    }

    /// The touched cells of these `[sector, importer]`.
    pub fn touched_in(&self, rows: Range<usize>) -> Range<usize> {
        self.touched_from[rows.start]..self.touched_from[rows.end]
    }

    /// Whether a problem is the template with other numbers, and may be a column.
    pub fn takes(&self, problem: &Problem) -> bool {
        let template = &self.problem;
        let elasticities = &problem.elasticities;
        let shape = Arc::ptr_eq(&problem.baseline, &template.baseline)
            && problem.sourcing == template.sourcing
            && problem.labour == template.labour
            && problem.deficits == template.deficits;
        let far = |elasticity: &f64| *elasticity == 1.0 || (elasticity - 1.0).abs() >= NEAR_ONE;
        let elasticities = elasticities.production.iter().all(far)
            && elasticities.input.iter().all(far)
            && far(&elasticities.final_demand)
            && self.groups.iter().all(|users| {
                users.iter().all(|&k| elasticities.input[k] == elasticities.input[users[0]])
            });
        shape && elasticities && (self.same_policies(problem) || self.takes_policies(problem))
    }

    pub fn same_policies(&self, problem: &Problem) -> bool {
        Arc::ptr_eq(&problem.counterfactual, &self.problem.counterfactual)
    }

    fn takes_policies(&self, problem: &Problem) -> bool {
        let closed = |counterfactual: &Counterfactual| -> Vec<TradeCell> {
            let cells = counterfactual.cells.iter();
            let closed = cells.filter(|(_, change)| counterfactual.is_closed(change));
            closed.map(|(&cell, _)| cell).collect()
        };
        let cells = &self.problem.counterfactual.cells;
        is_plain(problem)
            && problem.counterfactual.cells.keys().all(|cell| cells.contains_key(cell))
            && (closed(&problem.counterfactual) == closed(&self.problem.counterfactual)
                || Survivors::of(problem).is_ok_and(|survivors| survivors == self.survivors))
    }
}

/// Whether nothing in a problem but its cells, incomes and tastes differs from the baseline.
fn is_plain(problem: &Problem) -> bool {
    let counterfactual = &problem.counterfactual;
    let margins = counterfactual
        .nests
        .iter()
        .any(|nest| nest.branches.iter().any(|b| b.hub.is_some() && b.margin != 0.0));
    let common = problem.user_shares().is_none();
    common && counterfactual.wedges.is_empty() && !margins && !problem.needs_reference()
}

/// What the policies of a problem do to cells, of which its own are some; `None` if they are not.
pub(super) fn terms(problem: &Problem, touched: &[Touched]) -> Option<Vec<CellTerms>> {
    let baseline = &problem.baseline;
    let counterfactual = &problem.counterfactual;
    let mut changes = counterfactual.cells.iter().peekable();
    let mut terms = Vec::with_capacity(touched.len());
    for Touched { cell, .. } in touched {
        let change = changes.next_if(|(own, _)| *own == cell).map(|(_, change)| change);
        terms.push(match change {
            Some(change) => CellTerms {
                log_cost: change.cost_factor(baseline, *cell).ln(),
                log_remaining: if counterfactual.is_closed(change) {
                    f64::NEG_INFINITY
                } else {
                    change.remaining().ln()
                },
                nested: !change.nests.is_empty(),
                tariff: change.tariff,
                export_tax: change.export_tax,
            },
            None => CellTerms {
                log_cost: 0.0,
                log_remaining: 0.0,
                nested: false,
                tariff: baseline.tariff(cell.0, cell.1, cell.2),
                export_tax: baseline.export_tax(cell.0, cell.1, cell.2),
            },
        });
    }
    changes.next().is_none().then_some(terms)
}

impl SharedMarket {
    fn new(problem: &Problem, s: usize, touched: &[Touched]) -> Self {
        let baseline = &problem.baseline;
        let regions = baseline.region_count();
        let block = s * regions * regions..(s + 1) * regions * regions;
        let mut weights = slice(&baseline.trade_shares)[block.clone()].to_vec();
        for touched in touched.iter().filter(|touched| touched.cell.0 == s) {
            weights[touched.importer * regions + touched.exporter] = 0.0;
        }
        let rates = |rates: Option<&ndarray::Array3<f64>>| -> Vec<f64> {
            let none = || vec![0.0; regions * regions];
            rates.map_or_else(none, |rates| slice(rates)[block.clone()].to_vec())
        };
        let tariffs = rates(baseline.tariffs.as_ref());
        let export_taxes = rates(baseline.export_taxes.as_ref());
        let levied = |rates: &[f64]| {
            weights.iter().zip(rates).any(|(weight, rate)| *weight != 0.0 && *rate != 0.0)
        };
        let (any_tariff, any_export_tax) = (levied(&tariffs), levied(&export_taxes));
        let rates = || weights.iter().zip(tariffs.iter().zip(&export_taxes));
        let producer = |weight: f64, tariff: f64, tax: f64| weight / ((1.0 + tariff) * (1.0 + tax));
        Self {
            producer: (any_tariff || any_export_tax)
                .then(|| rates().map(|(w, (t, x))| producer(*w, *t, *x)).collect()),
            tariff: any_tariff.then(|| rates().map(|(w, (t, _))| w * t / (1.0 + t)).collect()),
            export_tax: any_export_tax
                .then(|| rates().map(|(w, (t, x))| x * producer(*w, *t, *x)).collect()),
            weights,
        }
    }

    /// `π / ((1+τ)(1+x))`.
    pub fn producer(&self) -> &[f64] {
        self.producer.as_ref().unwrap_or(&self.weights)
    }
}
