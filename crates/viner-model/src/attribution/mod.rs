//! How much of the effect of many policies is due to each: the Shapley value.
//!
//! [`shapley()`] is arithmetic on the worth of coalitions; [`decompose()`] has the model find the worth
//! of sets of policies.

mod decompose;
mod grouping;
mod plan;
mod shapley;

pub use decompose::{Decomposition, OUTCOMES, SubsetFailure, decompose};
pub use grouping::Grouping;
pub use plan::{Coalition, EXACT_PLAYERS, Plan};
pub use shapley::{Shapley, shapley};
