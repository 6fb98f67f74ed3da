//! `viner data replay`: every recorded step repeated, and every difference told.

use crate::support::Place;

/// An import, merged, split, brought to totals and balanced: a step of every kind.
fn chain() -> Place {
    let place = Place::with_bundle();
    place.write("in/one.csv", "axis,from,to\nregion,USA,USA\nregion,*,*\n");
    place.write("in/parts.csv", "child,share\nA1,0.3\nA2,0.7\n");
    place.write("in/totals.csv", "kind,region,value\nexports_total,USA,30\n");
    for command in [
        "data import icio-2019-tiny.csv -o a --sourcing",
        "data aggregate a --map in/one.csv -o b",
        "data split b --sector A --shares in/parts.csv -o c --name parts",
        "data update c --targets in/totals.csv --year 2020 --keep output -o d",
        "data balance d --tolerance 1e-30 -o e --format parquet",
    ] {
        place.viner(command).succeeded();
    }
    place
}

#[test]
fn every_step_is_repeated() {
    let place = chain();
    let done = place.viner("data replay e --source in --source . -o again --json -q").succeeded();
    let json = done.json();
    let steps: Vec<&str> = json["steps"]
        .as_array()
        .unwrap()
        .iter()
        .map(|step| step["step"].as_str().unwrap())
        .collect();
    assert_eq!(steps, ["import", "aggregate", "split", "update", "balance"]);
    let info = |name: &str| place.viner(&format!("data info {name} --json")).succeeded().json();
    assert_eq!(info("again"), info("e"));
    assert_eq!(json["sha256"], info("e")["sha256"]);
    assert_eq!(place.read("again/baseline.toml"), place.read("e/baseline.toml"));
    // Records of what is written again are carried along.
    place.viner("data export e -o copy --format csv").succeeded();
    place.viner("data replay copy --source in --source .").succeeded();
}

#[test]
fn what_is_missing_or_another_is_told_at_once() {
    let place = chain();
    place.edit("in/totals.csv", "30", "31");
    let refused = place.viner("data replay e --source in").failed(1).stderr;
    for part in [
        "error: there is no file `icio-2019-tiny.csv`",
        "error: file `in/totals.csv` is another one",
        "hint: step `update` read it: name its folder with `--source`",
    ] {
        assert!(refused.contains(part), "no {part:?} in {refused}");
    }
}

#[test]
fn a_table_changed_by_hand_is_told() {
    let place = chain();
    place.viner("data export e -o copy --format csv").succeeded();
    let text = place.read("copy/final.csv");
    let line = text.lines().nth(1).unwrap();
    place.edit("copy/final.csv", line, &format!("{line}1"));
    let refused = place.viner("data replay copy --source in --source .").failed(1).stderr;
    assert!(refused.contains("was changed after its last recorded step"), "{refused}");
}

#[test]
fn a_record_that_gives_another_table_is_told() {
    let place = chain();
    place.edit("b/baseline.toml", "\"--format\", \"icio\"", "\"--format\", \"figaro\"");
    place.viner("data replay b --source in --source .").failed(1);
    // What is recorded reads recorded files only, and writes nowhere else.
    for (from, to) in
        [("\"one.csv\"]", "\"../one.csv\"]"), ("\"--map\"", "\"--output=x\", \"--map\"")]
    {
        let place = chain();
        place.edit("b/baseline.toml", from, to);
        let refused = place.viner("data replay b --source in --source .").failed(1).stderr;
        assert!(refused.contains("step `aggregate` cannot be repeated"), "{refused}");
    }
}

#[test]
fn steps_begin_with_a_built_in_baseline_where_one_was_used() {
    let place = Place::new();
    place.viner("data aggregate icio-2019-g20 --map eu27 --map isic-sections -o small").succeeded();
    place.viner("data replay small").succeeded();
    let refused = place.viner("data replay icio-2019-g20").failed(1).stderr;
    assert!(refused.contains("the last step of `icio-2019-g20` cannot be repeated"), "{refused}");
}
