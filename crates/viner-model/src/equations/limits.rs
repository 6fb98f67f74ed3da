//! Complementarity as a fixed point: one unknown per wedge moves along a track on which exactly one
//! of its conditions is open at a time.
//!
//! The unknown y of a quota is its slack where y < 0, and `ln m` where y > 0:
//! `ln m = max(0, y)` and `ln(q/q̄) = min(0, y)`. The normal map `y + step·[ln(q/q̄) − min(0, y)]`
//! has no flat part, and one kink. The track of a price cap runs through all its regimes in the same
//! way; see [`CapTrack`].

use viner_numerics::Real;

use crate::problem::{FeeOwner, PriceCap};

/// The numbers of a policy that a limit is made of; those that its kind does not have are 0.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Terms<T> {
    /// `ln q̄` or `ln p̄`.
    pub log_limit: T,
    /// λ: part of the rent of a quota that the exporter keeps.
    pub rent_to_exporter: T,
    /// K: what outside shipping can carry under a price cap.
    pub capacity: T,
    /// δ: part of the price that it costs.
    pub cost: T,
}

impl<T: Copy> Terms<T> {
    /// Each of them, made from its value.
    pub fn map<U>(&self, mut make: impl FnMut(T) -> U) -> Terms<U> {
        Terms {
            log_limit: make(self.log_limit),
            rent_to_exporter: make(self.rent_to_exporter),
            capacity: make(self.capacity),
            cost: make(self.cost),
        }
    }
}

impl<T: Real> Terms<T> {
    /// ℓ = −ln(1−δ).
    fn log_fee(&self) -> T {
        -(-self.cost).ln_1p()
    }
}

/// How a wedge follows from its unknown, and the unknown from what the wedge leads to.
pub enum Track {
    /// `m ≥ 1 ⊥ q ≤ q̄`.
    Quota {
        /// q̄ and λ.
        terms: Terms<f64>,
        /// Part of the implied change that is taken in one step.
        step: f64,
    },
    /// The regimes of a price cap.
    Cap(CapTrack),
    /// A wedge whose cells are all closed: it does not bind.
    Idle,
}

/// A wedge at one value of its unknown.
#[derive(Clone, Copy)]
pub struct WedgePoint<T> {
    /// `ln m`; 0 if `closed`.
    pub log_multiplier: T,
    /// `1/m`.
    pub inverse: T,
    /// Whether m is infinite.
    pub closed: bool,
    /// Outside shipping over the most that can be used of it, `H / min(K, Q)`.
    pub shadow_use: T,
    /// The numbers of its policy.
    pub terms: Terms<T>,
}

impl<T: Real> WedgePoint<T> {
    fn open(log_multiplier: T, shadow_use: T, terms: Terms<T>) -> Self {
        Self { log_multiplier, inverse: (-log_multiplier).exp(), closed: false, shadow_use, terms }
    }

    fn unbound(terms: Terms<T>) -> Self {
        let zero = T::constant(0.0);
        let inverse = T::constant(1.0);
        Self { log_multiplier: zero, inverse, closed: false, shadow_use: zero, terms }
    }

    fn closed(terms: Terms<T>) -> Self {
        Self { inverse: T::constant(0.0), closed: true, ..Self::unbound(terms) }
    }
}

/// What a wedge does, in words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Regime {
    /// The limit does not bind.
    Slack,
    /// The quota binds.
    Binding,
    /// The cap binds, and all is carried by the coalition's ships.
    Served,
    /// The cap binds, and outside shipping, of which there is enough, carries a part.
    Mixed,
    /// The cap binds, and outside shipping is full.
    ShadowFull,
    /// Outside shipping carries all, and is full.
    ShadowOnlyFull,
    /// Outside shipping, of which there is enough, carries all.
    ShadowOnly,
    /// The exporter does not sell at this price.
    Withdrawn,
    /// Nothing is sold: a quota of 0, or cells that other policies close.
    Closed,
}

