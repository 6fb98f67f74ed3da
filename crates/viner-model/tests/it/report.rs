//! Quantities told of an equilibrium, against hand numbers and against each other.

use std::sync::Arc;

use ndarray::{Array1, Array2, Array3, Axis, arr1, arr2, arr3};
use viner_model::baseline::{Accounts, Baseline};
use viner_model::equilibrium::Equilibrium;
use viner_model::labels::Labels;
use viner_model::problem::Problem;
use viner_model::report::{
    FlowOutcomes, IntermediateSales, ProfitOutcomes, RegionOutcomes, SectorOutcomes, dependence,
    embodied_through, embodied_value, flow_value,
};
use viner_model::scenario::{BilateralInstrument as On, SectorInstrument, Sourcing};
use viner_model::tables::{Description, Parameters};
use viner_numerics::lu::Lu;

use crate::assert_close;
use crate::economies::{Structure, ordinary, without_deficits};
use crate::policies::{COBB_DOUGLAS, GENERAL, one_of_each, outcome, sectoral, trade};
use crate::tolerances::{EMBODIED, ROUNDING, SAME_PROBLEM};

/// Two regions, one sector without inputs. `A` sells 30 to `B` with an export tax of 10 %; `B` sells
/// 20 to `A`, which lays a tariff of 50 % on it.
fn by_hand() -> Arc<Baseline> {
    let accounts = Accounts {
        trade_flows: arr3(&[[[70.0, 20.0], [30.0, 80.0]]]),
        tariffs: Some(arr3(&[[[0.0, 0.5], [0.0, 0.0]]])),
        export_taxes: Some(arr3(&[[[0.0, 0.0], [0.1, 0.0]]])),
        inputs: ndarray::Array3::zeros((2, 1, 1)),
        final_spending: arr2(&[[100.0], [113.0]]),
        value_added: arr2(&[[100.0], [100.0]]),
        purchases: None,
    };
    let (regions, sectors) = (Labels::from_codes(["A", "B"]), Labels::from_codes(["goods"]));
    Arc::new(
        Baseline::from_accounts(
            Description::default(),
            regions,
            sectors,
            Parameters::default(),
            accounts,
        )
        .unwrap(),
    )
}

/// An equilibrium of `by_hand` with numbers written into it, not solved for.
fn written() -> (Problem, Equilibrium) {
    let baseline = by_hand();
    let policies = [
        trade(On::ExportTaxRate, ("A", "B", "*"), 0.21),
        trade(On::TradeCostChange, ("B", "A", "*"), 0.25),
    ];
    let problem = crate::policies::problem(&baseline, COBB_DOUGLAS.model(), policies);
    let (_, mut equilibrium) = outcome(&baseline, COBB_DOUGLAS.model(), []);
    equilibrium.unit_cost = arr2(&[[1.2], [0.9]]);
    equilibrium.trade_flows = arr3(&[[[75.0, 10.0], [24.0, 90.0]]]).into();
    equilibrium.income = arr1(&[110.0, 113.0]);
    equilibrium.price_index = arr1(&[1.1, 0.8]);
    equilibrium.wage = arr1(&[1.21, 1.0]);
    equilibrium.value_added = arr2(&[[121.0], [88.0]]);
    (problem, equilibrium)
}

#[test]
fn a_baseline_by_hand_has_the_shares_of_its_accounts() {
    let baseline = by_hand();
    // E_A = 70 + 20·1.5, E_B = 30·1.1 + 80.
    assert_close!(baseline, baseline.expenditure, arr2(&[[100.0], [113.0]]), ROUNDING);
    let shares = arr3(&[[[0.7, 0.3], [33.0 / 113.0, 80.0 / 113.0]]]);
    assert_close!(baseline, baseline.trade_shares, shares, ROUNDING);
    // D_A = 100 − 100 − (0.5·20 + 0.1·30); D_B = 113 − 100.
    assert_close!(baseline, baseline.deficits, arr1(&[-13.0, 13.0]), ROUNDING);
}

