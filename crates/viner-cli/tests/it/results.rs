//! The folder that a run writes.

use std::fs;

use insta::assert_snapshot;

use crate::support::Place;

/// Columns of the tables, in order; other programs rely on them.
const COLUMNS: [(&str, &str); 7] = [
    (
        "regions",
        "region,welfare,real_gdp,real_wage,wage,price_index,terms_of_trade,tot_effect,vot_effect,\
         exports_base,exports,imports_base,imports,income_base,income,tariff_revenue_base,\
         tariff_revenue,rents,employment",
    ),
    ("sectors", "region,sector,output_base,output,price,value_added_base,value_added,quantity"),
    ("flows", "exporter,importer,sector,value_base,value,quantity,tariff,wedge"),
    (
        "wedges",
        "policy,kind,exporter,importer,sector,regime,multiplier,slack,quantity,price,rent,rent_to",
    ),
    ("profits", "region,sector,profit_base,profit,tax,profit_after_tax"),
    (
        "welfare_split",
        "region,terms_of_trade,tariff_volume,export_tax_volume,trade_costs,fees,varieties,\
         productivity,employment,transfers,deficits,tastes,sum,welfare",
    ),
    ("embodied", "region,sector,buyer,value_base,value"),
];

/// A scenario on the small bundle.
fn place() -> Place {
    let place = Place::with_bundle();
    place.write(
        "duty.toml",
        r#"title = "A duty"
baseline = "bundle"

[[policy]]
kind = "tariff"
exporter = "ROW"
importer = "USA"
sector = "C10_12"
rate = 0.2
"#,
    );
    place
}

