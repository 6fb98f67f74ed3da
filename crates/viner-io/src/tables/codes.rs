//! Codes of countries: ISO 3166, the numbers of UN M49, those of countries that are no more, and
//! those that single sources use.
//!
//! `countries.csv` is ISO 3166-1 as of 2025: three letters, two letters, number (which is that of UN
//! M49), English name. A code that is none of these stays as the source has it, and the import says
//! so.

use std::collections::HashMap;
use std::sync::OnceLock;

/// A line each: three letters, two letters, number, name.
const COUNTRIES: &str = include_str!("countries.csv");

/// Codes beside ISO 3166-1 that keep their code: aggregates, and countries whose trade ended with
/// them (ISO 3166-3).
const OTHERS: [(&str, &str); 32] = [
    ("ROW", "Rest of the world"),
    ("WLD", "World"),
    ("XKX", "Kosovo"),
    ("KSV", "Kosovo"),
    ("ANT", "Netherlands Antilles"),
    ("BLX", "Belgium-Luxembourg"),
    ("CSK", "Czechoslovakia"),
    ("DDR", "German Democratic Republic"),
    ("SCG", "Serbia and Montenegro"),
    ("SUN", "Soviet Union"),
    ("USR", "Soviet Union"),
    ("YUG", "Yugoslavia"),
    ("YMD", "Democratic Yemen"),
    ("EUN", "European Union"),
    ("CN1", "China, without processing for exports"),
    ("CN2", "China, processing for exports"),
    ("MX1", "Mexico, without global manufacturing"),
    ("MX2", "Mexico, global manufacturing"),
    // The rests of the world of EXIOBASE. In ISO 3166, `WF` is Wallis and Futuna.
    ("WA", "Rest of Asia and Pacific"),
    ("WE", "Rest of Europe"),
    ("WF", "Rest of Africa"),
    ("WL", "Rest of Latin America"),
    ("WM", "Rest of Middle East"),
    ("EU", "European Union"),
    ("EU15", "European Union, the 15 members of 1995"),
    ("EU27", "European Union, its members since 2020"),
    ("EU28", "European Union, its members from 2013 to 2020"),
    ("EA19", "Euro area, its members from 2015 to 2022"),
    ("EA20", "Euro area, its members from 2023"),
    ("PCZ", "Panama Canal Zone"),
    ("PCI", "Pacific Islands (trust territory)"),
    ("VDR", "Viet-Nam, Democratic Republic of"),
];

/// Those of [`OTHERS`] that stand for countries which are no more.
const HISTORIC: [&str; 12] =
    ["ANT", "BLX", "CSK", "DDR", "PCI", "PCZ", "SCG", "SUN", "USR", "VDR", "YMD", "YUG"];
/// Those of [`OTHERS`] that stand for a part of a country.
const PARTS: [&str; 4] = ["CN1", "CN2", "MX1", "MX2"];

/// Codes that today's ISO 3166 has replaced for the same territory, and ways to write one code.
const REPLACED: [(&str, &str); 15] = [
    ("ROM", "ROU"),
    ("ZAR", "COD"),
    ("TMP", "TLS"),
    ("BUR", "MMR"),
    ("BYS", "BLR"),
    ("DHY", "BEN"),
    ("FXX", "FRA"),
    ("HVO", "BFA"),
    ("RHO", "ZWE"),
    // Not ISO 3166's, but CEPII's and the World Bank's.
    ("PAL", "PSE"),
    ("WBG", "PSE"),
    // BACI's "Other Asia, not elsewhere specified", which is Taiwan by its own account.
    ("S19", "TWN"),
    ("RoW", "ROW"),
    ("ROTW", "ROW"),
    ("FIGW1", "ROW"),
];

/// Codes of two letters that are not those of ISO 3166.
const TWO_LETTERS: [(&str, &str); 2] = [("EL", "GRC"), ("UK", "GBR")];

/// The Asian Development Bank's codes where they are not ISO 3166's.
const ADB: [(&str, &str); 27] = [
    ("BAN", "BGD"),
    ("BHU", "BTN"),
    ("BRU", "BRN"),
    ("CAM", "KHM"),
    ("DEN", "DNK"),
    ("FIJ", "FJI"),
    ("GER", "DEU"),
    ("INO", "IDN"),
    ("IRE", "IRL"),
    ("KUW", "KWT"),
    ("MAL", "MYS"),
    ("MLD", "MDV"),
    ("MON", "MNG"),
    ("NEP", "NPL"),
    ("NET", "NLD"),
    ("PHI", "PHL"),
    ("POR", "PRT"),
    ("PRC", "CHN"),
    ("ROM", "ROU"),
    ("SIN", "SGP"),
    ("SPA", "ESP"),
    ("SRI", "LKA"),
    ("SWI", "CHE"),
    ("TAP", "TWN"),
    ("UAE", "ARE"),
    ("UKG", "GBR"),
    ("VIE", "VNM"),
];

