//! The GTAP Data Base, for holders of its licence: header array files of its versions 6 to 11.
//!
//! Purchases are at basic prices, bilateral trade at fob prices, and margins of international transport
//! are sales of the services that make them:
//!
//! ```text
//! X_in^s  = VFOB_sin                            i ≠ n; within n also what its users buy at home
//! X_rn^m += VST_mr / Σ_r VST_mr · Σ_si VTWR_msin   services of transport m, from all who supply it
//! τ_in^s  = (VMSB − VCIF)_sin / X_in^s
//! Z_n^sk  = VDFB + VMFB − share of k in imports of s · Σ_mi VTWR_msin;  Z_n^mk takes up as much
//! ```
//!
//! and in the same way for final use. So taxes on purchases and on exports are in value added, which is
//! output less inputs, and tariffs are what they are paid on over. Names of arrays up to version 9 and
//! since version 10 differ, see `ARRAYS` in `arrays.rs`.

mod arrays;
mod pooling;

use super::download::{Download, Member};
use super::har::{self, Content, Header};
use super::pool::Pooled;
use super::signs::Negatives;
use crate::diagnostic::{Diagnostic, IoError};
use crate::tables::problems::Problems;
use arrays::Arrays;

/// The largest file that is held: those of version 11 have some 150 MB.
const MAX_FILE: u64 = 1 << 30;

/// Whether a file of a download looks like a header array file by its name.
pub(crate) fn is_named(member: &Member) -> bool {
    [".har", ".prm", ".dat"].iter().any(|ending| member.ends_with(ending))
}

/// Reads the data base, and the year that its release tells.
pub(crate) fn read(
    download: &Download,
    negatives: Negatives,
) -> Result<(Pooled, Option<i64>), IoError> {
    let files = files(download)?;
    let tables: Vec<&(&Member, Vec<Header>)> =
        files.iter().filter(|(_, headers)| holds_trade(headers)).collect();
    let &[(member, headers)] = tables.as_slice() else {
        return Err(not_one(download, &files, tables.len()));
    };
    let mut problems = Problems::of(download.shown(member));
    let pooled = Arrays::read(headers, &mut problems).and_then(|arrays| {
        let elasticities = files.iter().flat_map(|(_, headers)| headers);
        let elasticities = elasticities.filter(|header| header.name == "ESBM");
        arrays.pool(elasticities, negatives, &mut problems)
    });
    match pooled {
        Some(pooled) => Ok((pooled, release_year(headers))),
        None => Err(IoError::Input(problems.into_diagnostics())),
    }
}

/// Whether headers hold bilateral trade, as those of the data base do.
pub(crate) fn holds_trade(headers: &[Header]) -> bool {
    headers.iter().any(|header| ["VFOB", "VXWD"].contains(&header.name.as_str()))
}

/// The header array files of a download, and what they hold.
pub(crate) fn files(download: &Download) -> Result<Vec<(&Member, Vec<Header>)>, IoError> {
    let mut files = Vec::new();
    for member in download.members().iter().filter(|member| download.is_file() || is_named(member))
    {
        let bytes = download.bytes(member, MAX_FILE)?;
        if !har::is_har(&bytes) && !download.is_file() {
            continue;
        }
        let headers = har::read(&bytes)
            .map_err(|problem| IoError::from(problem.in_file(download.shown(member))))?;
        files.push((member, headers));
    }
    Ok(files)
}

fn not_one(download: &Download, files: &[(&Member, Vec<Header>)], count: usize) -> IoError {
    let problem = if count == 0 {
        Diagnostic::new("no header array file holds bilateral trade of the GTAP Data Base")
            .expected("headers such as `VXSB`, `VFOB`, `VDFB` or `VXMD`, `VXWD`, `VDFM`")
    } else {
        Diagnostic::new("several files hold bilateral trade").hint("name one of them")
    };
    let shown: Vec<String> = files
        .iter()
        .map(|(member, headers)| {
            let names: Vec<&str> =
                headers.iter().take(20).map(|header| header.name.as_str()).collect();
            format!("`{}` with {}", member.file_name(), names.join(" "))
        })
        .collect();
    let problem = problem.in_file(download.path().display().to_string());
    if shown.is_empty() { problem.into() } else { problem.found(shown.join("; ")).into() }
}

/// The year in the identifier of the release: `R10.1_2014_...`.
fn release_year(headers: &[Header]) -> Option<i64> {
    let release = headers.iter().find(|header| header.name == "DREL")?;
    let Content::Text(lines) = &release.content else { return None };
    let mut numbers = lines.iter().flat_map(|line| line.split(|c: char| !c.is_ascii_digit()));
    numbers.find_map(|number| number.parse().ok().filter(|year| (1990..2100).contains(year)))
}
