//! What the spread of a result comes from.

/// Parts of the variance of a result.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Indices {
    /// Part that one number explains by itself.
    pub first: f64,
    /// Part that it has a share in, together with others or not.
    pub total: f64,
}

/// Indices of Sobol' from results at points A, at points B, and at those of A with one coordinate of
/// B; nothing if the result does not vary.
///
/// First-order indices by Saltelli et al. (2010), total ones by Jansen (1999).
pub fn indices(at_a: &[f64], at_b: &[f64], at_mixed: &[f64]) -> Option<Indices> {
    let count = at_a.len() as f64;
    let all = || at_a.iter().chain(at_b);
    let mean = all().sum::<f64>() / (2.0 * count);
    let variance = all().map(|value| (value - mean).powi(2)).sum::<f64>() / (2.0 * count);
    // A spread of rounding is none.
    if variance.is_nan() || variance.sqrt() <= 1e-14 * mean.abs() || variance == 0.0 {
        return None;
    }
    let rows = || at_a.iter().zip(at_b).zip(at_mixed);
    let first: f64 = rows().map(|((a, b), mixed)| (b - mean) * (mixed - a)).sum();
    let total: f64 = rows().map(|((a, _), mixed)| (a - mixed).powi(2)).sum();
    Some(Indices { first: first / count / variance, total: total / (2.0 * count) / variance })
}

/// The value below which the part `p` of sorted values lies, interpolated between neighbours.
pub fn quantile(sorted: &[f64], p: f64) -> f64 {
    let Some(last) = sorted.len().checked_sub(1) else { return f64::NAN };
    let place = p * last as f64;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a position in the list"
    )]
    let low = (place.floor() as usize).min(last);
    let high = (low + 1).min(last);
    sorted[low] + (sorted[high] - sorted[low]) * (place - low as f64)
}

#[cfg(test)]
mod tests {
    use super::super::{Method, points};
    use super::*;

    /// Ishigami and Homma's function has known indices.
    #[test]
    fn indices_of_the_ishigami_function() {
        let of = |x: &[f64]| {
            let x: Vec<f64> = x.iter().map(|p| std::f64::consts::PI * (2.0 * p - 1.0)).collect();
            x[0].sin() + 7.0 * x[1].sin().powi(2) + 0.1 * x[2].powi(4) * x[0].sin()
        };
        let drawn = points(Method::Sobol, 8192, 6, 5);
        let at = |choose: &dyn Fn(&[f64], usize) -> f64| -> Vec<f64> {
            drawn.iter().map(|p| of(&[choose(p, 0), choose(p, 1), choose(p, 2)])).collect()
        };
        let (a, b) = (at(&|p, i| p[i]), at(&|p, i| p[i + 3]));
        for (own, first, total) in [(0, 0.3139, 0.5576), (1, 0.4424, 0.4424), (2, 0.0, 0.2437)] {
            let mixed = at(&|p, i| if i == own { p[i + 3] } else { p[i] });
            let found = indices(&a, &b, &mixed).unwrap();
            assert!((found.first - first).abs() < 0.02, "{own}: {found:?}");
            assert!((found.total - total).abs() < 0.02, "{own}: {found:?}");
        }
        assert_eq!(indices(&[2.0; 3], &[2.0; 3], &[2.0; 3]), None);
    }

    #[test]
    fn quantiles_lie_between_neighbours() {
        let sorted = [1.0, 2.0, 4.0];
        assert_eq!([0.0, 0.25, 0.5, 1.0].map(|p| quantile(&sorted, p)), [1.0, 1.5, 2.0, 4.0]);
        assert!(quantile(&[], 0.5).is_nan());
    }
}
