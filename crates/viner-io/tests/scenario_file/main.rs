//! Scenario files: what is read from them, and everything that can be wrong with them.

mod instruments;

use std::fmt::Write as _;

use proptest::prelude::*;
use viner_io::Diagnostic;
use viner_io::scenario_file::{ScenarioFile, ScenarioSource, read_scenario};
use viner_model::problem::{Place, ScenarioError, Section};
use viner_model::scenario::{
    Action, BilateralInstrument, BilateralRow, Cells, Deficits, Labour, SectorCells,
    SectorInstrument, SectorRow, Selector, TransferAmount, TransferRow, Unbalanced, Values,
};

const WALL: &str = r#"title = "Western wall"
baseline = "icio-2019-g20"

[groups]
west  = ["USA", "CAN"]
goods = ["A", "B"]

[model]
trade_elasticity = { default = 4.0, B = 8 }
production_elasticity = 0.5
final_elasticity = 1.5
specific_factor_share = { goods = 0.1, "RUS.B" = 0.5, CHN.B = 0.25 }
labour = "fixed-real-wage"
deficits = "income-share"
unbalanced = "accept"

[solver]
tolerance = 1e-9
max_evaluations = 500

[[policy]]
name = "wall"
kind = "trade-cost"
exporter = "RUS"
importer = "west"
sector = "goods"
both_ways = true
change = 0.5

[[policy]]
kind = "tariff"
exporter = ["RUS", "BLR"]
importer = { not = "west" }
sector = "*"
add = 0.10
override = true

[report]
focus = "RUS"
partners = ["west", "CHN"]
"#;

fn read(text: &str) -> (Option<ScenarioFile>, Vec<Diagnostic>) {
    let (file, diagnostics) = read_scenario(&ScenarioSource::text("s.toml", text), &[]);
    (file, diagnostics.0)
}

fn read_with(source: &ScenarioSource, set: &[&str]) -> (Option<ScenarioFile>, Vec<Diagnostic>) {
    let set: Vec<String> = set.iter().map(ToString::to_string).collect();
    let (file, diagnostics) = read_scenario(source, &set);
    (file, diagnostics.0)
}

fn good(source: &ScenarioSource, set: &[&str]) -> ScenarioFile {
    let (file, diagnostics) = read_with(source, set);
    assert_eq!(list(&diagnostics), "");
    file.expect("a scenario without diagnostics is read")
}

fn wall(set: &[&str]) -> ScenarioFile {
    good(&ScenarioSource::text("s.toml", WALL), set)
}

/// One line a diagnostic: `file:line:column key | problem | found | expected | hints`.
fn list(diagnostics: &[Diagnostic]) -> String {
    let mut text = String::new();
    for d in diagnostics {
        let line = d.line.map(|line| format!(":{line}")).unwrap_or_default();
        let column = d.column.map(|column| format!(":{column}")).unwrap_or_default();
        let file = d.file.as_deref().unwrap_or_default();
        let key = d.key.as_deref().unwrap_or_default();
        write!(text, "{file}{line}{column} {key} | {}", d.problem).expect("a text takes all");
        for part in [&d.found, &d.expected].into_iter().flatten().chain(&d.hints) {
            write!(text, " | {part}").expect("a text takes all");
        }
        text.push('\n');
    }
    text
}

fn problems(text: &str) -> String {
    list(&read(text).1)
}

/// Problems of the wall with `old` replaced by `new`.
fn changed(old: &str, new: &str) -> String {
    assert!(WALL.contains(old), "`{old}` is not in the scenario");
    problems(&WALL.replacen(old, new, 1))
}

/// A scenario with one policy that names `t.csv`, and that table.
fn tabled(kind: &str, csv: &str) -> (Option<ScenarioFile>, Vec<Diagnostic>) {
    let text = format!("[[policy]]\nkind = \"{kind}\"\nfile = \"t.csv\"\n");
    let mut source = ScenarioSource::text("s.toml", text);
    source.files.insert("t.csv".into(), csv.into());
    read_with(&source, &[])
}

#[test]
fn a_whole_scenario_is_read() {
    let file = wall(&[]);
    assert_eq!(file.baseline.as_deref(), Some("icio-2019-g20"));
    assert_eq!((file.solver.tolerance, file.solver.max_evaluations), (1e-9, Some(500)));
    assert_eq!(file.report.focus.as_deref(), Some("RUS"));
    assert_eq!(file.report.partners, ["west", "CHN"]);

    let scenario = &file.scenario;
    assert_eq!(scenario.title, "Western wall");
    assert_eq!(scenario.groups["west"], ["USA", "CAN"]);
    let model = &scenario.model;
    let entries = |entries: &[(&str, f64)]| {
        entries.iter().map(|(key, value)| ((*key).to_owned(), *value)).collect()
    };
    let theta = Values { default: Some(4.0), entries: entries(&[("B", 8.0)]) };
    assert_eq!(model.trade_elasticity, theta);
    assert_eq!(model.production_elasticity, Values::uniform(0.5));
    assert_eq!(model.input_elasticity, Values::default());
    assert_eq!(model.final_elasticity, 1.5);
    let phi = entries(&[("goods", 0.1), ("RUS.B", 0.5), ("CHN.B", 0.25)]);
    assert_eq!(model.specific_factor_share, Values { default: None, entries: phi });
    assert_eq!(model.labour, Labour::FixedRealWage);
    assert_eq!(model.deficits, Deficits::IncomeShare);
    assert_eq!(model.unbalanced, Unbalanced::Accept);

    let [first, second] = scenario.policies.as_slice() else { panic!("two policies") };
    assert_eq!((first.name.as_deref(), first.replace), (Some("wall"), false));
    assert_eq!(
        first.action,
        Action::Bilateral {
            instrument: BilateralInstrument::TradeCostChange,
            cells: Cells::Pattern {
                exporter: Selector::name("RUS"),
                importer: Selector::name("west"),
                sector: Selector::name("goods"),
                both_ways: true,
                domestic: false,
                value: 0.5,
            },
        }
    );
    assert_eq!((second.name.as_deref(), second.replace), (None, true));
    assert_eq!(
        second.action,
        Action::Bilateral {
            instrument: BilateralInstrument::TariffAdd,
            cells: Cells::Pattern {
                exporter: Selector::Names(vec!["RUS".into(), "BLR".into()]),
                importer: Selector::Not(vec!["west".into()]),
                sector: Selector::All,
                both_ways: false,
                domestic: false,
                value: 0.10,
            },
        }
    );
}

#[test]
fn an_empty_text_is_a_scenario_that_changes_nothing() {
    let file = good(&ScenarioSource::text("s.toml", ""), &[]);
    assert_eq!(file.scenario, viner_model::scenario::Scenario::default());
    assert_eq!((file.baseline, file.solver.tolerance), (None, 1e-10));
}

