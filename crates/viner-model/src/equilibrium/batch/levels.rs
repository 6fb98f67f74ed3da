//! The step that the change of an evaluation leads to, for all columns: the approximate inverse of the
//! single solver, made once at the elasticities of the template.
//!
//! It is exact for no column and need not be: the fixed point is the same, and evaluations are fewer.

#![expect(
    clippy::inline_always,
    reason = "what is not inlined is not compiled for the vector unit"
)]

use std::sync::Arc;

use viner_numerics::columns::{Lanes, Part, Rows, Simd, WithSimd, panels, weighted_sums};

use crate::equilibrium::map::preconditioner::{MOST_BY_PROFILE, Preconditioner};
use crate::equilibrium::system::System;
use crate::problem::{Infeasible, Problem};

/// The inverse by levels of regions and by cells.
pub(super) struct Levels {
    parts: Arc<Preconditioner>,
    /// From levels of residuals to levels of steps, `[level, level]`: activity of each region, then
    /// prices.
    matrix: Vec<f64>,
}

impl Levels {
    /// At a template; none where levels of regions are not determined.
    ///
    /// # Errors
    /// A market that must be served and has no supplier left.
    pub fn new(template: &Problem) -> Result<Option<Self>, Infeasible> {
        let system = System::new(template)?;
        let Some(parts) = Preconditioner::of(&system) else {
            return Ok(None);
        };
        let size = 2 * template.baseline.region_count();
        let mut matrix = vec![0.0; size * size];
        let mut unit = vec![0.0; size];
        for level in 0..size {
            unit[level] = 1.0;
            for (row, value) in parts.solve_levels(&unit).into_iter().enumerate() {
                matrix[row * size + level] = value;
            }
            unit[level] = 0.0;
        }
        Ok(Some(Self { parts, matrix }))
    }
}

/// Replaces the change from `point` to `image` by the step that it leads to.
pub(super) struct Precondition<'a> {
    pub levels: &'a Levels,
    pub point: &'a [Lanes],
    pub image: &'a mut [Lanes],
}

impl WithSimd for Precondition<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { levels: Levels { parts, matrix }, point, image } = self;
        let size = matrix.len().isqrt();
        let kinds = [&parts.activity, &parts.prices];
        let (regions, cells) = (size / 2, parts.activity.weights.len());
        let sectors = cells / regions;
        let mut before = vec![Lanes::default(); size];
        let mut after = vec![Lanes::default(); size];
        for part in Part::all(simd) {
            for kind in 0..2 {
                for n in 0..regions {
                    let mut level = part.splat(0.0);
                    for cell in n * sectors..(n + 1) * sectors {
                        let at = kind * cells + cell;
                        let change = part.load(&image[at]) - part.load(&point[at]);
                        level = change.fma(part.splat(kinds[kind].weights[cell]), level);
                    }
                    part.store(level, &mut before[kind * regions + n]);
                }
            }
            for panel in panels(size) {
                let rows = Rows::new(matrix, panel.clone().map(|row| row * size));
                weighted_sums(part, rows, &before, &mut after[panel]);
            }
            let most = part.splat(MOST_BY_PROFILE);
            for (kind, parts) in kinds.into_iter().enumerate() {
                for n in 0..regions {
                    let before = part.load(&before[kind * regions + n]);
                    let own = [part.load(&after[n]), part.load(&after[regions + n])];
                    for cell in n * sectors..(n + 1) * sectors {
                        if parts.weights[cell] == 0.0 {
                            continue;
                        }
                        let at = kind * cells + cell;
                        let old = part.load(&point[at]);
                        let [by_activity, by_price] = &parts.profiles;
                        let by_price = own[1] * part.splat(by_price[cell]);
                        let otherwise = own[0].fma(part.splat(by_activity[cell]), by_price);
                        let otherwise = otherwise.if_less(most, otherwise, most);
                        let otherwise = otherwise.if_less(-most, -most, otherwise);
                        let rest = part.load(&image[at]) - old - before - otherwise;
                        let step = rest.fma(part.splat(parts.inverse[cell]), own[kind]);
                        part.store(old + step, &mut image[at]);
                    }
                }
            }
        }
    }
}
