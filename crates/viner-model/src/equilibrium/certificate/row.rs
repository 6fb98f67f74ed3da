//! What one importer buys of one sector, exporter by exporter.

#![expect(clippy::inline_always, reason = "what is not inlined is not compiled for the kernel")]

use viner_numerics::kernel::{Work, run};

use super::Check;

/// Shares below this leave the range in which powers have full precision.
const SMALLEST_SHARE: f64 = 1e-290;
/// Partial sums of a total.
const PARTIAL: usize = 8;

/// The length of whole blocks that so many entries fill: a sum over these, with zeros behind the last
/// entry, has no end that is added one by one.
pub(super) fn whole_blocks(entries: usize) -> usize {
    entries.next_multiple_of(PARTIAL)
}

/// `shares[i] = base[i] · cost_powers[i] · price_power`; 0 where nothing is bought in the baseline.
pub(super) fn follow(base: &[f64], cost_powers: &[f64], price_power: f64, shares: &mut [f64]) {
    run(Follow { base, cost_powers, price_power, shares });
}

/// `sums[i] += values[i]`.
pub(super) fn add(sums: &mut [f64], values: &[f64]) {
    run(AddPart { sums, part: 1.0, values });
}

/// `sums[i] += part · values[i]`.
pub(super) fn add_part(sums: &mut [f64], part: f64, values: &[f64]) {
    run(AddPart { sums, part, values });
}

/// Adds taxes at these rates to what is paid: `taxes[i] += rates[i] · paid[i]`, and to `paid[i]`.
pub(super) fn tax_each(rates: &[f64], paid: &mut [f64], taxes: &mut [f64]) {
    run(TaxEach { rates, paid, taxes });
}

/// Adds taxes at these rates to what is paid; the sum of all that is added.
pub(super) fn tax(rates: &[f64], paid: &mut [f64]) -> f64 {
    run(Tax { rates, paid })
}

/// The sum of all.
pub(super) fn total(values: &[f64]) -> f64 {
    run(Total(values))
}

/// What is paid and what follows from costs.
pub(super) struct Sums {
    /// The sum of what is paid.
    pub paid: f64,
    /// The sum of the shares that follow from costs.
    pub shares: f64,
    /// Whether [`compare`] would find nothing beyond a limit.
    pub within: bool,
}

/// [`total`] of both, and whether no share found differs from that which follows from costs by more than
/// `limit`.
pub(super) fn sums(paid: &[f64], asked: f64, shares: &[f64], limit: f64) -> Sums {
    run(Summed { paid, asked, shares, limit })
}

/// Compares the shares of what is paid in what is asked for, `paid[i]/asked`, with those that follow from costs, each
/// relative to the larger of the two; `place` names a cell.
pub(super) fn compare(
    check: &mut Check,
    paid: &[f64],
    asked: f64,
    shares: &[f64],
    place: impl Fn(usize) -> (usize, usize, usize),
) {
    let per_asked = 1.0 / asked;
    for (i, (paid, share)) in paid.iter().zip(shares).enumerate() {
        let found = paid * per_asked;
        check.compare(found, *share, found.max(*share).max(SMALLEST_SHARE), place(i));
    }
}

struct Follow<'a> {
    base: &'a [f64],
    cost_powers: &'a [f64],
    price_power: f64,
    shares: &'a mut [f64],
}

impl Work for Follow<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let costs = self.base.iter().zip(self.cost_powers);
        for (share, (base, power)) in self.shares.iter_mut().zip(costs) {
            let follows = base * (power * self.price_power);
            *share = if *base == 0.0 { 0.0 } else { follows };
        }
    }
}

struct AddPart<'a> {
    sums: &'a mut [f64],
    part: f64,
    values: &'a [f64],
}

impl Work for AddPart<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        for (sum, value) in self.sums.iter_mut().zip(self.values) {
            *sum += self.part * value;
        }
    }
}

/// The sum of partial sums.
#[inline(always)]
fn sum_of(sums: [f64; PARTIAL]) -> f64 {
    let [a, b, c, d, e, f, g, h] = sums;
    ((a + e) + (c + g)) + ((b + f) + (d + h))
}

struct TaxEach<'a> {
    rates: &'a [f64],
    paid: &'a mut [f64],
    taxes: &'a mut [f64],
}

impl Work for TaxEach<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        for ((rate, paid), taxes) in self.rates.iter().zip(self.paid).zip(self.taxes) {
            let tax = rate * *paid;
            *taxes += tax;
            *paid += tax;
        }
    }
}

struct Tax<'a> {
    rates: &'a [f64],
    paid: &'a mut [f64],
}

