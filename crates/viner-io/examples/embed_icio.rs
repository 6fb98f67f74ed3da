//! Makes the built-in baseline `icio-2019-g20` from the OECD's table:
//! `cargo run --release --example embed_icio -- FILE FOLDER`.

use std::path::Path;

use viner_io::IoError;
use viner_io::diagnostic::Diagnostic;
use viner_io::tables::{IcioOptions, Negatives, TableFormat, read_icio, write_bundle};
use viner_model::tables::{Description, Transformation, Unit};

fn main() -> Result<(), IoError> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [file, folder] = arguments.as_slice() else {
        return Err(Diagnostic::new("two arguments are needed: FILE FOLDER").into());
    };
    let aggregated = Transformation::new(
        "aggregate",
        "77 economies to G20 members and the rest of the world, 45 industries to sections of ISIC \
         Rev. 4, by the package puremacro 5.7.1 (MIT); sectors without activity (AUS_T, CHN_T, \
         JPN_T) have an output of 1e-6 million USD",
    );
    let description = Description {
        name: "icio-2019-g20".to_owned(),
        title: "OECD ICIO 2019: 20 economies, 20 sections of ISIC Rev. 4".to_owned(),
        year: 2019,
        unit: Unit::MillionUsd,
        source: "OECD (2023), OECD Inter-Country Input-Output Tables, 2023 edition, \
                 http://oe.cd/icio"
            .to_owned(),
        licence: "OECD data, free to reuse with attribution (CC BY 4.0 for data published or \
                  updated since July 2024; earlier terms also allow reuse with credit)"
            .to_owned(),
        citation: "OECD (2023), OECD Inter-Country Input-Output (ICIO) Tables, 2023 edition, \
                   http://oe.cd/icio; aggregated to G20 economies and ISIC Rev. 4 sections"
            .to_owned(),
        transformations: vec![aggregated],
    };
    let options = IcioOptions { description, negatives: Negatives::Refuse };
    let tables = read_icio(Path::new(file), &options)?;
    write_bundle(&tables, Path::new(folder), TableFormat::CsvGz)
}
