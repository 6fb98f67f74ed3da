//! What fuzz targets have in common.

use viner_io::scenario_file::ScenarioSource;

/// Any bytes as a text with tables beside it and overrides.
///
/// A line `#file NAME` begins a table of that name, which lasts to the next such line; a line
/// `#set KEY=VALUE` before the first of them is an override.
pub fn source_of(name: &str, bytes: &[u8]) -> (ScenarioSource, Vec<String>) {
    let whole = String::from_utf8_lossy(bytes);
    let mut parts = whole.split("\n#file ");
    let text = parts.next().unwrap_or_default();
    let mut source = ScenarioSource::text(name, text);
    for part in parts {
        let (name, table) = part.split_once('\n').unwrap_or((part, ""));
        source.files.insert(name.to_owned(), table.to_owned());
    }
    let overrides = text.lines().filter_map(|line| line.strip_prefix("#set "));
    (source, overrides.map(str::to_owned).collect())
}