#[test]
fn outcomes_by_region_equal_hand_numbers() {
    let (problem, equilibrium) = written();
    let baseline = &*problem.baseline;
    let found = RegionOutcomes::of(&problem, &equilibrium);
    assert_close!(baseline, found.welfare, arr1(&[0.0, 0.25]), ROUNDING);
    assert_close!(baseline, found.real_wage, arr1(&[0.1, 0.25]), ROUNDING);
    assert_close!(baseline, found.real_gdp, arr1(&[0.1, 0.1]), ROUNDING);
    assert_close!(baseline, found.price_index, arr1(&[0.1, -0.2]), ROUNDING);
    // A's exports cost 1.2·1.21/1.1 at the border, B's 0.9.
    let ratio: f64 = 1.2 * 1.1 / 0.9;
    assert_close!(
        baseline,
        found.terms_of_trade,
        arr1(&[ratio - 1.0, 1.0 / ratio - 1.0]),
        ROUNDING
    );
    assert_close!(baseline, found.exports_base, arr1(&[30.0, 20.0]), ROUNDING);
    assert_close!(baseline, found.exports, arr1(&[24.0, 10.0]), ROUNDING);
    assert_close!(baseline, found.imports_base, arr1(&[20.0, 33.0]), ROUNDING);
    assert_close!(baseline, found.imports, arr1(&[10.0, 24.0 * 1.21]), ROUNDING);
    assert_close!(baseline, found.tariff_revenue_base, arr1(&[10.0, 0.0]), ROUNDING);
    // A sells 30 at +0.2 and buys 20 at −0.1.
    assert_close!(baseline, found.tot_effect, arr1(&[0.08, -8.0 / 113.0]), ROUNDING);
    // 0.5 · (10 − 20·0.9).
    assert_close!(baseline, found.vot_effect, arr1(&[-0.04, 0.0]), ROUNDING);
}

#[test]
fn outcomes_by_cell_equal_hand_numbers() {
    let (problem, equilibrium) = written();
    let baseline = &*problem.baseline;
    let flows = FlowOutcomes::of(&problem, &equilibrium);
    let quantity = arr3(&[[
        [75.0 / 70.0 / 1.2, 10.0 / 20.0 / 0.9 / 1.25],
        [24.0 / 30.0 / 1.2, 90.0 / 80.0 / 0.9],
    ]]);
    assert_close!(baseline, flows.quantity, quantity, ROUNDING);
    assert_close!(baseline, flows.value_base, baseline.trade_flows, ROUNDING);
    assert_close!(baseline, flows.tariff, arr3(&[[[0.0, 0.5], [0.0, 0.0]]]), ROUNDING);
    let sectors = SectorOutcomes::of(&problem, &equilibrium);
    assert_close!(baseline, sectors.price, arr2(&[[0.2], [-0.1]]), ROUNDING);
    let quantity = &equilibrium.output / &baseline.output / &equilibrium.unit_cost;
    assert_close!(baseline, sectors.quantity, quantity, ROUNDING);
}

#[test]
fn dependence_and_sums_equal_hand_numbers() {
    // Three regions; 0 sells 10 to 1 and 30 to 2, buys 5 from 1 and 15 from 2; 1 sells 20 to 2.
    let flows = arr3(&[[[99.0, 5.0, 15.0], [10.0, 99.0, 0.0], [30.0, 20.0, 99.0]]]);
    assert_eq!(dependence(&flows, 0, &[1]), [0.25, 0.25, 0.25]);
    assert_eq!(dependence(&flows, 1, &[0]), [0.2, 1.0, 15.0 / 35.0]);
    assert_eq!(dependence(&flows, 0, &[1, 2]), [1.0, 1.0, 1.0]);
    assert_eq!(flow_value(&flows, &[0, 1], &[2], &[0]), 50.0);
    assert_eq!(flow_value(&flows, &[0, 1, 2], &[0, 1, 2], &[0]), 80.0);
    assert_eq!(flow_value(&flows, &[0], &[0], &[0]), 0.0);
}

#[test]
fn profits_before_and_after_the_tax() {
    let baseline = ordinary(3, 2, 131);
    let tax = sectoral(SectorInstrument::SectorTaxRate, ("R001", "S000"), 0.25);
    let tariff = trade(On::TariffRate, ("R001", "R000", "*"), 0.5);
    let (problem, equilibrium) = outcome(&baseline, GENERAL.model(), [tax, tariff]);
    let profits = ProfitOutcomes::of(&problem, &equilibrium);
    assert_close!(baseline, profits.profit_base, &baseline.value_added * 0.4, ROUNDING);
    assert_close!(baseline, profits.profit, &equilibrium.value_added * 0.4, ROUNDING);
    let mut tax = Array2::zeros((3, 2));
    tax[[1, 0]] = 0.1 * equilibrium.value_added[[1, 0]];
    assert_close!(baseline, profits.tax, tax, ROUNDING);
}

