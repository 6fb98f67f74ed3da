//! Paths against observed cells.

use std::fmt::Write;

use viner_io::backtest::cells::{CellComparison, ObservedCells, cell_frames, compare_cells};
use viner_io::path::{PathQuestion, SolvedPath};
use viner_io::plan::PlanSource;
use viner_io::question::TABLE_TOLERANCE;
use viner_io::results::Column;
use viner_io::scenario_file::ScenarioSource;

const PLAN: &str = r#"
baseline = "icio-2019-g20"
[path]
years = [2022]
elasticity_path = "constant"
[[policy]]
kind = "trade-cost"
exporter = "RUS"
importer = ["DEU", "USA", "JPN"]
sector = "*"
both_ways = true
change = 0.5
[[policy]]
kind = "embargo"
exporter = "RUS"
importer = "FRA"
sector = ["B", "C"]
"#;

/// Of what the observed total is of the predicted one.
const WORLD: f64 = 1.3;

fn solved() -> SolvedPath {
    let plan = ScenarioSource::text("plan.toml", PLAN);
    let source = PlanSource { plan, scenario: None };
    let question = PathQuestion::open(&source, &[], TABLE_TOLERANCE).unwrap();
    question.solve().unwrap()
}

/// Rows of cells: `base` in 2019, and in 2022 what the model makes of it times `factor`. With elasticities of
/// 1 in production a region spends the baseline's part of a sector's output on each input.
fn observed(path: &SolvedPath, factor: impl Fn(&str) -> f64) -> String {
    let year = &path.years[0];
    let (old, new) = (&year.problem.baseline, &year.equilibrium);
    let (regions, sectors) = (&old.regions, &old.sectors);
    let mut text = String::from("exporter,importer,sector,2019,2022\n");
    for (i, n, s) in cells_abroad(regions.len(), sectors.len()) {
        let spent = |output: &dyn Fn(usize) -> f64, on: usize| -> f64 {
            let share =
                |k| (1.0 - old.value_added_share[[n, k]]) * old.input_mix[[n, k, on]] * output(k);
            (0..sectors.len()).map(share).sum()
        };
        let before = spent(&|k| old.output[[n, k]], s) / old.expenditure[[n, s]]
            * old.trade_flows[[s, n, i]];
        let after = spent(&|k| new.output[[n, k]], s) / new.expenditure[[n, s]]
            * new.trade_flows[[s, n, i]];
        if before > 0.0 {
            // Any size will do: the model says how a cell grows.
            let base = 10.0 + ((7 * i + 11 * n + 13 * s) % 17) as f64;
            let [i, n, s] = [regions.code(i), regions.code(n), sectors.code(s)];
            let _ = writeln!(text, "{i},{n},{s},{base},{:?}", factor(s) * base * after / before);
        }
    }
    text
}

fn cells_abroad(regions: usize, sectors: usize) -> Vec<(usize, usize, usize)> {
    let pairs = (0..regions).flat_map(|i| (0..regions).map(move |n| (i, n)));
    let abroad = pairs.filter(|(i, n)| i != n);
    abroad.flat_map(|(i, n)| (0..sectors).map(move |s| (i, n, s))).collect()
}

fn compared(path: &SolvedPath, text: &str) -> CellComparison {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("cells.csv");
    std::fs::write(&file, text).unwrap();
    let cells = ObservedCells::open(file.to_str().unwrap()).unwrap();
    compare_cells(path, &cells, 10.0).unwrap()
}

#[test]
fn an_exact_prediction_has_full_scores() {
    let path = solved();
    let found = compared(&path, &observed(&path, |_| WORLD));
    assert!(found.cells.len() > 5000, "{}", found.cells.len());
    assert_eq!((found.small, found.unknown), (0, 0));
    for row in &found.scores {
        let [signs, rank, slope] =
            [row.model.signs_right, row.model.rank_correlation, row.model.slope];
        // Rounding may turn the order, and the sign, of cells that move alike.
        assert!((slope - 1.0).abs() < 1e-9 && row.model.error < 1e-9, "{row:?}");
        assert!((rank - 1.0).abs() < 1e-6 && signs > 0.999, "{row:?}");
    }
    let all = &found.scores[0];
    assert!((all.naive.signs_right - 0.5).abs() < 1e-12 && all.naive.error > 1e-3, "{all:?}");
    assert!(all.naive.rank_correlation.is_nan());
}

/// Growth that all cells of a sector share is no growth relative to the sector, and the model, which does
/// not know it, is wrong about the world by this much.
#[test]
fn what_sectors_have_in_common() {
    let path = solved();
    let boom = |sector: &str| if sector == "B" { 3.0 * WORLD } else { WORLD };
    let found = compared(&path, &observed(&path, boom));
    let row = |relative: &str| {
        let mut rows = found.scores.iter().filter(|row| row.group == "all" && !row.by_value);
        rows.rfind(|row| row.relative_to.name() == relative).unwrap()
    };
    assert!(row("sector").model.error < 1e-9, "{:?}", row("sector"));
    assert!(row("world").model.error > 0.05, "{:?}", row("world"));
    assert!(row("world").sector.error < row("world").naive.error);
    let [sectors, exporters, importers] = found.common;
    assert!(sectors > 0.99 && exporters < 0.1 && importers < 0.1, "{:?}", found.common);
}

/// 268 of the built-in cells are Russia's; what is told of them is in the tables.
#[test]
fn built_in_cells() {
    let cells = ObservedCells::open("icio-2022").unwrap();
    assert_eq!(cells.years, [2019, 2022]);
    // The pair's sum over all sectors, of which the package's README gives 87139 for 2022.
    let pair = cells.cells.iter().filter(|cell| cell.exporter == "RUS" && cell.importer == "CHN");
    let sum: f64 = pair.map(|cell| cell.values[1]).sum();
    assert!((sum - 87_139.0).abs() < 1.0, "{sum}");
    let found = compare_cells(&solved(), &cells, 10.0).unwrap();
    assert_eq!(found.cells.len() + found.small + found.unknown, cells.cells.len());
    let frames = cell_frames(&found);
    assert_eq!(frames[0].rows(), found.cells.len());
    let Some(Column::Number(predicted)) = frames[0].column("predicted") else { panic!() };
    let Some(Column::Number(seen)) = frames[0].column("observed") else { panic!() };
    let (predicted, seen): (f64, f64) = (predicted.iter().sum(), seen.iter().sum());
    assert!((predicted / seen - 1.0).abs() < 1e-12, "{predicted} and {seen}");
}
