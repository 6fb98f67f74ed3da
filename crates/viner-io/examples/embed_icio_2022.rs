//! Makes the built-in baseline `icio-2022` from what `data/sources/icio_2022.py` writes:
//! `cargo run --example embed_icio_2022 -- EXTRACTED data/sources/final_sales_2019.csv FOLDER`.
//!
//! Intermediate sales are the OECD's; final sales are known by seller and estimated by buyer, as
//! `docs/baselines.md` explains.

use std::collections::HashMap;
use std::path::Path;

use viner_io::IoError;
use viner_io::diagnostic::Diagnostic;
use viner_io::tables::{TableFormat, names, order, write_bundle};
use viner_model::labels::{Label, Labels};
use viner_model::ndarray::{Array2, Array3, s};
use viner_model::tables::{Description, Tables, Transformation, Unit};
use viner_tables::balance::{BalanceOptions, balance};

fn main() -> Result<(), IoError> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [extracted, final_2019, target] = arguments.as_slice() else {
        return Err(Diagnostic::new("three arguments are needed: EXTRACTED FINAL FOLDER").into());
    };
    let folder = Path::new(extracted);
    let label = |row: &[String], known: Option<&str>| Label {
        name: known.map_or_else(|| row[1].clone(), ToOwned::to_owned),
        code: row[0].clone(),
    };
    let regions = rows(&folder.join("regions.csv"))?;
    let regions =
        order::regions(regions.iter().map(|row| label(row, names::region(&row[0]))).collect());
    let sectors = rows(&folder.join("sectors.csv"))?;
    let sectors = order::sectors(sectors.iter().map(|row| label(row, None)).collect());
    let mut tables = Tables::zeros(description(), regions, sectors);
    let region = |tables: &Tables, code: &str| position(&tables.regions, code);
    let sector = |tables: &Tables, code: &str| position(&tables.sectors, code);

    let mut intermediate = tables.flows.clone();
    for row in rows(&folder.join("flows.csv"))? {
        let (i, n) = (region(&tables, &row[0])?, region(&tables, &row[1])?);
        intermediate[[sector(&tables, &row[2])?, n, i]] = number(&row[3])?;
    }
    for row in rows(&folder.join("inputs.csv"))? {
        let (n, input) = (region(&tables, &row[0])?, sector(&tables, &row[1])?);
        let user = sector(&tables, &row[2])?;
        tables.inputs[[n, user, input]] = seven_digits(number(&row[3])?);
    }
    let mut final_sales = tables.final_spending.clone();
    for row in rows(&folder.join("nodes.csv"))? {
        let cell = [region(&tables, &row[0])?, sector(&tables, &row[1])?];
        final_sales[cell] = number(&row[3])?;
    }
    let known = Known2019::read(Path::new(final_2019))?;
    let at_home = shares_at_home(&tables, &intermediate, &final_sales, &known);
    tables.flows = intermediate;
    spread(&mut tables.flows, &final_sales, &at_home);
    tables.flows.mapv_inplace(seven_digits);
    close(&mut tables);
    let (tables, _) = balance(&tables, &BalanceOptions::default())
        .map_err(|error| Diagnostic::new(error.to_string()).hint(error.hint()))?;
    write_bundle(&tables, Path::new(target), TableFormat::CsvGz)
}

fn description() -> Description {
    let step = |step: &str, note: &str| Transformation::new(step, note);
    Description {
        name: "icio-2022".to_owned(),
        title: "OECD ICIO 2022: 80 economies, 50 industries, final demand by destination estimated"
            .to_owned(),
        year: 2022,
        unit: Unit::MillionUsd,
        source:
            "OECD (2025), OECD Inter-Country Input-Output Tables, 2025 edition, http://oe.cd/icio, \
                 as carried by the PyPI package sanction-simulator 0.1.4 (MIT)"
                .to_owned(),
        licence: "OECD data, free to reuse with attribution (CC BY 4.0)".to_owned(),
        citation: "OECD (2025), OECD Inter-Country Input-Output (ICIO) Tables, 2025 edition, \
                   http://oe.cd/icio; final demand by destination estimated"
            .to_owned(),
        transformations: vec![
            step(
                "import",
                "intermediate sales between 80 economies and 50 industries, pooled over users; the \
                 rest of the world is not in the source: sales to it are in final sales, inputs \
                 bought from it and taxes are in value added",
            ),
            step(
                "estimate",
                "final sales, known by seller, spread over buyers: the part sold at home from the \
                 table of 2019 by section for 19 countries of the G20, and by their relation to the \
                 part of intermediate sales at home for the others; the rest like the seller's \
                 intermediate exports; values of seven digits",
            ),
        ],
    }
}

/// Sales of 2019 by region and section: final, of these at home, intermediate, of these at home.
struct Known2019(HashMap<(String, char), [f64; 4]>);

impl Known2019 {
    fn read(path: &Path) -> Result<Self, IoError> {
        let mut known = HashMap::new();
        for row in rows(path)?.iter().filter(|row| row[0] != "ROW") {
            let mut sales = [0.0; 4];
            for (sale, text) in sales.iter_mut().zip(&row[2..]) {
                *sale = number(text)?;
            }
            known.insert((row[0].clone(), section(&row[1])), sales);
        }
        Ok(Self(known))
    }

