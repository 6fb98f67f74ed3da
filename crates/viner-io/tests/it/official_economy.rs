//! A small world, written in the layouts of the official tables and added up by hand.

#![expect(clippy::format_push_string, reason = "files are small, and read better so")]

use std::fs;
use std::io::Write;
use std::path::Path;

use viner_io::tables::official::{ImportOptions, Imported, World, import};
use viner_model::tables::Tables;

pub const REGIONS: usize = 3;
pub const SECTORS: usize = 2;
pub const CATEGORIES: usize = 2;

/// What `user` in region `n` buys of sector `s` of region `i`.
pub fn input(i: usize, s: usize, n: usize, k: usize) -> f64 {
    let domestic = if i == n { 20.0 } else { 0.0 };
    domestic + 1.0 + 0.5 * ((i * 7 + s * 3 + n * 5 + k * 2) % 11) as f64
}

/// What region `n` buys for final use; the second category is changes in inventories.
pub fn final_use(i: usize, s: usize, n: usize, category: usize) -> f64 {
    if category == 1 {
        return if i == n { -0.75 } else { 0.25 };
    }
    let domestic = if i == n { 30.0 } else { 0.0 };
    domestic + 3.0 + 0.25 * ((i * 5 + s * 2 + n * 3) % 7) as f64
}

pub fn output(i: usize, s: usize) -> f64 {
    let mut sum = 0.0;
    for n in 0..REGIONS {
        sum += (0..SECTORS).map(|k| input(i, s, n, k)).sum::<f64>();
        sum += (0..CATEGORIES).map(|category| final_use(i, s, n, category)).sum::<f64>();
    }
    sum
}

pub fn inputs(n: usize, k: usize) -> f64 {
    let of = |i: usize| (0..SECTORS).map(|s| input(i, s, n, k)).sum::<f64>();
    (0..REGIONS).map(of).sum()
}

pub fn value_added(n: usize, k: usize) -> f64 {
    output(n, k) - inputs(n, k)
}

/// All columns: inputs of each region's sectors, then its final uses.
pub fn row(i: usize, s: usize) -> Vec<f64> {
    let mut row = Vec::new();
    for n in 0..REGIONS {
        row.extend((0..SECTORS).map(|k| input(i, s, n, k)));
    }
    for n in 0..REGIONS {
        row.extend((0..CATEGORIES).map(|category| final_use(i, s, n, category)));
    }
    row
}

/// A value for each column of inputs, nothing for those of final use.
pub fn by_user(value: impl Fn(usize, usize) -> f64) -> Vec<f64> {
    let mut row = Vec::new();
    for n in 0..REGIONS {
        row.extend((0..SECTORS).map(|k| value(n, k)));
    }
    row.resize(row.len() + REGIONS * CATEGORIES, 0.0);
    row
}

pub fn cells(values: &[f64], separator: &str) -> String {
    values.iter().map(f64::to_string).collect::<Vec<_>>().join(separator)
}

/// Labels of the columns.
pub fn columns(
    regions: [&str; REGIONS],
    sectors: [&str; SECTORS],
    categories: [&str; CATEGORIES],
) -> Vec<(String, String)> {
    let pair = |region: &str, part: &str| (region.to_owned(), part.to_owned());
    let mut columns = Vec::new();
    for region in regions {
        columns.extend(sectors.map(|sector| pair(region, sector)));
    }
    for region in regions {
        columns.extend(categories.map(|category| pair(region, category)));
    }
    columns
}

