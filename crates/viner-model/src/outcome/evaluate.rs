//! Values of outcomes.

mod instruments;

use std::borrow::Cow;

use ndarray::{Array1, Array2, Array3};

use super::OutcomeError;
use super::error::OutcomeErrorKind as Kind;
use super::function::{Function, Unit};
use super::measure::{Bound, BoundCall, Measure};
use crate::baseline::Baseline;
use crate::equilibrium::Equilibrium;
use crate::problem::{Problem, TradeCell};
use crate::report::{FlowOutcomes, RegionOutcomes, embodied_through};

/// Value of an outcome.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Most outcomes. Not finite where there is nothing to tell: a ratio to a baseline of 0.
    Number(f64),
    /// A regime.
    Text(String),
}

impl Value {
    /// The number; nothing where it is a word.
    pub fn number(&self) -> Option<f64> {
        match self {
            Self::Number(value) => Some(*value),
            Self::Text(_) => None,
        }
    }
}

/// One year of a path.
#[derive(Clone, Copy, Debug)]
pub struct Year<'a> {
    /// Calendar year.
    pub year: i32,
    /// Its problem, on the baseline that all years have in common.
    pub problem: &'a Problem,
    /// Its equilibrium.
    pub equilibrium: &'a Equilibrium,
    /// World income of the year over that of the baseline, in the money in which statistics are kept: what
    /// a unit of the numeraire is worth. 1 tells values in the numeraire.
    pub world_income: f64,
}

/// Years in order.
pub type Path<'a> = [Year<'a>];

type Evaluated<T> = Result<T, OutcomeError>;

impl Measure {
    /// The value in an equilibrium.
    ///
    /// # Errors
    /// It needs a path, a currency is unknown, or the equilibrium has no accounts of its own.
    pub fn value(&self, problem: &Problem, equilibrium: &Equilibrium) -> Evaluated<Value> {
        State::alone(problem, Some(equilibrium)).value(&self.root)
    }

    /// The value in the baseline: that of `base.` before every name.
    ///
    /// # Errors
    /// It needs a path, or a currency is unknown.
    pub fn base(&self, problem: &Problem) -> Evaluated<Value> {
        State::alone(problem, None).value(&self.root)
    }

    /// The number in an equilibrium.
    ///
    /// # Errors
    /// Those of [`value`](Self::value), or it is a word.
    pub fn number(&self, problem: &Problem, equilibrium: &Equilibrium) -> Evaluated<f64> {
        State::alone(problem, Some(equilibrium)).number(&self.root)
    }

    /// The value of a part of it in the baseline.
    pub(super) fn base_of(call: &BoundCall, problem: &Problem) -> Evaluated<f64> {
        State::alone(problem, None).call(call)
    }

    /// The value on a path of years: what stands outside of `at` and `growth` is that of the year at
    /// `position`.
    ///
    /// # Errors
    /// A year that is not on the path, or those of [`value`](Self::value).
    ///
    /// # Panics
    /// There is no such position.
    pub fn on_path(&self, path: &Path<'_>, position: usize) -> Evaluated<Value> {
        State::of(&path[position], path).value(&self.root)
    }
}

/// Where an outcome is evaluated: in the baseline, if there is no equilibrium.
#[derive(Clone, Copy)]
struct State<'a> {
    problem: &'a Problem,
    equilibrium: Option<&'a Equilibrium>,
    path: &'a Path<'a>,
    /// What a unit of the numeraire is worth.
    world_income: f64,
}

impl<'a> State<'a> {
    fn alone(problem: &'a Problem, equilibrium: Option<&'a Equilibrium>) -> Self {
        Self { problem, equilibrium, path: &[], world_income: 1.0 }
    }

    fn of(year: &Year<'a>, path: &'a Path<'a>) -> Self {
        let Year { problem, equilibrium, world_income, .. } = *year;
        Self { problem, equilibrium: Some(equilibrium), path, world_income }
    }

    /// The state in which a name is meant: the baseline after `base.`.
    fn meant(&self, call: &BoundCall) -> Self {
        if call.base { Self { equilibrium: None, world_income: 1.0, ..*self } } else { *self }
    }

    fn value(&self, bound: &Bound) -> Evaluated<Value> {
        match bound {
            Bound::Call(call) if call.function == Function::Regime => {
                Ok(Value::Text(self.regimes(call).join("/")))
            }
            _ => self.number(bound).map(Value::Number),
        }
    }

