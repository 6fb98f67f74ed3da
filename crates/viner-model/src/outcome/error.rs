//! What is wrong with an outcome, and where.

use thiserror::Error;

/// What is wrong with an outcome.
#[derive(Clone, Debug, Error, PartialEq)]
#[error("{kind}")]
pub struct OutcomeError {
    /// Character of the text, counted from 1.
    pub column: usize,
    /// What.
    pub kind: OutcomeErrorKind,
}

/// Kinds of errors in an outcome.
#[derive(Clone, Debug, Error, PartialEq)]
#[non_exhaustive]
pub enum OutcomeErrorKind {
    /// Something else should stand here.
    #[error("found {found}, expected {expected}")]
    Syntax {
        /// What stands there.
        found: String,
        /// What should.
        expected: String,
    },
    /// Longer or more deeply nested than anybody writes.
    #[error("an outcome of {found} {what}, expected at most {limit}")]
    TooLong {
        /// `characters` or `levels`.
        what: &'static str,
        /// How many.
        found: usize,
        /// How many are taken.
        limit: usize,
    },
    /// No function of this name.
    #[error("unknown outcome `{name}`{}", did_you_mean(nearest.as_deref()))]
    UnknownFunction {
        /// As written.
        name: String,
        /// The nearest function.
        nearest: Option<String>,
    },
    /// Too few or too many arguments.
    #[error("`{function}` has {found} arguments, expected `{usage}`")]
    Arguments {
        /// The function.
        function: &'static str,
        /// How many it has.
        found: usize,
        /// How it is written.
        usage: &'static str,
    },
    /// A word where a number is needed.
    #[error("`{function}` is a word, not a number, expected it alone or before `=` or `!=`")]
    NotANumber {
        /// The function.
        function: &'static str,
    },
    /// No region, sector, policy, currency or regime of this name.
    #[error("unknown {what} `{name}`{}", did_you_mean(nearest.as_deref()))]
    UnknownName {
        /// What it should be.
        what: &'static str,
        /// As written.
        name: String,
        /// The nearest name.
        nearest: Option<String>,
    },
    /// Several names where one is needed.
    #[error("found several names or `*`, expected {expected}")]
    NotOneName {
        /// What it should be.
        expected: &'static str,
    },
    /// Names that leave nothing.
    #[error("`{selector}` chooses no {what}, expected at least one")]
    Nothing {
        /// `region` or `sector`.
        what: &'static str,
        /// As written.
        selector: String,
    },
    /// A policy of another kind.
    #[error("policy `{policy}` is of kind `{kind}`, expected {expected}")]
    WrongKind {
        /// The policy.
        policy: String,
        /// Its kind.
        kind: String,
        /// What the function needs.
        expected: &'static str,
    },
    /// Only what has a region can be ranked.
    #[error(
        "`rank` of this has no meaning, expected `flow`, `turnover` or another outcome of regions"
    )]
    NotRanked,
    /// Years are spoken of where there are none.
    #[error("`{function}` needs a path of years, expected a plan of `viner path`")]
    NoPath {
        /// `growth` or `at`.
        function: &'static str,
    },
    /// A year that the path does not have.
    #[error("year {year} is not on the path, expected one of {known}")]
    NotOnPath {
        /// As written.
        year: i32,
        /// Years of the path.
        known: String,
    },
    /// `base.` before a word or before an outcome of years.
    #[error("`base.{function}` has no meaning")]
    NoBase {
        /// The function.
        function: &'static str,
    },
    /// It moves in steps, or its derivative is not known.
    #[error("{what} has no derivative here, expected outcomes of regions, trade and sectors")]
    NoDerivative {
        /// What.
        what: String,
    },
    /// The counterfactual is no economy of its own.
    #[error("the counterfactual has no accounts of its own: {reason}")]
    NoAccounts {
        /// Why.
        reason: String,
    },
}

impl OutcomeErrorKind {
    pub(super) fn at(self, column: super::Column) -> OutcomeError {
        OutcomeError { column: column.0, kind: self }
    }
}

impl OutcomeError {
    /// The text with a mark under the character: two lines.
    pub fn marked(&self, text: &str) -> String {
        format!("{text}\n{}^", " ".repeat(self.column.saturating_sub(1)))
    }
}

fn did_you_mean(nearest: Option<&str>) -> String {
    nearest.map_or_else(String::new, |nearest| format!("; did you mean `{nearest}`?"))
}
