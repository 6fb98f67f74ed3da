//! Whose value added ends up in whose final spending.

#![expect(
    clippy::inline_always,
    reason = "what is not inlined is not compiled for the vector unit"
)]

use ndarray::{Array2, Array3, Array4, s};
use rayon::prelude::*;
use viner_numerics::columns::{
    Lanes, PANEL, Part, Rows, Simd, WIDTH, WithSimd, add_multiples, dispatch, panels,
};

use crate::baseline::Baseline;
use crate::scenario::Sourcing;

/// Rounds of production after which a geometric series has converged; input shares below 0.95 need
/// fewer than 700.
const MAX_ROUNDS: usize = 2000;
/// What is left out, relative to the sum: nothing that would change it.
const NEGLIGIBLE: f64 = f64::EPSILON * 1e-2;

/// Value added of (region, sector) absorbed in the final spending of each of `buyers`:
/// `[buyer, region, sector]`, in millions.
///
/// `v ∘ (I − A)^{-1} f_n` with `A` the requirements of inputs by origin, `f_n` the final spending of `n`
/// at producer value, and `v` value added per unit of output. Users buy an input in the proportions of
/// their region, or by `sourcing` each in its own. For an equilibrium, give its rebased baseline.
pub fn embodied_value(baseline: &Baseline, sourcing: Sourcing, buyers: &[usize]) -> Array3<f64> {
    let chains = Chains::new(baseline, sourcing, &[]);
    let together: Vec<&[usize]> = buyers.chunks(1).collect();
    let by_buyer: Vec<Array2<f64>> =
        together.par_chunks(WIDTH).flat_map_iter(|columns| chains.absorbed(columns)).collect();
    let mut result =
        Array3::zeros((buyers.len(), baseline.region_count(), baseline.sector_count()));
    for (mut slot, values) in result.outer_iter_mut().zip(by_buyer) {
        slot.assign(&values);
    }
    result
}

/// Value added of (region, sector) absorbed in the final spending of `buyers` together,
/// `[region, sector]`, in millions: all of it, or the part of it that comes through production in one of
/// `via`.
///
/// The part is what is lost when regions in `via` buy no inputs from elsewhere, final spending and all
/// requirements being given: every chain counts once, however often it passes. What a region in `via`
/// sells of its own value added is no passage.
pub fn embodied_through(
    baseline: &Baseline,
    sourcing: Sourcing,
    via: Option<&[usize]>,
    buyers: &[usize],
) -> Array2<f64> {
    let absorbed =
        |closed: &[usize]| Chains::new(baseline, sourcing, closed).absorbed(&[buyers]).remove(0);
    match via {
        None => absorbed(&[]),
        Some(via) => absorbed(&[]) - absorbed(via),
    }
}

/// Who buys inputs from whom.
struct Chains<'a> {
    baseline: &'a Baseline,
    user_shares: Option<&'a Array4<f64>>,
    /// Regions that buy inputs at home only.
    closed: &'a [usize],
    /// All others.
    open: Vec<usize>,
}

/// Production for some buyers, one per column, all by sector first.
struct Production {
    /// `[sector, region, purchaser]`: what is spent, per unit of baseline spending where all users buy in
    /// the same proportions.
    spending: Vec<Lanes>,
    /// `[sector, region]`: producer value of what is sold for it.
    sales: Vec<Lanes>,
}

impl<'a> Chains<'a> {
    fn new(baseline: &'a Baseline, sourcing: Sourcing, closed: &'a [usize]) -> Self {
        let user_shares = match sourcing {
            Sourcing::Common => None,
            Sourcing::ByUser => baseline.user_shares.as_ref(),
        };
        let open = (0..baseline.region_count()).filter(|n| !closed.contains(n)).collect();
        Self { baseline, user_shares, closed, open }
    }

    fn purchasers(&self) -> usize {
        self.user_shares.map_or(1, |shares| shares.dim().2)
    }

