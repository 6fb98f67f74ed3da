//! Trade alone, in long tables: exporter, importer, product, value.

use std::collections::{BTreeSet, HashMap};
use std::io::{BufWriter, Read, Write};
use std::path::Path;

use flate2::{Compression, GzBuilder};

use super::download::{Download, Member};
use super::text::{Cells, Lines, NoLine, number, shown};
use super::trade_book::Book;
use crate::diagnostic::{Diagnostic, IoError};
use crate::folder::{StagedFolder, check_target, holds_only};
use crate::results::{Frame, write_csv};
use crate::tables::problems::Problems;

/// Name of the file that an import of trade writes.
pub const TRADE_FILE: &str = "trade.csv.gz";

/// Trade by exporter, importer and product, in million US dollars.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Trade {
    /// Layout it was read from.
    pub format: &'static str,
    /// The year; 0 if the source does not tell.
    pub year: i64,
    /// Codes of regions, in their order.
    pub regions: Vec<String>,
    /// Codes of products, in their order.
    pub products: Vec<String>,
    /// Positions of exporter, importer and product, and value; sorted, no cell twice.
    pub rows: Vec<(u32, u32, u32, f64)>,
    /// Codes of regions that no list has, kept as the source writes them.
    pub unknown: Vec<String>,
    /// What was taken of the source and what was left out, a sentence each.
    pub remarks: Vec<String>,
}

impl Trade {
    /// Sum of all values.
    pub fn total(&self) -> f64 {
        self.rows.iter().map(|row| row.3).sum()
    }

    /// Products with the most trade, largest first.
    pub fn largest_products(&self, most: usize) -> Vec<(&str, f64)> {
        let mut sums = vec![0.0; self.products.len()];
        for (_, _, product, value) in &self.rows {
            sums[*product as usize] += value;
        }
        let mut all: Vec<(&str, f64)> =
            self.products.iter().map(String::as_str).zip(sums).collect();
        all.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.0.cmp(b.0)));
        all.truncate(most);
        all
    }

    /// Whether a folder may be written to: nothing is there, it is empty, or it holds such a table.
    ///
    /// # Errors
    /// `OutputRefused` for any other.
    pub fn check_folder(target: &Path) -> Result<(), IoError> {
        check_target(target, |path| holds_only(path, TRADE_FILE, |_| false))
    }

    /// Writes it as a folder with `trade.csv.gz`; whole or not at all.
    ///
    /// # Errors
    /// `OutputRefused` for a folder that must not be replaced, and what the file system answers.
    pub fn write(&self, target: &Path) -> Result<(), IoError> {
        let folder = StagedFolder::new(target, |path| holds_only(path, TRADE_FILE, |_| false))?;
        let code = |codes: &'_ [String], at: u32| codes[at as usize].clone();
        let frame = Frame::new("trade")
            .text("exporter", self.rows.iter().map(|row| code(&self.regions, row.0)))
            .text("importer", self.rows.iter().map(|row| code(&self.regions, row.1)))
            .text("product", self.rows.iter().map(|row| code(&self.products, row.2)))
            .number("value", self.rows.iter().map(|row| row.3));
        folder.write(TRADE_FILE, |file| {
            let mut packed =
                GzBuilder::new().mtime(0).write(BufWriter::new(file), Compression::default());
            write_csv([&frame], &mut packed).map_err(|error| error.to_string())?;
            let mut to = packed.finish().map_err(|error| error.to_string())?;
            to.flush().map_err(|error| error.to_string())
        })?;
        folder.commit()
    }
}

/// Columns of a source, and what its numbers are.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Source {
    format: &'static str,
    exporter: &'static str,
    importer: &'static str,
    product: &'static str,
    value: &'static str,
    year: &'static str,
    /// Million dollars of a unit of value.
    scale: f64,
    /// Whether regions are numbers.
    numbered: bool,
}

/// CEPII BACI: `BACI_HS22_Y2022_V202501.csv`. Values in thousand dollars, regions by number.
pub(crate) const BACI: Source = Source {
    format: "baci",
    exporter: "i",
    importer: "j",
    product: "k",
    value: "v",
    year: "t",
    scale: 1e-3,
    numbered: true,
};

/// ITPD-E of the USITC: values in million dollars, domestic trade included.
pub(crate) const ITPD: Source = Source {
    format: "itpd",
    exporter: "exporter_iso3",
    importer: "importer_iso3",
    product: "industry_id",
    value: "trade",
    year: "year",
    scale: 1.0,
    numbered: false,
};

impl Source {
    /// Whether a header is this source's.
    pub(crate) fn has_header(&self, header: &[String]) -> bool {
        [self.exporter, self.importer, self.product, self.value, self.year]
            .iter()
            .all(|name| header.iter().any(|cell| cell == name))
    }
}

/// Reads a table of trade; of several years, the one asked for.
pub(crate) fn read(
    download: &Download,
    member: &Member,
    source: &Source,
    year: Option<i64>,
) -> Result<Trade, IoError> {
    let given = if source.numbered { country_codes(download)? } else { HashMap::new() };
    let mut problems = Problems::of(download.shown(member));
    let trade = download.read(member, |reader| {
        match read_lines(reader, source, &given, year, &mut problems) {
            Ok(trade) => Ok(trade),
            Err(NoLine::Failed(error)) => Err(download.reading_error(member, error)),
            Err(NoLine::Wrong(problem)) => {
                problems.push(problem);
                Ok(Trade::default())
            }
        }
    })?;
    if problems.is_empty() { Ok(trade) } else { Err(IoError::Input(problems.into_diagnostics())) }
}

