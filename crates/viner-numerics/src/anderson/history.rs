//! Earlier steps of an accelerated iteration, and what least squares makes of them.

use std::ops::Range;

use rayon::prelude::*;

use crate::kernel::dense::{add_scaled, add_transposed_product, dot, max_abs, product};
use crate::threads::piece;
use crate::vector::{PARALLEL_FROM, PART, larger};

/// Differences of residuals and of images, with the inner products of the former.
///
/// Long vectors are worked on in parts, on several threads. Parts are the same on any number of threads,
/// and sums over them are taken in their order.
pub struct History {
    memory: usize,
    dimension: usize,
    parts: Vec<Part>,
    /// Places of the kept differences, the oldest first.
    places: Vec<usize>,
    /// Where the last residual and the last image wait for the next, to become differences.
    pending: Option<usize>,
    /// Inner products of differences of residuals, `[place, place]`.
    products: Vec<f64>,
    /// Those with the residual, by place.
    along: Vec<f64>,
    /// Least-squares weights with their sign turned, by place; 0 where nothing is kept.
    weights: Vec<f64>,
}

/// A part of all vectors; in each array one vector after the other, each in a place of its own.
struct Part {
    length: usize,
    residuals: Vec<f64>,
    images: Vec<f64>,
}

/// A difference whose part outside the span of others has a square below this, relative to its own, adds
/// rounding rather than information: it is left out.
const INDEPENDENT: f64 = 1e-13;

impl History {
    /// Room for so many differences of so many entries.
    pub fn new(memory: usize, dimension: usize) -> Self {
        let lengths = (0..dimension).step_by(PART).map(|start| PART.min(dimension - start));
        let part = |length: usize| Part {
            length,
            residuals: Vec::with_capacity(memory * length),
            images: Vec::with_capacity(memory * length),
        };
        Self {
            memory,
            dimension,
            parts: lengths.map(part).collect(),
            places: Vec::new(),
            pending: None,
            products: vec![0.0; memory * memory],
            along: vec![0.0; memory],
            weights: vec![0.0; memory],
        }
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        self.places.clear();
        self.pending = None;
        self.weights.fill(0.0);
    }

    /// Writes `residual = image − point`, keeps what the last step changed, and returns the largest absolute
    /// value of the residual.
    pub fn take_in(&mut self, point: &[f64], image: &[f64], residual: &mut [f64]) -> f64 {
        let pending = self.pending.take();
        let found = self.each(residual, |part, range, residual| {
            let (point, image) = (&point[range.clone()], &image[range]);
            for (slot, (image, point)) in residual.iter_mut().zip(image.iter().zip(point)) {
                *slot = image - point;
            }
            let size = max_abs(residual);
            let Some(place) = pending else { return (size, Vec::new(), 0.0) };
            let own = place * part.length..(place + 1) * part.length;
            for (before, after) in [(&mut part.residuals, &*residual), (&mut part.images, image)] {
                for (slot, after) in before[own.clone()].iter_mut().zip(after) {
                    *slot = after - *slot;
                }
            }
            let mut products = vec![0.0; part.residuals.len() / part.length];
            product(&part.residuals, &part.residuals[own.clone()], &mut products);
            (size, products, dot(&part.residuals[own], residual))
        });
        if let Some(newest) = pending {
            let mut change = vec![0.0; self.memory];
            for (_, products, _) in &found {
                change.iter_mut().zip(products).for_each(|(sum, product)| *sum += product);
            }
            for (place, product) in change.into_iter().enumerate() {
                self.products[place * self.memory + newest] = product;
                self.products[newest * self.memory + place] = product;
                // The residual is the last one and the newest difference.
                self.along[place] += product;
            }
            self.along[newest] = found.iter().map(|(.., along)| along).sum();
            self.places.push(newest);
        }
        found.into_iter().map(|(size, ..)| size).fold(0.0, larger)
    }

