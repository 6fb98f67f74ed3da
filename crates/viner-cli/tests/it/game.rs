//! `viner game`.

use insta::assert_snapshot;

use crate::support::Place;

/// Welfare of one equilibrium found from two starts: certified to 1e-10, solved to a thousandth of it.
const SAME: f64 = 1e-9;

/// A plan with the tables of its scenario in it: two regions, two sectors.
const INLINE: &str = r#"
title = "Two blocs"
baseline = "bundle"

[[player]]
name = "Rest"
members = ["ROW"]
[[player.action]]
name = "sell"
[[player.action]]
name = "tax"
value = [{ when = { America = "answer" }, value = -0.01 }, { value = 0.02 }]
policies = [{ kind = "export-tax", exporter = "ROW", importer = "USA", sector = "*", rate = 0.2 }]

[[player]]
name = "America"
members = ["USA"]
weights = { USA = 3 }
[[player.action]]
name = "trade"
[[player.action]]
name = "answer"
value = 0.001
[[player.action.policies]]
kind = "tariff"
exporter = "ROW"
importer = "USA"
sector = "A"
rate = 0.5
when = { Rest = ["tax"] }
"#;

const PAYOFFS: &str = "player,payoff,welfare,value,break_even,break_even_million_usd,best_reply";
const EQUILIBRIA: &str =
    "kind,equilibrium,player,action,probability,payoff,break_even,break_even_million_usd";

#[test]
fn the_built_in_plan() {
    let place = Place::new();
    let ran = place.viner("game secondary-sanctions-game -o out").succeeded();
    assert!(ran.stdout.starts_with("Secondary sanctions on China: supply or comply\n"), "{ran}");
    assert!(ran.stdout.contains("\nequilibrium: "), "{ran}");
    assert_eq!(place.header("out/payoffs.csv"), format!("China,Coalition,{PAYOFFS}"));
    assert_eq!(place.header("out/equilibria.csv"), EQUILIBRIA);
    assert_eq!(place.names("out"), ["equilibria.csv", "manifest.json", "payoffs.csv"]);

    // Nobody does anything beyond the scenario: its own result.
    place.viner("run western-sanctions-2022 -o run").succeeded();
    let alone = [("China", "supply"), ("Coalition", "nothing"), ("player", "China")];
    let payoff = place.number("out/payoffs.csv", &alone, "payoff");
    let welfare = place.number("run/regions.csv", &[("region", "CHN")], "welfare");
    assert!((payoff - welfare).abs() < SAME, "{payoff} and {welfare}");

    // What supplying must be worth under a threat is what complying saves.
    let threat = [("China", "supply"), ("Coalition", "duties"), ("player", "China")];
    let comply = [("China", "comply"), ("Coalition", "duties"), ("player", "China")];
    let number = |cell: &[(&str, &str)], column| place.number("out/payoffs.csv", cell, column);
    let saved = number(&comply, "welfare") - number(&threat, "welfare");
    assert!((number(&threat, "break_even") - saved).abs() < 1e-15, "{saved}");
    let spending = place.number("run/regions.csv", &[("region", "CHN")], "income_base");
    let money = number(&threat, "break_even_million_usd");
    assert!((money / spending - saved).abs() < 1e-12, "{money}");
}

#[test]
fn values_and_conditions() {
    let place = Place::with_bundle();
    place.write("plan.toml", INLINE);
    place.viner("game plan.toml -o out").succeeded();
    let number = |rest: &str, america: &str, player: &str, column: &str| {
        let cell = [("Rest", rest), ("America", america), ("player", player)];
        place.number("out/payoffs.csv", &cell, column)
    };
    for (rest, america, player, value) in [
        ("sell", "trade", "Rest", 0.0),
        ("tax", "trade", "Rest", 0.02),
        ("tax", "answer", "Rest", -0.01),
        ("sell", "answer", "America", 0.001),
    ] {
        assert_eq!(number(rest, america, player, "value"), value);
        let payoff = number(rest, america, player, "welfare") + value;
        assert_eq!(number(rest, america, player, "payoff"), payoff);
    }
    // The answer is given to a tax only.
    assert_eq!(number("sell", "trade", "America", "welfare"), 0.0);
    assert!(number("sell", "answer", "America", "welfare").abs() < SAME);
    let answered = number("tax", "answer", "America", "welfare");
    assert!((answered - number("tax", "trade", "America", "welfare")).abs() > 1e-4, "{answered}");
    // The value is no part of the break-even, which is what the value must be.
    let lead = number("tax", "trade", "Rest", "break_even");
    let gain =
        number("sell", "trade", "Rest", "welfare") - number("tax", "trade", "Rest", "welfare");
    assert!((lead - gain).abs() < 1e-15);
}

