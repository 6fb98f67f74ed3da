//! Text to expression.

use super::error::OutcomeErrorKind as Kind;
use super::function::{Function, Parameter};
use super::{
    Argument, Call, Column, Expression, MAX_LENGTH, Operator, OutcomeError, Selector, Word,
};

/// Parentheses and functions inside each other.
const MAX_DEPTH: usize = 60;

/// Before a name, its baseline value.
const BASE: &str = "base";

/// Before names, all others.
const NOT: &str = "not";

/// A reader of one text.
pub(super) struct Parser {
    text: Vec<char>,
    /// Of the next character.
    at: usize,
    depth: usize,
}

type Parsed<T> = Result<T, OutcomeError>;

impl Parser {
    pub(super) fn new(text: &str) -> Parsed<Self> {
        let text: Vec<char> = text.chars().collect();
        if text.len() > MAX_LENGTH {
            let kind = Kind::TooLong { what: "characters", found: text.len(), limit: MAX_LENGTH };
            return Err(kind.at(Column(MAX_LENGTH + 1)));
        }
        Ok(Self { text, at: 0, depth: 0 })
    }

    /// The whole text is one outcome.
    pub(super) fn whole(mut self) -> Parsed<Expression> {
        let expression = self.comparison(true)?;
        self.spaces();
        if self.at < self.text.len() {
            return Err(self.unexpected("an operator or the end"));
        }
        Ok(expression)
    }

    fn column(&self) -> Column {
        Column(self.at + 1)
    }

    fn peek(&self) -> Option<char> {
        self.text.get(self.at).copied()
    }

    fn spaces(&mut self) {
        while self.peek().is_some_and(char::is_whitespace) {
            self.at += 1;
        }
    }

    /// The next character that is no space, left where it is.
    fn next(&mut self) -> Option<char> {
        self.spaces();
        self.peek()
    }

    fn take(&mut self, wanted: char) -> bool {
        let found = self.next() == Some(wanted);
        self.at += usize::from(found);
        found
    }

    fn unexpected(&mut self, expected: &str) -> OutcomeError {
        let found = match self.next() {
            None => "the end".to_owned(),
            Some(c) => format!("`{}`", c.escape_debug()),
        };
        Kind::Syntax { found, expected: expected.to_owned() }.at(self.column())
    }

    fn expect(&mut self, wanted: char, expected: &str) -> Parsed<()> {
        if self.take(wanted) { Ok(()) } else { Err(self.unexpected(expected)) }
    }

    fn comparison_operator(&mut self) -> Option<Operator> {
        let first = self.next()?;
        let equal = self.text.get(self.at + 1) == Some(&'=');
        let (operator, length) = match (first, equal) {
            ('<', true) => (Operator::LessOrEqual, 2),
            ('<', false) => (Operator::Less, 1),
            ('>', true) => (Operator::GreaterOrEqual, 2),
            ('>', false) => (Operator::Greater, 1),
            ('!', true) => (Operator::NotEqual, 2),
            ('=', true) => (Operator::Equal, 2),
            ('=', false) => (Operator::Equal, 1),
            _ => return None,
        };
        self.at += length;
        Some(operator)
    }

