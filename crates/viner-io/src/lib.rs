//! Files in, files out: official tables, baseline bundles, scenario files, results.
//!
//! Every reader reports all that is wrong with a file at once, with the place of each error and
//! what was expected there ([`diagnostic`]); every writer leaves the whole of what it was asked
//! for, or nothing.

pub mod backtest;
pub mod builtin;
pub mod calibrate;
pub mod diagnostic;
mod folder;
pub mod game;
pub mod operations;
pub mod optimize;
pub mod outcomes;
pub mod path;
pub mod plan;
pub mod products;
pub mod question;
pub mod results;
pub mod scenario_file;
pub mod sensitivity;
pub mod sweep;
pub mod tables;

pub use diagnostic::{Diagnostic, Diagnostics, IoError};
pub use folder::write_text;
