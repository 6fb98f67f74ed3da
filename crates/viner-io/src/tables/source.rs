//! Where the files of a bundle are: on disk, or built in.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};

use flate2::read::MultiGzDecoder;

use crate::diagnostic::IoError;

/// A folder that bundles are read from.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Folder<'a> {
    /// A folder of the file system.
    Disk(&'a Path),
    /// A name, and its files by name.
    BuiltIn(&'static str, &'static [(&'static str, &'static [u8])]),
}

impl Folder<'_> {
    /// Names of its files, sorted.
    pub(crate) fn names(&self) -> Result<Vec<String>, IoError> {
        let mut names = Vec::new();
        match self {
            Self::BuiltIn(_, files) => names.extend(files.iter().map(|(name, _)| (*name).into())),
            Self::Disk(path) => {
                let entries = path.read_dir().map_err(IoError::file("read", path))?;
                for entry in entries {
                    let entry = entry.map_err(IoError::file("read", path))?;
                    names.extend(entry.file_name().into_string().ok());
                }
            }
        }
        names.sort_unstable();
        Ok(names)
    }

    /// A file of the folder, as messages name it.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        match self {
            Self::BuiltIn(folder, _) => Path::new(folder).join(name),
            Self::Disk(path) => path.join(name),
        }
    }

    /// Opens a file; one whose name ends in `.gz` is unpacked on the way.
    pub(crate) fn open(&self, name: &str) -> Result<Box<dyn Read + '_>, IoError> {
        match self {
            Self::Disk(path) => open(&path.join(name)).map(|file| file as Box<dyn Read>),
            Self::BuiltIn(_, files) => {
                let found = files.iter().find(|(file, _)| *file == name);
                let bytes = found.map(|(_, bytes)| *bytes).ok_or_else(|| {
                    IoError::file("read", &self.path(name))(io::ErrorKind::NotFound.into())
                })?;
                Ok(unpacked(name, bytes))
            }
        }
    }

    /// The whole of a text file.
    pub(crate) fn text(&self, name: &str) -> Result<String, IoError> {
        let mut text = String::new();
        let path = self.path(name);
        self.open(name)?.read_to_string(&mut text).map_err(IoError::file("read", &path))?;
        Ok(text)
    }
}

/// Opens a file of the disk, unpacking it if its name ends in `.gz`.
pub(crate) fn open(path: &Path) -> Result<Box<dyn Read>, IoError> {
    let file = File::open(path).map_err(IoError::file("read", path))?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    Ok(unpacked(&name, BufReader::with_capacity(1 << 16, file)))
}

fn unpacked<'a>(name: &str, reader: impl Read + 'a) -> Box<dyn Read + 'a> {
    let packed = Path::new(name).extension().is_some_and(|end| end.eq_ignore_ascii_case("gz"));
    if packed { Box::new(MultiGzDecoder::new(reader)) } else { Box::new(reader) }
}
