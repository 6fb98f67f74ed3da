//! CSV tables that policies and elasticities are read from.

use std::collections::BTreeMap;

use super::document::{Position, quote};
use super::domain::Domain;
use super::findings::{Findings, Reported, refusal};
use super::source::{ScenarioSource, is_table_name};
use crate::diagnostic::Diagnostic;

/// Bad rows of one table that are reported one by one; the rest are counted.
const REPORTED_ROWS: usize = 20;

/// Columns of a table.
pub(super) struct Layout<'a> {
    /// Columns of codes, and whether each must be there.
    pub(super) codes: &'a [(&'static str, bool)],
    /// Columns of numbers, one of which is read.
    pub(super) values: &'a [(&'static str, Domain)],
    /// Whether the column of numbers may be absent.
    pub(super) value_optional: bool,
}

/// What a table holds.
pub(super) struct Content {
    /// Which of the layout's columns of numbers the table has.
    pub(super) value: Option<usize>,
    /// Its rows in order.
    pub(super) rows: Vec<Row>,
}

/// One row.
pub(super) struct Row {
    /// Line in the file, counted from 1.
    pub(super) line: u64,
    /// Codes in the layout's order; empty where the column is absent.
    pub(super) codes: Vec<String>,
    /// The number, if there is a column of numbers.
    pub(super) value: Option<f64>,
}

/// Table files read so far.
pub(super) struct TableFiles<'a> {
    source: &'a ScenarioSource,
    texts: BTreeMap<String, String>,
}

impl<'a> TableFiles<'a> {
    pub(super) fn new(source: &'a ScenarioSource) -> Self {
        Self { source, texts: BTreeMap::new() }
    }

    /// Texts of all files read, by the path that the scenario names them by.
    pub(super) fn into_texts(self) -> BTreeMap<String, String> {
        self.texts
    }

    /// The name of a file in messages.
    pub(super) fn display_name(&self, path: &str) -> String {
        self.source.display_name(path)
    }

    /// Reads a table; `at` and `key` are where the scenario names it.
    pub(super) fn read(
        &mut self,
        path: &str,
        layout: &Layout<'_>,
        at: Position,
        key: &str,
        findings: &mut Findings,
    ) -> Result<Content, Reported> {
        if !is_table_name(path) {
            let diagnostic = Diagnostic::new(format!("`{}` is not a table file", quote(path)))
                .expected("the path of a file `.csv` or `.csv.gz`");
            return Err(findings.add(at, key, diagnostic));
        }
        if !self.texts.contains_key(path) {
            let text = self.source.table_text(path).map_err(|diagnostic| {
                if diagnostic.file.is_some() {
                    findings.add_placed(*diagnostic)
                } else {
                    findings.add(at, key, *diagnostic)
                }
            })?;
            self.texts.insert(path.to_owned(), text);
        }
        let text = self.texts.get(path).map_or("", String::as_str);
        let file = self.display_name(path);
        Reader { file: &file, layout, findings, bad_rows: 0 }.read(text)
    }
}

struct Reader<'a> {
    file: &'a str,
    layout: &'a Layout<'a>,
    findings: &'a mut Findings,
    bad_rows: usize,
}

/// Where the layout's columns are in the file.
struct Columns {
    codes: Vec<Option<usize>>,
    value: Option<(usize, usize)>,
    count: usize,
}

