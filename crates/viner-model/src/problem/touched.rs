//! The trade cells that policies touch.

use std::collections::BTreeMap;
use std::iter::Zip;
use std::ops::{Index, Range};
use std::slice;

use super::counterfactual::{CellChange, TradeCell};

/// What is different in the trade cells that policies touch, in the order of the cells.
///
/// Made once and read many times from the first cell to the last: in arrays, where a pass over all costs
/// what reading them costs. Which cells there are does not change afterwards; what is different in them may.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TouchedCells {
    cells: Vec<TradeCell>,
    changes: Vec<CellChange>,
}

impl From<BTreeMap<TradeCell, CellChange>> for TouchedCells {
    fn from(cells: BTreeMap<TradeCell, CellChange>) -> Self {
        let (cells, changes) = cells.into_iter().unzip();
        Self { cells, changes }
    }
}

impl TouchedCells {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.cells.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.cells.is_empty()
    }

    /// Cells and what is different in them.
    pub fn iter(&self) -> Zip<slice::Iter<'_, TradeCell>, slice::Iter<'_, CellChange>> {
        self.cells.iter().zip(&self.changes)
    }

    /// The cells alone.
    pub fn keys(&self) -> slice::Iter<'_, TradeCell> {
        self.cells.iter()
    }

    /// What is different in them alone.
    pub fn values(&self) -> slice::Iter<'_, CellChange> {
        self.changes.iter()
    }

    /// Whether a cell is touched.
    pub fn contains_key(&self, cell: &TradeCell) -> bool {
        self.cells.binary_search(cell).is_ok()
    }

    /// What is different in a cell, if it is touched.
    pub fn get(&self, cell: &TradeCell) -> Option<&CellChange> {
        self.cells.binary_search(cell).ok().map(|place| &self.changes[place])
    }

    /// The same, to be changed.
    pub fn get_mut(&mut self, cell: &TradeCell) -> Option<&mut CellChange> {
        self.cells.binary_search(cell).ok().map(|place| &mut self.changes[place])
    }

    /// Those between two cells, the second left out.
    pub(super) fn between(
        &self,
        cells: Range<TradeCell>,
    ) -> impl Iterator<Item = (&TradeCell, &CellChange)> + Clone {
        let first = self.cells.partition_point(|cell| *cell < cells.start);
        let count = self.cells[first..].partition_point(|cell| *cell < cells.end);
        let range = first..first + count;
        self.cells[range.clone()].iter().zip(&self.changes[range])
    }

    /// The same cells, of each what `change` makes of it.
    pub(super) fn map(&self, change: impl Fn(TradeCell, &CellChange) -> CellChange) -> Self {
        let changes = self.iter().map(|(&cell, old)| change(cell, old)).collect();
        Self { cells: self.cells.clone(), changes }
    }
}

impl Index<&TradeCell> for TouchedCells {
    type Output = CellChange;

    /// What is different in a cell.
    ///
    /// # Panics
    /// The cell is not touched.
    fn index(&self, cell: &TradeCell) -> &CellChange {
        self.get(cell).unwrap_or_else(|| panic!("{cell:?} is not touched"))
    }
}

impl<'a> IntoIterator for &'a TouchedCells {
    type Item = (&'a TradeCell, &'a CellChange);
    type IntoIter = Zip<slice::Iter<'a, TradeCell>, slice::Iter<'a, CellChange>>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(tariff: f64) -> CellChange {
        CellChange {
            trade_cost: 1.0,
            tariff,
            export_tax: 0.0,
            allowed: 1.0,
            staying: 1.0,
            nests: Vec::new(),
            wedges: Vec::new(),
        }
    }

    #[test]
    fn cells_are_found_alone_and_between_others() {
        let cells = [(0, 0, 1), (0, 2, 0), (1, 0, 1), (1, 2, 0), (1, 2, 1), (3, 0, 2)];
        let numbered = cells.iter().rev().enumerate().map(|(i, &cell)| (cell, change(i as f64)));
        let mut touched = TouchedCells::from(numbered.collect::<BTreeMap<_, _>>());
        assert!(touched.keys().eq(&cells) && touched.len() == 6 && !touched.is_empty());
        assert!(touched.iter().all(|(cell, change)| touched[cell] == *change));
        assert_eq!(touched.get(&(1, 2, 0)).map(|change| change.tariff), Some(2.0));
        assert!(touched.get(&(1, 1, 0)).is_none() && !touched.contains_key(&(2, 0, 0)));
        let between =
            |from, to| touched.between(from..to).map(|(&cell, _)| cell).collect::<Vec<_>>();
        assert_eq!(between((1, 0, 0), (2, 0, 0)), cells[2..5]);
        assert_eq!(between((1, 2, 0), (1, 3, 0)), cells[3..5]);
        assert!(
            between((2, 0, 0), (3, 0, 0)).is_empty() && between((4, 0, 0), (5, 0, 0)).is_empty()
        );
        touched.get_mut(&(3, 0, 2)).unwrap().tariff = 7.0;
        let doubled = touched.map(|_, old| change(2.0 * old.tariff));
        assert_eq!(doubled[&(3, 0, 2)].tariff, 14.0);
    }
}
