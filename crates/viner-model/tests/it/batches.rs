//! Batches give what single solves give, whatever stands beside a problem.

use std::collections::BTreeMap;
use std::sync::Mutex;

use proptest::prelude::*;
use viner_model::baseline::Baseline;
use viner_model::equilibrium::{
    Batch, Draws, Equilibrium, Failure, Method, Unsolved, solve, solve_from,
};
use viner_model::problem::Problem;
use viner_model::scenario::{BilateralInstrument as On, Deficits, Labour, Model, Policy, Values};
use viner_model::scenario::{QuotaScope, SectorInstrument};

use crate::economies::{any_recipe, generated, ordinary};
use crate::identities::LABOUR;
use crate::policies::{GENERAL, Uniform, one_of_each, problem, sectoral, trade};
use crate::tolerances::{SAME_ANSWER, TIGHT};

type Found = Result<Equilibrium, Failure>;

/// Problems, and what became of each.
struct Family {
    problems: Vec<Problem>,
    found: Mutex<BTreeMap<usize, Found>>,
}

impl Draws for Family {
    type Error = ();

    fn problem(&self, index: usize, _: Option<Problem>) -> Result<Problem, ()> {
        Ok(self.problems[index].clone())
    }

    fn start(&self, _: usize) -> Option<Vec<f64>> {
        None
    }

    fn solved(&self, index: usize, result: Result<(&Problem, &Equilibrium), Unsolved<()>>) {
        let found = match result {
            Ok((_, equilibrium)) => Ok(equilibrium.clone()),
            Err(Unsolved::Solve(failure)) => Err(failure),
            Err(Unsolved::Problem(())) => panic!("every problem is there"),
        };
        assert!(self.found.lock().unwrap().insert(index, found).is_none(), "{index} comes twice");
    }
}

/// Solves problems like `template`, that differ in `coordinates`, on so many threads.
fn near(
    template: &Problem,
    problems: &[Problem],
    coordinates: &[Vec<f64>],
    asked: &[usize],
    threads: usize,
) -> Vec<Found> {
    let family = Family { problems: problems.to_vec(), found: Mutex::default() };
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
    let batch = Batch::new(template, TIGHT);
    pool.install(|| batch.solve_near(asked, coordinates, &family));
    family.found.into_inner().unwrap().into_values().collect()
}

/// Solves problems like `template`, in the order given, on so many threads.
fn batch(template: &Problem, problems: &[Problem], order: &[usize], threads: usize) -> Vec<Found> {
    let family = Family { problems: problems.to_vec(), found: Mutex::default() };
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
    pool.install(|| Batch::new(template, TIGHT).solve(order, &family));
    family.found.into_inner().unwrap().into_values().collect()
}

fn in_order(problems: &[Problem]) -> Vec<usize> {
    (0..problems.len()).collect()
}

/// Every number that is reported, with its name.
fn numbers(found: &Equilibrium) -> Vec<(&'static str, Vec<f64>)> {
    let cells = |array: &ndarray::Array2<f64>| array.iter().copied().collect();
    vec![
        ("wage", found.wage.to_vec()),
        ("employment", found.employment.to_vec()),
        ("price index", found.price_index.to_vec()),
        ("income", found.income.to_vec()),
        ("tariffs", found.tariff_revenue.to_vec()),
        ("export taxes", found.export_tax_revenue.to_vec()),
        ("rents", found.rents.to_vec()),
        ("transfers", found.transfers.to_vec()),
        ("deficits", found.deficits.to_vec()),
        ("unit cost", cells(&found.unit_cost)),
        ("price", cells(&found.price)),
        ("value added", cells(&found.value_added)),
        ("output", cells(&found.output)),
        ("expenditure", cells(&found.expenditure)),
        ("trade flows", found.trade_flows.iter().copied().collect()),
    ]
}

/// Relative to the number itself, or to a millionth of the largest of its kind; what is left of a
/// region's income, relative to that.
fn assert_same(batch: &Equilibrium, single: &Equilibrium) {
    let income = single.income.to_vec();
    for ((name, batch), (_, single)) in numbers(batch).into_iter().zip(numbers(single)) {
        let largest = single.iter().fold(0.0_f64, |most, value| most.max(value.abs()));
        let rest = ["deficits", "transfers", "rents"].contains(&name);
        for (index, (batch, single)) in batch.iter().zip(&single).enumerate() {
            let size = if rest { income[index] } else { single.abs().max(1e-6 * largest) };
            assert!(
                batch == single || (batch - single).abs() <= SAME_ANSWER * size,
                "{name} {index}: {batch} and {single}"
            );
        }
    }
}

