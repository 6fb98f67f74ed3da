//! Where the files of a bundle are: on disk, or built in.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};

use flate2::read::MultiGzDecoder;

use crate::diagnostic::{Diagnostic, IoError};

/// The largest file that is read whole: one of labels or of a mapping has some kilobytes.
const MAX_TEXT: u64 = 1 << 26;
/// The longest line of a table that is read row by row.
const MAX_LINE: usize = 1 << 24;

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
        whole(self.open(name)?, &self.path(name))
    }
}

/// The whole of a text file of the disk, unpacked if its name ends in `.gz`.
pub(crate) fn file_text(path: &Path) -> Result<String, IoError> {
    whole(open(path)?, path)
}

fn whole(reader: impl Read, path: &Path) -> Result<String, IoError> {
    let mut text = String::new();
    let mut reader = reader.take(MAX_TEXT + 1);
    reader.read_to_string(&mut text).map_err(IoError::file("read", path))?;
    if text.len() as u64 > MAX_TEXT {
        let problem = Diagnostic::new("the file is too large").in_file(path.display().to_string());
        return Err(problem.expected(format!("at most {} MB", MAX_TEXT >> 20)).into());
    }
    Ok(text)
}

/// Opens a file of the disk, unpacking it if its name ends in `.gz`.
pub(crate) fn open(path: &Path) -> Result<Box<dyn Read>, IoError> {
    let file = File::open(path).map_err(IoError::file("read", path))?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    Ok(unpacked(&name, BufReader::with_capacity(1 << 16, file)))
}

fn unpacked<'a>(name: &str, reader: impl Read + 'a) -> Box<dyn Read + 'a> {
    let packed = Path::new(name).extension().is_some_and(|end| end.eq_ignore_ascii_case("gz"));
    if packed {
        Box::new(LineGuard::new(MultiGzDecoder::new(reader)))
    } else {
        Box::new(LineGuard::new(reader))
    }
}

/// A reader that fails at a line without end, which its user would have to hold. A line within quotes
/// has none.
struct LineGuard<R> {
    inner: R,
    /// Bytes since the last end of a line.
    length: usize,
    quoted: bool,
}

impl<R: Read> LineGuard<R> {
    fn new(inner: R) -> Self {
        Self { inner, length: 0, quoted: false }
    }

    fn count(&mut self, bytes: &[u8]) {
        if !self.quoted && !bytes.contains(&b'"') {
            self.length = match bytes.iter().rposition(|byte| *byte == b'\n') {
                Some(end) => bytes.len() - end - 1,
                None => self.length + bytes.len(),
            };
            return;
        }
        for byte in bytes {
            self.length += 1;
            match byte {
                b'"' => self.quoted = !self.quoted,
                b'\n' if !self.quoted => self.length = 0,
                _ => {}
            }
        }
    }
}

impl<R: Read> Read for LineGuard<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.count(&buffer[..read]);
        if self.length > MAX_LINE {
            let problem = format!("a line is longer than {} MB", MAX_LINE >> 20);
            return Err(io::Error::new(io::ErrorKind::InvalidData, problem));
        }
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_without_end_is_refused_early() {
        let mut reader = unpacked("flows.csv", io::repeat(b'7').take(1 << 30));
        let mut text = Vec::new();
        let error = reader.read_to_end(&mut text).unwrap_err();
        assert_eq!(error.to_string(), "a line is longer than 16 MB");
        assert!(text.len() < 2 * MAX_LINE);
        let lines = "7\n".repeat(MAX_LINE);
        let mut reader = unpacked("flows.csv", lines.as_bytes());
        assert_eq!(reader.read_to_end(&mut Vec::new()).unwrap(), lines.len());
        // Ends of lines within quotes are none.
        let cell = format!("\"{lines}");
        let error =
            unpacked("flows.csv", cell.as_bytes()).read_to_end(&mut Vec::new()).unwrap_err();
        assert_eq!(error.to_string(), "a line is longer than 16 MB");
        let cells = "\"7\"\n".repeat(MAX_LINE);
        assert!(unpacked("flows.csv", cells.as_bytes()).read_to_end(&mut Vec::new()).is_ok());
    }
}
