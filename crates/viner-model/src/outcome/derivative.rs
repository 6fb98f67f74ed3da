//! Outcomes of which a derivative can be taken.

use viner_numerics::{Real, Var};

use super::error::OutcomeErrorKind as Kind;
use super::function::Function;
use super::measure::{Bound, BoundCall, Measure};
use super::{Operator, OutcomeError};
use crate::equilibrium::{Differentiable, Figures};
use crate::problem::TradeCell;

/// An outcome that moves without steps with everything that it depends on.
#[derive(Clone, Debug, PartialEq)]
pub struct Smooth(Measure);

impl Measure {
    /// The same, known to have a derivative.
    ///
    /// # Errors
    /// The first part that has none.
    pub fn smooth(self) -> Result<Smooth, OutcomeError> {
        check(&self.root)?;
        Ok(Smooth(self))
    }
}

fn check(bound: &Bound) -> Result<(), OutcomeError> {
    match bound {
        Bound::Number(_) => Ok(()),
        Bound::Negative(inner) => check(inner),
        Bound::Binary(operator, left, right) => {
            use Operator::{Add, Divide, Multiply, Subtract};
            if !matches!(operator, Add | Subtract | Multiply | Divide) {
                let what = format!("a comparison by `{}`", operator.symbol());
                return Err(Kind::NoDerivative { what }.at(super::Column(1)));
            }
            check(left)?;
            check(right)
        }
        Bound::Is { call, .. } => Err(without(call)),
        Bound::Call(call) => match call.function {
            Function::Rank
            | Function::Embodied
            | Function::Regime
            | Function::Discount
            | Function::Currency
            | Function::Leakage
            | Function::At
            | Function::Growth => Err(without(call)),
            _ => call.inner.iter().try_for_each(check),
        },
    }
}

fn without(call: &BoundCall) -> OutcomeError {
    Kind::NoDerivative { what: format!("`{}`", call.function.name()) }.at(call.at)
}

impl Differentiable for Smooth {
    fn of<'t>(&self, figures: &Figures<'_, 't>) -> Var<'t> {
        Place { figures }.number(&self.0.root)
    }
}

/// An equilibrium whose outcomes are calculated so that they can be differentiated. The definitions
/// are those of [`evaluate`](super::evaluate).
struct Place<'f, 'g, 't> {
    figures: &'f Figures<'g, 't>,
}

