//! Numbers a model can be evaluated on: plain `f64`, and [`Dual`] numbers that carry a derivative.

use std::ops::{Add, AddAssign, Div, Mul, Neg, Sub};

use crate::kernel::dense::{Contiguous, Rows};
use crate::kernel::{dense, elementary};

/// A number that the equations of a model can be written in once and evaluated on twice: as a
/// value (`f64`), or as a value with its directional derivative ([`Dual`]).
pub trait Real:
    Copy
    + Send
    + Sync
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + Mul<f64, Output = Self>
    + Add<f64, Output = Self>
    + Neg<Output = Self>
    + AddAssign
{
    /// A constant: its derivative is zero.
    fn constant(value: f64) -> Self;
    /// The value without the derivative.
    fn value(self) -> f64;
    /// e^x.
    #[must_use]
    fn exp(self) -> Self;
    /// e^x − 1, exact near 0.
    #[must_use]
    fn exp_m1(self) -> Self;
    /// Natural logarithm.
    #[must_use]
    fn ln(self) -> Self;
    /// ln(1 + x), exact near 0.
    #[must_use]
    fn ln_1p(self) -> Self;
    /// `sum_i weights[i] * values[i]`, in a fixed order.
    fn dot(weights: &[f64], values: &[Self]) -> Self;
    /// `target[i] += weights[i] * factor`.
    fn add_scaled(target: &mut [Self], weights: &[f64], factor: Self);

    /// `values[i] = e^values[i]`.
    fn exp_each(values: &mut [Self]) {
        for value in values {
            *value = value.exp();
        }
    }
    /// `values[i] = e^values[i] − 1`, exact near 0.
    fn exp_m1_each(values: &mut [Self]) {
        for value in values {
            *value = value.exp_m1();
        }
    }
    /// `values[i] = ln values[i]`.
    fn ln_each(values: &mut [Self]) {
        for value in values {
            *value = value.ln();
        }
    }
    /// `values[i] = ln(1 + values[i])`, exact near 0.
    fn ln_1p_each(values: &mut [Self]) {
        for value in values {
            *value = value.ln_1p();
        }
    }
    /// For each row `n` of a matrix, in order: `sum = Σ_i matrix[n, i] values[i]`, then
    /// `target[i] += factor(n, sum) · matrix[n, i]`. An empty `target` takes nothing.
    fn both_ways(
        matrix: &impl Rows,
        values: &[Self],
        target: &mut [Self],
        mut factor: impl FnMut(usize, Self) -> Self,
    ) {
        for n in 0..matrix.count() {
            let row = matrix.row(n);
            let factor = factor(n, Self::dot(row, values));
            if !target.is_empty() {
                Self::add_scaled(target, row, factor);
            }
        }
    }
    /// `out[n] = Σ_i matrix[n, i] values[i]`.
    fn product(matrix: &[f64], values: &[Self], out: &mut [Self]) {
        Self::both_ways(&Contiguous::new(matrix, values.len()), values, &mut [], |n, sum| {
            out[n] = sum;
            sum
        });
    }
    /// `target[i] += Σ_n factors[n] matrix[n, i]`.
    fn add_transposed_product(matrix: &[f64], factors: &[Self], target: &mut [Self]) {
        for (row, &factor) in matrix.chunks_exact(target.len().max(1)).zip(factors) {
            Self::add_scaled(target, row, factor);
        }
    }
}

impl Real for f64 {
    fn constant(value: f64) -> Self {
        value
    }
    fn value(self) -> f64 {
        self
    }
    fn exp(self) -> Self {
        f64::exp(self)
    }
    fn exp_m1(self) -> Self {
        f64::exp_m1(self)
    }
    fn ln(self) -> Self {
        f64::ln(self)
    }
    fn ln_1p(self) -> Self {
        f64::ln_1p(self)
    }
    fn dot(weights: &[f64], values: &[Self]) -> Self {
        dense::dot(weights, values)
    }
    fn add_scaled(target: &mut [Self], weights: &[f64], factor: Self) {
        dense::add_scaled(target, weights, factor);
    }
    fn exp_each(values: &mut [Self]) {
        elementary::exp(values);
    }
    fn exp_m1_each(values: &mut [Self]) {
        elementary::exp_m1(values);
    }
    fn ln_each(values: &mut [Self]) {
        elementary::ln(values);
    }
    fn ln_1p_each(values: &mut [Self]) {
        elementary::ln_1p(values);
    }
    fn both_ways(
        matrix: &impl Rows,
        values: &[Self],
        target: &mut [Self],
        factor: impl FnMut(usize, Self) -> Self,
    ) {
        dense::both_ways(matrix, values, target, factor);
    }
    fn product(matrix: &[f64], values: &[Self], out: &mut [Self]) {
        dense::product(matrix, values, out);
    }
    fn add_transposed_product(matrix: &[f64], factors: &[Self], target: &mut [Self]) {
        dense::add_transposed_product(matrix, factors, target);
    }
}