#[test]
fn every_kind_is_read_and_keeps_its_size() {
    for (kind, keys, expected) in [
        ("tariff", "rate = 0", BilateralInstrument::TariffRate),
        ("tariff", "add = -0.1", BilateralInstrument::TariffAdd),
        ("export-tax", "rate = 0.1", BilateralInstrument::ExportTaxRate),
        ("export-tax", "add = 0.1", BilateralInstrument::ExportTaxAdd),
        ("trade-cost", "change = -0.5", BilateralInstrument::TradeCostChange),
        ("embargo", "", BilateralInstrument::EmbargoShare),
        ("supplier-exit", "share = 0.3", BilateralInstrument::SupplierExitShare),
    ] {
        let text = format!(
            "policy = [{{ kind = '{kind}', exporter = '*', importer = '*', sector = '*'{}{keys} }}]",
            if keys.is_empty() { "" } else { ", " }
        );
        let file = good(&ScenarioSource::text("s.toml", text), &[]);
        let Action::Bilateral { instrument, cells: Cells::Pattern { value, .. } } =
            &file.scenario.policies[0].action
        else {
            panic!("{kind} acts on trade")
        };
        let written = keys.rsplit(' ').next().and_then(|value| value.parse().ok());
        assert_eq!((instrument, *value), (&expected, written.unwrap_or(1.0)));
    }
    for (kind, key, expected) in [
        ("sector-tax", "rate", SectorInstrument::SectorTaxRate),
        ("productivity", "change", SectorInstrument::ProductivityChange),
        ("demand-shift", "change", SectorInstrument::DemandShiftChange),
    ] {
        let text =
            format!("[[policy]]\nkind = '{kind}'\nregion = 'RUS'\nsector = ['B']\n{key} = 0.5");
        let file = good(&ScenarioSource::text("s.toml", text), &[]);
        let cells = SectorCells::Pattern {
            region: Selector::name("RUS"),
            sector: Selector::name("B"),
            value: 0.5,
        };
        let action = Action::Sector { instrument: expected, cells };
        assert_eq!(file.scenario.policies[0].action, action);
    }
    for (key, amount) in [
        ("million_usd = 10", TransferAmount::MillionUsd(10.0)),
        ("share_of_income = 0.01", TransferAmount::ShareOfIncome(0.01)),
    ] {
        let text = format!("[[policy]]\nkind = 'transfer'\nfrom = 'west'\nto = ['UKR']\n{key}");
        let file = good(&ScenarioSource::text("s.toml", text), &[]);
        let (from, to) = (Selector::name("west"), Selector::name("UKR"));
        let rows = vec![TransferRow { from, to, amount, line: None }];
        assert_eq!(file.scenario.policies[0].action, Action::Transfer { rows });
    }
}

