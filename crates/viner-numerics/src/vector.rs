//! The few operations on plain vectors that the solvers share.

pub use crate::kernel::dense::{add_scaled, dot, max_abs};

/// Entries that one thread works on before another takes the next.
pub const PART: usize = 4_096;

/// Entries from which on a pass over a vector is worth several threads.
pub const PARALLEL_FROM: usize = 8_000;

/// The larger of two absolute values; NaN if one is.
pub fn larger(a: f64, b: f64) -> f64 {
    if a.is_nan() || a > b { a } else { b }
}

/// Euclidean length.
pub fn norm(x: &[f64]) -> f64 {
    dot(x, x).sqrt()
}
