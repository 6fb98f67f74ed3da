//! Official tables: values added up by hand, and the order of a file.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use viner_io::tables::{IcioOptions, Negatives, read_icio};
use viner_model::tables::Tables;

use crate::support::{Draws, edit};

pub fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name)
}

fn read(path: &Path) -> Tables {
    read_icio(path, &IcioOptions::default()).unwrap()
}

fn check_tiny(tables: &Tables) {
    assert_eq!(tables.regions.codes().collect::<Vec<_>>(), ["USA", "ROW"]);
    assert_eq!(tables.sectors.codes().collect::<Vec<_>>(), ["A", "C10_12"]);
    assert_eq!(tables.regions.name(0), "United States");
    // [sector, importer, exporter]
    let flows = [41.0, 6.5, 6.5, 64.0, 90.0, 19.0, 23.0, 116.0];
    assert_eq!(tables.flows.iter().copied().collect::<Vec<_>>(), flows);
    // [region, user, input]
    let inputs = [9.0, 6.0, 14.0, 36.0, 11.0, 7.0, 23.0, 47.0];
    assert_eq!(tables.inputs.iter().copied().collect::<Vec<_>>(), inputs);
    let final_spending = [24.5, 67.0, 36.5, 85.0];
    assert_eq!(tables.final_spending.iter().copied().collect::<Vec<_>>(), final_spending);
    let value_added = [32.5, 63.0, 52.5, 65.0];
    assert_eq!(tables.value_added.iter().copied().collect::<Vec<_>>(), value_added);
    assert_eq!(tables.tariffs, None);
}

#[test]
fn the_2023_layout_is_pooled() {
    let tables = read(&fixture("icio-2019-tiny.csv"));
    check_tiny(&tables);
    assert_eq!(
        (tables.description.name.as_str(), tables.description.year),
        ("icio-2019-tiny", 2019)
    );
    let step = &tables.description.transformations[0];
    assert_eq!(step.step, "import");
    assert!(step.note.starts_with("icio-2019-tiny.csv: 2 regions, 2 sectors;"), "{}", step.note);
    assert!(step.note.contains("DPABR, GFCF, HFCE"), "{}", step.note);
}

#[test]
fn the_2018_layout_is_pooled() {
    check_tiny(&read(&fixture("icio-2015-tiny.csv")));
}

#[test]
fn negative_purchases_are_set_to_zero_if_asked() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("icio.csv");
    fs::copy(fixture("icio-2015-tiny.csv"), &file).unwrap();
    edit(&file, "7,-4,0,135", "7,-40,0,135");
    edit(&file, "USA_A,1,3,8,12,1,1,0,0,0.5", "USA_A,1,3,8,12,1,1,0,-50,0.5");
    let options = IcioOptions { negatives: Negatives::Zero, ..IcioOptions::default() };
    let tables = read_icio(&file, &options).unwrap();
    // From USA to ROW in A: 6.5 - 50; from ROW to USA in C10_12: 19 - 36.
    assert_eq!(tables.flows[[0, 1, 0]], 0.0);
    assert_eq!(tables.final_spending[[1, 0]], 0.0);
    let note = &tables.description.transformations[0].note;
    assert!(note.contains("2 negative cells of flows, -60.5 in sum, set to zero"), "{note}");
}

/// A table of four regions, some of them parts of China, and three sectors, as rows of cells.
fn generated() -> Vec<Vec<String>> {
    let regions = ["USA", "CHN", "ROW", "CN1", "CN2"];
    let sectors = ["A", "C9", "C10T12"];
    let mut draws = Draws(7);
    let mut header = vec!["V1".to_owned()];
    for region in regions {
        header.extend(sectors.map(|sector| format!("{region}_{sector}")));
    }
    let rows = header[1..].to_vec();
    for region in &regions[..3] {
        header.extend(["HFCE", "INVNT", "GFCF"].map(|category| format!("{region}_{category}")));
    }
    header.push("OUT".to_owned());
    let width = header.len();
    let mut cells = vec![header];
    let mut outputs = Vec::new();
    for label in &rows {
        // Numbers of very different sizes: their sum depends on its order.
        let mut numbers = Vec::new();
        for _ in 2..width {
            let size = i32::try_from(draws.next() % 17).unwrap();
            numbers.push(format!("{}e{}", draws.next(), size - 8));
        }
        let output: f64 = numbers.iter().map(|number| number.parse::<f64>().unwrap()).sum();
        outputs.push(output.to_string());
        cells.push([vec![label.clone()], numbers, vec![output.to_string()]].concat());
    }
    outputs.resize(width - 1, "0".to_owned());
    cells.push([vec!["OUT".to_owned()], outputs].concat());
    cells
}

fn write(cells: &[Vec<String>], file: &Path) {
    let mut text = String::new();
    for row in cells {
        writeln!(text, "{}", row.join(",")).unwrap();
    }
    fs::write(file, text).unwrap();
}

#[test]
fn the_order_of_rows_and_columns_changes_no_bit() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("icio.csv");
    let mut cells = generated();
    write(&cells, &file);
    let ordered = read(&file);
    assert_eq!(ordered.regions.codes().collect::<Vec<_>>(), ["CHN", "USA", "ROW"]);
    assert_eq!(ordered.sectors.codes().collect::<Vec<_>>(), ["A", "C9", "C10T12"]);
    let mut draws = Draws(1);
    for _ in 0..5 {
        draws.shuffle(&mut cells[1..]);
        let mut order: Vec<usize> = (1..cells[0].len()).collect();
        draws.shuffle(&mut order);
        let shuffled: Vec<Vec<String>> = cells
            .iter()
            .map(|row| {
                let rest = order.iter().map(|&column| row[column].clone());
                std::iter::once(row[0].clone()).chain(rest).collect()
            })
            .collect();
        write(&shuffled, &file);
        assert_eq!(read(&file), ordered);
    }
}

#[test]
fn parts_of_a_country_are_added_to_it() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("icio.csv");
    let cells = generated();
    write(&cells, &file);
    let tables = read(&file);
    let number = |row: &str, column: &str| -> f64 {
        let row = cells.iter().find(|cells| cells[0] == row).unwrap();
        let column = cells[0].iter().position(|label| label == column).unwrap();
        row[column].parse().unwrap()
    };
    let mut expected = 0.0;
    for exporter in ["CHN", "CN1", "CN2"] {
        for user in ["A", "C9", "C10T12", "HFCE", "INVNT", "GFCF"] {
            expected += number(&format!("{exporter}_C9"), &format!("USA_{user}"));
        }
    }
    let found = tables.flows[[1, 1, 0]];
    assert!((found / expected - 1.0).abs() < 1e-12, "{found} {expected}");
    let note = &tables.description.transformations[0].note;
    assert!(note.contains("CN1, CN2 added to their countries"), "{note}");
}

#[test]
fn a_compressed_file_reads_the_same() {
    use std::io::Write;

    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("icio-2019-tiny.csv.gz");
    let to = fs::File::create(&file).unwrap();
    let mut packed = flate2::write::GzEncoder::new(to, flate2::Compression::fast());
    packed.write_all(&fs::read(fixture("icio-2019-tiny.csv")).unwrap()).unwrap();
    packed.finish().unwrap();
    check_tiny(&read(&file));
}
