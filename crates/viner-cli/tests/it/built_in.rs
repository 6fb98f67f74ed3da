//! `viner list` and `viner show`.

use insta::assert_snapshot;

use crate::support::Place;

const WESTERN: &str = include_str!("../../../../data/scenarios/western-sanctions-2022.toml");

#[test]
fn list() {
    assert_snapshot!(Place::new().viner("list"), @"
    exit status 0
    -- stdout
    baselines
      case-2021                 World of 2021 for the case of 2022: 30 regions, 27 sectors
      g20-2021                  OECD ICIO 2019 with Russia's goods trade of 2021: 20 economies, 20 sections
      icio-2019-g20             OECD ICIO 2019: 20 economies, 20 sections of ISIC Rev. 4
      icio-2022                 OECD ICIO 2022: 80 economies, 50 industries, final demand by destination estimated
    scenarios
      china-joins               China joins: the coalition's answer and China's
      close-the-hubs            Export controls with the hubs closed
      gas-pivot                 Russian gas turns from Europe to China
      price-cap-ladder          Price cap on Russian oil: how low?
      sanctions-lifted          Sanctions on Russia lifted: what stays
      western-sanctions-2022    Western sanctions on Russia, 2022-2023
      yuan-settlement           Payments of Russia and China move to the yuan
    plans
      case-2022                 The case of 2022, year by year
      cells-2022                From the world of 2019 to 2022
      secondary-sanctions-game  Secondary sanctions on China: supply or comply
    maps
      bec                       The eight broad economic categories of BEC Rev. 5, from divisions of ISIC Rev. 4
      case-2021                 Regions and sectors of the built-in baseline `case-2021`, from those of `icio-2022`
      eu27                      The 27 members of the European Union since February 2020 as one region; all others stay
      g20                       The 19 countries of the G20, all others as the rest of the world
      isic-sections             Divisions of ISIC Rev. 4 and groups of them to its sections
    evidence
      case-2022                 85 statements
    cells
      icio-2022                 6352 cells
    ");
}

#[test]
fn list_as_json() {
    let json = Place::new().viner("list --json").succeeded().json();
    let names = json["baselines"].as_array().unwrap().iter().map(|entry| entry["name"].clone());
    assert_eq!(names.collect::<Vec<_>>(), ["case-2021", "g20-2021", "icio-2019-g20", "icio-2022"]);
    let scenarios = json["scenarios"].as_array().unwrap();
    assert!(scenarios.iter().any(|entry| entry["name"] == "western-sanctions-2022"));
}

#[test]
fn a_scenario_is_shown_as_it_is_written() {
    let ran = Place::new().viner("show western-sanctions-2022").succeeded();
    assert_eq!(ran.stdout.trim_end(), WESTERN.replace("\r\n", "\n").trim_end());
    assert_eq!(ran.stderr, "");
}

/// A scenario that is shown can be saved and run.
#[test]
fn what_is_shown_can_be_run() {
    let place = Place::new();
    let shown = place.viner("show western-sanctions-2022").succeeded().stdout;
    place.write("mine.toml", &shown);
    let (mine, built_in) = (place.viner("run mine.toml"), place.viner("run"));
    assert_eq!(mine.succeeded().to_string(), built_in.to_string());
}

/// Every scenario that is built in is solved and certified, and writes the tables of its instruments.
#[test]
fn every_built_in_scenario() {
    let place = Place::new();
    let listed = place.viner("list --json").succeeded().json();
    let mut tables = Vec::new();
    for scenario in listed["scenarios"].as_array().unwrap() {
        let name = scenario["name"].as_str().unwrap();
        place.viner(&format!("check {name}")).succeeded();
        let ran = place.viner(&format!("run {name} -o {name}")).succeeded();
        assert!(ran.stdout.starts_with(scenario["title"].as_str().unwrap()), "{ran}");
        assert!(!ran.stdout.contains("note: "), "{ran}");
        let certificate = &place.json(&format!("{name}/manifest.json"))["certificate"];
        assert!(certificate["largest"].as_f64().unwrap() <= 1e-10, "{name}: {certificate}");
        let written = place.tables(name);
        for table in ["flows", "profits", "regions", "sectors", "wedges"] {
            assert!(written.contains_key(&format!("{table}.csv")), "{name}: no {table}");
        }
        let of_instruments = written.keys().filter_map(|table| table.strip_suffix(".csv"));
        let of_instruments: Vec<&str> = of_instruments
            .filter(|table| !["flows", "profits", "regions", "sectors", "wedges"].contains(table))
            .collect();
        let wedges = place.rows(&format!("{name}/wedges.csv")).len();
        let line = format!("{name}: {wedges} rows of wedges; {}", of_instruments.join(" "));
        tables.push(line.trim_end_matches("; ").to_owned());
    }
    assert_snapshot!(tables.join("\n"), @"
    china-joins: 0 rows of wedges; customs leakage routes
    close-the-hubs: 0 rows of wedges; customs leakage routes
    gas-pivot: 20 rows of wedges
    price-cap-ladder: 24 rows of wedges; caps
    sanctions-lifted: 0 rows of wedges; currencies
    western-sanctions-2022: 24 rows of wedges; caps currencies customs leakage routes
    yuan-settlement: 0 rows of wedges; currencies
    ");
}

#[test]
fn a_baseline() {
    let place = Place::new();
    let ran = place.viner("show icio-2019-g20");
    assert_snapshot!(ran, @"
    exit status 0
    -- stdout
    icio-2019-g20: OECD ICIO 2019: 20 economies, 20 sections of ISIC Rev. 4
      year         2019
      regions      20: ARG AUS BRA CAN CHN DEU FRA GBR IDN IND ITA JPN KOR MEX RUS SAU TUR USA ZAF ROW
      sectors      20: A B C D E F G H I J K L M N O P Q R S T
      output       170744698 million USD
      value added  83994208 million USD
      tariffs      none
      source       OECD (2023), OECD Inter-Country Input-Output Tables, 2023 edition, http://oe.cd/icio
      licence      OECD data, free to reuse with attribution (CC BY 4.0 for data published or updated since July 2024; earlier terms also allow reuse with credit)
      citation     OECD (2023), OECD Inter-Country Input-Output (ICIO) Tables, 2023 edition, http://oe.cd/icio; aggregated to G20 economies and ISIC Rev. 4 sections
      sha256       e0ad8803006af25bcf19399678389b05ef7fdc80125fe8a48f9d0b067c32e1ce
      aggregate    77 economies to G20 members and the rest of the world, 45 industries to sections of ISIC Rev. 4, by the package puremacro 5.7.1 (MIT); sectors without activity (AUS_T, CHN_T, JPN_T) have an output of 1e-6 million USD
      import       icio-2019-g20.csv.gz: 20 regions, 20 sectors; purchases pooled over intermediate and final use, the latter CAPITAL, DPABR, FINAL; final spending at basic prices; value added is output less intermediate purchases; no tariffs
    ");
    assert_eq!(place.viner("data info icio-2019-g20").to_string(), ran.to_string());
}

#[test]
fn unknown_names() {
    let place = Place::new();
    assert_snapshot!(place.viner("show western-sanction-2022"), @"
    exit status 1
    -- stderr
    error: unknown built-in scenario, plan or baseline `western-sanction-2022`; did you mean `western-sanctions-2022`?
    ");
    assert_snapshot!(place.viner("show x"), @"
    exit status 1
    -- stderr
    error: unknown built-in scenario, plan or baseline `x`
      expected one of `case-2021`, `g20-2021`, `icio-2019-g20`, `icio-2022`, `china-joins`, `close-the-hubs`, `gas-pivot`, `price-cap-ladder`, `sanctions-lifted`, `western-sanctions-2022`, `yuan-settlement`, `case-2022`, `cells-2022`, `secondary-sanctions-game`
    ");
    assert_snapshot!(place.viner("run western-sanction-2022"), @"
    exit status 1
    -- stderr
    error: unknown scenario `western-sanction-2022`; did you mean `western-sanctions-2022`?
    hint: a scenario is a TOML file, or a name that `viner list` shows
    ");
    assert_snapshot!(place.viner("run nothing-here.toml"), @"
    exit status 1
    -- stderr
    error: unknown scenario `nothing-here.toml`
      expected one of `china-joins`, `close-the-hubs`, `gas-pivot`, `price-cap-ladder`, `sanctions-lifted`, `western-sanctions-2022`, `yuan-settlement`
    hint: a scenario is a TOML file, or a name that `viner list` shows
    ");
    assert_snapshot!(place.viner("data info icio-2019-g2"), @"
    exit status 1
    -- stderr
    error: unknown baseline `icio-2019-g2`; did you mean `icio-2019-g20`?
    hint: it is neither built in nor a folder `icio-2019-g2`
    ");
}
