//! Eora26: `Eora26_YEAR_bp_T.txt`, `_FD.txt` and `_VA.txt` with their labels in files of their own.
//!
//! Tab-separated numbers without labels. `labels_T.txt` has a line per row and column of `T`: country,
//! code, `Industries`, sector; `labels_FD.txt` a line per column of `FD` alike. Values are in thousands
//! of current US dollars. The country `ROW` holds statistical discrepancies and is left out.

use super::download::{Download, Member};
use super::matrix::{Key, Stated};
use super::pool::{Pooled, Pooling};
use super::streamed::{Block, Parts, lines_of, pool_blocks};
use super::text::number;
use crate::diagnostic::{Diagnostic, IoError};
use crate::tables::codes::Scheme;

/// The country of statistical discrepancies.
const DISCREPANCIES: &str = "ROW";
/// More labels than any edition has.
const MOST_LABELS: usize = 100_000;

/// A thousand dollars, in millions.
const THOUSAND: f64 = 1e-3;

/// Reads the table, in millions of dollars.
pub(crate) fn read(
    download: &Download,
    year: Option<i64>,
    pooling: Pooling,
) -> Result<(Pooled, Member), IoError> {
    let flows = table(download, "_t.txt", year)?;
    let finals = table(download, "_fd.txt", year)?;
    let values = table(download, "_va.txt", year)?;
    let sectors = labels(download, "labels_T.txt")?;
    let final_uses = labels(download, "labels_FD.txt")?;
    let left_out = sectors.iter().filter(|key| key.is_none()).count();
    let parts = Parts { sectors, final_uses, scheme: Scheme::Alpha3, scale: THOUSAND, pooling };
    let width = parts.sectors.len();
    let mut costs = Vec::new();
    for (row, cells) in lines_of(download, values, MOST_LABELS, |_| true)?.iter().enumerate() {
        let cells = match cells.split_last() {
            Some((last, rest)) if last.is_empty() && rest.len() == width => rest,
            _ => cells,
        };
        let numbers: Option<Vec<f64>> = cells
            .iter()
            .map(|cell| number(cell.as_bytes()).map(|value| value * THOUSAND))
            .collect();
        let Some(mut numbers) = numbers.filter(|numbers| numbers.len() == width) else {
            return Err(Diagnostic::new("a row of value added is not of numbers for each sector")
                .in_file(download.shown(values))
                .at_line(row as u64 + 1)
                .found(format!("{} cells", cells.len()))
                .expected(format!("{width} finite numbers"))
                .into());
        };
        numbers.resize(width + parts.final_uses.len(), f64::NAN);
        costs.push((format!("value added {}", row + 1), numbers));
    }
    let stated = Stated { costs, ..Stated::default() };
    let block = |member| Block { member, header_lines: 0, label_cells: 0 };
    let mut pooled = pool_blocks(download, &parts, block(flows), block(finals), &stated)?;
    pooled.report.remarks.push(
        "values are taken as thousands of US dollars, as Eora's documentation has them".to_owned(),
    );
    if left_out > 0 {
        pooled.report.remarks.push(format!(
            "`{DISCREPANCIES}`, which holds Eora's statistical discrepancies, is left out: value \
             added is what each sector sells less its purchases"
        ));
    }
    if flows.file_name().to_ascii_lowercase().contains("_pp_") {
        pooled.report.remarks.push(
            "the table is at purchasers' prices: margins and taxes are in the flows".to_owned(),
        );
    }
    Ok((pooled, flows.clone()))
}

/// Whether a file is one of the tables.
pub(crate) fn is_table(member: &Member, ending: &str) -> bool {
    let name = member.file_name().to_ascii_lowercase();
    name.starts_with("eora26") && name.ends_with(ending)
}

/// The table with this ending, of the year asked for.
fn table<'a>(
    download: &'a Download,
    ending: &str,
    year: Option<i64>,
) -> Result<&'a Member, IoError> {
    let of_year =
        |member: &&Member| year.is_none_or(|year| member.name.contains(&year.to_string()));
    let all: Vec<&Member> =
        download.members().iter().filter(|member| is_table(member, ending)).collect();
    let wanted: Vec<&Member> = all.iter().copied().filter(of_year).collect();
    let names = |members: &[&Member]| {
        members.iter().map(|member| member.file_name()).collect::<Vec<_>>().join(", ")
    };
    let shown = ending.to_ascii_uppercase().replace(".TXT", ".txt");
    match wanted[..] {
        [member] => Ok(member),
        [] => Err(Diagnostic::new(format!("there is no table `Eora26_YEAR_bp{shown}`"))
            .in_file(download.path().display().to_string())
            .found(if all.is_empty() { "none of any year".to_owned() } else { names(&all) })
            .into()),
        _ => Err(Diagnostic::new(format!("there are several tables `Eora26_YEAR_bp{shown}`"))
            .in_file(download.path().display().to_string())
            .found(names(&wanted))
            .hint("name one year with `--year`, or the folder of one table")
            .into()),
    }
}

/// Labels by position; none for the statistical discrepancies.
fn labels(download: &Download, name: &str) -> Result<Vec<Option<Key>>, IoError> {
    let Some(member) = super::exiobase::find(download, name)? else {
        return Err(Diagnostic::new(format!("there is no `{name}`"))
            .in_file(download.path().display().to_string())
            .hint("Eora gives the labels in `indices.zip`: unpack both into one folder and name it")
            .into());
    };
    let rows =
        lines_of(download, member, MOST_LABELS, |row| row.iter().any(|cell| !cell.is_empty()))?;
    (1u64..)
        .zip(&rows)
        .map(|(line, row)| match &row[..] {
            [_, code, _, _, ..] if code == DISCREPANCIES => Ok(None),
            [_, code, _, part, ..] if !code.is_empty() && !part.is_empty() => {
                Ok(Some(Key::new(code, part)))
            }
            _ => Err(Diagnostic::new("a label cannot be read")
                .in_file(download.shown(member))
                .at_line(line)
                .found(format!("`{}`", row.join(" ")))
                .expected("country, code, `Industries` and sector, with tabs between")
                .into()),
        })
        .collect()
}
