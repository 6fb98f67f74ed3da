//! The passes over all unknowns, on the widest vectors of the machine.

use pulp::{Simd, WithSimd};

use super::super::lanes::{Lanes, Part, Vector, WIDTH};
use super::{Acceleration, MEMORY};

/// Largest change of one unknown in one step.
const MAX_STEP: f64 = 3.0;
/// Unknowns worked on at a time: their residuals stay in the nearest cache.
const CHUNK: usize = 32;

/// The larger of a size and that of a number by column; what is no number is counted in `broken`.
#[inline(always)]
fn enlarge<S: Simd>(size: &mut Vector<S>, broken: &mut Vector<S>, number: Vector<S>) {
    let number = number.abs();
    *size = size.if_less(number, number, *size);
    // Times 0 it is 0, unless it is infinite or NaN.
    *broken += number * 0.0;
}

/// `g(x) − x` and its largest size by column; NaN where one is infinite or NaN.
pub(super) struct Residuals<'a> {
    pub point: &'a [Lanes],
    pub image: &'a [Lanes],
    pub residual: &'a mut [Lanes],
}

impl WithSimd for Residuals<'_> {
    type Output = Lanes;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> Lanes {
        let mut sizes = Lanes::default();
        for part in Part::all(simd) {
            let (mut size, mut broken) = (part.splat(0.0), part.splat(0.0));
            let both = self.image.iter().zip(self.point);
            for (residual, (image, point)) in self.residual.iter_mut().zip(both) {
                let difference = part.load(image) - part.load(point);
                part.store(difference, residual);
                enlarge(&mut size, &mut broken, difference);
            }
            part.store(size + broken, &mut sizes);
        }
        sizes
    }
}

/// Some unknowns of all columns, in the nearest cache.
#[repr(align(64))]
struct Buffer([f64; CHUNK * WIDTH]);

impl Buffer {
    #[inline(always)]
    fn read(&mut self, kept: &[f32]) {
        for (slot, value) in self.0.iter_mut().zip(kept) {
            *slot = f64::from(*value);
        }
    }

    /// Leaves what was kept: a rounded number.
    #[inline(always)]
    #[expect(clippy::cast_possible_truncation, reason = "kept in single precision")]
    fn keep(&mut self, kept: &mut [f32]) {
        for (slot, value) in self.0.iter_mut().zip(kept) {
            *value = *slot as f32;
            *slot = f64::from(*value);
        }
    }

    #[inline(always)]
    fn subtract<S: Simd>(&mut self, simd: S, now: &[Lanes], last: &[Lanes]) {
        let (slots, _) = self.0.as_chunks_mut::<WIDTH>();
        for part in Part::all(simd) {
            for (slot, (now, last)) in slots.iter_mut().zip(now.iter().zip(last)) {
                part.store_to(part.load(now) - part.load(last), slot);
            }
        }
    }

    #[inline(always)]
    fn numbers(&self) -> &[[f64; WIDTH]] {
        self.0.as_chunks().0
    }
}

/// Keeps the newest differences; products of each kept difference with the newest and the residual.
pub(super) struct Differences<'a> {
    pub acceleration: &'a mut Acceleration,
    pub slots: &'a [usize],
}

impl WithSimd for Differences<'_> {
    type Output = [[Lanes; 2]; MEMORY];

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> [[Lanes; 2]; MEMORY] {
        let Acceleration {
            image,
            residual,
            last_residual,
            last_image,
            residual_differences,
            image_differences,
            newest,
            ..
        } = self.acceleration;
        let dimension = residual.len();
        let mut moments = [[Lanes::default(); 2]; MEMORY];
        let mut fresh = Buffer([0.0; CHUNK * WIDTH]);
        let mut kept = Buffer([0.0; CHUNK * WIDTH]);
        for first in (0..dimension).step_by(CHUNK) {
            let range = first..(first + CHUNK).min(dimension);
            let of_slot = |slot: usize| {
                let base = slot * dimension;
                (base + range.start) * WIDTH..(base + range.end) * WIDTH
            };
            let now = &residual[range.clone()];
            kept.subtract(simd, &image[range.clone()], &last_image[range.clone()]);
            kept.keep(&mut image_differences[of_slot(*newest)]);
            fresh.subtract(simd, now, &last_residual[range.clone()]);
            fresh.keep(&mut residual_differences[of_slot(*newest)]);
            for (&slot, moments) in self.slots.iter().zip(&mut moments) {
                kept.read(&residual_differences[of_slot(slot)]);
                simd.vectorize(Products {
                    kept: kept.numbers(),
                    fresh: fresh.numbers(),
                    residual: now,
                    moments,
                });
            }
        }
        moments
    }
}

