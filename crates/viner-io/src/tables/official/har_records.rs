//! Records of header array files, as Fortran writes them: length, content, length again.

use crate::diagnostic::Diagnostic;

/// What every record but a header's name begins with.
pub(super) const BLANK: &[u8] = b"    ";

/// The records of a file, one after the other.
pub(super) struct Records<'a> {
    bytes: &'a [u8],
    at: usize,
    /// Where the last record began.
    current: usize,
}

impl<'a> Records<'a> {
    pub(super) fn of(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0, current: 0 }
    }

    /// Bytes that are left.
    pub(super) fn left(&self) -> usize {
        self.bytes.len() - self.at
    }

    /// The next record, nothing at the end of the file.
    pub(super) fn next(&mut self) -> Result<Option<&'a [u8]>, Diagnostic> {
        self.current = self.at;
        if self.at == self.bytes.len() {
            return Ok(None);
        }
        let mark = |at: usize| -> Option<usize> {
            let bytes = self.bytes.get(at..at.checked_add(4)?)?;
            usize::try_from(i32::from_le_bytes(bytes.try_into().ok()?)).ok()
        };
        let record = mark(self.at).and_then(|length| {
            let end = self.at.checked_add(4)?.checked_add(length)?;
            (mark(end) == Some(length)).then_some((self.at + 4, end))
        });
        let Some((from, to)) = record else {
            return Err(self.wrong("a record does not end where it says").hint(
                "the file is cut off, was changed as text on its way, or is no header array file",
            ));
        };
        self.at = to + 4;
        Ok(Some(&self.bytes[from..to]))
    }

    /// The next record of a header, without its blanks.
    pub(super) fn data(&mut self) -> Result<Cursor<'a>, Diagnostic> {
        let record = self.next()?;
        let place = self.current;
        match record {
            Some(record) if record.get(..4) == Some(BLANK) => {
                Ok(Cursor { rest: &record[4..], place })
            }
            Some(_) => Err(self.wrong("its records end too early")),
            None => Err(self.wrong("the file ends within it")),
        }
    }

    pub(super) fn wrong(&self, problem: &str) -> Diagnostic {
        Diagnostic::new(problem).found(format!("byte {}", self.current))
    }
}

/// What is left of a record.
pub(super) struct Cursor<'a> {
    rest: &'a [u8],
    pub(super) place: usize,
}

impl<'a> Cursor<'a> {
    pub(super) fn of(rest: &'a [u8], place: usize) -> Self {
        Self { rest, place }
    }

    pub(super) fn take(&mut self, count: usize) -> Result<&'a [u8], Diagnostic> {
        if count > self.rest.len() {
            let found = format!("a record at byte {} with {} left", self.place, self.rest.len());
            let problem = Diagnostic::new("a record is too short").found(found);
            return Err(problem.expected(format!("{count} bytes more")));
        }
        let (taken, rest) = self.rest.split_at(count);
        self.rest = rest;
        Ok(taken)
    }

    pub(super) fn integer(&mut self) -> Result<i32, Diagnostic> {
        let bytes = self.take(4)?;
        Ok(bytes.try_into().map_or(0, i32::from_le_bytes))
    }

    /// A count: a whole number from 0 up.
    pub(super) fn count(&mut self) -> Result<usize, Diagnostic> {
        let number = self.integer()?;
        usize::try_from(number).map_err(|_| {
            let problem = format!("a count in the record at byte {} is negative", self.place);
            Diagnostic::new(problem).found(number.to_string())
        })
    }

    /// As many texts of a length.
    pub(super) fn texts(&mut self, count: usize, length: usize) -> Result<Vec<String>, Diagnostic> {
        let bytes = self.take(count.saturating_mul(length))?;
        Ok(bytes.chunks_exact(length.max(1)).map(text).collect())
    }

    /// As many numbers.
    pub(super) fn numbers(
        &mut self,
        count: usize,
    ) -> Result<impl Iterator<Item = [u8; 4]> + use<'a>, Diagnostic> {
        let bytes = self.take(count.saturating_mul(4))?;
        Ok(bytes.chunks_exact(4).map(|four| four.try_into().unwrap_or_default()))
    }
}

pub(super) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).trim_matches([' ', '\0']).to_owned()
}

/// A value that is a number at all.
pub(super) fn finite(bytes: [u8; 4]) -> Result<f32, Diagnostic> {
    let value = f32::from_le_bytes(bytes);
    if value.is_finite() {
        return Ok(value);
    }
    Err(Diagnostic::new("a value is no finite number").found(value.to_string()))
}
