//! From the places ([`Place`](viner_model::problem::Place)) of the model's errors to lines of files.

use std::collections::BTreeMap;

use viner_model::problem::{ScenarioError, Section};

use super::document::{Node, Position, Value};
use super::findings::COMMAND_LINE;
use crate::diagnostic::Diagnostic;

/// Where each key of a scenario was written.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Locations {
    scenario: String,
    /// By dotted path: `policy.0.exporter.1`.
    spots: BTreeMap<String, Spot>,
    /// Table file of a policy, by path: `policy.0`.
    tables: BTreeMap<String, String>,
    /// Position in the file of each policy that could be read.
    policies: Vec<usize>,
}

#[derive(Clone, Debug, PartialEq)]
struct Spot {
    place: SpotPlace,
    /// The text written there, to find the member of a list that an error is about.
    text: Option<String>,
}

#[derive(Clone, Debug, PartialEq)]
enum SpotPlace {
    Scenario(Position),
    Table { file: String, line: u64 },
}

impl Locations {
    /// Places of everything in a document.
    pub(super) fn of(scenario: &str, root: &Node) -> Self {
        let mut locations = Self { scenario: scenario.to_owned(), ..Self::default() };
        locations.visit(String::new(), root);
        locations
    }

    fn visit(&mut self, path: String, node: &Node) {
        let child =
            |key: &str| if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
        match &node.value {
            Value::Table(entries) => {
                for entry in entries {
                    self.visit(child(&entry.key), &entry.node);
                }
            }
            Value::List(items) => {
                for (index, item) in items.iter().enumerate() {
                    self.visit(child(&index.to_string()), item);
                }
            }
            _ => {}
        }
        let text = node.as_text().map(ToOwned::to_owned);
        self.spots.insert(path, Spot { place: SpotPlace::Scenario(node.at), text });
    }

    /// A row of a table file that stands for a key of the scenario.
    pub(super) fn add_row(&mut self, path: String, file: &str, line: u64) {
        let place = SpotPlace::Table { file: file.to_owned(), line };
        self.spots.insert(path, Spot { place, text: None });
    }

    /// The table file of a policy.
    pub(super) fn add_table(&mut self, path: String, file: String) {
        self.tables.insert(path, file);
    }

    /// The next policy of the scenario stands at this position in the file.
    pub(super) fn add_policy(&mut self, position: usize) {
        self.policies.push(position);
    }

    /// The same places for policies that stand at these positions in the file.
    pub(super) fn renumbered(&self, policies: Vec<usize>) -> Self {
        Self { policies, ..self.clone() }
    }

    /// Position in the file of a policy of the scenario, both counted from 0: they differ where a
    /// policy before it could not be read.
    pub fn policy_position(&self, policy: usize) -> usize {
        self.policies.get(policy).copied().unwrap_or(policy)
    }

    /// Puts a diagnostic at a key: `report.focus`, `policy.0.exporter`. Where the key is not
    /// written, it is put at the table that would hold it.
    #[must_use]
    pub fn place(&self, path: &str, diagnostic: Diagnostic) -> Diagnostic {
        self.place_at(path, path, diagnostic)
    }

    fn place_at(&self, path: &str, key: &str, diagnostic: Diagnostic) -> Diagnostic {
        let diagnostic = if key.is_empty() { diagnostic } else { diagnostic.at_key(key) };
        let mut prefix = path;
        while !prefix.is_empty() {
            if let Some(spot) = self.spots.get(prefix) {
                return match &spot.place {
                    SpotPlace::Scenario(Position::Set) => diagnostic.in_file(COMMAND_LINE),
                    SpotPlace::Scenario(Position::Text { line, column }) => {
                        diagnostic.in_file(&self.scenario).at_line(*line).at_column(*column)
                    }
                    SpotPlace::Table { file, line } => diagnostic.in_file(file).at_line(*line),
                };
            }
            prefix = prefix.rsplit_once('.').map_or("", |(parent, _)| parent);
        }
        diagnostic.in_file(&self.scenario)
    }

    /// What the model says about the scenario, with the file and line it is about.
    pub fn locate(&self, error: &ScenarioError) -> Diagnostic {
        let place = error.place();
        let diagnostic = self.describe(error);
        let section = match place.section {
            Section::Groups => "groups".to_owned(),
            Section::Model => "model".to_owned(),
            Section::Policy(policy) => format!("policy.{}", self.policy_position(policy)),
        };
        if let (Some(line), Some(file)) = (place.row, self.tables.get(&section)) {
            let diagnostic = diagnostic.in_file(file).at_line(line);
            return if place.key.is_empty() { diagnostic } else { diagnostic.at_key(&place.key) };
        }
        let key = join(&section, &place.key);
        let path = match error {
            ScenarioError::UnknownName { found: member, .. }
            | ScenarioError::HubOutOfPlace { hub: member, .. } => self.member(&key, member),
            _ => key.clone(),
        };
        self.place_at(&path, &key, diagnostic)
    }

    /// Path of the text `found` at or below `path`; `path` itself if there is none.
    fn member(&self, path: &str, found: &str) -> String {
        let below = format!("{path}.");
        self.spots
            .range(path.to_owned()..)
            .take_while(|(spot, _)| spot.starts_with(path))
            .filter(|(spot, _)| *spot == path || spot.starts_with(&below))
            .find(|(_, spot)| spot.text.as_deref() == Some(found))
            .map_or_else(|| path.to_owned(), |(spot, _)| spot.clone())
    }

    fn describe(&self, error: &ScenarioError) -> Diagnostic {
        let mut diagnostic = match error {
            ScenarioError::UnknownName { what, found, nearest: Some(near), .. } => {
                return Diagnostic::new(format!(
                    "unknown {what} `{found}`; did you mean `{near}`?"
                ));
            }
            ScenarioError::OutOfRange { place, found, .. } => {
                let name = if place.key.is_empty() { "the value" } else { &place.key };
                Diagnostic::new(format!("`{name}` is out of range")).found(found.to_string())
            }
            ScenarioError::Conflict { .. } | ScenarioError::TwoCoalitions { .. } => {
                let mut renumbered = error.clone();
                if let ScenarioError::Conflict { earlier, .. }
                | ScenarioError::TwoCoalitions { earlier, .. } = &mut renumbered
                {
                    *earlier = self.policy_position(*earlier);
                }
                Diagnostic::new(renumbered.to_string())
            }
            _ => Diagnostic::new(error.to_string()),
        };
        diagnostic.expected = error.expected().map(ToOwned::to_owned);
        diagnostic.hints.extend(error.hint());
        diagnostic
    }
}

fn join(section: &str, key: &str) -> String {
    if key.is_empty() { section.to_owned() } else { format!("{section}.{key}") }
}
