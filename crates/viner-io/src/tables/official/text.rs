//! Lines and cells of delimited text, and the numbers in them.

use std::borrow::Cow;
use std::io::{self, BufRead, BufReader, Read};

use crate::diagnostic::Diagnostic;

/// The longest line: a row of the largest table has some ten thousand cells of twenty letters.
const MAX_LINE: usize = 1 << 26;

/// The most columns: the largest table has some fifteen thousand.
const MAX_COLUMNS: usize = 100_000;

/// The labels in a line; nothing beyond the most that a table has.
pub(crate) fn labels(line: &[u8], separator: u8) -> Result<Vec<String>, Diagnostic> {
    let labels: Vec<String> =
        Cells::of(line, separator).take(MAX_COLUMNS + 1).map(|cell| shown(&cell)).collect();
    if labels.len() > MAX_COLUMNS {
        let problem = Diagnostic::new("a line has too many cells");
        return Err(problem.expected(format!("at most {MAX_COLUMNS}")));
    }
    Ok(labels)
}

/// Reads a text line by line.
pub(crate) struct Lines<R> {
    reader: BufReader<R>,
    line: Vec<u8>,
    number: u64,
}

/// Why there is no next line.
#[derive(Debug)]
pub(crate) enum NoLine {
    /// The reader failed.
    Failed(io::Error),
    /// The text cannot be what it should be.
    Wrong(Diagnostic),
}

impl<R: Read> Lines<R> {
    pub(crate) fn new(reader: R) -> Self {
        Self { reader: BufReader::with_capacity(1 << 18, reader), line: Vec::new(), number: 0 }
    }

    /// The next line that is not empty, without its end; `None` after the last.
    pub(crate) fn next_line(&mut self) -> Result<Option<&[u8]>, NoLine> {
        loop {
            self.line.clear();
            let mut limited = self.reader.by_ref().take(MAX_LINE as u64 + 1);
            let read = limited.read_until(b'\n', &mut self.line).map_err(NoLine::Failed)?;
            if read == 0 {
                return Ok(None);
            }
            self.number += 1;
            if self.line.len() > MAX_LINE {
                let problem = Diagnostic::new("a line has no end").at_line(self.number);
                let expected = format!("lines of at most {} MB", MAX_LINE >> 20);
                return Err(NoLine::Wrong(problem.expected(expected)));
            }
            if self.number == 1 {
                check_encoding(&self.line).map_err(NoLine::Wrong)?;
                if self.line.starts_with(b"\xef\xbb\xbf") {
                    self.line.drain(..3);
                }
            }
            while matches!(self.line.last(), Some(b'\n' | b'\r')) {
                self.line.pop();
            }
            if !self.line.is_empty() {
                break;
            }
        }
        Ok(Some(&self.line))
    }

    /// Number of the line last read, from 1.
    pub(crate) fn number(&self) -> u64 {
        self.number
    }
}

/// Refuses text of two bytes a letter and what is no text.
fn check_encoding(line: &[u8]) -> Result<(), Diagnostic> {
    let utf16 = line.starts_with(b"\xff\xfe") || line.starts_with(b"\xfe\xff");
    if utf16 || line.contains(&0) {
        let problem = if utf16 { "the file is UTF-16 text" } else { "the file is no text" };
        let problem = Diagnostic::new(problem).at_line(1).expected("UTF-8 text");
        return Err(if utf16 { problem.hint("save it as UTF-8") } else { problem });
    }
    Ok(())
}

/// The cells of a line; double quotes around a cell are taken off.
pub(crate) struct Cells<'a> {
    rest: Option<&'a [u8]>,
    separator: u8,
}

impl<'a> Cells<'a> {
    pub(crate) fn of(line: &'a [u8], separator: u8) -> Self {
        Self { rest: Some(line), separator }
    }
}

impl<'a> Iterator for Cells<'a> {
    type Item = Cow<'a, [u8]>;

    fn next(&mut self) -> Option<Self::Item> {
        let rest = self.rest?;
        if rest.first() == Some(&b'"') {
            return Some(self.quoted(rest));
        }
        let end = rest.iter().position(|byte| *byte == self.separator);
        self.rest = end.map(|end| &rest[end + 1..]);
        Some(Cow::Borrowed(&rest[..end.unwrap_or(rest.len())]))
    }
}

impl<'a> Cells<'a> {
    fn quoted(&mut self, rest: &'a [u8]) -> Cow<'a, [u8]> {
        let mut text = Cow::Borrowed(&rest[1..1]);
        let mut from = 1;
        loop {
            let end = rest[from..].iter().position(|byte| *byte == b'"').map(|end| from + end);
            let Some(end) = end else {
                // The quote is never closed: the rest of the line is the cell.
                self.rest = None;
                append(&mut text, &rest[from..]);
                return text;
            };
            append(&mut text, &rest[from..end]);
            if rest.get(end + 1) == Some(&b'"') {
                append(&mut text, b"\"");
                from = end + 2;
                continue;
            }
            let after = &rest[end + 1..];
            let next = after.iter().position(|byte| *byte == self.separator);
            append(&mut text, &after[..next.unwrap_or(after.len())]);
            self.rest = next.map(|next| &after[next + 1..]);
            return text;
        }
    }
}

fn append<'a>(text: &mut Cow<'a, [u8]>, more: &'a [u8]) {
    if text.is_empty() {
        *text = Cow::Borrowed(more);
    } else if !more.is_empty() {
        text.to_mut().extend_from_slice(more);
    }
}

