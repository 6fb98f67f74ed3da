//! Polynomials through vectors that depend on a few coordinates.

use rayon::prelude::*;

use crate::columns::{Lanes, WIDTH, product};
use crate::kernel::dense::add_scaled;
use crate::lu::Lu;

/// Points per coefficient: noise of higher degrees averages out.
const POINTS_PER_TERM: usize = 2;
/// Added to the diagonal of the normal equations, relative to it: coordinates that move together do
/// not make them singular.
const RIDGE: f64 = 1e-9;

/// How many times as many points a stage has as the one before it, at least.
const STAGE: usize = 4;
/// Highest degree of a polynomial.
const MOST_DEGREE: usize = 6;
/// Coefficients by number, at most: with more a surface takes longer to compute than what it saves.
const MOST_TERMS: usize = 300;

/// Which products of Chebyshev polynomials of the coordinates a surface has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Terms {
    /// All whose degrees add up to this at most.
    Degree(usize),
    /// Of one coordinate each, up to the second.
    Squares,
}

impl Terms {
    /// From the poorest.
    fn all() -> impl DoubleEndedIterator<Item = Self> {
        [Self::Degree(1), Self::Squares].into_iter().chain((2..=MOST_DEGREE).map(Self::Degree))
    }

    fn count(self, coordinates: usize) -> usize {
        match self {
            Self::Degree(degree) => (1..=degree)
                .fold(1, |count: usize, power| count.saturating_mul(coordinates + power) / power),
            Self::Squares => 1 + 2 * coordinates,
        }
    }

    fn points(self, coordinates: usize) -> usize {
        self.count(coordinates).saturating_mul(POINTS_PER_TERM)
    }

    /// Their values at a point, whose coordinates are between −1 and 1.
    fn of(self, x: &[f64]) -> Vec<f64> {
        match self {
            Self::Squares => {
                std::iter::once(1.0).chain(x.iter().flat_map(|x| [*x, 2.0 * x * x - 1.0])).collect()
            }
            Self::Degree(degree) => {
                let polynomials: Vec<Vec<f64>> = x
                    .iter()
                    .map(|x| {
                        let mut own = vec![1.0, *x];
                        for power in 2..=degree {
                            own.push(2.0 * x * own[power - 1] - own[power - 2]);
                        }
                        own
                    })
                    .collect();
                let mut terms = Vec::with_capacity(self.count(x.len()));
                products(&polynomials, 1.0, degree, &mut terms);
                terms
            }
        }
    }
}

/// `factor` times all products of one polynomial of each coordinate with so many degrees together.
fn products(polynomials: &[Vec<f64>], factor: f64, degrees: usize, terms: &mut Vec<f64>) {
    match polynomials.split_first() {
        None => terms.push(factor),
        Some((own, others)) => {
            for (degree, value) in own[..=degrees].iter().enumerate() {
                products(others, factor * value, degrees - degree, terms);
            }
        }
    }
}

/// A coordinate as it enters the polynomial: between −1 and 1 on the points of the fit.
#[derive(Clone, Copy, Debug)]
struct Scale {
    logarithm: bool,
    middle: f64,
    half: f64,
}

impl Scale {
    fn of(values: impl Iterator<Item = f64> + Clone) -> Self {
        let logarithm = values.clone().all(|value| value > 0.0);
        let values = values.map(|value| if logarithm { value.ln() } else { value });
        let least = values.clone().fold(f64::INFINITY, f64::min);
        let most = values.fold(f64::NEG_INFINITY, f64::max);
        Self { logarithm, middle: 0.5 * (least + most), half: 0.5 * (most - least) }
    }

    /// No further than the points of the fit go.
    fn apply(self, value: f64) -> f64 {
        let value = if self.logarithm { value.ln() } else { value };
        if self.half > 0.0 { ((value - self.middle) / self.half).clamp(-1.0, 1.0) } else { 0.0 }
    }
}

/// A vector as a polynomial of third degree (where there are few points: of second, without products of
/// coordinates, or linear), by least squares. Coordinates that are positive enter by their logarithm;
/// beyond the points of the fit it is constant.
#[derive(Clone, Debug)]
pub struct Surface {
    terms: Terms,
    scales: Vec<Scale>,
    /// What is multiplied with each term, `[entry, term]`.
    coefficients: Vec<f64>,
}

