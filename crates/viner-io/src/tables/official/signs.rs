//! Purchases that are negative: changes in inventories, mostly.

use viner_model::tables::Tables;
use viner_tables::sourcing::fit_sourcing;

use super::layout::Layout;
use super::report::ImportReport;
use crate::diagnostic::Diagnostic;
use crate::tables::problems::Problems;

/// What to do with purchases that are negative after pooling, as changes in inventories can be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Negatives {
    /// Refuse the file and name the worst cell.
    #[default]
    Refuse,
    /// Set them to zero, which leaves the table out of balance by as much.
    Zero,
    /// Move them to where they leave output, and every identity, as they are: what a region
    /// purchases negatively of an exporter becomes less of the exporter's other sales, at home
    /// first, and of final spending there; what a sector uses negatively becomes less final
    /// spending; negative final spending becomes less input use. What an exporter's other sales do
    /// not make up for is set to zero.
    Fold,
}

impl Negatives {
    /// All of them, by name.
    pub const ALL: [(&'static str, Self); 3] =
        [("refuse", Self::Refuse), ("zero", Self::Zero), ("fold", Self::Fold)];
}

/// What of a table was negative after pooling.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Treated {
    /// Table of the bundle.
    pub table: &'static str,
    /// What the parts of a cell's name are.
    pub axes: &'static str,
    /// How many cells.
    pub cells: usize,
    /// Their sum.
    pub sum: f64,
    /// The most negative.
    pub worst: f64,
    /// Where it is.
    pub worst_cell: String,
    /// What was done: "set to zero".
    pub treatment: &'static str,
}

impl Treated {
    fn of(table: &'static str, axes: &'static str, treatment: &'static str) -> Self {
        Self { table, axes, treatment, ..Self::default() }
    }

    fn enter(&mut self, value: f64, cell: impl FnOnce() -> String) {
        self.cells += 1;
        self.sum += value;
        if value < self.worst {
            self.worst = value;
            self.worst_cell = cell();
        }
    }

    fn plural(&self) -> &'static str {
        if self.cells == 1 { "cell" } else { "cells" }
    }

    /// The step in words.
    pub(crate) fn note(&self) -> String {
        let Self { table, cells, sum, treatment, .. } = self;
        format!("{cells} negative {} of {table}, {sum} in sum, {treatment}", self.plural())
    }

    fn problem(&self, hint: &str) -> Diagnostic {
        let Self { table, axes, cells, worst, worst_cell, .. } = self;
        Diagnostic::new(format!("{cells} {} of {table} negative after pooling", self.plural()))
            .found(format!("{worst} in the worst, {axes} `{worst_cell}`"))
            .expected("0 or more")
            .hint(hint)
    }
}

/// Negative cells of the file itself, before pooling.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FileNegatives {
    /// Cells of intermediate use, and their sum.
    pub inputs: (usize, f64),
    /// Categories of final use, their cells and the sum of these.
    pub final_uses: Vec<(String, usize, f64)>,
}

impl FileNegatives {
    pub(crate) fn new(layout: &Layout) -> Self {
        let none = |category: &String| (category.clone(), 0, 0.0);
        Self { inputs: (0, 0.0), final_uses: layout.categories.iter().map(none).collect() }
    }

    pub(crate) fn input(&mut self, value: f64) {
        self.inputs.0 += 1;
        self.inputs.1 += value;
    }

    pub(crate) fn final_use(&mut self, category: usize, value: f64) {
        let entry = &mut self.final_uses[category];
        entry.1 += 1;
        entry.2 += value;
    }
}

