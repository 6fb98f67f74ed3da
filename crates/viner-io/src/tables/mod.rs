//! World tables: official files and baseline bundles read, bundles written.
//!
//! Whatever the order of rows, columns and labels in a file, the tables read from it are the
//! same bit for bit: labels are put in the order of [`order`] before anything is added up. The only
//! exception are official tables too large to be held, whose rows are added up as they come.

mod baseline_toml;
pub mod bundle;
mod bundle_write;
mod cells;
mod codes;
pub mod digest;
mod findings;
mod long_csv;
mod long_parquet;
mod long_table;
pub mod names;
pub mod official;
pub mod order;
mod problems;
mod source;

pub use bundle::{ReadBundle, read_bundle, read_published_bundle};
pub(crate) use bundle::{Signs, read_folder};
pub use bundle_write::{TableFormat, check_folder, write_bundle};
pub(crate) use codes::{european_union, region_of_number};
pub use digest::{digest, fingerprint};
pub use findings::{Finding, findings};
pub use official::{IcioOptions, Negatives, read_icio};
pub(crate) use problems::Problems;
pub(crate) use source::{Folder, file_text, open as open_file};
