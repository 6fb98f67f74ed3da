//! The few operations on plain vectors that the solvers share.

pub use crate::kernel::dense::{add_scaled, dot};

/// Largest absolute value; NaN if any entry is NaN, so that a broken vector never looks small.
pub fn max_abs(x: &[f64]) -> f64 {
    x.iter().fold(0.0, |worst: f64, value| {
        if value.is_nan() || worst.is_nan() { f64::NAN } else { worst.max(value.abs()) }
    })
}

/// Euclidean length.
pub fn norm(x: &[f64]) -> f64 {
    dot(x, x).sqrt()
}
