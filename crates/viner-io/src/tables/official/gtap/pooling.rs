//! The arrays of the data base added up to the tables of a bundle.

use viner_model::ndarray::{Array2, Array3};
use viner_model::tables::{Description, Tables};

use super::super::checks::FileCheck;
use super::super::har::Header;
use super::super::pool::Pooled;
use super::super::report::ImportReport;
use super::super::signs::{self, Negatives};
use super::arrays::Arrays;
use crate::tables::problems::Problems;

impl Arrays {
    /// The tables of a bundle.
    pub(super) fn pool<'a>(
        &self,
        elasticities: impl Iterator<Item = &'a Header>,
        negatives: Negatives,
        problems: &mut Problems,
    ) -> Option<Pooled> {
        let mut report = ImportReport::default();
        report.unknown.clone_from(&self.unknown);
        report.checks = self.checks();
        let mut tables =
            Tables::zeros(Description::default(), self.regions.clone(), self.goods.clone());
        let revenue = self.fill(&mut tables);
        let output = output(&tables);
        signs::treat(&mut tables, negatives, &mut report, problems);
        set_tariffs(&mut tables, revenue, &mut report);
        for ((n, k), value_added) in tables.value_added.indexed_iter_mut() {
            let inputs: f64 = (0..self.goods.len()).map(|s| tables.inputs[[n, k, s]]).sum();
            *value_added = output[[n, k]] - inputs;
        }
        for header in elasticities {
            trade_elasticities(header, &mut tables, &mut report);
        }
        let note = format!(
            "{} regions, {} sectors; purchases at basic prices, trade at fob prices, international \
             transport as sales of those who supply it; taxes on purchases and exports in value added",
            tables.regions.len(),
            tables.sectors.len()
        );
        problems.is_empty().then_some(Pooled { tables, note, report })
    }

    /// Fills flows, inputs and final spending; returns tariff revenue, `[sector, importer, exporter]`.
    fn fill(&self, tables: &mut Tables) -> Array3<f64> {
        let mut revenue = Array3::zeros(tables.flows.raw_dim());
        let (regions, goods) = (self.regions.len(), self.goods.len());
        for n in 0..regions {
            for s in 0..goods {
                let mut home = self.final_use[0][[n, s]];
                let mut imports = self.final_use[1][[n, s]];
                for k in 0..goods {
                    home += self.firms[0][[n, k, s]];
                    imports += self.firms[1][[n, k, s]];
                }
                tables.flows[[s, n, n]] += home;
                for i in 0..regions {
                    tables.flows[[s, n, i]] += self.fob[[s, n, i]];
                    revenue[[s, n, i]] += self.with_tariff[[s, n, i]] - self.cif[[s, n, i]];
                }
                // What users spend on imports pays for goods and for their transport.
                let freight: f64 = (0..regions).map(|i| self.freight[[s, n, i]]).sum();
                let share = if imports > 0.0 { 1.0 / imports } else { 0.0 };
                let services = self.margins.iter().map(|(m, of)| (*m, of[[s, n]]));
                let services: Vec<(usize, f64)> = services.collect();
                for k in 0..goods {
                    let imported = self.firms[1][[n, k, s]];
                    tables.inputs[[n, k, s]] +=
                        self.firms[0][[n, k, s]] + imported - imported * share * freight;
                    for (service, value) in &services {
                        tables.inputs[[n, k, *service]] += imported * share * value;
                    }
                }
                let imported = self.final_use[1][[n, s]];
                tables.final_spending[[n, s]] +=
                    self.final_use[0][[n, s]] + imported - imported * share * freight;
                for (service, value) in &services {
                    tables.final_spending[[n, *service]] += imported * share * value;
                }
            }
        }
        for (service, bought) in &self.margins {
            let all: f64 = (0..regions).map(|i| self.supply[[i, *service]]).sum();
            for i in (0..regions).filter(|_| all > 0.0) {
                let share = self.supply[[i, *service]] / all;
                for n in 0..regions {
                    let value: f64 = (0..goods).map(|s| bought[[s, n]]).sum();
                    tables.flows[[*service, n, i]] += share * value;
                }
            }
        }
        revenue
    }

    /// What the data base says twice.
    fn checks(&self) -> Vec<FileCheck> {
        let (regions, goods) = (self.regions.len(), self.goods.len());
        let sum = |array: &Array3<f64>, s: usize, n: usize| -> f64 {
            (0..regions).map(|i| array[[s, n, i]]).sum()
        };
        let users = |which: usize, n: usize, s: usize| -> f64 {
            let firms: f64 = (0..goods).map(|k| self.firms[which][[n, k, s]]).sum();
            firms + self.final_use[which][[n, s]]
        };
        let sales = |n: usize, s: usize| users(0, n, s) + self.basic[[n, s]] + self.supply[[n, s]];
        let mut world = 0.0;
        for n in 0..regions {
            for s in 0..goods {
                world += sales(n, s);
            }
        }
        let world = world.max(f64::MIN_POSITIVE);
        let check = |name: &'static str, pair: &dyn Fn(usize, usize) -> (f64, f64)| {
            let mut worst = (0.0, 0.0, String::new());
            for n in 0..regions {
                for s in 0..goods {
                    let (computed, stated) = pair(n, s);
                    if (computed - stated).abs() > f64::abs(worst.0 - worst.1) {
                        let cell = format!("{}/{}", self.regions.code(n), self.goods.code(s));
                        worst = (computed, stated, cell);
                    }
                }
            }
            let (computed, stated, worst_cell) = worst;
            let residual = f64::abs(computed - stated);
            FileCheck { name, residual, relative: residual / world, worst_cell, computed, stated }
        };
        let mut checks = vec![
            check("imports with tariffs and purchases of imports", &|n, s| {
                (sum(&self.with_tariff, s, n), users(1, n, s))
            }),
            check("imports at fob prices with transport, and at cif prices", &|n, s| {
                (sum(&self.fob, s, n) + sum(&self.freight, s, n), sum(&self.cif, s, n))
            }),
            check("transport bought and supplied", &|n, s| {
                // One sum for the world: at the first region.
                let bought = self.margins.get(&s).filter(|_| n == 0).map_or(0.0, |of| of.sum());
                let supplied = (0..regions).filter(|_| n == 0).map(|i| self.supply[[i, s]]);
                (bought, supplied.sum())
            }),
        ];
        if let Some(make) = &self.make {
            checks.push(check("sales at basic prices and output", &|n, s| {
                (sales(n, s), make[[n, s]])
            }));
        }
        checks
    }
}

