//! One equilibrium of a game for two of any size: Lemke and Howson (1964), Equilibrium Points of
//! Bimatrix Games, with lexicographic ratios, so that degenerate games end too.

/// Pivots after which a game is given up; far above what games of thousands of actions take.
const MAX_PIVOTS: usize = 100_000;

/// Entries below this are taken as zero; payoffs are between 1 and 2.
const ZERO: f64 = 1e-12;

/// The equilibrium at the end of the path that leaves the artificial one by giving up `label`: rows'
/// actions come first, then columns'. Both payoff matrices are `[row, column]` and positive.
pub(super) fn equilibrium(
    row_payoffs: &[Vec<f64>],
    column_payoffs: &[Vec<f64>],
    label: usize,
) -> Option<[Vec<f64>; 2]> {
    let (rows, columns) = (row_payoffs.len(), row_payoffs.first().map_or(0, Vec::len));
    // Columns' constraints on the strategy of rows: Bᵀx + s = 1, and rows' on that of columns.
    let transposed: Vec<Vec<f64>> =
        (0..columns).map(|j| (0..rows).map(|i| column_payoffs[i][j]).collect()).collect();
    let of_rows = Tableau::new(&transposed, 0, rows);
    let of_columns = Tableau::new(row_payoffs, rows, 0);
    let mut tableaux = [of_rows, of_columns];
    let mut entering = label;
    let mut turn = usize::from(label >= rows);
    for _ in 0..MAX_PIVOTS {
        let leaving = tableaux[turn].pivot(entering)?;
        if leaving == label {
            return Some([
                tableaux[0].strategy(0..rows),
                tableaux[1].strategy(rows..rows + columns),
            ]);
        }
        entering = leaving;
        turn = 1 - turn;
    }
    None
}

struct Tableau {
    /// A row per constraint: coefficients by label, then the right-hand side.
    rows: Vec<Vec<f64>>,
    /// Label of the basic variable of each row.
    basis: Vec<usize>,
    /// First label of the slack variables.
    slack: usize,
}

impl Tableau {
    /// `coefficients · x + s = 1` with the labels of `x` from `first`, those of `s` from `slack`.
    fn new(coefficients: &[Vec<f64>], first: usize, slack: usize) -> Self {
        let labels = coefficients.len() + coefficients.first().map_or(0, Vec::len);
        let row = |(index, coefficients): (usize, &Vec<f64>)| {
            let mut row = vec![0.0; labels + 1];
            row[first..first + coefficients.len()].copy_from_slice(coefficients);
            row[slack + index] = 1.0;
            row[labels] = 1.0;
            row
        };
        let rows: Vec<Vec<f64>> = coefficients.iter().enumerate().map(row).collect();
        let basis = (slack..slack + rows.len()).collect();
        Self { rows, basis, slack }
    }

    /// Brings a variable into the basis; the label of the one that leaves.
    fn pivot(&mut self, entering: usize) -> Option<usize> {
        let leaving = self.leaving_row(entering)?;
        let factor = self.rows[leaving][entering];
        self.rows[leaving].iter_mut().for_each(|entry| *entry /= factor);
        let pivot_row = self.rows[leaving].clone();
        for (index, row) in self.rows.iter_mut().enumerate() {
            let factor = row[entering];
            if index != leaving && factor != 0.0 {
                row.iter_mut().zip(&pivot_row).for_each(|(entry, pivot)| *entry -= factor * pivot);
            }
        }
        Some(std::mem::replace(&mut self.basis[leaving], entering))
    }

    /// The row with the smallest ratio of right-hand side and slack columns to the pivot, compared
    /// one after the other: unique, so that no path returns to where it was.
    fn leaving_row(&self, entering: usize) -> Option<usize> {
        let last = self.rows.first()?.len() - 1;
        let slacks = self.slack..self.slack + self.rows.len();
        let columns: Vec<usize> = std::iter::once(last).chain(slacks).collect();
        let less = |a: usize, b: usize| {
            let ratio =
                |row: usize, column: usize| self.rows[row][column] / self.rows[row][entering];
            columns
                .iter()
                .map(|&column| ratio(a, column) - ratio(b, column))
                .find(|difference| difference.abs() > ZERO)
                .is_some_and(|difference| difference < 0.0)
        };
        let candidates = (0..self.rows.len()).filter(|&row| self.rows[row][entering] > ZERO);
        candidates.reduce(|best, row| if less(row, best) { row } else { best })
    }

    /// Values of these variables, scaled to sum to 1.
    fn strategy(&self, labels: std::ops::Range<usize>) -> Vec<f64> {
        let mut values = vec![0.0; labels.len()];
        for (row, label) in self.rows.iter().zip(&self.basis) {
            if labels.contains(label) {
                values[label - labels.start] = row.last().copied().unwrap_or(0.0).max(0.0);
            }
        }
        let sum: f64 = values.iter().sum();
        values.iter().map(|value| value / sum).collect()
    }
}
