//! Operations on world tables, from [`Tables`](viner_model::tables::Tables) to tables:
//! regions and sectors merged ([`aggregate`]), identities restored ([`balance`]), known totals met
//! ([`update`]), a sector divided ([`split`]).
//!
//! Each records what it did under `transformation` of the table's description. The crate reads no
//! files, prints nothing and looks at no clock. `docs/tables.md` derives the methods.

pub mod accounts;
pub mod aggregate;
pub mod balance;
pub mod counterfactual;
pub mod mapping;
mod projection;
pub mod report;
mod shares;
pub mod signs;
pub mod sourcing;
pub mod split;
pub mod tariffs;
pub mod update;
