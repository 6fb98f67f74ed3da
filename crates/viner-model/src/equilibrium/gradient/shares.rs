//! Derivatives by the shares of the baseline.

use ndarray::{Array, Array2, Array3, Array4, Dimension, StrideShape, Zip};
use rayon::prelude::*;
use viner_numerics::Adjoints;
use viner_numerics::threads::piece;

use super::parameters::Gradient;
use super::tail::Tail;
use super::{Backward, FlowSeeds, Pull};
use crate::equilibrium::system::{each, slice};

/// Derivatives of an outcome by the shares of the baseline: others of the same sum give way in proportion,
/// and all else of the baseline is held. Not finite where there is no other share.
#[derive(Clone, Debug, PartialEq)]
pub struct ShareGradient {
    /// By π, `[sector, importer, purchaser, exporter]`; not finite where there is no trade.
    pub trade: Array4<f64>,
    /// By γ, `[region, user, input]`: β is held.
    pub input: Array3<f64>,
    /// By β, `[region, sector]`: `V` and the mix of inputs are held, so that output `V/β` is not.
    pub value_added: Array2<f64>,
    /// By α, `[region, sector]`.
    pub final_demand: Array2<f64>,
}

impl Backward<'_> {
    /// By all shares; `gradient` has the derivatives by tastes.
    pub(super) fn shares(
        &self,
        tail: &Tail<'_, '_>,
        adjoints: &Adjoints,
        (flows, pull): (&FlowSeeds, &Pull),
        gradient: &Gradient,
    ) -> ShareGradient {
        let baseline = &self.system.problem.baseline;
        let (regions, sectors) = (self.regions.len(), self.markets.len());
        let seeds = self.region_seeds(tail, adjoints, &pull.log_costs, &pull.expenditure);
        let of_regions = each(self.parallel, regions, |n| {
            self.regions[n].by_shares(&seeds[n], &pull.regions[n])
        });
        let mut input = Vec::with_capacity(regions * sectors * sectors);
        let mut value_added = Vec::with_capacity(regions * sectors);
        for own in of_regions {
            input.extend(own.input);
            value_added.extend(own.value_added);
        }
        ShareGradient {
            trade: self.trade_shares(tail, adjoints, (flows, pull)),
            input: shaped((regions, sectors, sectors), input),
            value_added: shaped((regions, sectors), value_added),
            // A weight moved by dt moves its share by α(1−α) dt and the others in proportion.
            final_demand: Zip::from(&gradient.log_taste)
                .and(&baseline.final_shares)
                .map_collect(|by_taste, share| by_taste / (share * (1.0 - share))),
        }
    }

    fn trade_shares(
        &self,
        tail: &Tail<'_, '_>,
        adjoints: &Adjoints,
        (flows, pull): (&FlowSeeds, &Pull),
    ) -> Array4<f64> {
        let problem = self.system.problem;
        let (sectors, regions, purchasers) =
            (self.markets.len(), self.regions.len(), self.system.purchasers);
        let cells = regions * purchasers * regions;
        let seeds = self.market_seeds(tail, adjoints, flows);
        let shares = match problem.user_shares() {
            Some(shares) => slice(shares),
            None => slice(&problem.baseline.trade_shares),
        };
        let mut gradient = vec![0.0; sectors * cells];
        let of_sector = |(s, by_shares): (usize, &mut [f64])| {
            let row = |row: usize| &shares[s * cells + row * regions..][..regions];
            self.markets[s].by_shares(&seeds[s], &pull.markets[s], row, by_shares);
        };
        let by_sector = gradient.par_chunks_mut(cells).enumerate();
        by_sector.with_min_len(piece(sectors, self.parallel)).for_each(of_sector);
        shaped((sectors, regions, purchasers, regions), gradient)
    }
}

fn shaped<D: Dimension>(shape: impl Into<StrideShape<D>>, values: Vec<f64>) -> Array<f64, D> {
    Array::from_shape_vec(shape, values).expect("a number for each share")
}
