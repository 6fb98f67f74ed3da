//! Bundles written and read back.

use std::fs;
use std::path::Path;

use proptest::prelude::*;
use viner_io::tables::{TableFormat, digest, read_bundle, write_bundle};
use viner_model::labels::Labels;
use viner_model::ndarray::Array4;
use viner_model::tables::{
    Description, Fingerprint, Parameters, Replay, Tables, Transformation, Unit,
};

use crate::support::{Draws, edit, printed, small_bundle, small_tables};

/// Whether two tables are the same bit for bit.
fn assert_identical(a: &Tables, b: &Tables) {
    assert_eq!(a, b);
    let bits = |tables: &Tables| -> Vec<u64> {
        let tariffs = tables.tariffs.iter().flatten();
        let values = tables.flows.iter().chain(&tables.inputs).chain(&tables.final_spending);
        values.chain(&tables.value_added).chain(tariffs).map(|value| value.to_bits()).collect()
    };
    assert_eq!(bits(a), bits(b));
}

fn print(name: &str) -> Fingerprint {
    Fingerprint { name: name.to_owned(), sha256: "a1".repeat(32) }
}

/// Any finite number from zero up, of any size.
fn positive() -> impl Strategy<Value = f64> {
    prop_oneof![
        1 => Just(0.0),
        3 => (0..f64::MAX.to_bits()).prop_map(f64::from_bits),
        3 => 0.0..1e6,
    ]
}

