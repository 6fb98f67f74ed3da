//! Divisions of ISIC Rev. 4 that sectors hold.

use std::collections::BTreeSet;
use std::path::Path;

use viner_model::labels::Labels;

use crate::diagnostic::{Diagnostic, IoError};
use crate::operations::Sheet;

/// Sections, and the first and last of their divisions.
const SECTIONS: [(char, u8, u8); 21] = [
    ('A', 1, 3),
    ('B', 5, 9),
    ('C', 10, 33),
    ('D', 35, 35),
    ('E', 36, 39),
    ('F', 41, 43),
    ('G', 45, 47),
    ('H', 49, 53),
    ('I', 55, 56),
    ('J', 58, 63),
    ('K', 64, 66),
    ('L', 68, 68),
    ('M', 69, 75),
    ('N', 77, 82),
    ('O', 84, 84),
    ('P', 85, 85),
    ('Q', 86, 88),
    ('R', 90, 93),
    ('S', 94, 96),
    ('T', 97, 98),
    ('U', 99, 99),
];

/// The divisions of each sector of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SectorDivisions(Vec<BTreeSet<u8>>);

impl SectorDivisions {
    /// Reads the codes of the sectors, which must be those of ISIC Rev. 4 or of groups of its
    /// divisions: `B`, `C10T12`, `C10-C12`, `B05_06`, `C301`.
    ///
    /// # Errors
    /// `Input` with the codes that are none.
    pub fn of_codes(sectors: &Labels) -> Result<Self, IoError> {
        let all: Vec<Option<BTreeSet<u8>>> = sectors.codes().map(divisions).collect();
        let unread: Vec<&str> = sectors
            .codes()
            .zip(&all)
            .filter(|(_, of)| of.is_none())
            .map(|(code, _)| code)
            .collect();
        if unread.is_empty() {
            return Ok(Self(all.into_iter().flatten().collect()));
        }
        let shown: Vec<String> = unread.iter().take(5).map(|code| format!("`{code}`")).collect();
        Err(Diagnostic::new("sectors are not coded by ISIC Rev. 4")
            .found(format!("{} of {}, such as {}", unread.len(), all.len(), shown.join(", ")))
            .expected("codes such as `A`, `B05_06`, `C10T12`, `C10-C12`")
            .hint("name a file with columns `sector` and `isic4` by `--sectors`")
            .into())
    }

    /// Reads a file with columns `sector` (or `code`) and `isic4`, which holds codes as
    /// [`Self::of_codes`] reads them, several separated by commas, semicolons or spaces.
    ///
    /// # Errors
    /// `Input` with everything that is wrong in it, `File` if the file system fails.
    pub fn read(path: &Path, sectors: &Labels) -> Result<Self, IoError> {
        let sheet = Sheet::read_any(path, &["isic4"])?;
        let mut all = vec![BTreeSet::new(); sectors.len()];
        let mut problems = sheet.problems_here();
        for row in &sheet.rows {
            let code = match sheet.cell(row, "sector") {
                "" => sheet.cell(row, "code"),
                code => code,
            };
            let text = sheet.cell(row, "isic4");
            match (sectors.position(code), divisions(text)) {
                (Some(at), Some(of)) => all[at].extend(of),
                (None, _) => {
                    problems.push(
                        Diagnostic::unknown("sector", code, sectors.codes()).at_line(row.line),
                    );
                }
                (_, None) => {
                    let problem = Diagnostic::new("not codes of ISIC Rev. 4").at_line(row.line);
                    problems.push(problem.found(format!("`{text}`")));
                }
            }
        }
        if problems.is_empty() { Ok(Self(all)) } else { Err(problems.into_diagnostics().into()) }
    }

    /// Sectors that hold a division.
    pub(super) fn holding(&self, division: u8) -> impl Iterator<Item = usize> + '_ {
        self.0.iter().enumerate().filter(move |(_, of)| of.contains(&division)).map(|(at, _)| at)
    }

    /// Sectors that hold only a part of a division, as others hold it too.
    pub fn partial(&self) -> Vec<usize> {
        let shared = |division: &u8| self.holding(*division).count() > 1;
        (0..self.0.len()).filter(|at| self.0[*at].iter().any(shared)).collect()
    }
}

