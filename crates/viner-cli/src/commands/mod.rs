//! One module per command; they call the libraries and print.

pub mod backtest;
pub mod balance;
pub mod calibrate;
pub mod check;
pub mod compare;
pub mod data;
pub mod game;
pub mod import;
pub mod info;
pub mod list;
pub mod optimize;
pub mod options;
pub mod path;
pub mod products;
pub mod replay;
pub mod run;
pub mod sensitivity;
pub mod show;
pub mod split;
pub mod sweep;
pub mod tables;

use viner_io::question::{NoAnswer, TABLE_TOLERANCE};
use viner_io::{Diagnostic, Diagnostics, IoError};
use viner_model::equilibrium::Failure;

/// Why a command failed; each kind has its exit status.
pub enum Failed {
    /// Status 1: the input is wrong.
    Input(Diagnostics),
    /// Status 2: the command line is wrong.
    Usage(String),
    /// Status 3: the model says no.
    Model(String),
}

impl From<Diagnostics> for Failed {
    fn from(diagnostics: Diagnostics) -> Self {
        Self::Input(diagnostics)
    }
}

impl From<IoError> for Failed {
    fn from(error: IoError) -> Self {
        Self::Input(error.diagnostics())
    }
}

impl From<NoAnswer> for Failed {
    fn from(no: NoAnswer) -> Self {
        match no {
            NoAnswer::Input(diagnostics) => Self::Input(diagnostics),
            NoAnswer::Model { title, without_policies, failure } => {
                let what = if without_policies {
                    format!("the baseline of scenario `{title}`")
                } else {
                    format!("scenario `{title}`")
                };
                Self::Model(model_error(&what, &failure))
            }
        }
    }
}

/// A failure of the model in the form that all errors have.
fn model_error(what: &str, failure: &Failure) -> String {
    let mut diagnostic = Diagnostic::new(format!("{what}: {failure}"));
    diagnostic.hints = failure.hints();
    diagnostic.to_string()
}

/// The tolerance for the identities of a table, checked.
fn table_tolerance(option: Option<f64>) -> Result<f64, Failed> {
    let tolerance = option.unwrap_or(TABLE_TOLERANCE);
    if tolerance >= 0.0 && tolerance.is_finite() {
        Ok(tolerance)
    } else {
        Err(Failed::Usage(format!(
            "error: `--tolerance {tolerance}`: expected a finite share of world output, at least 0"
        )))
    }
}

/// A remark that is no error.
fn warning(text: &str) -> String {
    format!("warning: {text}")
}
