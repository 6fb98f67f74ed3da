//! `viner data import`: what is said of a table, and what is refused.

use insta::assert_snapshot;

use crate::support::Place;

/// A table in Eurostat's layout; a cell of changes in inventories is given.
pub fn figaro(inventories: i32) -> String {
    let value_added = 25 + inventories;
    format!(
        "rowLabels,AU_A01,AU_B,FIGW1_A01,FIGW1_B,AU_P3_S14,AU_P5M,FIGW1_P3_S14,FIGW1_P5M\n\
         AU_A01,1,2,3,4,20,-1,5,0\n\
         AU_B,2,1,4,3,15,0,6,{inventories}\n\
         FIGW1_A01,3,1,2,1,4,0,30,1\n\
         FIGW1_B,1,2,1,2,3,0,25,-1\n\
         W2_D1,27,{value_added},32,23,0,0,0,0\n"
    )
}

#[test]
fn a_layout_is_recognised_and_reported() {
    let place = Place::new();
    place.write("matrix_eu-ic-io_ind-by-ind_25ed_2022.csv", &figaro(0));
    assert_snapshot!(
        place.viner("data import matrix_eu-ic-io_ind-by-ind_25ed_2022.csv -o out --format csv"), @"
        exit status 0
        -- stdout
        read as figaro, year 2022
        2 regions, 2 sectors, output 140 million EUR, value added 107, final spending 107
        inputs with value added and taxes, and output agree within [tiny]
        identity output: largest residual [tiny] million, [tiny] of world output
        identity spending: largest residual [tiny] million, [tiny] of world output
        identity trade: largest residual [tiny] million, [tiny] of world output
        identity deficits: largest residual [tiny] million, [tiny] of world output
        negative cells of the file in P5M: 2, -2 in sum
        codes read as those of ISO 3166: `AU as AUS`, `FIGW1 as ROW`
        -- stderr
        bundle of 2 regions and 2 sectors written to out
        ");
    let json = place
        .viner(
            "data import matrix_eu-ic-io_ind-by-ind_25ed_2022.csv -o out --format figaro --json -q",
        )
        .succeeded()
        .json();
    assert_eq!(json["format"], "figaro");
    assert_eq!(json["regions"], 2);
    assert_eq!(json["unit"], "million EUR");
    assert_eq!(json["file_negatives"]["final"][1]["category"], "P5M");
    assert_eq!(json["file_negatives"]["final"][1]["cells"], 2);
    assert_eq!(json["replaced_codes"][1]["to"], "ROW");
    place.viner("data check out").succeeded();
}

#[test]
fn negative_cells_are_refused_zeroed_or_folded() {
    let place = Place::new();
    place.write("matrix_2022.csv", &figaro(-14));
    assert_snapshot!(place.viner("data import matrix_2022.csv -o out"), @"
    exit status 1
    -- stderr
    error: 1 cell of flows negative after pooling
      at matrix_2022.csv
      found -1 in the worst, exporter/importer/sector `AUS/ROW/B`, expected 0 or more
    hint: import with `--negatives zero` and balance the table, or with `--negatives fold`
    ");
    assert_snapshot!(place.viner("data import matrix_2022.csv -o out --negatives zero"), @"
    exit status 0
    -- stdout
    read as figaro, year 2022
    2 regions, 2 sectors, output 127 million EUR, value added 93, final spending 93
    inputs with value added and taxes, and output agree within [tiny]
    identity output: largest residual 1.0e0 million, 7.9e-3 of world output at AUS/B
    identity spending: largest residual 1.0e0 million, 7.9e-3 of world output at ROW/B
    identity trade: largest residual 1.0e0 million, 7.9e-3 of world output at AUS
    identity deficits: largest residual [tiny] million, [tiny] of world output
    negative cells of the file in P5M: 3, -16 in sum
    codes read as those of ISO 3166: `AU as AUS`, `FIGW1 as ROW`
    -- stderr
    bundle of 2 regions and 2 sectors written to out
    warning: 1 negative cell of flows, -1 in sum, set to zero; worst exporter/importer/sector `AUS/ROW/B`, -1
    ");
    assert_snapshot!(place.viner("data import matrix_2022.csv -o out --negatives fold"), @"
    exit status 0
    -- stdout
    read as figaro, year 2022
    2 regions, 2 sectors, output 126 million EUR, value added 93, final spending 93
    inputs with value added and taxes, and output agree within [tiny]
    identity output: largest residual [tiny] million, [tiny] of world output
    identity spending: largest residual [tiny] million, [tiny] of world output
    identity trade: largest residual [tiny] million, [tiny] of world output
    identity deficits: largest residual [tiny] million, [tiny] of world output
    negative cells of the file in P5M: 3, -16 in sum
    codes read as those of ISO 3166: `AU as AUS`, `FIGW1 as ROW`
    -- stderr
    bundle of 2 regions and 2 sectors written to out
    warning: 1 negative cell of flows, -1 in sum, taken from other sales of the exporter; worst exporter/importer/sector `AUS/ROW/B`, -1
    ");
    place.viner("data check out --tolerance 1e-12").succeeded();
}

#[test]
fn what_is_no_table_is_refused() {
    let place = Place::new();
    place.write("notes.csv", "a,b\n1,2\n");
    assert_snapshot!(place.viner("data import notes.csv -o out"), @"
    exit status 1
    -- stderr
    error: the layout of the table is not recognised
      at notes.csv
      expected one of `icio`, `figaro`, `wiod`, `adb`, `exiobase`, `eora`, `gtap-har`, `gloria`, `wiod-long`, `baci`, `itpd`, `comtrade`
    hint: name the layout with `--format`
    ");
    assert_snapshot!(place.viner("data import notes.csv"), @"
    exit status 2
    -- stderr
    error: name the folder to write with `-o DIR`
    ");
    assert_snapshot!(place.viner("data import nothing.csv -o out"), @"
    exit status 1
    -- stderr
    error: cannot read `nothing.csv`: [what the system says]
    ");
}

#[test]
fn trade_alone_becomes_a_table() {
    let place = Place::new();
    place.write("BACI_HS22_Y2022_V202501.csv", "t,i,j,k,v,q\n2022,643,156,270900,1500.5,10\n");
    assert_snapshot!(place.viner("data import BACI_HS22_Y2022_V202501.csv -o out"), @"
    exit status 0
    -- stdout
    read as baci, year 2022
    regions 2, products 1, rows 1, value 1.5 million USD
                 1.5  270900 (Oils; petroleum oils and oils obtained from bituminous minerals, crude)
    -- stderr
    trade.csv.gz written to out
    ");
    assert_snapshot!(place.names("out").join("\n"), @"
    trade.csv.gz
    ");
}

#[test]
fn sourcing_is_kept_checked_and_carried() {
    let place = Place::new();
    place.write("matrix_2022.csv", &figaro(0));
    assert_snapshot!(place.viner("data import matrix_2022.csv -o out --sourcing"), @"
    exit status 0
    -- stdout
    read as figaro, year 2022
    2 regions, 2 sectors, output 140 million EUR, value added 107, final spending 107
    inputs with value added and taxes, and output agree within [tiny]
    identity output: largest residual [tiny] million, [tiny] of world output
    identity spending: largest residual [tiny] million, [tiny] of world output
    identity trade: largest residual [tiny] million, [tiny] of world output
    identity deficits: largest residual [tiny] million, [tiny] of world output
    identity sales: largest residual [tiny] million, [tiny] of world output
    identity purchases: largest residual [tiny] million, [tiny] of world output
    negative cells of the file in P5M: 2, -2 in sum
    codes read as those of ISO 3166: `AU as AUS`, `FIGW1 as ROW`
    -- stderr
    bundle of 2 regions and 2 sectors written to out
    ");
    assert_snapshot!(place.viner("data check out"), @"
    exit status 0
    -- stdout
    matrix_2022
      holds  output    sales = inputs + value added                            [tiny] million, [tiny] of world output
      holds  spending  purchases + tariffs = input use + final spending        [tiny] million, [tiny] of world output
      holds  trade     final - value added - tariffs = imports - exports       [tiny] million, [tiny] of world output
      holds  deficits  sum of deficits = 0                                     [tiny] million, [tiny] of world output
      holds  sales     sourcing over users = flows                             [tiny] million, [tiny] of world output
      holds  purchases sourcing + tariffs over exporters = inputs, final       [tiny] million, [tiny] of world output
    ");
    place.write("one.csv", "axis,from,to\nsector,A01,G\nsector,B,G\n");
    place.viner("data aggregate out --map one.csv -o merged --format parquet").succeeded();
    place.write("totals.csv", "kind,region,value\nexports_total,AUS,20\n");
    assert_snapshot!(place.viner("data update merged --targets totals.csv -o later"), @"
    exit status 0
    -- stdout
    later, 27 rounds
      total                                     before          wanted           after
      exports AUS                               25.000          20.000          20.000
      table                  before           after           moved
      flows                 140.000         137.206           8.592
      inputs                 33.000          32.081           0.919
      final                 107.000         105.125           4.191
      value_added           107.000         105.125           4.423
      moved most
        flows        AUS/ROW/G                         25.000          20.000
        value_added  AUS/G                             52.000          48.851
        final        ROW/G                             66.000          62.967
        flows        ROW/ROW/G                         61.000          62.490
        flows        AUS/AUS/G                         40.000          41.409
        value_added  ROW/G                             55.000          56.274
        final        AUS/G                             41.000          42.158
        flows        ROW/AUS/G                         14.000          13.307
        inputs       ROW/G/G                           20.000          19.523
        inputs       AUS/G/G                           13.000          12.558
      sourcing follows: 8.592 moved, at most 18 rounds a market
    -- stderr
    bundle of 2 regions and 1 sectors written to later
    ");
    let check = place.viner("data check later --json -q").succeeded().json();
    assert_eq!(check["identities"].as_array().unwrap().len(), 6);
    for identity in check["identities"].as_array().unwrap() {
        assert_eq!(identity["holds"], true, "{identity}");
    }
    // One cell of final use is negative where the sum over exporters is not.
    place.write("negative.csv", &figaro(-7));
    let refused = place.viner("data import negative.csv -o out --sourcing --format figaro");
    assert!(refused.failed(1).stderr.contains("1 cell of sourcing negative after pooling"));
    place
        .viner("data import negative.csv -o folded --sourcing --format figaro --negatives fold")
        .succeeded();
    place.viner("data check folded --tolerance 1e-11").succeeded();
}

#[test]
fn inventories_left_out_are_solved_away_or_balanced() {
    let place = Place::new();
    place.write("matrix_2022.csv", &figaro(0));
    assert_snapshot!(place.viner("data import matrix_2022.csv -o out --inventories leave-out"), @r#"
    exit status 0
    -- stdout
    read as figaro, year 2022
    2 regions, 2 sectors, output 141 million EUR, value added 107, final spending 108
    inputs with value added and taxes, and output agree within [tiny]
    identity output: largest residual 1.0e0 million, 7.1e-3 of world output at AUS/A01
    identity spending: largest residual [tiny] million, [tiny] of world output
    identity trade: largest residual 1.0e0 million, 7.1e-3 of world output at AUS
    identity deficits: largest residual 1.0e0 million, 7.1e-3 of world output at the world
    negative cells of the file in P5M: 2, -2 in sum
    codes read as those of ISO 3166: `AU as AUS`, `FIGW1 as ROW`
    -- stderr
    bundle of 2 regions and 2 sectors written to out
    warning: P5M left out: output is what is sold and what went into stock, so the table is not in balance until `viner data balance`, or a run with `unbalanced = "accept"`
    "#);
    assert_eq!(place.viner("data check out").status, 1);
    assert_snapshot!(place.viner("data balance out --method model --trade-elasticity 5 -o solved"), @"
    exit status 0
    -- stdout
    solved, an equilibrium
      worst identity 7.1e-3 of world output before, [tiny] after
      table                  before           after           moved
      flows                 141.000         140.090           1.236
      inputs                 33.000          33.090           0.728
      final                 108.000         107.000           1.000
      value_added           107.000         107.000           2.193
      moved most
        value_added  ROW/A01                           32.000          31.236
        value_added  ROW/B                             23.000          23.710
        final        AUS/A01                           24.000          23.459
        flows        AUS/AUS/A01                       23.000          22.561
        final        AUS/B                             18.000          17.595
        value_added  AUS/A01                           27.000          27.386
        flows        AUS/AUS/B                         18.000          17.660
        value_added  AUS/B                             25.000          24.668
        inputs       ROW/A01/B                          5.000           5.154
        inputs       ROW/B/B                            5.000           5.154
    -- stderr
    bundle of 2 regions and 2 sectors written to solved
    ");
    place.viner("data check solved --tolerance 1e-9").succeeded();
    place.viner("data balance out --keep value-added -o near").succeeded();
    place.viner("data check near --tolerance 1e-9").succeeded();
    place.viner("data replay solved").succeeded();
    let refused = place.viner("data balance out --method model --keep output -o no").failed(2);
    assert!(refused.stderr.contains("`--method model` solves for all values"), "{refused}");
}

#[test]
fn what_was_not_imported_is_told() {
    let place = Place::new();
    place.write("BACI_HS22_Y2022_V202501.csv", "t,i,j,k,v,q\n2022,643,156,270900,2500,1\n");
    assert_snapshot!(place.viner("data info BACI_HS22_Y2022_V202501.csv"), @"
    exit status 0
    -- stdout
    BACI_HS22_Y2022_V202501.csv: a download, layout baci
      years        2022
      files        BACI_HS22_Y2022_V202501.csv
    -- stderr
    `viner data import BACI_HS22_Y2022_V202501.csv -o DIR` reads it
    ");
    let told = place.viner("data info BACI_HS22_Y2022_V202501.csv --json").succeeded().json();
    assert_eq!((&told["format"], &told["years"][0]), (&"baci".into(), &2022.into()));
    place.write("page.csv", "<!DOCTYPE html><html>Please log in</html>");
    assert_snapshot!(place.viner("data info page.csv"), @"
    exit status 1
    -- stderr
    error: the file is a web page, and no table
      at page.csv
    hint: its maker may ask for a login: download it in a browser
    ");
    place.write("hs.csv", "HS_6d,ISIC4_2d\n270900,06\n");
    assert_snapshot!(place.viner("data info hs.csv"), @"
    exit status 1
    -- stderr
    error: the file holds a table of products and industries, and no table of the world
      at hs.csv
    hint: commands take it as `--concordance`
    ");
    place.write("table.RData", "RDX3");
    assert_snapshot!(place.viner("data import table.RData -o out"), @"
    exit status 1
    -- stderr
    error: files of R and Stata are not read
      at table.RData
    hint: write the table as CSV there, in the layout of its maker
    ");
}

#[test]
fn options_of_other_layouts_are_refused() {
    let place = Place::new();
    place.write("BACI_HS22_Y2022_V202501.csv", "t,i,j,k,v,q\n2022,643,156,270900,2500,1\n");
    for option in ["--mirror exporter", "--digits 4", "--sourcing", "--inventories leave-out"] {
        let ran = place.viner(&format!("data import BACI_HS22_Y2022_V202501.csv -o out {option}"));
        let said = ran.failed(1).stderr;
        assert!(said.contains("means nothing for the layout `baci`"), "{said}");
    }
}
