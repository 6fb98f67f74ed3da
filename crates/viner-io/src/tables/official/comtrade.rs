//! Trade of UN Comtrade: its tables since 2023 and before, and the answers of its API.
//!
//! Every flow may be there twice, as its importer and its exporter report it, and every product at
//! several levels: one report and one level are taken. What is part of another row is left out and
//! counted: totals for the world, re-exports, breakdowns by second partner, customs procedure and mode
//! of transport.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::Value;

use super::columns::{self, Columns};
use super::download::{Download, Member};
use super::trade::Trade;
use super::trade_book::Book;
use crate::diagnostic::{Diagnostic, IoError};
use crate::tables::codes;
use crate::tables::problems::Problems;

/// Whose report of a flow is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mirror {
    /// The importer's: values at cif prices.
    Importer,
    /// The exporter's: values at fob prices, re-exports included.
    Exporter,
}

impl Mirror {
    /// Both, by name.
    pub const ALL: [(&'static str, Self); 2] =
        [("importer", Self::Importer), ("exporter", Self::Exporter)];

    fn name(self) -> &'static str {
        if self == Self::Importer { "importer" } else { "exporter" }
    }
}

/// What is taken of the file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ComtradeOptions {
    /// Whose report is taken; the importers' if absent, and the exporters' if there is none of those.
    pub mirror: Option<Mirror>,
    /// Digits of the codes of products; the most that the file has if absent.
    pub digits: Option<usize>,
}

/// The largest answer of the API that is held.
const MAX_ANSWER: u64 = 1 << 28;
/// Rows at which the API cuts an answer: the preview, and with a key.
const CUT: [usize; 3] = [500, 100_000, 250_000];

/// Columns since 2023. The API names its fields alike.
const RECENT: Columns<'_> = Columns {
    required: &["refYear", "reporterCode", "flowCode", "partnerCode", "cmdCode", "primaryValue"],
    optional: &["freqCode", "typeCode", "partner2Code", "customsCode", "motCode", "mosCode"],
};

/// Columns up to 2023.
const LEGACY: Columns<'_> = Columns {
    required: &[
        "Year",
        "Reporter Code",
        "Trade Flow Code",
        "Partner Code",
        "Commodity Code",
        "Trade Value (US$)",
    ],
    optional: &[
        "Period",
        "Classification",
        "2nd Partner Code",
        "Customs Proc. Code",
        "Mode of Transport Code",
    ],
};

/// Whether a header is one of the two.
pub(crate) fn has_header(header: &[String]) -> bool {
    [RECENT, LEGACY]
        .iter()
        .any(|columns| columns.required.iter().all(|name| header.iter().any(|cell| cell == name)))
}

/// Whether a text begins as an answer of the API.
pub(crate) fn is_answer(beginning: &[u8]) -> bool {
    let text = String::from_utf8_lossy(beginning);
    text.trim_start_matches('\u{feff}').trim_start().starts_with(['{', '['])
        && text.contains("\"reporterCode\"")
        && text.contains("\"flowCode\"")
}

/// One row, in either layout.
struct Row {
    year: String,
    reporter: String,
    flow: String,
    partner: String,
    product: String,
    value: f64,
    frequency: String,
    kind: String,
    /// Second partner, customs procedure, mode of transport, mode of supply: zero or empty for all.
    breakdowns: [String; 4],
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Answer {
    Wrapped { data: Vec<serde_json::Map<String, Value>> },
    Bare(Vec<serde_json::Map<String, Value>>),
}

/// Reads trade of a file.
pub(crate) fn read(
    download: &Download,
    member: &Member,
    year: Option<i64>,
    options: ComtradeOptions,
) -> Result<Trade, IoError> {
    let mut problems = Problems::of(download.shown(member));
    let mut reader = Reader { wanted: year, ..Reader::default() };
    let beginning = download.beginning(member, 1 << 12)?;
    if is_answer(&beginning) {
        let bytes = download.bytes(member, MAX_ANSWER)?;
        let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
        let rows = match serde_json::from_slice(text) {
            Ok(Answer::Wrapped { data } | Answer::Bare(data)) => data,
            Err(error) => {
                let problem = Diagnostic::new(format!("not an answer of the API: {error}"));
                return Err(problem.in_file(download.shown(member)).into());
            }
        };
        for (index, row) in rows.iter().enumerate() {
            if let Err(problem) = json_row(row).and_then(|row| reader.enter(row)) {
                let place = format!("record {}: {}", index + 1, problem.problem);
                problems.push(Diagnostic { problem: place, ..problem });
            }
        }
    } else {
        let first = beginning.split(|byte| *byte == b'\n').next().unwrap_or_default();
        let first = first.strip_prefix(b"\xef\xbb\xbf").unwrap_or(first).trim_ascii_end();
        let legacy = columns::header(first).iter().any(|cell| cell == "Trade Flow Code");
        let wanted = if legacy { LEGACY } else { RECENT };
        columns::read(download, member, wanted, &mut problems, |row| {
            let text = |column: usize| row.text(column);
            let (flow, frequency, kind, last) = if legacy {
                let frequency = if text(6).len() > 4 { "M" } else { "A" };
                let kind = if text(7).starts_with("EB") { "S" } else { "C" };
                (legacy_flow(&text(2)).into(), frequency.into(), kind.into(), String::new())
            } else {
                (text(2), text(6), text(7), text(11))
            };
            reader.enter(Row {
                year: text(0),
                reporter: text(1),
                flow,
                partner: text(3),
                product: text(4),
                value: row.number(5)?,
                frequency,
                kind,
                breakdowns: [text(8), text(9), text(10), last],
            })
        })?;
    }
    let trade = reader.trade(options, &mut problems);
    if problems.is_empty() { Ok(trade) } else { Err(IoError::Input(problems.into_diagnostics())) }
}

fn legacy_flow(code: &str) -> &'static str {
    match code {
        "1" => "M",
        "2" => "X",
        "3" => "RX",
        "4" => "RM",
        _ => "?",
    }
}

