//! The constant-elasticity price index, exact at Cobb-Douglas and precise near it.

use viner_numerics::Real;
use viner_numerics::kernel::dense::Contiguous;

/// `ln CES_e(a; p)` of pairs of goods with shares `shares` and `1 − shares`, for many elasticities at once.
///
/// `CES_e = (Σ a p^{1−e})^{1/(1−e)}`, `Π p^a` at `e = 1`. Written around the Cobb-Douglas index, so
/// that nothing cancels as `e` approaches 1. `index` holds the first good's price and receives the index.
/// `scratch` is twice as long.
pub fn two_goods_each<T: Real>(
    elasticities: &[f64],
    shares: &[f64],
    index: &mut [T],
    second: &[T],
    scratch: &mut [T],
) {
    if elasticities.iter().all(|&elasticity| elasticity == 1.0) {
        for ((index, second), &share) in index.iter_mut().zip(second).zip(shares) {
            *index = *index * share + *second * (1.0 - share);
        }
        return;
    }
    let count = index.len();
    for k in 0..count {
        let (first, second, share) = (index[k], second[k], shares[k]);
        let power = 1.0 - elasticities[k];
        let mean = first * share + second * (1.0 - share);
        scratch[k] = (first - mean) * power;
        scratch[count + k] = (second - mean) * power;
        index[k] = mean;
    }
    T::exp_m1_each(&mut scratch[..2 * count]);
    let (deviation, of_second) = scratch.split_at_mut(count);
    for k in 0..count {
        deviation[k] = deviation[k] * shares[k] + of_second[k] * (1.0 - shares[k]);
    }
    T::ln_1p_each(deviation);
    for k in 0..count {
        if elasticities[k] != 1.0 {
            index[k] += deviation[k] * (1.0 - elasticities[k]).recip();
        }
    }
}

/// A CES index over many goods, prepared once for all the users that share its elasticity.
///
/// For each good `s` it holds `(p_s / p_0)^{1−e} − 1`, where `p_0` is a reference near the prices.
pub struct Prepared<'a, T> {
    elasticity: f64,
    reference: T,
    log_prices: &'a [T],
    /// `(p / p_0)^{1−e} − 1`; empty at Cobb-Douglas.
    terms: Vec<T>,
}

/// Below this the sum `Σ a (p/p_0)^{1−e}` has lost more than three digits to its reference.
const CANCELLATION: f64 = -0.999;

impl<'a, T: Real> Prepared<'a, T> {
    /// Takes the logarithms of all prices and a reference among them.
    pub fn new(elasticity: f64, log_prices: &'a [T], reference: T) -> Self {
        let mut terms = Vec::new();
        if elasticity != 1.0 {
            let power = 1.0 - elasticity;
            terms.extend(log_prices.iter().map(|&price| (price - reference) * power));
            T::exp_m1_each(&mut terms);
        }
        Self { elasticity, reference, log_prices, terms }
    }

    /// `ln CES_e(shares; p)` and the factor by which `a (p/p_0)^{1−e}` must be multiplied to give
    /// the new share of each good, `a' = a · (1 + term) · factor`, by row of `shares`.
    ///
    /// Each row of `shares` sums to 1, or is 0: there is no index then.
    pub fn indices(&self, shares: &[f64], indices: &mut [T], factors: &mut [T]) {
        if self.elasticity == 1.0 {
            T::product(shares, self.log_prices, indices);
            factors.fill(T::constant(1.0));
            return;
        }
        T::product(shares, &self.terms, indices);
        let power = 1.0 - self.elasticity;
        factors.copy_from_slice(indices);
        T::ln_1p_each(indices);
        for (row, (index, factor)) in indices.iter_mut().zip(factors).enumerate() {
            let sum = *factor;
            if sum.value() > CANCELLATION {
                *index = self.reference + *index * power.recip();
                *factor = T::constant(1.0) / (sum + 1.0);
                continue;
            }
            // All of this user's goods lie far from the reference: take its own mean instead.
            let goods = self.log_prices.len();
            let shares = &shares[row * goods..(row + 1) * goods];
            let mean = T::dot(shares, self.log_prices);
            let mut deviation = T::constant(0.0);
            for (&share, &price) in shares.iter().zip(self.log_prices) {
                if share > 0.0 {
                    deviation += ((price - mean) * power).exp_m1() * share;
                }
            }
            *index = mean + deviation.ln_1p() * power.recip();
            *factor = ((self.reference - *index) * power).exp();
        }
    }