/// Checks tables against the sums of the small world; codes in its order.
pub fn check(tables: &Tables, regions: [&str; REGIONS], sectors: [&str; SECTORS]) {
    assert_eq!(tables.regions.len(), REGIONS);
    assert_eq!(tables.sectors.len(), SECTORS);
    let region = regions.map(|code| {
        tables.regions.position(code).unwrap_or_else(|| panic!("no {code} in {:?}", tables.regions))
    });
    let sector = sectors.map(|code| {
        tables.sectors.position(code).unwrap_or_else(|| panic!("no {code} in {:?}", tables.sectors))
    });
    let close = |found: f64, expected: f64, what: &str| {
        assert!((found - expected).abs() < 1e-9, "{what}: {found} instead of {expected}");
    };
    for i in 0..REGIONS {
        for s in 0..SECTORS {
            for n in 0..REGIONS {
                let expected = (0..SECTORS).map(|k| input(i, s, n, k)).sum::<f64>()
                    + (0..CATEGORIES).map(|category| final_use(i, s, n, category)).sum::<f64>();
                let cell = format!("flow {i} {n} {s}");
                close(tables.flows[[sector[s], region[n], region[i]]], expected, &cell);
            }
            for k in 0..SECTORS {
                let expected = (0..REGIONS).map(|from| input(from, s, i, k)).sum::<f64>();
                let cell = format!("input {i} {s} {k}");
                close(tables.inputs[[region[i], sector[k], sector[s]]], expected, &cell);
            }
            let expected: f64 = (0..REGIONS)
                .flat_map(|from| (0..CATEGORIES).map(move |category| (from, category)))
                .map(|(from, category)| final_use(from, s, i, category))
                .sum();
            close(tables.final_spending[[region[i], sector[s]]], expected, "final spending");
            close(tables.value_added[[region[i], sector[s]]], value_added(i, s), "value added");
        }
    }
}

/// A world table, its layout recognised.
pub fn world(path: &Path) -> World {
    world_with(path, &ImportOptions::default())
}

pub fn world_with(path: &Path, options: &ImportOptions) -> World {
    match import(path, options) {
        Ok(Imported::World(world)) => *world,
        Ok(other) => panic!("no world table: {other:?}"),
        Err(error) => panic!("{}", error.diagnostics()),
    }
}

/// What is said of a download that is refused.
pub fn refused(path: &Path, options: &ImportOptions) -> String {
    let error = import(path, options).unwrap_err();
    crate::support::printed(&error, path.parent().unwrap())
}

/// Writes an archive of text files.
pub fn archive(path: &Path, files: &[(&str, String)]) {
    let mut archive = zip::ZipWriter::new(fs::File::create(path).unwrap());
    for (name, text) in files {
        archive.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        archive.write_all(text.as_bytes()).unwrap();
    }
    archive.finish().unwrap();
}

/// The OECD's layout, with totals, taxes and value added as its editions have them.
pub fn icio(sectors: [&str; SECTORS]) -> String {
    let regions = ["AUS", "DEU", "ROW"];
    let mut text = "V1".to_owned();
    for (region, part) in columns(regions, sectors, ["HFCE", "INVNT"]) {
        text += &format!(",{region}_{part}");
    }
    text += ",TOTAL\n";
    for (i, region) in regions.iter().enumerate() {
        for (s, sector) in sectors.iter().enumerate() {
            let values = cells(&row(i, s), ",");
            text += &format!("{region}_{sector},{values},{}\n", output(i, s));
        }
    }
    for region in regions {
        text += &format!("{region}_TAXSUB,{},0\n", cells(&by_user(|_, _| 0.0), ","));
    }
    text += &format!("VALU,{},0\n", cells(&by_user(value_added), ","));
    text += &format!("OUTPUT,{},0\n", cells(&by_user(output), ","));
    text
}

/// Eurostat's layout.
pub fn figaro() -> String {
    let (regions, sectors) = (["AU", "DE", "FIGW1"], ["A01", "C10T12"]);
    let mut text = "rowLabels".to_owned();
    for (region, part) in columns(regions, sectors, ["P3_S14", "P5M"]) {
        text += &format!(",{region}_{part}");
    }
    text += "\n";
    for (i, region) in regions.iter().enumerate() {
        for (s, sector) in sectors.iter().enumerate() {
            text += &format!("{region}_{sector},{}\n", cells(&row(i, s), ","));
        }
    }
    for name in ["D21X31", "OP_RES", "OP_NRES", "D1", "D29X39", "B2A3G"] {
        let of = |n, k| if name == "D1" { value_added(n, k) } else { 0.0 };
        text += &format!("W2_{name},{}\n", cells(&by_user(of), ","));
    }
    text
}
