//! Which layout a download has.

use super::download::{Download, Member};
use super::text::{Cells, shown};
use super::{comtrade, eora, gloria, gtap, har, trade, wiod, wiod_long, workbook};
use crate::diagnostic::{Diagnostic, IoError};

/// A layout that can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Format {
    /// OECD inter-country input-output tables.
    Icio,
    /// Eurostat FIGARO.
    Figaro,
    /// World Input-Output Database, releases of 2013 and 2016.
    Wiod,
    /// Multi-regional tables of the Asian Development Bank.
    Adb,
    /// EXIOBASE 3, and any table that pymrio saved.
    Exiobase,
    /// Eora26.
    Eora,
    /// GTAP Data Base, in header array files.
    GtapHar,
    /// GLORIA.
    Gloria,
    /// World Input-Output Database of 2014 in long form, with tariffs.
    WiodLong,
    /// Trade: CEPII BACI.
    Baci,
    /// Trade: International Trade and Production Database for Estimation.
    Itpd,
    /// Trade: UN Comtrade, tables and answers of its API.
    Comtrade,
}

impl Format {
    /// All of them.
    pub const ALL: [Self; 12] = [
        Self::Icio,
        Self::Figaro,
        Self::Wiod,
        Self::Adb,
        Self::Exiobase,
        Self::Eora,
        Self::GtapHar,
        Self::Gloria,
        Self::WiodLong,
        Self::Baci,
        Self::Itpd,
        Self::Comtrade,
    ];

    /// Name, as the command line has it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Icio => "icio",
            Self::Figaro => "figaro",
            Self::Wiod => "wiod",
            Self::Adb => "adb",
            Self::Exiobase => "exiobase",
            Self::Eora => "eora",
            Self::GtapHar => "gtap-har",
            Self::Gloria => "gloria",
            Self::WiodLong => "wiod-long",
            Self::Baci => "baci",
            Self::Itpd => "itpd",
            Self::Comtrade => "comtrade",
        }
    }

    /// The year that the name of a file of this layout says it holds.
    pub(crate) fn year_of(self, file: &str) -> Option<i64> {
        let numbers = file.split(|letter: char| !letter.is_ascii_digit());
        let mut years = numbers
            .filter(|digits| digits.len() == 4)
            .filter_map(|digits| digits.parse::<i64>().ok())
            .filter(|year| (1900..=2100).contains(year));
        match self {
            // `ICIO2021_2018.csv` is the edition of 2021 and the year 2018.
            Self::Icio if file.to_ascii_uppercase().starts_with("ICIO2") => years.nth(1),
            // `BACI_HS22_Y2022_V202501.csv`
            Self::Wiod => years.next().or_else(|| short_year(file)),
            _ => years.next(),
        }
    }
}

/// The year in `wiot11_row_apr12.xlsx`.
fn short_year(file: &str) -> Option<i64> {
    let year: i64 = file.to_ascii_lowercase().strip_prefix("wiot")?.get(..2)?.parse().ok()?;
    Some(if year < 50 { 2000 + year } else { 1900 + year })
}

/// Bytes that are looked at: the header line of the widest table is shorter.
const BEGINNING: usize = 1 << 18;

/// Endings of files that hold text.
const TEXT: [&str; 4] = [".csv", ".txt", ".tsv", ".json"];

/// Endings of workbooks.
pub(crate) const WORKBOOKS: [&str; 3] = [".xlsx", ".xlsb", ".xlsm"];