impl Regime {
    /// Name in results.
    pub fn name(self) -> &'static str {
        match self {
            Self::Slack => "slack",
            Self::Binding => "binding",
            Self::Served => "served",
            Self::Mixed => "mixed",
            Self::ShadowFull => "shadow-full",
            Self::ShadowOnlyFull => "shadow-only-full",
            Self::ShadowOnly => "shadow-only",
            Self::Withdrawn => "withdrawn",
            Self::Closed => "closed",
        }
    }
}

/// The track of a price cap, with `e = ln(b/p̄)` the excess of the exporter's price over the cap.
///
/// With outside shipping (K > 0, ℓ = −ln(1−δ)):
///
/// | y | m | H | condition |
/// |---|---|---|---|
/// | below 0 | 1 | 0 | y = e |
/// | 0 to ℓ | `ln m = y` | 0 | e = 0 |
/// | then `MIXED` wide | `ln m = ℓ` | 0 to min(K, Q) | e = 0 |
/// | then `TURN` wide | `ln m = ℓ` | min(K, Q) | e ≥ 0 ≥ r, at the part e/(e − r) |
/// | beyond | `ln m` rises from ℓ | min(K, Q) | r = 0 |
///
/// where `r = min(e, ln(Q/K)/(1+θ))`. The mixed stretch is left out where the fee goes back to the
/// importer: H then changes nothing. Without outside shipping the stretch from 0 to `1/(1+θ)` takes
/// the quantity to 0, linearly at given demand: `m^{−(1+θ)} = 1 − (1+θ)y`; beyond it the exporter has
/// withdrawn, and `e = y − 1/(1+θ)`. Where the first ships there would be wanted, at `m > 1/(1−δ)`, all
/// of none are in use.
pub struct CapTrack {
    terms: Terms<f64>,
    demand_elasticity: f64,
    mixed: f64,
}

/// Length of the stretch of a track on which outside shipping grows.
const MIXED: f64 = 0.05;
/// Length of the stretch of a track between the two conditions at the end of outside shipping.
const TURN: f64 = 0.02;
/// Logarithm of the part of a quota that is used, below which it counts as this: nothing may be sold.
const LARGEST_SLACK: f64 = -30.0;
/// Below this both conditions at the turn hold to rounding.
const LEAST_SPAN: f64 = 1e-13;
/// Least part of the implied change that is taken in one step where little is sold any more.
const LEAST_STEP: f64 = 0.1;

impl CapTrack {
    /// The track of `cap` in a sector with this θ.
    pub fn new(cap: &PriceCap, trade_elasticity: f64) -> Self {
        Self {
            terms: Terms {
                log_limit: cap.cap.ln(),
                capacity: cap.capacity,
                cost: cap.cost,
                ..Terms::default()
            },
            demand_elasticity: 1.0 + trade_elasticity,
            mixed: if cap.owner == FeeOwner::Importer { 0.0 } else { MIXED },
        }
    }

    /// The unknown at which outside shipping is full, for caps that may have several equilibria:
    /// where the fee does not go back to the importer, and may raise the exporter's price.
    pub fn full_shadow(cap: &PriceCap) -> Option<f64> {
        let feeds_back = cap.owner != FeeOwner::Importer;
        let log_fee = -(-cap.cost).ln_1p();
        (cap.capacity > 0.0 && feeds_back).then_some(log_fee + MIXED)
    }

    fn has_shadow(&self) -> bool {
        self.terms.capacity > 0.0
    }

    /// Where the turn begins and ends.
    fn turn<T: Real>(&self, terms: &Terms<T>) -> [T; 2] {
        let start = terms.log_fee() + self.mixed;
        [start, start + TURN]
    }