    /// `k` of a section over all countries: sold at home would be what was, if every country's
    /// odds were `exp(k)` times those of its intermediate sales.
    fn pooled(&self, section: char) -> f64 {
        let mut sales: Vec<(&(String, char), &[f64; 4])> =
            self.0.iter().filter(|((_, own), _)| *own == section).collect();
        sales.sort_by(|a, b| a.0.cmp(b.0));
        let odds =
            sales.iter().map(|(_, [all, _, used, used_home])| (*all, log_odds(*used_home, *used)));
        shift(&odds.collect::<Vec<_>>(), sales.iter().map(|(_, sales)| sales[1]).sum())
    }
}

/// Share of final sales at home, `[region, sector]`.
fn shares_at_home(
    tables: &Tables,
    intermediate: &Array3<f64>,
    final_sales: &Array2<f64>,
    known: &Known2019,
) -> Array2<f64> {
    let mut shares = final_sales.clone();
    for i in 0..tables.regions.len() {
        let mut by_section: HashMap<char, Vec<usize>> = HashMap::new();
        for (index, code) in tables.sectors.codes().enumerate() {
            by_section.entry(section(code)).or_default().push(index);
        }
        for (section, sectors) in by_section {
            let odds: Vec<(f64, f64)> = sectors
                .iter()
                .map(|&sector| {
                    let used = intermediate.slice(s![sector, .., i]).sum();
                    (final_sales[[i, sector]], log_odds(intermediate[[sector, i, i]], used))
                })
                .collect();
            let all: f64 = odds.iter().map(|(sales, _)| sales).sum();
            let own = known.0.get(&(tables.regions.code(i).to_owned(), section));
            let shift = match own {
                Some([sold, home, ..]) if *sold > 0.0 => shift(&odds, all * home / sold),
                _ => known.pooled(section),
            };
            for (sector, (_, odds)) in sectors.iter().zip(odds) {
                shares[[i, *sector]] = logistic(odds + shift);
            }
        }
    }
    shares
}

/// `k` with `Σ sales · logistic(odds + k) = wanted`, by bisection; the sum grows with `k`.
fn shift(odds: &[(f64, f64)], wanted: f64) -> f64 {
    /// Odds of e^±30 are all or nothing to the last digit of a table.
    const LIMIT: f64 = 30.0;
    let (mut low, mut high) = (-LIMIT, LIMIT);
    for _ in 0..100 {
        let middle = f64::midpoint(low, high);
        let sum: f64 = odds.iter().map(|(sales, odds)| sales * logistic(odds + middle)).sum();
        if sum < wanted {
            low = middle;
        } else {
            high = middle;
        }
    }
    f64::midpoint(low, high)
}

/// Logarithm of the odds of a part; parts of nothing are even, none and all are 1 in 1000.
fn log_odds(part: f64, whole: f64) -> f64 {
    let share = if whole > 0.0 { (part / whole).clamp(1e-3, 1.0 - 1e-3) } else { 0.5 };
    (share / (1.0 - share)).ln()
}

fn logistic(odds: f64) -> f64 {
    1.0 / (1.0 + (-odds).exp())
}

/// Adds final sales to intermediate ones: at home as given, abroad like intermediate exports.
fn spread(flows: &mut Array3<f64>, final_sales: &Array2<f64>, at_home: &Array2<f64>) {
    for ((i, sector), &sales) in final_sales.indexed_iter() {
        let mut row = flows.slice_mut(s![sector, .., i]);
        let exports = row.sum() - row[i];
        let home = if exports > 0.0 { at_home[[i, sector]] } else { 1.0 };
        for (n, value) in row.iter_mut().enumerate() {
            *value += if n == i {
                home * sales
            } else if exports > 0.0 {
                (1.0 - home) * sales * *value / exports
            } else {
                0.0
            };
        }
    }
}

/// Final spending and value added as what the identities leave.
fn close(tables: &mut Tables) {
    for n in 0..tables.regions.len() {
        for k in 0..tables.sectors.len() {
            let bought = tables.flows.slice(s![k, n, ..]).sum();
            let rest = bought - tables.inputs.slice(s![n, .., k]).sum();
            // Less than the rounding of seven digits is nothing.
            tables.final_spending[[n, k]] = if rest > 1e-6 * bought { rest } else { 0.0 };
            let sold = tables.flows.slice(s![k, .., n]).sum();
            tables.value_added[[n, k]] = sold - tables.inputs.slice(s![n, k, ..]).sum();
        }
    }
}

fn section(code: &str) -> char {
    code.chars().next().unwrap_or_default()
}

fn seven_digits(value: f64) -> f64 {
    format!("{value:.6e}").parse().unwrap_or(value)
}

fn rows(path: &Path) -> Result<Vec<Vec<String>>, IoError> {
    let failed = |error: csv::Error| {
        IoError::from(Diagnostic::new(error.to_string()).in_file(path.display().to_string()))
    };
    let mut reader = csv::Reader::from_path(path).map_err(failed)?;
    let row = |record: csv::StringRecord| record.iter().map(ToOwned::to_owned).collect();
    reader.records().map(|record| record.map(row).map_err(failed)).collect()
}

fn number(text: &str) -> Result<f64, IoError> {
    text.parse().map_err(|_| Diagnostic::new(format!("`{text}` is not a number")).into())
}

fn position(labels: &Labels, code: &str) -> Result<usize, IoError> {
    let unknown = || Diagnostic::unknown("code", code, labels.codes()).into();
    labels.position(code).ok_or_else(unknown)
}
