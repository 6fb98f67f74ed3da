//! A folder to run commands in, and what a command says.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use assert_cmd::cargo::cargo_bin_cmd;
use serde_json::Value;

/// Far above what any of these commands needs; a command that hangs is an error.
const TIME_LIMIT: Duration = Duration::from_secs(120);

/// Rows of a CSV table, by column.
pub type Rows = Vec<BTreeMap<String, String>>;

/// A folder of its own for a test.
pub struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    /// An empty folder.
    pub fn new() -> Self {
        Self { folder: tempfile::Builder::new().prefix("viner-test-").tempdir().unwrap() }
    }

    /// A folder with the file `icio-2019-tiny.csv` and the bundle `bundle` made of it: regions `ROW`
    /// and `USA`, sectors `A` and `C10_12`.
    pub fn with_bundle() -> Self {
        let place = Self::new();
        place.write(
            "icio-2019-tiny.csv",
            include_str!("../../../viner-io/tests/fixtures/icio-2019-tiny.csv"),
        );
        place.viner("data import icio-2019-tiny.csv -o bundle --format csv").succeeded();
        place
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    /// Replaces the first `from` in a file, which must be there.
    pub fn edit(&self, name: &str, from: &str, to: &str) {
        let text = self.read(name);
        assert!(text.contains(from), "no {from:?} in {text}");
        self.write(name, &text.replacen(from, to, 1));
    }

    /// Names in a folder, in order; `""` is the place itself.
    pub fn names(&self, folder: &str) -> Vec<String> {
        let entries = fs::read_dir(self.path(folder)).unwrap();
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    pub fn json(&self, name: &str) -> Value {
        serde_json::from_str(&self.read(name)).unwrap()
    }

    /// The header line of a CSV table, as written.
    pub fn header(&self, name: &str) -> String {
        self.read(name).lines().next().unwrap_or_default().to_owned()
    }

    pub fn rows(&self, name: &str) -> Rows {
        let text = self.read(name);
        let mut lines = text.lines();
        let columns: Vec<&str> = lines.next().unwrap().split(',').collect();
        let row = |line: &str| -> BTreeMap<String, String> {
            let cells = line.split(',').map(ToOwned::to_owned);
            columns.iter().map(|column| (*column).to_owned()).zip(cells).collect()
        };
        lines.map(row).collect()
    }

    /// A number of a CSV table: the column of the only row whose other columns are as given.
    pub fn number(&self, name: &str, cell: &[(&str, &str)], column: &str) -> f64 {
        let rows = self.rows(name);
        let is_it =
            |row: &&BTreeMap<String, String>| cell.iter().all(|(key, value)| row[*key] == *value);
        let found: Vec<_> = rows.iter().filter(is_it).collect();
        let [row] = found.as_slice() else { panic!("{} rows of {cell:?} in {name}", found.len()) };
        row[column].parse().unwrap()
    }

    /// Every CSV table of a folder, as bytes.
    pub fn tables(&self, folder: &str) -> BTreeMap<String, Vec<u8>> {
        let is_table = |name: &String| Path::new(name).extension().is_some_and(|ext| ext == "csv");
        let read = |name: String| {
            let bytes = fs::read(self.path(folder).join(&name)).unwrap();
            (name, bytes)
        };
        self.names(folder).into_iter().filter(is_table).map(read).collect()
    }

    /// Two folders must hold the same tables, bit for bit.
    pub fn same_tables(&self, one: &str, other: &str) {
        let (one, other) = (self.tables(one), self.tables(other));
        assert!(one.len() >= 5, "{:?}", one.keys());
        assert!(one.keys().eq(other.keys()), "{:?} and {:?}", one.keys(), other.keys());
        for (name, bytes) in &one {
            assert!(*bytes == other[name], "{name} differs");
        }
    }

    /// Runs `viner` here with the arguments in a line of words.
    pub fn viner(&self, arguments: &str) -> Ran {
        self.viner_in("", &arguments.split_whitespace().collect::<Vec<_>>())
    }

    /// Runs `viner` in a folder of this place.
    pub fn viner_in(&self, folder: &str, arguments: &[&str]) -> Ran {
        let output = cargo_bin_cmd!("viner")
            .args(arguments)
            .current_dir(self.path(folder))
            .env_remove("COLUMNS")
            .timeout(TIME_LIMIT)
            .output()
            .unwrap();
        let text = |bytes: Vec<u8>| self.without_path(&String::from_utf8(bytes).unwrap());
        Ran {
            status: output.status.code().expect("the command ends by itself"),
            stdout: text(output.stdout),
            stderr: text(output.stderr),
        }
    }

    /// A text with the path of this place left out.
    fn without_path(&self, text: &str) -> String {
        let path = self.folder.path();
        let canonical = path.canonicalize().unwrap();
        let text = text.replace(&canonical.display().to_string(), "[place]");
        text.replace(&path.display().to_string(), "[place]")
    }
}

/// What a command said.
#[derive(Clone, Debug)]
pub struct Ran {
    pub status: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Ran {
    /// The command, which must have been successful.
    #[track_caller]
    pub fn succeeded(self) -> Self {
        assert!(self.status == 0, "{self}");
        self
    }

    /// The command, which must have failed with this status, an error on stderr and nothing on
    /// stdout.
    #[track_caller]
    pub fn failed(self, status: i32) -> Self {
        assert!(self.status == status && self.stdout.is_empty(), "{self}");
        assert!(self.stderr.starts_with("error: "), "{self}");
        assert!(!self.stderr.contains("panicked"), "{self}");
        self
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}\n{self}"))
    }
}

/// For snapshots: status and what was said, without what differs between runs and machines.
impl fmt::Display for Ran {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "exit status {}", self.status)?;
        for (name, text) in [("stdout", &self.stdout), ("stderr", &self.stderr)] {
            if !text.is_empty() {
                write!(f, "\n-- {name}\n{}", steady(text))?;
            }
        }
        Ok(())
    }
}

