//! Adds an official file up to the tables of a bundle.

use viner_model::tables::{Description, Tables};

use super::icio::{Negatives, Sheet};
use super::icio_labels::{Layout, layout};
use super::order;
use super::problems::Problems;
use crate::diagnostic::Diagnostic;

/// The tables, and in words how they were made.
pub(super) struct Pooled {
    pub(super) tables: Tables,
    pub(super) note: String,
}

/// Pools a file; every sum runs in the order of the labels, so that the file's does not matter.
pub(super) fn pool(sheet: &Sheet, negatives: Negatives, problems: &mut Problems) -> Option<Pooled> {
    let layout = layout(&sheet.header, &sheet.rows, problems)?;
    let (regions, sectors) = (layout.regions.len(), layout.sectors.len());
    if order::cell_count(regions, sectors).is_none() {
        let found = format!("{regions} regions and {sectors} sectors");
        let expected = format!("tables of at most {} cells", order::MAX_CELLS);
        problems.push(Diagnostic::new("the table is too large").found(found).expected(expected));
        return None;
    }
    let mut tables =
        Tables::zeros(Description::default(), layout.regions.clone(), layout.sectors.clone());
    let width = sheet.header.labels.len();
    for row in &layout.rows {
        let (i, s) = (row.region, row.sector);
        let values = &sheet.values[row.index * width..(row.index + 1) * width];
        for user in &layout.users {
            let (n, k) = (user.region, user.sector);
            tables.flows[[s, n, i]] += values[user.index];
            tables.inputs[[n, k, s]] += values[user.index];
        }
        for user in &layout.final_uses {
            tables.flows[[s, user.region, i]] += values[user.index];
            tables.final_spending[[user.region, s]] += values[user.index];
        }
    }
    let zeroed = check_signs(&mut tables, negatives, problems);
    add_value_added(&mut tables, sheet, &layout, problems);
    let note = note(&layout, zeroed);
    problems.is_empty().then_some(Pooled { tables, note })
}

/// Value added: output less purchases of inputs.
fn add_value_added(tables: &mut Tables, sheet: &Sheet, layout: &Layout, problems: &mut Problems) {
    for user in &layout.users {
        let output = sheet.output[user.index];
        if output.is_finite() {
            tables.value_added[[user.region, user.sector]] += output;
        } else {
            let label = &sheet.header.labels[user.index];
            let problem = format!("gross output of column `{label}` is an empty cell");
            let problem = Diagnostic::new(problem).at_line(sheet.output_line);
            problems.push(problem.expected("a finite number"));
        }
    }
    let sectors = tables.sectors.len();
    for ((n, k), value_added) in tables.value_added.indexed_iter_mut() {
        *value_added -= (0..sectors).map(|s| tables.inputs[[n, k, s]]).sum::<f64>();
    }
}

/// What was negative after pooling.
#[derive(Default)]
struct Negative {
    cells: usize,
    sum: f64,
    worst: f64,
    worst_cell: String,
}

impl Negative {
    fn enter(&mut self, value: f64, cell: impl FnOnce() -> String) {
        self.cells += 1;
        self.sum += value;
        if value < self.worst {
            self.worst = value;
            self.worst_cell = cell();
        }
    }
}

/// Refuses negative purchases or sets them to zero; the answer says in words what was set.
fn check_signs(tables: &mut Tables, negatives: Negatives, problems: &mut Problems) -> Vec<String> {
    let (regions, sectors) = (tables.regions.clone(), tables.sectors.clone());
    let region = |index: usize| regions.code(index);
    let sector = |index: usize| sectors.code(index);
    let mut found = [
        ("flows", "exporter/importer/sector", Negative::default()),
        ("inputs", "region/input/user", Negative::default()),
        ("final spending", "region/sector", Negative::default()),
    ];
    for ((s, n, i), value) in tables.flows.indexed_iter_mut().filter(|(_, value)| **value < 0.0) {
        found[0].2.enter(*value, || format!("{}/{}/{}", region(i), region(n), sector(s)));
        *value = 0.0;
    }
    for ((n, k, s), value) in tables.inputs.indexed_iter_mut().filter(|(_, value)| **value < 0.0) {
        found[1].2.enter(*value, || format!("{}/{}/{}", region(n), sector(s), sector(k)));
        *value = 0.0;
    }
    let spending = tables.final_spending.indexed_iter_mut();
    for ((n, s), value) in spending.filter(|(_, value)| **value < 0.0) {
        found[2].2.enter(*value, || format!("{}/{}", region(n), sector(s)));
        *value = 0.0;
    }
    let mut zeroed = Vec::new();
    for (table, axes, negative) in found.iter().filter(|(_, _, negative)| negative.cells > 0) {
        let Negative { cells, sum, worst, worst_cell } = negative;
        let plural = if *cells == 1 { "cell" } else { "cells" };
        if negatives == Negatives::Zero {
            zeroed.push(format!("{cells} negative {plural} of {table}, {sum} in sum, set to zero"));
            continue;
        }
        problems.push(
            Diagnostic::new(format!("{cells} {plural} of {table} negative after pooling"))
                .found(format!("{worst} in the worst, {axes} `{worst_cell}`"))
                .expected("0 or more")
                .hint("import with negative cells set to zero, then balance the table"),
        );
    }
    zeroed
}

fn note(layout: &Layout, zeroed: Vec<String>) -> String {
    let mut parts = vec![
        format!("{} regions, {} sectors", layout.regions.len(), layout.sectors.len()),
        format!(
            "purchases pooled over intermediate and final use, the latter {}",
            layout.categories.join(", ")
        ),
        "final spending at basic prices".to_owned(),
        "value added is output less intermediate purchases".to_owned(),
        "no tariffs".to_owned(),
    ];
    if !layout.folded.is_empty() {
        parts.push(format!("{} added to their countries", layout.folded.join(", ")));
    }
    parts.extend(zeroed);
    parts.join("; ")
}
