//! Distributions of one number, by their quantiles.

use super::normal::{cumulative, inverse_cumulative};

/// A distribution.
#[derive(Clone, Debug, PartialEq)]
pub enum Distribution {
    /// Equally likely between two bounds.
    Uniform {
        /// Least value.
        low: f64,
        /// Largest value.
        high: f64,
    },
    /// Gaussian.
    Normal {
        /// Mean.
        mean: f64,
        /// Standard deviation.
        sd: f64,
    },
    /// Its logarithm is Gaussian.
    LogNormal {
        /// Median, above 0.
        median: f64,
        /// Standard deviation of the logarithm.
        sigma: f64,
    },
    /// A density that rises to the mode and falls beyond it, both linearly.
    Triangular {
        /// Least value.
        low: f64,
        /// Most likely value.
        mode: f64,
        /// Largest value.
        high: f64,
    },
    /// These values, all equally likely.
    Values(Vec<f64>),
}

impl Distribution {
    /// The value below which the part `p` of the distribution lies.
    pub fn quantile(&self, p: f64) -> f64 {
        match self {
            Self::Uniform { low, high } => low + (high - low) * p,
            Self::Normal { mean, sd } => mean + sd * inverse_cumulative(p),
            Self::LogNormal { median, sigma } => median * (sigma * inverse_cumulative(p)).exp(),
            Self::Triangular { low, mode, high } => {
                let width = high - low;
                if width == 0.0 {
                    return *low;
                }
                let turn = (mode - low) / width;
                if p < turn {
                    low + (p * width * (mode - low)).sqrt()
                } else {
                    high - ((1.0 - p) * width * (high - mode)).sqrt()
                }
            }
            Self::Values(values) => {
                #[expect(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "a position in the list, cut off at its end"
                )]
                let position = (p * values.len() as f64).max(0.0) as usize;
                values
                    .get(position.min(values.len().saturating_sub(1)))
                    .copied()
                    .unwrap_or(f64::NAN)
            }
        }
    }

    /// The part of the distribution below `value`; of a list of values there is none.
    fn below(&self, value: f64) -> Option<f64> {
        Some(match self {
            Self::Uniform { low, high } if low == high => f64::from(value > *low),
            Self::Uniform { low, high } => ((value - low) / (high - low)).clamp(0.0, 1.0),
            Self::Normal { mean, sd } => cumulative((value - mean) / sd),
            Self::LogNormal { .. } if value <= 0.0 => 0.0,
            Self::LogNormal { median, sigma } => cumulative((value / median).ln() / sigma),
            Self::Triangular { low, mode, high } => {
                if value <= *low {
                    0.0
                } else if value >= *high {
                    1.0
                } else if value < *mode {
                    (value - low) * (value - low) / ((high - low) * (mode - low))
                } else {
                    1.0 - (high - value) * (high - value) / ((high - low) * (high - mode))
                }
            }
            Self::Values(_) => return None,
        })
    }
}

/// A distribution of which only what lies between two bounds can be.
#[derive(Clone, Debug, PartialEq)]
pub struct Truncated {
    /// The whole distribution.
    pub distribution: Distribution,
    /// Least value.
    pub min: f64,
    /// Largest value.
    pub max: f64,
}

impl Truncated {
    /// The part of the distribution between the bounds.
    pub fn part(&self) -> f64 {
        match (self.distribution.below(self.min), self.distribution.below(self.max)) {
            (Some(low), Some(high)) => high - low,
            _ => 1.0,
        }
    }

    /// The value below which the part `p` of what is left lies.
    pub fn quantile(&self, p: f64) -> f64 {
        let bounds = (self.distribution.below(self.min), self.distribution.below(self.max));
        let p = match bounds {
            (Some(low), Some(high)) => low + p * (high - low),
            _ => p,
        };
        self.distribution.quantile(p).clamp(self.min, self.max)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_the_inverse_of_the_distribution() {
        for distribution in [
            Distribution::Uniform { low: -1.0, high: 3.0 },
            Distribution::Normal { mean: 4.0, sd: 0.5 },
            Distribution::LogNormal { median: 4.0, sigma: 0.5 },
            Distribution::Triangular { low: 1.0, mode: 2.0, high: 6.0 },
            Distribution::Triangular { low: 1.0, mode: 1.0, high: 6.0 },
        ] {
            for p in [0.01, 0.3, 0.5, 0.77, 0.99] {
                let value = distribution.quantile(p);
                let back = distribution.below(value).unwrap();
                assert!((back - p).abs() < 1e-12, "{distribution:?}: {p} {back}");
            }
        }
    }

    #[test]
    fn values_are_equally_likely_and_bounds_hold() {
        let values = Distribution::Values(vec![3.0, 1.0, 2.0]);
        assert_eq!(
            [0.0, 0.3, 0.34, 0.9, 1.0].map(|p| values.quantile(p)),
            [3.0, 3.0, 1.0, 2.0, 2.0]
        );
        let truncated = Truncated {
            distribution: Distribution::Normal { mean: 0.0, sd: 1.0 },
            min: 0.0,
            max: f64::INFINITY,
        };
        assert!((truncated.part() - 0.5).abs() < 1e-15);
        assert!((truncated.quantile(0.5) - 0.674_489_750_196_081_7).abs() < 1e-12);
    }
}
