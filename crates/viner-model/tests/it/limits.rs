//! Closed forms: gains from trade, autarky, symmetric countries, Cobb-Douglas.

use std::sync::Arc;

use ndarray::{Array1, Array2};
use viner_model::baseline::Baseline;
use viner_model::scenario::{BilateralInstrument as On, Labour};

use crate::assert_close;
use crate::close::{assert_differs, assert_same_hats, welfare};
use crate::economies::{one_sector, ordinary, twins, without_deficits};
use crate::policies::{
    COBB_DOUGLAS, GENERAL, Uniform, cell_by_cell, foreign_cells, one_of_each, outcome, trade,
};
use crate::tolerances::{CLOSED_FORM, NEAR_COBB_DOUGLAS, OFF_COBB_DOUGLAS, ROUNDING, SAME_ANSWER};

/// A trade cost that nobody pays: shares of `(1e8)^{-4}` are lost in rounding.
const PROHIBITIVE: f64 = 1e8;

/// Welfare of a one-sector economy is the change of its domestic share to the power −1/θ (Arkolakis,
/// Costinot and Rodriguez-Clare 2012), whatever happens to foreign trade costs.
#[test]
fn one_sector_welfare_is_its_domestic_share() {
    for (seed, theta) in [(41, 4.0), (42, 1.5), (43, 9.0)] {
        let baseline = one_sector(5, seed);
        let changes = foreign_cells(&baseline)
            .into_iter()
            .enumerate()
            .map(|(index, cell)| (cell, [0.4, -0.3, 1.5, 0.0, 0.1, -0.05, 7.0][index % 7]));
        let costs = cell_by_cell(&baseline, On::TradeCostChange, changes);
        let model = Uniform { theta, ..COBB_DOUGLAS }.model();
        let (problem, equilibrium) = outcome(&baseline, model, [costs]);
        let gains: Array1<f64> = (0..5)
            .map(|n| {
                let home = equilibrium.trade_flows[[0, n, n]] / equilibrium.expenditure[[n, 0]];
                (home / baseline.trade_shares[[0, n, n]]).powf(-1.0 / theta) - 1.0
            })
            .collect();
        let found = welfare(&problem, &equilibrium);
        assert_close!(baseline, found, gains, SAME_ANSWER);
        assert_differs(&found, &Array1::zeros(5), 0.01);
    }
}

#[test]
fn prohibitive_trade_costs_give_the_autarky_of_one_sector() {
    let baseline = one_sector(5, 44);
    let wall = trade(On::TradeCostChange, ("*", "*", "*"), PROHIBITIVE);
    let (problem, equilibrium) = outcome(&baseline, COBB_DOUGLAS.model(), [wall]);
    let expected: Array1<f64> =
        (0..5).map(|n| baseline.trade_shares[[0, n, n]].powf(1.0 / 4.0) - 1.0).collect();
    assert_close!(baseline, welfare(&problem, &equilibrium), expected, CLOSED_FORM);
}

/// `ln P̂^s = ln ĉ^s − ln π_nn^s / θ` and `ln ĉ^k = Σ_s γ^{sk} ln P̂^s` at a wage of 1.
fn autarky_loss(baseline: &Baseline, theta: f64, n: usize) -> f64 {
    let sectors = baseline.sector_count();
    let mut log_price = vec![0.0; sectors];
    for _ in 0..2000 {
        let cost: Vec<f64> = (0..sectors)
            .map(|k| {
                let mix = baseline.input_mix.slice(ndarray::s![n, k, ..]);
                let index: f64 = mix.iter().zip(&log_price).map(|(a, p)| a * p).sum();
                (1.0 - baseline.value_added_share[[n, k]]) * index
            })
            .collect();
        for s in 0..sectors {
            log_price[s] = cost[s] - baseline.trade_shares[[s, n, n]].ln() / theta;
        }
    }
    let index: f64 = baseline.final_shares.row(n).iter().zip(&log_price).map(|(a, p)| a * p).sum();
    (-index).exp() - 1.0
}

#[test]
fn prohibitive_trade_costs_give_the_autarky_of_many_sectors() {
    let baseline = without_deficits(4, 3, 45, 0.0);
    let wall = trade(On::TradeCostChange, ("*", "*", "*"), PROHIBITIVE);
    let (problem, equilibrium) = outcome(&baseline, COBB_DOUGLAS.model(), [wall]);
    let expected: Array1<f64> = (0..4).map(|n| autarky_loss(&baseline, 4.0, n)).collect();
    assert_close!(baseline, welfare(&problem, &equilibrium), expected, CLOSED_FORM);
    assert!(expected.iter().all(|loss| *loss < -0.01), "{expected}");
}

#[test]
fn two_symmetric_countries_behind_trade_costs() {
    for (home, value_added, theta, change) in
        [(0.8, 1.0, 4.0, 0.5_f64), (0.6, 0.4, 6.0, -0.2), (0.9, 0.25, 2.0, 10.0)]
    {
        let baseline = twins(home, value_added);
        let cost = trade(On::TradeCostChange, ("*", "*", "*"), change);
        let model = Uniform { theta, ..COBB_DOUGLAS }.model();
        let (problem, equilibrium) = outcome(&baseline, model, [cost]);
        // P̂^{−θ} = ĉ^{−θ} (π + (1−π) κ^{−θ}) and ĉ = P̂^{1−β} at a wage of 1.
        let openness = home + (1.0 - home) * (1.0 + change).powf(-theta);
        let price = openness.powf(-1.0 / theta / value_added);
        assert_close!(baseline, equilibrium.wage, Array1::ones(2), ROUNDING);
        assert_close!(baseline, equilibrium.price, Array2::from_elem((2, 1), price), SAME_ANSWER);
        let gain = Array1::from_elem(2, 1.0 / price - 1.0);
        assert_close!(baseline, welfare(&problem, &equilibrium), gain, SAME_ANSWER);
    }
}

