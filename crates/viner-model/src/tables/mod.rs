//! World tables as their makers publish them: labelled values, nothing derived from them yet.

use ndarray::{Array2, Array3, Array4};
use serde::{Deserialize, Serialize};

use crate::labels::Labels;

/// A world table in the five parts of a baseline bundle, in the order of its labels.
///
/// Absent cells are zero. Readers see to it that every value is finite; the identities that
/// make a table a [`Baseline`](crate::baseline::Baseline) are checked there.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Tables {
    /// Where the values come from and what was done to them.
    pub description: Description,
    /// Regions, in array order.
    pub regions: Labels,
    /// Sectors, in array order.
    pub sectors: Labels,
    /// Sales at producer value, domestic ones included: `[sector, importer, exporter]`.
    pub flows: Array3<f64>,
    /// What `user` spends on `input`, tariffs included: `[region, user, input]`.
    pub inputs: Array3<f64>,
    /// Final spending, tariffs included: `[region, sector]`.
    pub final_spending: Array2<f64>,
    /// Output less inputs: `[region, sector]`.
    pub value_added: Array2<f64>,
    /// Ad valorem import tariffs, 0.05 = 5 %: `[sector, importer, exporter]`; none at all if absent.
    pub tariffs: Option<Array3<f64>>,
    /// Flows by user, at producer value: `[sector, importer, user, exporter]`, final spending the last
    /// user. `Σ_user` are the flows, `Σ_exporter (1+τ)` inputs and final spending. None where every
    /// user is taken to buy from the suppliers in the shares of `flows`.
    #[serde(default)]
    pub sourcing: Option<Array4<f64>>,
    /// Elasticities that come with the table.
    pub parameters: Parameters,
}

/// Elasticities published with a table, by sector; a scenario may override each.
///
/// Each list is as long as there are sectors; `None` where the table gives no value.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Parameters {
    /// Trade elasticity θ.
    pub trade_elasticity: Vec<Option<f64>>,
    /// Elasticity σ between value added and inputs.
    pub production_elasticity: Vec<Option<f64>>,
    /// Elasticity ε between inputs.
    pub input_elasticity: Vec<Option<f64>>,
    /// Share φ of value added earned by the specific factor.
    pub specific_factor_share: Vec<Option<f64>>,
}

/// Provenance of a table: the head of `baseline.toml`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Description {
    /// Name by which scenarios ask for the baseline.
    pub name: String,
    /// One line for people.
    pub title: String,
    /// Year that the values describe.
    pub year: i64,
    /// Unit of all values.
    pub unit: Unit,
    /// Who published the source, and where.
    pub source: String,
    /// Terms under which it may be used.
    pub licence: String,
    /// How to cite it.
    pub citation: String,
    /// What was done to the source, in order.
    #[serde(default, rename = "transformation", skip_serializing_if = "Vec::is_empty")]
    pub transformations: Vec<Transformation>,
}

/// One step between the source and the table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transformation {
    /// Name of the step: `import`, `aggregate`.
    pub step: String,
    /// What it did.
    pub note: String,
    /// What repeats it; nothing for steps that no command made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replay: Option<Replay>,
}

impl Transformation {
    /// A step and what it did.
    pub fn new(step: impl Into<String>, note: impl Into<String>) -> Self {
        Self { step: step.into(), note: note.into(), replay: None }
    }
}

/// What repeats a step: the command of its name on the same table, with the same arguments and files.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Replay {
    /// Arguments of the command, but for what it reads and writes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub arguments: Vec<String>,
    /// Fingerprint of the resulting table.
    pub sha256: String,
    /// The table it began with; nothing for an import.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Fingerprint>,
    /// Files that it read. Arguments name them by their names.
    #[serde(default, rename = "file", skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<Fingerprint>,
}

/// A file or a table by its name and what it holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fingerprint {
    /// Name, without folders.
    pub name: String,
    /// SHA-256 of its content in hexadecimal digits.
    pub sha256: String,
}

/// Unit of money in a table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Unit {
    /// Million current US dollars.
    #[default]
    #[serde(rename = "million USD")]
    MillionUsd,
    /// Current US dollars; a baseline holds them in millions.
    #[serde(rename = "USD")]
    Usd,
    /// Million current euros.
    #[serde(rename = "million EUR")]
    MillionEur,
}

impl Unit {
    /// Factor that turns a value of the table into millions of its currency.
    pub fn in_millions(self) -> f64 {
        match self {
            Self::MillionUsd | Self::MillionEur => 1.0,
            Self::Usd => 1e-6,
        }
    }

    /// Name of the unit that a baseline's money is in.
    pub fn millions(self) -> &'static str {
        match self {
            Self::MillionUsd | Self::Usd => "million USD",
            Self::MillionEur => "million EUR",
        }
    }
}

impl Tables {
    /// Shape of [`Self::sourcing`].
    pub fn sourcing_shape(&self) -> (usize, usize, usize, usize) {
        let (n, s) = (self.regions.len(), self.sectors.len());
        (s, n, s + 1, n)
    }

    /// What a user spends on a good, tariffs included: an input, or final spending for the last user.
    pub fn spending(&self, n: usize, user: usize, s: usize) -> f64 {
        if user < self.sectors.len() {
            self.inputs[[n, user, s]]
        } else {
            self.final_spending[[n, s]]
        }
    }

    /// Baseline tariff of a cell; 0 where the table has none.
    pub fn tariff(&self, s: usize, n: usize, i: usize) -> f64 {
        self.tariffs.as_ref().map_or(0.0, |rates| rates[[s, n, i]])
    }

    /// A table of zeros.
    pub fn zeros(description: Description, regions: Labels, sectors: Labels) -> Self {
        let (n, s) = (regions.len(), sectors.len());
        Self {
            description,
            regions,
            sectors,
            flows: Array3::zeros((s, n, n)),
            inputs: Array3::zeros((n, s, s)),
            final_spending: Array2::zeros((n, s)),
            value_added: Array2::zeros((n, s)),
            tariffs: None,
            sourcing: None,
            parameters: Parameters::default(),
        }
    }
}
