//! Results: columns of numbers and labels, and the files they are written to.

mod csv_file;
pub mod frame;
mod frames;
mod instrument_frames;
mod manifest;
mod parquet_file;
pub mod write;
mod xlsx_file;

pub(crate) use csv_file::write_csv;
pub use frame::{Column, Frame};
pub use frames::{embodied_frame, run_frames, welfare_split_frame};
pub use manifest::{Program, certificate, manifest, solver};
pub(crate) use parquet_file::write_parquet;
pub use write::{ResultFormat, write_results};
