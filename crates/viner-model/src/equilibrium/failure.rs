//! Why a problem was not solved, in words.

use thiserror::Error;
use viner_numerics::Outcome;

use super::Certificate;
use crate::problem::Infeasible;

/// Why there is no certified equilibrium.
#[derive(Clone, Debug, PartialEq, Error)]
#[non_exhaustive]
pub enum Failure {
    /// A market must be served and has no supplier left.
    #[error("the policies cannot hold together: {0}")]
    Infeasible(#[from] Infeasible),
    /// No method reached the tolerance.
    #[error(
        "no equilibrium found: the iteration {} after {evaluations} evaluations; worst market \
         {market}, off by {}, expected at most {tolerance:.0e}",
        outcome_in_words(*outcome),
        size_in_words(*residual)
    )]
    NotSolved {
        /// How the last method ended.
        outcome: Outcome,
        /// Evaluations by all methods.
        evaluations: usize,
        /// Largest relative imbalance.
        residual: f64,
        /// What was asked.
        tolerance: f64,
        /// Where the imbalance is largest.
        market: String,
        /// Largest part of the policies for which an equilibrium was found.
        part: f64,
        /// Whether deficits are fixed and some region is in surplus.
        fixed_surplus: bool,
    },
    /// The solver converged, and its result does not satisfy the equations.
    #[error(
        "the result is not certified: {} of {} is off by {:.1e}, expected at most {tolerance:.0e}",
        certificate.worst().equation, certificate.worst().cell, certificate.worst().relative
    )]
    NotCertified {
        /// All residuals.
        certificate: Certificate,
        /// What was asked.
        tolerance: f64,
    },
}

impl Failure {
    /// Remedies.
    pub fn hints(&self) -> Vec<String> {
        match self {
            Self::Infeasible(_) => vec![
                "leave part of the trade: `share` below 1 in an embargo or exit on this sector"
                    .into(),
            ],
            Self::NotSolved { outcome, part, fixed_surplus, .. } => {
                let mut hints = Vec::new();
                if *fixed_surplus {
                    hints.push(
                        "`deficits = \"fixed\"` makes regions in surplus go on paying out the same \
                         amount however little they can sell; try \"income-share\" or \"balanced\""
                            .to_owned(),
                    );
                }
                if *outcome == Outcome::EvaluationLimit {
                    hints.push("raise `solver.max_evaluations`".to_owned());
                }
                if *part > 0.0 {
                    hints.push(format!(
                        "weaker policies have an equilibrium: with every ln(1 + rate), ln(1 + change) and \
                         removed share at {:.0} % of what is asked",
                        100.0 * part
                    ));
                }
                hints.push(
                    "raise very low elasticities or lower `specific_factor_share` in the sector \
                     named, or take a looser `solver.tolerance`"
                        .into(),
                );
                hints
            }
            Self::NotCertified { .. } => vec![
                "the baseline may hold cells too small for the tolerance; try a looser \
                 `solver.tolerance`"
                    .into(),
            ],
        }
    }
}

fn outcome_in_words(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Converged => "converged",
        Outcome::Stalled => "made no more progress",
        Outcome::Diverged => "left the range of finite numbers",
        Outcome::EvaluationLimit => "ran out of evaluations",
    }
}

fn size_in_words(residual: f64) -> String {
    if residual.is_finite() { format!("{residual:.1e}") } else { "more than any number".to_owned() }
}
