//! Quotas, price caps, export controls, settlement, coalitions: what a run of them writes and says.

use insta::assert_snapshot;

use crate::support::{Place, Rows};

/// Of the solver's tolerance, 1e-10, with what sums over a small table add.
const NEAR: f64 = 1e-9;

/// A quota and a price cap on the small bundle.
const LIMITS: &str = r#"title = "A quota and a cap"
baseline = "bundle"

[model]
specific_factor_share = 0.8

[[policy]]
name = "licences"
kind = "quota"
exporter = "USA"
importer = "ROW"
sector = "*"
quantity = 0.8
rent_to_exporter = 0.25

[[policy]]
name = "cap"
kind = "price-cap"
exporter = "ROW"
importer = "USA"
sector = "A"
cap = 0.99
"#;

/// Routes need third countries.
const ROUTES: &str = r#"title = "A control, payments and a coalition"

[[policy]]
name = "chips"
kind = "export-control"
exporter = ["USA", "JPN"]
importer = "CHN"
sector = "C"
share = 0.3
hubs = ["IND", "MEX"]
hub_share = 0.02
hub_margin = { IND = 0.2, MEX = 0.0 }
route_elasticity = 4.0

[[policy]]
name = "payments"
kind = "settlement"
exporter = "CHN"
importer = "BRA"
sector = "*"
both_ways = true
currency_elasticity = 10.0
currencies = { USD = { share = 0.9, change = 0.1 }, CNY = { share = 0.1 } }

[[policy]]
kind = "coalition-transfer"
members = ["USA", "JPN"]
rule = "equal-welfare"
"#;

fn limits() -> Place {
    let place = Place::with_bundle();
    place.write("limits.toml", LIMITS);
    place.viner("run limits.toml -o out").succeeded();
    place
}

#[track_caller]
fn assert_near(found: f64, wanted: f64) {
    assert!((found - wanted).abs() <= NEAR * wanted.abs().max(1.0), "{found}, expected {wanted}");
}

/// Sum of a column over the rows that are as given.
fn sum(rows: &Rows, cell: &[(&str, &str)], column: &str) -> f64 {
    let is_it = |row: &&std::collections::BTreeMap<String, String>| {
        cell.iter().all(|(key, value)| row[*key] == *value)
    };
    rows.iter().filter(is_it).map(|row| row[column].parse::<f64>().unwrap()).sum()
}

#[test]
fn a_quota_in_the_table_of_wedges() {
    let place = limits();
    let wedges = place.rows("out/wedges.csv");
    for sector in ["A", "C10_12"] {
        let cell = [("exporter", "USA"), ("importer", "ROW"), ("sector", sector)];
        let rows: Vec<_> = wedges
            .iter()
            .filter(|row| row["policy"] == "licences" && row["sector"] == sector)
            .collect();
        // The exporter has a quarter of the rent, the importer the rest.
        let receivers: Vec<&str> = rows.iter().map(|row| row["rent_to"].as_str()).collect();
        assert_eq!(receivers, ["USA", "ROW"]);
        let number = |row: usize, column: &str| rows[row][column].parse::<f64>().unwrap();
        assert_near(number(1, "rent"), 3.0 * number(0, "rent"));
        for (row, line) in rows.iter().enumerate() {
            assert_eq!((line["kind"].as_str(), line["regime"].as_str()), ("quota", "binding"));
            assert_near(number(row, "quantity"), 0.8);
            assert_near(number(row, "slack"), 0.0);
        }
        let flow = |column| place.number("out/flows.csv", &cell, column);
        let multiplier = number(0, "multiplier");
        assert!(multiplier > 1.0);
        assert_near(flow("wedge"), multiplier);
        assert_near(flow("quantity"), 0.8);
        let rent = number(0, "rent") + number(1, "rent");
        assert_near(rent, (multiplier - 1.0) * flow("value"));
        // What the exporter gets per unit: its price and its part of the rent.
        let unit_cost = 1.0
            + place.number("out/sectors.csv", &[("region", "USA"), ("sector", sector)], "price");
        assert_near(number(0, "price"), unit_cost * (1.0 + 0.25 * (multiplier - 1.0)));
    }
}