#[test]
fn all_errors_are_listed_at_once_each_with_its_line() {
    let text = r#"titel = "x"
baseline = 7
[groups]
west = "USA"
"a.b" = ["USA"]
none = []
[model]
trade_elasticity = -1
production_elasticity = { default = nan, B = "high" }
input_elasticity = "fast"
final_elasticity = inf
specific_factor_share = { "RUS.B" = 1.5, RUS = { B = 0.5 } }
labour = "moble"
deficits = 3
[solver]
tolerance = 0.5
max_evaluations = 1.5
[[policy]]
kind = "tarif"
[[policy]]
kind = "quota"
quantity = -0.5
[[policy]]
kind = "tariff"
exporter = "RUS"
importer = ["USA", 3]
rate = -1.5
add = 0.1
both_ways = "yes"
exprter = "x"
[[policy]]
kind = "transfer"
name = "aid"
from = { not = "*" }
to = { nt = "UKR" }
share_of_income = 2
[[policy]]
name = "aid"
[report]
focus = ""
"#;
    insta::assert_snapshot!(problems(text), @r#"
    s.toml:1:1 titel | unknown key `titel`; did you mean `title`?
    s.toml:2:12 baseline | `baseline` has a value of the wrong type | 7 | the name of a built-in baseline, or the path of one
    s.toml:4:8 groups.west | `west` has a value of the wrong type | the text "USA" | a list of codes, such as ["USA", "CAN"]
    s.toml:5:1 groups.a.b | `a.b` cannot name a group: a point separates region and sector | another name
    s.toml:6:8 groups.none | `none` is an empty list | a list of codes, such as ["USA", "CAN"]
    s.toml:8:20 model.trade_elasticity | `trade_elasticity` is out of range | -1 | a finite number above 0
    s.toml:9:37 model.production_elasticity.default | `default` is not a finite number | nan | a finite number, at least 0
    s.toml:9:46 model.production_elasticity.B | `B` has a value of the wrong type | the text "high" | a finite number, at least 0
    s.toml:10:20 model.input_elasticity | `fast` is not a table file | the path of a file `.csv` or `.csv.gz`
    s.toml:11:20 model.final_elasticity | `final_elasticity` is not a finite number | inf | a finite number, at least 0
    s.toml:12:37 model.specific_factor_share.RUS.B | `B` is out of range | 1.5 | a share between 0 and 1
    s.toml:13:10 model.labour | unknown value of `labour`: `moble`; did you mean `mobile`?
    s.toml:14:12 model.deficits | `deficits` has a value of the wrong type | 3 | one of "fixed", "income-share", "balanced"
    s.toml:16:13 solver.tolerance | `tolerance` is out of range | 0.5 | a number between 0 and 0.01
    s.toml:17:19 solver.max_evaluations | `max_evaluations` has a value of the wrong type | 1.5 | a whole number above 0
    s.toml:19:8 policy.0.kind | unknown policy kind `tarif`; did you mean `tariff`?
    s.toml:20:1 policy.1.exporter | key `exporter` is missing | a code, a group, a list of them, or "*" for all
    s.toml:20:1 policy.1.importer | key `importer` is missing | a code, a group, a list of them, or "*" for all
    s.toml:20:1 policy.1.sector | key `sector` is missing | a code, a group, a list of them, or "*" for all
    s.toml:22:12 policy.1.quantity | `quantity` is out of range | -0.5 | a finite number, at least 0
    s.toml:23:1 policy.2.sector | key `sector` is missing | a code, a group, a list of them, or "*" for all
    s.toml:26:20 policy.2.importer.1 | `importer` has a value of the wrong type | 3 | a code in quotes
    s.toml:27:8 policy.2.rate | `rate` is out of range | -1.5 | a finite rate above -1 (-100 %)
    s.toml:28:1 policy.2.add | `rate` and `add` contradict each other | one of them
    s.toml:29:13 policy.2.both_ways | `both_ways` has a value of the wrong type | the text "yes" | `true` or `false`
    s.toml:30:1 policy.2.exprter | unknown key `exprter`; did you mean `exporter`?
    s.toml:34:16 policy.3.from.not | `{ not = "*" }` leaves nothing | the codes to leave out
    s.toml:35:6 policy.3.to.not | key `not` is missing | the codes to leave out
    s.toml:35:8 policy.3.to.nt | unknown key `nt`; did you mean `not`?
    s.toml:36:19 policy.3.share_of_income | `share_of_income` is out of range | 2 | a share between 0 and 1
    s.toml:37:1 policy.4.kind | key `kind` is missing | one of "tariff", "export-tax", "trade-cost", "embargo", "quota", "price-cap", "export-control", "settlement", "supplier-exit", "transfer", "coalition-transfer", "sector-tax", "productivity", "demand-shift"
    s.toml:38:8 policy.4.name | name `aid` is used twice | another name than that of `policy.3`
    s.toml:40:9 report.focus | `focus` is empty | a region or a group
    "#);
}

#[test]
fn syntax_errors_are_listed_together_and_nothing_else_is() {
    let text = "titel = 'x'\nbaseline = icio\ntitle = tariffs\ntitel = 2\n[[policy]\nkind = 'tariff'\nkind = 'quota'\n";
    insta::assert_snapshot!(problems(text), @r#"
    s.toml:2:12  | not TOML: text without quotes | `icio` | write `"icio"`
    s.toml:3:9  | not TOML: text without quotes | `tariffs` | write `"tariffs"`
    s.toml:4:1  | not TOML: duplicate key | `titel`
    s.toml:5:10  | not TOML: unclosed array table | `]`
    "#);
    assert!(read(text).0.is_none());
}

#[test]
fn unknown_keys_name_the_nearest() {
    insta::assert_snapshot!(changed("title =", "tilte ="), @"s.toml:1:1 tilte | unknown key `tilte`; did you mean `title`?");
    insta::assert_snapshot!(changed("labour =", "labor ="), @"s.toml:13:1 model.labor | unknown key `labor`; did you mean `labour`?");
    insta::assert_snapshot!(changed("tolerance =", "tolerence ="), @"s.toml:18:1 solver.tolerence | unknown key `tolerence`; did you mean `tolerance`?");
    insta::assert_snapshot!(changed("focus =", "fokus ="), @"s.toml:39:1 report.fokus | unknown key `fokus`; did you mean `focus`?");
    insta::assert_snapshot!(changed("both_ways =", "both_way ="), @"s.toml:27:1 policy.0.both_way | unknown key `both_way`; did you mean `both_ways`?");
    insta::assert_snapshot!(changed("add =", "zzz = 1\nadd ="), @"s.toml:35:1 policy.1.zzz | unknown key `zzz` | one of `kind`, `name`, `override`, `file`, `exporter`, `importer`, `sector`, `both_ways`, `domestic`, `rate`, `add`");
}

#[test]
fn wrong_types_say_what_was_found() {
    insta::assert_snapshot!(changed("\"Western wall\"", "1979-05-27"), @"s.toml:1:9 title | `title` has a value of the wrong type | the date 1979-05-27 | one line of text");
    insta::assert_snapshot!(changed("[groups]", "groups = 1\n[grps]"), @r"
    s.toml:4:10 groups | `groups` has a value of the wrong type | 1 | a table, `[groups]`
    s.toml:5:2 grps | unknown key `grps`; did you mean `groups`?
    ");
    insta::assert_snapshot!(changed("both_ways = true", "both_ways = 1"), @"s.toml:27:13 policy.0.both_ways | `both_ways` has a value of the wrong type | 1 | `true` or `false`");
    insta::assert_snapshot!(changed("change = 0.5", "change = '50 %'"), @r#"s.toml:28:10 policy.0.change | `change` has a value of the wrong type | the text "50 %" | a finite change above -1 (-100 %)"#);
    insta::assert_snapshot!(changed("exporter = \"RUS\"", "exporter = 1"), @r#"s.toml:24:12 policy.0.exporter | `exporter` has a value of the wrong type | 1 | a code, a group, a list of them, "*" for all, or { not = ... }"#);
    insta::assert_snapshot!(changed("partners = [\"west\", \"CHN\"]", "partners = [1]"), @"s.toml:40:13 report.partners.0 | `partners` has a value of the wrong type | 1 | a code in quotes");
    insta::assert_snapshot!(problems("[policy]\nkind = 'tariff'"), @"s.toml:1:1 policy | `policy` has a value of the wrong type | a table | a list of tables, each under `[[policy]]`");
    insta::assert_snapshot!(problems("policy = ['tariff']"), @r#"s.toml:1:11 policy.0 | `policy` has a value of the wrong type | the text "tariff" | a table under `[[policy]]`"#);
}

#[test]
fn missing_keys_say_what_is_expected() {
    insta::assert_snapshot!(changed("kind = \"tariff\"\n", ""), @r#"s.toml:30:1 policy.1.kind | key `kind` is missing | one of "tariff", "export-tax", "trade-cost", "embargo", "quota", "price-cap", "export-control", "settlement", "supplier-exit", "transfer", "coalition-transfer", "sector-tax", "productivity", "demand-shift""#);
    insta::assert_snapshot!(changed("sector = \"*\"\n", ""), @r#"s.toml:30:1 policy.1.sector | key `sector` is missing | a code, a group, a list of them, or "*" for all"#);
    insta::assert_snapshot!(changed("add = 0.10\n", ""), @"s.toml:30:1 policy.1 | key `rate` or `add` is missing | a finite rate above -1 (-100 %)");
    insta::assert_snapshot!(changed("{ not = \"west\" }", "{}"), @"s.toml:33:12 policy.1.importer.not | key `not` is missing | the codes to leave out");
}

#[test]
fn contradicting_keys_are_refused() {
    insta::assert_snapshot!(changed("add = 0.10", "add = 0.10\nrate = 0.2"), @"s.toml:35:1 policy.1.add | `rate` and `add` contradict each other | one of them");
    insta::assert_snapshot!(changed("\"RUS.B\" = 0.5", "\"CHN.B\" = 0.5"), @"s.toml:12:63 model.specific_factor_share.CHN.B | `CHN.B` is given twice | one value for each region and sector");
    let text = "[[policy]]\nkind = 'tariff'\nfile = 't.csv'\nexporter = 'RUS'\nrate = 1\n";
    let mut source = ScenarioSource::text("s.toml", text);
    source.files.insert("t.csv".into(), "exporter,importer,sector,rate\nRUS,USA,B,1\n".into());
    insta::assert_snapshot!(list(&read_with(&source, &[]).1), @r"
    s.toml:4:1 policy.0.exporter | `exporter` and `file` contradict each other | cells and sizes either from the table or from keys | remove `exporter`: the table says it in each row
    s.toml:5:1 policy.0.rate | `rate` and `file` contradict each other | cells and sizes either from the table or from keys | remove `rate`: the table says it in each row
    ");
}

#[test]
fn kinds_are_checked() {
    insta::assert_snapshot!(changed("\"tariff\"", "\"tarrif\""), @"s.toml:31:8 policy.1.kind | unknown policy kind `tarrif`; did you mean `tariff`?");
    insta::assert_snapshot!(changed("\"tariff\"", "\"price-cpa\""), @"s.toml:31:8 policy.1.kind | unknown policy kind `price-cpa`; did you mean `price-cap`?");
    insta::assert_snapshot!(changed("\"tariff\"", "\"secondary-sanction\""), @"s.toml:31:8 policy.1.kind | `secondary-sanction` is no kind of policy | a secondary sanction is a threat: declare it as an action of a player in a plan of `viner game`");
    insta::assert_snapshot!(changed("\"tariff\"", "\"secondary-sanctions\""), @"s.toml:31:8 policy.1.kind | unknown policy kind `secondary-sanctions`; did you mean `secondary-sanction`?");
}

#[test]
fn words_name_the_nearest() {
    insta::assert_snapshot!(changed("\"fixed-real-wage\"", "\"fixed-rael-wage\""), @"s.toml:13:10 model.labour | unknown value of `labour`: `fixed-rael-wage`; did you mean `fixed-real-wage`?");
    insta::assert_snapshot!(changed("\"income-share\"", "\"none\""), @"s.toml:14:12 model.deficits | unknown value of `deficits`: `none` | one of `fixed`, `income-share`, `balanced`");
    insta::assert_snapshot!(changed("\"accept\"", "\"acept\""), @"s.toml:15:14 model.unbalanced | unknown value of `unbalanced`: `acept`; did you mean `accept`?");
}

#[test]
fn ranges_are_checked() {
    for (kind, key, value, holds) in [
        ("tariff", "rate", "-1", false),
        ("tariff", "rate", "-0.99", true),
        ("tariff", "add", "-3", true),
        ("tariff", "add", "nan", false),
        ("export-tax", "rate", "-1.0", false),
        ("trade-cost", "change", "-1", false),
        ("trade-cost", "change", "inf", false),
        ("trade-cost", "change", "1e999", false),
        ("trade-cost", "change", "0", true),
        ("embargo", "share", "1.01", false),
        ("embargo", "share", "1", true),
        ("supplier-exit", "share", "-0.01", false),
    ] {
        let text = format!(
            "[[policy]]\nkind = '{kind}'\nexporter = '*'\nimporter = '*'\nsector = '*'\n{key} = {value}"
        );
        let problems = problems(&text);
        assert_eq!(problems.is_empty(), holds, "{kind} {key} = {value}: {problems}");
        assert!(holds || problems.starts_with("s.toml:6:"), "{problems}");
    }
    for (kind, key, value, holds) in [
        ("sector-tax", "rate", "1.01", false),
        ("sector-tax", "rate", "1", true),
        ("sector-tax", "rate", "-2", true),
        ("productivity", "change", "-1", false),
        ("demand-shift", "change", "-1", false),
    ] {
        let text =
            format!("[[policy]]\nkind = '{kind}'\nregion = '*'\nsector = '*'\n{key} = {value}");
        assert_eq!(problems(&text).is_empty(), holds, "{kind} {key} = {value}");
    }
    for (key, value, holds) in [
        ("trade_elasticity", "0", false),
        ("trade_elasticity", "0.1", true),
        ("trade_elasticity", "{ default = 4, B = 0 }", false),
        ("production_elasticity", "-0.1", false),
        ("production_elasticity", "0", true),
        ("input_elasticity", "-0.1", false),
        ("final_elasticity", "-0.1", false),
        ("final_elasticity", "0", true),
        ("specific_factor_share", "1.1", false),
        ("specific_factor_share", "1", true),
        ("specific_factor_share", "{ RUS = { B = 1.1 } }", false),
        ("trade_elasticity", "{ RUS = { B = 1.1 } }", false),
    ] {
        let text = format!("[model]\n{key} = {value}");
        assert_eq!(problems(&text).is_empty(), holds, "{key} = {value}: {}", problems(&text));
    }
    for (value, holds) in [("0.0", false), ("1e-2", false), ("1e-12", true), ("nan", false)] {
        assert_eq!(problems(&format!("[solver]\ntolerance = {value}")).is_empty(), holds);
    }
    for (value, holds) in [("0", false), ("-1", false), ("1", true), ("'many'", false)] {
        assert_eq!(problems(&format!("[solver]\nmax_evaluations = {value}")).is_empty(), holds);
    }
}

#[test]
fn selectors_that_choose_nothing_or_everything_twice_are_refused() {
    insta::assert_snapshot!(changed("[\"RUS\", \"BLR\"]", "[]"), @r#"s.toml:32:12 policy.1.exporter | `exporter` is an empty list | a code, a group, a list of them, "*" for all, or { not = ... }"#);
    insta::assert_snapshot!(changed("[\"RUS\", \"BLR\"]", "[\"RUS\", \"*\"]"), @r#"s.toml:32:12 policy.1.exporter | `*` stands in a list with other names | "*" alone, or names without it"#);
    insta::assert_snapshot!(changed("[\"RUS\", \"BLR\"]", "[\"RUS\", \"\"]"), @"s.toml:32:20 policy.1.exporter.1 | `exporter` is empty | a code in quotes");
    insta::assert_snapshot!(changed("{ not = \"west\" }", "{ not = \"*\" }"), @r#"s.toml:33:20 policy.1.importer.not | `{ not = "*" }` leaves nothing | the codes to leave out"#);
    let (file, diagnostics) = read(&WALL.replacen("[\"RUS\", \"BLR\"]", "[\"*\"]", 1));
    assert_eq!(diagnostics, []);
    let Action::Bilateral { cells: Cells::Pattern { exporter, .. }, .. } =
        &file.unwrap().scenario.policies[1].action
    else {
        panic!("a tariff acts on trade")
    };
    assert_eq!(*exporter, Selector::All);
}

#[test]
fn names_of_groups_and_policies_are_checked() {
    insta::assert_snapshot!(changed("goods =", "default ="), @"s.toml:6:1 groups.default | `default` cannot name a group: `default` is the key of an elasticity's default | another name");
    insta::assert_snapshot!(changed("goods =", "\"a.b\" ="), @"s.toml:6:1 groups.a.b | `a.b` cannot name a group: a point separates region and sector | another name");
    insta::assert_snapshot!(changed("kind = \"tariff\"", "kind = \"tariff\"\nname = \"wall\""), @"s.toml:32:8 policy.1.name | name `wall` is used twice | another name than that of `policy.0`");
}

#[test]
fn what_is_wrong_leaves_the_rest_to_be_checked() {
    let (file, diagnostics) = read(&WALL.replacen("change = 0.5", "change = -7", 1));
    assert_eq!(diagnostics.len(), 1);
    // A size that cannot be is replaced by none, so that the codes beside it can be looked up.
    let file = file.expect("the rest is good");
    assert_eq!(file.scenario.policies.len(), 2);
    // A policy of unknown kind says nothing that could be looked up.
    let (file, diagnostics) = read(&WALL.replacen("\"trade-cost\"", "\"trade-wall\"", 1));
    assert_eq!(diagnostics.len(), 1);
    let file = file.expect("the second policy is good");
    assert_eq!(file.scenario.policies.len(), 1);
    assert_eq!(file.scenario.policies[0].kind(), "tariff");
    assert_eq!(file.locations.policy_position(0), 1);
    // Neither a wrong group nor a wrong elasticity hides the policies.
    let (file, diagnostics) = read(&WALL.replacen("\"USA\"", "3", 1));
    assert_eq!(diagnostics.len(), 1);
    assert_eq!(file.expect("the policies are good").scenario.policies.len(), 2);
    assert!(read("title = ").0.is_none(), "no TOML, no scenario");
}

#[test]
fn overrides_change_any_key() {
    let file = wall(&[
        "title=Eastern wall",
        "baseline=\"other\"",
        "groups.west=[\"USA\"]",
        "groups.east = ['CHN']",
        "model.trade_elasticity=6",
        "model.labour=mobile",
        "solver.tolerance=1e-8",
        "policy.0.change=0.3",
        "policy.tariff.add=0.2",
    ]);
    let scenario = &file.scenario;
    assert_eq!(
        (scenario.title.as_str(), file.baseline.as_deref()),
        ("Eastern wall", Some("other"))
    );
    assert_eq!(scenario.groups["west"], ["USA"]);
    assert_eq!(scenario.groups["east"], ["CHN"]);
    assert_eq!(scenario.model.trade_elasticity, Values::uniform(6.0));
    assert_eq!((scenario.model.labour, file.solver.tolerance), (Labour::Mobile, 1e-8));
    let value = |index: usize| match &scenario.policies[index].action {
        Action::Bilateral { cells: Cells::Pattern { value, .. }, .. } => *value,
        _ => panic!("all policies of the wall act on trade"),
    };
    assert_eq!((value(0), value(1)), (0.3, 0.2));
    assert_eq!(file.text, WALL);
    assert_eq!(file.set.len(), 9);
}

#[test]
fn overrides_reach_policies_by_name_kind_and_position() {
    for path in ["policy.0", "policy.wall", "policy.trade-cost"] {
        let file = wall(&[&format!("{path}.exporter=CHN")]);
        let Action::Bilateral { cells: Cells::Pattern { exporter, .. }, .. } =
            &file.scenario.policies[0].action
        else {
            panic!("a trade cost acts on trade")
        };
        assert_eq!(*exporter, Selector::name("CHN"));
    }
    assert_eq!(wall(&["policy=[]"]).scenario.policies, []);
    assert_eq!(wall(&["title=a", "title=b"]).scenario.title, "b");
}

#[test]
fn overrides_set_parts_of_elasticities() {
    let of = |set: &[&str]| wall(set).scenario.model;
    let model = of(&["model.trade_elasticity.B=9", "model.production_elasticity.A=2"]);
    assert_eq!(model.trade_elasticity.entries["B"], 9.0);
    assert_eq!(model.trade_elasticity.default, Some(4.0));
    assert_eq!(model.production_elasticity.entries["A"], 2.0);
    assert_eq!(model.production_elasticity.default, Some(0.5));
    let model = of(&[
        "model.specific_factor_share.RUS.B=0.6",
        "model.specific_factor_share.\"CHN.B\"=0.7",
        "model.specific_factor_share.CHN.A=0.8",
    ]);
    let entries = &model.specific_factor_share.entries;
    assert_eq!((entries["RUS.B"], entries["CHN.B"], entries["CHN.A"]), (0.6, 0.7, 0.8));
    assert_eq!(of(&["model.input_elasticity.A=2"]).input_elasticity.default, None);
}

#[test]
fn wrong_overrides_are_all_reported() {
    let (file, diagnostics) = read_with(
        &ScenarioSource::text("s.toml", WALL),
        &[
            "no equals sign",
            "=1",
            "a..b=1",
            "modle.labour=mobile",
            "model.labuor=mobile",
            "model.labour=moble",
            "title.x=1",
            "policy.7.change=1",
            "policy.wal.change=1",
            "policy.0.chnge=1",
            "policy.0.change=fast",
            "policy.0.exporter=[RUS]",
            "groups.west.5=USA",
        ],
    );
    insta::assert_snapshot!(list(&diagnostics), @r#"
    --set  | `no equals sign` is no override | key=value, such as `model.trade_elasticity=6`
    --set  | `=1` is no override | key=value, such as `model.trade_elasticity=6`
    --set  | `a..b=1` is no override | key=value, such as `model.trade_elasticity=6`
    --set title.x | `title` has no key `x` | the text "Western wall" | a table
    --set policy.7.change | unknown policy `7` | one of `wall`, `trade-cost`, `tariff`, `0`, `1`
    --set policy.wal.change | unknown policy `wal`; did you mean `wall`?
    --set policy.0.exporter | not TOML: text without quotes | `RUS` | write `"RUS"`
    --set groups.west.5 | unknown member `5` | one of `0`, `1`
    --set modle | unknown key `modle`; did you mean `model`?
    --set model.labuor | unknown key `labuor`; did you mean `labour`?
    --set model.labour | unknown value of `labour`: `moble`; did you mean `mobile`?
    --set policy.0.chnge | unknown key `chnge`; did you mean `change`?
    --set policy.0.change | `change` has a value of the wrong type | the text "fast" | a finite change above -1 (-100 %)
    "#);
    assert!(file.is_some(), "the rest can be checked");

    let twice = "[[policy]]\nkind = 'embargo'\n[[policy]]\nkind = 'embargo'\n";
    let source = ScenarioSource::text("s.toml", twice);
    let (_, diagnostics) = read_with(&source, &["policy.embargo.share=0"]);
    insta::assert_snapshot!(list(&diagnostics[diagnostics.len() - 1..]), @"--set policy.embargo.share | 2 policies are called `embargo` | `policy.0` or `policy.1`");
    let none = ScenarioSource::text("s.toml", "");
    insta::assert_snapshot!(list(&read_with(&none, &["policy.0.share=0"]).1), @"--set policy.0.share | the scenario has no policy to set");
}

#[test]
fn policies_are_read_from_tables() {
    let (file, diagnostics) = tabled(
        "tariff",
        "rate, sector ,importer,exporter\r\n\r\n0.25,B,USA,RUS\r\n0,*,west,CHN\r\n",
    );
    assert_eq!(diagnostics, []);
    let file = file.unwrap();
    let row = |exporter: &str, importer: &str, sector: &str, value, line| BilateralRow {
        exporter: exporter.into(),
        importer: importer.into(),
        sector: sector.into(),
        value,
        line,
    };
    assert_eq!(
        file.scenario.policies[0].action,
        Action::Bilateral {
            instrument: BilateralInstrument::TariffRate,
            cells: Cells::Rows(vec![
                row("RUS", "USA", "B", 0.25, 3),
                row("CHN", "west", "*", 0.0, 4)
            ]),
        }
    );
    assert!(file.files.contains_key("t.csv"));

    let (file, _) = tabled("tariff", "exporter,importer,sector,add\nRUS,USA,B,0.1\n");
    let Action::Bilateral { instrument, .. } = &file.unwrap().scenario.policies[0].action else {
        panic!("a tariff acts on trade")
    };
    assert_eq!(*instrument, BilateralInstrument::TariffAdd);

    let (file, _) = tabled("embargo", "exporter,importer,sector\nRUS,USA,B\n");
    assert_eq!(
        file.unwrap().scenario.policies[0].action,
        Action::Bilateral {
            instrument: BilateralInstrument::EmbargoShare,
            cells: Cells::Rows(vec![row("RUS", "USA", "B", 1.0, 2)]),
        }
    );

    let (file, _) = tabled("productivity", "\u{feff}region,sector,change\nRUS,B,-0.1\n");
    let rows = vec![SectorRow { region: "RUS".into(), sector: "B".into(), value: -0.1, line: 2 }];
    assert_eq!(
        file.unwrap().scenario.policies[0].action,
        Action::Sector {
            instrument: SectorInstrument::ProductivityChange,
            cells: SectorCells::Rows(rows),
        }
    );

    let (file, _) = tabled("transfer", "from,to,share_of_income\nwest,UKR,0.01\n*,UKR,0.02\n");
    let transfer = |from, share, line| TransferRow {
        from,
        to: Selector::name("UKR"),
        amount: TransferAmount::ShareOfIncome(share),
        line: Some(line),
    };
    let rows = vec![transfer(Selector::name("west"), 0.01, 2), transfer(Selector::All, 0.02, 3)];
    assert_eq!(file.unwrap().scenario.policies[0].action, Action::Transfer { rows });
}

#[test]
fn tables_with_wrong_columns_are_refused() {
    let of = |kind, csv| list(&tabled(kind, csv).1);
    insta::assert_snapshot!(of("tariff", ""), @"t.csv:1  | the table is empty | a header line with the columns `exporter`, `importer`, `sector`, `rate` or `add`");
    insta::assert_snapshot!(of("tariff", "exporter,importer,sector,rate\n"), @"t.csv:1  | the table has no rows | a row for each cell");
    insta::assert_snapshot!(of("tariff", "exporter,imprter,sector,rate\nA,B,C,1\n"), @r"
    t.csv:1 imprter | unknown column `imprter`; did you mean `importer`?
    t.csv:1 importer | column `importer` is missing | `exporter`, `importer`, `sector`, `rate` or `add`
    ");
    insta::assert_snapshot!(of("tariff", "exporter,importer,sector\nA,B,C\n"), @"t.csv:1  | column `rate` or `add` is missing | `exporter`, `importer`, `sector`, `rate` or `add`");
    insta::assert_snapshot!(of("tariff", "exporter,importer,sector,rate,add\nA,B,C,1,1\n"), @"t.csv:1  | columns `rate` and `add` contradict each other | one of them");
    insta::assert_snapshot!(of("tariff", "exporter,importer,sector,rate,rate\nA,B,C,1,1\n"), @"t.csv:1 rate | column `rate` is there twice");
    insta::assert_snapshot!(of("sector-tax", "region,sector,change\nA,B,1\n"), @r"
    t.csv:1 change | unknown column `change` | one of `region`, `sector`, `rate`
    t.csv:1  | column `rate` is missing | `region`, `sector`, `rate`
    ");
}

#[test]
fn every_bad_row_is_reported_with_its_line() {
    let csv = "exporter,importer,sector,rate\nRUS,USA,B,0.1\nRUS,,B,0.1\nRUS,USA,B\n\
               RUS,USA,B,much\nRUS,USA,B,-2\nRUS,USA,B,nan\n";
    insta::assert_snapshot!(list(&tabled("tariff", csv).1), @r"
    t.csv:3 importer | `importer` is empty | a code or a group
    t.csv:4  | a row of another length than the header | 3 fields | 4
    t.csv:5 rate | `rate` is not a number | `much` | a finite rate above -1 (-100 %)
    t.csv:6 rate | `rate` is out of range | -2 | a finite rate above -1 (-100 %)
    t.csv:7 rate | `rate` is not a finite number | nan | a finite rate above -1 (-100 %)
    ");

    let mut many = "exporter,importer,sector,rate\n".to_owned();
    many.push_str(&"RUS,USA,B,x\n".repeat(50));
    let diagnostics = tabled("tariff", &many).1;
    assert_eq!(diagnostics.len(), 21);
    assert_eq!(diagnostics[19].line, Some(21));
    insta::assert_snapshot!(list(&diagnostics[20..]), @"t.csv  | 30 more of its 50 rows are wrong");
}

#[test]
fn elasticities_are_read_from_tables() {
    let text = "[model]\ntrade_elasticity = 'theta.csv'\nspecific_factor_share = 'phi.csv'\n";
    let mut source = ScenarioSource::text("s.toml", text);
    source.files.insert("theta.csv".into(), "sector,trade_elasticity\nA,3\n*,5\n".into());
    let phi = "region,specific_factor_share,sector\nRUS,0.5,B\n,0.25,C\n*,0.2,*\n";
    source.files.insert("phi.csv".into(), phi.into());
    let file = good(&source, &[]);
    let model = &file.scenario.model;
    assert_eq!(model.trade_elasticity.default, Some(5.0));
    assert_eq!(model.trade_elasticity.entries["A"], 3.0);
    assert_eq!(model.specific_factor_share.default, Some(0.2));
    assert_eq!(model.specific_factor_share.entries["RUS.B"], 0.5);
    assert_eq!(model.specific_factor_share.entries["C"], 0.25);
    assert_eq!(file.files.len(), 2);

    // The model's error about a row finds its line.
    let error = ScenarioError::UnknownName {
        place: Place { section: Section::Model, key: "trade_elasticity.A".into(), row: None },
        what: "sector",
        found: "A".into(),
        nearest: Some("B".into()),
    };
    let diagnostic = file.locations.locate(&error);
    assert_eq!((diagnostic.file.as_deref(), diagnostic.line), (Some("theta.csv"), Some(2)));

    let twice = "sector,trade_elasticity\nA,3\nA,5\nB,-1\n";
    source.files.insert("theta.csv".into(), twice.into());
    insta::assert_snapshot!(list(&read_with(&source, &[]).1), @"theta.csv:4 trade_elasticity | `trade_elasticity` is out of range | -1 | a finite number above 0");
    source.files.insert("theta.csv".into(), "sector,trade_elasticity\nA,3\nA,5\n".into());
    insta::assert_snapshot!(list(&read_with(&source, &[]).1), @"theta.csv:3  | `A` is given twice, first in line 2");
    let diagnostics = read_with(&source, &["model.trade_elasticity.B=4"]).1;
    insta::assert_snapshot!(list(&diagnostics[..1]), @"--set model.trade_elasticity.B | `trade_elasticity` is read from `theta.csv` | a number or a table to set a part of");
}

#[test]
fn tables_come_from_the_folder_of_the_scenario() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("s.toml");
    let text = "[[policy]]\nkind = 'embargo'\nfile = 'sub/t.csv.gz'\n\
                [[policy]]\nkind = 'embargo'\nfile = 'none.csv'\n\
                [[policy]]\nkind = 'embargo'\nfile = 'table.xlsx'\n\
                [[policy]]\nkind = 'embargo'\nfile = 'folder.csv'\n\
                [[policy]]\nkind = 'embargo'\nfile = 'latin.csv'\n";
    std::fs::write(&path, text).unwrap();
    std::fs::create_dir(folder.path().join("sub")).unwrap();
    std::fs::create_dir(folder.path().join("folder.csv")).unwrap();
    std::fs::write(folder.path().join("latin.csv"), b"exporter,importer,sector\nR\xe9,A,B\n")
        .unwrap();
    let table = std::fs::File::create(folder.path().join("sub/t.csv.gz")).unwrap();
    let mut encoder = flate2::write::GzEncoder::new(table, flate2::Compression::fast());
    std::io::Write::write_all(&mut encoder, b"exporter,importer,sector\nRUS,USA,B\n").unwrap();
    encoder.finish().unwrap();

    let source = ScenarioSource::read(&path).unwrap();
    let (file, diagnostics) = read_with(&source, &[]);
    let file = file.expect("policies that cannot be read are left out");
    assert_eq!(file.scenario.policies.len(), 1);
    assert_eq!(file.files["sub/t.csv.gz"], "exporter,importer,sector\nRUS,USA,B\n");
    let keys: Vec<_> =
        diagnostics.iter().filter_map(|diagnostic| diagnostic.key.as_deref()).collect();
    assert_eq!(keys, ["policy.1.file", "policy.2.file", "policy.3.file"]);
    assert_eq!(diagnostics[3].line, Some(2));
    assert_eq!(diagnostics[3].problem, "not UTF-8 text");

    let error = ScenarioError::UnknownName {
        place: Place { section: Section::Policy(0), key: "exporter".into(), row: Some(2) },
        what: "region",
        found: "RUS".into(),
        nearest: None,
    };
    let diagnostic = file.locations.locate(&error);
    assert!(diagnostic.file.unwrap().ends_with("t.csv.gz"));
    assert_eq!((diagnostic.line, diagnostic.key.as_deref()), (Some(2), Some("exporter")));

    // A text that is in no file reads nothing from the disk.
    let (_, diagnostics) = read(text);
    insta::assert_snapshot!(list(&diagnostics[..1]), @"s.toml:3:8 policy.0.file | unknown table file `sub/t.csv.gz` | this scenario is not read from a folder, so it has no files beside it");
}

#[test]
fn a_run_is_read_back_from_its_manifest() {
    let text = format!("{WALL}[[policy]]\nkind = 'embargo'\nfile = 't.csv'\n");
    let mut source = ScenarioSource::text("s.toml", text);
    source.files.insert("t.csv".into(), "exporter,importer,sector\nRUS,USA,B\n".into());
    let first = good(&source, &["model.trade_elasticity=6", "title=again"]);

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("manifest.json");
    let manifest = serde_json::json!({ "scenario": first.manifest_entry(), "baseline": {} });
    std::fs::write(&path, manifest.to_string()).unwrap();
    for path in [path.as_path(), folder.path()] {
        let source = ScenarioSource::read(path).unwrap();
        let second = good(&source, &[]);
        assert_eq!(second.scenario, first.scenario);
        assert_eq!(second.manifest_entry(), first.manifest_entry());
        assert_eq!(good(&source, &["title=third"]).scenario.title, "third");
    }
}

#[test]
fn wrong_manifests_say_what_they_lack() {
    let of = |json: &str| match ScenarioSource::manifest("m.json", json) {
        Ok(_) => "good".to_owned(),
        Err(diagnostics) => list(&diagnostics.0),
    };
    assert_eq!(of(r#"{"scenario": {"text": ""}}"#), "good");
    insta::assert_snapshot!(of("{"), @"m.json  | not JSON: EOF while parsing an object at line 1 column 1 | the manifest that `viner run` writes");
    insta::assert_snapshot!(of("{}"), @"m.json scenario.text | the manifest holds no scenario | the text of a scenario");
    insta::assert_snapshot!(
        of(r#"{"scenario": {"text": "", "set": [1], "files": {"a": 1}}}"#), @r"
    m.json scenario.set | `set` has a value of the wrong type | a list of texts
    m.json scenario.files | `files` has a value of the wrong type | a text for each path
    ");
}

#[test]
fn a_file_that_cannot_be_read_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    assert!(ScenarioSource::read(&folder.path().join("none.toml")).is_err());
    let path = folder.path().join("latin.toml");
    std::fs::write(&path, b"title = 'a'\ntitle = '\xe9'\n").unwrap();
    let error = ScenarioSource::read(&path).unwrap_err();
    assert_eq!(error.diagnostics().0[0].line, Some(2));
}

#[test]
fn errors_of_the_model_get_their_lines() {
    let text = "[groups]\nwest = [\n  \"USA\",\n  \"CAD\",\n]\n[[policy]]\nkind = 'embargo'\n\
                exporter = { not = [\n'RSU'] }\nimporter = '*'\nsector = '*'\nshare = 0.5\n";
    let file = good(&ScenarioSource::text("s.toml", text), &["policy.0.sector=XX"]);
    let place = |section, key: &str| Place { section, key: key.into(), row: None };
    let unknown = |place, what, found: &str, nearest: Option<&str>| ScenarioError::UnknownName {
        place,
        what,
        found: found.into(),
        nearest: nearest.map(Into::into),
    };
    let policy = Section::Policy(0);
    let located = [
        unknown(place(Section::Groups, "west"), "region", "CAD", Some("CAN")),
        unknown(place(policy, "exporter"), "region", "RSU", Some("RUS")),
        unknown(place(policy, "sector"), "sector", "XX", None),
        ScenarioError::OutOfRange {
            place: place(policy, "share"),
            found: 0.5,
            expected: "a share between 0 and 1",
        },
        ScenarioError::NoCells { place: place(policy, ""), reason: "no sector is selected" },
        ScenarioError::NoSpecificFactor {
            place: place(Section::Model, "labour"),
            regions: vec!["USA".into()],
        },
    ];
    let located: Vec<Diagnostic> =
        located.iter().map(|error| file.locations.locate(error)).collect();
    insta::assert_snapshot!(list(&located), @r#"
    s.toml:4:3 groups.west | unknown region `CAD`; did you mean `CAN`?
    s.toml:9:1 policy.0.exporter | unknown region `RSU`; did you mean `RUS`?
    --set policy.0.sector | unknown sector `XX` | a sector code of the baseline, a group of `[groups]`, or "*"
    s.toml:12:9 policy.0.share | `share` is out of range | 0.5 | a share between 0 and 1
    s.toml:6:1 policy.0 | the policy touches no cell: no sector is selected
    s.toml model.labour | no specific factor in `USA`: a fixed real wage has no equilibrium | set `specific_factor_share` above 0 in some sector of each region, or choose another `labour` closure
    "#);
}

#[test]
fn conflicts_count_policies_as_the_file_does() {
    let embargo = "[[policy]]\nkind='embargo'\nexporter='RUS'\nimporter='USA'\nsector='B'\n";
    let text = format!("[[policy]]\nkind='wall'\n{embargo}{embargo}");
    let (file, diagnostics) = read(&text);
    assert_eq!(diagnostics.len(), 1);
    let error = ScenarioError::Conflict {
        place: Place { section: Section::Policy(1), key: "share".into(), row: None },
        kind: "embargo",
        cell: "RUS/USA/B".into(),
        earlier: 0,
        cells: 1,
    };
    let diagnostic = file.unwrap().locations.locate(&error);
    insta::assert_snapshot!(list(&[diagnostic]), @"s.toml:8:1 policy.2.share | sets the embargo of `RUS/USA/B`, which `policy.1` sets already | write `override = true` in the later policy if it shall replace the earlier one");
}

/// Lines that a scenario might have, right and wrong.
fn lines() -> impl Strategy<Value = String> {
    let key = prop::sample::select(vec![
        "title",
        "baseline",
        "kind",
        "name",
        "file",
        "exporter",
        "importer",
        "sector",
        "rate",
        "add",
        "change",
        "share",
        "from",
        "to",
        "million_usd",
        "quantity",
        "per",
        "cap",
        "cap_usd",
        "reference_usd",
        "shadow_capacity",
        "shadow_owner",
        "hubs",
        "hub_share",
        "route_elasticity",
        "currencies",
        "currency_elasticity",
        "members",
        "rule",
        "weights",
        "model.trade_elasticity",
        "labour",
        "default",
        "\"RUS.B\"",
        "specific_factor_share",
        "west",
        "policy",
        "groups",
        "tolerance",
        "a.b.c",
        "not",
        "é",
    ]);
    let value = prop::sample::select(vec![
        "1",
        "-1",
        "0.5",
        "nan",
        "inf",
        "1e999",
        "99999999999999999999",
        "true",
        "\"RUS\"",
        "'*'",
        "\"tariff\"",
        "\"embargo\"",
        "\"transfer\"",
        "\"quota\"",
        "\"price-cap\"",
        "\"export-control\"",
        "\"settlement\"",
        "\"coalition-transfer\"",
        "\"total\"",
        "\"weights\"",
        "{ RUS = 0.6, USA = 0.4 }",
        "{ RUS = { share = 1 } }",
        "\"productivity\"",
        "\"t.csv\"",
        "[\"USA\", \"RUS\"]",
        "[]",
        "[1, \"\"]",
        "{ not = \"RUS\" }",
        "{ default = 1, B = 2 }",
        "1979-05-27",
        "\"\"",
        "{",
        "[",
        "\"open",
        "nonsense",
        "{ RUS = { B = 1 } }",
    ]);
    let header = prop::sample::select(vec![
        "[groups]",
        "[model]",
        "[solver]",
        "[[policy]]",
        "[report]",
        "[policy]",
        "[[model]]",
        "[model.trade_elasticity]",
        "[policy.x]",
        "[",
        "# comment",
        "\"\"\"",
    ]);
    prop_oneof![
        4 => (key, value).prop_map(|(key, value)| format!("{key} = {value}")),
        2 => header.prop_map(ToOwned::to_owned),
        1 => "\\PC{0,12}",
    ]
}

proptest! {
    #[test]
    fn no_text_and_no_override_panics(
        lines in prop::collection::vec(lines(), 0..12),
        set in prop::collection::vec(lines(), 0..3),
        table in "[a-z,\"\r\n0-9.*]{0,60}",
        raw in "\\PC{0,40}",
    ) {
        let text = lines.join("\n");
        let mut source = ScenarioSource::text("s.toml", text);
        source.files.insert("t.csv".into(), table);
        let (file, diagnostics) = read_scenario(&source, &set);
        for diagnostic in &diagnostics.0 {
            prop_assert!(!diagnostic.problem.is_empty());
            prop_assert!(!diagnostic.problem.ends_with('.'));
            prop_assert!(diagnostic.file.is_some());
        }
        if let Some(file) = file {
            let manifest = serde_json::json!({ "scenario": file.manifest_entry() }).to_string();
            let again = ScenarioSource::manifest("m.json", &manifest).unwrap();
            let (again, _) = read_scenario(&again, &[]);
            prop_assert_eq!(again.map(|file| file.scenario), Some(file.scenario));
        }
        let _ = ScenarioSource::manifest("m.json", &raw);
        let _ = read_scenario(&ScenarioSource::text("s.toml", raw), &[]);
    }
}
