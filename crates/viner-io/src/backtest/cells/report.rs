//! A comparison of cells as tables, as JSON, as text and as a section of a page.

use std::fmt::Write;

use serde_json::{Value as Json, json};

use super::{CellComparison, ComparedCell, GroupScores, RelativeTo};
use crate::results::Frame;

/// Cells with the largest errors that a page shows of all, and of each region of interest.
const WORST: usize = 10;

/// Tables `cells` and `cell_scores`.
pub fn cell_frames(comparison: &CellComparison) -> Vec<Frame> {
    let cells = || comparison.cells.iter();
    let scores = || comparison.scores.iter();
    let values = |value: fn(&ComparedCell) -> f64| cells().map(value).collect::<Vec<_>>();
    let number = |value: fn(&GroupScores) -> f64| scores().map(value).collect::<Vec<_>>();
    vec![
        Frame::new("cells")
            .text("exporter", cells().map(|cell| cell.seen.exporter.clone()))
            .text("importer", cells().map(|cell| cell.seen.importer.clone()))
            .text("sector", cells().map(|cell| cell.seen.sector.clone()))
            .number("base", values(|cell| cell.seen.values[0]))
            .number("observed", values(|cell| cell.seen.values[1]))
            .number("predicted", values(|cell| cell.predicted))
            .number("naive", values(|cell| cell.naive))
            .number("by_sector", values(|cell| cell.by_sector)),
        Frame::new("cell_scores")
            .text("group", scores().map(|row| row.group.clone()))
            .text("relative_to", scores().map(|row| row.relative_to.name()))
            .text("weights", scores().map(weights))
            .number("cells", number(|row| row.cells as f64))
            .number("signs_right", number(|row| row.model.signs_right))
            .number("rank_correlation", number(|row| row.model.rank_correlation))
            .number("slope", number(|row| row.model.slope))
            .number("error", number(|row| row.model.error))
            .number("naive_signs_right", number(|row| row.naive.signs_right))
            .number("naive_error", number(|row| row.naive.error))
            .number("sector_signs_right", number(|row| row.sector.signs_right))
            .number("sector_rank_correlation", number(|row| row.sector.rank_correlation))
            .number("sector_slope", number(|row| row.sector.slope))
            .number("sector_error", number(|row| row.sector.error)),
    ]
}

fn weights(row: &GroupScores) -> &'static str {
    if row.by_value { "value" } else { "equal" }
}

/// Counts and the scores of all groups.
pub fn cells_json(comparison: &CellComparison) -> Json {
    let finite = |value: f64| value.is_finite().then_some(value);
    let association = |of: &viner_numerics::association::Association| {
        json!({
            "signs_right": finite(of.signs_right),
            "rank_correlation": finite(of.rank_correlation),
            "slope": finite(of.slope),
            "error": finite(of.error),
        })
    };
    let scores: Vec<Json> = comparison
        .scores
        .iter()
        .map(|row| {
            json!({
                "group": row.group,
                "relative_to": row.relative_to.name(),
                "weights": weights(row),
                "cells": row.cells,
                "model": association(&row.model),
                "naive": association(&row.naive),
                "sector": association(&row.sector),
            })
        })
        .collect();
    json!({
        "observed": comparison.name,
        "years": comparison.years,
        "smallest": comparison.smallest,
        "compared": comparison.cells.len(),
        "smaller": comparison.small,
        "without_counterpart": comparison.unknown,
        "growth": comparison.growth - 1.0,
        "scores": scores,
    })
}

/// All cells, those that the policies move, and the groups of the regions.
fn of_interest<'c>(
    comparison: &'c CellComparison,
    regions: &[String],
) -> impl Iterator<Item = &'c GroupScores> {
    let of_region = |region: &String| {
        [region.clone(), format!("{region} exports"), format!("{region} imports")]
    };
    let groups: Vec<String> = ["all", "moved"]
        .map(ToOwned::to_owned)
        .into_iter()
        .chain(regions.iter().flat_map(of_region))
        .collect();
    let of_group = |group: String| comparison.scores.iter().filter(move |row| row.group == group);
    groups.into_iter().flat_map(of_group)
}

/// A number of fixed width, or a dash.
fn cell(value: f64) -> String {
    if value.is_finite() { format!("{value:.2}") } else { "–".to_owned() }
}

fn percent(value: f64) -> String {
    if value.is_finite() { format!("{:.0} %", 100.0 * value) } else { "–".to_owned() }
}

/// Columns of scores, in the terminal and on a page.
const HEADINGS: [&str; 12] = [
    "cells of",
    "count",
    "relative to",
    "weights",
    "signs",
    "rank corr.",
    "slope",
    "error",
    "error: world's growth",
    "signs: sector's",
    "rank corr.: sector's",
    "error: sector's",
];

fn row(row: &GroupScores) -> [String; 12] {
    // Relative to the sector its growth is no prediction.
    let sector = |value: String| match row.relative_to {
        RelativeTo::Sector => "–".to_owned(),
        _ => value,
    };
    [
        row.group.clone(),
        row.cells.to_string(),
        row.relative_to.name().to_owned(),
        weights(row).to_owned(),
        percent(row.model.signs_right),
        cell(row.model.rank_correlation),
        cell(row.model.slope),
        cell(row.model.error),
        cell(row.naive.error),
        sector(percent(row.sector.signs_right)),
        sector(cell(row.sector.rank_correlation)),
        sector(cell(row.sector.error)),
    ]
}

