//! Any bytes as the files of a baseline bundle: read, and what is read checked as a baseline.
//!
//! What comes before the first line `#file NAME` is `baseline.toml`; each such line begins the table
//! of that name.

#![no_main]

use std::path::Path;

use libfuzzer_sys::fuzz_target;
use viner_io::IoError;
use viner_io::tables::{digest, read_bundle};
use viner_model::baseline::Baseline;

/// Names that a bundle may have; others are left out, so that no input names a path.
const NAMES: [&str; 10] = [
    "flows.csv",
    "inputs.csv",
    "final.csv",
    "value_added.csv",
    "tariffs.csv",
    "parameters.csv",
    "sourcing.csv",
    "flows.csv.gz",
    "flows.parquet",
    "other.csv",
];

fuzz_target!(|bytes: &[u8]| {
    let Ok(folder) = tempfile::tempdir() else { return };
    if write(bytes, folder.path()).is_err() {
        return;
    }
    match read_bundle(folder.path()) {
        Ok(bundle) => {
            let _ = digest(&bundle.tables);
            for built in [Baseline::new(&bundle.tables, 1e-6), Baseline::unbalanced(&bundle.tables)]
            {
                for error in built.err().into_iter().flatten() {
                    let _ = (error.to_string(), error.hint());
                }
            }
        }
        Err(error) => {
            if let IoError::Input(diagnostics) = &error {
                assert!(!diagnostics.is_empty(), "refused without a reason");
            }
            let _ = error.diagnostics().to_string();
        }
    }
});

fn write(bytes: &[u8], folder: &Path) -> std::io::Result<()> {
    const MARK: &[u8] = b"\n#file ";
    let mut name = "baseline.toml";
    let mut rest = bytes;
    loop {
        let end = rest.windows(MARK.len()).position(|window| window == MARK);
        let (content, after) = rest.split_at(end.unwrap_or(rest.len()));
        if !name.is_empty() {
            std::fs::write(folder.join(name), content)?;
        }
        let Some(after) = after.get(MARK.len()..) else { return Ok(()) };
        let line_end = after.iter().position(|byte| *byte == b'\n').unwrap_or(after.len());
        let (line, content) = after.split_at(line_end);
        name = NAMES.into_iter().find(|known| known.as_bytes() == line).unwrap_or("");
        rest = content.get(1..).unwrap_or_default();
    }
}
