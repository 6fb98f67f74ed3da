//! Which code becomes which: the mapping that an aggregation follows.

use std::collections::HashMap;
use std::fmt;

use thiserror::Error;
use viner_model::labels::{Label, Labels, nearest};

/// One of the two sets of codes of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Axis {
    /// Regions.
    Region,
    /// Sectors.
    Sector,
}

impl fmt::Display for Axis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Region => "region",
            Self::Sector => "sector",
        })
    }
}

/// What becomes of the codes that a mapping does not list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Rest {
    /// They are an error.
    #[default]
    Refuse,
    /// Each stays as it is.
    Keep,
    /// They are merged into this code.
    Into(String),
}

/// The new code of each old one, for regions or for sectors.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AxisMap {
    /// Old code and new code.
    pub pairs: Vec<(String, String)>,
    /// What becomes of all others.
    pub rest: Rest,
    /// Names of new codes; the others keep a name that the table has for them.
    pub names: HashMap<String, String>,
}

impl AxisMap {
    /// The mapping that changes nothing.
    pub fn identity() -> Self {
        Self { rest: Rest::Keep, ..Self::default() }
    }

    /// Whether it says anything.
    pub fn is_identity(&self) -> bool {
        self.pairs.is_empty() && self.rest == Rest::Keep
    }

    /// Codes that it lists and the table does not have: each a misspelling, or a mapping made for
    /// larger tables.
    pub fn unused(&self, labels: &Labels) -> Vec<&str> {
        let from = self.pairs.iter().map(|(from, _)| from.as_str());
        from.filter(|from| labels.position(from).is_none()).collect()
    }

    /// New labels, in the order in which the table's own first need them, and for each old label
    /// the position of its new one.
    pub(crate) fn lay_on(
        &self,
        axis: Axis,
        labels: &Labels,
        errors: &mut Vec<MappingError>,
    ) -> (Labels, Vec<usize>) {
        let new: HashMap<&str, &str> =
            self.pairs.iter().map(|(from, to)| (from.as_str(), to.as_str())).collect();
        let mut merged: Vec<Label> = Vec::new();
        let mut positions: HashMap<String, usize> = HashMap::new();
        let mut sources: Vec<Vec<usize>> = Vec::new();
        let mut target = Vec::with_capacity(labels.len());
        for (index, old) in labels.iter().enumerate() {
            let code = match (new.get(old.code.as_str()), &self.rest) {
                (Some(code), _) => (*code).to_owned(),
                (None, Rest::Keep) => old.code.clone(),
                (None, Rest::Into(code)) => code.clone(),
                (None, Rest::Refuse) => {
                    let unused = self.unused(labels);
                    errors.push(MappingError::Unmapped {
                        axis,
                        code: old.code.clone(),
                        near: nearest(&old.code, unused).map(ToOwned::to_owned),
                    });
                    continue;
                }
            };
            let position = *positions.entry(code.clone()).or_insert_with(|| {
                merged.push(Label { code, name: String::new() });
                sources.push(Vec::new());
                merged.len() - 1
            });
            sources[position].push(index);
            target.push(position);
        }
        for (label, sources) in merged.iter_mut().zip(&sources) {
            let own = labels.position(&label.code).map(|index| labels.name(index));
            let only = (sources.len() == 1).then(|| labels.name(sources[0]));
            let name = self.names.get(&label.code).map(String::as_str);
            name.or(only).or(own).unwrap_or(&label.code).clone_into(&mut label.name);
        }
        (Labels::new(merged), target)
    }
}

/// New codes for regions and for sectors.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mapping {
    /// As messages and records name it.
    pub name: String,
    /// Of regions.
    pub regions: AxisMap,
    /// Of sectors.
    pub sectors: AxisMap,
}

/// Why a mapping does not fit a table.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum MappingError {
    /// A code of the table that the mapping does not list.
    #[error("{axis} `{code}` is not mapped{}", did_you_mean(near.as_deref()))]
    Unmapped {
        /// Of which axis.
        axis: Axis,
        /// The code.
        code: String,
        /// A code of the mapping that the table does not have, if one is like it.
        near: Option<String>,
    },
}

fn did_you_mean(near: Option<&str>) -> String {
    near.map(|near| format!("; is it what the mapping calls `{near}`?")).unwrap_or_default()
}