/// The GTAP Data Base's regions of several countries, in capitals.
const GTAP: [(&str, &str); 20] = [
    ("XOC", "Rest of Oceania"),
    ("XEA", "Rest of East Asia"),
    ("XSE", "Rest of Southeast Asia"),
    ("XSA", "Rest of South Asia"),
    ("XNA", "Rest of North America"),
    ("XSM", "Rest of South America"),
    ("XCA", "Rest of Central America"),
    ("XCB", "Rest of Caribbean"),
    ("XEF", "Rest of European Free Trade Association"),
    ("XEE", "Rest of Eastern Europe"),
    ("XER", "Rest of Europe"),
    ("XSU", "Rest of former Soviet Union"),
    ("XWS", "Rest of Western Asia"),
    ("XNF", "Rest of North Africa"),
    ("XWF", "Rest of Western Africa"),
    ("XCF", "Rest of Central Africa"),
    ("XAC", "Rest of South and Central Africa"),
    ("XEC", "Rest of Eastern Africa"),
    ("XSC", "Rest of Southern African Customs Union"),
    ("XTW", "Rest of the world"),
];

/// Numbers that customs statistics use where ISO 3166 has another for the country, or none.
const NUMBERS: [(u16, &str); 19] = [
    (58, "BLX"),
    (200, "CSK"),
    (230, "ETH"),
    (251, "FRA"),
    (278, "DDR"),
    (280, "DEU"),
    (381, "ITA"),
    (490, "TWN"),
    (530, "ANT"),
    (579, "NOR"),
    (699, "IND"),
    (720, "YMD"),
    (736, "SDN"),
    (757, "CHE"),
    (810, "SUN"),
    (842, "USA"),
    (886, "YEM"),
    (890, "YUG"),
    (891, "SCG"),
];

/// Members of the European Union, the first whole year of membership, and the first year outside its
/// customs union.
const EUROPEAN_UNION: [(&str, i64, i64); 28] = [
    ("AUT", 1995, i64::MAX),
    ("BEL", 1958, i64::MAX),
    ("BGR", 2007, i64::MAX),
    ("CYP", 2005, i64::MAX),
    ("CZE", 2005, i64::MAX),
    ("DEU", 1958, i64::MAX),
    ("DNK", 1973, i64::MAX),
    ("ESP", 1986, i64::MAX),
    ("EST", 2005, i64::MAX),
    ("FIN", 1995, i64::MAX),
    ("FRA", 1958, i64::MAX),
    ("GBR", 1973, 2021),
    ("GRC", 1981, i64::MAX),
    ("HRV", 2014, i64::MAX),
    ("HUN", 2005, i64::MAX),
    ("IRL", 1973, i64::MAX),
    ("ITA", 1958, i64::MAX),
    ("LTU", 2005, i64::MAX),
    ("LUX", 1958, i64::MAX),
    ("LVA", 2005, i64::MAX),
    ("MLT", 2005, i64::MAX),
    ("NLD", 1958, i64::MAX),
    ("POL", 2005, i64::MAX),
    ("PRT", 1986, i64::MAX),
    ("ROU", 2007, i64::MAX),
    ("SVK", 2005, i64::MAX),
    ("SVN", 2005, i64::MAX),
    ("SWE", 1995, i64::MAX),
];

/// Which codes a source writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scheme {
    /// Three letters of ISO 3166.
    Alpha3,
    /// Two letters, as Eurostat and EXIOBASE have them.
    Alpha2,
    /// The Asian Development Bank's.
    Adb,
}

/// What is known of a code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Reading {
    /// It stands for itself.
    Same,
    /// It is another way to write this code.
    Is(&'static str),
    /// No list has it.
    Unknown,
}

/// Reads a code as a source writes it.
pub(crate) fn read(code: &str, scheme: Scheme) -> Reading {
    let find = |list: &[(&str, &'static str)]| {
        list.iter().find(|(from, _)| *from == code).map(|(_, to)| *to)
    };
    let replaced = match scheme {
        Scheme::Adb => find(&ADB).or_else(|| find(&REPLACED)),
        Scheme::Alpha3 => find(&REPLACED),
        // The sources' own rests of the world come before ISO 3166: EXIOBASE's `WF` is Africa.
        Scheme::Alpha2 if find(&OTHERS).is_some() => None,
        Scheme::Alpha2 => find(&REPLACED)
            .or_else(|| find(&TWO_LETTERS))
            .or_else(|| index().by_two.get(code).copied()),
    };
    match replaced {
        Some(same) if same == code => Reading::Same,
        Some(other) => Reading::Is(other),
        None if name(code).is_some() => Reading::Same,
        None => Reading::Unknown,
    }
}

/// The code of three letters of a number of ISO 3166, UN M49 or customs statistics.
pub(crate) fn by_number(number: u16) -> Option<&'static str> {
    let special = NUMBERS.iter().find(|(known, _)| *known == number).map(|(_, code)| *code);
    special.or_else(|| index().by_number.get(&number).copied())
}