/// A record of the API's answer.
fn json_row(record: &serde_json::Map<String, Value>) -> Result<Row, Diagnostic> {
    let text = |name: &str| match record.get(name) {
        Some(Value::String(text)) => text.trim().to_owned(),
        Some(Value::Number(number)) => number.to_string(),
        _ => String::new(),
    };
    let name = "primaryValue";
    let value = record.get(name).and_then(Value::as_f64).filter(|value| value.is_finite());
    let value = value.ok_or_else(|| {
        let problem = Diagnostic::new(format!("`{name}` is wrong"));
        problem.found(format!("`{}`", text(name))).expected("a finite number")
    })?;
    Ok(Row {
        year: text("refYear"),
        reporter: text("reporterCode"),
        flow: text("flowCode"),
        partner: text("partnerCode"),
        product: text("cmdCode"),
        value,
        frequency: text("freqCode"),
        kind: text("typeCode"),
        breakdowns: ["partner2Code", "customsCode", "motCode", "mosCode"].map(text),
    })
}

/// What a code of an area stands for.
enum Area {
    /// By its number.
    Region(String),
    /// The world or a group of countries, whose members are there too.
    Group,
    /// Trade that is told of no country.
    Nowhere,
}

/// Numbers of the world and of groups, and of areas that are no country.
const GROUPS: [u16; 2] = [0, 97];
const NOWHERE: [u16; 22] = [
    129, 221, 290, 471, 472, 473, 492, 527, 536, 568, 577, 636, 637, 837, 838, 839, 849, 879, 896,
    897, 898, 899,
];

fn area(code: &str) -> Result<Area, Diagnostic> {
    let number: Option<u16> = code.parse().ok();
    let Some(number) = number else {
        let problem = Diagnostic::new("the code of an area is no number");
        return Err(problem.found(format!("`{code}`")).expected("a number of UN M49"));
    };
    Ok(match number {
        _ if GROUPS.contains(&number) => Area::Group,
        _ if NOWHERE.contains(&number) => Area::Nowhere,
        _ => Area::Region(code.to_owned()),
    })
}

/// Whether two numbers stand for one country, such as 840 and 842.
fn same_country(one: &str, other: &str) -> bool {
    codes::region_of_number(one).is_some_and(|code| codes::region_of_number(other) == Some(code))
}

/// Rows kept, by whose report and level they are, and what was left out.
#[derive(Default)]
struct Reader {
    wanted: Option<i64>,
    years: BTreeSet<i64>,
    rows: usize,
    kept: BTreeMap<(bool, usize), Kept>,
    left_out: BTreeMap<&'static str, (usize, f64)>,
}

#[derive(Default)]
struct Kept {
    book: Book,
    count: usize,
    value: f64,
}

