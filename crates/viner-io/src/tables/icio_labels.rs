//! What the labels of an official file stand for.

use std::collections::{BTreeSet, HashMap};

use csv::ByteRecord;
use viner_model::labels::{Label, Labels, nearest};

use super::icio::SellingRow;
use super::problems::Problems;
use super::{names, order};
use crate::diagnostic::Diagnostic;

/// Labels of rows and columns of gross output, in the editions' words.
const OUTPUT: [&str; 3] = ["OUT", "OUTPUT", "TOTAL"];
/// Rows that output and purchases imply, and so are not needed.
const IMPLIED: [&str; 5] = ["VA", "VALU", "TLS", "TAXSUB", "TXS"];

/// What a row is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RowKind {
    /// Sales of a region's sector.
    Selling,
    /// Gross output.
    Output,
    /// Value added or taxes.
    Implied,
    /// None of these.
    Unknown,
}

pub(super) fn row_kind(label: &str) -> RowKind {
    match label.split_once('_') {
        _ if OUTPUT.contains(&label) => RowKind::Output,
        _ if IMPLIED.contains(&label) => RowKind::Implied,
        Some((_, suffix)) if IMPLIED.contains(&suffix) => RowKind::Implied,
        Some((region, sector)) if !region.is_empty() && !sector.is_empty() => RowKind::Selling,
        _ => RowKind::Unknown,
    }
}

/// The columns of a file.
#[derive(Debug)]
pub(super) struct Header {
    /// Labels in the file's order, the column of row labels left out.
    pub(super) labels: Vec<String>,
    /// The line they are on.
    pub(super) line: u64,
}

impl Header {
    /// Reads the header line; `None` if rows cannot be read by it.
    pub(super) fn parse(record: &ByteRecord, line: u64, problems: &mut Problems) -> Option<Self> {
        let mut first = HashMap::new();
        let mut labels = Vec::with_capacity(record.len());
        for (index, field) in record.iter().enumerate().skip(1) {
            let label = String::from_utf8_lossy(field).trim().to_owned();
            let number = index + 1;
            if let Some(other) = first.insert(label.clone(), number) {
                problems.push(
                    Diagnostic::new(format!("column `{label}` is there twice"))
                        .at_line(line)
                        .found(format!("columns {other} and {number}"))
                        .expected("one of them"),
                );
            } else if !matches!(row_kind(&label), RowKind::Selling | RowKind::Output) {
                let problem = format!("column {number} is labelled `{label}`");
                problems.push(
                    Diagnostic::new(problem)
                        .at_line(line)
                        .expected("`REGION_SECTOR`, `REGION_CATEGORY`, `OUT`, `OUTPUT` or `TOTAL`"),
                );
            }
            labels.push(label);
        }
        if labels.is_empty() {
            let problem = Diagnostic::new("the header has no columns").at_line(line);
            problems.push(problem.hint("cells are separated by commas"));
        }
        problems.is_empty().then_some(Self { labels, line })
    }
}

/// A row or column of a file that is pooled: where it is, and to whom it belongs.
pub(super) struct Place {
    /// Position in the file.
    pub(super) index: usize,
    pub(super) region: usize,
    pub(super) sector: usize,
}

/// Rows and columns of a file in the order of their labels, whatever their order in the file.
pub(super) struct Layout {
    pub(super) regions: Labels,
    pub(super) sectors: Labels,
    /// Rows that sell.
    pub(super) rows: Vec<Place>,
    /// Columns of intermediate use.
    pub(super) users: Vec<Place>,
    /// Columns of final use, whose `sector` is nothing.
    pub(super) final_uses: Vec<Place>,
    /// Categories of final use, sorted.
    pub(super) categories: Vec<String>,
    /// Parts of regions that were added to their whole: `CN1`.
    pub(super) folded: Vec<String>,
}

