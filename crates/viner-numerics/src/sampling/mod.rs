//! Draws of several numbers at once: designs on the unit cube, distributions, correlation, and the
//! sensitivity of what follows from them.

mod design;
mod distribution;
mod indices;
mod normal;

pub use design::{Method, correlate, grid, lower_triangle, points};
pub use distribution::{Distribution, Truncated};
pub use indices::{Indices, indices, quantile};
pub use normal::{cumulative, inverse_cumulative};
