//! Bundles with one thing wrong each.

use std::fs;
use std::path::Path;

use viner_io::results::{Frame, ResultFormat, write_results};
use viner_io::tables::{TableFormat, read_bundle, read_published_bundle, write_bundle};

use crate::support::{edit, printed, small_bundle, small_tables};

/// What is said of the small bundle after a change.
fn error_after(change: impl FnOnce(&Path)) -> String {
    let folder = small_bundle();
    let small = folder.path().join("small");
    change(&small);
    printed(&read_bundle(&small).unwrap_err(), &small)
}

/// What is said of it with one text in one file replaced.
fn error_with(file: &str, from: &str, to: &str) -> String {
    error_after(|small| edit(&small.join(file), from, to))
}

#[test]
fn an_unknown_key() {
    assert_eq!(
        error_with("baseline.toml", "licence =", "license ="),
        "error: unknown key `license`; did you mean `licence`?\n  \
         at baseline.toml, line 6, key `license`"
    );
    assert!(
        error_with("baseline.toml", "code = \"A\"", "code = \"A\"\nlabel = \"x\"")
            .contains("unknown key `label`")
    );
}

#[test]
fn missing_and_wrong_values() {
    assert_eq!(
        error_with("baseline.toml", "year = 2020", "year = \"2020\""),
        "error: wrong value of key `year`\n  at baseline.toml, line 3, key `year`\n  \
         found the text \"2020\", expected a year such as 2019"
    );
    assert_eq!(
        error_with("baseline.toml", "year = 2020\n", ""),
        "error: key `year` is missing\n  at baseline.toml, key `year`\n  \
         expected a year such as 2019"
    );
    assert_eq!(
        error_with("baseline.toml", "\"million USD\"", "\"million USS\""),
        "error: unknown unit `million USS`; did you mean `million USD`?\n  \
         at baseline.toml, line 4, key `unit`"
    );
    assert!(error_with("baseline.toml", "code = \"A\"\n", "").contains("`sector.code` is missing"));
    assert!(error_with("baseline.toml", "\"small\"", "").contains("error: "));
}

#[test]
fn a_code_given_twice() {
    assert_eq!(
        error_with("baseline.toml", "code = \"ROW\"", "code = \"USA\""),
        "error: region `USA` is given twice, in lines 10 and 14\n  \
         at baseline.toml, line 14, key `region.code`"
    );
    assert!(error_with("baseline.toml", "code = \"B\"", "code = \"*\"").contains("stands for all"));
}

#[test]
fn too_many_labels_to_hold() {
    use std::fmt::Write;

    let error = error_after(|small| {
        let mut text = fs::read_to_string(small.join("baseline.toml")).unwrap();
        for index in 0..20_000 {
            write!(text, "\n[[region]]\ncode = \"R{index}\"\n").unwrap();
        }
        fs::write(small.join("baseline.toml"), text).unwrap();
    });
    assert!(error.contains("the tables of this baseline are too large"), "{error}");
}

#[test]
fn a_missing_table() {
    let error = error_after(|small| fs::remove_file(small.join("final.csv")).unwrap());
    assert!(error.starts_with("error: table `final` is missing\n"), "{error}");
    assert!(
        error.ends_with("expected `final.csv` or `final.csv.gz` or `final.parquet`"),
        "{error}"
    );
    let error = error_after(|small| {
        fs::rename(small.join("flows.csv"), small.join("flow.csv")).unwrap();
    });
    assert!(error.ends_with("hint: is it the file named `flow`?"), "{error}");
    let error = error_after(|small| fs::remove_file(small.join("baseline.toml")).unwrap());
    assert!(error.starts_with("error: the folder is not a baseline bundle"), "{error}");
}

#[test]
fn a_table_in_two_formats() {
    assert_eq!(
        error_after(|small| fs::write(small.join("final.parquet"), "").unwrap()),
        "error: table `final` is there in 2 formats\n  at final.csv\n  \
         found `final.csv` and `final.parquet`, expected one of them"
    );
}

