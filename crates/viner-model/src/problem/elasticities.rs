//! Elasticities by cell, from the scenario, the baseline's own parameters and the defaults.

use ndarray::Array2;

use super::{DEFAULT_TRADE_ELASTICITY, Place, ScenarioError, Section, cells};
use crate::baseline::Baseline;
use crate::labels::nearest;
use crate::scenario::{Scenario, Values};

/// θ, σ, ε, η and φ.
#[derive(Clone, Debug, PartialEq)]
pub struct Elasticities {
    /// θ by sector, above 0.
    pub trade: Vec<f64>,
    /// σ by using sector, at least 0; 1 is Cobb-Douglas.
    pub production: Vec<f64>,
    /// ε by using sector, at least 0; 1 is Cobb-Douglas.
    pub input: Vec<f64>,
    /// η, at least 0; 1 is Cobb-Douglas.
    pub final_demand: f64,
    /// φ, `[region, sector]`, in `[0, 1]`.
    pub specific_factor_share: Array2<f64>,
}

impl Elasticities {
    pub(super) fn resolve(
        scenario: &Scenario,
        baseline: &Baseline,
        errors: &mut Vec<ScenarioError>,
    ) -> Self {
        let model = &scenario.model;
        let own = &baseline.parameters;
        let resolver = Resolver { scenario, baseline };
        let by_sector = |key, values, own: &[Option<f64>], default, domain, errors: &mut _| {
            resolver.resolve(key, values, own, default, domain, false, errors).row(0).to_vec()
        };
        let final_demand = model.final_elasticity;
        if !NOT_NEGATIVE.contains(final_demand) {
            errors.push(ScenarioError::OutOfRange {
                place: place("final_elasticity"),
                found: final_demand,
                expected: NOT_NEGATIVE.words,
            });
        }
        Self {
            trade: by_sector(
                "trade_elasticity",
                &model.trade_elasticity,
                &own.trade_elasticity,
                DEFAULT_TRADE_ELASTICITY,
                ABOVE_ZERO,
                errors,
            ),
            production: by_sector(
                "production_elasticity",
                &model.production_elasticity,
                &own.production_elasticity,
                1.0,
                NOT_NEGATIVE,
                errors,
            ),
            input: by_sector(
                "input_elasticity",
                &model.input_elasticity,
                &own.input_elasticity,
                1.0,
                NOT_NEGATIVE,
                errors,
            ),
            final_demand,
            specific_factor_share: resolver.resolve(
                "specific_factor_share",
                &model.specific_factor_share,
                &own.specific_factor_share,
                0.0,
                SHARE,
                true,
                errors,
            ),
        }
    }
}

/// Interval an elasticity must lie in, and how to say it.
#[derive(Clone, Copy)]
struct Domain {
    lowest: f64,
    open: bool,
    highest: f64,
    words: &'static str,
}

const ABOVE_ZERO: Domain =
    Domain { lowest: 0.0, open: true, highest: f64::MAX, words: "a finite number above 0" };
const NOT_NEGATIVE: Domain =
    Domain { lowest: 0.0, open: false, highest: f64::MAX, words: "a finite number, at least 0" };
const SHARE: Domain =
    Domain { lowest: 0.0, open: false, highest: 1.0, words: "a share between 0 and 1" };

impl Domain {
    fn contains(self, value: f64) -> bool {
        let above = if self.open { value > self.lowest } else { value >= self.lowest };
        above && value <= self.highest
    }
}

fn place(key: &str) -> Place {
    Place { section: Section::Model, key: key.to_owned(), row: None }
}

struct Resolver<'a> {
    scenario: &'a Scenario,
    baseline: &'a Baseline,
}

impl Resolver<'_> {
    /// `[region, sector]`, or one row for all regions if `by_region` is false.
    ///
    /// The most specific entry holds: `REGION.SECTOR`, then `SECTOR`, then a group, then the
    /// scenario's default, then the baseline's own parameter, then `default`.
    #[expect(clippy::too_many_arguments, reason = "one call per elasticity, all of them distinct")]
    fn resolve(
        &self,
        key: &str,
        values: &Values,
        own: &[Option<f64>],
        default: f64,
        domain: Domain,
        by_region: bool,
        errors: &mut Vec<ScenarioError>,
    ) -> Array2<f64> {
        let (regions, sectors) = (&self.baseline.regions, &self.baseline.sectors);
        let rows = if by_region { regions.len() } else { 1 };
        let mut result = Array2::from_shape_fn((rows, sectors.len()), |(_, s)| {
            values.default.or_else(|| own.get(s).copied().flatten()).unwrap_or(default)
        });
        let mut refuse = |entry: &str, found: f64| {
            let key = if entry.is_empty() { key.to_owned() } else { format!("{key}.{entry}") };
            let place = Place { section: Section::Model, key, row: None };
            errors.push(ScenarioError::OutOfRange { place, found, expected: domain.words });
        };
        if let Some(value) = values.default.filter(|value| !domain.contains(*value)) {
            refuse("", value);
        }
        for (s, value) in own.iter().enumerate() {
            if let Some(value) = value.filter(|value| !domain.contains(*value)) {
                refuse(sectors.code(s), value);
            }
        }

        // From the least specific to the most: later writes win.
        let mut entries: Vec<(u8, Vec<usize>, Vec<usize>, f64)> = Vec::new();
        for (entry, &value) in &values.entries {
            if !domain.contains(value) {
                refuse(entry, value);
            }
        }
        for (entry, &value) in &values.entries {
            let all_rows = (0..rows).collect::<Vec<_>>();
            if let Some(s) = sectors.position(entry) {
                entries.push((1, all_rows, vec![s], value));
                continue;
            }
            if let Some(members) = self.scenario.groups.get(entry) {
                let members: Vec<usize> =
                    members.iter().filter_map(|code| sectors.position(code)).collect();
                if !members.is_empty() {
                    entries.push((0, all_rows, members, value));
                    continue;
                }
            }
            if by_region
                && let Some((region, sector)) = entry.split_once('.')
                && let (Some(n), Some(s)) = (regions.position(region), sectors.position(sector))
            {
                entries.push((2, vec![n], vec![s], value));
                continue;
            }
            // `REGION.SECTOR` takes codes alone; a sector may be a group.
            let (what, found, known, groups) = match entry.split_once('.') {
                Some((region, _)) if by_region && regions.position(region).is_none() => {
                    ("region", region, regions, false)
                }
                Some((_, sector)) if by_region => ("sector", sector, sectors, false),
                _ => ("sector", entry.as_str(), sectors, true),
            };
            let groups = cells::groups_of(self.scenario, known).filter(|_| groups);
            let candidates = known.codes().chain(groups.map(String::as_str));
            errors.push(ScenarioError::UnknownName {
                place: Place { section: Section::Model, key: format!("{key}.{entry}"), row: None },
                what,
                found: found.to_owned(),
                nearest: nearest(found, candidates).map(ToOwned::to_owned),
            });
        }
        entries.sort_by_key(|(specificity, ..)| *specificity);
        for (_, rows, members, value) in entries {
            for &n in &rows {
                for &s in &members {
                    result[[n, s]] = value;
                }
            }
        }
        result
    }
}
