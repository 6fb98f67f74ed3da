//! From a column to the values that are reported.

use std::sync::Arc;

use ndarray::{Array1, Array2, Array3};
use viner_numerics::columns::Lanes;
use viner_numerics::kernel::elementary;

use super::columns::Columns;
use super::flows::ColumnFlows;
use super::map::{Totals, Values};
use super::shared::Shared;
use crate::equilibrium::{Certificate, Equilibrium, Method, Statistics, TradeFlows};
use crate::problem::Problem;
use crate::scenario::Labour;

/// An equilibrium of the template's shape, to be written over.
pub(super) fn blank(shared: &Shared) -> Equilibrium {
    let baseline = &shared.problem.baseline;
    let (regions, sectors) = (baseline.region_count(), baseline.sector_count());
    let by_region = || Array1::zeros(regions);
    let by_cell = || Array2::zeros((regions, sectors));
    Equilibrium {
        wage: by_region(),
        employment: by_region(),
        price_index: by_region(),
        income: by_region(),
        tariff_revenue: by_region(),
        export_tax_revenue: by_region(),
        rents: by_region(),
        transfers: by_region(),
        deficits: by_region(),
        unit_cost: by_cell(),
        price: by_cell(),
        value_added: by_cell(),
        output: by_cell(),
        expenditure: by_cell(),
        users: None,
        trade_flows: Array3::zeros((0, 0, 0)).into(),
        split_trade: std::collections::BTreeMap::new(),
        wedges: Vec::new(),
        unknowns: vec![0.0; regions * (2 * sectors + 1)],
        statistics: Statistics { method: Method::Anderson, evaluations: 0, residual: 0.0 },
        certificate: Certificate::default(),
    }
}

/// Writes a column, evaluated at `point`, into `result`; its certificate is left to the caller.
pub(super) fn write(
    shared: &Arc<Shared>,
    columns: &Columns,
    values: &Values,
    problem: &Problem,
    (lane, point): (usize, &[Lanes]),
    result: &mut Equilibrium,
) {
    let (regions, sectors) = (values.totals.len(), columns.theta.len());
    let cells = regions * sectors;
    for (slot, unknown) in result.unknowns.iter_mut().zip(point) {
        *slot = unknown.0[lane];
    }
    for n in 0..regions {
        let Totals {
            log_wage,
            labour_income,
            log_price_index,
            value_added,
            income,
            tariffs,
            export_taxes,
            transfers,
        } = &values.totals[n];
        let of = |value: &Lanes| value.0[lane];
        result.wage[n] = of(log_wage).exp();
        result.employment[n] = match problem.labour {
            Labour::Mobile => 1.0,
            Labour::FixedNominalWage | Labour::FixedRealWage => of(labour_income) / result.wage[n],
        };
        result.price_index[n] = of(log_price_index).exp();
        result.income[n] = of(income);
        result.tariff_revenue[n] = of(tariffs);
        result.export_tax_revenue[n] = of(export_taxes);
        result.transfers[n] = of(transfers);
        let taxes = of(tariffs) + of(export_taxes);
        result.deficits[n] = of(income) - of(value_added) - taxes - of(transfers);
        for s in 0..sectors {
            let (cell, market) = (n * sectors + s, s * regions + n);
            result.value_added[[n, s]] = point[cell].0[lane];
            result.price[[n, s]] = point[cells + cell].0[lane];
            result.unit_cost[[n, s]] = values.log_costs[market].0[lane];
            result.expenditure[[n, s]] = values.expenditure[market].0[lane];
        }
    }
    // So far these are logarithms.
    for hats in [&mut result.value_added, &mut result.price, &mut result.unit_cost] {
        hats.as_slice_mut().into_iter().for_each(elementary::exp);
    }
    let made = result.value_added.iter_mut().zip(&mut result.output);
    for (cell, (value_added, output)) in made.enumerate() {
        let activity = *value_added;
        *value_added = shared.value_added[cell] * activity;
        *output = shared.output[cell] * activity / values.share_ratio[cell].0[lane];
    }
    result.trade_flows = TradeFlows::new(ColumnFlows::new(shared, columns, values, lane));
}