impl Reader {
    fn enter(&mut self, row: Row) -> Result<(), Diagnostic> {
        self.rows += 1;
        let year: i64 = row.year.parse().map_err(|_| {
            Diagnostic::new("the year is no number").found(format!("`{}`", row.year))
        })?;
        self.years.insert(year);
        if self.wanted.is_some_and(|wanted| wanted != year) {
            return Ok(());
        }
        if self.wanted.is_none() && self.years.len() > 1 {
            let years: Vec<String> = self.years.iter().map(i64::to_string).collect();
            let problem = Diagnostic::new("the file holds several years");
            return Err(problem.found(years.join(", ")).hint("name one with `--year`"));
        }
        if !["", "A"].contains(&row.frequency.as_str()) {
            let problem = Diagnostic::new("trade is not by year").found("months");
            return Err(problem.expected("annual data"));
        }
        if !["", "C"].contains(&row.kind.as_str()) {
            return Err(Diagnostic::new("trade in services is not read").expected("goods"));
        }
        if row.value < 0.0 {
            let problem = Diagnostic::new("a value is negative").found(row.value.to_string());
            return Err(problem.expected("0 or more"));
        }
        let value = row.value * 1e-6;
        let mut leave = |why: &'static str| {
            let entry = self.left_out.entry(why).or_default();
            entry.0 += 1;
            entry.1 += value;
            Ok(())
        };
        let by_importer = match row.flow.as_str() {
            "M" => true,
            "X" => false,
            "RX" | "RM" => {
                return leave("re-exports and re-imports, which exports and imports include");
            }
            "?" => return Err(Diagnostic::new("the code of the flow is unknown")),
            _ => return leave("kinds of exports and imports, which these include"),
        };
        let whole = |code: &String| ["", "0", "C00", "00", "000"].contains(&code.as_str());
        if !row.breakdowns.iter().all(whole) {
            return leave("breakdowns by second partner, customs procedure or mode of transport");
        }
        let (reporter, partner) = match (area(&row.reporter)?, area(&row.partner)?) {
            (Area::Region(reporter), Area::Region(partner)) => (reporter, partner),
            (Area::Group, _) | (_, Area::Group) => {
                return leave("totals for the world and for groups of countries");
            }
            _ => return leave("trade with areas that are no country"),
        };
        if reporter == partner || same_country(&reporter, &partner) {
            return leave("trade of a country with itself");
        }
        let digits = row.product.len();
        if !row.product.bytes().all(|byte| byte.is_ascii_digit()) || ![2, 4, 6].contains(&digits) {
            return leave("totals over products");
        }
        let kept = self.kept.entry((by_importer, digits)).or_default();
        kept.count += 1;
        kept.value += value;
        let (reporter, partner) = (kept.book.of_number(reporter), kept.book.of_number(partner));
        let (exporter, importer) =
            if by_importer { (partner, reporter) } else { (reporter, partner) };
        kept.book.add(exporter, importer, row.product, value)
    }

    fn trade(mut self, options: ComtradeOptions, problems: &mut Problems) -> Trade {
        let year = self.wanted.or_else(|| self.years.first().copied()).unwrap_or_default();
        let has = |mirror: Mirror| {
            self.kept.keys().any(|(by_importer, _)| *by_importer == (mirror == Mirror::Importer))
        };
        let mirror = options.mirror.unwrap_or(if has(Mirror::Importer) {
            Mirror::Importer
        } else {
            Mirror::Exporter
        });
        let by_importer = mirror == Mirror::Importer;
        let levels: Vec<usize> =
            self.kept.keys().filter(|key| key.0 == by_importer).map(|key| key.1).collect();
        let digits = options.digits.or(levels.last().copied()).unwrap_or_default();
        let Some(kept) = self.kept.remove(&(by_importer, digits)) else {
            let problem = format!(
                "there is no trade of the year {year} by country and product as the {} reports it",
                mirror.name()
            );
            let found: Vec<String> = self
                .kept
                .iter()
                .map(|((by_importer, digits), kept)| {
                    let who = if *by_importer { "importers" } else { "exporters" };
                    format!("{} rows of {who} with {digits} digits", kept.count)
                })
                .collect();
            let problem = Diagnostic::new(problem);
            problems.push(if found.is_empty() { problem } else { problem.found(found.join(", ")) });
            return Trade::default();
        };
        let mut remarks = vec![format!(
            "values as the {} reports them, at {} prices; products of {digits} digits",
            mirror.name(),
            if by_importer { "cif" } else { "fob" }
        )];
        for ((_, level), other) in self.kept.iter().filter(|(key, _)| key.0 == by_importer) {
            let remark = format!(
                "left out: products of {level} digits, {} rows, {:.1} million USD",
                other.count, other.value
            );
            // Levels are the same trade: where they differ, some of it is told at one level alone.
            remarks.push(if (other.value - kept.value).abs() > 0.01 * kept.value {
                format!("{remark}, against {:.1} in those of {digits} digits", kept.value)
            } else {
                remark
            });
        }
        for (why, (count, value)) in &self.left_out {
            remarks.push(format!("left out: {why}, {count} rows, {value:.1} million USD"));
        }
        if CUT.contains(&self.rows) {
            remarks.push(format!("{} rows: the answer may have been cut off there", self.rows));
        }
        let mut trade = kept.book.trade("comtrade", year, problems);
        trade.remarks.splice(..0, remarks);
        trade
    }
}
