//! Thousands of cells: what a path says of the sales of intermediates by exporter, importer and sector,
//! against two official tables.
//!
//! Growth of a cell is `2 (x' − x)/(x' + x)`, between −2 where all sales stop and 2 where there were none:
//! a cell that a policy stops counts like any other. The model says nothing of the growth of the world in
//! money, so its cells are scaled to the growth of all cells together.

mod observed;
mod report;

use std::collections::{BTreeMap, HashMap};

use viner_model::labels::Labels;
use viner_model::report::IntermediateSales;
use viner_numerics::association::{Association, explained};

pub use observed::{ObservedCell, ObservedCells};
pub use report::{cell_frames, cells_json, cells_page, cells_text};

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::operations::open_mapping;
use crate::path::SolvedPath;

/// Cells below this in the first year are left out: with values of less than a million the OECD's balancing
/// and rounding decide on growth. In million USD.
pub const SMALLEST_CELL: f64 = 10.0;

/// Cells that a group needs to be scored.
const FEWEST: usize = 10;

/// Growth, relative to that of all cells together, from which on a cell counts as moved by the policies.
const MOVED: f64 = 0.05;

/// Sections of ISIC, for baselines with finer sectors.
const SECTIONS: &str = "isic-sections";

/// A cell with what was observed and what is said of it, in million USD of the second year.
#[derive(Clone, Debug, PartialEq)]
pub struct ComparedCell {
    /// What was observed.
    pub seen: ObservedCell,
    /// What the model says.
    pub predicted: f64,
    /// What it says relative to its own growth of the sector.
    pub within_sector: f64,
    /// Growth of all cells together.
    pub naive: f64,
    /// Growth of all cells of the sector together.
    pub by_sector: f64,
}

/// What growth is relative to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RelativeTo {
    /// As it is.
    Nothing,
    /// Growth of all cells together.
    World,
    /// Growth of all cells of the same sector together.
    Sector,
}

impl RelativeTo {
    /// Name in tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Nothing => "nothing",
            Self::World => "world",
            Self::Sector => "sector",
        }
    }
}

/// Scores of a group of cells.
#[derive(Clone, Debug, PartialEq)]
pub struct GroupScores {
    /// `all`; `moved`, those that the model moves by 5 % or more relative to all together; `RUS exports`,
    /// `RUS imports`, `RUS`.
    pub group: String,
    /// What growth is relative to.
    pub relative_to: RelativeTo,
    /// Whether cells count by their value in the first year; else all alike.
    pub by_value: bool,
    /// How many they are.
    pub cells: usize,
    /// Of the model.
    pub model: Association,
    /// Of the growth of all cells together.
    pub naive: Association,
    /// Of the growth of the sector.
    pub sector: Association,
}

/// A comparison.
#[derive(Clone, Debug, PartialEq)]
pub struct CellComparison {
    /// Name of the observed cells.
    pub name: String,
    /// The first year and the one predicted.
    pub years: [i32; 2],
    /// Name and year of the baseline.
    pub baseline: (String, i64),
    /// Smallest cell, in million USD of the first year.
    pub smallest: f64,
    /// Cells compared, in the order of the table.
    pub cells: Vec<ComparedCell>,
    /// Cells of the table that are smaller.
    pub small: usize,
    /// Cells of the table that the baseline has no trade for.
    pub unknown: usize,
    /// Growth factor of all cells together.
    pub growth: f64,
    /// By group.
    pub scores: Vec<GroupScores>,
    /// Part of the variance of the errors that the sectors, exporters and importers have in common.
    pub common: [f64; 3],
}