    /// At Cobb-Douglas, where spending does not depend on prices: `ln CES(shares; p)` by row, and what the
    /// rows' spending adds to the purchases of each good, each row read once for both.
    pub fn indices_and_purchases(
        &self,
        shares: &[f64],
        spending: &[T],
        indices: &mut [T],
        purchases: &mut [T],
    ) {
        let shares = Contiguous::new(shares, self.log_prices.len());
        T::both_ways(&shares, self.log_prices, purchases, |row, index| {
            indices[row] = index;
            spending[row]
        });
    }

    /// Whether the elasticity is 1.
    pub fn is_cobb_douglas(&self) -> bool {
        self.elasticity == 1.0
    }

    /// [`indices`](Self::indices) of one row.
    pub fn index(&self, shares: &[f64]) -> (T, T) {
        let (mut index, mut factor) = ([T::constant(0.0)], [T::constant(0.0)]);
        self.indices(shares, &mut index, &mut factor);
        (index[0], factor[0])
    }

    /// `(p_s/p_0)^{1−e}`: 1 at Cobb-Douglas.
    pub fn share_factor(&self, good: usize) -> T {
        if self.elasticity == 1.0 { T::constant(1.0) } else { self.terms[good] + 1.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(elasticity: f64, shares: &[f64], log_prices: &[f64]) -> f64 {
        if elasticity == 1.0 {
            return shares.iter().zip(log_prices).map(|(a, p)| a * p).sum();
        }
        let power = 1.0 - elasticity;
        let sum: f64 = shares.iter().zip(log_prices).map(|(a, p)| a * (p * power).exp()).sum();
        sum.ln() / power
    }

    #[test]
    fn equals_the_formula_for_any_elasticity() {
        let shares = [0.2, 0.5, 0.3];
        let prices = [0.4, -0.7, 2.0];
        for elasticity in [0.05, 0.5, 0.999, 1.0, 1.001, 3.0, 8.0] {
            let expected = plain(elasticity, &shares, &prices);
            let (index, factor) = Prepared::new(elasticity, &prices, 0.1).index(&shares);
            assert!((index - expected).abs() < 1e-12, "{elasticity}: {index} {expected}");
            let prepared = Prepared::new(elasticity, &prices, 0.1);
            let sum: f64 = (0..3).map(|s| shares[s] * prepared.share_factor(s) * factor).sum();
            assert!((sum - 1.0).abs() < 1e-14, "{elasticity}: new shares sum to {sum}");
            let (mut pair, mut scratch) = ([0.4], [0.0; 2]);
            two_goods_each(&[elasticity], &[0.3], &mut pair, &[-1.2], &mut scratch);
            assert!((pair[0] - plain(elasticity, &[0.3, 0.7], &[0.4, -1.2])).abs() < 1e-13);
        }
    }

    #[test]
    fn approaches_cobb_douglas_smoothly() {
        let shares = [0.2, 0.5, 0.3];
        let prices = [0.4, -0.7, 2.0];
        let at = |e: f64| Prepared::new(e, &prices, 0.0).index(&shares).0;
        for distance in [1e-6, 1e-9, 1e-12] {
            assert!((at(1.0 + distance) - at(1.0)).abs() < 2.0 * distance);
        }
    }

    #[test]
    fn far_from_its_reference_it_keeps_its_digits() {
        let shares = [0.25, 0.75];
        let prices = [40.0, 41.0];
        let (index, factor) = Prepared::new(3.0, &prices, 0.0).index(&shares);
        let near = plain(3.0, &shares, &[0.0, 1.0]) + 40.0;
        assert!((index - near).abs() < 1e-13 * near, "{index} {near}");
        assert!((factor.ln() - 2.0 * near).abs() < 1e-12 * near);
    }
}
