//! The outcome language: every function against the tables of a run.

use std::collections::BTreeMap;
use std::sync::Arc;

use viner_model::baseline::Baseline;
use viner_model::equilibrium::Equilibrium;
use viner_model::outcome::{Names, Outcome, Value, Year};
use viner_model::problem::Problem;
use viner_model::report::{
    FlowOutcomes, ProfitOutcomes, RegionOutcomes, SectorOutcomes, WedgeReport, branch_flows,
    dependence, embodied_through, embodied_value, leakage,
};
use viner_model::scenario::{
    BilateralInstrument as On, Currencies, Currency, Hub, Policy, QuotaScope, Routes,
    SectorInstrument, Shadow, ShadowOwner, Sourcing,
};

use crate::economies::ordinary;
use crate::policies::{GENERAL, outcome, sectoral, trade};
use crate::tolerances::{EMBODIED, ROUNDING};

fn named(name: &str, policy: Policy) -> Policy {
    Policy { name: Some(name.to_owned()), ..policy }
}

fn policies() -> Vec<Policy> {
    let shadow = Shadow { capacity: 0.3, cost: 0.1, owner: ShadowOwner::Importer };
    let currency = |code: &str, share, change| Currency { code: code.to_owned(), share, change };
    let currencies = vec![currency("USD", 0.6, 0.2), currency("CNY", 0.4, 0.0)];
    let hub = Hub { region: "R003".to_owned(), share: 0.1, enforcement: 0.05, margin: 0.1 };
    let quota = On::Quota { rent_to_exporter: 0.6, scope: QuotaScope::ExporterSector };
    vec![
        named("cap", trade(On::PriceCap(shadow), ("R000", "R001,R002", "S000"), 0.7)),
        named("quota", trade(quota, ("R001", "R002", "S001"), 0.6)),
        named(
            "pay",
            trade(
                On::Settlement(Currencies { currencies, elasticity: 4.0 }),
                ("R000", "R003", "*"),
                1.0,
            ),
        ),
        named(
            "control",
            trade(
                On::ExportControl(Routes { hubs: vec![hub], elasticity: 4.0 }),
                ("R002", "R001", "S000,S001"),
                0.5,
            ),
        ),
        named("duty", trade(On::TariffRate, ("R003", "R000", "*"), 0.2)),
        named("duty out", trade(On::ExportTaxRate, ("R001", "R000", "S002"), 0.15)),
        sectoral(SectorInstrument::SectorTaxRate, ("R000", "S001"), 0.25),
    ]
}

struct Solved {
    baseline: Arc<Baseline>,
    problem: Problem,
    equilibrium: Equilibrium,
    groups: BTreeMap<String, Vec<String>>,
}

fn solved() -> Solved {
    let baseline = ordinary(4, 3, 151);
    let (problem, equilibrium) = outcome(&baseline, GENERAL.model(), policies());
    let codes = |codes: &[&str]| codes.iter().map(|code| (*code).to_owned()).collect();
    let groups = BTreeMap::from([
        ("pair".to_owned(), codes(&["R001", "R002"])),
        ("goods".to_owned(), codes(&["S000", "S001"])),
    ]);
    Solved { baseline, problem, equilibrium, groups }
}

impl Solved {
    fn value(&self, text: &str) -> f64 {
        let outcome = Outcome::parse(text).unwrap();
        let measure = outcome.bind(&Names::of(&self.problem, &self.groups)).unwrap();
        measure.number(&self.problem, &self.equilibrium).unwrap()
    }

    fn base(&self, text: &str) -> f64 {
        let outcome = Outcome::parse(text).unwrap();
        let measure = outcome.bind(&Names::of(&self.problem, &self.groups)).unwrap();
        measure.base(&self.problem).unwrap().number().unwrap()
    }

    fn error(&self, text: &str) -> String {
        let outcome = Outcome::parse(text).unwrap();
        let error = match outcome.bind(&Names::of(&self.problem, &self.groups)) {
            Err(error) => error,
            Ok(measure) => measure.value(&self.problem, &self.equilibrium).expect_err(text),
        };
        format!("{}: {error}", error.column)
    }
}

