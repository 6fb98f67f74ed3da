//! `viner sensitivity`.

use crate::support::Place;

const TARIFF: &str = "title = \"A tariff\"\nbaseline = \"bundle\"\n[model]\ntrade_elasticity = 5\n\
    [[policy]]\nkind = \"tariff\"\nexporter = \"ROW\"\nimporter = \"USA\"\nsector = \"A\"\nrate = 0.5\n";

fn place() -> Place {
    let place = Place::with_bundle();
    place.write("tariff.toml", TARIFF);
    place
}

/// The table says what runs with other numbers say.
#[test]
fn derivatives_are_those_of_runs() {
    let place = place();
    let ran =
        place.viner("sensitivity tariff.toml --of welfare(USA) --of income(ROW) --top 3 -o out");
    let ran = ran.succeeded();
    assert!(ran.stdout.contains("welfare(USA) = "), "{ran}");
    assert!(ran.stdout.contains("by policy, its size moved in all cells together"), "{ran}");
    assert_eq!(
        place.header("out/gradient.csv"),
        "outcome,kind,exporter,importer,sector,key,value,derivative,elasticity,policy"
    );
    assert!(place.names("out").contains(&"regions.csv".to_owned()));
    let welfare = |set: &str| {
        place.viner(&format!("run tariff.toml {set} -o moved -q")).succeeded();
        place.number("moved/regions.csv", &[("region", "USA")], "welfare")
    };
    for (cell, set) in [
        ([("key", "rate"), ("sector", "A")], ["policy.0.rate=0.501", "policy.0.rate=0.499"]),
        (
            [("key", "trade_elasticity"), ("sector", "C10_12")],
            ["model.trade_elasticity.C10_12=5.001", "model.trade_elasticity.C10_12=4.999"],
        ),
    ] {
        let [above, below] = set.map(|set| welfare(&format!("--set {set}")));
        let difference = (above - below) / 0.002;
        let cell = [&cell[..], &[("outcome", "welfare(USA)")]].concat();
        let found = place.number("out/gradient.csv", &cell, "derivative");
        assert!((found - difference).abs() < 1e-6 * found.abs().max(1e-3), "{found} {difference}");
    }
    // The largest first, by outcome.
    let rows = place.rows("out/gradient.csv");
    for pair in rows.windows(2).filter(|pair| pair[0]["outcome"] == pair[1]["outcome"]) {
        let size = |row: usize| pair[row]["derivative"].parse::<f64>().unwrap().abs();
        assert!(size(0) >= size(1));
    }
    let json = place.viner("sensitivity tariff.toml --of welfare(USA) --top 2 --json").succeeded();
    assert_eq!(json.json()["outcomes"][0]["largest"].as_array().unwrap().len(), 2);
}

/// Numbers of a policy that are no size in a cell have rows too.
#[test]
fn every_number_of_a_policy_has_a_row() {
    let place = place();
    let cells = "exporter = \"USA\"\nimporter = \"ROW\"\n";
    place.write(
        "all.toml",
        &format!(
            "baseline = \"bundle\"\n\
             [[policy]]\nkind = \"quota\"\n{cells}sector = \"A\"\nquantity = 0.7\nrent_to_exporter = 0.4\n\
             [[policy]]\nkind = \"price-cap\"\n{cells}sector = \"C10_12\"\ncap = 0.99\n\
             shadow_capacity = 0.2\nshadow_cost = 0.01\n\
             [[policy]]\nkind = \"settlement\"\n{cells}sector = \"A\"\ncurrency_elasticity = 4\n\
             currencies = {{ USD = {{ share = 0.8, change = 0.3 }}, CNY = {{ share = 0.2, change = 0.0 }} }}\n\
             [[policy]]\nkind = \"coalition-transfer\"\nmembers = [\"USA\", \"ROW\"]\n\
             rule = \"weights\"\nweights = {{ USA = 0.5, ROW = 0.5 }}\n"
        ),
    );
    place.viner("sensitivity all.toml --of welfare(USA) -o all").succeeded();
    for key in [
        "quantity",
        "rent_to_exporter",
        "cap",
        "shadow_capacity",
        "shadow_cost",
        "currency_elasticity",
        "currencies.USD.share",
        "currencies.CNY.share",
        "currencies.USD.change",
        "weights.USA",
        "weights.ROW",
    ] {
        let derivative = place.number("all/gradient.csv", &[("key", key)], "derivative");
        assert!(derivative.is_finite(), "{key}");
    }
}

#[test]
fn what_has_no_derivative_is_refused() {
    let place = place();
    for (outcome, word) in [
        ("welfare(USB)", "did you mean `USA`?"),
        ("rank(exports(USA))", "`rank` has no derivative here"),
        ("welfare(USA)>0", "a comparison by `>` has no derivative here"),
    ] {
        let ran = place.viner_in("", &["sensitivity", "tariff.toml", "--of", outcome]).failed(1);
        assert!(ran.stderr.contains(word), "{ran}");
    }
    assert_eq!(place.viner("sensitivity tariff.toml").status, 2);
}

/// Every share of the baseline has a row, unless fewer are asked for: then the largest have.
#[test]
fn shares_of_the_baseline_have_rows() {
    let place = place();
    let all = place.viner("sensitivity tariff.toml --of welfare(USA) --json -o all").succeeded();
    let rows = place.rows("all/gradient.csv");
    let of_key = |key: &str| {
        let key = key.to_owned();
        rows.iter().filter(move |row| row["kind"] == "baseline" && row["key"] == key)
    };
    for key in ["trade_share", "input_share.A", "value_added_share", "final_share"] {
        assert!(of_key(key).count() > 0, "{key}");
    }
    // Shares that add up to one.
    let sum: f64 = of_key("final_share")
        .filter(|row| row["importer"] == "USA")
        .map(|row| row["value"].parse::<f64>().unwrap())
        .sum();
    assert!((sum - 1.0).abs() < 1e-12, "{sum}");
    let json = all.json();
    let shown = &json["outcomes"][0];
    assert!(shown["largest"].as_array().unwrap().iter().all(|row| row["kind"] != "baseline"));
    assert!(shown["baseline"].as_array().unwrap().iter().all(|row| row["kind"] == "baseline"));
    assert_eq!(shown["sectors"][0]["sector"], "A");
    assert_eq!(shown["sectors"][0]["derivative"], shown["policies"][0]["derivative"]);

    let few =
        place.viner("sensitivity tariff.toml --of welfare(USA) --shares 3 -o few").succeeded();
    assert!(
        few.stderr.contains("shares of the baseline with smaller derivatives are left out"),
        "{few}"
    );
    let largest = |folder: &str| -> Vec<f64> {
        let rows = place.rows(&format!("{folder}/gradient.csv"));
        let rows = rows.iter().filter(|row| row["kind"] == "baseline");
        rows.map(|row| row["derivative"].parse().unwrap()).collect()
    };
    assert_eq!(largest("few"), largest("all")[..3]);
    place.viner("sensitivity tariff.toml --of welfare(USA) --shares 0 -o none").succeeded();
    assert_eq!(largest("none"), [0.0; 0]);
}