/// The divisions that a text names; `None` if it is no code of ISIC Rev. 4.
pub(super) fn divisions(text: &str) -> Option<BTreeSet<u8>> {
    let mut all = BTreeSet::new();
    let parts = text.split([',', ';', ' ']).filter(|part| !part.is_empty());
    for part in parts {
        all.extend(group(part)?);
    }
    (!all.is_empty()).then_some(all)
}

/// One code or group: a letter and perhaps numbers, joined by `_` (and), `-` or `T` (to).
fn group(text: &str) -> Option<BTreeSet<u8>> {
    let ends_in_digit = |text: &&str| text.ends_with(|c: char| c.is_ascii_digit());
    // `C24A` and `C24B` are parts of a division.
    let text = text.strip_suffix(['A', 'B']).filter(ends_in_digit).unwrap_or(text);
    let mut all = BTreeSet::new();
    let (mut rest, mut letter, mut from) = (text, None, None);
    loop {
        let (part, joint) = first_part(rest);
        let (first, last) = part_divisions(part, &mut letter)?;
        let first = from.unwrap_or(first);
        if first > last {
            return None;
        }
        all.extend((first..=last).filter(|division| is_division(*division)));
        let Some(joint) = joint else { return Some(all) };
        from = (joint != '_').then_some(first);
        rest = &rest[part.len() + 1..];
    }
}

/// What stands before the first joint, and the joint; `T` is one between numbers only.
fn first_part(text: &str) -> (&str, Option<char>) {
    let digit = |at: usize| text.as_bytes().get(at).is_some_and(u8::is_ascii_digit);
    let joint = text.char_indices().find(|(at, letter)| {
        matches!(letter, '_' | '-') || (*letter == 'T' && *at > 0 && digit(at - 1) && digit(at + 1))
    });
    joint.map_or((text, None), |(at, letter)| (&text[..at], Some(letter)))
}

/// First and last division of a section, a division, or a group of one by three digits; a number
/// without a letter belongs to the section before it.
fn part_divisions(part: &str, letter: &mut Option<&'static (char, u8, u8)>) -> Option<(u8, u8)> {
    let mut digits = part;
    if let Some(first) = part.chars().next().filter(|first| !first.is_ascii_digit()) {
        *letter = Some(SECTIONS.iter().find(|(known, _, _)| *known == first)?);
        digits = &part[first.len_utf8()..];
        if digits.is_empty() {
            return letter.map(|(_, first, last)| (*first, *last));
        }
    }
    let (_, first, last) = (*letter)?;
    let number: u16 = digits.parse().ok().filter(|_| digits.bytes().all(|b| b.is_ascii_digit()))?;
    let division = u8::try_from(if digits.len() >= 3 { number / 10 } else { number }).ok()?;
    (*first..=*last).contains(&division).then_some((division, division))
}

fn is_division(number: u8) -> bool {
    SECTIONS.iter().any(|(_, first, last)| (*first..=*last).contains(&number))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<Vec<u8>> {
        divisions(text).map(|all| all.into_iter().collect())
    }

    #[test]
    fn codes_of_official_tables_are_read() {
        for (code, expected) in [
            ("A", vec![1, 2, 3]),
            ("T", vec![97, 98]),
            ("A01_02", vec![1, 2]),
            ("B05_06", vec![5, 6]),
            ("C10T12", vec![10, 11, 12]),
            ("C10-C12", vec![10, 11, 12]),
            ("C10-12", vec![10, 11, 12]),
            ("C31_C32", vec![31, 32]),
            ("C31T33", vec![31, 32, 33]),
            ("C28,C33", vec![28, 33]),
            ("C24A", vec![24]),
            ("C301", vec![30]),
            ("C302T309", vec![30]),
            ("J58T60", vec![58, 59, 60]),
            ("D_E", vec![35, 36, 37, 38, 39]),
            ("E37-E39", vec![37, 38, 39]),
            ("R-U", vec![90, 91, 92, 93, 94, 95, 96, 97, 98, 99]),
            ("R_S", vec![90, 91, 92, 93, 94, 95, 96]),
        ] {
            assert_eq!(read(code), Some(expected), "{code}");
        }
    }

    #[test]
    fn other_codes_are_refused() {
        for code in [
            "",
            "C01",
            "S10",
            "c1",
            "oil",
            "Crude oil",
            "C12T10",
            "C10T",
            "10",
            "X",
            "CN1",
            "AB",
            "_A",
            "C-",
            "",
        ] {
            assert_eq!(read(code), None, "{code}");
        }
    }
}