/// Compares a path with observed cells that are at least `smallest` in the first year.
///
/// # Errors
/// The path does not have the year, or no cell can be compared.
pub fn compare_cells(
    path: &SolvedPath,
    observed: &ObservedCells,
    smallest: f64,
) -> Result<CellComparison, Diagnostics> {
    let [_, year] = observed.years;
    let Some(solved) = path.years.iter().find(|solved| solved.year == year) else {
        let known: Vec<String> = path.years.iter().map(|solved| solved.year.to_string()).collect();
        let problem = format!("the path has no year {year}");
        let diagnostic = Diagnostic::new(problem).found(known.join(", "));
        return Err(diagnostic.expected(format!("the year of cells `{}`", observed.name)).into());
    };
    let baseline = &solved.problem.baseline;
    let sales = IntermediateSales::of(&solved.problem, &solved.equilibrium);
    let hats = hats(&sales, &baseline.regions, &baseline.sectors, observed)?;
    let (mut kept, mut small, mut unknown) = (Vec::new(), 0, 0);
    for (position, cell) in observed.cells.iter().enumerate() {
        match hats.get(&position) {
            _ if cell.values[0] < smallest => small += 1,
            None => unknown += 1,
            Some(hat) => kept.push((cell, cell.values[0] * hat)),
        }
    }
    if kept.len() < FEWEST {
        let problem = format!("{} cells of `{}` can be compared", kept.len(), observed.name);
        let diagnostic = Diagnostic::new(problem)
            .expected(format!("at least {FEWEST} of {smallest} million or more"))
            .hint("codes of regions must be those of the baseline; its sectors are summed to those of the cells");
        return Err(diagnostic.into());
    }
    let compared = scaled(&kept);
    let growth = compared[0].naive / compared[0].seen.values[0];
    let description = &baseline.description;
    Ok(CellComparison {
        name: observed.name.clone(),
        years: observed.years,
        baseline: (description.name.clone(), description.year),
        smallest,
        scores: scores(&compared, growth),
        common: common(&compared, growth),
        cells: compared,
        small,
        unknown,
        growth,
    })
}

/// Value over value in the baseline, by position of the observed cell; nothing where the baseline has no
/// such trade.
fn hats(
    sales: &IntermediateSales,
    regions: &Labels,
    sectors: &Labels,
    observed: &ObservedCells,
) -> Result<HashMap<usize, f64>, Diagnostics> {
    let mut targets: Vec<&str> = observed.cells.iter().map(|cell| cell.sector.as_str()).collect();
    targets.sort_unstable();
    targets.dedup();
    let sections = open_mapping(SECTIONS).map_err(|error| error.diagnostics())?.mapping.sectors;
    let mut members: HashMap<&str, Vec<usize>> = HashMap::new();
    for s in 0..sectors.len() {
        if let Some(target) = sector_of(sectors.code(s), &targets, &sections.pairs) {
            members.entry(target).or_default().push(s);
        }
    }
    let hat = |cell: &ObservedCell| {
        let (i, n) = (regions.position(&cell.exporter)?, regions.position(&cell.importer)?);
        let own = members.get(cell.sector.as_str())?;
        let sum = |values: &viner_model::ndarray::Array3<f64>| -> f64 {
            own.iter().map(|&s| values[[s, n, i]]).sum()
        };
        let base = sum(&sales.value_base);
        (base > 0.0).then(|| sum(&sales.value) / base)
    };
    let found = observed.cells.iter().enumerate();
    Ok(found.filter_map(|(position, cell)| Some((position, hat(cell)?))).collect())
}

/// The observed sector that a sector of the baseline is part of: the same code, its section of ISIC, or the
/// longest code that it begins with.
fn sector_of<'t>(
    code: &str,
    targets: &[&'t str],
    sections: &[(String, String)],
) -> Option<&'t str> {
    let find = |wanted: &str| targets.iter().copied().find(|target| *target == wanted);
    let section = sections.iter().find(|(from, _)| from == code).map(|(_, to)| to.as_str());
    let prefix = || {
        let starts = targets.iter().copied().filter(|target| code.starts_with(target));
        starts.max_by_key(|target| target.len())
    };
    find(code).or_else(|| find(section?)).or_else(prefix)
}

/// Scales predictions to the growth of all cells together, and adds the benchmarks.
fn scaled(kept: &[(&ObservedCell, f64)]) -> Vec<ComparedCell> {
    #[derive(Clone, Copy, Default)]
    struct Sums {
        before: f64,
        after: f64,
        predicted: f64,
    }
    let mut world = Sums::default();
    let mut by_sector: BTreeMap<&str, Sums> = BTreeMap::new();
    for (cell, predicted) in kept {
        for sums in [&mut world, by_sector.entry(&cell.sector).or_default()] {
            sums.before += cell.values[0];
            sums.after += cell.values[1];
            sums.predicted += predicted;
        }
    }
    kept.iter()
        .map(|(cell, predicted)| {
            let sector = by_sector.get(cell.sector.as_str()).copied().unwrap_or(world);
            ComparedCell {
                seen: (*cell).clone(),
                predicted: predicted * world.after / world.predicted,
                within_sector: predicted * sector.after / sector.predicted,
                naive: cell.values[0] * (world.after / world.before),
                by_sector: cell.values[0] * (sector.after / sector.before),
            }
        })
        .collect()
}

