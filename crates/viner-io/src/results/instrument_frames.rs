//! Tables on quotas, price caps, export controls, currencies and transfers.

use std::collections::BTreeMap;

use viner_model::equilibrium::Equilibrium;
use viner_model::problem::{NestKind, Problem, TradeCell};
use viner_model::report::{BranchFlow, Leakage, WedgeReport, branch_flows, customs, leakage};

use super::Frame;

/// In place of a code where a row is a sum over all.
const ALL: &str = "*";

/// Table `wedges`: a row for every cell of a wedge and every region that receives a rent of it; a row
/// without rent where there is none. Regime, multiplier, slack, quantity and price are the wedge's.
pub fn wedges(problem: &Problem, equilibrium: &Equilibrium) -> Frame {
    let regions = &problem.baseline.regions;
    let reports = WedgeReport::all(problem, equilibrium);
    let mut rows: Vec<(&WedgeReport, TradeCell, usize, f64)> = Vec::new();
    for report in &reports {
        for (cell, received) in &report.cells {
            if received.is_empty() {
                rows.push((report, *cell, cell.1, 0.0));
            }
            rows.extend(received.iter().map(|&(to, amount)| (report, *cell, to, amount)));
        }
    }
    let policy = |report: &WedgeReport| report.policy;
    Frame::new("wedges")
        .text("policy", rows.iter().map(|row| &problem.policy_names[policy(row.0)]))
        .text("kind", rows.iter().map(|row| problem.policy_kinds[policy(row.0)]))
        .cells(problem, rows.iter().map(|row| row.1))
        .text("regime", rows.iter().map(|row| row.0.regime.name()))
        .number("multiplier", rows.iter().map(|row| row.0.multiplier))
        .number("slack", rows.iter().map(|row| row.0.slack))
        .number("quantity", rows.iter().map(|row| row.0.quantity))
        .number("price", rows.iter().map(|row| row.0.price))
        .number("rent", rows.iter().map(|row| row.3))
        .text("rent_to", rows.iter().map(|row| regions.code(row.2)))
}

/// All other tables of instruments, each where the scenario has such an instrument.
pub fn all(problem: &Problem, equilibrium: &Equilibrium) -> Vec<Frame> {
    let flows = branch_flows(problem, equilibrium);
    let of_kind = |kind: NestKind| -> Vec<BranchFlow> {
        flows.iter().filter(|flow| flow.kind == kind).cloned().collect()
    };
    let (controlled, paid) = (of_kind(NestKind::Routes), of_kind(NestKind::Currencies));
    let mut frames = Vec::new();
    frames.extend(caps(problem, equilibrium));
    if !controlled.is_empty() {
        frames.push(routes(problem, &controlled));
        frames.push(leakages(problem, &controlled));
        frames.push(recorded(problem, equilibrium, &controlled));
    }
    if !paid.is_empty() {
        frames.push(currencies(problem, &paid));
    }
    frames.extend(transfers(problem, equilibrium));
    frames
}

/// Table `caps`: a row for every price cap on an exporter's sales in a sector.
fn caps(problem: &Problem, equilibrium: &Equilibrium) -> Option<Frame> {
    let baseline = &problem.baseline;
    let reports = WedgeReport::all(problem, equilibrium);
    let rows: Vec<_> =
        reports.iter().filter_map(|report| report.cap.map(|cap| (report, cap))).collect();
    if rows.is_empty() {
        return None;
    }
    let rows = || rows.iter();
    let frame = Frame::new("caps")
        .text("policy", rows().map(|(report, _)| &problem.policy_names[report.policy]))
        .text("exporter", rows().map(|(_, cap)| baseline.regions.code(cap.exporter)))
        .text("sector", rows().map(|(_, cap)| baseline.sectors.code(cap.sector)))
        .text("regime", rows().map(|(report, _)| report.regime.name()))
        .text("several", rows().map(|(report, _)| if report.several { "yes" } else { "no" }))
        .number("cap", rows().map(|(_, cap)| cap.cap))
        .number("multiplier", rows().map(|(report, _)| report.multiplier))
        .number("price", rows().map(|(report, _)| report.price))
        .number("exporter_price", rows().map(|(_, cap)| cap.exporter_price))
        .number("border_price", rows().map(|(_, cap)| cap.border_price))
        .number("shadow_price", rows().map(|(_, cap)| cap.shadow_price))
        .number("discount", rows().map(|(_, cap)| cap.discount))
        .number("quantity", rows().map(|(report, _)| report.quantity))
        .number("served_quantity", rows().map(|(_, cap)| cap.served_quantity))
        .number("shadow_quantity", rows().map(|(_, cap)| cap.shadow_quantity))
        .number("revenue_base", rows().map(|(_, cap)| cap.revenue_base))
        .number("revenue", rows().map(|(_, cap)| cap.revenue))
        .number("buyers_rent", rows().map(|(_, cap)| cap.buyers_rent))
        .number("exporters_rent", rows().map(|(_, cap)| cap.exporters_rent))
        .number("shippers_rent", rows().map(|(_, cap)| cap.shippers_rent));
    Some(frame)
}

/// Table `routes`: a row for every route of every cell under an export control.
fn routes(problem: &Problem, flows: &[BranchFlow]) -> Frame {
    Frame::new("routes")
        .text("policy", flows.iter().map(|flow| &problem.policy_names[flow.policy]))
        .cells(problem, flows.iter().map(|flow| flow.cell))
        .text("route", flows.iter().map(|flow| &flow.branch))
        .number("share_base", flows.iter().map(|flow| flow.share_base))
        .number("share", flows.iter().map(|flow| flow.share))
        .number("value_base", flows.iter().map(|flow| flow.value_base))
        .number("value", flows.iter().map(|flow| flow.value))
        .number("hub_income", flows.iter().map(|flow| flow.margin))
}

