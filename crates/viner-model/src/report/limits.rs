//! What quotas and price caps do: who pays, and who keeps the rent.

use crate::equilibrium::{Equilibrium, Regime};
use crate::problem::{FeeOwner, Problem, TradeCell, WedgeRule};

/// Outcomes of one wedge.
#[derive(Clone, Debug, PartialEq)]
pub struct WedgeReport {
    /// The policy that it is of, by position.
    pub policy: usize,
    /// What it does.
    pub regime: Regime,
    /// m; NaN where nothing is sold.
    pub multiplier: f64,
    /// What is left to the limit: `q̄ − q` of a quota, `p̄ − b` of a cap; negative where the
    /// exporter's price is above the cap and none of its goods are sold at it.
    pub slack: f64,
    /// Q: quantity of all its cells over the baseline.
    pub quantity: f64,
    /// What the exporter gets per unit, rents it keeps included, over the baseline; NaN where nothing
    /// is sold.
    pub price: f64,
    /// Whether other equilibria were found.
    pub several: bool,
    /// Rents and fees of each cell: who receives them, and how much, in millions.
    pub cells: Vec<(TradeCell, Vec<(usize, f64)>)>,
    /// More on a price cap.
    pub cap: Option<CapReport>,
}

/// Outcomes of a price cap on an exporter's sales in a sector. Prices are relative to the baseline
/// price of the exporter at the border, quantities to the baseline quantity of the covered cells.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CapReport {
    /// Who sells.
    pub exporter: usize,
    /// What.
    pub sector: usize,
    /// p̄.
    pub cap: f64,
    /// b: the exporter's price.
    pub exporter_price: f64,
    /// `p* = m b`: what buyers pay at the border by outside shipping.
    pub border_price: f64,
    /// `(1−δ) p*`: what is left of that for the seller; NaN without outside shipping.
    pub shadow_price: f64,
    /// H.
    pub shadow_quantity: f64,
    /// `Q − H`.
    pub served_quantity: f64,
    /// Revenue of the exporter in the baseline, in millions.
    pub revenue_base: f64,
    /// Producer value, export tax and the rents the exporter keeps, in millions.
    pub revenue: f64,
    /// p* less what the exporter gets per unit.
    pub discount: f64,
    /// What buyers who pay less than p* gain, in millions.
    pub buyers_rent: f64,
    /// What the exporter gains from outside shipping beyond its price, in millions.
    pub exporters_rent: f64,
    /// What outside shipping costs, in millions.
    pub shippers_rent: f64,
}

impl WedgeReport {
    /// Outcomes of all wedges, in the order of their policies.
    pub fn all(problem: &Problem, equilibrium: &Equilibrium) -> Vec<Self> {
        let wedges = 0..problem.counterfactual.wedges.len();
        wedges.map(|wedge| Self::of(problem, equilibrium, wedge)).collect()
    }

    fn of(problem: &Problem, equilibrium: &Equilibrium, index: usize) -> Self {
        let baseline = &problem.baseline;
        let counterfactual = &problem.counterfactual;
        let wedge = &counterfactual.wedges[index];
        let outcome = equilibrium.wedges[index];
        let (mut quantity, mut revenue, mut revenue_base) = (0.0, 0.0, 0.0);
        // What the goods cost inside this wedge.
        let mut inside = 0.0;
        let mut cells = Vec::with_capacity(wedge.cells.len());
        for &(cell, part) in &wedge.cells {
            let (s, n, i) = cell;
            let before = baseline.trade_flows[[s, n, i]];
            revenue_base += before * (1.0 + baseline.export_tax(s, n, i));
            let mut received: Vec<(usize, f64)> = Vec::new();
            if let Some(flow) = equilibrium.split_trade.get(&cell) {
                let change = counterfactual.cell(baseline, cell);
                let blend = counterfactual.blend(&change, problem.elasticities.trade[s]);
                let tax = 1.0 + change.export_tax;
                quantity += part * flow.goods * blend.arrival
                    / (before * tax * equilibrium.unit_cost[[i, s]] * change.trade_cost);
                let sold = equilibrium.trade_flows[[s, n, i]] * tax;
                let kept = flow.payments.iter().filter(|payment| payment.to == i && i != n);
                revenue += sold + kept.map(|payment| payment.amount).sum::<f64>();
                let inner = change.wedges.iter().take_while(|&&wedge| wedge != index);
                let inner: f64 = inner.map(|&wedge| equilibrium.wedges[wedge].multiplier).product();
                inside += flow.goods * blend.producer * inner;
                let rounding = 1e-12 * flow.before_tariff;
                let own = flow.payments.iter().filter(|payment| {
                    payment.wedge == Some(index) && payment.amount.abs() > rounding
                });
                for payment in own {
                    match received.iter_mut().find(|(to, _)| *to == payment.to) {
                        Some((_, amount)) => *amount += payment.amount,
                        None => received.push((payment.to, payment.amount)),
                    }
                }
            }
            cells.push((cell, received));
        }
        let price = revenue / revenue_base / quantity;
        let exporter_price = |cell: TradeCell| {
            let (s, n, i) = cell;
            let tax = counterfactual.cell(baseline, cell).export_tax;
            equilibrium.unit_cost[[i, s]] * (1.0 + tax) / (1.0 + baseline.export_tax(s, n, i))
        };
        let sells = outcome.multiplier.is_finite();
        let (slack, cap) = match wedge.rule {
            WedgeRule::Quota { limit, .. } => (limit - quantity, None),
            WedgeRule::PriceCap(cap) => {
                let (cell, _) = wedge.cells[0];
                let exporter_price = exporter_price(cell);
                let (m, shadow) = (outcome.multiplier, outcome.shadow);
                let border_price = if sells { m * exporter_price } else { f64::NAN };
                let h = if shadow == 0.0 { 0.0 } else { shadow / quantity };
                // Where the fee melts, the goods that replace it are no rent.
                let units = if cap.owner == FeeOwner::Iceberg { 1.0 - cap.cost } else { 1.0 };
                let kept = (m * (1.0 - cap.cost) - 1.0).max(0.0) / units;
                let rent = |part: f64| if part == 0.0 { 0.0 } else { part * inside };
                let report = CapReport {
                    exporter: cell.2,
                    sector: cell.0,
                    cap: cap.cap,
                    exporter_price,
                    border_price,
                    shadow_price: if cap.capacity > 0.0 {
                        (1.0 - cap.cost) * border_price
                    } else {
                        f64::NAN
                    },
                    shadow_quantity: shadow,
                    served_quantity: if h > 1.0 - 1e-12 { 0.0 } else { quantity - shadow },
                    revenue_base,
                    revenue,
                    discount: border_price - price,
                    buyers_rent: if sells { rent((m - 1.0) * (1.0 - h)) } else { 0.0 },
                    exporters_rent: if h == 0.0 { 0.0 } else { rent(h * kept) },
                    shippers_rent: if h == 0.0 { 0.0 } else { rent(h * m * cap.cost) },
                };
                (cap.cap - exporter_price, Some(report))
            }
        };
        Self {
            policy: wedge.policy,
            regime: outcome.regime,
            multiplier: if sells { outcome.multiplier } else { f64::NAN },
            slack,
            quantity,
            price,
            several: outcome.several,
            cells,
            cap,
        }
    }
}
