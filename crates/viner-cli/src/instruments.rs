//! What the instruments of a scenario do, in a few lines each: limits, ways round controls,
//! currencies.

use std::collections::BTreeMap;
use std::fmt::Write;

use serde_json::{Value, json};
use viner_model::equilibrium::Equilibrium;
use viner_model::problem::{NestKind, Problem};
use viner_model::report::{BranchFlow, Leakage, WedgeReport, branch_flows, leakage};

use crate::summary::{align, new_table, percent};

/// Rows of a table of limits that are shown; all of them are in the table `wedges`.
const SHOWN: usize = 12;

/// Outcomes of the instruments that have outcomes of their own.
pub struct Instruments {
    wedges: Vec<WedgeReport>,
    /// By policy: trade by route in all cells, and leakage.
    controls: BTreeMap<usize, Leakage>,
    /// By currency: value in all settlement policies, before and after.
    currencies: BTreeMap<String, [f64; 2]>,
}

impl Instruments {
    /// Computes them.
    pub fn of(problem: &Problem, equilibrium: &Equilibrium) -> Self {
        let flows: Vec<BranchFlow> = branch_flows(problem, equilibrium);
        let mut controls: BTreeMap<usize, Leakage> = BTreeMap::new();
        for ((policy, _), one) in leakage(&flows) {
            let all = controls.entry(policy).or_default();
            all.direct_base += one.direct_base;
            all.direct += one.direct;
            all.indirect_base += one.indirect_base;
            all.indirect += one.indirect;
        }
        let mut currencies: BTreeMap<String, [f64; 2]> = BTreeMap::new();
        for flow in flows.iter().filter(|flow| flow.kind == NestKind::Currencies) {
            let entry = currencies.entry(flow.branch.clone()).or_default();
            entry[0] += flow.value_base;
            entry[1] += flow.value;
        }
        Self { wedges: WedgeReport::all(problem, equilibrium), controls, currencies }
    }

    /// Tables for people; empty where the scenario has none of these instruments.
    pub fn text(&self, problem: &Problem) -> String {
        let mut text = String::new();
        self.write_caps(problem, &mut text);
        self.write_quotas(problem, &mut text);
        if !self.controls.is_empty() {
            let mut table = new_table(&["control", "direct", "now", "by hubs", "now", "leakage %"]);
            for (policy, leakage) in &self.controls {
                table.add_row(vec![
                    problem.policy_names[*policy].clone(),
                    billions(leakage.direct_base),
                    billions(leakage.direct),
                    billions(leakage.indirect_base),
                    billions(leakage.indirect),
                    format!("{:.1}", 100.0 * leakage.share()),
                ]);
            }
            align(&mut table, 1);
            let _ = writeln!(text, "Controlled trade, billions\n{table}\n");
        }
        if !self.currencies.is_empty() {
            let sums = [0, 1].map(|t| self.currencies.values().map(|value| value[t]).sum::<f64>());
            let mut table = new_table(&["currency", "share %", "now", "billions", "now"]);
            for (currency, value) in &self.currencies {
                let share = |t: usize| format!("{:.1}", 100.0 * value[t] / sums[t]);
                table.add_row(vec![
                    currency.clone(),
                    share(0),
                    share(1),
                    billions(value[0]),
                    billions(value[1]),
                ]);
            }
            align(&mut table, 1);
            let _ = writeln!(text, "Currencies of trade under settlement policies\n{table}\n");
        }
        text
    }

    fn write_caps(&self, problem: &Problem, text: &mut String) {
        let caps: Vec<_> =
            self.wedges.iter().filter_map(|wedge| wedge.cap.map(|cap| (wedge, cap))).collect();
        if caps.is_empty() {
            return;
        }
        let baseline = &problem.baseline;
        let mut table = new_table(&[
            "price cap",
            "on",
            "regime",
            "cap %",
            "seller gets %",
            "outside %",
            "quantity %",
            "outside share %",
            "buyers' rent",
            "shippers'",
        ]);
        for (wedge, cap) in &caps {
            table.add_row(vec![
                problem.policy_names[wedge.policy].clone(),
                baseline.cell_name(cap.exporter, cap.sector),
                wedge.regime.name().to_owned(),
                percent(cap.cap - 1.0),
                percent(wedge.price - 1.0),
                percent(cap.shadow_price - 1.0),
                percent(wedge.quantity - 1.0),
                if wedge.quantity > 0.0 {
                    format!("{:.0}", 100.0 * cap.shadow_quantity / wedge.quantity)
                } else {
                    "-".to_owned()
                },
                billions(cap.buyers_rent),
                billions(cap.shippers_rent),
            ]);
        }
        align(&mut table, 3);
        let _ = writeln!(text, "Price caps: prices and quantity against the baseline\n{table}\n");
    }

