//! `viner data`: import, info, check, export.

use insta::assert_snapshot;

use crate::support::Place;

#[test]
fn import() {
    let place = Place::with_bundle();
    assert_snapshot!(
        place.viner("data import icio-2019-tiny.csv --format icio -o imported"), @"
        exit status 0
        -- stdout
        read as icio, year 2019
        2 regions, 2 sectors, output 366 million USD, value added 213, final spending 213
        sales and the file's column of totals agree within [tiny]
        sales and the file's row of output agree within [tiny]
        inputs with value added and taxes, and output agree within [tiny]
        identity output: largest residual [tiny] million, [tiny] of world output
        identity spending: largest residual [tiny] million, [tiny] of world output
        identity trade: largest residual [tiny] million, [tiny] of world output
        identity deficits: largest residual [tiny] million, [tiny] of world output
        -- stderr
        bundle of 2 regions and 2 sectors written to imported
        "
    );
    assert_snapshot!(place.names("imported").join("\n"), @"
    baseline.toml
    final.csv.gz
    flows.csv.gz
    inputs.csv.gz
    value_added.csv.gz
    ");
    assert_snapshot!(place.read("bundle/baseline.toml"), @r#"
    name = "icio-2019-tiny"
    title = "Inter-country input-output table, 2019"
    year = 2019
    unit = "million USD"
    source = "OECD, Inter-Country Input-Output Tables, http://oe.cd/icio"
    licence = "free to reuse with attribution (CC BY 4.0 for data published or updated since July 2024)"
    citation = "OECD, OECD Inter-Country Input-Output Database, http://oe.cd/icio"

    [[region]]
    code = "USA"
    name = "United States"

    [[region]]
    code = "ROW"
    name = "Rest of the world"

    [[sector]]
    code = "A"
    name = "Agriculture, forestry and fishing"

    [[sector]]
    code = "C10_12"
    name = "C10_12"

    [[transformation]]
    step = "import"
    note = "icio-2019-tiny.csv: 2 regions, 2 sectors; purchases pooled over intermediate and final use, the latter DPABR, GFCF, HFCE; final spending at basic prices; value added is output less intermediate purchases; no tariffs"

    [transformation.replay]
    arguments = ["--format", "icio", "--negatives", "refuse"]
    sha256 = "059b784893777f0ce6124aeb537763a869762450253d86cb91850861d666f42c"

    [[transformation.replay.file]]
    name = "icio-2019-tiny.csv"
    sha256 = "37574c28a01c1a6015b766faebcc5df537deba2ee8a8f87f706e50d7de092cde"
    "#);
    assert_snapshot!(place.read("bundle/value_added.csv"), @"
    region,sector,value
    USA,A,32.5
    USA,C10_12,63
    ROW,A,52.5
    ROW,C10_12,65
    ");
}

#[test]
fn info() {
    let place = Place::with_bundle();
    assert_snapshot!(place.viner("data info bundle"), @"
    exit status 0
    -- stdout
    icio-2019-tiny: Inter-country input-output table, 2019
      year         2019
      regions      2: USA ROW
      sectors      2: A C10_12
      output       366 million USD
      value added  213 million USD
      tariffs      none
      source       OECD, Inter-Country Input-Output Tables, http://oe.cd/icio
      licence      free to reuse with attribution (CC BY 4.0 for data published or updated since July 2024)
      citation     OECD, OECD Inter-Country Input-Output Database, http://oe.cd/icio
      sha256       059b784893777f0ce6124aeb537763a869762450253d86cb91850861d666f42c
      import       icio-2019-tiny.csv: 2 regions, 2 sectors; purchases pooled over intermediate and final use, the latter DPABR, GFCF, HFCE; final spending at basic prices; value added is output less intermediate purchases; no tariffs
    ");
    let json = place.viner("data info bundle --json").succeeded().json();
    assert_eq!(json["regions"], serde_json::json!(["USA", "ROW"]));
    assert_eq!(json["sectors"], serde_json::json!(["A", "C10_12"]));
    assert_eq!(json["output"], 366.0);
}

#[test]
fn check_holds() {
    let place = Place::with_bundle();
    assert_snapshot!(place.viner("data check bundle"), @"
    exit status 0
    -- stdout
    icio-2019-tiny
      holds  output    sales = inputs + value added                            [tiny] million, [tiny] of world output
      holds  spending  purchases + tariffs = input use + final spending        [tiny] million, [tiny] of world output
      holds  trade     final - value added - tariffs = imports - exports       [tiny] million, [tiny] of world output
      holds  deficits  sum of deficits = 0                                     [tiny] million, [tiny] of world output
    ");
    place.viner("data check bundle --tolerance 0").succeeded();
    let json = place.viner("data check icio-2019-g20 --json").succeeded().json();
    let identities = json["identities"].as_array().unwrap();
    assert_eq!(identities.len(), 4);
    assert!(identities.iter().all(|identity| identity["holds"] == true), "{json}");
}

#[test]
fn check_fails_with_the_worst_cell() {
    let place = Place::with_bundle();
    place.edit("bundle/final.csv", "ROW,C10_12,85", "ROW,C10_12,88.5");
    place.edit("bundle/value_added.csv", "USA,A,32.5", "USA,A,32");
    let ran = place.viner("data check bundle");
    assert_eq!(ran.status, 1);
    assert_snapshot!(ran, @r#"
    exit status 1
    -- stdout
    icio-2019-tiny
      FAILS  output    sales = inputs + value added                            5.000e-1 million, 1.4e-3 of world output at USA/A
      FAILS  spending  purchases + tariffs = input use + final spending        3.500e0 million, 9.6e-3 of world output at ROW/C10_12
      FAILS  trade     final - value added - tariffs = imports - exports       3.500e0 million, 9.6e-3 of world output at ROW
      FAILS  deficits  sum of deficits = 0                                     4.000e0 million, 1.1e-2 of world output at the world
    -- stderr
    error: baseline `icio-2019-tiny`: the accounting identities fail: deficits (sum of deficits = 0) differs by 4.000000 million at `the world`, 1.1e-2 of world output
    hint: repair the table, raise `--tolerance`, or set `[model] unbalanced = "accept"` to take its shares as given and solve the baseline once
    "#);
    let json = place.viner("data check bundle --json");
    assert_eq!(json.status, 1);
    assert_eq!(json.json()["identities"][1]["holds"], false);
    assert_eq!(json.json()["identities"][1]["worst_cell"], "ROW/C10_12");
    place.viner("data check bundle --tolerance 0.05").succeeded();
}

/// A table in balance of which much looks wrong.
#[test]
fn check_tells_what_looks_wrong() {
    let place = Place::new();
    let label = |key: &str, codes: &[&str]| -> String {
        let tables = codes.iter().map(|code| format!("[[{key}]]\ncode = \"{code}\""));
        tables.collect::<Vec<_>>().join("\n") + "\n"
    };
    let head = "name = \"odd\"\nyear = 2015\nunit = \"million USD\"\n".to_owned();
    place.write(
        "odd/baseline.toml",
        &(head + &label("region", &["ROM", "SUN", "CN1", "XQZ"]) + &label("sector", &["A", "B"])),
    );
    // Romania sells 2e9 million of A to itself, with a tariff of 50 % on it, and makes B at a loss.
    place.write(
        "odd/flows.csv",
        "exporter,importer,sector,value\nROM,ROM,A,2e9\nROM,ROM,B,1\nSUN,SUN,A,1\nCN1,CN1,A,1\n\
         CN1,CN1,B,1\nROM,SUN,B,1\nSUN,ROM,A,1\n",
    );
    place.write("odd/inputs.csv", "region,input,user,value\nROM,A,B,12\n");
    place.write(
        "odd/final.csv",
        "region,sector,value\nROM,A,2999999993.5\nROM,B,1\nSUN,A,1\nSUN,B,1\nCN1,A,1\nCN1,B,1\n",
    );
    place.write(
        "odd/value_added.csv",
        "region,sector,value\nROM,A,2e9\nROM,B,-10\nSUN,A,2\nCN1,A,1\nCN1,B,1\n",
    );
    place.write("odd/tariffs.csv", "exporter,importer,sector,rate\nROM,ROM,A,0.5\nSUN,ROM,A,4.5\n");
    assert_snapshot!(place.viner("data check odd"), @"
    exit status 1
    -- stdout
    odd
      holds  output    sales = inputs + value added                            [tiny] million, [tiny] of world output
      holds  spending  purchases + tariffs = input use + final spending        [tiny] million, [tiny] of world output
      holds  trade     final - value added - tariffs = imports - exports       [tiny] million, [tiny] of world output
      holds  deficits  sum of deficits = 0                                     [tiny] million, [tiny] of world output
    -- stderr
    warning: value added is 2.000e9 million USD, 2.66e1 times world GDP of 2015: is the table in thousands, or in single units of money?
    warning: value added is negative in `ROM/B`
    warning: regions that produce nothing: `XQZ`
    warning: sectors without output: `SUN/B`
    warning: tariffs are paid on domestic flows in 1 cells, 1000000000 of 1000000004 million of revenue: `ROM/ROM/A`
    warning: half of the tariffs are above 100 %, median 4.5: are they in percent?: `SUN/ROM/A`
    warning: codes of regions that are in no list: `XQZ`
    warning: codes that ISO 3166 has replaced: `ROM by ROU`
    warning: countries that are no more: `SUN`
    warning: parts of a country, not its whole: `CN1`
    error: baseline `odd`: region `XQZ` has no final spending (0 million)
    hint: merge the region with another one

    error: baseline `odd`: region `XQZ` has no value added (0 million)
    hint: merge the region with another one
    ");
    let json = place.viner("data check odd --json -q").json();
    let kinds: Vec<&str> = json["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|found| found["kind"].as_str().unwrap())
        .collect();
    assert_eq!(
        kinds,
        [
            "unit",
            "negative value added",
            "empty region",
            "no output",
            "domestic tariff",
            "tariff in percent",
            "unknown code",
            "replaced code",
            "historic code",
            "part of a country",
        ]
    );
    assert_eq!(json["findings"][1]["cells"][0], "ROM/B");
}

#[test]
fn export_and_back_keeps_the_digest() {
    let place = Place::with_bundle();
    for baseline in ["icio-2019-g20", "bundle"] {
        let digest = |name: &str| {
            let json = place.viner(&format!("data info {name} --json")).succeeded().json();
            json["sha256"].as_str().unwrap().to_owned()
        };
        let known = digest(baseline);
        assert_eq!(known.len(), 64);
        for (from, format, to) in [
            (baseline, "parquet", "columns"),
            ("columns", "csv", "lines"),
            ("lines", "csv.gz", "short"),
            ("short", "parquet", "columns"),
        ] {
            place.viner(&format!("data export {from} --format {format} -o {to}")).succeeded();
            assert_eq!(digest(to), known, "{to}");
            let tables = place.names(to).into_iter().filter(|name| name != "baseline.toml");
            assert!(tables.clone().count() >= 4);
            assert!(tables.clone().all(|name| name.ends_with(&format!(".{format}"))), "{to}");
        }
    }
}

/// A run on an exported bundle gives what a run on the built-in one gives.
#[test]
fn the_same_results_on_an_exported_baseline() {
    let place = Place::new();
    place.viner("data export icio-2019-g20 --format parquet -o mine").succeeded();
    let western = place.viner("show western-sanctions-2022").succeeded().stdout;
    place.write("western.toml", &western.replace("\"icio-2019-g20\"", "\"mine\""));
    place.viner("run western.toml -o out").succeeded();
    place.viner("run -o built-in").succeeded();
    place.same_tables("out", "built-in");
}

#[test]
fn the_order_of_rows_changes_nothing() {
    let place = Place::with_bundle();
    place.write(
        "nothing.toml",
        "baseline = \"bundle\"\n[[policy]]\nkind = \"trade-cost\"\n\
        exporter = \"USA\"\nimporter = \"ROW\"\nsector = \"A\"\nchange = 0.1\n",
    );
    place.viner("run nothing.toml -o before").succeeded();
    for table in ["flows", "inputs", "final", "value_added"] {
        let name = format!("bundle/{table}.csv");
        let text = place.read(&name);
        let mut lines: Vec<&str> = text.lines().collect();
        lines[1..].reverse();
        place.write(&name, &(lines.join("\n") + "\n"));
    }
    place.viner("run nothing.toml -o after").succeeded();
    place.same_tables("before", "after");
}
