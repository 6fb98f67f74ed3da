//! What must hold of operations on any table.

mod aggregate;
mod balance;
mod split;
mod support;
mod update;
