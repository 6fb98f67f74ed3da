//! Closures of labour and deficits, and the notes that some results need.

use insta::assert_snapshot;

use crate::support::Place;

/// A duty between the two regions of the small bundle, with a specific factor.
const DUTY: &str = r#"title = "A duty"
baseline = "bundle"

[model]
specific_factor_share = 0.3

[[policy]]
kind = "tariff"
exporter = "ROW"
importer = "USA"
sector = "C10_12"
rate = 0.2
"#;

fn place() -> Place {
    let place = Place::with_bundle();
    place.write("duty.toml", DUTY);
    place
}

#[test]
fn mobile_labour_needs_no_note() {
    let ran = place().viner("run duty.toml").succeeded();
    assert_snapshot!(ran, @"
    exit status 0
    -- stdout
    A duty
    1 policy on baseline icio-2019-tiny (2 regions, 2 sectors, 2019)

     region                     welfare %  real GDP %  real wage %  exports %  imports %  terms of trade %
     ROW     Rest of the world      -1.24       -1.33        -1.33     -25.13     -21.72             -5.95
     USA     United States          +0.89       -1.59        -1.59     -21.72     -25.13             +6.33

    Trade of ROW in billion USD, goods and services
     partner  exports  now  change %  imports  now  change %  share of trade %    now
     USA          0.0  0.0    -25.13      0.0  0.0    -21.72             100.0  100.0
     all          0.0  0.0    -25.13      0.0  0.0    -21.72             100.0  100.0

    certified: every equation holds within [tiny] (worst: [cell]), asked 1e-10
    solved by anderson in 12 evaluations, [time] ms
    ");
    assert!(!ran.stdout.contains("note:"));
}

#[test]
fn a_fixed_nominal_wage_prints_its_note() {
    let place = place();
    let ran = place.viner("run duty.toml --set model.labour=fixed-nominal-wage -o out").succeeded();
    assert_snapshot!(ran, @"
    exit status 0
    -- stdout
    A duty
    1 policy on baseline icio-2019-tiny (2 regions, 2 sectors, 2019)

     region                     welfare %  real GDP %  real wage %  exports %  imports %  terms of trade %
     ROW     Rest of the world      -5.58       -5.81        +1.03     -24.91     -21.53             -4.74
     USA     United States          +6.50       +3.79        -4.19     -21.53     -24.91             +4.98

    Trade of ROW in billion USD, goods and services
     partner  exports  now  change %  imports  now  change %  share of trade %    now
     USA          0.0  0.0    -24.91      0.0  0.0    -21.53             100.0  100.0
     all          0.0  0.0    -24.91      0.0  0.0    -21.53             100.0  100.0

    certified: every equation holds within [tiny] (worst: [cell]), asked 1e-10
    solved by anderson in 12 evaluations, [time] ms
    note: wages are fixed in units of the numeraire (world value added): how much employment changes is in part an assumption about world demand
    -- stderr
    results written to out
    ");
    for row in place.rows("out/regions.csv") {
        assert!(row["wage"].parse::<f64>().unwrap().abs() < 1e-9, "{row:?}");
        assert!(row["employment"].parse::<f64>().unwrap().abs() > 1e-4, "{row:?}");
    }
    let json = place.viner("run out --json").succeeded().json();
    assert!(json["notes"][0].as_str().unwrap().contains("wages are fixed"));
}

#[test]
fn a_fixed_real_wage() {
    let place = place();
    place.viner("run duty.toml --set model.labour=fixed-real-wage -o out").succeeded();
    for row in place.rows("out/regions.csv") {
        assert!(row["real_wage"].parse::<f64>().unwrap().abs() < 1e-9, "{row:?}");
        assert!(row["employment"].parse::<f64>().unwrap().abs() > 1e-4, "{row:?}");
    }
    // Without a specific factor nothing ties employment down: the scenario is wrong.
    let ran = place.viner(
        "run duty.toml --set model.labour=fixed-real-wage --set model.specific_factor_share=0",
    );
    assert_snapshot!(ran.failed(1), @"
    exit status 1
    -- stderr
    error: no specific factor in `USA`, `ROW`: a fixed real wage has no equilibrium
      at --set, key `model.labour`
    hint: set `specific_factor_share` above 0 in some sector of each region, or choose another `labour` closure
    ");
}

#[test]
fn deficits() {
    let place = place();
    for deficits in ["fixed", "income-share", "balanced"] {
        place.viner(&format!("run duty.toml --set model.deficits={deficits} -o out")).succeeded();
        let deficit = |year: &str| {
            let row = [("region", "USA")];
            let number =
                |column: &str| place.number("out/regions.csv", &row, &format!("{column}{year}"));
            number("imports") - number("exports")
        };
        let (before, after) = (deficit("_base"), deficit(""));
        match deficits {
            "fixed" => assert!((after / before - 1.0).abs() < 1e-8, "{before} {after}"),
            "income-share" => assert!((after / before - 1.0).abs() > 1e-8, "{before} {after}"),
            _ => assert!(before.abs().max(after.abs()) < 1e-8, "{before} {after}"),
        }
    }
}

#[test]
fn a_demand_shift_prints_its_note() {
    let place = place();
    place.edit(
        "duty.toml",
        "[[policy]]",
        "[[policy]]\nkind = \"demand-shift\"\nregion = \"USA\"\nsector = \"A\"\nchange = 0.2\n\
         [[policy]]",
    );
    let ran = place.viner("run duty.toml").succeeded();
    let notes: Vec<&str> = ran.stdout.lines().filter(|line| line.starts_with("note")).collect();
    assert_snapshot!(notes.join("\n"), @"note: a demand shift changes tastes: welfare of USA is at the new tastes");
}

#[test]
fn a_table_that_does_not_balance_may_be_accepted() {
    let place = place();
    place.edit("bundle/final.csv", "USA,A,24.5", "USA,A,20.5");
    assert_snapshot!(place.viner("run duty.toml -o out").failed(1), @r#"
    exit status 1
    -- stderr
    error: baseline `icio-2019-tiny`: the accounting identities fail: deficits (sum of deficits = 0) differs by 4.000000 million at `the world`, 1.1e-2 of world output
      at duty.toml, line 2, column 12, key `baseline`
    hint: repair the table, raise `--tolerance`, or set `[model] unbalanced = "accept"` to take its shares as given and solve the baseline once
    "#);
    place.edit("duty.toml", "[model]\n", "[model]\nunbalanced = \"accept\"\n");
    assert_snapshot!(place.viner("run duty.toml -o out"), @"
    exit status 0
    -- stdout
    A duty
    1 policy on baseline icio-2019-tiny (2 regions, 2 sectors, 2019)

     region                     welfare %  real GDP %  real wage %  exports %  imports %  terms of trade %
     ROW     Rest of the world      -1.29       -1.39        -1.39     -25.94     -22.44             -6.18
     USA     United States          +0.94       -1.67        -1.67     -22.44     -25.94             +6.59

    Trade of ROW in billion USD, goods and services
     partner  exports  now  change %  imports  now  change %  share of trade %    now
     USA          0.0  0.0    -25.94      0.0  0.0    -22.44             100.0  100.0
     all          0.0  0.0    -25.94      0.0  0.0    -22.44             100.0  100.0

    certified: every equation holds within [tiny] (worst: [cell]), asked 1e-10
    solved by anderson in 12 evaluations, [time] ms
    -- stderr
    results written to out
    ");
    place.viner("run out -o again").succeeded();
    place.same_tables("out", "again");
}

#[test]
fn the_tolerance_for_tables() {
    let place = place();
    place.edit("bundle/final.csv", "USA,A,24.5", "USA,A,24.6");
    place.viner("check duty.toml").failed(1);
    place.viner("check duty.toml --tolerance 0.01").succeeded();
    place.viner("run duty.toml -o out").failed(1);
    place.viner("run duty.toml -o out --tolerance 0.01").succeeded();
    assert_eq!(place.json("out/manifest.json")["baseline"]["table_tolerance"], 0.01);
    // The manifest knows what was accepted.
    place.viner("run out -o again").succeeded();
    place.same_tables("out", "again");
    place.viner("run out --tolerance 1e-6").failed(1);
}
