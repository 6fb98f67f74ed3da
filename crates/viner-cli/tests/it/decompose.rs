//! `viner run --decompose`.

use std::collections::BTreeMap;

use insta::assert_snapshot;

use crate::support::Place;

/// Sums of a few dozen numbers below 1.
const ROUNDING: f64 = 1e-13;

const POLICIES: &str = r#"
title = "Three policies"
baseline = "bundle"
[[policy]]
name = "wall: tariff"
kind = "tariff"
exporter = "ROW"
importer = "USA"
sector = "A"
rate = 0.5
[[policy]]
name = "wall: cost"
kind = "trade-cost"
exporter = "ROW"
importer = "USA"
sector = "*"
change = 0.1
[[policy]]
kind = "tariff"
exporter = "USA"
importer = "ROW"
sector = "*"
rate = 0.2
"#;

/// Parts by region and outcome, summed over policies.
fn sums(place: &Place, folder: &str) -> BTreeMap<(String, String), f64> {
    let mut sums = BTreeMap::new();
    for row in place.rows(&format!("{folder}/decomposition.csv")) {
        let cell = (row["region"].clone(), row["outcome"].clone());
        *sums.entry(cell).or_insert(0.0) += row["effect"].parse::<f64>().unwrap();
    }
    sums
}

#[track_caller]
fn assert_sums_to_the_run(place: &Place, folder: &str) {
    let sums = sums(place, folder);
    for row in place.rows(&format!("{folder}/regions.csv")) {
        let number = |column: &str| row[column].parse::<f64>().unwrap();
        let growth = |column: &str| number(column) / number(&format!("{column}_base")) - 1.0;
        for outcome in ["welfare", "real_gdp", "real_wage", "price_index", "terms_of_trade"] {
            let off = sums[&(row["region"].clone(), outcome.to_owned())] - number(outcome);
            assert!(off.abs() < ROUNDING, "{outcome} of {}: {off}", row["region"]);
        }
        for outcome in ["exports", "imports"] {
            let off = sums[&(row["region"].clone(), outcome.to_owned())] - growth(outcome);
            assert!(off.abs() < ROUNDING, "{outcome} of {}: {off}", row["region"]);
        }
    }
}

#[test]
fn exact_parts_sum_to_the_run() {
    let place = Place::with_bundle();
    place.write("s.toml", POLICIES);
    let ran = place.viner("run s.toml --decompose -o out").succeeded();
    let title = "Welfare by policy, percentage points (Shapley value, exact; 6 equilibria)";
    assert!(ran.stdout.contains(title), "{ran}");
    assert_eq!(place.header("out/decomposition.csv"), "policy,region,outcome,effect,error");
    let rows = place.rows("out/decomposition.csv");
    assert_eq!(rows.len(), 3 * 2 * 7);
    assert!(rows.iter().all(|row| row["error"] == "0"));
    assert_eq!(rows.last().unwrap()["policy"], "tariff 2");
    assert_sums_to_the_run(&place, "out");
    assert_eq!(place.json("out/manifest.json")["decomposition"]["exact"], true);
    // The folder repeats, on any number of threads.
    place.viner("run out --decompose --threads 3 -o again").succeeded();
    assert_eq!(place.read("out/decomposition.csv"), place.read("again/decomposition.csv"));
}

#[test]
fn policies_taken_together() {
    let place = Place::with_bundle();
    place.write("s.toml", POLICIES);
    for (by, players) in [("kind", ["tariff", "trade-cost"]), ("prefix", ["wall", "tariff 2"])] {
        let folder = format!("by-{by}");
        place.viner(&format!("run s.toml --decompose --decompose-by {by} -o {folder}")).succeeded();
        let rows = place.rows(&format!("{folder}/decomposition.csv"));
        let mut names: Vec<String> = rows.iter().map(|row| row["policy"].clone()).collect();
        names.dedup();
        assert_eq!(names, players);
        assert_sums_to_the_run(&place, &folder);
    }
    let json = place.viner("run s.toml --decompose --decompose-by kind --json").succeeded().json();
    let tariffs = &json["decomposition"]["policies"][0];
    assert_eq!(tariffs["policy"], "tariff");
    assert!(tariffs["effects"]["USA"]["welfare"].is_number());
}

/// Many policies are sampled: errors are stated, and the parts still sum to the run.
#[test]
fn sampled_parts_sum_to_the_run() {
    let place = Place::new();
    let run = "run --decompose --decompose-samples 2 --seed 3 -o out";
    let ran = place.viner(run).succeeded();
    assert!(ran.stdout.contains("4 orders of 75 sampled with seed 3"), "{ran}");
    assert_sums_to_the_run(&place, "out");
    let errors: Vec<f64> = place
        .rows("out/decomposition.csv")
        .iter()
        .filter(|row| row["region"] == "RUS" && row["outcome"] == "welfare")
        .map(|row| row["error"].parse().unwrap())
        .collect();
    assert_eq!(errors.len(), 75);
    assert!(errors.iter().all(|error| *error >= 0.0) && errors.iter().any(|error| *error > 0.0));
    // An order and its reverse leave little to chance.
    assert!(errors.iter().all(|error| *error < 2e-3), "{errors:?}");
}

/// A policy that must not be without another one is named.
#[test]
fn a_subset_without_equilibrium() {
    let place = Place::with_bundle();
    let ban = |from: &str, rest: &str| {
        format!(
            "[[policy]]\nkind = \"embargo\"\nexporter = \"{from}\"\nimporter = \"USA\"\nsector = \"A\"\n{rest}"
        )
    };
    let policies = ban("ROW", "name = \"abroad\"\n")
        + &ban("USA", "name = \"home\"\n")
        + &ban("USA", "name = \"relief\"\nshare = 0.0\noverride = true\n");
    place.write("s.toml", &format!("title = \"Ban\"\nbaseline = \"bundle\"\n{policies}"));
    place.viner("run s.toml").succeeded();
    assert_snapshot!(place.viner("run s.toml --decompose -o out"), @"
    exit status 3
    -- stderr
    error: policies `abroad`, `home` of scenario `Ban` have no equilibrium without the others: the policies cannot hold together: `USA/A` has no supplier left
    hint: leave part of the trade: `share` below 1 in an embargo or exit on this sector
    hint: take policies together with `--decompose-by kind` or `prefix`
    ");
    assert!(!place.path("out").exists());
}

#[test]
fn a_scenario_without_policies_has_no_parts() {
    let place = Place::with_bundle();
    place.write("s.toml", "baseline = \"bundle\"\n");
    place.viner("run s.toml --decompose -o out").succeeded();
    assert_eq!(place.rows("out/decomposition.csv").len(), 0);
}

#[test]
fn options_without_the_decomposition() {
    let place = Place::new();
    for option in ["--decompose-by kind", "--decompose-samples 4"] {
        place.viner(&format!("run {option}")).failed(2);
    }
    place.viner("run --decompose --decompose-samples 1").failed(2);
}