impl Surface {
    /// With how many points richer and richer surfaces in so many coordinates are made, up to `most`.
    pub fn stages(coordinates: usize, most: usize) -> Vec<usize> {
        let mut stages: Vec<usize> = Vec::new();
        for terms in Terms::all().rev() {
            let points = terms.points(coordinates);
            let last = stages.last().map_or(most, |last| last / STAGE);
            if terms.count(coordinates) <= MOST_TERMS && points <= last {
                stages.push(points);
            }
        }
        stages.reverse();
        stages
    }

    /// The surface through vectors of one length at points of one number of coordinates; nothing where
    /// there are fewer points than coefficients, or one is not finite.
    pub fn fit(points: &[&[f64]], values: &[&[f64]]) -> Option<Self> {
        let coordinates = points.first()?.len();
        let fits = |terms: &Terms| {
            let count = terms.count(coordinates);
            count <= points.len().min(MOST_TERMS)
        };
        let terms = Terms::all().rfind(fits)?;
        let scales: Vec<Scale> =
            (0..coordinates).map(|c| Scale::of(points.iter().map(move |point| point[c]))).collect();
        let length = values.first()?.len();
        let mut surface = Self { terms, scales, coefficients: Vec::new() };
        let rows: Vec<Vec<f64>> = points.iter().map(|point| surface.terms_at(point)).collect();
        let count = terms.count(coordinates);
        let mut normal = vec![0.0; count * count];
        for row in &rows {
            for (a, one) in row.iter().enumerate() {
                add_scaled(&mut normal[a * count..][..count], row, *one);
            }
        }
        for a in 0..count {
            normal[a * count + a] += RIDGE * points.len() as f64;
        }
        let factors = Lu::new(normal, count)?;
        // What each point adds to the coefficient of each term, `[term, point]`.
        let mut parts = vec![0.0; count * points.len()];
        for (at, row) in rows.iter().enumerate() {
            for (term, part) in factors.solve(row).into_iter().enumerate() {
                parts[term * points.len() + at] = part;
            }
        }
        surface.coefficients = vec![0.0; length * count];
        let entries = surface.coefficients.par_chunks_mut(WIDTH * count);
        entries.enumerate().for_each(|(block, coefficients)| {
            let first = block * WIDTH;
            let mut own = vec![Lanes::default(); values.len()];
            for (own, values) in own.iter_mut().zip(values) {
                for (slot, value) in own.0.iter_mut().zip(&values[first..]) {
                    *slot = *value;
                }
            }
            let mut by_term = vec![Lanes::default(); count];
            product(&parts, &own, &mut by_term);
            for (lane, coefficients) in coefficients.chunks_exact_mut(count).enumerate() {
                for (slot, value) in coefficients.iter_mut().zip(&by_term) {
                    *slot = value.0[lane];
                }
            }
        });
        surface.coefficients.iter().all(|value| value.is_finite()).then_some(surface)
    }

    fn terms_at(&self, point: &[f64]) -> Vec<f64> {
        let scaled = self.scales.iter().zip(point).map(|(scale, value)| scale.apply(*value));
        self.terms.of(&scaled.collect::<Vec<f64>>())
    }

