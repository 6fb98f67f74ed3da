//! Ways round export controls, and currencies of payment: before and after.

use std::collections::BTreeMap;

use crate::equilibrium::Equilibrium;
use crate::problem::{NestKind, Problem, TradeCell};

/// Trade of a cell by one branch of a nest.
#[derive(Clone, Debug, PartialEq)]
pub struct BranchFlow {
    /// The policy that the nest is of, by position.
    pub policy: usize,
    /// Routes or currencies.
    pub kind: NestKind,
    /// The cell.
    pub cell: TradeCell,
    /// `direct`, the code of a hub or of a currency; `uncontrolled` for what is in no nest.
    pub branch: String,
    /// The region of the route.
    pub hub: Option<usize>,
    /// Share in the trade of the cell in the baseline.
    pub share_base: f64,
    /// Share in the exporter's sales in the cell.
    pub share: f64,
    /// Producer value in the baseline, in millions.
    pub value_base: f64,
    /// Producer value, in millions.
    pub value: f64,
    /// What the hub adds to it and earns, in millions.
    pub margin: f64,
}

/// Name of the variety of a partly controlled cell that is in no nest.
const UNCONTROLLED: &str = "uncontrolled";

/// Trade of every cell under a nest, branch by branch.
pub fn branch_flows(problem: &Problem, equilibrium: &Equilibrium) -> Vec<BranchFlow> {
    let (baseline, counterfactual) = (&problem.baseline, &problem.counterfactual);
    let mut rows = Vec::new();
    for (&cell, change) in &counterfactual.cells {
        let (s, n, i) = cell;
        let theta = problem.elasticities.trade[s];
        let (before, after) = (baseline.trade_flows[[s, n, i]], equilibrium.trade_flows[[s, n, i]]);
        if before == 0.0 {
            continue;
        }
        // An outer nest takes its margins of all that is paid before tariff, an inner one of the rest.
        let mut paid = equilibrium
            .split_trade
            .get(&cell)
            .map_or(after * (1.0 + change.export_tax), |flow| flow.before_tariff);
        for &(position, part) in change.nests.iter().rev() {
            let nest = &counterfactual.nests[position];
            let inside = nest.part_of_spending(part, theta);
            // Parts of the exporter's sales: of the spending, what is no margin of a hub.
            let reaching = nest.blend(part, theta).producer;
            let row = |branch: &str, hub, share_base: f64, spending: f64, margin: f64| {
                let share = if after == 0.0 { 0.0 } else { spending / (1.0 + margin) / reaching };
                let value = after * share;
                BranchFlow {
                    policy: nest.policy,
                    kind: nest.kind,
                    cell,
                    branch: branch.to_owned(),
                    hub,
                    share_base,
                    share,
                    value_base: before * share_base,
                    value,
                    margin: paid * spending * margin / (1.0 + margin),
                }
            };
            for (branch, share) in nest.branches.iter().zip(nest.shares()) {
                rows.push(row(
                    &branch.name,
                    branch.hub,
                    part * branch.share,
                    inside * share,
                    branch.margin,
                ));
            }
            if part < 1.0 {
                rows.push(row(UNCONTROLLED, None, 1.0 - part, 1.0 - inside, 0.0));
            }
            paid *= reaching;
        }
    }
    rows.sort_by_key(|row| row.policy);
    rows
}

/// What becomes of controlled trade, in millions of producer value.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Leakage {
    /// Direct trade that is controlled, in the baseline.
    pub direct_base: f64,
    /// What is left of it.
    pub direct: f64,
    /// Trade through hubs in the baseline.
    pub indirect_base: f64,
    /// Trade through hubs.
    pub indirect: f64,
}

impl Leakage {
    /// Trade through hubs over what was direct in the baseline.
    pub fn share(&self) -> f64 {
        self.indirect / self.direct_base
    }

    /// Adds the trade of one branch.
    pub fn add(&mut self, flow: &BranchFlow) {
        let (base, value) = match flow.hub {
            Some(_) => (&mut self.indirect_base, &mut self.indirect),
            None => (&mut self.direct_base, &mut self.direct),
        };
        *base += flow.value_base;
        *value += flow.value;
    }
}

/// Leakage of every control by policy and cell.
pub fn leakage(flows: &[BranchFlow]) -> BTreeMap<(usize, TradeCell), Leakage> {
    let mut result: BTreeMap<(usize, TradeCell), Leakage> = BTreeMap::new();
    let controlled =
        |flow: &&BranchFlow| flow.kind == NestKind::Routes && flow.branch != UNCONTROLLED;
    for flow in flows.iter().filter(controlled) {
        result.entry((flow.policy, flow.cell)).or_default().add(flow);
    }
    result
}

/// Gross trade as customs record it, in millions, before and after, by cell: a good that goes through
/// a hub is an export to the hub, and an export of the hub, its margin included. Only cells that a
/// control touches, and those of its hubs.
pub fn customs(
    problem: &Problem,
    equilibrium: &Equilibrium,
    flows: &[BranchFlow],
) -> BTreeMap<TradeCell, [f64; 2]> {
    let mut result: BTreeMap<TradeCell, [f64; 2]> = BTreeMap::new();
    let own = |&(s, n, i): &TradeCell| {
        [problem.baseline.trade_flows[[s, n, i]], equilibrium.trade_flows[[s, n, i]]]
    };
    for flow in flows.iter().filter(|flow| flow.kind == NestKind::Routes) {
        let (s, n, i) = flow.cell;
        result.entry(flow.cell).or_insert_with(|| own(&flow.cell));
        let Some(hub) = flow.hub else { continue };
        let mut add = |cell: TradeCell, base: f64, value: f64| {
            let entry = result.entry(cell).or_insert_with(|| own(&cell));
            entry[0] += base;
            entry[1] += value;
        };
        add(flow.cell, -flow.value_base, -flow.value);
        add((s, hub, i), flow.value_base, flow.value);
        add((s, n, hub), flow.value_base, flow.value + flow.margin);
    }
    result
}
