//! Every layout of an official table, recognised by its content and added up.

#![expect(clippy::format_push_string, reason = "files are small, and read better so")]

use std::fs;
use std::path::Path;

use rust_xlsxwriter::{Workbook, Worksheet};
use viner_io::tables::official::{Format, ImportOptions, Negatives, import};
use viner_model::baseline::IdentityReport;
use viner_model::tables::{Tables, Unit};

use crate::official_economy::*;
use crate::published::test_data;

fn holds(tables: &Tables) {
    for identity in IdentityReport::of(tables).identities {
        assert!(identity.relative < 1e-12, "{identity:?}");
    }
}

#[test]
fn an_archive_of_the_oecd_with_a_table_per_year() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ICIO_2015-2018.zip");
    let (old, new) = (icio(["01T02", "10T12"]), icio(["A01_02", "C10T12"]));
    archive(
        &file,
        &[
            ("ICIO2021_2017.csv", new),
            ("ICIO2021_2018.csv", old),
            ("ReadMe_2021.txt", "AUS_01T02 is Australia's agriculture".to_owned()),
            ("ReadMe_ICIO2021_CSV.xlsx", "a description".to_owned()),
        ],
    );
    let options = ImportOptions { year: Some(2018), ..ImportOptions::default() };
    let world_2018 = world_with(&file, &options);
    check(&world_2018.tables, ["AUS", "DEU", "ROW"], ["01T02", "10T12"]);
    holds(&world_2018.tables);
    assert_eq!(world_2018.tables.description.year, 2018);
    assert_eq!(world_2018.report.format, "icio");
    assert_eq!(world_2018.report.warnings(&world_2018.tables), Vec::<String>::new());
    assert!(world_2018.report.checks.iter().all(|check| check.residual < 1e-9));
    assert_eq!(world_2018.report.checks.len(), 3);
    assert_eq!(world_2018.report.file_negatives.final_uses[1], ("INVNT".to_owned(), 6, -4.5));

    let error = refused(&file, &ImportOptions::default());
    assert!(error.contains("there are several tables"), "{error}");
    assert!(error.contains("found the years 2017, 2018\nhint: name one with `--year`"), "{error}");
    let options = ImportOptions { year: Some(2016), ..ImportOptions::default() };
    let error = refused(&file, &options);
    assert!(error.contains("there is no table of the year 2016"), "{error}");
}

#[test]
fn eurostat_figaro() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("matrix_eu-ic-io_ind-by-ind_25ed_2022.csv");
    fs::write(&file, figaro()).unwrap();
    let world = world(&file);
    check(&world.tables, ["AUS", "DEU", "ROW"], ["A01", "C10T12"]);
    holds(&world.tables);
    assert_eq!(world.tables.description.year, 2022);
    assert_eq!(world.tables.description.unit, Unit::MillionEur);
    assert_eq!(world.tables.regions.name(1), "Germany");
    assert_eq!(world.report.replaced[0], ("AU".to_owned(), "AUS".to_owned()));
    assert!(world.tables.description.transformations[0].note.contains("FIGW1 as ROW"));
    assert_eq!(world.report.checks.len(), 1);
    assert!(world.report.checks[0].residual < 1e-9);
}

