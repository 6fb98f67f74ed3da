//! Mappings for aggregation: `axis,from,to,to_name`.

use std::collections::HashMap;
use std::path::Path;

use viner_tables::mapping::{Axis, AxisMap, Mapping, Rest};

use super::sheet::{Sheet, SheetRow};
use crate::builtin;
use crate::diagnostic::{Diagnostic, IoError};
use crate::tables::Problems;

const AXES: [(&str, Axis); 2] = [("region", Axis::Region), ("sector", Axis::Sector)];
const REQUIRED: [&str; 3] = ["axis", "from", "to"];
const OPTIONAL: [&str; 1] = ["to_name"];

/// A mapping, and whether it is one that comes with the library, made for many tables.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenedMapping {
    /// The mapping.
    pub mapping: Mapping,
    /// Whether it is built in, so that codes which a table lacks mean nothing.
    pub built_in: bool,
}

/// Opens a built-in mapping by its name, or a file `.csv`.
///
/// An axis without rows stays as it is. `*` in `from` stands for all codes that no other row
/// lists; with `*` in `to` each of them stays.
///
/// # Errors
/// `Input` if there is neither, with the nearest name, or with all that is wrong with the file.
pub fn open_mapping(name_or_path: &str) -> Result<OpenedMapping, IoError> {
    if let Some(text) = builtin::map(name_or_path) {
        let sheet = Sheet::parse(text, name_or_path, &REQUIRED, &OPTIONAL)?;
        return Ok(OpenedMapping { mapping: mapping(sheet, name_or_path)?, built_in: true });
    }
    let path = Path::new(name_or_path);
    if !path.is_file() {
        let names: Vec<&str> = builtin::maps().collect();
        let unknown = Diagnostic::unknown("mapping", name_or_path, names.iter().copied());
        let listed = names.join("`, `");
        let hint = format!("it is no file either; built in are `{listed}`");
        return Err(unknown.hint(hint).into());
    }
    let sheet = Sheet::read(path, &REQUIRED, &OPTIONAL)?;
    let name = path.file_stem().unwrap_or_default().to_string_lossy();
    Ok(OpenedMapping { mapping: mapping(sheet, &name)?, built_in: false })
}

fn mapping(mut sheet: Sheet, name: &str) -> Result<Mapping, IoError> {
    let mut problems = std::mem::replace(&mut sheet.problems, Problems::of(String::new()));
    let mut axes = [AxisMap::identity(), AxisMap::identity()];
    let mut lines: [HashMap<String, u64>; 2] = Default::default();
    for row in &sheet.rows {
        if let Err(problem) = enter(&sheet, row, &mut axes, &mut lines) {
            problems.push(problem.at_line(row.line));
        }
    }
    let [regions, sectors] = axes;
    Sheet::finish(problems, Mapping { name: name.to_owned(), regions, sectors })
}

fn enter(
    sheet: &Sheet,
    row: &SheetRow,
    axes: &mut [AxisMap; 2],
    lines: &mut [HashMap<String, u64>; 2],
) -> Result<(), Diagnostic> {
    let cell = |column: &str| sheet.cell(row, column).to_owned();
    let (axis, from, to, to_name) = (cell("axis"), cell("from"), cell("to"), cell("to_name"));
    let names = AXES.map(|(name, _)| name);
    let index = names
        .iter()
        .position(|name| *name == axis)
        .ok_or_else(|| Diagnostic::unknown("axis", &axis, names))?;
    for (column, code) in [("from", &from), ("to", &to)] {
        if code.is_empty() {
            let problem = Diagnostic::new(format!("`{column}` is empty"));
            return Err(problem.expected(format!("the code of a {axis}, or `*`")));
        }
    }
    if let Some(first) = lines[index].insert(from.clone(), row.line) {
        let problem = Diagnostic::new(format!("{axis} `{from}` is mapped twice"));
        let found = format!("lines {first} and {}", row.line);
        return Err(problem.found(found).expected("one of them"));
    }
    let map = &mut axes[index];
    if lines[index].len() == 1 {
        map.rest = Rest::Refuse;
    }
    match (from.as_str(), to.as_str()) {
        ("*", "*") => map.rest = Rest::Keep,
        ("*", _) => map.rest = Rest::Into(to.clone()),
        (_, "*") => {
            let problem = Diagnostic::new(format!("{axis} `{from}` is mapped to `*`"));
            return Err(problem.expected("a code; only `*` itself can be mapped to `*`"));
        }
        _ => map.pairs.push((from, to.clone())),
    }
    if !to_name.is_empty() {
        let known = map.names.entry(to.clone()).or_insert_with(|| to_name.clone());
        if *known != to_name {
            let problem = Diagnostic::new(format!("{axis} `{to}` has two names"));
            let found = format!("`{known}` and `{to_name}`");
            return Err(problem.found(found).expected("one of them"));
        }
    }
    Ok(())
}
