//! Downloads that are cut off, damaged, made to do harm, or of no known layout.

use std::fs;
use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use viner_io::tables::official::{Format, ImportOptions};

use crate::official_economy::{archive, icio, refused, world};

fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::best());
    packed.write_all(bytes).unwrap();
    packed.finish().unwrap()
}

/// What is said of a file with this name and content.
fn said_of(name: &str, bytes: &[u8], format: Option<Format>) -> String {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join(name);
    fs::write(&file, bytes).unwrap();
    refused(&file, &ImportOptions { format, ..ImportOptions::default() })
}

#[test]
fn a_compressed_file_that_is_cut_off() {
    let mut bytes = packed(icio(["A", "C"]).as_bytes());
    bytes.truncate(bytes.len() / 2);
    assert_eq!(
        said_of("2019_SML.csv.gz", &bytes, Some(Format::Icio)),
        "error: the compressed file ends too early\n  at 2019_SML.csv.gz\n\
         hint: the download was cut off: download it again"
    );
    assert!(
        said_of("2019_SML.csv.gz", b"no gzip at all", Some(Format::Icio))
            .starts_with("error: the compressed file is damaged")
    );
}

#[test]
fn a_compressed_file_that_unpacks_without_end() {
    let mut text = b"V1,AUS_A,AUS_HFCE\nAUS_A,".to_vec();
    text.resize(1 << 27, b'0');
    assert_eq!(
        said_of("2019_SML.csv.gz", &packed(&text), Some(Format::Icio)),
        "error: the file unpacks without end\n  at 2019_SML.csv.gz\n  \
         expected at most 500 times its packed size"
    );
}

#[test]
fn archives_that_are_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ICIO.zip");
    let options = ImportOptions::default();
    archive(&file, &[("../2019_SML.csv", icio(["A", "C"]))]);
    let error = refused(&file, &options);
    assert!(
        error.contains("the archive names a file outside itself: `../2019_SML.csv`"),
        "{error}"
    );
    archive(&file, &[("readme.txt", "nothing".to_owned())]);
    let error = refused(&file, &options);
    assert_eq!(
        error,
        "error: the layout of the table is not recognised\n  at ICIO.zip\n  expected one of `icio`, \
         `figaro`, `wiod`, `adb`, `exiobase`, `eora`, `gtap-har`, `gloria`, `wiod-long`, `baci`, \
         `itpd`, `comtrade`\nhint: name the layout with `--format`"
    );
    archive(&file, &[("2019_SML.csv", icio(["A", "C"]))]);
    let mut bytes = fs::read(&file).unwrap();
    bytes.truncate(bytes.len() / 2);
    fs::write(&file, bytes).unwrap();
    assert!(refused(&file, &options).starts_with("error: the archive is damaged"));
}

#[test]
fn text_that_is_not_utf_8() {
    let wide: Vec<u8> = icio(["A", "C"]).encode_utf16().flat_map(u16::to_le_bytes).collect();
    let error = said_of("2019.csv", &[b"\xff\xfe".to_vec(), wide].concat(), Some(Format::Icio));
    assert_eq!(
        error,
        "error: the file is UTF-16 text\n  at 2019.csv, line 1\n  expected UTF-8 text\n\
         hint: save it as UTF-8"
    );
    let text = icio(["A", "C"]).replace("DEU_C", "DEU_\u{e9}");
    let latin: Vec<u8> = text.chars().map(|letter| u8::try_from(letter).unwrap()).collect();
    let error = said_of("2019.csv", &latin, Some(Format::Icio));
    assert!(
        error.contains("error: a row's label is not UTF-8 text\n  at 2019.csv, line 5"),
        "{error}"
    );
}

#[test]
fn a_byte_order_mark_and_windows_ends_of_lines_change_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (plain, marked) = (folder.path().join("a_2019.csv"), folder.path().join("b_2019.csv"));
    let text = icio(["A", "C"]);
    fs::write(&plain, &text).unwrap();
    fs::write(&marked, format!("\u{feff}{}", text.replace('\n', "\r\n"))).unwrap();
    assert_eq!(world(&plain).tables.flows, world(&marked).tables.flows);
}

#[test]
fn a_table_that_contradicts_its_totals() {
    // Two columns change places: every number is right, and the table is not.
    let text = icio(["A", "C"]);
    let swapped: String = text
        .lines()
        .map(|line| {
            let mut cells: Vec<&str> = line.split(',').collect();
            if !line.starts_with("V1") && !line.starts_with("OUTPUT") {
                cells.swap(1, 13);
            }
            cells.join(",") + "\n"
        })
        .collect();
    let error = said_of("2019_SML.csv", swapped.as_bytes(), None);
    assert!(error.contains("the table contradicts its own totals"), "{error}");
}

#[test]
fn codes_that_no_list_has_are_kept_and_told() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("2019_SML.csv");
    fs::write(&file, icio(["A", "C"]).replace("DEU_", "XQZ_")).unwrap();
    let found = world(&file);
    assert_eq!(found.tables.regions.codes().collect::<Vec<_>>(), ["AUS", "XQZ", "ROW"]);
    let warnings = found.report.warnings(&found.tables);
    assert_eq!(warnings, ["codes of regions that are in no list, kept as they are: `XQZ`"]);
}

#[test]
fn two_regions_of_a_file_never_become_one() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("2019_SML.csv");
    let text = icio(["A", "C"]).replace("DEU_", "ROM_").replace("AUS_", "ROU_");
    fs::write(&file, text).unwrap();
    let found = world(&file);
    assert_eq!(found.tables.regions.codes().collect::<Vec<_>>(), ["ROM", "ROU", "ROW"]);
    assert_eq!(found.report.unknown, ["ROM"]);
}
