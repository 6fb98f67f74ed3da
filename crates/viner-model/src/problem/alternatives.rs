//! Nests of alternatives: routes or currencies by which one and the same trade can take place.

use crate::scenario::{Currencies, Routes};

/// What the alternatives of a nest are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NestKind {
    /// Ways to the buyer: the direct one, and one through every hub.
    Routes,
    /// Currencies of payment.
    Currencies,
}

/// Alternatives between which a buyer divides the trade of a cell, with elasticity ϑ:
/// `κ̂ = (Σ_r ρ_r κ̂_r^{−ϑ})^{−1/ϑ}` and `ρ'_r = ρ_r (κ̂_r/κ̂)^{−ϑ}`.
#[derive(Clone, Debug, PartialEq)]
pub struct Nest {
    /// The policy that it is of, by position.
    pub policy: usize,
    /// What the branches are.
    pub kind: NestKind,
    /// ϑ, above 0.
    pub elasticity: f64,
    /// The alternatives; their baseline shares sum to 1.
    pub branches: Vec<Branch>,
}

/// One alternative.
#[derive(Clone, Debug, PartialEq)]
pub struct Branch {
    /// `direct`, the code of a hub, or the code of a currency.
    pub name: String,
    /// ρ: share in the baseline.
    pub share: f64,
    /// Part of it that is open: 0 where it is banned.
    pub open: f64,
    /// Factor on its cost that melts.
    pub cost: f64,
    /// What `hub` adds to its cost and earns.
    pub margin: f64,
    /// The region that earns the margin.
    pub hub: Option<usize>,
}

impl Branch {
    /// `ln κ̂_r`.
    fn log_cost(&self) -> f64 {
        self.cost.ln() + self.margin.ln_1p()
    }

    fn is_open(&self) -> bool {
        self.share * self.open > 0.0
    }
}

/// What the nests of a cell do to it, all together. A cell of which a part only is in a nest is two
/// varieties of the good: that part, and the rest.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Blend {
    /// `Π ln[(1−f) + f κ̂^{−θ}]`: logarithm of the factor on the cell's weight in the price index.
    pub log_weight: f64,
    /// Composite quantity that arrives per unit of spending at the exporter's price, over 1.
    pub arrival: f64,
    /// Part of the spending that reaches the exporter, the rest being margins of hubs.
    pub producer: f64,
}

impl Blend {
    /// No nest.
    pub const NONE: Self = Self { log_weight: 0.0, arrival: 1.0, producer: 1.0 };
}

impl Nest {
    /// Routes round a control of trade; `hubs` are the regions of the routes, in their order.
    pub(super) fn of_routes(policy: usize, routes: &Routes, hubs: &[usize]) -> Self {
        let through_hubs: f64 = routes.hubs.iter().map(|hub| hub.share).sum();
        let direct = Branch {
            name: "direct".into(),
            share: 1.0 - through_hubs,
            open: 0.0,
            cost: 1.0,
            margin: 0.0,
            hub: None,
        };
        let branches = routes.hubs.iter().zip(hubs).map(|(hub, &region)| Branch {
            name: hub.region.clone(),
            share: hub.share,
            open: 1.0,
            cost: 1.0 + hub.enforcement,
            margin: hub.margin,
            hub: Some(region),
        });
        Self {
            policy,
            kind: NestKind::Routes,
            elasticity: routes.elasticity,
            branches: std::iter::once(direct).chain(branches).collect(),
        }
    }

    /// Currencies of payment.
    pub(super) fn of_currencies(policy: usize, currencies: &Currencies) -> Self {
        let branches = currencies.currencies.iter().map(|currency| Branch {
            name: currency.code.clone(),
            share: currency.share,
            open: 1.0,
            cost: 1.0 + currency.change,
            margin: 0.0,
            hub: None,
        });
        Self {
            policy,
            kind: NestKind::Currencies,
            elasticity: currencies.elasticity,
            branches: branches.collect(),
        }
    }

    /// Whether no alternative is left.
    pub fn closed(&self) -> bool {
        !self.branches.iter().any(Branch::is_open)
    }

    /// `ln κ̂` of the cheapest open branch, and `ρ_r (κ̂_r/κ̂_cheapest)^{−ϑ}` by branch: relative to the
    /// cheapest, no power leaves the range of numbers.
    fn terms(&self) -> (f64, Vec<f64>) {
        let open = self.branches.iter().filter(|branch| branch.is_open());
        let cheapest = open.map(Branch::log_cost).fold(f64::INFINITY, f64::min);
        let term = |branch: &Branch| {
            if !branch.is_open() {
                return 0.0;
            }
            let relative = -self.elasticity * (branch.log_cost() - cheapest);
            branch.share * branch.open * relative.exp()
        };
        (cheapest, self.branches.iter().map(term).collect())
    }

