//! Scenario files: TOML text, tables beside it and `--set` overrides, read into a
//! [`Scenario`](viner_model::scenario::Scenario) and the choices that go with it.
//!
//! [`read_scenario`] reports everything that is wrong without knowing a baseline;
//! [`Locations::locate`] gives the model's own errors, which need one, their line in the file.
//!
//! ```
//! use viner_io::scenario_file::{ScenarioSource, read_scenario};
//!
//! let source = ScenarioSource::text("wall.toml", r#"
//!     baseline = "icio-2019-g20"
//!     [[policy]]
//!     kind     = "tariff"
//!     exporter = "RUS"
//!     importer = "*"
//!     sector   = "B"
//!     rate     = 0.25
//! "#);
//! let (scenario, diagnostics) = read_scenario(&source, &["policy.tariff.rate=0.5".to_owned()]);
//! assert!(diagnostics.is_empty(), "{diagnostics}");
//! assert_eq!(scenario.map(|file| file.scenario.policies.len()), Some(1));
//! ```

mod calibrate_plan;
mod choices;
mod dates;
mod document;
mod domain;
mod fields;
mod findings;
mod game_plan;
mod locations;
mod model;
mod optimize_plan;
mod overrides;
mod path_plan;
mod plan;
mod policies;
mod read;
mod selectors;
mod source;
mod sweep_plan;
mod table_files;

pub use calibrate_plan::{CalibratePlan, FittedSize, TrainingRow};
pub use choices::{ReportChoices, SolverChoices};
pub use dates::{Day, Months, Period};
pub use game_plan::{
    ActionPlan, GamePlan, MAX_COMBINATIONS, PLAYER, PlayerPlan, When, read_game_plan,
};
pub use locations::Locations;
pub use optimize_plan::{Choose, Each, OptimizePlan, read_optimize_plan};
pub(crate) use optimize_plan::{OPTIMIZE, player_name};
pub use path_plan::{BacktestChoices, PathPlan, read_path_plan};
pub(crate) use plan::read_inline_scenario;
pub use plan::{PlanHead, PlanKind, PlanScenario};
pub use read::{ScenarioFile, read_scenario};
pub use source::{Recorded, ScenarioSource};
pub(crate) use sweep_plan::SWEEP;
pub use sweep_plan::{Design, SweepPlan, Vary, read_sweep_plan};
