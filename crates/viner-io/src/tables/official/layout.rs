//! Rows and columns of a matrix in the order of their labels, and what they stand for.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use viner_model::labels::{Label, Labels, nearest};

use super::matrix::{Column, Key, Seller};
use crate::diagnostic::Diagnostic;
use crate::tables::codes::{self, Reading, Scheme};
use crate::tables::problems::Problems;
use crate::tables::{names, order};

/// A row or column that is pooled: where it is, and to whom it belongs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    /// Position in the file.
    pub(crate) index: usize,
    pub(crate) region: usize,
    /// The sector; the category for final use.
    pub(crate) part: usize,
}

/// Rows and columns of a file in the order of their labels, whatever their order in the file.
#[derive(Debug)]
pub(crate) struct Layout {
    pub(crate) regions: Labels,
    pub(crate) sectors: Labels,
    /// Rows that sell.
    pub(crate) rows: Vec<Place>,
    /// Columns of intermediate use.
    pub(crate) users: Vec<Place>,
    /// Columns of final use.
    pub(crate) final_uses: Vec<Place>,
    /// Categories of final use, sorted.
    pub(crate) categories: Vec<String>,
    /// Parts of regions that were added to their whole: `CN1`.
    pub(crate) folded: Vec<String>,
    /// Codes that were replaced: `ROM` by `ROU`.
    pub(crate) replaced: Vec<(String, String)>,
    /// Codes of regions that no list has.
    pub(crate) unknown: Vec<String>,
}

/// What a layout is made of.
pub(crate) struct Labelled<'a> {
    pub(crate) columns: &'a [Column],
    pub(crate) header_line: Option<u64>,
    pub(crate) rows: &'a [Seller],
    pub(crate) scheme: Scheme,
    /// Names of sectors that the file gives.
    pub(crate) names: &'a HashMap<String, String>,
}

