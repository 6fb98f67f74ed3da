//! `baseline.toml`: what a bundle is, its regions and its sectors.

use std::collections::HashMap;

use serde::Serialize;
use toml::Spanned;
use toml::de::{DeTable, DeValue};
use viner_model::labels::{Label, Labels};
use viner_model::tables::{Description, Fingerprint, Replay, Transformation, Unit};

use super::order;
use super::problems::Problems;
use crate::diagnostic::{Diagnostic, Diagnostics};

/// Name of the file.
pub(super) const FILE: &str = "baseline.toml";

/// Units as the file writes them.
const UNITS: [(&str, Unit); 3] =
    [("million USD", Unit::MillionUsd), ("USD", Unit::Usd), ("million EUR", Unit::MillionEur)];

/// What the file says.
pub(super) struct Head {
    pub(super) description: Description,
    pub(super) regions: Labels,
    pub(super) sectors: Labels,
}

/// Reads the file; the head is `None` if the labels are too wrong for tables to be read by them.
pub(super) fn parse(text: &str, file: &str) -> (Option<Head>, Diagnostics) {
    let line_ends = text.match_indices('\n').map(|(index, _)| index).collect();
    let mut reader = Reader { line_ends, problems: Problems::of(file) };
    let (root, errors) = DeTable::parse_recoverable(text);
    if !errors.is_empty() {
        for error in errors {
            let diagnostic = Diagnostic::new(error.message().trim());
            reader.push(diagnostic, error.span().map(|span| span.start));
        }
        return (None, reader.problems.into_diagnostics());
    }
    let head = reader.head(root.get_ref());
    (head, reader.problems.into_diagnostics())
}

struct Reader {
    /// Positions of the line breaks.
    line_ends: Vec<usize>,
    problems: Problems,
}

