//! `viner optimize`.

use crate::support::Place;

const PLAN: &str = "title = \"Optimal tariffs\"\nbaseline = \"bundle\"\n[model]\ntrade_elasticity = 4\n\
    [optimize]\nobjective = \"welfare(USA)\"\nmaximize = true\nstarts = 2\n\
    [[optimize.choose]]\nkind = \"tariff\"\nexporter = \"ROW\"\nimporter = \"USA\"\nsector = \"*\"\n\
    rate = 0.1\nlower = 0.0\nupper = 1.5\neach = \"sector\"\n";

#[test]
fn the_best_tariffs_cannot_be_improved() {
    let place = Place::with_bundle();
    place.write("plan.toml", PLAN);
    let ran = place.viner("optimize plan.toml -o out").succeeded();
    assert!(ran.stdout.starts_with("Optimal tariffs\nwelfare(USA) = "), "{ran}");
    assert_eq!(
        place.header("out/solution.csv"),
        "player,kind,exporter,importer,sector,value,lower,upper,gradient,multiplier"
    );
    let rows = place.rows("out/solution.csv");
    assert_eq!(rows.len(), 2);
    let number = |row: usize, column: &str| rows[row][column].parse::<f64>().unwrap();
    let best = place.number("out/regions.csv", &[("region", "USA")], "welfare");
    for row in 0..2 {
        let (value, gradient) = (number(row, "value"), number(row, "gradient"));
        assert!((value > 0.0 && gradient.abs() < 1e-6) || gradient < 0.0, "{rows:?}");
    }
    // Other tariffs are worse.
    for change in [0.05, -0.05] {
        let rate = |row: usize| (number(row, "value") + change).max(0.0);
        let policy = |sector: &str, rate: f64| {
            format!(
                "[[policy]]\nkind = \"tariff\"\nexporter = \"ROW\"\nimporter = \"USA\"\n\
                 sector = \"{sector}\"\nrate = {rate}\n"
            )
        };
        let head = PLAN.split("[optimize]").next().unwrap();
        let (first, second) = (policy("A", rate(0)), policy("C10_12", rate(1)));
        place.write("other.toml", &format!("{head}{first}{second}"));
        place.viner("run other.toml -o other").succeeded();
        let other = place.number("other/regions.csv", &[("region", "USA")], "welfare");
        assert!(other <= best + 1e-12, "{other} {best}");
    }
}

#[test]
fn players_and_bounds() {
    let place = Place::with_bundle();
    let objective = "objective = \"welfare(USA)\"\nmaximize = true";
    let players =
        PLAN.replace(objective, "players = { US = \"welfare(USA)\", RW = \"welfare(ROW)\" }");
    let players = players.replace("each = \"sector\"", "player = \"US\"");
    let other = "[[optimize.choose]]\nkind = \"tariff\"\nexporter = \"USA\"\nimporter = \"ROW\"\n\
                 sector = \"*\"\nrate = 0.1\nlower = 0.0\nupper = 1.5\nplayer = \"RW\"\n";
    place.write("nash.toml", &format!("{players}{other}"));
    let json = place.viner("optimize nash.toml --json").succeeded().json();
    assert_eq!(json["settled"], true, "{json:#}");
    for row in 0..2 {
        let number = |key: &str| json["solution"][row][key].as_f64().unwrap();
        let at_bound = number("value") >= number("upper") && number("multiplier") > 0.0;
        assert!(at_bound || number("gradient").abs() < 1e-5, "{json:#}");
    }
    let bounded = PLAN.replace(
        objective,
        "maximize = \"welfare(USA)\"\nsubject_to = [{ outcome = \"welfare(ROW)\", at_least = 0 }]",
    );
    place.write("bounded.toml", &bounded.replace("at_least = 0", "at_least = 1"));
    let ran = place.viner("optimize bounded.toml").succeeded();
    assert!(ran.stdout.contains("no sizes were found at which all bounds hold"), "{ran}");
    place.write("bounded.toml", &bounded);
    let ran = place.viner("optimize bounded.toml").succeeded();
    assert!(ran.stdout.contains("at least 0; a unit of it is worth "), "{ran}");
    assert!(ran.stdout.contains("first-order conditions within "), "{ran}");
    place.write("bounded.toml", &bounded.replace("welfare(ROW)", "welfare(RWO)"));
    let ran = place.viner("optimize bounded.toml").failed(1);
    assert!(ran.stderr.contains("unknown region `RWO`"), "{ran}");
}
