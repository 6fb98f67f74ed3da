//! Quotas, price caps and nests, recomputed from the reported flows and multipliers.

use std::collections::BTreeMap;

use super::{Check, Residual};
use crate::equilibrium::{Equilibrium, Regime};
use crate::problem::{CellChange, FeeOwner, Nest, PriceCap, Problem, TradeCell, WedgeRule};

/// Trade in cells with wedges or nests.
pub(super) struct SplitTrade {
    /// `(1+x')B` over X', and the product of the wedges, by cell.
    cells: BTreeMap<TradeCell, Cell>,
    /// Q by wedge, relative to the baseline.
    quantities: Vec<f64>,
    /// All rents, fees and margins by region.
    pub(super) rents: Vec<f64>,
}

pub(super) struct Cell {
    /// What is paid for the good itself per unit of producer value and export tax.
    pub(super) goods: f64,
    /// Π m.
    pub(super) multiplier: f64,
}

/// `κ̂ = (Σ ρ κ̂_r^{−ϑ})^{−1/ϑ}` over the open branches.
fn nest_cost(nest: &Nest) -> f64 {
    let sum: f64 = nest
        .branches
        .iter()
        .map(|branch| {
            let cost = branch.cost * (1.0 + branch.margin);
            branch.share * branch.open * cost.powf(-nest.elasticity)
        })
        .sum();
    sum.powf(-1.0 / nest.elasticity)
}

/// `ρ' = ρ (κ̂_r/κ̂)^{−ϑ}` by branch.
fn branch_shares(nest: &Nest) -> impl Iterator<Item = f64> {
    let whole = nest_cost(nest);
    nest.branches.iter().map(move |branch| {
        let cost = branch.cost * (1.0 + branch.margin);
        let part = branch.share * branch.open;
        if part == 0.0 { 0.0 } else { part * (cost / whole).powf(-nest.elasticity) }
    })
}

/// Part of the spending on a cell that goes to the variety in the nest, which was the part `f`.
fn inside(nest: &Nest, f: f64, theta: f64) -> f64 {
    let weight = f * nest_cost(nest).powf(-theta);
    weight / (1.0 - f + weight)
}

impl SplitTrade {
    pub(super) fn of(problem: &Problem, result: &Equilibrium) -> Self {
        let baseline = &problem.baseline;
        let counterfactual = &problem.counterfactual;
        let theta = |cell: TradeCell| problem.elasticities.trade[cell.0];

        // Quantities by wedge, before what outside shipping melts on the way is taken off.
        let mut quantities: Vec<f64> = counterfactual
            .wedges
            .iter()
            .map(|wedge| {
                let base: f64 =
                    wedge.cells.iter().map(|&((s, n, i), _)| baseline.trade_flows[[s, n, i]]).sum();
                let arrived: f64 = wedge
                    .cells
                    .iter()
                    .map(|&(cell, _)| {
                        let (s, n, i) = cell;
                        let change = counterfactual.cell(baseline, cell);
                        let goods = result.trade_flows.cell(s, n, i)
                            / producer_part(problem, &change, theta(cell));
                        goods * arrival(problem, &change, theta(cell))
                            / (result.unit_cost[[i, s]] * change.trade_cost)
                    })
                    .sum();
                arrived / base
            })
            .collect();
        let mut made = vec![1.0; quantities.len()];
        for (index, wedge) in counterfactual.wedges.iter().enumerate() {
            if let WedgeRule::PriceCap(PriceCap { owner: FeeOwner::Iceberg, cost, .. }) = wedge.rule
                && result.wedges[index].shadow > 0.0
            {
                let melted = result.wedges[index].shadow * cost / (1.0 - cost);
                made[index] = quantities[index] / (quantities[index] - melted);
                quantities[index] -= melted;
            }
        }

        let mut cells = BTreeMap::new();
        let mut rents = vec![0.0; baseline.region_count()];
        for (&cell, change) in &counterfactual.cells {
            if (change.wedges.is_empty() && change.nests.is_empty())
                || counterfactual.is_closed(change)
            {
                continue;
            }
            let (s, n, i) = cell;
            let made: f64 = change.wedges.iter().map(|&wedge| made[wedge]).product();
            let part = producer_part(problem, change, theta(cell));
            // (1+x')B: what the exporter's goods that arrive cost without wedges and margins.
            let sold = result.trade_flows.cell(s, n, i) * (1.0 + change.export_tax) / made;
            let multiplier: f64 =
                change.wedges.iter().map(|&wedge| result.wedges[wedge].multiplier).product();
            cells.insert(cell, Cell { goods: 1.0 / (part * made), multiplier });
            let mut base = sold;
            for &index in &change.wedges {
                let m = result.wedges[index].multiplier;
                match counterfactual.wedges[index].rule {
                    WedgeRule::Quota { rent_to_exporter, .. } => {
                        rents[i] += rent_to_exporter * (m - 1.0) * base;
                        rents[n] += (1.0 - rent_to_exporter) * (m - 1.0) * base;
                    }
                    WedgeRule::PriceCap(cap) => {
                        let h = result.wedges[index].shadow / quantities[index];
                        rents[n] += (m - 1.0) * base * (1.0 - h);
                        if cap.owner == FeeOwner::Iceberg {
                            rents[i] += h * base * (m - 1.0 / (1.0 - cap.cost));
                        } else if h > 0.0 {
                            rents[i] += h * base * (m * (1.0 - cap.cost) - 1.0);
                            let owner = match cap.owner {
                                FeeOwner::Region(region) => region,
                                FeeOwner::Exporter => i,
                                FeeOwner::Importer | FeeOwner::Iceberg => n,
                            };
                            rents[owner] += h * base * m * cap.cost;
                        }
                    }
                }
                base *= m;
            }
            let mut spent = sold / part * multiplier;
            for &(nest, f) in change.nests.iter().rev() {
                let nest = &counterfactual.nests[nest];
                let spent_inside = spent * inside(nest, f, theta(cell));
                for (branch, share) in nest.branches.iter().zip(branch_shares(nest)) {
                    if let Some(hub) = branch.hub {
                        let taken = spent_inside * share * branch.margin / (1.0 + branch.margin);
                        rents[hub] += taken;
                        spent -= taken;
                    }
                }
            }
        }
        Self { cells, quantities, rents }
    }

