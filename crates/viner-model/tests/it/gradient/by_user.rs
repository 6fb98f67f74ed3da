//! Derivatives where users have trade shares of their own.

use super::{Point, all_policies};
use crate::by_user::{UNLIKE, by_user, tables};
use crate::economies::baseline;
use crate::policies::{COBB_DOUGLAS, GENERAL, Uniform, one_of_each, outcome};
use viner_model::scenario::{Deficits, Labour, Model};

#[test]
fn derivatives_by_user_are_those_of_the_equilibrium() {
    let cases = [
        ([0.3, 0.2, 0.5, 0.6, 0.7, 0.4, 0.3, 0.6], Labour::Mobile, Deficits::Fixed),
        ([0.6, 0.4, 0.9, 0.4, 0.5, 0.6, 0.6, 0.9], Labour::FixedRealWage, Deficits::IncomeShare),
    ];
    for (seed, (sizes, labour, deficits)) in (51..).zip(cases) {
        let model = Model { labour, deficits, ..by_user(GENERAL.model()) };
        let unlike = baseline(&tables(4, 3, seed, UNLIKE));
        let (problem, equilibrium) = outcome(&unlike, model, all_policies(sizes));
        let point = Point::new(problem, equilibrium);
        point.check_all();
    }
}

#[test]
fn derivatives_by_user_hold_at_cobb_douglas() {
    let elasticities = Uniform { theta: 3.0, phi: 0.3, ..COBB_DOUGLAS };
    let unlike = baseline(&tables(4, 3, 53, UNLIKE));
    let (problem, equilibrium) = outcome(&unlike, by_user(elasticities.model()), one_of_each());
    let point = Point::new(problem, equilibrium);
    point.check_elasticities();
    point.check_sectors();
    point.check_instruments();
    point.check_shares();
}
