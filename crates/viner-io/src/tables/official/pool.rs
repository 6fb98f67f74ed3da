//! Adds a world table up to the tables of a bundle.

use viner_model::ndarray::Array4;
use viner_model::tables::{Description, Tables};

use super::checks::{self, Sums};
use super::layout::{Labelled, Layout, Place, layout};
use super::matrix::{Matrix, Stated};
use super::report::ImportReport;
use super::signs::{self, Negatives};
use crate::diagnostic::Diagnostic;
use crate::tables::codes::Scheme;
use crate::tables::order;
use crate::tables::problems::Problems;

/// The tables, and what is to be said of them.
#[derive(Debug)]
pub(crate) struct Pooled {
    pub(crate) tables: Tables,
    /// What was done, in words.
    pub(crate) note: String,
    pub(crate) report: ImportReport,
}

/// Categories of changes in inventories, and of valuables, as the makers name them: OECD; Eurostat;
/// WIOD's releases 2013 (as published and in its R files) and 2016; ADB; EXIOBASE; Eora.
const INVENTORIES: [&str; 11] = [
    "INVNT",
    "P5M",
    "c42",
    "f5",
    "c61",
    "INVEN",
    "F5",
    "Changes in inventories",
    "Changes in valuables",
    "Changes in inventories P.52",
    "Acquisitions less disposals of valuables P.53",
];

/// How a table is pooled.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pooling {
    /// What to do with negative purchases.
    pub(crate) negatives: Negatives,
    /// Whether changes in inventories are left out of final spending and flows.
    pub(crate) leave_out_inventories: bool,
    /// Whether to keep who uses what of whom.
    pub(crate) sourcing: bool,
}

/// Pools a matrix; every sum runs in the order of the labels, so that the file's does not matter.
pub(crate) fn pool(
    matrix: &Matrix,
    scheme: Scheme,
    pooling: Pooling,
    problems: &mut Problems,
) -> Option<Pooled> {
    let labelled = Labelled {
        columns: &matrix.columns,
        header_line: matrix.header_line,
        rows: &matrix.rows,
        scheme,
        names: &matrix.names,
    };
    let layout = layout(&labelled, problems)?;
    let width = matrix.columns.len();
    let rows = layout.rows.clone();
    let mut pooler = Pooler::new(layout, width, pooling, problems)?;
    for row in &rows {
        pooler.add(row, &matrix.values[row.index * width..(row.index + 1) * width], Part::All);
    }
    pooler.finish(&matrix.stated, problems)
}

/// Which columns a row of values stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// All.
    All,
    /// Those of using sectors, which come first.
    Inputs,
    /// Those of final use, which come after this many others.
    Final {
        /// Columns before them.
        after: usize,
    },
}

/// Adds rows up as they come.
#[derive(Debug)]
pub(crate) struct Pooler {
    layout: Layout,
    tables: Tables,
    sums: Sums,
    negative_cells: signs::FileNegatives,
    negatives: Negatives,
    /// Whether each category of final use is left out.
    left_out: Vec<bool>,
}

impl Pooler {
    /// Starts with nothing; `None` for tables that are too large.
    pub(crate) fn new(
        layout: Layout,
        width: usize,
        pooling: Pooling,
        problems: &mut Problems,
    ) -> Option<Self> {
        let (regions, sectors) = (layout.regions.len(), layout.sectors.len());
        let flows = order::cell_count(regions, sectors).is_some();
        let by_user = !pooling.sourcing || order::sourcing_cells(regions, sectors).is_some();
        if !flows || !by_user {
            let found = format!("{regions} regions and {sectors} sectors");
            let problem = Diagnostic::new("the table is too large").found(found);
            problems.push(if flows {
                let expected = format!("at most {} flows by user", order::MAX_SOURCING);
                problem.expected(expected).hint("import without `--sourcing`")
            } else {
                problem.expected(format!("tables of at most {} cells", order::MAX_CELLS))
            });
            return None;
        }
        let mut tables =
            Tables::zeros(Description::default(), layout.regions.clone(), layout.sectors.clone());
        tables.sourcing = pooling.sourcing.then(|| Array4::zeros(tables.sourcing_shape()));
        let sums = Sums { rows: vec![0.0; layout.rows.len()], columns: vec![0.0; width] };
        let negative_cells = signs::FileNegatives::new(&layout);
        let is_left_out = |category: &String| {
            pooling.leave_out_inventories && INVENTORIES.contains(&category.as_str())
        };
        let left_out: Vec<bool> = layout.categories.iter().map(is_left_out).collect();
        if pooling.leave_out_inventories && !left_out.contains(&true) {
            let problem =
                Diagnostic::new("no category of final use is known as changes in inventories");
            problems.push(problem.found(layout.categories.join(", ")));
            return None;
        }
        let negatives = pooling.negatives;
        Some(Self { layout, tables, sums, negative_cells, negatives, left_out })
    }

