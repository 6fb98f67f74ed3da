//! Earlier steps of an accelerated iteration, and what least squares makes of them.

use rayon::prelude::*;

use crate::kernel::dense::{add_transposed_product, dot, product};

/// Differences of residuals, kept as `Q R`, and of images.
///
/// Long vectors are worked on in parts, on several threads. Parts are the same on any number of threads,
/// and sums over them are taken in their order.
pub struct History {
    memory: usize,
    parts: Vec<Part>,
    /// Column j of R has j + 1 entries.
    triangle: Vec<Vec<f64>>,
    /// The place of each column's image.
    places: Vec<usize>,
    /// What the last least-squares problem makes of the images, by place.
    image_weights: Vec<f64>,
}

/// A part of all vectors; in each array one vector after the other.
struct Part {
    length: usize,
    /// Columns of Q, the oldest difference first.
    basis: Vec<f64>,
    /// Differences of images, each in a place of its own.
    images: Vec<f64>,
}

/// Entries of a part.
const PART: usize = 16_384;

/// A new difference whose part outside the span of the kept ones is smaller than this, relative to
/// its length, adds rounding rather than information: the memory is shortened until it does not.
const INDEPENDENT: f64 = 1e-10;

/// One projection leaves errors of 1e-16 over this part: good enough to combine directions with.
const WELL_OUTSIDE: f64 = 1e-3;

/// Entries of all columns that are rotated while they are near.
const ROTATED_TOGETHER: usize = 256;

impl History {
    /// Room for so many differences of so many entries.
    pub fn new(memory: usize, dimension: usize) -> Self {
        let lengths = (0..dimension).step_by(PART).map(|start| PART.min(dimension - start));
        let part = |length: usize| Part {
            length,
            basis: Vec::with_capacity(memory * length),
            images: Vec::with_capacity(memory * length),
        };
        Self {
            memory,
            parts: lengths.map(part).collect(),
            triangle: Vec::new(),
            places: Vec::new(),
            image_weights: vec![0.0; memory],
        }
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        self.parts.iter_mut().for_each(|part| part.basis.clear());
        self.triangle.clear();
        self.places.clear();
    }

    /// Takes in a difference; that of the residuals is overwritten.
    pub fn push(&mut self, residual: &mut [f64], image: &[f64]) {
        let squares = self.look(residual, |_, residual| dot(residual, residual));
        let length = squares.into_iter().sum::<f64>().sqrt();
        if self.memory == 0 || length == 0.0 {
            return;
        }
        if self.places.len() == self.memory {
            self.drop_oldest();
        }
        loop {
            let count = self.places.len();
            let mut column = vec![0.0; count];
            let mut below = self.project(residual, &mut column);
            if below < WELL_OUTSIDE * length {
                // Twice is enough (Giraud, Langou and Rozloznik 2005).
                below = self.project(residual, &mut column);
            }
            if below > INDEPENDENT * length {
                self.change(residual, |part, residual| {
                    part.basis.extend(residual.iter().map(|value| value / below));
                });
                column.push(below);
                self.triangle.push(column);
                break;
            }
            if count == 0 {
                return;
            }
            // The vector that was taken apart, put together again, and one direction less.
            self.change(residual, |part, residual| {
                add_transposed_product(&part.basis, &column, residual);
            });
            self.drop_oldest();
        }
        let free = (0..self.memory).find(|place| !self.places.contains(place)).unwrap_or(0);
        for (part, image) in self.parts.iter_mut().zip(image.chunks(PART)) {
            let place = free * part.length..(free + 1) * part.length;
            if part.images.len() < place.end {
                part.images.resize(place.end, 0.0);
            }
            part.images[place].copy_from_slice(image);
        }
        self.places.push(free);
    }

    /// Least-squares weights `w` of `residual ≈ ΔF w`.
    pub fn weigh(&mut self, residual: &[f64]) {
        let count = self.places.len();
        let mut weights = self.coordinates(residual);
        for row in (0..count).rev() {
            for column in row + 1..count {
                weights[row] -= self.triangle[column][row] * weights[column];
            }
            weights[row] /= self.triangle[row][row];
        }
        self.image_weights.fill(0.0);
        for (weight, &place) in weights.iter().zip(&self.places) {
            self.image_weights[place] = -weight;
        }
    }

