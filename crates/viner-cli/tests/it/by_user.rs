//! `[model] sourcing`: trade shares of a region, or of each of its users.

use insta::assert_snapshot;

use crate::import::figaro;
use crate::support::Place;

#[test]
fn trade_shares_by_user_need_a_table_and_change_the_answer() {
    let place = Place::with_bundle();
    place.write("duty.toml", "baseline = \"bundle\"\n");
    let refused = place.viner("run duty.toml --set model.sourcing=by-user").failed(1);
    assert_snapshot!(refused.stderr, @r#"
    error: the baseline has no table `sourcing`
      at --set, key `model.sourcing`
      expected a baseline that says which user buys from whom, or "common"
    hint: `viner data import --sourcing` keeps the table
    "#);
    let wrong = place.viner("check duty.toml --set model.sourcing=users").failed(1);
    assert_snapshot!(wrong.stderr, @"
    error: unknown value of `sourcing`: `users`
      at --set, key `model.sourcing`
      expected one of `common`, `by-user`
    ");
    place.write("matrix_2022.csv", &figaro(0));
    place.viner("data import matrix_2022.csv -o by-user --sourcing").succeeded();
    place.write(
        "border.toml",
        "baseline = \"by-user\"\n[[policy]]\nkind = \"trade-cost\"\nexporter = \"*\"\nimporter = \"*\"\n\
         sector = \"*\"\nchange = 0.2\n",
    );
    let common = place.viner("run border.toml -o common").succeeded();
    assert!(common.stderr.contains("warning: table `sourcing` is not used"), "{}", common.stderr);
    let own = place.viner("run border.toml -o own --set model.sourcing=by-user").succeeded();
    assert!(!own.stderr.contains("warning"), "{}", own.stderr);
    let welfare = |folder: &str| {
        place.number(&format!("{folder}/regions.csv"), &[("region", "AUS")], "welfare")
    };
    assert!((welfare("own") - welfare("common")).abs() > 1e-4);
    // A run is repeated from its manifest with the setting that it had.
    place.viner("run own/manifest.json -o again").succeeded();
    place.same_tables("own", "again");
}

/// Derivatives and best policies where users have trade shares of their own.
#[test]
fn derivatives_and_best_policies_by_user() {
    let place = Place::with_bundle();
    place.write("matrix_2022.csv", &figaro(0));
    place.viner("data import matrix_2022.csv -o by-user --sourcing").succeeded();
    let head =
        "baseline = \"by-user\"\n[model]\nsourcing = \"by-user\"\n[solver]\ntolerance = 1e-13\n";
    let duty = |rate: f64| {
        let cells = "kind = \"tariff\"\nexporter = \"*\"\nimporter = \"AUS\"\nsector = \"*\"\n";
        place.write("duty.toml", &format!("{head}[[policy]]\n{cells}rate = {rate}\n"));
        place.viner("run duty.toml -o run").succeeded();
        place.number("run/regions.csv", &[("region", "AUS")], "welfare")
    };
    let step = 0.002;
    let [near, back, far, far_back] =
        [step, -step, 2.0 * step, -2.0 * step].map(|step| duty(0.3 + step));
    let difference = (8.0 * (near - back) - (far - far_back)) / (12.0 * step);
    duty(0.3);
    let json = place.viner("sensitivity duty.toml --of welfare(AUS) --json -o out");
    let json = json.succeeded().json();
    let found = json["outcomes"][0]["policies"][0]["derivative"].as_f64().unwrap();
    assert!((found - difference).abs() < 1e-7 * found.abs(), "{found} {difference}");
    let rows = place.rows("out/gradient.csv");
    let shares = rows.iter().filter(|row| row["kind"] == "baseline");
    assert!(shares.clone().any(|row| row["key"] == "trade_share.final"));
    assert!(shares.clone().all(|row| row["value"].parse::<f64>().unwrap() > 0.0));
    let plan = "[optimize]\nobjective = \"welfare(AUS)\"\nmaximize = true\nstarts = 2\n\
        [[optimize.choose]]\nkind = \"tariff\"\nexporter = \"*\"\nimporter = \"AUS\"\n\
        sector = \"*\"\nrate = 0.1\nlower = 0.0\nupper = 2.0\n";
    place.write("plan.toml", &format!("{head}{plan}"));
    place.viner("optimize plan.toml -o best").succeeded();
    let best = place.number("best/regions.csv", &[("region", "AUS")], "welfare");
    let rate = place.number("best/solution.csv", &[("kind", "tariff")], "value");
    assert!(rate > 0.01 && rate < 2.0, "{rate}");
    assert!(duty(rate + 0.05) < best && duty(rate - 0.05) < best);
}