/// Where a workbook of the WIOD's family has what.
struct Book {
    regions: [&'static str; REGIONS],
    /// Row of the regions, from 0.
    header: u32,
    /// Codes of industries in the third row and first column, for release 2016.
    industries: Option<[&'static str; SECTORS]>,
    letter_of_rows: &'static str,
    finals: [&'static str; CATEGORIES],
}

fn book(layout: &Book, path: &Path, sheet_name: &str) {
    let mut book = Workbook::new();
    let sheet: &mut Worksheet = book.add_worksheet();
    sheet.set_name(sheet_name).unwrap();
    let text = |sheet: &mut Worksheet, row: u32, column: u16, text: &str| {
        sheet.write_string(row, column, text).unwrap();
    };
    text(sheet, 0, 0, "Intercountry Input-Output Table");
    text(sheet, 3, 0, "(in millions of US dollars)");
    let names = ["Agriculture", "Food"];
    let codes = ["c1", "c2"];
    let header = layout.header;
    for (index, (region, code)) in columns(layout.regions, codes, layout.finals).iter().enumerate()
    {
        let column = 4 + u16::try_from(index).unwrap();
        text(sheet, header, column, region);
        text(sheet, header + 1, column, code);
        if let Some(industries) = layout.industries {
            let sector = codes.iter().position(|other| other == code);
            text(sheet, header - 2, column, sector.map_or("CONS_x", |at| industries[at]));
            if sector.is_none() {
                text(sheet, header - 2, column, &format!("CONS_{code}"));
            }
        }
        text(sheet, header - 1, column, "a name");
    }
    let last = 4 + u16::try_from(REGIONS * (SECTORS + CATEGORIES)).unwrap();
    text(sheet, header, last, "TOT");
    text(sheet, header + 1, last, "c62");
    let numbers = |sheet: &mut Worksheet, row: u32, values: &[f64]| {
        for (column, value) in (4u16..).zip(values) {
            // Workbooks leave out what is zero.
            if *value != 0.0 {
                sheet.write_number(row, column, *value).unwrap();
            }
        }
    };
    let mut line = header + 2;
    for (i, region) in layout.regions.iter().enumerate() {
        for s in 0..SECTORS {
            text(sheet, line, 0, layout.industries.map_or("AtB", |codes| codes[s]));
            text(sheet, line, 1, names[s]);
            text(sheet, line, 2, region);
            text(sheet, line, 3, &format!("{}{}", layout.letter_of_rows, s + 1));
            numbers(sheet, line, &[row(i, s), vec![output(i, s)]].concat());
            line += 1;
        }
    }
    let zeros = by_user(|_, _| 0.0);
    for (code, name, number, values) in [
        ("II_fob", "Total intermediate consumption", "r60", by_user(inputs)),
        ("TXSP", "taxes less subsidies on products", "r61", zeros.clone()),
        ("VA", "Value added at basic prices", "r65", by_user(value_added)),
        ("IntTTM", "International Transport Margins", "r66", zeros),
        ("GO", "Output at basic prices", "r69", by_user(output)),
    ] {
        text(sheet, line, 0, code);
        text(sheet, line, 1, name);
        text(sheet, line, 2, "TOT");
        text(sheet, line, 3, number);
        numbers(sheet, line, &values);
        line += 1;
    }
    book.save(path).unwrap();
}

#[test]
fn workbooks_of_the_wiod_and_the_adb() {
    let folder = tempfile::tempdir().unwrap();
    let release_2013 = Book {
        regions: ["AUS", "ROM", "RoW"],
        header: 4,
        industries: None,
        letter_of_rows: "c",
        finals: ["c37", "c41"],
    };
    let file = folder.path().join("wiot11_row_apr12.xlsx");
    book(&release_2013, &file, "WIOT_2011");
    let found = world(&file);
    assert_eq!((found.report.format, found.tables.description.year), ("wiod", 2011));
    check(&found.tables, ["AUS", "ROU", "ROW"], ["c1", "c2"]);
    holds(&found.tables);
    assert_eq!(found.tables.sectors.name(1), "Food");
    assert_eq!(found.report.checks.len(), 4);
    assert_eq!(found.report.warnings(&found.tables), Vec::<String>::new());

    let release_2016 = Book {
        regions: ["AUS", "TWN", "ROW"],
        header: 4,
        industries: Some(["A01", "C10-C12"]),
        letter_of_rows: "r",
        finals: ["c57", "c61"],
    };
    let file = folder.path().join("WIOT2014_Nov16_ROW.xlsx");
    book(&release_2016, &file, "2014");
    let found = world(&file);
    assert_eq!((found.report.format, found.tables.description.year), ("wiod", 2014));
    check(&found.tables, ["AUS", "TWN", "ROW"], ["A01", "C10-C12"]);

    let adb = Book {
        regions: ["AUS", "PRC", "RoW"],
        header: 5,
        industries: None,
        letter_of_rows: "c",
        finals: ["F1", "F5"],
    };
    let file = folder.path().join("ADB-MRIO-2022.xlsx");
    book(&adb, &file, "ADB MRIO 2022");
    let found = world(&file);
    assert_eq!((found.report.format, found.tables.description.year), ("adb", 2022));
    check(&found.tables, ["AUS", "CHN", "ROW"], ["c1", "c2"]);
}

#[test]
fn text_of_the_wiod() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("WIOT2014_October16_ROW.csv");
    let regions = ["AUS", "TWN", "ROW"];
    let mut text = "IndustryCode,IndustryDescription,Country,RNr,Year".to_owned();
    for (region, part) in columns(regions, ["1", "2"], ["57", "61"]) {
        text += &format!(",v{region}{part}");
    }
    text += ",TOT\n";
    for (i, region) in regions.iter().enumerate() {
        for (s, (code, name)) in [("A01", "Crops, animals"), ("B", "Mining")].iter().enumerate() {
            let values = cells(&row(i, s), ",");
            text +=
                &format!("{code},\"{name}\",{region},{},2014,{values},{}\n", s + 1, output(i, s));
        }
    }
    for (code, number, values) in [
        ("II_fob", 65, by_user(inputs)),
        ("VA", 70, by_user(value_added)),
        ("GO", 73, by_user(output)),
    ] {
        text += &format!("{code},name,TOT,{number},2014,{},0\n", cells(&values, ","));
    }
    fs::write(&file, text).unwrap();
    let found = world(&file);
    assert_eq!((found.report.format, found.tables.description.year), ("wiod", 2014));
    check(&found.tables, regions, ["A01", "B"]);
    let crops = found.tables.sectors.position("A01").unwrap();
    assert_eq!(found.tables.sectors.name(crops), "Crops, animals");
}

fn exiobase() -> Vec<(&'static str, String)> {
    let (regions, sectors) = (["AU", "DE", "WF"], ["Cultivation of rice", "Mining, other_ores"]);
    let labels = columns(regions, sectors, ["Households", "Changes in inventories"]);
    let users = REGIONS * SECTORS;
    let head = |part: &[(String, String)], what: &str| {
        let of = |pick: fn(&(String, String)) -> &String| {
            part.iter().map(|label| pick(label).as_str()).collect::<Vec<_>>().join("\t")
        };
        let blank = "\t".repeat(part.len() - 1);
        let (regions, parts) = (of(|label| &label.0), of(|label| &label.1));
        format!("region\t\t{regions}\n{what}\t\t{parts}\nregion\tsector\t{blank}\n")
    };
    let mut uses = head(&labels[..users], "sector");
    let mut finals = head(&labels[users..], "category");
    let mut outputs = "region\tsector\tindout\n".to_owned();
    let mut units = "region\tsector\tunit\n".to_owned();
    for (i, region) in regions.iter().enumerate() {
        for (s, sector) in sectors.iter().enumerate() {
            let values = row(i, s);
            uses += &format!("{region}\t{sector}\t{}\n", cells(&values[..users], "\t"));
            finals += &format!("{region}\t{sector}\t{}\n", cells(&values[users..], "\t"));
            outputs += &format!("{region}\t{sector}\t{}\n", output(i, s));
            units += &format!("{region}\t{sector}\tM.EUR\n");
        }
    }
    vec![
        ("IOT_2019_ixi/Z.txt", uses),
        ("IOT_2019_ixi/Y.txt", finals),
        ("IOT_2019_ixi/x.txt", outputs),
        ("IOT_2019_ixi/unit.txt", units),
        ("IOT_2019_ixi/satellite/unit.txt", "stressor\tunit\n".to_owned()),
    ]
}

#[test]
fn exiobase_as_an_archive_and_as_a_folder() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("IOT_2019_ixi.zip");
    archive(&file, &exiobase());
    let packed = world(&file);
    assert_eq!((packed.report.format, packed.tables.description.year), ("exiobase", 2019));
    assert_eq!(packed.tables.description.unit, Unit::MillionEur);
    // In ISO 3166, `WF` is Wallis and Futuna.
    check(&packed.tables, ["AUS", "DEU", "WF"], ["Cultivation of rice", "Mining, other_ores"]);
    assert_eq!(packed.tables.regions.name(2), "Rest of Africa");
    holds(&packed.tables);

    let unpacked = folder.path().join("exiobase");
    for (name, text) in exiobase() {
        let path = unpacked.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let found = world(&unpacked);
    assert_eq!(found.tables.flows, packed.tables.flows);
}

#[test]
fn a_saved_table_with_something_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("IOT_2019_ixi.zip");
    let with = |change: &dyn Fn(&mut Vec<(&'static str, String)>)| {
        let mut files = exiobase();
        change(&mut files);
        archive(&file, &files);
        refused(&file, &ImportOptions::default())
    };
    let error =
        with(&|files| files[0].1 = files[0].1.replacen("DE\tMining, other_ores", "DE\tMines", 1));
    assert!(error.contains("row `DE_Mines` has no column of the same label"), "{error}");
    let error = with(&|files| {
        let end = files[1].1.trim_end().rfind('\n').unwrap();
        files[1].1.truncate(end + 1);
    });
    assert!(error.contains("Y.txt\n  found 5, expected 6"), "{error}");
    let error = with(&|files| files[3].1 = files[3].1.replacen("M.EUR", "tonnes", 1));
    assert!(error.contains("the unit of the flows cannot be read"), "{error}");
    let error = with(&|files| files[2].1 = files[2].1.replacen("AU\tCult", "AU\tKult", 1));
    assert!(error.contains("output of a sector that is not in the table"), "{error}");
    let error = with(&|files| {
        files.remove(1);
    });
    assert!(error.contains("the layout of the table is not recognised"), "{error}");
}

#[test]
fn eora_with_its_labels_beside() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let regions = ["AUS", "DEU", "ZAF"];
    let sectors = ["Agriculture", "Food & Beverages"];
    let (mut flows, mut finals, mut labels, mut final_labels) =
        (String::new(), String::new(), String::new(), String::new());
    // In thousands of dollars, lines ended by a tab; the last row and column are discrepancies.
    let thousands = |values: &[f64]| values.iter().map(|value| value * 1000.0).collect::<Vec<_>>();
    for (i, region) in regions.iter().enumerate() {
        for (s, sector) in sectors.iter().enumerate() {
            let values = thousands(&row(i, s));
            let (uses, rest) = values.split_at(REGIONS * SECTORS);
            flows += &format!("{}\t77\t\n", cells(uses, "\t"));
            finals += &format!("{}\t99\n", cells(rest, "\t"));
            labels += &format!("A country\t{region}\tIndustries\t{sector}\t\n");
        }
        for category in ["Household final consumption P.3h", "Changes in inventories P.52"] {
            final_labels += &format!("A country\t{region}\tFinal Demand\t{category}\t\n");
        }
    }
    flows += &format!("{}\t5\n", cells(&[33.0; REGIONS * SECTORS], "\t"));
    finals += &format!("{}\t5\n", cells(&[33.0; REGIONS * CATEGORIES], "\t"));
    labels += "Statistical Discrepancies\tROW\tIndustries\tTOTAL\n";
    final_labels += "Statistical Discrepancies\tROW\tFinal Demand\tTotal\n";
    let users = by_user(value_added);
    let values = cells(&thousands(&users[..REGIONS * SECTORS]), "\t") + "\t0\n";
    for (name, text) in [
        ("Eora26_2015_bp_T.txt", &flows),
        ("Eora26_2015_bp_FD.txt", &finals),
        ("Eora26_2015_bp_VA.txt", &values),
        ("labels_T.txt", &labels),
        ("labels_FD.txt", &final_labels),
    ] {
        fs::write(here.join(name), text).unwrap();
    }
    let found = world(here);
    assert_eq!((found.report.format, found.tables.description.year), ("eora", 2015));
    check(&found.tables, regions, sectors);
    assert_eq!(found.report.checks.len(), 1);
    assert!(found.report.checks[0].residual < 1e-9);
    assert_eq!(found.report.remarks.len(), 2);

    fs::remove_file(here.join("labels_FD.txt")).unwrap();
    let error = refused(here, &ImportOptions::default());
    assert!(error.contains("Eora gives the labels in `indices.zip`"), "{error}");
}

/// Every cell of the file stands in the table of sourcing, summed over categories of final use.
#[test]
fn who_uses_what_of_whom_can_be_kept() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("2018_SML.csv");
    fs::write(&file, icio(["01T02", "10T12"])).unwrap();
    let kept = world_with(&file, &ImportOptions { sourcing: true, ..ImportOptions::default() });
    assert_eq!(IdentityReport::of(&kept.tables).identities.len(), 6);
    holds(&kept.tables);
    for ((s, n, user, i), value) in kept.tables.sourcing.as_ref().unwrap().indexed_iter() {
        let expected = if user < SECTORS {
            input(i, s, n, user)
        } else {
            (0..CATEGORIES).map(|category| final_use(i, s, n, category)).sum()
        };
        assert_eq!(*value, expected, "{i} {n} {s} {user}");
    }
    let without = world(&file).tables;
    assert_eq!(without.sourcing, None);
    assert_eq!(Tables { sourcing: None, ..kept.tables }, without);
}

