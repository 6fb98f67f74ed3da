//! Exit status 3: the input is right and the model has no answer.

use insta::assert_snapshot;

use crate::support::{Place, replace_between};

#[test]
fn a_market_without_supplier() {
    let place = Place::new();
    place.write(
        "no-oil.toml",
        r#"
        title = "No oil"
        [[policy]]
        kind = "embargo"
        exporter = "*"
        importer = "RUS"
        sector = "B"
        domestic = true
        "#,
    );
    let ran = place.viner("run no-oil.toml -o out").failed(3);
    assert_snapshot!(ran, @"
    exit status 3
    -- stderr
    error: scenario `No oil`: the policies cannot hold together: `RUS/B` has no supplier left
    hint: leave part of the trade: `share` below 1 in an embargo or exit on this sector
    ");
    assert_eq!(place.viner("check no-oil.toml").to_string(), ran.to_string());
    assert_eq!(place.names(""), ["no-oil.toml"]);
}

const WALL: &str = r#"
    title = "A wall"
    [[policy]]
    kind = "tariff"
    exporter = "*"
    importer = "RUS"
    sector = "*"
    rate = 10000
    both_ways = true
    "#;

#[test]
fn prohibitive_tariffs_with_fixed_deficits() {
    let place = Place::new();
    place.write("wall.toml", WALL);
    let ran = place.viner("run wall.toml -o out").failed(3);
    // How many evaluations a search without result takes is a matter of rounding.
    let said = replace_between(&ran.stderr, "numbers after ", " evaluations", "[count]");
    assert_snapshot!(said, @r#"
    error: scenario `A wall`: no equilibrium found: the iteration left the range of finite numbers after [count] evaluations; worst market `RUS/I` (output), off by more than any number, expected at most 1e-10
    hint: `deficits = "fixed"` makes regions in surplus go on paying out the same amount however little they can sell; try "income-share" or "balanced"
    hint: weaker policies have an equilibrium: with every ln(1 + rate), ln(1 + change) and removed share at 25 % of what is asked
    hint: raise very low elasticities or lower `specific_factor_share` in the sector named, or take a looser `solver.tolerance`
    "#);
    assert_eq!(place.names(""), ["wall.toml"]);
    // What the hint proposes helps.
    place.viner("run wall.toml --set model.deficits=balanced -o out").succeeded();
}

#[test]
fn too_few_evaluations() {
    let place = Place::new();
    let ran = place.viner("run --set solver.max_evaluations=5 -o out").failed(3);
    assert_snapshot!(ran, @r#"
    exit status 3
    -- stderr
    error: scenario `Western sanctions on Russia, 2022-2023`: no equilibrium found: the iteration ran out of evaluations after 7 evaluations; worst market `RUS→ARG/B` (limit of `policy.14`), off by 7.8e-2, expected at most 1e-10
    hint: `deficits = "fixed"` makes regions in surplus go on paying out the same amount however little they can sell; try "income-share" or "balanced"
    hint: raise `solver.max_evaluations`
    hint: raise very low elasticities or lower `specific_factor_share` in the sector named, or take a looser `solver.tolerance`
    "#);
    assert!(place.names("").is_empty());
}

/// No solution is exact to the last bit: one that is asked for is not certified.
#[test]
fn more_precision_than_numbers_have() {
    let place = Place::new();
    let ran = place.viner("run --set solver.tolerance=1e-300 -o out").failed(3);
    assert!(ran.stderr.contains("is not certified"), "{ran}");
    assert!(ran.stderr.contains("expected at most 1e-300"), "{ran}");
    assert!(place.names("").is_empty());
}

/// An earlier result stays where it is.
#[test]
fn a_run_that_fails_replaces_nothing() {
    let place = Place::new();
    place.viner("run -o out").succeeded();
    let before = place.tables("out");
    place.viner("run --set solver.max_evaluations=5 -o out").failed(3);
    assert!(place.tables("out") == before);
    assert_eq!(place.names(""), ["out"]);
}
