//! The few operations on plain vectors that the solvers share.

pub use crate::kernel::dense::{add_scaled, dot, max_abs};

/// Euclidean length.
pub fn norm(x: &[f64]) -> f64 {
    dot(x, x).sqrt()
}