/// By sector: the number and one more, so that users differ.
fn spread(value: f64, by_sector: bool) -> Values {
    let mut values = Values::uniform(value);
    if by_sector {
        values.entries.insert("S000".into(), value + 0.25);
    }
    values
}

fn model(base: Uniform, by_sector: bool, (labour, deficits): (Labour, Deficits)) -> Model {
    Model {
        trade_elasticity: spread(base.theta, by_sector),
        production_elasticity: spread(base.sigma, by_sector),
        input_elasticity: spread(base.epsilon, by_sector),
        specific_factor_share: spread(base.phi, by_sector),
        labour,
        deficits,
        ..base.model()
    }
}

/// Policies on the first two regions, of any size.
fn policies(size: f64) -> Vec<Policy> {
    vec![
        trade(On::TariffAdd, ("R000", "R001", "*"), size),
        trade(On::ExportTaxRate, ("R001", "R000", "*"), 0.5 * size),
        trade(On::TradeCostChange, ("*", "R000", "S000"), 2.0 * size),
        trade(On::EmbargoShare, ("R001", "R000", "S000"), 0.9),
        sectoral(SectorInstrument::ProductivityChange, ("R001", "S000"), -0.5 * size),
    ]
}

/// Whether every region is more than rounding: zero flows may empty one, and what is relative to its income
/// then says nothing.
fn all_regions_are_there(baseline: &Baseline) -> bool {
    let world = baseline.income.sum();
    baseline.income.iter().all(|income| *income > 1e-9 * world)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]
    #[test]
    fn a_batch_equals_single_solves(
        recipe in any_recipe(),
        draws in proptest::collection::vec((1.5..9.0_f64, 0.2..1.8_f64, 0.1..1.7_f64, 0.05..0.7_f64, 0.0..0.4_f64), 3..14),
        (by_sector, cobb_douglas, eta) in (any::<bool>(), any::<bool>(), 0.4..2.0_f64),
        labour in proptest::sample::select(LABOUR.to_vec()),
        income_share in any::<bool>(),
    ) {
        let baseline = generated(recipe);
        prop_assume!(all_regions_are_there(&baseline));
        let deficits = if income_share { Deficits::IncomeShare } else { Deficits::Fixed };
        let problems: Vec<Problem> = draws
            .iter()
            .enumerate()
            .map(|(index, &(theta, sigma, epsilon, phi, size))| {
                // Columns at and off Cobb-Douglas side by side.
                let plain = cobb_douglas && index % 3 == 0;
                let [sigma, epsilon, eta] = if plain { [1.0; 3] } else { [sigma, epsilon, eta] };
                let base = Uniform { theta, sigma, epsilon, eta, phi };
                problem(&baseline, model(base, by_sector, (labour, deficits)), policies(size))
            })
            .collect();
        let order = in_order(&problems);
        let batched = batch(&problems[1], &problems, &order, 2);
        for (problem, batched) in problems.iter().zip(batched) {
            match (batched, solve(problem, TIGHT)) {
                (Ok(batched), Ok(single)) => {
                    prop_assert!(batched.certificate.worst().relative <= 1e-10);
                    // Employment that is not given may settle at more than one level: then from there.
                    let single = if labour == Labour::Mobile {
                        single
                    } else {
                        solve_from(problem, Some(&batched.unknowns), TIGHT).unwrap()
                    };
                    assert_same(&batched, &single);
                }
                (Err(batched), Err(single)) => prop_assert_eq!(batched, single),
                (batched, single) => panic!("{batched:?} and {single:?}"),
            }
        }
    }
}

/// Draws around [`GENERAL`], the template among them, with every kind of plain policy.
fn family(count: usize) -> Vec<Problem> {
    let baseline = ordinary(5, 4, 17);
    let template = problem(&baseline, GENERAL.model(), one_of_each());
    (0..count)
        .map(|index| {
            let mut problem = template.clone();
            let part = index as f64 / count as f64;
            problem.elasticities.trade.fill(2.0 + 6.0 * part);
            problem.elasticities.production.fill(0.4 + 1.1 * part);
            problem
        })
        .collect()
}