    fn point<T: Real>(&self, y: T, terms: Terms<T>) -> WedgePoint<T> {
        let (zero, all) = (T::constant(0.0), T::constant(1.0));
        let place = y.value();
        if place < 0.0 {
            return WedgePoint::unbound(terms);
        }
        let fee = terms.log_fee();
        if !self.has_shadow() {
            let remaining = y * -self.demand_elasticity + 1.0;
            if remaining.value() <= 0.0 {
                return WedgePoint::closed(terms);
            }
            let log_multiplier = remaining.ln() * -self.demand_elasticity.recip();
            let wanted = log_multiplier.value() > fee.value();
            return WedgePoint::open(log_multiplier, if wanted { all } else { zero }, terms);
        }
        let [turn, end] = self.turn(&terms);
        if place < fee.value() {
            WedgePoint::open(y, zero, terms)
        } else if place < turn.value() {
            WedgePoint::open(fee, (y - fee) * MIXED.recip(), terms)
        } else if place <= end.value() {
            WedgePoint::open(fee, all, terms)
        } else {
            WedgePoint::open(y + (fee - end), all, terms)
        }
    }

    fn image<T: Real>(&self, y: T, terms: &Terms<T>, log_quantity: T, log_price: T) -> T {
        let place = y.value();
        let excess = log_price - terms.log_limit;
        if place < 0.0 {
            return excess;
        }
        if !self.has_shadow() {
            let end = self.demand_elasticity.recip();
            let remaining = 1.0 - self.demand_elasticity * place;
            let residual = if remaining > 0.0 { excess } else { excess - (y + -end) };
            return y + residual * remaining.max(LEAST_STEP);
        }
        let scarcity = (log_quantity - terms.capacity.ln()) * self.demand_elasticity.recip();
        let beyond = if scarcity.value() < excess.value() { scarcity } else { excess };
        let [turn, end] = self.turn(terms);
        if place < turn.value() {
            return y + excess;
        }
        if place > end.value() {
            return y + beyond;
        }
        // Nothing depends on where in the turn it is: the place follows from both conditions.
        if beyond.value() > 0.0 {
            beyond + end
        } else if excess.value() < 0.0 {
            excess + turn
        } else {
            let span = excess - beyond;
            if span.value() > LEAST_SPAN { excess / span * TURN + turn } else { y }
        }
    }

    fn regime(&self, y: f64, log_quantity: f64, log_price: f64) -> Regime {
        if y <= 0.0 {
            return Regime::Slack;
        }
        if !self.has_shadow() {
            let point = self.point(y, self.terms);
            return if point.closed {
                Regime::Withdrawn
            } else if point.shadow_use > 0.0 {
                Regime::ShadowFull
            } else {
                Regime::Served
            };
        }
        let [turn, end] = self.turn(&self.terms);
        let scarcity = (log_quantity - self.terms.capacity.ln()) / self.demand_elasticity;
        if y < self.terms.log_fee() {
            Regime::Served
        } else if y < turn {
            Regime::Mixed
        } else if y <= end {
            if scarcity > 0.0 { Regime::ShadowFull } else { Regime::ShadowOnly }
        } else if scarcity < log_price - self.terms.log_limit {
            Regime::ShadowOnlyFull
        } else {
            Regime::ShadowFull
        }
    }
}

impl Track {
    /// The numbers of its policy.
    pub fn terms(&self) -> Terms<f64> {
        match self {
            Self::Quota { terms, .. } => *terms,
            Self::Cap(track) => track.terms,
            Self::Idle => Terms::default(),
        }
    }

    /// The wedge at the unknown `y`.
    pub fn point<T: Real>(&self, y: T) -> WedgePoint<T> {
        self.point_at(y, self.terms().map(T::constant))
    }

    /// The same with numbers of its policy that may carry derivatives.
    pub fn point_at<T: Real>(&self, y: T, terms: Terms<T>) -> WedgePoint<T> {
        match self {
            Self::Quota { .. } if y.value() >= 0.0 => WedgePoint::open(y, T::constant(0.0), terms),
            Self::Cap(track) => track.point(y, terms),
            Self::Idle | Self::Quota { .. } => WedgePoint::unbound(terms),
        }
    }