/// The text of a cell as people see it, without spaces at its ends.
pub(crate) fn shown(cell: &[u8]) -> String {
    String::from_utf8_lossy(cell).trim().to_owned()
}

/// The finite number in a cell; `None` if it is none.
///
/// Most cells have at most fifteen digits and a small power of ten: both are exact in double
/// precision, so that one division rounds them right. The rest goes the standard way.
pub(crate) fn number(cell: &[u8]) -> Option<f64> {
    let text = cell.trim_ascii();
    if let Some(value) = short_number(text) {
        return Some(value);
    }
    let value: f64 = std::str::from_utf8(text).ok()?.parse().ok()?;
    value.is_finite().then_some(value)
}

const POWERS: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
    1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
];

fn short_number(text: &[u8]) -> Option<f64> {
    let (negative, digits) = match text {
        [b'-', rest @ ..] => (true, rest),
        _ => (false, text),
    };
    let mut mantissa: u64 = 0;
    let mut seen = 0;
    let mut decimals = None;
    for (index, byte) in digits.iter().enumerate() {
        match byte {
            b'0'..=b'9' => {
                mantissa = mantissa.wrapping_mul(10).wrapping_add(u64::from(byte - b'0'));
                seen += 1;
            }
            b'.' if decimals.is_none() => decimals = Some(index),
            _ => return None,
        }
    }
    // Nineteen digits cannot overflow; beyond 2^53 a mantissa is not exact.
    if seen == 0 || seen > 19 || mantissa > 1 << 53 {
        return None;
    }
    let after = decimals.map_or(0, |point| digits.len() - point - 1);
    let value = mantissa as f64 / POWERS.get(after)?;
    Some(if negative { -value } else { value })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cells(line: &str) -> Vec<String> {
        Cells::of(line.as_bytes(), b',').map(|cell| shown(&cell)).collect()
    }

    #[test]
    fn cells_are_split_and_unquoted() {
        assert_eq!(cells("a,,b"), ["a", "", "b"]);
        assert_eq!(cells("a,"), ["a", ""]);
        assert_eq!(cells("\"a,b\",\"c\"\"d\",\"\",e"), ["a,b", "c\"d", "", "e"]);
        assert_eq!(cells("\"open, to the end"), ["open, to the end"]);
        assert_eq!(cells("\"a\"x,b"), ["ax", "b"]);
    }

    #[test]
    fn numbers_are_the_standard_ones() {
        for text in [
            "0",
            "0.0",
            "-0.5",
            "12",
            "6340.3052",
            "23039.578900000004",
            "1e-6",
            "1E+05",
            " 7 ",
            "0.000000000000000000000012",
            "9007199254740993",
            "99999999999999999999",
            "-12.",
            ".5",
            "2.2250738585072014e-308",
            "0.1",
            "123456789.123456",
            "+3",
        ] {
            let standard: f64 = text.trim().parse().unwrap();
            assert_eq!(number(text.as_bytes()), Some(standard), "{text}");
        }
        for text in ["", " ", "-", ".", "abc", "NaN", "inf", "1e999", "1,5", "1 2", "--1", "1..2"] {
            assert_eq!(number(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn lines_have_numbers_and_no_ends() {
        let mut lines = Lines::new("\u{feff}a\r\n\nb".as_bytes());
        assert_eq!(lines.next_line().unwrap(), Some(&b"a"[..]));
        assert_eq!(lines.next_line().unwrap(), Some(&b"b"[..]));
        assert_eq!(lines.number(), 3);
        assert_eq!(lines.next_line().unwrap(), None);
    }

    /// A line without end is given up after a bounded part of it: no more is asked of the reader.
    #[test]
    fn a_line_of_a_gigabyte_is_refused_early() {
        struct Endless(u64);
        impl Read for Endless {
            fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
                self.0 += buffer.len() as u64;
                assert!(self.0 < 1 << 30, "a gigabyte has been read");
                buffer.fill(b'7');
                Ok(buffer.len())
            }
        }
        let mut lines = Lines::new(Endless(0));
        let Err(NoLine::Wrong(problem)) = lines.next_line() else { panic!("it was read") };
        assert_eq!(problem.problem, "a line has no end");
        assert!(lines.line.capacity() <= 2 * MAX_LINE, "{}", lines.line.capacity());
    }

    #[test]
    fn a_line_of_separators_makes_no_labels() {
        let line = vec![b','; MAX_COLUMNS + 10];
        assert_eq!(labels(&line, b',').unwrap_err().problem, "a line has too many cells");
        assert_eq!(labels(b"a,b", b',').unwrap(), ["a", "b"]);
    }

    impl PartialEq for NoLine {
        fn eq(&self, _: &Self) -> bool {
            false
        }
    }
}
