//! Routes through hubs and currencies of payment against their closed forms.

use viner_model::problem::{NestKind, ScenarioError};
use viner_model::report::FlowOutcomes;
use viner_model::scenario::{BilateralInstrument as On, Currencies, Currency, Hub, Policy, Routes};

use crate::assert_close;
use crate::close::{assert_same_hats, assert_unchanged, welfare};
use crate::economies::ordinary;
use crate::policies::{COBB_DOUGLAS, GENERAL, errors, outcome, trade};
use crate::tolerances::{CLOSED_FORM, SAME_PROBLEM};

const CELLS: (&str, &str, &str) = ("R000", "R001", "S000,S001");

fn hub(region: &str, share: f64, enforcement: f64, margin: f64) -> Hub {
    Hub { region: region.into(), share, enforcement, margin }
}

fn control(hubs: &[Hub], elasticity: f64, part: f64) -> Policy {
    trade(On::ExportControl(Routes { hubs: hubs.to_vec(), elasticity }), CELLS, part)
}

fn settlement(elasticity: f64, currencies: &[(&str, f64, f64)]) -> Policy {
    let currencies = currencies
        .iter()
        .map(|&(code, share, change)| Currency { code: code.into(), share, change })
        .collect();
    trade(On::Settlement(Currencies { currencies, elasticity }), CELLS, 1.0)
}

#[test]
fn hubs_without_any_share_leave_an_embargo() {
    let baseline = ordinary(4, 3, 81);
    for part in [1.0, 0.4] {
        let closed = control(&[hub("R002", 0.0, 0.0, 0.0)], 5.0, part);
        let closed = outcome(&baseline, GENERAL.model(), [closed]);
        let embargo = outcome(&baseline, GENERAL.model(), [trade(On::EmbargoShare, CELLS, part)]);
        assert_same_hats((&closed.0, &closed.1), (&embargo.0, &embargo.1), SAME_PROBLEM);
    }
}

#[test]
fn a_control_costs_what_its_routes_cost() {
    for elasticities in [COBB_DOUGLAS, GENERAL] {
        let baseline = ordinary(4, 3, 82);
        let hubs = [hub("R002", 0.05, 0.2, 0.0), hub("R003", 0.02, 0.0, 0.0)];
        let control = outcome(&baseline, elasticities.model(), [control(&hubs, 6.0, 1.0)]);
        let cost = (0.05 * 1.2_f64.powi(-6) + 0.02).powf(-1.0 / 6.0);
        let alone = trade(On::TradeCostChange, CELLS, cost - 1.0);
        let alone = outcome(&baseline, elasticities.model(), [alone]);
        assert_same_hats((&control.0, &control.1), (&alone.0, &alone.1), SAME_PROBLEM);
        assert_close!(
            baseline,
            FlowOutcomes::of(&control.0, &control.1).quantity,
            FlowOutcomes::of(&alone.0, &alone.1).quantity,
            SAME_PROBLEM
        );
    }
}

#[test]
fn a_margin_is_the_income_of_its_hub() {
    // One hub, no enforcement: a tax at the border on what is sold, earned by the hub. With the
    // revenue sent on from importer to hub, a tariff is the same.
    let baseline = ordinary(4, 3, 83);
    let (share, margin, elasticity) = (0.1_f64, 0.3, 4.0);
    let control = control(&[hub("R002", share, 0.0, margin)], elasticity, 1.0);
    let control = outcome(&baseline, GENERAL.model(), [control]);
    let flows = [0, 1].map(|s| (s, 1, 0));
    let income: f64 =
        flows.iter().map(|&(s, n, i)| margin * control.1.trade_flows[[s, n, i]]).sum();
    assert!((control.1.rents[2] - income).abs() < SAME_PROBLEM * income);
    let tariff = |s: usize| {
        let rate = (1.0 + baseline.tariff(s, 1, 0)) * (1.0 + margin) - 1.0;
        trade(On::TariffRate, ("R000", "R001", baseline.sectors.code(s)), rate)
    };
    let amount = viner_model::scenario::TransferAmount::MillionUsd(income);
    let same = outcome(
        &baseline,
        GENERAL.model(),
        [
            tariff(0),
            tariff(1),
            trade(On::TradeCostChange, CELLS, share.powf(-1.0 / elasticity) - 1.0),
            crate::policies::transfer("R001", "R002", amount),
        ],
    );
    assert_same_hats((&control.0, &control.1), (&same.0, &same.1), SAME_PROBLEM);
}

