//! One small language for numbers of interest: `welfare(RUS)`, `flow(RUS, CHN, B)`,
//! `share(flow(CHN, RUS, C29), flow(*, RUS, C29))`, `growth(turnover(RUS, CHN), 2022)`.
//!
//! An [`Outcome`] is a text that was parsed: its functions and their number of arguments are known.
//! [`Outcome::bind`] looks its names up, which gives a [`Measure`]; that is evaluated on a problem and
//! its equilibrium, or on a [`Path`] of years. Every error says at which character of the text.
//!
//! ```
//! use viner_model::outcome::Outcome;
//!
//! let outcome = Outcome::parse("flow(RUS,CHN,*)/base.flow(RUS,CHN,*)-1").unwrap();
//! assert_eq!(outcome.to_string(), "flow(RUS, CHN, *) / base.flow(RUS, CHN, *) - 1");
//! let error = Outcome::parse("welfar(RUS)").unwrap_err();
//! assert_eq!(error.column, 1);
//! assert_eq!(error.to_string(), "unknown outcome `welfar`; did you mean `welfare`?");
//! ```
//!
//! `docs/outcomes.md` defines every function.

mod bind;
mod derivative;
mod display;
mod error;
mod evaluate;
mod function;
mod measure;
mod parse;
#[cfg(test)]
mod tests;

use std::fmt;

pub use bind::Names;
pub use derivative::Smooth;
pub use error::{OutcomeError, OutcomeErrorKind};
pub use evaluate::{Path, Value, Year};
pub use function::Function;
pub use measure::Measure;

use parse::Parser;

/// Characters of the longest outcome: far more than anybody writes, few enough for any stack.
const MAX_LENGTH: usize = 4000;

/// What to tell of an equilibrium, in words.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    expression: Expression,
}

impl Outcome {
    /// Reads a text.
    ///
    /// # Errors
    /// What is no outcome, and at which character.
    pub fn parse(text: &str) -> Result<Self, OutcomeError> {
        Ok(Self { expression: Parser::new(text)?.whole()? })
    }

    /// Looks up every name in it.
    ///
    /// # Errors
    /// The first name that is unknown, with the nearest one, or a policy of the wrong kind.
    pub fn bind(&self, names: &Names<'_>) -> Result<Measure, OutcomeError> {
        names.bind(&self.expression).map(Measure::new)
    }

    /// Whether it speaks of years: [`growth`](Function::Growth) or [`at`](Function::At).
    pub fn needs_path(&self) -> bool {
        self.expression.any_call(&|call| matches!(call.function, Function::Growth | Function::At))
    }

    /// Whether its value is a text: [`regime`](Function::Regime).
    pub fn is_text(&self) -> bool {
        matches!(&self.expression, Expression::Call(call) if call.function == Function::Regime)
    }
}

impl std::str::FromStr for Outcome {
    type Err = OutcomeError;

    fn from_str(text: &str) -> Result<Self, OutcomeError> {
        Self::parse(text)
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.expression.fmt(f)
    }
}

/// What a text means, names not looked up yet.
#[derive(Clone, Debug, PartialEq)]
enum Expression {
    Number(f64),
    Negative(Box<Expression>),
    Binary(Operator, Box<Expression>, Box<Expression>),
    /// `regime(cap) = slack`, or `!=`.
    Is {
        call: Call,
        equal: bool,
        word: Word,
    },
    Call(Call),
}

/// A function with its arguments.
#[derive(Clone, Debug, PartialEq)]
struct Call {
    /// `base.` stands before it.
    base: bool,
    function: Function,
    arguments: Vec<Argument>,
    at: Column,
}

/// Where something stands; all places are equal, so that two outcomes are if they mean the same.
#[derive(Clone, Copy, Debug)]
struct Column(usize);

impl PartialEq for Column {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

#[derive(Clone, Debug, PartialEq)]
enum Argument {
    Names(Selector),
    Expression(Expression),
    Year(i32, Column),
}

/// Codes or groups: `*`, `RUS`, `DEU|FRA`, `not ROW`.
#[derive(Clone, Debug, PartialEq)]
struct Selector {
    not: bool,
    /// Empty is `*`.
    names: Vec<Word>,
    at: Column,
}

/// A name as written.
#[derive(Clone, Debug, PartialEq)]
struct Word {
    text: String,
    at: Column,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operator {
    Add,
    Subtract,
    Multiply,
    Divide,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Equal,
    NotEqual,
}

impl Operator {
    fn symbol(self) -> &'static str {
        match self {
            Self::Add => "+",
            Self::Subtract => "-",
            Self::Multiply => "*",
            Self::Divide => "/",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
            Self::Equal => "=",
            Self::NotEqual => "!=",
        }
    }

    /// What binds closer has more.
    fn rank(self) -> u8 {
        match self {
            Self::Add | Self::Subtract => 2,
            Self::Multiply | Self::Divide => 3,
            _ => 1,
        }
    }

    /// A comparison is 1 where it holds, 0 where it does not.
    fn apply(self, left: f64, right: f64) -> f64 {
        match self {
            Self::Add => left + right,
            Self::Subtract => left - right,
            Self::Multiply => left * right,
            Self::Divide => left / right,
            Self::Less => f64::from(left < right),
            Self::LessOrEqual => f64::from(left <= right),
            Self::Greater => f64::from(left > right),
            Self::GreaterOrEqual => f64::from(left >= right),
            #[expect(clippy::float_cmp, reason = "the user asks whether two numbers are equal")]
            Self::Equal => f64::from(left == right),
            #[expect(clippy::float_cmp, reason = "the user asks whether two numbers differ")]
            Self::NotEqual => f64::from(left != right),
        }
    }
}

impl Expression {
    fn any_call(&self, test: &dyn Fn(&Call) -> bool) -> bool {
        match self {
            Self::Number(_) => false,
            Self::Negative(inner) => inner.any_call(test),
            Self::Binary(_, left, right) => left.any_call(test) || right.any_call(test),
            Self::Is { call, .. } | Self::Call(call) => {
                test(call)
                    || call.arguments.iter().any(|argument| match argument {
                        Argument::Expression(inner) => inner.any_call(test),
                        Argument::Names(_) | Argument::Year(..) => false,
                    })
            }
        }
    }
}
