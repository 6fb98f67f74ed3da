//! Values of instruments: regimes, discounts, currencies, leakage.

use std::collections::BTreeSet;

use super::super::measure::BoundCall;
use super::super::{Word, bind};
use super::{Evaluated, State};
use crate::problem::NestKind;
use crate::report::{BranchFlow, Leakage, WedgeReport, branch_flows, leakage};

impl State<'_> {
    /// Position of the call's policy in this problem, where it is in force.
    fn policy(&self, call: &BoundCall) -> Option<usize> {
        let name = call.policy.as_ref()?;
        self.problem.policy_names.iter().position(|known| known == name)
    }

    fn wedges(&self, call: &BoundCall) -> Vec<WedgeReport> {
        let (Some(policy), Some(equilibrium)) = (self.policy(call), self.equilibrium) else {
            return Vec::new();
        };
        let mut reports = WedgeReport::all(self.problem, equilibrium);
        reports.retain(|report| report.policy == policy);
        reports
    }

    /// Regimes of the policy's wedges, each once; `none` where it is not in force.
    pub(super) fn regimes(&self, call: &BoundCall) -> Vec<&'static str> {
        let mut names: Vec<&str> = Vec::new();
        for report in self.wedges(call) {
            if !names.contains(&report.regime.name()) {
                names.push(report.regime.name());
            }
        }
        if names.is_empty() { vec!["none"] } else { names }
    }

    /// Mean by baseline revenue of the discounts of the policy's caps.
    pub(super) fn discount(&self, call: &BoundCall) -> f64 {
        let caps: Vec<_> = self.wedges(call).iter().filter_map(|report| report.cap).collect();
        let weight: f64 = caps.iter().map(|cap| cap.revenue_base).sum();
        let sum: f64 = caps.iter().map(|cap| cap.revenue_base * cap.discount).sum();
        if caps.is_empty() { 0.0 } else { sum / weight }
    }

    /// Branches of nests of one kind, before where there is no equilibrium.
    fn branches(&self, kind: NestKind, inside: impl Fn(&BranchFlow) -> bool) -> Vec<BranchFlow> {
        // Baseline shares need no equilibrium, but stand beside those of one.
        let Some(equilibrium) = self.equilibrium else { return self.branches_before(kind, inside) };
        let mut flows = branch_flows(self.problem, equilibrium);
        flows.retain(|flow| flow.kind == kind && inside(flow));
        flows
    }

    fn branches_before(
        &self,
        kind: NestKind,
        inside: impl Fn(&BranchFlow) -> bool,
    ) -> Vec<BranchFlow> {
        let mut rows = Vec::new();
        for (&cell, change) in &self.problem.counterfactual.cells {
            let (s, n, i) = cell;
            let before = self.baseline().trade_flows[[s, n, i]];
            for &(position, part) in &change.nests {
                let nest = &self.problem.counterfactual.nests[position];
                let row = |branch: &str, hub, share: f64| BranchFlow {
                    policy: nest.policy,
                    kind: nest.kind,
                    cell,
                    branch: branch.to_owned(),
                    hub,
                    share_base: share,
                    share,
                    value_base: before * share,
                    value: before * share,
                    margin: 0.0,
                };
                if nest.kind == kind {
                    let all = nest.branches.iter();
                    rows.extend(all.map(|b| row(&b.name, b.hub, part * b.share)));
                }
            }
        }
        rows.retain(inside);
        rows
    }

    pub(super) fn currency(&self, call: &BoundCall) -> Evaluated<f64> {
        let Some((currency, at)) = &call.currency else { return Ok(f64::NAN) };
        let policy = self.policy(call);
        let flows = self.branches(NestKind::Currencies, |flow| match call.regions.as_slice() {
            [exporters, importers] => {
                exporters.contains(&flow.cell.2) && importers.contains(&flow.cell.1)
            }
            _ => Some(flow.policy) == policy,
        });
        let known: BTreeSet<&str> = flows.iter().map(|flow| flow.branch.as_str()).collect();
        if !known.is_empty() && !known.contains(currency.as_str()) {
            let word = Word { text: currency.clone(), at: *at };
            return Err(bind::unknown("currency", &word, known));
        }
        let all: f64 = flows.iter().map(|flow| flow.value).sum();
        let own = flows.iter().filter(|flow| flow.branch == *currency);
        Ok(own.map(|flow| flow.value).sum::<f64>() / all)
    }

    pub(super) fn leakage(&self, call: &BoundCall) -> f64 {
        let policy = self.policy(call);
        let flows = self.branches(NestKind::Routes, |flow| Some(flow.policy) == policy);
        let mut total = Leakage::default();
        for part in leakage(&flows).values() {
            total.direct_base += part.direct_base;
            total.indirect += part.indirect;
        }
        total.share()
    }
}
