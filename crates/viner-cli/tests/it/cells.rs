//! `viner backtest --cells`.

use insta::assert_snapshot;

use crate::support::Place;

const PLAN: &str = "scenario = \"western-sanctions-2022\"\n[path]\nyears = [2022]\n";

#[test]
fn cells_are_scored_and_written() {
    let place = Place::new();
    place.write("plan.toml", PLAN);
    place.write("none/evidence.csv", "id,document,check_kind,in_scope,agreement,confidence\n");
    place.write("none/expressions.csv", "id,part,expression\n");
    let ran = place
        .viner("backtest plan.toml --cells icio-2022 --evidence none -o out --page page.md --json --format csv");
    let json = ran.succeeded().json();
    let cells = &json["cells"];
    assert_eq!(
        (cells["compared"].as_u64(), cells["without_counterpart"].as_u64()),
        (Some(2920), Some(0))
    );
    assert_eq!(cells["scores"][0]["group"], "all");
    assert_eq!(place.rows("out/cells.csv").len(), 2920);
    let row = |column: &str| {
        let row = [("group", "RUS exports"), ("relative_to", "world"), ("weights", "value")];
        place.number("out/cell_scores.csv", &row, column)
    };
    assert!((-1.0..=1.0).contains(&row("rank_correlation")) && row("cells") > 100.0);
    assert!(place.read("page.md").contains("## Thousands of cells"));
}

/// The built-in comparison needs neither evidence nor a file.
#[test]
fn cells_from_the_table_of_2019() {
    let place = Place::new();
    let ran = place.viner("backtest cells-2022 -o out --page page.md --format csv").succeeded();
    assert!(ran.stdout.starts_with("From the world of 2019 to 2022\n\n2920 cells"), "{ran}");
    let page = place.read("page.md");
    assert!(page.contains("The model starts from `icio-2019-g20` (2019)"), "{page}");
    assert!(!page.contains("## Rows that count") && !ran.stdout.contains("coverage"));
    assert_eq!(place.rows("out/cells.csv").len(), 2920);
    for group in ["all", "moved", "RUS exports", "RUS imports", "CHN exports", "CHN imports"] {
        let row = [("group", group), ("relative_to", "world"), ("weights", "equal")];
        let number = |column: &str| place.number("out/cell_scores.csv", &row, column);
        assert!((0.0..=1.0).contains(&number("signs_right")), "{group}");
        assert!((-1.0..=1.0).contains(&number("rank_correlation")), "{group}");
        assert!(number("slope").is_finite() && number("naive_error") > 0.0, "{group}");
    }
}

#[test]
fn cells_that_are_wrong() {
    let place = Place::new();
    place.write("plan.toml", PLAN);
    place.write("none/evidence.csv", "id,document,check_kind,in_scope,agreement,confidence\n");
    place.write("none/expressions.csv", "id,part,expression\n");
    let backtest =
        |cells: &str| place.viner(&format!("backtest plan.toml --evidence none --cells {cells}"));
    assert_snapshot!(backtest("icio-2021"), @"
    exit status 1
    -- stderr
    error: unknown set of cells `icio-2021`; did you mean `icio-2022`?
    hint: it is no file either; cells are a table exporter, importer, sector, and two years
    ");
    place.write("cells.csv", "exporter,importer,sector,value\nRUS,CHN,B,1\n");
    assert_snapshot!(backtest("cells.csv"), @"
    exit status 1
    -- stderr
    error: the table has 0 columns named for a year
      at cells.csv
      expected exporter, importer, sector, and two years such as 2019 and 2022
    ");
    place.write(
        "cells.csv",
        "exporter,importer,sector,2019,2022\nRUS,CHN,B,-1,2\nRUS,,B,1,2\nRUS,CHN,C,1,2\nRUS,CHN,C,1,2\n",
    );
    assert_snapshot!(backtest("cells.csv"), @"
    exit status 1
    -- stderr
    error: wrong `2019`
      at cells.csv, line 2
      found `-1`, expected a value of at least 0

    error: the importer is empty
      at cells.csv, line 3
      expected a code

    error: the cell RUS CHN C is given twice
      at cells.csv, line 5
    ");
    place.write("cells.csv", "exporter,importer,sector,2019,2023\nRUS,CHN,B,1,2\n");
    assert_snapshot!(backtest("cells.csv"), @"
    exit status 1
    -- stderr
    error: the path has no year 2023
      found 2022, expected the year of cells `cells.csv`
    ");
    assert_snapshot!(backtest("icio-2022 --smallest-cell 1e9"), @"
    exit status 1
    -- stderr
    error: 0 cells of `icio-2022` can be compared
      expected at least 10 of 1000000000 million or more
    hint: codes of regions must be those of the baseline; its sectors are summed to those of the cells
    ");
    assert_snapshot!(backtest("icio-2022 --smallest-cell 0"), @"
    exit status 2
    -- stderr
    error: `--smallest-cell 0`: expected a value above 0
    ");
}