impl<'t> Place<'_, '_, 't> {
    fn number(&self, bound: &Bound) -> Var<'t> {
        match bound {
            Bound::Number(value) => Var::constant(*value),
            Bound::Negative(inner) => -self.number(inner),
            Bound::Binary(operator, left, right) => {
                let (left, right) = (self.number(left), self.number(right));
                match operator {
                    Operator::Add => left + right,
                    Operator::Subtract => left - right,
                    Operator::Multiply => left * right,
                    Operator::Divide => left / right,
                    _ => Var::constant(f64::NAN),
                }
            }
            Bound::Is { .. } => Var::constant(f64::NAN),
            // The only number of the baseline that an elasticity is part of.
            Bound::Call(call) if call.base && call.function == Function::Profit => {
                let baseline = &self.figures.problem().baseline;
                sectors(call, |n, s| {
                    let [share, _] = self.figures.specific_factor(n, s);
                    share * baseline.value_added[[n, s]]
                })
            }
            Bound::Call(call) if call.base => {
                let base = Measure::base_of(call, self.figures.problem());
                Var::constant(base.unwrap_or(f64::NAN))
            }
            Bound::Call(call) => self.call(call),
        }
    }

    fn call(&self, call: &BoundCall) -> Var<'t> {
        let figures = self.figures;
        let baseline = &figures.problem().baseline;
        let regions = |position: usize| call.regions[position].as_slice();
        let inside = |n: usize, i: usize| regions(0).contains(&i) && regions(1).contains(&n);
        let income = |n: usize| baseline.income[n];
        match call.function {
            Function::Welfare => {
                let before: f64 = regions(0).iter().map(|&n| income(n)).sum();
                let real = |n| figures.income(n) / figures.price_index(n);
                sum(regions(0), real) * before.recip() + -1.0
            }
            Function::RealGdp => {
                let before: f64 =
                    regions(0).iter().map(|&n| baseline.value_added.row(n).sum()).sum();
                let real = |n| figures.total_value_added(n) / figures.price_index(n);
                sum(regions(0), real) * before.recip() + -1.0
            }
            Function::RealWage => {
                self.labour_mean(regions(0), |n| figures.wage(n) / figures.price_index(n))
            }
            Function::Wage => self.labour_mean(regions(0), |n| figures.wage(n)),
            Function::Employment => self.labour_mean(regions(0), |n| figures.employment(n)),
            Function::PriceIndex => {
                let before: f64 = regions(0).iter().map(|&n| income(n)).sum();
                sum(regions(0), |n| figures.price_index(n) * income(n)) * before.recip() + -1.0
            }
            Function::TermsOfTrade => self.terms_of_trade(regions(0)),
            Function::Income => sum(regions(0), |n| figures.income(n)),
            Function::Rents => sum(regions(0), |n| figures.rents(n)),
            Function::TariffRevenue => sum(regions(0), |n| figures.tariff_revenue(n)),
            Function::Exports => {
                self.cells(call, |_, i| regions(0).contains(&i), |cell| figures.trade_flow(cell))
            }
            Function::Imports => {
                self.cells(call, |n, _| regions(0).contains(&n), |cell| figures.before_tariff(cell))
            }
            Function::Flow => self.cells(call, inside, |cell| figures.trade_flow(cell)),
            Function::Turnover => self.cells(
                call,
                |n, i| inside(n, i) || inside(i, n),
                |cell| figures.trade_flow(cell),
            ),
            Function::Quantity => {
                let before = |(s, n, i): TradeCell| baseline.trade_flows[[s, n, i]];
                let weight = self.cells(call, inside, |cell| Var::constant(before(cell))).value();
                let arrived = |cell| match before(cell) {
                    0.0 => Var::constant(0.0),
                    before => figures.quantity(cell) * before,
                };
                self.cells(call, inside, arrived) * weight.recip()
            }
            Function::Revenue => {
                let sold = |n, i| regions(0).contains(&i) && call.sells_to(n);
                self.cells(call, sold, |cell| figures.kept(cell))
            }
            Function::Price => {
                let single = regions(0).len() * call.sectors.len() == 1;
                let weight = |n, s| if single { 1.0 } else { baseline.output[[n, s]] };
                let weights = sectors(call, |n, s| Var::constant(weight(n, s))).value();
                let change = |n, s| (figures.unit_cost(n, s) + -1.0) * weight(n, s);
                sectors(call, change) * weights.recip()
            }
            Function::Output => sectors(call, |n, s| figures.output(n, s)),
            Function::ValueAdded => sectors(call, |n, s| figures.value_added(n, s)),
            Function::Profit => sectors(call, |n, s| {
                let [share, left] = figures.specific_factor(n, s);
                share * left * figures.value_added(n, s)
            }),
            Function::Share => self.number(&call.inner[0]) / self.number(&call.inner[1]),
            Function::Dependence => self.dependence(regions(0), regions(1)),
            Function::Asymmetry => {
                self.dependence(regions(0), regions(1)) / self.dependence(regions(1), regions(0))
            }
            Function::Rank
            | Function::Embodied
            | Function::Regime
            | Function::Discount
            | Function::Currency
            | Function::Leakage
            | Function::At
            | Function::Growth => Var::constant(f64::NAN),
        }
    }

    /// Change of a mean of hats by baseline labour income.
    fn labour_mean(&self, members: &[usize], hat: impl Fn(usize) -> Var<'t>) -> Var<'t> {
        if let [n] = members {
            return hat(*n) + -1.0;
        }
        let baseline = &self.figures.problem().baseline;
        let labour = |n: usize| {
            let sectors = 0..baseline.sector_count();
            sectors.fold(Var::constant(0.0), |sum, k| {
                let [share, _] = self.figures.specific_factor(n, k);
                sum + (-share + 1.0) * baseline.value_added[[n, k]]
            })
        };
        sum(members, |n| labour(n) * hat(n)) / sum(members, labour) + -1.0
    }

    fn terms_of_trade(&self, members: &[usize]) -> Var<'t> {
        let figures = self.figures;
        let baseline = &figures.problem().baseline;
        let (mut result, mut weights) = (Var::constant(0.0), 0.0);
        for &region in members {
            let [mut sold, mut bought] = [Var::constant(0.0); 2];
            let (mut exports, mut sold_before, mut bought_before) = (0.0, 0.0, 0.0);
            for ((s, n, i), &before) in baseline.trade_flows.indexed_iter() {
                if n == i || before == 0.0 || (n != region && i != region) {
                    continue;
                }
                let cell = (s, n, i);
                let tax_before = 1.0 + baseline.export_tax(s, n, i);
                let flow = figures.trade_flow(cell);
                // Per unit made; where nothing is sold any more, the price without rents.
                let per_unit = |value: Var<'t>| {
                    if flow.value() > 0.0 && figures.is_split(cell) {
                        figures.unit_cost(i, s) * value / flow * before
                    } else {
                        figures.unit_cost(i, s) * (figures.export_tax(cell) + 1.0) * before
                    }
                };
                if i == region {
                    exports += before;
                    sold_before += before * tax_before;
                    sold += per_unit(figures.kept(cell));
                } else {
                    bought_before += before * tax_before;
                    let paid = figures.before_tariff(cell) - figures.received(cell, n);
                    bought += per_unit(paid);
                }
            }
            let mean = |sum: Var<'t>, weight: f64| {
                if weight == 0.0 { Var::constant(1.0) } else { sum * weight.recip() }
            };
            result += mean(sold, sold_before) / mean(bought, bought_before) * exports;
            weights += exports;
        }
        result * weights.recip() + -1.0
    }

    fn dependence(&self, region: &[usize], partner: &[usize]) -> Var<'t> {
        let baseline = &self.figures.problem().baseline;
        let (mut with, mut all) = (Var::constant(0.0), Var::constant(0.0));
        for ((s, n, i), _) in baseline.trade_flows.indexed_iter() {
            let (sells, buys) = (region.contains(&i), region.contains(&n));
            if sells == buys {
                continue;
            }
            let flow = self.figures.trade_flow((s, n, i));
            all += flow;
            if partner.contains(if sells { &n } else { &i }) {
                with += flow;
            }
        }
        with / all
    }

    fn cells(
        &self,
        call: &BoundCall,
        inside: impl Fn(usize, usize) -> bool,
        value: impl Fn(TradeCell) -> Var<'t>,
    ) -> Var<'t> {
        let regions = self.figures.problem().baseline.region_count();
        let mut sum = Var::constant(0.0);
        for &s in &call.sectors {
            for n in 0..regions {
                for i in (0..regions).filter(|&i| (i != n || call.domestic) && inside(n, i)) {
                    sum += value((s, n, i));
                }
            }
        }
        sum
    }
}

fn sectors<'t>(call: &BoundCall, value: impl Fn(usize, usize) -> Var<'t>) -> Var<'t> {
    let mut sum = Var::constant(0.0);
    for &n in &call.regions[0] {
        for &s in &call.sectors {
            sum += value(n, s);
        }
    }
    sum
}

fn sum<'t>(members: &[usize], value: impl Fn(usize) -> Var<'t>) -> Var<'t> {
    members.iter().fold(Var::constant(0.0), |sum, &n| sum + value(n))
}
