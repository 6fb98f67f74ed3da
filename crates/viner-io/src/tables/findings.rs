//! What looks wrong in a table although it can be read and may be in balance.

use viner_model::ndarray::s;
use viner_model::tables::Tables;
use viner_tables::tariffs::{self, suspicious};

use super::codes::{self, Reading, Scheme};

/// World GDP in billion current US dollars by year: World Bank, World Development Indicators,
/// series NY.GDP.MKTP.CD. Between years it is taken to grow evenly.
const WORLD_GDP: [(i64, f64); 8] = [
    (1970, 2_990.0),
    (1980, 11_400.0),
    (1990, 22_900.0),
    (2000, 33_900.0),
    (2005, 47_900.0),
    (2010, 66_800.0),
    (2015, 75_300.0),
    (2022, 101_300.0),
];
/// No table has more value added than this many worlds, whatever its currency.
const WORLDS: f64 = 3.0;
/// Value added of the world in billions, read as millions, is a thousandth of it; with room for
/// tables of the larger part of the world and for currencies.
const A_THOUSANDTH: std::ops::Range<f64> = 4e-4..2e-3;
/// How many cells or codes a text names; the rest is counted.
const NAMED: usize = 8;

/// Something to look at.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// What it is, in a word or two: `negative value added`.
    pub kind: &'static str,
    /// A sentence that names the first cells.
    pub text: String,
    /// All its cells or codes; none if it is about the whole table.
    pub cells: Vec<String>,
}

impl Finding {
    /// A finding about cells; nothing without any.
    fn of(kind: &'static str, what: &str, cells: Vec<String>) -> Option<Self> {
        let text = format!("{what}{}", named(&cells));
        (!cells.is_empty()).then_some(Self { kind, text, cells })
    }

    fn of_all(kind: &'static str, text: String) -> Self {
        Self { kind, text, cells: Vec::new() }
    }
}

impl From<tariffs::Finding> for Finding {
    fn from(finding: tariffs::Finding) -> Self {
        Self { kind: finding.kind, text: finding.to_string(), cells: finding.cells }
    }
}

/// What is found in the values of a table and in the codes of its regions.
pub fn findings(tables: &Tables) -> Vec<Finding> {
    let mut found = negative_findings(tables);
    found.extend(value_findings(tables));
    found.extend(code_findings(tables));
    found
}