/// Refuses negative purchases, or does with them what was asked.
pub(crate) fn treat(
    tables: &mut Tables,
    negatives: Negatives,
    report: &mut ImportReport,
    problems: &mut Problems,
) {
    let (regions, sectors) = (tables.regions.clone(), tables.sectors.clone());
    let region = |index: usize| regions.code(index);
    let sector = |index: usize| sectors.code(index);
    let fold = negatives == Negatives::Fold;
    let treatment = |folded: &'static str| if fold { folded } else { "set to zero" };

    let flow_treatment = treatment("taken from other sales of the exporter");
    let mut flows = Treated::of("flows", "exporter/importer/sector", flow_treatment);
    let nothing = "set to zero, as the exporter's other sales do not make up for it";
    let mut own = Treated::of("flows", "exporter/importer/sector", nothing);
    for s in 0..sectors.len() {
        for n in 0..regions.len() {
            for i in 0..regions.len() {
                let value = tables.flows[[s, n, i]];
                if value >= 0.0 || (fold && n == i) {
                    continue;
                }
                flows.enter(value, || format!("{}/{}/{}", region(i), region(n), sector(s)));
                tables.flows[[s, n, i]] = 0.0;
                if fold {
                    tables.flows[[s, i, i]] += value;
                    tables.final_spending[[n, s]] -= value;
                    tables.final_spending[[i, s]] += value;
                }
            }
        }
        for i in 0..regions.len() {
            let value = tables.flows[[s, i, i]];
            if !fold || value >= 0.0 {
                continue;
            }
            let cell = || format!("{}/{}/{}", region(i), region(i), sector(s));
            if take_from_exports(tables, s, i, value) {
                flows.enter(value, cell);
            } else {
                own.enter(value, cell);
                tables.flows[[s, i, i]] = 0.0;
            }
        }
    }

    let mut inputs =
        Treated::of("inputs", "region/input/user", treatment("taken from final spending"));
    for ((n, k, s), value) in tables.inputs.indexed_iter_mut().filter(|(_, value)| **value < 0.0) {
        inputs.enter(*value, || format!("{}/{}/{}", region(n), sector(s), sector(k)));
        if fold {
            tables.final_spending[[n, s]] += *value;
        }
        *value = 0.0;
    }

    let mut spending =
        Treated::of("final spending", "region/sector", treatment("taken from input use"));
    for n in 0..regions.len() {
        for s in 0..sectors.len() {
            let value = tables.final_spending[[n, s]];
            if value >= 0.0 {
                continue;
            }
            spending.enter(value, || format!("{}/{}", region(n), sector(s)));
            tables.final_spending[[n, s]] = 0.0;
            let used: f64 = (0..sectors.len()).map(|k| tables.inputs[[n, k, s]]).sum();
            if fold && used > 0.0 {
                let share = ((used + value) / used).max(0.0);
                for k in 0..sectors.len() {
                    tables.inputs[[n, k, s]] *= share;
                }
            }
        }
    }

    let by_user = "set to zero, and the others brought to flows and spending";
    let mut users = Treated::of("sourcing", "exporter/importer/sector/user", by_user);
    for ((s, n, user, i), value) in
        tables.sourcing.iter_mut().flat_map(|cells| cells.indexed_iter_mut())
    {
        if *value < 0.0 {
            let user = if user < sectors.len() { sector(user) } else { "final" };
            users.enter(*value, || format!("{}/{}/{}/{user}", region(i), region(n), sector(s)));
            *value = 0.0;
        }
    }
    let any = [&flows, &own, &inputs, &spending, &users].iter().any(|found| found.cells > 0);
    if any && negatives != Negatives::Refuse {
        fit_sourcing(tables);
    }

    for treated in
        [&flows, &own, &inputs, &spending, &users].into_iter().filter(|treated| treated.cells > 0)
    {
        if negatives == Negatives::Refuse {
            problems.push(treated.problem(
                "import with `--negatives zero` and balance the table, or with `--negatives fold`",
            ));
        } else {
            report.negatives.push(treated.clone());
        }
    }
}

/// Makes up for negative sales at home by selling less abroad, to all in proportion; whether there
/// are exports enough.
fn take_from_exports(tables: &mut Tables, s: usize, i: usize, value: f64) -> bool {
    let regions = tables.regions.len();
    let abroad = |n: &usize| *n != i;
    let exports: f64 = (0..regions).filter(abroad).map(|n| tables.flows[[s, n, i]]).sum();
    if exports + value < 0.0 {
        return false;
    }
    let share = (exports + value) / exports;
    for n in (0..regions).filter(abroad) {
        let before = tables.flows[[s, n, i]];
        tables.flows[[s, n, i]] = before * share;
        tables.final_spending[[n, s]] -= before - before * share;
    }
    tables.flows[[s, i, i]] = 0.0;
    tables.final_spending[[i, s]] -= value;
    true
}
