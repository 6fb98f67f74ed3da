//! Makes the built-in baseline `g20-2021` from `icio-2019-g20` and Russia's trade of 2021:
//! `cargo run --example embed_g20_2021 -- data/targets/russia-goods-2021.csv FOLDER`.

use std::path::Path;

use viner_io::IoError;
use viner_io::builtin::open_baseline;
use viner_io::diagnostic::Diagnostic;
use viner_io::operations::read_targets;
use viner_io::tables::{TableFormat, write_bundle};
use viner_tables::accounts::Keep;
use viner_tables::update::{UpdateOptions, update};

fn main() -> Result<(), IoError> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [file, folder] = arguments.as_slice() else {
        return Err(Diagnostic::new("two arguments are needed: TARGETS FOLDER").into());
    };
    let old = open_baseline("icio-2019-g20", None)?.tables;
    let targets = read_targets(Path::new(file), &old)?;
    let options = UpdateOptions {
        keep: Keep::default(),
        source: "data/targets/russia-goods-2021.csv: Russia's goods trade of 2021 by partner; goods are \
                 the sections A to D"
            .to_owned(),
        max_sweeps: 100_000,
    };
    let (mut tables, _) = update(&old, &targets, &options)
        .map_err(|error| Diagnostic::new(error.to_string()).hint(error.hint()))?;
    let about = &mut tables.description;
    about.name = "g20-2021".into();
    about.title =
        "OECD ICIO 2019 with Russia's goods trade of 2021: 20 economies, 20 sections".into();
    about.year = 2021;
    about.source += "; IMF, International Trade in Goods by partner country (IMTS), reporter Russian \
                     Federation, 2021";
    about.licence +=
        "; IMF data: copying, derivative works and publication allowed with attribution";
    about.citation += "; IMF, International Trade in Goods by partner country (IMTS)";
    write_bundle(&tables, Path::new(folder), TableFormat::CsvGz)
}