    /// Finds the weights `w` of `residual ≈ ΔF w` in least squares, for the residual taken in last.
    pub fn weigh(&mut self) {
        self.weights.fill(0.0);
        let product = |a: usize, b: usize| self.products[a * self.memory + b];
        let matrix: Vec<Vec<f64>> = self
            .places
            .iter()
            .map(|&a| self.places.iter().map(|&b| product(a, b)).collect())
            .collect();
        let right_side = self.places.iter().map(|&place| self.along[place]).collect();
        for (&place, weight) in self.places.iter().zip(least_squares(matrix, right_side)) {
            self.weights[place] = -weight;
        }
    }

    /// Replaces the residual `f` taken in last by the point that follows it, `point + s` with
    /// `s = f − ΔG w − (1 − mixing)(f − ΔF w)` for the weights found last, and returns the largest absolute
    /// value of `s`.
    pub fn step(&mut self, point: &[f64], image: &[f64], residual: &mut [f64], mixing: f64) -> f64 {
        // The oldest difference, which is used for the last time, makes room.
        let free = if self.places.len() < self.memory {
            (0..self.memory).find(|place| !self.places.contains(place))
        } else {
            (self.memory > 0).then(|| self.places.remove(0))
        };
        let weights = std::mem::take(&mut self.weights);
        let lengths = self.each(residual, |part, range, residual| {
            let kept = &weights[..part.images.len() / part.length];
            let combined = (mixing < 1.0).then(|| {
                let mut combined = residual.to_vec();
                add_transposed_product(&part.residuals, kept, &mut combined);
                combined
            });
            part.put(free, |part| &mut part.residuals, residual);
            add_transposed_product(&part.images, kept, residual);
            part.put(free, |part| &mut part.images, &image[range.clone()]);
            if let Some(combined) = combined {
                add_scaled(residual, &combined, mixing - 1.0);
            }
            let length = max_abs(residual);
            add_scaled(residual, &point[range], 1.0);
            length
        });
        self.weights = weights;
        self.pending = free;
        lengths.into_iter().fold(0.0, larger)
    }

    /// What `work` makes of each part, of where its entries are in a vector, and of those of `vector`.
    fn each<T: Send>(
        &mut self,
        vector: &mut [f64],
        work: impl Fn(&mut Part, Range<usize>, &mut [f64]) -> T + Send + Sync,
    ) -> Vec<T> {
        let work = |(at, (part, vector)): (usize, (&mut Part, &mut [f64]))| {
            let start = at * PART;
            let end = start + part.length;
            work(part, start..end, vector)
        };
        let piece = piece(self.parts.len(), self.dimension >= PARALLEL_FROM);
        let parts = self.parts.par_iter_mut().zip(vector.par_chunks_mut(PART)).enumerate();
        parts.with_min_len(piece).map(work).collect()
    }
}

impl Part {
    /// Puts values in a place of an array, if there is one.
    fn put(&mut self, place: Option<usize>, array: fn(&mut Self) -> &mut Vec<f64>, values: &[f64]) {
        let Some(place) = place else { return };
        let own = place * self.length..(place + 1) * self.length;
        let array = array(self);
        if array.len() < own.end {
            array.resize(own.end, 0.0);
        }
        array[own].copy_from_slice(values);
    }
}

