//! Random mixes of all instruments: solved, certified, and the same whatever the way.

use proptest::prelude::*;
use viner_model::economies::Recipe;
use viner_model::equilibrium::solve_from;
use viner_model::scenario::{
    Action, BilateralInstrument as On, CoalitionRule, Currencies, Currency, Deficits, Hub, Labour,
    Model, Policy, QuotaScope, Routes, Shadow, ShadowOwner,
};

use crate::close::assert_same_hats;
use crate::economies::generated;
use crate::policies::{GENERAL, Uniform, outcome, policy, selector, trade};
use crate::tolerances::{SAME_ANSWER, TIGHT};

/// Sizes of a mix, each between 0 and 1.
pub type Sizes = [f64; 8];

/// Most instruments, each of the sizes.
pub fn mix(sizes: Sizes) -> Vec<Policy> {
    let [quota, cap, capacity, share, margin, change, part, embargo] = sizes;
    let scope = if part < 0.5 { QuotaScope::Total } else { QuotaScope::Cell };
    let hubs = vec![
        Hub { region: "R003".into(), share: 0.2 * share, enforcement: 0.3 * change, margin: 0.0 },
        Hub { region: "R002".into(), share: 0.1, enforcement: 0.0, margin: 0.5 * margin },
    ];
    let currencies = vec![
        Currency { code: "USD".into(), share: 0.8, change: 0.5 * change },
        Currency { code: "CNY".into(), share: 0.2, change: 0.0 },
    ];
    vec![
        trade(On::TariffAdd, ("R002", "R000,R001", "*"), 0.3 * embargo),
        trade(
            On::Quota { rent_to_exporter: margin, scope },
            ("R001,R002", "R000", "S000,S001"),
            0.4 + 0.8 * quota,
        ),
        trade(
            On::PriceCap(Shadow {
                capacity: 1.5 * capacity,
                cost: 0.05 + 0.4 * margin,
                owner: ShadowOwner::Importer,
            }),
            ("R000", "R002,R003", "S000"),
            0.85 + 0.2 * cap,
        ),
        trade(
            On::ExportControl(Routes { hubs, elasticity: 2.0 + 6.0 * part }),
            ("R001", "R000", "*"),
            0.2 + 0.8 * part,
        ),
        trade(
            On::Settlement(Currencies { currencies, elasticity: 4.0 }),
            ("R000,R001,R002", "R000,R001,R002", "*"),
            1.0,
        ),
        trade(On::EmbargoShare, ("R000", "R001", "S000"), embargo),
        policy(Action::Coalition {
            members: selector("R001,R003"),
            rule: CoalitionRule::EqualWelfare,
        }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]
    #[test]
    fn any_mix_is_solved_and_certified(
        seed in 0..u64::MAX,
        sizes in proptest::array::uniform8(0.0..=1.0_f64),
        theta in 1.5..8.0_f64,
        phi in 0.1..0.9_f64,
        income_share in any::<bool>(),
        real_wage in any::<bool>(),
    ) {
        let baseline = generated(Recipe { tariffs: 0.3, deficits: 0.1, ..Recipe::new(4, 3, seed) });
        let elasticities = Uniform { theta, phi, ..GENERAL };
        let model = Model {
            deficits: if income_share { Deficits::IncomeShare } else { Deficits::Fixed },
            labour: if real_wage { Labour::FixedRealWage } else { Labour::Mobile },
            ..elasticities.model()
        };
        let (problem, found) = outcome(&baseline, model, mix(sizes));
        prop_assert!(found.certificate.worst().relative < 1e-10);
        // Rents are what is paid, and every payment has a receiver.
        let paid: f64 =
            found.split_trade.values().flat_map(|flow| &flow.payments).map(|x| x.amount).sum();
        prop_assert!((found.rents.sum() - paid).abs() < SAME_ANSWER * baseline.income.sum());
        if real_wage {
            return Ok(()); // Employment may then settle at more than one level.
        }
        // From elsewhere the same equilibrium is reached.
        let elsewhere: Vec<f64> =
            found.unknowns.iter().enumerate().map(|(k, x)| x + 0.05 * (k as f64).sin()).collect();
        let again = solve_from(&problem, Some(&elsewhere), TIGHT).unwrap();
        assert_same_hats((&problem, &found), (&problem, &again), SAME_ANSWER);
    }
}
