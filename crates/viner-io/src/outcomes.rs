//! Outcomes that a user asks for: names looked up, values in tables.

use viner_model::equilibrium::Equilibrium;
use viner_model::outcome::{Measure, Outcome, OutcomeError, Value};
use viner_model::problem::Problem;

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::question::Question;
use crate::results::Frame;

/// An outcome as written, and what it means on a baseline.
#[derive(Clone, Debug, PartialEq)]
pub struct Asked {
    /// As written, in the spelling of the language.
    pub text: String,
    /// What to compute.
    pub measure: Measure,
    /// Whether its value is a word.
    pub is_text: bool,
}

/// An outcome with its values.
#[derive(Clone, Debug, PartialEq)]
pub struct Told {
    /// As written, in the spelling of the language.
    pub outcome: String,
    /// In the baseline.
    pub base: Value,
    /// In the counterfactual.
    pub value: Value,
}

/// An error in an outcome in the form that all input errors have; `place` says where it was written.
pub fn outcome_diagnostic(error: &OutcomeError, place: &str) -> Diagnostic {
    Diagnostic::new(error.to_string()).in_file(place).at_column(error.column)
}

/// Outcomes on a baseline and a scenario; those that speak of years only where `years` is true.
///
/// # Errors
/// What is wrong with each of them, all at once.
pub fn ask(texts: &[String], question: &Question, years: bool) -> Result<Vec<Asked>, Diagnostics> {
    let names = question.names();
    let mut diagnostics = Diagnostics::default();
    let mut asked = Vec::with_capacity(texts.len());
    for text in texts {
        let bound = Outcome::parse(text)
            .and_then(|outcome| outcome.bind(&names).map(|measure| (outcome, measure)));
        match bound {
            Ok((outcome, _)) if outcome.needs_path() && !years => {
                let problem = "`growth` and `at` need a path of years";
                let diagnostic = Diagnostic::new(problem).in_file(place(text));
                diagnostics.push(diagnostic.hint("years are those of a plan of `viner path`"));
            }
            Ok((outcome, measure)) => {
                let is_text = outcome.is_text();
                asked.push(Asked { text: outcome.to_string(), measure, is_text });
            }
            Err(error) => diagnostics.push(outcome_diagnostic(&error, &place(text))),
        }
    }
    diagnostics.into_result().map(|()| asked)
}

fn place(text: &str) -> String {
    format!("--of \"{text}\"")
}

/// Values of outcomes before and after.
///
/// # Errors
/// What cannot be told of this equilibrium.
pub fn tell(
    asked: &[Asked],
    problem: &Problem,
    equilibrium: &Equilibrium,
) -> Result<Vec<Told>, Diagnostics> {
    let tell = |asked: &Asked| {
        let base = asked.measure.base(problem)?;
        let value = asked.measure.value(problem, equilibrium)?;
        Ok(Told { outcome: asked.text.clone(), base, value })
    };
    let located = |asked: &Asked, error: &OutcomeError| {
        Diagnostics::from(outcome_diagnostic(error, &place(&asked.text)))
    };
    asked.iter().map(|asked| tell(asked).map_err(|error| located(asked, &error))).collect()
}

/// Table `outcomes`: outcome, base, value; and `word` if one of them is a word.
pub fn outcome_frame(told: &[Told]) -> Frame {
    let number = |value: &Value| value.number().unwrap_or(f64::NAN);
    let frame = Frame::new("outcomes")
        .text("outcome", told.iter().map(|row| row.outcome.clone()))
        .number("base", told.iter().map(|row| number(&row.base)))
        .number("value", told.iter().map(|row| number(&row.value)));
    with_words(frame, told.iter().map(|row| &row.value))
}

/// Adds a column `word` if one of the values is one.
pub fn with_words<'v>(frame: Frame, values: impl Iterator<Item = &'v Value> + Clone) -> Frame {
    let word = |value: &Value| match value {
        Value::Text(word) => Some(word.clone()),
        Value::Number(_) => None,
    };
    if values.clone().any(|value| word(value).is_some()) {
        frame.optional_text("word", values.map(word))
    } else {
        frame
    }
}
