//! The equilibrium conditions in hats, each where its name says, written once for values and for
//! derivatives (see [`viner_numerics::Real`]).
//!
//! Prices and costs are logarithms of hats throughout. `docs/equations.md` has the derivations.

pub mod backward;
pub mod ces;
pub mod limits;
pub mod production;
pub mod rents;
pub mod sourcing;
pub mod weights;
