//! Codes of regions and sectors, in the order that the arrays use.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

/// An ordered set of codes with their names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Vec<Label>", into = "Vec<Label>")]
pub struct Labels {
    labels: Vec<Label>,
    positions: HashMap<String, usize>,
}

/// A code, as files and scenarios use it, and the name that people read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Label {
    /// Short code, unique in its set: `RUS`, `C29`.
    pub code: String,
    /// English name; the code again where the source has none.
    pub name: String,
}

impl Labels {
    /// Takes labels in order; a repeated code keeps its first position (readers refuse it earlier).
    pub fn new(labels: Vec<Label>) -> Self {
        let mut positions = HashMap::with_capacity(labels.len());
        for (index, label) in labels.iter().enumerate() {
            positions.entry(label.code.clone()).or_insert(index);
        }
        Self { labels, positions }
    }

    /// Labels whose names are their codes.
    pub fn from_codes<C: Into<String>>(codes: impl IntoIterator<Item = C>) -> Self {
        let label = |code: C| {
            let code = code.into();
            Label { name: code.clone(), code }
        };
        Self::new(codes.into_iter().map(label).collect())
    }

    /// Number of labels.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Whether there is no label.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// Position of a code.
    pub fn position(&self, code: &str) -> Option<usize> {
        self.positions.get(code).copied()
    }

    /// Code at a position.
    pub fn code(&self, index: usize) -> &str {
        &self.labels[index].code
    }

    /// Name at a position.
    pub fn name(&self, index: usize) -> &str {
        &self.labels[index].name
    }

    /// All codes in order.
    pub fn codes(&self) -> impl ExactSizeIterator<Item = &str> {
        self.labels.iter().map(|label| label.code.as_str())
    }

    /// All labels in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Label> {
        self.labels.iter()
    }
}

impl From<Vec<Label>> for Labels {
    fn from(labels: Vec<Label>) -> Self {
        Self::new(labels)
    }
}

impl From<Labels> for Vec<Label> {
    fn from(labels: Labels) -> Self {
        labels.labels
    }
}

/// The candidate most like `word`, if any is like it at all: what the user may have meant.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let lower = word.to_lowercase();
    candidates
        .into_iter()
        .map(|candidate| {
            (strsim::normalized_damerau_levenshtein(&lower, &candidate.to_lowercase()), candidate)
        })
        .filter(|(likeness, _)| *likeness >= 0.5)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nearest_finds_swapped_letters_and_other_case() {
        let codes = ["USA", "RUS", "DEU"];
        assert_eq!(nearest("RSU", codes), Some("RUS"));
        assert_eq!(nearest("usa", codes), Some("USA"));
        assert_eq!(nearest("XQZ", codes), None);
    }

    #[test]
    fn positions_follow_the_order_given() {
        let labels = Labels::from_codes(["B", "A"]);
        assert_eq!((labels.position("B"), labels.position("A")), (Some(0), Some(1)));
        assert_eq!(labels.position("C"), None);
    }
}
