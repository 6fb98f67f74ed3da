//! The end of an evaluation: limits, accounts of split cells, incomes, and outcomes on a tape, and the
//! image of activities and prices.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ops::Range;

use viner_numerics::vector::add_scaled;
use viner_numerics::{Adjoints, Real, Tape, Var};

use crate::equations::backward::market::MarketBackward;
use crate::equations::production::Totals;
use crate::equations::rents::{Receiver, Split};
use crate::equilibrium::map::EquilibriumMap;
use crate::equilibrium::map::backward::LevelsBackward;
use crate::equilibrium::map::evaluation::{Evaluation, WedgeValues};
use crate::equilibrium::system::System;
use crate::problem::{Problem, TradeCell};
use crate::scenario::Labour;

/// Totals of a region on the tape.
const TOTALS: usize = 5;

/// Where the numbers stand that the end of an evaluation starts from.
pub(super) struct Places {
    pub x: Range<usize>,
    pub log_costs: Range<usize>,
    pub log_share_shift: Range<usize>,
    pub expenditure: Range<usize>,
    totals: Range<usize>,
    pub log_prices: Range<usize>,
    pub sales: Range<usize>,
    pub tariff_revenue: Range<usize>,
    pub export_tax_revenue: Range<usize>,
    pub split_spending: Vec<Range<usize>>,
    pub incomes: Range<usize>,
}

/// The end of an evaluation at one point.
pub(super) struct Tail<'a, 't> {
    pub system: &'a System<'a>,
    tape: &'t Tape,
    pub places: Places,
    x: Vec<Var<'t>>,
    /// Income of each region from nowhere: none, but a derivative by it is one by a transfer.
    incomes: Vec<Var<'t>>,
    pub evaluation: Evaluation<Var<'t>>,
    /// The image of activities and prices.
    levels: LevelsBackward<'a>,
    /// The image of the other unknowns.
    rest: Vec<Var<'t>>,
    markets: &'a [MarketBackward<'a>],
    read: RefCell<Read<'t>>,
}