impl Reader<'_> {
    fn read(mut self, text: &str) -> Result<Content, Reported> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .trim(csv::Trim::All)
            .from_reader(text.as_bytes());
        let mut lines = LineCounter::new(text);
        let mut record = csv::StringRecord::new();
        let mut columns = None;
        let mut rows = Vec::new();
        let mut lines_of_rows = 0_usize;
        while self.next_record(&mut reader, &mut record)? {
            let line = lines.line_of(record.position().map_or(0, csv::Position::byte));
            match &columns {
                None => columns = Some(self.columns(&record, line)?),
                Some(columns) => {
                    lines_of_rows += 1;
                    rows.extend(self.row(&record, line, columns));
                }
            }
        }
        let Some(columns) = columns else {
            return Err(self.refuse(
                1,
                "",
                Diagnostic::new("the table is empty").expected(format!(
                    "a header line with the columns {}",
                    self.expected_columns()
                )),
            ));
        };
        if lines_of_rows == 0 {
            let diagnostic =
                Diagnostic::new("the table has no rows").expected("a row for each cell");
            return Err(self.refuse(1, "", diagnostic));
        }
        if self.bad_rows > REPORTED_ROWS {
            let more = self.bad_rows - REPORTED_ROWS;
            let diagnostic =
                Diagnostic::new(format!("{more} more of its {lines_of_rows} rows are wrong"));
            self.findings.add_placed(diagnostic.in_file(self.file));
        }
        if self.bad_rows > 0 {
            return Err(Reported);
        }
        Ok(Content { value: columns.value.map(|(which, _)| which), rows })
    }

    fn next_record(
        &mut self,
        reader: &mut csv::Reader<&[u8]>,
        record: &mut csv::StringRecord,
    ) -> Result<bool, Reported> {
        reader.read_record(record).map_err(|error| {
            let line = error.position().map_or(1, csv::Position::line);
            self.refuse(line, "", Diagnostic::new(format!("not a CSV table: {error}")))
        })
    }

    fn refuse(&mut self, line: u64, column: &str, diagnostic: Diagnostic) -> Reported {
        let diagnostic = diagnostic.in_file(self.file).at_line(line);
        let keyed = if column.is_empty() { diagnostic } else { diagnostic.at_key(column) };
        self.findings.add_placed(keyed)
    }

    fn expected_columns(&self) -> String {
        let codes = self.layout.codes.iter().filter(|(_, required)| *required);
        let mut names: Vec<String> = codes.map(|(name, _)| format!("`{name}`")).collect();
        let values: Vec<String> =
            self.layout.values.iter().map(|(name, _)| format!("`{name}`")).collect();
        names.extend((!values.is_empty()).then(|| values.join(" or ")));
        names.join(", ")
    }

    /// Finds the columns in the header; every wrong one is reported.
    fn columns(&mut self, header: &csv::StringRecord, line: u64) -> Result<Columns, Reported> {
        let before = self.findings.count();
        let (codes, values) = (self.layout.codes, self.layout.values);
        let valid: Vec<&str> = codes
            .iter()
            .map(|(name, _)| *name)
            .chain(values.iter().map(|(name, _)| *name))
            .collect();
        for (index, name) in header.iter().enumerate() {
            if !valid.contains(&name) {
                let diagnostic = Diagnostic::unknown("column", name, valid.iter().copied());
                self.refuse(line, name, diagnostic);
            } else if header.iter().take(index).any(|earlier| earlier == name) {
                let diagnostic = Diagnostic::new(format!("column `{name}` is there twice"));
                self.refuse(line, name, diagnostic);
            }
        }
        let position = |name: &str| header.iter().position(|column| column == name);
        for (name, required) in codes {
            if *required && position(name).is_none() {
                let diagnostic = Diagnostic::new(format!("column `{name}` is missing"))
                    .expected(self.expected_columns());
                self.refuse(line, name, diagnostic);
            }
        }
        let present: Vec<(usize, usize)> = values
            .iter()
            .enumerate()
            .filter_map(|(which, (name, _))| Some((which, position(name)?)))
            .collect();
        if present.is_empty() && !self.layout.value_optional {
            let names: Vec<String> = values.iter().map(|(name, _)| format!("`{name}`")).collect();
            let diagnostic = Diagnostic::new(format!("column {} is missing", names.join(" or ")))
                .expected(self.expected_columns());
            self.refuse(line, "", diagnostic);
        }
        if present.len() > 1 {
            let names: Vec<String> = values.iter().map(|(name, _)| format!("`{name}`")).collect();
            let diagnostic =
                Diagnostic::new(format!("columns {} contradict each other", names.join(" and ")))
                    .expected("one of them");
            self.refuse(line, "", diagnostic);
        }
        if self.findings.count() > before {
            return Err(Reported);
        }
        Ok(Columns {
            codes: codes.iter().map(|(name, _)| position(name)).collect(),
            value: present.first().copied(),
            count: header.len(),
        })
    }

    /// One row; `None` after its first problem, which is reported or counted.
    fn row(&mut self, record: &csv::StringRecord, line: u64, columns: &Columns) -> Option<Row> {
        let row = self.parsed(record, line, columns);
        row.map_err(|diagnostic| {
            self.bad_rows += 1;
            if self.bad_rows <= REPORTED_ROWS {
                self.refuse(line, "", *diagnostic);
            }
        })
        .ok()
    }

    fn parsed(
        &self,
        record: &csv::StringRecord,
        line: u64,
        columns: &Columns,
    ) -> Result<Row, Box<Diagnostic>> {
        if record.len() != columns.count {
            let diagnostic = Diagnostic::new("a row of another length than the header")
                .found(format!("{} fields", record.len()))
                .expected(columns.count.to_string());
            return Err(Box::new(diagnostic));
        }
        let mut codes = Vec::with_capacity(columns.codes.len());
        for ((name, required), position) in self.layout.codes.iter().zip(&columns.codes) {
            let code = position.and_then(|position| record.get(position)).unwrap_or_default();
            if *required && code.is_empty() {
                let diagnostic =
                    Diagnostic::new(format!("`{name}` is empty")).expected("a code or a group");
                return Err(Box::new(diagnostic.at_key(*name)));
            }
            codes.push(code.to_owned());
        }
        let value = match columns.value {
            None => None,
            Some((which, position)) => {
                let text = record.get(position).unwrap_or_default();
                Some(self.number(which, text)?)
            }
        };
        Ok(Row { line, codes, value })
    }

    fn number(&self, which: usize, text: &str) -> Result<f64, Box<Diagnostic>> {
        let Some((name, domain)) = self.layout.values.get(which).copied() else {
            return Err(Box::new(Diagnostic::new("no column of numbers")));
        };
        match text.parse::<f64>() {
            Ok(value) if domain.contains(value) => Ok(value),
            Ok(value) => Err(Box::new(refusal(name, value, domain).at_key(name))),
            Err(_) => {
                let diagnostic = Diagnostic::new(format!("`{name}` is not a number"))
                    .found(format!("`{}`", quote(text)))
                    .expected(domain.words);
                Err(Box::new(diagnostic.at_key(name)))
            }
        }
    }
}

/// Lines of records from their offsets: the reader's own count starts a record at the empty lines
/// before it, and at the second half of a Windows line end.
struct LineCounter<'a> {
    bytes: &'a [u8],
    offset: usize,
    line: u64,
}

impl<'a> LineCounter<'a> {
    fn new(text: &'a str) -> Self {
        Self { bytes: text.as_bytes(), offset: 0, line: 1 }
    }

    /// Line of the first character at or after `offset` that is no line end.
    fn line_of(&mut self, offset: u64) -> u64 {
        let offset = usize::try_from(offset).unwrap_or(usize::MAX);
        while let Some(byte) = self.bytes.get(self.offset) {
            if self.offset >= offset && !matches!(byte, b'\r' | b'\n') {
                break;
            }
            self.line += u64::from(*byte == b'\n');
            self.offset += 1;
        }
        self.line
    }
}
