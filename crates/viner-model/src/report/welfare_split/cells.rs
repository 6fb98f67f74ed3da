//! The accounts of a trade cell, as the split of welfare reads them.

use ndarray::Array3;

use crate::baseline::Baseline;
use crate::equilibrium::Equilibrium;
use crate::problem::{CellChange, Problem, TradeCell};

/// The accounts of a trade cell at one point of the path.
#[derive(Clone)]
pub(super) struct CellPoint {
    /// X: producer value.
    pub(super) made: f64,
    /// What is paid for the good itself: `(1+x)B`.
    pub(super) goods: f64,
    /// At purchaser value.
    pub(super) spending: f64,
    /// What the exporter's region gets per unit of producer value.
    pub(super) received: f64,
    /// What the importer's region pays to others, per unit of `goods`.
    pub(super) paid_abroad: f64,
    /// Tariff and rents that the importer's region keeps, per unit of `goods`.
    pub(super) kept_by_importer: f64,
    /// `ln(1+x)`.
    pub(super) log_export_tax: f64,
    /// `ln κ`, without nests.
    pub(super) log_trade_cost: f64,
    /// By nest: spending on its variety, and the logarithm of its cost.
    pub(super) nests: Vec<(f64, f64)>,
    /// Share of the varieties that neither embargo nor exit takes away.
    pub(super) remaining: f64,
    /// Spending per share of the varieties that remain.
    pub(super) full_spending: f64,
}

impl CellPoint {
    pub(super) fn untouched(baseline: &Baseline, cell: TradeCell, flows: &Array3<f64>) -> Self {
        let (s, n, i) = cell;
        let (made, tariff) = (flows[[s, n, i]], baseline.tariff(s, n, i));
        let tax = baseline.export_tax(s, n, i);
        let goods = made * (1.0 + tax);
        Self {
            made,
            goods,
            spending: goods * (1.0 + tariff),
            received: 1.0 + tax,
            paid_abroad: 1.0,
            kept_by_importer: tariff,
            log_export_tax: tax.ln_1p(),
            log_trade_cost: 0.0,
            nests: Vec::new(),
            remaining: 1.0,
            full_spending: 0.0,
        }
    }

    pub(super) fn of(
        problem: &Problem,
        equilibrium: &Equilibrium,
        cell: TradeCell,
        change: &CellChange,
    ) -> Self {
        let (s, n, i) = cell;
        let (baseline, counterfactual) = (&problem.baseline, &problem.counterfactual);
        let theta = problem.elasticities.trade[s];
        let made = equilibrium.trade_flows[[s, n, i]];
        let mut point = Self::untouched(baseline, cell, &equilibrium.trade_flows);
        point.log_export_tax = change.export_tax.ln_1p();
        point.log_trade_cost = change.trade_cost.ln();
        point.received = 1.0 + change.export_tax;
        point.kept_by_importer = change.tariff;
        point.goods = made * (1.0 + change.export_tax);
        point.spending = point.goods * (1.0 + change.tariff);
        if let Some(flow) = equilibrium.split_trade.get(&cell).filter(|_| made > 0.0) {
            let kept = |region: usize| -> f64 {
                let to_region = flow.payments.iter().filter(|payment| payment.to == region);
                to_region.map(|payment| payment.amount).sum()
            };
            point.goods = flow.goods;
            point.spending = flow.before_tariff * (1.0 + change.tariff);
            point.paid_abroad = (flow.before_tariff - kept(n)) / flow.goods;
            point.kept_by_importer = point.spending / flow.goods - point.paid_abroad;
            if i != n {
                point.received += kept(i) / made;
            }
        }
        point.nests = change
            .nests
            .iter()
            .map(|&(nest, part)| {
                let nest = &counterfactual.nests[nest];
                let inside = nest.part_of_spending(part, theta);
                (point.spending * inside, if inside > 0.0 { nest.log_cost() } else { 0.0 })
            })
            .collect();
        point.remaining = change.remaining();
        let multiplier = equilibrium.multiplier(change);
        let cost = equilibrium.unit_cost[[i, s]] * change.cost_factor(baseline, cell) * multiplier;
        let weight = counterfactual.blend(change, theta).log_weight;
        let full = |share: f64, price: f64| share * (weight - theta * (cost / price).ln()).exp();
        point.full_spending = match (problem.user_shares(), &equilibrium.users) {
            (Some(shares), Some(users)) => (0..shares.dim().2)
                .map(|user| {
                    full(shares[[s, n, user, i]], users.price[[n, user, s]])
                        * users.expenditure[[n, user, s]]
                })
                .sum(),
            _ => {
                full(baseline.trade_shares[[s, n, i]], equilibrium.price[[n, s]])
                    * equilibrium.expenditure[[n, s]]
            }
        };
        point
    }
}