    /// Value added in the final spending of each column's buyers, `[region, sector]`; at most [`WIDTH`]
    /// columns.
    fn absorbed(&self, columns: &[&[usize]]) -> Vec<Array2<f64>> {
        let baseline = self.baseline;
        let (regions, sectors) = (baseline.region_count(), baseline.sector_count());
        let purchasers = self.purchasers();
        let none = |count: usize| vec![Lanes::default(); count];
        let mut production = Production {
            spending: none(sectors * regions * purchasers),
            sales: none(sectors * regions),
        };
        for (lane, buyers) in columns.iter().enumerate() {
            for &n in *buyers {
                for s in 0..sectors {
                    let spent = baseline.final_shares[[n, s]] * baseline.income[n];
                    let place = (s * regions + n) * purchasers + purchasers - 1;
                    production.spending[place].0[lane] += spent * self.per_unit(n, s);
                }
            }
        }
        // Final goods come from everywhere.
        let all = Self { closed: &[], open: (0..regions).collect(), ..*self };
        dispatch(Sell { chains: &all, production: &mut production });
        let mut output = production.sales.clone();
        for _ in 0..MAX_ROUNDS {
            dispatch(BuyInputs { chains: self, production: &mut production });
            dispatch(Sell { chains: self, production: &mut production });
            let (mut added, mut sums) = (Lanes::default(), Lanes::default());
            for (output, sold) in output.iter_mut().zip(&production.sales) {
                for lane in 0..WIDTH {
                    output.0[lane] += sold.0[lane];
                    added.0[lane] += sold.0[lane];
                    sums.0[lane] += output.0[lane];
                }
            }
            // A column that is complete stays as it is, whatever the others do.
            for lane in 0..WIDTH {
                if added.0[lane] <= NEGLIGIBLE * sums.0[lane] {
                    added.0[lane] = 0.0;
                    for sold in &mut production.sales {
                        sold.0[lane] = 0.0;
                    }
                }
            }
            if added.all_zero() {
                break;
            }
        }
        let of_column = |lane: usize| {
            Array2::from_shape_fn((regions, sectors), |(i, s)| {
                baseline.value_added_share[[i, s]] * output[s * regions + i].0[lane]
            })
        };
        (0..columns.len()).map(of_column).collect()
    }

    /// What spending on a good is multiplied by before it is that of the rows of trade.
    fn per_unit(&self, n: usize, s: usize) -> f64 {
        let expenditure = self.baseline.expenditure[[n, s]];
        match self.user_shares {
            Some(_) => 1.0,
            None if expenditure == 0.0 => 0.0,
            None => expenditure.recip(),
        }
    }
}

/// From what is sold to what is spent on inputs for it.
struct BuyInputs<'a, 'b> {
    chains: &'a Chains<'b>,
    production: &'a mut Production,
}

impl WithSimd for BuyInputs<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { chains, production } = self;
        let Production { spending, sales } = production;
        let baseline = chains.baseline;
        let (regions, sectors) = (baseline.region_count(), baseline.sector_count());
        let purchasers = chains.purchasers();
        let mut bought = vec![Lanes::default(); sectors];
        for part in Part::all(simd) {
            for n in 0..regions {
                let mix = baseline.input_mix.slice(s![n, .., ..]);
                let mix = mix.to_slice().unwrap_or_default();
                let inputs = |k: usize| {
                    let share = 1.0 - baseline.value_added_share[[n, k]];
                    part.load(&sales[k * regions + n]) * share
                };
                if chains.user_shares.is_some() {
                    for k in 0..sectors {
                        let inputs = inputs(k);
                        for (s, share) in mix[k * sectors..(k + 1) * sectors].iter().enumerate() {
                            let slot = &mut spending[(s * regions + n) * purchasers + k];
                            part.store(inputs * *share, slot);
                        }
                    }
                    for s in 0..sectors {
                        let last = (s * regions + n) * purchasers + sectors;
                        part.store(part.splat(0.0), &mut spending[last]);
                    }
                    continue;
                }
                bought.fill(Lanes::default());
                for panel in panels(sectors) {
                    let mut factors = [Lanes::default(); PANEL];
                    for (slot, k) in factors.iter_mut().zip(panel.clone()) {
                        part.store(inputs(k), slot);
                    }
                    let rows = Rows::new(mix, panel.map(|k| k * sectors));
                    add_multiples(part, rows, &factors, &mut bought);
                }
                for (s, bought) in bought.iter().enumerate() {
                    let per_unit = chains.per_unit(n, s);
                    part.store(part.load(bought) * per_unit, &mut spending[s * regions + n]);
                }
            }
        }
    }
}