    /// `a`, `a < b`, `regime(cap) = slack`; a word alone only where `alone`.
    fn comparison(&mut self, alone: bool) -> Parsed<Expression> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            let kind = Kind::TooLong { what: "levels", found: self.depth, limit: MAX_DEPTH };
            return Err(kind.at(self.column()));
        }
        let left = self.sum()?;
        let place = self.at;
        let operator = self.comparison_operator();
        let result = match (left, operator) {
            (Expression::Call(call), operator) if call.function == Function::Regime => {
                match operator {
                    Some(Operator::Equal | Operator::NotEqual) => {
                        let equal = operator == Some(Operator::Equal);
                        let word = self.word("a regime, such as `slack`")?;
                        Ok(Expression::Is { call, equal, word })
                    }
                    None if alone => {
                        self.at = place;
                        Ok(Expression::Call(call))
                    }
                    _ => Err(not_a_number(&call)),
                }
            }
            (left, None) => {
                self.at = place;
                Ok(left)
            }
            (left, Some(operator)) => {
                let right = self.sum()?;
                number(&right)?;
                Ok(Expression::Binary(operator, Box::new(left), Box::new(right)))
            }
        };
        self.depth -= 1;
        result
    }

    fn sum(&mut self) -> Parsed<Expression> {
        self.chain(Self::product, &[('+', Operator::Add), ('-', Operator::Subtract)])
    }

    fn product(&mut self) -> Parsed<Expression> {
        self.chain(Self::signed, &[('*', Operator::Multiply), ('/', Operator::Divide)])
    }

    /// Terms between operators of one rank, from left to right.
    fn chain(
        &mut self,
        term: fn(&mut Self) -> Parsed<Expression>,
        operators: &[(char, Operator)],
    ) -> Parsed<Expression> {
        let mut left = term(self)?;
        loop {
            let next = self.next();
            let Some((_, operator)) = operators.iter().find(|(c, _)| Some(*c) == next) else {
                return Ok(left);
            };
            self.at += 1;
            number(&left)?;
            let right = term(self)?;
            number(&right)?;
            left = Expression::Binary(*operator, Box::new(left), Box::new(right));
        }
    }

    fn signed(&mut self) -> Parsed<Expression> {
        let mut signs = 0;
        while self.take('-') {
            signs += 1;
        }
        if signs > MAX_DEPTH {
            let kind = Kind::TooLong { what: "levels", found: signs, limit: MAX_DEPTH };
            return Err(kind.at(self.column()));
        }
        let mut expression = self.single()?;
        for _ in 0..signs {
            number(&expression)?;
            expression = Expression::Negative(Box::new(expression));
        }
        Ok(expression)
    }

    fn single(&mut self) -> Parsed<Expression> {
        match self.next() {
            Some('(') => {
                self.at += 1;
                let inner = self.comparison(false)?;
                self.expect(')', "an operator or `)`")?;
                Ok(inner)
            }
            Some(c) if c.is_ascii_digit() || c == '.' => self.number(),
            Some(c) if c.is_ascii_alphabetic() => self.call(),
            _ => Err(self.unexpected("a number, an outcome or `(`")),
        }
    }

    fn digits(&mut self) {
        while self.peek().is_some_and(|c| c.is_ascii_digit()) {
            self.at += 1;
        }
    }

    fn number(&mut self) -> Parsed<Expression> {
        let (start, column) = (self.at, self.column());
        self.digits();
        if self.peek() == Some('.') {
            self.at += 1;
            self.digits();
        }
        if matches!(self.peek(), Some('e' | 'E')) {
            let before = self.at;
            self.at += 1;
            if matches!(self.peek(), Some('+' | '-')) {
                self.at += 1;
            }
            let digits = self.at;
            self.digits();
            if self.at == digits {
                self.at = before;
            }
        }
        let text: String = self.text[start..self.at].iter().collect();
        match text.parse::<f64>() {
            Ok(value) if value.is_finite() => Ok(Expression::Number(value)),
            _ => Err(Kind::Syntax {
                found: format!("`{text}`"),
                expected: "a finite number".to_owned(),
            }
            .at(column)),
        }
    }

    fn identifier(&mut self) -> String {
        let start = self.at;
        while self.peek().is_some_and(|c| c.is_ascii_alphanumeric() || c == '_') {
            self.at += 1;
        }
        self.text[start..self.at].iter().collect()
    }

    fn call(&mut self) -> Parsed<Expression> {
        let mut at = self.column();
        let mut name = self.identifier();
        let mut base = false;
        if name == BASE && self.peek() == Some('.') {
            self.at += 1;
            base = true;
            self.spaces();
            at = self.column();
            name = self.identifier();
        }
        let function = Function::of(&name).map_err(|nearest| {
            if name.is_empty() {
                return self.unexpected("the name of an outcome");
            }
            Kind::UnknownFunction { name: name.clone(), nearest: nearest.map(ToOwned::to_owned) }
                .at(at)
        })?;
        if base && matches!(function, Function::Regime | Function::Growth | Function::At) {
            return Err(Kind::NoBase { function: function.name() }.at(at));
        }
        self.expect('(', &format!("`(`, as in `{}`", function.usage()))?;
        let parameters = function.parameters();
        let mut arguments = Vec::with_capacity(parameters.len());
        let refuse = |found| {
            let (function, usage) = (function.name(), function.usage());
            Err(Kind::Arguments { function, found, usage }.at(at))
        };
        if self.next() == Some(')') {
            return refuse(0);
        }
        for parameter in parameters {
            arguments.push(self.argument(*parameter)?);
            if !self.take(',') {
                break;
            }
            if arguments.len() == parameters.len() {
                return refuse(arguments.len() + 1);
            }
        }
        self.expect(')', "`,` or `)`")?;
        if arguments.len() < function.required() {
            return refuse(arguments.len());
        }
        Ok(Expression::Call(Call { base, function, arguments, at }))
    }

    fn argument(&mut self, parameter: Parameter) -> Parsed<Argument> {
        match parameter {
            Parameter::Expression => {
                let inner = self.comparison(false)?;
                Ok(Argument::Expression(inner))
            }
            Parameter::Year => {
                self.spaces();
                let (start, at) = (self.at, self.column());
                self.digits();
                let text: String = self.text[start..self.at].iter().collect();
                if let Ok(year) = text.parse() {
                    Ok(Argument::Year(year, at))
                } else {
                    self.at = start;
                    Err(self.unexpected(parameter.words()))
                }
            }
            Parameter::Regions | Parameter::Sectors | Parameter::Policy | Parameter::Names => {
                self.selector(parameter.words()).map(Argument::Names)
            }
        }
    }

    fn selector(&mut self, expected: &str) -> Parsed<Selector> {
        self.spaces();
        let at = self.column();
        if self.take('*') {
            return Ok(Selector { not: false, names: Vec::new(), at });
        }
        let quoted = self.next() == Some('"');
        let first = self.word(expected)?;
        let not = !quoted && first.text == NOT && !matches!(self.next(), Some(',' | ')' | '|'));
        let mut names = vec![if not { self.word(expected)? } else { first }];
        while self.take('|') {
            names.push(self.word(expected)?);
        }
        Ok(Selector { not, names, at })
    }

    /// A code, a group or the name of a policy; in quotes where it has other characters than letters,
    /// digits, `_`, `-`, `.` and `:`.
    fn word(&mut self, expected: &str) -> Parsed<Word> {
        self.spaces();
        let at = self.column();
        let text = if self.take('"') {
            let start = self.at;
            while self.peek().is_some_and(|c| c != '"') {
                self.at += 1;
            }
            let text: String = self.text[start..self.at].iter().collect();
            self.expect('"', "`\"`")?;
            text
        } else {
            let start = self.at;
            while self.peek().is_some_and(is_plain) {
                self.at += 1;
            }
            self.text[start..self.at].iter().collect()
        };
        if text.is_empty() {
            return Err(self.unexpected(expected));
        }
        Ok(Word { text, at })
    }
}

/// Whether a character of a name needs no quotes.
pub(super) fn is_plain(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | ':')
}

/// Whether a name can be written without quotes.
pub(super) fn is_plain_word(word: &str) -> bool {
    word != NOT && !word.is_empty() && word.chars().all(is_plain)
}

fn not_a_number(call: &Call) -> OutcomeError {
    Kind::NotANumber { function: call.function.name() }.at(call.at)
}

/// An expression that is not a word.
fn number(expression: &Expression) -> Parsed<()> {
    match expression {
        Expression::Call(call) if call.function == Function::Regime => Err(not_a_number(call)),
        _ => Ok(()),
    }
}