/// Recognises the layout by names and content.
pub(crate) fn recognise(download: &Download) -> Result<Format, IoError> {
    let members = download.members();
    if !download.is_file() {
        let has = |name: &str| members.iter().any(|member| member.file_name() == name);
        if has("Z.txt") && has("Y.txt") {
            return Ok(Format::Exiobase);
        }
        if members.iter().any(|member| gloria::is_table(member, 'T')) {
            return Ok(Format::Gloria);
        }
        if wiod_long::is_here(members) {
            return Ok(Format::WiodLong);
        }
        if members.iter().any(|member| eora::is_table(member, "_t.txt")) {
            return Ok(Format::Eora);
        }
    }
    let named = |member: &&Member| download.is_file() || gtap::is_named(member);
    for member in members.iter().filter(named).take(4) {
        if har::is_har(&download.beginning(member, 64)?) {
            return Ok(Format::GtapHar);
        }
    }
    let ends =
        |member: &Member, endings: &[&str]| endings.iter().any(|ending| member.ends_with(ending));
    let mut found: Vec<Format> = Vec::new();
    // A download with several years has files that begin alike: a few tell.
    let texts = members.iter().filter(|member| download.is_file() || ends(member, &TEXT));
    for member in texts.filter(|member| !ends(member, &WORKBOOKS)).take(4) {
        let beginning = download.beginning(member, BEGINNING)?;
        found.extend(header_format(&beginning));
    }
    // Beside tables of text, a workbook is their description.
    let book = members.iter().find(|member| ends(member, &WORKBOOKS));
    if let Some(member) = book.filter(|_| found.is_empty()) {
        let bytes = download.bytes(member, workbook::MAX_WORKBOOK)?;
        let named = |problem: Diagnostic| problem.in_file(download.shown(member));
        let sheet = workbook::first_sheet(&bytes, |sheet| wiod::region_row(sheet).is_some());
        found.extend(
            sheet
                .map_err(named)?
                .map(|sheet| if wiod::is_adb(&sheet) { Format::Adb } else { Format::Wiod }),
        );
    }
    found.sort_unstable();
    found.dedup();
    match found[..] {
        [format] => Ok(format),
        [] if download.is_file() => Err(other(download)?.unwrap_or_else(|| {
            unrecognised(download, "the layout of the table is not recognised")
        })),
        [] => Err(unrecognised(download, "the layout of the table is not recognised")),
        _ => Err(unrecognised(download, "the files are of several layouts")),
    }
}

fn unrecognised(download: &Download, problem: &str) -> IoError {
    let names: Vec<String> =
        Format::ALL.iter().map(|format| format!("`{}`", format.name())).collect();
    Diagnostic::new(problem)
        .in_file(download.path().display().to_string())
        .expected(format!("one of {}", names.join(", ")))
        .hint("name the layout with `--format`")
        .into()
}

/// The layout that the first line of a text belongs to.
fn header_format(beginning: &[u8]) -> Option<Format> {
    if comtrade::is_answer(beginning) {
        return Some(Format::Comtrade);
    }
    let end = beginning.iter().position(|byte| *byte == b'\n').unwrap_or(beginning.len());
    let line = beginning[..end].trim_ascii_end();
    let line = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line);
    let cells: Vec<String> = Cells::of(line, b',').map(|cell| shown(&cell)).collect();
    let (first, rest) = cells.split_first()?;
    for (source, format) in [(&trade::BACI, Format::Baci), (&trade::ITPD, Format::Itpd)] {
        if source.has_header(&cells) {
            return Some(format);
        }
    }
    if comtrade::has_header(&cells) {
        return Some(Format::Comtrade);
    }
    let wide = cells.starts_with(&["IndustryCode".to_owned(), "IndustryDescription".to_owned()]);
    let dotted =
        |cell: &&String| cell.split_once('.').is_some_and(|(_, part)| part.starts_with('c'));
    if wide || (rest.iter().take(20).all(|cell| dotted(&cell)) && rest.len() >= 2) {
        return Some(Format::Wiod);
    }
    let labelled = |cell: &&String| {
        let region = cell.split_once('_').map_or("", |(region, _)| region);
        !region.is_empty() && !region.contains(|letter: char| letter.is_ascii_lowercase())
    };
    if first.eq_ignore_ascii_case("rowLabels") {
        return Some(Format::Figaro);
    }
    let labels = rest.iter().filter(labelled).count();
    if labels >= 2 && labels + 2 > rest.len() && !first.contains('_') {
        return Some(Format::Icio);
    }
    None
}

/// Files that are no table of the world: columns they have, what they are, and what reads them.
const OTHERS: [(&[&str], &str, &str); 8] = [
    (&["Reporter_ISO_N", "ProductCode", "SimpleAverage"], "tariffs", TARIFFS),
    (&["Reporter", "Product", "Tariff Year"], "tariffs", TARIFFS),
    (&["HS6", "sigma"], "elasticities", ELASTICITIES),
    (&["HS0_3d", "sigma"], "elasticities", ELASTICITIES),
    (&["gtap_sector", "epsilon_GTAP"], "elasticities", ELASTICITIES),
    (
        &["HS_6d", "ISIC4_2d"],
        "a table of products and industries",
        "commands take it as `--concordance`",
    ),
    (
        &["hs6", "isic4"],
        "a table of products and industries",
        "commands take it as `--concordance`",
    ),
    (
        &["exporter", "importer", "product", "value"],
        "trade by product",
        "commands take it as `--trade`",
    ),
];
/// Endings of files of R and Stata.
const STATISTICS: [&str; 4] = [".rdata", ".rda", ".rds", ".dta"];
const TARIFFS: &str = "`viner data tariffs` reads them";
const ELASTICITIES: &str = "`viner data elasticities` reads them";

