//! Writes a generated economy as a bundle of CSV tables, for programs to be timed beside Viner
//! (`cargo xtask bench peers`).
//!
//!     cargo run --release -p viner-io --example generated_bundle -- REGIONS SECTORS FOLDER

use std::error::Error;
use std::path::Path;

use viner_io::tables::{TableFormat, write_bundle};
use viner_model::economies::Recipe;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [regions, sectors, folder] = arguments.as_slice() else {
        return Err("usage: generated_bundle REGIONS SECTORS FOLDER".into());
    };
    let tables = Recipe::new(regions.parse()?, sectors.parse()?, 1).tables();
    Ok(write_bundle(&tables, Path::new(folder), TableFormat::Csv)?)
}