#[test]
fn a_cap_in_the_tables_of_wedges_and_caps() {
    let place = limits();
    let cell = [("exporter", "ROW"), ("importer", "USA"), ("sector", "A")];
    let row: Vec<(&str, &str)> = [("policy", "cap"), ("kind", "price-cap")]
        .into_iter()
        .chain(cell)
        .chain([("regime", "served"), ("rent_to", "USA")])
        .collect();
    let wedge = |column| place.number("out/wedges.csv", &row, column);
    assert_near(wedge("price"), 0.99);
    assert_near(wedge("slack"), 0.0);
    let sector = [("region", "ROW"), ("sector", "A")];
    assert_near(place.number("out/sectors.csv", &sector, "price"), -0.01);
    let flow = |column| place.number("out/flows.csv", &cell, column);
    assert_near(wedge("rent"), (wedge("multiplier") - 1.0) * flow("value"));
    assert_near(wedge("quantity"), flow("value") / flow("value_base") / 0.99);

    let only = [("policy", "cap"), ("exporter", "ROW"), ("sector", "A"), ("regime", "served")];
    let cap = |column| place.number("out/caps.csv", &only, column);
    for column in ["cap", "exporter_price", "price"] {
        assert_near(cap(column), 0.99);
    }
    assert_near(cap("border_price"), 0.99 * cap("multiplier"));
    assert_near(cap("discount"), cap("border_price") - 0.99);
    assert_near(cap("revenue"), flow("value"));
    assert_near(cap("buyers_rent"), wedge("rent"));
    assert_eq!((cap("shadow_quantity"), cap("shippers_rent")), (0.0, 0.0));
    assert_near(cap("served_quantity"), cap("quantity"));
}

/// Every rent, fee and margin has a row, and reaches the income of a region.
#[test]
fn rents_of_regions_are_those_of_the_tables() {
    let place = Place::new();
    place.viner("run -o out").succeeded();
    let [regions, wedges, routes] =
        ["regions", "wedges", "routes"].map(|table| place.rows(&format!("out/{table}.csv")));
    let mut largest: f64 = 0.0;
    for region in &regions {
        let code = region["region"].as_str();
        let rents: f64 = region["rents"].parse().unwrap();
        let margins = sum(&routes, &[("route", code)], "hub_income");
        assert_near(rents, sum(&wedges, &[("rent_to", code)], "rent") + margins);
        largest = largest.max(rents);
    }
    assert!(largest > 1000.0, "{largest}");
}

