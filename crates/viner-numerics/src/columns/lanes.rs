//! One number of each column, in memory and in registers.

use std::ops::{Add, AddAssign, Div, Mul, Neg, Sub, SubAssign};

use pulp::Simd;

/// Number of columns: one vector of the widest kind.
pub const WIDTH: usize = 8;

/// One number of each of [`WIDTH`] columns, in memory.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[repr(align(64))]
pub struct Lanes(pub [f64; WIDTH]);

impl Lanes {
    /// The same number in every column.
    #[inline(always)]
    pub fn splat(value: f64) -> Self {
        Self([value; WIDTH])
    }

    /// Whether every column is 0.
    #[inline(always)]
    pub fn all_zero(&self) -> bool {
        self.0.iter().all(|value| *value == 0.0)
    }
}

/// The columns that one vector register holds: all of them, or a part.
#[derive(Clone, Copy)]
pub struct Part<S> {
    simd: S,
    index: usize,
}

impl<S: Simd> Part<S> {
    /// All columns, part by part.
    #[inline(always)]
    pub fn all(simd: S) -> impl Iterator<Item = Self> {
        (0..WIDTH / S::F64_LANES).map(move |index| Self { simd, index })
    }

    /// The part with this place among [`all`](Self::all).
    #[inline(always)]
    pub(super) fn at(simd: S, index: usize) -> Self {
        Self { simd, index }
    }

    /// Its place among [`all`](Self::all).
    #[inline(always)]
    pub(super) fn index(self) -> usize {
        self.index
    }

    /// Instructions of the machine.
    #[inline(always)]
    pub fn simd(self) -> S {
        self.simd
    }

    /// The same number in every column.
    #[inline(always)]
    pub fn splat(self, value: f64) -> Vector<S> {
        Vector { simd: self.simd, value: self.simd.splat_f64s(value) }
    }

    /// Its columns of `lanes`.
    #[inline(always)]
    pub fn load(self, lanes: &Lanes) -> Vector<S> {
        self.load_from(&lanes.0)
    }

    /// Its columns of one number each.
    #[inline(always)]
    pub fn load_from(self, numbers: &[f64; WIDTH]) -> Vector<S> {
        Vector { simd: self.simd, value: S::as_simd_f64s(numbers).0[self.index] }
    }

    /// Writes its columns.
    #[inline(always)]
    pub fn store(self, vector: Vector<S>, lanes: &mut Lanes) {
        self.store_to(vector, &mut lanes.0);
    }

    /// Writes its columns.
    #[inline(always)]
    pub fn store_to(self, vector: Vector<S>, numbers: &mut [f64; WIDTH]) {
        S::as_mut_simd_f64s(numbers).0[self.index] = vector.value;
    }
}

/// One number of each column of a part, in a register.
#[derive(Clone, Copy)]
pub struct Vector<S: Simd> {
    pub(super) simd: S,
    pub(super) value: S::f64s,
}

impl<S: Simd> Vector<S> {
    #[inline(always)]
    pub(super) fn with(self, value: S::f64s) -> Self {
        Self { simd: self.simd, value }
    }

    #[inline(always)]
    pub(super) fn number(self, number: f64) -> Self {
        self.with(self.simd.splat_f64s(number))
    }

    /// `self * factor + term`, rounded once where the machine can.
    #[inline(always)]
    #[must_use]
    pub fn fma(self, factor: Self, term: Self) -> Self {
        if S::IS_SCALAR {
            return self * factor + term;
        }
        self.with(self.simd.mul_add_e_f64s(self.value, factor.value, term.value))
    }

    /// `zero` in columns where `self` is 0, `other` elsewhere.
    #[inline(always)]
    #[must_use]
    pub fn if_zero(self, zero: Self, other: Self) -> Self {
        let mask = self.simd.equal_f64s(self.value, self.simd.splat_f64s(0.0));
        self.with(self.simd.select_f64s(mask, zero.value, other.value))
    }

    /// `yes` in columns where `self` is less than `limit`, `no` elsewhere.
    #[inline(always)]
    #[must_use]
    pub fn if_less(self, limit: Self, yes: Self, no: Self) -> Self {
        let mask = self.simd.less_than_f64s(self.value, limit.value);
        self.with(self.simd.select_f64s(mask, yes.value, no.value))
    }

    /// Its size.
    #[inline(always)]
    #[must_use]
    pub fn abs(self) -> Self {
        self.with(self.simd.abs_f64s(self.value))
    }

    /// A function of the bits of each number.
    #[inline(always)]
    #[must_use]
    pub(super) fn map_bits(self, function: impl Fn(u64) -> u64) -> Self {
        let mut value = self.value;
        let words: &mut [u64] = pulp::bytemuck::cast_slice_mut(std::slice::from_mut(&mut value));
        for word in words {
            *word = function(*word);
        }
        self.with(value)
    }
}

macro_rules! by_column {
    ($operation:ident, $method:ident, $function:ident) => {
        impl<S: Simd> $operation for Vector<S> {
            type Output = Self;
            #[inline(always)]
            fn $method(self, other: Self) -> Self {
                self.with(self.simd.$function(self.value, other.value))
            }
        }
        impl<S: Simd> $operation<f64> for Vector<S> {
            type Output = Self;
            #[inline(always)]
            fn $method(self, other: f64) -> Self {
                self.with(self.simd.$function(self.value, self.simd.splat_f64s(other)))
            }
        }
    };
}

by_column!(Add, add, add_f64s);
by_column!(Sub, sub, sub_f64s);
by_column!(Mul, mul, mul_f64s);
by_column!(Div, div, div_f64s);

impl<S: Simd> AddAssign for Vector<S> {
    #[inline(always)]
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl<S: Simd> SubAssign for Vector<S> {
    #[inline(always)]
    fn sub_assign(&mut self, other: Self) {
        *self = *self - other;
    }
}

impl<S: Simd> Neg for Vector<S> {
    type Output = Self;
    #[inline(always)]
    fn neg(self) -> Self {
        self.with(self.simd.neg_f64s(self.value))
    }
}
