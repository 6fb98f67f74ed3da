//! The folder of a run.

use std::fs::{self, File};
use std::path::Path;

use arrow_array::cast::AsArray;
use arrow_array::types::Float64Type;
use arrow_array::{Array, RecordBatch};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde_json::json;
use viner_io::IoError;
use viner_io::results::{Column, Frame, ResultFormat, write_results};

fn frames() -> Vec<Frame> {
    vec![
        Frame::new("regions")
            .text("region", ["RUS", "a,\"b\""])
            .optional_text("group", [None, Some("west")])
            .number("welfare", [-0.013, f64::NAN]),
        Frame::new("flows").text("exporter", ["USA"]).number("value", [1.0 / 3.0]),
    ]
}

fn write(target: &Path, frames: &[Frame]) -> Result<(), IoError> {
    write_results(target, frames, &json!({"version": "0", "a": 1}), &ResultFormat::ALL)
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = folder
        .read_dir()
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn every_format_holds_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("a/b/run");
    write(&run, &frames()).unwrap();
    let expected = [
        "flows.csv",
        "flows.parquet",
        "manifest.json",
        "regions.csv",
        "regions.parquet",
        "results.xlsx",
    ];
    assert_eq!(names(&run), expected);
    assert_eq!(names(&folder.path().join("a/b")), ["run"]);
    assert_eq!(
        fs::read_to_string(run.join("regions.csv")).unwrap(),
        "region,group,welfare\nRUS,,-0.013\n\"a,\"\"b\"\"\",west,\n"
    );
    assert_eq!(
        fs::read_to_string(run.join("manifest.json")).unwrap(),
        "{\n  \"version\": \"0\",\n  \"a\": 1\n}\n"
    );
    let file = File::open(run.join("regions.parquet")).unwrap();
    let reader = ParquetRecordBatchReaderBuilder::try_new(file).unwrap().build().unwrap();
    let batches: Vec<RecordBatch> = reader.map(Result::unwrap).collect();
    let [batch] = batches.as_slice() else { panic!("{} batches", batches.len()) };
    let (group, welfare) = (batch.column(1), batch.column(2).as_primitive::<Float64Type>());
    assert!(group.is_null(0) && group.as_string::<i32>().value(1) == "west");
    assert!(welfare.value(0).to_bits() == (-0.013_f64).to_bits() && welfare.is_null(1));
    assert_eq!(&fs::read(run.join("results.xlsx")).unwrap()[..2], b"PK");
}

#[test]
fn equal_results_make_equal_files() {
    let folder = tempfile::tempdir().unwrap();
    let [a, b] = ["a", "b"].map(|name| folder.path().join(name));
    write(&a, &frames()).unwrap();
    write(&b, &frames()).unwrap();
    for name in names(&a) {
        assert_eq!(fs::read(a.join(&name)).unwrap(), fs::read(b.join(&name)).unwrap(), "{name}");
    }
}

#[test]
fn an_earlier_run_or_an_empty_folder_is_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("run");
    fs::create_dir(&run).unwrap();
    write(&run, &frames()).unwrap();
    write_results(&run, &frames()[..1], &json!({}), &[ResultFormat::Csv]).unwrap();
    assert_eq!(names(&run), ["manifest.json", "regions.csv"]);
    assert_eq!(names(folder.path()), ["run"]);
}

#[test]
fn anything_else_is_not_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("run");
    let refused = |expected: &str| {
        let error = write(&run, &frames()).unwrap_err();
        assert!(matches!(error, IoError::OutputRefused { .. }), "{error}");
        assert!(error.to_string().contains(expected), "{error}");
        assert_eq!(names(folder.path()), ["run"]);
    };
    fs::write(&run, "mine").unwrap();
    refused("it is a file");
    fs::remove_file(&run).unwrap();
    fs::create_dir(&run).unwrap();
    fs::write(run.join("data.csv"), "mine").unwrap();
    refused("it is not empty and has no `manifest.json`");
    fs::write(run.join("manifest.json"), "{}").unwrap();
    fs::write(run.join("thesis.docx"), "mine").unwrap();
    refused("it also holds `thesis.docx`");
    fs::remove_file(run.join("thesis.docx")).unwrap();
    fs::create_dir(run.join("other.csv")).unwrap();
    refused("it also holds `other.csv`");
    let here = std::env::current_dir().unwrap();
    let error = write(&here, &frames()).unwrap_err();
    assert!(error.to_string().contains("it is the current folder"), "{error}");
}

#[test]
fn a_failure_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let mut frames = frames();
    frames[1].name = "no/such/folder".to_owned();
    assert!(matches!(
        write(&folder.path().join("new/run"), &frames),
        Err(IoError::File { action: "create", .. })
    ));
    assert!(names(folder.path()).is_empty());
    frames[1].name = "regions".to_owned();
    assert!(write(&folder.path().join("run"), &frames).is_err());
    frames[1] = Frame::new("ragged").number("a", [1.0]).number("b", []);
    assert!(matches!(
        write(&folder.path().join("run"), &frames),
        Err(IoError::Ragged { found: 0, expected: 1, .. })
    ));
    assert!(names(folder.path()).is_empty());
}

#[test]
fn a_failure_leaves_an_earlier_run_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("run");
    write(&run, &frames()).unwrap();
    let before = names(&run);
    let mut frames = frames();
    frames[1].name = "regions".to_owned();
    assert!(write(&run, &frames).is_err());
    assert_eq!(names(&run), before);
    assert_eq!(names(folder.path()), ["run"]);
}

#[test]
fn a_table_too_long_for_a_sheet_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let long = Frame {
        name: "flows".to_owned(),
        columns: vec![("value".to_owned(), Column::Number(vec![1.0; 1_048_576]))],
    };
    let error = write(&folder.path().join("run"), &[long]).unwrap_err();
    assert_eq!(
        error.diagnostics().to_string(),
        "error: table `flows` has 1048576 rows, expected at most 1048575 in a sheet of a \
         workbook\nhint: write `csv` or `parquet`, which have no such limit"
    );
    assert!(names(folder.path()).is_empty());
}