#[test]
fn embodied_value_adds_up_to_value_added() {
    let start = ordinary(4, 3, 132);
    let (problem, equilibrium) = outcome(&start, GENERAL.model(), one_of_each());
    let rebased = equilibrium.rebase(&problem).unwrap();
    for baseline in [&*start, &rebased] {
        let embodied = embodied_value(baseline, Sourcing::Common, &[0, 1, 2, 3]);
        let by_origin = embodied.sum_axis(Axis(0)) / &baseline.value_added;
        assert_close!(baseline, by_origin, Array2::ones((4, 3)), EMBODIED);
        let some = embodied_value(baseline, Sourcing::Common, &[2]);
        assert_eq!(some.index_axis(Axis(0), 0), embodied.index_axis(Axis(0), 2));
        let together = embodied_through(baseline, Sourcing::Common, None, &[0, 2]);
        let apart = &embodied.index_axis(Axis(0), 0) + &embodied.index_axis(Axis(0), 2);
        assert_close!(baseline, together / &apart, Array2::ones((4, 3)), EMBODIED);
    }
}

/// The series of rounds against the inverse of I − A, all chains and those past one region.
#[test]
fn embodied_value_is_that_of_the_inverse() {
    let baseline = ordinary(4, 3, 136);
    let (regions, sectors) = (4, 3);
    let size = regions * sectors;
    let of_one = |n: usize, s: usize, i: usize| {
        baseline.trade_flows[[s, n, i]] / baseline.expenditure[[n, s]]
    };
    let inverse = |closed: &[usize], buyers: &[usize]| {
        let mut matrix = vec![0.0; size * size];
        let mut sold = vec![0.0; size];
        for (i, s) in (0..regions).flat_map(|i| (0..sectors).map(move |s| (i, s))) {
            let row = i * sectors + s;
            matrix[row * size + row] = 1.0;
            for n in 0..regions {
                if buyers.contains(&n) {
                    let spent = baseline.final_shares[[n, s]] * baseline.income[n];
                    sold[row] += spent * of_one(n, s, i);
                }
                for k in (0..sectors).filter(|_| i == n || !closed.contains(&n)) {
                    let inputs = 1.0 - baseline.value_added_share[[n, k]];
                    matrix[row * size + n * sectors + k] -=
                        inputs * baseline.input_mix[[n, k, s]] * of_one(n, s, i);
                }
            }
        }
        let output = Lu::new(matrix, size).unwrap().solve(&sold);
        Array2::from_shape_vec((regions, sectors), output).unwrap() * &baseline.value_added_share
    };
    let all = embodied_value(&baseline, Sourcing::Common, &[2]);
    let expected = inverse(&[], &[2]);
    assert_close!(
        &*baseline,
        &all.index_axis(Axis(0), 0) / &expected,
        Array2::ones((4, 3)),
        EMBODIED
    );
    let through = embodied_through(&baseline, Sourcing::Common, Some(&[1, 3]), &[0, 2]);
    let expected = inverse(&[], &[0, 2]) - inverse(&[1, 3], &[0, 2]);
    assert_close!(
        &*baseline,
        through / baseline.income[0],
        expected / baseline.income[0],
        EMBODIED
    );
}

/// Buyers side by side, more than one block of columns holds, are each what they are alone.
#[test]
fn embodied_value_is_the_same_whoever_is_asked_for() {
    let baseline = ordinary(19, 3, 135);
    let buyers: Vec<usize> = (0..19).collect();
    let all = embodied_value(&baseline, Sourcing::Common, &buyers);
    for n in buyers {
        let alone = embodied_value(&baseline, Sourcing::Common, &[n]);
        assert_eq!(alone.index_axis(Axis(0), 0), all.index_axis(Axis(0), n));
    }
}