#[test]
fn a_few_draws_tell_where_the_others_are() {
    let problems = family(60);
    let order = in_order(&problems);
    let coordinates: Vec<Vec<f64>> =
        problems.iter().map(|problem| vec![problem.elasticities.trade[0]]).collect();
    let (plain, expected) = (
        batch(&problems[0], &problems, &order, 1),
        near(&problems[0], &problems, &coordinates, &order, 1),
    );
    let mut evaluations = [0, 0];
    for (plain, near) in plain.iter().zip(&expected) {
        let (plain, near) = (plain.as_ref().unwrap(), near.as_ref().unwrap());
        assert_same(near, plain);
        evaluations[0] += plain.statistics.evaluations;
        evaluations[1] += near.statistics.evaluations;
    }
    assert!(5 * evaluations[1] < 4 * evaluations[0], "{evaluations:?}");
    // Some of them alone, as after a restart, or on more threads: the same bits.
    assert_eq!(near(&problems[0], &problems, &coordinates, &order, 3), expected);
    for asked in [&[0][..], &[3, 37, 38, 59], &order[20..40]] {
        let some: Vec<Found> = asked.iter().map(|&index| expected[index].clone()).collect();
        assert_eq!(near(&problems[0], &problems, &coordinates, asked, 2), some);
    }
    assert!(near(&problems[0], &problems, &coordinates, &[], 2).is_empty());
}

#[test]
fn neighbours_order_and_threads_change_no_bit() {
    let problems = family(37);
    let order = in_order(&problems);
    let expected = batch(&problems[0], &problems, &order, 1);
    assert!(expected.iter().all(|found| {
        found.as_ref().is_ok_and(|found| found.statistics.method == Method::Anderson)
    }));
    let backwards: Vec<usize> = order.iter().rev().copied().collect();
    for threads in [1, 2, 3] {
        assert_eq!(batch(&problems[0], &problems, &backwards, threads), expected);
    }
    for index in [0, 11, 36] {
        let alone = batch(&problems[0], &problems, &[index], 1);
        assert_eq!(alone[0], expected[index]);
    }
}

#[test]
fn what_is_no_column_is_solved_by_itself() {
    let baseline = ordinary(4, 3, 5);
    let quota = On::Quota { rent_to_exporter: 0.5, scope: QuotaScope::Total };
    let limited = |size| vec![trade(quota.clone(), ("R000", "R001", "*"), size)];
    // A template with limits, elasticities next to 1, cells that the template does not touch.
    let quotas: Vec<Problem> =
        [0.6, 0.8].map(|size| problem(&baseline, GENERAL.model(), limited(size))).into();
    let near = Uniform { sigma: 1.0 + 1e-6, ..GENERAL };
    let others = [
        problem(&baseline, GENERAL.model(), policies(0.1)),
        problem(&baseline, near.model(), policies(0.1)),
        problem(&baseline, GENERAL.model(), one_of_each()),
        problem(&baseline, GENERAL.model(), limited(0.7)),
        problem(&ordinary(4, 3, 6), GENERAL.model(), policies(0.1)),
    ];
    for problems in [&quotas[..], &others] {
        let order = in_order(problems);
        for (problem, found) in problems.iter().zip(batch(&problems[0], problems, &order, 2)) {
            assert_same(&found.unwrap(), &solve(problem, TIGHT).unwrap());
        }
    }
}

#[test]
fn a_problem_without_equilibrium_keeps_its_reason() {
    let baseline = ordinary(4, 3, 5);
    let stopped = |places| {
        let embargo = crate::policies::trade_and_domestic(On::EmbargoShare, places, 1.0);
        problem(&baseline, GENERAL.model(), [embargo])
    };
    let fine = stopped(("R000", "R001", "S000"));
    let infeasible = stopped(("*", "R001", "S000"));
    let problems = [fine, infeasible];
    for template in &problems {
        let found = batch(template, &problems, &[0, 1], 2);
        assert!(found[0].is_ok());
        let reason = solve(&problems[1], TIGHT).unwrap_err();
        assert!(matches!(reason, Failure::Infeasible(_)));
        assert_eq!(found[1], Err(reason));
    }
}
