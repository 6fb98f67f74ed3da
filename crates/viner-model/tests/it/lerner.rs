//! Lerner symmetry: a tariff on all imports is a tax on all exports.

use std::sync::Arc;

use ndarray::Array1;
use viner_model::baseline::Baseline;
use viner_model::equilibrium::Equilibrium;
use viner_model::problem::Problem;
use viner_model::report::RegionOutcomes;
use viner_model::scenario::{BilateralInstrument as On, Labour, Model};

use crate::assert_close;
use crate::close::assert_differs;
use crate::economies::{ordinary, without_deficits};
use crate::policies::{COBB_DOUGLAS, GENERAL, Uniform, cell_by_cell, foreign_cells, outcome};
use crate::tolerances::SAME_ANSWER;

const RATE: f64 = 0.25;

/// `R001` lays `(1+τ)(1+t)` on all its imports, or `(1+x)(1+t)` on all its exports.
fn both(baseline: &Arc<Baseline>, model: &Model) -> [(Problem, Equilibrium); 2] {
    let on_top = |before: f64| (1.0 + before) * (1.0 + RATE) - 1.0;
    let cells = foreign_cells(baseline);
    let imports = cells.iter().filter(|(_, n, _)| *n == 1);
    let imports = imports.map(|&(s, n, i)| ((s, n, i), on_top(baseline.tariff(s, n, i))));
    let exports = cells.iter().filter(|(_, _, i)| *i == 1);
    let exports = exports.map(|&(s, n, i)| ((s, n, i), on_top(baseline.export_tax(s, n, i))));
    let tariff = cell_by_cell(baseline, On::TariffRate, imports);
    let tax = cell_by_cell(baseline, On::ExportTaxRate, exports);
    [outcome(baseline, model.clone(), [tariff]), outcome(baseline, model.clone(), [tax])]
}

fn assert_symmetric(baseline: &Arc<Baseline>, model: &Model) {
    let [tariff, tax] = both(baseline, model).map(|(problem, equilibrium)| {
        assert!(equilibrium.tariff_revenue[1] + equilibrium.export_tax_revenue[1] > 0.0);
        RegionOutcomes::of(&problem, &equilibrium)
    });
    assert_close!(baseline, tariff.welfare, tax.welfare, SAME_ANSWER);
    assert_close!(baseline, tariff.real_wage, tax.real_wage, SAME_ANSWER);
    assert_close!(baseline, tariff.real_gdp, tax.real_gdp, SAME_ANSWER);
    assert_close!(baseline, tariff.employment, tax.employment, SAME_ANSWER);
    // Not in money: the tariff raises prices at home, the tax does not.
    assert_differs(&tariff.price_index, &tax.price_index, 0.01);
    assert_differs(&tariff.welfare, &Array1::zeros(baseline.region_count()), 1e-3);
}

#[test]
fn without_deficits_a_tariff_is_an_export_tax() {
    let nests = Uniform { phi: 0.0, ..GENERAL };
    for (seed, elasticities) in [(61, COBB_DOUGLAS), (62, nests), (63, GENERAL)] {
        assert_symmetric(&without_deficits(4, 3, seed, 0.0), &elasticities.model());
        assert_symmetric(&without_deficits(4, 3, seed, 0.3), &elasticities.model());
    }
}

#[test]
fn with_export_taxes_in_the_baseline_too() {
    let plain = without_deficits(4, 3, 64, 0.2);
    let cells = foreign_cells(&plain).into_iter().map(|cell| (cell, 0.1 * (cell.0 as f64 - 0.5)));
    let taxes = cell_by_cell(&plain, On::ExportTaxRate, cells);
    let (problem, equilibrium) = outcome(&plain, GENERAL.model(), [taxes]);
    let taxed = Arc::new(equilibrium.rebase(&problem).unwrap());
    assert_eq!(taxed.export_tax(2, 0, 1), 0.1 * 1.5);
    assert_symmetric(&taxed, &GENERAL.model());
}

#[test]
fn with_a_fixed_real_wage_too() {
    assert_symmetric(&without_deficits(4, 3, 65, 0.3), &GENERAL.with(Labour::FixedRealWage));
}

/// The conditions are conditions: without them the symmetry fails, and this test would see it.
#[test]
fn not_with_a_fixed_nominal_wage_and_not_with_deficits() {
    let balanced = without_deficits(4, 3, 66, 0.0);
    let sticky = GENERAL.with(Labour::FixedNominalWage);
    for (baseline, model) in [(balanced, sticky), (ordinary(4, 3, 66), GENERAL.model())] {
        let [tariff, tax] = both(&baseline, &model)
            .map(|(problem, equilibrium)| RegionOutcomes::of(&problem, &equilibrium));
        assert_differs(&tariff.welfare, &tax.welfare, 1e-4);
    }
}
