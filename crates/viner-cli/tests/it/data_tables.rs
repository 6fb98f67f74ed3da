//! `viner data aggregate | balance | update | split`.

use insta::assert_snapshot;

use crate::support::Place;

/// Codes of the regions of a baseline.
fn codes(place: &Place, baseline: &str, key: &str) -> Vec<String> {
    let json = place.viner(&format!("data info {baseline} --json")).succeeded().json();
    json[key].as_array().unwrap().iter().map(|code| code.as_str().unwrap().to_owned()).collect()
}

#[test]
fn aggregate_by_a_built_in_mapping() {
    let place = Place::new();
    let ran = place.viner("data aggregate icio-2019-g20 --map eu27 -o eu --format csv");
    assert_snapshot!(ran, @"
    exit status 0
    -- stderr
    bundle of 18 regions and 20 sectors written to eu
    ");
    let regions = codes(&place, "eu", "regions");
    assert!(regions.contains(&"EU27".to_owned()) && !regions.contains(&"DEU".to_owned()));
    place.viner("data check eu").succeeded();
    let info = place.viner("data info eu").succeeded().stdout;
    assert!(info.starts_with("eu: OECD ICIO 2019"), "{info}");
    assert!(
        info.contains("aggregate    20 regions to 18 and 20 sectors to 20 by the mapping `eu27`"),
        "{info}"
    );
    // The regions of the built-in baseline are those of the mapping of its name.
    place.viner("data aggregate icio-2019-g20 --map g20 --map isic-sections -o same").succeeded();
    assert_eq!(codes(&place, "same", "regions"), codes(&place, "icio-2019-g20", "regions"));
    let digest = |name: &str| {
        place.viner(&format!("data info {name} --json")).succeeded().json()["sha256"].clone()
    };
    assert_eq!(digest("same"), digest("icio-2019-g20"));
}

#[test]
fn aggregate_by_a_file() {
    let place = Place::with_bundle();
    place.write("map.csv", "# All goods as one.\naxis,from,to,to_name\nsector,*,G,Goods\n");
    place.viner("data aggregate bundle --map map.csv -o one --format csv --name goods").succeeded();
    assert_snapshot!(place.read("one/final.csv"), @"
    region,sector,value
    USA,G,91.5
    ROW,G,121.5
    ");
    let head = place.read("one/baseline.toml");
    assert!(head.starts_with("name = \"goods\"\n") && head.contains("name = \"Goods\""), "{head}");

    place.write("map.csv", "axis,from,to\nregion,UAS,R\nsector,A,X\nsector,A,Y\ncountry,USA,R\n");
    assert_snapshot!(place.viner("data aggregate bundle --map map.csv -o two").failed(1), @"
    exit status 1
    -- stderr
    error: sector `A` is mapped twice
      at map.csv, line 4
      found lines 3 and 4, expected one of them

    error: unknown axis `country`
      at map.csv, line 5
      expected one of `region`, `sector`
    ");
    place.write("map.csv", "axis,from,to\nregion,UAS,R\nsector,A,X\n");
    assert_snapshot!(place.viner("data aggregate bundle --map map.csv -o two"), @"
    exit status 1
    -- stderr
    warning: mapping `map.csv` lists `UAS`, which the table does not have; did you mean `USA`?
    error: mapping `map.csv`: region `USA` is not mapped; is it what the mapping calls `UAS`?
      expected a row for each code, or a row `*` for all others

    error: mapping `map.csv`: region `ROW` is not mapped
      expected a row for each code, or a row `*` for all others

    error: mapping `map.csv`: sector `C10_12` is not mapped
      expected a row for each code, or a row `*` for all others
    ");
    assert_snapshot!(place.viner("data aggregate bundle --map eu28 -o two").failed(1), @"
    exit status 1
    -- stderr
    error: unknown mapping `eu28`; did you mean `eu27`?
    hint: it is no file either; built in are `bec`, `case-2021`, `eu27`, `g20`, `isic-sections`
    ");
}

#[test]
fn balance() {
    let place = Place::with_bundle();
    place.edit("bundle/final.csv", "ROW,C10_12,85", "ROW,C10_12,88.5");
    place.edit("bundle/value_added.csv", "USA,A,32.5", "USA,A,32");
    place.viner("data check bundle");
    assert_snapshot!(place.viner("data balance bundle -o whole --keep value-added"), @"
    exit status 0
    -- stdout
    whole
      61 rounds: worst identity 1.1e-2 of world output before, [tiny] after
      table                  before           after           moved
      flows                 366.000         365.767           1.739
      inputs                153.000         153.267           0.822
      final                 216.500         212.500           4.000
      value_added           212.500         212.500           0.000
      moved most
        final        ROW/C10_12                        88.500          86.013
        final        USA/C10_12                        67.000          66.295
        final        ROW/A                             36.500          36.045
        flows        ROW/ROW/C10_12                   116.000         116.401
        final        USA/A                             24.500          24.147
        flows        USA/ROW/C10_12                    23.000          23.349
        flows        USA/USA/A                         41.000          40.696
        inputs       ROW/A/C10_12                      23.000          23.290
        flows        ROW/USA/C10_12                    19.000          18.727
        flows        USA/USA/C10_12                    90.000          89.741
    -- stderr
    bundle of 2 regions and 2 sectors written to whole
    ");
    place.viner("data check whole --tolerance 1e-10").succeeded();
    // What is in balance comes back bit for bit.
    place.viner("data balance whole -o again --format csv --name whole").succeeded();
    place.viner("data export whole -o export --format csv").succeeded();
    for table in ["flows", "inputs", "final", "value_added"] {
        let name = format!("{table}.csv");
        assert_eq!(place.read(&format!("again/{name}")), place.read(&format!("export/{name}")));
    }
    let json = place.viner("data balance bundle -o whole --json --quiet").succeeded().json();
    assert_eq!(json["changes"]["tables"][0]["table"], "flows");
    assert!(json["after"][0]["relative"].as_f64().unwrap() < 1e-10);
    assert_snapshot!(
        place.viner("data balance bundle -o never --keep value-added,final").failed(3), @"
    exit status 3
    -- stderr
    error: baseline `bundle`: the accounts do not close within 10000 rounds: cost of ROW/C10_12 still fails by 5.8e-3 of its turnover, expected at most 1e-11
    hint: what is kept or wanted may contradict itself: keep less, or drop the target named
    ");
    assert!(!place.path("never").exists());
}

#[test]
fn balance_without_negatives() {
    let place = Place::with_bundle();
    let flows = place.read("bundle/flows.csv");
    let line = flows.lines().find(|line| line.starts_with("USA,ROW,A,")).unwrap().to_owned();
    place.edit("bundle/flows.csv", &line, "USA,ROW,A,-3");
    assert_eq!(place.viner("data check bundle").status, 1);
    for negatives in ["zero", "fold"] {
        let ran =
            place.viner(&format!("data balance bundle -o {negatives} --negatives {negatives}"));
        let said = ran.succeeded().stdout;
        assert!(
            said.contains("1 negative cells of flows, -3.000 in sum, the lowest -3 at USA/ROW/A"),
            "{said}"
        );
        place.viner(&format!("data check {negatives}")).succeeded();
    }
}

#[test]
fn update() {
    let place = Place::with_bundle();
    place.write(
        "known.csv",
        "kind,exporter,importer,region,sector,value,note\n\
         flow_total,USA,ROW,,A C10_12,20,customs\ngdp,,,ROW,,130,\n",
    );
    let ran = place.viner("data update bundle --targets known.csv --year 2021 -o new --format csv");
    assert_snapshot!(ran, @"
    exit status 0
    -- stdout
    new, 78 rounds
      total                                     before          wanted           after
      flow USA to ROW of A C10_12               29.500          20.000          20.000
      gdp ROW                                  117.500         130.000         130.000
      table                  before           after           moved
      flows                 366.000         367.992          20.992
      inputs                153.000         148.308           4.692
      final                 213.000         219.684           6.684
      value_added           213.000         219.684          18.316
      moved most
        value_added  ROW/C10_12                        65.000          73.041
        flows        USA/ROW/C10_12                    23.000          15.752
        flows        ROW/ROW/C10_12                   116.000         121.447
        value_added  ROW/A                             52.500          56.959
        value_added  USA/C10_12                        63.000          58.896
        flows        ROW/ROW/A                         64.000          67.097
        final        USA/C10_12                        67.000          70.087
        flows        USA/ROW/A                          6.500           4.248
        inputs       ROW/C10_12/C10_12                 47.000          44.892
        flows        USA/USA/C10_12                    90.000          92.031
    -- stderr
    bundle of 2 regions and 2 sectors written to new
    ");
    place.viner("data check new --tolerance 1e-10").succeeded();
    assert!(place.read("new/baseline.toml").contains("year = 2021"));
    place.write(
        "wrong.csv",
        "kind,exporter,region,sector,value\nflow,USA,,,1\ngdp,USA,USA,,1\n\
         gdp,,UAS,,1\noutput,,USA,A B,1\noutput,,USA,A,-1\n",
    );
    assert_snapshot!(place.viner("data update bundle --targets wrong.csv -o no").failed(1), @"
    exit status 1
    -- stderr
    error: unknown kind `flow`
      at wrong.csv, line 2
      expected one of `flow_total`, `exports_total`, `imports_total`, `gdp`, `output`

    error: `exporter` means nothing for `gdp`
      at wrong.csv, line 3
      expected only region

    error: unknown region `UAS`; did you mean `USA`?
      at wrong.csv, line 4

    error: unknown sector `B`
      at wrong.csv, line 5
      expected one of `A`, `C10_12`

    error: wrong `value`
      at wrong.csv, line 6
      found `-1`, expected a number of at least 0
    ");
}

#[test]
fn split() {
    let place = Place::with_bundle();
    place.write(
        "shares.csv",
        "child,name,exporter,importer,user,share\nC10,Food,*,*,,0.6\nC10,,USA,ROW,,0.9\n\
         C11,Drinks,*,*,final,0.5\nC11,,,,,0.4\nC11,,USA,ROW,,0.1\n",
    );
    let ran =
        place.viner("data split bundle --sector C10_12 --shares shares.csv -o parts --format csv");
    assert_snapshot!(ran, @"
    exit status 0
    -- stdout
    parts: C10_12 divided
      C10       output          155.700, of it traded           32.100  Food
      C11       output           92.300, of it traded            9.900  Drinks
    -- stderr
    bundle of 2 regions and 3 sectors written to parts
    ");
    place.viner("data check parts --tolerance 1e-12").succeeded();
    assert_eq!(codes(&place, "parts", "sectors"), ["A", "C10", "C11"]);
    place.write(
        "cost.toml",
        "baseline = \"parts\"\n[[policy]]\nkind = \"tariff\"\nexporter = \"USA\"\n\
         importer = \"ROW\"\nsector = \"C10\"\nrate = 0.2\n",
    );
    place.viner("run cost.toml -o out").succeeded();
    place.write("shares.csv", "child,share,importer\nC10,0.7,ROW\nC11,1.2,*\nC10,0.5,RWO\n");
    let wrong = "data split bundle --sector C10_12 --shares shares.csv -o no";
    assert_snapshot!(place.viner(wrong).failed(1), @"
    exit status 1
    -- stderr
    error: wrong `share`
      at shares.csv, line 3
      found `1.2`, expected a number from 0 to 1

    error: unknown region `RWO`; did you mean `ROW`?
      at shares.csv, line 4
    ");
    assert_snapshot!(
        place.viner("data split bundle --sector C10 --shares shares.csv -o no").failed(1), @"
    exit status 1
    -- stderr
    error: unknown sector `C10`; did you mean `C10_12`?
    ");
}

/// The large baseline holds, and a tariff on it is solved in well under a hundred evaluations.
#[test]
fn the_table_of_2022_runs() {
    let place = Place::new();
    place.viner("data check icio-2022 --tolerance 1e-12").succeeded();
    place.write(
        "tariff.toml",
        "baseline = \"icio-2022\"\n[[policy]]\nkind = \"tariff\"\nexporter = \"CHN\"\n\
         importer = \"USA\"\nsector = [\"C26\", \"C27\", \"C29\"]\nrate = 0.25\n",
    );
    place.viner("run tariff.toml -o out").succeeded();
    let manifest = place.json("out/manifest.json");
    assert!(manifest["solver"]["evaluations"].as_u64().unwrap() < 100, "{}", manifest["solver"]);
    let cell = [("exporter", "CHN"), ("importer", "USA"), ("sector", "C26")];
    let before = place.number("out/flows.csv", &cell, "value_base");
    assert!(place.number("out/flows.csv", &cell, "value") < 0.8 * before);
}