/// Without changes in inventories final spending is the other categories, output what it was.
#[test]
fn changes_in_inventories_can_be_left_out() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("2018_SML.csv");
    fs::write(&file, icio(["01T02", "10T12"])).unwrap();
    let options = ImportOptions { leave_out_inventories: true, ..ImportOptions::default() };
    let left_out = world_with(&file, &options);
    let whole = world(&file).tables;
    for ((n, s), value) in left_out.tables.final_spending.indexed_iter() {
        let expected: f64 = (0..REGIONS).map(|i| final_use(i, s, n, 0)).sum();
        assert!((value - expected).abs() < 1e-12, "{n} {s}");
    }
    assert_eq!(left_out.tables.value_added, whole.value_added);
    assert_eq!(left_out.tables.inputs, whole.inputs);
    let stocks: f64 = (0..REGIONS * REGIONS * SECTORS)
        .map(|at| final_use(at % REGIONS, at / REGIONS % SECTORS, at / REGIONS / SECTORS, 1))
        .sum();
    assert!((left_out.tables.flows.sum() + stocks - whole.flows.sum()).abs() < 1e-9);
    // The file agrees with itself all the same.
    assert!(left_out.report.checks.iter().all(|check| check.residual < 1e-9));
    assert!(left_out.report.remarks[0].starts_with("INVNT left out"));
    let note = &left_out.tables.description.transformations[0].note;
    assert!(note.contains("the latter HFCE;") && note.contains("INVNT left out"), "{note}");
}

