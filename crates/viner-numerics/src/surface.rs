//! Polynomials through vectors that depend on a few coordinates.

use crate::kernel::dense::add_scaled;
use crate::lu::Lu;

/// Points per coefficient: noise of higher degrees averages out.
const POINTS_PER_TERM: usize = 2;
/// Added to the diagonal of the normal equations, relative to it: coordinates that move together do
/// not make them singular.
const RIDGE: f64 = 1e-9;

/// Which products of coordinates a surface has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Terms {
    Linear,
    /// Linear, and squares.
    Squares,
    /// All up to two factors.
    Quadratic,
    /// All up to three factors.
    Cubic,
}

impl Terms {
    /// From the richest.
    const ALL: [Self; 4] = [Self::Cubic, Self::Quadratic, Self::Squares, Self::Linear];

    fn count(self, coordinates: usize) -> usize {
        let n = coordinates;
        match self {
            Self::Linear => 1 + n,
            Self::Squares => 1 + 2 * n,
            Self::Quadratic => (n + 1) * (n + 2) / 2,
            Self::Cubic => (n + 1) * (n + 2) * (n + 3) / 6,
        }
    }

    fn points(self, coordinates: usize) -> usize {
        POINTS_PER_TERM * self.count(coordinates)
    }

    fn of(self, x: &[f64]) -> Vec<f64> {
        let mut terms = vec![1.0];
        terms.extend(x);
        if self == Self::Squares {
            terms.extend(x.iter().map(|x| x * x));
        }
        if matches!(self, Self::Quadratic | Self::Cubic) {
            for (last, one) in x.iter().enumerate() {
                for (middle, other) in x[..=last].iter().enumerate() {
                    let product = one * other;
                    terms.push(product);
                    if self == Self::Cubic {
                        terms.extend(x[..=middle].iter().map(|third| product * third));
                    }
                }
            }
        }
        terms
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
    /// By term: what is multiplied with it.
    coefficients: Vec<Vec<f64>>,
}

impl Surface {
    /// How many points a surface in so many coordinates wants, if it may have `most`; 0 if that is too
    /// few for any.
    pub fn points(coordinates: usize, most: usize) -> usize {
        let counts = Terms::ALL.iter().map(|terms| terms.points(coordinates));
        counts.into_iter().find(|count| *count <= most).unwrap_or(0)
    }

    /// The surface through vectors of one length at points of one number of coordinates; nothing where
    /// there are fewer points than coefficients, or one is not finite.
    pub fn fit(points: &[&[f64]], values: &[Vec<f64>]) -> Option<Self> {
        let coordinates = points.first()?.len();
        let terms = *Terms::ALL.iter().find(|terms| terms.count(coordinates) <= points.len())?;
        let scales: Vec<Scale> =
            (0..coordinates).map(|c| Scale::of(points.iter().map(move |point| point[c]))).collect();
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
        let size = values.first()?.len();
        surface.coefficients = vec![vec![0.0; size]; count];
        for (row, values) in rows.iter().zip(values) {
            for (part, coefficients) in factors.solve(row).iter().zip(&mut surface.coefficients) {
                add_scaled(coefficients, values, *part);
            }
        }
        let finite = |values: &Vec<f64>| values.iter().all(|value| value.is_finite());
        surface.coefficients.iter().all(finite).then_some(surface)
    }

    fn terms_at(&self, point: &[f64]) -> Vec<f64> {
        let scaled = self.scales.iter().zip(point).map(|(scale, value)| scale.apply(*value));
        self.terms.of(&scaled.collect::<Vec<f64>>())
    }

    /// The vector at a point.
    pub fn at(&self, point: &[f64]) -> Vec<f64> {
        let mut value = vec![0.0; self.coefficients[0].len()];
        for (term, coefficients) in self.terms_at(point).iter().zip(&self.coefficients) {
            add_scaled(&mut value, coefficients, *term);
        }
        value
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
        Surface::fit(&points.iter().map(<[f64; 2]>::as_slice).collect::<Vec<_>>(), &values)
    }

    #[test]
    fn a_cubic_is_met_everywhere_inside() {
        let value = |[x, y]: [f64; 2]| vec![1.0 + x - 2.0 * y + x * y + 3.0 * y * y * x, 5.0];
        let surface = fitted(&points(20), value).unwrap();
        for point in points(40).into_iter().filter(|[x, y]| x.abs() < 0.25 && y.abs() < 0.25) {
            for (found, expected) in surface.at(&point).into_iter().zip(value(point)) {
                assert!((found - expected).abs() < 1e-6, "{point:?}: {found} {expected}");
            }
        }
    }

    #[test]
    fn positive_coordinates_enter_by_their_logarithm_and_end_where_the_points_do() {
        let value = |[x, y]: [f64; 2]| vec![(x / y).ln()];
        let positive: Vec<[f64; 2]> = points(12).iter().map(|p| p.map(|x| 2.0 + x)).collect();
        let surface = fitted(&positive, value).unwrap();
        assert!((surface.at(&[2.0, 1.8])[0] - (2.0_f64 / 1.8).ln()).abs() < 1e-6);
        let beyond = surface.at(&[1e9, 2.0])[0];
        let most = positive.iter().map(|[x, _]| *x).fold(0.0, f64::max);
        assert!((beyond - (most / 2.0).ln()).abs() < 1e-6);
    }

    #[test]
    fn few_points_give_fewer_terms_and_too_few_none() {
        let value = |[x, y]: [f64; 2]| vec![1.0 + x - 2.0 * y];
        assert_eq!(fitted(&points(4), value).unwrap().terms, Terms::Linear);
        assert_eq!(fitted(&points(5), value).unwrap().terms, Terms::Squares);
        assert_eq!(fitted(&points(6), value).unwrap().terms, Terms::Quadratic);
        assert!(fitted(&points(2), value).is_none());
        assert_eq!(fitted(&points(10), value).unwrap().terms, Terms::Cubic);
        assert_eq!(Surface::points(2, 100), 20);
        assert_eq!(Surface::points(2, 19), 12);
        assert_eq!(Surface::points(2, 11), 10);
        assert_eq!(Surface::points(2, 5), 0);
    }

    #[test]
    fn coordinates_that_move_together_do_not_stop_it() {
        let same: Vec<[f64; 2]> = points(12).iter().map(|[x, _]| [*x, *x]).collect();
        let surface = fitted(&same, |[x, _]| vec![x]).unwrap();
        assert!((surface.at(&[0.2, 0.2])[0] - 0.2).abs() < 1e-6);
    }
}
