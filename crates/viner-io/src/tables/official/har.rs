//! Header array files of GEMPACK: arrays with names, sets and elements in binary records.
//!
//! A file is a sequence of records as Fortran writes them: length, content, length again, in four
//! bytes each. A record that does not begin with four blanks names a header; the records after it hold
//! its type, its sets and its numbers. The layout was learnt from files that GEMPACK and `ViewHAR` wrote.

use super::har_records::{BLANK, Cursor, Records, finite, text};
use crate::diagnostic::Diagnostic;

/// Cells of an array that are taken for numbers of this world; sparse arrays may claim any size.
const MAX_CELLS: usize = 1 << 32;
/// Letters of the name of a set or an element.
const NAME: usize = 12;

/// One header of a file.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Header {
    /// Up to four letters, in capitals.
    pub(crate) name: String,
    /// What its maker says of it.
    pub(crate) long_name: String,
    /// Type and storage: `RESPSE`.
    pub(crate) kind: String,
    /// Its dimensions, without those of a single cell at the end that no set names.
    pub(crate) dimensions: Vec<Dimension>,
    /// What it holds.
    pub(crate) content: Content,
}

/// One dimension of an array.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Dimension {
    pub(crate) size: usize,
    /// Name of its set, as written; empty if the file tells none.
    pub(crate) set: String,
    /// Names of its elements; none if the file tells none.
    pub(crate) elements: Vec<String>,
}

/// What a header holds.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Content {
    /// Lines of text.
    Text(Vec<String>),
    /// Whole numbers; their values are of no use here.
    Integers,
    /// Numbers, the first index running fastest.
    Full(Vec<f32>),
    /// Numbers that are not zero, and their places, the first index running fastest.
    Sparse(Vec<(usize, f32)>),
    /// A type that is not read.
    Unread,
}

impl Header {
    /// Cells that are not zero, with their indices.
    pub(crate) fn each(&self, mut enter: impl FnMut(&[usize], f64)) {
        let sizes: Vec<usize> = self.dimensions.iter().map(|dimension| dimension.size).collect();
        let mut indices = vec![0; sizes.len()];
        let mut cell = |mut place: usize, value: f32| {
            if value == 0.0 {
                return;
            }
            for (index, size) in indices.iter_mut().zip(&sizes) {
                *index = place % size;
                place /= size;
            }
            enter(&indices, f64::from(value));
        };
        match &self.content {
            Content::Full(values) => {
                for (place, value) in values.iter().enumerate() {
                    cell(place, *value);
                }
            }
            Content::Sparse(values) => {
                for (place, value) in values {
                    cell(*place, *value);
                }
            }
            Content::Text(_) | Content::Integers | Content::Unread => {}
        }
    }
}

/// Whether bytes begin as a header array file does.
pub(crate) fn is_har(beginning: &[u8]) -> bool {
    let mark = 4_i32.to_le_bytes();
    beginning.len() > 22
        && beginning[..4] == mark
        && beginning[4..8].iter().all(|byte| byte.is_ascii_graphic() || *byte == b' ')
        && beginning[8..12] == mark
        && &beginning[16..20] == BLANK
        && beginning[20..22].iter().all(u8::is_ascii_alphanumeric)
}

/// Reads all headers of a file.
///
/// # Errors
/// The first place at which the file is not what its records say.
pub(crate) fn read(bytes: &[u8]) -> Result<Vec<Header>, Diagnostic> {
    if bytes.first() == Some(&0xfd) {
        return Err(Diagnostic::new("the header array file has records of variable marks")
            .hint("open it in ViewHAR and save it again"));
    }
    let mut records = Records::of(bytes);
    let mut headers: Vec<Header> = Vec::new();
    let mut next = records.next()?;
    while let Some(record) = next {
        if record.get(..4) == Some(BLANK) {
            // What is left of a header that is not read.
            next = records.next()?;
            continue;
        }
        let name = text(record).to_ascii_uppercase();
        if record.len() != 4 {
            let problem = records.wrong("a header's name has a wrong length");
            return Err(problem.found(format!("{} bytes", record.len())).expected("4 bytes"));
        }
        if headers.iter().any(|header| header.name == name) {
            return Err(records.wrong(&format!("header `{name}` is there twice")));
        }
        let header = header(name.clone(), &mut records);
        headers.push(header.map_err(|mut problem| {
            problem.problem = format!("header `{name}`: {}", problem.problem);
            problem
        })?);
        next = records.next()?;
    }
    Ok(headers)
}