/// Table `leakage`: a row for every cell under an export control, and one for every policy.
fn leakages(problem: &Problem, flows: &[BranchFlow]) -> Frame {
    let baseline = &problem.baseline;
    let code = |cell: Option<TradeCell>| match cell {
        Some((s, n, i)) => {
            [baseline.regions.code(i), baseline.regions.code(n), baseline.sectors.code(s)]
        }
        None => [ALL; 3],
    };
    let mut totals: BTreeMap<usize, Leakage> = BTreeMap::new();
    for flow in flows.iter().filter(|flow| flow.branch != "uncontrolled") {
        totals.entry(flow.policy).or_default().add(flow);
    }
    let totals = totals.into_iter().map(|(policy, leakage)| (policy, None, leakage));
    let cells = leakage(flows).into_iter().map(|((policy, cell), one)| (policy, Some(cell), one));
    let mut rows: Vec<(usize, Option<TradeCell>, Leakage)> = totals.chain(cells).collect();
    rows.sort_by_key(|row| row.0);
    Frame::new("leakage")
        .text("policy", rows.iter().map(|row| &problem.policy_names[row.0]))
        .text("exporter", rows.iter().map(|row| code(row.1)[0]))
        .text("importer", rows.iter().map(|row| code(row.1)[1]))
        .text("sector", rows.iter().map(|row| code(row.1)[2]))
        .number("direct_base", rows.iter().map(|row| row.2.direct_base))
        .number("direct", rows.iter().map(|row| row.2.direct))
        .number("indirect_base", rows.iter().map(|row| row.2.indirect_base))
        .number("indirect", rows.iter().map(|row| row.2.indirect))
        .number("leakage", rows.iter().map(|row| row.2.share()))
}

/// Table `customs`: gross trade as it is recorded at borders, where export controls change it.
fn recorded(problem: &Problem, equilibrium: &Equilibrium, flows: &[BranchFlow]) -> Frame {
    let values = customs(problem, equilibrium, flows);
    Frame::new("customs")
        .cells(problem, values.keys().copied())
        .number("value_base", values.values().map(|value| value[0]))
        .number("value", values.values().map(|value| value[1]))
}

/// Policy, exporter, importer and currency.
type Pair<'a> = (usize, &'a str, &'a str, &'a str);

/// Table `currencies`: a row for every currency of every pair of regions, and one for all pairs.
fn currencies(problem: &Problem, flows: &[BranchFlow]) -> Frame {
    let baseline = &problem.baseline;
    let mut values: BTreeMap<Pair<'_>, [f64; 2]> = BTreeMap::new();
    for flow in flows {
        let (_, n, i) = flow.cell;
        for (exporter, importer) in
            [(ALL, ALL), (baseline.regions.code(i), baseline.regions.code(n))]
        {
            let pair = (flow.policy, exporter, importer, flow.branch.as_str());
            let entry = values.entry(pair).or_default();
            entry[0] += flow.value_base;
            entry[1] += flow.value;
        }
    }
    let mut sums: BTreeMap<(usize, &str, &str), [f64; 2]> = BTreeMap::new();
    for (&(policy, exporter, importer, _), value) in &values {
        let sum = sums.entry((policy, exporter, importer)).or_default();
        sum[0] += value[0];
        sum[1] += value[1];
    }
    let rows = || values.iter();
    let share = |pair: &Pair<'_>, value: &[f64; 2], which: usize| {
        value[which] / sums[&(pair.0, pair.1, pair.2)][which]
    };
    Frame::new("currencies")
        .text("policy", rows().map(|(pair, _)| &problem.policy_names[pair.0]))
        .text("exporter", rows().map(|(pair, _)| pair.1))
        .text("importer", rows().map(|(pair, _)| pair.2))
        .text("currency", rows().map(|(pair, _)| pair.3))
        .number("share_base", rows().map(|(pair, value)| share(pair, value, 0)))
        .number("share", rows().map(|(pair, value)| share(pair, value, 1)))
        .number("value_base", rows().map(|(_, value)| value[0]))
        .number("value", rows().map(|(_, value)| value[1]))
}

/// Table `transfers`: what every region receives, in all transfers together.
fn transfers(problem: &Problem, equilibrium: &Equilibrium) -> Option<Frame> {
    let baseline = &problem.baseline;
    equilibrium.transfers.iter().any(|received| *received != 0.0).then(|| {
        Frame::new("transfers")
            .text("region", baseline.regions.codes())
            .number("received", equilibrium.transfers.iter().copied())
            .number(
                "share_of_income",
                equilibrium.transfers.iter().zip(&baseline.income).map(|(t, income)| t / income),
            )
    })
}

impl Frame {
    /// Adds columns exporter, importer and sector.
    fn cells(self, problem: &Problem, cells: impl Iterator<Item = TradeCell> + Clone) -> Self {
        let baseline = &problem.baseline;
        self.text("exporter", cells.clone().map(|(_, _, i)| baseline.regions.code(i)))
            .text("importer", cells.clone().map(|(_, n, _)| baseline.regions.code(n)))
            .text("sector", cells.map(|(s, _, _)| baseline.sectors.code(s)))
    }
}
