//! Exponentials and logarithms of all columns at once.

use pulp::Simd;

use super::lanes::Vector;

/// High part of ln 2, exact when multiplied by an exponent.
const LN_2_HIGH: f64 = 6.931_471_803_691_238e-1;
/// ln 2 less its high part.
const LN_2_LOW: f64 = 1.908_214_929_270_587_7e-10;
/// Added to a number below 2^51, it leaves the nearest integer in the lowest bits.
const ROUNDER: f64 = 6_755_399_441_055_744.0;
/// 2^52, whose lowest bits count units.
const UNITS: f64 = 4_503_599_627_370_496.0;
/// Exponent of 1 as it is stored.
const BIAS: u64 = 1023;
/// Bits of the fraction.
const FRACTION: u32 = 52;
/// Bits of the square root of one half: the smallest mantissa after scaling.
const ROOT_HALF: u64 = 0x3fe6_a09e_667f_3bcd;
/// Beyond these e^x is taken as 0 and as infinite.
const EXP_RANGE: [f64; 2] = [-708.0, 709.0];

/// 1/k! from 13 down to 0: the remainder at |x| ≤ ln 2 / 2 is below 1e-17.
const EXP_SERIES: [f64; 14] = [
    1.0 / 6_227_020_800.0,
    1.0 / 479_001_600.0,
    1.0 / 39_916_800.0,
    1.0 / 3_628_800.0,
    1.0 / 362_880.0,
    1.0 / 40_320.0,
    1.0 / 5_040.0,
    1.0 / 720.0,
    1.0 / 120.0,
    1.0 / 24.0,
    1.0 / 6.0,
    0.5,
    1.0,
    1.0,
];

/// `ln((1+s)/(1−s)) = 2s + s·R(s²)`: the polynomial R of FDLIBM (Sun Microsystems 1993), highest
/// power first.
const LN_SERIES: [f64; 7] = [
    1.479_819_860_511_658_6e-1,
    1.531_383_769_920_937_3e-1,
    1.818_357_216_161_805e-1,
    2.222_219_843_214_978_4e-1,
    2.857_142_874_366_239e-1,
    3.999_999_999_940_942e-1,
    6.666_666_666_666_735e-1,
];

impl<S: Simd> Vector<S> {
    /// e^x to the last digit or two; 0 below −708 and infinite above 709.
    #[inline(always)]
    #[must_use]
    pub fn exp(self) -> Self {
        let [low, high] = EXP_RANGE.map(|end| self.number(end));
        let x = high.if_less(self, high, self);
        let x = x.if_less(low, low, x);
        let rounded = x.fma(self.number(std::f64::consts::LOG2_E), self.number(ROUNDER));
        let exponent = rounded - ROUNDER;
        let rest = exponent.fma(self.number(-LN_2_HIGH), x);
        let rest = exponent.fma(self.number(-LN_2_LOW), rest);
        let mut series = self.number(EXP_SERIES[0]);
        for coefficient in &EXP_SERIES[1..] {
            series = series.fma(rest, self.number(*coefficient));
        }
        let power = rounded.map_bits(|bits| bits.wrapping_add(BIAS) << FRACTION);
        let value = series * power;
        let value = high.if_less(self, self.number(f64::INFINITY), value);
        self.if_less(low, self.number(0.0), value)
    }

    /// ln x to the last digit or two for normal numbers above 0; NaN for all others.
    #[inline(always)]
    #[must_use]
    pub fn ln(self) -> Self {
        let stored = |bits: u64| bits.wrapping_sub(ROOT_HALF).wrapping_add(BIAS << FRACTION);
        let exponent = self.map_bits(|bits| (stored(bits) >> FRACTION) | UNITS.to_bits())
            - (UNITS + BIAS as f64);
        let scale = |bits: u64| bits.wrapping_sub(ROOT_HALF) & !((1 << FRACTION) - 1);
        let f = self.map_bits(|bits| bits.wrapping_sub(scale(bits))) - 1.0;
        let s = f / (f + 2.0);
        let square = s * s;
        let mut series = self.number(LN_SERIES[0]);
        for coefficient in &LN_SERIES[1..] {
            series = series.fma(square, self.number(*coefficient));
        }
        let half = f * f * 0.5;
        let small = s.fma(series.fma(square, half), exponent * LN_2_LOW);
        let value = exponent.fma(self.number(LN_2_HIGH), f - (half - small));
        let none = self.number(f64::NAN);
        let value = self.if_less(self.number(f64::INFINITY), value, none);
        self.if_less(self.number(f64::MIN_POSITIVE), none, value)
    }
}

#[cfg(test)]
mod tests {
    use pulp::{Arch, Scalar, WithSimd};

    use super::*;
    use crate::columns::lanes::{Lanes, Part, WIDTH};

    struct Both(Lanes);

    impl WithSimd for Both {
        type Output = [Lanes; 2];
        #[inline(always)]
        fn with_simd<S: Simd>(self, simd: S) -> [Lanes; 2] {
            let mut results = [Lanes::default(); 2];
            for part in Part::all(simd) {
                let x = part.load(&self.0);
                part.store(x.exp(), &mut results[0]);
                part.store(x.ln(), &mut results[1]);
            }
            results
        }
    }

    fn close(found: f64, expected: f64) -> bool {
        found == expected
            || (found.is_nan() && expected.is_nan())
            || (found - expected).abs() <= 4.0 * f64::EPSILON * expected.abs()
    }

    #[test]
    fn are_right_to_the_last_digits_on_every_machine() {
        let mut arguments = vec![0.0, -0.0, 1.0, f64::NAN, f64::NEG_INFINITY, -1.0];
        arguments.extend((0..40_000).map(|index| (f64::from(index) - 20_000.0) * 0.035_3));
        arguments.extend((0..2_000).map(|index| 1.0 + (f64::from(index) - 1_000.0) * 1e-9));
        arguments.extend((-1000..1000).map(|power| 1.37 * 2_f64.powi(power)));
        for block in arguments.chunks(WIDTH) {
            let mut x = Lanes::splat(1.0);
            x.0[..block.len()].copy_from_slice(block);
            for [exp, ln] in [Arch::new().dispatch(Both(x)), Both(x).with_simd(Scalar::new())] {
                for lane in 0..WIDTH {
                    let x = x.0[lane];
                    let expected = if x < EXP_RANGE[0] { 0.0 } else { x.exp() };
                    let expected = if x > EXP_RANGE[1] { f64::INFINITY } else { expected };
                    assert!(close(exp.0[lane], expected), "e^{x}: {} {expected}", exp.0[lane]);
                    let expected = if x.is_normal() && x > 0.0 { x.ln() } else { f64::NAN };
                    assert!(close(ln.0[lane], expected), "ln {x}: {} {expected}", ln.0[lane]);
                }
            }
        }
    }
}
