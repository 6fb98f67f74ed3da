//! Exponentials and logarithms of whole arrays, each entry within two units in the last place (three
//! for `exp_m1`).
//!
//! Special values are those of the standard library: zeros, infinities, NaN, results too small for
//! full precision.

use super::{LANES, Work, run};

/// ln 2 in two parts; the first has zeros at its end, so that its products with exponents are exact.
const LN_2_HIGH: f64 = f64::from_bits(0x3fe6_2e42_fee0_0000);
const LN_2_LOW: f64 = 1.908_214_929_270_587_7e-10;
/// Added and taken off again, it rounds to a whole number, which stands in the last bits meanwhile.
const ROUNDER: f64 = 6_755_399_441_055_744.0;
const EXPONENT_BIAS: u64 = 1023;
const MANTISSA_BITS: u32 = 52;

/// `values[i] = e^values[i]`.
pub fn exp(values: &mut [f64]) {
    run(Each(values, exp_of));
}

/// `values[i] = e^values[i] − 1`, exact near 0.
pub fn exp_m1(values: &mut [f64]) {
    run(Each(values, exp_m1_of));
}

/// `values[i] = ln values[i]`.
pub fn ln(values: &mut [f64]) {
    run(Each(values, ln_of));
}

/// `values[i] = ln(1 + values[i])`, exact near 0.
pub fn ln_1p(values: &mut [f64]) {
    run(Each(values, ln_1p_of));
}

/// One function of every entry.
struct Each<'a, F>(&'a mut [f64], F);

impl<F: Fn(f64) -> f64> Work for Each<'_, F> {
    type Output = ();
    #[inline(always)]
    fn run(self) {
        let Self(values, function) = self;
        let (blocks, rest) = values.as_chunks_mut::<LANES>();
        for block in blocks {
            for value in block {
                *value = function(*value);
            }
        }
        // The last entries in a whole block, too: alone, they would take as long as many blocks.
        let mut block = [1.0; LANES];
        block[..rest.len()].copy_from_slice(rest);
        for value in &mut block {
            *value = function(*value);
        }
        rest.copy_from_slice(&block[..rest.len()]);
    }
}

/// 2^k for a whole number k.
#[inline(always)]
fn power_of_two(whole: f64) -> f64 {
    f64::from_bits((whole + ROUNDER).to_bits().wrapping_add(EXPONENT_BIAS) << MANTISSA_BITS)
}

/// `x = k ln 2 + r`: k, and `e^r − 1` by its series, |r| ≤ ln 2 / 2.
#[inline(always)]
fn reduced_exp_m1(x: f64) -> (f64, f64) {
    let k = (x * std::f64::consts::LOG2_E + ROUNDER) - ROUNDER;
    let r = (x - k * LN_2_HIGH) - k * LN_2_LOW;
    let mut sum = 1.0 / 6_227_020_800.0;
    for factorial in [
        479_001_600.0,
        39_916_800.0,
        3_628_800.0,
        362_880.0,
        40_320.0,
        5_040.0,
        720.0,
        120.0,
        24.0,
        6.0,
        2.0,
    ] {
        sum = sum * r + 1.0 / factorial;
    }
    (k, r + r * r * sum)
}

#[inline(always)]
fn exp_of(x: f64) -> f64 {
    // Beyond these the result is infinite or zero; NaN passes both.
    let x = if x > 710.0 { 710.0 } else { x };
    let x = if x < -746.0 { -746.0 } else { x };
    let (k, excess) = reduced_exp_m1(x);
    // In two steps: 2^k alone may be out of range.
    let half = (k * 0.5 + ROUNDER) - ROUNDER;
    (1.0 + excess) * power_of_two(half) * power_of_two(k - half)
}

#[inline(always)]
fn exp_m1_of(x: f64) -> f64 {
    let x = if x > 710.0 { 710.0 } else { x };
    let x = if x < -50.0 { -50.0 } else { x };
    let (k, excess) = reduced_exp_m1(x);
    // (e^r − 1) 2^k + (2^k − 1), halved so that 2^k stays in range.
    let half = power_of_two(k - 1.0);
    2.0 * (half * excess + (half - 0.5))
}

#[inline(always)]
fn ln_of(x: f64) -> f64 {
    const ONE: u64 = 0x3ff0_0000_0000_0000;
    const ROOT_HALF: u64 = 0x3fe6_a09e_667f_3bcd;
    const MANTISSA: u64 = (1 << MANTISSA_BITS) - 1;
    let tiny = x < f64::MIN_POSITIVE;
    let scaled = if tiny { x * 18_014_398_509_481_984.0 } else { x };
    // x = 2^k (1 + f) with √½ ≤ 1 + f < √2.
    let bits = scaled.to_bits().wrapping_add(ONE - ROOT_HALF);
    let exponent = f64::from_bits((bits >> MANTISSA_BITS) | ROUNDER.to_bits()) - ROUNDER;
    let k = exponent - if tiny { 1023.0 + 54.0 } else { 1023.0 };
    let f = f64::from_bits((bits & MANTISSA) + ROOT_HALF) - 1.0;
    // ln(1 + f) = 2 artanh s with s = f/(2 + f); 2s = f − s f takes the rounding of s out of the
    // leading term.
    let s = f / (2.0 + f);
    let z = s * s;
    let mut sum = 2.0 / 23.0;
    for odd in [21.0, 19.0, 17.0, 15.0, 13.0, 11.0, 9.0, 7.0, 5.0, 3.0] {
        sum = sum * z + 2.0 / odd;
    }
    let half_square = 0.5 * f * f;
    let logarithm =
        k * LN_2_HIGH - ((half_square - (s * (half_square + z * sum) + k * LN_2_LOW)) - f);
    let logarithm = if x == 0.0 { f64::NEG_INFINITY } else { logarithm };
    let logarithm = if x == f64::INFINITY { x } else { logarithm };
    // Negative, or NaN.
    if x >= 0.0 { logarithm } else { f64::NAN }
}