/// What outcomes have read of single cells.
#[derive(Default)]
pub(super) struct Read<'t> {
    /// Producer value of cells that are not split: not calculated on the tape.
    pub flows: BTreeMap<TradeCell, Var<'t>>,
    /// Accounts of split cells.
    pub splits: BTreeMap<TradeCell, Accounts<'t>>,
    /// κ̂, x' and what arrives per unit of the composite.
    pub changes: BTreeMap<TradeCell, [Var<'t>; 3]>,
    /// φ and the tax on what it earns.
    pub factors: BTreeMap<(usize, usize), [Var<'t>; 2]>,
}

/// Accounts of a split cell that outcomes are calculated from.
#[derive(Clone)]
pub(super) struct Accounts<'t> {
    pub split: Split<Var<'t>>,
    /// What the importer pays before tariff.
    pub before_tariff: Var<'t>,
    /// What each region receives of it in rents, fees and margins.
    payments: Vec<(usize, Var<'t>)>,
}

impl<'a, 't> Tail<'a, 't> {
    /// Calculates it from the blocks of an evaluation.
    pub fn new(
        tape: &'t Tape,
        system: &'a System<'a>,
        map: &EquilibriumMap<'_>,
        point: &[f64],
        blocks: &Evaluation<f64>,
        markets: &'a [MarketBackward<'a>],
    ) -> Self {
        let regions = blocks.totals.len();
        let (x, at_x) = tape.variables(point);
        let (log_costs, at_costs) = tape.variables(&blocks.log_costs);
        let (log_share_shift, at_shift) = tape.variables(&blocks.log_share_shift);
        let (expenditure, at_expenditure) = tape.variables(&blocks.expenditure);
        let totals: Vec<f64> = blocks.totals.iter().flat_map(as_array).collect();
        let (totals, at_totals) = tape.variables(&totals);
        let (log_prices, at_prices) = tape.variables(&blocks.log_prices);
        let (sales, at_sales) = tape.variables(&blocks.sales);
        let (tariff_revenue, at_tariffs) = tape.variables(&blocks.tariff_revenue);
        let (export_tax_revenue, at_export_taxes) = tape.variables(&blocks.export_tax_revenue);
        let (split_spending, at_splits) =
            blocks.split_spending.iter().map(|spending| tape.variables(spending)).unzip();
        let (incomes, at_incomes) = tape.variables(&vec![0.0; regions]);
        let tracks = &x[x.len() - system.wedges.len()..];
        let points = system.wedges.iter().zip(tracks).map(|(wedge, &y)| {
            wedge.track.point_at(y, wedge.track.terms().map(|term| tape.variable(term)))
        });
        let wedges = WedgeValues {
            points: points.collect(),
            rents: Vec::new(),
            log_quantities: Vec::new(),
            log_prices: Vec::new(),
        };
        let mut evaluation = Evaluation {
            log_costs,
            log_share_shift,
            expenditure,
            totals: totals.chunks(TOTALS).map(of_array).collect(),
            log_prices,
            by_sector: Vec::new(),
            sales,
            levied: Vec::new(),
            tariff_revenue,
            export_tax_revenue,
            rents: incomes.clone(),
            split_spending,
            wedges,
        };
        map.settle(&mut evaluation);
        let levels = LevelsBackward::new(system, map, &evaluation);
        let mut rest = vec![Var::constant(0.0); regions + system.wedges.len()];
        map.image_of_rest(&x, &evaluation, &mut rest);
        let places = Places {
            x: at_x,
            log_costs: at_costs,
            log_share_shift: at_shift,
            expenditure: at_expenditure,
            totals: at_totals,
            log_prices: at_prices,
            sales: at_sales,
            tariff_revenue: at_tariffs,
            export_tax_revenue: at_export_taxes,
            split_spending: at_splits,
            incomes: at_incomes,
        };
        let read = RefCell::default();
        Self { system, tape, places, x, incomes, evaluation, levels, rest, markets, read }
    }

    /// Derivatives with respect to all that the end starts from.
    pub fn adjoints(&self, outcome: Option<Var<'t>>, image: Option<&[f64]>) -> Adjoints {
        let outcome = outcome.into_iter().map(|outcome| (outcome, 1.0));
        let Some(image) = image else { return self.tape.adjoints(outcome) };
        let (levels, rest) = image.split_at(self.system.cells() + self.system.prices());
        let levels = self.levels.pull(levels);
        let on_tape =
            self.rest.iter().zip(rest).chain(self.evaluation.sales.iter().zip(&levels.sales));
        let on_tape = on_tape.map(|(&result, &weight)| (result, weight));
        let mut adjoints = self.tape.adjoints(outcome.chain(on_tape));
        // These come first on the tape: nothing is behind them.
        for (place, by) in [
            (&self.places.x, &levels.log_activity),
            (&self.places.log_share_shift, &levels.log_share_shift),
            (&self.places.log_prices, &levels.log_prices),
        ] {
            add_scaled(&mut adjoints[place.start..place.start + by.len()], by, 1.0);
        }
        adjoints
    }

    /// The totals of a region among such derivatives.
    pub fn totals(&self, adjoints: &Adjoints, region: usize) -> Totals<f64> {
        of_array(&adjoints[self.places.totals.clone()][region * TOTALS..(region + 1) * TOTALS])
    }

    /// What the outcomes read of single cells so far.
    pub fn take_read(&self) -> Read<'t> {
        self.read.take()
    }
}

fn as_array<T: Copy>(totals: &Totals<T>) -> [T; TOTALS] {
    [
        totals.log_wage,
        totals.labour_income,
        totals.log_price_index,
        totals.value_added,
        totals.income,
    ]
}

fn of_array<T: Copy>(values: &[T]) -> Totals<T> {
    Totals {
        log_wage: values[0],
        labour_income: values[1],
        log_price_index: values[2],
        value_added: values[3],
        income: values[4],
    }
}

