//! `viner run --of`.

use insta::assert_snapshot;

use crate::support::Place;

const SCENARIO: &str = "baseline = \"bundle\"\n[groups]\nboth = [\"ROW\", \"USA\"]\n\
    [[policy]]\nname = \"limit\"\nkind = \"quota\"\nexporter = \"ROW\"\nimporter = \"USA\"\n\
    sector = \"A\"\nquantity = 0.5\n";

fn place() -> Place {
    let place = Place::with_bundle();
    place.write("limit.toml", SCENARIO);
    place
}

#[test]
fn outcomes_are_told_and_written() {
    let place = place();
    let of = ["welfare(USA)", "flow(ROW,USA,*)", "quantity(ROW, USA, A)", "regime(limit)"];
    let mut arguments = vec!["run", "limit.toml", "-o", "out"];
    for text in of {
        arguments.extend(["--of", text]);
    }
    let ran = place.viner_in("", &arguments).succeeded();
    assert!(ran.stdout.contains("outcome"), "{ran}");
    assert!(ran.stdout.contains("binding"), "{ran}");
    assert_eq!(place.header("out/outcomes.csv"), "outcome,base,value,word");
    let written = place.read("out/outcomes.csv");
    assert!(written.contains("\"flow(ROW, USA, *)\","), "{written}");
    arguments.push("--json");
    let json = place.viner_in("", &arguments).succeeded().json();
    let welfare = place.number("out/regions.csv", &[("region", "USA")], "welfare");
    // Two orders of the same divisions, less 1.
    let outcome = json["outcomes"][0]["value"].as_f64().unwrap();
    assert!((outcome - welfare).abs() <= 4.0 * f64::EPSILON, "{outcome} and {welfare}");
    assert_eq!(json["outcomes"][0]["base"].as_f64(), Some(0.0));
    assert!((json["outcomes"][2]["value"].as_f64().unwrap() - 0.5).abs() < 1e-9);
    assert_eq!(json["outcomes"][3]["value"], "binding");
    assert_eq!(json["outcomes"][3]["base"], "none");
}

#[test]
fn outcomes_that_are_none() {
    let place = place();
    let arguments = [
        "run",
        "limit.toml",
        "--of",
        "welfar(USA)",
        "--of",
        "flow(ROW, UAS, A)",
        "--of",
        "growth(income(USA), 2022)",
        "--of",
        "1 + ",
    ];
    assert_snapshot!(place.viner_in("", &arguments), @r#"
    exit status 1
    -- stderr
    error: unknown outcome `welfar`; did you mean `welfare`?
      at --of "welfar(USA)", column 1

    error: unknown region `UAS`; did you mean `USA`?
      at --of "flow(ROW, UAS, A)", column 11

    error: `growth` and `at` need a path of years
      at --of "growth(income(USA), 2022)"
    hint: years are those of a plan of `viner path`

    error: found the end, expected a number, an outcome or `(`
      at --of "1 + ", column 5
    "#);
}
