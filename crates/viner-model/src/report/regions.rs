//! Outcomes by region.

use ndarray::Array1;

use crate::equilibrium::Equilibrium;
use crate::problem::Problem;

/// Outcomes by region. Changes are fractions (−0.013 is −1.3 %), money is in millions.
#[derive(Clone, Debug, PartialEq)]
pub struct RegionOutcomes {
    /// `(I'/I)/P̂ − 1`: real final spending, the equivalent variation.
    pub welfare: Array1<f64>,
    /// `(Σ V'/Σ V)/P̂ − 1`.
    pub real_gdp: Array1<f64>,
    /// `ŵ/P̂ − 1`.
    pub real_wage: Array1<f64>,
    /// `ŵ − 1`.
    pub wage: Array1<f64>,
    /// `P̂ − 1`.
    pub price_index: Array1<f64>,
    /// Mean price of exports over mean price of imports, − 1, at baseline shares.
    pub terms_of_trade: Array1<f64>,
    /// `[Σ_exports X(ĉ−1) − Σ_imports X(ĉ−1)]/I`: first-order terms of trade of Caliendo and Parro.
    pub tot_effect: Array1<f64>,
    /// `Σ_imports τX(X̂−ĉ)/I`: first-order volume of trade of Caliendo and Parro.
    pub vot_effect: Array1<f64>,
    /// Exports at producer value in the baseline.
    pub exports_base: Array1<f64>,
    /// Exports at producer value.
    pub exports: Array1<f64>,
    /// Imports before tariff in the baseline.
    pub imports_base: Array1<f64>,
    /// Imports before tariff, rents and margins of hubs included.
    pub imports: Array1<f64>,
    /// Final spending in the baseline.
    pub income_base: Array1<f64>,
    /// Final spending.
    pub income: Array1<f64>,
    /// Import tariffs in the baseline.
    pub tariff_revenue_base: Array1<f64>,
    /// Import tariffs.
    pub tariff_revenue: Array1<f64>,
    /// Rents of binding instruments kept by the region.
    pub rents: Array1<f64>,
    /// `L̂ − 1`.
    pub employment: Array1<f64>,
}

impl RegionOutcomes {
    /// Computes all outcomes by region.
    ///
    /// Prices in the terms of trade are those at the border: `ĉ (1+x')/(1+x)`, weighted by the
    /// baseline value at the border `X(1+x)`. Rents count where they cross the border: the exporter's
    /// price has those that it keeps, the importer's all that it does not keep, per unit made.
    pub fn of(problem: &Problem, equilibrium: &Equilibrium) -> Self {
        let baseline = &problem.baseline;
        let (regions, sectors) = (baseline.region_count(), baseline.sector_count());
        let zeros = || Array1::zeros(regions);
        let (mut exports_base, mut exports, mut imports_base, mut imports) =
            (zeros(), zeros(), zeros(), zeros());
        let (mut tot_effect, mut vot_effect, mut tariff_revenue_base) = (zeros(), zeros(), zeros());
        // Σ B and Σ B b̂ of exports and of imports, by region.
        let mut borders: Vec<[f64; 4]> = vec![[0.0; 4]; regions];
        let export_taxes = problem.counterfactual.export_taxes(baseline);
        for s in 0..sectors {
            for n in 0..regions {
                for i in 0..regions {
                    let before = baseline.trade_flows[[s, n, i]];
                    let tariff = baseline.tariff(s, n, i);
                    let tax_before = 1.0 + baseline.export_tax(s, n, i);
                    tariff_revenue_base[n] += tariff * tax_before * before;
                    if i == n {
                        continue;
                    }
                    let after = equilibrium.trade_flows[[s, n, i]];
                    let tax_after =
                        1.0 + export_taxes.as_ref().map_or(0.0, |taxes| taxes[[s, n, i]]);
                    exports_base[i] += before;
                    exports[i] += after;
                    imports_base[n] += before * tax_before;
                    let split = equilibrium.split_trade.get(&(s, n, i));
                    imports[n] += split.map_or(after * tax_after, |flow| flow.before_tariff);
                    if before == 0.0 {
                        continue;
                    }
                    let cost = equilibrium.unit_cost[[i, s]];
                    let border = before * tax_before;
                    let border_price = cost * tax_after / tax_before;
                    let [sold, bought] = split.filter(|_| after > 0.0).map_or(
                        [border_price, border_price],
                        |flow| {
                            let to = |region| -> f64 {
                                let received = flow.payments.iter();
                                let received = received.filter(|payment| payment.to == region);
                                received.map(|payment| payment.amount).sum()
                            };
                            let unit = cost / (after * tax_before);
                            [
                                (after * tax_after + to(i)) * unit,
                                (flow.before_tariff - to(n)) * unit,
                            ]
                        },
                    );
                    borders[i][0] += border;
                    borders[i][1] += border * sold;
                    borders[n][2] += border;
                    borders[n][3] += border * bought;
                    tot_effect[i] += before * (cost - 1.0);
                    tot_effect[n] -= before * (cost - 1.0);
                    vot_effect[n] += tariff * (after - before * cost);
                }
            }
        }
        tot_effect /= &baseline.income;
        vot_effect /= &baseline.income;
        let price = &equilibrium.price_index;
        let value_added = |values: &ndarray::Array2<f64>| values.sum_axis(ndarray::Axis(1));
        let mean = |sum: f64, weight: f64| if weight == 0.0 { 1.0 } else { sum / weight };
        Self {
            welfare: &equilibrium.income / &baseline.income / price - 1.0,
            real_gdp: value_added(&equilibrium.value_added)
                / value_added(&baseline.value_added)
                / price
                - 1.0,
            real_wage: &equilibrium.wage / price - 1.0,
            wage: &equilibrium.wage - 1.0,
            price_index: price - 1.0,
            terms_of_trade: borders
                .iter()
                .map(|[exported, sold, imported, bought]| {
                    mean(*sold, *exported) / mean(*bought, *imported) - 1.0
                })
                .collect(),
            tot_effect,
            vot_effect,
            exports_base,
            exports,
            imports_base,
            imports,
            income_base: baseline.income.clone(),
            income: equilibrium.income.clone(),
            tariff_revenue_base,
            tariff_revenue: equilibrium.tariff_revenue.clone(),
            rents: equilibrium.rents.clone(),
            employment: &equilibrium.employment - 1.0,
        }
    }
}
