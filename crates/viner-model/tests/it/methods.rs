//! Different methods find the same equilibrium.

use std::sync::Arc;

use viner_model::baseline::Baseline;
use viner_model::equilibrium::{Failure, Method, Settings, solve_with};
use viner_model::scenario::{Deficits, Labour, Model};

use crate::close::assert_same_hats;
use crate::economies::{generated, ordinary};
use crate::policies::{COBB_DOUGLAS, GENERAL, Uniform, one_of_each, problem, solved};
use crate::tolerances::{SAME_ANSWER, TIGHT};

const OTHERS: [Method; 3] = [Method::DampedAnderson, Method::NewtonKrylov, Method::Homotopy];

fn assert_methods_agree(baseline: &Arc<Baseline>, model: Model) {
    let problem = problem(baseline, model, one_of_each());
    let anderson = solved(&problem);
    assert_eq!(anderson.statistics.method, Method::Anderson);
    for method in OTHERS {
        let other = solve_with(&problem, method, TIGHT)
            .unwrap_or_else(|failure| panic!("{method:?}: {failure}"));
        assert_eq!(other.statistics.method, method);
        assert_same_hats((&problem, &other), (&problem, &anderson), SAME_ANSWER);
    }
}

#[test]
fn acceleration_newton_and_homotopy_agree() {
    let baseline = ordinary(4, 3, 101);
    for elasticities in [
        COBB_DOUGLAS,
        GENERAL,
        Uniform { theta: 0.8, sigma: 0.1, epsilon: 0.1, eta: 0.5, phi: 0.9 },
        Uniform { theta: 25.0, sigma: 2.0, epsilon: 3.0, eta: 2.0, phi: 0.2 },
    ] {
        assert_methods_agree(&baseline, elasticities.model());
    }
}

#[test]
fn they_agree_under_every_closure() {
    let baseline = ordinary(4, 3, 102);
    for labour in [Labour::FixedNominalWage, Labour::FixedRealWage] {
        let model = Model { deficits: Deficits::IncomeShare, ..GENERAL.with(labour) };
        assert_methods_agree(&baseline, model);
    }
}

#[test]
fn they_agree_on_a_larger_economy() {
    let recipe = viner_model::economies::Recipe::new(15, 8, 103);
    assert_methods_agree(&generated(recipe), GENERAL.model());
}

#[test]
fn a_method_that_may_not_evaluate_says_so() {
    let problem = problem(&ordinary(3, 2, 104), GENERAL.model(), one_of_each());
    for method in [Method::Anderson, Method::DampedAnderson, Method::NewtonKrylov, Method::Homotopy]
    {
        let settings = Settings { max_evaluations: 3, ..TIGHT };
        let failure = solve_with(&problem, method, settings).unwrap_err();
        assert!(matches!(failure, Failure::NotSolved { .. }), "{method:?}: {failure:?}");
    }
}
