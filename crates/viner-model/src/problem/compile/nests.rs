//! Routes round export controls, and currencies of payment.

use std::collections::BTreeMap;

use super::{Compiler, SHARES_TOLERANCE, place};
use crate::problem::counterfactual::TradeCell;
use crate::problem::{Nest, ScenarioError};
use crate::scenario::{Currencies, Routes};

const SHARE: &str = "a share between 0 and 1";
const ABOVE_ZERO: &str = "a finite number above 0";
const NOT_NEGATIVE: &str = "a finite number, at least 0";

impl Compiler<'_> {
    pub(super) fn routes(
        &mut self,
        index: usize,
        routes: &Routes,
        cells: &BTreeMap<TradeCell, f64>,
    ) {
        let elasticity = routes.elasticity;
        self.check(index, "route_elasticity", elasticity, elasticity > 0.0, ABOVE_ZERO);
        let mut regions: Vec<usize> = Vec::new();
        for hub in &routes.hubs {
            let at = place(index, "hubs", None);
            self.check(index, "hub_share", hub.share, (0.0..=1.0).contains(&hub.share), SHARE);
            self.check(index, "enforcement", hub.enforcement, hub.enforcement >= 0.0, NOT_NEGATIVE);
            self.check(index, "hub_margin", hub.margin, hub.margin >= 0.0, NOT_NEGATIVE);
            let Some(region) = self.region(&hub.region, &at) else { continue };
            let role = if regions.contains(&region) {
                Some("named twice")
            } else if cells.keys().any(|&(_, _, i)| i == region) {
                Some("an exporter of the policy")
            } else if cells.keys().any(|&(_, n, _)| n == region) {
                Some("an importer of the policy")
            } else {
                None
            };
            if let Some(role) = role {
                let hub = hub.region.clone();
                self.errors.push(ScenarioError::HubOutOfPlace { place: at, hub, role });
            }
            regions.push(region);
        }
        let through_hubs: f64 = routes.hubs.iter().map(|hub| hub.share).sum();
        if through_hubs >= 1.0 {
            self.errors.push(ScenarioError::SharesSum {
                place: place(index, "hub_share", None),
                found: through_hubs,
                expected: "shares of hubs that sum to less than 1",
            });
        }
        if regions.len() == routes.hubs.len() {
            self.lay_nest(Nest::of_routes(index, routes, &regions), cells);
        }
    }

    pub(super) fn currencies(
        &mut self,
        index: usize,
        currencies: &Currencies,
        cells: &BTreeMap<TradeCell, f64>,
    ) {
        let elasticity = currencies.elasticity;
        self.check(index, "currency_elasticity", elasticity, elasticity > 0.0, ABOVE_ZERO);
        for currency in &currencies.currencies {
            let key = |key: &str| format!("currencies.{}.{key}", currency.code);
            let share = currency.share;
            self.check(index, &key("share"), share, (0.0..=1.0).contains(&share), SHARE);
            let change = currency.change;
            let expected = "a finite change above -1 (-100 %)";
            self.check(index, &key("change"), change, change > -1.0, expected);
        }
        let sum: f64 = currencies.currencies.iter().map(|currency| currency.share).sum();
        if (sum - 1.0).abs() > SHARES_TOLERANCE {
            self.errors.push(ScenarioError::SharesSum {
                place: place(index, "currencies", None),
                found: sum,
                expected: "shares of currencies that sum to 1",
            });
        }
        self.lay_nest(Nest::of_currencies(index, currencies), cells);
    }

    fn lay_nest(&mut self, nest: Nest, cells: &BTreeMap<TradeCell, f64>) {
        let position = self.counterfactual.nests.len();
        self.counterfactual.nests.push(nest);
        for (&cell, &part) in cells.iter().filter(|(_, part)| **part > 0.0) {
            self.change(cell).nests.push((position, part));
        }
    }
}
