//! Policies with more to say than a size: quotas, price caps, export controls, settlement
//! currencies, coalitions.

use std::collections::BTreeMap;

use viner_model::scenario::{
    CoalitionRule, Currencies, Currency, Hub, Policy, QuotaScope, Routes, Shadow, ShadowOwner,
};

use super::*;

const CELLS: &str = "exporter = 'RUS'\nimporter = 'west'\nsector = 'B'\n";

/// A scenario with one policy of this kind; its own keys begin in line 3, after them its cells.
fn policy(kind: &str, keys: &str) -> String {
    format!("[[policy]]\nkind = '{kind}'\n{keys}\n{CELLS}")
}

/// The policy and its size in each cell.
fn of(text: &str, set: &[&str]) -> (BilateralInstrument, f64) {
    let file = good(&ScenarioSource::text("s.toml", text), set);
    match &file.scenario.policies[0].action {
        Action::Bilateral { instrument, cells: Cells::Pattern { value, .. } } => {
            (instrument.clone(), *value)
        }
        other => panic!("{other:?} does not act on trade by keys"),
    }
}

/// Problems of a policy, and what is put in its place.
fn wrong(kind: &str, keys: &str) -> (String, Action) {
    let (file, diagnostics) = read(&policy(kind, keys));
    let file = file.expect("what is wrong is replaced");
    (list(&diagnostics), file.scenario.policies[0].action.clone())
}

fn problems_of(kind: &str, keys: &str) -> String {
    wrong(kind, keys).0
}

/// A policy with its table and keys beside it.
fn with_table(kind: &str, keys: &str, csv: &str) -> (Option<ScenarioFile>, Vec<Diagnostic>) {
    let text = format!("[[policy]]\nkind = '{kind}'\nfile = 't.csv'\n{keys}\n");
    let mut source = ScenarioSource::text("s.toml", text);
    source.files.insert("t.csv".into(), csv.into());
    read_with(&source, &[])
}

fn rows_of(kind: &str, keys: &str, csv: &str) -> (BilateralInstrument, Vec<f64>) {
    let (file, diagnostics) = with_table(kind, keys, csv);
    assert_eq!(list(&diagnostics), "");
    match &file.expect("it is good").scenario.policies[0].action {
        Action::Bilateral { instrument, cells: Cells::Rows(rows) } => {
            (instrument.clone(), rows.iter().map(|row| row.value).collect())
        }
        other => panic!("{other:?} is not read from a table"),
    }
}

fn quota(rent_to_exporter: f64, scope: QuotaScope) -> BilateralInstrument {
    BilateralInstrument::Quota { rent_to_exporter, scope }
}

fn price_cap(capacity: f64, cost: f64, owner: ShadowOwner) -> BilateralInstrument {
    BilateralInstrument::PriceCap(Shadow { capacity, cost, owner })
}

fn hub(region: &str, share: f64, enforcement: f64, margin: f64) -> Hub {
    Hub { region: region.to_owned(), share, enforcement, margin }
}

fn export_control(elasticity: f64, hubs: Vec<Hub>) -> BilateralInstrument {
    BilateralInstrument::ExportControl(Routes { hubs, elasticity })
}

fn settlement(elasticity: f64, currencies: &[(&str, f64, f64)]) -> BilateralInstrument {
    let currency = |&(code, share, change): &(&str, f64, f64)| Currency {
        code: code.to_owned(),
        share,
        change,
    };
    let currencies = currencies.iter().map(currency).collect();
    BilateralInstrument::Settlement(Currencies { currencies, elasticity })
}

#[test]
fn quotas_are_read() {
    for (keys, expected, size) in [
        ("quantity = 0.5", quota(0.0, QuotaScope::ExporterSector), 0.5),
        ("quantity = 0", quota(0.0, QuotaScope::ExporterSector), 0.0),
        ("quantity = 2\nper = 'total'", quota(0.0, QuotaScope::Total), 2.0),
        ("quantity = 1\nper = 'cell'\nrent_to_exporter = 1", quota(1.0, QuotaScope::Cell), 1.0),
        (
            "quantity = 1\nper = 'exporter-sector'\nrent_to_exporter = 0.25",
            quota(0.25, QuotaScope::ExporterSector),
            1.0,
        ),
    ] {
        assert_eq!(of(&policy("quota", keys), &[]), (expected, size), "{keys}");
    }
    let csv = "exporter,importer,sector,quantity\nRUS,USA,B,0.5\nRUS,west,*,0\n";
    let (instrument, sizes) = rows_of("quota", "per = 'total'\nrent_to_exporter = 0.5", csv);
    assert_eq!((instrument, sizes), (quota(0.5, QuotaScope::Total), vec![0.5, 0.0]));
}

