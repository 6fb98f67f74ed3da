//! Whole commands: stdout, stderr, exit status, and what they write.
//!
//! Snapshots leave out what differs between runs and machines; see `support`.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod built_in;
mod by_user;
mod calibrate;
mod cells;
mod check;
mod closures;
mod command_line;
mod compare;
mod data;
mod data_products;
mod data_split;
mod data_tables;
mod decompose;
mod game;
mod import;
mod instruments;
mod model_says_no;
mod optimize;
mod outcomes;
mod overrides;
mod path;
mod policies;
mod readme;
mod repeat;
mod replay;
mod results;
mod sensitivity;
mod support;
mod sweep;
mod wrong_tables;