/// Files read row by row keep the same.
#[test]
fn who_uses_what_of_whom_can_be_kept_of_exiobase() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("IOT_2019_ixi.zip");
    archive(&file, &exiobase());
    let kept = world_with(&file, &ImportOptions { sourcing: true, ..ImportOptions::default() });
    holds(&kept.tables);
    let sourcing = kept.tables.sourcing.as_ref().unwrap();
    assert_eq!(sourcing.dim(), (SECTORS, REGIONS, SECTORS + 1, REGIONS));
    assert!((sourcing.sum() - kept.tables.flows.sum()).abs() < 1e-9);
}

#[test]
fn negative_flows_folded_leave_every_identity() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("2019_SML.csv");
    let mut text = icio(["A", "C"]);
    // Australia's sector A sells 4.5 less to each of the others' inventories.
    let line = text.lines().find(|line| line.starts_with("AUS_A,")).unwrap().to_owned();
    let mut values: Vec<String> = line.split(',').map(str::to_owned).collect();
    let less: f64 = 40.0;
    values[10] = format!("{}", values[10].parse::<f64>().unwrap() - less);
    values[13] = format!("{}", values[13].parse::<f64>().unwrap() - less);
    text = text.replace(&line, &values.join(","));
    fs::write(&file, text).unwrap();
    let error = refused(&file, &ImportOptions::default());
    assert!(error.contains("1 cell of flows negative after pooling"), "{error}");
    assert!(error.contains("`AUS/DEU/A`"), "{error}");

    let options = ImportOptions { negatives: Negatives::Fold, ..ImportOptions::default() };
    let folded = world_with(&file, &options);
    assert!(folded.tables.flows.iter().all(|value| *value >= 0.0));
    assert!(folded.tables.inputs.iter().all(|value| *value >= 0.0));
    assert!(folded.tables.final_spending.iter().all(|value| *value >= 0.0));
    for identity in IdentityReport::of(&folded.tables).identities {
        // Output is stated: it still counts what was taken away above.
        let allowed = if identity.name == "spending" { 1e-12 } else { 0.1 };
        assert!(identity.relative < allowed, "{identity:?}");
    }
    let treated = &folded.report.negatives[0];
    assert_eq!((treated.cells, treated.worst_cell.as_str()), (1, "AUS/DEU/A"));
    let warnings = folded.report.warnings(&folded.tables);
    assert!(warnings[0].contains("worst at `AUS_A`"), "{warnings:?}");
}