/// `2 (x' − x)/(x' + x)`: within ±2, and the change of the logarithm where it is small.
fn growth_of(after: f64, before: f64) -> f64 {
    if after + before > 0.0 { 2.0 * (after - before) / (after + before) } else { 0.0 }
}

fn scores(cells: &[ComparedCell], growth: f64) -> Vec<GroupScores> {
    let mut regions: Vec<&str> = cells
        .iter()
        .flat_map(|cell| [cell.seen.exporter.as_str(), cell.seen.importer.as_str()])
        .collect();
    regions.sort_unstable();
    regions.dedup();
    let moved = |cell: &&ComparedCell| growth_of(cell.predicted, cell.naive).abs() >= MOVED;
    let mut groups: Vec<(String, Vec<&ComparedCell>)> = vec![
        ("all".to_owned(), cells.iter().collect()),
        ("moved".to_owned(), cells.iter().filter(moved).collect()),
    ];
    for region in regions {
        let of = |sells: bool, buys: bool| -> Vec<&ComparedCell> {
            let is_it = |cell: &&ComparedCell| {
                (sells && cell.seen.exporter == region) || (buys && cell.seen.importer == region)
            };
            cells.iter().filter(is_it).collect()
        };
        groups.push((region.to_owned(), of(true, true)));
        groups.push((format!("{region} exports"), of(true, false)));
        groups.push((format!("{region} imports"), of(false, true)));
    }
    groups.retain(|(_, members)| members.len() >= FEWEST);
    let mut scores = Vec::new();
    for (group, members) in &groups {
        for relative_to in [RelativeTo::World, RelativeTo::Sector, RelativeTo::Nothing] {
            for by_value in [false, true] {
                scores.push(score(group, members, relative_to, by_value, growth));
            }
        }
    }
    scores
}

fn score(
    group: &str,
    members: &[&ComparedCell],
    relative_to: RelativeTo,
    by_value: bool,
    growth: f64,
) -> GroupScores {
    let weights: Vec<f64> =
        members.iter().map(|cell| if by_value { cell.seen.values[0] } else { 1.0 }).collect();
    // What a cell would be had it grown as what growth is relative to.
    let reference = |cell: &ComparedCell| match relative_to {
        RelativeTo::Nothing => cell.seen.values[0],
        RelativeTo::World => cell.seen.values[0] * growth,
        RelativeTo::Sector => cell.by_sector,
    };
    let series = |value: &dyn Fn(&ComparedCell) -> f64| -> Vec<f64> {
        members.iter().map(|cell| growth_of(value(cell), reference(cell))).collect()
    };
    let observed = series(&|cell| cell.seen.values[1]);
    let of =
        |value: &dyn Fn(&ComparedCell) -> f64| Association::of(&series(value), &observed, &weights);
    // Relative to the sector, growth of the world is that of the sector.
    let within = relative_to == RelativeTo::Sector;
    GroupScores {
        group: group.to_owned(),
        relative_to,
        by_value,
        cells: members.len(),
        model: of(&|cell| if within { cell.within_sector } else { cell.predicted }),
        naive: of(&|cell| if within { cell.by_sector } else { cell.naive }),
        sector: of(&|cell| cell.by_sector),
    }
}

/// What the errors relative to the world have in common within sectors, exporters and importers.
fn common(cells: &[ComparedCell], growth: f64) -> [f64; 3] {
    let weights: Vec<f64> = cells.iter().map(|cell| cell.seen.values[0]).collect();
    let errors: Vec<f64> = cells
        .iter()
        .map(|cell| {
            let reference = cell.seen.values[0] * growth;
            growth_of(cell.seen.values[1], reference) - growth_of(cell.predicted, reference)
        })
        .collect();
    let by = |code: &dyn Fn(&ComparedCell) -> &str| {
        let mut codes: Vec<&str> = Vec::new();
        let groups: Vec<usize> = cells
            .iter()
            .map(|cell| {
                let code = code(cell);
                codes.iter().position(|known| *known == code).unwrap_or_else(|| {
                    codes.push(code);
                    codes.len() - 1
                })
            })
            .collect();
        explained(&errors, &weights, &groups)
    };
    [
        by(&|cell| &cell.seen.sector),
        by(&|cell| &cell.seen.exporter),
        by(&|cell| &cell.seen.importer),
    ]
}
