//! Problems without equilibrium end in an error in words; closed sectors end in zeros.

use std::sync::Arc;

use ndarray::s;
use viner_model::baseline::Baseline;
use viner_model::equilibrium::{Equilibrium, Failure, Settings, solve};
use viner_model::problem::Problem;
use viner_model::report::{FlowOutcomes, RegionOutcomes, SectorOutcomes, embodied_value};
use viner_model::scenario::{BilateralInstrument as On, Labour, Sourcing, TransferAmount};

use crate::assert_close;
use crate::close::assert_unchanged;
use crate::economies::{Structure, ordinary};
use crate::identities::assert_accounts_hold;
use crate::policies::{
    COBB_DOUGLAS, GENERAL, outcome, problem, solved, trade, trade_and_domestic, transfer,
};
use crate::tolerances::{SAME_ANSWER, SAME_PROBLEM};

#[test]
fn a_market_without_suppliers_is_infeasible() {
    let baseline = ordinary(3, 2, 121);
    let all = trade_and_domestic(On::EmbargoShare, ("*", "R001", "S001"), 1.0);
    let problem = problem(&baseline, GENERAL.model(), [all]);
    let failure = solve(&problem, Settings::default()).unwrap_err();
    assert!(matches!(failure, Failure::Infeasible(_)), "{failure:?}");
    insta::assert_snapshot!(failure, @"the policies cannot hold together: `R001/S001` has no supplier left");
    assert_eq!(failure.hints().len(), 1);
}

#[test]
fn several_markets_without_suppliers_are_counted() {
    let baseline = ordinary(3, 2, 122);
    let all = trade_and_domestic(On::SupplierExitShare, ("*", "R000,R002", "*"), 1.0);
    let problem = problem(&baseline, GENERAL.model(), [all]);
    let failure = solve(&problem, Settings::default()).unwrap_err();
    insta::assert_snapshot!(failure, @"the policies cannot hold together: `R000/S000` has no supplier left, nor have 3 more: `R000/S001`, `R002/S000`, `R002/S001`");
}

#[test]
fn part_of_a_market_without_suppliers_can_be_solved() {
    let baseline = ordinary(3, 2, 121);
    let almost = trade_and_domestic(On::EmbargoShare, ("*", "R001", "S001"), 0.999);
    let (problem, equilibrium) = outcome(&baseline, COBB_DOUGLAS.model(), [almost]);
    // All suppliers lose alike: nobody gains a share, the good becomes dearer by what variety is
    // worth.
    assert!(equilibrium.price[[1, 1]] > 5.0);
    assert_accounts_hold(&problem, &equilibrium, SAME_PROBLEM);
}

/// `R000` sells `S002` to `R001` alone.
fn one_buyer() -> Arc<Baseline> {
    let mut shares = Structure::of(&ordinary(4, 3, 123));
    for n in [0, 2, 3] {
        shares.trade[[2, n, 0]] = 0.0;
    }
    shares.normalise().baseline()
}

fn finite<'a>(values: impl IntoIterator<Item = &'a f64>) -> bool {
    values.into_iter().all(|value| value.is_finite())
}

fn assert_closed(problem: &Problem, equilibrium: &Equilibrium) {
    assert!(problem.baseline.output[[0, 2]] > 0.0);
    assert_eq!(equilibrium.output[[0, 2]], 0.0);
    assert_eq!(equilibrium.value_added[[0, 2]], 0.0);
    assert!(equilibrium.trade_flows.slice(s![2, .., 0]).iter().all(|flow| *flow == 0.0));
    assert_accounts_hold(problem, equilibrium, SAME_PROBLEM);
    assert!(finite(equilibrium.price.iter()));
    assert!(finite(equilibrium.unit_cost.iter()));
    assert!(finite(equilibrium.expenditure.iter()));
    assert!(finite(equilibrium.wage.iter().chain(&equilibrium.employment)));
    assert!(finite(equilibrium.price_index.iter().chain(&equilibrium.income)));

    let regions = RegionOutcomes::of(problem, equilibrium);
    assert!(finite(regions.welfare.iter().chain(&regions.terms_of_trade)));
    assert!(finite(regions.tot_effect.iter().chain(&regions.vot_effect)));
    let sectors = SectorOutcomes::of(problem, equilibrium);
    assert_eq!(sectors.quantity[[0, 2]], 0.0);
    let flows = FlowOutcomes::of(problem, equilibrium);
    assert_eq!(flows.quantity[[2, 1, 0]], 0.0);
    let rebased = equilibrium.rebase(problem).unwrap();
    assert!(finite(embodied_value(&rebased, Sourcing::Common, &[0, 1, 2, 3]).iter()));
}

#[test]
fn a_sector_whose_only_buyer_embargoes_it_closes() {
    let baseline = one_buyer();
    let embargo = || trade(On::EmbargoShare, ("R000", "R001", "S002"), 1.0);
    for elasticities in [COBB_DOUGLAS, GENERAL] {
        for labour in [Labour::Mobile, Labour::FixedNominalWage] {
            let (problem, equilibrium) = outcome(&baseline, elasticities.with(labour), [embargo()]);
            assert_closed(&problem, &equilibrium);
        }
        let (problem, equilibrium) = outcome(&baseline, elasticities.model(), [embargo()]);
        let rebased = Arc::new(equilibrium.rebase(&problem).unwrap());
        let (problem, again) = outcome(&rebased, elasticities.model(), []);
        assert_unchanged(&problem, &again, SAME_ANSWER);
    }
}