#[track_caller]
fn close(found: f64, expected: f64, tolerance: f64) {
    let difference = (found - expected).abs();
    assert!(difference <= tolerance * expected.abs().max(1.0), "{found} and {expected}");
}

#[test]
fn outcomes_of_regions_are_those_of_the_table() {
    let run = solved();
    let table = RegionOutcomes::of(&run.problem, &run.equilibrium);
    for (n, code) in ["R000", "R001", "R002", "R003"].into_iter().enumerate() {
        let value = |name: &str| run.value(&format!("{name}({code})"));
        let base = |name: &str| run.base(&format!("{name}({code})"));
        for (name, column) in [
            ("welfare", &table.welfare),
            ("real_gdp", &table.real_gdp),
            ("real_wage", &table.real_wage),
            ("wage", &table.wage),
            ("price_index", &table.price_index),
            ("terms_of_trade", &table.terms_of_trade),
            ("employment", &table.employment),
        ] {
            close(value(name), column[n], ROUNDING);
            assert_eq!(base(name), 0.0);
        }
        for (name, before, after) in [
            ("exports", &table.exports_base, &table.exports),
            ("imports", &table.imports_base, &table.imports),
            ("income", &table.income_base, &table.income),
            ("tariff_revenue", &table.tariff_revenue_base, &table.tariff_revenue),
        ] {
            close(value(name), after[n], ROUNDING);
            close(base(name), before[n], ROUNDING);
        }
        close(value("rents"), table.rents[n], ROUNDING);
    }
    let real = &run.equilibrium.income / &run.equilibrium.price_index;
    let income = &run.baseline.income;
    close(
        run.value("welfare(pair)"),
        (real[1] + real[2]) / (income[1] + income[2]) - 1.0,
        ROUNDING,
    );
    close(run.value("welfare(R001|R002)"), run.value("welfare(not R000|R003)"), 0.0);
    let by_sector = ["S000", "S001", "S002"].map(|s| run.value(&format!("imports(R001, {s})")));
    close(by_sector.iter().sum(), run.value("imports(R001)"), ROUNDING);
}

#[test]
fn outcomes_of_cells_and_sectors_are_those_of_the_tables() {
    let run = solved();
    let flows = FlowOutcomes::of(&run.problem, &run.equilibrium);
    let sectors = SectorOutcomes::of(&run.problem, &run.equilibrium);
    let profits = ProfitOutcomes::of(&run.problem, &run.equilibrium);
    close(run.value("flow(R000, R001, S000)"), flows.value[[0, 1, 0]], 0.0);
    close(run.value("base.flow(R000, R001, S000)"), flows.value_base[[0, 1, 0]], 0.0);
    close(run.value("quantity(R000, R001, S000)"), flows.quantity[[0, 1, 0]], ROUNDING);
    assert_eq!(run.base("quantity(R000, *, *)"), 1.0);
    close(run.value("price(R000, S000)"), sectors.price[[0, 0]], 0.0);
    close(run.value("output(R000, S000)"), sectors.output[[0, 0]], 0.0);
    close(run.value("value_added(R000, S000)"), sectors.value_added[[0, 0]], 0.0);
    let net = profits.profit[[0, 1]] - profits.tax[[0, 1]];
    close(run.value("profit(R000, S001)"), net, ROUNDING);
    close(run.base("profit(R000, S001)"), profits.profit_base[[0, 1]], ROUNDING);
    // Sales at home only where they are written.
    close(run.value("flow(R000, R000, S000)"), flows.value[[0, 0, 0]], 0.0);
    let abroad = run.value("flow(R000, *, *)");
    close(abroad, run.value("exports(R000)"), ROUNDING);
    close(abroad, run.value("flow(R000, not R000, *)"), ROUNDING);
    let both = run.value("flow(R001, R002, *)") + run.value("flow(R002, R001, *)");
    close(run.value("turnover(R001, R002)"), both, ROUNDING);
    close(run.value("turnover(pair, pair)"), both, ROUNDING);
    close(
        run.value("flow(R000, pair, goods)"),
        {
            let mut sum = 0.0;
            for s in 0..2 {
                sum += flows.value[[s, 1, 0]] + flows.value[[s, 2, 0]];
            }
            sum
        },
        ROUNDING,
    );
    // Revenue has export taxes and the rents that the exporter keeps.
    let cap = WedgeReport::all(&run.problem, &run.equilibrium)[0].cap.unwrap();
    let uncovered = run.value("flow(R000, R003, S000)");
    let base_uncovered = run.base("flow(R000, R003, S000)");
    close(run.value("revenue(R000, S000)"), cap.revenue + uncovered, ROUNDING);
    close(run.base("revenue(R000, S000)"), cap.revenue_base + base_uncovered, ROUNDING);
    let taxed = run.value("flow(R001, R000, S002)") * 1.15
        + run.value("flow(R001, R002, S002)")
        + run.value("flow(R001, R003, S002)");
    close(run.value("revenue(R001, S002)"), taxed, ROUNDING);
    // To some buyers.
    let one = run.value("flow(R001, R002, S002)") * 1.0;
    close(run.value("revenue(R001, S002, R002)"), one, ROUNDING);
    let parts = run.value("revenue(R000, *, R001|R002)") + run.value("revenue(R000, *, R003)");
    close(parts, run.value("revenue(R000, *)"), ROUNDING);
}

