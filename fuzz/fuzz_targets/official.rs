//! Any bytes as an official table: recognised or not, as every layout.
//!
//! What comes before the first line `#file NAME` is a table in one file; if there are such lines, each
//! begins a file of a folder, as EXIOBASE and Eora have them.

#![no_main]

use std::path::Path;

use libfuzzer_sys::fuzz_target;
use viner_io::IoError;
use viner_io::tables::official::{Format, ImportOptions, Imported, Negatives, import};
use viner_model::baseline::Baseline;

/// Names that a folder may have; others are left out, so that no input names a path.
const NAMES: [&str; 16] = [
    "Z.txt",
    "Y.txt",
    "x.txt",
    "unit.txt",
    "Eora26_2015_bp_T.txt",
    "Eora26_2015_bp_FD.txt",
    "Eora26_2015_bp_VA.txt",
    "labels_T.txt",
    "labels_FD.txt",
    "BACI_HS22_Y2022_V202501.csv",
    "countries.csv",
    "sectors.csv",
    "trade.csv",
    "intermediate.csv",
    "country_sector.csv",
    "tariffs.csv",
];

fuzz_target!(|bytes: &[u8]| {
    let Ok(folder) = tempfile::tempdir() else { return };
    let folder = folder.path();
    let Ok(several) = write(bytes, folder) else { return };
    let path = if several { folder.to_owned() } else { folder.join("table_2019.csv") };
    let formats: &[Option<Format>] = if several {
        &[None]
    } else {
        &[
            None,
            Some(Format::Icio),
            Some(Format::Figaro),
            Some(Format::Wiod),
            Some(Format::Itpd),
            Some(Format::Comtrade),
            Some(Format::GtapHar),
        ]
    };
    // Inputs of all lengths come by: one way to treat negative cells for each is enough.
    let (_, negatives) = Negatives::ALL[bytes.len() % Negatives::ALL.len()];
    for format in formats {
        let options = ImportOptions { format: *format, negatives, ..ImportOptions::default() };
        check(&path, &options);
    }
});

fn check(path: &Path, options: &ImportOptions) {
    match import(path, options) {
        Ok(Imported::World(world)) => {
            let _ = world.report.lines(&world.tables);
            let _ = world.report.json(&world.tables).to_string();
            // Sums of numbers near the largest there is are not finite; the bundle's writer says so.
            let flows = &world.tables.flows;
            if flows.iter().all(|value| value.is_finite()) {
                assert!(flows.iter().all(|value| *value >= 0.0), "a flow is negative");
            }
            let _ = Baseline::new(&world.tables, 1e-6).err();
        }
        Ok(_) => {}
        Err(error) => {
            if let IoError::Input(diagnostics) = &error {
                assert!(!diagnostics.is_empty(), "refused without a reason");
            }
            let _ = error.diagnostics().to_string();
        }
    }
}

/// Writes the files; whether there are several.
fn write(bytes: &[u8], folder: &Path) -> std::io::Result<bool> {
    const MARK: &[u8] = b"\n#file ";
    let next = |bytes: &[u8]| bytes.windows(MARK.len()).position(|window| window == MARK);
    let Some(mut at) = next(bytes) else {
        std::fs::write(folder.join("table_2019.csv"), bytes)?;
        return Ok(false);
    };
    let mut rest = bytes;
    loop {
        rest = &rest[at + MARK.len()..];
        let end = rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len());
        let (name, content) = rest.split_at(end);
        let after = next(content);
        let content_end = after.unwrap_or(content.len());
        if let Some(name) = NAMES.into_iter().find(|known| known.as_bytes() == name) {
            std::fs::write(folder.join(name), content.get(1..content_end).unwrap_or_default())?;
        }
        let Some(after) = after else { return Ok(true) };
        at = end + after;
    }
}
