//! Agreement with the independent solver in `validation/agreement`: every case, every number.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use viner_io::question::{Question, TABLE_TOLERANCE};
use viner_io::results::{Column, Frame, run_frames};
use viner_io::scenario_file::ScenarioSource;
use viner_model::equilibrium::{Equilibrium, Regime};
use viner_model::problem::Problem;
use viner_model::report::WedgeReport;

/// Both solvers stop near rounding, ours at a residual of 1e-13 or so; tables of a few regions
/// enlarge that by less than three digits.
const TOLERANCE: f64 = 1e-9;

fn cases() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../validation/agreement/cases");
    let entries = std::fs::read_dir(&folder).expect("the reference cases are in the repository");
    let mut cases: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    cases.sort();
    cases
}

/// Labels of a row to its numbers by column; an empty cell is NaN.
type Rows = BTreeMap<Vec<String>, BTreeMap<String, f64>>;

fn expected(file: &Path) -> Rows {
    let mut reader = csv::Reader::from_path(file).unwrap();
    let header = reader.headers().unwrap().clone();
    let is_label = |name: &str| ["region", "exporter", "importer", "sector"].contains(&name);
    let mut rows = Rows::new();
    for record in reader.records() {
        let record = record.unwrap();
        let cells = || header.iter().zip(&record);
        let labels = cells().filter(|(name, _)| is_label(name)).map(|(_, cell)| cell.to_owned());
        let numbers = cells().filter(|(name, _)| !is_label(name)).map(|(name, cell)| {
            let number = if cell.is_empty() { f64::NAN } else { cell.parse().unwrap() };
            (name.to_owned(), number)
        });
        rows.insert(labels.collect(), numbers.collect());
    }
    rows
}

fn found(frame: &Frame) -> Rows {
    let mut rows = vec![(Vec::new(), BTreeMap::new()); frame.rows()];
    for (name, column) in &frame.columns {
        match column {
            Column::Text(cells) => {
                let cells = cells.iter().flatten();
                rows.iter_mut().zip(cells).for_each(|(row, cell)| row.0.push(cell.to_owned()));
            }
            Column::Number(cells) => rows.iter_mut().zip(cells).for_each(|(row, cell)| {
                row.1.insert(name.clone(), *cell);
            }),
            Column::OptionalText(_) => {}
        }
    }
    rows.into_iter().collect()
}

/// Regime, multiplier and quantity of every wedge; returns how many there are.
fn compare_wedges(case: &Path, problem: &Problem, equilibrium: &Equilibrium) -> usize {
    let file = case.join("expected/wedges_summary.csv");
    let reports = WedgeReport::all(problem, equilibrium);
    if !file.exists() {
        assert!(reports.is_empty(), "{}: wedges that nothing compares with", case.display());
        return 0;
    }
    let mut found: Vec<(usize, String, f64, f64)> = reports
        .iter()
        .map(|report| {
            // The other solver calls a quota of 0 binding.
            let regime =
                if report.regime == Regime::Closed { "binding" } else { report.regime.name() };
            (report.policy, regime.to_owned(), report.multiplier, report.quantity)
        })
        .collect();
    let mut wanted: Vec<(usize, String, f64, f64)> = csv::Reader::from_path(&file)
        .unwrap()
        .records()
        .map(|record| {
            let record = record.unwrap();
            let number =
                |cell: &str| if cell.is_empty() { f64::NAN } else { cell.parse().unwrap() };
            (
                record[0].parse().unwrap(),
                record[4].to_owned(),
                number(&record[5]),
                number(&record[6]),
            )
        })
        .collect();
    let order = |a: &(usize, String, f64, f64), b: &(usize, String, f64, f64)| {
        a.0.cmp(&b.0).then(a.2.total_cmp(&b.2))
    };
    found.sort_by(order);
    wanted.sort_by(order);
    assert_eq!(found.len(), wanted.len(), "{}: wedges", case.display());
    for (found, wanted) in found.iter().zip(&wanted) {
        let near =
            |a: f64, b: f64| (a.is_nan() && b.is_nan()) || (a - b).abs() <= TOLERANCE * b.max(1.0);
        assert!(
            found.1 == wanted.1 && near(found.2, wanted.2) && near(found.3, wanted.3),
            "{}: expected {wanted:?}, found {found:?}",
            case.display()
        );
    }
    found.len()
}

#[test]
fn every_reference_case_agrees_in_every_number() {
    let mut compared = 0;
    for case in cases() {
        let source = ScenarioSource::read(&case.join("scenario.toml")).unwrap();
        let question = Question::open(&source, &[], TABLE_TOLERANCE)
            .unwrap_or_else(|errors| panic!("{}: {errors}", case.display()));
        let (problem, equilibrium) = question.solve().expect("reference cases have solutions");
        compared += compare_wedges(&case, &problem, &equilibrium);
        let frames = run_frames(&problem, &equilibrium);
        for table in ["regions", "sectors", "flows"] {
            let wanted = expected(&case.join("expected").join(format!("{table}.csv")));
            let frame = frames.iter().find(|frame| frame.name == table).unwrap();
            let have = found(frame);
            assert_eq!(wanted.len(), have.len(), "{}, {table}: rows", case.display());
            for (labels, numbers) in &wanted {
                for (column, wanted) in numbers {
                    let have = have[labels][column];
                    let same = wanted.is_nan() && have.is_nan()
                        || (wanted - have).abs() <= TOLERANCE * wanted.abs().max(1.0);
                    assert!(
                        same,
                        "{}, {table}, {labels:?}, {column}: expected {wanted}, found {have}",
                        case.display()
                    );
                    compared += 1;
                }
            }
        }
    }
    assert!(compared > 5000, "only {compared} numbers compared");
}
