//! Files read and written as users would.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod agreement;
mod builtin;
mod bundle;
mod bundle_errors;
mod calibrate;
mod cells;
mod downloads;
mod gloria;
mod gtap;
mod har_file;
mod icio;
mod icio_errors;
mod official;
mod official_economy;
mod official_trade;
mod published;
mod results;
mod support;
mod wiod_long;