/// The codes of countries by number that an edition of BACI has beside its tables.
fn country_codes(download: &Download) -> Result<HashMap<u16, String>, IoError> {
    let found = download.members().iter().find(|member| {
        let name = member.file_name().to_ascii_lowercase();
        name.starts_with("country_codes") && name.contains(".csv")
    });
    let Some(member) = found else { return Ok(HashMap::new()) };
    let bytes = download.bytes(member, 1 << 22)?;
    let text = String::from_utf8_lossy(&bytes);
    let mut lines = text.lines().map(|line| {
        Cells::of(line.as_bytes(), b',').map(|cell| shown(&cell)).collect::<Vec<String>>()
    });
    let header = lines.next().unwrap_or_default();
    let column = |name: &str| header.iter().position(|cell| cell == name);
    let (Some(code), Some(iso)) = (column("country_code"), column("country_iso3")) else {
        return Err(Diagnostic::new("the list of countries has no columns of codes")
            .in_file(download.shown(member))
            .at_line(1)
            .found(header.join(","))
            .expected("`country_code` and `country_iso3`")
            .into());
    };
    let codes = lines.filter_map(|row| {
        let iso = row.get(iso).filter(|iso| !iso.is_empty() && *iso != "N/A")?;
        Some((row.get(code)?.parse().ok()?, iso.clone()))
    });
    Ok(codes.collect())
}

fn read_lines(
    reader: impl Read,
    source: &Source,
    given: &HashMap<u16, String>,
    wanted: Option<i64>,
    problems: &mut Problems,
) -> Result<Trade, NoLine> {
    let mut lines = Lines::new(reader);
    let header: Vec<String> = match lines.next_line()? {
        Some(line) => Cells::of(line, b',').map(|cell| shown(&cell)).collect(),
        None => Vec::new(),
    };
    let names = [source.exporter, source.importer, source.product, source.value, source.year];
    let at = names.map(|name| header.iter().position(|cell| cell == name));
    let [Some(exporter), Some(importer), Some(product), Some(value), Some(year)] = at else {
        let missing = names.iter().zip(at).filter(|(_, at)| at.is_none());
        let missing: Vec<String> = missing.map(|(name, _)| format!("`{name}`")).collect();
        let problem = format!("columns are missing: {}", missing.join(", "));
        problems.push(Diagnostic::new(problem).at_line(1));
        return Ok(Trade::default());
    };
    let columns = Columns { exporter, importer, product, value, year, count: header.len() };
    let mut book = Book::default();
    let mut years = BTreeSet::new();
    while let Some(line) = lines.next_line()? {
        let cells: Vec<_> = Cells::of(line, b',').collect();
        let entered = book.enter(&cells, &columns, source, given, wanted, &mut years);
        let number = lines.number();
        if let Err(problem) = entered {
            problems.push(problem.at_line(number));
        }
        if wanted.is_none() && years.len() > 1 {
            let shown: Vec<String> = years.iter().map(i64::to_string).collect();
            problems.push(
                Diagnostic::new("the file holds several years")
                    .at_line(number)
                    .found(shown.join(", "))
                    .hint("name one with `--year`"),
            );
            break;
        }
    }
    if let Some(wanted) = wanted.filter(|wanted| !years.contains(wanted)) {
        let shown: Vec<String> = years.iter().map(i64::to_string).collect();
        let problem = Diagnostic::new(format!("there is no trade of the year {wanted}"));
        problems.push(problem.found(format!("the years {}", shown.join(", "))));
    }
    let year = wanted.or_else(|| years.first().copied()).unwrap_or_default();
    Ok(book.trade(source.format, year, problems))
}

struct Columns {
    exporter: usize,
    importer: usize,
    product: usize,
    value: usize,
    year: usize,
    count: usize,
}

impl Book {
    fn enter(
        &mut self,
        cells: &[std::borrow::Cow<'_, [u8]>],
        columns: &Columns,
        source: &Source,
        given: &HashMap<u16, String>,
        wanted: Option<i64>,
        years: &mut BTreeSet<i64>,
    ) -> Result<(), Diagnostic> {
        if cells.len() != columns.count {
            return Err(Diagnostic::new("a row has a wrong number of cells")
                .found(cells.len().to_string())
                .expected(format!("{} as in the header", columns.count)));
        }
        let text = |at: usize| shown(&cells[at]);
        let of: i64 = text(columns.year).parse().map_err(|_| {
            Diagnostic::new("the year is no number").found(format!("`{}`", text(columns.year)))
        })?;
        years.insert(of);
        if wanted.is_some_and(|wanted| wanted != of) {
            return Ok(());
        }
        let value =
            number(&cells[columns.value]).filter(|value| *value >= 0.0).ok_or_else(|| {
                Diagnostic::new(format!("the value in column `{}` is wrong", source.value))
                    .found(format!("`{}`", text(columns.value)))
                    .expected("a finite number, 0 or more")
            })?;
        let mut region = |written: String| {
            let listed = written.parse().ok().and_then(|number: u16| given.get(&number));
            match listed {
                Some(code) => self.current(code.clone()),
                None if source.numbered => self.of_number(written),
                None => self.current(written),
            }
        };
        let (exporter, importer) = (region(text(columns.exporter)), region(text(columns.importer)));
        self.add(exporter, importer, text(columns.product), value * source.scale)
    }
}