/// From what is spent to what is sold for it.
struct Sell<'a, 'b> {
    chains: &'a Chains<'b>,
    production: &'a mut Production,
}

impl WithSimd for Sell<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { chains, production } = self;
        let regions = chains.baseline.region_count();
        let purchasers = chains.purchasers();
        let rows = regions * purchasers;
        for part in Part::all(simd) {
            let by_sector = production.spending.chunks_exact(rows);
            for (s, (spending, sales)) in
                by_sector.zip(production.sales.chunks_exact_mut(regions)).enumerate()
            {
                for sold in &mut *sales {
                    part.store(part.splat(0.0), sold);
                }
                match chains.user_shares {
                    None => chains.sell(part, s, spending, sales),
                    Some(shares) => chains.sell_by_user(part, shares, s, spending, sales),
                }
            }
        }
    }
}

impl Chains<'_> {
    #[inline(always)]
    fn sell<S: Simd>(&self, part: Part<S>, s: usize, spending: &[Lanes], sales: &mut [Lanes]) {
        let regions = sales.len();
        let flows = self.baseline.trade_flows.slice(s![s, .., ..]);
        let flows = flows.to_slice().unwrap_or_default();
        for panel in panels(self.open.len()) {
            let buyers = &self.open[panel];
            let mut factors = [Lanes::default(); PANEL];
            for (slot, n) in factors.iter_mut().zip(buyers) {
                *slot = spending[*n];
            }
            let rows = Rows::new(flows, buyers.iter().map(|n| n * regions));
            add_multiples(part, rows, &factors, sales);
        }
        for &n in self.closed {
            let sold = part.load(&sales[n]);
            let at_home = part.load(&spending[n]) * flows[n * regions + n];
            part.store(sold + at_home, &mut sales[n]);
        }
    }

    /// Where each user has trade shares of its own.
    #[inline(always)]
    fn sell_by_user<S: Simd>(
        &self,
        part: Part<S>,
        shares: &Array4<f64>,
        s: usize,
        spending: &[Lanes],
        sales: &mut [Lanes],
    ) {
        let (regions, purchasers) = (sales.len(), self.purchasers());
        let mut paid = vec![Lanes::default(); regions];
        for (n, spending) in spending.chunks_exact(purchasers).enumerate() {
            let market = shares.slice(s![s, n, .., ..]);
            let market = market.to_slice().unwrap_or_default();
            paid.fill(Lanes::default());
            for panel in panels(purchasers) {
                let rows = Rows::new(market, panel.clone().map(|user| user * regions));
                add_multiples(part, rows, &spending[panel], &mut paid);
            }
            let at_home_only = self.closed.contains(&n);
            for (i, (paid, sold)) in paid.iter().zip(&mut *sales).enumerate() {
                if i == n || !at_home_only {
                    let taxes = (1.0 + self.baseline.export_tax(s, n, i))
                        * (1.0 + self.baseline.tariff(s, n, i));
                    part.store(part.load(sold) + part.load(paid) * taxes.recip(), sold);
                }
            }
        }
    }
}
