//! From the solver's unknowns to the values that are reported.

use std::collections::BTreeMap;

use ndarray::{Array1, Array2, Array3};
use rayon::prelude::*;
use viner_numerics::kernel::elementary;

use super::map::EquilibriumMap;
use super::map::evaluation::Evaluation;
use super::system::{PARALLEL_FROM, System};
use super::{Certificate, Equilibrium, Payment, Regime, SplitFlow, Statistics, WedgeOutcome};
use crate::equations::rents::Receiver;
use crate::scenario::Labour;

/// The equilibrium at the unknowns `x`, not yet certified.
pub(super) fn equilibrium(
    system: &System<'_>,
    map: &EquilibriumMap<'_>,
    x: &[f64],
    statistics: Statistics,
) -> Equilibrium {
    let problem = system.problem;
    let baseline = &problem.baseline;
    let (regions, sectors) = (baseline.region_count(), baseline.sector_count());
    let cells = regions * sectors;
    let evaluation = map.equations(x);
    let by_region = |value: &dyn Fn(usize) -> f64| Array1::from_shape_fn(regions, value);
    let by_cell = |value: &dyn Fn(usize) -> f64| {
        Array2::from_shape_fn((regions, sectors), |(n, s)| value(n * sectors + s))
    };

    let value_added = Array2::from_shape_fn((regions, sectors), |(n, k)| {
        system.value_added[[n, k]] * x[n * sectors + k].exp()
    });
    let output = Array2::from_shape_fn((regions, sectors), |(n, k)| {
        let cell = n * sectors + k;
        system.output[[n, k]] * (x[cell] - evaluation.log_share_shift[cell]).exp()
    });
    let price = by_cell(&|cell| x[cells + cell].exp());
    let unit_cost = by_cell(&|cell| evaluation.log_costs[cell].exp());
    let expenditure = by_cell(&|cell| evaluation.expenditure[cell]);

    let rents = Array1::from(evaluation.rents.clone());
    let mut trade_flows = Array3::zeros((sectors, regions, regions));
    let mut tariff_revenue = Array1::zeros(regions);
    let mut export_tax_revenue = Array1::zeros(regions);
    let block = regions * regions;
    let flows = trade_flows.as_slice_mut().unwrap_or_default();
    let sell = |(s, flows): (usize, &mut [f64])| sales(system, &evaluation, s, flows);
    let revenues: Vec<Option<Revenues>> = if flows.len() >= PARALLEL_FROM {
        flows.par_chunks_mut(block).enumerate().map(sell).collect()
    } else {
        flows.chunks_mut(block).enumerate().map(sell).collect()
    };
    for revenues in revenues.iter().flatten() {
        for n in 0..regions {
            tariff_revenue[n] += revenues.tariffs[n];
            export_tax_revenue[n] += revenues.export_taxes[n];
        }
    }

    let mut split_trade = BTreeMap::new();
    for (s, accounts) in system.accounts.iter().enumerate() {
        for (split, accounts) in accounts.iter().enumerate() {
            let cell = &system.markets[s].split_cells[split];
            let (n, i) = (cell.importer, cell.exporter);
            let spending = evaluation.split_spending[s][split];
            let mut payments = Vec::new();
            let pay = |place: Option<usize>, receiver, amount| {
                let to = match receiver {
                    Receiver::Importer => n,
                    Receiver::Exporter => i,
                    Receiver::Region(region) => region,
                };
                payments.push(Payment { wedge: place.map(|p| accounts.wedges[p]), to, amount });
            };
            let divided = accounts.divide(spending, &evaluation.wedges.rents, pay);
            let before_tariff = spending * accounts.before_tariff;
            let flow = SplitFlow { before_tariff, goods: divided.goods, payments };
            split_trade.insert((s, n, i), flow);
            trade_flows[[s, n, i]] = divided.producer_value;
            tariff_revenue[n] += divided.tariff;
            export_tax_revenue[i] += divided.export_tax;
        }
    }

    let wage = by_region(&|n| evaluation.totals[n].log_wage.exp());
    let income = by_region(&|n| evaluation.totals[n].income);
    let mut transfers = problem.counterfactual.transfers.clone();
    for (n, received) in map.other_incomes(&evaluation).1 {
        transfers[n] += received;
    }
    let deficits = by_region(&|n| {
        income[n]
            - evaluation.totals[n].value_added
            - tariff_revenue[n]
            - export_tax_revenue[n]
            - rents[n]
            - transfers[n]
    });
    let first = 2 * cells + regions;
    let wedges = system
        .wedges
        .iter()
        .enumerate()
        .map(|(index, wedge)| {
            let values = &evaluation.wedges;
            let (log_quantity, log_price) =
                (values.log_quantities[index], values.log_prices[index]);
            let point = &values.points[index];
            let closed = point.closed || problem.counterfactual.wedges[index].closed;
            let regime = if problem.counterfactual.wedges[index].withdraws() {
                Regime::Withdrawn
            } else {
                wedge.track.regime(x[first + index], log_quantity, log_price)
            };
            WedgeOutcome {
                regime,
                multiplier: if closed { f64::INFINITY } else { point.log_multiplier.exp() },
                shadow: if regime == Regime::Closed {
                    0.0
                } else {
                    wedge.shadow(point, log_quantity)
                },
                several: false,
            }
        })
        .collect();
    Equilibrium {
        employment: by_region(&|n| match problem.labour {
            Labour::Mobile => 1.0,
            Labour::FixedNominalWage | Labour::FixedRealWage => {
                evaluation.totals[n].labour_income / wage[n]
            }
        }),
        price_index: by_region(&|n| evaluation.totals[n].log_price_index.exp()),
        wage,
        income,
        tariff_revenue,
        export_tax_revenue,
        rents,
        transfers,
        deficits,
        unit_cost,
        price,
        value_added,
        output,
        expenditure,
        trade_flows,
        split_trade,
        wedges,
        unknowns: x.to_vec(),
        statistics,
        certificate: Certificate::default(),
    }
}

