//! What a reader wants to know of a run first: who loses and gains, what becomes of the trade of
//! the region that the scenario is about, and how exact the solution is.

use std::fmt::Write;

use comfy_table::{CellAlignment, Table, presets};
use serde_json::{Value, json};
use viner_io::question::Question;
use viner_model::equilibrium::Equilibrium;
use viner_model::labels::Labels;
use viner_model::problem::Problem;
use viner_model::report::{RegionOutcomes, flow_value};
use viner_model::scenario::Labour;

use crate::instruments::Instruments;

/// The numbers of a summary.
pub struct Summary {
    title: String,
    baseline: String,
    policies: usize,
    unit: &'static str,
    regions: Labels,
    /// Regions in order of welfare, the greatest loss first.
    order: Vec<usize>,
    outcomes: RegionOutcomes,
    focus: String,
    trade: Vec<PartnerTrade>,
    instruments: Instruments,
}

/// Trade of the focus with one partner, in millions, before and after.
struct PartnerTrade {
    partner: String,
    exports: [f64; 2],
    imports: [f64; 2],
    /// Share of the partner in all trade of the focus.
    share: [f64; 2],
}

impl Summary {
    /// Computes the summary of a run.
    pub fn of(question: &Question, problem: &Problem, equilibrium: &Equilibrium) -> Self {
        let baseline = &problem.baseline;
        let outcomes = RegionOutcomes::of(problem, equilibrium);
        let mut order: Vec<usize> = (0..baseline.region_count()).collect();
        // What differs by rounding alone stays in the order of the labels.
        let rounded = |n: usize| (outcomes.welfare[n] * 1e10).round();
        order.sort_by(|&a, &b| rounded(a).total_cmp(&rounded(b)));
        let report = &question.file.report;
        let focus = report.focus.clone().unwrap_or_else(|| most_touched(problem, &order));
        Self {
            title: question.title().to_owned(),
            baseline: format!(
                "{} ({} regions, {} sectors, {})",
                question.baseline_name,
                baseline.region_count(),
                baseline.sector_count(),
                baseline.description.year
            ),
            policies: question.file.scenario.policies.len(),
            unit: if baseline.description.unit.millions() == "million EUR" { "EUR" } else { "USD" },
            regions: baseline.regions.clone(),
            order,
            outcomes,
            trade: trade(question, problem, equilibrium, &focus),
            focus,
            instruments: Instruments::of(problem, equilibrium),
        }
    }

    /// The region or group that the summary is about.
    pub fn focus(&self) -> &str {
        &self.focus
    }

    /// The summary for people; money in billions, changes in percent.
    pub fn text(
        &self,
        problem: &Problem,
        equilibrium: &Equilibrium,
        seconds: f64,
        tolerance: f64,
    ) -> String {
        let mut text = String::new();
        let _ = writeln!(text, "{}", self.title);
        let policies = if self.policies == 1 { "policy" } else { "policies" };
        let _ = writeln!(text, "{} {policies} on baseline {}\n", self.policies, self.baseline);

        let mut table = new_table(&[
            "region",
            "",
            "welfare %",
            "real GDP %",
            "real wage %",
            "exports %",
            "imports %",
            "terms of trade %",
        ]);
        let outcomes = &self.outcomes;
        for &n in &self.order {
            let growth = |after: f64, before: f64| after / before - 1.0;
            table.add_row(vec![
                self.regions.code(n).to_owned(),
                name(&self.regions, n),
                percent(outcomes.welfare[n]),
                percent(outcomes.real_gdp[n]),
                percent(outcomes.real_wage[n]),
                percent(growth(outcomes.exports[n], outcomes.exports_base[n])),
                percent(growth(outcomes.imports[n], outcomes.imports_base[n])),
                percent(outcomes.terms_of_trade[n]),
            ]);
        }
        align(&mut table, 2);
        let _ = writeln!(text, "{table}\n");

        let _ =
            writeln!(text, "Trade of {} in billion {}, goods and services", self.focus, self.unit);
        let mut table = new_table(&[
            "partner",
            "exports",
            "now",
            "change %",
            "imports",
            "now",
            "change %",
            "share of trade %",
            "now",
        ]);
        for row in &self.trade {
            let billions = |value: f64| format!("{:.1}", value / 1e3);
            let share = |value: f64| format!("{:.1}", 100.0 * value);
            table.add_row(vec![
                row.partner.clone(),
                billions(row.exports[0]),
                billions(row.exports[1]),
                percent(row.exports[1] / row.exports[0] - 1.0),
                billions(row.imports[0]),
                billions(row.imports[1]),
                percent(row.imports[1] / row.imports[0] - 1.0),
                share(row.share[0]),
                share(row.share[1]),
            ]);
        }
        align(&mut table, 1);
        let _ = writeln!(text, "{table}\n");
        text.push_str(&self.instruments.text(problem));

        let worst = equilibrium.certificate.worst();
        let place =
            if worst.cell.is_empty() { String::new() } else { format!(" of {}", worst.cell) };
        let _ = write!(
            text,
            "certified: every equation holds within {:.1e} (worst: {}{place}), asked {tolerance:.0e}\n\
             solved by {} in {} evaluations, {:.0} ms",
            worst.relative,
            worst.equation,
            equilibrium.statistics.method.name(),
            equilibrium.statistics.evaluations,
            1e3 * seconds
        );
        text
    }