#[test]
fn shares_ranks_and_dependence() {
    let run = solved();
    let flow = |exporter: &str| run.value(&format!("flow({exporter}, R001, S000)"));
    let sales = ["R000", "R002", "R003"].map(|exporter| (exporter, flow(exporter)));
    let rank = |own: f64| 1.0 + sales.iter().filter(|(_, other)| *other > own).count() as f64;
    for (exporter, own) in sales {
        assert_eq!(run.value(&format!("rank(flow({exporter}, R001, S000))")), rank(own));
    }
    assert_eq!(run.value("rank(flow(R000, R001, S000), R000)"), 1.0);
    // A group is ranked as one, its members are no rivals.
    let both = flow("R000") + flow("R002");
    let expected = 1.0 + f64::from(flow("R003") > both);
    assert_eq!(run.value("rank(flow(R000|R002, R001, S000))"), expected);
    let buyers = ["R001", "R002", "R003"].map(|n| run.value(&format!("flow(R000, {n}, *)")));
    let expected = 1.0 + buyers.iter().filter(|other| **other > buyers[2]).count() as f64;
    assert_eq!(run.value("rank(flow(R000, R003, *), importer)"), expected);
    let partners = ["R001", "R002", "R003"].map(|p| run.value(&format!("turnover(R000, {p})")));
    let expected = 1.0 + partners.iter().filter(|other| **other > partners[0]).count() as f64;
    assert_eq!(run.value("rank(turnover(R000, R001))"), expected);

    let share = run.value("share(flow(R000, R001, S000), flow(*, R001, S000))");
    close(share, flow("R000") / run.value("flow(*, R001, S000)"), 0.0);
    let [.., both] = dependence(&run.equilibrium.trade_flows, 0, &[1]);
    close(run.value("dependence(R000, R001)"), both, ROUNDING);
    let [.., back] = dependence(&run.equilibrium.trade_flows, 1, &[0]);
    close(run.value("asymmetry(R000, R001)"), both / back, ROUNDING);
    let [.., before] = dependence(&run.baseline.trade_flows, 0, &[1]);
    close(run.value("base.dependence(R000, R001)"), before, ROUNDING);
    assert_eq!(run.value("dependence(R000, *)"), 1.0);
    assert_eq!(run.value("(2 > 1) + (1 >= 2) * 10"), 1.0);
}

