//! Anderson acceleration of many fixed points side by side.

mod steps;

use self::steps::{Differences, Move, Residuals};
use super::dispatch;
use super::lanes::{Lanes, WIDTH};
use crate::fixed_point::Limits;

/// Number of earlier steps combined.
const MEMORY: usize = 7;
/// Evaluations without halving the best residual that count as a stall.
const PATIENCE: usize = 30;
/// The same where the residual is acceptable: what is left is rounding.
const ROUNDING_PATIENCE: usize = 6;
/// A difference of which less than this (its square, relative) is outside the span of newer ones says
/// nothing that inner products in double precision can tell from rounding.
const INDEPENDENT: f64 = 1e-12;

/// What became of a column at the last evaluation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Its residual is to fall further.
    Running,
    /// Its point solves it.
    Converged,
    /// It needs another method.
    Failed,
}

/// How far a column has come.
#[derive(Clone, Copy, Debug)]
struct Way {
    evaluations: usize,
    residual: f64,
    best: f64,
    halved_at: usize,
    halved: f64,
    /// Differences that are its own: the newest so many.
    known: usize,
    /// Whether the last residual is its own.
    begun: bool,
}

impl Way {
    const START: Self = Self {
        evaluations: 0,
        residual: f64::INFINITY,
        best: f64::INFINITY,
        halved_at: 0,
        halved: f64::INFINITY,
        known: 0,
        begun: false,
    };
}

/// Points of [`WIDTH`] fixed-point problems, moved together; each column is started by itself.
///
/// One round: the caller writes [`image`](Self::image) at [`point`](Self::point); [`judge`](Self::judge)
/// says which columns have arrived; [`step`](Self::step) moves all; columns that have arrived are
/// [started](Self::start) on something else.
pub struct Acceleration {
    /// `x`, by unknown.
    pub point: Vec<Lanes>,
    /// `g(x)`, by unknown.
    pub image: Vec<Lanes>,
    residual: Vec<Lanes>,
    last_residual: Vec<Lanes>,
    last_image: Vec<Lanes>,
    /// Differences of residuals and of images, `[slot, unknown, column]`, in single precision: they
    /// only say in which direction to go. A relative error of 6e-8 in them bounds what one step can
    /// gain, and does not touch the fixed point.
    residual_differences: Vec<f32>,
    image_differences: Vec<f32>,
    /// Inner products of the differences of residuals, `[slot, slot]`.
    products: [[Lanes; MEMORY]; MEMORY],
    newest: usize,
    ways: [Way; WIDTH],
}

impl Acceleration {
    /// For problems with so many unknowns.
    pub fn new(dimension: usize) -> Self {
        let zeros = || vec![Lanes::default(); dimension];
        let kept = || vec![0.0; MEMORY * dimension * WIDTH];
        Self {
            point: zeros(),
            image: zeros(),
            residual: zeros(),
            last_residual: zeros(),
            last_image: zeros(),
            residual_differences: kept(),
            image_differences: kept(),
            products: [[Lanes::default(); MEMORY]; MEMORY],
            newest: 0,
            ways: [Way::START; WIDTH],
        }
    }

    /// Starts a column at a point.
    pub fn start(&mut self, lane: usize, point: &[f64]) {
        for (slot, value) in self.point.iter_mut().zip(point) {
            slot.0[lane] = *value;
        }
        self.ways[lane] = Way::START;
    }

    /// Evaluations of a column since it was started.
    pub fn evaluations(&self, lane: usize) -> usize {
        self.ways[lane].evaluations
    }

    /// Largest `|g(x) − x|` of a column at the last evaluation.
    pub fn size(&self, lane: usize) -> f64 {
        self.ways[lane].residual
    }

