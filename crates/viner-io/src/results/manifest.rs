//! What a run was: enough to repeat it, and to trust it.

use serde_json::{Value, json};
use viner_model::equilibrium::{Certificate, Equilibrium};

use crate::question::Question;

/// The program that ran.
#[derive(Clone, Copy, Debug)]
pub struct Program {
    /// Version of the package.
    pub version: &'static str,
    /// Commit that it was built from, as far as the build could know.
    pub commit: &'static str,
}

/// The manifest of a run: version, commit, the whole scenario with its tables, the baseline and its
/// digest, how it was solved, the certificate, the platform.
pub fn manifest(
    question: &Question,
    equilibrium: &Equilibrium,
    program: Program,
    seconds: f64,
) -> Value {
    json!({
        "viner": { "version": program.version, "commit": program.commit },
        "title": question.file.scenario.title,
        "scenario": question.file.manifest_entry(),
        "baseline": question.baseline_entry(),
        "solver": solver(question, equilibrium, seconds),
        "certificate": certificate(&equilibrium.certificate),
        "platform": {
            "os": std::env::consts::OS,
            "architecture": std::env::consts::ARCH,
        },
    })
}

/// How a run was solved.
pub fn solver(question: &Question, equilibrium: &Equilibrium, seconds: f64) -> Value {
    let statistics = &equilibrium.statistics;
    json!({
        "method": statistics.method.name(),
        "evaluations": statistics.evaluations,
        "seconds": seconds,
        "tolerance": question.settings.tolerance,
        "residual": statistics.residual,
    })
}

/// Largest residual of every equation.
pub fn certificate(certificate: &Certificate) -> Value {
    let worst = certificate.worst();
    let equations: serde_json::Map<String, Value> = certificate
        .residuals
        .iter()
        .map(|residual| {
            let cell = residual.cell.trim_matches('`');
            (residual.equation.to_owned(), json!({ "residual": residual.relative, "cell": cell }))
        })
        .collect();
    json!({ "largest": worst.relative, "equation": worst.equation, "equations": equations })
}
