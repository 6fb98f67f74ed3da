//! What an operation changed.

use viner_model::tables::Tables;

use crate::accounts::{Cells, Part};

/// How many cells a report names.
pub const NAMED_CELLS: usize = 10;

/// How much of a part moved.
#[derive(Clone, Debug, PartialEq)]
pub struct PartChange {
    /// The part.
    pub part: Part,
    /// Its sum before.
    pub before: f64,
    /// Its sum after.
    pub after: f64,
    /// Sum of absolute changes.
    pub moved: f64,
}

/// A cell that moved.
#[derive(Clone, Debug, PartialEq)]
pub struct MovedCell {
    /// The part that it is in.
    pub part: Part,
    /// Its codes.
    pub cell: String,
    /// Value before.
    pub before: f64,
    /// Value after.
    pub after: f64,
}

/// Changes between two tables of the same labels.
#[derive(Clone, Debug, PartialEq)]
pub struct Changes {
    /// By part.
    pub parts: Vec<PartChange>,
    /// The cells that moved most in money, the largest first.
    pub moved_most: Vec<MovedCell>,
}

impl Changes {
    /// Compares `after` with `before`.
    pub fn between(before: &Tables, after: &Tables) -> Self {
        let cells = Cells::of(before);
        let (old, new) = (Cells::values(before), Cells::values(after));
        let mut parts: Vec<PartChange> =
            Part::ALL.map(|part| PartChange { part, before: 0.0, after: 0.0, moved: 0.0 }).into();
        let mut moved: Vec<(usize, f64)> = Vec::new();
        for (position, (old, new)) in old.iter().zip(&new).enumerate() {
            let part = cells.part(position);
            let Some(change) = parts.iter_mut().find(|change| change.part == part) else {
                continue;
            };
            change.before += old;
            change.after += new;
            let size = (new - old).abs();
            change.moved += size;
            if size > 0.0 {
                moved.push((position, size));
            }
        }
        moved.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        let named = moved.iter().take(NAMED_CELLS).map(|&(position, _)| MovedCell {
            part: cells.part(position),
            cell: cells.name(before, position),
            before: old[position],
            after: new[position],
        });
        Self { parts, moved_most: named.collect() }
    }

    /// Sum of absolute changes of flows relative to their sum before.
    pub fn share_of_flows(&self) -> f64 {
        let flows = self.parts.iter().find(|change| change.part == Part::Flows);
        flows
            .map_or(0.0, |flows| if flows.before == 0.0 { 0.0 } else { flows.moved / flows.before })
    }
}