/// Sorts rows and columns by their labels; `None` if they do not fit together.
pub(crate) fn layout(from: &Labelled<'_>, problems: &mut Problems) -> Option<Layout> {
    let at_header = |problem: Diagnostic| match from.header_line {
        Some(line) => problem.at_line(line),
        None => problem,
    };
    let columns = || from.columns.iter().filter_map(|column| column.key.as_ref());
    let column_set: BTreeSet<&Key> = columns().collect();
    let row_set: BTreeSet<&Key> = from.rows.iter().map(|row| &row.key).collect();
    let sectors: BTreeSet<&str> = row_set.iter().map(|key| key.part.as_str()).collect();
    for row in from.rows.iter().filter(|row| !column_set.contains(&row.key)) {
        let label = row.key.label();
        let problem = format!("row `{label}` has no column of the same label");
        let mut problem = Diagnostic::new(problem).at_line(row.line);
        let unmatched: Vec<String> =
            column_set.difference(&row_set).map(|key| key.label()).collect();
        if let Some(near) = nearest(&label, unmatched.iter().map(String::as_str)) {
            problem = problem.hint(format!("is it the column labelled `{near}`?"));
        }
        problems.push(problem);
    }
    let sellers: BTreeSet<&str> = row_set.iter().map(|key| key.region.as_str()).collect();
    let mut buyers = BTreeSet::new();
    for column in from.columns {
        let Some(key) = &column.key else { continue };
        if sectors.contains(key.part.as_str()) {
            if !row_set.contains(key) {
                let problem = format!("column `{}` has no row of the same label", column.label);
                problems.push(at_header(Diagnostic::new(problem)));
            }
        } else if sellers.contains(key.region.as_str()) {
            buyers.insert(key.region.as_str());
        } else {
            let what = format!("region of final-use column `{}`:", column.label);
            problems.push(at_header(Diagnostic::unknown(
                &what,
                &key.region,
                sellers.iter().copied(),
            )));
        }
    }
    let whole = |region: &str| whole_of(region).filter(|whole| sellers.contains(*whole));
    for region in sellers.iter().filter(|region| !buyers.contains(*region)) {
        if whole(region).is_none() {
            let problem = format!("region `{region}` has no column of final use");
            let expected = format!("a column such as `{region}_HFCE`");
            problems.push(at_header(Diagnostic::new(problem)).expected(expected));
        }
    }
    if !problems.is_empty() {
        return None;
    }

    let folded: Vec<String> = sellers
        .iter()
        .filter(|code| whole(code).is_some())
        .map(|code| (*code).to_owned())
        .collect();
    let codes = Codes::read(sellers.iter().copied().filter(|code| whole(code).is_none()), from);
    let regions = order::regions(
        codes
            .of
            .values()
            .map(|code| Label {
                code: code.clone(),
                name: names::region(code).unwrap_or(code).to_owned(),
            })
            .collect(),
    );
    let named = |code: &str| {
        let given = from.names.get(code).map(String::as_str).or_else(|| names::sector(code));
        Label { code: code.to_owned(), name: given.unwrap_or(code).to_owned() }
    };
    let sector_labels = order::sectors(sectors.iter().map(|code| named(code)).collect());
    let mut layout = Layout {
        regions,
        sectors: sector_labels,
        rows: Vec::new(),
        users: Vec::new(),
        final_uses: Vec::new(),
        categories: Vec::new(),
        folded,
        replaced: codes.replaced,
        unknown: codes.unknown,
    };
    let categories: BTreeSet<&str> = columns()
        .map(|key| key.part.as_str())
        .filter(|part| layout.sectors.position(part).is_none())
        .collect();
    layout.categories = categories.into_iter().map(str::to_owned).collect();
    let region = |code: &str| {
        let code = whole(code).unwrap_or(code);
        layout.regions.position(codes.of.get(code)?)
    };
    let rows = by_label(from.rows.iter().map(|row| Some(&row.key)));
    let rows = rows.iter().filter_map(|(index, key)| {
        let part = layout.sectors.position(&key.part)?;
        Some(Place { index: *index, region: region(&key.region)?, part })
    });
    let rows: Vec<Place> = rows.collect();
    let (mut users, mut final_uses) = (Vec::new(), Vec::new());
    for (index, key) in by_label(from.columns.iter().map(|column| column.key.as_ref())) {
        let Some(region) = region(&key.region) else { continue };
        if let Some(part) = layout.sectors.position(&key.part) {
            users.push(Place { index, region, part });
        } else if let Ok(part) = layout.categories.binary_search(&key.part) {
            final_uses.push(Place { index, region, part });
        }
    }
    (layout.rows, layout.users, layout.final_uses) = (rows, users, final_uses);
    Some(layout)
}

/// Codes of regions as tables have them, by those of the file.
struct Codes<'a> {
    of: BTreeMap<&'a str, String>,
    replaced: Vec<(String, String)>,
    unknown: Vec<String>,
}

impl<'a> Codes<'a> {
    fn read(sellers: impl Iterator<Item = &'a str> + Clone, from: &Labelled<'_>) -> Self {
        let mut codes = Self { of: BTreeMap::new(), replaced: Vec::new(), unknown: Vec::new() };
        let readings: Vec<(&str, Reading)> =
            sellers.map(|code| (code, codes::read(code, from.scheme))).collect();
        for (code, reading) in &readings {
            let mut to = *code;
            match reading {
                Reading::Same => {}
                Reading::Unknown => codes.unknown.push(to.to_owned()),
                Reading::Is(other) => {
                    // Two regions of a file never become one because their codes do.
                    let taken = readings.iter().any(|(others, reading)| {
                        others != code && (others == other || *reading == Reading::Is(other))
                    });
                    if taken {
                        codes.unknown.push(to.to_owned());
                    } else {
                        codes.replaced.push((to.to_owned(), (*other).to_owned()));
                        to = other;
                    }
                }
            }
            codes.of.insert(code, to.to_owned());
        }
        codes
    }
}

/// Positions and keys, by label.
fn by_label<'a>(keys: impl Iterator<Item = Option<&'a Key>>) -> Vec<(usize, &'a Key)> {
    let mut labels: Vec<(usize, &Key)> =
        keys.enumerate().filter_map(|(index, key)| Some((index, key?))).collect();
    labels.sort_by_cached_key(|(_, key)| key.label());
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