/// Whether a number is one of those that only customs statistics use for the country.
pub(crate) fn is_customs_number(number: u16) -> bool {
    NUMBERS.iter().any(|(known, _)| *known == number)
}

/// The code of three letters of a number as a file writes it.
pub(crate) fn region_of_number(number: &str) -> Option<&'static str> {
    number.parse().ok().and_then(by_number)
}

/// Members of the European Union in a year, from the first whole year of membership on.
pub(crate) fn european_union(year: i64) -> Vec<&'static str> {
    EUROPEAN_UNION
        .iter()
        .filter(|(_, from, until)| (*from..*until).contains(&year))
        .map(|(code, _, _)| *code)
        .collect()
}

/// Whether a code is that of a country that is no more.
pub(crate) fn is_historic(code: &str) -> bool {
    HISTORIC.contains(&code)
}

/// Whether a code is that of a part of a country.
pub(crate) fn is_part(code: &str) -> bool {
    PARTS.contains(&code)
}

/// English name of a code.
pub(crate) fn name(code: &str) -> Option<&'static str> {
    let other = || OTHERS.iter().find(|(known, _)| *known == code).map(|(_, name)| *name);
    index().names.get(code).copied().or_else(other)
}

/// English name of a region of several countries in the GTAP Data Base.
pub(crate) fn gtap(code: &str) -> Option<&'static str> {
    GTAP.iter().find(|(known, _)| *known == code).map(|(_, name)| *name)
}

struct Index {
    names: HashMap<&'static str, &'static str>,
    by_two: HashMap<&'static str, &'static str>,
    by_number: HashMap<u16, &'static str>,
}

fn index() -> &'static Index {
    static INDEX: OnceLock<Index> = OnceLock::new();
    INDEX.get_or_init(|| {
        let mut index =
            Index { names: HashMap::new(), by_two: HashMap::new(), by_number: HashMap::new() };
        for line in COUNTRIES.lines().skip(1) {
            let mut cells = line.splitn(4, ',');
            let mut next = || cells.next().unwrap_or_default();
            let (three, two, number, name) = (next(), next(), next(), next());
            index.names.insert(three, name);
            index.by_two.insert(two, three);
            if let Ok(number) = number.parse() {
                index.by_number.insert(number, three);
            }
        }
        index
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_country_of_the_list_is_read() {
        assert_eq!(index().names.len(), 249);
        assert_eq!(index().by_two.len(), 249);
        assert_eq!(index().by_number.len(), 249);
        assert!(index().names.values().all(|name| !name.is_empty() && name.trim() == *name));
    }

    #[test]
    fn codes_are_read_in_their_scheme() {
        use Reading::{Is, Same, Unknown};
        for (code, scheme, reading) in [
            ("RUS", Scheme::Alpha3, Same),
            ("ROM", Scheme::Alpha3, Is("ROU")),
            ("ZAR", Scheme::Alpha3, Is("COD")),
            ("TMP", Scheme::Alpha3, Is("TLS")),
            ("FXX", Scheme::Alpha3, Is("FRA")),
            ("YUG", Scheme::Alpha3, Same),
            ("EU27", Scheme::Alpha3, Same),
            ("XKX", Scheme::Alpha3, Same),
            ("TWN", Scheme::Alpha3, Same),
            ("SCG", Scheme::Alpha3, Same),
            ("RoW", Scheme::Alpha3, Is("ROW")),
            ("DE", Scheme::Alpha3, Unknown),
            ("XQZ", Scheme::Alpha3, Unknown),
            ("DE", Scheme::Alpha2, Is("DEU")),
            ("EL", Scheme::Alpha2, Is("GRC")),
            ("GR", Scheme::Alpha2, Is("GRC")),
            ("UK", Scheme::Alpha2, Is("GBR")),
            ("FIGW1", Scheme::Alpha2, Is("ROW")),
            ("WF", Scheme::Alpha2, Same),
            ("PRC", Scheme::Adb, Is("CHN")),
            ("KAZ", Scheme::Adb, Same),
            ("AUS", Scheme::Adb, Same),
        ] {
            assert_eq!(read(code, scheme), reading, "{code}");
        }
    }

    #[test]
    fn historic_codes_and_parts_are_in_the_list() {
        for code in HISTORIC.iter().chain(&PARTS) {
            assert!(OTHERS.iter().any(|(known, _)| known == code), "{code}");
        }
    }

    #[test]
    fn numbers_of_customs_statistics_are_read() {
        for (number, code) in [
            (842, "USA"),
            (840, "USA"),
            (251, "FRA"),
            (490, "TWN"),
            (643, "RUS"),
            (890, "YUG"),
            (891, "SCG"),
        ] {
            assert_eq!(by_number(number), Some(code));
        }
        // One number, one country: what customs statistics use is no number of ISO 3166.
        for (number, _) in NUMBERS {
            assert!(!index().by_number.contains_key(&number), "{number}");
        }
        assert_eq!(by_number(999), None);
    }
}
