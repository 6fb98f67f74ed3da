//! Best policies as tables.

use viner_model::scenario::{Action, Cells, Policy, SectorCells, Selector};

use super::Frame;
use crate::optimize::{OptimizeQuestion, Optimized};

/// A size that was chosen.
#[derive(Clone, Debug, PartialEq)]
pub struct Chosen {
    /// Who chose it; nobody's name where there is one objective alone.
    pub player: Option<String>,
    /// Kind of policy.
    pub kind: &'static str,
    /// Selling regions, the region of a sector, or who pays.
    pub exporter: String,
    /// Buying regions, or who receives.
    pub importer: String,
    /// Sectors.
    pub sector: String,
    /// The size.
    pub value: f64,
    /// Least size.
    pub lower: f64,
    /// Largest size.
    pub upper: f64,
    /// Derivative of the player's objective by the size.
    pub gradient: f64,
    /// What a unit of the bound is worth in the objective where the size is at one; 0 elsewhere.
    pub multiplier: f64,
}

/// All sizes of an optimum.
pub fn chosen(question: &OptimizeQuestion, found: &Optimized) -> Vec<Chosen> {
    let rows = question.choices.iter().zip(&found.best.sizes).enumerate();
    rows.map(|(position, ((player, choice), &value))| {
        let gradient =
            found.best.told.get(*player).map_or(f64::NAN, |told| told.gradient[position]);
        let [exporter, importer, sector] = places(&choice.policy);
        let name = &question.plan.players[*player].0;
        Chosen {
            player: (!name.is_empty()).then(|| name.clone()),
            kind: choice.policy.kind(),
            exporter,
            importer,
            sector,
            value,
            lower: choice.lower,
            upper: choice.upper,
            gradient,
            multiplier: if value <= choice.lower || value >= choice.upper { gradient } else { 0.0 },
        }
    })
    .collect()
}

fn places(policy: &Policy) -> [String; 3] {
    let none = String::new;
    match &policy.action {
        Action::Bilateral { cells: Cells::Pattern { exporter, importer, sector, .. }, .. } => {
            [exporter, importer, sector].map(written)
        }
        Action::Sector { cells: SectorCells::Pattern { region, sector, .. }, .. } => {
            [written(region), none(), written(sector)]
        }
        Action::Transfer { rows } => rows.first().map_or_else(
            || [none(), none(), none()],
            |row| [written(&row.from), written(&row.to), none()],
        ),
        _ => [none(), none(), none()],
    }
}

fn written(selector: &Selector) -> String {
    match selector {
        Selector::All => "*".to_owned(),
        Selector::Names(names) => names.join("|"),
        Selector::Not(names) => format!("not {}", names.join("|")),
    }
}

/// Tables `solution` and, if one was asked for, `frontier`.
pub fn optimize_frames(question: &OptimizeQuestion, found: &Optimized) -> Vec<Frame> {
    let rows = chosen(question, found);
    let solution = Frame::new("solution")
        .optional_text("player", rows.iter().map(|row| row.player.clone()))
        .text("kind", rows.iter().map(|row| row.kind))
        .text("exporter", rows.iter().map(|row| row.exporter.clone()))
        .text("importer", rows.iter().map(|row| row.importer.clone()))
        .text("sector", rows.iter().map(|row| row.sector.clone()))
        .number("value", rows.iter().map(|row| row.value))
        .number("lower", rows.iter().map(|row| row.lower))
        .number("upper", rows.iter().map(|row| row.upper))
        .number("gradient", rows.iter().map(|row| row.gradient))
        .number("multiplier", rows.iter().map(|row| row.multiplier));
    let mut frames = vec![solution];
    if !found.frontier.points.is_empty() {
        let points = || found.frontier.points.iter();
        let mut frame = Frame::new("frontier")
            .number("cost", points().map(|point| point.0))
            .number("effect", points().map(|point| point.1));
        for position in 0..question.choices.len() {
            let name = format!("size_{position}");
            frame = frame.number(name, points().map(|point| point.2[position]));
        }
        frames.push(frame);
    }
    frames
}