#[test]
fn threads_and_repetition_change_nothing() {
    let place = Place::with_bundle();
    place.write("base.toml", "baseline = \"bundle\"\n");
    let plan = INLINE.replace("baseline = \"bundle\"", "scenario = \"base.toml\"");
    place.write("plan.toml", &plan);
    place.viner("game plan.toml --threads 1 -o one --set model.trade_elasticity=3").succeeded();
    place.viner("game plan.toml --threads 3 -o three --set model.trade_elasticity=3").succeeded();
    assert_eq!(place.tables("one"), place.tables("three"));
    // The manifest holds the plan and the scenario that it names.
    place.write("plan.toml", "");
    place.write("base.toml", "");
    place.viner("game one -o again").succeeded();
    assert_eq!(place.tables("one"), place.tables("again"));
    let inline = place.viner("game three --json").succeeded().json();
    assert_eq!(inline["players"][0]["actions"][1], "tax");
}

#[test]
fn overrides_reach_the_plan_and_its_scenario() {
    let place = Place::new();
    let game = "game secondary-sanctions-game --json --set";
    let set = |set: &str| place.viner(&format!("{game} {set}")).succeeded().json();
    let value = set("player.China.action.supply.value=0.01");
    assert_eq!(value["payoffs"][0]["players"]["China"]["value"], 0.01);
    let elastic = set("model.trade_elasticity=8");
    assert_ne!(
        elastic["payoffs"][0]["players"]["China"]["welfare"],
        value["payoffs"][0]["players"]["China"]["welfare"]
    );
}

#[test]
fn as_json() {
    let place = Place::new();
    let json = place.viner("game secondary-sanctions-game --json").succeeded().json();
    assert_eq!(json["players"][0]["player"], "China");
    assert_eq!(json["payoffs"].as_array().unwrap().len(), 8);
    let reply = &json["payoffs"][0]["players"]["China"]["best_reply"];
    assert!(reply.is_boolean(), "{reply}");
    assert!(json["equilibria"]["pure"].is_array());
}

#[test]
fn three_players_are_listed() {
    let place = Place::with_bundle();
    let third = "\n[[player]]\nname = \"Third\"\nmembers = [\"ROW\", \"USA\"]\n[[player.action]]\nname = \"watch\"\n";
    place.write("plan.toml", &format!("{INLINE}{third}"));
    let ran = place.viner("game plan.toml -o out --format csv,parquet,xlsx").succeeded();
    assert!(ran.stdout.contains("Rest  America  Third"), "{ran}");
    assert_eq!(place.header("out/payoffs.csv"), format!("Rest,America,Third,{PAYOFFS}"));
    assert_eq!(
        place.names("out"),
        [
            "equilibria.csv",
            "equilibria.parquet",
            "manifest.json",
            "payoffs.csv",
            "payoffs.parquet",
            "results.xlsx"
        ]
    );
    // Who has one action has nothing to value.
    let watch = [("Rest", "sell"), ("America", "trade"), ("player", "Third")];
    let row = place
        .rows("out/payoffs.csv")
        .into_iter()
        .find(|row| watch.iter().all(|(column, value)| row[*column] == *value));
    assert_eq!(row.unwrap()["break_even"], "");
}

