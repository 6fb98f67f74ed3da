//! `--set` on any key of a scenario.

use insta::assert_snapshot;

use crate::support::Place;

const DUTY: &str = r#"title = "A duty"

[groups]
rich = ["USA", "CAN"]

[[policy]]
name = "duty"
kind = "tariff"
exporter = "CHN"
importer = "rich"
sector = "C"
rate = 0.25
"#;

fn place() -> Place {
    let place = Place::new();
    place.write("duty.toml", DUTY);
    place
}

/// An override and the same text written in the file give the same bits.
#[test]
fn an_override_is_as_if_it_were_written() {
    let overrides = [
        ("model.trade_elasticity=6", "[groups]", "[model]\ntrade_elasticity = 6\n[groups]"),
        (
            "model.trade_elasticity.C=3",
            "[groups]",
            "[model]\ntrade_elasticity = { C = 3 }\n[groups]",
        ),
        (
            "model.specific_factor_share.CHN.C=0.5",
            "[groups]",
            "[model.specific_factor_share]\n\"CHN.C\" = 0.5\n[groups]",
        ),
        (
            "model.deficits=income-share",
            "[groups]",
            "[model]\ndeficits = \"income-share\"\n[groups]",
        ),
        ("policy.0.rate=0.5", "rate = 0.25", "rate = 0.5"),
        ("policy.duty.rate=0.5", "rate = 0.25", "rate = 0.5"),
        ("policy.tariff.rate=0.5", "rate = 0.25", "rate = 0.5"),
        ("policy.0.sector=[\"C\",\"A\"]", "sector = \"C\"", "sector = [\"C\", \"A\"]"),
        ("groups.rich=[\"USA\"]", "[\"USA\", \"CAN\"]", "[\"USA\"]"),
        ("title=Other", "A duty", "Other"),
    ];
    let place = place();
    place.viner("run duty.toml -o plain").succeeded();
    for (set, from, to) in overrides {
        let by_option = place.viner(&format!("run duty.toml --set {set} -o set")).succeeded();
        place.write("written.toml", &DUTY.replacen(from, to, 1));
        let by_text = place.viner("run written.toml -o written").succeeded();
        place.same_tables("set", "written");
        let without_folder =
            |ran: &crate::support::Ran| ran.to_string().replace("to written", "to set");
        assert_eq!(without_folder(&by_option), without_folder(&by_text), "{set}");
        assert_eq!(place.tables("set") == place.tables("plain"), set.starts_with("title"), "{set}");
        assert_eq!(place.json("set/manifest.json")["scenario"]["set"][0], set);
    }
}

/// The size of a built-in policy, by its name.
#[test]
fn a_cap_of_a_built_in_scenario() {
    let place = Place::new();
    let at = |set: &str| {
        let set = format!("policy.oil-price-cap.{set}");
        let ran = place.viner(&format!("run price-cap-ladder --json --set {set} -o out"));
        let json = ran.succeeded().json();
        let wedges = json["instruments"]["wedges"].as_array().unwrap();
        let cap = wedges.iter().find(|wedge| wedge["policy"] == "oil-price-cap").unwrap();
        let level = place.number("out/caps.csv", &[("policy", "oil-price-cap")], "cap");
        (level, cap["regime"].as_str().unwrap().to_owned())
    };
    assert_eq!(at("cap_usd=75"), (75.0 / 82.0, "slack".to_owned()));
    assert_eq!(at("cap_usd=50"), (50.0 / 82.0, "shadow-only-full".to_owned()));
    assert_eq!(at("reference_usd=120"), (0.5, "shadow-only-full".to_owned()));
    let wrong =
        place.viner("run price-cap-ladder --set policy.oil-price-cap.cap_usd=0 -o wrong").failed(1);
    assert!(wrong.stderr.contains("--set, key `policy.9.cap_usd`"), "{wrong}");
    assert_eq!(place.names(""), ["out"]);
}

#[test]
fn the_last_one_on_a_key_holds() {
    let place = place();
    place.viner("run duty.toml --set policy.0.rate=0.1 --set policy.0.rate=0.5 -o two").succeeded();
    place.viner("run duty.toml --set policy.0.rate=0.5 -o one").succeeded();
    place.same_tables("one", "two");
}

#[test]
fn the_focus_of_the_report() {
    let place = place();
    let ran = place.viner("run duty.toml --set report.focus=rich --set report.partners=[\"CHN\"]");
    let trade = ran.succeeded().stdout;
    let (_, trade) = trade.split_once("Trade of rich").unwrap();
    let partners: Vec<&str> =
        trade.lines().skip(2).map_while(|line| line.split_whitespace().next()).collect();
    assert_eq!(partners, ["CHN", "all"]);
}

#[test]
fn wrong_overrides() {
    let place = place();
    let wrong = |set: &str| place.viner(&format!("run duty.toml -o out --set {set}")).failed(1);
    assert_snapshot!(wrong("rate"), @"
    exit status 1
    -- stderr
    error: `rate` is no override
      at --set
      expected key=value, such as `model.trade_elasticity=6`
    ");
    assert_snapshot!(wrong("model.trade_elastcity=3"), @"
    exit status 1
    -- stderr
    error: unknown key `trade_elastcity`; did you mean `trade_elasticity`?
      at --set, key `model.trade_elastcity`
    ");
    assert_snapshot!(wrong("model.trade_elasticity=0"), @"
    exit status 1
    -- stderr
    error: `trade_elasticity` is out of range
      at --set, key `model.trade_elasticity`
      found 0, expected a finite number above 0
    ");
    assert_snapshot!(wrong("policy.0.rate=much"), @r#"
    exit status 1
    -- stderr
    error: `rate` has a value of the wrong type
      at --set, key `policy.0.rate`
      found the text "much", expected a finite rate above -1 (-100 %)
    "#);
    for not_a_rate in ["nan", "inf", "-1", "-1.5", "true", "[0.1]"] {
        wrong(&format!("policy.0.rate={not_a_rate}"));
    }
    assert_snapshot!(wrong("policy.7.rate=0.5"), @"
    exit status 1
    -- stderr
    error: unknown policy `7`
      at --set, key `policy.7.rate`
      expected one of `duty`, `tariff`, `0`
    ");
    assert_snapshot!(wrong("policy.dutty.rate=0.5"), @"
    exit status 1
    -- stderr
    error: unknown policy `dutty`; did you mean `duty`?
      at --set, key `policy.dutty.rate`
    ");
    assert_snapshot!(wrong("policy.0.exporter=CNH"), @"
    exit status 1
    -- stderr
    error: unknown region `CNH`; did you mean `CHN`?
      at --set, key `policy.0.exporter`
    ");
    assert_snapshot!(wrong("report.focus=USS"), @"
    exit status 1
    -- stderr
    error: unknown region `USS`; did you mean `USA`?
      at --set, key `report.focus`
    ");
    assert_eq!(place.names(""), ["duty.toml"]);
}
