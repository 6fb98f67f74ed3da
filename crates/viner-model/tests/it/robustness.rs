//! Extreme elasticities and policies: solved and certified from the baseline, in how many
//! evaluations.

use std::fmt::Write;
use std::sync::Arc;

use viner_model::baseline::Baseline;
use viner_model::economies::Recipe;
use viner_model::equilibrium::{Method, Settings, solve};
use viner_model::scenario::{
    BilateralInstrument as On, Deficits, Labour, Model, Policy, SectorInstrument, TransferAmount,
};

use crate::economies::{generated, ordinary};
use crate::policies::{COBB_DOUGLAS, GENERAL, Uniform, problem, sectoral, trade, transfer};
use crate::tolerances::CERTIFIED;

const THETAS: [f64; 4] = [0.5, 4.0, 20.0, 65.0];
const PHIS: [f64; 3] = [0.0, 0.5, 0.98];
const NESTS: [f64; 3] = [0.05, 1.0, 3.0];

/// Evaluations that a certified equilibrium took.
fn evaluations(baseline: &Arc<Baseline>, model: Model, policies: &[Policy], name: &str) -> usize {
    let problem = problem(baseline, model, policies.iter().cloned());
    let equilibrium = match solve(&problem, Settings::default()) {
        Ok(equilibrium) => equilibrium,
        Err(failure) => panic!("{name}: {failure}"),
    };
    let worst = equilibrium.certificate.worst();
    assert!(worst.relative <= CERTIFIED, "{name}: {worst:?}");
    assert!(equilibrium.income.iter().all(|income| *income > 0.0), "{name}");
    equilibrium.statistics.evaluations
}

/// A wall between one region and half of the world.
fn wall(regions: usize) -> Vec<Policy> {
    let half: Vec<String> = (1..=regions / 2).map(|n| format!("R{n:03}")).collect();
    vec![crate::policies::both_ways(On::TradeCostChange, ("R000", &half.join(","), "*"), 0.5)]
}

/// Solves of one baseline use what the one before prepared, where it is the same.
#[test]
fn what_was_solved_before_on_a_baseline_changes_no_bit() {
    let baseline = ordinary(5, 4, 23);
    let uniform = Uniform { theta: 4.0, sigma: 0.8, epsilon: 0.6, eta: 1.2, phi: 0.3 };
    let others = [
        Uniform { theta: 6.0, ..uniform }.model(),
        Uniform { sigma: 1.3, ..uniform }.model(),
        Uniform { phi: 0.5, ..uniform }.model(),
        uniform.with(Labour::FixedNominalWage),
    ];
    let models: Vec<Model> = others
        .into_iter()
        .flat_map(|other| [uniform.model(), other])
        .chain([uniform.model()])
        .collect();
    let closes = vec![
        trade(On::EmbargoShare, ("R000", "*", "S001"), 1.0),
        trade(On::EmbargoShare, ("R000", "R000", "S001"), 1.0),
    ];
    let taste = sectoral(SectorInstrument::DemandShiftChange, ("R001", "S000"), 0.5);
    // One thing at a time is another than in the solve before.
    for policies in [wall(5), closes, vec![taste]] {
        for model in &models {
            let solved = |baseline: &Arc<Baseline>| {
                let problem = problem(baseline, model.clone(), policies.iter().cloned());
                let found = solve(&problem, Settings::default()).unwrap();
                (found.statistics.evaluations, found.unknowns)
            };
            let after_others = solved(&baseline);
            assert_eq!(after_others, solved(&Arc::new((*baseline).clone())));
        }
    }
}

fn table_of_evaluations(baseline: &Arc<Baseline>, labour: Labour) -> String {
    let mut text = String::from("theta  phi   sigma: .05   1   3\n");
    let wall = wall(baseline.region_count());
    for theta in THETAS {
        for phi in PHIS {
            if labour == Labour::FixedRealWage && phi == 0.0 {
                continue;
            }
            write!(text, "{theta:5} {phi:4}          ").unwrap();
            for nest in NESTS {
                let nests = Uniform { theta, sigma: nest, epsilon: nest, eta: 1.0, phi };
                let name = format!("{nests:?}");
                let count = evaluations(baseline, nests.with(labour), &wall, &name);
                write!(text, "{count:4}").unwrap();
            }
            text.push('\n');
        }
    }
    text
}

