//! The few operations on plain vectors that the solvers share.

/// Largest absolute value; NaN if any entry is NaN, so that a broken vector never looks small.
pub fn max_abs(x: &[f64]) -> f64 {
    x.iter().fold(0.0, |worst: f64, value| {
        if value.is_nan() || worst.is_nan() { f64::NAN } else { worst.max(value.abs()) }
    })
}

/// Inner product.
pub fn dot(x: &[f64], y: &[f64]) -> f64 {
    <f64 as crate::Real>::dot(x, y)
}

/// Euclidean length.
pub fn norm(x: &[f64]) -> f64 {
    dot(x, x).sqrt()
}

/// `target += factor * x`.
pub fn add_scaled(target: &mut [f64], x: &[f64], factor: f64) {
    <f64 as crate::Real>::add_scaled(target, x, factor);
}
