//! EXIOBASE 3 and whatever else pymrio saved: a folder or archive with `Z.txt` and `Y.txt`.
//!
//! Tab-separated. `Z.txt` has two lines of labels (regions, sectors) and a third that names the two
//! columns of row labels; `Y.txt` the same with regions and categories. `x.txt` is gross output:
//! region, sector, value. `unit.txt` says the unit.

use viner_model::tables::Unit;

use super::download::{Download, Member};
use super::matrix::{Key, Stated};
use super::pool::{Pooled, Pooling};
use super::streamed::{Block, Parts, header, lines_of, pool_blocks};
use super::text::number;
use crate::diagnostic::{Diagnostic, IoError};
use crate::tables::codes::Scheme;

/// Lines of labels of a matrix.
const HEADER_LINES: usize = 3;

/// Reads the table; its unit comes with it.
pub(crate) fn read(download: &Download, pooling: Pooling) -> Result<(Pooled, Unit), IoError> {
    let uses = find(download, "Z.txt")?.ok_or_else(|| missing(download, "Z.txt"))?;
    let finals = find(download, "Y.txt")?.ok_or_else(|| missing(download, "Y.txt"))?;
    let parts = Parts {
        sectors: labels(download, uses)?,
        final_uses: labels(download, finals)?,
        scheme: Scheme::Alpha2,
        scale: 1.0,
        pooling,
    };
    let block = |member| Block { member, header_lines: HEADER_LINES, label_cells: 2 };
    let stated = stated(download, &parts)?;
    let unit = unit(download)?;
    let mut pooled = pool_blocks(download, &parts, block(uses), block(finals), &stated)?;
    if stated.output.is_none() {
        pooled.report.remarks.push("there is no `x.txt`: output is what each row sells".to_owned());
    }
    Ok((pooled, unit))
}

/// The file of this name nearest to the top: extensions have folders of their own.
pub(crate) fn find<'a>(download: &'a Download, name: &str) -> Result<Option<&'a Member>, IoError> {
    let depth = |member: &Member| member.name.matches('/').count();
    let all: Vec<&Member> =
        download.members().iter().filter(|member| member.file_name() == name).collect();
    let Some(top) = all.iter().map(|member| depth(member)).min() else { return Ok(None) };
    match all.iter().filter(|member| depth(member) == top).collect::<Vec<_>>()[..] {
        [member] => Ok(Some(member)),
        ref several => Err(Diagnostic::new(format!("there are several files `{name}`"))
            .in_file(download.path().display().to_string())
            .found(several.iter().map(|file| file.name.as_str()).collect::<Vec<_>>().join(", "))
            .hint("name the folder of one of them")
            .into()),
    }
}

fn missing(download: &Download, name: &str) -> IoError {
    Diagnostic::new(format!("there is no `{name}`"))
        .in_file(download.path().display().to_string())
        .hint("a saved table has the flows `Z.txt` and the final demand `Y.txt`, not only coefficients")
        .into()
}

/// The labels of the columns of a matrix.
fn labels(download: &Download, member: &Member) -> Result<Vec<Option<Key>>, IoError> {
    let wrong = |line: u64, problem: &str, found: String| -> IoError {
        let problem = Diagnostic::new(problem).at_line(line).in_file(download.shown(member));
        problem
            .found(found)
            .expected("lines of regions, of sectors and of the names of both")
            .into()
    };
    let lines = header(download, member, HEADER_LINES)?;
    let [regions, parts, names] = &lines[..] else {
        return Err(wrong(1, "the file has no lines of labels", format!("{} lines", lines.len())));
    };
    let blank =
        |cells: &[String]| cells.get(2..).is_none_or(|rest| rest.iter().all(String::is_empty));
    let begins = |cells: &[String], name: &str| {
        cells.first().is_some_and(|cell| cell.eq_ignore_ascii_case(name))
    };
    if !begins(regions, "region") || !begins(names, "region") || !blank(names) {
        let found = format!("`{}` and `{}`", first(regions), first(names));
        return Err(wrong(1, "the labels are not those of a saved table", found));
    }
    if regions.len() != parts.len() || regions.len() < 3 {
        let found = format!("{} regions and {} labels", regions.len(), parts.len());
        return Err(wrong(2, "the lines of labels differ in length", found));
    }
    Ok(regions
        .iter()
        .zip(parts)
        .skip(2)
        .map(|(region, part)| Some(Key::new(region, part)))
        .collect())
}

fn first(cells: &[String]) -> &str {
    cells.first().map_or("", String::as_str)
}

/// Gross output, by column.
fn stated(download: &Download, parts: &Parts) -> Result<Stated, IoError> {
    let Some(member) = find(download, "x.txt")? else { return Ok(Stated::default()) };
    let rows = lines_of(download, member, parts.sectors.len() + 2, |_| true)?;
    let mut output = vec![f64::NAN; parts.sectors.len() + parts.final_uses.len()];
    let positions: std::collections::HashMap<&Key, usize> = parts
        .sectors
        .iter()
        .enumerate()
        .filter_map(|(index, key)| key.as_ref().map(|key| (key, index)))
        .collect();
    for (line, row) in (1u64..).zip(&rows).skip(1) {
        let wrong = |problem: &str| -> IoError {
            let problem = Diagnostic::new(problem).at_line(line).in_file(download.shown(member));
            problem.found(format!("`{}`", row.join(" "))).expected("region, sector, value").into()
        };
        let [region, sector, value] = &row[..] else {
            return Err(wrong("a line of output has a wrong number of cells"));
        };
        let value = number(value.as_bytes()).ok_or_else(|| wrong("output is no finite number"))?;
        let at = positions.get(&Key::new(region, sector));
        let at = at.ok_or_else(|| wrong("output of a sector that is not in the table"))?;
        output[*at] = value;
    }
    Ok(Stated { output: Some((1, output)), ..Stated::default() })
}

/// The unit of the flows.
fn unit(download: &Download) -> Result<Unit, IoError> {
    let Some(member) = find(download, "unit.txt")? else {
        return Err(Diagnostic::new("there is no `unit.txt`")
            .in_file(download.path().display().to_string())
            .expected("a file with the unit of the flows")
            .into());
    };
    let mut units: Vec<String> = lines_of(download, member, 1 << 20, |_| true)?
        .iter()
        .skip(1)
        .filter_map(|row| row.last().cloned())
        .collect();
    units.sort_unstable();
    units.dedup();
    let plain = |text: &str| text.to_ascii_lowercase().replace(['.', ' '], "");
    match &units[..] {
        [unit] if matches!(&*plain(unit), "meur" | "milleur" | "millioneur") => {
            Ok(Unit::MillionEur)
        }
        [unit] if matches!(&*plain(unit), "musd" | "millusd" | "millionusd") => {
            Ok(Unit::MillionUsd)
        }
        [unit] if plain(unit) == "usd" => Ok(Unit::Usd),
        units => Err(Diagnostic::new("the unit of the flows cannot be read")
            .in_file(download.shown(member))
            .found(
                units.iter().take(4).map(|unit| format!("`{unit}`")).collect::<Vec<_>>().join(", "),
            )
            .expected("`M.EUR`, `Mill USD` or `USD` for all of them")
            .into()),
    }
}
