//! Writes the folder of a run.

use std::io::{BufWriter, Write};
use std::path::Path;

use serde_json::Value;

use super::frame::Frame;
use super::xlsx_file::{check_length, write_xlsx};
use super::{write_csv, write_parquet};
use crate::diagnostic::IoError;
use crate::folder::{StagedFolder, check_target, holds_only};

/// File by which a folder is known as that of a run.
const MANIFEST: &str = "manifest.json";

/// File formats of results.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ResultFormat {
    /// A `.csv` file per table.
    Csv,
    /// A `.parquet` file per table.
    Parquet,
    /// One workbook, `results.xlsx`, with a sheet per table.
    Xlsx,
}

impl ResultFormat {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Csv, Self::Parquet, Self::Xlsx];

    /// Name, which is the extension of the files too.
    pub fn name(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Parquet => "parquet",
            Self::Xlsx => "xlsx",
        }
    }
}

/// Whether a folder may be written to as that of a run: nothing is there, it is empty, or it is the
/// folder of an earlier run.
///
/// # Errors
/// `OutputRefused` for any other.
pub fn check_folder(target: &Path) -> Result<(), IoError> {
    check_target(target, |path| holds_only(path, MANIFEST, is_result))
}

/// Writes tables, in every one of the formats, and the manifest to a folder; whole or not at all.
///
/// Missing parent folders are created. A folder that exists is replaced if it is empty or the
/// folder of an earlier run: one with a `manifest.json` and otherwise only tables and reports.
///
/// # Errors
/// `OutputRefused` for any other folder, `TooLongForSheet`, `Ragged`, and what the file system
/// answers. After an error the target is as it was.
pub fn write_results(
    target: &Path,
    frames: &[Frame],
    manifest: &Value,
    formats: &[ResultFormat],
) -> Result<(), IoError> {
    frames.iter().try_for_each(Frame::check)?;
    let wants = |format| formats.contains(&format);
    if wants(ResultFormat::Xlsx) {
        check_length(frames)?;
    }
    let folder = StagedFolder::new(target, |path| holds_only(path, MANIFEST, is_result))?;
    for frame in frames {
        if wants(ResultFormat::Csv) {
            folder.write(&format!("{}.csv", frame.name), |file| {
                write_csv([frame], BufWriter::new(file)).map_err(|error| error.to_string())
            })?;
        }
        if wants(ResultFormat::Parquet) {
            folder.write(&format!("{}.parquet", frame.name), |file| {
                let mut to = BufWriter::new(file);
                write_parquet([frame], &mut to).map_err(|error| error.to_string())?;
                to.flush().map_err(|error| error.to_string())
            })?;
        }
    }
    if wants(ResultFormat::Xlsx) {
        folder.write("results.xlsx", |file| {
            let mut to = BufWriter::new(file);
            write_xlsx(frames, &mut to).map_err(|error| error.to_string())?;
            to.flush().map_err(|error| error.to_string())
        })?;
    }
    folder.write(MANIFEST, |file| {
        let mut to = BufWriter::new(file);
        serde_json::to_writer_pretty(&mut to, manifest).map_err(|error| error.to_string())?;
        to.write_all(b"\n").and_then(|()| to.flush()).map_err(|error| error.to_string())
    })?;
    folder.commit()
}

/// Whether a file in the folder of a run is one that runs and reports leave there.
fn is_result(name: &str) -> bool {
    let extension = Path::new(name).extension().and_then(|extension| extension.to_str());
    extension.is_some_and(|extension| ["csv", "parquet", "xlsx", "html"].contains(&extension))
}