    /// `ln κ̂`; infinite if no alternative is left.
    pub fn log_cost(&self) -> f64 {
        let (cheapest, terms) = self.terms();
        if cheapest == f64::INFINITY {
            return cheapest;
        }
        cheapest - terms.iter().sum::<f64>().ln() / self.elasticity
    }

    /// `ρ'` by branch; all 0 if no alternative is left.
    pub fn shares(&self) -> Vec<f64> {
        let (_, mut terms) = self.terms();
        let sum: f64 = terms.iter().sum();
        if sum > 0.0 {
            for term in &mut terms {
                *term /= sum;
            }
        }
        terms
    }

    /// `Σ_r ρ'_r/(1+margin_r)`: part of the spending on the nest that reaches the exporter.
    pub fn producer_part(&self) -> f64 {
        let shares = self.shares();
        self.branches.iter().zip(shares).map(|(branch, share)| share / (1.0 + branch.margin)).sum()
    }

    /// Part of the nest in the spending on a cell of which it is the part `f` in the baseline:
    /// `f κ̂^{−θ} / [(1−f) + f κ̂^{−θ}]`.
    pub fn part_of_spending(&self, f: f64, trade_elasticity: f64) -> f64 {
        if f == 1.0 {
            return 1.0;
        }
        let inside = f * (-trade_elasticity * self.log_cost()).exp();
        inside / (1.0 - f + inside)
    }

    /// What the nest does to a cell of which it is the part `f`.
    pub fn blend(&self, f: f64, trade_elasticity: f64) -> Blend {
        let log_cost = self.log_cost();
        let inside = self.part_of_spending(f, trade_elasticity);
        let log_weight = if f == 1.0 {
            -trade_elasticity * log_cost
        } else {
            (1.0 - f + f * (-trade_elasticity * log_cost).exp()).ln()
        };
        Blend {
            log_weight,
            arrival: 1.0 - inside + inside * (-log_cost).exp(),
            producer: 1.0 - inside + inside * self.producer_part(),
        }
    }

    /// The part `t` of every change.
    #[must_use]
    pub(super) fn part_way(&self, t: f64) -> Self {
        let branches = self.branches.iter().map(|branch| Branch {
            open: 1.0 - t * (1.0 - branch.open),
            cost: branch.cost.powf(t),
            margin: (t * branch.margin.ln_1p()).exp_m1(),
            ..branch.clone()
        });
        Self { branches: branches.collect(), ..self.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nest(elasticity: f64, branches: &[(f64, f64, f64, f64)]) -> Nest {
        let branches = branches.iter().map(|&(share, open, cost, margin)| Branch {
            name: String::new(),
            share,
            open,
            cost,
            margin,
            hub: None,
        });
        Nest { policy: 0, kind: NestKind::Routes, elasticity, branches: branches.collect() }
    }

    #[test]
    fn cost_and_shares_are_those_of_the_formula() {
        let nest = nest(3.0, &[(0.7, 1.0, 1.2, 0.0), (0.3, 1.0, 1.0, 0.1)]);
        let sum: f64 = 0.7 * 1.2_f64.powi(-3) + 0.3 * 1.1_f64.powi(-3);
        let cost = sum.powf(-1.0 / 3.0);
        assert!((nest.log_cost() - cost.ln()).abs() < 1e-15);
        let shares = nest.shares();
        assert!((shares[0] - 0.7 * (1.2 / cost).powi(-3)).abs() < 1e-15);
        assert!((shares.iter().sum::<f64>() - 1.0).abs() < 1e-15);
    }

    #[test]
    fn a_ban_leaves_the_hubs() {
        let nest = nest(4.0, &[(0.95, 0.0, 1.0, 0.0), (0.05, 1.0, 1.0, 0.25)]);
        assert!((nest.log_cost() - (1.25 * 0.05_f64.powf(-0.25)).ln()).abs() < 1e-15);
        assert_eq!(nest.shares(), [0.0, 1.0]);
        assert!((nest.producer_part() - 0.8).abs() < 1e-15);
    }

    #[test]
    fn without_open_branches_a_nest_is_closed() {
        let nest = nest(4.0, &[(1.0, 0.0, 1.0, 0.0), (0.0, 1.0, 1.0, 0.0)]);
        assert!(nest.closed());
        assert_eq!(nest.blend(1.0, 3.0).log_weight, f64::NEG_INFINITY);
        let half = nest.blend(0.5, 3.0);
        assert_eq!((half.log_weight, half.arrival, half.producer), (0.5_f64.ln(), 1.0, 1.0));
    }
}
