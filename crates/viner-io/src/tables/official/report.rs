//! What an import has to say of the table it read.

use serde_json::{Value, json};
use viner_model::baseline::IdentityReport;
use viner_model::tables::Tables;

use super::checks::FileCheck;
use super::layout::Layout;
use super::signs::{FileNegatives, Treated};
use crate::tables::findings::{named, value_findings};

/// Findings on a table, printed after its import.
#[derive(Clone, Debug, Default)]
pub struct ImportReport {
    /// Layout that the file was read as.
    pub format: &'static str,
    /// What the file says twice, and how well it agrees.
    pub checks: Vec<FileCheck>,
    /// Negative cells of the file.
    pub file_negatives: FileNegatives,
    /// Negative cells after pooling, and what was done with them.
    pub negatives: Vec<Treated>,
    /// Codes of regions that no list has, kept as they are.
    pub unknown: Vec<String>,
    /// Codes that were replaced by the ISO 3166 code of the same country.
    pub replaced: Vec<(String, String)>,
    /// Parts of regions that were added to their whole.
    pub folded: Vec<String>,
    /// Remarks of the reader of this layout.
    pub remarks: Vec<String>,
}

impl ImportReport {
    pub(crate) fn new(layout: &Layout, negatives: &FileNegatives) -> Self {
        Self {
            file_negatives: negatives.clone(),
            unknown: layout.unknown.clone(),
            replaced: layout.replaced.clone(),
            folded: layout.folded.clone(),
            ..Self::default()
        }
    }

    /// What the user should look at, a sentence each.
    pub fn warnings(&self, tables: &Tables) -> Vec<String> {
        let mut warnings = self.remarks.clone();
        if tables.description.year == 0 {
            warnings.push(
                "the year is told by neither name nor content: write it into `baseline.toml`"
                    .to_owned(),
            );
        }
        for check in self.checks.iter().filter(|check| check.is_beyond_rounding()) {
            warnings.push(format!(
                "{} differ by up to {:.6} ({:.1e} of world output), worst at `{}`: {} against {}",
                check.name,
                check.residual,
                check.relative,
                check.worst_cell,
                check.computed,
                check.stated
            ));
        }
        for treated in &self.negatives {
            warnings.push(format!(
                "{}; worst {} `{}`, {}",
                treated.note(),
                treated.axes,
                treated.worst_cell,
                treated.worst
            ));
        }
        if !self.unknown.is_empty() {
            warnings.push(format!(
                "codes of regions that are in no list, kept as they are: {}",
                named(&self.unknown)
            ));
        }
        // Idle sectors are common, and among the lines of the report.
        let found = value_findings(tables).into_iter();
        warnings
            .extend(found.filter(|finding| finding.kind != "no output").map(|found| found.text));
        warnings
    }

    /// The report in lines.
    pub fn lines(&self, tables: &Tables) -> Vec<String> {
        let unit = tables.description.unit.millions();
        let scale = tables.description.unit.in_millions();
        let mut lines = vec![
            format!("read as {}, year {}", self.format, tables.description.year),
            format!(
                "{} regions, {} sectors, output {:.0} {unit}, value added {:.0}, final spending {:.0}",
                tables.regions.len(),
                tables.sectors.len(),
                tables.flows.sum() * scale,
                tables.value_added.sum() * scale,
                tables.final_spending.sum() * scale,
            ),
        ];
        for check in self.checks.iter().filter(|check| !check.is_beyond_rounding()) {
            lines.push(format!("{} agree within {:.1e}", check.name, check.residual));
        }
        for identity in &IdentityReport::of(tables).identities {
            let place = match identity.worst_cell.as_str() {
                "" => String::new(),
                cell => format!(" at {cell}"),
            };
            lines.push(format!(
                "identity {}: largest residual {:.1e} million, {:.1e} of world output{place}",
                identity.name, identity.residual, identity.relative
            ));
        }
        let (count, sum) = self.file_negatives.inputs;
        if count > 0 {
            lines.push(format!("negative cells of the file in input use: {count}, {sum} in sum"));
        }
        for (category, count, sum) in &self.file_negatives.final_uses {
            if *count > 0 {
                lines.push(format!(
                    "negative cells of the file in {category}: {count}, {sum} in sum"
                ));
            }
        }
        let idle = cells(tables, |tables, n, s| output(tables, n, s) == 0.0);
        if !idle.is_empty() {
            lines.push(format!("sectors without output: {}", named(&idle)));
        }
        if !self.folded.is_empty() {
            lines.push(format!("added to their countries: {}", named(&self.folded)));
        }
        if !self.replaced.is_empty() {
            let replaced: Vec<String> =
                self.replaced.iter().map(|(from, to)| format!("{from} as {to}")).collect();
            lines.push(format!("codes read as those of ISO 3166: {}", named(&replaced)));
        }
        lines
    }

