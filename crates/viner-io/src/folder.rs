//! Output folders that appear whole or not at all.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::diagnostic::IoError;

/// Writes a text file, whole or not at all.
///
/// # Errors
/// `File` with what the file system answers.
pub fn write_text(target: &Path, text: &str) -> Result<(), IoError> {
    let parent = target.parent().filter(|parent| !parent.as_os_str().is_empty());
    let wrong = |error| IoError::file("write", target)(error);
    let mut file =
        tempfile::NamedTempFile::new_in(parent.unwrap_or(Path::new("."))).map_err(wrong)?;
    file.write_all(text.as_bytes()).map_err(wrong)?;
    file.persist(target).map_err(|error| wrong(error.error))?;
    Ok(())
}

/// A folder being written beside its place, under a hidden name, until it is complete.
///
/// Dropped before [`commit`](Self::commit) it leaves nothing behind.
pub(crate) struct StagedFolder {
    target: PathBuf,
    staging: Option<TempDir>,
    /// Parents of the target that did not exist, outermost first.
    created: Vec<PathBuf>,
}

impl StagedFolder {
    /// Starts a folder that will replace `target` if that is empty, or if `is_ours` finds nothing
    /// in it that a writer of the same kind has not left there; its error says what it found.
    ///
    /// # Errors
    /// `OutputRefused` if the target must not be replaced, `File` if the place cannot be written.
    pub(crate) fn new(
        target: &Path,
        is_ours: impl FnOnce(&Path) -> Result<(), String>,
    ) -> Result<Self, IoError> {
        check_target(target, is_ours)?;
        let target = resolve(target)?;
        let name = target.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let parent = target.parent().unwrap_or(Path::new(".")).to_owned();
        let mut staged = Self { target, staging: None, created: Vec::new() };
        staged.create_parents(&parent)?;
        let staging = tempfile::Builder::new()
            .prefix(&format!(".{name}."))
            .suffix(".partial")
            .tempdir_in(&parent)
            .map_err(IoError::file("write into", &parent))?;
        staged.staging = Some(staging);
        Ok(staged)
    }

    fn create_parents(&mut self, parent: &Path) -> Result<(), IoError> {
        let missing: Vec<&Path> = parent.ancestors().take_while(|path| !path.exists()).collect();
        for path in missing.into_iter().rev() {
            fs::create_dir(path).map_err(IoError::file("create", path))?;
            self.created.push(path.to_owned());
        }
        Ok(())
    }

    /// Writes one file of the folder and waits until the disk has it.
    ///
    /// # Errors
    /// `Encode` with the words of `fill`; `File` if the file system fails.
    pub(crate) fn write(
        &self,
        name: &str,
        fill: impl FnOnce(&File) -> Result<(), String>,
    ) -> Result<(), IoError> {
        let shown = self.target.join(name);
        let folder = self.staging.as_ref().map_or(self.target.as_path(), TempDir::path);
        let path = folder.join(name);
        let file = File::create_new(&path).map_err(IoError::file("create", &shown))?;
        fill(&file).map_err(|message| IoError::Encode { path: shown.clone(), message })?;
        file.sync_all().map_err(IoError::file("write", &shown))
    }

