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
    let refused =
        place.viner("sensitivity border.toml --of welfare(AUS) --set model.sourcing=by-user");
    assert_snapshot!(refused.failed(1).stderr, @r#"
    error: derivatives are not available where users have trade shares of their own
      at --set, key `model.sourcing`
    hint: set `sourcing = "common"`
    "#);
}
