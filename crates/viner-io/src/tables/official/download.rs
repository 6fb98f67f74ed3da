//! A download as it comes: one file, a folder, or a zip archive, each file perhaps compressed.

use std::fs::File;
use std::io::{self, BufReader, ErrorKind, Read};
use std::path::{Component, Path, PathBuf};

use flate2::read::MultiGzDecoder;
use zip::ZipArchive;

use crate::diagnostic::{Diagnostic, IoError};

/// Text of numbers packs to a third or a tenth, tables of zeros to a hundredth. What unpacks to
/// more than this times its size was made to fill a machine.
const LARGEST_RATIO: u64 = 500;
/// Unpacked bytes that are read whatever the ratio.
const ALWAYS_READ: u64 = 1 << 26;
/// Files of a folder, its subfolders included, that are looked at.
const MAX_FILES: usize = 10_000;
/// How deep subfolders are looked into: archives unpack into one, with a folder per extension in it.
const MAX_DEPTH: usize = 3;

/// The files of a download.
#[derive(Debug)]
pub(crate) struct Download {
    path: PathBuf,
    kind: Kind,
    /// In the order of their names.
    members: Vec<Member>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    File,
    Folder,
    Zip,
}

/// One file of a download.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Member {
    /// Its path in the folder or archive, with `/`; the file's name if there is only one.
    pub(crate) name: String,
    /// Its position in the archive.
    index: usize,
}

impl Member {
    /// Name without folders and without `.gz`.
    pub(crate) fn file_name(&self) -> &str {
        let name = self.name.rsplit('/').next().unwrap_or(&self.name);
        let end = name.len().saturating_sub(3);
        match name.get(end..) {
            Some(ending) if ending.eq_ignore_ascii_case(".gz") => &name[..end],
            _ => name,
        }
    }

    /// Whether the name has this ending, in letters of any case.
    pub(crate) fn ends_with(&self, ending: &str) -> bool {
        self.file_name().to_ascii_lowercase().ends_with(ending)
    }
}

impl Download {
    /// Lists the files at a path.
    ///
    /// # Errors
    /// `File` if the file system fails, `Input` for an archive that is damaged or names files
    /// outside itself.
    pub(crate) fn open(path: &Path) -> Result<Self, IoError> {
        let kind = if path.is_dir() {
            Kind::Folder
        } else if begins_with(path, b"PK\x03\x04")? && !is_workbook(path) {
            Kind::Zip
        } else {
            Kind::File
        };
        let mut download = Self { path: path.to_owned(), kind, members: Vec::new() };
        match kind {
            Kind::File => {
                let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
                download.members.push(Member { name, index: 0 });
            }
            Kind::Folder => list_folder(path, "", MAX_DEPTH, &mut download.members)?,
            Kind::Zip => download.list_archive()?,
        }
        download.members.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(download)
    }

    fn list_archive(&mut self) -> Result<(), IoError> {
        let mut archive = self.archive()?;
        if archive.len() > MAX_FILES {
            let problem = Diagnostic::new("the archive holds too many files");
            let expected = format!("at most {MAX_FILES}");
            let problem = problem.found(archive.len().to_string()).expected(expected);
            return Err(problem.in_file(self.shown_path()).into());
        }
        for index in 0..archive.len() {
            let file = archive.by_index_raw(index).map_err(|error| self.damaged(&error))?;
            if file.is_dir() {
                continue;
            }
            let name = file.name().map_err(|error| self.damaged(&error))?.replace('\\', "/");
            let inside = Path::new(&name)
                .components()
                .all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
            if !inside || name.contains(':') {
                let problem = format!("the archive names a file outside itself: `{name}`");
                return Err(Diagnostic::new(problem).in_file(self.shown_path()).into());
            }
            if file.encrypted() {
                let problem = format!("`{name}` in the archive needs a password");
                let problem = Diagnostic::new(problem).hint("unpack it and name the folder");
                return Err(problem.in_file(self.shown_path()).into());
            }
            // What macOS adds beside each file.
            if !name.starts_with("__MACOSX/") {
                self.members.push(Member { name, index });
            }
        }
        Ok(())
    }

    fn archive(&self) -> Result<ZipArchive<BufReader<File>>, IoError> {
        let file = File::open(&self.path).map_err(IoError::file("read", &self.path))?;
        ZipArchive::new(BufReader::new(file)).map_err(|error| self.damaged(&error))
    }

    fn damaged(&self, error: &zip::result::ZipError) -> IoError {
        Diagnostic::new(format!("the archive is damaged: {error}"))
            .in_file(self.shown_path())
            .hint("download it again")
            .into()
    }

    /// Its files, by name.
    pub(crate) fn members(&self) -> &[Member] {
        &self.members
    }

    /// Its path.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Its name.
    pub(crate) fn name(&self) -> String {
        self.path.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }

    /// Whether it is one file that stands for itself.
    pub(crate) fn is_file(&self) -> bool {
        self.kind == Kind::File
    }

    fn shown_path(&self) -> String {
        self.path.display().to_string()
    }