/// Sales, inputs and final spending below zero, the lowest first.
fn negative_findings(tables: &Tables) -> Vec<Finding> {
    let (region, sector) = (|n| tables.regions.code(n), |s| tables.sectors.code(s));
    let flows = tables.flows.indexed_iter().map(|((s, n, i), value)| {
        (*value, move || format!("{}/{}/{}", region(i), region(n), sector(s)))
    });
    let inputs = tables.inputs.indexed_iter().map(|((n, k, s), value)| {
        (*value, move || format!("{}/{}/{}", region(n), sector(s), sector(k)))
    });
    let spending = tables
        .final_spending
        .indexed_iter()
        .map(|((n, s), value)| (*value, move || format!("{}/{}", region(n), sector(s))));
    [
        negative("negative flow", "flows", flows),
        negative("negative input", "inputs", inputs),
        negative("negative final spending", "final spending", spending),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// The cells of one table that are below zero.
fn negative(
    kind: &'static str,
    table: &str,
    cells: impl Iterator<Item = (f64, impl Fn() -> String)>,
) -> Option<Finding> {
    let mut cells: Vec<_> = cells.filter(|(value, _)| *value < 0.0).collect();
    cells.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (lowest, _) = cells.first()?;
    let sum: f64 = cells.iter().map(|(value, _)| value).sum();
    let what = format!("{table} are negative, {sum} in sum and {lowest} in the lowest, in ");
    Finding::of(kind, &what, cells.iter().map(|(_, name)| name()).collect())
}

/// What is found in the values that may be there.
pub(crate) fn value_findings(tables: &Tables) -> Vec<Finding> {
    let (regions, sectors) = (&tables.regions, &tables.sectors);
    let cells = |holds: &dyn Fn(usize, usize) -> bool| -> Vec<String> {
        let pairs = (0..regions.len()).flat_map(|n| (0..sectors.len()).map(move |s| (n, s)));
        let found = pairs.filter(|(n, s)| holds(*n, *s));
        found.map(|(n, s)| format!("{}/{}", regions.code(n), sectors.code(s))).collect()
    };
    let idle = |n: usize, s: usize| tables.flows.slice(s![s, .., n]).sum() == 0.0;
    let empty = |n: usize| (0..sectors.len()).all(|s| idle(n, s));
    let regions_that_are_empty =
        (0..regions.len()).filter(|n| empty(*n)).map(|n| regions.code(n).to_owned()).collect();
    let negative = cells(&|n, s| tables.value_added[[n, s]] < 0.0);
    [
        unit(tables),
        Finding::of("negative value added", "value added is negative in ", negative),
        Finding::of("empty region", "regions that produce nothing: ", regions_that_are_empty),
        Finding::of(
            "no output",
            "sectors without output: ",
            cells(&|n, s| idle(n, s) && !empty(n)),
        ),
    ]
    .into_iter()
    .flatten()
    .chain(suspicious(tables).into_iter().map(Finding::from))
    .collect()
}

/// Whether value added is of the size that its unit says.
fn unit(tables: &Tables) -> Option<Finding> {
    let world = world_gdp(tables.description.year)? * 1e3;
    let value_added = tables.value_added.sum() * tables.description.unit.in_millions();
    let share = value_added / world;
    let told = |what: &str| {
        let year = tables.description.year;
        let unit = tables.description.unit.millions();
        Finding::of_all(
            "unit",
            format!(
                "value added is {value_added:.3e} {unit}, {share:.2e} times world GDP of {year}: {what}"
            ),
        )
    };
    if share > WORLDS {
        Some(told("is the table in thousands, or in single units of money?"))
    } else if A_THOUSANDTH.contains(&share) && tables.regions.len() > 2 {
        Some(told("is the table in billions, or of a small part of the world?"))
    } else {
        None
    }
}

/// World GDP of a year in billion US dollars; nothing for a year that is not known.
fn world_gdp(year: i64) -> Option<f64> {
    let [(first, _), .., (last, latest)] = WORLD_GDP;
    if year < first || year > last + 20 {
        return None;
    }
    let later = WORLD_GDP.iter().position(|(of, _)| *of > year);
    let Some(later) = later else { return Some(latest) };
    let ((from, start), (to, end)) = (WORLD_GDP[later - 1], WORLD_GDP[later]);
    let part = (year - from) as f64 / (to - from) as f64;
    Some(start * (end / start).powf(part))
}

/// What is found in the codes of regions.
fn code_findings(tables: &Tables) -> Vec<Finding> {
    let (mut unknown, mut replaced, mut historic, mut parts) = (vec![], vec![], vec![], vec![]);
    for code in tables.regions.codes() {
        match codes::read(code, Scheme::Alpha3) {
            Reading::Unknown => unknown.push(code.to_owned()),
            Reading::Is(other) => replaced.push(format!("{code} by {other}")),
            Reading::Same if codes::is_historic(code) => historic.push(code.to_owned()),
            Reading::Same if codes::is_part(code) => parts.push(code.to_owned()),
            Reading::Same => {}
        }
    }
    [
        Finding::of("unknown code", "codes of regions that are in no list: ", unknown),
        Finding::of("replaced code", "codes that ISO 3166 has replaced: ", replaced),
        Finding::of("historic code", "countries that are no more: ", historic),
        Finding::of("part of a country", "parts of a country, not its whole: ", parts),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// The first few, and how many more there are.
pub(crate) fn named(all: &[String]) -> String {
    let first: Vec<String> = all.iter().take(NAMED).map(|name| format!("`{name}`")).collect();
    match all.len().saturating_sub(NAMED) {
        0 => first.join(", "),
        more => format!("{} and {more} more", first.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn world_gdp_lies_between_the_years_of_the_list() {
        assert_eq!(world_gdp(2000), Some(33_900.0));
        assert_eq!(world_gdp(1969), None);
        assert_eq!(world_gdp(2024), Some(101_300.0));
        // The same source has 87.7 thousand billion for 2019.
        assert!((world_gdp(2019).unwrap() / 87_700.0 - 1.0).abs() < 0.05);
        let years: Vec<f64> = (1970..=2022).filter_map(world_gdp).collect();
        assert!(years.is_sorted());
    }
}