/// Cobb-Douglas with mobile labour: a closed sector is the limit of an ever dearer one.
#[test]
fn a_closed_sector_is_the_limit_of_trade_costs() {
    let baseline = one_buyer();
    let with = |instrument, size| {
        outcome(
            &baseline,
            COBB_DOUGLAS.model(),
            [trade(instrument, ("R000", "R001", "S002"), size)],
        )
        .1
    };
    let (closed, costly) = (with(On::EmbargoShare, 1.0), with(On::TradeCostChange, 1e8));
    assert_close!(baseline, closed.price, costly.price, SAME_ANSWER);
    assert_close!(baseline, closed.wage, costly.wage, SAME_ANSWER);
    assert_close!(baseline, &closed.income / &costly.income, ndarray::Array1::ones(4), SAME_ANSWER);
}

/// A closed sector buys nothing any more, so what only it bought needs no supplier.
#[test]
fn inputs_of_a_closed_sector_are_not_missed() {
    let mut shares = Structure::of(&one_buyer());
    // `R000` buys `S001` for its `S002` only.
    shares.final_shares[[0, 1]] = 0.0;
    shares.inputs[[0, 0, 1]] = 0.0;
    shares.inputs[[0, 1, 1]] = 0.0;
    let baseline = shares.normalise().baseline();
    let policies = [
        trade(On::EmbargoShare, ("R000", "R001", "S002"), 1.0),
        trade_and_domestic(On::EmbargoShare, ("*", "R000", "S001"), 1.0),
    ];
    let only_supply = problem(&baseline, GENERAL.model(), [policies[1].clone()]);
    let failure = solve(&only_supply, Settings::default()).unwrap_err();
    assert!(matches!(failure, Failure::Infeasible(_)), "{failure:?}");
    let (problem, equilibrium) = outcome(&baseline, GENERAL.model(), policies);
    assert_closed(&problem, &equilibrium);
    assert_eq!(equilibrium.expenditure[[0, 1]], 0.0);
    assert_eq!(equilibrium.price[[0, 1]], 1.0);
}

#[test]
fn a_payment_beyond_a_regions_means_is_an_error_in_words() {
    let baseline = ordinary(4, 3, 124);
    for elasticities in [COBB_DOUGLAS, GENERAL] {
        let too_much = transfer("R000", "R001", TransferAmount::ShareOfIncome(30.0));
        let problem = problem(&baseline, elasticities.model(), [too_much]);
        let failure = solve(&problem, Settings::default()).unwrap_err();
        let Failure::NotSolved { part, .. } = &failure else { panic!("{failure:?}") };
        assert!((0.005..0.2).contains(part), "{failure}");
        let words = failure.to_string();
        assert!(words.starts_with("no equilibrium found: the iteration "), "{words}");
        assert!(!words.contains("NaN"), "{words}");
        let hints = failure.hints();
        assert_eq!(hints.len(), 3, "{hints:?}");
        assert!(hints[0].contains("income-share"), "{hints:?}");
        assert!(hints[1].contains("weaker policies"), "{hints:?}");
    }
}

#[test]
fn a_region_that_may_not_trade_cannot_keep_its_deficit() {
    let baseline = ordinary(4, 3, 125);
    assert!(baseline.deficits[1].abs() > 1.0);
    let closed = [
        trade(On::EmbargoShare, ("R001", "*", "*"), 1.0),
        trade(On::EmbargoShare, ("*", "R001", "*"), 1.0),
    ];
    let problem = problem(&baseline, GENERAL.model(), closed);
    let settings = Settings { max_evaluations: 4000, ..Settings::default() };
    let failure = solve(&problem, settings).unwrap_err();
    assert!(
        matches!(failure, Failure::NotSolved { .. } | Failure::NotCertified { .. }),
        "{failure}"
    );
    assert!(!failure.to_string().is_empty() && !failure.hints().is_empty());
}

#[test]
fn no_evaluations_are_no_equilibrium() {
    let problem = problem(&ordinary(3, 2, 126), GENERAL.model(), crate::policies::one_of_each());
    let settings = Settings { max_evaluations: 0, ..Settings::default() };
    let failure = solve(&problem, settings).unwrap_err();
    assert!(matches!(failure, Failure::NotSolved { .. }), "{failure:?}");
    // And with enough of them it is one.
    solved(&problem);
}

#[test]
fn a_tolerance_below_rounding_is_not_certified() {
    let problem = problem(&ordinary(3, 2, 127), GENERAL.model(), crate::policies::one_of_each());
    let settings = Settings { tolerance: 1e-18, max_evaluations: 3000 };
    let failure = solve(&problem, settings).unwrap_err();
    match &failure {
        Failure::NotCertified { certificate, .. } => {
            assert!(certificate.worst().relative < 1e-12, "{failure}");
        }
        Failure::NotSolved { residual, .. } => assert!(*residual < 1e-12, "{failure}"),
        _ => panic!("{failure:?}"),
    }
}