fn any_tables() -> impl Strategy<Value = Tables> {
    (1usize..4, 1usize..4, any::<bool>(), any::<bool>()).prop_flat_map(|(n, s, tariffs, listed)| {
        let values = prop::collection::vec(positive(), n * n * s + n * s * s + n * s);
        let signed = prop::collection::vec((positive(), any::<bool>()), n * s);
        let rates = prop::collection::vec(-0.999..5.0, n * n * s);
        let elasticities = prop::collection::vec(prop::option::of(0.001..50.0), s);
        (values, signed, rates, elasticities).prop_map(move |(values, signed, rates, list)| {
            let description = Description {
                name: "any".to_owned(),
                title: "Quotes \" and\nlines, Türkiye".to_owned(),
                year: -44,
                unit: Unit::Usd,
                transformations: vec![
                    Transformation::new("x", "y"),
                    Transformation {
                        replay: Some(Replay {
                            arguments: vec!["--keep".to_owned(), "a \"quoted\" one".to_owned()],
                            sha256: "0".repeat(64),
                            from: Some(print("icio")),
                            files: vec![print("one.csv"), print("two.csv")],
                        }),
                        ..Transformation::new("z", "")
                    },
                ],
                ..Description::default()
            };
            let regions = Labels::from_codes(["A\"2", "A,1", "ROW"].into_iter().take(n));
            let sectors = Labels::from_codes(["C9", "C10", "Ü"].into_iter().take(s));
            let mut tables = Tables::zeros(description, regions, sectors);
            let mut values = values.into_iter();
            tables.flows.iter_mut().zip(&mut values).for_each(|(cell, value)| *cell = value);
            tables.inputs.iter_mut().zip(&mut values).for_each(|(cell, value)| *cell = value);
            for (cell, value) in tables.final_spending.iter_mut().zip(&mut values) {
                *cell = value;
            }
            for (cell, (value, minus)) in tables.value_added.iter_mut().zip(signed) {
                *cell = if minus { 0.0 - value } else { value };
            }
            if tariffs {
                let mut cells = tables.flows.clone();
                cells.iter_mut().zip(rates).for_each(|(cell, rate)| *cell = rate);
                tables.tariffs = Some(cells);
            }
            if listed {
                let trade_elasticity = list;
                tables.parameters = Parameters { trade_elasticity, ..Parameters::default() };
            }
            tables
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 24,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn what_is_written_is_read_in_every_format(tables in any_tables()) {
        let folder = tempfile::tempdir().unwrap();
        for format in TableFormat::ALL {
            let target = folder.path().join(format.name());
            write_bundle(&tables, &target, format).unwrap();
            let bundle = read_bundle(&target).unwrap();
            assert_identical(&bundle.tables, &tables);
            prop_assert_eq!(digest(&bundle.tables), digest(&tables));
            prop_assert!(bundle.warnings.is_empty());
        }
    }
}

#[test]
fn equal_tables_make_equal_files() {
    let folder = tempfile::tempdir().unwrap();
    for format in TableFormat::ALL {
        let [a, b] = ["a", "b"].map(|name| folder.path().join(name));
        write_bundle(&small_tables(), &a, format).unwrap();
        write_bundle(&small_tables(), &b, format).unwrap();
        for entry in a.read_dir().unwrap() {
            let name = entry.unwrap().file_name();
            let bytes = |folder: &Path| fs::read(folder.join(&name)).unwrap();
            assert_eq!(bytes(&a), bytes(&b), "{}", name.display());
        }
    }
}

#[test]
fn rows_are_in_the_order_of_labels_and_zeros_left_out() {
    let mut tables = small_tables();
    tables.final_spending[[0, 1]] = 0.0;
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("new/small");
    write_bundle(&tables, &target, TableFormat::Csv).unwrap();
    let text = fs::read_to_string(target.join("final.csv")).unwrap();
    assert_eq!(text, "region,sector,value\nUSA,A,0.1\nROW,A,0.1\nROW,B,0.1\n");
    let text = fs::read_to_string(target.join("parameters.csv")).unwrap();
    assert_eq!(text, "sector,trade_elasticity\nA,4\nB,\n");
}

#[test]
fn the_order_of_rows_columns_and_labels_changes_nothing() {
    let folder = small_bundle();
    let small = folder.path().join("small");
    let before = read_bundle(&small).unwrap();
    let mut draws = Draws(3);
    for name in ["flows", "inputs", "final", "value_added", "tariffs", "parameters"] {
        let file = small.join(format!("{name}.csv"));
        let text = fs::read_to_string(&file).unwrap();
        let mut rows: Vec<Vec<&str>> = text.lines().map(|row| row.split(',').collect()).collect();
        draws.shuffle(&mut rows[1..]);
        let lines: Vec<String> = rows
            .iter_mut()
            .map(|row| {
                row.reverse();
                row.join(",")
            })
            .collect();
        fs::write(&file, format!("\u{feff}{}\r\n\r\n", lines.join("\r\n"))).unwrap();
    }
    edit(&small.join("baseline.toml"), "\"USA\"\nname = \"USA\"", "\"ROW\"\nname = \"rest\"");
    edit(&small.join("baseline.toml"), "\"ROW\"\nname = \"ROW\"", "\"USA\"\nname = \"USA\"");
    edit(&small.join("baseline.toml"), "name = \"rest\"", "name = \"ROW\"");
    assert_identical(&read_bundle(&small).unwrap().tables, &before.tables);
}

#[test]
fn the_digest_is_of_labels_and_values() {
    let tables = small_tables();
    let same = digest(&tables);
    assert_eq!(same.len(), 64);
    let mut renamed = tables.clone();
    renamed.description.title = "another".to_owned();
    assert_eq!(digest(&renamed), same);
    let mut changed = tables.clone();
    changed.flows[[0, 0, 0]] += f64::EPSILON;
    assert_ne!(digest(&changed), same);
    let mut relabelled = tables.clone();
    relabelled.regions = Labels::from_codes(["USA", "RUS"]);
    assert_ne!(digest(&relabelled), same);
    let mut other_unit = tables.clone();
    other_unit.description.unit = Unit::Usd;
    assert_ne!(digest(&other_unit), same);
    let mut untaxed = tables;
    untaxed.tariffs = None;
    assert_ne!(digest(&untaxed), same);
}

#[test]
fn the_digest_does_not_know_the_order_of_labels() {
    let tables = small_tables();
    let mut turned = Tables::zeros(
        tables.description.clone(),
        Labels::from_codes(["ROW", "USA"]),
        tables.sectors.clone(),
    );
    let mut tariffs = turned.flows.clone();
    for ((s, n, i), value) in tables.flows.indexed_iter() {
        turned.flows[[s, 1 - n, 1 - i]] = *value;
        tariffs[[s, 1 - n, 1 - i]] = tables.tariffs.as_ref().unwrap()[[s, n, i]];
    }
    for ((n, k, s), value) in tables.inputs.indexed_iter() {
        turned.inputs[[1 - n, k, s]] = *value;
    }
    for ((n, s), value) in tables.value_added.indexed_iter() {
        turned.value_added[[1 - n, s]] = *value;
        turned.final_spending[[1 - n, s]] = tables.final_spending[[n, s]];
    }
    turned.tariffs = Some(tariffs);
    turned.parameters = tables.parameters.clone();
    assert_eq!(digest(&turned), digest(&tables));
}

#[test]
fn the_sourcing_table_comes_back_from_every_format() {
    let folder = tempfile::tempdir().unwrap();
    let mut tables = small_tables();
    let mut sourcing = Array4::zeros(tables.sourcing_shape());
    for (index, value) in (0u8..).zip(sourcing.iter_mut()) {
        *value = f64::from(index) / 11.0;
    }
    tables.sourcing = Some(sourcing);
    for format in TableFormat::ALL {
        let target = folder.path().join(format.name());
        write_bundle(&tables, &target, format).unwrap();
        let bundle = read_bundle(&target).unwrap();
        assert_identical(&bundle.tables, &tables);
        assert_eq!(bundle.tables.sourcing, tables.sourcing);
        assert_eq!(digest(&bundle.tables), digest(&tables));
        assert!(bundle.warnings.is_empty(), "{:?}", bundle.warnings);
    }
    let text = fs::read_to_string(folder.path().join("csv/sourcing.csv")).unwrap();
    assert_eq!(text.lines().next(), Some("exporter,importer,sector,user,value"));
    // The second exporter, `ROW`; importer `USA`; sector and user: `[0, 1, 2, 1]` is 11.
    assert!(text.contains("\nROW,ROW,A,final,1\n"), "{text}");
    let mut other = tables.clone();
    other.sourcing.as_mut().unwrap()[[1, 1, 2, 1]] += 1.0;
    assert_ne!(digest(&other), digest(&tables));
}

#[test]
fn the_sourcing_table_is_checked() {
    let folder = small_bundle();
    let small = folder.path().join("small");
    let file = small.join("sourcing.csv");
    fs::write(&file, "exporter,importer,sector,user,value\nUSA,ROW,A,B,1\nUSA,ROW,A,final,1\n")
        .unwrap();
    let sourcing = read_bundle(&small).unwrap().tables.sourcing.unwrap();
    assert_eq!((sourcing[[0, 1, 1, 0]], sourcing[[0, 1, 2, 0]], sourcing.sum()), (1.0, 1.0, 2.0));
    edit(&file, "A,B,1", "A,Z,1");
    let error = read_bundle(&small).unwrap_err();
    assert_eq!(
        printed(&error, &small),
        "error: unknown user `Z`\n  at sourcing.csv, line 2\n  expected one of `A`, `B`, `final`"
    );
    edit(&file, "A,Z,1", "A,B,-1");
    let error = read_bundle(&small).unwrap_err();
    assert!(printed(&error, &small).contains("wrong value of cell `USA/ROW/A/B`"));
}

#[test]
fn a_bundle_is_replaced_and_nothing_else_is() {
    let folder = small_bundle();
    let small = folder.path().join("small");
    write_bundle(&small_tables(), &small, TableFormat::Parquet).unwrap();
    assert!(!small.join("flows.csv").exists() && small.join("flows.parquet").exists());
    fs::write(small.join("notes.txt"), "mine").unwrap();
    let error = write_bundle(&small_tables(), &small, TableFormat::Csv).unwrap_err();
    assert!(error.to_string().contains("it also holds `notes.txt`"), "{error}");
    assert!(small.join("flows.parquet").exists());
    assert_eq!(folder.path().read_dir().unwrap().count(), 1);
}

#[test]
fn values_that_no_bundle_can_hold_are_not_written() {
    let folder = tempfile::tempdir().unwrap();
    let mut tables = small_tables();
    tables.inputs[[1, 0, 1]] = f64::NAN;
    let error = write_bundle(&tables, &folder.path().join("x"), TableFormat::Csv).unwrap_err();
    assert_eq!(
        error.to_string(),
        "table `inputs`, cell `ROW/B/A`: found NaN, expected a finite number"
    );
    assert_eq!(folder.path().read_dir().unwrap().count(), 0);
}