    /// `vector −= ΔG w` for the last weights.
    pub fn remove_images(&mut self, vector: &mut [f64]) {
        let weights = std::mem::take(&mut self.image_weights);
        self.change(vector, |part, vector| {
            let kept = part.images.len() / part.length;
            add_transposed_product(&part.images, &weights[..kept], vector);
        });
        self.image_weights = weights;
    }

    /// Takes the projection on the span of all differences of residuals out of `vector`.
    pub fn remove_span(&mut self, vector: &mut [f64]) {
        self.project(vector, &mut vec![0.0; self.places.len()]);
    }

    /// Takes the projection on the basis out of `vector` and adds it to `column`; returns the length
    /// of what is left.
    fn project(&mut self, vector: &mut [f64], column: &mut [f64]) -> f64 {
        let mut projection = self.coordinates(vector);
        for (slot, value) in column.iter_mut().zip(&mut projection) {
            *slot += *value;
            *value = -*value;
        }
        let squares = self.change(vector, |part, vector| {
            add_transposed_product(&part.basis, &projection, vector);
            dot(vector, vector)
        });
        squares.into_iter().sum::<f64>().sqrt()
    }

    /// Inner products of `vector` with the columns of Q.
    fn coordinates(&self, vector: &[f64]) -> Vec<f64> {
        let count = self.places.len();
        let parts = self.look(vector, |part, vector| {
            let mut products = vec![0.0; count];
            product(&part.basis, vector, &mut products);
            products
        });
        let mut sums = vec![0.0; count];
        for products in parts {
            sums.iter_mut().zip(products).for_each(|(sum, product)| *sum += product);
        }
        sums
    }

    /// Removes the first column of `Q R` and restores the triangle by plane rotations.
    fn drop_oldest(&mut self) {
        self.places.remove(0);
        self.triangle.remove(0);
        let mut rotations = Vec::with_capacity(self.triangle.len());
        for row in 0..self.triangle.len() {
            let (upper, lower) = (self.triangle[row][row], self.triangle[row][row + 1]);
            let radius = upper.hypot(lower);
            let (cosine, sine) =
                if radius == 0.0 { (1.0, 0.0) } else { (upper / radius, lower / radius) };
            for column in &mut self.triangle[row..] {
                let (upper, lower) = (column[row], column[row + 1]);
                column[row] = cosine * upper + sine * lower;
                column[row + 1] = cosine * lower - sine * upper;
            }
            rotations.push((cosine, sine));
        }
        for (index, column) in self.triangle.iter_mut().enumerate() {
            column.truncate(index + 1);
        }
        if let [part] = self.parts.as_mut_slice() {
            part.rotate(&rotations);
        } else {
            self.parts.par_iter_mut().for_each(|part| part.rotate(&rotations));
        }
    }

    /// What `work` makes of each part and of that of a vector.
    fn look<T: Send>(
        &self,
        vector: &[f64],
        work: impl Fn(&Part, &[f64]) -> T + Send + Sync,
    ) -> Vec<T> {
        match self.parts.as_slice() {
            [part] => vec![work(part, vector)],
            parts => {
                let pairs = parts.par_iter().zip(vector.par_chunks(PART));
                pairs.map(|(part, vector)| work(part, vector)).collect()
            }
        }
    }

    /// The same where each part, or that of the vector, is changed.
    fn change<T: Send>(
        &mut self,
        vector: &mut [f64],
        work: impl Fn(&mut Part, &mut [f64]) -> T + Send + Sync,
    ) -> Vec<T> {
        match self.parts.as_mut_slice() {
            [part] => vec![work(part, vector)],
            parts => {
                let pairs = parts.par_iter_mut().zip(vector.par_chunks_mut(PART));
                pairs.map(|(part, vector)| work(part, vector)).collect()
            }
        }
    }
}

impl Part {
    /// Turns neighbouring columns of Q into each other, and removes the last.
    fn rotate(&mut self, rotations: &[(f64, f64)]) {
        for start in (0..self.length).step_by(ROTATED_TOGETHER) {
            let width = ROTATED_TOGETHER.min(self.length - start);
            for (row, &(cosine, sine)) in rotations.iter().enumerate() {
                let (head, tail) = self.basis.split_at_mut((row + 1) * self.length);
                let first = &mut head[row * self.length + start..][..width];
                let second = &mut tail[start..][..width];
                for (first, second) in first.iter_mut().zip(second) {
                    let (upper, lower) = (*first, *second);
                    *first = cosine * upper + sine * lower;
                    *second = cosine * lower - sine * upper;
                }
            }
        }
        self.basis.truncate(rotations.len() * self.length);
    }
}
