//! Outcomes by trade cell, and sums over them.

use ndarray::Array3;

use crate::equilibrium::Equilibrium;
use crate::problem::Problem;

/// Outcomes by trade cell, `[sector, importer, exporter]`, domestic cells included.
#[derive(Clone, Debug, PartialEq)]
pub struct FlowOutcomes {
    /// `X` in millions.
    pub value_base: Array3<f64>,
    /// `X'` in millions.
    pub value: Array3<f64>,
    /// `(X'/X)/(ĉ κ̂)`: what arrives, relative to the baseline; NaN where `X = 0`. Margins of hubs,
    /// which are in the buyer's κ̂ and not in X', are no part of the κ̂ here.
    pub quantity: Array3<f64>,
    /// `τ'`.
    pub tariff: Array3<f64>,
    /// `Π m`: 1 where no wedge binds, and where nothing is sold, as under an embargo.
    pub wedge: Array3<f64>,
}

impl FlowOutcomes {
    /// Computes all outcomes by trade cell.
    pub fn of(problem: &Problem, equilibrium: &Equilibrium) -> Self {
        let baseline = &problem.baseline;
        let counterfactual = &problem.counterfactual;
        let mut quantity = Array3::from_shape_fn(baseline.trade_flows.raw_dim(), |(s, n, i)| {
            let before = baseline.trade_flows[[s, n, i]];
            if before == 0.0 {
                f64::NAN
            } else {
                equilibrium.trade_flows[[s, n, i]] / before / equilibrium.unit_cost[[i, s]]
            }
        });
        let mut wedge = Array3::ones(quantity.raw_dim());
        for (&cell, change) in &counterfactual.cells {
            let (s, n, i) = cell;
            let (arrived, before) = (&mut quantity[[s, n, i]], baseline.trade_flows[[s, n, i]]);
            if let Some(flow) = equilibrium.split_trade.get(&cell) {
                let tax = 1.0 + change.export_tax;
                *arrived = flow.goods / tax / before / equilibrium.unit_cost[[i, s]];
            }
            *arrived *= counterfactual.blend(change, problem.elasticities.trade[s]).arrival
                / change.trade_cost;
            if equilibrium.split_trade.contains_key(&cell) {
                wedge[[s, n, i]] = equilibrium.multiplier(change);
            }
        }
        Self {
            value_base: baseline.trade_flows.clone(),
            value: Array3::clone(&equilibrium.trade_flows),
            quantity,
            wedge,
            tariff: problem
                .counterfactual
                .tariffs(baseline)
                .unwrap_or_else(|| Array3::zeros(baseline.trade_flows.raw_dim())),
        }
    }
}

/// Sales of the exporters to the importers in the sectors, domestic sales left out.
pub fn flow_value(
    flows: &Array3<f64>,
    exporters: &[usize],
    importers: &[usize],
    sectors: &[usize],
) -> f64 {
    let mut sum = 0.0;
    for &s in sectors {
        for &n in importers {
            for &i in exporters.iter().filter(|&&i| i != n) {
                sum += flows[[s, n, i]];
            }
        }
    }
    sum
}

/// Share of the partners in the exports, the imports and the trade of a region.
///
/// The asymmetry of a relation is `dependence(a, b) / dependence(b, a)`.
pub fn dependence(flows: &Array3<f64>, region: usize, partners: &[usize]) -> [f64; 3] {
    let (sectors, regions, _) = flows.dim();
    let (every_region, every_sector): (Vec<usize>, Vec<usize>) =
        ((0..regions).collect(), (0..sectors).collect());
    let exports = flow_value(flows, &[region], partners, &every_sector);
    let imports = flow_value(flows, partners, &[region], &every_sector);
    let all_exports = flow_value(flows, &[region], &every_region, &every_sector);
    let all_imports = flow_value(flows, &every_region, &[region], &every_sector);
    [
        exports / all_exports,
        imports / all_imports,
        (exports + imports) / (all_exports + all_imports),
    ]
}