/// A text without what differs between runs and machines: times, rounding errors and where they
/// are largest, words of the system, spaces at the ends of lines, separators in paths.
pub fn steady(text: &str) -> String {
    let lines: Vec<String> = text.lines().map(steady_line).collect();
    lines.join("\n")
}

fn steady_line(line: &str) -> String {
    let words = line.trim_end().split_inclusive(' ').map(|word| {
        let number = word.trim_matches([' ', ',', ')', '(']);
        if is_rounding(number) { word.replace(number, "[tiny]") } else { word.to_owned() }
    });
    let mut line = words.collect::<String>().replace('\\', "/");
    if line.starts_with("certified: ") && line.contains("(worst: ") {
        line = replace_between(&line, "(worst: ", "), asked", "[cell]");
    }
    if line.starts_with("solved by ") {
        line = replace_between(&line, "evaluations, ", " ms", "[time]");
    }
    if line.contains(" (os error ") {
        line = replace_between(&line, "`: ", ")", "[what the system says");
        line = line.replace("says)", "says]");
    }
    line
}

/// Whether a word is a number such as `1.3e-13`; `1e-10` is one that somebody chose.
fn is_rounding(word: &str) -> bool {
    let looks_so = word.contains('.') && word.contains('e');
    looks_so && word.parse::<f64>().is_ok_and(|number| number.abs() < 1e-9)
}

/// Replaces what stands between two texts, which must be there.
pub fn replace_between(line: &str, before: &str, after: &str, with: &str) -> String {
    let (start, rest) =
        line.split_once(before).unwrap_or_else(|| panic!("no {before:?} in {line:?}"));
    let (_, end) = rest.split_once(after).unwrap_or_else(|| panic!("no {after:?} in {line:?}"));
    format!("{start}{before}{with}{after}{end}")
}