/// Figures of an equilibrium of which an outcome is calculated, so that it can be differentiated.
///
/// Hats are ratios to the baseline; money is in millions.
pub struct Figures<'f, 't> {
    pub(super) tail: &'f Tail<'f, 't>,
}

impl<'t> Figures<'_, 't> {
    /// The problem; limits at which nothing is sold have closed their cells.
    pub fn problem(&self) -> &Problem {
        self.tail.system.problem
    }

    /// Whether a trade cell has rents or margins.
    pub fn is_split(&self, (s, n, i): TradeCell) -> bool {
        self.tail.system.markets[s].split_place(n, i).is_some()
    }

    fn cell(&self, region: usize, sector: usize) -> usize {
        region * self.tail.system.markets.len() + sector
    }

    /// `ŵ`.
    pub fn wage(&self, region: usize) -> Var<'t> {
        self.tail.evaluation.totals[region].log_wage.exp()
    }

    /// `P̂_n`: consumer price index.
    pub fn price_index(&self, region: usize) -> Var<'t> {
        self.tail.evaluation.totals[region].log_price_index.exp()
    }

    /// `I'`: final spending.
    pub fn income(&self, region: usize) -> Var<'t> {
        self.tail.evaluation.totals[region].income
    }

    /// `Σ_k V'`.
    pub fn total_value_added(&self, region: usize) -> Var<'t> {
        self.tail.evaluation.totals[region].value_added
    }

    /// `L̂`.
    pub fn employment(&self, region: usize) -> Var<'t> {
        match self.tail.system.problem.labour {
            Labour::Mobile => Var::constant(1.0),
            Labour::FixedNominalWage | Labour::FixedRealWage => {
                self.tail.evaluation.totals[region].labour_income / self.wage(region)
            }
        }
    }

    /// `ĉ`: producer price.
    pub fn unit_cost(&self, region: usize, sector: usize) -> Var<'t> {
        self.tail.evaluation.log_costs[self.cell(region, sector)].exp()
    }

    /// `V'`.
    pub fn value_added(&self, region: usize, sector: usize) -> Var<'t> {
        let base = self.tail.system.value_added[[region, sector]];
        self.tail.x[self.cell(region, sector)].exp() * base
    }

    /// `Y'`.
    pub fn output(&self, region: usize, sector: usize) -> Var<'t> {
        let cell = self.cell(region, sector);
        let base = self.tail.system.output[[region, sector]];
        (self.tail.x[cell] - self.tail.evaluation.log_share_shift[cell]).exp() * base
    }

    /// Import tariffs collected.
    pub fn tariff_revenue(&self, region: usize) -> Var<'t> {
        self.tail.evaluation.tariff_revenue[region]
    }

    /// Export taxes collected.
    pub fn export_tax_revenue(&self, region: usize) -> Var<'t> {
        self.tail.evaluation.export_tax_revenue[region]
    }

    /// Rents, fees and margins of hubs received.
    pub fn rents(&self, region: usize) -> Var<'t> {
        self.tail.evaluation.rents[region] - self.tail.incomes[region]
    }

    /// φ, and what the sector tax leaves of its income.
    pub fn specific_factor(&self, region: usize, sector: usize) -> [Var<'t>; 2] {
        let problem = self.tail.system.problem;
        let mut read = self.tail.read.borrow_mut();
        let [share, tax] = *read.factors.entry((region, sector)).or_insert_with(|| {
            let cell = [region, sector];
            [
                problem.elasticities.specific_factor_share[cell],
                problem.counterfactual.profit_tax[cell],
            ]
            .map(|value| self.tail.tape.variable(value))
        });
        [share, -tax + 1.0]
    }

    /// `X'`: producer value of a trade cell.
    pub fn trade_flow(&self, cell: TradeCell) -> Var<'t> {
        if let Some(accounts) = self.accounts(cell) {
            return accounts.split.producer_value;
        }
        let (s, n, i) = cell;
        let market = &self.tail.markets[s];
        let mut read = self.tail.read.borrow_mut();
        *read.flows.entry(cell).or_insert_with(|| {
            let value = market.spending(n, i) * market.producer(n, i);
            self.tail.tape.variable(value)
        })
    }

    /// What the importer pays before tariff.
    pub fn before_tariff(&self, cell: TradeCell) -> Var<'t> {
        match self.accounts(cell) {
            Some(accounts) => accounts.before_tariff,
            None => self.trade_flow(cell) * (self.export_tax(cell) + 1.0),
        }
    }

    /// Producer value, export tax, and the rents that the exporter's region keeps.
    pub fn kept(&self, cell: TradeCell) -> Var<'t> {
        let sold = self.trade_flow(cell) * (self.export_tax(cell) + 1.0);
        sold + self.received(cell, cell.2)
    }

    /// Rents, fees and margins that a region receives of a trade cell.
    pub fn received(&self, cell: TradeCell, region: usize) -> Var<'t> {
        let payments = self.accounts(cell).map(|accounts| accounts.payments).unwrap_or_default();
        let own = payments.into_iter().filter(|(to, _)| *to == region);
        own.fold(Var::constant(0.0), |sum, (_, amount)| sum + amount)
    }

    /// x'.
    pub fn export_tax(&self, cell: TradeCell) -> Var<'t> {
        let (s, n, i) = cell;
        match self.change(cell) {
            Some([_, export_tax, _]) => export_tax,
            None => Var::constant(self.tail.system.problem.baseline.export_tax(s, n, i)),
        }
    }

    /// `(X'/X)/(ĉ κ̂)`: what arrives in a trade cell, relative to the baseline; NaN where `X = 0`.
    pub fn quantity(&self, cell: TradeCell) -> Var<'t> {
        let (s, n, i) = cell;
        let before = self.tail.system.problem.baseline.trade_flows[[s, n, i]];
        if before == 0.0 {
            return Var::constant(f64::NAN);
        }
        let goods = match self.accounts(cell) {
            Some(accounts) => accounts.split.goods / (self.export_tax(cell) + 1.0),
            None => self.trade_flow(cell),
        };
        let arrived = goods / self.unit_cost(i, s) * before.recip();
        match self.change(cell) {
            None => arrived,
            Some([trade_cost, _, arrival]) => arrived * arrival / trade_cost,
        }
    }

    /// κ̂, x' and what arrives per unit, of a touched cell.
    fn change(&self, cell: TradeCell) -> Option<[Var<'t>; 3]> {
        let problem = self.tail.system.problem;
        let change = problem.counterfactual.cells.get(&cell)?;
        let theta = problem.elasticities.trade[cell.0];
        let mut read = self.tail.read.borrow_mut();
        Some(*read.changes.entry(cell).or_insert_with(|| {
            let arrival = problem.counterfactual.blend(change, theta).arrival;
            [change.trade_cost, change.export_tax, arrival]
                .map(|value| self.tail.tape.variable(value))
        }))
    }

    /// The accounts of a cell, if it is split.
    fn accounts(&self, cell: TradeCell) -> Option<Accounts<'t>> {
        let (s, n, i) = cell;
        let system = self.tail.system;
        let place = system.markets[s].split_place(n, i)?;
        let evaluation = &self.tail.evaluation;
        let mut read = self.tail.read.borrow_mut();
        let accounts = read.splits.entry(cell).or_insert_with(|| {
            let spending = evaluation.split_spending[s][place];
            let accounts = &system.accounts[s][place];
            let mut payments = Vec::new();
            let pay = |_, receiver, amount| {
                let to = match receiver {
                    Receiver::Importer => n,
                    Receiver::Exporter => i,
                    Receiver::Region(region) => region,
                };
                payments.push((to, amount));
            };
            let split = accounts.divide(spending, &evaluation.wedges.rents, pay);
            let before_tariff = spending * accounts.before_tariff;
            Accounts { split, before_tariff, payments }
        });
        Some(accounts.clone())
    }
}