    fn number(&self, bound: &Bound) -> Evaluated<f64> {
        match bound {
            Bound::Number(value) => Ok(*value),
            Bound::Negative(inner) => Ok(-self.number(inner)?),
            Bound::Binary(operator, left, right) => {
                Ok(operator.apply(self.number(left)?, self.number(right)?))
            }
            Bound::Is { call, equal, word } => {
                let is = self.regimes(call).iter().all(|regime| regime == word);
                Ok(f64::from(is == *equal))
            }
            Bound::Call(call) => self.meant(call).call(call),
        }
    }

    /// The value of a function, money and prices in the money of the year.
    fn call(&self, call: &BoundCall) -> Evaluated<f64> {
        let value = self.in_numeraire(call)?;
        Ok(match call.function.unit() {
            Unit::Money => value * self.world_income,
            Unit::PriceChange => (1.0 + value) * self.world_income - 1.0,
            Unit::Pure => value,
        })
    }

    fn in_numeraire(&self, call: &BoundCall) -> Evaluated<f64> {
        let number = |position: usize| self.number(&call.inner[position]);
        let regions = |position: usize| call.regions[position].as_slice();
        Ok(match call.function {
            Function::Welfare
            | Function::RealGdp
            | Function::RealWage
            | Function::Wage
            | Function::Employment
            | Function::PriceIndex
            | Function::TermsOfTrade
            | Function::Income
            | Function::Rents
            | Function::TariffRevenue => self.of_regions(call.function, regions(0)),
            Function::Exports => self.cells(call, |_, i| regions(0).contains(&i), Self::sold),
            Function::Imports => self.cells(call, |n, _| regions(0).contains(&n), Self::bought),
            Function::Flow => self.cells(
                call,
                |n, i| regions(0).contains(&i) && regions(1).contains(&n),
                Self::sold,
            ),
            Function::Turnover => self.cells(
                call,
                |n, i| {
                    let between =
                        |a: usize, b: usize| regions(0).contains(&a) && regions(1).contains(&b);
                    between(i, n) || between(n, i)
                },
                Self::sold,
            ),
            Function::Quantity => self.quantity(call),
            Function::Revenue => {
                self.cells(call, |n, i| regions(0).contains(&i) && call.sells_to(n), Self::kept)
            }
            Function::Price | Function::Output | Function::ValueAdded | Function::Profit => {
                self.of_sectors(call)
            }
            Function::Share => number(0)? / number(1)?,
            Function::Rank => self.rank(call)?,
            Function::Dependence => self.dependence(regions(0), regions(1)),
            Function::Asymmetry => {
                self.dependence(regions(0), regions(1)) / self.dependence(regions(1), regions(0))
            }
            Function::Embodied => self.embodied(call)?,
            Function::Discount => self.discount(call),
            Function::Currency => self.currency(call)?,
            Function::Leakage => self.leakage(call),
            Function::Regime => {
                return Err(Kind::NotANumber { function: call.function.name() }.at(call.at));
            }
            Function::At => self.year(call, 0)?.number(&call.inner[0])?,
            Function::Growth => {
                let now = self.year(call, 0)?;
                let (year, at) = call.years[0];
                let before = match call.years.get(1) {
                    Some(_) => self.year(call, 1)?,
                    None => self.state_in(call, year - 1, at)?,
                };
                now.number(&call.inner[0])? / before.number(&call.inner[0])? - 1.0
            }
        })
    }

    fn year(&self, call: &BoundCall, position: usize) -> Evaluated<Self> {
        let (year, at) = call.years[position];
        self.state_in(call, year, at)
    }

    fn state_in(&self, call: &BoundCall, year: i32, at: super::Column) -> Evaluated<Self> {
        if self.path.is_empty() {
            return Err(Kind::NoPath { function: call.function.name() }.at(call.at));
        }
        let Some(found) = self.path.iter().find(|state| state.year == year) else {
            let known: Vec<String> = self.path.iter().map(|state| state.year.to_string()).collect();
            return Err(Kind::NotOnPath { year, known: known.join(", ") }.at(at));
        };
        Ok(Self::of(found, self.path))
    }

