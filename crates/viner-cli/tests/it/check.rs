//! `viner check`: everything that is wrong, at once, nothing solved.

use insta::assert_snapshot;

use crate::support::Place;

const VALID: &str = r#"title = "A duty"

[[policy]]
kind = "tariff"
exporter = "CHN"
importer = "USA"
sector = "C"
rate = 0.1
"#;

#[test]
fn valid() {
    let place = Place::new();
    place.write("duty.toml", VALID);
    assert_snapshot!(place.viner("check duty.toml"), @"
    exit status 0
    -- stdout
    `duty.toml` is valid: 1 policy on baseline `icio-2019-g20`
    ");
    assert_snapshot!(place.viner("check western-sanctions-2022"), @"
    exit status 0
    -- stdout
    `western-sanctions-2022` is valid: 75 policies on baseline `icio-2019-g20`
    ");
    assert_eq!(place.names(""), ["duty.toml"]);
}

#[test]
fn many_errors_at_once() {
    let place = Place::new();
    place.write(
        "wrong.toml",
        r#"title = "Much is wrong"
baseline = "icio-2019-g20"

[[policy]]
kind = "embargo"
exporter = "RSU"
importer = "*"
sector = "B"

[[policy]]
kind = "tarif"
exporter = "RUS"
importer = "USA"
sector = "B"
rate = 0.1

[[policy]]
kind = "tariff"
exporter = "RUS"
importer = "USA"
sector = "C"
rate = -1.5

[[policy]]
kind = "tariff"
exporter = "CHN"
importer = "USA"
sector = "C"
rat = 0.1

[[policy]]
kind = "tariff"
exporter = "IND"
importer = "USA"
sector = "C"
rate = 0.1

[[policy]]
kind = "tariff"
exporter = ["IND", "CHN"]
importer = "USA"
sector = ["B", "C"]
rate = 0.2
"#,
    );
    let ran = place.viner("check wrong.toml");
    assert_snapshot!(ran, @"
    exit status 1
    -- stderr
    error: unknown policy kind `tarif`; did you mean `tariff`?
      at wrong.toml, line 11, column 8, key `policy.1.kind`

    error: `rate` is out of range
      at wrong.toml, line 22, column 8, key `policy.2.rate`
      found -1.5, expected a finite rate above -1 (-100 %)

    error: key `rate` or `add` is missing
      at wrong.toml, line 24, column 1, key `policy.3`
      expected a finite rate above -1 (-100 %)

    error: unknown key `rat`; did you mean `rate`?
      at wrong.toml, line 29, column 1, key `policy.3.rat`

    error: unknown region `RSU`; did you mean `RUS`?
      at wrong.toml, line 6, column 12, key `policy.0.exporter`

    error: sets the tariff of `CHN→USA/C`, which `policy.3` sets already (2 cells in all)
      at wrong.toml, line 43, column 8, key `policy.5.rate`
    hint: write `override = true` in the later policy if it shall replace the earlier one
    ");
    for line in [6, 11, 22, 29, 43] {
        assert!(ran.stderr.contains(&format!("wrong.toml, line {line},")), "line {line}");
    }
    // `run` says the same and writes nothing.
    assert_eq!(place.viner("run wrong.toml -o out").to_string(), ran.to_string());
    assert_eq!(place.names(""), ["wrong.toml"]);
}

#[test]
fn errors_of_the_model_table() {
    let place = Place::new();
    place.write(
        "wrong.toml",
        r#"[groups]
west = ["USA", "RSU"]

[model]
trade_elasticity = { default = 0, B = -1.0, QQ = 4.0 }
specific_factor_share = 1.5
labour = "mobil"
trade_elasticty = 4.0

[solver]
tolerance = 2.0

[report]
focus = "USS"
"#,
    );
    assert_snapshot!(place.viner("check wrong.toml").failed(1), @"
    exit status 1
    -- stderr
    error: `default` is out of range
      at wrong.toml, line 5, column 32, key `model.trade_elasticity.default`
      found 0, expected a finite number above 0

    error: `B` is out of range
      at wrong.toml, line 5, column 39, key `model.trade_elasticity.B`
      found -1, expected a finite number above 0

    error: `specific_factor_share` is out of range
      at wrong.toml, line 6, column 25, key `model.specific_factor_share`
      found 1.5, expected a share between 0 and 1

    error: unknown value of `labour`: `mobil`; did you mean `mobile`?
      at wrong.toml, line 7, column 10, key `model.labour`

    error: unknown key `trade_elasticty`; did you mean `trade_elasticity`?
      at wrong.toml, line 8, column 1, key `model.trade_elasticty`

    error: `tolerance` is out of range
      at wrong.toml, line 11, column 13, key `solver.tolerance`
      found 2, expected a number between 0 and 0.01

    error: unknown region `RSU`; did you mean `RUS`?
      at wrong.toml, line 2, column 16, key `groups.west`

    error: unknown region `USS`; did you mean `USA`?
      at wrong.toml, line 14, column 9, key `report.focus`
    ");
}

#[test]
fn text_that_is_not_toml() {
    let place = Place::new();
    place.write("wrong.toml", "title = \"unfinished\n[[policy]]\n");
    assert_snapshot!(place.viner("check wrong.toml").failed(1), @r#"
    exit status 1
    -- stderr
    error: not TOML: invalid basic string
      at wrong.toml, line 1, column 20
      expected `"`
    "#);
}

#[test]
fn files_that_are_not_there() {
    let place = Place::new();
    place.write(
        "wrong.toml",
        "baseline = \"./bundel\"\n[[policy]]\nkind = \"tariff\"\nfile = \"rates.csv\"\n",
    );
    place.write("bundle/baseline.toml", "");
    assert_snapshot!(place.viner("check wrong.toml").failed(1), @"
    exit status 1
    -- stderr
    error: cannot read `rates.csv`: [what the system says]
      at wrong.toml, line 4, column 8, key `policy.0.file`

    error: no folder `./bundel`
      at wrong.toml, line 1, column 12, key `baseline`
      expected a folder with `baseline.toml`
    hint: did you mean `./bundle`?
    ");
}

#[test]
fn a_threat_is_no_policy() {
    let place = Place::new();
    place.write(
        "threat.toml",
        "[[policy]]\nkind = \"secondary-sanction\"\nexporter = \"CHN\"\nimporter = \"RUS\"\n",
    );
    assert_snapshot!(place.viner("check threat.toml").failed(1), @"
    exit status 1
    -- stderr
    error: `secondary-sanction` is no kind of policy
      at threat.toml, line 2, column 8, key `policy.0.kind`
    hint: a secondary sanction is a threat: declare it as an action of a player in a plan of `viner game`
    ");
    assert_eq!(place.viner("run threat.toml -o out").failed(1).status, 1);
    assert_eq!(place.names(""), ["threat.toml"]);
}

/// Plans of all kinds are opened as their own commands open them.
#[test]
fn plans_are_checked_as_their_commands_read_them() {
    const PLAN: &str = "baseline = \"icio-2019-g20\"\n[sweep]\ndraws = 8\n\
        outcomes = [\"welfare(USA)\", \"welfare(USS)\"]\n\
        [[sweep.vary]]\nkey = \"model.trade_elasticity\"\nvalues = [2, 4]\n";
    let place = Place::new();
    let listed = place.viner("list --json").succeeded().json();
    for plan in listed["plans"].as_array().unwrap() {
        let name = plan["name"].as_str().unwrap();
        let checked = place.viner(&format!("check {name} --json")).succeeded().json();
        assert!(checked["plan"].is_string(), "{checked}");
    }
    place.write("sweep.toml", PLAN);
    assert_snapshot!(place.viner("check sweep.toml").failed(1), @"
    exit status 1
    -- stderr
    error: character 9: unknown region `USS`; did you mean `USA`?
      at sweep.toml, line 4, column 29, key `sweep.outcomes.1`
    hint: in `welfare(USS)`
    ");
    place.edit("sweep.toml", ", \"welfare(USS)\"", "");
    assert_snapshot!(place.viner("check sweep.toml").succeeded(), @"
    exit status 0
    -- stdout
    `sweep.toml` is valid: a sweep of 8 draws; 0 policies on baseline `icio-2019-g20`
    ");
}