/// A value and its derivative in one direction (forward differentiation).
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Dual {
    /// The value.
    pub value: f64,
    /// The derivative of the value in the chosen direction.
    pub derivative: f64,
}

impl Dual {
    fn chain(value: f64, slope: f64, inner: f64) -> Self {
        Self { value, derivative: slope * inner }
    }
}

impl Add for Dual {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self { value: self.value + other.value, derivative: self.derivative + other.derivative }
    }
}

impl Sub for Dual {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self { value: self.value - other.value, derivative: self.derivative - other.derivative }
    }
}

impl Mul for Dual {
    type Output = Self;
    fn mul(self, other: Self) -> Self {
        Self {
            value: self.value * other.value,
            derivative: self.derivative * other.value + self.value * other.derivative,
        }
    }
}

impl Div for Dual {
    type Output = Self;
    fn div(self, other: Self) -> Self {
        let value = self.value / other.value;
        Self { value, derivative: (self.derivative - value * other.derivative) / other.value }
    }
}

impl Mul<f64> for Dual {
    type Output = Self;
    fn mul(self, factor: f64) -> Self {
        Self { value: self.value * factor, derivative: self.derivative * factor }
    }
}

impl Add<f64> for Dual {
    type Output = Self;
    fn add(self, constant: f64) -> Self {
        Self { value: self.value + constant, derivative: self.derivative }
    }
}

impl Neg for Dual {
    type Output = Self;
    fn neg(self) -> Self {
        Self { value: -self.value, derivative: -self.derivative }
    }
}

impl AddAssign for Dual {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Real for Dual {
    fn constant(value: f64) -> Self {
        Self { value, derivative: 0.0 }
    }
    fn value(self) -> f64 {
        self.value
    }
    fn exp(self) -> Self {
        let value = self.value.exp();
        Self::chain(value, value, self.derivative)
    }
    fn exp_m1(self) -> Self {
        Self::chain(self.value.exp_m1(), self.value.exp(), self.derivative)
    }
    fn ln(self) -> Self {
        Self::chain(self.value.ln(), self.value.recip(), self.derivative)
    }
    fn ln_1p(self) -> Self {
        Self::chain(self.value.ln_1p(), (1.0 + self.value).recip(), self.derivative)
    }
    fn dot(weights: &[f64], values: &[Self]) -> Self {
        let mut sum = Self::default();
        for (weight, value) in weights.iter().zip(values) {
            sum.value += weight * value.value;
            sum.derivative += weight * value.derivative;
        }
        sum
    }
    fn add_scaled(target: &mut [Self], weights: &[f64], factor: Self) {
        for (slot, weight) in target.iter_mut().zip(weights) {
            slot.value += weight * factor.value;
            slot.derivative += weight * factor.derivative;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One expression that uses every operation.
    fn expression<T: Real>(x: T) -> T {
        let powers = (x * 0.7).exp() * (x + 2.0).ln() - (x * x).exp_m1() / (x + 3.0);
        let mut sums = [powers, -(x * 0.1).ln_1p()];
        T::add_scaled(&mut sums, &[0.5, 2.0], x);
        T::dot(&[1.5, -0.25], &sums)
    }

    #[test]
    fn dual_derivative_equals_central_difference() {
        let (x, step) = (0.83, 1e-6);
        let exact = expression(Dual { value: x, derivative: 1.0 });
        let difference = (expression(x + step) - expression(x - step)) / (2.0 * step);
        assert_eq!(exact.value.to_bits() >> 3, expression(x).to_bits() >> 3);
        assert!((exact.derivative - difference).abs() < 1e-9, "{exact:?} against {difference}");
    }

    #[test]
    fn dot_of_any_length_equals_the_plain_sum() {
        for length in 0..40 {
            let weights: Vec<f64> = (0..length).map(|i| f64::from(i) - 7.5).collect();
            let values: Vec<f64> = (0..length).map(|i| f64::from(i * i) * 0.25).collect();
            let plain: f64 = weights.iter().zip(&values).map(|(w, v)| w * v).sum();
            assert_eq!(f64::dot(&weights, &values), plain, "length {length}");
        }
    }
}