/// Gross output: `[region, sector]`.
fn output(tables: &Tables) -> Array2<f64> {
    let mut output = Array2::zeros(tables.value_added.raw_dim());
    for ((s, _, i), value) in tables.flows.indexed_iter() {
        output[[i, s]] += value;
    }
    output
}

/// Rates of tariffs: revenue over what it is paid on.
fn set_tariffs(tables: &mut Tables, mut revenue: Array3<f64>, report: &mut ImportReport) {
    let mut lost = 0.0;
    for (at, value) in revenue.indexed_iter_mut() {
        let flow = tables.flows[at];
        if flow > 0.0 && *value / flow > -1.0 {
            *value /= flow;
        } else {
            lost += value.abs();
            *value = 0.0;
        }
    }
    if lost > 0.0 {
        report.remarks.push(format!("tariffs of {lost} in sum are paid on no trade: left out"));
    }
    tables.tariffs = Some(revenue);
}

/// Trade elasticities θ = σ − 1 from the elasticity of substitution among imports; where it differs
/// by region, the mean weighted by imports.
fn trade_elasticities(header: &Header, tables: &mut Tables, report: &mut ImportReport) {
    let position = |dimension: usize, at: usize| {
        let name = header.dimensions.get(dimension)?.elements.get(at)?;
        let same = |code: &str| code.eq_ignore_ascii_case(name);
        if dimension == 0 {
            tables.sectors.codes().position(same)
        } else {
            tables.regions.codes().position(same)
        }
    };
    let mut sums = vec![(0.0, 0.0); tables.sectors.len()];
    let by_region = header.dimensions.len() == 2;
    header.each(|at, sigma| {
        let Some(s) = position(0, at.first().copied().unwrap_or_default()) else { return };
        let weight = if by_region {
            let Some(n) = position(1, at[1]) else { return };
            (0..tables.regions.len()).filter(|i| *i != n).map(|i| tables.flows[[s, n, i]]).sum()
        } else {
            1.0
        };
        sums[s].0 += weight * sigma;
        sums[s].1 += weight;
    });
    let theta = |(sum, weight): &(f64, f64)| {
        (*weight > 0.0).then(|| sum / weight - 1.0).filter(|theta| *theta > 0.0)
    };
    let values: Vec<Option<f64>> = sums.iter().map(theta).collect();
    let missing: Vec<&str> = tables
        .sectors
        .codes()
        .zip(&values)
        .filter(|(_, value)| value.is_none())
        .map(|(code, _)| code)
        .collect();
    if !missing.is_empty() {
        report.remarks.push(format!("no trade elasticity for {}", missing.join(", ")));
    }
    tables.parameters.trade_elasticity = values;
}
