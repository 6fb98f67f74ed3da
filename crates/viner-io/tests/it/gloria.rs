//! GLORIA: supply and use tables without labels, and their labels in a workbook.

use std::fs;
use std::path::Path;

use rust_xlsxwriter::Workbook;
use viner_io::tables::official::{ImportOptions, Negatives};
use viner_model::baseline::IdentityReport;

use crate::official_economy::{refused, world_with};

const REGIONS: usize = 2;
const SECTORS: usize = 2;
const CATEGORIES: usize = 3;

/// What industry `j` of region `n` uses of product `p` of region `i`.
fn used(i: usize, p: usize, n: usize, j: usize) -> f64 {
    1.0 + ((i * 3 + p * 5 + n * 7 + j * 2) % 6) as f64
}

fn bought(i: usize, p: usize, n: usize, category: usize) -> f64 {
    if category == 2 { -0.25 } else { 12.0 + ((i + p * 2 + n + category) % 4) as f64 }
}

fn sold(i: usize, p: usize) -> f64 {
    let mut sum = 0.0;
    for n in 0..REGIONS {
        sum += (0..SECTORS).map(|j| used(i, p, n, j)).sum::<f64>();
        sum += (0..CATEGORIES).map(|category| bought(i, p, n, category)).sum::<f64>();
    }
    sum
}

/// The first industry makes a quarter of the second product.
fn made(n: usize, j: usize, p: usize) -> f64 {
    match (j, p) {
        (0, 0) => sold(n, 0),
        (0, 1) => 0.25 * sold(n, 1),
        (1, 1) => 0.75 * sold(n, 1),
        _ => 0.0,
    }
}

/// Rows of numbers, in thousands.
fn text(rows: &[Vec<f64>]) -> String {
    let line = |row: &Vec<f64>| {
        row.iter().map(|value| (value * 1000.0).to_string()).collect::<Vec<_>>().join(",")
    };
    rows.iter().map(line).collect::<Vec<_>>().join("\n") + "\n"
}

fn transactions() -> Vec<Vec<f64>> {
    let mut rows = Vec::new();
    for i in 0..REGIONS {
        for j in 0..SECTORS {
            let mut row = Vec::new();
            for n in 0..REGIONS {
                row.extend([0.0; SECTORS]);
                row.extend((0..SECTORS).map(|p| if n == i { made(i, j, p) } else { 0.0 }));
            }
            rows.push(row);
        }
        for p in 0..SECTORS {
            let mut row = Vec::new();
            for n in 0..REGIONS {
                row.extend((0..SECTORS).map(|j| used(i, p, n, j)));
                row.extend([0.0; SECTORS]);
            }
            rows.push(row);
        }
    }
    rows
}

fn final_uses() -> Vec<Vec<f64>> {
    let mut rows = Vec::new();
    for i in 0..REGIONS {
        rows.extend(vec![vec![0.0; REGIONS * CATEGORIES]; SECTORS]);
        for p in 0..SECTORS {
            let of = |n: usize| (0..CATEGORIES).map(move |category| bought(i, p, n, category));
            rows.push((0..REGIONS).flat_map(of).collect());
        }
    }
    rows
}

fn labels(path: &Path) {
    let mut book = Workbook::new();
    let mut sheet = |name: &str, columns: &[(&str, &[&str])]| {
        let sheet = book.add_worksheet();
        sheet.set_name(name).unwrap();
        for (column, (heading, texts)) in (0u16..).zip(columns) {
            sheet.write_string(0, column, *heading).unwrap();
            for (row, text) in (1u32..).zip(*texts) {
                sheet.write_string(row, column, *text).unwrap();
            }
        }
    };
    let regions: [(&str, &[&str]); 3] = [
        ("Lfd_Nr", &["1", "2"]),
        ("Region_acronyms", &["XAF", "DEU"]),
        ("Region_names", &["Rest of Africa", "Germany"]),
    ];
    sheet("Regions", &regions);
    let sectors: [(&str, &[&str]); 2] =
        [("Lfd_Nr", &["1", "2"]), ("Sector_names", &["Growing wheat", "Flour, starch"])];
    sheet("Sectors", &sectors);
    let uses: [(&str, &[&str]); 3] = [
        ("Lfd_Nr", &["1", "2", "3"]),
        ("Value_added_names", &["Compensation of employees D.1", "", ""]),
        (
            "Final_demand_names",
            &["Household final consumption P.3h", "Government P.3g", "Inventories P.52"],
        ),
    ];
    sheet("Value added and final demand", &uses);
    book.save(path).unwrap();
}

#[test]
fn supply_and_use_become_product_by_product() {
    let folder = tempfile::tempdir().unwrap();
    let file = |letter: char| {
        let name = format!(
            "20240111_120secMother_AllCountries_002_{letter}-Results_2019_059_Markup001(full).csv"
        );
        folder.path().join(name)
    };
    fs::write(file('T'), text(&transactions())).unwrap();
    fs::write(file('Y'), text(&final_uses())).unwrap();
    let error = refused(folder.path(), &ImportOptions::default());
    assert!(error.contains("there is no workbook of labels"), "{error}");
    labels(&folder.path().join("GLORIA_ReadMe_059.xlsx"));

    let options = ImportOptions { negatives: Negatives::Fold, ..ImportOptions::default() };
    let world = world_with(folder.path(), &options);
    let tables = &world.tables;
    assert_eq!((world.report.format, tables.description.year), ("gloria", 2019));
    assert_eq!(tables.regions.codes().collect::<Vec<_>>(), ["DEU", "XAF"]);
    assert_eq!(tables.sectors.codes().collect::<Vec<_>>(), ["Flour, starch", "Growing wheat"]);
    assert_eq!(world.report.unknown, ["XAF"]);
    assert_eq!(world.report.file_negatives.final_uses[2].1, 8);
    assert!(world.report.checks[0].residual < 1e-12, "{:?}", world.report.checks);
    for identity in IdentityReport::of(tables).identities {
        assert!(identity.relative < 1e-12, "{identity:?}");
    }
    // Germany is the second region of the file and the first of the table; so with products.
    let (deu, flour, wheat) = (0, 0, 1);
    let close = |found: f64, expected: f64| {
        assert!((found - expected).abs() < 1e-12, "{found} instead of {expected}");
    };
    let flow = (0..SECTORS).map(|j| used(0, 0, 1, j)).sum::<f64>()
        + (0..CATEGORIES).map(|category| bought(0, 0, 1, category)).sum::<f64>();
    close(tables.flows[[wheat, deu, 1]], flow);
    let of = |j: usize, p: usize| (0..REGIONS).map(|i| used(i, p, 1, j)).sum::<f64>();
    let share = made(1, 0, 1) / (made(1, 0, 0) + made(1, 0, 1));
    close(tables.inputs[[deu, flour, wheat]], of(0, 0) * share + of(1, 0));
    close(tables.inputs[[deu, wheat, wheat]], of(0, 0) * (1.0 - share));

    let mut wrong = transactions();
    wrong[0][3] = 0.0;
    wrong[0][7] = 500.0;
    fs::write(file('T'), text(&wrong)).unwrap();
    let error = refused(folder.path(), &options);
    assert!(error.contains("industries make products of other regions"), "{error}");
    fs::write(file('T'), text(&transactions()[..7])).unwrap();
    let error = refused(folder.path(), &options);
    assert!(error.contains("found 7, expected 8, as the labels have it"), "{error}");
}
