//! Comparison of arrays that says which region and sector differ.

use ndarray::{ArrayBase, Data, Dimension};
use viner_model::baseline::Baseline;
use viner_model::equilibrium::Equilibrium;
use viner_model::problem::Problem;

/// `assert_close!(baseline, found, expected, tolerance)`: arrays over regions, regions and sectors,
/// or trade cells, compared entry by entry relative to the larger of 1 and the value expected.
/// NaN is close to nothing. Prints every region, sector, both values and the difference of the
/// entry that differs most.
#[macro_export]
macro_rules! assert_close {
    ($baseline:expr, $found:expr, $expected:expr, $tolerance:expr) => {
        $crate::assert_close!($baseline, $found, $expected, $tolerance, stringify!($found))
    };
    ($baseline:expr, $found:expr, $expected:expr, $tolerance:expr, $name:expr) => {
        if let Err(message) =
            $crate::close::compare(&$baseline, $name, &$found, &$expected, $tolerance)
        {
            panic!("{message}");
        }
    };
}

/// The entry that differs most, in words, if it differs by more than `tolerance`.
pub fn compare<D: Dimension>(
    baseline: &Baseline,
    name: &str,
    found: &ArrayBase<impl Data<Elem = f64>, D>,
    expected: &ArrayBase<impl Data<Elem = f64>, D>,
    tolerance: f64,
) -> Result<(), String> {
    assert_eq!(found.shape(), expected.shape(), "shapes of {name}");
    let (found, expected) = (found.view().into_dyn(), expected.view().into_dyn());
    let mut worst = (0.0, String::new());
    let mut count = 0;
    for (index, &value) in found.indexed_iter() {
        let wanted = expected[&index];
        let difference = value - wanted;
        let relative = difference.abs() / wanted.abs().max(1.0);
        if relative <= tolerance {
            continue;
        }
        count += 1;
        if relative > worst.0 || relative.is_nan() {
            let place = match index.as_array_view().to_vec()[..] {
                [n] => baseline.regions.code(n).to_owned(),
                [n, s] => baseline.cell_name(n, s),
                [s, n, i] => baseline.trade_cell_name(s, n, i),
                _ => format!("{index:?}"),
            };
            let size = if relative.is_nan() { f64::INFINITY } else { relative };
            worst =
                (size, format!("`{place}` is {value:e}, not {wanted:e}: off by {difference:e}"));
        }
    }
    if count == 0 {
        return Ok(());
    }
    Err(format!("{name} of {} ({count} entries beyond {tolerance:e})", worst.1))
}

/// The ratio of two arrays, 1 where both are 0.
pub fn hat<D: Dimension>(
    new: &ndarray::Array<f64, D>,
    old: &ndarray::Array<f64, D>,
) -> ndarray::Array<f64, D> {
    ndarray::Zip::from(new)
        .and(old)
        .map_collect(|&new, &old| if new == old { 1.0 } else { new / old })
}

/// All hats of two equilibria must agree. Money is compared relative to its own baseline.
pub fn assert_same_hats(
    first: (&Problem, &Equilibrium),
    second: (&Problem, &Equilibrium),
    tolerance: f64,
) {
    let ((left, found), (right, expected)) = (first, second);
    let (a, b) = (&*left.baseline, &*right.baseline);
    assert_close!(a, found.wage, expected.wage, tolerance, "wage");
    assert_close!(a, found.employment, expected.employment, tolerance, "employment");
    assert_close!(a, found.price_index, expected.price_index, tolerance, "price index");
    assert_close!(a, found.unit_cost, expected.unit_cost, tolerance, "unit cost");
    assert_close!(a, found.price, expected.price, tolerance, "price");
    let income = (hat(&found.income, &a.income), hat(&expected.income, &b.income));
    assert_close!(a, income.0, income.1, tolerance, "income");
    let value_added =
        (hat(&found.value_added, &a.value_added), hat(&expected.value_added, &b.value_added));
    assert_close!(a, value_added.0, value_added.1, tolerance, "value added");
    let output = (hat(&found.output, &a.output), hat(&expected.output, &b.output));
    assert_close!(a, output.0, output.1, tolerance, "output");
    let spending =
        (hat(&found.expenditure, &a.expenditure), hat(&expected.expenditure, &b.expenditure));
    assert_close!(a, spending.0, spending.1, tolerance, "expenditure");
    let flows =
        (hat(&found.trade_flows, &a.trade_flows), hat(&expected.trade_flows, &b.trade_flows));
    assert_close!(a, flows.0, flows.1, tolerance, "trade flow");
    let deficits = (&found.deficits / &a.income, &expected.deficits / &b.income);
    assert_close!(a, deficits.0, deficits.1, tolerance, "deficit over income");
}

/// Nothing has changed: every hat of the equilibrium is 1.
pub fn assert_unchanged(problem: &Problem, equilibrium: &Equilibrium, tolerance: f64) {
    let baseline = &*problem.baseline;
    let one = |array: &ndarray::Array2<f64>| ndarray::Array2::ones(array.raw_dim());
    let regions = ndarray::Array1::ones(baseline.region_count());
    for (name, hats) in [
        ("wage", &equilibrium.wage),
        ("employment", &equilibrium.employment),
        ("price index", &equilibrium.price_index),
        ("income", &hat(&equilibrium.income, &baseline.income)),
    ] {
        assert_close!(baseline, *hats, regions, tolerance, name);
    }
    for (name, hats) in [
        ("unit cost", &equilibrium.unit_cost),
        ("price", &equilibrium.price),
        ("value added", &hat(&equilibrium.value_added, &baseline.value_added)),
        ("output", &hat(&equilibrium.output, &baseline.output)),
        ("expenditure", &hat(&equilibrium.expenditure, &baseline.expenditure)),
    ] {
        assert_close!(baseline, *hats, one(hats), tolerance, name);
    }
    let flows = hat(&equilibrium.trade_flows, &baseline.trade_flows);
    assert_close!(baseline, flows, ndarray::Array3::ones(flows.raw_dim()), tolerance, "flow");
    let deficits = &equilibrium.deficits / &baseline.income;
    assert_close!(baseline, deficits, &baseline.deficits / &baseline.income, tolerance, "deficit");
}

/// Real final spending over its baseline, less 1.
pub fn welfare(problem: &Problem, equilibrium: &Equilibrium) -> ndarray::Array1<f64> {
    &equilibrium.income / &problem.baseline.income / &equilibrium.price_index - 1.0
}

/// Two arrays must differ by more than `least` somewhere: a test of a failing condition.
pub fn assert_differs(found: &ndarray::Array1<f64>, other: &ndarray::Array1<f64>, least: f64) {
    let largest = (found - other).iter().fold(0.0, |top: f64, value| top.max(value.abs()));
    assert!(largest > least, "largest difference {largest:e}: {found} and {other}");
}
