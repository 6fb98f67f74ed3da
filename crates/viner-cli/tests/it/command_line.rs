//! The command line itself: help, wrong options, silence, closed outputs, threads.

use std::process::{Command, Stdio};

use assert_cmd::cargo::cargo_bin;
use insta::assert_snapshot;

use crate::support::Place;

#[test]
fn help() {
    assert_snapshot!(Place::new().viner("--help"), @"
    exit status 0
    -- stdout
    What sanctions, tariffs and other trade policies do to the world economy.

    Without a command, solves the built-in scenario `western-sanctions-2022`.

    Usage: viner [OPTIONS] [COMMAND]

    Commands:
      run          Solve a scenario
      check        Find everything that is wrong with a scenario or a plan; solve nothing
      compare      Show scenarios side by side
      game         Secondary sanctions and coalitions: payoffs of all combinations of actions,
                   equilibria
      path         Years in sequence: dated policies, elasticities that grow with time
      backtest     Score the years of a plan against what was said and what statistics say
      calibrate    Fit sizes of a plan that no source gives to a declared set of figures
      sweep        Draw numbers of a scenario many times: the spread of outcomes, and what it comes from
      optimize     The policies that are best for an objective, or best replies to each other
      sensitivity  What an outcome answers to: its derivative by every size of every policy and every
                   elasticity
      list         List built-in baselines, scenarios, plans, maps, evidence and observed cells
      show         Print a built-in scenario, plan or baseline
      data         Work on baseline tables
      help         Print this message or the help of the given subcommand(s)

    Options:
      -o, --output <DIR>
              Folder to write to; replaced only if it is empty or holds an earlier result

          --format <FORMAT>
              File format of the tables written; several may be given, separated by commas

              Possible values:
              - csv:       A CSV file per table
              - csv.gz:    A compressed CSV file per table (bundles only)
              - parquet:   A Parquet file per table
              - xlsx:      One Excel workbook (results only)
              - icio:      An OECD inter-country input-output table (this and the following: `data
                import` only)
              - figaro:    A Eurostat FIGARO matrix
              - wiod:      A table of the World Input-Output Database, release 2013 or 2016
              - adb:       A multi-regional table of the Asian Development Bank
              - exiobase:  EXIOBASE 3, or a table that pymrio saved
              - eora:      Eora26
              - gtap-har:  The GTAP Data Base in header array files, for holders of its licence
              - gloria:    GLORIA supply and use tables
              - wiod-long: World Input-Output Database of 2014 in long form, with tariffs
              - baci:      Trade: CEPII BACI
              - itpd:      Trade: USITC ITPD-E
              - comtrade:  Trade: UN Comtrade, a table or an answer of its API

          --set <KEY=VALUE>
              Override any key of the scenario: `model.trade_elasticity=6`, `policy.0.change=0.3`

      -q, --quiet
              Print nothing but errors, and what `--json` asks for

          --json
              Print the summary as JSON

          --threads <N>
              Threads to use; all cores if absent. Results do not depend on it

      -h, --help
              Print help (see a summary with '-h')

      -V, --version
              Print version
    ");
}

#[test]
fn help_of_every_command() {
    let place = Place::new();
    for command in ["run", "check", "list", "show", "data", "data import", "data export"] {
        let ran = place.viner(&format!("{command} --help")).succeeded();
        assert!(ran.stdout.contains("Usage: viner "), "{ran}");
    }
}

#[test]
fn version() {
    let ran = Place::new().viner("--version").succeeded();
    assert_eq!(ran.stdout, format!("viner {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn a_wrong_option() {
    assert_snapshot!(Place::new().viner("run --thread 2"), @"
    exit status 2
    -- stderr
    error: unexpected argument '--thread' found

      tip: a similar argument exists: '--threads'

    Usage: viner run --threads <N> [SCENARIO]

    For more information, try '--help'.
    ");
}

#[test]
fn every_wrong_command_line_has_status_2_and_writes_nothing() {
    let place = Place::new();
    let wrong = [
        "frobnicate",
        "show",
        "check",
        "data",
        "run a.toml b.toml",
        "run --threads 0",
        "run --threads many",
        "run --format docx -o out",
        "run --format csv.gz -o out",
        "run --format icio -o out",
        "run --tolerance NaN -o out",
        "run --tolerance inf -o out",
        "run --tolerance=-1 -o out",
        "check western-sanctions-2022 --tolerance=-1",
        "data check icio-2019-g20 --tolerance x",
        "data export icio-2019-g20",
        "data export icio-2019-g20 --format xlsx -o out",
    ];
    for arguments in wrong {
        let ran = place.viner(arguments);
        assert!(ran.status == 2 && ran.stdout.is_empty(), "{arguments}: {ran}");
        assert!(!ran.stderr.is_empty() && !ran.stderr.contains("panicked"), "{arguments}: {ran}");
        assert!(place.names("").is_empty(), "{arguments}");
    }
}

#[test]
fn messages_on_formats_and_tolerances() {
    let place = Place::new();
    assert_snapshot!(place.viner("run --format csv.gz"), @"
    exit status 2
    -- stderr
    error: `--format`: results are written as `csv`, `parquet` or `xlsx`
    ");
    assert_snapshot!(place.viner("run --tolerance=-1"), @"
    exit status 2
    -- stderr
    error: `--tolerance -1`: expected a finite share of world output, at least 0
    ");
    assert_snapshot!(place.viner("data export icio-2019-g20"), @"
    exit status 2
    -- stderr
    error: name the folder to write with `-o DIR`
    ");
    assert_snapshot!(place.viner("data export icio-2019-g20 --format xlsx -o out"), @"
    exit status 2
    -- stderr
    error: `--format xlsx`: bundles are written as `csv`, `csv.gz` or `parquet`
    ");
}

#[test]
fn quiet_prints_nothing_and_writes_all_the_same() {
    let place = Place::new();
    let ran = place.viner("run --quiet -o out").succeeded();
    assert_eq!((ran.stdout.as_str(), ran.stderr.as_str()), ("", ""));
    assert!(place.path("out/regions.csv").is_file());
    assert_eq!(place.viner("run -q").succeeded().stdout, "");
    assert!(!place.viner("show x --quiet").failed(1).stderr.is_empty());
}

#[test]
fn json() {
    let place = Place::new();
    let ran = place.viner("run --json -o out").succeeded();
    let json = ran.json();
    let keys: Vec<&str> = json.as_object().unwrap().keys().map(String::as_str).collect();
    assert_snapshot!(keys.join(" "), @"title baseline policies regions focus trade instruments solver certificate notes");
    let regions = json["regions"].as_array().unwrap();
    assert_eq!(regions.len(), 20);
    for region in regions {
        let code = region["region"].as_str().unwrap();
        for column in ["welfare", "real_gdp", "terms_of_trade", "exports", "imports_base"] {
            let written = place.number("out/regions.csv", &[("region", code)], column);
            assert_eq!(region[column].as_f64().unwrap().to_bits(), written.to_bits(), "{code}");
        }
    }
    assert!(json["certificate"]["largest"].as_f64().unwrap() <= 1e-10);
    assert_eq!(json["certificate"], place.json("out/manifest.json")["certificate"]);
    assert_eq!(json["focus"], "RUS");
    assert_eq!(json["policies"], 75);
    let instruments = json["instruments"].as_object().unwrap();
    assert_eq!(instruments.keys().collect::<Vec<_>>(), ["wedges", "controls", "currencies"]);
    let rows = place.rows("out/wedges.csv");
    for wedge in instruments["wedges"].as_array().unwrap() {
        let row = rows.iter().find(|row| wedge["policy"] == row["policy"].as_str()).unwrap();
        let quantity: f64 = row["quantity"].parse().unwrap();
        assert_eq!(wedge["regime"], row["regime"]);
        assert_eq!(wedge["quantity"].as_f64().unwrap().to_bits(), quantity.to_bits());
    }
    let check = place.viner("check western-sanctions-2022 --json").succeeded().json();
    assert_eq!(check["valid"], true);
    // What is asked for comes even where nothing else does.
    let quiet = place.viner("run --json --quiet").succeeded();
    assert_eq!(quiet.json()["regions"], json["regions"]);
    assert_eq!(quiet.stderr, "");
}

#[test]
fn threads_change_no_bit() {
    let place = Place::new();
    for threads in ["1", "2", "7"] {
        place
            .viner(&format!("run --threads {threads} -o t{threads} --welfare-split --embodied -q"))
            .succeeded();
    }
    place.same_tables("t1", "t2");
    place.same_tables("t1", "t7");
}

/// The reader of a pipe may go away: `viner list | head -1`.
#[test]
fn a_closed_stdout_is_no_error() {
    let place = Place::with_bundle();
    let commands = [
        "",
        "list",
        "show western-sanctions-2022",
        "show icio-2019-g20 --json",
        "check western-sanctions-2022",
        "data info bundle",
        "data check bundle",
        "run --json -o out",
        "--help",
        "--version",
    ];
    for command in commands {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = Command::new(cargo_bin!("viner"))
            .args(command.split_whitespace())
            .current_dir(place.path(""))
            .stdout(writer)
            .stderr(Stdio::piped())
            .output()
            .unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success(), "{command}: {:?}, {stderr}", output.status);
        assert!(!stderr.contains("panicked"), "{command}: {stderr}");
    }
    assert!(place.path("out/manifest.json").is_file());
}

/// So may the reader of errors.
#[test]
fn a_closed_stderr_keeps_the_status() {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let status = Command::new(cargo_bin!("viner"))
        .args(["show", "x"])
        .stdout(Stdio::null())
        .stderr(writer)
        .status()
        .unwrap();
    assert_eq!(status.code(), Some(1));
}

/// What would be ignored is refused, and so is a folder that cannot be written to, before anything
/// is solved.
#[test]
fn nothing_is_ignored_or_solved_in_vain() {
    let place = Place::new();
    for (arguments, option) in [
        ("list -o out", "-o"),
        ("data info g20-2021 -o out", "-o"),
        ("data check g20-2021 --format csv", "--format"),
        ("data export g20-2021 -o out --set model.trade_elasticity=4", "--set"),
    ] {
        let ran = place.viner(arguments).failed(2);
        assert!(ran.stderr.contains(&format!("`{option}` means nothing here")), "{ran}");
    }
    place.write("notes/mine.txt", "not a result");
    for arguments in [
        "run western-sanctions-2022 -o notes",
        "path case-2022 -o notes",
        "data balance g20-2021 -o notes",
        "data import nowhere.csv -o notes",
    ] {
        let ran = place.viner(arguments).failed(1);
        assert!(ran.stderr.contains("notes"), "{ran}");
        assert!(ran.stderr.contains("not empty"), "{ran}");
    }
}
