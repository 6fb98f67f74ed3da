//! A scenario file and the baseline that it names, both read and checked: a question to the model.

use std::path::PathBuf;
use std::sync::Arc;

use serde_json::{Value as Json, json};
use viner_model::baseline::{Baseline, BaselineError};
use viner_model::equilibrium::{Equilibrium, Failure, RunError, Settings, run};
use viner_model::outcome::Names;
use viner_model::problem::{Problem, ScenarioError, Survivors};
use viner_model::scenario::{Sourcing, Unbalanced};

use crate::builtin::{self, open_baseline, open_published_baseline};
use crate::diagnostic::{Diagnostic, Diagnostics, IoError};
use crate::scenario_file::{ScenarioFile, ScenarioSource, read_scenario};

/// A scenario and its baseline.
#[derive(Clone, Debug)]
pub struct Question {
    /// Name of the scenario's file.
    pub name: String,
    /// The scenario file.
    pub file: ScenarioFile,
    /// Its baseline.
    pub baseline: Arc<Baseline>,
    /// Name of the baseline: that of a built-in one, or that in its `baseline.toml`.
    pub baseline_name: String,
    /// Digest of the baseline's labels and values.
    pub baseline_sha256: String,
    /// Largest failure of an accounting identity that was accepted, relative to world output.
    pub table_tolerance: f64,
    /// How exactly to solve.
    pub settings: Settings,
    /// What the reader should know although nothing is wrong.
    pub warnings: Vec<String>,
}

/// Why a question has no answer.
#[derive(Clone, Debug)]
pub enum NoAnswer {
    /// The input is wrong.
    Input(Diagnostics),
    /// The model says no.
    Model {
        /// Title of the scenario.
        title: String,
        /// Whether it is the baseline, without any policy, that has no solution.
        without_policies: bool,
        /// Why.
        failure: Failure,
    },
}

/// Scenario that is run when none is named.
pub const DEFAULT_SCENARIO: &str = "western-sanctions-2022";
/// Baseline of scenarios that name none.
pub const DEFAULT_BASELINE: &str = "icio-2019-g20";
/// Largest failure of an accounting identity that `run` accepts, relative to world output.
pub const TABLE_TOLERANCE: f64 = 1e-6;

/// The source of a scenario that is named by a path, by the folder or manifest of a run, or as one of
/// the built-in ones.
///
/// # Errors
/// There is neither such a file nor such a built-in scenario.
pub fn scenario_source(name: &str) -> Result<ScenarioSource, Diagnostics> {
    let path = PathBuf::from(name);
    if path.exists() {
        return ScenarioSource::read(&path).map_err(|error| error.diagnostics());
    }
    if let Some(text) = builtin::scenario(name) {
        return Ok(ScenarioSource::text(format!("{name}.toml"), text));
    }
    let names: Vec<String> =
        builtin::scenarios().into_iter().map(|(name, _)| name.to_owned()).collect();
    let mut diagnostic = Diagnostic::unknown("scenario", name, names.iter().map(String::as_str));
    diagnostic.hints.push("a scenario is a TOML file, or a name that `viner list` shows".into());
    Err(diagnostic.into())
}

