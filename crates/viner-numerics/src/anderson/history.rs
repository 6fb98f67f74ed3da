//! Earlier steps of an accelerated iteration, and what least squares makes of them.

use std::ops::Range;

use rayon::prelude::*;

use crate::kernel::dense::{add_transposed_product, dot, max_abs, product};
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
    /// Inner products of differences of residuals, `[place, place]`.
    products: Vec<f64>,
    /// Those with the residual, by place.
    along: Vec<f64>,
    /// What the last difference adds to them.
    change_along: Vec<f64>,
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
            products: vec![0.0; memory * memory],
            along: vec![0.0; memory],
            change_along: vec![0.0; memory],
            weights: vec![0.0; memory],
        }
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        self.places.clear();
        self.weights.fill(0.0);
    }

    /// Takes in what the last step changed: residual and image before it and after.
    pub fn push(&mut self, residuals: [&[f64]; 2], images: [&[f64]; 2]) {
        if self.memory == 0 {
            return;
        }
        if self.places.len() == self.memory {
            self.places.remove(0);
        }
        let free = (0..self.memory).find(|place| !self.places.contains(place)).unwrap_or(0);
        let products = self.each(|part, range| {
            let place = free * part.length..(free + 1) * part.length;
            for (room, [before, after]) in
                [(&mut part.residuals, residuals), (&mut part.images, images)]
            {
                if room.len() < place.end {
                    room.resize(place.end, 0.0);
                }
                let (before, after) = (&before[range.clone()], &after[range.clone()]);
                for (slot, (before, after)) in
                    room[place.clone()].iter_mut().zip(before.iter().zip(after))
                {
                    *slot = after - before;
                }
            }
            let mut products = vec![0.0; part.residuals.len() / part.length];
            product(&part.residuals, &part.residuals[place], &mut products);
            products
        });
        self.change_along.fill(0.0);
        for products in products {
            self.change_along.iter_mut().zip(products).for_each(|(sum, product)| *sum += product);
        }
        for (place, &product) in self.change_along.iter().enumerate() {
            self.products[place * self.memory + free] = product;
            self.products[free * self.memory + place] = product;
        }
        self.places.push(free);
    }

    /// Finds the weights `w` of `residual ≈ ΔF w` in least squares, after the last step led to `residual`.
    pub fn weigh(&mut self, residual: &[f64]) {
        self.weights.fill(0.0);
        let Some(&newest) = self.places.last() else { return };
        // The residual is the last one and the newest difference.
        self.along.iter_mut().zip(&self.change_along).for_each(|(sum, change)| *sum += change);
        let own = self.each(|part, range| {
            dot(&part.residuals[newest * part.length..][..part.length], &residual[range])
        });
        self.along[newest] = own.into_iter().sum();
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

    /// `vector − ΔG w` for a vector that [`weigh`](Self::weigh) took, and its largest absolute value.
    pub fn without_images(&self, vector: &[f64], target: &mut [f64]) -> f64 {
        self.without(|part| &part.images, vector, target)
    }

    /// `vector − ΔF w` for a vector that [`weigh`](Self::weigh) took, and its largest absolute value.
    pub fn without_residuals(&self, vector: &[f64], target: &mut [f64]) -> f64 {
        self.without(|part| &part.residuals, vector, target)
    }

    fn without(
        &self,
        of: impl Fn(&Part) -> &[f64] + Send + Sync,
        vector: &[f64],
        target: &mut [f64],
    ) -> f64 {
        let work = |(part, (vector, target)): (&Part, (&[f64], &mut [f64]))| {
            target.copy_from_slice(vector);
            let kept = of(part).len() / part.length;
            add_transposed_product(of(part), &self.weights[..kept], target);
            max_abs(target)
        };
        if self.dimension < PARALLEL_FROM {
            let vectors = vector.chunks(PART).zip(target.chunks_mut(PART));
            self.parts.iter().zip(vectors).map(work).fold(0.0, larger)
        } else {
            let vectors = vector.par_chunks(PART).zip(target.par_chunks_mut(PART));
            self.parts.par_iter().zip(vectors).map(work).reduce(|| 0.0, larger)
        }
    }

    /// What `work` makes of each part and of where its entries are in a vector.
    fn each<T: Send>(
        &mut self,
        work: impl Fn(&mut Part, Range<usize>) -> T + Send + Sync,
    ) -> Vec<T> {
        let work = |(at, part): (usize, &mut Part)| {
            let start = at * PART;
            let end = start + part.length;
            work(part, start..end)
        };
        if self.dimension < PARALLEL_FROM {
            self.parts.iter_mut().enumerate().map(work).collect()
        } else {
            self.parts.par_iter_mut().enumerate().map(work).collect()
        }
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

    /// Pushes what steps between these residuals change, the images being three times as large.
    fn history(residuals: &[[f64; 4]]) -> History {
        let mut history = History::new(residuals.len(), 4);
        for pair in residuals.windows(2) {
            let images = [pair[0], pair[1]].map(|residual| residual.map(|value| 3.0 * value));
            history.push([&pair[0], &pair[1]], [&images[0], &images[1]]);
            history.weigh(&pair[1]);
        }
        history
    }

    #[test]
    fn what_is_left_of_the_residual_is_orthogonal_to_all_differences() {
        let residuals = [
            [4.0, -1.0, 0.5, 2.0],
            [1.0, 1.5, -0.25, 3.0],
            [-2.0, 0.75, 1.0, -1.0],
            [0.5, 0.25, -0.75, 0.125],
        ];
        let history = history(&residuals);
        let mut left = [0.0; 4];
        history.without_residuals(&residuals[3], &mut left);
        for pair in residuals.windows(2) {
            let along: f64 = (0..4).map(|i| left[i] * (pair[1][i] - pair[0][i])).sum();
            assert!(along.abs() < 1e-13, "{along}");
        }
        let mut step = [0.0; 4];
        let longest = history.without_images(&residuals[3], &mut step);
        for i in 0..4 {
            let removed = 3.0 * (residuals[3][i] - left[i]);
            assert!((residuals[3][i] - step[i] - removed).abs() < 1e-13);
        }
        assert!((longest - max_abs(&step)).abs() == 0.0);
    }

    #[test]
    fn a_difference_that_others_already_span_gets_no_weight() {
        let residuals = [[4.0, 2.0, 0.0, 0.0], [2.0, 1.0, 0.0, 0.0], [1.0, 0.5, 0.0, 0.0]];
        let history = history(&residuals);
        assert_eq!(history.weights.iter().filter(|weight| **weight != 0.0).count(), 1);
        let mut left = [0.0; 4];
        assert!(history.without_residuals(&residuals[2], &mut left) < 1e-15);
    }

    #[test]
    fn the_oldest_difference_makes_room() {
        let all = [
            [4.0, -1.0, 0.5, 2.0],
            [1.0, 1.5, -0.25, 3.0],
            [-2.0, 0.75, 1.0, -1.0],
            [0.5, 0.25, -0.75, 0.125],
        ];
        let mut short = History::new(2, 4);
        for pair in all.windows(2) {
            short.push([&pair[0], &pair[1]], [&pair[0], &pair[1]]);
            short.weigh(&pair[1]);
        }
        let fresh = history(&all[1..]);
        let (mut left, mut expected) = ([0.0; 4], [0.0; 4]);
        short.without_residuals(&all[3], &mut left);
        fresh.without_residuals(&all[3], &mut expected);
        for (left, expected) in left.iter().zip(expected) {
            assert!((left - expected).abs() < 1e-14);
        }
    }
}
