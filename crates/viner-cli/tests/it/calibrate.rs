//! `viner calibrate`, and what a calibration does to paths and backtests.

use insta::assert_snapshot;

use crate::support::Place;

const PLAN: &str = r#"
title = "A fitted duty"
baseline = "bundle"
calibrate = "sizes.toml"
[path]
years = [2021, 2022]
elasticity_path = "constant"
[[policy]]
name = "duty"
kind = "tariff"
exporter = "ROW"
importer = "USA"
sector = "A"
rate = 0.2
from = 2022-01-01
"#;

/// The figure is what the model says at 0.35.
const SIZES: &str = r#"
title = "The duty"
[[choose]]
key = "policy.duty.rate"
lower = 0.0
upper = 1.0
start = 0.1
[[training]]
id = "imports"
target = "growth(flow(ROW, USA, A), 2022)"
value = FIGURE
sd = 1
unit = "%"
source = "the model"
uses = ["row"]
"#;

const SAME: f64 = 1e-6;

fn growth(place: &Place, plan: &str) -> f64 {
    let json = place.viner(&format!("path {plan} --json --of growth(flow(ROW,USA,A),2022)"));
    json.succeeded().json()["years"][1]["outcomes"][0]["value"].as_f64().unwrap()
}

fn place() -> Place {
    let place = Place::with_bundle();
    let plain = PLAN.replace("calibrate = \"sizes.toml\"\n", "");
    place.write("plain.toml", &plain);
    place.write("truth.toml", &plain.replace("rate = 0.2", "rate = 0.35"));
    let figure = 100.0 * growth(&place, "truth.toml");
    place.write("plan.toml", PLAN);
    place.write("sizes.toml", &SIZES.replace("FIGURE", &format!("{figure:?}")));
    place
}

#[test]
fn sizes_are_fitted_written_and_applied() {
    let place = place();
    let checked = place.viner("check plan.toml").succeeded();
    assert!(checked.stdout.contains("a path of 2 years, sizes to fit: 1"), "{checked}");
    let ran =
        place.viner("calibrate plan.toml -o out --sizes fitted.toml --format csv").succeeded();
    assert!(ran.stdout.starts_with("A fitted duty\n"), "{ran}");
    let found = place.number("out/calibrated.csv", &[("key", "policy.duty.rate")], "value");
    assert!((found - 0.35).abs() < SAME, "{found}");
    assert_eq!(
        place.header("out/calibrated.csv"),
        "key,lower,upper,start,value,sd,at_bound,identified,left_out_low,left_out_high"
    );
    assert_eq!(
        place.header("out/training.csv"),
        "id,group,target,unit,figure,sd,before,after,left_out,uses,source"
    );
    assert_eq!(place.header("out/left_out.csv"), "group,rows,before,after,left_out,not_told");

    // The plan applies what is written, and the user has the last word.
    assert!((growth(&place, "plan.toml") - growth(&place, "plain.toml")).abs() < 1e-9);
    let fitted = place.read("fitted.toml");
    assert!(fitted.starts_with("[fitted]\n\"policy.duty.rate\" = 0.3"), "{fitted}");
    place.write("sizes.toml", &(place.read("sizes.toml") + &fitted));
    assert!((growth(&place, "plan.toml") - growth(&place, "truth.toml")).abs() < SAME);
    let set = growth(&place, "plan.toml --set policy.duty.rate=0.2");
    assert!((set - growth(&place, "plain.toml")).abs() < 1e-9);

    // The manifest repeats the fit without the file.
    place.viner("calibrate out -o again --format csv").succeeded();
    assert_eq!(place.read("out/calibrated.csv"), place.read("again/calibrated.csv"));
}

const EVIDENCE: &str = "id,document,check_kind,in_scope,agreement,confidence,official_value,official_unit,\
                        official_basis,direction\n";