    /// Moves the complete folder to its place.
    ///
    /// # Errors
    /// `File` if the file system fails; what was there before is then there again.
    pub(crate) fn commit(mut self) -> Result<(), IoError> {
        let Some(staging) = self.staging.take() else { return Ok(()) };
        sync_folder(staging.path()).map_err(IoError::file("write", staging.path()))?;
        let parent = self.target.parent().unwrap_or(Path::new(".")).to_owned();
        if self.target.exists() {
            // The old folder steps aside first: a folder with content cannot be renamed over.
            let aside = tempfile::Builder::new()
                .prefix(".viner.")
                .suffix(".old")
                .tempdir_in(&parent)
                .map_err(IoError::file("write into", &parent))?;
            let old = aside.path().join("old");
            fs::rename(&self.target, &old).map_err(IoError::file("replace", &self.target))?;
            if let Err(error) = fs::rename(staging.path(), &self.target) {
                if fs::rename(&old, &self.target).is_err() {
                    // The old content stays where it is rather than being removed with `aside`.
                    let _ = aside.keep();
                }
                return Err(IoError::file("replace", &self.target)(error));
            }
        } else {
            fs::rename(staging.path(), &self.target)
                .map_err(IoError::file("create", &self.target))?;
        }
        // The folder has moved: nothing is left at the old name to be removed.
        let _ = staging.keep();
        self.created.clear();
        // The content is in place; a parent that cannot be synchronised does not undo that.
        let _ = sync_folder(&parent);
        Ok(())
    }
}

impl Drop for StagedFolder {
    fn drop(&mut self) {
        drop(self.staging.take());
        for path in self.created.iter().rev() {
            // Fails, rightly, if somebody else has put something there.
            let _ = fs::remove_dir(path);
        }
    }
}

/// Whether a folder may be written to: it is not there, it is empty, or `is_ours` finds nothing
/// foreign in it.
///
/// # Errors
/// `OutputRefused` with what was found.
pub(crate) fn check_target(
    target: &Path,
    is_ours: impl FnOnce(&Path) -> Result<(), String>,
) -> Result<(), IoError> {
    let target = resolve(target)?;
    if target.exists() { check_replaceable(&target, is_ours) } else { Ok(()) }
}

/// The folder's own path: links followed, so that a link to a run replaces the run, not the link.
fn resolve(target: &Path) -> Result<PathBuf, IoError> {
    if target.exists() {
        return target.canonicalize().map_err(IoError::file("read", target));
    }
    if target.is_symlink() {
        return Err(refused(target, "it is a link to nothing"));
    }
    let target = std::path::absolute(target).map_err(IoError::file("read", target))?;
    if target.file_name().is_none() { Err(refused(&target, "it has no name")) } else { Ok(target) }
}

fn check_replaceable(
    target: &Path,
    is_ours: impl FnOnce(&Path) -> Result<(), String>,
) -> Result<(), IoError> {
    if !target.is_dir() {
        return Err(refused(target, "it is a file"));
    }
    if target.file_name().is_none() {
        return Err(refused(target, "it has no name"));
    }
    let here = std::env::current_dir().and_then(fs::canonicalize);
    if here.is_ok_and(|here| here.starts_with(target)) {
        return Err(refused(target, "it is the current folder, or holds it"));
    }
    let mut entries = fs::read_dir(target).map_err(IoError::file("read", target))?;
    if entries.next().is_none() {
        return Ok(());
    }
    is_ours(target).map_err(|reason| refused(target, &reason))
}

fn refused(path: &Path, reason: &str) -> IoError {
    IoError::OutputRefused { path: path.to_owned(), reason: reason.to_owned() }
}

/// Checks that a folder holds `mark` and, beside it, only plain files that `known` accepts.
pub(crate) fn holds_only(
    folder: &Path,
    mark: &str,
    known: impl Fn(&str) -> bool,
) -> Result<(), String> {
    if !folder.join(mark).is_file() {
        return Err(format!("it is not empty and has no `{mark}`"));
    }
    for entry in fs::read_dir(folder).map_err(|error| error.to_string())? {
        let entry = entry.map_err(|error| error.to_string())?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let plain = entry.file_type().is_ok_and(|kind| kind.is_file());
        if !plain || !(name == mark || known(&name)) {
            return Err(format!("it also holds `{name}`, which is not replaced"));
        }
    }
    Ok(())
}

#[cfg(unix)]
fn sync_folder(folder: &Path) -> std::io::Result<()> {
    File::open(folder)?.sync_all()
}

#[cfg(not(unix))]
fn sync_folder(_: &Path) -> std::io::Result<()> {
    Ok(())
}