/// Taxes on the trade of one sector: tariffs by importer, export taxes by exporter.
struct Revenues {
    tariffs: Vec<f64>,
    export_taxes: Vec<f64>,
}

/// Writes the producer value of the cells of a sector that are not split into `flows`, and returns the
/// taxes on them, if there are any.
fn sales(
    system: &System<'_>,
    evaluation: &Evaluation<f64>,
    s: usize,
    flows: &mut [f64],
) -> Option<Revenues> {
    let problem = system.problem;
    let baseline = &problem.baseline;
    let (regions, sectors) = (baseline.region_count(), baseline.sector_count());
    let market = &system.markets[s];
    let theta = market.trade_elasticity;
    let log_costs: Vec<f64> = (0..regions).map(|i| evaluation.log_costs[i * sectors + s]).collect();
    let reference = log_costs.iter().copied().fold(f64::INFINITY, f64::min);
    let mut cost_factors: Vec<f64> =
        log_costs.iter().map(|cost| -theta * (cost - reference)).collect();
    elementary::exp(&mut cost_factors);
    let tariffs = problem.counterfactual.sector_tariffs(baseline, s);
    let export_taxes = problem.counterfactual.sector_export_taxes(baseline, s);
    let mut revenues = (tariffs.is_some() || export_taxes.is_some())
        .then(|| Revenues { tariffs: vec![0.0; regions], export_taxes: vec![0.0; regions] });
    for n in 0..regions {
        let spending = evaluation.expenditure[n * sectors + s];
        if spending == 0.0 || !system.survivors.buys[[n, s]] {
            continue;
        }
        // Relative to the price that the costs imply, so that the row adds up to the spending.
        let log_price = evaluation.log_prices[s * regions + n];
        let price_factor = (market.log_scale[n] + theta * (log_price - reference)).exp();
        let row = n * regions..(n + 1) * regions;
        let weights = &market.weights[row.clone()];
        let flows = &mut flows[row.clone()];
        let mut all_normal = true;
        for ((flow, weight), factor) in flows.iter_mut().zip(weights).zip(&cost_factors) {
            let factor = factor * price_factor;
            all_normal &= factor.is_normal();
            *flow = weight * factor * spending;
        }
        if !all_normal {
            for i in 0..regions {
                let factor = cost_factors[i] * price_factor;
                if !factor.is_normal() {
                    let log_factor = market.log_scale[n] - theta * (log_costs[i] - log_price);
                    flows[i] = if weights[i] == 0.0 {
                        0.0
                    } else {
                        weights[i] * log_factor.exp() * spending
                    };
                }
            }
        }
        let Some(revenues) = &mut revenues else { continue };
        let rate = |rates: &Option<Vec<f64>>, i: usize| {
            rates.as_ref().map_or(0.0, |rates| rates[n * regions + i])
        };
        for (i, flow) in flows.iter_mut().enumerate() {
            let (tariff, export_tax) = (rate(&tariffs, i), rate(&export_taxes, i));
            *flow /= (1.0 + tariff) * (1.0 + export_tax);
            revenues.tariffs[n] += tariff * (1.0 + export_tax) * *flow;
            revenues.export_taxes[i] += export_tax * *flow;
        }
    }
    revenues
}
