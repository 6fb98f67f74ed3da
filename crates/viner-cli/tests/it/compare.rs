//! `viner compare`.

use insta::assert_snapshot;

use crate::support::Place;

const TARIFF: &str = "title = \"A tariff\"\nbaseline = \"bundle\"\n[[policy]]\nkind = \"tariff\"\n\
    exporter = \"ROW\"\nimporter = \"USA\"\nsector = \"A\"\nrate = 0.5\n";

fn place() -> Place {
    let place = Place::with_bundle();
    place.write("tariff.toml", TARIFF);
    place.write("nothing.toml", "title = \"Nothing\"\nbaseline = \"bundle\"\n");
    place
}

/// A scenario, the folder of its run, and its run's tables say the same.
#[test]
fn files_and_folders() {
    let place = place();
    place.viner("run tariff.toml -o run").succeeded();
    let of = "--of welfare,exports";
    let ran = place.viner(&format!("compare nothing.toml tariff.toml run {of} -o out")).succeeded();
    assert!(ran.stdout.contains(" nothing  Nothing   0  "), "{ran}");
    assert!(ran.stdout.contains("\nwelfare, percent\n"), "{ran}");
    assert!(ran.stdout.contains("\nexports, billion USD\n"), "{ran}");
    assert_eq!(
        place.names("out"),
        [
            "comparison_flows.csv",
            "comparison_regions.csv",
            "comparison_sectors.csv",
            "manifest.json"
        ]
    );
    assert_eq!(place.header("out/comparison_regions.csv"), "run,region,outcome,value");
    assert_eq!(place.header("out/comparison_sectors.csv"), "run,region,sector,outcome,value");
    assert_eq!(
        place.header("out/comparison_flows.csv"),
        "run,exporter,importer,sector,outcome,value"
    );
    let value = |run: &str, region: &str| {
        let cell = [("run", run), ("region", region), ("outcome", "welfare")];
        place.number("out/comparison_regions.csv", &cell, "value")
    };
    for region in ["ROW", "USA"] {
        assert_eq!(value("tariff", region), value("run", region));
        let alone = place.number("run/regions.csv", &[("region", region)], "welfare");
        assert_eq!(value("tariff", region), alone);
        assert!(value("nothing", region).abs() < 1e-12);
    }
    let flow = [("run", "tariff"), ("exporter", "ROW"), ("importer", "USA"), ("sector", "A")];
    let alone = place.number("run/flows.csv", &flow[1..], "value");
    let cell = [&flow[..], &[("outcome", "value")]].concat();
    assert_eq!(place.number("out/comparison_flows.csv", &cell, "value"), alone);
    assert_eq!(place.json("out/manifest.json")["runs"]["run"]["title"], "A tariff");
}

/// Regions are matched by code, and what is missing is said.
#[test]
fn different_baselines() {
    let place = place();
    let ran = place.viner("compare tariff.toml western-sanctions-2022 --json").succeeded().json();
    assert_eq!(ran["regions"].as_array().unwrap().len(), 20);
    let row = |code: &str| {
        let rows = ran["regions"].as_array().unwrap();
        rows.iter().find(|row| row["region"] == code).unwrap()["welfare"].clone()
    };
    assert!(row("RUS")["tariff"].is_null());
    assert!(row("RUS")["western-sanctions-2022"].is_number());
    assert!(row("USA")["tariff"].is_number());
    let notes = ran["notes"].as_array().unwrap();
    assert_eq!(notes[0], "the runs start from different baselines; regions are matched by code");
    assert!(notes[1].as_str().unwrap().starts_with("`tariff` has no region "), "{notes:?}");
    let text = place.viner("compare tariff.toml western-sanctions-2022").succeeded().stdout;
    let russia = text.lines().find(|line| line.starts_with(" RUS")).unwrap();
    assert!(russia.contains(" - "), "{russia}");
}

#[test]
fn one_run_twice_is_numbered() {
    let place = place();
    let json = place.viner("compare tariff.toml tariff.toml --json").succeeded().json();
    assert_eq!(json["runs"][0]["run"], "tariff.toml");
    assert_eq!(json["runs"][1]["run"], "tariff.toml (2)");
}

#[test]
fn mistakes() {
    let place = place();
    assert_snapshot!(place.viner("compare tariff.toml nothing.toml --of welfar,x"), @"
    exit status 1
    -- stderr
    error: unknown outcome `welfar`; did you mean `welfare`?
      at --of

    error: unknown outcome `x`
      at --of
      expected one of `welfare`, `real_gdp`, `real_wage`, `wage`, `price_index`, `terms_of_trade`, `tot_effect`, `vot_effect`, `exports_base`, `exports`, `imports_base`, `imports`, `income_base`, `income`, `tariff_revenue_base`, `tariff_revenue`, `rents`, `employment`
    ");
    assert_snapshot!(place.viner("compare tarif.toml western-sanction-2022"), @"
    exit status 1
    -- stderr
    error: unknown scenario `tarif.toml`
      expected one of `china-joins`, `close-the-hubs`, `gas-pivot`, `price-cap-ladder`, `sanctions-lifted`, `western-sanctions-2022`, `yuan-settlement`
    hint: a scenario is a TOML file, or a name that `viner list` shows

    error: unknown scenario `western-sanction-2022`; did you mean `western-sanctions-2022`?
    hint: a scenario is a TOML file, or a name that `viner list` shows
    ");
    place.viner("compare tariff.toml").failed(2);
}