impl Work for Tax<'_> {
    type Output = f64;

    #[inline(always)]
    fn run(self) -> f64 {
        let (rates, rates_rest) = self.rates.as_chunks::<PARTIAL>();
        let (paid, paid_rest) = self.paid.as_chunks_mut::<PARTIAL>();
        let mut sums = [0.0; PARTIAL];
        for (rates, paid) in rates.iter().zip(paid) {
            for lane in 0..PARTIAL {
                let tax = rates[lane] * paid[lane];
                sums[lane] += tax;
                paid[lane] += tax;
            }
        }
        let mut end = 0.0;
        for (rate, paid) in rates_rest.iter().zip(paid_rest) {
            let tax = rate * *paid;
            end += tax;
            *paid += tax;
        }
        sum_of(sums) + end
    }
}

struct Total<'a>(&'a [f64]);

impl Work for Total<'_> {
    type Output = f64;

    #[inline(always)]
    fn run(self) -> f64 {
        let (blocks, rest) = self.0.as_chunks::<PARTIAL>();
        let mut sums = [0.0; PARTIAL];
        for block in blocks {
            for (sum, value) in sums.iter_mut().zip(block) {
                *sum += value;
            }
        }
        let mut end = 0.0;
        for value in rest {
            end += value;
        }
        sum_of(sums) + end
    }
}

struct Summed<'a> {
    paid: &'a [f64],
    asked: f64,
    shares: &'a [f64],
    limit: f64,
}

impl Work for Summed<'_> {
    type Output = Sums;

    #[inline(always)]
    fn run(self) -> Sums {
        let Self { paid, asked, shares, limit } = self;
        let per_asked = 1.0 / asked;
        // How far a share is from that which follows from costs, less what the limit allows; of cells
        // where these are numbers.
        let mut most = [0.0; PARTIAL];
        let (blocks, rest) = paid.as_chunks::<PARTIAL>();
        let (share_blocks, shares_rest) = shares.as_chunks::<PARTIAL>();
        for (paid, shares) in blocks.iter().zip(share_blocks) {
            for lane in 0..PARTIAL {
                let beyond = beyond(paid[lane] * per_asked, shares[lane], limit);
                most[lane] = larger(beyond, most[lane]);
            }
        }
        let mut end = 0.0;
        for (paid, share) in rest.iter().zip(shares_rest) {
            end = larger(beyond(paid * per_asked, *share, limit), end);
        }
        let (paid, shares) = (Total(paid).run(), Total(shares).run());
        // Were any of them no number, no sum would be one.
        let numbers = paid.is_finite() && shares.is_finite();
        let within = numbers && end <= 0.0 && most.iter().all(|most| *most <= 0.0);
        Sums { paid, shares, within }
    }
}

#[inline(always)]
fn beyond(found: f64, share: f64, limit: f64) -> f64 {
    (found - share).abs() - limit * larger(larger(found, share), SMALLEST_SHARE)
}

/// The larger of two; the second if one is NaN, for which [`f64::max`] looks at more length.
#[inline(always)]
fn larger(one: f64, other: f64) -> f64 {
    if one > other { one } else { other }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn some(count: usize, seed: f64) -> Vec<f64> {
        (0..count).map(|i| (seed + i as f64 * 0.7).sin() + 1.5).collect()
    }

    fn assert_near(found: &[f64], expected: &[f64]) {
        for (found, expected) in found.iter().zip(expected) {
            assert!((found - expected).abs() <= 1e-14 * expected.abs(), "{found} {expected}");
        }
    }

    /// Whole blocks, and ends of every length.
    #[test]
    fn sums_and_taxes_are_those_of_one_entry_after_the_other() {
        for count in 1..=2 * PARTIAL + 1 {
            let (x, rates) = (some(count, 1.0), some(count, 2.0));
            let (mut paid, mut each, mut taxes) = (x.clone(), x.clone(), rates.clone());
            let all = tax(&rates, &mut paid);
            tax_each(&rates, &mut each, &mut taxes);
            let of_all = x.iter().zip(&rates).map(|(x, rate)| rate * x).sum();
            assert_near(&[all], &[of_all]);
            let after: Vec<f64> = x.iter().zip(&rates).map(|(x, rate)| x * (1.0 + rate)).collect();
            assert_near(&paid, &after);
            assert_eq!(paid, each);
            let taxed: Vec<f64> = x.iter().zip(&rates).map(|(x, rate)| rate * (x + 1.0)).collect();
            assert_near(&taxes, &taxed);
            assert_near(&[total(&x)], &[x.iter().sum()]);
        }
    }

    #[test]
    fn one_share_beyond_the_limit_or_no_number_is_noticed_wherever_it_is() {
        for count in 1..=2 * PARTIAL + 1 {
            let paid = some(count, 1.0);
            let all = total(&paid);
            let shares: Vec<f64> = paid.iter().map(|paid| paid / all).collect();
            assert!(sums(&paid, all, &shares, 1e-12).within);
            for at in 0..count {
                for wrong in [1.0 + 1e-11, 1.0 - 1e-11, f64::NAN] {
                    let mut shares = shares.clone();
                    shares[at] *= wrong;
                    assert!(!sums(&paid, all, &shares, 1e-12).within, "{count} {at} {wrong}");
                }
            }
        }
    }
}