    /// The same numbers for programs: fractions, and money in millions.
    pub fn json(&self, problem: &Problem) -> Value {
        let outcomes = &self.outcomes;
        let regions: Vec<Value> = (0..self.regions.len())
            .map(|n| {
                json!({
                    "region": self.regions.code(n),
                    "welfare": outcomes.welfare[n],
                    "real_gdp": outcomes.real_gdp[n],
                    "real_wage": outcomes.real_wage[n],
                    "price_index": outcomes.price_index[n],
                    "terms_of_trade": outcomes.terms_of_trade[n],
                    "exports_base": outcomes.exports_base[n],
                    "exports": outcomes.exports[n],
                    "imports_base": outcomes.imports_base[n],
                    "imports": outcomes.imports[n],
                    "employment": outcomes.employment[n],
                })
            })
            .collect();
        let trade: Vec<Value> = self
            .trade
            .iter()
            .map(|row| {
                json!({
                    "partner": row.partner,
                    "exports_base": row.exports[0], "exports": row.exports[1],
                    "imports_base": row.imports[0], "imports": row.imports[1],
                    "share_base": row.share[0], "share": row.share[1],
                })
            })
            .collect();
        json!({
            "title": self.title,
            "baseline": self.baseline,
            "policies": self.policies,
            "regions": regions,
            "focus": self.focus,
            "trade": trade,
            "instruments": self.instruments.json(problem),
        })
    }
}

/// What a reader must know to read the numbers rightly.
pub fn notes(problem: &Problem, equilibrium: &Equilibrium) -> Vec<String> {
    let mut notes = Instruments::of(problem, equilibrium).notes(problem);
    if problem.labour == Labour::FixedNominalWage {
        notes.push(
            "wages are fixed in units of the numeraire (world value added): how much employment \
             changes is in part an assumption about world demand"
                .to_owned(),
        );
    }
    let baseline = &problem.baseline;
    let shifted: Vec<&str> = (0..baseline.region_count())
        .filter(|&n| problem.counterfactual.final_shares.row(n) != baseline.final_shares.row(n))
        .map(|n| baseline.regions.code(n))
        .collect();
    if !shifted.is_empty() {
        notes.push(format!(
            "a demand shift changes tastes: welfare of {} is at the new tastes",
            shifted.join(", ")
        ));
    }
    notes
}