#[test]
fn instruments() {
    let run = solved();
    let reports = WedgeReport::all(&run.problem, &run.equilibrium);
    let names = Names::of(&run.problem, &run.groups);
    let regime = Outcome::parse("regime(cap)").unwrap().bind(&names).unwrap();
    let name = reports[0].regime.name();
    let value = regime.value(&run.problem, &run.equilibrium).unwrap();
    assert_eq!(value, Value::Text(name.to_owned()));
    assert_eq!(regime.base(&run.problem).unwrap(), Value::Text("none".to_owned()));
    assert!(regime.number(&run.problem, &run.equilibrium).is_err());
    assert_eq!(run.value(&format!("regime(cap) = {name}")), 1.0);
    assert_eq!(run.value(&format!("regime(cap) != {name}")), 0.0);
    assert_eq!(run.value("regime(quota) = binding"), 1.0);
    close(run.value("discount(cap)"), reports[0].cap.unwrap().discount, ROUNDING);
    assert!(run.value("discount(cap)") > 0.0);
    assert_eq!(run.base("discount(cap)"), 0.0);

    let flows = branch_flows(&run.problem, &run.equilibrium);
    let paid = |code: &str| -> f64 {
        flows.iter().filter(|flow| flow.branch == code).map(|flow| flow.value).sum()
    };
    let yuan = paid("CNY") / (paid("CNY") + paid("USD"));
    close(run.value("currency(pay, CNY)"), yuan, ROUNDING);
    close(run.value("currency(R000, R003, CNY)"), yuan, ROUNDING);
    close(run.base("currency(pay, CNY)"), 0.4, ROUNDING);
    assert!(yuan > 0.4);
    let (direct, indirect) = leakage(&flows)
        .values()
        .fold((0.0, 0.0), |sum, part| (sum.0 + part.direct_base, sum.1 + part.indirect));
    close(run.value("leakage(control)"), indirect / direct, ROUNDING);
    close(run.base("leakage(control)"), 0.1 / 0.9, ROUNDING);
}

/// Chains through a region and past it are all chains; what nobody works on comes through nobody.
#[test]
fn embodied_value_by_the_way_it_comes() {
    let run = solved();
    let rebased = run.equilibrium.rebase(&run.problem).unwrap();
    let all = embodied_value(&rebased, Sourcing::Common, &[2]);
    close(run.value("embodied(R000, S000, R002)"), all[[0, 0, 0]], EMBODIED);
    let before = embodied_value(&run.baseline, Sourcing::Common, &[2]);
    close(run.base("embodied(R000, S000, R002)"), before[[0, 0, 0]], EMBODIED);
    let parts = run.value("embodied(R000, S000, R001, R002)");
    assert!(parts > 0.0 && parts < all[[0, 0, 0]], "{parts}");
    let through = embodied_through(&rebased, Sourcing::Common, Some(&[1]), &[2]);
    close(parts, through[[0, 0]], EMBODIED);
    // Of the value added of R001 that R002 absorbs, what went abroad and came back is a part.
    assert!(through[[1, 0]] >= -EMBODIED && through[[1, 0]] < all[[0, 1, 0]]);
    // Where inputs are bought at home only, nothing comes through anybody else.
    let mut closed = rebased.clone();
    closed.input_mix.fill(0.0);
    let none = embodied_through(&closed, Sourcing::Common, Some(&[1]), &[2]);
    assert!(none.iter().all(|value| *value == 0.0), "{none}");
}

