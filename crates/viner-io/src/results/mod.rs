//! Results: columns of numbers and labels, and the files they are written to.

mod comparison;
mod csv_file;
mod decomposition;
pub mod frame;
mod frames;
mod game_frames;
mod gradient_frames;
mod instrument_frames;
mod manifest;
mod optimize_frames;
mod parquet_file;
mod sweep_frames;
mod words;
pub mod write;
mod xlsx_file;

pub use comparison::comparison_frames;
pub(crate) use csv_file::write_csv;
pub use decomposition::decomposition_frame;
pub use frame::{Column, Frame};
pub use frames::{embodied_frame, run_frames, welfare_split_frame};
pub use game_frames::game_frames;
pub use gradient_frames::gradient_frame;
pub use manifest::{Program, certificate, manifest, solver};
pub use optimize_frames::{Chosen, chosen, optimize_frames};
pub(crate) use parquet_file::write_parquet;
pub use sweep_frames::{summaries, sweep_frames};
pub use words::Words;
pub use write::{ResultFormat, check_folder, write_results};
