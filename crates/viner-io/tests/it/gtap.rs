//! The GTAP Data Base in header array files, of both generations of its names.

use std::fs;

use viner_io::tables::official::{Format, ImportOptions, World, about};
use viner_model::baseline::IdentityReport;

use crate::har_file::{Array, har};
use crate::official_economy::{refused, world, world_with};

const REGIONS: [&str; 3] = ["chn", "rus", "xea"];
/// The last is transport, which moves the others.
const GOODS: [&str; 3] = ["oil", "mvh", "otp"];
const TRANSPORT: usize = 2;

/// Numbers in eighths are exact in single precision.
fn draw(seed: &[usize], most: usize) -> f64 {
    let mix = seed.iter().fold(7, |sum, part| (sum * 31 + part + 3) % 101);
    (mix % most + 1) as f64 / 8.0
}

fn basic(s: usize, i: usize, n: usize) -> f64 {
    if i == n && i != 2 { 0.0 } else { 8.0 + draw(&[s, i, n], 40) }
}

/// An export tax of an eighth on oil.
fn fob(s: usize, i: usize, n: usize) -> f64 {
    basic(s, i, n) * if s == 0 { 1.125 } else { 1.0 }
}

fn freight(s: usize, i: usize, n: usize) -> f64 {
    if s == TRANSPORT || basic(s, i, n) == 0.0 { 0.0 } else { draw(&[s, i, n, 5], 8) }
}

fn cif(s: usize, i: usize, n: usize) -> f64 {
    fob(s, i, n) + freight(s, i, n)
}

/// Tariffs on cars only, of a quarter in `chn`, of an eighth elsewhere.
fn with_tariff(s: usize, i: usize, n: usize) -> f64 {
    let rate = if s != 1 {
        0.0
    } else if n == 0 {
        0.25
    } else {
        0.125
    };
    cif(s, i, n) * (1.0 + rate)
}

fn all_freight() -> f64 {
    let mut sum = 0.0;
    for s in 0..3 {
        for i in 0..3 {
            sum += (0..3).map(|n| freight(s, i, n)).sum::<f64>();
        }
    }
    sum
}

/// Who carries: three quarters `chn`, a quarter `xea`.
fn supply(i: usize) -> f64 {
    all_freight() * [0.75, 0.0, 0.25][i]
}

fn imports(s: usize, n: usize) -> f64 {
    (0..3).map(|i| with_tariff(s, i, n)).sum()
}

fn home(s: usize, user: usize, n: usize) -> f64 {
    4.0 + draw(&[s, user, n, 9], 60)
}

/// Imports by three firms and three kinds of final use: halves of what is left, so that they add up.
fn imported(s: usize, user: usize, n: usize) -> f64 {
    imports(s, n) * [0.5, 0.25, 0.125, 0.0625, 0.03125, 0.03125][user]
}

fn output(s: usize, n: usize) -> f64 {
    let home: f64 = (0..6).map(|user| home(s, user, n)).sum();
    let abroad: f64 = (0..3).map(|to| basic(s, n, to)).sum();
    home + abroad + if s == TRANSPORT { supply(n) } else { 0.0 }
}

fn bilateral(name: &'static str, of: fn(usize, usize, usize) -> f64) -> Array {
    Array::of(name, &[("COMM", &GOODS), ("REG", &REGIONS), ("REG", &REGIONS)], |at| {
        of(at[0], at[1], at[2])
    })
}

fn transport(first: &'static str) -> [Array; 2] {
    [
        Array::of("VST", &[("MARG", &["otp"]), ("REG", &REGIONS)], |at| supply(at[1])),
        Array::of(
            "VTWR",
            &[("MARG", &["otp"]), (first, &GOODS), ("REG", &REGIONS), ("REG", &REGIONS)],
            |at| freight(at[1], at[2], at[3]),
        )
        .sparse(),
    ]
}

/// The data base as versions 10 and 11 have it.
fn recent() -> Vec<u8> {
    let firms = |name, of: fn(usize, usize, usize) -> f64| {
        Array::of(name, &[("COMM", &GOODS), ("ACTS", &GOODS), ("REG", &REGIONS)], move |at| {
            of(at[0], at[1], at[2])
        })
    };
    let last = |name, user, of: fn(usize, usize, usize) -> f64| {
        Array::of(name, &[("COMM", &GOODS), ("REG", &REGIONS)], move |at| of(at[0], user, at[1]))
    };
    let mut arrays = vec![
        firms("VDFB", home),
        firms("VMFB", imported).sparse(),
        last("VDPB", 3, home),
        last("VMPB", 3, imported),
        last("VDGB", 4, home),
        last("VMGB", 4, imported),
        last("VDIB", 5, home),
        last("VMIB", 5, imported),
        bilateral("VXSB", basic),
        bilateral("VFOB", fob),
        bilateral("VCIF", cif).sparse(),
        bilateral("VMSB", with_tariff),
        firms("MAKB", |s, k, n| if s == k { output(s, n) } else { 0.0 }).sparse(),
    ];
    arrays.extend(transport("COMM"));
    har(&[("XXCD", &["a date"]), ("DREL", &["R11_2017_x"])], &arrays)
}