/// What was compared with what, in one line.
fn heading(comparison: &CellComparison) -> String {
    let [before, after] = comparison.years;
    format!(
        "{} cells of intermediates between regions, {before} to {after}, of {} million USD and more in {before} \
         ({} smaller, {} without a counterpart in the baseline); all together {:+.1} %",
        comparison.cells.len(),
        comparison.smallest,
        comparison.small,
        comparison.unknown,
        100.0 * (comparison.growth - 1.0)
    )
}

/// Rows of scores for a terminal: the heading, the headings of the columns, and cells by row.
pub fn cells_text(
    comparison: &CellComparison,
    regions: &[String],
) -> (String, [&'static str; 12], Vec<[String; 12]>) {
    let rows = of_interest(comparison, regions).filter(|row| row.relative_to == RelativeTo::World);
    (heading(comparison), HEADINGS, rows.map(row).collect())
}

/// A section of a page: scores, what the errors have in common, and the largest.
pub fn cells_page(comparison: &CellComparison, regions: &[String]) -> String {
    let mut page = String::new();
    let [before, after] = comparison.years;
    let (baseline, year) = &comparison.baseline;
    let _ = writeln!(page, "\n## Thousands of cells\n\n{}.\n", heading(comparison));
    let _ = writeln!(
        page,
        "Observed are two tables of the OECD, `{}`. They are of different editions, so part of each change is revision. \
         The model starts from `{baseline}` ({year}) and is given the policies of {after} and nothing else; every cell of \
         {before} moves by what it says. Growth is 2 (x' − x)/(x' + x), from −2 for a cell that stops. It is taken relative \
         to the growth of all cells together or of their sector, for which the model has no say; that of the sector is \
         known only afterwards. The benchmark is that every cell grows as all together: it has no sign, rank or slope, so \
         its errors stand beside. Signs: part of the cells on the right side of the growth that they are relative to; 50 % \
         is chance. `moved` are the cells that the model moves by 5 % or more relative to all together: of the others it says \
         that nothing happens to them. Slope: of observed on predicted growth, 1 if predictions are neither too large nor too small. Error: \
         mean absolute difference of growth.\n",
        comparison.name
    );
    let _ = writeln!(page, "| {} |", HEADINGS.join(" | "));
    let _ = writeln!(page, "|---|---:|---|---|---:|---:|---:|---:|---:|---:|---:|---:|");
    let scored =
        of_interest(comparison, regions).filter(|row| row.relative_to != RelativeTo::Nothing);
    for scores in scored {
        let _ = writeln!(page, "| {} |", row(scores).join(" | "));
    }
    let better = |row: &&&GroupScores| row.model.error < row.naive.error;
    let rows: Vec<&GroupScores> = of_interest(comparison, regions)
        .filter(|row| row.relative_to == RelativeTo::World)
        .collect();
    let _ = writeln!(
        page,
        "\nThe model's error is below that of the benchmark in {} of these {} lines relative to the world.",
        rows.iter().filter(better).count(),
        rows.len()
    );
    let [sector, exporter, importer] = comparison.common;
    let _ = writeln!(
        page,
        "\nWhere the model is wrong: of the variance of its errors (by value) {} is common to the sectors, {} to the \
         exporters and {} to the importers. What is common to a sector is prices of the world and the revision of editions; \
         what is common to an exporter or an importer is its own growth. No policy is about these. The rest is of single \
         cells, where trade turned for reasons that no policy gives, or further than elasticities allow. The largest errors \
         in money:",
        percent(sector),
        percent(exporter),
        percent(importer)
    );
    worst(&mut page, comparison, "All", &|_| true);
    for region in regions {
        let own =
            |cell: &ComparedCell| cell.seen.exporter == *region || cell.seen.importer == *region;
        if comparison.cells.iter().any(own) {
            worst(&mut page, comparison, region, &own);
        }
    }
    page
}

fn worst(
    page: &mut String,
    comparison: &CellComparison,
    name: &str,
    which: &dyn Fn(&ComparedCell) -> bool,
) {
    let [before, after] = comparison.years;
    let mut cells: Vec<&ComparedCell> =
        comparison.cells.iter().filter(|cell| which(cell)).collect();
    let error = |cell: &ComparedCell| (cell.predicted - cell.seen.values[1]).abs();
    cells.sort_by(|one, other| error(other).total_cmp(&error(one)));
    let _ = writeln!(
        page,
        "\n| {name}: largest errors | {before} | {after} | model | world's growth | sector's growth |\n\
         |---|---:|---:|---:|---:|---:|"
    );
    for cell in cells.iter().take(WORST) {
        let seen = &cell.seen;
        let _ = writeln!(
            page,
            "| {} to {}, {} | {:.0} | {:.0} | {:.0} | {:.0} | {:.0} |",
            seen.exporter,
            seen.importer,
            seen.sector,
            seen.values[0],
            seen.values[1],
            cell.predicted,
            cell.naive,
            cell.by_sector
        );
    }
}