#[test]
fn what_is_not_controlled_does_not_stand_in_for_what_is() {
    // The uncontrolled part is a variety of its own: a partial control equals a partial embargo plus
    // an agreement that brings the controlled variety back at its cost. At f κ^−θ it adds up.
    let baseline = ordinary(4, 3, 84);
    let (part, share, elasticity) = (0.3, 0.08_f64, 5.0);
    let control = outcome(
        &baseline,
        GENERAL.model(),
        [control(&[hub("R002", share, 0.0, 0.0)], elasticity, part)],
    );
    let weight = 1.0 - part + part * share.powf(GENERAL.theta / elasticity);
    let embargo =
        outcome(&baseline, GENERAL.model(), [trade(On::EmbargoShare, CELLS, 1.0 - weight)]);
    assert_same_hats((&control.0, &control.1), (&embargo.0, &embargo.1), SAME_PROBLEM);
}

#[test]
fn a_currency_without_change_takes_over() {
    let baseline = ordinary(4, 3, 85);
    let (share, elasticity) = (0.1_f64, 3.0);
    let banned = settlement(elasticity, &[("USD", 1.0 - share, 1e9), ("CNY", share, 0.0)]);
    let (problem, found) = outcome(&baseline, GENERAL.model(), [banned]);
    let nest = &problem.counterfactual.nests[0];
    assert_eq!(nest.kind, NestKind::Currencies);
    assert!((nest.shares()[1] - 1.0).abs() < CLOSED_FORM);
    let cost = trade(On::TradeCostChange, CELLS, share.powf(-1.0 / elasticity) - 1.0);
    let cost = outcome(&baseline, GENERAL.model(), [cost]);
    assert_same_hats((&problem, &found), (&cost.0, &cost.1), CLOSED_FORM);

    let unchanged = settlement(elasticity, &[("USD", 0.7, 0.0), ("CNY", 0.3, 0.0)]);
    let (problem, found) = outcome(&baseline, GENERAL.model(), [unchanged]);
    assert_unchanged(&problem, &found, SAME_PROBLEM);
}

#[test]
fn two_nests_on_a_cell_multiply() {
    let baseline = ordinary(4, 3, 86);
    let routes = || control(&[hub("R002", 0.1, 0.1, 0.0)], 4.0, 1.0);
    let currencies = || settlement(3.0, &[("USD", 0.6, 0.3), ("CNY", 0.4, 0.0)]);
    let both = outcome(&baseline, GENERAL.model(), [routes(), currencies()]);
    let (a, b) = (1.1 * 0.1_f64.powf(-0.25), (0.6 * 1.3_f64.powi(-3) + 0.4).powf(-1.0 / 3.0));
    let cost = trade(On::TradeCostChange, CELLS, a * b - 1.0);
    let cost = outcome(&baseline, GENERAL.model(), [cost]);
    assert_same_hats((&both.0, &both.1), (&cost.0, &cost.1), SAME_PROBLEM);
    let other = outcome(&baseline, GENERAL.model(), [currencies(), routes()]);
    assert_same_hats((&both.0, &both.1), (&other.0, &other.1), SAME_PROBLEM);
}

#[test]
fn a_closed_hub_hurts_the_buyer_and_a_dear_one_feeds_the_hub() {
    let baseline = ordinary(4, 3, 87);
    let at = |enforcement, margin| {
        let policy = control(&[hub("R002", 0.1, enforcement, margin)], 4.0, 1.0);
        let (problem, found) = outcome(&baseline, GENERAL.model(), [policy]);
        welfare(&problem, &found)
    };
    let (open, strict, dear) = (at(0.0, 0.0), at(0.5, 0.0), at(0.0, 0.5));
    assert!(strict[1] < open[1] && dear[1] < open[1] && dear[2] > open[2]);
}

#[test]
fn wrong_hubs_and_shares_are_refused() {
    let baseline = ordinary(4, 3, 88);
    let refused = |policy| errors(&baseline, GENERAL.model(), [policy]);
    for (hubs, role) in [
        (vec![hub("R000", 0.1, 0.0, 0.0)], "an exporter of the policy"),
        (vec![hub("R001", 0.1, 0.0, 0.0)], "an importer of the policy"),
        (vec![hub("R002", 0.1, 0.0, 0.0), hub("R002", 0.1, 0.0, 0.0)], "named twice"),
    ] {
        match &refused(control(&hubs, 4.0, 1.0))[..] {
            [ScenarioError::HubOutOfPlace { role: found, .. }] => assert_eq!(*found, role),
            other => panic!("{other:?}"),
        }
    }
    let full = [hub("R002", 0.5, 0.0, 0.0), hub("R003", 0.5, 0.0, 0.0)];
    assert!(matches!(&refused(control(&full, 4.0, 1.0))[..], [ScenarioError::SharesSum { .. }]));
    let unknown = [hub("R02", 0.1, -1.0, 0.0)];
    let found = refused(control(&unknown, 0.0, 1.0));
    assert_eq!(found.len(), 3, "{found:?}");
    let half = settlement(3.0, &[("USD", 0.6, 0.3)]);
    assert!(matches!(&refused(half)[..], [ScenarioError::SharesSum { .. }]));
}
