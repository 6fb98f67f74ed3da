//! What each policy adds to the effect of a scenario, as a table.

use viner_model::attribution::{Decomposition, OUTCOMES};
use viner_model::labels::Labels;

use super::Frame;

/// Table `decomposition`: a row for every policy (or set of policies), region and outcome.
pub fn decomposition_frame(players: &[String], regions: &Labels, parts: &Decomposition) -> Frame {
    let cells = || parts.effects.indexed_iter().map(|(cell, _)| cell);
    Frame::new("decomposition")
        .text("policy", cells().map(|(player, _, _)| players[player].clone()))
        .text("region", cells().map(|(_, n, _)| regions.code(n)))
        .text("outcome", cells().map(|(_, _, outcome)| OUTCOMES[outcome]))
        .number("effect", parts.effects.iter().copied())
        .number("error", parts.errors.iter().copied())
}