    /// Which columns have arrived within their limits, by the images just written.
    pub fn judge(&mut self, limits: &[Limits; WIDTH]) -> [State; WIDTH] {
        let sizes = dispatch(Residuals {
            point: &self.point,
            image: &self.image,
            residual: &mut self.residual,
        });
        std::array::from_fn(|lane| self.ways[lane].judge(sizes.0[lane], limits[lane]))
    }

    /// Moves every column to the combination of its last images whose residuals cancel best.
    pub fn step(&mut self) {
        self.newest = (self.newest + 1) % MEMORY;
        for way in &mut self.ways {
            way.known = if way.begun { (way.known + 1).min(MEMORY) } else { 0 };
            way.begun = true;
        }
        // Slots from the newest to the oldest: a column's own are the first, wherever in the ring.
        let slots: [usize; MEMORY] =
            std::array::from_fn(|age| (self.newest + MEMORY - age) % MEMORY);
        let used = self.ways.iter().map(|way| way.known).max().unwrap_or(0);
        let moments = dispatch(Differences { acceleration: self, slots: &slots[..used] });
        for (age, &slot) in slots[..used].iter().enumerate() {
            self.products[slot][self.newest] = moments[age][0];
            self.products[self.newest][slot] = moments[age][0];
        }
        let mut weights = [Lanes::default(); MEMORY];
        for lane in 0..WIDTH {
            let known = self.ways[lane].known;
            let product = |a: usize, b: usize| self.products[slots[a]][slots[b]].0[lane];
            let own = least_squares(known, product, |age| moments[age][1].0[lane]);
            for age in 0..known {
                weights[age].0[lane] = own[age];
            }
        }
        dispatch(Move { acceleration: self, slots: &slots[..used], weights: &weights });
        std::mem::swap(&mut self.residual, &mut self.last_residual);
        std::mem::swap(&mut self.image, &mut self.last_image);
    }
}

impl Way {
    fn judge(&mut self, size: f64, limits: Limits) -> State {
        self.evaluations += 1;
        self.residual = size;
        if !size.is_finite() {
            return State::Failed;
        }
        self.best = self.best.min(size);
        if size <= limits.tolerance {
            return State::Converged;
        }
        if self.best <= 0.5 * self.halved {
            (self.halved_at, self.halved) = (self.evaluations, self.best);
        }
        let waited = self.evaluations - self.halved_at;
        if waited >= ROUNDING_PATIENCE && size <= limits.acceptable {
            State::Converged
        } else if waited >= PATIENCE || self.evaluations >= limits.max_evaluations {
            State::Failed
        } else {
            State::Running
        }
    }
}