/// Adds the products of a kept difference with the newest one and with the residual.
struct Products<'a> {
    kept: &'a [[f64; WIDTH]],
    fresh: &'a [[f64; WIDTH]],
    residual: &'a [Lanes],
    moments: &'a mut [Lanes; 2],
}

impl WithSimd for Products<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        for part in Part::all(simd) {
            // Two sums each, so that an addition need not wait for the one before it.
            let mut sums = [[part.splat(0.0); 2]; 2];
            let all = self.residual.iter().zip(self.kept.iter().zip(self.fresh));
            for (index, (residual, (kept, fresh))) in all.enumerate() {
                let kept = part.load_from(kept);
                let sums = &mut sums[index % 2];
                sums[0] = kept.fma(part.load_from(fresh), sums[0]);
                sums[1] = kept.fma(part.load(residual), sums[1]);
            }
            for (index, moment) in self.moments.iter_mut().enumerate() {
                part.store(part.load(moment) + (sums[0][index] + sums[1][index]), moment);
            }
        }
    }
}

/// `x ← g − Σ w Δg`, shortened where it changes an unknown too much.
pub(super) struct Move<'a> {
    pub acceleration: &'a mut Acceleration,
    pub slots: &'a [usize],
    pub weights: &'a [Lanes; MEMORY],
}

impl WithSimd for Move<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Acceleration { point, image, residual, image_differences, .. } = self.acceleration;
        let dimension = point.len();
        let mut kept = Buffer([0.0; CHUNK * WIDTH]);
        let mut lengths = Lanes::default();
        for first in (0..dimension).step_by(CHUNK) {
            let range = first..(first + CHUNK).min(dimension);
            let moved = &mut point[range.clone()];
            moved.copy_from_slice(&image[range.clone()]);
            for (&slot, weight) in self.slots.iter().zip(self.weights) {
                let base = slot * dimension;
                let of_slot = (base + range.start) * WIDTH..(base + range.end) * WIDTH;
                kept.read(&image_differences[of_slot]);
                for part in Part::all(simd) {
                    let weight = part.load(weight);
                    for (moved, kept) in moved.iter_mut().zip(kept.numbers()) {
                        let before = part.load(moved);
                        // What is kept of an earlier column in this place has no weight, and may be
                        // anything.
                        let after = part.load_from(kept).fma(-weight, before);
                        part.store(weight.if_zero(before, after), moved);
                    }
                }
            }
            for part in Part::all(simd) {
                let (mut longest, mut broken) = (part.load(&lengths), part.splat(0.0));
                let before = image[range.clone()].iter().zip(&residual[range.clone()]);
                for (moved, (image, residual)) in moved.iter().zip(before) {
                    let before = part.load(image) - part.load(residual);
                    enlarge(&mut longest, &mut broken, part.load(moved) - before);
                }
                part.store(longest, &mut lengths);
            }
        }
        if lengths.0.iter().all(|length| *length <= MAX_STEP) {
            return;
        }
        for part in Part::all(simd) {
            let (longest, most) = (part.load(&lengths), part.splat(MAX_STEP));
            let scale = most.if_less(longest, most / longest, part.splat(1.0));
            let before = image.iter().zip(&*residual);
            for (slot, (image, residual)) in point.iter_mut().zip(before) {
                let before = part.load(image) - part.load(residual);
                let moved = part.load(slot);
                let shortened = before + (moved - before) * scale;
                part.store((scale - 1.0).if_zero(moved, shortened), slot);
            }
        }
    }
}
