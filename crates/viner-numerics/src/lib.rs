//! Numerical methods that know no economics: fixed points, Krylov solvers, derivatives forward and backward.
//!
//! A model states its equilibrium as a [`FixedPoint`] map `x = g(x)`. [`anderson::accelerate`]
//! solves it from evaluations of `g` alone; [`newton::solve`] solves it with exact
//! Jacobian-vector products, which a model gets by evaluating `g` on [`Dual`] numbers.

pub mod anderson;
pub mod association;
pub mod box_minimum;
pub mod columns;
pub mod fixed_point;
pub mod gmres;
pub mod kernel;
pub mod least_squares;
pub mod lu;
pub mod newton;
pub mod real;
pub mod sampling;
pub mod surface;
pub mod tape;
pub mod threads;
pub mod vector;

pub use fixed_point::{FixedPoint, Limits, Outcome, Progress};
pub use real::{Dual, Real};
pub use tape::{Adjoints, Tape, Var};