/// The same as versions up to 9 have it, investment a user of goods like firms.
fn old() -> Vec<u8> {
    let firms = |name, of: fn(usize, usize, usize) -> f64| {
        let users = ["oil", "mvh", "otp", "CGDS"];
        let sets: [(&str, &[&str]); 3] =
            [("TRAD_COMM", &GOODS), ("PROD_COMM", &users), ("REG", &REGIONS)];
        Array::of(name, &sets, move |at| of(at[0], if at[1] == 3 { 5 } else { at[1] }, at[2]))
    };
    let last = |name, user, of: fn(usize, usize, usize) -> f64| {
        Array::of(name, &[("TRAD_COMM", &GOODS), ("REG", &REGIONS)], move |at| {
            of(at[0], user, at[1])
        })
    };
    let mut arrays = vec![
        firms("VDFM", home).sparse(),
        firms("VIFM", imported),
        last("VDPM", 3, home),
        last("VIPM", 3, imported),
        last("VDGM", 4, home),
        last("VIGM", 4, imported),
        bilateral("VXMD", basic),
        bilateral("VXWD", fob),
        bilateral("VIWS", cif),
        bilateral("VIMS", with_tariff),
    ];
    arrays.extend(transport("TRAD_COMM"));
    har(&[], &arrays)
}

fn check(world: &World) {
    let tables = &world.tables;
    assert_eq!(tables.regions.codes().collect::<Vec<_>>(), ["CHN", "RUS", "XEA"]);
    assert_eq!(tables.sectors.codes().collect::<Vec<_>>(), ["mvh", "oil", "otp"]);
    assert_eq!(tables.regions.name(2), "Rest of East Asia");
    for identity in IdentityReport::of(tables).identities {
        assert!(identity.relative < 1e-12, "{identity:?}");
    }
    for check in &world.report.checks {
        assert!(check.residual < 1e-9, "{check:?}");
    }
    let close = |found: f64, expected: f64| {
        assert!((found - expected).abs() < 1e-9, "{found} instead of {expected}");
    };
    // Oil from Russia to China at fob prices, with the tax on it; no tariff.
    let (mvh, oil, otp) = (0, 1, 2);
    let tariffs = tables.tariffs.as_ref().unwrap();
    close(tables.flows[[oil, 0, 1]], fob(0, 1, 0));
    close(tariffs[[oil, 0, 1]], 0.0);
    // Cars: the tariff is paid on transport too.
    close(tables.flows[[mvh, 0, 1]], fob(1, 1, 0));
    close(tariffs[[mvh, 0, 1]], 0.25 * cif(1, 1, 0) / fob(1, 1, 0));
    // Output is sales at basic prices and the tax on exports; transport is sold by who supplies it.
    for (s, good) in [(oil, 0), (mvh, 1), (otp, 2)] {
        for i in 0..3 {
            let sales: f64 = (0..3).map(|n| tables.flows[[s, n, i]]).sum();
            let tax: f64 = (0..3).map(|n| fob(good, i, n) - basic(good, i, n)).sum();
            close(sales, output(good, i) + tax);
        }
    }
    // Russia supplies no transport: what it sells of it is its own trade.
    close(tables.flows[[otp, 0, 1]], fob(2, 1, 0));
    // A user's imports of cars pay for cars and for their transport.
    let carried: f64 = (0..3).map(|i| freight(1, i, 0)).sum();
    close(tables.inputs[[0, oil, mvh]], home(1, 0, 0) + imported(1, 0, 0) - 0.5 * carried);
    let oil_carried: f64 = (0..3).map(|i| freight(0, i, 0)).sum();
    let transport = home(2, 0, 0) + imported(2, 0, 0) + 0.5 * (carried + oil_carried);
    close(tables.inputs[[0, oil, otp]], transport);
    let finally: f64 = (3..6).map(|user| home(1, user, 0) + imported(1, user, 0)).sum();
    close(tables.final_spending[[0, mvh]], finally - 0.125 * carried);
}