#[test]
fn routes_leakage_customs_currencies_and_transfers() {
    let place = Place::new();
    place.write("routes.toml", ROUTES);
    place.viner("run routes.toml -o out").succeeded();
    let tables: Vec<String> = place.tables("out").into_keys().collect();
    assert_snapshot!(tables.join(" "), @"currencies.csv customs.csv flows.csv leakage.csv profits.csv regions.csv routes.csv sectors.csv transfers.csv wedges.csv");
    for (table, columns) in [
        (
            "routes",
            "policy,exporter,importer,sector,route,share_base,share,value_base,value,hub_income",
        ),
        (
            "leakage",
            "policy,exporter,importer,sector,direct_base,direct,indirect_base,indirect,leakage",
        ),
        ("customs", "exporter,importer,sector,value_base,value"),
        ("currencies", "policy,exporter,importer,currency,share_base,share,value_base,value"),
        ("transfers", "region,received,share_of_income"),
    ] {
        assert_eq!(place.header(&format!("out/{table}.csv")), columns);
    }

    let routes = place.rows("out/routes.csv");
    for exporter in ["USA", "JPN"] {
        let cell = [("exporter", exporter), ("importer", "CHN"), ("sector", "C")];
        for (share, value) in [("share_base", "value_base"), ("share", "value")] {
            assert_near(sum(&routes, &cell, share), 1.0);
            assert_near(sum(&routes, &cell, value), place.number("out/flows.csv", &cell, value));
        }
        let route = |name, column| {
            let row = [cell[0], cell[1], cell[2], ("route", name)];
            place.number("out/routes.csv", &row, column)
        };
        assert_eq!(route("direct", "value"), 0.0);
        assert_near(route("direct", "share_base"), 0.3 * 0.96);
        assert_near(route("uncontrolled", "share_base"), 0.7);
        assert_near(route("IND", "hub_income"), 0.2 * route("IND", "value"));
        assert_eq!(route("MEX", "hub_income"), 0.0);
        // The dearer of two routes with one share carries less, at an elasticity of 4.
        let relative = route("IND", "value") * 1.2 / route("MEX", "value");
        assert_near(relative, 1.2_f64.powi(-4));
        let leakage = |column| place.number("out/leakage.csv", &cell, column);
        let indirect = route("IND", "value") + route("MEX", "value");
        assert_near(leakage("leakage"), indirect / route("direct", "value_base"));
        // At the border of the hub the goods are recorded twice, the second time with the margin.
        let recorded = place.number("out/customs.csv", &cell, "value");
        assert_near(recorded, route("uncontrolled", "value"));
    }
    let own = [("exporter", "IND"), ("importer", "CHN"), ("sector", "C")];
    let by_hub = 1.2 * sum(&routes, &[("route", "IND")], "value");
    let recorded = place.number("out/customs.csv", &own, "value");
    assert_near(recorded, place.number("out/flows.csv", &own, "value") + by_hub);

    let currencies = place.rows("out/currencies.csv");
    assert_eq!(currencies.len(), 2 * 3);
    for pair in [["*", "*"], ["CHN", "BRA"], ["BRA", "CHN"]] {
        let pair = [("exporter", pair[0]), ("importer", pair[1])];
        assert_near(sum(&currencies, &pair, "share"), 1.0);
        let usd = [pair[0], pair[1], ("currency", "USD")];
        assert_near(sum(&currencies, &usd, "share_base"), 0.9);
        let left = 0.9 * 1.1_f64.powi(-10);
        assert_near(sum(&currencies, &usd, "share"), left / (left + 0.1));
    }

    let transfers = place.rows("out/transfers.csv");
    // They are differences of incomes of 1e7.
    assert_near(sum(&transfers, &[], "received") / 1e7, 0.0);
    let welfare = |code| place.number("out/regions.csv", &[("region", code)], "welfare");
    assert_near(welfare("USA"), welfare("JPN"));
}

#[test]
fn a_withdrawal_that_leaves_a_market_without_supplier() {
    let place = Place::with_bundle();
    place.write(
        "cap.toml",
        r#"title = "No seller left"
baseline = "bundle"

[[policy]]
kind = "embargo"
exporter = "USA"
importer = "USA"
sector = "C10_12"

[[policy]]
kind = "price-cap"
exporter = "ROW"
importer = "USA"
sector = "C10_12"
cap = 0.01
"#,
    );
    // Only solving shows that the exporter withdraws.
    place.viner("check cap.toml").succeeded();
    assert_snapshot!(place.viner("run cap.toml -o out").failed(3), @"
    exit status 3
    -- stderr
    error: scenario `No seller left`: the policies cannot hold together: `USA/C10_12` has no supplier left
    hint: leave part of the trade: `share` below 1 in an embargo or exit on this sector
    ");
    assert!(!place.path("out").exists());
    let slack = place.viner("run cap.toml --set policy.price-cap.cap=2 --json").succeeded();
    assert_eq!(slack.json()["instruments"]["wedges"][0]["regime"], "slack");
}

/// The example in the page on equations: rents of importers keep the exporter's price below that of
/// the embargo, so that sales end with a jump.
#[test]
fn a_withdrawal_with_a_jump() {
    let place = Place::new();
    let bundle = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../validation/agreement/cases/cap-withdrawn/bundle"
    );
    place.write(
        "cap.toml",
        &format!(
            r#"title = "A cap near the price under an embargo"
baseline = '{bundle}'

[model]
trade_elasticity = 1.0
specific_factor_share = 0.8

[[policy]]
kind = "price-cap"
exporter = "BET"
importer = ["ALP", "GAM"]
sector = "FOOD"
cap = 0.9286
"#
        ),
    );
    let at = |cap: &str| {
        let ran = place.viner(&format!("run cap.toml --set policy.price-cap.cap={cap} -o out"));
        let row = place.rows("out/caps.csv").remove(0);
        let lost = place.number("out/regions.csv", &[("region", "ALP")], "welfare");
        (row["regime"].clone(), row["several"].clone(), lost, ran.succeeded().stdout)
    };
    let (regime, several, lost, said) = at("0.9286");
    assert_eq!((regime.as_str(), several.as_str()), ("served", "no"));
    assert!((lost + 0.053).abs() < 5e-4 && !said.contains("note: "), "{lost}\n{said}");
    let (regime, several, lost, said) = at("0.9285");
    assert_eq!((regime.as_str(), several.as_str()), ("withdrawn", "yes"));
    assert!((lost + 0.128).abs() < 5e-4, "{lost}");
    assert!(said.contains("note: price cap `price-cap 0` has more than one equilibrium"), "{said}");
}

