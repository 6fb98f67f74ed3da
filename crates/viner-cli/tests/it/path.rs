//! `viner path` and `viner backtest`.

use insta::assert_snapshot;

use crate::support::Place;

/// Both solved to a thousandth of 1e-10.
const SAME: f64 = 1e-9;

const PLAN: &str = r#"
title = "Three years"
baseline = "bundle"
[path]
years = [2021, 2022, 2023]
elasticity_path = { trade_elasticity = { 0 = 0.5, 1 = 1.0 } }
outcomes = ["flow(ROW, USA, A)"]
[[policy]]
name = "duty"
kind = "tariff"
exporter = "ROW"
importer = "USA"
sector = "A"
rate = { 2022 = 0.2, 2023 = 0.4 }
from = 2022-01-01
[[policy]]
name = "ban"
kind = "embargo"
exporter = "ROW"
importer = "USA"
sector = "C10_12"
share = 0.5
from = 2022-07-02
until = 2023-12-31
[[policy]]
name = "aid"
kind = "transfer"
from = "USA"
to = "ROW"
share_of_income = 0.01
since = "2023-01-01"
"#;

fn place() -> Place {
    let place = Place::with_bundle();
    place.write("plan.toml", PLAN);
    place
}

#[test]
fn every_year_is_a_scenario() {
    let place = place();
    let ran = place.viner("path plan.toml -o out").succeeded();
    assert!(ran.stdout.starts_with("Three years\n3 years on baseline"), "{ran}");
    let number = |file: &str, cell: &[(&str, &str)], column: &str| {
        place.number(&format!("out/{file}.csv"), cell, column)
    };
    let part = |year: &str, policy: &str| {
        number("schedule", &[("year", year), ("policy", policy)], "part")
    };
    assert!((part("2022", "ban") - 183.0 / 365.0).abs() < SAME);
    assert_eq!((part("2021", "duty"), part("2022", "duty"), part("2022", "aid")), (0.0, 1.0, 0.0));
    let usa = |year: &str| number("regions", &[("year", year), ("region", "USA")], "welfare");
    assert!(usa("2021").abs() < SAME, "{}", usa("2021"));

    // 2022 by hand: half the elasticity, the duty of the year, half of the ban.
    let hand = "baseline = \"bundle\"\n[model]\ntrade_elasticity = 2.0\n\
        [[policy]]\nkind = \"tariff\"\nexporter = \"ROW\"\nimporter = \"USA\"\nsector = \"A\"\nrate = 0.2\n\
        [[policy]]\nkind = \"embargo\"\nexporter = \"ROW\"\nimporter = \"USA\"\nsector = \"C10_12\"\n";
    place.write("hand.toml", &format!("{hand}share = {}\n", 0.5 * 183.0 / 365.0));
    place.viner("run hand.toml -o hand").succeeded();
    let by_hand = place.number("hand/regions.csv", &[("region", "USA")], "welfare");
    assert!((usa("2022") - by_hand).abs() < SAME, "{} and {by_hand}", usa("2022"));
    let factor = |year: &str| number("years", &[("year", year)], "elasticity_factor");
    assert_eq!((factor("2021"), factor("2022"), factor("2023")), (0.5, 0.5, 1.0));
    let text = place.read("out/outcomes.csv");
    assert!(text.starts_with("year,outcome,value,growth\n2021,\"flow(ROW, USA, A)\","), "{text}");

    // The manifest repeats it.
    place.viner("path out -o again --threads 2").succeeded();
    place.same_tables("out", "again");
}

