//! English names of products of the Harmonized System.
//!
//! The names are those of UN Comtrade for the edition of 2022, as the data package
//! `datasets/harmonized-system` has them under the Public Domain Dedication and Licence;
//! `data/sources/harmonized_system.py` writes the file.

use std::collections::HashMap;
use std::io::Read as _;
use std::sync::OnceLock;

use flate2::read::GzDecoder;

/// `code`, `name`: chapters of two digits, headings of four, products of six.
const NAMES: &[u8] = include_bytes!("harmonized_system.tsv.gz");
/// Letters of a name that a message shows.
const SHOWN: usize = 80;

/// Name of a code, and the code that has it: the code itself, or the heading or chapter that it
/// belongs to where the edition of 2022 does not have it; nothing for what is no such code.
pub fn product_name(code: &str) -> Option<(&str, &'static str)> {
    if !code.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let mut known = [code.len(), 4, 2].into_iter().filter(|length| *length <= code.len());
    known.find_map(|length| Some((&code[..length], *names().get(&code[..length])?)))
}

/// A code with the beginning of its name: `2709 (Petroleum oils ..., crude)`.
pub fn described(code: &str) -> String {
    let Some((of, name)) = product_name(code) else { return code.to_owned() };
    let short: String = name.chars().take(SHOWN).collect();
    let more = if short.len() < name.len() { "..." } else { "" };
    let whose = if of == code { String::new() } else { format!("of {of}: ") };
    format!("{code} ({whose}{}{more})", short.trim_end())
}

/// All products of six digits.
pub(super) fn products() -> impl Iterator<Item = &'static str> {
    names().keys().copied().filter(|code| code.len() == 6)
}

fn names() -> &'static HashMap<&'static str, &'static str> {
    static TEXT: OnceLock<String> = OnceLock::new();
    static INDEX: OnceLock<HashMap<&'static str, &'static str>> = OnceLock::new();
    INDEX.get_or_init(|| {
        let text = TEXT.get_or_init(|| {
            let mut text = String::new();
            // A file that is built in unpacks, as a test shows.
            let _ = GzDecoder::new(NAMES).read_to_string(&mut text);
            text
        });
        let rows = text.lines().skip(1).filter_map(|line| line.split_once('\t'));
        rows.collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_level_is_there() {
        let count = |digits| names().keys().filter(|code| code.len() == digits).count();
        assert_eq!((count(2), count(4), count(6)), (97, 1229, 5613));
        for code in names().keys().filter(|code| code.len() > 2) {
            assert!(names().contains_key(&code[..code.len() - 2]), "{code}");
        }
        assert!(names().values().all(|name| !name.is_empty() && !name.starts_with('"')));
    }

    #[test]
    fn codes_have_their_own_name_or_that_of_their_group() {
        assert_eq!(product_name("01"), Some(("01", "Animals; live")));
        assert_eq!(product_name("2709").unwrap().0, "2709");
        assert!(product_name("270900").unwrap().1.contains("crude"));
        // An aircraft part of the edition of 2017.
        assert_eq!(product_name("880330").unwrap().0, "88");
        assert_eq!(described("880330"), "880330 (of 88: Aircraft, spacecraft, and parts thereof)");
        assert_eq!(product_name("870").unwrap().0, "87");
        assert_eq!((product_name("C19"), product_name(""), product_name("7")), (None, None, None));
        assert_eq!(described("wht"), "wht");
    }
}
