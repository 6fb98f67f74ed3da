//! The table of Caliendo and Parro (2015), from the replication data of the paper.

use std::path::PathBuf;

use viner_io::question::{Question, TABLE_TOLERANCE};
use viner_io::scenario_file::ScenarioSource;
use viner_model::report::RegionOutcomes;

#[expect(clippy::print_stdout, reason = "says why it tests nothing")]
/// The folder of official tables that may not be part of the repository, if this machine has it.
pub fn test_data(name: &str) -> Option<PathBuf> {
    let folder = std::env::var_os("VINER_TEST_DATA").map(|root| PathBuf::from(root).join(name));
    let present = folder.filter(|folder| folder.is_dir());
    if present.is_none() {
        println!("skipped: set VINER_TEST_DATA to a folder that holds `{name}`");
    }
    present
}

/// NAFTA's tariff changes from 1993 to 2005, deficits first removed. The paper prints real wages, terms
/// of trade and volume of trade in percent, with two decimals.
#[test]
fn nafta_real_wages_and_first_order_effects_equal_the_printed_ones() {
    let Some(folder) = test_data("cp2015-nafta") else { return };
    let mut source = ScenarioSource::text(
        "nafta.toml",
        r#"
        baseline = "bundle"
        [model]
        unbalanced = "accept"
        deficits = "balanced"
        [[policy]]
        kind = "tariff"
        file = "nafta_tariffs.csv"
        "#,
    );
    source.folder = Some(folder);
    let question = Question::open(&source, &[], TABLE_TOLERANCE).expect("the bundle is readable");
    let (problem, equilibrium) = question.solve().expect("the table has an equilibrium");
    let outcomes = RegionOutcomes::of(&problem, &equilibrium);

    let percent = |value: f64| (value * 1e4).round() / 1e2;
    for (region, real_wage, terms_of_trade, volume_of_trade, exact_welfare) in [
        ("CAN", 0.32, -0.11, 0.04, -0.11),
        ("MEX", 1.72, -0.41, 1.72, 0.01),
        ("USA", 0.11, 0.04, 0.04, 0.07),
    ] {
        let n = problem.baseline.regions.position(region).unwrap();
        assert_eq!(percent(outcomes.real_wage[n]), real_wage, "real wage of {region}");
        assert_eq!(percent(outcomes.tot_effect[n]), terms_of_trade, "terms of trade of {region}");
        assert_eq!(percent(outcomes.vot_effect[n]), volume_of_trade, "volume of trade of {region}");
        // Not printed in the paper, whose welfare is the sum of the two effects: the exact change
        // of real spending, as the independent solver in `validation/agreement` computes it.
        assert_eq!(percent(outcomes.welfare[n]), exact_welfare, "exact welfare of {region}");
    }
}