#[inline(always)]
fn ln_1p_of(x: f64) -> f64 {
    let sum = 1.0 + x;
    // What rounding took from the sum, as a part of it.
    let lost = (x - (sum - 1.0)) / sum;
    let logarithm = ln_of(sum);
    if sum > 0.0 && sum < f64::INFINITY { logarithm + lost } else { logarithm }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::Kernel;

    /// Distance in units in the last place of `exact`.
    fn units(found: f64, exact: f64) -> f64 {
        if found == exact || (found.is_nan() && exact.is_nan()) {
            return 0.0;
        }
        let magnitude = exact.abs();
        let unit = f64::from_bits(magnitude.to_bits() + 1) - magnitude;
        (found - exact).abs() / unit
    }

    fn points(low: f64, high: f64) -> Vec<f64> {
        let count = 200_001;
        (0..count).map(|i| low + (high - low) * f64::from(i) / f64::from(count - 1)).collect()
    }

    /// Largest distance to the standard library over `points`, on every kernel, which all agree.
    fn worst(points: &[f64], ours: fn(f64) -> f64, exact: impl Fn(f64) -> f64) -> f64 {
        let mut first: Option<Vec<u64>> = None;
        let mut worst = 0.0_f64;
        for kernel in Kernel::available() {
            let mut values = points.to_vec();
            kernel.run(Each(&mut values, ours));
            let bits: Vec<u64> = values.iter().map(|value| value.to_bits()).collect();
            assert_eq!(first.get_or_insert_with(|| bits.clone()), &bits, "{}", kernel.name());
            for (&value, &x) in values.iter().zip(points) {
                let distance = units(value, exact(x));
                assert!(distance.is_finite(), "{x}: {value} and {}", exact(x));
                worst = worst.max(distance);
            }
        }
        worst
    }

    /// The distance is to a result that may be off by one unit itself.
    const CLOSE: f64 = 2.0;
    /// Near −0.4 the two parts of `e^x − 1` take a digit off each other.
    const CLOSE_LESS_ONE: f64 = 3.0;

    #[test]
    fn exponentials_are_those_of_the_standard_library() {
        for (low, high) in [(-1.0, 1.0), (-30.0, 30.0), (-700.0, 700.0), (-746.5, -700.0)] {
            let points = points(low, high);
            assert!(worst(&points, exp_of, f64::exp) < CLOSE, "exp {low} {high}");
        }
        for (low, high) in [(-1e-8, 1e-8), (-1.0, 1.0), (-60.0, 40.0), (600.0, 709.7)] {
            let points = points(low, high);
            assert!(worst(&points, exp_m1_of, f64::exp_m1) < CLOSE_LESS_ONE, "exp_m1 {low} {high}");
        }
    }

    #[test]
    fn logarithms_are_those_of_the_standard_library() {
        for (low, high) in [(1e-320, 1e-300), (1e-9, 1.0), (0.9, 1.1), (1.0, 1e3), (1e290, 1e300)] {
            assert!(worst(&points(low, high), ln_of, f64::ln) < CLOSE, "ln {low} {high}");
        }
        for (low, high) in [(-1e-8, 1e-8), (-0.999_999, 1.0), (-0.5, 30.0), (1e15, 1e17)] {
            assert!(worst(&points(low, high), ln_1p_of, f64::ln_1p) < CLOSE, "ln_1p {low} {high}");
        }
    }

    #[test]
    fn special_values_are_those_of_the_standard_library() {
        let points = [
            0.0,
            1.0,
            -1.0,
            -2.0,
            f64::INFINITY,
            f64::NEG_INFINITY,
            f64::NAN,
            f64::MAX,
            f64::MIN,
            f64::MIN_POSITIVE,
            5e-324,
            1e-300,
            800.0,
            -800.0,
            709.782_712_893_384,
            709.782_712_893_385,
        ];
        assert!(worst(&points, exp_of, f64::exp) < CLOSE);
        assert!(worst(&points, exp_m1_of, f64::exp_m1) < CLOSE_LESS_ONE);
        assert!(worst(&points, ln_of, f64::ln) < CLOSE);
        assert!(worst(&points, ln_1p_of, f64::ln_1p) < CLOSE);
    }
}
