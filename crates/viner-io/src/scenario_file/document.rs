//! TOML text as a tree in which every value knows where it was written.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// Deeper nesting than any key of a scenario has.
const MAX_DEPTH: usize = 12;

/// Prefix of a line, in bytes, up to which columns count characters rather than bytes: counting
/// along a line of a megabyte for each of its values would take minutes.
const COUNTED_PREFIX: usize = 4096;

/// Longest text repeated in a message, in characters.
const LONGEST_QUOTE: usize = 60;

/// Where a value was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Position {
    /// In the scenario's text, both counted from 1.
    Text { line: u64, column: usize },
    /// On the command line.
    Set,
}

/// A value with its place.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Node {
    pub(super) value: Value,
    pub(super) at: Position,
}

/// What TOML can hold.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    Text(String),
    Integer(i64),
    Number(f64),
    Flag(bool),
    Date(String),
    List(Vec<Node>),
    Table(Vec<Entry>),
}

/// A key of a table with its value.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Entry {
    pub(super) key: String,
    pub(super) key_at: Position,
    pub(super) node: Node,
}

/// What the text has that is no TOML.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SyntaxError {
    pub(super) at: Position,
    pub(super) problem: String,
    pub(super) found: Option<String>,
    pub(super) expected: Option<String>,
    pub(super) hint: Option<String>,
}

impl Node {
    /// The value at a key of a table.
    pub(super) fn get(&self, key: &str) -> Option<&Self> {
        match &self.value {
            Value::Table(entries) => {
                entries.iter().find(|entry| entry.key == key).map(|entry| &entry.node)
            }
            _ => None,
        }
    }

    /// The value of a text.
    pub(super) fn as_text(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// What stands there, in words for a message.
    pub(super) fn describe(&self) -> String {
        match &self.value {
            Value::Text(text) => format!("the text \"{}\"", quote(text)),
            Value::Integer(value) => value.to_string(),
            Value::Number(value) => written(*value),
            Value::Flag(value) => value.to_string(),
            Value::Date(date) => format!("the date {date}"),
            Value::List(_) => "a list".to_owned(),
            Value::Table(_) => "a table".to_owned(),
        }
    }
}

/// A number as TOML has it: `nan`, not `NaN`.
pub(super) fn written(value: f64) -> String {
    value.to_string().to_lowercase()
}

/// Text for a message: on one line, and not too long.
pub(super) fn quote(text: &str) -> String {
    let mut quoted: String =
        text.chars().take(LONGEST_QUOTE).flat_map(char::escape_debug).collect();
    if text.chars().nth(LONGEST_QUOTE).is_some() {
        quoted.push_str("...");
    }
    quoted
}

/// The tree of a TOML text, and what is wrong with the text: one error a line, since what follows
/// an error on its line is guesswork.
pub(super) fn parse_document(text: &str) -> (Node, Vec<SyntaxError>) {
    let lines = LineIndex::new(text);
    let (table, errors) = DeTable::parse_recoverable(text);
    let mut errors: Vec<SyntaxError> = errors
        .iter()
        .map(|error| syntax_error(error, text, &|offset| lines.position(offset)))
        .collect();
    let place = |offset| lines.position(offset);
    let mut builder = Builder { place: &place, errors: &mut errors };
    let value = builder.table(table.into_inner(), 0);
    let root = Node { value, at: Position::Text { line: 1, column: 1 } };
    errors.sort_by_key(|error| line_of(error.at));
    errors.dedup_by_key(|error| line_of(error.at));
    (root, errors)
}

/// One TOML value given on the command line.
pub(super) fn parse_value(text: &str) -> Result<Node, SyntaxError> {
    let place = |_| Position::Set;
    let (value, errors) = DeValue::parse_recoverable(text);
    let mut errors: Vec<SyntaxError> =
        errors.iter().take(1).map(|error| syntax_error(error, text, &place)).collect();
    let node = Builder { place: &place, errors: &mut errors }.node(value, 0);
    errors.into_iter().next().map_or(Ok(node), Err)
}

fn line_of(at: Position) -> u64 {
    match at {
        Position::Text { line, .. } => line,
        Position::Set => 0,
    }
}

fn syntax_error(
    error: &toml::de::Error,
    text: &str,
    place: &dyn Fn(usize) -> Position,
) -> SyntaxError {
    let span = error.span().unwrap_or(text.len()..text.len());
    let found = text.get(span.clone()).map(str::trim).filter(|found| !found.is_empty());
    let message = error.message();
    // `baseline = icio` is read as a number or a flag gone wrong, depending on its first letter.
    let bare_word = found.filter(|word| {
        let as_value = ["string values must be quoted", "invalid float", "invalid boolean"];
        word.starts_with(char::is_alphabetic) && as_value.iter().any(|m| message.starts_with(m))
    });
    let (problem, expected) = match (bare_word, message.split_once(", expected ")) {
        (Some(_), _) => ("text without quotes", None),
        (None, Some((problem, expected))) => (problem, Some(expected.to_owned())),
        (None, None) => (message, None),
    };
    SyntaxError {
        at: place(span.start),
        problem: format!("not TOML: {problem}"),
        found: found.map(|found| format!("`{}`", quote(found))),
        expected,
        hint: bare_word.map(|word| format!("write `\"{}\"`", quote(word))),
    }
}

struct Builder<'a> {
    place: &'a dyn Fn(usize) -> Position,
    errors: &'a mut Vec<SyntaxError>,
}

