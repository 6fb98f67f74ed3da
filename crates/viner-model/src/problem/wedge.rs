//! Wedges: instruments that bind where a quantity or a price reaches its limit.

use super::TradeCell;

/// A price wedge m ≥ 1 on a set of cells, with the limit that makes it bind and a rule for its rent.
#[derive(Clone, Debug, PartialEq)]
pub struct Wedge {
    /// The policy that it is of, by position.
    pub policy: usize,
    /// What makes it bind, and who keeps the rent.
    pub rule: WedgeRule,
    /// Its cells, with their part of the baseline value of all of them; at least one.
    pub cells: Vec<(TradeCell, f64)>,
    /// Whether its cells are closed: a quota of 0, or a cap at which the exporter withdraws.
    pub closed: bool,
}

/// What makes a wedge bind, and who keeps its rent.
#[derive(Clone, Debug, PartialEq)]
pub enum WedgeRule {
    /// `m ≥ 1 ⊥ q̄ − q ≥ 0`, q being the quantity of all cells relative to the baseline.
    Quota {
        /// q̄.
        limit: f64,
        /// λ: part of the rent that the exporter keeps.
        rent_to_exporter: f64,
    },
    /// A price cap on one exporter's sales in one sector, with outside shipping.
    PriceCap(PriceCap),
}

/// A price cap with outside ("shadow") shipping.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PriceCap {
    /// p̄: highest price at the border, relative to the baseline's.
    pub cap: f64,
    /// K: quantity that outside shipping can carry, relative to the baseline quantity of the cells.
    pub capacity: f64,
    /// δ: part of the price at the border that it costs.
    pub cost: f64,
    /// Who earns that.
    pub owner: FeeOwner,
}

/// Who earns what outside shipping costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FeeOwner {
    /// The importer of the cell.
    Importer,
    /// The exporter.
    Exporter,
    /// Nobody: it melts.
    Iceberg,
    /// A region, by position.
    Region(usize),
}

impl Wedge {
    /// Whether it is a price cap at which the exporter does not sell.
    pub fn withdraws(&self) -> bool {
        self.closed && matches!(self.rule, WedgeRule::PriceCap(_))
    }

    /// The part `t` of the way from no limit that binds to the whole one.
    #[must_use]
    pub(super) fn part_way(&self, t: f64) -> Self {
        let rule = match self.rule {
            WedgeRule::Quota { limit, rent_to_exporter } => {
                let limit = if limit == 0.0 { 1.0 - t } else { limit.powf(t) };
                WedgeRule::Quota { limit, rent_to_exporter }
            }
            WedgeRule::PriceCap(cap) => {
                WedgeRule::PriceCap(PriceCap { cap: cap.cap.powf(t), ..cap })
            }
        };
        Self { rule, closed: self.closed && t == 1.0, ..self.clone() }
    }
}
