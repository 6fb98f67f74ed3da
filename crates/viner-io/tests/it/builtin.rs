//! What comes with the library.

use viner_io::builtin;
use viner_io::tables::{IcioOptions, digest, read_bundle, read_icio, read_published_bundle};
use viner_model::baseline::IdentityReport;
use viner_model::ndarray::Axis;
use viner_model::tables::Tables;

use crate::published::test_data;
use crate::support::{printed, small_bundle};

#[test]
fn the_oecd_table_has_its_published_totals() {
    let tables = builtin::baseline("icio-2019-g20").unwrap().unwrap();
    assert_eq!((tables.regions.len(), tables.sectors.len()), (20, 20));
    assert_eq!(tables.regions.code(19), "ROW");
    assert_eq!(tables.description.year, 2019);
    assert!(tables.description.citation.contains("OECD (2023)"));
    // 170.74 trillion of gross output; 83.99 of it value added, and final spending.
    assert!((tables.flows.sum() / 1e6 - 170.74).abs() < 0.005);
    assert!((tables.value_added.sum() / 1e6 - 83.99).abs() < 0.005);
    assert!((tables.final_spending.sum() - tables.value_added.sum()).abs() < 1e-6);
    let trade = |exporter: &str, importer: &str| -> f64 {
        let position = |code| tables.regions.position(code).unwrap();
        let (i, n) = (position(exporter), position(importer));
        (0..20).map(|s| tables.flows[[s, n, i]]).sum()
    };
    assert!((trade("RUS", "CHN") - 54_667.0).abs() < 0.5);
    assert!((trade("CHN", "RUS") - 62_536.0).abs() < 0.5);
}

#[test]
fn the_lists_have_titles() {
    let baselines = builtin::baselines();
    assert!(
        baselines.iter().any(|(name, title)| {
            *name == "icio-2019-g20" && title.starts_with("OECD ICIO 2019")
        })
    );
    for (name, title) in builtin::scenarios() {
        assert!(!title.is_empty());
        assert!(builtin::scenario(name).is_some());
    }
    assert_eq!(builtin::scenario("no-such-scenario"), None);
    assert!(builtin::baseline("no-such-baseline").is_none());
}

#[test]
fn a_baseline_is_opened_by_name_or_path() {
    let opened = builtin::open_baseline("icio-2019-g20", None).unwrap();
    assert_eq!((opened.name.as_str(), opened.sha256.len()), ("icio-2019-g20", 64));
    let folder = small_bundle();
    let relative = builtin::open_baseline("small", Some(folder.path())).unwrap();
    let absolute =
        builtin::open_baseline(&folder.path().join("small").display().to_string(), None).unwrap();
    assert_eq!(relative, absolute);
    assert_eq!(relative.sha256, digest(&relative.tables));
}

#[test]
fn a_baseline_that_is_not_there() {
    let folder = small_bundle();
    let open = |name: &str| {
        printed(&builtin::open_baseline(name, Some(folder.path())).unwrap_err(), folder.path())
    };
    assert_eq!(
        open("icio-2019-g2"),
        "error: unknown baseline `icio-2019-g2`; did you mean `icio-2019-g20`?\n\
         hint: it is neither built in nor a folder `icio-2019-g2`"
    );
    assert_eq!(
        open("./smal"),
        "error: no folder `./smal`\n  expected a folder with `baseline.toml`\n\
         hint: did you mean `./small`?"
    );
    assert!(open("small/flows.csv").starts_with("error: baseline `small/flows.csv` is a file"));
    std::fs::create_dir(folder.path().join("empty")).unwrap();
    assert!(open("empty").starts_with("error: the folder is not a baseline bundle"));
}

/// Compares with official data that does not come with the source: `VINER_TEST_DATA` names the
/// folder that holds it.
#[test]
fn the_oecd_table_is_the_official_one() {
    let Some(folder) = test_data("icio-2019-g20") else { return };
    let file = folder.join("icio-2019-g20.csv.gz");
    let official = read_icio(&file, &IcioOptions::default()).unwrap();
    let embedded = builtin::baseline("icio-2019-g20").unwrap().unwrap();
    assert_eq!(digest(&official), digest(&embedded));
    assert_eq!(official.flows, embedded.flows);
    assert_eq!(official.regions, embedded.regions);
}

#[test]
fn a_published_table_with_a_negative_input_is_read_only_as_published() {
    let Some(folder) = test_data("cp2015-nafta") else { return };
    let nafta = folder.join("bundle");
    // One input of Canada is negative in the published data.
    let error = read_bundle(&nafta).unwrap_err().diagnostics().to_string();
    assert_eq!(error.matches("error: ").count(), 1, "{error}");
    assert!(error.contains("wrong value of cell `CAN/S20/S11`"), "{error}");
    let bundle = read_published_bundle(&nafta).unwrap();
    assert_eq!(bundle.warnings.len(), 1);
    let tables = bundle.tables;
    assert_eq!((tables.regions.len(), tables.sectors.len()), (31, 40));
    let canada = tables.regions.position("CAN").unwrap();
    assert_eq!(tables.regions.name(canada), "Canada");
    let oil = tables.sectors.position("S07").unwrap();
    assert_eq!(tables.parameters.trade_elasticity[oil], Some(64.85));
}