#[test]
fn a_schedule_dates_the_policies_of_a_scenario() {
    let place = place();
    place.write(
        "scenario.toml",
        "baseline = \"bundle\"\n[[policy]]\nname = \"duty\"\nkind = \"tariff\"\nexporter = \"ROW\"\n\
         importer = \"USA\"\nsector = \"A\"\nrate = 0.2\n",
    );
    place.write(
        "dated.toml",
        "scenario = \"scenario.toml\"\n[path]\nyears = [2021, 2022]\nelasticity_path = \"constant\"\n\
         [schedule]\n\"du*\" = { from = 2022-07-02 }\n[[policy]]\nname = \"cost\"\nkind = \"trade-cost\"\n\
         exporter = \"USA\"\nimporter = \"ROW\"\nsector = \"A\"\nchange = 0.1\nfrom = 2022\n",
    );
    let json =
        place.viner("path dated.toml --json --of growth(flow(ROW,USA,A),2022)").succeeded().json();
    assert_eq!(json["years"][0]["policies"], 0);
    assert_eq!(json["years"][1]["policies"], 2);
    assert!(json["years"][1]["outcomes"][0]["value"].as_f64().unwrap() < 0.0);
    place.edit("dated.toml", "\"USA\"", "\"UAS\"");
    place.edit("dated.toml", "du*", "dy");
    assert_snapshot!(place.viner("path dated.toml"), @"
    exit status 1
    -- stderr
    error: unknown policy `dy`; did you mean `duty`?
      at dated.toml, line 6, column 1, key `schedule.dy`

    error: unknown region `UAS`; did you mean `USA`?
      at dated.toml, line 10, key `policy.1.exporter`
    ");
}

#[test]
fn plans_that_are_wrong() {
    let place = place();
    let plan = PLAN
        .replace("[2021, 2022, 2023]", "[2022, 2021]")
        .replace("from = 2022-01-01", "from = \"soon\"");
    place.write("plan.toml", &plan);
    assert_snapshot!(place.viner("path plan.toml"), @"
    exit status 1
    -- stderr
    error: `years` is no list of years in order
      at plan.toml, line 5, column 9, key `path.years`
      expected a list of years in order, such as [2021, 2022, 2023]
    ");
    place.write("plan.toml", &PLAN.replace("from = 2022-01-01", "from = \"soon\""));
    assert_snapshot!(place.viner("path plan.toml"), @r#"
    exit status 1
    -- stderr
    error: `from` is no date
      at plan.toml, line 15, column 8, key `policy.0.from`
      found the text "soon", expected a date such as 2022-12-05, or a year
    "#);
}

#[test]
fn sectors_have_elasticities_and_years_have_money_of_their_own() {
    let place = place();
    let plan = PLAN.replace(
        "elasticity_path = { trade_elasticity = { 0 = 0.5, 1 = 1.0 } }",
        "elasticity_path = { trade_elasticity = { 0 = 0.5, 1 = 1.0 }, sectors = { A = \"constant\" } }\n\
         world_income = { 2022 = 2.0 }",
    );
    place.write("rich.toml", &plan);
    let value = |plan: &str, of: &str| {
        let json = place.viner(&format!("path {plan} --json --of {of}")).succeeded().json();
        let told = json["years"][1]["outcomes"].as_array().unwrap().last().unwrap().clone();
        told["value"].as_f64().unwrap()
    };
    // The duty is on A: with the whole elasticity at once it stops more, in money that is worth half.
    let less = value("rich.toml", "flow(ROW,USA,A)/2") / value("plan.toml", "flow(ROW,USA,A)");
    assert!(less < 0.99, "{less}");
    let world =
        value("rich.toml", "value_added(*,*)") / value("rich.toml", "base.value_added(*,*)");
    assert!((world - 2.0).abs() < 1e-9, "{world}");
    place.write("rich.toml", &plan.replace("{ A = \"constant\" }", "{ Q = \"constant\" }"));
    assert_snapshot!(place.viner("path rich.toml"), @"
    exit status 1
    -- stderr
    error: unknown sector `Q`
      at rich.toml, key `path.elasticity_path.sectors.Q`
      expected one of `A`, `C10_12`
    ");
}

/// Between a limit and none there is no mean: a cap of some weeks leaves the price of the year alone.
#[test]
fn a_price_cap_counts_from_half_of_a_year_on() {
    let place = place();
    let plan = |from: &str| {
        let cap = "[[policy]]\nname = \"cap\"\nkind = \"price-cap\"\nexporter = \"ROW\"\nimporter = \"USA\"\n\
                   sector = \"A\"\ncap = 0.8\nshadow_capacity = 0.1\nshadow_cost = 0.05\nfrom = ";
        place.write("capped.toml", &format!("{PLAN}{cap}{from}\n"));
        let ran = place.viner("path capped.toml --json --of price(ROW,A) --of regime(cap)");
        let json = ran.succeeded().json();
        let told = |year: &serde_json::Value| {
            let told = year["outcomes"].as_array().unwrap();
            let [price, regime] = [2, 1].map(|back| told[told.len() - back]["value"].clone());
            (price.as_f64().unwrap(), regime.as_str().unwrap().to_owned())
        };
        json["years"].as_array().unwrap().iter().map(told).collect::<Vec<_>>()
    };
    let (whole, late, never) = (plan("2022-01-01"), plan("2022-07-03"), plan("2024-01-01"));
    assert_eq!((late[1].1.as_str(), never[1].1.as_str()), ("none", "none"));
    assert_ne!(whole[1].1, "none");
    assert!((late[1].0 - never[1].0).abs() < SAME, "{late:?} and {never:?}");
    assert!((late[2].0 - whole[2].0).abs() < SAME, "{late:?} and {whole:?}");
    assert!((plan("2022-07-02")[1].0 - whole[1].0).abs() < SAME);
}

/// A statement about some months: policies count by the days of these.
#[test]
fn statements_about_months() {
    let place = place();
    place.write(
        "constant.toml",
        &PLAN.replace("{ trade_elasticity = { 0 = 0.5, 1 = 1.0 } }", "\"constant\""),
    );
    let evidence = |months: &str| {
        place.write(
            "said/evidence.csv",
            "id,document,check_kind,in_scope,agreement,confidence,official_value,official_basis\n\
             one,a,number,yes,agrees,high,1,search\n",
        );
        let text =
            "id,part,expression,months\none,simulation,\"at(flow(ROW, USA, A|C10_12), 2022)\",";
        place.write("said/expressions.csv", &format!("{text}{months}\n"));
        place.viner("backtest constant.toml --evidence said --json")
    };
    let model =
        |months: &str| evidence(months).succeeded().json()["rows"][0]["model"].as_f64().unwrap();
    // The ban begins on 2 July: before it the year is as without, after it as with the whole ban.
    let by = |ban: &str| {
        let plan = PLAN.replace("{ trade_elasticity = { 0 = 0.5, 1 = 1.0 } }", "\"constant\"");
        place.write("by.toml", &plan.replace("from = 2022-07-02", ban));
        let json =
            place.viner("path by.toml --json --of flow(ROW,USA,A|C10_12)").succeeded().json();
        json["years"][1]["outcomes"].as_array().unwrap().last().unwrap()["value"].as_f64().unwrap()
    };
    let close = |found: f64, expected: f64| {
        assert!((found / expected - 1.0).abs() < SAME, "{found} and {expected}");
    };
    close(model("1-6"), by("from = 2023-01-01"));
    close(model("8"), by("from = 2022-01-01"));
    close(model(""), by("from = 2022-07-02"));
    assert_snapshot!(evidence("4-1"), @"
    exit status 1
    -- stderr
    error: `4-1` are no months of a year
      at key `months of one`
      expected a month such as 4, or 1-4
    ");
}

/// Totals are numbers of the model: their shape is told here, the numbers by the page.
#[test]
fn the_built_in_case_is_scored() {
    let place = Place::new();
    let json = place.viner("backtest --json --page page.md").succeeded().json();
    let number = |key: &str| json[key].as_f64().unwrap();
    let (in_scope, computed) = (number("in_scope"), number("computed"));
    assert!((number("coverage") - computed / in_scope).abs() < SAME);
    for key in ["coverage", "accuracy", "naive_accuracy"] {
        assert!((0.0..=1.0).contains(&number(key)), "{key}: {}", number(key));
    }
    assert!(number("verdicts_right") <= number("verdicts"));
    assert!(json["rows"].as_array().unwrap().len() as f64 >= in_scope);
    let page = place.read("page.md");
    for heading in [
        "## The years",
        "## Where the model is wrong",
        "## Rows that count",
        "## The 10 worst rows",
    ] {
        assert!(page.contains(heading), "{heading}");
    }
    // A forecast is made anew with what was known, and a test of a mechanism knows how sure it is.
    let row = |id: &str| {
        let rows = json["rows"].as_array().unwrap();
        rows.iter().find(|row| row["id"] == id).unwrap().clone()
    };
    let forecast = row("s003-200bn-in-2023");
    assert_ne!(forecast["forecast"], forecast["model"]);
    assert!(row("s001-sanctions-open-opportunity")["spread"].as_f64().unwrap() > 0.0);
    assert!(row("s000-western-10x")["forecast"].is_null());
    assert_eq!(
        format!("{in_scope} {computed} {}", json["calibration"]),
        "73 67 2",
        "rows in scope, computed, left out"
    );
}
