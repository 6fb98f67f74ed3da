//! Derivatives as tables.

use std::sync::Arc;

use super::Frame;
use crate::sensitivity::{Answer, Sensitivity};

/// Table `gradient`: a row for every outcome and everything that it answers to, the largest
/// derivatives of each outcome first.
pub fn gradient_frame(sensitivities: &[Sensitivity]) -> Frame {
    let rows =
        || sensitivities.iter().flat_map(|one| one.answers.iter().map(move |answer| (one, answer)));
    let text =
        |of: fn(&Answer) -> &Option<Arc<str>>| rows().map(move |(_, answer)| of(answer).as_deref());
    Frame::new("gradient")
        .text("outcome", rows().map(|(one, _)| &one.outcome))
        .text("kind", rows().map(|(_, answer)| &answer.kind))
        .optional_text("exporter", text(|answer| &answer.exporter))
        .optional_text("importer", text(|answer| &answer.importer))
        .optional_text("sector", text(|answer| &answer.sector))
        .text("key", rows().map(|(_, answer)| &answer.key))
        .number("value", rows().map(|(_, answer)| answer.value))
        .number("derivative", rows().map(|(_, answer)| answer.derivative))
        .number("elasticity", rows().map(|(one, answer)| answer.elasticity(one.value)))
        .optional_text("policy", text(|answer| &answer.policy))
}