    /// The vectors at some points: faster together than one by one, and the same.
    pub fn at(&self, points: &[&[f64]]) -> Vec<Vec<f64>> {
        let mut values = Vec::with_capacity(points.len());
        for points in points.chunks(WIDTH) {
            let terms: Vec<Vec<f64>> = points.iter().map(|point| self.terms_at(point)).collect();
            let count = terms[0].len();
            let mut by_term = vec![Lanes::default(); count];
            for (lane, terms) in terms.iter().enumerate() {
                for (slot, term) in by_term.iter_mut().zip(terms) {
                    slot.0[lane] = *term;
                }
            }
            let mut entries = vec![Lanes::default(); self.coefficients.len() / count];
            product(&self.coefficients, &by_term, &mut entries);
            let lane = |lane: usize| entries.iter().map(|entry| entry.0[lane]).collect();
            values.extend((0..points.len()).map(lane));
        }
        values
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn points(count: usize) -> Vec<[f64; 2]> {
        let spread = |index: usize, step: f64| (index as f64 * step).fract() - 0.5;
        (0..count).map(|index| [spread(index, 0.754_877), spread(index, 0.569_84)]).collect()
    }

    fn fitted(points: &[[f64; 2]], value: impl Fn([f64; 2]) -> Vec<f64>) -> Option<Surface> {
        let values: Vec<Vec<f64>> = points.iter().map(|point| value(*point)).collect();
        let values: Vec<&[f64]> = values.iter().map(Vec::as_slice).collect();
        Surface::fit(&points.iter().map(<[f64; 2]>::as_slice).collect::<Vec<_>>(), &values)
    }

    #[test]
    fn a_cubic_is_met_everywhere_inside() {
        let value = |[x, y]: [f64; 2]| vec![1.0 + x - 2.0 * y + x * y + 3.0 * y * y * x, 5.0];
        let surface = fitted(&points(20), value).unwrap();
        for point in points(40).into_iter().filter(|[x, y]| x.abs() < 0.25 && y.abs() < 0.25) {
            for (found, expected) in surface.at(&[&point])[0].iter().zip(value(point)) {
                assert!((found - expected).abs() < 1e-6, "{point:?}: {found} {expected}");
            }
        }
    }

    #[test]
    fn positive_coordinates_enter_by_their_logarithm_and_end_where_the_points_do() {
        let value = |[x, y]: [f64; 2]| vec![(x / y).ln()];
        let positive: Vec<[f64; 2]> = points(12).iter().map(|p| p.map(|x| 2.0 + x)).collect();
        let surface = fitted(&positive, value).unwrap();
        assert!((surface.at(&[&[2.0, 1.8]])[0][0] - (2.0_f64 / 1.8).ln()).abs() < 1e-6);
        let beyond = surface.at(&[&[1e9, 2.0]])[0][0];
        let most = positive.iter().map(|[x, _]| *x).fold(0.0, f64::max);
        assert!((beyond - (most / 2.0).ln()).abs() < 1e-6);
    }

    #[test]
    fn few_points_give_fewer_terms_and_too_few_none() {
        let value = |[x, y]: [f64; 2]| vec![1.0 + x - 2.0 * y];
        let terms = |count: usize| fitted(&points(count), value).unwrap().terms;
        assert_eq!(terms(4), Terms::Degree(1));
        assert_eq!(terms(5), Terms::Squares);
        assert_eq!(terms(6), Terms::Degree(2));
        assert_eq!(terms(10), Terms::Degree(3));
        assert_eq!(terms(60), Terms::Degree(6));
        assert!(fitted(&points(2), value).is_none());
        assert_eq!(Surface::stages(2, 1000), [12, 56]);
        assert_eq!(Surface::stages(2, 55), [10, 42]);
        assert_eq!(Surface::stages(2, 5), []);
        assert_eq!(Surface::stages(4, 1000), [10, 70, 420]);
        // Of twenty coordinates, products of three would be too many.
        assert_eq!(Surface::stages(20, 10_000), [82, 462]);
    }

    #[test]
    fn vectors_of_many_points_are_those_of_each() {
        let value = |[x, y]: [f64; 2]| (0..19).map(|power| x.powi(power) * y).collect();
        let surface = fitted(&points(60), value).unwrap();
        let points = points(13);
        let points: Vec<&[f64]> = points.iter().map(<[f64; 2]>::as_slice).collect();
        for (point, together) in points.iter().zip(surface.at(&points)) {
            assert_eq!(surface.at(&[point])[0], together);
        }
    }

    #[test]
    fn coordinates_that_move_together_do_not_stop_it() {
        let same: Vec<[f64; 2]> = points(12).iter().map(|[x, _]| [*x, *x]).collect();
        let surface = fitted(&same, |[x, _]| vec![x]).unwrap();
        assert!((surface.at(&[&[0.2, 0.2]])[0][0] - 0.2).abs() < 1e-6);
    }
}