#[test]
fn wrong_quotas_are_refused() {
    let (problems, action) = wrong("quota", "quantity = -1\nper = 'totl'\nrent_to_exporter = 1.1");
    insta::assert_snapshot!(problems, @r"
    s.toml:3:12 policy.0.quantity | `quantity` is out of range | -1 | a finite number, at least 0
    s.toml:4:7 policy.0.per | unknown value of `per`: `totl`; did you mean `total`?
    s.toml:5:20 policy.0.rent_to_exporter | `rent_to_exporter` is out of range | 1.1 | a share between 0 and 1
    ");
    // A quota of the baseline's quantity, not an embargo, stands in its place.
    let Action::Bilateral { instrument, cells: Cells::Pattern { value, .. } } = action else {
        panic!("a quota acts on trade")
    };
    assert_eq!((instrument, value), (quota(0.0, QuotaScope::ExporterSector), 1.0));
    insta::assert_snapshot!(problems_of("quota", "quantty = 1"), @r"
    s.toml:1:1 policy.0 | key `quantity` is missing | a finite number, at least 0
    s.toml:3:1 policy.0.quantty | unknown key `quantty`; did you mean `quantity`?
    ");
    insta::assert_snapshot!(problems_of("quota", "quantity = inf\nper = 1"), @r#"
    s.toml:3:12 policy.0.quantity | `quantity` is not a finite number | inf | a finite number, at least 0
    s.toml:4:7 policy.0.per | `per` has a value of the wrong type | 1 | one of "exporter-sector", "total", "cell"
    "#);
    let csv = "exporter,importer,sector,quantity\nRUS,USA,B,-0.5\n";
    insta::assert_snapshot!(list(&with_table("quota", "quantity = 1\nper = 'all'", csv).1), @r"
    s.toml:4:1 policy.0.quantity | `quantity` and `file` contradict each other | cells and sizes either from the table or from keys | remove `quantity`: the table says it in each row
    s.toml:5:7 policy.0.per | unknown value of `per`: `all`; did you mean `cell`?
    t.csv:2 quantity | `quantity` is out of range | -0.5 | a finite number, at least 0
    ");
    let csv = "exporter,importer,sector,cap\nRUS,USA,B,0.5\n";
    insta::assert_snapshot!(list(&with_table("quota", "", csv).1), @r"
    t.csv:1 cap | unknown column `cap` | one of `exporter`, `importer`, `sector`, `quantity`
    t.csv:1  | column `quantity` is missing | `exporter`, `importer`, `sector`, `quantity`
    ");
}

#[test]
fn price_caps_are_read() {
    let importer = || ShadowOwner::Importer;
    for (keys, expected, size) in [
        ("cap = 0.8", price_cap(0.0, 1.0, importer()), 0.8),
        ("cap_usd = 60\nreference_usd = 75.0", price_cap(0.0, 1.0, importer()), 0.8),
        ("cap = 1\nshadow_cost = 0.2", price_cap(0.0, 0.2, importer()), 1.0),
        ("cap = 1\nshadow_capacity = 0", price_cap(0.0, 1.0, importer()), 1.0),
        (
            "cap = 1\nshadow_capacity = 1.5\nshadow_cost = 0\nshadow_owner = 'importer'",
            price_cap(1.5, 0.0, importer()),
            1.0,
        ),
        ("cap = 1\nshadow_owner = 'exporter'", price_cap(0.0, 1.0, ShadowOwner::Exporter), 1.0),
        ("cap = 1\nshadow_owner = 'iceberg'", price_cap(0.0, 1.0, ShadowOwner::Iceberg), 1.0),
        (
            "cap = 1\nshadow_owner = 'GRC'",
            price_cap(0.0, 1.0, ShadowOwner::Region("GRC".into())),
            1.0,
        ),
    ] {
        assert_eq!(of(&policy("price-cap", keys), &[]), (expected, size), "{keys}");
    }
    let csv = "exporter,importer,sector,cap\nRUS,USA,B,0.5\nRUS,west,*,0.75\n";
    let keys = "shadow_capacity = 0.3\nshadow_cost = 0.1";
    let (instrument, sizes) = rows_of("price-cap", keys, csv);
    assert_eq!((instrument, sizes), (price_cap(0.3, 0.1, importer()), vec![0.5, 0.75]));
}

#[test]
fn wrong_price_caps_are_refused() {
    let keys = "cap = 0\nshadow_capacity = -1\nshadow_cost = 1\nshadow_owner = ''";
    let (problems, action) = wrong("price-cap", keys);
    insta::assert_snapshot!(problems, @r#"
    s.toml:3:7 policy.0.cap | `cap` is out of range | 0 | a finite number above 0
    s.toml:4:19 policy.0.shadow_capacity | `shadow_capacity` is out of range | -1 | a finite number, at least 0
    s.toml:5:15 policy.0.shadow_cost | `shadow_cost` is out of range | 1 | a share, at least 0 and below 1
    s.toml:6:16 policy.0.shadow_owner | `shadow_owner` is empty | "importer", "exporter", "iceberg" or the code of a region
    "#);
    let Action::Bilateral { instrument, cells: Cells::Pattern { value, .. } } = action else {
        panic!("a price cap acts on trade")
    };
    assert_eq!((instrument, value), (price_cap(0.0, 1.0, ShadowOwner::Importer), 1.0));

    let of = |keys: &str| problems_of("price-cap", keys);
    insta::assert_snapshot!(of(""), @"s.toml:1:1 policy.0 | key `cap` or `cap_usd` with `reference_usd` is missing | a finite number above 0");
    insta::assert_snapshot!(of("cap_usd = 60"), @"s.toml:1:1 policy.0.reference_usd | key `reference_usd` is missing | a finite number above 0");
    insta::assert_snapshot!(of("reference_usd = 75"), @"s.toml:1:1 policy.0.cap_usd | key `cap_usd` is missing | a finite number above 0");
    insta::assert_snapshot!(of("cap = 0.8\ncap_usd = 60\nreference_usd = 75"), @"s.toml:4:1 policy.0.cap_usd | `cap` and `cap_usd` contradict each other | one of them");
    insta::assert_snapshot!(of("cap = 0.8\ncap_usd = 60"), @"s.toml:4:1 policy.0.cap_usd | `cap` and `cap_usd` contradict each other | one of them");
    insta::assert_snapshot!(of("cap = 0.8\nreference_usd = 75"), @"s.toml:4:1 policy.0.reference_usd | `cap` and `reference_usd` contradict each other | one of them");
    insta::assert_snapshot!(of("cap_usd = 0\nreference_usd = -1"), @r"
    s.toml:3:11 policy.0.cap_usd | `cap_usd` is out of range | 0 | a finite number above 0
    s.toml:4:17 policy.0.reference_usd | `reference_usd` is out of range | -1 | a finite number above 0
    ");
    insta::assert_snapshot!(of("cap_usd = 1e300\nreference_usd = 1e-300"), @"s.toml:3:11 policy.0.cap_usd | `cap_usd` with `reference_usd` is out of range | inf | a finite number above 0");
    insta::assert_snapshot!(of("cap = 0.8\nshadow_capacity = 0.5"), @"s.toml:1:1 policy.0.shadow_cost | key `shadow_cost` is missing | a share, at least 0 and below 1 | a `shadow_capacity` above 0 needs it");
    insta::assert_snapshot!(of("cap = 0.8\nshadow_owner = 3\nshadow_capacty = 1"), @r#"
    s.toml:4:16 policy.0.shadow_owner | `shadow_owner` has a value of the wrong type | 3 | "importer", "exporter", "iceberg" or the code of a region
    s.toml:5:1 policy.0.shadow_capacty | unknown key `shadow_capacty`; did you mean `shadow_capacity`?
    "#);
    let csv = "exporter,importer,sector,cap_usd\nRUS,USA,B,50\n";
    insta::assert_snapshot!(list(&with_table("price-cap", "", csv).1), @r"
    t.csv:1 cap_usd | unknown column `cap_usd` | one of `exporter`, `importer`, `sector`, `cap`
    t.csv:1  | column `cap` is missing | `exporter`, `importer`, `sector`, `cap`
    ");
    let csv = "exporter,importer,sector,cap\nRUS,USA,B,0.5\n";
    insta::assert_snapshot!(list(&with_table("price-cap", "cap_usd = 1\nreference_usd = 2", csv).1), @r"
    s.toml:4:1 policy.0.cap_usd | `cap_usd` and `file` contradict each other | cells and sizes either from the table or from keys | remove `cap_usd`: the table says it in each row
    s.toml:5:1 policy.0.reference_usd | `reference_usd` and `file` contradict each other | cells and sizes either from the table or from keys | remove `reference_usd`: the table says it in each row
    ");
}

/// Keys that an export control must have.
const ROUTES: &str = "hubs = ['TUR', 'CHN']\nhub_share = 0.02\nroute_elasticity = 4";

#[test]
fn export_controls_are_read() {
    let same = export_control(4.0, vec![hub("TUR", 0.02, 0.0, 0.0), hub("CHN", 0.02, 0.0, 0.0)]);
    assert_eq!(of(&policy("export-control", ROUTES), &[]), (same.clone(), 1.0));
    let keys = "hubs = ['TUR', 'CHN']\nhub_share = { CHN = 0.03, TUR = 0 }\nroute_elasticity = 2.5\n\
                enforcement = 0.4\nhub_margin = { TUR = 0.1, CHN = 0 }\nshare = 0.5";
    let each = export_control(2.5, vec![hub("TUR", 0.0, 0.4, 0.1), hub("CHN", 0.03, 0.4, 0.0)]);
    assert_eq!(of(&policy("export-control", keys), &[]), (each, 0.5));
    let csv = "exporter,importer,sector,share\nDEU,RUS,C26,0.5\nwest,RUS,*,1\n";
    assert_eq!(rows_of("export-control", ROUTES, csv), (same.clone(), vec![0.5, 1.0]));
    let csv = "exporter,importer,sector\nDEU,RUS,C26\n";
    assert_eq!(rows_of("export-control", ROUTES, csv), (same, vec![1.0]));
}

#[test]
fn wrong_export_controls_are_refused() {
    let keys = "hubs = ['TUR', 'CHN', 'TUR']\nhub_share = { TUR = 1, CNH = 0.1 }\n\
                route_elasticity = 0\nenforcement = -1\nhub_margin = { CHN = 'much' }\nshare = 2";
    let (problems, action) = wrong("export-control", keys);
    insta::assert_snapshot!(problems, @r#"
    s.toml:3:23 policy.0.hubs.2 | hub `TUR` is named twice | each hub once
    s.toml:4:13 policy.0.hub_share | `hub_share` of hub `CHN` is missing | a share, at least 0 and below 1
    s.toml:4:21 policy.0.hub_share.TUR | `TUR` is out of range | 1 | a share, at least 0 and below 1
    s.toml:4:24 policy.0.hub_share.CNH | unknown hub `CNH`; did you mean `CHN`?
    s.toml:5:20 policy.0.route_elasticity | `route_elasticity` is out of range | 0 | a finite number above 0
    s.toml:6:15 policy.0.enforcement | `enforcement` is out of range | -1 | a finite number, at least 0
    s.toml:7:22 policy.0.hub_margin.CHN | `CHN` has a value of the wrong type | the text "much" | a finite number, at least 0
    s.toml:8:9 policy.0.share | `share` is out of range | 2 | a share between 0 and 1
    "#);
    // Nothing is controlled in its place; the hubs stay, to be looked up.
    let Action::Bilateral { instrument, cells: Cells::Pattern { value, .. } } = action else {
        panic!("an export control acts on trade")
    };
    let hubs = vec![hub("TUR", 0.0, 0.0, 0.0), hub("CHN", 0.0, 0.0, 0.0)];
    assert_eq!((instrument, value), (export_control(1.0, hubs), 0.0));

    let of = |keys: &str| problems_of("export-control", keys);
    insta::assert_snapshot!(of(""), @r#"
    s.toml:1:1 policy.0.route_elasticity | key `route_elasticity` is missing | a finite number above 0
    s.toml:1:1 policy.0.hubs | key `hubs` is missing | a list of regions, such as ["TUR", "CHN"]
    s.toml:1:1 policy.0.hub_share | key `hub_share` is missing | a share for each hub, or a table of them by hub
    "#);
    insta::assert_snapshot!(of("hubs = []\nhub_share = 0.1\nroute_elasticity = 4"), @r#"s.toml:3:8 policy.0.hubs | `hubs` is an empty list | a list of regions, such as ["TUR", "CHN"]"#);
    insta::assert_snapshot!(of("hubs = 'TUR'\nhub_share = { X = 0.1 }\nroute_elasticity = 4"), @r#"s.toml:3:8 policy.0.hubs | `hubs` has a value of the wrong type | the text "TUR" | a list of regions, such as ["TUR", "CHN"]"#);
    insta::assert_snapshot!(of("hubs = ['TUR', 3]\nhub_share = [0.1]\nroute_elasticity = 4"), @r"
    s.toml:3:16 policy.0.hubs.1 | `hubs` has a value of the wrong type | 3 | a code in quotes
    s.toml:4:13 policy.0.hub_share | `hub_share` has a value of the wrong type | a list | a share, at least 0 and below 1, or a table of them by hub
    ");
    insta::assert_snapshot!(of("hubs = ['TUR', 'CHN']\nhub_share = { TUR = 0.7, CHN = 0.4 }\nroute_elasticity = 4"), @"s.toml:4:13 policy.0.hub_share | the shares of the hubs leave nothing to the direct route | a sum of 1.1 | a sum below 1");
    insta::assert_snapshot!(of("hubs = ['TUR', 'CHN']\nhub_share = 0.5\nroute_elasticity = 4"), @"s.toml:4:13 policy.0.hub_share | the shares of the hubs leave nothing to the direct route | a sum of 1 | a sum below 1");
    insta::assert_snapshot!(of("hubs = ['TUR', 'CHN']\nhub_share = {}\nroute_elasticity = 4"), @r"
    s.toml:4:13 policy.0.hub_share | `hub_share` of hub `TUR` is missing | a share, at least 0 and below 1
    s.toml:4:13 policy.0.hub_share | `hub_share` of hub `CHN` is missing | a share, at least 0 and below 1
    ");
    insta::assert_snapshot!(of(&format!("{ROUTES}\nenforcment = 1\nenforcement = {{ TRU = 0.1, TUR = 0.1, CHN = 0 }}")), @r"
    s.toml:6:1 policy.0.enforcment | unknown key `enforcment`; did you mean `enforcement`?
    s.toml:7:17 policy.0.enforcement.TRU | unknown hub `TRU`; did you mean `TUR`?
    ");

    let csv = "exporter,importer,sector,share\nDEU,RUS,C26,0.5\n";
    let (file, diagnostics) = with_table("export-control", "hubs = ['TUR']\nhub_share = 0.1", csv);
    insta::assert_snapshot!(list(&diagnostics), @"s.toml:1:1 policy.0.route_elasticity | key `route_elasticity` is missing | a finite number above 0");
    let Action::Bilateral { cells: Cells::Rows(rows), .. } =
        &file.expect("the rows are good").scenario.policies[0].action
    else {
        panic!("the cells are rows")
    };
    assert_eq!(rows[0].value, 0.0);
}

#[test]
fn settlement_currencies_are_read() {
    let keys = "currencies = { USD = { share = 0.6, change = 0.3 }, CNY = { share = 0.4 } }\n\
                currency_elasticity = 5";
    let two = settlement(5.0, &[("USD", 0.6, 0.3), ("CNY", 0.4, 0.0)]);
    assert_eq!(of(&policy("settlement", keys), &[]), (two.clone(), 1.0));
    let csv = "sector,exporter,importer\nB,RUS,CHN\n*,RUS,west\n";
    assert_eq!(rows_of("settlement", keys, csv), (two, vec![1.0, 1.0]));
    // What rounding leaves out is no error.
    let keys = "currencies = { USD = { share = 0.3333333333 }, CNY = { share = 0.6666666666 } }\n\
                currency_elasticity = 5";
    assert_eq!(of(&policy("settlement", keys), &[]).1, 1.0);
}

#[test]
fn wrong_settlements_are_refused() {
    let keys = "currencies = { USD = { share = 1.2, chnge = 0.3 }, CNY = { change = -1 }, EUR = 1 }\n\
                currency_elasticity = -1\nshare = 0.5";
    let (problems, action) = wrong("settlement", keys);
    insta::assert_snapshot!(problems, @r"
    s.toml:3:32 policy.0.currencies.USD.share | `share` is out of range | 1.2 | a share between 0 and 1
    s.toml:3:37 policy.0.currencies.USD.chnge | unknown key `chnge`; did you mean `change`?
    s.toml:3:58 policy.0.currencies.CNY.share | key `share` is missing | a share between 0 and 1
    s.toml:3:69 policy.0.currencies.CNY.change | `change` is out of range | -1 | a finite change above -1 (-100 %)
    s.toml:3:81 policy.0.currencies.EUR | `EUR` has a value of the wrong type | 1 | a table with `share` and `change`
    s.toml:4:23 policy.0.currency_elasticity | `currency_elasticity` is out of range | -1 | a finite number above 0
    s.toml:5:1 policy.0.share | unknown key `share` | one of `kind`, `name`, `override`, `file`, `exporter`, `importer`, `sector`, `both_ways`, `domestic`, `currencies`, `currency_elasticity`
    ");
    let Action::Bilateral { instrument, cells: Cells::Pattern { value, .. } } = action else {
        panic!("a settlement acts on trade")
    };
    assert_eq!((instrument, value), (settlement(1.0, &[("unchanged", 1.0, 0.0)]), 1.0));

    let of = |keys: &str| problems_of("settlement", keys);
    insta::assert_snapshot!(of(""), @r"
    s.toml:1:1 policy.0.currency_elasticity | key `currency_elasticity` is missing | a finite number above 0
    s.toml:1:1 policy.0.currencies | key `currencies` is missing | a table by currency, such as { USD = { share = 1.0, change = 0.3 } }
    ");
    insta::assert_snapshot!(of("currencies = { USD = { share = 0.6 }, CNY = { share = 0.3 } }\ncurrency_elasticity = 5"), @"s.toml:3:14 policy.0.currencies | the shares do not sum to 1 | a sum of 0.9 | a sum of 1");
    insta::assert_snapshot!(of("currencies = { USD = { share = 0.999999998 } }\ncurrency_elasticity = 5"), @"s.toml:3:14 policy.0.currencies | the shares do not sum to 1 | a sum of 0.999999998 | a sum of 1");
    insta::assert_snapshot!(of("currencies = {}\ncurrency_elasticity = 5"), @"s.toml:3:14 policy.0.currencies | the shares do not sum to 1 | a sum of 0 | a sum of 1");
    insta::assert_snapshot!(of("currencies = ['USD']\ncurrency_elasticity = 5"), @"s.toml:3:14 policy.0.currencies | `currencies` has a value of the wrong type | a list | a table by currency, such as { USD = { share = 1.0, change = 0.3 } }");
    let keys = "currencies = { USD = { share = 1 } }\ncurrency_elasticity = 5";
    let csv = "exporter,importer,sector,share\nRUS,USA,B,0.5\n";
    insta::assert_snapshot!(list(&with_table("settlement", keys, csv).1), @"t.csv:1 share | unknown column `share` | one of `exporter`, `importer`, `sector`");
    insta::assert_snapshot!(list(&with_table("settlement", keys, "exporter,importer\nRUS,USA\n").1), @"t.csv:1 sector | column `sector` is missing | `exporter`, `importer`, `sector`");
}

/// A scenario with one coalition, its own keys from line 3.
fn coalition(keys: &str) -> String {
    format!("[[policy]]\nkind = 'coalition-transfer'\n{keys}\n")
}

#[test]
fn coalitions_are_read() {
    let of = |keys: &str| {
        let file = good(&ScenarioSource::text("s.toml", coalition(keys)), &[]);
        file.scenario.policies[0].action.clone()
    };
    let members = Selector::name("west");
    let rule = CoalitionRule::EqualWelfare;
    assert_eq!(of("members = 'west'\nrule = 'equal-welfare'"), Action::Coalition { members, rule });
    let weights = BTreeMap::from([("USA".to_owned(), 0.6), ("DEU".to_owned(), 0.4)]);
    let members = Selector::Names(vec!["USA".into(), "DEU".into()]);
    let rule = CoalitionRule::Weights(weights);
    assert_eq!(
        of("members = ['USA', 'DEU']\nrule = 'weights'\nweights = { DEU = 0.4, USA = 0.6 }"),
        Action::Coalition { members, rule }
    );
}

#[test]
fn wrong_coalitions_are_refused() {
    let of = |keys: &str| problems(&coalition(keys));
    insta::assert_snapshot!(of(""), @r#"
    s.toml:1:1 policy.0.members | key `members` is missing | a code, a group, a list of them, or "*" for all
    s.toml:1:1 policy.0.rule | key `rule` is missing | "equal-welfare" or "weights"
    "#);
    insta::assert_snapshot!(of("members = 3\nrule = 'equal-wealth'"), @r#"
    s.toml:3:11 policy.0.members | `members` has a value of the wrong type | 3 | a code, a group, a list of them, "*" for all, or { not = ... }
    s.toml:4:8 policy.0.rule | unknown value of `rule`: `equal-wealth`; did you mean `equal-welfare`?
    "#);
    insta::assert_snapshot!(of("members = '*'\nrule = 'shares'\nweigths = {}"), @r"
    s.toml:4:8 policy.0.rule | unknown value of `rule`: `shares` | one of `equal-welfare`, `weights`
    s.toml:5:1 policy.0.weigths | unknown key `weigths`; did you mean `weights`?
    ");
    insta::assert_snapshot!(of("members = '*'\nrule = 'weights'"), @"s.toml:1:1 policy.0.weights | key `weights` is missing | each member's part of the loss, such as { USA = 0.6, DEU = 0.4 }");
    insta::assert_snapshot!(of("members = '*'\nrule = 'weights'\nweights = 1"), @"s.toml:5:11 policy.0.weights | `weights` has a value of the wrong type | 1 | a table of weights by region");
    insta::assert_snapshot!(of("members = '*'\nrule = 'weights'\nweights = {}"), @"s.toml:5:11 policy.0.weights | the weights do not sum to 1 | a sum of 0 | a sum of 1");
    insta::assert_snapshot!(of("members = '*'\nrule = 'equal-welfare'\nweights = { USA = 1 }"), @"s.toml:5:1 policy.0.weights | `weights` and the rule `equal-welfare` contradict each other | the rule `weights`, or no weights");
    insta::assert_snapshot!(of("members = '*'\nrule = 'weights'\nweights = { USA = -0.5, DEU = 'x' }"), @r#"
    s.toml:5:19 policy.0.weights.USA | `USA` is out of range | -0.5 | a share between 0 and 1
    s.toml:5:31 policy.0.weights.DEU | `DEU` has a value of the wrong type | the text "x" | a share between 0 and 1
    "#);
    insta::assert_snapshot!(of("members = '*'\nrule = 'equal-welfare'\nfile = 't.csv'\nexporter = 'USA'"), @r"
    s.toml:5:1 policy.0.file | a `coalition-transfer` is not read from a table | the keys `members` and `rule`
    s.toml:6:1 policy.0.exporter | unknown key `exporter` | one of `kind`, `name`, `override`, `file`, `members`, `rule`, `weights`
    ");

    // Names of weights that are wrong can still be looked up.
    let text = coalition("members = '*'\nrule = 'weights'\nweights = { USA = 0.5, DUE = 0.4 }");
    let (file, diagnostics) = read(&text);
    insta::assert_snapshot!(list(&diagnostics), @"s.toml:5:11 policy.0.weights | the weights do not sum to 1 | a sum of 0.9 | a sum of 1");
    let Action::Coalition { rule, .. } =
        &file.expect("what is wrong is replaced").scenario.policies[0].action
    else {
        panic!("it is a coalition")
    };
    let weights = BTreeMap::from([("USA".to_owned(), 0.5), ("DUE".to_owned(), 0.5)]);
    assert_eq!(*rule, CoalitionRule::Weights(weights));
}

#[test]
fn what_is_read_says_its_kind_and_the_key_of_its_size() {
    for (kind, keys, value_key) in [
        ("quota", "quantity = 1", "quantity"),
        ("price-cap", "cap = 1", "cap"),
        ("export-control", &format!("{ROUTES}\nshare = 1"), "share"),
        ("settlement", "currencies = { USD = { share = 1 } }\ncurrency_elasticity = 5", "share"),
    ] {
        let (instrument, _) = of(&policy(kind, keys), &[]);
        assert_eq!((instrument.kind(), instrument.value_key()), (kind, value_key));
    }
}

#[test]
fn overrides_reach_into_instruments() {
    let text = policy("price-cap", "name = 'cap'\ncap_usd = 60\nreference_usd = 75");
    assert_eq!(of(&text, &["policy.cap.cap_usd=45"]).1, 0.6);
    let (instrument, _) = of(
        &text,
        &[
            "policy.price-cap.shadow_capacity=0.5",
            "policy.0.shadow_cost=0.1",
            "policy.cap.shadow_owner=GRC",
        ],
    );
    assert_eq!(instrument, price_cap(0.5, 0.1, ShadowOwner::Region("GRC".into())));
    let source = ScenarioSource::text("s.toml", text.as_str());
    insta::assert_snapshot!(list(&read_with(&source, &["policy.cap.cap=0.5"]).1), @"s.toml:4:1 policy.0.cap_usd | `cap` and `cap_usd` contradict each other | one of them");

    let keys = "name = 'bank'\ncurrencies = { USD = { share = 1, change = 0.3 } }\n\
                currency_elasticity = 5";
    let text = policy("settlement", keys);
    let (instrument, _) = of(&text, &["policy.bank.currencies.USD.change=0.2"]);
    assert_eq!(instrument, settlement(5.0, &[("USD", 1.0, 0.2)]));
    let set = ["policy.bank.currencies.USD.share=0.25", "policy.0.currencies.CNY.share=0.75"];
    let (instrument, _) = of(&text, &set);
    assert_eq!(instrument, settlement(5.0, &[("USD", 0.25, 0.3), ("CNY", 0.75, 0.0)]));
    let source = ScenarioSource::text("s.toml", text.as_str());
    insta::assert_snapshot!(list(&read_with(&source, &set[..1]).1), @"s.toml:4:14 policy.0.currencies | the shares do not sum to 1 | a sum of 0.25 | a sum of 1");

    let text = policy("export-control", ROUTES);
    let (instrument, share) = of(
        &text,
        &[
            "policy.export-control.hubs=[\"TUR\"]",
            "policy.0.hub_share=0.1",
            "policy.0.enforcement.TUR=2",
            "policy.0.share=0.5",
        ],
    );
    assert_eq!((instrument, share), (export_control(4.0, vec![hub("TUR", 0.1, 2.0, 0.0)]), 0.5));

    let source = ScenarioSource::text("s.toml", text);
    insta::assert_snapshot!(list(&read_with(&source, &["policy.0.hub_share.TUR=0.1"]).1), @"--set policy.0.hub_share.TUR | `policy.0.hub_share` has no key `TUR` | 0.02 | a table");

    let text = policy("quota", "quantity = 0.5");
    let set = ["policy.quota.quantity=0", "policy.quota.per=total"];
    assert_eq!(of(&text, &set), (quota(0.0, QuotaScope::Total), 0.0));

    let text = coalition("members = '*'\nrule = 'weights'\nweights = { USA = 1 }");
    let set = ["policy.0.weights.USA=0.5", "policy.0.weights.DEU=0.5"];
    let file = good(&ScenarioSource::text("s.toml", text), &set);
    let weights = BTreeMap::from([("USA".to_owned(), 0.5), ("DEU".to_owned(), 0.5)]);
    let Action::Coalition { rule, .. } = &file.scenario.policies[0].action else {
        panic!("it is a coalition")
    };
    assert_eq!(*rule, CoalitionRule::Weights(weights));
}

#[test]
fn the_models_errors_find_the_keys_of_instruments() {
    let text = policy(
        "export-control",
        "hubs = [\n'TUR',\n'CNH']\nhub_share = 0.02\nroute_elasticity = 4",
    );
    let file = good(&ScenarioSource::text("s.toml", text), &[]);
    let place = |policy, key: &str| Place {
        section: Section::Policy(policy),
        key: key.to_owned(),
        row: None,
    };
    let unknown = ScenarioError::UnknownName {
        place: place(0, "hubs"),
        what: "region",
        found: "CNH".into(),
        nearest: Some("CHN".into()),
    };
    let seller = ScenarioError::HubOutOfPlace {
        place: place(0, "hubs"),
        hub: "TUR".into(),
        role: "an exporter of the policy",
    };
    let located = [unknown, seller].map(|error| file.locations.locate(&error));
    insta::assert_snapshot!(list(&located), @r"
    s.toml:5:1 policy.0.hubs | unknown region `CNH`; did you mean `CHN`?
    s.toml:4:1 policy.0.hubs | hub `TUR` is an exporter of the policy | regions that neither sell nor buy in this policy, each once
    ");

    // Policies count as in the file, though its first one is none.
    let text = "[[policy]]\nkind = 'wall'\n".to_owned()
        + &coalition("members = 'west'\nrule = 'equal-welfare'")
        + &coalition("members = ['USA']\nrule = 'equal-welfare'");
    let error = ScenarioError::TwoCoalitions {
        place: place(1, "members"),
        region: "USA".into(),
        earlier: 0,
    };
    let located = read(&text).0.expect("the rest is good").locations.locate(&error);
    insta::assert_snapshot!(list(&[located]), @"s.toml:9:11 policy.2.members | `USA` is a member of the coalition of `policy.1` already");
}

#[test]
fn documented_policies_are_read() {
    let documentation = include_str!("../../../../docs/scenarios.md");
    let mut blocks = vec![String::new()];
    for line in documentation.lines() {
        match line.strip_prefix("    ") {
            None if !line.is_empty() => blocks.push(String::new()),
            code => {
                let block = blocks.last_mut().expect("there is one");
                block.extend([code.unwrap_or_default(), "\n"]);
            }
        }
    }
    let mut kinds = std::collections::BTreeSet::new();
    for block in blocks.iter().filter(|block| block.contains("[[policy]]")) {
        let mut source = ScenarioSource::text("s.toml", block.as_str());
        let table = "exporter,importer,sector,rate\nCHN,USA,B,0.1\n";
        source.files.insert("tariffs.csv".into(), table.into());
        kinds.extend(good(&source, &[]).scenario.policies.iter().map(Policy::kind));
    }
    for kind in ["quota", "price-cap", "export-control", "settlement", "coalition-transfer"] {
        assert!(kinds.contains(kind), "`{kind}` has an example");
    }
}

#[test]
fn the_seed_of_the_fuzzer_with_every_kind_is_good() {
    let seed = include_str!("../../../../fuzz/seeds/scenario/kinds.toml");
    let mut parts = seed.split("\n#file ");
    let text = parts.next().expect("a split has a first part");
    let mut source = ScenarioSource::text("s.toml", text);
    for part in parts {
        let (name, table) = part.split_once('\n').expect("a table has a name");
        source.files.insert(name.to_owned(), table.to_owned());
    }
    let set: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("#set ")).collect();
    let file = good(&source, &set);
    assert_eq!(file.scenario.policies.len(), 12);
}