impl Builder<'_> {
    fn node(&mut self, value: Spanned<DeValue<'_>>, depth: usize) -> Node {
        let at = (self.place)(value.span().start);
        if depth > MAX_DEPTH {
            self.errors.push(SyntaxError {
                at,
                problem: "values nested too deeply".to_owned(),
                found: None,
                expected: Some(format!("at most {MAX_DEPTH} levels")),
                hint: None,
            });
            return Node { value: Value::Flag(false), at };
        }
        let value = match value.into_inner() {
            DeValue::String(text) => Value::Text(text.into_owned()),
            DeValue::Integer(digits) => integer(digits.as_str(), digits.radix()),
            DeValue::Float(digits) => Value::Number(digits.as_str().parse().unwrap_or(f64::NAN)),
            DeValue::Boolean(flag) => Value::Flag(flag),
            DeValue::Datetime(date) => Value::Date(date.to_string()),
            DeValue::Array(items) => {
                Value::List(items.into_iter().map(|item| self.node(item, depth + 1)).collect())
            }
            DeValue::Table(table) => self.table(table, depth),
        };
        Node { value, at }
    }

    fn table(&mut self, table: DeTable<'_>, depth: usize) -> Value {
        let entry = |(key, value): (Spanned<_>, _)| {
            let key_at = (self.place)(key.span().start);
            let key = std::borrow::Cow::into_owned(key.into_inner());
            Entry { key, key_at, node: self.node(value, depth + 1) }
        };
        Value::Table(table.into_iter().map(entry).collect())
    }
}

/// Integers beyond 64 bits become numbers: `1e20` and `100000000000000000000` are the same size.
fn integer(digits: &str, radix: u32) -> Value {
    match i64::from_str_radix(digits, radix) {
        Ok(value) => Value::Integer(value),
        Err(_) if radix == 10 => Value::Number(digits.parse().unwrap_or(f64::NAN)),
        Err(_) => Value::Number(i128::from_str_radix(digits, radix).map_or(f64::NAN, |v| v as f64)),
    }
}

/// Where the lines of a text begin.
struct LineIndex<'a> {
    text: &'a str,
    starts: Vec<usize>,
}

impl<'a> LineIndex<'a> {
    fn new(text: &'a str) -> Self {
        let after_newlines = text.match_indices('\n').map(|(offset, _)| offset + 1);
        Self { text, starts: std::iter::once(0).chain(after_newlines).collect() }
    }

    fn position(&self, offset: usize) -> Position {
        let line = self.starts.partition_point(|&start| start <= offset).max(1);
        let start = self.starts.get(line - 1).copied().unwrap_or(0);
        let before = match self.text.get(start..offset) {
            Some(prefix) if prefix.len() <= COUNTED_PREFIX => {
                prefix.chars().filter(|&c| c != '\u{feff}').count()
            }
            _ => offset.saturating_sub(start),
        };
        Position::Text { line: line as u64, column: before + 1 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(line: u64, column: usize) -> Position {
        Position::Text { line, column }
    }

    #[test]
    fn every_value_and_key_knows_its_place() {
        let (root, errors) = parse_document("a = 1\n[b]\n  'é' = [1.5,\n \"x\"]\n");
        assert_eq!(errors, []);
        assert_eq!(root.get("a").map(|node| node.at), Some(at(1, 5)));
        let Some(Value::Table(entries)) = root.get("b").map(|node| &node.value) else {
            unreachable!("`b` is a table")
        };
        assert_eq!((entries[0].key.as_str(), entries[0].key_at), ("é", at(3, 3)));
        let Value::List(items) = &entries[0].node.value else { unreachable!("a list") };
        assert_eq!(items[0], Node { value: Value::Number(1.5), at: at(3, 10) });
        assert_eq!(items[1], Node { value: Value::Text("x".into()), at: at(4, 2) });
    }

    #[test]
    fn windows_line_ends_and_byte_order_marks_do_not_shift_places() {
        let (root, errors) = parse_document("\u{feff}a = 1\r\nb = 2\r\n");
        assert_eq!(errors, []);
        assert_eq!(root.get("a").map(|node| node.at), Some(at(1, 5)));
        assert_eq!(root.get("b").map(|node| node.at), Some(at(2, 5)));
    }

    #[test]
    fn syntax_errors_are_found_together_one_a_line() {
        let (_, errors) = parse_document("a =\nb = 1\nb = 2\nc = nonsense more\n[d\n");
        let lines: Vec<Position> = errors.iter().map(|error| error.at).collect();
        assert_eq!(lines, [at(1, 4), at(3, 1), at(4, 5), at(5, 3)]);
        assert!(errors.iter().all(|error| error.problem.starts_with("not TOML: ")));
    }

    #[test]
    fn integers_of_any_length_keep_their_size() {
        let (root, _) = parse_document("a = 100000000000000000000\nb = 0xff\nc = 1e999\nd = -7");
        assert_eq!(root.get("a").map(|node| &node.value), Some(&Value::Number(1e20)));
        assert_eq!(root.get("b").map(|node| &node.value), Some(&Value::Integer(255)));
        assert_eq!(root.get("c").map(|node| &node.value), Some(&Value::Number(f64::INFINITY)));
        assert_eq!(root.get("d").map(|node| &node.value), Some(&Value::Integer(-7)));
    }

    #[test]
    fn deep_nesting_is_an_error_not_an_overflow() {
        for text in [
            format!("a = {}", "[".repeat(100_000)),
            format!("{}a = 1", "a.".repeat(100_000)),
            format!("{}a = 1", "a.".repeat(70)),
            format!("a = {}1{}", "[".repeat(70), "]".repeat(70)),
        ] {
            let (_, errors) = parse_document(&text);
            assert_eq!(errors.len(), 1, "{errors:?}");
        }
    }
}
