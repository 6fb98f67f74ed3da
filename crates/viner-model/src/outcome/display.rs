//! Expression to text, which parses to the same expression.

use std::fmt;

use super::parse::is_plain_word;
use super::{Argument, Call, Expression, Selector, Word};

/// Rank of what needs no parentheses anywhere.
const CLOSED: u8 = 9;

/// Rank of a minus sign: closer than any operator between two terms.
const SIGN: u8 = 4;

impl Expression {
    fn rank(&self) -> u8 {
        match self {
            Self::Number(_) | Self::Call(_) => CLOSED,
            Self::Negative(_) => SIGN,
            Self::Binary(operator, ..) => operator.rank(),
            Self::Is { .. } => 1,
        }
    }

    /// In parentheses where something of at least `rank` is needed.
    fn within(&self, rank: u8, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.rank() < rank { write!(f, "({self})") } else { write!(f, "{self}") }
    }
}

impl fmt::Display for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(value) => write!(f, "{value}"),
            Self::Negative(inner) => {
                f.write_str("-")?;
                inner.within(SIGN, f)
            }
            Self::Binary(operator, left, right) => {
                // Comparisons do not follow one another; other operators go from left to right.
                let comparison = u8::from(operator.rank() == 1);
                left.within(operator.rank() + comparison, f)?;
                write!(f, " {} ", operator.symbol())?;
                right.within(operator.rank() + 1, f)
            }
            Self::Is { call, equal, word } => {
                write!(f, "{call} {} {word}", if *equal { "=" } else { "!=" })
            }
            Self::Call(call) => call.fmt(f),
        }
    }
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let base = if self.base { "base." } else { "" };
        write!(f, "{base}{}(", self.function.name())?;
        for (position, argument) in self.arguments.iter().enumerate() {
            if position > 0 {
                f.write_str(", ")?;
            }
            match argument {
                Argument::Names(selector) => selector.fmt(f)?,
                Argument::Expression(inner) => inner.fmt(f)?,
                Argument::Year(year, _) => write!(f, "{year}")?,
            }
        }
        f.write_str(")")
    }
}

impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.names.is_empty() {
            return f.write_str("*");
        }
        if self.not {
            f.write_str("not ")?;
        }
        for (position, name) in self.names.iter().enumerate() {
            if position > 0 {
                f.write_str("|")?;
            }
            name.fmt(f)?;
        }
        Ok(())
    }
}

impl fmt::Display for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if is_plain_word(&self.text) {
            f.write_str(&self.text)
        } else {
            write!(f, "\"{}\"", self.text)
        }
    }
}
