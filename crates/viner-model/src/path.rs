//! Years in sequence: policies that are in force for a part of a year, and elasticities that grow with
//! the time since the first shock.

use std::sync::Arc;

use crate::baseline::Baseline;
use crate::problem::{Problem, ScenarioError};
use crate::scenario::{
    Action, BilateralInstrument as On, BilateralRow, Cells, Policy, Scenario, SectorCells,
    SectorInstrument, TransferAmount,
};

/// A policy of which a part of a year has no meaning.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum PartError {
    /// A rule has no size.
    #[error("a `coalition-transfer` holds for whole years, found {part} of a year")]
    Coalition {
        /// Part of the year.
        part: f64,
    },
    /// Something is wrong with the policy itself.
    #[error("{0}")]
    Scenario(ScenarioError),
}

/// Part of a year from which on a price cap counts.
const HALF: f64 = 0.5;

/// What a policy does in a year of which it is in force for the part `part`; nothing where that is 0.
///
/// What stops trade, money and rates that are added count by the part of the year; what multiplies a
/// cost or a tariff factor counts by its logarithm. A quota of `q` is one of `1 − part (1 − q)`.
/// A settlement that is not in force keeps its currencies, at no cost, so that their shares can be told.
/// A price cap counts whole from half of the year on, else not at all: without it the price has no
/// limit, and between a limit and none there is no mean. Any power of the cap would hold the price of
/// the whole year near that of the baseline.
///
/// # Errors
/// A coalition transfer for a part of a year, or a policy that is wrong on the baseline.
pub fn part_of_policy(
    policy: &Policy,
    part: f64,
    scenario: &Scenario,
    baseline: &Arc<Baseline>,
) -> Result<Option<Policy>, PartError> {
    if part >= 1.0 {
        return Ok(Some(policy.clone()));
    }
    let settles = matches!(&policy.action, Action::Bilateral { instrument: On::Settlement(_), .. });
    if part <= 0.0 && !settles {
        return Ok(None);
    }
    let mut partial = policy.clone();
    match &mut partial.action {
        Action::Bilateral { instrument: On::PriceCap(_), .. } => {
            return Ok((part >= HALF).then_some(partial));
        }
        Action::Bilateral { instrument: On::TariffRate | On::ExportTaxRate, .. } => {
            rates(&mut partial, part, scenario, baseline)?;
        }
        Action::Bilateral { instrument, cells } => {
            if let On::Settlement(currencies) = instrument {
                for currency in &mut currencies.currencies {
                    currency.change = power(currency.change, part);
                }
            } else {
                let size = size_of(instrument, part);
                match cells {
                    Cells::Pattern { value, .. } => *value = size(*value),
                    Cells::Rows(rows) => {
                        for row in rows {
                            row.value = size(row.value);
                        }
                    }
                }
            }
        }
        Action::Sector { instrument, cells } => {
            let linear = *instrument == SectorInstrument::SectorTaxRate;
            let size = |value: f64| if linear { value * part } else { power(value, part) };
            match cells {
                SectorCells::Pattern { value, .. } => *value = size(*value),
                SectorCells::Rows(rows) => {
                    for row in rows {
                        row.value = size(row.value);
                    }
                }
            }
        }
        Action::Transfer { rows } => {
            for row in rows {
                row.amount = match row.amount {
                    TransferAmount::MillionUsd(amount) => TransferAmount::MillionUsd(amount * part),
                    TransferAmount::ShareOfIncome(share) => {
                        TransferAmount::ShareOfIncome(share * part)
                    }
                };
            }
        }
        Action::Coalition { .. } => return Err(PartError::Coalition { part }),
    }
    Ok(Some(partial))
}

/// `(1 + change)^part − 1`.
fn power(change: f64, part: f64) -> f64 {
    (part * change.ln_1p()).exp_m1()
}