    /// The unknown that the quantity of the cells and the exporter's price, both relative to the
    /// baseline, lead to from `y`, where its policy has these numbers.
    pub fn image<T: Real>(&self, y: T, terms: &Terms<T>, log_quantity: T, log_price: T) -> T {
        match self {
            Self::Idle => T::constant(0.0),
            Self::Quota { step, .. } => {
                let mut residual = log_quantity - terms.log_limit;
                if residual.value() < LARGEST_SLACK {
                    residual = T::constant(LARGEST_SLACK);
                }
                if y.value() < 0.0 {
                    residual = residual - y;
                }
                y + residual * *step
            }
            Self::Cap(track) => track.image(y, terms, log_quantity, log_price),
        }
    }

    /// A value of the unknown beyond any solution: a price twenty times that at the last border.
    pub fn end(&self) -> f64 {
        const BEYOND: f64 = 3.0;
        match self {
            Self::Idle => 0.0,
            Self::Quota { .. } => BEYOND,
            Self::Cap(track) if track.has_shadow() => track.turn(&track.terms)[1] + BEYOND,
            Self::Cap(track) => track.demand_elasticity.recip() + BEYOND,
        }
    }

    /// What the wedge does at the solution.
    pub fn regime(&self, y: f64, log_quantity: f64, log_price: f64) -> Regime {
        match self {
            Self::Idle => Regime::Closed,
            Self::Quota { .. } if y <= 0.0 => Regime::Slack,
            Self::Quota { .. } => Regime::Binding,
            Self::Cap(track) => track.regime(y, log_quantity, log_price),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One exporter that only covered buyers reach: supply `Q = b^ε`, demand `Q = (m b)^{−(1+θ)}`.
    struct Market {
        supply: f64,
        demand: f64,
    }

    impl Market {
        fn price(&self, log_multiplier: f64) -> f64 {
            -self.demand * log_multiplier / (self.demand + self.supply)
        }
    }

    fn solve(market: &Market, cap: PriceCap) -> (Regime, f64, f64, f64) {
        let track = Track::Cap(CapTrack::new(&cap, market.demand - 1.0));
        let mut y = 0.0;
        let at = |y: f64| {
            let point = track.point(y);
            let price = market.price(point.log_multiplier);
            (point, price, market.supply * price)
        };
        for _ in 0..20_000 {
            let (_, price, quantity) = at(y);
            y = track.image(y, &track.terms(), quantity, price);
        }
        let (point, price, quantity) = at(y);
        let regime = track.regime(y, quantity, price);
        (regime, point.log_multiplier.exp(), price.exp(), quantity.exp())
    }

    #[test]
    fn a_falling_cap_passes_through_its_regimes() {
        let market = Market { supply: 0.5, demand: 3.0 };
        let cap = |cap, capacity| PriceCap { cap, capacity, cost: 0.2, owner: FeeOwner::Importer };
        // m = 1/(1−δ) = 1.25 brings the price to 1.25^(−6/7) = 0.826 and the quantity to 0.909.
        let scarce = |p| solve(&market, cap(p, 0.85));
        assert_eq!(scarce(1.1).0, Regime::Slack);
        assert_eq!(scarce(0.9).0, Regime::Served);
        assert_eq!(scarce(0.8).0, Regime::ShadowFull);
        let (regime, multiplier, price, quantity) = scarce(0.6);
        assert_eq!(regime, Regime::ShadowOnlyFull);
        assert!((quantity - 0.85).abs() < 1e-9 && price > 0.6 && multiplier > 1.25);
        let (regime, multiplier, price, quantity) = solve(&market, cap(0.6, 0.95));
        assert_eq!(regime, Regime::ShadowOnly);
        assert!((multiplier - 1.25).abs() < 1e-12 && price > 0.6 && quantity < 0.95);
    }
}
