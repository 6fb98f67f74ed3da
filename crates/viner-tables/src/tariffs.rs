//! Tariffs that look wrong: paid at home, in percent, or with exporter and importer swapped.

use std::fmt;

use viner_model::ndarray::Array3;
use viner_model::tables::Tables;

/// How many cells a finding names.
const NAMED: usize = 5;
/// Rates above this are named: three times the price.
const LARGE: f64 = 3.0;
/// The fewest regions among which who sets a tariff can be told.
const FEWEST_REGIONS: usize = 4;
/// How many times more the rates vary by exporter than by importer before that is told. In tables
/// whose direction is known the ratio is above 7 where the pair is swapped, and below 1/7 where not.
const SWAPPED: f64 = 2.0;

/// A finding on tariffs.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// What it is: `domestic tariff`, `tariff in percent`, `large tariff` or `swapped tariffs`.
    pub kind: &'static str,
    /// In a sentence.
    pub text: String,
    /// Cells, `EXPORTER/IMPORTER/SECTOR`, those that matter most first.
    pub cells: Vec<String>,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let cells: Vec<String> = self.cells.iter().map(|cell| format!("`{cell}`")).collect();
        write!(f, "{}: {}", self.text, cells.join(", "))
    }
}

/// Looks at the tariffs of a table.
///
/// Whoever sets tariffs treats most partners alike, so that rates differ by importer more than by
/// exporter. With a = ln(1+τ) of a sector between regions, m its mean, `a_n.` and `a_.i` its means by
/// importer and by exporter, the pair looks swapped where
/// `Σ_s Σ_i (a_.i − m)² > 2 Σ_s Σ_n (a_n. − m)²`.
pub fn suspicious(tables: &Tables) -> Vec<Finding> {
    let Some(rates) = &tables.tariffs else { return Vec::new() };
    let mut findings = Vec::new();
    findings.extend(domestic(tables, rates));
    findings.extend(too_large(tables, rates));
    findings.extend(swapped(tables, rates));
    findings
}

/// The name of a cell, and how much it matters.
struct Cell {
    at: (usize, usize, usize),
    size: f64,
}

fn named(tables: &Tables, mut cells: Vec<Cell>) -> Vec<String> {
    cells.sort_by(|a, b| b.size.total_cmp(&a.size).then(a.at.cmp(&b.at)));
    let name = |cell: &Cell| {
        let (s, n, i) = cell.at;
        let (exporter, importer) = (tables.regions.code(i), tables.regions.code(n));
        format!("{exporter}/{importer}/{}", tables.sectors.code(s))
    };
    cells.iter().take(NAMED).map(name).collect()
}

fn domestic(tables: &Tables, rates: &Array3<f64>) -> Option<Finding> {
    let scale = tables.description.unit.in_millions();
    let (mut revenue, mut all) = (0.0, 0.0);
    let mut cells = Vec::new();
    for ((s, n, i), rate) in rates.indexed_iter() {
        let paid = rate * tables.flows[[s, n, i]] * scale;
        all += paid;
        if i == n && paid != 0.0 {
            revenue += paid;
            cells.push(Cell { at: (s, n, i), size: paid.abs() });
        }
    }
    (!cells.is_empty()).then(|| Finding {
        kind: "domestic tariff",
        text: format!(
            "tariffs are paid on domestic flows in {} cells, {revenue:.0} of {all:.0} million of \
             revenue",
            cells.len()
        ),
        cells: named(tables, cells),
    })
}

fn too_large(tables: &Tables, rates: &Array3<f64>) -> Option<Finding> {
    let mut charged: Vec<f64> = rates.iter().copied().filter(|rate| *rate != 0.0).collect();
    charged.sort_by(f64::total_cmp);
    let median = charged.get(charged.len() / 2).copied().unwrap_or_default();
    let large = rates.indexed_iter().filter(|(_, rate)| **rate > LARGE);
    let cells: Vec<Cell> = large.map(|(at, rate)| Cell { at, size: *rate }).collect();
    let count = cells.len();
    if median > 1.0 {
        return Some(Finding {
            kind: "tariff in percent",
            text: format!(
                "half of the tariffs are above 100 %, median {median}: are they in percent?"
            ),
            cells: named(tables, cells),
        });
    }
    (count > 0).then(|| Finding {
        kind: "large tariff",
        text: format!("tariffs are above {:.0} % in {count} cells", 100.0 * LARGE),
        cells: named(tables, cells),
    })
}

fn swapped(tables: &Tables, rates: &Array3<f64>) -> Option<Finding> {
    let regions = tables.regions.len();
    if regions < FEWEST_REGIONS {
        return None;
    }
    let (mut by_importer, mut by_exporter) = (0.0, 0.0);
    for s in 0..tables.sectors.len() {
        let log = |n: usize, i: usize| if n == i { 0.0 } else { rates[[s, n, i]].ln_1p() };
        let others = (regions - 1) as f64;
        let importer = |n: usize| (0..regions).map(|i| log(n, i)).sum::<f64>() / others;
        let exporter = |i: usize| (0..regions).map(|n| log(n, i)).sum::<f64>() / others;
        let mean = (0..regions).map(importer).sum::<f64>() / regions as f64;
        by_importer += (0..regions).map(|n| (importer(n) - mean).powi(2)).sum::<f64>();
        by_exporter += (0..regions).map(|i| (exporter(i) - mean).powi(2)).sum::<f64>();
    }
    if by_exporter <= SWAPPED * by_importer || by_exporter <= 0.0 {
        return None;
    }
    // Pairs whose two directions differ most, by what is paid on them.
    let mut cells = Vec::new();
    for ((s, n, i), rate) in rates.indexed_iter() {
        let gap = rate.ln_1p() - rates[[s, i, n]].ln_1p();
        if n != i && gap > 0.0 {
            cells.push(Cell { at: (s, n, i), size: gap * tables.flows[[s, n, i]] });
        }
    }
    let ratio = match by_importer {
        0.0 => "by exporter alone".to_owned(),
        _ => format!("{:.1} times as much by exporter as by importer", by_exporter / by_importer),
    };
    Some(Finding {
        kind: "swapped tariffs",
        text: format!(
            "exporter and importer of the tariffs look swapped: rates vary {ratio}, although importers \
             set them; largest where the two directions differ"
        ),
        cells: named(tables, cells),
    })
}