#[test]
fn both_generations_of_names() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("basedata.har");
    fs::write(&file, recent()).unwrap();
    let world = world(&file);
    assert_eq!(world.report.format, "gtap-har");
    assert_eq!((world.report.checks.len(), world.tables.description.year), (4, 2017));
    assert!(world.tables.description.licence.contains("licence of the GTAP Data Base"));
    check(&world);

    // Elasticities beside it, one of them by region.
    let by_region = Array::of("ESBM", &[("COMM", &GOODS), ("REG", &REGIONS)], |at| {
        if at[0] == 2 { 1.0 } else { 5.0 + at[1] as f64 }
    });
    fs::write(folder.path().join("default.prm"), har(&[], &[by_region])).unwrap();
    let options = ImportOptions { year: Some(2014), ..ImportOptions::default() };
    let world = world_with(folder.path(), &options);
    let theta = &world.tables.parameters.trade_elasticity;
    let imports_of_oil =
        |n: usize| (0..3).filter(|i| *i != n).map(|i| world.tables.flows[[1, n, i]]).sum::<f64>();
    let all: f64 = (0..3).map(imports_of_oil).sum();
    let mean: f64 = (0..3).map(|n| imports_of_oil(n) * (4.0 + n as f64)).sum::<f64>() / all;
    assert!((theta[1].unwrap() - mean).abs() < 1e-12);
    assert_eq!(theta[2], None);
    assert_eq!(world.tables.description.year, 2014);
    assert!(world.report.warnings(&world.tables)[0].contains("no trade elasticity for otp"));

    let file = folder.path().join("gsddat.har");
    fs::write(&file, old()).unwrap();
    let options = ImportOptions { format: Some(Format::GtapHar), ..ImportOptions::default() };
    check(&world_with(&file, &options));
}

/// The headers of a file are listed as users of such files know them, whatever it holds.
#[test]
fn headers_are_listed() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("basedata.har");
    fs::write(&file, recent()).unwrap();
    let told = about(&file).unwrap();
    assert_eq!((told.format, told.years.len()), (Format::GtapHar, 0));
    assert!(told.maker.is_some_and(|[source, _]| source.contains("GTAP Data Base")));
    let [(name, headers)] = &told.headers[..] else { panic!("one file") };
    assert_eq!(name, "basedata.har");
    let shape = |wanted: &str| {
        let header = headers.iter().find(|header| header.name == wanted).unwrap();
        let dimensions = header.dimensions.iter().map(|(set, size)| format!("{set} {size}"));
        (header.kind.as_str(), dimensions.collect::<Vec<_>>().join(" x "))
    };
    assert_eq!(shape("DREL").0, "1CFULL");
    let (kind, dimensions) = shape("VXSB");
    assert!(["REFULL", "RESPSE"].contains(&kind), "{kind}");
    assert_eq!(dimensions, "COMM 3 x REG 3 x REG 3");

    let other = folder.path().join("sets.har");
    fs::write(&other, har(&[("SETS", &["a", "b"])], &[])).unwrap();
    let told = about(&other).unwrap();
    assert_eq!(told.headers[0].1[0].dimensions, [(String::new(), 2), (String::new(), 12)]);
    assert_eq!(told.maker, None);
}

#[test]
fn what_is_wrong_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("basedata.har");
    let whole = recent();
    let said = |bytes: &[u8]| {
        fs::write(&file, bytes).unwrap();
        refused(&file, &ImportOptions::default())
    };
    let error = said(&whole[..whole.len() - 100]);
    assert!(error.contains("a record does not end where it says"), "{error}");
    let at = whole.windows(4).position(|four| four == b"VXSB").unwrap();
    let mut renamed = whole.clone();
    renamed[at..at + 4].copy_from_slice(b"OTHR");
    assert!(said(&renamed).contains("header `VXSB` is missing"));
    let error = said(&har(&[("SETS", &["a", "b", "c"])], &[]));
    assert!(error.contains("no header array file holds bilateral trade"), "{error}");
    assert!(error.contains("`basedata.har` with SETS"), "{error}");
    let two = Array::of("MAKB", &[("COMM", &GOODS), ("ACTS", &GOODS), ("REG", &REGIONS)], |_| 1.0);
    let mut make = whole.clone();
    let at = make.windows(4).position(|four| four == b"MAKB").unwrap();
    let rest = make.windows(4).position(|four| four == b"VST ").unwrap() - 4;
    make.splice(at - 4..rest, har(&[], &[two]));
    let error = said(&make);
    assert!(error.contains("an activity makes several commodities"), "{error}");
}

/// Any change of a byte is read or refused, and takes no more memory than the file.
#[test]
fn damaged_files_are_read_or_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("basedata.har");
    let whole = recent();
    for at in (0..whole.len()).step_by(whole.len() / 400) {
        for change in [0xff, 0x80, 0x01] {
            let mut bytes = whole.clone();
            bytes[at] ^= change;
            fs::write(&file, bytes).unwrap();
            let options =
                ImportOptions { format: Some(Format::GtapHar), ..ImportOptions::default() };
            if let Err(error) = viner_io::tables::official::import(&file, &options) {
                assert!(!error.diagnostics().to_string().is_empty());
            }
        }
    }
}