/// Solves normal equations by Cholesky factors with pivots; what depends on the rest gets no weight.
fn least_squares(mut matrix: Vec<Vec<f64>>, mut right_side: Vec<f64>) -> Vec<f64> {
    let count = right_side.len();
    let lengths: Vec<f64> = (0..count).map(|row| matrix[row][row].sqrt()).collect();
    for row in 0..count {
        let inverse = |length: f64| if length > 0.0 { length.recip() } else { 0.0 };
        for column in 0..count {
            matrix[row][column] *= inverse(lengths[row]) * inverse(lengths[column]);
        }
        right_side[row] *= inverse(lengths[row]);
    }
    let mut order: Vec<usize> = (0..count).collect();
    let mut rank = 0;
    while rank < count {
        let left = |&a: &usize, &b: &usize| {
            matrix[order[a]][order[a]].total_cmp(&matrix[order[b]][order[b]])
        };
        let best = (rank..count).max_by(left).unwrap_or(rank);
        order.swap(rank, best);
        let pivot = order[rank];
        let size = matrix[pivot][pivot];
        if size.is_nan() || size <= INDEPENDENT {
            break;
        }
        for &row in &order[rank + 1..] {
            let factor = matrix[row][pivot] / size;
            for &column in &order[rank + 1..] {
                matrix[row][column] -= factor * matrix[pivot][column];
            }
            right_side[row] -= factor * right_side[pivot];
        }
        rank += 1;
    }
    let mut weights = vec![0.0; count];
    for place in (0..rank).rev() {
        let row = order[place];
        let known: f64 = order[place + 1..rank].iter().map(|&c| matrix[row][c] * weights[c]).sum();
        weights[row] = (right_side[row] - known) / matrix[row][row];
    }
    for (weight, length) in weights.iter_mut().zip(lengths) {
        if *weight != 0.0 {
            *weight /= length;
        }
    }
    weights
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Takes in these residuals, the images being three times as large.
    fn history(memory: usize, residuals: &[[f64; 4]]) -> History {
        let mut history = History::new(memory, 4);
        for residual in residuals {
            let image = residual.map(|value| 3.0 * value);
            let point = residual.map(|value| 2.0 * value);
            let mut found = [0.0; 4];
            assert_eq!(history.take_in(&point, &image, &mut found), max_abs(residual));
            assert_eq!(found, *residual);
            history.weigh();
            if residual != &residuals[residuals.len() - 1] {
                history.step(&point, &image, &mut found, 1.0);
            }
        }
        history
    }

    /// `residual − ΔF w`.
    fn left(history: &History, residual: &[f64; 4]) -> [f64; 4] {
        let mut left = *residual;
        let residuals = &history.parts[0].residuals;
        add_transposed_product(residuals, &history.weights[..residuals.len() / 4], &mut left);
        left
    }

    const RESIDUALS: [[f64; 4]; 4] = [
        [4.0, -1.0, 0.5, 2.0],
        [1.0, 1.5, -0.25, 3.0],
        [-2.0, 0.75, 1.0, -1.0],
        [0.5, 0.25, -0.75, 0.125],
    ];

    #[test]
    fn what_is_left_of_the_residual_is_orthogonal_to_all_differences() {
        let history = history(4, &RESIDUALS);
        let left = left(&history, &RESIDUALS[3]);
        for pair in RESIDUALS.windows(2) {
            let along: f64 = (0..4).map(|i| left[i] * (pair[1][i] - pair[0][i])).sum();
            assert!(along.abs() < 1e-13, "{along}");
        }
    }

    #[test]
    fn a_step_goes_to_the_combined_image_or_part_of_the_way() {
        for mixing in [1.0, 0.3] {
            let mut history = history(4, &RESIDUALS);
            let residual = RESIDUALS[3];
            let left = left(&history, &residual);
            let (point, image) = (residual.map(|f| 2.0 * f), residual.map(|f| 3.0 * f));
            let mut next = residual;
            let length = history.step(&point, &image, &mut next, mixing);
            let mut longest = 0.0_f64;
            for i in 0..4 {
                let removed = 3.0 * (residual[i] - left[i]);
                let step = residual[i] - removed - (1.0 - mixing) * left[i];
                assert!((next[i] - point[i] - step).abs() < 1e-13);
                longest = longest.max(step.abs());
            }
            assert!((longest - length).abs() < 1e-13);
        }
    }

    #[test]
    fn a_difference_that_others_already_span_gets_no_weight() {
        let residuals = [[4.0, 2.0, 0.0, 0.0], [2.0, 1.0, 0.0, 0.0], [1.0, 0.5, 0.0, 0.0]];
        let history = history(3, &residuals);
        assert_eq!(history.weights.iter().filter(|weight| **weight != 0.0).count(), 1);
        assert!(max_abs(&left(&history, &residuals[2])) < 1e-15);
    }

    #[test]
    fn the_oldest_difference_makes_room() {
        let short = left(&history(2, &RESIDUALS), &RESIDUALS[3]);
        let fresh = left(&history(4, &RESIDUALS[1..]), &RESIDUALS[3]);
        for (short, fresh) in short.iter().zip(fresh) {
            assert!((short - fresh).abs() < 1e-14);
        }
    }
}