impl Question {
    /// What names in outcomes mean here.
    pub fn names(&self) -> Names<'_> {
        Names::of_scenario(&self.baseline, &self.file.scenario)
    }

    /// Reads a scenario and its baseline; everything that is wrong with either is reported at once.
    ///
    /// # Errors
    /// All diagnostics.
    pub fn open(
        source: &ScenarioSource,
        overrides: &[String],
        table_tolerance: f64,
    ) -> Result<Self, Diagnostics> {
        let (file, diagnostics) = read_scenario(source, overrides);
        match file {
            Some(file) => Self::of_file(source, file, diagnostics, table_tolerance),
            None => Err(diagnostics),
        }
    }

    /// A scenario that is read already, with what was found wrong with it, and its baseline.
    ///
    /// # Errors
    /// All diagnostics, those found already among them.
    pub(crate) fn of_file(
        source: &ScenarioSource,
        file: ScenarioFile,
        mut diagnostics: Diagnostics,
        table_tolerance: f64,
    ) -> Result<Self, Diagnostics> {
        let name = file.baseline.as_deref().unwrap_or(DEFAULT_BASELINE);
        let open = match file.scenario.model.unbalanced {
            Unbalanced::Refuse => open_baseline,
            Unbalanced::Accept => open_published_baseline,
        };
        let mut opened = match open(name, source.folder.as_deref()) {
            Ok(opened) => opened,
            Err(IoError::Input(problems)) => {
                // An unknown name belongs to the scenario's line; what is wrong inside a bundle has
                // its own file and line.
                diagnostics.0.extend(problems.0.into_iter().map(|problem| match problem.file {
                    None => file.locations.place("baseline", problem),
                    Some(_) => problem,
                }));
                return Err(diagnostics);
            }
            Err(error) => {
                diagnostics.0.extend(error.diagnostics().0);
                return Err(diagnostics);
            }
        };
        let mut warnings = opened.warnings;
        if file.scenario.model.sourcing == Sourcing::Common
            && opened.tables.sourcing.take().is_some()
        {
            warnings.push(
                "table `sourcing` is not used: every user of a region buys from its suppliers in the \
                 shares of `flows`; `[model] sourcing = \"by-user\"` uses it"
                    .into(),
            );
        }
        let baseline = match file.scenario.model.unbalanced {
            Unbalanced::Refuse => Baseline::new(&opened.tables, table_tolerance),
            Unbalanced::Accept => Baseline::unbalanced(&opened.tables),
        };
        let baseline = match baseline {
            Ok(baseline) => Arc::new(baseline),
            Err(errors) => {
                diagnostics.0.extend(errors.iter().map(|error| {
                    file.locations.place("baseline", baseline_diagnostic(error, &opened.name))
                }));
                return Err(diagnostics);
            }
        };
        if let Err(errors) = Problem::new(Arc::clone(&baseline), &file.scenario) {
            // Where something was wrong already, a policy without cells may be its consequence.
            let already = !diagnostics.is_empty();
            let consequence =
                |error: &&ScenarioError| already && matches!(error, ScenarioError::NoCells { .. });
            let own = errors.iter().filter(|error| !consequence(error));
            diagnostics.0.extend(own.map(|error| file.locations.locate(error)));
        }
        check_report(&file, &baseline, &mut diagnostics);
        if !diagnostics.is_empty() {
            return Err(diagnostics);
        }
        let mut settings = Settings { tolerance: file.solver.tolerance, ..Settings::default() };
        if let Some(limit) = file.solver.max_evaluations {
            settings.max_evaluations = limit;
        }
        if source.recorded.baseline_sha256.as_ref().is_some_and(|sha256| *sha256 != opened.sha256) {
            warnings.push(format!(
                "baseline `{}` is not the one that the manifest records: results will differ",
                opened.name
            ));
        }
        Ok(Self {
            name: source.name.clone(),
            file,
            baseline,
            baseline_name: opened.name,
            baseline_sha256: opened.sha256,
            table_tolerance,
            settings,
            warnings,
        })
    }

    /// Title of the scenario; the name of its file where it has none.
    pub fn title(&self) -> &str {
        let title = self.file.scenario.title.as_str();
        if title.is_empty() { &self.name } else { title }
    }

    /// Whether every market that must be served keeps a supplier: what can be known of a solution
    /// without solving.
    ///
    /// # Errors
    /// The first market without supplier.
    pub fn check_feasible(&self) -> Result<(), NoAnswer> {
        let problem = Problem::new(Arc::clone(&self.baseline), &self.file.scenario)
            .map_err(|errors| self.located(&errors))?;
        Survivors::of(&problem).map(|_| ()).map_err(|infeasible| NoAnswer::Model {
            title: self.title().to_owned(),
            without_policies: false,
            failure: infeasible.into(),
        })
    }

    fn located(&self, errors: &[ScenarioError]) -> NoAnswer {
        NoAnswer::Input(Diagnostics(
            errors.iter().map(|error| self.file.locations.locate(error)).collect(),
        ))
    }

    /// Solves it: the problem, whose baseline is the one that results compare with, and its
    /// certified equilibrium.
    ///
    /// # Errors
    /// The model says no, or the solved baseline shows that the scenario is wrong on it.
    pub fn solve(&self) -> Result<(Problem, Equilibrium), NoAnswer> {
        run(Arc::clone(&self.baseline), &self.file.scenario, self.settings)
            .map_err(|error| self.no_answer(error))
    }

    /// Why there is no answer, with file and line where the input is wrong.
    pub(crate) fn no_answer(&self, error: RunError) -> NoAnswer {
        let refused = |failure, without_policies| NoAnswer::Model {
            title: self.title().to_owned(),
            without_policies,
            failure,
        };
        match error {
            RunError::Scenario(errors) => self.located(&errors),
            RunError::Baseline(errors) => NoAnswer::Input(Diagnostics(
                errors
                    .iter()
                    .map(|error| baseline_diagnostic(error, &self.baseline_name))
                    .collect(),
            )),
            RunError::Reference(failure) => refused(failure, true),
            RunError::Solve(failure) => refused(failure, false),
        }
    }

    /// The baseline as a manifest keeps it.
    pub(crate) fn baseline_entry(&self) -> Json {
        json!({
            "name": self.baseline_name,
            "sha256": self.baseline_sha256,
            "regions": self.baseline.region_count(),
            "sectors": self.baseline.sector_count(),
            "year": self.baseline.description.year,
            "unit": self.baseline.description.unit.millions(),
            "table_tolerance": self.table_tolerance,
        })
    }
}

/// A baseline error in the form that all input errors have.
pub fn baseline_diagnostic(error: &BaselineError, baseline: &str) -> Diagnostic {
    let diagnostic = Diagnostic::new(format!("baseline `{baseline}`: {error}"));
    match error.hint() {
        Some(hint) => diagnostic.hint(hint),
        None => diagnostic,
    }
}

/// Names in `[report]` must be regions or groups of regions.
fn check_report(file: &ScenarioFile, baseline: &Baseline, diagnostics: &mut Diagnostics) {
    let groups = &file.scenario.groups;
    let known = |name: &str| {
        baseline.regions.position(name).is_some()
            || groups.get(name).is_some_and(|members| {
                members.iter().any(|code| baseline.regions.position(code).is_some())
            })
    };
    let candidates = || baseline.regions.codes().chain(groups.keys().map(String::as_str));
    let focus = file.report.focus.iter().map(|name| ("report.focus".to_owned(), name));
    let partners = file.report.partners.iter().enumerate();
    let partners = partners.map(|(index, name)| (format!("report.partners.{index}"), name));
    for (path, name) in focus.chain(partners) {
        if !known(name) {
            let diagnostic = Diagnostic::unknown("region", name, candidates());
            diagnostics.push(file.locations.place(&path, diagnostic));
        }
    }
}
