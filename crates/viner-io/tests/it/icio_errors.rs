//! Official tables with one thing wrong each.

use std::fs;

use viner_io::tables::{IcioOptions, read_icio};

use crate::icio::fixture;
use crate::support::{edit, printed};

/// What is said of the tiny table with one text in it replaced.
fn error_after(from: &str, to: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("icio.csv");
    fs::copy(fixture("icio-2019-tiny.csv"), &file).unwrap();
    edit(&file, from, to);
    printed(&read_icio(&file, &IcioOptions::default()).unwrap_err(), folder.path())
}

#[test]
fn a_cell_that_is_no_number() {
    for wrong in ["abc", "NaN", "inf", "-infinity", "1e999", ""] {
        assert_eq!(
            error_after("ROW_A,10,20,", &format!("ROW_A,10,{wrong},")),
            format!(
                "error: cell in row `ROW_A`, column `ROW_C10_12` is no finite number\n  \
                 at icio.csv, line 2\n  found `{wrong}`"
            )
        );
    }
}

#[test]
fn a_row_with_too_few_or_too_many_cells() {
    assert_eq!(
        error_after("USA_A,1,3,", "USA_A,1,"),
        "error: row `USA_A` has a wrong number of cells\n  at icio.csv, line 4\n  \
         found 11, expected 12 as in the header"
    );
    assert!(error_after("USA_A,1,3,", "USA_A,1,3,3,").contains("found 13, expected 12"));
}

#[test]
fn labels_given_twice() {
    assert_eq!(
        error_after("\nUSA_A,", "\nROW_A,"),
        "error: row `ROW_A` is there twice\n  at icio.csv, line 4\n  \
         found lines 2 and 4, expected one of them"
    );
    assert_eq!(
        error_after("ROW_GFCF", "ROW_HFCE"),
        "error: column `ROW_HFCE` is there twice\n  at icio.csv, line 1\n  \
         found columns 6 and 7, expected one of them"
    );
}

#[test]
fn a_row_without_its_column() {
    let error = error_after("USA_A,USA_C10_12", "USA_B,USA_C10_12");
    assert_eq!(
        error,
        "error: row `USA_A` has no column of the same label\n  at icio.csv, line 4\n\
         hint: is it the column labelled `USA_B`?"
    );
}

#[test]
fn a_column_without_its_row() {
    let error = error_after("\nUSA_A,1,3,8,12,2,0,0.5,20,1,0,47.5", "");
    assert_eq!(error, "error: column `USA_A` has no row of the same label\n  at icio.csv, line 1");
}

#[test]
fn final_use_of_a_region_that_sells_nothing() {
    assert_eq!(
        error_after("USA_DPABR", "UAS_DPABR"),
        "error: unknown region of final-use column `UAS_DPABR`: `UAS`; did you mean `USA`?\n  \
         at icio.csv, line 1"
    );
}

#[test]
fn no_output() {
    assert_eq!(
        error_after("\nOUT,", "\nVALU,"),
        "error: the row of gross output is missing\n  at icio.csv\n  \
         expected a row labelled `OUT` or `OUTPUT`"
    );
    assert!(
        error_after("\nVA,", "\nOUTPUT,").contains("row `OUT` is a second row of gross output")
    );
    assert!(
        error_after("\nOUT,70.5,135", "\nOUT,70.5,").contains(
            "gross output of column `ROW_C10_12` is an empty cell\n  at icio.csv, line 8"
        )
    );
}

#[test]
fn rows_and_columns_of_unknown_kind() {
    assert_eq!(
        error_after("\nTLS,", "\nTAXES,"),
        "error: row `TAXES` is neither a sector nor known otherwise\n  at icio.csv, line 6\n  \
         expected `REGION_SECTOR`, `OUT`, `OUTPUT`, `VA`, `VALU` or `TLS`"
    );
    assert!(error_after("ROW_GFCF", "ROWGFCF").contains("column 7 is labelled `ROWGFCF`"));
}

#[test]
fn purchases_negative_after_pooling() {
    assert_eq!(
        error_after("ROW_C10_12,5,40,2,6,50,20,1,8,3,0", "ROW_C10_12,5,40,2,6,50,20,1,8,-30,0"),
        "error: 1 cell of flows negative after pooling\n  at icio.csv\n  \
         found -14 in the worst, exporter/importer/sector `ROW/USA/C10_12`, expected 0 or more\n\
         hint: import with `--negatives zero` and balance the table, or with `--negatives fold`"
    );
    assert!(error_after("ROW_A,10,", "ROW_A,-10,").contains(
        "1 cell of inputs negative after pooling\n  at icio.csv\n  \
         found -9 in the worst, region/input/user `ROW/A/A`"
    ));
    assert!(
        error_after("USA_C10_12,2,7,4,30,9,5,0,40,", "USA_C10_12,2,7,4,30,9,5,0,-40,")
            .contains("region/sector `USA/C10_12`")
    );
}

#[test]
fn many_errors_are_counted() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("icio.csv");
    let text = fs::read_to_string(fixture("icio-2019-tiny.csv")).unwrap();
    let (header, rest) = text.split_once('\n').unwrap();
    fs::write(&file, format!("{header}\n{}", rest.replace(',', ",x"))).unwrap();
    let error = printed(&read_icio(&file, &IcioOptions::default()).unwrap_err(), folder.path());
    assert_eq!(error.matches("error: cell").count(), 20);
    // Seven rows of eleven cells.
    assert!(error.ends_with("error: 57 more errors in this file\n  at icio.csv"), "{error}");
}

#[test]
fn files_without_a_table() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("icio.csv");
    let read = || printed(&read_icio(&file, &IcioOptions::default()).unwrap_err(), folder.path());
    assert!(read().starts_with("error: cannot read `icio.csv`: "), "{}", read());
    fs::write(&file, "").unwrap();
    assert!(read().contains("the file is empty"));
    fs::write(&file, "V1;USA_A;USA_HFCE\nUSA_A;1;2\n").unwrap();
    assert!(read().contains("cells are separated by commas"));
    fs::write(&file, b"\xff\xfe\x00,\x80_\x81\n\x80_\x81,1\n").unwrap();
    assert!(read().contains("error: "));
}
