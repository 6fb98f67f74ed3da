//! Tables with something wrong: the message names file and line.

use insta::assert_snapshot;

use crate::support::{Place, Ran};

/// What `run` says of the small bundle after a change; `data check` says the same of the place.
fn refused(file: &str, from: &str, to: &str) -> Ran {
    let place = Place::with_bundle();
    place.write("scenario.toml", "baseline = \"bundle\"\n");
    place.edit(file, from, to);
    let ran = place.viner("run scenario.toml -o out").failed(1);
    assert!(!place.path("out").exists());
    let check = place.viner("data check bundle").failed(1);
    let first = |ran: &Ran| ran.stderr.lines().next().unwrap().to_owned();
    assert_eq!(first(&check), first(&ran));
    ran
}

#[test]
fn not_a_number() {
    assert_snapshot!(refused("bundle/flows.csv", "ROW,USA,A,6.5", "ROW,USA,A,NaN"), @"
    exit status 1
    -- stderr
    error: wrong value of cell `ROW/USA/A`
      at bundle/flows.csv, line 6
      found NaN, expected a finite number
    ");
}

#[test]
fn a_negative_flow() {
    let place = Place::with_bundle();
    place.write("scenario.toml", "baseline = \"bundle\"\n");
    place.edit("bundle/flows.csv", "ROW,USA,A,6.5", "ROW,USA,A,-6.5");
    assert_snapshot!(place.viner("run scenario.toml -o out").failed(1), @"
    exit status 1
    -- stderr
    error: wrong value of cell `ROW/USA/A`
      at bundle/flows.csv, line 6
      found -6.5, expected 0 or more
    ");
    // A check goes on to everything else that is wrong.
    assert_snapshot!(place.viner("data check bundle"), @r#"
    exit status 1
    -- stdout
    icio-2019-tiny
      FAILS  output    sales = inputs + value added                            1.300e1 million, 3.7e-2 of world output at ROW/A
      FAILS  spending  purchases + tariffs = input use + final spending        1.300e1 million, 3.7e-2 of world output at USA/A
      FAILS  trade     final - value added - tariffs = imports - exports       1.300e1 million, 3.7e-2 of world output at USA
      holds  deficits  sum of deficits = 0                                     [tiny] million, [tiny] of world output
    -- stderr
    warning: flows are negative, -6.5 in sum and -6.5 in the lowest, in `ROW/USA/A`
    error: baseline `icio-2019-tiny`: flow of `ROW→USA/A` is -6.5, expected a finite number, at least 0
    hint: `viner data balance` with `--negatives zero` or `fold` removes negative cells

    error: baseline `icio-2019-tiny`: the accounting identities fail: trade (final - value added - tariffs = imports - exports) differs by 13.000000 million at `USA`, 3.7e-2 of world output
    hint: repair the table, raise `--tolerance`, or set `[model] unbalanced = "accept"` to take its shares as given and solve the baseline once
    "#);
    let json = place.viner("data check bundle --json").json();
    assert_eq!(json["findings"][0]["kind"], "negative flow");
    assert_eq!(json["findings"][0]["cells"], serde_json::json!(["ROW/USA/A"]));
    assert_eq!(json["identities"][0]["holds"], false);
}

#[test]
fn an_unknown_region() {
    assert_snapshot!(refused("bundle/final.csv", "ROW,A", "RWO,A"), @"
    exit status 1
    -- stderr
    error: unknown region `RWO`; did you mean `ROW`?
      at bundle/final.csv, line 4
    ");
}

#[test]
fn a_missing_table() {
    let place = Place::with_bundle();
    std::fs::remove_file(place.path("bundle/inputs.csv")).unwrap();
    assert_snapshot!(place.viner("data check bundle").failed(1), @"
    exit status 1
    -- stderr
    error: table `inputs` is missing
      at bundle/
      expected `inputs.csv` or `inputs.csv.gz` or `inputs.parquet`
    ");
}

#[test]
fn an_official_table_with_a_text_for_a_number() {
    let place = Place::with_bundle();
    place.edit("icio-2019-tiny.csv", "USA_A,1,3", "USA_A,1,three");
    assert_snapshot!(place.viner("data import icio-2019-tiny.csv -o out").failed(1), @"
    exit status 1
    -- stderr
    error: cell in row `USA_A`, column `ROW_C10_12` is no finite number
      at icio-2019-tiny.csv, line 4
      found `three`
    ");
    assert_eq!(place.names(""), ["bundle", "icio-2019-tiny.csv"]);
}

#[test]
fn no_official_table() {
    let place = Place::with_bundle();
    assert_snapshot!(place.viner("data import icio-2018.csv -o out").failed(1), @"
    exit status 1
    -- stderr
    error: cannot read `icio-2018.csv`: [what the system says]
    ");
    assert_snapshot!(place.viner("data import bundle/flows.csv -o out").failed(1), @"
    exit status 1
    -- stderr
    error: the layout of the table is not recognised
      at bundle/flows.csv
      expected one of `icio`, `figaro`, `wiod`, `adb`, `exiobase`, `eora`, `gtap-har`, `gloria`, `wiod-long`, `baci`, `itpd`, `comtrade`
    hint: name the layout with `--format`
    ");
    assert_eq!(place.names(""), ["bundle", "icio-2019-tiny.csv"]);
}