#[test]
fn two_symmetric_countries_behind_tariffs() {
    let (home, theta, rate) = (0.7, 4.0, 0.35_f64);
    let baseline = twins(home, 1.0);
    let tariff = trade(On::TariffRate, ("*", "*", "*"), rate);
    let (problem, equilibrium) = outcome(&baseline, COBB_DOUGLAS.model(), [tariff]);
    let foreign = (1.0 - home) * (1.0 + rate).powf(-theta);
    let price = (home + foreign).powf(-1.0 / theta);
    let import_share = foreign / (home + foreign);
    let income = 1.0 / (1.0 - rate / (1.0 + rate) * import_share);
    let expected = Array1::from_elem(2, income / price - 1.0);
    assert_close!(baseline, welfare(&problem, &equilibrium), expected, SAME_ANSWER);
    let revenue = Array1::from_elem(2, 1000.0 * income * import_share * rate / (1.0 + rate));
    assert_close!(baseline, equilibrium.tariff_revenue, revenue, SAME_ANSWER);
}

/// Twice the productivity of everything, everywhere: prices of final goods fall by the multiplier
/// of inputs.
#[test]
fn productivity_of_twins_multiplies_through_inputs() {
    use viner_model::scenario::SectorInstrument::ProductivityChange;
    let baseline = twins(0.8, 0.4);
    let growth = crate::policies::sectoral(ProductivityChange, ("*", "*"), 1.0);
    let (problem, equilibrium) = outcome(&baseline, COBB_DOUGLAS.model(), [growth]);
    let expected = Array1::from_elem(2, 2.0_f64.powf(1.0 / 0.4) - 1.0);
    assert_close!(baseline, welfare(&problem, &equilibrium), expected, SAME_ANSWER);
}

fn hats_at(baseline: &Arc<Baseline>, elasticities: Uniform, labour: Labour) -> Vec<Array2<f64>> {
    let (_, equilibrium) = outcome(baseline, elasticities.with(labour), one_of_each());
    let value_added = &equilibrium.value_added / &baseline.value_added;
    vec![equilibrium.price, equilibrium.unit_cost, value_added]
}

#[test]
fn every_nest_is_continuous_at_cobb_douglas() {
    let baseline = ordinary(4, 3, 46);
    let centre = Uniform { phi: 0.3, ..COBB_DOUGLAS };
    let nests: [fn(&mut Uniform) -> &mut f64; 3] =
        [|e| &mut e.sigma, |e| &mut e.epsilon, |e| &mut e.eta];
    for labour in [Labour::Mobile, Labour::FixedRealWage] {
        let exact = hats_at(&baseline, centre, labour);
        for (index, nest) in nests.iter().enumerate() {
            let at = |value: f64| {
                let mut elasticities = centre;
                *nest(&mut elasticities) = value;
                hats_at(&baseline, elasticities, labour)
            };
            for near in [at(1.0 - OFF_COBB_DOUGLAS), at(1.0 + OFF_COBB_DOUGLAS)] {
                for (found, expected) in near.iter().zip(&exact) {
                    assert_close!(baseline, *found, *expected, NEAR_COBB_DOUGLAS);
                }
            }
            // And it is a nest: half the elasticity is another answer.
            let moved = &at(0.5)[0] - &exact[0];
            assert!(moved.iter().any(|change| change.abs() > 1e-5), "nest {index} does nothing");
        }
    }
}

/// With all nests at 1 and no specific factor the model is the one of Caliendo and Parro: unit costs
/// are the geometric means of the wage and the prices of inputs.
#[test]
fn unit_costs_are_geometric_means_at_cobb_douglas() {
    let baseline = ordinary(4, 3, 47);
    let (_, equilibrium) = outcome(
        &baseline,
        COBB_DOUGLAS.model(),
        [trade(On::TariffAdd, ("R001", "!R001", "*"), 0.5)],
    );
    let expected = Array2::from_shape_fn((4, 3), |(n, k)| {
        let share = baseline.value_added_share[[n, k]];
        let mix = baseline.input_mix.slice(ndarray::s![n, k, ..]);
        let inputs: f64 = mix.iter().zip(equilibrium.price.row(n)).map(|(a, p)| a * p.ln()).sum();
        (share * equilibrium.wage[n].ln() + (1.0 - share) * inputs).exp()
    });
    assert_close!(baseline, equilibrium.unit_cost, expected, ROUNDING);
}

/// A factor that can leave and one that cannot are the same where there is one sector.
#[test]
fn a_specific_factor_is_labour_where_there_is_one_sector() {
    let baseline = one_sector(4, 48);
    let policies = [trade(On::TariffRate, ("R001", "R000", "*"), 0.4)];
    let mobile = outcome(&baseline, COBB_DOUGLAS.model(), policies.clone());
    for phi in [0.3, 0.9, 1.0] {
        let model = Uniform { phi, ..COBB_DOUGLAS }.model();
        let (problem, mut specific) = outcome(&baseline, model, policies.clone());
        if phi == 1.0 {
            // Without labour there is no wage to report.
            assert_close!(baseline, specific.wage, Array1::ones(4), ROUNDING);
            specific.wage = mobile.1.wage.clone();
        }
        assert_same_hats((&problem, &specific), (&mobile.0, &mobile.1), SAME_ANSWER);
    }
    let general = Uniform { theta: 4.0, phi: 0.3, ..GENERAL };
    let nests = outcome(&baseline, general.model(), policies);
    assert_same_hats((&nests.0, &nests.1), (&mobile.0, &mobile.1), SAME_ANSWER);
}
