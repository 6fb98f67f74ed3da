//! The trade model of Viner: what sanctions and trade policies do to a world of regions and
//! sectors that buy from each other, in exact hat algebra.
//!
//! Data flow, and the modules it runs through:
//! [`tables`] → [`baseline`] → [`scenario`] → [`problem`] → [`equilibrium`] → [`report`].
//! [`variants`] solves many scenarios on one baseline: for [`game`]s, and for the [`attribution`] of an
//! effect to the policies that make it. [`outcome`] is the language in which single numbers are asked for.
//! The equations themselves are in [`equations`]; `docs/equations.md` derives them.
//!
//! The crate reads no files, prints nothing and looks at no clock.

pub mod attribution;
pub mod baseline;
pub mod economies;
pub mod equations;
pub mod equilibrium;
pub mod game;
pub mod labels;
pub mod optimum;
pub mod outcome;
pub mod path;
pub mod problem;
pub mod report;
pub mod scenario;
pub mod tables;
pub mod variants;

pub use ndarray;
