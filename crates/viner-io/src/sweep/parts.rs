//! Finished parts of a sweep, kept until all are: a sweep that was ended goes on from them.

use std::fs::{self, File};
use std::io::Write;
use std::ops::Range;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::Ran;
use crate::diagnostic::{Diagnostic, IoError};

/// Most runs of a part: what may have to be solved again after an end.
const LARGEST_PART: usize = 32;
/// Parts that there are at least, if there are so many runs: enough for all threads to have one.
const LEAST_PARTS: usize = 256;

/// Where the parts of the results in `folder` are kept.
pub fn parts_folder(folder: &Path) -> PathBuf {
    let mut name = folder.file_name().unwrap_or_default().to_owned();
    name.push(".parts");
    folder.with_file_name(name)
}

/// SHA-256 of a text.
pub(super) fn digest(text: &str) -> String {
    use std::fmt::Write as _;

    Sha256::digest(text.as_bytes()).iter().fold(String::new(), |mut digits, byte| {
        // Writing to a string cannot fail.
        let _ = write!(digits, "{byte:02x}");
        digits
    })
}

pub(super) fn remove(folder: &Path) -> Result<(), IoError> {
    let parts = parts_folder(folder);
    if parts.exists() {
        fs::remove_dir_all(&parts).map_err(IoError::file("remove", &parts))?;
    }
    Ok(())
}

/// The parts of a sweep.
pub(super) struct Parts {
    folder: Option<PathBuf>,
    digest: String,
    runs: usize,
    size: usize,
}

/// A part as it is kept.
#[derive(Serialize, Deserialize)]
struct Kept {
    /// Of the plan, the scenario and the program.
    digest: String,
    part: usize,
    runs: Vec<Ran>,
}

impl Parts {
    /// Parts beside the results in `folder`, or none that are kept.
    pub fn open(folder: Option<&Path>, digest: &str, runs: usize) -> Result<Self, IoError> {
        let size = runs.div_ceil(LEAST_PARTS).clamp(1, LARGEST_PART);
        let folder = folder.map(parts_folder);
        if let Some(folder) = &folder {
            fs::create_dir_all(folder).map_err(IoError::file("create", folder))?;
            let entries = fs::read_dir(folder).map_err(IoError::file("read", folder))?;
            for entry in entries {
                let path = entry.map_err(IoError::file("read", folder))?.path();
                let own = path.extension().is_some_and(|extension| extension == "new");
                if own {
                    fs::remove_file(&path).map_err(IoError::file("remove", &path))?;
                }
            }
        }
        Ok(Self { folder, digest: digest.to_owned(), runs, size })
    }

    pub fn count(&self) -> usize {
        self.runs.div_ceil(self.size)
    }

    pub fn range(&self, part: usize) -> Range<usize> {
        part * self.size..((part + 1) * self.size).min(self.runs)
    }

    /// The part that a run is in.
    pub fn part_of(&self, run: usize) -> usize {
        run / self.size
    }

    fn path(&self, part: usize) -> Option<PathBuf> {
        self.folder.as_ref().map(|folder| folder.join(format!("part-{part:06}.json")))
    }

    /// A part that is kept already.
    ///
    /// # Errors
    /// It belongs to another plan, or cannot be read.
    pub fn read(&self, part: usize) -> Result<Option<Vec<Ran>>, IoError> {
        let Some(path) = self.path(part).filter(|path| path.exists()) else { return Ok(None) };
        let text = fs::read_to_string(&path).map_err(IoError::file("read", &path))?;
        let refused = |problem: &str| {
            let folder = path.parent().unwrap_or(&path).display();
            Diagnostic::new(problem)
                .in_file(path.display().to_string())
                .hint(format!("remove `{folder}` to start again, or write to another folder"))
        };
        let kept: Kept = serde_json::from_str(&text)
            .map_err(|error| refused(&format!("no part of a sweep: {error}")))?;
        if kept.digest != self.digest {
            return Err(refused("the part is of another plan, scenario or version").into());
        }
        if kept.part != part || kept.runs.len() != self.range(part).len() {
            return Err(refused("the part has other runs than its name says").into());
        }
        Ok(Some(kept.runs))
    }

    /// Keeps a part: it is there whole or not at all.
    pub fn write(&self, part: usize, runs: &[Ran]) -> Result<(), IoError> {
        let Some(path) = self.path(part) else { return Ok(()) };
        let kept = Kept { digest: self.digest.clone(), part, runs: runs.to_vec() };
        let new = path.with_extension("new");
        let text = serde_json::to_vec(&kept)
            .map_err(std::io::Error::other)
            .map_err(IoError::file("write", &new))?;
        let mut file = File::create(&new).map_err(IoError::file("create", &new))?;
        file.write_all(&text)
            .and_then(|()| file.sync_all())
            .map_err(IoError::file("write", &new))?;
        fs::rename(&new, &path).map_err(IoError::file("rename", &new))
    }
}
