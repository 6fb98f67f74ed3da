//! `[solver]` and `[report]`: what a scenario says beside the economics.

use super::document::{Node, Value};
use super::domain::TOLERANCE;
use super::fields::{Fields, text_of, texts_of};
use super::findings::{Findings, Reported};

/// `[solver]`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SolverChoices {
    /// Largest residual of any equation at which a solution is accepted (1e-10).
    pub tolerance: f64,
    /// Evaluations of the equations after which the solver gives up; its own limit if `None`.
    pub max_evaluations: Option<usize>,
}

impl Default for SolverChoices {
    fn default() -> Self {
        Self { tolerance: 1e-10, max_evaluations: None }
    }
}

/// `[report]`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReportChoices {
    /// Region or group that the report is about; the most affected if `None`.
    pub focus: Option<String>,
    /// Regions or groups it is compared with.
    pub partners: Vec<String>,
}

/// `[solver]`; defaults where it is absent.
pub(super) fn read_solver(
    node: Option<&Node>,
    findings: &mut Findings,
) -> Result<SolverChoices, Reported> {
    let mut choices = SolverChoices::default();
    let Some(node) = node else { return Ok(choices) };
    let fields = Fields::of(node, "solver", "a table, `[solver]`", findings)?;
    let keys = fields.check_keys(&["tolerance", "max_evaluations"], findings);
    let tolerance = fields.number("tolerance", TOLERANCE, findings);
    if let Some(node) = fields.node("max_evaluations") {
        let limit = match node.value {
            Value::Integer(value) => usize::try_from(value).ok().filter(|limit| *limit > 0),
            _ => None,
        };
        if limit.is_none() {
            let path = fields.path_of("max_evaluations");
            return Err(findings.wrong_type(node, &path, "a whole number above 0"));
        }
        choices.max_evaluations = limit;
    }
    choices.tolerance = tolerance?.unwrap_or(choices.tolerance);
    keys.map(|()| choices)
}

/// `[report]`; nothing where it is absent.
pub(super) fn read_report(
    node: Option<&Node>,
    findings: &mut Findings,
) -> Result<ReportChoices, Reported> {
    let Some(node) = node else { return Ok(ReportChoices::default()) };
    let fields = Fields::of(node, "report", "a table, `[report]`", findings)?;
    let keys = fields.check_keys(&["focus", "partners"], findings);
    let focus = fields.text("focus", "a region or a group", findings);
    let partners = match fields.node("partners") {
        None => Ok(Vec::new()),
        Some(node) => {
            let (path, expected) = (fields.path_of("partners"), "a list of regions or groups");
            match &node.value {
                Value::Text(_) => {
                    text_of(node, &path, expected, findings).map(|name| vec![name.to_owned()])
                }
                _ => texts_of(node, &path, expected, findings),
            }
        }
    };
    keys?;
    Ok(ReportChoices { focus: focus?.map(ToOwned::to_owned), partners: partners? })
}
