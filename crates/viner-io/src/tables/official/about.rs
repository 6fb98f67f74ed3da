//! What a download is, told without importing it.

use std::path::Path;

use super::detect::{self, Format};
use super::download::Download;
use super::{gtap, har, provenance};
use crate::diagnostic::IoError;

/// A download and what is in it.
#[derive(Clone, Debug, PartialEq)]
pub struct About {
    /// Its layout.
    pub format: Format,
    /// Who makes it and on what terms; nothing where the layout does not tell.
    pub maker: Option<[&'static str; 2]>,
    /// Names of its files.
    pub files: Vec<String>,
    /// Years that the names of its files say, each once.
    pub years: Vec<i64>,
    /// Headers of its header array files, by file.
    pub headers: Vec<(String, Vec<HeaderInfo>)>,
}

/// A header of a header array file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeaderInfo {
    /// Up to four letters.
    pub name: String,
    /// Type and storage, as GEMPACK has them: `RESPSE` is real with elements, sparse.
    pub kind: String,
    /// Set and size of each dimension; the set is empty where the file names none.
    pub dimensions: Vec<(String, usize)>,
    /// What its maker says of it.
    pub long_name: String,
}

/// Recognises a download: a file, a folder or an archive as its maker publishes it.
///
/// # Errors
/// `Input` for a layout that is not known, and for a header array file that is damaged; `File` if
/// the file system fails.
pub fn about(path: &Path) -> Result<About, IoError> {
    let download = Download::open(path)?;
    let format = detect::recognise(&download)?;
    let members = download.members();
    let mut years: Vec<i64> =
        members.iter().filter_map(|member| format.year_of(member.file_name())).collect();
    years.sort_unstable();
    years.dedup();
    let mut headers = Vec::new();
    let mut maker = provenance::of(format, &download.name());
    if format == Format::GtapHar {
        let files = gtap::files(&download)?;
        // Many programs write header array files.
        maker = maker.filter(|_| files.iter().any(|(_, headers)| gtap::holds_trade(headers)));
        for (member, found) in files {
            headers.push((member.name.clone(), found.iter().map(HeaderInfo::of).collect()));
        }
    }
    Ok(About {
        format,
        maker: maker.map(|[source, licence, _]| [source, licence]),
        files: members.iter().map(|member| member.name.clone()).collect(),
        years,
        headers,
    })
}

impl HeaderInfo {
    fn of(header: &har::Header) -> Self {
        let dimensions =
            header.dimensions.iter().map(|dimension| (dimension.set.clone(), dimension.size));
        Self {
            name: header.name.clone(),
            kind: header.kind.clone(),
            dimensions: dimensions.collect(),
            long_name: header.long_name.clone(),
        }
    }
}
