//! What all products with a matrix are made of: some rows multiplied with a vector, while multiples of
//! others are added to a second one.
//!
//! Entries are taken [`LANES`] at a time. Where a row does not end with such a block, its last
//! [`LANES`] entries are taken once more, those that had their turn counting for nothing.

use super::{LANES, fetch_line};

type Block = [f64; LANES];

/// In place of the last entries of what has fewer than a block.
const NOTHING: Block = [0.0; LANES];

/// A row in blocks, of at least [`LANES`] entries.
#[derive(Clone, Copy)]
pub(super) struct Row<'a> {
    whole: &'a [Block],
    /// The last entries, some of them in the blocks, too.
    last: &'a Block,
}

impl<'a> Row<'a> {
    /// No entries.
    pub const NOTHING: Self = Self { whole: &[], last: &NOTHING };

    #[inline(always)]
    pub fn new(entries: &'a [f64]) -> Self {
        let last = entries.last_chunk().unwrap_or(&NOTHING);
        Self { whole: entries.as_chunks().0, last }
    }
}

/// What rows are multiplied with.
pub(super) struct Factors<'a> {
    whole: &'a [Block],
    /// What is left after the blocks, preceded by zeros.
    last: Block,
    has_rest: bool,
    length: usize,
}

impl<'a> Factors<'a> {
    #[inline(always)]
    pub fn new(entries: &'a [f64]) -> Self {
        let (whole, rest) = entries.as_chunks();
        let mut last = *entries.last_chunk().unwrap_or(&NOTHING);
        for (lane, entry) in last.iter_mut().enumerate() {
            *entry = if lane < LANES - rest.len() { 0.0 } else { *entry };
        }
        Self { whole, last, has_rest: !rest.is_empty(), length: entries.len() }
    }
}

/// What multiples of rows are added to.
pub(super) struct Target<'a> {
    entries: &'a mut [f64],
    /// The last entries, of which those in the blocks go wrong.
    last: Block,
}

impl<'a> Target<'a> {
    #[inline(always)]
    pub fn new(entries: &'a mut [f64]) -> Self {
        let last = *entries.last_chunk().unwrap_or(&NOTHING);
        Self { entries, last }
    }

    /// Writes what was added after the blocks.
    #[inline(always)]
    pub fn finish(self) {
        let in_blocks = LANES - self.entries.len() % LANES;
        if let Some(entries) = self.entries.last_chunk_mut::<LANES>() {
            for (lane, entry) in entries.iter_mut().enumerate() {
                *entry = if lane < in_blocks { *entry } else { self.last[lane] };
            }
        }
    }
}

/// `Σ_i row[i] x[i]` of some rows, in [`LANES`] partial sums that are added in pairs. Rows mostly lie one
/// after the other: those that come next are fetched, unless it is one row alone.
#[inline(always)]
pub(super) fn sums<const R: usize, const FETCHED: usize>(
    rows: [Row<'_>; R],
    x: &Factors<'_>,
) -> [f64; R] {
    let whole = blocks(rows, x.whole.len());
    let ahead = R * x.length;
    let mut partial = [NOTHING; R];
    for index in 0..x.whole.len() {
        for row in 0..R {
            let entries = &whole[row][index];
            if row < FETCHED {
                fetch_line(entries.as_ptr().wrapping_add(ahead));
            }
            partial[row] = multiply_add(partial[row], entries, &x.whole[index]);
        }
    }
    if x.has_rest {
        for row in 0..R {
            partial[row] = multiply_add(partial[row], rows[row].last, &x.last);
        }
    }
    totals(partial)
}

/// `target[i] += Σ_row factors[row] rows[row][i]`, one row after the other; the next rows are fetched.
#[inline(always)]
pub(super) fn spread<const R: usize, const FETCHED: usize>(
    rows: [Row<'_>; R],
    factors: [f64; R],
    target: &mut Target<'_>,
    groups_ahead: usize,
) {
    let ahead = groups_ahead * R * target.entries.len();
    let (target_whole, rest) = target.entries.as_chunks_mut();
    let count = target_whole.len();
    let whole = blocks(rows, count);
    for index in 0..count {
        let mut sums = target_whole[index];
        for row in 0..R {
            let entries = &whole[row][index];
            if row >= R - FETCHED {
                fetch_line(entries.as_ptr().wrapping_add(ahead));
            }
            sums = add_multiple(sums, entries, factors[row]);
        }
        target_whole[index] = sums;
    }
    if !rest.is_empty() {
        for row in 0..R {
            target.last = add_multiple(target.last, rows[row].last, factors[row]);
        }
    }
}

/// So many blocks of each row.
#[inline(always)]
fn blocks<const R: usize>(rows: [Row<'_>; R], count: usize) -> [&[Block]; R] {
    let mut blocks = [&[] as &[Block]; R];
    for row in 0..R {
        blocks[row] = &rows[row].whole[..count];
    }
    blocks
}

#[inline(always)]
fn multiply_add(mut sums: Block, x: &Block, y: &Block) -> Block {
    for lane in 0..LANES {
        sums[lane] += x[lane] * y[lane];
    }
    sums
}

#[inline(always)]
fn add_multiple(mut sums: Block, row: &Block, factor: f64) -> Block {
    for lane in 0..LANES {
        sums[lane] += factor * row[lane];
    }
    sums
}

/// Sums over lanes.
#[inline(always)]
fn totals<const R: usize>(partial: [Block; R]) -> [f64; R] {
    // Unseen by the compiler, which would otherwise start from the sums at the end and give each register
    // one lane of every row, to be gathered from all over.
    let partial = std::hint::black_box(partial);
    let mut totals = [0.0; R];
    for row in 0..R {
        let [a, b, c, d, e, f, g, h] = partial[row];
        totals[row] = ((a + e) + (c + g)) + ((b + f) + (d + h));
    }
    totals
}