/// Every regime in the page on built-in scenarios, by the overrides that it names.
#[test]
fn the_regimes_in_the_page_on_built_in_scenarios() {
    let page = include_str!("../../../../docs/built-in-scenarios.md").replace("\r\n", "\n");
    let (_, rest) = page.split_once("### Every regime").unwrap();
    let mut lines = rest.lines().skip_while(|line| !line.starts_with("| set |"));
    let columns: Vec<&str> = cells(lines.next().unwrap());
    let rows: Vec<Vec<&str>> =
        lines.skip(1).take_while(|line| line.starts_with('|')).map(cells).collect();
    let mut regimes: Vec<&str> = rows.iter().map(|row| row[1]).collect();
    regimes.sort_unstable();
    assert_eq!(
        regimes,
        ["mixed", "served", "shadow-full", "shadow-only", "shadow-only-full", "slack", "withdrawn"]
    );
    let place = Place::new();
    for row in rows {
        let mut arguments = vec!["run", "price-cap-ladder", "-o", "out"];
        let sets: Vec<String> = row[0]
            .split('`')
            .skip(1)
            .step_by(2)
            .map(|set| format!("--set=policy.oil-price-cap.{set}"))
            .collect();
        arguments.extend(sets.iter().map(String::as_str));
        place.viner_in("", &arguments).succeeded();
        for (column, shown) in columns.iter().zip(&row).skip(1) {
            let (table, key, column) = match *column {
                "RUS %" => ("regions", ("region", "RUS"), "welfare"),
                "TUR %" => ("regions", ("region", "TUR"), "welfare"),
                column => ("caps", ("policy", "oil-price-cap"), column),
            };
            let table = place.rows(&format!("out/{table}.csv"));
            let found = table.iter().find(|row| row[key.0] == key.1).unwrap()[column].clone();
            let scale = if column == "welfare" { 100.0 } else { 1.0 };
            match (shown.parse::<f64>(), found.parse::<f64>()) {
                // Half a unit of the last digit that is shown.
                (Ok(shown_number), Ok(number)) => {
                    let digits = shown.split_once('.').map_or(4, |(_, digits)| digits.len());
                    let unit = 10.0_f64.powi(-i32::try_from(digits).unwrap());
                    let difference = (scale * number - shown_number).abs();
                    assert!(difference <= 0.501 * unit, "{row:?}: {column} is {found}");
                }
                _ => assert_eq!(**shown, found, "{row:?}: {column}"),
            }
        }
    }
}

/// The cells of a row of a table in a document.
fn cells(line: &str) -> Vec<&str> {
    line.trim_matches('|').split('|').map(str::trim).collect()
}