/// Least-squares weights of differences with the given inner products, by age, for a residual whose
/// products with them are `right`. Differences that newer ones imply get none.
fn least_squares(
    known: usize,
    product: impl Fn(usize, usize) -> f64,
    right: impl Fn(usize) -> f64,
) -> [f64; MEMORY] {
    let mut weights = [0.0; MEMORY];
    // Lengths are divided out: they differ by many digits.
    let mut scale = [0.0; MEMORY];
    for age in 0..known {
        let length = product(age, age).sqrt();
        scale[age] = if length > 0.0 && length.is_finite() { length.recip() } else { 0.0 };
    }
    let mut kept = [0; MEMORY];
    let mut count = 0;
    let mut triangle = [[0.0; MEMORY]; MEMORY];
    let mut forward = [0.0; MEMORY];
    for age in (0..known).filter(|&age| scale[age] > 0.0) {
        let mut row = [0.0; MEMORY];
        let mut pivot = 1.0;
        for column in 0..count {
            let other = kept[column];
            let mut value = product(age, other) * scale[age] * scale[other];
            for k in 0..column {
                value -= row[k] * triangle[column][k];
            }
            row[column] = value / triangle[column][column];
            pivot -= row[column] * row[column];
        }
        if pivot.is_nan() || pivot <= INDEPENDENT {
            continue;
        }
        row[count] = pivot.sqrt();
        let mut value = right(age) * scale[age];
        for k in 0..count {
            value -= row[k] * forward[k];
        }
        forward[count] = value / row[count];
        triangle[count] = row;
        kept[count] = age;
        count += 1;
    }
    for row in (0..count).rev() {
        let mut value = forward[row];
        for below in row + 1..count {
            value -= triangle[below][row] * weights[kept[below]];
        }
        weights[kept[row]] = value / triangle[row][row];
    }
    for age in 0..known {
        weights[age] *= scale[age];
    }
    weights
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits { tolerance: 1e-13, acceptable: 1e-13, max_evaluations: 200 };

    /// g(x) = A x + b + small cubic term, other b by problem; the plain iteration diverges.
    fn image(problem: usize, x: &[f64]) -> Vec<f64> {
        let slope = [-3.0, 0.9, -0.5, 0.2];
        (0..4)
            .map(|index| {
                let constant = 1.0 + 0.1 * problem as f64;
                slope[index] * x[index] + 0.1 * x[(index + 1) % 4] + constant
                    - 0.01 * x[index].powi(3)
            })
            .collect()
    }

    fn column(values: &[Lanes], lane: usize) -> Vec<f64> {
        values.iter().map(|value| value.0[lane]).collect()
    }

    /// Solves problems in order, `width` at a time; solution and evaluations of each.
    fn solved(problems: &[usize], width: usize) -> Vec<(usize, Vec<f64>, usize)> {
        let mut waiting = problems.iter().copied();
        let mut columns = Acceleration::new(4);
        let mut at: Vec<Option<usize>> = (0..width).map(|_| waiting.next()).collect();
        let mut done = Vec::new();
        while at.iter().any(Option::is_some) {
            for (lane, problem) in at.iter().enumerate() {
                let Some(problem) = problem else { continue };
                for (index, value) in
                    image(*problem, &column(&columns.point, lane)).into_iter().enumerate()
                {
                    columns.image[index].0[lane] = value;
                }
            }
            let states = columns.judge(&[LIMITS; WIDTH]);
            let points: Vec<Vec<f64>> =
                (0..width).map(|lane| column(&columns.point, lane)).collect();
            let evaluations: Vec<usize> =
                (0..width).map(|lane| columns.evaluations(lane)).collect();
            columns.step();
            for lane in 0..width {
                if states[lane] == State::Running {
                    continue;
                }
                if let Some(problem) = at[lane].take() {
                    assert_eq!(states[lane], State::Converged, "{problem}");
                    done.push((problem, points[lane].clone(), evaluations[lane]));
                    at[lane] = waiting.next();
                    columns.start(lane, &[0.0; 4]);
                }
            }
        }
        done.sort_by_key(|(problem, ..)| *problem);
        done
    }

    #[test]
    fn each_column_is_solved_and_none_sees_its_neighbours() {
        let problems: Vec<usize> = (0..30).collect();
        let together = solved(&problems, WIDTH);
        let backwards: Vec<usize> = (0..30).rev().collect();
        assert_eq!(together, solved(&backwards, 3));
        assert_eq!(together, solved(&problems, 1));
        for (problem, x, evaluations) in together {
            assert!(evaluations < 40, "{problem}: {evaluations}");
            for (value, image) in x.iter().zip(image(problem, &x)) {
                assert!((value - image).abs() <= 1e-12);
            }
        }
    }

    #[test]
    fn gives_up_where_there_is_no_fixed_point() {
        let mut columns = Acceleration::new(1);
        let mut states = [State::Running; WIDTH];
        let mut rounds = 0;
        while states[0] == State::Running {
            columns.image[0] = Lanes(columns.point[0].0.map(|x| x + 1.0 + x * x));
            states = columns.judge(&[LIMITS; WIDTH]);
            columns.step();
            rounds += 1;
        }
        assert_eq!(states[0], State::Failed);
        assert!(rounds <= 200);
    }
}
