//! The few operations on plain vectors that the solvers share.

pub use crate::kernel::dense::{add_scaled, dot, max_abs};

use rayon::prelude::*;

/// Entries that one thread works on before another takes the next.
pub const PART: usize = 4_096;

/// Entries from which on a pass over a vector is worth several threads.
pub const PARALLEL_FROM: usize = 8_000;

/// `target = x − y`; its largest absolute value, NaN if any is.
pub fn subtract(x: &[f64], y: &[f64], target: &mut [f64]) -> f64 {
    let part = |(target, (x, y)): (&mut [f64], (&[f64], &[f64]))| {
        for (slot, (x, y)) in target.iter_mut().zip(x.iter().zip(y)) {
            *slot = x - y;
        }
        max_abs(target)
    };
    if target.len() < PARALLEL_FROM {
        return part((target, (x, y)));
    }
    let parts = target.par_chunks_mut(PART).zip(x.par_chunks(PART).zip(y.par_chunks(PART)));
    parts.map(part).reduce(|| 0.0, larger)
}

/// `target = factor · target + x`.
pub fn scale_and_add(target: &mut [f64], factor: f64, x: &[f64]) {
    let part = |(target, x): (&mut [f64], &[f64])| {
        for (slot, x) in target.iter_mut().zip(x) {
            *slot = x + factor * *slot;
        }
    };
    if target.len() < PARALLEL_FROM {
        return part((target, x));
    }
    target.par_chunks_mut(PART).zip(x.par_chunks(PART)).for_each(part);
}

/// The larger of two absolute values; NaN if one is.
pub fn larger(a: f64, b: f64) -> f64 {
    if a.is_nan() || a > b { a } else { b }
}

/// Euclidean length.
pub fn norm(x: &[f64]) -> f64 {
    dot(x, x).sqrt()
}
