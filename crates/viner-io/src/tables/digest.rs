//! A fingerprint of a baseline's content.

use std::fs::{DirEntry, File};
use std::io::Read;
use std::path::Path;

use sha2::{Digest, Sha256};
use viner_model::labels::Labels;
use viner_model::tables::Tables;

use crate::diagnostic::IoError;

/// SHA-256 of labels and values in hexadecimal digits.
///
/// It is the same for every file format and every order of rows, regions or sectors, and it does
/// not depend on names, titles or citations: equal digests mean equal economies.
pub fn digest(tables: &Tables) -> String {
    let regions = sorted(&tables.regions);
    let sectors = sorted(&tables.sectors);
    let mut stream = Stream(Sha256::new());
    stream.text("viner baseline 1");
    stream.text(tables.description.unit.millions());
    stream.number(tables.description.unit.in_millions());
    stream.codes("regions", &regions);
    stream.codes("sectors", &sectors);

    stream.text("flows");
    trade(&mut stream, &regions, &sectors, &|s, n, i| tables.flows[[s, n, i]]);
    stream.text("inputs");
    for &(n, _) in &regions {
        for &(k, _) in &sectors {
            for &(s, _) in &sectors {
                stream.number(tables.inputs[[n, k, s]]);
            }
        }
    }
    for (name, values) in [("final", &tables.final_spending), ("value_added", &tables.value_added)]
    {
        stream.text(name);
        for &(n, _) in &regions {
            for &(s, _) in &sectors {
                stream.number(values[[n, s]]);
            }
        }
    }
    if let Some(tariffs) = tables.tariffs.as_ref().filter(|rates| rates.iter().any(|t| *t != 0.0)) {
        stream.text("tariffs");
        trade(&mut stream, &regions, &sectors, &|s, n, i| tariffs[[s, n, i]]);
    }
    if let Some(sourcing) = &tables.sourcing {
        stream.text("sourcing");
        let final_use = (tables.sectors.len(), "");
        for &(s, _) in &sectors {
            for &(n, _) in &regions {
                for &(user, _) in sectors.iter().chain([&final_use]) {
                    for &(i, _) in &regions {
                        stream.number(sourcing[[s, n, user, i]]);
                    }
                }
            }
        }
    }
    let parameters = &tables.parameters;
    for (name, list) in [
        ("trade_elasticity", &parameters.trade_elasticity),
        ("production_elasticity", &parameters.production_elasticity),
        ("input_elasticity", &parameters.input_elasticity),
        ("specific_factor_share", &parameters.specific_factor_share),
    ] {
        for &(s, code) in &sectors {
            if let Some(value) = list.get(s).copied().flatten() {
                stream.text(name);
                stream.text(code);
                stream.number(value);
            }
        }
    }
    hexadecimal(stream.0)
}

/// SHA-256 of a file's bytes; of a folder, over names and fingerprints of all files below it.
///
/// # Errors
/// What the file system answered.
pub fn fingerprint(path: &Path) -> Result<String, IoError> {
    let failed = || IoError::file("read", path);
    let mut hash = Sha256::new();
    if path.is_dir() {
        let entries: Result<Vec<_>, _> = path.read_dir().map_err(failed())?.collect();
        let mut paths: Vec<_> = entries.map_err(failed())?.iter().map(DirEntry::path).collect();
        paths.sort();
        let mut stream = Stream(hash);
        for path in paths {
            // A link to a folder may lead back to where it is.
            if path.is_symlink() && path.is_dir() {
                continue;
            }
            stream.text(&path.file_name().unwrap_or_default().to_string_lossy());
            stream.text(&fingerprint(&path)?);
        }
        return Ok(hexadecimal(stream.0));
    }
    let mut file = File::open(path).map_err(failed())?;
    let mut buffer = vec![0; 1 << 18];
    loop {
        let read = file.read(&mut buffer).map_err(failed())?;
        if read == 0 {
            return Ok(hexadecimal(hash));
        }
        hash.update(&buffer[..read]);
    }
}

fn hexadecimal(hash: Sha256) -> String {
    let digits = |byte: u8| [byte >> 4, byte & 15].map(|half| char::from_digit(half.into(), 16));
    hash.finalize().into_iter().flat_map(digits).flatten().collect()
}

/// Positions and codes, by code.
fn sorted(labels: &Labels) -> Vec<(usize, &str)> {
    let mut codes: Vec<(usize, &str)> = labels.codes().enumerate().collect();
    codes.sort_unstable_by_key(|(_, code)| *code);
    codes
}

fn trade(
    stream: &mut Stream,
    regions: &[(usize, &str)],
    sectors: &[(usize, &str)],
    value: &dyn Fn(usize, usize, usize) -> f64,
) {
    for &(s, _) in sectors {
        for &(n, _) in regions {
            for &(i, _) in regions {
                stream.number(value(s, n, i));
            }
        }
    }
}

/// Texts with their lengths before them, so that no two streams run together; numbers as bits.
struct Stream(Sha256);

impl Stream {
    fn text(&mut self, text: &str) {
        self.0.update((text.len() as u64).to_le_bytes());
        self.0.update(text.as_bytes());
    }

    fn codes(&mut self, what: &str, codes: &[(usize, &str)]) {
        self.text(what);
        self.0.update((codes.len() as u64).to_le_bytes());
        for (_, code) in codes {
            self.text(code);
        }
    }

    fn number(&mut self, value: f64) {
        // A negative zero is a zero.
        let value = if value == 0.0 { 0.0 } else { value };
        self.0.update(value.to_bits().to_le_bytes());
    }
}