    /// The report for programs.
    pub fn json(&self, tables: &Tables) -> Value {
        let scale = tables.description.unit.in_millions();
        json!({
            "format": self.format,
            "year": tables.description.year,
            "unit": tables.description.unit.millions(),
            "regions": tables.regions.len(),
            "sectors": tables.sectors.len(),
            "output": tables.flows.sum() * scale,
            "value_added": tables.value_added.sum() * scale,
            "final_spending": tables.final_spending.sum() * scale,
            "checks": self.checks.iter().map(|check| json!({
                "name": check.name, "residual": check.residual, "relative": check.relative,
                "worst_cell": check.worst_cell, "computed": check.computed, "stated": check.stated,
            })).collect::<Vec<_>>(),
            "identities": IdentityReport::of(tables).identities.iter().map(|identity| json!({
                "name": identity.name, "residual": identity.residual,
                "relative": identity.relative, "worst_cell": identity.worst_cell,
            })).collect::<Vec<_>>(),
            "negatives": self.negatives.iter().map(|treated| json!({
                "table": treated.table, "cells": treated.cells, "sum": treated.sum,
                "worst": treated.worst, "worst_cell": treated.worst_cell,
                "treatment": treated.treatment,
            })).collect::<Vec<_>>(),
            "file_negatives": json!({
                "inputs": { "cells": self.file_negatives.inputs.0, "sum": self.file_negatives.inputs.1 },
                "final": self.file_negatives.final_uses.iter().map(|(category, cells, sum)|
                    json!({ "category": category, "cells": cells, "sum": sum })).collect::<Vec<_>>(),
            }),
            "sectors_without_output": cells(tables, |tables, n, s| output(tables, n, s) == 0.0),
            "negative_value_added": cells(tables, |tables, n, s| tables.value_added[[n, s]] < 0.0),
            "empty_regions": empty_regions(tables),
            "unknown_codes": self.unknown,
            "replaced_codes": self.replaced.iter().map(|(from, to)| json!({ "from": from, "to": to }))
                .collect::<Vec<_>>(),
            "added_to_their_countries": self.folded,
            "warnings": self.warnings(tables),
        })
    }
}

fn output(tables: &Tables, n: usize, s: usize) -> f64 {
    (0..tables.regions.len()).map(|importer| tables.flows[[s, importer, n]]).sum()
}

/// `REGION/SECTOR` where something holds.
fn cells(tables: &Tables, holds: impl Fn(&Tables, usize, usize) -> bool) -> Vec<String> {
    let mut found = Vec::new();
    for n in 0..tables.regions.len() {
        for s in 0..tables.sectors.len() {
            if holds(tables, n, s) {
                found.push(format!("{}/{}", tables.regions.code(n), tables.sectors.code(s)));
            }
        }
    }
    found
}

fn empty_regions(tables: &Tables) -> Vec<String> {
    (0..tables.regions.len())
        .filter(|n| (0..tables.sectors.len()).all(|s| output(tables, *n, s) == 0.0))
        .map(|n| tables.regions.code(n).to_owned())
        .collect()
}