    fn write_quotas(&self, problem: &Problem, text: &mut String) {
        let quotas: Vec<&WedgeReport> =
            self.wedges.iter().filter(|wedge| wedge.cap.is_none()).collect();
        if quotas.is_empty() {
            return;
        }
        let mut table =
            new_table(&["quota", "on", "regime", "price wedge %", "quantity %", "rent", "rent to"]);
        for wedge in quotas.iter().take(SHOWN) {
            let mut to: BTreeMap<usize, f64> = BTreeMap::new();
            for &(region, amount) in wedge.cells.iter().flat_map(|(_, received)| received) {
                *to.entry(region).or_default() += amount;
            }
            let mut receivers: Vec<(usize, f64)> =
                to.into_iter().filter(|(_, amount)| *amount > 0.0).collect();
            receivers.sort_by(|a, b| b.1.total_cmp(&a.1));
            let codes: Vec<&str> = receivers
                .iter()
                .take(4)
                .map(|(region, _)| problem.baseline.regions.code(*region))
                .collect();
            table.add_row(vec![
                problem.policy_names[wedge.policy].clone(),
                limited(problem, wedge),
                wedge.regime.name().to_owned(),
                percent(wedge.multiplier - 1.0),
                percent(wedge.quantity - 1.0),
                billions(receivers.iter().map(|(_, amount)| amount).sum()),
                codes.join(" "),
            ]);
        }
        align(&mut table, 3);
        let _ = writeln!(text, "Quotas: quantity against the baseline, rents in billions\n{table}");
        if quotas.len() > SHOWN {
            let _ = writeln!(text, "and {} more, in the table `wedges`", quotas.len() - SHOWN);
        }
        text.push('\n');
    }

    /// The same numbers for programs: ratios to the baseline, and money in millions.
    pub fn json(&self, problem: &Problem) -> Value {
        let number = |value: f64| if value.is_finite() { json!(value) } else { Value::Null };
        let wedges: Vec<Value> = self
            .wedges
            .iter()
            .map(|wedge| {
                let rent: f64 =
                    wedge.cells.iter().flat_map(|(_, received)| received).map(|(_, x)| x).sum();
                json!({
                    "policy": problem.policy_names[wedge.policy],
                    "kind": problem.policy_kinds[wedge.policy],
                    "regime": wedge.regime.name(),
                    "several": wedge.several,
                    "multiplier": number(wedge.multiplier),
                    "quantity": wedge.quantity,
                    "price": number(wedge.price),
                    "rent": rent,
                })
            })
            .collect();
        let controls: Vec<Value> = self
            .controls
            .iter()
            .map(|(policy, leakage)| {
                json!({
                    "policy": problem.policy_names[*policy],
                    "direct_base": leakage.direct_base,
                    "direct": leakage.direct,
                    "indirect_base": leakage.indirect_base,
                    "indirect": leakage.indirect,
                    "leakage": number(leakage.share()),
                })
            })
            .collect();
        let sums = [0, 1].map(|t| self.currencies.values().map(|value| value[t]).sum::<f64>());
        let currencies: Vec<Value> = self
            .currencies
            .iter()
            .map(|(currency, value)| {
                json!({
                    "currency": currency,
                    "share_base": value[0] / sums[0],
                    "share": value[1] / sums[1],
                })
            })
            .collect();
        json!({ "wedges": wedges, "controls": controls, "currencies": currencies })
    }

    /// What the reader must know of equilibria that are not the only ones.
    pub fn notes(&self, problem: &Problem) -> Vec<String> {
        self.wedges
            .iter()
            .filter(|wedge| wedge.several)
            .map(|wedge| {
                format!(
                    "price cap `{}` has more than one equilibrium here; the one reported is {}",
                    problem.policy_names[wedge.policy],
                    if wedge.regime.name() == "withdrawn" {
                        "that in which the exporter withdraws"
                    } else {
                        "that with least outside shipping"
                    }
                )
            })
            .collect()
    }
}

/// What a quota is on: its one cell, or the exporter and sector that all its cells have, or how many
/// cells it has.
fn limited(problem: &Problem, wedge: &WedgeReport) -> String {
    let baseline = &problem.baseline;
    let ((s, n, i), _) = wedge.cells[0];
    let same = wedge.cells.iter().all(|((t, _, j), _)| (*t, *j) == (s, i));
    match wedge.cells.len() {
        1 => baseline.trade_cell_name(s, n, i),
        _ if same => baseline.cell_name(i, s),
        count => format!("{count} cells"),
    }
}

/// Millions as billions.
fn billions(value: f64) -> String {
    let rounded = (value / 10.0).round() / 100.0;
    // Negative zero would print a sign.
    format!("{:.2}", if rounded == 0.0 { 0.0 } else { rounded })
}