/// What a file is that is known and no table of the world; nothing for one that is not known.
fn other(download: &Download) -> Result<Option<IoError>, IoError> {
    let Some(member) = download.members().first() else { return Ok(None) };
    let problem = if STATISTICS.iter().any(|ending| member.ends_with(ending)) {
        Diagnostic::new("files of R and Stata are not read")
            .hint("write the table as CSV there, in the layout of its maker")
    } else {
        let beginning = download.beginning(member, 1 << 12)?;
        let shown_path = || download.path().display().to_string();
        if beginning.is_empty() {
            return Ok(Some(Diagnostic::new("the file is empty").in_file(shown_path()).into()));
        }
        if beginning.trim_ascii_start().starts_with(b"<") {
            let problem = Diagnostic::new("the file is a web page, and no table");
            let problem = problem.hint("its maker may ask for a login: download it in a browser");
            return Ok(Some(problem.in_file(shown_path()).into()));
        }
        let line = beginning.split(|byte| *byte == b'\n').next().unwrap_or_default();
        let cells: Vec<String> =
            Cells::of(line.trim_ascii_end(), b',').map(|cell| shown(&cell)).collect();
        let has = |names: &[&str]| names.iter().all(|name| cells.iter().any(|cell| cell == name));
        let Some((_, what, hint)) = OTHERS.into_iter().find(|(names, _, _)| has(names)) else {
            return Ok(None);
        };
        Diagnostic::new(format!("the file holds {what}, and no table of the world")).hint(hint)
    };
    Ok(Some(problem.in_file(download.path().display().to_string()).into()))
}

/// Endings that tables of a layout have.
fn endings(format: Format) -> Vec<&'static str> {
    match format {
        Format::Adb => WORKBOOKS.to_vec(),
        Format::Wiod => [&TEXT[..], &WORKBOOKS[..]].concat(),
        _ => TEXT.to_vec(),
    }
}

/// The file to read of a download.
pub(crate) fn choose(
    download: &Download,
    format: Format,
    year: Option<i64>,
) -> Result<&Member, IoError> {
    let here = || download.path().display().to_string();
    if download.is_file() {
        return download.members().first().ok_or_else(|| nothing(download, format));
    }
    let tables: Vec<&Member> = download
        .members()
        .iter()
        .filter(|member| endings(format).iter().any(|ending| member.ends_with(ending)))
        .filter(|member| {
            let name = member.file_name().to_ascii_lowercase();
            !name.contains("_codes_") && !name.starts_with("readme")
        })
        .filter(|member| format.year_of(member.file_name()).is_some())
        .collect();
    let years: Vec<i64> =
        tables.iter().filter_map(|member| format.year_of(member.file_name())).collect();
    let names = || tables.iter().map(|member| member.file_name()).collect::<Vec<_>>();
    let wanted: Vec<&Member> = match year {
        Some(year) => tables
            .iter()
            .zip(&years)
            .filter(|(_, of)| **of == year)
            .map(|(file, _)| *file)
            .collect(),
        None => tables.clone(),
    };
    match wanted[..] {
        [member] => Ok(member),
        [] if tables.is_empty() => Err(nothing(download, format)),
        [] => {
            let year = year.unwrap_or_default();
            let years = years.iter().map(i64::to_string).collect::<Vec<_>>().join(", ");
            let problem = Diagnostic::new(format!("there is no table of the year {year}"));
            Err(problem.in_file(here()).found(format!("the years {years}")).into())
        }
        _ => {
            let mut distinct = years.clone();
            distinct.sort_unstable();
            distinct.dedup();
            let problem = Diagnostic::new("there are several tables").in_file(here());
            let years = distinct.iter().map(i64::to_string).collect::<Vec<_>>().join(", ");
            Err(if year.is_none() && distinct.len() == tables.len() {
                problem.found(format!("the years {years}")).hint("name one with `--year`").into()
            } else {
                problem.found(names().join(", ")).hint("unpack it and name one file").into()
            })
        }
    }
}

fn nothing(download: &Download, format: Format) -> IoError {
    Diagnostic::new(format!("there is no file of the layout `{}`", format.name()))
        .in_file(download.path().display().to_string())
        .into()
}