/// How the size of an instrument counts.
fn size_of(instrument: &On, part: f64) -> impl Fn(f64) -> f64 + use<> {
    #[derive(Clone, Copy)]
    enum How {
        Linear,
        Factor,
        Quantity,
    }
    let how = match instrument {
        On::TradeCostChange => How::Factor,
        On::Quota { .. } => How::Quantity,
        _ => How::Linear,
    };
    move |size: f64| match how {
        How::Linear => size * part,
        How::Factor => power(size, part),
        How::Quantity => 1.0 - part * (1.0 - size),
    }
}

/// A rate that is set is part of the way from that of the baseline, cell by cell.
fn rates(
    policy: &mut Policy,
    part: f64,
    scenario: &Scenario,
    baseline: &Arc<Baseline>,
) -> Result<(), PartError> {
    let alone = Scenario { policies: vec![policy.clone()], ..scenario.clone() };
    let problem = Problem::new(Arc::clone(baseline), &alone).map_err(|errors| {
        let first = errors.into_iter().next();
        // An error list is never empty.
        first.map_or(PartError::Coalition { part }, PartError::Scenario)
    })?;
    let partial = problem.part_way(part).counterfactual;
    let Action::Bilateral { instrument, cells } = &mut policy.action else { return Ok(()) };
    let import = *instrument == On::TariffRate;
    let rows = partial.cells.iter().map(|(&(s, n, i), change)| BilateralRow {
        exporter: baseline.regions.code(i).to_owned(),
        importer: baseline.regions.code(n).to_owned(),
        sector: baseline.sectors.code(s).to_owned(),
        value: if import { change.tariff } else { change.export_tax },
        line: 0,
    });
    *cells = Cells::Rows(rows.collect());
    Ok(())
}

/// Factor on θ by years since the first shock: between points on a line, before and after them
/// constant. Points are in order of years.
#[derive(Clone, Debug, PartialEq)]
pub struct ElasticityPath {
    /// Years since the first shock, and the factor.
    pub points: Vec<(f64, f64)>,
}

impl Default for ElasticityPath {
    /// Boehm, Levchenko and Pandalai-Nayar 2023 (American Economic Review 113(4)): the tariff elasticity
    /// of trade is 0.76 after a year and about 2 in seven to ten, of which the middle is taken here.
    /// The shape alone is theirs: θ of the scenario is what is reached in the end.
    fn default() -> Self {
        Self { points: vec![(1.0, 0.38), (8.0, 1.0)] }
    }
}

impl ElasticityPath {
    /// The same elasticities in all years.
    pub fn constant() -> Self {
        Self { points: vec![(0.0, 1.0)] }
    }

    /// The factor `years` after the first shock.
    pub fn factor(&self, years: f64) -> f64 {
        let Some(&(first, start)) = self.points.first() else { return 1.0 };
        if years <= first {
            return start;
        }
        for pair in self.points.windows(2) {
            let ((x0, y0), (x1, y1)) = (pair[0], pair[1]);
            if years <= x1 {
                return y0 + (y1 - y0) * (years - x0) / (x1 - x0);
            }
        }
        self.points[self.points.len() - 1].1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_elasticity_grows_on_a_line_and_stays() {
        let path = ElasticityPath::default();
        for (years, factor) in [(-1.0, 0.38), (0.0, 0.38), (1.0, 0.38), (4.5, 0.69), (20.0, 1.0)] {
            assert!((path.factor(years) - factor).abs() < 1e-12, "{years}");
        }
        assert!((ElasticityPath::constant().factor(3.0) - 1.0).abs() < 1e-15);
    }

    #[test]
    fn sizes_count_by_their_nature() {
        assert!((power(0.21, 0.5) - 0.1).abs() < 1e-12);
        assert!((size_of(&On::EmbargoShare, 0.25)(0.8) - 0.2).abs() < 1e-12);
        let quota = On::Quota { rent_to_exporter: 0.0, scope: crate::scenario::QuotaScope::Total };
        assert!((size_of(&quota, 0.5)(0.4) - 0.7).abs() < 1e-12);
    }
}