#[test]
fn any_elasticities_on_twenty_regions_and_sectors() {
    let baseline = generated(Recipe { tariffs: 0.2, ..Recipe::new(20, 20, 111) });
    insta::assert_snapshot!(table_of_evaluations(&baseline, Labour::Mobile), @"
    theta  phi   sigma: .05   1   3
      0.5    0            14  13  14
      0.5  0.5            19  13  21
      0.5 0.98            31  14  25
        4    0            14  14  15
        4  0.5            22  18  22
        4 0.98            40  21  25
       20    0            21  21  21
       20  0.5            40  33  27
       20 0.98            73  42  32
       65    0            58  60  57
       65  0.5            75  61  46
       65 0.98           119  73  49
    ");
}

#[test]
fn any_elasticities_with_a_fixed_nominal_wage() {
    let baseline = ordinary(6, 4, 112);
    insta::assert_snapshot!(table_of_evaluations(&baseline, Labour::FixedNominalWage), @"
    theta  phi   sigma: .05   1   3
      0.5    0            16  15  16
      0.5  0.5            18  15  20
      0.5 0.98            27  16  22
        4    0            17  17  17
        4  0.5            24  20  20
        4 0.98            37  23  22
       20    0            19  19  19
       20  0.5            38  32  27
       20 0.98            59  41  30
       65    0            20  20  20
       65  0.5            50  45  38
       65 0.98            69  54  42
    ");
}

#[test]
fn any_elasticities_with_a_fixed_real_wage() {
    let baseline = ordinary(6, 4, 113);
    insta::assert_snapshot!(table_of_evaluations(&baseline, Labour::FixedRealWage), @"
    theta  phi   sigma: .05   1   3
      0.5  0.5            19  15  21
      0.5 0.98            27  15  22
        4  0.5            24  20  21
        4 0.98            34  23  22
       20  0.5            36  33  28
       20 0.98            51  40  31
       65  0.5            48  43  37
       65 0.98            63  52  43
    ");
}

/// Trade elasticities by sector, in the order of sectors.
fn with_trade_elasticities(model: Model, thetas: &[f64]) -> Model {
    let mut model = model;
    let entries = thetas.iter().enumerate().map(|(s, &theta)| (format!("S{s:03}"), theta));
    model.trade_elasticity.entries = entries.collect();
    model
}

/// What levels of a region do to a steep sector, they do not do for long: a step must not trust it.
#[test]
fn one_steep_sector_among_others() {
    let mut text = String::from("seed  phi   theta: 20  65\n");
    for seed in [1, 7] {
        let baseline = generated(Recipe { tariffs: 0.3, ..Recipe::new(8, 6, seed) });
        for phi in [0.0, 0.3] {
            let model = Uniform { phi, ..COBB_DOUGLAS }.model();
            let model = Model { deficits: Deficits::Balanced, ..model };
            let without_tariffs = [trade(On::TariffRate, ("*", "R000", "*"), 0.0)];
            write!(text, "{seed:4} {phi:4}          ").unwrap();
            for steep in [20.0, 65.0] {
                let model = with_trade_elasticities(model.clone(), &[4.0, steep]);
                let name = format!("seed {seed}, phi {phi}, theta {steep}");
                let count = evaluations(&baseline, model, &without_tariffs, &name);
                write!(text, "{count:4}").unwrap();
            }
            text.push('\n');
        }
    }
    insta::assert_snapshot!(text, @"
    seed  phi   theta: 20  65
       1    0            26  91
       1  0.3            26  79
       7    0            27  61
       7  0.3            27  48
    ");
}

/// Here acceleration does not arrive in the 300 evaluations that it has for steps that take account of each
/// sector by itself. It does by levels of regions alone, and no other method is needed.
#[test]
fn steps_by_levels_alone_help_where_others_do_not_arrive() {
    let recipe = Recipe { zero_flows: 0.3, tariffs: 0.3, deficits: 0.15, ..Recipe::new(7, 5, 345) };
    let uniform = Uniform { sigma: 0.2, epsilon: 2.7, phi: 0.43, ..COBB_DOUGLAS };
    let model = with_trade_elasticities(uniform.model(), &[15.6, 37.4, 12.7, 3.7, 42.3]);
    let higher_costs = trade(On::TradeCostChange, ("*", "*", "*"), 3.0);
    let problem = problem(&generated(recipe), model, [higher_costs]);
    let found = solve(&problem, Settings::default()).unwrap();
    assert_eq!(found.statistics.method, Method::Anderson);
    assert!((301..1300).contains(&found.statistics.evaluations), "{:?}", found.statistics);
}

#[test]
fn extreme_policies() {
    let baseline = ordinary(6, 4, 114);
    let few = generated(Recipe { zero_flows: 0.4, ..Recipe::new(8, 3, 115) });
    let cases: [(&str, Vec<Policy>); 9] = [
        ("tariff of 1,000,000 %", vec![trade(On::TariffRate, ("R000", "R001", "*"), 10_000.0)]),
        ("tariff of 1,000,000 % on all", vec![trade(On::TariffRate, ("*", "*", "*"), 10_000.0)]),
        ("export tax of 1,000,000 %", vec![trade(On::ExportTaxRate, ("R002", "*", "*"), 10_000.0)]),
        ("export subsidy of 60 %", vec![trade(On::ExportTaxRate, ("R002", "*", "*"), -0.6)]),
        ("import subsidy of 50 %", vec![trade(On::TariffRate, ("*", "R001", "*"), -0.5)]),
        (
            "paying half of an income",
            vec![transfer("R000", "R001", TransferAmount::ShareOfIncome(0.5))],
        ),
        ("trade costs tenfold", vec![trade(On::TradeCostChange, ("*", "*", "*"), 9.0)]),
        (
            "embargo on a region",
            vec![
                trade(On::EmbargoShare, ("R001", "*", "*"), 1.0),
                trade(On::EmbargoShare, ("*", "R001", "*"), 1.0),
            ],
        ),
        (
            "productivity falls by 95 %",
            vec![sectoral(SectorInstrument::ProductivityChange, ("R000", "S000"), -0.95)],
        ),
    ];
    let mut text = String::new();
    for (name, policies) in &cases {
        // A region that may not trade cannot have a deficit.
        let closed = ["embargo on a region", "trade costs tenfold", "tariff of 1,000,000 % on all"]
            .contains(name);
        let deficits = if closed { Deficits::Balanced } else { Deficits::Fixed };
        let mut counts = Vec::new();
        for baseline in [&baseline, &few] {
            for elasticities in [Uniform { sigma: 1.0, epsilon: 1.0, eta: 1.0, ..GENERAL }, GENERAL]
            {
                let model = Model { deficits, ..elasticities.model() };
                counts.push(evaluations(baseline, model, policies, name));
            }
        }
        writeln!(text, "{name:30} {counts:?}").unwrap();
    }
    insta::assert_snapshot!(text, @"
    tariff of 1,000,000 %          [16, 17, 17, 18]
    tariff of 1,000,000 % on all   [18, 20, 21, 22]
    export tax of 1,000,000 %      [24, 25, 26, 26]
    export subsidy of 60 %         [23, 25, 176, 177]
    import subsidy of 50 %         [24, 24, 22, 23]
    paying half of an income       [19, 20, 21, 22]
    trade costs tenfold            [64, 69, 105, 104]
    embargo on a region            [19, 20, 20, 21]
    productivity falls by 95 %     [19, 21, 23, 26]
    ");
}