/// The region whose trade the policies touch most, relative to all its trade; the one that loses
/// most where no policy touches trade.
fn most_touched(problem: &Problem, order: &[usize]) -> String {
    let baseline = &problem.baseline;
    let mut touched = vec![0.0; baseline.region_count()];
    for &(s, n, i) in problem.counterfactual.cells.keys() {
        if n != i {
            touched[n] += baseline.trade_flows[[s, n, i]];
            touched[i] += baseline.trade_flows[[s, n, i]];
        }
    }
    let every_region: Vec<usize> = (0..baseline.region_count()).collect();
    let every_sector: Vec<usize> = (0..baseline.sector_count()).collect();
    let share = |n: usize| {
        let exports = flow_value(&baseline.trade_flows, &[n], &every_region, &every_sector);
        let imports = flow_value(&baseline.trade_flows, &every_region, &[n], &every_sector);
        touched[n] / (exports + imports)
    };
    let most = every_region.iter().copied().max_by(|&a, &b| share(a).total_cmp(&share(b)));
    let chosen = most.filter(|&n| touched[n] > 0.0).unwrap_or(order[0]);
    baseline.regions.code(chosen).to_owned()
}

/// Trade of the focus with the partners of `[report]`, or with the groups of the scenario and the
/// largest partners; all trade last.
fn trade(
    question: &Question,
    problem: &Problem,
    equilibrium: &Equilibrium,
    focus: &str,
) -> Vec<PartnerTrade> {
    const PARTNERS: usize = 6;
    let baseline = &problem.baseline;
    let groups = &question.file.scenario.groups;
    let members = |name: &str| -> Vec<usize> {
        match baseline.regions.position(name) {
            Some(position) => vec![position],
            None => groups.get(name).map_or_else(Vec::new, |codes| {
                codes.iter().filter_map(|code| baseline.regions.position(code)).collect()
            }),
        }
    };
    let focus_members = members(focus);
    let every_sector: Vec<usize> = (0..baseline.sector_count()).collect();
    let others: Vec<usize> =
        (0..baseline.region_count()).filter(|n| !focus_members.contains(n)).collect();
    let both = |exporters: &[usize], importers: &[usize]| {
        [&baseline.trade_flows, &equilibrium.trade_flows]
            .map(|flows| flow_value(flows, exporters, importers, &every_sector))
    };
    let all_trade = |members: &[usize]| -> f64 {
        let [exports, _] = both(&focus_members, members);
        let [imports, _] = both(members, &focus_members);
        exports + imports
    };

    let mut partners = question.file.report.partners.clone();
    if partners.is_empty() {
        partners = groups
            .keys()
            .filter(|name| {
                let members = members(name);
                members.len() > 1 && !members.iter().any(|n| focus_members.contains(n))
            })
            .cloned()
            .collect();
        let mut largest = others.clone();
        largest.sort_by(|&a, &b| all_trade(&[b]).total_cmp(&all_trade(&[a])));
        let rest = largest.into_iter().take(PARTNERS.saturating_sub(partners.len()));
        partners.extend(rest.map(|n| baseline.regions.code(n).to_owned()));
    }
    let total = [both(&focus_members, &others), both(&others, &focus_members)];
    let row = |partner: String, members: &[usize]| {
        let members: Vec<usize> =
            members.iter().copied().filter(|n| !focus_members.contains(n)).collect();
        let exports = both(&focus_members, &members);
        let imports = both(&members, &focus_members);
        let share = |t: usize| (exports[t] + imports[t]) / (total[0][t] + total[1][t]);
        PartnerTrade { partner, share: [share(0), share(1)], exports, imports }
    };
    let mut rows: Vec<PartnerTrade> = partners
        .into_iter()
        .map(|partner| {
            let members = members(&partner);
            row(partner, &members)
        })
        .collect();
    rows.push(row("all".to_owned(), &others));
    rows
}

pub fn name(labels: &Labels, n: usize) -> String {
    if labels.name(n) == labels.code(n) { String::new() } else { labels.name(n).to_owned() }
}

/// A fraction as percent with sign and two decimals; a dash where there was nothing.
pub fn percent(value: f64) -> String {
    let rounded = (value * 1e4).round() / 1e2;
    if rounded.is_finite() {
        // Negative zero would print a sign.
        format!("{:+.2}", if rounded == 0.0 { 0.0 } else { rounded })
    } else {
        "-".to_owned()
    }
}

pub fn new_table(header: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header(header);
    table
}

/// Aligns numbers to the right from column `first` on, the header with them.
pub fn align(table: &mut Table, first: usize) {
    for column in table.column_iter_mut().skip(first) {
        column.set_cell_alignment(CellAlignment::Right);
    }
}
