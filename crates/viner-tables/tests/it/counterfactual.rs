//! A table out of balance and the equilibrium on its shares.

use proptest::prelude::*;
use viner_model::equilibrium::Settings;
use viner_tables::counterfactual::solve_away;

use crate::support::{any_recipe, assert_same, worst_identity};

/// The certificate of an equilibrium is relative to each equation; world output is larger.
const CERTIFIED: f64 = 1e-9;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20))]

    #[test]
    fn a_table_in_balance_is_its_own_equilibrium(recipe in any_recipe()) {
        let tables = recipe.tables();
        let (result, report) = solve_away(&tables, None, Settings::default()).unwrap();
        assert_same(&tables, &result, 1e-7);
        prop_assert!(report.after.worst().relative < CERTIFIED);
    }

    /// Sectors that made a tenth more than they sold, and put it into stock: without it the world makes
    /// what it sells, out of the same value added.
    #[test]
    fn stocks_are_solved_away(recipe in any_recipe(), sector in 0..2_usize) {
        let mut tables = recipe.tables();
        let made = 0.1 * tables.flows.slice(ndarray::s![sector, .., 0]).sum();
        tables.value_added[[0, sector]] += made;
        prop_assume!(worst_identity(&tables) > 1e-6);
        let (result, report) = solve_away(&tables, Some(5.0), Settings::default()).unwrap();
        prop_assert!(worst_identity(&result) < CERTIFIED);
        prop_assert!(report.before.worst().relative > 1e-6);
        let (before, after) = (tables.value_added.sum(), result.value_added.sum());
        prop_assert!((after / before - 1.0).abs() < CERTIFIED, "{} {}", before, after);
        prop_assert_eq!(
            result.description.transformations.last().map(|step| step.step.as_str()),
            Some("balance")
        );
    }
}
