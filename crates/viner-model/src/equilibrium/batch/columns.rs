//! The numbers in which the columns of a batch differ.

use viner_numerics::columns::{Lanes, WIDTH};

use super::shared::{CellTerms, Shared, terms};
use crate::equilibrium::system::slice;
use crate::problem::Problem;

/// By column: elasticities, and what policies do.
pub(super) struct Columns {
    /// θ by sector.
    pub theta: Vec<Lanes>,
    /// `1 − σ` by user; 0 is Cobb-Douglas, here and below.
    pub sigma_power: Vec<Lanes>,
    /// `1 − ε` by group of users.
    pub epsilon_power: Vec<Lanes>,
    /// `1 − η`.
    pub eta_power: Lanes,
    /// φ, `[region, sector]`.
    pub specific: Vec<Lanes>,
    /// `Σ_k (1−φ) V` by region.
    pub labour_income: Vec<Lanes>,
    /// `ln Â`, `[region, sector]`.
    pub log_productivity: Vec<Lanes>,
    /// α, `[region, sector]`.
    pub final_shares: Vec<Lanes>,
    /// Transfers of fixed size by region.
    pub transfers: Vec<Lanes>,
    /// Touched cells.
    pub cells: Vec<CellWeights>,
    /// Whether a column levies a tax on a touched cell.
    taxed: [bool; WIDTH],
}

/// A touched cell, as the weights of a [`SharedMarket`](super::shared::SharedMarket).
#[derive(Clone, Copy, Default)]
pub(super) struct CellWeights {
    pub weight: Lanes,
    pub producer: Lanes,
    pub tariff: Lanes,
    pub export_tax: Lanes,
}

impl Columns {
    /// Columns that all are the template.
    pub fn new(shared: &Shared) -> Self {
        let baseline = &shared.problem.baseline;
        let (regions, sectors) = (baseline.region_count(), baseline.sector_count());
        let zeros = |count| vec![Lanes::default(); count];
        let mut columns = Self {
            theta: zeros(sectors),
            sigma_power: zeros(sectors),
            epsilon_power: zeros(shared.groups.len()),
            eta_power: Lanes::default(),
            specific: zeros(regions * sectors),
            labour_income: zeros(regions),
            log_productivity: zeros(regions * sectors),
            final_shares: zeros(regions * sectors),
            transfers: zeros(regions),
            cells: vec![CellWeights::default(); shared.touched.len()],
            taxed: [false; WIDTH],
        };
        for lane in 0..WIDTH {
            columns.load(lane, shared, &shared.problem);
        }
        columns
    }

    /// Whether any column levies a tax on a touched cell.
    pub fn taxed(&self) -> bool {
        self.taxed.contains(&true)
    }

    /// Puts a problem, which the batch takes, into a column.
    pub fn load(&mut self, lane: usize, shared: &Shared, problem: &Problem) {
        fn put<'a>(lane: usize, slots: &mut [Lanes], values: impl Iterator<Item = &'a f64>) {
            for (slot, value) in slots.iter_mut().zip(values) {
                slot.0[lane] = *value;
            }
        }
        let (elasticities, counterfactual) = (&problem.elasticities, &problem.counterfactual);
        put(lane, &mut self.theta, elasticities.trade.iter());
        for (slot, sigma) in self.sigma_power.iter_mut().zip(&elasticities.production) {
            slot.0[lane] = 1.0 - sigma;
        }
        for (slot, users) in self.epsilon_power.iter_mut().zip(&shared.groups) {
            slot.0[lane] = 1.0 - elasticities.input[users[0]];
        }
        self.eta_power.0[lane] = 1.0 - elasticities.final_demand;
        let specific = slice(&elasticities.specific_factor_share);
        put(lane, &mut self.specific, specific.iter());
        let value_added = &problem.baseline.value_added;
        let labour_of = value_added.rows().into_iter().zip(specific.chunks(self.theta.len()));
        for (slot, (value_added, specific)) in self.labour_income.iter_mut().zip(labour_of) {
            let labour =
                value_added.iter().zip(specific).map(|(value, share)| value * (1.0 - share));
            slot.0[lane] = labour.sum();
        }
        put(lane, &mut self.final_shares, counterfactual.final_shares.iter());
        put(lane, &mut self.transfers, counterfactual.transfers.iter());
        for (slot, hat) in self.log_productivity.iter_mut().zip(&counterfactual.productivity) {
            slot.0[lane] = if *hat == 1.0 { 0.0 } else { hat.ln() };
        }
        if shared.same_policies(problem) {
            self.load_cells(lane, shared, problem, &shared.template_terms);
        } else if let Some(terms) = terms(problem, &shared.touched) {
            self.load_cells(lane, shared, problem, &terms);
        }
    }

    fn load_cells(&mut self, lane: usize, shared: &Shared, problem: &Problem, terms: &[CellTerms]) {
        self.taxed[lane] = false;
        for ((slot, touched), terms) in self.cells.iter_mut().zip(&shared.touched).zip(terms) {
            let theta = problem.elasticities.trade[touched.cell.0];
            let mut log_weight = terms.log_remaining - theta * terms.log_cost;
            if terms.nested {
                let change = problem.counterfactual.cell(&problem.baseline, touched.cell);
                log_weight += problem.counterfactual.blend(&change, theta).log_weight;
            }
            let weight = touched.share * log_weight.exp();
            let producer = weight / ((1.0 + terms.tariff) * (1.0 + terms.export_tax));
            slot.weight.0[lane] = weight;
            slot.producer.0[lane] = producer;
            slot.tariff.0[lane] = weight * terms.tariff / (1.0 + terms.tariff);
            slot.export_tax.0[lane] = terms.export_tax * producer;
            self.taxed[lane] |= terms.tariff != 0.0 || terms.export_tax != 0.0;
        }
    }
}