    /// How messages name a file of it.
    pub(crate) fn shown(&self, member: &Member) -> String {
        match self.kind {
            Kind::File => self.shown_path(),
            Kind::Folder => self.path.join(&member.name).display().to_string(),
            Kind::Zip => format!("{}/{}", self.path.display(), member.name),
        }
    }

    /// Reads a file of it, unpacked on the way. Files are guarded against what unpacks without
    /// end; errors of `use_it` pass through [`Self::reading_error`] on its own calls.
    pub(crate) fn read<T>(
        &self,
        member: &Member,
        use_it: impl FnOnce(&mut dyn Read) -> Result<T, IoError>,
    ) -> Result<T, IoError> {
        let gz = member.name.len() >= 3
            && member
                .name
                .get(member.name.len() - 3..)
                .is_some_and(|end| end.eq_ignore_ascii_case(".gz"));
        let unpack = |reader: &mut dyn Read, packed: u64| {
            let mut decoder;
            let inner: &mut dyn Read = if gz {
                decoder = MultiGzDecoder::new(BufReader::with_capacity(1 << 16, reader));
                &mut decoder
            } else {
                reader
            };
            let most = ALWAYS_READ.max(packed.saturating_mul(LARGEST_RATIO));
            use_it(&mut Guarded { inner, left: most })
        };
        if self.kind == Kind::Zip {
            let mut archive = self.archive()?;
            let mut file = archive.by_index(member.index).map_err(|error| self.damaged(&error))?;
            let packed = file.compressed_size();
            return unpack(&mut file, packed);
        }
        let path = match self.kind {
            Kind::Folder => self.path.join(&member.name),
            _ => self.path.clone(),
        };
        let mut file = File::open(&path).map_err(IoError::file("read", &path))?;
        let packed = file.metadata().map_err(IoError::file("read", &path))?.len();
        unpack(&mut file, packed)
    }

    /// The first bytes of a file, unpacked: as many as `most`, fewer if it is shorter.
    pub(crate) fn beginning(&self, member: &Member, most: usize) -> Result<Vec<u8>, IoError> {
        self.read(member, |reader| {
            let mut bytes = Vec::new();
            let taken = reader.take(most as u64).read_to_end(&mut bytes);
            taken.map_err(|error| self.reading_error(member, error))?;
            Ok(bytes)
        })
    }

    /// The whole of a file that fits into `most` bytes.
    pub(crate) fn bytes(&self, member: &Member, most: u64) -> Result<Vec<u8>, IoError> {
        self.read(member, |reader| {
            let mut bytes = Vec::new();
            let taken = reader.take(most + 1).read_to_end(&mut bytes);
            taken.map_err(|error| self.reading_error(member, error))?;
            if bytes.len() as u64 > most {
                let problem = Diagnostic::new("the file is too large to be read whole");
                let problem = problem.expected(format!("at most {} MB", most >> 20));
                return Err(problem.in_file(self.shown(member)).into());
            }
            Ok(bytes)
        })
    }

    /// What the reader's error means to a person.
    pub(crate) fn reading_error(&self, member: &Member, error: io::Error) -> IoError {
        let shown = self.shown(member);
        let problem = match error.kind() {
            ErrorKind::UnexpectedEof => Diagnostic::new("the compressed file ends too early")
                .hint("the download was cut off: download it again"),
            ErrorKind::InvalidInput | ErrorKind::InvalidData => {
                Diagnostic::new(format!("the compressed file is damaged: {error}"))
                    .hint("download it again")
            }
            ErrorKind::FileTooLarge => Diagnostic::new("the file unpacks without end")
                .expected(format!("at most {LARGEST_RATIO} times its packed size")),
            _ => return IoError::file("read", Path::new(&shown))(error),
        };
        problem.in_file(shown).into()
    }
}

/// A reader that gives up after a number of bytes.
struct Guarded<'a> {
    inner: &'a mut dyn Read,
    left: u64,
}

impl Read for Guarded<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.left = self
            .left
            .checked_sub(read as u64)
            .ok_or_else(|| io::Error::from(ErrorKind::FileTooLarge))?;
        Ok(read)
    }
}

/// Workbooks are zip archives too, but are read as one file.
fn is_workbook(path: &Path) -> bool {
    let ending = path.extension().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
    matches!(ending.as_str(), "xlsx" | "xlsb" | "xlsm")
}

fn begins_with(path: &Path, mark: &[u8]) -> Result<bool, IoError> {
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(IoError::file("read", path))?;
    let taken = file.take(mark.len() as u64).read_to_end(&mut bytes);
    taken.map_err(IoError::file("read", path))?;
    Ok(bytes == mark)
}

fn list_folder(
    folder: &Path,
    within: &str,
    depth: usize,
    members: &mut Vec<Member>,
) -> Result<(), IoError> {
    for entry in folder.read_dir().map_err(IoError::file("read", folder))? {
        let entry = entry.map_err(IoError::file("read", folder))?;
        let Ok(name) = entry.file_name().into_string() else { continue };
        let path = entry.path();
        if path.is_dir() && depth > 0 {
            list_folder(&path, &format!("{within}{name}/"), depth - 1, members)?;
        } else if path.is_file() && members.len() < MAX_FILES {
            members.push(Member { name: format!("{within}{name}"), index: 0 });
        }
    }
    Ok(())
}
