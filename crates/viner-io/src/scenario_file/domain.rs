//! Ranges of numbers that can be refused without knowing the baseline.

/// Numbers a key accepts, and how to say it.
#[derive(Clone, Copy)]
pub(super) struct Domain {
    pub(super) holds: fn(f64) -> bool,
    /// What is expected, in words.
    pub(super) words: &'static str,
}

impl Domain {
    /// Whether a finite number is accepted.
    pub(super) fn contains(self, value: f64) -> bool {
        value.is_finite() && (self.holds)(value)
    }
}

pub(super) const FINITE: Domain = Domain { holds: |_| true, words: "a finite number" };
pub(super) const POSITIVE: Domain =
    Domain { holds: |value| value > 0.0, words: "a finite number above 0" };
pub(super) const NOT_NEGATIVE: Domain =
    Domain { holds: |value| value >= 0.0, words: "a finite number, at least 0" };
pub(super) const SHARE: Domain =
    Domain { holds: |value| (0.0..=1.0).contains(&value), words: "a share between 0 and 1" };
pub(super) const BELOW_ONE: Domain =
    Domain { holds: |value| (0.0..1.0).contains(&value), words: "a share, at least 0 and below 1" };
pub(super) const TAX_RATE: Domain =
    Domain { holds: |value| value > -1.0, words: "a finite rate above -1 (-100 %)" };
pub(super) const ADDED_RATE: Domain = Domain { holds: |_| true, words: "a finite rate" };
pub(super) const PROFIT_TAX: Domain =
    Domain { holds: |value| value <= 1.0, words: "a finite rate, at most 1 (100 %)" };
pub(super) const CHANGE: Domain =
    Domain { holds: |value| value > -1.0, words: "a finite change above -1 (-100 %)" };
/// Above 1e-2 a solution says nothing about effects of a few percent.
pub(super) const TOLERANCE: Domain =
    Domain { holds: |value| value > 0.0 && value < 1e-2, words: "a number between 0 and 0.01" };

/// How far from 1 a sum of shares may be: more than doubles add up wrongly, less than anyone writes.
pub(super) const SHARES_TOLERANCE: f64 = 1e-9;