#[test]
fn names_that_are_wrong() {
    let run = solved();
    for (text, expected) in [
        ("welfare(R00)", "9: unknown region `R00`; did you mean `R003`?"),
        ("welfare(pairs)", "9: unknown region `pairs`; did you mean `pair`?"),
        ("welfare(goods)", "9: unknown region `goods`"),
        ("1 + exports(R000, S0000)", "19: unknown sector `S0000`; did you mean `S000`?"),
        ("welfare(not *)", "0"),
        (
            "welfare(not R000|R001|R002|R003)",
            "9: `not R000|R001|R002|R003` chooses no region, expected at least one",
        ),
        ("discount(caps)", "10: unknown policy `caps`; did you mean `cap`?"),
        ("discount(quota)", "10: policy `quota` is of kind `quota`, expected a `price-cap`"),
        (
            "regime(\"duty out\")",
            "8: policy `duty out` is of kind `export-tax`, expected a `price-cap` or a `quota`",
        ),
        ("regime(*)", "8: found several names or `*`, expected the name of a policy"),
        ("regime(cap) = slak", "15: unknown regime `slak`; did you mean `slack`?"),
        ("currency(pay, CNH)", "15: unknown currency `CNH`; did you mean `CNY`?"),
        (
            "rank(1)",
            "1: `rank` of this has no meaning, expected `flow`, `turnover` or another outcome of regions",
        ),
        (
            "growth(income(R000), 2022)",
            "1: `growth` needs a path of years, expected a plan of `viner path`",
        ),
    ] {
        if expected == "0" {
            assert!(Outcome::parse(text).is_err());
            continue;
        }
        let found = run.error(text);
        let same = found == expected
            || expected.ends_with("R003`?")
                && found.starts_with("9: unknown region `R00`; did you mean");
        assert!(same, "{found}\n{expected}");
    }
}

#[test]
fn years_of_a_path() {
    let run = solved();
    let (none, still) = outcome(&run.baseline, GENERAL.model(), []);
    let path = [
        Year { year: 2021, problem: &none, equilibrium: &still, world_income: 1.0 },
        Year {
            year: 2022,
            problem: &run.problem,
            equilibrium: &run.equilibrium,
            world_income: 1.0,
        },
    ];
    let names = Names::of(&run.problem, &run.groups);
    let on_path = |text: &str, position: usize| {
        Outcome::parse(text).unwrap().bind(&names).unwrap().on_path(&path, position)
    };
    let number = |text: &str| on_path(text, 1).unwrap().number().unwrap();
    let flow = run.value("flow(R000, R001, S000)");
    let before = run.base("flow(R000, R001, S000)");
    close(number("at(flow(R000, R001, S000), 2022)"), flow, 0.0);
    close(number("flow(R000, R001, S000)"), flow, 0.0);
    close(number("at(flow(R000, R001, S000), 2021)"), before, ROUNDING);
    close(number("growth(flow(R000, R001, S000), 2022)"), flow / before - 1.0, ROUNDING);
    close(number("growth(flow(R000, R001, S000), 2022, 2021)"), flow / before - 1.0, ROUNDING);
    // In the money of a year in which world income is larger by a quarter.
    let richer = [path[0], Year { world_income: 1.25, ..path[1] }];
    let in_money = |text: &str| {
        let measure = Outcome::parse(text).unwrap().bind(&names).unwrap();
        measure.on_path(&richer, 1).unwrap().number().unwrap()
    };
    close(in_money("flow(R000, R001, S000)"), 1.25 * flow, ROUNDING);
    close(in_money("base.flow(R000, R001, S000)"), before, ROUNDING);
    close(in_money("at(flow(R000, R001, S000), 2021)"), before, ROUNDING);
    let growth = 1.25 * flow / before - 1.0;
    close(in_money("growth(flow(R000, R001, S000), 2022)"), growth, ROUNDING);
    let price = run.value("price(R000, S000)");
    close(in_money("price(R000, S000)"), 1.25 * (1.0 + price) - 1.0, ROUNDING);
    for pure in ["welfare(R000)", "dependence(R000, R001)", "quantity(R000, R001, S000)"] {
        close(in_money(pure), run.value(pure), 0.0);
    }
    // A policy that is not in force yet.
    assert_eq!(on_path("regime(cap)", 0).unwrap(), Value::Text("none".to_owned()));
    assert_eq!(on_path("discount(cap)", 0).unwrap(), Value::Number(0.0));
    let error = on_path("growth(income(R000), 2021)", 1).unwrap_err();
    assert_eq!(
        (error.column, error.to_string().as_str()),
        (22, "year 2020 is not on the path, expected one of 2021, 2022")
    );
}
