//! One number of each column.

use std::ops::{Add, AddAssign, Div, Mul, Neg, Sub, SubAssign};

use pulp::Simd;

/// Number of columns: one vector of the widest kind.
pub const WIDTH: usize = 8;

/// One number of each of [`WIDTH`] columns.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[repr(align(64))]
pub struct Lanes(pub [f64; WIDTH]);

impl Lanes {
    /// The same number in every column.
    #[inline(always)]
    pub fn splat(value: f64) -> Self {
        Self([value; WIDTH])
    }

    /// `f` of each number.
    #[inline(always)]
    #[must_use]
    pub fn map(self, f: impl Fn(f64) -> f64) -> Self {
        let mut result = self;
        for lane in 0..WIDTH {
            result.0[lane] = f(self.0[lane]);
        }
        result
    }

    /// `f` of each number and the other of its column.
    #[inline(always)]
    #[must_use]
    pub fn zip(self, other: Self, f: impl Fn(f64, f64) -> f64) -> Self {
        let mut result = self;
        for lane in 0..WIDTH {
            result.0[lane] = f(self.0[lane], other.0[lane]);
        }
        result
    }

    /// `self * factor + term`, rounded once where the machine can.
    #[inline(always)]
    #[must_use]
    pub fn fma<S: Simd>(self, factor: Self, term: Self) -> Self {
        let mut result = self;
        for lane in 0..WIDTH {
            result.0[lane] = if S::IS_SCALAR {
                self.0[lane] * factor.0[lane] + term.0[lane]
            } else {
                self.0[lane].mul_add(factor.0[lane], term.0[lane])
            };
        }
        result
    }

    /// `zero` in columns where `self` is 0, `other` elsewhere.
    #[inline(always)]
    #[must_use]
    pub fn if_zero(self, zero: Self, other: Self) -> Self {
        let mut result = self;
        for lane in 0..WIDTH {
            result.0[lane] = if self.0[lane] == 0.0 { zero.0[lane] } else { other.0[lane] };
        }
        result
    }

    /// Whether every column is 0.
    #[inline(always)]
    pub fn all_zero(self) -> bool {
        self.0.iter().all(|value| *value == 0.0)
    }

    /// The larger of two sizes, at least 0; NaN if either is.
    #[inline(always)]
    #[must_use]
    pub fn larger_size(self, other: Self) -> Self {
        self.zip(other, |size, other| {
            let other = other.abs();
            // False for NaN, which then stays.
            if other <= size || size.is_nan() { size } else { other }
        })
    }
}

macro_rules! by_column {
    ($operation:ident, $method:ident, $operator:tt) => {
        impl $operation for Lanes {
            type Output = Self;
            #[inline(always)]
            fn $method(self, other: Self) -> Self {
                self.zip(other, |a, b| a $operator b)
            }
        }
        impl $operation<f64> for Lanes {
            type Output = Self;
            #[inline(always)]
            fn $method(self, other: f64) -> Self {
                self.map(|a| a $operator other)
            }
        }
    };
}

by_column!(Add, add, +);
by_column!(Sub, sub, -);
by_column!(Mul, mul, *);
by_column!(Div, div, /);

impl AddAssign for Lanes {
    #[inline(always)]
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl SubAssign for Lanes {
    #[inline(always)]
    fn sub_assign(&mut self, other: Self) {
        *self = *self - other;
    }
}

impl Neg for Lanes {
    type Output = Self;
    #[inline(always)]
    fn neg(self) -> Self {
        self.map(|value| -value)
    }
}