#[test]
fn embodied_value_adds_up_to_final_spending_less_taxes() {
    // Without taxes: all of it.
    let baseline = without_deficits(4, 3, 133, 0.0);
    let by_buyer = |baseline: &Baseline| {
        embodied_value(baseline, Sourcing::Common, &[0, 1, 2, 3])
            .sum_axis(Axis(2))
            .sum_axis(Axis(1))
    };
    assert_close!(baseline, by_buyer(&baseline) / &baseline.income, Array1::ones(4), EMBODIED);

    // With tariffs on goods that nobody uses as inputs: all but the tariffs.
    let mut shares = Structure::of(&ordinary(4, 3, 134));
    shares.inputs.fill(0.0);
    let baseline = shares.baseline();
    let flows = &baseline.trade_flows * baseline.tariffs.as_ref().unwrap();
    let revenue = flows.sum_axis(Axis(0)).sum_axis(Axis(1));
    let expected = &baseline.income - &revenue;
    assert!(revenue.iter().all(|revenue| *revenue > 0.0));
    assert_close!(baseline, by_buyer(&baseline) / expected, Array1::ones(4), EMBODIED);

    // With tariffs on inputs too: the world as a whole still pays all taxes once.
    let baseline = ordinary(4, 3, 135);
    let flows = &baseline.trade_flows * baseline.tariffs.as_ref().unwrap();
    let absorbed = by_buyer(&baseline).sum() + flows.sum();
    assert!((absorbed / baseline.income.sum() - 1.0).abs() < EMBODIED);
}

/// The split of Caliendo and Parro holds to first order in tariffs: half the change leaves a
/// quarter of the error.
#[test]
fn terms_and_volume_of_trade_are_welfare_to_first_order() {
    let baseline = ordinary(4, 3, 136);
    for elasticities in [COBB_DOUGLAS, GENERAL] {
        let error = |change: f64| {
            let tariff = trade(On::TariffAdd, ("*", "R000,R002", "*"), change);
            let (problem, equilibrium) = outcome(&baseline, elasticities.model(), [tariff]);
            let report = RegionOutcomes::of(&problem, &equilibrium);
            let error = &report.tot_effect + &report.vot_effect - &report.welfare;
            let size = report.welfare.fold(0.0, |top: f64, welfare| top.max(welfare.abs()));
            assert!(size > 1e-3 * change, "{size:e}");
            error.fold(0.0, |top: f64, error| top.max(error.abs())) / size
        };
        let (whole, half) = (error(2e-3), error(1e-3));
        assert!(whole < 0.02, "relative error {whole}");
        assert!((whole / half - 2.0).abs() < 0.05, "{whole:e} and {half:e}");
    }
}

#[test]
fn border_prices_balance_in_the_world() {
    // Exports at the border are imports at the border, cell by cell.
    let baseline = ordinary(4, 3, 137);
    let (problem, equilibrium) = outcome(&baseline, GENERAL.model(), one_of_each());
    let report = RegionOutcomes::of(&problem, &equilibrium);
    let taxes = problem.counterfactual.export_taxes(&baseline).unwrap();
    let extra = (&*equilibrium.trade_flows * &taxes).sum();
    assert!(extra > 0.0);
    assert!(((report.exports.sum() + extra) / report.imports.sum() - 1.0).abs() < ROUNDING);
    assert!((equilibrium.export_tax_revenue.sum() / extra - 1.0).abs() < SAME_PROBLEM);
    let weighted = &report.tot_effect * &baseline.income;
    assert!(
        weighted.sum().abs() < ROUNDING * baseline.income.sum(),
        "what one gains another loses"
    );
}

/// What is not sold as an input is sold for final use, in proportion to what a region spends on both.
#[test]
fn intermediate_and_final_sales_add_up() {
    for baseline in [ordinary(4, 3, 136), without_deficits(4, 3, 137, 0.0)] {
        let (problem, equilibrium) = outcome(&baseline, GENERAL.model(), one_of_each());
        let found = IntermediateSales::of(&problem, &equilibrium);
        let part = |spending: Array2<f64>, expenditure: &Array2<f64>, flows: &Array3<f64>| {
            let share = |(s, n, i)| spending[[n, s]] / expenditure[[n, s]] * flows[[s, n, i]];
            Array3::from_shape_fn(flows.raw_dim(), share)
        };
        let income = |income: &Array1<f64>| income.clone().insert_axis(Axis(1));
        let of_final = part(
            &baseline.final_shares * income(&baseline.income),
            &baseline.expenditure,
            &baseline.trade_flows,
        );
        let sum = &found.value_base + of_final;
        assert_close!(baseline, sum, baseline.trade_flows, ROUNDING);

        let relative = &equilibrium.price / equilibrium.price_index.clone().insert_axis(Axis(1));
        let tastes = relative.mapv(|price| price.powf(1.0 - problem.elasticities.final_demand))
            * &problem.counterfactual.final_shares;
        let of_final = part(
            tastes * income(&equilibrium.income),
            &equilibrium.expenditure,
            &equilibrium.trade_flows,
        );
        let sum = &found.value + of_final;
        assert_close!(baseline, sum, equilibrium.trade_flows, SAME_PROBLEM);
    }
}