fn header(name: String, records: &mut Records<'_>) -> Result<Header, Diagnostic> {
    let mut record = records.data()?;
    let kind = text(record.take(6)?);
    let long_name = text(record.take(70)?);
    let rank = record.count()?;
    let sizes = record.take(rank.saturating_mul(4)).map(|bytes| Cursor::of(bytes, record.place));
    let mut sizes = sizes?;
    let sizes = (0..rank).map(|_| sizes.count()).collect::<Result<Vec<_>, _>>()?;
    let unnamed =
        |size: &usize| Dimension { size: *size, set: String::new(), elements: Vec::new() };
    let mut dimensions: Vec<Dimension> = sizes.iter().map(unnamed).collect();
    let content = match kind.as_str() {
        "1CFULL" => Content::Text(lines(&sizes, records)?),
        "2IFULL" => Content::Integers,
        "2RFULL" => Content::Full(blocks(&sizes, true, records)?),
        "REFULL" | "RESPSE" | "RLFULL" | "RLSPSE" => {
            if kind.starts_with("RE") {
                name_dimensions(&mut dimensions, records)?;
            }
            if kind.ends_with("FULL") {
                let mut record = records.data()?;
                record.take(8)?;
                Content::Full(blocks(&sizes, false, records)?)
            } else {
                Content::Sparse(sparse(&sizes, records)?)
            }
        }
        _ => Content::Unread,
    };
    // Arrays of real numbers have seven dimensions, most of them of one cell.
    while dimensions.last().is_some_and(|last| last.size == 1 && last.set.is_empty()) {
        dimensions.pop();
    }
    Ok(Header { name, long_name, kind, dimensions, content })
}

fn cells(sizes: &[usize]) -> Result<usize, Diagnostic> {
    let product = sizes.iter().try_fold(1_usize, |product, size| product.checked_mul(*size));
    product.filter(|cells| *cells <= MAX_CELLS).ok_or_else(|| {
        let shown: Vec<String> = sizes.iter().map(usize::to_string).collect();
        Diagnostic::new("the array is too large").found(shown.join(" x "))
    })
}

/// The lines of a header of text.
fn lines(sizes: &[usize], records: &mut Records<'_>) -> Result<Vec<String>, Diagnostic> {
    let &[count, length] = sizes else {
        return Err(Diagnostic::new("text has other than two dimensions"));
    };
    texts(count, length, records)
}

/// Texts of a length, in records that count down to one.
fn texts(
    count: usize,
    length: usize,
    records: &mut Records<'_>,
) -> Result<Vec<String>, Diagnostic> {
    let mut all = Vec::new();
    loop {
        let mut record = records.data()?;
        let left = record.integer()?;
        let (_, here) = (record.count()?, record.count()?);
        all.extend(record.texts(here, length)?);
        if left <= 1 || all.len() > count {
            break;
        }
    }
    if all.len() != count {
        let problem = Diagnostic::new("a wrong number of texts").found(all.len().to_string());
        return Err(problem.expected(count.to_string()));
    }
    Ok(all)
}

