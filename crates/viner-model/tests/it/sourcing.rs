//! One market whose costs lie further apart than the powers of floating-point numbers reach.

use std::sync::Arc;

use viner_model::equations::sourcing::{Cleared, Market, TaxedRows, Taxes};
use viner_model::equations::weights::Weights;
use viner_numerics::{Dual, Real};

use crate::tolerances::ROUNDING;

const THETA: f64 = 65.0;
const TARIFF: f64 = 0.25;
const EXPORT_TAX: f64 = 0.1;

/// Importer 0 buys from exporters 0 and 1 only, importers 1 and 2 from all.
fn market() -> Market {
    let weights = vec![0.6, 0.4, 0.0, 0.2, 0.5, 0.3, 0.1, 0.1, 0.8];
    let weights = Weights::new(Arc::new(weights), 3);
    let rates = [TARIFF, EXPORT_TAX].map(|rate| [rate; 9]);
    Market {
        trade_elasticity: THETA,
        log_scale: vec![0.0, 0.7, 0.0],
        purchasers: 1,
        taxes: Taxes::Weights(TaxedRows::new(&weights, [Some(&rates[0]), Some(&rates[1])])),
        weights,
        split_cells: Vec::new(),
    }
}

struct Answer<T> {
    log_prices: Vec<T>,
    sales: Vec<T>,
    tariffs: Vec<T>,
    export_taxes: Vec<T>,
}

fn clear<T: Real>(log_costs: &[T], expenditure: &[T]) -> Answer<T> {
    let zeros = || vec![T::constant(0.0); 3];
    let mut answer =
        Answer { log_prices: zeros(), sales: zeros(), tariffs: zeros(), export_taxes: zeros() };
    let mut cleared = Cleared {
        log_prices: &mut answer.log_prices,
        sales: &mut answer.sales,
        tariffs: &mut answer.tariffs,
        export_taxes: &mut answer.export_taxes,
        split_spending: &mut [],
    };
    market().clear(log_costs, expenditure, &[], &mut cleared);
    answer
}

const SPENDING: [f64; 3] = [100.0, 200.0, 50.0];

/// The same sums with logarithms taken of every term.
fn by_logarithms(costs: [f64; 3]) -> ([f64; 3], [f64; 3]) {
    let market = market();
    let (mut prices, mut sales) = ([0.0; 3], [0.0; 3]);
    for n in 0..3 {
        let terms: Vec<f64> =
            (0..3).map(|i| market.weights.row(n)[i].ln() - THETA * costs[i]).collect();
        let top = terms.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let sum: f64 = terms.iter().map(|term| (term - top).exp()).sum();
        prices[n] = -(sum.ln() + top + market.log_scale[n]) / THETA;
        for i in 0..3 {
            let spending = SPENDING[n] * (terms[i] - top).exp() / sum;
            sales[i] += spending / (1.0 + TARIFF) / (1.0 + EXPORT_TAX);
        }
    }
    (prices, sales)
}

/// Ordinary costs, and costs of which importer 0 can reach none near the cheapest.
const COSTS: [[f64; 3]; 3] = [[0.1, -0.2, 0.05], [12.0, 12.02, 0.0], [-30.0, -30.1, -60.0]];

fn assert_near(found: f64, expected: f64, what: &str) {
    let size = expected.abs().max(1.0);
    assert!((found - expected).abs() < ROUNDING * size, "{what}: {found} is not {expected}");
}

#[test]
fn prices_and_sales_survive_underflow() {
    for costs in COSTS {
        let found = clear(&costs, &SPENDING);
        let (prices, sales) = by_logarithms(costs);
        let mut collected = 0.0;
        for n in 0..3 {
            assert_near(found.log_prices[n], prices[n], "price");
            assert_near(found.sales[n], sales[n], "sales");
            let border = SPENDING[n] / (1.0 + TARIFF);
            assert_near(found.tariffs[n], TARIFF * border, "tariffs");
            assert_near(found.export_taxes[n], EXPORT_TAX * sales[n], "export taxes");
            collected += found.tariffs[n] + found.export_taxes[n] + found.sales[n];
        }
        assert_near(collected, SPENDING.iter().sum(), "what is spent is earned");
    }
}

