//! Numbers that remember how they came about, so that one pass backwards gives the derivative of a
//! result with respect to everything that went into it (reverse differentiation).

use std::ops::{Add, AddAssign, Div, Index, IndexMut, Mul, Neg, Range, Sub};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::Real;

/// The record of a calculation.
///
/// Calculations on one tape are meant to run on one thread; on several they are right, but their
/// order on the tape, and with it the rounding of derivatives, is not fixed.
#[derive(Debug, Default)]
pub struct Tape {
    record: Mutex<Record>,
}

#[derive(Debug, Default)]
struct Record {
    /// Numbers that everything else comes after. Nothing is kept of them: no result leads further back.
    first: usize,
    steps: Vec<Step>,
}

/// A result of one or two earlier ones, with its slopes in them.
#[derive(Clone, Copy, Debug)]
struct Step {
    from: [u32; 2],
    slopes: [f64; 2],
}

/// Stands where there is no earlier result.
const NONE: u32 = u32::MAX;

/// A number on a tape; off it, a constant.
#[derive(Clone, Copy, Debug)]
pub struct Var<'t> {
    value: f64,
    place: Option<(&'t Tape, u32)>,
}

/// Derivatives of a weighted sum of results with respect to every number on a tape.
#[derive(Clone, Debug, PartialEq)]
pub struct Adjoints(Vec<f64>);

impl Tape {
    /// An empty tape.
    pub fn new() -> Self {
        Self::default()
    }

    /// A number that is not calculated from others.
    pub fn variable(&self, value: f64) -> Var<'_> {
        self.variables(&[value]).0[0]
    }

    /// Numbers that stand next to each other on the tape, and where.
    pub fn variables(&self, values: &[f64]) -> (Vec<Var<'_>>, Range<usize>) {
        let mut record = self.lock();
        let start = record.len();
        if record.steps.is_empty() {
            record.first += values.len();
        } else {
            let end = record.steps.len() + values.len();
            record.steps.resize(end, Step { from: [NONE; 2], slopes: [0.0; 2] });
        }
        let place =
            |(position, &value)| Var { value, place: Some((self, place(start + position))) };
        (values.iter().enumerate().map(place).collect(), start..record.len())
    }

    /// Derivatives of `Σ weight · result`.
    pub fn adjoints<'t>(&'t self, results: impl IntoIterator<Item = (Var<'t>, f64)>) -> Adjoints {
        let record = self.lock();
        let mut adjoints = vec![0.0; record.len()];
        for (result, weight) in results {
            if let Some((_, place)) = result.place {
                adjoints[place as usize] += weight;
            }
        }
        for (position, step) in record.steps.iter().enumerate().rev() {
            let adjoint = adjoints[record.first + position];
            // What no result depends on may have an infinite slope.
            if adjoint == 0.0 {
                continue;
            }
            for (&from, slope) in step.from.iter().zip(step.slopes) {
                if from != NONE {
                    adjoints[from as usize] += adjoint * slope;
                }
            }
        }
        Adjoints(adjoints)
    }

    fn lock(&self) -> MutexGuard<'_, Record> {
        self.record.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn record(&self, value: f64, step: Step) -> Var<'_> {
        let mut record = self.lock();
        let place = place(record.len());
        record.steps.push(step);
        Var { value, place: Some((self, place)) }
    }
}

impl Record {
    fn len(&self) -> usize {
        self.first + self.steps.len()
    }
}

fn place(position: usize) -> u32 {
    let place = u32::try_from(position).ok().filter(|place| *place != NONE);
    place.unwrap_or_else(|| panic!("a tape holds at most {NONE} numbers"))
}

impl Adjoints {
    /// The derivative with respect to a number; 0 for a constant.
    pub fn of(&self, variable: Var<'_>) -> f64 {
        variable.place.map_or(0.0, |(_, place)| self.0[place as usize])
    }
}

impl Index<Range<usize>> for Adjoints {
    type Output = [f64];
    fn index(&self, places: Range<usize>) -> &[f64] {
        &self.0[places]
    }
}

impl IndexMut<Range<usize>> for Adjoints {
    fn index_mut(&mut self, places: Range<usize>) -> &mut [f64] {
        &mut self.0[places]
    }
}