#[test]
fn the_wiod_of_2011_as_published_in_r() {
    let Some(folder) = test_data("wiod2013rel_full41x35") else { return };
    let options = ImportOptions { negatives: Negatives::Fold, ..ImportOptions::default() };
    let file = folder.join("wiot_2011_full.csv.gz");
    let error = import(&file, &ImportOptions::default()).unwrap_err().diagnostics().to_string();
    assert!(error.contains("negative after pooling"), "{error}");
    let found = world_with(&file, &options);
    assert_eq!((found.report.format, found.tables.description.year), ("wiod", 2011));
    assert_eq!((found.tables.regions.len(), found.tables.sectors.len()), (41, 35));
    let russia = found.tables.regions.position("RUS").unwrap();
    assert!(found.tables.regions.position("ROU").is_some());
    assert_eq!(found.tables.regions.code(40), "ROW");
    let mut exports = 0.0;
    for ((_, n, i), value) in found.tables.flows.indexed_iter() {
        if i == russia && n != russia {
            exports += value;
        }
    }
    // 484.4 billion according to the description of the data.
    assert!((exports / 1e3 - 484.4).abs() < 0.1, "{exports}");
    let output = found.tables.flows.sum() / 1e6;
    assert!((output - 141.8).abs() < 0.1, "{output}");
    assert_eq!(found.report.checks.len(), 1);
    assert!(found.report.checks[0].residual <= 108.0, "{:?}", found.report.checks);
}

#[test]
fn every_layout_has_its_name() {
    let names: Vec<&str> = Format::ALL.iter().map(|format| format.name()).collect();
    let expected = [
        "icio",
        "figaro",
        "wiod",
        "adb",
        "exiobase",
        "eora",
        "gtap-har",
        "gloria",
        "wiod-long",
        "baci",
        "itpd",
        "comtrade",
    ];
    assert_eq!(names, expected);
}
