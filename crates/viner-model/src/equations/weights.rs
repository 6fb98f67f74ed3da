//! Weights of suppliers by row: the baseline's trade shares, and copies of the rows that policies touch.

#![expect(clippy::inline_always, reason = "products are compiled for the widest registers")]

use std::sync::Arc;

use viner_numerics::kernel::dense::Rows;

/// `π · remaining · (κ̂ (1+x')/(1+x) (1+τ')/(1+τ))^{−θ}` over the largest factor of its row, by row and
/// exporter. Rows that no policy touches are read where the trade shares of the baseline are.
///
/// A row is a purchaser: an importer, or a user in it where users have trade shares of their own. Rows
/// of one importer are neighbours.
pub struct Weights {
    shares: Arc<dyn AsRef<[f64]> + Send + Sync>,
    exporters: usize,
    /// Rows that are not those of the baseline, one after the other.
    own: Vec<f64>,
    /// By row: its place among them, or [`SHARED`].
    place: Vec<u32>,
}

/// The place of a row that is the baseline's.
const SHARED: u32 = u32::MAX;

impl Weights {
    /// Trade shares of the baseline, by row and exporter.
    pub fn new(shares: Arc<dyn AsRef<[f64]> + Send + Sync>, exporters: usize) -> Self {
        let rows = (*shares).as_ref().len() / exporters;
        Self { shares, exporters, own: Vec::new(), place: vec![SHARED; rows] }
    }

    /// Length of a row.
    pub fn exporters(&self) -> usize {
        self.exporters
    }

    /// The weights of a row.
    pub fn row(&self, row: usize) -> &[f64] {
        let (entries, place) = match self.place[row] {
            SHARED => (self.shares(), row),
            place => (self.own.as_slice(), place as usize),
        };
        &entries[place * self.exporters..][..self.exporters]
    }

    /// Gives these rows weights of their own, still those of the baseline, to be changed; before that
    /// all rows are the baseline's.
    pub fn take(&mut self, rows: impl ExactSizeIterator<Item = usize>) {
        let exporters = self.exporters;
        let mut own = Vec::with_capacity(rows.len() * exporters);
        for (place, row) in (0..SHARED).zip(rows) {
            own.extend_from_slice(&self.shares()[row * exporters..][..exporters]);
            self.place[row] = place;
        }
        self.own = own;
    }

    /// The weights of a row that was [taken](Self::take); nothing of others.
    pub fn own_row(&mut self, row: usize) -> &mut [f64] {
        let exporters = self.exporters;
        match self.place[row] {
            SHARED => &mut [],
            place => &mut self.own[place as usize * exporters..][..exporters],
        }
    }

    /// Rows one after the other, for products.
    pub fn rows(&self, first: usize, count: usize) -> RowRange<'_> {
        RowRange { rows: self.lookup(), first, count }
    }

    /// These rows, for products.
    pub fn chosen<'a>(&'a self, chosen: &'a [usize]) -> ChosenRows<'a> {
        ChosenRows { rows: self.lookup(), chosen }
    }

    fn lookup(&self) -> Lookup<'_> {
        Lookup {
            shares: self.shares(),
            own: &self.own,
            place: &self.place,
            exporters: self.exporters,
        }
    }

    fn shares(&self) -> &[f64] {
        (*self.shares).as_ref()
    }
}

/// Where the weights of each row are.
#[derive(Clone, Copy)]
struct Lookup<'a> {
    shares: &'a [f64],
    own: &'a [f64],
    place: &'a [u32],
    exporters: usize,
}

impl Lookup<'_> {
    #[inline(always)]
    fn row(&self, row: usize) -> &[f64] {
        let (entries, place) = match self.place[row] {
            SHARED => (self.shares, row),
            place => (self.own, place as usize),
        };
        &entries[place * self.exporters..][..self.exporters]
    }
}

/// Rows of weights one after the other.
pub struct RowRange<'a> {
    rows: Lookup<'a>,
    first: usize,
    count: usize,
}

impl Rows for RowRange<'_> {
    #[inline(always)]
    fn count(&self) -> usize {
        self.count
    }

    #[inline(always)]
    fn row(&self, n: usize) -> &[f64] {
        self.rows.row(self.first + n)
    }
}

/// Some rows of weights.
pub struct ChosenRows<'a> {
    rows: Lookup<'a>,
    chosen: &'a [usize],
}

impl Rows for ChosenRows<'_> {
    #[inline(always)]
    fn count(&self) -> usize {
        self.chosen.len()
    }

    #[inline(always)]
    fn row(&self, n: usize) -> &[f64] {
        self.rows.row(self.chosen[n])
    }
}
