//! Users that are alike are the common model.

use super::{UNLIKE, by_user, solved, tables};
use crate::assert_close;
use crate::close::assert_same_hats;
use crate::economies::{any_recipe, baseline};
use crate::identities::{DEFICITS, LABOUR, config};
use crate::mixes::mix;
use crate::policies::{COBB_DOUGLAS, GENERAL, Uniform, one_of_each, outcome, trade};
use crate::tolerances::{SAME_ANSWER, SAME_PROBLEM, TIGHT};
use ndarray::s;
use proptest::prelude::*;
use std::sync::Arc;
use viner_model::baseline::Baseline;
use viner_model::economies::with_sourcing;
use viner_model::equilibrium::solve_from;
use viner_model::scenario::{BilateralInstrument as On, Deficits, Labour, Model, Policy};

/// Both options on one economy whose users are alike: the same answer.
fn assert_common(baseline: &Arc<Baseline>, model: &Model, policies: &[Policy]) {
    let common = solved(baseline, model, policies);
    let own = solved(baseline, &by_user(model.clone()), policies);
    assert_same_hats((&own.0, &own.1), (&common.0, &common.1), SAME_PROBLEM);
    let users = own.1.users.as_ref().unwrap();
    for user in 0..=baseline.sector_count() {
        let price = users.price.slice(s![.., user, ..]);
        assert_close!(baseline, price, common.1.price, SAME_PROBLEM, "price to a user");
    }
    assert_close!(
        baseline,
        own.1.rents / &baseline.income,
        common.1.rents / &baseline.income,
        SAME_PROBLEM
    );
    for (own, common) in own.1.wedges.iter().zip(&common.1.wedges) {
        assert_eq!(own.regime, common.regime);
        assert!(
            (own.multiplier / common.multiplier - 1.0).abs() < SAME_PROBLEM
                || own.multiplier == common.multiplier
        );
        assert!((own.shadow - common.shadow).abs() < SAME_PROBLEM);
    }
}

#[test]
fn users_that_are_alike_are_the_common_model() {
    let alike = baseline(&tables(4, 3, 31, 0.0));
    for labour in LABOUR {
        for deficits in DEFICITS {
            for elasticities in [COBB_DOUGLAS, GENERAL] {
                if labour == Labour::FixedRealWage && elasticities.phi == 0.0 {
                    continue;
                }
                let model = Model { deficits, ..elasticities.with(labour) };
                assert_common(&alike, &model, &one_of_each());
            }
        }
    }
    let elasticities = Uniform { phi: 0.6, ..GENERAL };
    for sizes in [
        [0.3; 8],
        [0.1, 0.2, 0.0, 0.9, 0.5, 0.8, 1.0, 1.0],
        [0.9, 0.1, 0.7, 0.1, 0.2, 0.3, 0.4, 0.0],
    ] {
        assert_common(&alike, &elasticities.model(), &mix(sizes));
    }
}

proptest! {
    #![proptest_config(config(40))]
    #[test]
    fn alike_on_any_economy(
        recipe in any_recipe(),
        theta in 1.0..10.0_f64,
        sigma in prop_oneof![Just(1.0), 0.2..2.0_f64],
        change in 0.05..1.0_f64,
    ) {
        let tables = with_sourcing(&recipe.tables(), recipe.seed, 0.0);
        let model = Uniform { theta, sigma, epsilon: sigma, ..COBB_DOUGLAS }.model();
        let policies = [
            trade(On::TariffAdd, ("R000", "*", "*"), change),
            trade(On::TradeCostChange, ("*", "R001", "S000"), change),
        ];
        assert_common(&baseline(&tables), &model, &policies);
    }

    #[test]
    fn any_mix_is_solved_and_certified_by_user(
        seed in 0..u64::MAX,
        sizes in proptest::array::uniform8(0.0..=1.0_f64),
        theta in 1.5..8.0_f64,
        phi in 0.1..0.9_f64,
        income_share in any::<bool>(),
    ) {
        let unlike = baseline(&tables(4, 3, seed, UNLIKE));
        let model = Model {
            deficits: if income_share { Deficits::IncomeShare } else { Deficits::Fixed },
            ..by_user(Uniform { theta, phi, ..GENERAL }.model())
        };
        let (problem, found) = outcome(&unlike, model, mix(sizes));
        prop_assert!(found.certificate.worst().relative < 1e-10);
        let paid: f64 =
            found.split_trade.values().flat_map(|flow| &flow.payments).map(|x| x.amount).sum();
        prop_assert!((found.rents.sum() - paid).abs() < SAME_ANSWER * unlike.income.sum());
        let elsewhere: Vec<f64> =
            found.unknowns.iter().enumerate().map(|(k, x)| x + 0.05 * (k as f64).sin()).collect();
        let again = solve_from(&problem, Some(&elsewhere), TIGHT).unwrap();
        assert_same_hats((&problem, &found), (&problem, &again), SAME_ANSWER);
    }
}