/// Everything that is wrong, in the plan and on the baseline, at once.
#[test]
fn all_mistakes_at_once() {
    let place = Place::with_bundle();
    place.write(
        "plan.toml",
        r#"baseline = "bundle"
[[player]]
name = "East"
member = ["ROW"]
members = ["RWO"]
weights = { USA = 1 }
[[player.action]]
name = "supply"
policies = [{ kind = "tariff", exporter = "ROW", importer = "UAS", sector = "A", rate = 0.1 }]
[[player.action]]
name = "supply"
value = "much"
[[player]]
name = "East"
members = ["USA"]
[[player.action]]
name = "punish"
policies = [
  { kind = "tarif", exporter = "ROW", importer = "USA", sector = "A", rate = 0.1 },
  { kind = "tariff", exporter = "ROW", importer = "USA", sector = "A", rate = -3, when = { Eest = "supply" } },
]
[[player]]
name = "payoff"
members = "USA"
[[player.action]]
name = "wait"
policies = [
  { kind = "tariff", exporter = "ROW", importer = "USA", sector = "A", rate = 0.1, when = { East = "suply" } },
  { kind = "tariff", exporter = "ROW", importer = "USA", sector = "A", rate = 0.1, when = { payoff = "wait" } },
]
"#,
    );
    assert_snapshot!(place.viner("game plan.toml"), @r#"
    exit status 1
    -- stderr
    error: unknown key `member`; did you mean `members`?
      at plan.toml, line 4, column 1, key `player.0.member`

    error: name `supply` is used twice
      at plan.toml, line 11, column 8, key `player.0.action.1.name`
      expected another name than that of `player.0.action.0`

    error: `value` has a value of the wrong type
      at plan.toml, line 12, column 9, key `player.0.action.1.value`
      found the text "much", expected a number, or a list of tables with `when` and `value`

    error: name `East` is used twice
      at plan.toml, line 14, column 8, key `player.1.name`
      expected another name than that of `player.0`

    error: unknown policy kind `tarif`; did you mean `tariff`?
      at plan.toml, line 19, column 12, key `player.1.action.0.policies.0.kind`

    error: `rate` is out of range
      at plan.toml, line 20, column 79, key `player.1.action.0.policies.1.rate`
      found -3, expected a finite rate above -1 (-100 %)

    error: unknown player `Eest`; did you mean `East`?
      at plan.toml, line 20, column 92, key `player.1.action.0.policies.1.when.Eest`

    error: `payoff` is the name of a column of the results
      at plan.toml, line 23, column 8, key `player.2.name`
      expected another name

    error: unknown action of `East` `suply`; did you mean `supply`?
      at plan.toml, line 28, column 100, key `player.2.action.0.policies.0.when.East`

    error: `when` names the player `payoff` itself
      at plan.toml, line 29, column 93, key `player.2.action.0.policies.1.when.payoff`
      expected other players: what belongs to an action applies where it is chosen

    error: unknown region `RWO`; did you mean `ROW`?
      at plan.toml, line 5, column 12, key `player.0.members.0`

    error: unknown member of the player: `USA`
      at plan.toml, line 6, column 19, key `player.0.weights.USA`

    error: unknown region `UAS`; did you mean `USA`?
      at plan.toml, line 9, column 61, key `player.0.action.0.policies.0.importer`

    error: sets the tariff of `ROW→USA/A`, which `player.1.action.0.policies.1` sets already
      at plan.toml, line 28, column 79, key `player.2.action.0.policies.0.rate`
    hint: write `override = true` in the later policy if it shall replace the earlier one

    error: sets the tariff of `ROW→USA/A`, which `player.2.action.0.policies.0` sets already
      at plan.toml, line 29, column 79, key `player.2.action.0.policies.1.rate`
    hint: write `override = true` in the later policy if it shall replace the earlier one
    "#);
}

/// Two actions that set the same thing contradict each other in the combination that has both.
#[test]
fn actions_that_contradict_each_other() {
    let place = Place::with_bundle();
    let twice = INLINE.replace("kind = \"export-tax\"", "kind = \"tariff\"");
    place.write("plan.toml", &twice);
    assert_snapshot!(place.viner("game plan.toml"), @"
    exit status 1
    -- stderr
    error: sets the tariff of `ROW→USA/A`, which `player.0.action.1.policies.0` sets already
      at plan.toml, line 29, column 8, key `player.1.action.1.policies.0.rate`
    hint: write `override = true` in the later policy if it shall replace the earlier one
    ");
}

#[test]
fn too_many_combinations() {
    let place = Place::with_bundle();
    let player = |number: usize| {
        format!("[[player]]\nname = \"p{number}\"\nmembers = [\"USA\"]\n")
            + "[[player.action]]\nname = \"a\"\n[[player.action]]\nname = \"b\"\n"
    };
    let players: String = (0..13).map(player).collect();
    let plan = format!("baseline = \"bundle\"\n{players}");
    place.write("plan.toml", &plan);
    assert_snapshot!(place.viner("game plan.toml"), @"
    exit status 1
    -- stderr
    error: the actions of all players make 8192 combinations
      at plan.toml, line 2, column 1, key `player`
      expected at most 4096, each of which is an equilibrium to solve
    ");
}

/// The combination without equilibrium is named.
#[test]
fn a_combination_without_equilibrium() {
    let place = Place::with_bundle();
    let ban = |from: &str| {
        format!(
            "{{ kind = \"embargo\", exporter = \"{from}\", importer = \"USA\", sector = \"A\" }}"
        )
    };
    let player = |name: &str, from: &str| {
        format!(
            "[[player]]\nname = \"{name}\"\nmembers = [\"{from}\"]\n\
             [[player.action]]\nname = \"open\"\n\
             [[player.action]]\nname = \"shut\"\npolicies = [{}]\n",
            ban(from)
        )
    };
    let players = player("Abroad", "ROW") + &player("Home", "USA");
    place.write("plan.toml", &format!("title = \"Ban\"\nbaseline = \"bundle\"\n{players}"));
    assert_snapshot!(place.viner("game plan.toml -o out"), @"
    exit status 3
    -- stderr
    error: combination `Abroad = shut, Home = shut` of game `Ban`: the policies cannot hold together: `USA/A` has no supplier left
    hint: leave part of the trade: `share` below 1 in an embargo or exit on this sector
    ");
    assert!(!place.path("out").exists());
}

#[test]
fn unknown_names_and_other_manifests() {
    let place = Place::with_bundle();
    assert_snapshot!(place.viner("game secondary-sanction-game"), @"
    exit status 1
    -- stderr
    error: unknown plan `secondary-sanction-game`; did you mean `secondary-sanctions-game`?
    hint: a plan is a TOML file, or a name that `viner list` shows
    ");
    place.write("plan.toml", "scenario = \"western-sanction-2022\"\nmodel = {}\n[[player]]\nname = \"a\"\nmembers = [\"USA\"]\n[[player.action]]\nname = \"b\"\n");
    assert_snapshot!(place.viner("game plan.toml"), @"
    exit status 1
    -- stderr
    error: `model` and `scenario` contradict each other
      at plan.toml, line 2, column 1, key `model`
      expected a scenario by its name, or its tables in the plan

    error: unknown scenario `western-sanction-2022`; did you mean `western-sanctions-2022`?
      at plan.toml, line 1, column 12, key `scenario`
    hint: a scenario is a TOML file, or a name that `viner list` shows
    ");
    place.write("base.toml", "baseline = \"bundle\"\n");
    place.viner("run base.toml -o run").succeeded();
    assert_snapshot!(place.viner("game run"), @"
    exit status 1
    -- stderr
    error: the manifest holds no plan
      at run/manifest.json, key `plan`
      expected the manifest that `viner game` writes
    ");
    place.write("empty.toml", "");
    assert_snapshot!(place.viner("game empty.toml"), @"
    exit status 1
    -- stderr
    error: key `player` is missing
      at empty.toml, line 1, column 1, key `player`
      expected a list of tables, each under `[[player]]`
    ");
}
