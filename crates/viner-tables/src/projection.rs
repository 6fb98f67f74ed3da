//! The values nearest to given ones at which linear accounts close.
//!
//! Minimises `Σ |x⁰| z (ln z − 1)` over `z = x/x⁰ > 0` subject to `Σ c x = t` for every account: the
//! objective of GRAS as Lenzen, Wood and Gallego (2007) correct it, which for positive values is
//! the cross-entropy that RAS minimises. Accounts are closed one after the other, each exactly,
//! by `x = x⁰ exp(sign(x⁰) c λ)`, until none moves any more: Bregman's row action, of which the
//! alternation of RAS between rows and columns is the case `c = 1`. Signs and zeros stay.

/// One account: cells with their coefficients, and the total that they must have.
#[derive(Clone, Debug)]
pub(crate) struct Account {
    pub(crate) cells: Vec<(u32, f64)>,
    pub(crate) total: f64,
}

/// How far the accounts were brought.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Outcome {
    /// Rounds over all accounts.
    pub(crate) sweeps: usize,
    /// Largest failure of an account in the last round, relative to its own turnover.
    pub(crate) residual: f64,
    /// The account that fails most.
    pub(crate) worst: usize,
}

/// Turnover above and below zero of an account at given values.
#[derive(Clone, Copy, Default)]
struct Turnover {
    positive: f64,
    negative: f64,
    /// Whether every coefficient is 1 or −1, so that the account has a closed form.
    plain: bool,
}

impl Account {
    fn turnover(&self, values: &[f64]) -> Turnover {
        let mut sums = Turnover { plain: true, ..Turnover::default() };
        for &(cell, coefficient) in &self.cells {
            let value = coefficient * values[cell as usize];
            if value > 0.0 {
                sums.positive += value;
            } else {
                sums.negative -= value;
            }
            sums.plain &= coefficient.abs() == 1.0;
        }
        sums
    }

    /// Whether some scaling closes the account.
    pub(crate) fn can_close(&self, values: &[f64]) -> bool {
        let Turnover { positive, negative, .. } = self.turnover(values);
        match (positive > 0.0, negative > 0.0) {
            (true, true) => true,
            (true, false) => self.total > 0.0,
            (false, true) => self.total < 0.0,
            (false, false) => self.total == 0.0,
        }
    }

    /// Scales the cells so that the account closes; the answer is its failure before.
    fn close(&self, values: &mut [f64]) -> f64 {
        let sums = self.turnover(values);
        let failure = relative(
            sums.positive - sums.negative - self.total,
            sums.positive + sums.negative + self.total.abs(),
        );
        // Scaling by a rounding would only add others.
        if failure <= 2.0 * f64::EPSILON {
            return failure;
        }
        if sums.plain {
            let up = self.scale(sums);
            if up.is_finite() && up > 0.0 {
                for &(cell, coefficient) in &self.cells {
                    let value = &mut values[cell as usize];
                    *value *= if coefficient * *value > 0.0 { up } else { 1.0 / up };
                }
            }
        } else {
            let multiplier = self.multiplier(values, sums);
            for &(cell, coefficient) in &self.cells {
                let value = &mut values[cell as usize];
                *value *= (value.signum() * coefficient * multiplier).exp();
            }
        }
        failure
    }

    /// `r` with `P r − N/r = t`, in the form that does not cancel.
    fn scale(&self, Turnover { positive, negative, .. }: Turnover) -> f64 {
        let total = self.total;
        if negative == 0.0 {
            return total / positive;
        }
        if positive == 0.0 {
            return -negative / total;
        }
        let root = total.hypot(2.0 * (positive * negative).sqrt());
        if total >= 0.0 {
            (total + root) / (2.0 * positive)
        } else {
            2.0 * negative / (root - total)
        }
    }

