//! Many problems of one shape side by side: column `l` of every array belongs to problem `l`.
//!
//! Arrays of [`Lanes`] hold one number of each of [`WIDTH`] problems next to each other. Every
//! operation works on each column by itself and in an order that does not depend on the others, so
//! what becomes of a problem does not depend on its neighbours, to the last bit.
//!
//! Functions that are generic over [`Simd`] are compiled for each kind of vector unit; [`dispatch`]
//! runs the one of the [`Kernel`] in use. They must be inlined into the task that is dispatched. Results of
//! kernels differ by roundings here: some multiply and add at once.

#![expect(
    clippy::inline_always,
    reason = "what is not inlined is not compiled for the vector unit"
)]

pub mod anderson;
mod functions;
mod lanes;
mod products;

pub use lanes::{Lanes, Part, Vector, WIDTH};
pub use products::{PANEL, Rows, add_multiples, panels, product, weighted_sums};
pub use pulp::{Simd, WithSimd};

use crate::kernel::Kernel;

/// Runs a task with the vectors of the kernel in use.
pub fn dispatch<Task: WithSimd>(task: Task) -> Task::Output {
    Kernel::current().vectors().dispatch(task)
}