    fn baseline(&self) -> &'a Baseline {
        &self.problem.baseline
    }

    fn flows(&self) -> &'a Array3<f64> {
        self.equilibrium.map_or(&self.baseline().trade_flows, |found| &found.trade_flows)
    }

    /// Outcomes of regions: money is summed, changes of a group are those of its sum or a mean.
    fn of_regions(&self, function: Function, members: &[usize]) -> f64 {
        let baseline = self.baseline();
        let sum = |values: &Array1<f64>| -> f64 { members.iter().map(|&n| values[n]).sum() };
        let Some(equilibrium) = self.equilibrium else {
            return match function {
                Function::Income => sum(&baseline.income),
                Function::TariffRevenue => {
                    let rate =
                        |(s, n, i)| baseline.tariff(s, n, i) * (1.0 + baseline.export_tax(s, n, i));
                    let flows = baseline.trade_flows.indexed_iter();
                    let own = flows.filter(|((_, n, _), _)| members.contains(n));
                    own.map(|(cell, flow)| rate(cell) * flow).sum()
                }
                _ => 0.0,
            };
        };
        let mean = |weights: &Array1<f64>, values: &Array1<f64>| -> f64 {
            let weighted = members.iter().map(|&n| weights[n] * values[n]);
            weighted.sum::<f64>() / sum(weights)
        };
        let price = &equilibrium.price_index;
        let labour = || {
            let share = 1.0 - &self.problem.elasticities.specific_factor_share;
            (share * &baseline.value_added).sum_axis(ndarray::Axis(1))
        };
        match function {
            Function::Welfare => sum(&(&equilibrium.income / price)) / sum(&baseline.income) - 1.0,
            Function::RealGdp => {
                let total = |values: &Array2<f64>| values.sum_axis(ndarray::Axis(1));
                let after = total(&equilibrium.value_added) / price;
                sum(&after) / sum(&total(&baseline.value_added)) - 1.0
            }
            Function::RealWage => mean(&labour(), &(&equilibrium.wage / price)) - 1.0,
            Function::Wage => mean(&labour(), &equilibrium.wage) - 1.0,
            Function::Employment => mean(&labour(), &equilibrium.employment) - 1.0,
            Function::PriceIndex => mean(&baseline.income, price) - 1.0,
            Function::TermsOfTrade => {
                let outcomes = RegionOutcomes::of(self.problem, equilibrium);
                mean(&outcomes.exports_base, &outcomes.terms_of_trade)
            }
            Function::Income => sum(&equilibrium.income),
            Function::Rents => sum(&equilibrium.rents),
            _ => sum(&equilibrium.tariff_revenue),
        }
    }

    /// Sum over the cells of the call's sectors that `inside` (importer, exporter) chooses; sales of a
    /// region to itself only where they are meant.
    fn cells(
        &self,
        call: &BoundCall,
        inside: impl Fn(usize, usize) -> bool,
        value: impl Fn(&Self, TradeCell) -> f64,
    ) -> f64 {
        let regions = self.baseline().region_count();
        let mut sum = 0.0;
        for &s in &call.sectors {
            for n in 0..regions {
                for i in (0..regions).filter(|&i| (i != n || call.domestic) && inside(n, i)) {
                    sum += value(self, (s, n, i));
                }
            }
        }
        sum
    }

    /// Producer value.
    fn sold(&self, (s, n, i): TradeCell) -> f64 {
        let before = || self.baseline().trade_flows[[s, n, i]];
        self.equilibrium.map_or_else(before, |found| found.trade_flows.cell(s, n, i))
    }

    /// 1 and the export tax.
    fn tax(&self, cell: TradeCell) -> f64 {
        let (s, n, i) = cell;
        let own = || self.baseline().export_tax(s, n, i);
        let change = self.equilibrium.and(self.problem.counterfactual.cells.get(&cell));
        1.0 + change.map_or_else(own, |change| change.export_tax)
    }

    /// What the importer pays before tariff.
    fn bought(&self, cell: TradeCell) -> f64 {
        let split = self.equilibrium.and_then(|found| found.split_trade.get(&cell));
        split.map_or_else(|| self.sold(cell) * self.tax(cell), |flow| flow.before_tariff)
    }

    /// What the exporter's region keeps: producer value, export tax, rents.
    fn kept(&self, cell: TradeCell) -> f64 {
        let split = self.equilibrium.and_then(|found| found.split_trade.get(&cell));
        let rents = split.map_or(0.0, |flow| {
            let own = flow.payments.iter().filter(|payment| payment.to == cell.2);
            own.map(|payment| payment.amount).sum()
        });
        self.sold(cell) * self.tax(cell) + rents
    }

    /// Mean of the ratios of quantities by baseline value.
    fn quantity(&self, call: &BoundCall) -> f64 {
        let baseline = &self.baseline().trade_flows;
        let inside = |n, i| call.regions[0].contains(&i) && call.regions[1].contains(&n);
        let weight = self.cells(call, inside, |_, (s, n, i)| baseline[[s, n, i]]);
        let Some(equilibrium) = self.equilibrium else {
            return if weight == 0.0 { f64::NAN } else { 1.0 };
        };
        let quantity = FlowOutcomes::of(self.problem, equilibrium).quantity;
        let arrived = |_: &Self, (s, n, i): TradeCell| {
            let before = baseline[[s, n, i]];
            if before == 0.0 { 0.0 } else { before * quantity[[s, n, i]] }
        };
        self.cells(call, inside, arrived) / weight
    }

    fn of_sectors(&self, call: &BoundCall) -> f64 {
        let baseline = self.baseline();
        let (output, value_added): (Cow<'_, Array2<f64>>, Cow<'_, Array2<f64>>) =
            match self.equilibrium {
                None => (Cow::Borrowed(&baseline.output), Cow::Borrowed(&baseline.value_added)),
                Some(found) => (Cow::Borrowed(&found.output), Cow::Borrowed(&found.value_added)),
            };
        let sum = |value: &dyn Fn([usize; 2]) -> f64| -> f64 {
            let cells =
                call.regions[0].iter().flat_map(|&n| call.sectors.iter().map(move |&s| [n, s]));
            cells.map(value).sum()
        };
        match call.function {
            Function::Output => sum(&|cell| output[cell]),
            Function::ValueAdded => sum(&|cell| value_added[cell]),
            Function::Profit => sum(&|cell| {
                let rate =
                    self.equilibrium.map_or(0.0, |_| self.problem.counterfactual.profit_tax[cell]);
                self.problem.elasticities.specific_factor_share[cell]
                    * value_added[cell]
                    * (1.0 - rate)
            }),
            _ => {
                let Some(found) = self.equilibrium else { return 0.0 };
                // A single sector that is empty has a price of its own.
                let weight = |cell| {
                    if call.regions[0].len() * call.sectors.len() == 1 {
                        1.0
                    } else {
                        baseline.output[cell]
                    }
                };
                sum(&|cell| weight(cell) * (found.unit_cost[cell] - 1.0)) / sum(&weight)
            }
        }
    }

    fn rank(&self, call: &BoundCall) -> Evaluated<f64> {
        let Some(Bound::Call(inner)) = call.inner.first() else {
            return Err(Kind::NotRanked.at(call.at));
        };
        let value = |call: &BoundCall| -> Evaluated<f64> { self.meant(call).call(call) };
        let own = value(inner)?;
        let mut rank = 1.0;
        let mut rival = inner.clone();
        for &region in &call.rivals {
            rival.regions[call.ranked] = vec![region];
            rank += f64::from(value(&rival)? > own);
        }
        Ok(rank)
    }

    fn dependence(&self, region: &[usize], partner: &[usize]) -> f64 {
        let flows = self.flows();
        let (mut with, mut all) = (0.0, 0.0);
        for ((_, n, i), flow) in flows.indexed_iter() {
            let (sells, buys) = (region.contains(&i), region.contains(&n));
            if sells == buys {
                // Neither, or trade inside the group.
                continue;
            }
            all += flow;
            if partner.contains(if sells { &n } else { &i }) {
                with += flow;
            }
        }
        with / all
    }

    fn embodied(&self, call: &BoundCall) -> Evaluated<f64> {
        let accounts = match self.equilibrium {
            None => Cow::Borrowed(self.baseline()),
            Some(found) => {
                let rebased = found.rebase(self.problem).map_err(|errors| {
                    let reason = errors.first().map_or_else(String::new, ToString::to_string);
                    Kind::NoAccounts { reason }.at(call.at)
                })?;
                Cow::Owned(rebased)
            }
        };
        let (via, buyers) = match call.regions.as_slice() {
            [_, buyers] => (None, buyers),
            [_, via, buyers, ..] => (Some(via.as_slice()), buyers),
            _ => return Ok(f64::NAN),
        };
        let values = embodied_through(&accounts, self.problem.sourcing, via, buyers);
        let of_region = |n: &usize| call.sectors.iter().map(|&s| values[[*n, s]]).sum::<f64>();
        Ok(call.regions[0].iter().map(of_region).sum())
    }
}
