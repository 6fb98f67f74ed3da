//! What must hold of operations on any table.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod aggregate;
mod balance;
mod counterfactual;
mod sourcing;
mod split;
mod support;
mod tariffs;
mod update;