#[test]
fn every_format() {
    let place = place();
    let ran = place.viner("run duty.toml -o deep/out --format csv,parquet,xlsx").succeeded();
    assert_eq!(ran.stderr, "results written to deep/out\n");
    assert_snapshot!(place.names("deep/out").join("\n"), @"
    flows.csv
    flows.parquet
    manifest.json
    profits.csv
    profits.parquet
    regions.csv
    regions.parquet
    results.xlsx
    sectors.csv
    sectors.parquet
    wedges.csv
    wedges.parquet
    ");
    assert_eq!(place.names("deep"), ["out"]);
    for (table, columns) in &COLUMNS[..5] {
        assert_eq!(place.header(&format!("deep/out/{table}.csv")), *columns);
        let parquet = fs::read(place.path(&format!("deep/out/{table}.parquet"))).unwrap();
        assert!(parquet.starts_with(b"PAR1") && parquet.ends_with(b"PAR1"), "{table}");
    }
    assert!(fs::read(place.path("deep/out/results.xlsx")).unwrap().starts_with(b"PK"));
    assert_eq!(place.rows("deep/out/regions.csv").len(), 2);
    assert_eq!(place.rows("deep/out/sectors.csv").len(), 4);
    assert_eq!(place.rows("deep/out/profits.csv").len(), 4);
    assert_eq!(place.rows("deep/out/flows.csv").len(), 8);

    place.viner("run duty.toml -o out --format parquet --format xlsx").succeeded();
    assert!(place.tables("out").is_empty());
    assert!(place.path("out/flows.parquet").is_file() && place.path("out/results.xlsx").is_file());
}

#[test]
fn the_regions_table() {
    let place = place();
    place.viner("run duty.toml -o out").succeeded();
    let rounded: Vec<String> = place
        .read("out/regions.csv")
        .lines()
        .map(|line| {
            let cells = line.split(',').map(|cell| match cell.parse::<f64>() {
                Ok(number) => format!("{:.5}", number + 0.0),
                Err(_) => cell.to_owned(),
            });
            cells.collect::<Vec<_>>().join(",")
        })
        .collect();
    assert_snapshot!(rounded.join("\n"), @"
    region,welfare,real_gdp,real_wage,wage,price_index,terms_of_trade,tot_effect,vot_effect,exports_base,exports,imports_base,imports,income_base,income,tariff_revenue_base,tariff_revenue,rents,employment
    USA,0.00831,-0.01588,-0.01588,0.03275,0.04941,0.06106,0.01835,0.00000,29.50000,23.22205,25.50000,19.22205,91.50000,96.81873,0.00000,2.19105,0.00000,0.00000
    ROW,-0.01224,-0.01313,-0.01313,-0.02662,-0.01367,-0.05754,-0.01382,0.00000,25.50000,19.22205,29.50000,23.22205,121.50000,118.37232,0.00000,0.00000,0.00000,0.00000
    ");
}

#[test]
fn the_manifest() {
    let place = place();
    place.viner("run duty.toml -o out --set policy.0.rate=0.3").succeeded();
    let manifest = place.json("out/manifest.json");
    let keys = |value: &serde_json::Value| -> String {
        value.as_object().unwrap().keys().cloned().collect::<Vec<_>>().join(" ")
    };
    assert_eq!(keys(&manifest), "viner title scenario baseline solver certificate platform");
    assert_eq!(keys(&manifest["viner"]), "version commit");
    assert_eq!(manifest["viner"]["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(manifest["title"], "A duty");
    assert_snapshot!(keys(&manifest["scenario"]), @"text set files folder");
    assert_eq!(manifest["scenario"]["set"][0], "policy.0.rate=0.3");
    assert_snapshot!(keys(&manifest["baseline"]), @"name sha256 regions sectors year unit table_tolerance");
    let info = place.viner("data info bundle --json").succeeded().json();
    assert_eq!(manifest["baseline"]["name"], "icio-2019-tiny");
    assert_eq!(manifest["baseline"]["sha256"], info["sha256"]);
    assert_snapshot!(keys(&manifest["solver"]), @"method evaluations seconds tolerance residual");
    assert!(manifest["solver"]["evaluations"].as_u64().unwrap() > 1);
    assert!(manifest["solver"]["seconds"].as_f64().unwrap() > 0.0);
    assert_eq!(manifest["solver"]["tolerance"], 1e-10);
    assert_eq!(keys(&manifest["certificate"]), "largest equation equations");
    assert!(manifest["certificate"]["largest"].as_f64().unwrap() <= 1e-10);
    let equations = manifest["certificate"]["equations"].as_object().unwrap();
    assert_snapshot!(equations.keys().cloned().collect::<Vec<_>>().join("\n"), @"
    unit cost
    value added
    price
    trade share
    spending
    market clearing
    price index
    income
    deficit
    labour market
    numeraire
    ");
    let largest = equations.values().map(|entry| entry["residual"].as_f64().unwrap());
    let largest = largest.fold(0.0, f64::max);
    assert_eq!(manifest["certificate"]["largest"].as_f64().unwrap().to_bits(), largest.to_bits());
    assert_eq!(keys(&manifest["platform"]), "os architecture");
}

#[test]
fn the_welfare_split_and_embodied_value_added() {
    let place = place();
    let ran = place.viner("run duty.toml -o out --welfare-split --embodied").succeeded();
    assert_eq!(ran.stderr, "results written to out\n");
    for (table, columns) in COLUMNS {
        assert_eq!(place.header(&format!("out/{table}.csv")), columns);
    }
    for region in ["USA", "ROW"] {
        let row = [("region", region)];
        let split = |column| place.number("out/welfare_split.csv", &row, column);
        assert!((split("sum") - split("welfare")).abs() < 1e-8);
        let welfare = place.number("out/regions.csv", &row, "welfare");
        assert_eq!(split("welfare").to_bits(), welfare.to_bits());
        for sector in ["A", "C10_12"] {
            for (column, source) in [("value_base", "value_added_base"), ("value", "value_added")] {
                let cell = [("region", region), ("sector", sector)];
                let embodied: f64 = place
                    .rows("out/embodied.csv")
                    .iter()
                    .filter(|row| row["region"] == region && row["sector"] == sector)
                    .map(|row| row[column].parse::<f64>().unwrap())
                    .sum();
                let value_added = place.number("out/sectors.csv", &cell, source);
                assert!((embodied / value_added - 1.0).abs() < 1e-9, "{cell:?} {column}");
            }
        }
    }
    // Neither is written unless it is asked for; asked for without a folder, there is a warning.
    place.viner("run duty.toml -o out").succeeded();
    assert_eq!(place.tables("out").len(), 5);
    let ran = place.viner("run duty.toml --welfare-split").succeeded();
    assert_snapshot!(ran.stderr, @"warning: `--welfare-split` and `--embodied` write tables: name a folder with `-o`");
}

#[test]
fn an_earlier_run_is_replaced() {
    let place = place();
    place.viner("run duty.toml -o out --format csv,xlsx --welfare-split").succeeded();
    place.viner("run duty.toml -o out --set policy.0.rate=0.3").succeeded();
    place.viner("run duty.toml -o fresh --set policy.0.rate=0.3").succeeded();
    assert_eq!(place.names("out"), place.names("fresh"));
    place.same_tables("out", "fresh");
    assert_eq!(place.names(""), ["bundle", "duty.toml", "fresh", "icio-2019-tiny.csv", "out"]);
}

#[test]
fn a_foreign_folder_is_not_touched() {
    let place = place();
    let refused = |arguments: &str| {
        let ran = place.viner(arguments);
        assert_eq!(ran.status, 1, "{ran}");
        ran.stderr
    };
    place.write("mine/thesis.txt", "years of work");
    assert_snapshot!(refused("run duty.toml -o mine"), @"
    error: output folder `[place]/mine` is not replaced: it is not empty and has no `manifest.json`
    hint: name another folder, or empty this one
    ");
    // A run with something else in it is foreign too.
    place.viner("run duty.toml -o out -q").succeeded();
    place.write("out/notes.txt", "read this");
    let tables = place.tables("out");
    assert_snapshot!(refused("run duty.toml -o out --set policy.0.rate=0.3"), @"
    error: output folder `[place]/out` is not replaced: it also holds `notes.txt`, which is not replaced
    hint: name another folder, or empty this one
    ");
    assert!(place.tables("out") == tables);
    assert_snapshot!(refused("run duty.toml -o duty.toml"), @"
    error: output folder `[place]/duty.toml` is not replaced: it is a file
    hint: name another folder, or empty this one
    ");
    assert_snapshot!(refused("run duty.toml -o bundle"), @"
    error: output folder `[place]/bundle` is not replaced: it is not empty and has no `manifest.json`
    hint: name another folder, or empty this one
    ");
    // A bundle is written over nothing of this either.
    assert_snapshot!(refused("data export bundle -o mine"), @"
    error: output folder `[place]/mine` is not replaced: it is not empty and has no `baseline.toml`
    hint: name another folder, or empty this one
    ");
    refused("data export bundle -o out");
    refused("data import icio-2019-tiny.csv -o mine");

    assert_eq!(place.read("mine/thesis.txt"), "years of work");
    assert_eq!(place.names("mine"), ["thesis.txt"]);
    assert_eq!(place.read("out/notes.txt"), "read this");
    place.viner("data check bundle").succeeded();
    // No half-written folder is left either.
    assert_eq!(place.names(""), ["bundle", "duty.toml", "icio-2019-tiny.csv", "mine", "out"]);
}