    /// Adds the sales of one row.
    pub(crate) fn add(&mut self, row: &Place, values: &[f64], part: Part) {
        let (i, s) = (row.region, row.part);
        let tables = &mut self.tables;
        let final_use = tables.sectors.len();
        let mut sum = 0.0;
        if !matches!(part, Part::Final { .. }) {
            for user in &self.layout.users {
                let (n, k) = (user.region, user.part);
                let value = values[user.index];
                tables.flows[[s, n, i]] += value;
                tables.inputs[[n, k, s]] += value;
                if let Some(sourcing) = &mut tables.sourcing {
                    sourcing[[s, n, k, i]] += value;
                }
                self.sums.columns[user.index] += value;
                sum += value;
                if value < 0.0 {
                    self.negative_cells.input(value);
                }
            }
        }
        if part != Part::Inputs {
            let after = if let Part::Final { after } = part { after } else { 0 };
            for user in &self.layout.final_uses {
                let value = values[user.index - after];
                sum += value;
                if value < 0.0 {
                    self.negative_cells.final_use(user.part, value);
                }
                if self.left_out[user.part] {
                    continue;
                }
                tables.flows[[s, user.region, i]] += value;
                tables.final_spending[[user.region, s]] += value;
                if let Some(sourcing) = &mut tables.sourcing {
                    sourcing[[s, user.region, final_use, i]] += value;
                }
            }
        }
        self.sums.rows[row.index] += sum;
    }

    /// Value added, signs and checks; `None` if the table cannot be taken.
    pub(crate) fn finish(mut self, stated: &Stated, problems: &mut Problems) -> Option<Pooled> {
        let output = self.output(stated, problems);
        let layout = &self.layout;
        let mut report = ImportReport::new(layout, &self.negative_cells);
        report.checks = checks::compare(layout, &self.sums, stated, problems);
        signs::treat(&mut self.tables, self.negatives, &mut report, problems);
        for (user, output) in layout.users.iter().zip(&output) {
            self.tables.value_added[[user.region, user.part]] += output;
        }
        let sectors = self.tables.sectors.len();
        for ((n, k), value_added) in self.tables.value_added.indexed_iter_mut() {
            *value_added -= (0..sectors).map(|s| self.tables.inputs[[n, k, s]]).sum::<f64>();
        }
        let categories = layout.categories.iter().zip(&self.left_out);
        let left_out: Vec<&str> =
            categories.filter(|(_, out)| **out).map(|(name, _)| name.as_str()).collect();
        if !left_out.is_empty() {
            report.remarks.push(format!(
                "{} left out: output is what is sold and what went into stock, so the table is not in \
                 balance until `viner data balance`, or a run with `unbalanced = \"accept\"`",
                left_out.join(", ")
            ));
        }
        let note = note(layout, &left_out, &report);
        problems.is_empty().then_some(Pooled { tables: self.tables, note, report })
    }

    /// Gross output of each using column: as the file states it, else what its row sells.
    fn output(&self, stated: &Stated, problems: &mut Problems) -> Vec<f64> {
        let layout = &self.layout;
        let Some((line, stated)) = &stated.output else {
            return checks::row_of_users(layout)
                .iter()
                .map(|row| row.map_or(0.0, |row| self.sums.rows[row]))
                .collect();
        };
        let output = |user: &Place| {
            let output = stated[user.index];
            if !output.is_finite() {
                let label = checks::label(layout, user);
                let problem = format!("gross output of column `{label}` is an empty cell");
                let problem = Diagnostic::new(problem).at_line(*line);
                problems.push(problem.expected("a finite number"));
            }
            output
        };
        layout.users.iter().map(output).collect()
    }
}

fn note(layout: &Layout, left_out: &[&str], report: &ImportReport) -> String {
    let mut parts = vec![
        format!("{} regions, {} sectors", layout.regions.len(), layout.sectors.len()),
        format!(
            "purchases pooled over intermediate and final use, the latter {}",
            layout
                .categories
                .iter()
                .map(String::as_str)
                .filter(|category| !left_out.contains(category))
                .collect::<Vec<_>>()
                .join(", ")
        ),
        "final spending at basic prices".to_owned(),
        "value added is output less intermediate purchases".to_owned(),
        "no tariffs".to_owned(),
    ];
    if !left_out.is_empty() {
        parts.push(format!("{} left out", left_out.join(", ")));
    }
    if !layout.folded.is_empty() {
        parts.push(format!("{} added to their countries", layout.folded.join(", ")));
    }
    if !layout.replaced.is_empty() {
        let replaced: Vec<String> =
            layout.replaced.iter().map(|(from, to)| format!("{from} as {to}")).collect();
        parts.push(format!("read {}", replaced.join(", ")));
    }
    parts.extend(report.negatives.iter().map(signs::Treated::note));
    parts.join("; ")
}