    /// `λ` with `Σ c x exp(sign(x) c λ) = t`: Newton's method within bounds that close in, for the
    /// left side grows with `λ`.
    fn multiplier(&self, values: &[f64], sums: Turnover) -> f64 {
        /// Bounds halve at worst: 200 halvings end below the rounding of any start.
        const STEPS: usize = 200;
        let (mut low, mut high) = (f64::NEG_INFINITY, f64::INFINITY);
        let start = self.scale(sums);
        let mut multiplier = if start.is_finite() && start > 0.0 { start.ln() } else { 0.0 };
        for _ in 0..STEPS {
            let (mut left, mut slope) = (-self.total, 0.0);
            for &(cell, coefficient) in &self.cells {
                let value = values[cell as usize];
                let moved = value * (value.signum() * coefficient * multiplier).exp();
                left += coefficient * moved;
                slope += coefficient * coefficient * moved.abs();
            }
            if left > 0.0 {
                high = multiplier;
            } else {
                low = multiplier;
            }
            let newton = multiplier - left / slope;
            let next = match (newton > low && newton < high, low.is_finite() && high.is_finite()) {
                (true, _) => newton,
                (false, true) => f64::midpoint(low, high),
                (false, false) if high.is_finite() => high - 1.0,
                (false, false) => low + 1.0,
            };
            if (next - multiplier).abs() <= 4.0 * f64::EPSILON * (1.0 + next.abs()) {
                return next;
            }
            multiplier = next;
        }
        multiplier
    }
}

fn relative(difference: f64, turnover: f64) -> f64 {
    if turnover > 0.0 { difference.abs() / turnover } else { 0.0 }
}

/// Closes all accounts, in rounds, until none fails by more than `tolerance` of its turnover.
pub(crate) fn project(
    values: &mut [f64],
    accounts: &[Account],
    tolerance: f64,
    max_sweeps: usize,
) -> Outcome {
    let mut outcome = Outcome { sweeps: 0, residual: f64::INFINITY, worst: 0 };
    while outcome.sweeps < max_sweeps && outcome.residual > tolerance {
        outcome.sweeps += 1;
        outcome.residual = 0.0;
        for (index, account) in accounts.iter().enumerate() {
            let failure = account.close(values);
            if failure > outcome.residual {
                outcome.residual = failure;
                outcome.worst = index;
            }
        }
    }
    outcome
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(cells: &[(u32, f64)], total: f64) -> Account {
        Account { cells: cells.to_vec(), total }
    }

    #[test]
    fn one_account_is_closed_as_gras_does() {
        // 8 − 2 = 6 is to be 3: r solves 8 r − 2/r = 3, so r = (3 + √73)/16.
        let mut values = [8.0, -2.0];
        let outcome = project(&mut values, &[account(&[(0, 1.0), (1, 1.0)], 3.0)], 1e-14, 10);
        let r = (3.0 + 73.0_f64.sqrt()) / 16.0;
        assert!((values[0] - 8.0 * r).abs() < 1e-12 && (values[1] + 2.0 / r).abs() < 1e-12);
        assert!(outcome.residual <= 1e-14);
    }

    #[test]
    fn weights_move_cells_by_their_powers() {
        let weights = [(0, 1.5), (1, 1.0), (2, -1.0)];
        let mut values = [4.0, 1.0, 9.0];
        project(&mut values, &[account(&weights, 0.0)], 1e-14, 10);
        let total: f64 = weights.iter().map(|&(cell, c)| c * values[cell as usize]).sum();
        assert!(total.abs() < 1e-12, "{values:?}");
        let multiplier = values[1].ln();
        assert!(((values[0] / 4.0).ln() - 1.5 * multiplier).abs() < 1e-12);
        assert!(((values[2] / 9.0).ln() + multiplier).abs() < 1e-12);
    }

    /// Rows 40 and 60, columns 30 and 70 from a matrix of ones: the outer product.
    #[test]
    fn rows_and_columns_are_ras() {
        let mut values = [1.0; 4];
        let rows = [account(&[(0, 1.0), (1, 1.0)], 40.0), account(&[(2, 1.0), (3, 1.0)], 60.0)];
        let columns = [account(&[(0, 1.0), (2, 1.0)], 30.0), account(&[(1, 1.0), (3, 1.0)], 70.0)];
        project(&mut values, &[rows, columns].concat(), 1e-14, 100);
        for (value, expected) in values.iter().zip([12.0, 28.0, 18.0, 42.0]) {
            assert!((value - expected).abs() < 1e-11, "{values:?}");
        }
    }

    #[test]
    fn what_cannot_close_is_known_before() {
        let only_positive = [(0, 1.0)];
        assert!(account(&only_positive, 3.0).can_close(&[2.0]));
        assert!(!account(&only_positive, 0.0).can_close(&[2.0]));
        assert!(!account(&only_positive, -1.0).can_close(&[2.0]));
        assert!(account(&[], 0.0).can_close(&[]) && !account(&[], 1.0).can_close(&[]));
    }
}
