//! From the solver's unknowns to the values that are reported.

use std::collections::BTreeMap;

use ndarray::{Array1, Array2, Array3, Axis};
use viner_numerics::kernel::elementary;

use super::flows::{SectorFlows, TradeFlows};
use super::map::EquilibriumMap;
use super::map::evaluation::Evaluation;
use super::system::{System, each};
use super::{
    Certificate, Equilibrium, Payment, Regime, SplitFlow, Statistics, UserOutcomes, WedgeOutcome,
};
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
    let cells = system.cells();
    let anew;
    let evaluation = if let Some(last) = map.last_at(x) {
        last
    } else {
        anew = map.equations(x);
        &anew
    };
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
    let unit_cost = by_cell(&|cell| evaluation.log_costs[cell].exp());
    let users = users(system, &x[cells..cells + system.prices()], &evaluation.expenditure);
    let (price, expenditure) = match &users {
        None => {
            (by_cell(&|cell| x[cells + cell].exp()), by_cell(&|cell| evaluation.expenditure[cell]))
        }
        Some(users) => (mean_price(system, users), users.expenditure.sum_axis(Axis(1))),
    };

    let rents = Array1::from(evaluation.rents.clone());
    let mut tariff_revenue = Array1::zeros(regions);
    let mut export_tax_revenue = Array1::zeros(regions);
    let mut flows: Vec<SectorFlows> =
        each(system.parallel(), sectors, |s| sector_flows(system, evaluation, s));
    let revenues = each(system.parallel(), sectors, |s| revenues(system, &flows[s], s));
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
            flows[s].set_split(split, divided.producer_value);
            tariff_revenue[n] += divided.tariff;
            export_tax_revenue[i] += divided.export_tax;
        }
    }

    let wage = by_region(&|n| evaluation.totals[n].log_wage.exp());
    let income = by_region(&|n| evaluation.totals[n].income);
    let mut transfers = problem.counterfactual.transfers.clone();
    for (n, received) in map.other_incomes(evaluation).1 {
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
    let first = cells + system.prices() + regions;
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
        users,
        trade_flows: TradeFlows::new(flows),
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

/// The flows of a sector, those of split cells left out.
fn sector_flows(system: &System<'_>, evaluation: &Evaluation<f64>, s: usize) -> SectorFlows {
    let (regions, sectors) = system.output.dim();
    let purchasers = system.purchasers;
    let rows = regions * purchasers;
    let spending = |row: usize| {
        let buys = system.survivors.buys(row / purchasers, row % purchasers, s);
        if buys { evaluation.expenditure[row * sectors + s] } else { 0.0 }
    };
    SectorFlows::new(
        &system.markets[s],
        (0..regions).map(|i| evaluation.log_costs[i * sectors + s]).collect(),
        evaluation.log_prices[s * rows..(s + 1) * rows].to_vec(),
        (0..rows).map(spending).collect(),
    )
}

/// Taxes on the cells of a sector that are not split, if there are any.
fn revenues(system: &System<'_>, flows: &SectorFlows, s: usize) -> Option<Revenues> {
    let problem = system.problem;
    let baseline = &problem.baseline;
    let regions = baseline.region_count();
    let taxed = flows.taxed();
    if taxed.is_empty() {
        return None;
    }
    let tariffs = problem.counterfactual.sector_tariffs(baseline, s);
    let export_taxes = problem.counterfactual.sector_export_taxes(baseline, s);
    let mut revenues = Revenues { tariffs: vec![0.0; regions], export_taxes: vec![0.0; regions] };
    let mut sold = vec![0.0; regions];
    for n in taxed {
        flows.row(n, &mut sold);
        let rate = |rates: &Option<Vec<f64>>, i: usize| {
            rates.as_ref().map_or(0.0, |rates| rates[n * regions + i])
        };
        for (i, sold) in sold.iter().enumerate() {
            let (tariff, export_tax) = (rate(&tariffs, i), rate(&export_taxes, i));
            revenues.tariffs[n] += tariff * (1.0 + export_tax) * sold;
            revenues.export_taxes[i] += export_tax * sold;
        }
    }
    Some(revenues)
}

/// Prices and spending by user, from `ln P̂` and `E'`, `[region, purchaser, sector]`.
fn users(system: &System<'_>, log_prices: &[f64], expenditure: &[f64]) -> Option<UserOutcomes> {
    let shape = (system.output.nrows(), system.purchasers, system.output.ncols());
    let array = |values: Vec<f64>| Array3::from_shape_vec(shape, values).ok();
    if system.purchasers == 1 {
        return None;
    }
    let mut prices = log_prices.to_vec();
    elementary::exp(&mut prices);
    Some(UserOutcomes { price: array(prices)?, expenditure: array(expenditure.to_vec())? })
}

/// `Σ_u E P̂ / Σ_u E` over the users that still buy, with spending in the baseline; 1 without any.
fn mean_price(system: &System<'_>, users: &UserOutcomes) -> Array2<f64> {
    Array2::from_shape_fn(system.output.raw_dim(), |(n, s)| {
        let (mut spent, mut now) = (0.0, 0.0);
        for user in (0..system.purchasers).filter(|&user| system.survivors.buys(n, user, s)) {
            let before = system.problem.baseline.user_spending(n, user, s);
            spent += before;
            now += before * users.price[[n, user, s]];
        }
        if spent == 0.0 { 1.0 } else { now / spent }
    })
}