#[test]
fn the_table_of_2022_is_whole() {
    let tables = builtin::baseline("icio-2022").unwrap().unwrap();
    assert_eq!((tables.regions.len(), tables.sectors.len()), (80, 50));
    assert_eq!(tables.regions.name(tables.regions.position("RUS").unwrap()), "Russia");
    assert!(IdentityReport::of(&tables).worst().relative < 1e-9);
    // What its source says: 93.17 trillion of value added and of final sales, 51 empty sectors.
    assert!((tables.value_added.sum() / 1e6 - 93.17).abs() < 0.005);
    assert!((tables.final_spending.sum() / 1e6 - 93.17).abs() < 0.005);
    let output = tables.flows.sum_axis(Axis(1));
    assert_eq!(output.iter().filter(|value| **value == 0.0).count(), 51);
    assert!(tables.value_added.iter().all(|value| *value >= 0.0));
    // Russian crude in China: 34,515 million of intermediates, and little final use.
    let position = |code| tables.regions.position(code).unwrap();
    let crude = tables.sectors.position("B06").unwrap();
    let sold = tables.flows[[crude, position("CHN"), position("RUS")]];
    assert!((34_515.0..1.05 * 34_515.0).contains(&sold), "{sold}");
}

#[test]
fn the_table_of_2021_has_the_trade_that_russia_reports() {
    let tables = builtin::baseline("g20-2021").unwrap().unwrap();
    assert_eq!(tables.description.year, 2021);
    assert!(IdentityReport::of(&tables).worst().relative < 1e-9);
    let goods = |exporter: &str, importer: &str| -> f64 {
        let position = |code| tables.regions.position(code).unwrap();
        let (i, n) = (position(exporter), position(importer));
        let sector = |code| tables.sectors.position(code).unwrap();
        ["A", "B", "C", "D"].into_iter().map(|code| tables.flows[[sector(code), n, i]]).sum()
    };
    assert!((goods("RUS", "CHN") - 68_422.7).abs() < 0.1);
    assert!((goods("CHN", "RUS") - 72_685.8 / 1.06).abs() < 0.1);
    let partners = tables.regions.codes().filter(|code| *code != "RUS");
    let exports: f64 = partners.map(|code| goods("RUS", code)).sum();
    assert!((exports - 492_048.06).abs() < 0.1);
    // All else is near what it was.
    let old = builtin::baseline("icio-2019-g20").unwrap().unwrap();
    for n in 0..20 {
        let gdp = |tables: &Tables| tables.value_added.row(n).sum();
        let change = gdp(&tables) / gdp(&old) - 1.0;
        let limit = if tables.regions.code(n) == "RUS" { 0.2 } else { 0.01 };
        assert!(change.abs() < limit, "{}: {change}", tables.regions.code(n));
    }
}

#[test]
fn the_world_of_the_case_has_what_is_known_of_2021() {
    let tables = builtin::baseline("case-2021").unwrap().unwrap();
    assert_eq!((tables.regions.len(), tables.sectors.len()), (30, 27));
    assert_eq!(tables.description.year, 2021);
    assert!(IdentityReport::of(&tables).worst().relative < 1e-9);
    let region = |code: &str| tables.regions.position(code).unwrap();
    let sector = |code: &str| tables.sectors.position(code).unwrap();
    let flow = |sectors: &[usize], exporter: &str, importer: &str| -> f64 {
        sectors.iter().map(|&s| tables.flows[[s, region(importer), region(exporter)]]).sum()
    };
    let services = ["F", "G", "H", "J", "K", "MN", "OTH"].map(sector);
    let goods: Vec<usize> = (0..27).filter(|s| !services.contains(s)).collect();
    // Seven digits of each of some 20 cells, and balancing after rounding.
    let close =
        |found: f64, known: f64| assert!((found / known - 1.0).abs() < 1e-5, "{found}, {known}");
    close(flow(&goods, "RUS", "CHN"), 68_422.7);
    close(flow(&goods, "CHN", "RUS"), 68_571.5);
    close(flow(&goods, "RUS", "EUW"), 79_502.6);
    close(flow(&goods, "ARE", "RUS"), 260.7);
    let exports = |codes: &[&str]| -> f64 {
        let sectors: Vec<usize> = codes.iter().map(|code| sector(code)).collect();
        let abroad = tables.regions.codes().filter(|code| *code != "RUS");
        abroad.map(|code| flow(&sectors, "RUS", code)).sum()
    };
    close(exports(&["OIL", "GAS"]), 173_800.0);
    close(exports(&["C19"]), 71_700.0);
    // Others keep the sections of 2019, at sizes of 2021: Germany's manufactures in the United States.
    let old = builtin::baseline("g20-2021").unwrap().unwrap();
    let position = |labels: &viner_model::labels::Labels, code| labels.position(code).unwrap();
    let (i, n) = (position(&old.regions, "DEU"), position(&old.regions, "USA"));
    let before = old.flows[[position(&old.sectors, "C"), n, i]];
    let growth = (4278.0_f64 / 3889.0 * 23681.0 / 21381.0).sqrt();
    let manufactures: Vec<usize> =
        (0..27).filter(|&s| tables.sectors.code(s).starts_with('C')).collect();
    let now = flow(&manufactures, "DEU", "USA");
    assert!((now / (before * growth) - 1.0).abs() < 0.01, "{now}, {before}");
    // Gas goes to power stations, oil to refineries.
    let input = |user: &str, good: &str| tables.inputs[[region("DEU"), sector(user), sector(good)]];
    assert!(input("DE", "GAS") > input("DE", "OIL") && input("C19", "OIL") > input("C19", "GAS"));
}