impl Var<'_> {
    fn after(self, value: f64, slope: f64) -> Self {
        match self.place {
            None => Self { value, place: None },
            Some((tape, place)) => {
                tape.record(value, Step { from: [place, NONE], slopes: [slope, 0.0] })
            }
        }
    }

    fn with(self, other: Self, value: f64, slopes: [f64; 2]) -> Self {
        match (self.place, other.place) {
            (_, None) => self.after(value, slopes[0]),
            (None, _) => other.after(value, slopes[1]),
            (Some((tape, first)), Some((_, second))) => {
                tape.record(value, Step { from: [first, second], slopes })
            }
        }
    }
}

impl Add for Var<'_> {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        self.with(other, self.value + other.value, [1.0, 1.0])
    }
}

impl Sub for Var<'_> {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        self.with(other, self.value - other.value, [1.0, -1.0])
    }
}

impl Mul for Var<'_> {
    type Output = Self;
    fn mul(self, other: Self) -> Self {
        self.with(other, self.value * other.value, [other.value, self.value])
    }
}

impl Div for Var<'_> {
    type Output = Self;
    fn div(self, other: Self) -> Self {
        let value = self.value / other.value;
        self.with(other, value, [other.value.recip(), -value / other.value])
    }
}

impl Mul<f64> for Var<'_> {
    type Output = Self;
    fn mul(self, factor: f64) -> Self {
        self.after(self.value * factor, factor)
    }
}

impl Add<f64> for Var<'_> {
    type Output = Self;
    fn add(self, constant: f64) -> Self {
        self.after(self.value + constant, 1.0)
    }
}

impl Neg for Var<'_> {
    type Output = Self;
    fn neg(self) -> Self {
        self.after(-self.value, -1.0)
    }
}

impl AddAssign for Var<'_> {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Real for Var<'_> {
    fn constant(value: f64) -> Self {
        Self { value, place: None }
    }
    fn value(self) -> f64 {
        self.value
    }
    fn exp(self) -> Self {
        let value = self.value.exp();
        self.after(value, value)
    }
    fn exp_m1(self) -> Self {
        self.after(self.value.exp_m1(), self.value.exp())
    }
    fn ln(self) -> Self {
        self.after(self.value.ln(), self.value.recip())
    }
    fn ln_1p(self) -> Self {
        self.after(self.value.ln_1p(), (1.0 + self.value).recip())
    }
    fn dot(weights: &[f64], values: &[Self]) -> Self {
        let terms = weights.iter().zip(values).map(|(&weight, &value)| value * weight);
        terms.fold(Self::constant(0.0), |sum, term| sum + term)
    }
    fn add_scaled(target: &mut [Self], weights: &[f64], factor: Self) {
        for (slot, &weight) in target.iter_mut().zip(weights) {
            *slot += factor * weight;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Dual;

    /// One expression that uses every operation.
    fn expression<T: Real>(x: T, y: T) -> T {
        let powers = (x * 0.7).exp() * (y + 2.0).ln() - (x * y).exp_m1() / (x + 3.0);
        let mut sums = [powers, -(y * 0.1).ln_1p()];
        T::add_scaled(&mut sums, &[0.5, 2.0], x);
        T::dot(&[1.5, -0.25], &sums) * T::constant(3.0)
    }

    #[test]
    fn one_pass_backwards_equals_two_forwards() {
        let (x, y) = (0.83, -0.4);
        let tape = Tape::new();
        let (variables, places) = tape.variables(&[x, y]);
        let result = expression(variables[0], variables[1]);
        let adjoints = tape.adjoints([(result, 2.0)]);
        let forward = |dx, dy| {
            let x = Dual { value: x, derivative: dx };
            expression(x, Dual { value: y, derivative: dy })
        };
        let expected = [forward(1.0, 0.0), forward(0.0, 1.0)];
        assert!((result.value() - expected[0].value).abs() < 1e-15);
        for (found, expected) in adjoints[places].iter().zip(expected) {
            assert!((found - 2.0 * expected.derivative).abs() < 1e-14, "{found} {expected:?}");
        }
    }

    #[test]
    fn what_no_result_depends_on_adds_nothing() {
        let tape = Tape::new();
        let zero = tape.variable(0.0);
        let _infinite_slope = zero.ln();
        let adjoints = tape.adjoints([(zero * 3.0, 1.0), (Var::constant(1.0), 1.0)]);
        assert_eq!((adjoints.of(zero), adjoints.of(Var::constant(2.0))), (3.0, 0.0));
    }
}