#[test]
fn figures_of_the_training_set_are_not_scored() {
    let place = place();
    let figure = 100.0 * growth(&place, "truth.toml");
    let row = |id: &str, value: f64| {
        format!("{id},d,number,yes,agrees,high,{value:?},% y/y,search,down\n")
    };
    let rows = row("row", figure) + &row("other", figure) + &row("third", -5.0);
    place.write("facts/evidence.csv", &(EVIDENCE.to_owned() + &rows));
    let expression = "simulation,\"100 * growth(flow(ROW, USA, A), 2022)\"\n";
    let rows: String = ["row", "other", "third"].map(|id| format!("{id},{expression}")).concat();
    place.write("facts/expressions.csv", &("id,part,expression\n".to_owned() + &rows));
    let ran = place.viner("backtest plan.toml --evidence facts --json --page page.md").succeeded();
    assert!(ran.stderr.contains("`other` and figure `imports` of the calibration are one number"));
    let json = ran.json();
    let status = |at: usize| json["rows"][at]["status"].as_str().unwrap().to_owned();
    assert_eq!([status(0), status(1), status(2)], ["calibration", "scored", "scored"]);
    assert_eq!(json["calibration"], 1);
    // Fitted at once, since the plan gives no fitted size.
    assert!((json["rows"][1]["model"].as_f64().unwrap() - figure).abs() < 1e-3);
    let page = place.read("page.md");
    assert!(page.contains("## Calibration") && page.contains("| `policy.duty.rate` |"), "{page}");
    assert!(page.contains("the figure `imports` that sizes are fitted to"), "{page}");

    // Told beside a plan that keeps its own sizes.
    let ran = place
        .viner("backtest plain.toml --evidence facts --fit sizes.toml --json --page page.md")
        .succeeded();
    let json = ran.json();
    let own = 100.0 * growth(&place, "plain.toml");
    assert!((json["rows"][1]["model"].as_f64().unwrap() - own).abs() < 1e-9);
    let found = json["fit"]["sizes"][0]["value"].as_f64().unwrap();
    assert!((found - 0.35).abs() < SAME, "{found}");
    let page = place.read("page.md");
    assert!(page.contains("## Calibration") && page.contains("keeps its own sizes"), "{page}");
    assert_snapshot!(place.viner("backtest plan.toml --evidence facts --fit sizes.toml"), @"
    exit status 1
    -- stderr
    warning: `other` and figure `imports` of the calibration are one number: if it is one figure, name the row in `uses`
    error: `--fit` and the plan's `calibrate` contradict each other
    ");

    // Sizes that are not those of the figures are remarked.
    place.write(
        "sizes.toml",
        &(place.read("sizes.toml") + "[fitted]\n\"policy.duty.rate\" = 0.5\n"),
    );
    let ran = place.viner("backtest plan.toml --evidence facts --page page.md").succeeded();
    assert!(ran.stderr.contains("the plan's `policy.duty.rate` is not the fitted 0.3"), "{ran}");
    place.edit("sizes.toml", "[\"row\"]", "[\"rwo\"]");
    assert_snapshot!(place.viner("backtest plan.toml --evidence facts"), @"
    exit status 1
    -- stderr
    error: unknown statement `rwo`; did you mean `row`?
      at sizes.toml, line 15, column 8, key `training.0.uses`
    ");
}

#[test]
fn calibrations_that_are_wrong() {
    let place = place();
    assert_snapshot!(place.viner("calibrate plain.toml"), @"
    exit status 1
    -- stderr
    error: the plan has no calibration
      at plain.toml
      expected a table `[calibrate]`, or `calibrate` with the name of one
    ");
    place.edit("plan.toml", "sizes.toml", "size.toml");
    assert_snapshot!(place.viner("calibrate plan.toml"), @"
    exit status 1
    -- stderr
    error: unknown calibration `size.toml`
      at plan.toml, line 4, column 13, key `calibrate`
      expected `case-2022`
    hint: a calibration is a table, a TOML file beside the plan, or built in
    ");
    place.edit("plan.toml", "size.toml", "sizes.toml");
    let text = place.read("sizes.toml");
    let wrong = text.replace("sd = 1", "sd = 0").replace("unit = \"%\"", "unit = \"percent\"");
    place.write("sizes.toml", &wrong);
    assert_snapshot!(place.viner("calibrate plan.toml"), @"
    exit status 1
    -- stderr
    error: unknown unit `percent`
      at sizes.toml, line 8, column 1, key `training.0.unit`
      expected one of `fraction`, `%`, `ratio`, `million USD`, `billion USD`

    error: `sd` is out of range
      at sizes.toml, line 12, column 6, key `training.0.sd`
      found 0, expected a finite number above 0
    ");
    let wrong = text.replace("duty.rate", "duty.rte").replace("USA, A", "USB, A");
    place.write("sizes.toml", &wrong);
    assert_snapshot!(place.viner("calibrate plan.toml"), @"
    exit status 1
    -- stderr
    error: unknown region `USB`; did you mean `USA`?
      at sizes.toml, line 10, column 10, key `training.0.target`
    hint: in `growth(flow(ROW, USB, A), 2022)`

    error: unknown key `rte`; did you mean `rate`?
      at sizes.toml, line 4, column 7, key `choose.0.key`
    hint: at 0
    ");
    let told = place.viner("calibrate plan.toml").stderr;
    assert_eq!(place.viner("check plan.toml").stderr, told);
}