#[test]
fn columns() {
    assert_eq!(
        error_with("flows.csv", "exporter,importer", "exporter,importr"),
        "error: unknown column `importr`; did you mean `importer`?\n  at flows.csv, line 1\n\n\
         error: column `importer` is missing\n  at flows.csv, line 1\n  \
         expected the columns exporter, importer, sector, value"
    );
    assert!(
        error_with("flows.csv", "exporter,importer", "exporter,exporter")
            .starts_with("error: column `exporter` is there twice\n  at flows.csv, line 1")
    );
    assert_eq!(
        error_with("parameters.csv", "trade_elasticity", "trade_elasticty"),
        "error: unknown column `trade_elasticty`; did you mean `trade_elasticity`?\n  \
         at parameters.csv, line 1"
    );
    assert!(
        error_after(|small| fs::write(small.join("final.csv"), "").unwrap())
            .contains("the file is empty")
    );
}

#[test]
fn a_cell_given_twice() {
    assert_eq!(
        error_with("final.csv", "ROW,A", "USA,A"),
        "error: cell `USA/A` is given twice\n  at final.csv, line 4\n  \
         found lines 2 and 4, expected one of them"
    );
    assert_eq!(
        error_with("parameters.csv", "B,", "A,5"),
        "error: sector `A` is given twice\n  at parameters.csv, line 3\n  \
         found lines 2 and 3, expected one of them"
    );
}

#[test]
fn an_unknown_code() {
    assert_eq!(
        error_with("final.csv", "USA,B", "UAS,B"),
        "error: unknown region `UAS`; did you mean `USA`?\n  at final.csv, line 3"
    );
    assert_eq!(
        error_with("final.csv", "USA,B", "USA,"),
        "error: column `sector` is empty\n  at final.csv, line 3\n  expected a sector"
    );
    assert!(error_with("parameters.csv", "B,", "Q,").contains("unknown sector `Q`"));
}

#[test]
fn numbers_that_cannot_be() {
    for (wrong, found) in [("NaN", "NaN"), ("inf", "inf"), ("1e999", "inf"), ("x", "`x`")] {
        assert_eq!(
            error_with("final.csv", "USA,B,0.1", &format!("USA,B,{wrong}")),
            format!(
                "error: wrong value of cell `USA/B`\n  at final.csv, line 3\n  \
                 found {found}, expected a finite number"
            )
        );
    }
    assert!(error_with("final.csv", "B,0.1", "B,").contains("found an empty cell"));
    for file in ["flows.csv", "inputs.csv", "final.csv"] {
        let error = error_with(file, ",0.", ",-0.");
        assert!(error.contains("expected 0 or more"), "{error}");
    }
    assert_eq!(
        error_with("tariffs.csv", "0.05", "-1"),
        "error: wrong rate of cell `USA/ROW/A`\n  at tariffs.csv, line 2\n  \
         found -1, expected more than -1 (-100 %)"
    );
}

#[test]
fn negative_inputs_of_published_data_are_a_warning() {
    let folder = small_bundle();
    let small = folder.path().join("small");
    edit(&small.join("inputs.csv"), "USA,A,B,", "USA,A,B,-");
    let bundle = read_published_bundle(&small).unwrap();
    assert_eq!(
        bundle.warnings,
        ["table `inputs` has 1 negative cell; the worst, `USA/A/B`, is -1"]
    );
    assert_eq!(bundle.tables.inputs[[0, 1, 0]], -1.0);
    edit(&small.join("inputs.csv"), "USA,A,B,-", "USA,A,B,");
    edit(&small.join("flows.csv"), ",0.", ",-0.");
    assert!(read_published_bundle(&small).is_err());
}