/// Names the dimensions of an array by its sets.
fn name_dimensions(
    dimensions: &mut [Dimension],
    records: &mut Records<'_>,
) -> Result<(), Diagnostic> {
    let mut record = records.data()?;
    let (_distinct, _) = (record.integer()?, record.integer()?);
    let used = record.count()?;
    let (_coefficient, _) = (record.take(NAME)?, record.integer()?);
    if used > dimensions.len() {
        let problem = Diagnostic::new("it has more sets than dimensions").found(used.to_string());
        return Err(problem.expected(format!("at most {}", dimensions.len())));
    }
    let sets = record.texts(used, NAME)?;
    let known = record.take(used)?.to_vec();
    record.take(used * 4)?;
    let explicit = record.count()?;
    let mut explicit = record.texts(explicit, NAME)?.into_iter();
    let mut read: Vec<(String, Vec<String>)> = Vec::new();
    for ((dimension, set), known) in dimensions.iter_mut().zip(sets).zip(known) {
        dimension.elements = match known {
            b'k' => {
                let same = read.iter().find(|(other, _)| *other == set);
                if let Some((_, elements)) = same {
                    elements.clone()
                } else {
                    let elements = texts(dimension.size, NAME, records)?;
                    read.push((set.clone(), elements.clone()));
                    elements
                }
            }
            b'e' => explicit.by_ref().take(1).collect(),
            _ => Vec::new(),
        };
        if !dimension.elements.is_empty() && dimension.elements.len() != dimension.size {
            let problem = format!("set `{set}` has a wrong number of elements");
            let problem = Diagnostic::new(problem).found(dimension.elements.len().to_string());
            return Err(problem.expected(dimension.size.to_string()));
        }
        dimension.set = set;
    }
    Ok(())
}

/// The numbers of an array, in blocks that say which part of it they are. Blocks of a table of
/// `two` dimensions repeat its sizes, and have the numbers in the record of the bounds.
fn blocks(sizes: &[usize], two: bool, records: &mut Records<'_>) -> Result<Vec<f32>, Diagnostic> {
    let cells = cells(sizes)?;
    if cells.saturating_mul(4) > records.left() {
        return Err(records.wrong("the file is shorter than the array"));
    }
    let mut values = vec![0.0; cells];
    let mut filled = 0;
    while filled < cells {
        let mut record = records.data()?;
        let _left = record.integer()?;
        if two {
            record.take(8)?;
        }
        let mut bounds = Vec::with_capacity(sizes.len());
        for size in sizes {
            let (from, to) = (record.count()?, record.count()?);
            if from == 0 || from > to || to > *size {
                let problem = Diagnostic::new("a block reaches beyond the array");
                return Err(problem.found(format!("{from} to {to} of {size}")));
            }
            bounds.push((from - 1, to));
        }
        if !two {
            record = records.data()?;
            record.integer()?;
        }
        let count: usize = bounds.iter().map(|(from, to)| to - from).product();
        let mut indices: Vec<usize> = bounds.iter().map(|(from, _)| *from).collect();
        for bytes in record.numbers(count)? {
            let place = indices.iter().zip(sizes).rev().fold(0, |sum, (at, size)| sum * size + at);
            values[place] = finite(bytes)?;
            for (index, (from, to)) in indices.iter_mut().zip(&bounds) {
                *index += 1;
                if *index < *to {
                    break;
                }
                *index = *from;
            }
        }
        filled += count;
    }
    Ok(values)
}

/// The numbers of a sparse array that are not zero.
fn sparse(sizes: &[usize], records: &mut Records<'_>) -> Result<Vec<(usize, f32)>, Diagnostic> {
    let cells = cells(sizes)?;
    let mut record = records.data()?;
    let (stated, integer, real) = (record.count()?, record.integer()?, record.integer()?);
    if (integer, real) != (4, 4) {
        let problem = Diagnostic::new("numbers of a sparse array have a wrong size");
        return Err(problem.found(format!("{integer} and {real} bytes")).expected("4 and 4"));
    }
    let mut values = Vec::new();
    loop {
        let mut record = records.data()?;
        let left = record.integer()?;
        let (_, here) = (record.count()?, record.count()?);
        let places = record.numbers(here)?;
        for (place, value) in places.zip(record.numbers(here)?) {
            let place = usize::try_from(i32::from_le_bytes(place)).unwrap_or_default();
            if place == 0 || place > cells {
                let problem = Diagnostic::new("a value is outside the sparse array");
                return Err(problem.found(format!("place {place} of {cells}")));
            }
            values.push((place - 1, finite(value)?));
        }
        if left <= 1 {
            break;
        }
    }
    if values.len() != stated {
        let problem = Diagnostic::new("a sparse array has a wrong number of values");
        return Err(problem.found(values.len().to_string()).expected(stated.to_string()));
    }
    Ok(values)
}