type Entry<'a, 'i> = (&'a str, usize, &'a Spanned<DeValue<'i>>);

impl Reader {
    fn head(&mut self, root: &DeTable<'_>) -> Option<Head> {
        const KEYS: [&str; 10] = [
            "name",
            "title",
            "year",
            "unit",
            "source",
            "licence",
            "citation",
            "region",
            "sector",
            "transformation",
        ];
        let entries = self.entries(root, &KEYS, "");
        let find = |key: &str| entries.iter().copied().find(|entry| entry.0 == key);
        let name = self.required(find("name"), "name");
        let title = self.optional(find("title")).unwrap_or_else(|| name.clone());
        let description = Description {
            title,
            year: self.year(find("year")),
            unit: self.unit(find("unit")),
            source: self.optional(find("source")).unwrap_or_default(),
            licence: self.optional(find("licence")).unwrap_or_default(),
            citation: self.optional(find("citation")).unwrap_or_default(),
            transformations: self.transformations(find("transformation")),
            name,
        };
        let regions = self.labels(find("region"), "region");
        let sectors = self.labels(find("sector"), "sector");
        let (regions, sectors) = (regions?, sectors?);
        if order::cell_count(regions.len(), sectors.len()).is_none() {
            let found = format!("{} regions and {} sectors", regions.len(), sectors.len());
            let expected = format!("tables of at most {} cells", order::MAX_CELLS);
            let problem = Diagnostic::new("the tables of this baseline are too large");
            self.push(problem.found(found).expected(expected), None);
            return None;
        }
        let (regions, sectors) = (order::regions(regions), order::sectors(sectors));
        Some(Head { description, regions, sectors })
    }

    /// The entries of a table, each that is not one of `keys` reported and left out.
    fn entries<'a, 'i>(
        &mut self,
        table: &'a DeTable<'i>,
        keys: &[&str],
        parent: &str,
    ) -> Vec<Entry<'a, 'i>> {
        let mut entries = Vec::new();
        for (key, value) in table {
            let at = key.span().start;
            let name: &str = key.get_ref();
            if keys.contains(&name) {
                entries.push((name, at, value));
            } else {
                let problem = Diagnostic::unknown("key", name, keys.iter().copied());
                self.push(problem.at_key(format!("{parent}{name}")), Some(at));
            }
        }
        entries
    }

    fn push(&mut self, diagnostic: Diagnostic, offset: Option<usize>) {
        let placed = match offset {
            Some(offset) => diagnostic.at_line(self.line(offset)),
            None => diagnostic,
        };
        self.problems.push(placed);
    }

    fn line(&self, offset: usize) -> u64 {
        1 + self.line_ends.partition_point(|end| *end < offset) as u64
    }

    fn wrong_type(&mut self, key: &str, at: usize, found: &DeValue<'_>, expected: &str) {
        let found = match found {
            DeValue::Integer(value) => value.to_string(),
            DeValue::Float(value) => value.to_string(),
            DeValue::Boolean(value) => value.to_string(),
            DeValue::String(value) => format!("the text \"{value}\""),
            other => format!("a value of type {}", other.type_str()),
        };
        let problem = Diagnostic::new(format!("wrong value of key `{key}`"));
        self.push(problem.at_key(key).found(found).expected(expected), Some(at));
    }

    fn text(&mut self, key: &str, at: usize, value: &DeValue<'_>) -> Option<String> {
        if let DeValue::String(text) = value {
            return Some(text.clone().into_owned());
        }
        self.wrong_type(key, at, value, "a text");
        None
    }

    fn missing(&mut self, key: &str, expected: &str) {
        let problem = Diagnostic::new(format!("key `{key}` is missing"));
        self.push(problem.at_key(key).expected(expected), None);
    }

    fn required(&mut self, entry: Option<Entry<'_, '_>>, key: &str) -> String {
        let Some((_, at, value)) = entry else {
            self.missing(key, "a text");
            return String::new();
        };
        match self.text(key, at, value.get_ref()) {
            Some(text) if text.trim().is_empty() => {
                self.wrong_type(key, at, value.get_ref(), "a text that is not empty");
                text
            }
            text => text.unwrap_or_default(),
        }
    }

    fn optional(&mut self, entry: Option<Entry<'_, '_>>) -> Option<String> {
        let (key, at, value) = entry?;
        self.text(key, at, value.get_ref())
    }

    fn year(&mut self, entry: Option<Entry<'_, '_>>) -> i64 {
        let Some((key, at, value)) = entry else {
            self.missing("year", "a year such as 2019");
            return 0;
        };
        let integer = value.get_ref().as_integer();
        let year = integer.and_then(|n| i64::from_str_radix(n.as_str(), n.radix()).ok());
        if year.is_none() {
            self.wrong_type(key, at, value.get_ref(), "a year such as 2019");
        }
        year.unwrap_or_default()
    }

    fn unit(&mut self, entry: Option<Entry<'_, '_>>) -> Unit {
        let names = UNITS.map(|(name, _)| name);
        let Some((key, at, value)) = entry else {
            self.missing("unit", "one of `million USD`, `USD`, `million EUR`");
            return Unit::default();
        };
        let Some(text) = self.text(key, at, value.get_ref()) else { return Unit::default() };
        let known = UNITS.iter().find(|(name, _)| *name == text).map(|(_, unit)| *unit);
        if known.is_none() {
            self.push(Diagnostic::unknown("unit", &text, names).at_key(key), Some(at));
        }
        known.unwrap_or_default()
    }

    /// The tables of an array of tables, each with the line offset at which it starts.
    fn tables<'a, 'i>(&mut self, entry: Entry<'a, 'i>) -> Option<Vec<(usize, &'a DeTable<'i>)>> {
        let (key, at, value) = entry;
        let list = value.get_ref().as_array();
        let tables: Option<Vec<_>> = list.and_then(|list| {
            list.iter()
                .map(|item| item.get_ref().as_table().map(|table| (item.span().start, table)))
                .collect()
        });
        if tables.is_none() {
            let expected = format!("tables, each under a line `[[{key}]]`");
            self.wrong_type(key, at, value.get_ref(), &expected);
        }
        tables
    }

    fn labels(&mut self, entry: Option<Entry<'_, '_>>, what: &str) -> Option<Vec<Label>> {
        let Some(entry) = entry else {
            self.missing(what, &format!("one table `[[{what}]]` for each {what}"));
            return None;
        };
        let parent = format!("{what}.");
        let (mut labels, mut lines) = (Vec::new(), HashMap::new());
        let mut usable = true;
        for (start, table) in self.tables(entry)? {
            let entries = self.entries(table, &["code", "name"], &parent);
            let find = |key: &str| entries.iter().copied().find(|entry| entry.0 == key);
            let name = self.optional(find("name"));
            let Some((_, at, value)) = find("code") else {
                let key = format!("{parent}code");
                let problem = Diagnostic::new(format!("key `{key}` is missing"));
                self.push(problem.at_key(key).expected("a code"), Some(start));
                usable = false;
                continue;
            };
            let Some(code) = self.text("code", at, value.get_ref()) else {
                usable = false;
                continue;
            };
            let line = self.line(at);
            if let Some(reason) = wrong_code(&code) {
                let problem = Diagnostic::new(format!("{what} code `{code}` {reason}"));
                self.push(problem.at_key(format!("{parent}code")), Some(at));
                usable = false;
            } else if let Some(first) = lines.insert(code.clone(), line) {
                let problem =
                    format!("{what} `{code}` is given twice, in lines {first} and {line}");
                self.push(Diagnostic::new(problem).at_key(format!("{parent}code")), Some(at));
                usable = false;
            } else {
                labels.push(Label { name: name.unwrap_or_else(|| code.clone()), code });
            }
        }
        usable.then_some(labels)
    }

    fn transformations(&mut self, entry: Option<Entry<'_, '_>>) -> Vec<Transformation> {
        let Some(tables) = entry.and_then(|entry| self.tables(entry)) else { return Vec::new() };
        let mut steps = Vec::new();
        for (_, table) in tables {
            let keys = ["step", "note", "replay"];
            let entries = self.entries(table, &keys, "transformation.");
            let find = |key: &str| entries.iter().copied().find(|entry| entry.0 == key);
            let step = self.required(find("step"), "step");
            let note = self.optional(find("note")).unwrap_or_default();
            let replay = find("replay").and_then(|entry| self.replay(entry));
            steps.push(Transformation { replay, ..Transformation::new(step, note) });
        }
        steps
    }

    fn replay(&mut self, (key, at, value): Entry<'_, '_>) -> Option<Replay> {
        const PARENT: &str = "transformation.replay.";
        let Some(table) = value.get_ref().as_table() else {
            self.wrong_type(key, at, value.get_ref(), "a table");
            return None;
        };
        let entries = self.entries(table, &["arguments", "sha256", "from", "file"], PARENT);
        let find = |key: &str| entries.iter().copied().find(|entry| entry.0 == key);
        let mut arguments = Vec::new();
        if let Some((key, at, value)) = find("arguments") {
            let list = value.get_ref().as_array().map(|list| list.iter().collect::<Vec<_>>());
            if list.is_none() {
                self.wrong_type(key, at, value.get_ref(), "a list of texts");
            }
            for item in list.unwrap_or_default() {
                arguments.extend(self.text(key, item.span().start, item.get_ref()));
            }
        }
        let sha256 = self.required(find("sha256"), "sha256");
        let from = find("from").and_then(|(key, at, value)| {
            let table = value.get_ref().as_table();
            if table.is_none() {
                self.wrong_type(key, at, value.get_ref(), "a table with name and sha256");
            }
            Some(self.fingerprint(table?))
        });
        let files = find("file").and_then(|entry| self.tables(entry)).unwrap_or_default();
        let files = files.into_iter().map(|(_, table)| self.fingerprint(table)).collect();
        Some(Replay { arguments, sha256, from, files })
    }

    fn fingerprint(&mut self, table: &DeTable<'_>) -> Fingerprint {
        let entries = self.entries(table, &["name", "sha256"], "transformation.replay.");
        let find = |key: &str| entries.iter().copied().find(|entry| entry.0 == key);
        let name = self.required(find("name"), "name");
        Fingerprint { name, sha256: self.required(find("sha256"), "sha256") }
    }
}

/// Why a text cannot be a code: it would not come back from a file or a selector as itself.
fn wrong_code(code: &str) -> Option<&'static str> {
    if code.is_empty() {
        Some("is empty")
    } else if code.trim() != code || code.chars().any(char::is_control) {
        Some("has a space at its end, or a control character")
    } else if code == "*" {
        Some("stands for all in scenarios")
    } else {
        None
    }
}

/// Writes the file.
pub(super) fn render(
    description: &Description,
    regions: &Labels,
    sectors: &Labels,
) -> Result<String, toml::ser::Error> {
    #[derive(Serialize)]
    struct File<'a> {
        name: &'a str,
        title: &'a str,
        year: i64,
        unit: Unit,
        source: &'a str,
        licence: &'a str,
        citation: &'a str,
        region: &'a Labels,
        sector: &'a Labels,
        #[serde(skip_serializing_if = "<[Transformation]>::is_empty")]
        transformation: &'a [Transformation],
    }
    toml::to_string(&File {
        name: &description.name,
        title: &description.title,
        year: description.year,
        unit: description.unit,
        source: &description.source,
        licence: &description.licence,
        citation: &description.citation,
        region: regions,
        sector: sectors,
        transformation: &description.transformations,
    })
}