#[test]
fn parameters_out_of_bounds() {
    let with = |column: &str, value: &str| {
        error_after(|small| {
            let text = format!("sector,{column}\nA,{value}\n");
            fs::write(small.join("parameters.csv"), text).unwrap();
        })
    };
    assert!(with("trade_elasticity", "0").contains("found 0, expected more than 0"));
    assert!(with("specific_factor_share", "1.5").contains("expected between 0 and 1"));
    assert!(with("production_elasticity", "-1").contains("expected 0 or more"));
    assert!(with("input_elasticity", "nan").contains("expected a finite number"));
}

#[test]
fn rows_of_wrong_length_or_text() {
    assert_eq!(
        error_with("final.csv", "USA,B,0.1", "USA,B,0,1"),
        "error: a row has a wrong number of cells\n  at final.csv, line 3\n  \
         found 4, expected 3 as in the header"
    );
    let error = error_after(|small| {
        fs::write(small.join("final.csv"), b"region,sector,value\nUS\xff,A,1\n").unwrap();
    });
    assert_eq!(error, "error: a row is not UTF-8 text\n  at final.csv, line 2");
}

#[test]
fn errors_of_all_files_come_together() {
    let error = error_after(|small| {
        edit(&small.join("baseline.toml"), "licence =", "license =");
        edit(&small.join("final.csv"), "USA,B", "UAS,B");
        edit(&small.join("flows.csv"), "USA", "UAS");
    });
    assert_eq!(error.matches("error: ").count(), 3, "{error}");
}

#[test]
fn more_than_twenty_errors_of_a_file_are_counted() {
    let error = error_after(|small| {
        let rows = "USA,Z,1\n".repeat(57);
        fs::write(small.join("final.csv"), format!("region,sector,value\n{rows}")).unwrap();
    });
    assert_eq!(error.matches("error: unknown sector").count(), 20);
    assert!(error.ends_with("error: 37 more errors in this file\n  at final.csv"), "{error}");
}

#[test]
fn a_compressed_file_that_ends_early() {
    let folder = tempfile::tempdir().unwrap();
    let small = folder.path().join("small");
    write_bundle(&small_tables(), &small, TableFormat::CsvGz).unwrap();
    let bytes = fs::read(small.join("flows.csv.gz")).unwrap();
    fs::write(small.join("flows.csv.gz"), &bytes[..bytes.len() / 2]).unwrap();
    let error = printed(&read_bundle(&small).unwrap_err(), &small);
    assert!(error.starts_with("error: cannot read `flows.csv.gz`: "), "{error}");
}

/// What is said of the small bundle with `final` as this Parquet table.
fn error_with_parquet(frame: Frame) -> String {
    error_after(|small| {
        fs::remove_file(small.join("final.csv")).unwrap();
        let run = small.join("run");
        let manifest = serde_json::json!({});
        write_results(&run, &[frame], &manifest, &[ResultFormat::Parquet]).unwrap();
        fs::rename(run.join("final.parquet"), small.join("final.parquet")).unwrap();
    })
}

#[test]
fn parquet_files_have_rows_and_types() {
    let codes = || Frame::new("final").text("region", ["USA", "UAS"]).text("sector", ["A", "A"]);
    assert_eq!(
        error_with_parquet(codes().number("value", [1.0, 1.0])),
        "error: unknown region `UAS`; did you mean `USA`?\n  at final.parquet, row 2"
    );
    assert_eq!(
        error_with_parquet(codes().text("value", ["1", "1"])),
        "error: column `value` has a wrong type\n  at final.parquet\n  \
         found Utf8, expected numbers"
    );
    assert!(
        error_with_parquet(codes().number("value", [f64::NAN, 1.0]))
            .contains("found an empty cell")
    );
    assert_eq!(
        error_with_parquet(codes()),
        "error: column `value` is missing\n  at final.parquet\n  \
         expected the columns region, sector, value"
    );
    let error = error_after(|small| {
        fs::remove_file(small.join("final.csv")).unwrap();
        fs::write(small.join("final.parquet"), "PAR1 not really PAR1").unwrap();
    });
    assert!(error.starts_with("error: the file cannot be read as Parquet"), "{error}");
}
