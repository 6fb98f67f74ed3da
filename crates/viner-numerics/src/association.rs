//! How well one series tells another.

/// What a prediction has in common with what was observed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Association {
    /// Part of the weight on which both have one sign; a prediction of 0 is half right.
    pub signs_right: f64,
    /// Correlation of ranks (Spearman); NaN where either series is constant.
    pub rank_correlation: f64,
    /// Slope of the observed on the predicted, with a constant: 1 where predictions are right but for a
    /// constant and noise, less where they are too large. NaN where they are constant.
    pub slope: f64,
    /// Mean absolute difference.
    pub error: f64,
}

impl Association {
    /// Of two series with weights of at least 0; all NaN where there is no weight.
    ///
    /// The rank of an element is the weight of all that are below it and half the weight of its equals: with
    /// equal weights these are the usual ranks.
    ///
    /// # Panics
    /// The three are not of one length.
    pub fn of(predicted: &[f64], observed: &[f64], weights: &[f64]) -> Self {
        assert!(predicted.len() == observed.len() && observed.len() == weights.len());
        let total: f64 = weights.iter().sum();
        let mean = |value: &dyn Fn(usize) -> f64| {
            (0..weights.len()).map(|i| weights[i] * value(i)).sum::<f64>() / total
        };
        let right = |i: usize| {
            if predicted[i] == 0.0 { 0.5 } else { f64::from(predicted[i] * observed[i] > 0.0) }
        };
        let ranks = [ranks(predicted, weights), ranks(observed, weights)];
        let [own, other, both] = moments(&ranks[0], &ranks[1], weights);
        let [variance, _, covariance] = moments(predicted, observed, weights);
        Self {
            signs_right: mean(&right),
            rank_correlation: covariance_over(both, (own * other).sqrt()),
            slope: covariance_over(covariance, variance),
            error: mean(&|i| (predicted[i] - observed[i]).abs()),
        }
    }
}

fn covariance_over(covariance: f64, scale: f64) -> f64 {
    if scale > 0.0 { covariance / scale } else { f64::NAN }
}

fn ranks(values: &[f64], weights: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&a, &b| values[a].total_cmp(&values[b]));
    let mut ranks = vec![0.0; values.len()];
    let mut below = 0.0;
    for equals in order.chunk_by(|&a, &b| values[a] == values[b]) {
        let weight: f64 = equals.iter().map(|&i| weights[i]).sum();
        for &i in equals {
            ranks[i] = below + 0.5 * weight;
        }
        below += weight;
    }
    ranks
}

/// Weighted variances and covariance.
fn moments(one: &[f64], other: &[f64], weights: &[f64]) -> [f64; 3] {
    let total: f64 = weights.iter().sum();
    let mean = |values: &[f64]| crate::vector::dot(values, weights) / total;
    let means = [mean(one), mean(other)];
    let mut sums = [0.0; 3];
    for i in 0..weights.len() {
        let (a, b) = (one[i] - means[0], other[i] - means[1]);
        let terms = [a * a, b * b, a * b];
        sums.iter_mut().zip(terms).for_each(|(sum, term)| *sum += weights[i] * term / total);
    }
    // What rounding leaves of a constant is none.
    let scales = [means[0].powi(2), means[1].powi(2)];
    for (sum, scale) in sums.iter_mut().zip(scales) {
        if *sum <= scale * f64::EPSILON {
            *sum = 0.0;
        }
    }
    sums
}

/// Part of the weighted variance of `values` that the means of groups explain, less what as many groups
/// explain of noise (adjusted R²); `groups` are numbered from 0.
pub fn explained(values: &[f64], weights: &[f64], groups: &[usize]) -> f64 {
    let count = groups.iter().max().map_or(0, |last| last + 1);
    let mut sums = vec![(0.0, 0.0, 0_usize); count];
    for ((value, weight), &group) in values.iter().zip(weights).zip(groups) {
        sums[group].0 += weight * value;
        sums[group].1 += weight;
        sums[group].2 += 1;
    }
    let within: f64 = values
        .iter()
        .zip(weights)
        .zip(groups)
        .map(|((value, weight), &group)| weight * (value - sums[group].0 / sums[group].1).powi(2))
        .sum();
    let total: f64 = weights.iter().sum();
    let used = sums.iter().filter(|sum| sum.2 > 0).count();
    let freedom = values.len().saturating_sub(used) as f64;
    let all = moments(values, values, weights)[0] * total / (values.len() as f64 - 1.0);
    1.0 - within / freedom / all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exact_prediction() {
        let observed = [0.3, -0.1, 0.2, -0.7];
        let found = Association::of(&observed, &observed, &[1.0; 4]);
        assert!((found.signs_right, found.error) == (1.0, 0.0));
        assert!((found.rank_correlation - 1.0).abs() < 1e-15 && (found.slope - 1.0).abs() < 1e-15);
    }

    /// Spearman's correlation of ranks without ties is `1 − 6 Σ d²/(n³ − n)`.
    #[test]
    fn ranks_and_slope_by_hand() {
        let predicted = [1.0, 2.0, 3.0, 4.0, 5.0];
        let observed = [2.0, 1.0, 4.0, 3.0, 10.0];
        let found = Association::of(&predicted, &observed, &[2.0; 5]);
        assert!((found.rank_correlation - (1.0 - 6.0 * 4.0 / 120.0)).abs() < 1e-14, "{found:?}");
        assert!((found.slope - 1.8).abs() < 1e-14, "{found:?}");
        assert!((found.error - 9.0 / 5.0).abs() < 1e-14, "{found:?}");
    }

    /// A weight of 2 is the same as two elements.
    #[test]
    fn weights_count_elements() {
        let (predicted, observed) = ([1.0, 3.0, 2.0, -1.0], [0.5, 2.0, 2.5, 1.0]);
        let weighted = Association::of(&predicted, &observed, &[1.0, 2.0, 1.0, 3.0]);
        let at = [0, 1, 1, 2, 3, 3, 3];
        let repeated = Association::of(
            &at.map(|i: usize| predicted[i]),
            &at.map(|i: usize| observed[i]),
            &[1.0; 7],
        );
        assert!((weighted.rank_correlation - repeated.rank_correlation).abs() < 1e-14);
        assert!((weighted.slope - repeated.slope).abs() < 1e-14);
        assert!((weighted.signs_right - 4.0 / 7.0).abs() < 1e-15, "{weighted:?}");
    }

    #[test]
    fn a_constant_has_neither_rank_nor_slope() {
        let found = Association::of(&[0.0; 3], &[1.0, -1.0, 2.0], &[1.0; 3]);
        assert!(found.rank_correlation.is_nan() && found.slope.is_nan());
        assert!((found.signs_right - 0.5).abs() < 1e-15);
    }

    /// Two groups of two: sums of squares of 8 in all and 4 within, with 3 and 2 degrees of freedom.
    #[test]
    fn what_groups_explain() {
        let found = explained(&[0.0, 2.0, 2.0, 4.0], &[1.0; 4], &[0, 0, 1, 1]);
        let by_hand = 1.0 - (4.0 / 2.0) / (8.0 / 3.0);
        assert!((found - by_hand).abs() < 1e-14, "{found}");
    }
}
