//! Looks up codes, groups and wildcards.

use super::{Place, ScenarioError, Section};
use crate::baseline::Baseline;
use crate::labels::{Labels, nearest};
use crate::scenario::{Scenario, Selector};

/// Which labels a selector chooses from.
#[derive(Clone, Copy)]
pub(super) enum Axis {
    Region,
    Sector,
}

impl Axis {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Region => "region",
            Self::Sector => "sector",
        }
    }

    pub(super) fn labels(self, baseline: &Baseline) -> &Labels {
        match self {
            Self::Region => &baseline.regions,
            Self::Sector => &baseline.sectors,
        }
    }
}

/// Groups whose members are all labels of this kind.
pub(super) fn groups_of<'a>(
    scenario: &'a Scenario,
    labels: &'a Labels,
) -> impl Iterator<Item = &'a String> {
    scenario
        .groups
        .iter()
        .filter(|(_, members)| members.iter().all(|code| labels.position(code).is_some()))
        .map(|(name, _)| name)
}

/// Members of groups must be codes, all of one kind, and group names must not be codes.
pub(super) fn check_groups(scenario: &Scenario, baseline: &Baseline) -> Vec<ScenarioError> {
    let mut errors = Vec::new();
    for (group, members) in &scenario.groups {
        let place = Place { section: Section::Groups, key: group.clone(), row: None };
        for axis in [Axis::Region, Axis::Sector] {
            if axis.labels(baseline).position(group).is_some() {
                errors.push(ScenarioError::AmbiguousGroup {
                    place: place.clone(),
                    group: group.clone(),
                    what: axis.word(),
                });
            }
        }
        // A group is of the kind that most of its members are of.
        let known = |axis: Axis| {
            let labels = axis.labels(baseline);
            members.iter().filter(|code| labels.position(code).is_some()).count()
        };
        let axis =
            if known(Axis::Sector) > known(Axis::Region) { Axis::Sector } else { Axis::Region };
        let labels = axis.labels(baseline);
        for code in members {
            if labels.position(code).is_none() {
                errors.push(ScenarioError::UnknownName {
                    place: place.clone(),
                    what: axis.word(),
                    found: code.clone(),
                    nearest: nearest(code, labels.codes()).map(ToOwned::to_owned),
                });
            }
        }
    }
    errors
}

/// Positions that a selector chooses, in label order, each once; unknown names become errors.
pub(super) fn select(
    selector: &Selector,
    axis: Axis,
    scenario: &Scenario,
    baseline: &Baseline,
    place: &Place,
    errors: &mut Vec<ScenarioError>,
) -> Vec<usize> {
    let labels = axis.labels(baseline);
    let (names, negated) = match selector {
        Selector::All => return (0..labels.len()).collect(),
        Selector::Names(names) => (names, false),
        Selector::Not(names) => (names, true),
    };
    let mut chosen = vec![false; labels.len()];
    for name in names {
        if name == "*" {
            chosen.fill(true);
        } else if let Some(position) = labels.position(name) {
            chosen[position] = true;
        } else if let Some(members) = scenario.groups.get(name) {
            // Members that are no codes are reported once, where the group is defined; a group of
            // the other kind is reported here.
            let positions: Vec<usize> =
                members.iter().filter_map(|code| labels.position(code)).collect();
            if positions.is_empty() && !members.is_empty() {
                errors.push(unknown(name, axis, scenario, labels, place));
            }
            for position in positions {
                chosen[position] = true;
            }
        } else {
            errors.push(unknown(name, axis, scenario, labels, place));
        }
    }
    (0..labels.len()).filter(|&position| chosen[position] != negated).collect()
}

fn unknown(
    name: &str,
    axis: Axis,
    scenario: &Scenario,
    labels: &Labels,
    place: &Place,
) -> ScenarioError {
    let candidates = labels.codes().chain(groups_of(scenario, labels).map(String::as_str));
    ScenarioError::UnknownName {
        place: place.clone(),
        what: axis.word(),
        found: name.to_owned(),
        nearest: nearest(name, candidates).map(ToOwned::to_owned),
    }
}
