//! Files that operations on tables follow: mappings, known totals, shares of a division.

mod mapping_file;
mod shares_file;
pub(crate) mod sheet;
mod targets_file;

pub use mapping_file::{OpenedMapping, open_mapping};
pub use shares_file::read_division;
pub(crate) use sheet::Sheet;
pub use targets_file::read_targets;
