//! What several tests need.

use std::fs;
use std::path::Path;

use viner_io::IoError;
use viner_io::tables::{TableFormat, write_bundle};
use viner_model::labels::Labels;
use viner_model::tables::{Description, Parameters, Tables};

/// Numbers that look random and are the same in every run: a linear congruential generator.
pub struct Draws(pub u64);

impl Draws {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963);
        self.0 >> 33
    }

    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            let other = usize::try_from(self.next()).unwrap() % (last + 1);
            items.swap(last, other);
        }
    }
}

/// Two regions and two sectors, every part different, with tariffs and parameters.
pub fn small_tables() -> Tables {
    let description = Description {
        name: "small".to_owned(),
        title: "A small world".to_owned(),
        year: 2020,
        ..Description::default()
    };
    let regions = Labels::from_codes(["USA", "ROW"]);
    let mut tables = Tables::zeros(description, regions, Labels::from_codes(["A", "B"]));
    for (index, value) in (1u8..).zip(tables.flows.iter_mut()) {
        *value = f64::from(index) / 7.0;
    }
    for (index, value) in (1u8..).zip(tables.inputs.iter_mut()) {
        *value = f64::from(index) / 3.0;
    }
    tables.final_spending.fill(0.1);
    tables.value_added.fill(2.5);
    tables.value_added[[1, 0]] = -0.25;
    let mut tariffs = tables.flows.clone();
    tariffs.fill(0.0);
    tariffs[[0, 1, 0]] = 0.05;
    tables.tariffs = Some(tariffs);
    tables.parameters =
        Parameters { trade_elasticity: vec![Some(4.0), None], ..Parameters::default() };
    tables
}

/// A folder with a bundle of small tables as `.csv` files in its subfolder `small`.
pub fn small_bundle() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    write_bundle(&small_tables(), &folder.path().join("small"), TableFormat::Csv).unwrap();
    folder
}

/// Replaces the first `from` in a file, which must be there.
pub fn edit(file: &Path, from: &str, to: &str) {
    let text = fs::read_to_string(file).unwrap();
    assert!(text.contains(from), "no {from:?} in {text}");
    fs::write(file, text.replacen(from, to, 1)).unwrap();
}

/// An error as it is printed, with the folder it happened in left out.
pub fn printed(error: &IoError, folder: &Path) -> String {
    let text = error.diagnostics().to_string();
    text.replace(&format!("{}/", folder.display()), "").replace('\\', "/")
}