#[test]
fn derivatives_survive_underflow() {
    /// Third derivatives are of the order θ², times a step of 1e-6 squared.
    const DIFFERENCE: f64 = 1e-7;
    let directions = [[1.0, 0.3, -0.5], [0.0, 1.0, 0.2]];
    for costs in COSTS {
        for direction in directions {
            let dual = |value: [f64; 3], scale: f64| -> Vec<Dual> {
                let pairs = value.into_iter().zip(direction);
                pairs.map(|(value, d)| Dual { value, derivative: scale * d }).collect()
            };
            let exact = clear(&dual(costs, 1.0), &dual(SPENDING, 10.0));
            let moved = |step: f64| {
                let at = |value: [f64; 3], scale: f64| -> Vec<f64> {
                    value.iter().zip(direction).map(|(v, d)| v + step * scale * d).collect()
                };
                clear(&at(costs, 1.0), &at(SPENDING, 10.0))
            };
            let (above, below) = (moved(1e-6), moved(-1e-6));
            for (exact, above, below) in [
                (&exact.log_prices, above.log_prices, below.log_prices),
                (&exact.sales, above.sales, below.sales),
                (&exact.tariffs, above.tariffs, below.tariffs),
                (&exact.export_taxes, above.export_taxes, below.export_taxes),
            ] {
                for n in 0..3 {
                    let difference = (above[n] - below[n]) / 2e-6;
                    let derivative = exact[n].derivative;
                    let error = (derivative - difference).abs() / derivative.abs().max(1.0);
                    assert!(error < DIFFERENCE, "{n}: {derivative} and {difference} at {costs:?}");
                }
            }
        }
    }
}

/// Each importer cut into two rows with the same shares, which spend three and seven tenths: the same
/// prices, sales and taxes, whether taxes are in the weights or parts of the spending.
#[test]
fn rows_that_are_alike_add_up() {
    let whole = market();
    let parts = |value: f64| vec![value; 9];
    let rows: Vec<f64> = (0..6).flat_map(|row| whole.weights.row(row / 2)).copied().collect();
    let cut = Market {
        trade_elasticity: THETA,
        purchasers: 2,
        weights: Weights::new(Arc::new(rows), 3),
        log_scale: whole.log_scale.iter().flat_map(|scale| [*scale; 2]).collect(),
        taxes: Taxes::Parts {
            producer: parts(1.0 / (1.0 + TARIFF) / (1.0 + EXPORT_TAX)),
            export_tax: parts(EXPORT_TAX / (1.0 + TARIFF) / (1.0 + EXPORT_TAX)),
            tariff: parts(TARIFF / (1.0 + TARIFF)),
        },
        split_cells: Vec::new(),
    };
    let spending: Vec<f64> = SPENDING.iter().flat_map(|all| [0.3 * all, 0.7 * all]).collect();
    for costs in COSTS {
        let expected = clear(&costs, &SPENDING);
        let (mut log_prices, mut sales) = (vec![0.0; 6], vec![0.0; 3]);
        let (mut tariffs, mut export_taxes) = (vec![0.0; 3], vec![0.0; 3]);
        let mut cleared = Cleared {
            log_prices: &mut log_prices,
            sales: &mut sales,
            tariffs: &mut tariffs,
            export_taxes: &mut export_taxes,
            split_spending: &mut [],
        };
        cut.clear(&costs, &spending, &[], &mut cleared);
        for n in 0..3 {
            assert_near(log_prices[2 * n], expected.log_prices[n], "price to the first");
            assert_near(log_prices[2 * n + 1], expected.log_prices[n], "price to the second");
            assert_near(sales[n], expected.sales[n], "sales");
            assert_near(tariffs[n], expected.tariffs[n], "tariffs");
            assert_near(export_taxes[n], expected.export_taxes[n], "export taxes");
        }
    }
}