/// Sorts rows and columns by their labels; `None` if they do not fit together.
pub(super) fn layout(
    header: &Header,
    rows: &[SellingRow],
    problems: &mut Problems,
) -> Option<Layout> {
    let split = |label: &'_ str| -> (String, String) {
        let (region, rest) = label.split_once('_').unwrap_or((label, ""));
        (region.to_owned(), rest.to_owned())
    };
    let columns = header.labels.iter().filter(|label| row_kind(label) == RowKind::Selling);
    let column_set: BTreeSet<&str> = columns.clone().map(String::as_str).collect();
    let row_set: BTreeSet<&str> = rows.iter().map(|row| row.label.as_str()).collect();
    let sectors: BTreeSet<String> = row_set.iter().map(|label| split(label).1).collect();
    for row in rows.iter().filter(|row| !column_set.contains(row.label.as_str())) {
        let problem = format!("row `{}` has no column of the same label", row.label);
        let mut problem = Diagnostic::new(problem).at_line(row.line);
        let unmatched = column_set.difference(&row_set).copied();
        if let Some(near) = nearest(&row.label, unmatched) {
            problem = problem.hint(format!("is it the column labelled `{near}`?"));
        }
        problems.push(problem);
    }
    let sellers: BTreeSet<String> = row_set.iter().map(|label| split(label).0).collect();
    let mut buyers = BTreeSet::new();
    for label in columns.clone() {
        let (region, rest) = split(label);
        if sectors.contains(&rest) {
            if !row_set.contains(label.as_str()) {
                let problem = format!("column `{label}` has no row of the same label");
                problems.push(Diagnostic::new(problem).at_line(header.line));
            }
        } else if sellers.contains(&region) {
            buyers.insert(region);
        } else {
            let what = format!("region of final-use column `{label}`:");
            let valid: Vec<&str> = sellers.iter().map(String::as_str).collect();
            problems.push(Diagnostic::unknown(&what, &region, valid).at_line(header.line));
        }
    }
    let whole = |region: &str| whole_of(region).filter(|whole| sellers.contains(*whole));
    for region in sellers.iter().filter(|region| !buyers.contains(*region)) {
        if whole(region).is_none() {
            let problem = format!("region `{region}` has no column of final use");
            let expected = format!("a column such as `{region}_HFCE`");
            problems.push(Diagnostic::new(problem).at_line(header.line).expected(expected));
        }
    }
    if !problems.is_empty() {
        return None;
    }

    let folded: Vec<String> =
        sellers.iter().filter(|code| whole(code).is_some()).cloned().collect();
    let regions = order::regions(
        sellers
            .iter()
            .filter(|code| whole(code).is_none())
            .map(|code| named(code, names::region))
            .collect(),
    );
    let sectors = order::sectors(sectors.iter().map(|code| named(code, names::sector)).collect());
    let mut layout = Layout {
        regions,
        sectors,
        rows: Vec::new(),
        users: Vec::new(),
        final_uses: Vec::new(),
        categories: Vec::new(),
        folded,
    };
    let mut categories = BTreeSet::new();
    let place = |index: usize, label: &str| {
        let (region, rest) = split(label);
        let region = layout.regions.position(whole(&region).unwrap_or(&region))?;
        Some((Place { index, region, sector: layout.sectors.position(&rest).unwrap_or(0) }, rest))
    };
    let mut placed = (Vec::new(), Vec::new(), Vec::new());
    for (index, label) in by_label(rows.iter().map(|row| row.label.as_str())) {
        placed.0.extend(place(index, label).map(|(place, _)| place));
    }
    for (index, label) in by_label(header.labels.iter().map(String::as_str)) {
        if row_kind(label) != RowKind::Selling {
            continue;
        }
        let Some((place, rest)) = place(index, label) else { continue };
        if layout.sectors.position(&rest).is_some() {
            placed.1.push(place);
        } else {
            categories.insert(rest);
            placed.2.push(place);
        }
    }
    (layout.rows, layout.users, layout.final_uses) = placed;
    layout.categories = categories.into_iter().collect();
    Some(layout)
}

/// Positions and labels, by label.
fn by_label<'a>(labels: impl Iterator<Item = &'a str>) -> Vec<(usize, &'a str)> {
    let mut labels: Vec<(usize, &str)> = labels.enumerate().collect();
    labels.sort_unstable_by_key(|(_, label)| *label);
    labels
}

/// The region that a part belongs to: the OECD splits China and Mexico by processing for export.
fn whole_of(region: &str) -> Option<&'static str> {
    match region.strip_prefix("CN").or_else(|| region.strip_prefix("MX")) {
        Some(part) if part.len() == 1 && part.bytes().all(|byte| byte.is_ascii_digit()) => {
            Some(if region.starts_with("CN") { "CHN" } else { "MEX" })
        }
        _ => None,
    }
}

fn named(code: &str, names: fn(&str) -> Option<&'static str>) -> Label {
    Label { code: code.to_owned(), name: names(code).unwrap_or(code).to_owned() }
}
