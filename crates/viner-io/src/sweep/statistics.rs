//! The spread of an outcome over all draws.

use viner_numerics::sampling::quantile;

/// Mean, spread and quantiles of an outcome.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Summary {
    /// Draws with a value.
    pub draws: usize,
    /// Mean.
    pub mean: f64,
    /// Standard deviation, of the sample.
    pub sd: f64,
    /// The values below which 5, 25, 50, 75 and 95 % of the draws lie.
    pub quantiles: [f64; 5],
}

impl Summary {
    /// Of the values that are finite; all NaN if there is none.
    pub fn of(values: impl IntoIterator<Item = f64>) -> Self {
        let mut values: Vec<f64> = values.into_iter().filter(|value| value.is_finite()).collect();
        values.sort_by(f64::total_cmp);
        let count = values.len() as f64;
        let mean = values.iter().sum::<f64>() / count;
        let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
        Self {
            draws: values.len(),
            mean,
            sd: (squares / (count - 1.0)).sqrt(),
            quantiles: [0.05, 0.25, 0.5, 0.75, 0.95].map(|p| quantile(&values, p)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_by_hand() {
        let summary = Summary::of([3.0, 1.0, f64::NAN, 2.0]);
        assert_eq!((summary.draws, summary.mean, summary.sd), (3, 2.0, 1.0));
        assert_eq!(summary.quantiles, [1.1, 1.5, 2.0, 2.5, 2.9]);
        assert!(Summary::of([]).mean.is_nan());
    }
}
