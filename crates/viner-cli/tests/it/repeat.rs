//! A run is repeated from what it wrote, bit for bit.

use crate::support::{Place, steady};

/// A scenario in a folder, its baseline beside that folder, its rates in a table.
fn place() -> Place {
    let place = Place::with_bundle();
    place.write(
        "work/duty.toml",
        r#"
        title = "Duties from a table"
        baseline = "../bundle"
        [model]
        trade_elasticity = "theta.csv"
        [[policy]]
        kind = "tariff"
        file = "rates.csv"
        "#,
    );
    place.write("work/theta.csv", "sector,trade_elasticity\n*,4\nA,6\n");
    place.write(
        "work/rates.csv",
        "exporter,importer,sector,rate\nROW,USA,A,0.1\nUSA,ROW,C10_12,0.3\n",
    );
    place.write("elsewhere/far/away.txt", "");
    place
}

#[test]
fn from_the_folder_and_from_the_manifest() {
    let place = Place::new();
    let first = place.viner("run -o first --welfare-split --embodied").succeeded();
    for source in ["first", "first/", "first/manifest.json"] {
        let again = place.viner(&format!("run {source} -o again --welfare-split --embodied"));
        assert_eq!(steady(&again.succeeded().stdout), steady(&first.stdout));
        place.same_tables("first", "again");
    }
    // Its own folder may be the one to write to, and a repetition may be repeated.
    let before = place.tables("again");
    place.viner("run again -o again --welfare-split --embodied").succeeded();
    assert!(place.tables("again") == before);
}

#[test]
fn from_another_folder_when_the_baseline_is_a_relative_path() {
    let place = place();
    place.viner_in("work", &["run", "duty.toml", "-o", "../first"]).succeeded();
    place.viner("run work/duty.toml -o second").succeeded();
    place.same_tables("first", "second");
    place.viner("run first -o third").succeeded();
    place.same_tables("first", "third");
    let manifest = place.path("second/manifest.json").display().to_string();
    for (folder, source) in [
        ("elsewhere", "../first"),
        ("elsewhere/far", "../../second/manifest.json"),
        ("first", "."),
        ("first", "manifest.json"),
        ("elsewhere/far", manifest.as_str()),
    ] {
        let target = place.path("again").display().to_string();
        place.viner_in(folder, &["run", source, "-o", &target]).succeeded();
        place.same_tables("first", "again");
    }
}

#[test]
fn without_the_scenario_and_its_tables() {
    let place = place();
    let command = "run work/duty.toml -o first --set model.specific_factor_share=0.2";
    place.viner(command).succeeded();
    for name in ["duty.toml", "theta.csv", "rates.csv"] {
        std::fs::remove_file(place.path("work").join(name)).unwrap();
    }
    place.viner("run first -o again").succeeded();
    place.same_tables("first", "again");
    // Overrides add to those of the first run.
    place.viner("run first -o other --set model.trade_elasticity=5").succeeded();
    assert!(place.tables("other") != place.tables("first"));
    let set = &place.json("other/manifest.json")["scenario"]["set"];
    assert_eq!(set.as_array().unwrap().len(), 2);
    place.viner("run other -o again").succeeded();
    place.same_tables("other", "again");
}

#[test]
fn a_baseline_that_was_set() {
    let place = place();
    place.write("work/plain.toml", "baseline = \"icio-2019-g20\"\n");
    place.viner("run work/plain.toml --set baseline=../bundle -o first").succeeded();
    place.viner_in("elsewhere/far", &["run", "../../first", "-o", "../../again"]).succeeded();
    place.same_tables("first", "again");
}

#[test]
fn another_baseline_under_the_same_name_gives_a_warning() {
    let place = place();
    place.viner("run work/duty.toml -o first").succeeded();
    place.edit("bundle/flows.csv", "USA,USA,A,41", "USA,USA,A,42");
    place.edit("bundle/final.csv", "USA,A,24.5", "USA,A,25.5");
    place.edit("bundle/value_added.csv", "USA,A,32.5", "USA,A,33.5");
    let ran = place.viner("run first").succeeded();
    insta::assert_snapshot!(ran.stderr, @"warning: baseline `icio-2019-tiny` is not the one that the manifest records: results will differ");
}

#[test]
fn a_manifest_that_is_none() {
    let place = Place::new();
    place.write("a.json", "{ \"viner\": 1 }");
    insta::assert_snapshot!(place.viner("run a.json").failed(1), @"
    exit status 1
    -- stderr
    error: the manifest holds no scenario
      at a.json, key `scenario.text`
      expected the text of a scenario
    ");
    place.write("a.json", "{ \"viner\": ");
    insta::assert_snapshot!(place.viner("run a.json").failed(1), @"
    exit status 1
    -- stderr
    error: not JSON: EOF while parsing a value at line 1 column 11
      at a.json
      expected the manifest that `viner run` writes
    ");
    place.write("empty/readme.txt", "");
    insta::assert_snapshot!(place.viner("run empty").failed(1), @"
    exit status 1
    -- stderr
    error: cannot read `empty`: [what the system says]
    ");
}

/// Plans whose scenario is their own keep the tables that it names.
#[test]
fn plans_when_their_files_are_gone() {
    const SCENARIO: &str =
        "baseline = \"bundle\"\n[[policy]]\nkind = \"tariff\"\nfile = \"rates.csv\"\n";
    for (command, own) in [
        (
            "sweep",
            "[sweep]\ndraws = 3\noutcomes = [\"welfare(USA)\"]\n\
             [[sweep.vary]]\nkey = \"model.trade_elasticity\"\nvalues = [3, 4]\n",
        ),
        (
            "optimize",
            "[optimize]\nobjective = \"welfare(USA)\"\nmaximize = true\n\
             [[optimize.choose]]\nkind = \"tariff\"\nexporter = \"ROW\"\nimporter = \"USA\"\n\
             sector = \"A\"\nrate = 0.1\nlower = 0.0\nupper = 1.5\n",
        ),
        (
            "game",
            "[[player]]\nname = \"America\"\nmembers = [\"USA\"]\n\
             [[player.action]]\nname = \"trade\"\n[[player.action]]\nname = \"tax\"\npolicies = \
             [{ kind = \"tariff\", exporter = \"ROW\", importer = \"USA\", sector = \"A\", rate = 0.2 }]\n",
        ),
    ] {
        let place = Place::with_bundle();
        place.write("plan.toml", &format!("{SCENARIO}{own}"));
        place.write("rates.csv", "exporter,importer,sector,rate\nUSA,ROW,A,0.5\n");
        place.viner(&format!("{command} plan.toml -o out")).succeeded();
        place.write("plan.toml", "");
        place.write("rates.csv", "");
        place.viner(&format!("{command} out -o again")).succeeded();
        assert_eq!(place.tables("out"), place.tables("again"), "{command}");
    }
}