    /// Cells of a sector: importer, exporter and accounts, in this order.
    pub(super) fn sector(&self, sector: usize) -> impl Iterator<Item = (usize, usize, &Cell)> {
        self.cells
            .range((sector, 0, 0)..(sector + 1, 0, 0))
            .map(|(&(_, importer, exporter), cell)| (importer, exporter, cell))
    }

    /// The conditions of all wedges.
    pub(super) fn complementarity(&self, problem: &Problem, result: &Equilibrium) -> Vec<Residual> {
        let baseline = &problem.baseline;
        let (mut quotas, mut caps) = (Check::new("quota"), Check::new("price cap"));
        let (mut any_quota, mut any_cap) = (false, false);
        for (index, wedge) in problem.counterfactual.wedges.iter().enumerate() {
            let ((s, n, i), _) = wedge.cells[0];
            let outcome = result.wedges[index];
            let quantity = self.quantities[index];
            match wedge.rule {
                WedgeRule::Quota { limit, .. } => {
                    any_quota = true;
                    let slack = if limit == 0.0 { -quantity } else { 1.0 - quantity / limit };
                    let residual = (outcome.multiplier - 1.0).min(slack);
                    quotas.compare(residual, 0.0, 1.0, (s, n, i));
                }
                WedgeRule::PriceCap(cap) => {
                    any_cap = true;
                    let change = problem.counterfactual.cell(baseline, (s, n, i));
                    let price = result.unit_cost[[i, s]] * (1.0 + change.export_tax)
                        / (1.0 + baseline.export_tax(s, n, i));
                    let conditions = cap_conditions(
                        &cap,
                        outcome.regime,
                        price / cap.cap,
                        outcome.multiplier,
                        quantity,
                        outcome.shadow,
                    );
                    for residual in conditions {
                        caps.compare(residual, 0.0, 1.0, (s, n, i));
                    }
                }
            }
        }
        let name =
            |(s, n, i): (usize, usize, usize)| format!("`{}`", baseline.trade_cell_name(s, n, i));
        let quotas = any_quota.then(|| quotas.named(name));
        let caps = any_cap.then(|| caps.named(name));
        quotas.into_iter().chain(caps).collect()
    }
}

/// Share of a cell's varieties that are sold, those in nests counted at their cost.
pub(super) fn varieties(problem: &Problem, change: &CellChange, theta: f64) -> f64 {
    let counterfactual = &problem.counterfactual;
    if counterfactual.is_closed(change) {
        return 0.0;
    }
    let nests: f64 = change
        .nests
        .iter()
        .map(|&(nest, f)| 1.0 - f + f * nest_cost(&counterfactual.nests[nest]).powf(-theta))
        .product();
    change.allowed * change.staying * nests
}

/// The conditions of a price cap, each as a number that must be 0: at `price` b/p̄, multiplier m,
/// quantity Q and outside shipping H.
fn cap_conditions(
    cap: &PriceCap,
    regime: Regime,
    price: f64,
    multiplier: f64,
    quantity: f64,
    shadow: f64,
) -> Vec<f64> {
    let above = |value: f64| value.max(0.0);
    if regime == Regime::Withdrawn {
        return vec![above(1.0 - price), quantity, cap.capacity];
    }
    if quantity == 0.0 {
        return vec![above(multiplier - 1.0)];
    }
    // What the seller gets per unit by outside shipping, over its price.
    let net = multiplier * (1.0 - cap.cost);
    let mut conditions = vec![
        above(1.0 - multiplier),
        above(-shadow),
        above(shadow / quantity - 1.0),
        // Above the cap nothing is carried by the coalition's ships.
        above(price - 1.0).min(1.0 - shadow / quantity),
        // Below the cap there is no wedge.
        above(1.0 - price).min(multiplier - 1.0),
    ];
    if cap.capacity > 0.0 {
        conditions.extend([
            above(shadow / cap.capacity - 1.0),
            // Outside shipping is used where it pays, and full where it pays more.
            above(1.0 - net).min(shadow / cap.capacity),
            above(net - 1.0).min(1.0 - shadow / cap.capacity),
        ]);
    } else {
        conditions.push(shadow);
    }
    conditions
}

/// Part of what is paid for the good itself that reaches the exporter.
fn producer_part(problem: &Problem, change: &CellChange, theta: f64) -> f64 {
    change
        .nests
        .iter()
        .map(|&(nest, f)| {
            let nest = &problem.counterfactual.nests[nest];
            let reaching: f64 = nest
                .branches
                .iter()
                .zip(branch_shares(nest))
                .map(|(branch, share)| share / (1.0 + branch.margin))
                .sum();
            let inside = inside(nest, f, theta);
            1.0 - inside + if inside > 0.0 { inside * reaching } else { 0.0 }
        })
        .product()
}

/// Composite quantity that arrives per unit of spending at the exporter's price.
fn arrival(problem: &Problem, change: &CellChange, theta: f64) -> f64 {
    change
        .nests
        .iter()
        .map(|&(nest, f)| {
            let nest = &problem.counterfactual.nests[nest];
            let inside = inside(nest, f, theta);
            1.0 - inside + inside / nest_cost(nest)
        })
        .product()
}
