//! Trade flows one by one, by row and all at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use viner_model::economies::Recipe;
use viner_model::equations::weights::Weights;
use viner_model::equilibrium::{Batch, Draws, Equilibrium, Method, Unsolved};
use viner_model::problem::Problem;
use viner_model::scenario::{BilateralInstrument as On, QuotaScope};

use crate::by_user;
use crate::economies::{generated, ordinary};
use crate::policies::{GENERAL, one_of_each, outcome, problem, trade};
use crate::tolerances::{ROUNDING, SAME_ANSWER, TIGHT};

/// Flows asked for one by one, then by row, then all at once, of solutions that hold none yet.
fn assert_alike(problem: &Problem, found: &Equilibrium) {
    let regions = problem.baseline.region_count();
    let (alone, rows) = (found.trade_flows.clone(), found.trade_flows.clone());
    let all = &found.trade_flows;
    let mut row = vec![f64::NAN; regions];
    for s in 0..problem.baseline.sector_count() {
        for n in 0..regions {
            rows.row(s, n, &mut row);
            let sold: Vec<f64> = (0..regions).map(|i| alone.cell(s, n, i)).collect();
            for i in 0..regions {
                let flow = all[[s, n, i]];
                assert_eq!(row[i], flow, "{s} {n} {i}");
                assert!((sold[i] - flow).abs() <= ROUNDING * flow, "{s} {n} {i}: {}", sold[i]);
            }
        }
    }
    // A change of one is a change of what is asked for from then on.
    let mut changed = found.trade_flows.clone();
    changed[[0, 1, 0]] = 7.0;
    changed.row(0, 1, &mut row);
    assert_eq!((row[0], changed.cell(0, 1, 0)), (7.0, 7.0));
    assert_eq!(changed == found.trade_flows, all[[0, 1, 0]] == 7.0);
}

#[test]
fn flows_are_the_same_however_they_are_asked_for() {
    let baseline = generated(Recipe::new(5, 3, 71));
    let quota = On::Quota { rent_to_exporter: 0.5, scope: QuotaScope::Cell };
    let mut policies = one_of_each();
    policies.push(trade(quota, ("R003", "R004", "S001"), 0.6));
    // Powers leave the range of floating-point numbers here.
    let dear = trade(On::TradeCostChange, ("R003", "R001", "*"), 1e90);
    for policies in [policies, vec![dear], Vec::new()] {
        let (problem, found) = outcome(&baseline, GENERAL.model(), policies);
        assert_alike(&problem, &found);
    }
    let unlike = crate::economies::baseline(&by_user::tables(4, 3, 33, by_user::UNLIKE));
    let (problem, found) =
        by_user::solved(&unlike, &by_user::by_user(GENERAL.model()), &one_of_each());
    assert_alike(&problem, &found);
}

/// Draws of θ, each looked at before the next takes its place.
struct Looked<'a> {
    template: &'a Problem,
    count: AtomicUsize,
}

impl Draws for Looked<'_> {
    type Error = ();

    fn problem(&self, index: usize, _: Option<Problem>) -> Result<Problem, ()> {
        let mut problem = self.template.clone();
        problem.elasticities.trade.fill(3.0 + 0.2 * index as f64);
        Ok(problem)
    }

    fn start(&self, _: usize) -> Option<Vec<f64>> {
        None
    }

    fn solved(&self, index: usize, result: Result<(&Problem, &Equilibrium), Unsolved<()>>) {
        let (problem, found) = result.unwrap_or_else(|unsolved| panic!("{index}: {unsolved:?}"));
        assert_eq!(found.statistics.method, Method::Anderson);
        assert!(found.split_trade.is_empty());
        assert_alike(problem, found);
        for ((i, s), made) in found.output.indexed_iter() {
            let sold = found.trade_flows.slice(ndarray::s![s, .., i]).sum();
            assert!((sold - made).abs() <= SAME_ANSWER * made, "{index} {s} {i}: {sold} {made}");
        }
        self.count.fetch_add(1, Ordering::Relaxed);
    }
}

#[test]
fn flows_of_draws_are_the_same_however_they_are_asked_for() {
    for baseline in [generated(Recipe::new(5, 3, 71)), ordinary(5, 3, 71)] {
        for policies in [one_of_each(), Vec::new()] {
            let template = problem(&baseline, GENERAL.model(), policies);
            let batch = Batch::new(&template, TIGHT);
            assert!(batch.takes(&template));
            let draws = Looked { template: &template, count: AtomicUsize::new(0) };
            let positions: Vec<usize> = (0..20).collect();
            batch.solve(&positions, &draws);
            assert_eq!(draws.count.into_inner(), positions.len());
        }
    }
}

#[test]
fn weights_are_copied_where_they_are_touched_and_nowhere_else() {
    let shares = Arc::new(vec![0.1, 0.9, 0.2, 0.8, 0.3, 0.7]);
    let mut weights = Weights::new(shares.clone(), 2);
    weights.take([1].into_iter());
    weights.own_row(1)[0] = 5.0;
    assert_eq!(weights.row(0).as_ptr(), shares.as_ptr());
    assert_eq!(weights.row(1), [5.0, 0.8]);
    assert_eq!(weights.row(2), [0.3, 0.7]);
    assert!(weights.own_row(2).is_empty());
    assert_eq!(shares[2], 0.2);
}
