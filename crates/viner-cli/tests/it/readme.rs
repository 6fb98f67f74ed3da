//! What the documents show is what the command prints.

use insta::assert_snapshot;

use crate::support::{Place, steady};

fn readme() -> String {
    include_str!("../../../../README.md").replace("\r\n", "\n")
}

fn page_on_scenarios() -> String {
    include_str!("../../../../docs/scenarios.md").replace("\r\n", "\n")
}

/// The indented block that follows a text, without its indent.
fn block_after(document: &str, text: &str) -> Vec<String> {
    let (_, rest) = document.split_once(text).unwrap_or_else(|| panic!("no {text:?}"));
    let lines = rest.lines().skip(1).skip_while(|line| !line.starts_with("    "));
    let block = lines.take_while(|line| line.is_empty() || line.starts_with("    "));
    let mut block: Vec<String> =
        block.map(|line| line.strip_prefix("    ").unwrap_or(line).to_owned()).collect();
    while block.last().is_some_and(String::is_empty) {
        block.pop();
    }
    assert!(!block.is_empty(), "no block after {text:?}");
    block
}

/// The pieces of a block between its ellipses must follow each other in the output.
#[track_caller]
fn shows(block: &[String], output: &str) {
    let output = steady(output);
    let output: Vec<&str> = output.lines().collect();
    let mut from = 0;
    let ellipsis = |line: &String| line.trim() == "...";
    for piece in block.split(ellipsis).filter(|piece| !piece.is_empty()) {
        let piece = piece.iter().map(|line| steady(line)).collect::<Vec<_>>();
        let found = output[from..].windows(piece.len()).position(|lines| lines == piece);
        let Some(found) = found else {
            panic!("not in the output:\n{}\n\nwhich is\n{}", piece.join("\n"), output.join("\n"));
        };
        from += found + piece.len();
    }
    let shortened = block.last().is_some_and(ellipsis);
    assert!(
        shortened || from == output.len(),
        "the output goes on:\n{}",
        output[from..].join("\n")
    );
}

#[test]
fn the_first_command() {
    let readme = readme();
    let place = Place::new();
    let ran = place.viner("").succeeded();
    assert_snapshot!(ran, @"
    exit status 0
    -- stdout
    Western sanctions on Russia, 2022-2023
    63 policies on baseline icio-2019-g20 (20 regions, 20 sectors, 2019)

     region                     welfare %  real GDP %  real wage %  exports %  imports %  terms of trade %
     RUS     Russia                -10.19       -9.17        -8.23     -30.04     -40.40             -8.02
     DEU     Germany                -0.60       -0.58        -0.59      -0.76      -0.87             +0.07
     ITA     Italy                  -0.51       -0.50        -0.52      -0.85      -0.92             +0.00
     KOR     Korea                  -0.40       -0.40        -0.40      -0.43      -0.45             -0.14
     FRA     France                 -0.36       -0.36        -0.37      -0.58      -0.54             -0.10
     ROW     Rest of the world      -0.28       -0.28        -0.41      -0.91      -0.93             +0.66
     GBR     United Kingdom         -0.23       -0.24        -0.28      -0.33      -0.31             -0.04
     JPN     Japan                  -0.14       -0.14        -0.14      -0.10      -0.10             -0.26
     USA     United States          -0.08       -0.08        -0.11      -0.25      -0.19             +0.02
     IND     India                  -0.06       -0.06        -0.08      +0.44      +0.38             -0.27
     CAN     Canada                 +0.01       +0.02        -0.07      +0.44      +0.41             +0.26
     BRA     Brazil                 +0.02       +0.02        +0.00      +0.50      +0.49             +0.17
     IDN     Indonesia              +0.03       +0.03        -0.03      +0.52      +0.51             +0.16
     ARG     Argentina              +0.03       +0.02        -0.04      +0.51      +0.59             +0.11
     MEX     Mexico                 +0.04       +0.05        +0.00      +0.55      +0.54             +0.13
     CHN     China                  +0.05       +0.04        +0.05      +0.63      +0.70             +0.05
     ZAF     South Africa           +0.05       +0.05        -0.03      +0.59      +0.61             +0.19
     AUS     Australia              +0.09       +0.07        +0.01      +0.54      +0.63             +0.34
     TUR     Türkiye                +0.25       +0.24        +0.29      +0.74      +0.77             +0.47
     SAU     Saudi Arabia           +0.39       +0.27        +0.12      +1.07      +1.47             +0.96

    Trade of RUS in billion USD, goods and services
     partner  exports    now  change %  imports    now  change %  share of trade %    now
     CHN         54.7   78.3    +43.29     62.5   65.5     +4.72              14.7   27.4
     IND          6.8    8.3    +22.56      5.4    5.2     -4.15               1.5    2.6
     TUR         20.0   24.5    +22.48     10.7   10.0     -6.78               3.8    6.6
     west       140.7   53.0    -62.31    109.4   35.0    -68.02              31.3   16.8
     ROW        226.7  146.1    -35.56    145.4   81.0    -44.25              46.5   43.3
     all        458.7  320.9    -30.04    341.1  203.3    -40.40             100.0  100.0

    certified: every equation holds within [tiny] (worst: [cell]), asked 1e-10
    solved by anderson in 59 evaluations, [time] ms
    ");
    assert!(place.names("").is_empty());
    assert_eq!(place.viner("run").succeeded().to_string(), ran.to_string());
    let named = place.viner("run western-sanctions-2022").succeeded();
    assert_eq!(named.to_string(), ran.to_string());
    shows(&block_after(&readme, "The first prints (shortened)"), &ran.stdout);
}

#[test]
fn the_first_scenario_of_a_reader() {
    let readme = readme();
    let place = Place::new();
    place.write("tariffs.toml", &block_after(&readme, "Save this as `tariffs.toml`").join("\n"));
    let (before, _) = readme.split_once("prints (shortened)\n\n    Tariffs").unwrap();
    let command = before.rsplit_once("`cargo run --release -- ").unwrap().1.trim_end_matches("` ");
    assert_eq!(command, "run tariffs.toml -o tariffs");
    let ran = place.viner(command).succeeded();
    shows(&block_after(&readme, command), &ran.stdout);
    assert_eq!(ran.stderr, "results written to tariffs\n");

    let names = place.names("tariffs");
    let (_, sentence) = readme.split_once("and writes the folder `tariffs`").unwrap();
    let (sentence, _) = sentence.split_once("repeats the run").unwrap();
    let mut tables: Vec<String> = sentence
        .split('`')
        .skip(1)
        .step_by(2)
        .filter(|word| !word.contains(' '))
        .map(|table| format!("{table}.csv"))
        .collect();
    tables.sort();
    let written: Vec<String> =
        names.iter().filter(|name| *name != "manifest.json").cloned().collect();
    assert_eq!(written, tables);
    let again = place.viner("run tariffs").succeeded();
    assert_eq!(steady(&again.stdout), steady(&ran.stdout));
}

#[test]
fn the_other_commands_of_the_first_scenario() {
    let readme = readme();
    let place = Place::new();
    place.write("tariffs.toml", &block_after(&readme, "Save this as `tariffs.toml`").join("\n"));
    let commands: Vec<&str> = readme
        .lines()
        .filter_map(|line| line.strip_prefix("    viner "))
        .map(|line| line.split_once('#').map_or(line, |(command, _)| command).trim_end())
        .collect();
    assert!(commands.len() >= 4, "{commands:?}");
    for command in commands {
        place.viner(command).succeeded();
    }
}

#[test]
fn the_error_in_the_page_on_scenarios() {
    let place = Place::new();
    place.write("wall.toml", "[[policy]]\nkind     = \"embargo\"\nexporter = \"RSU\"\n");
    let shown = block_after(&page_on_scenarios(), "## Errors and exit status");
    let [prompt, error @ ..] = shown.as_slice() else { panic!("{shown:?}") };
    assert_eq!(prompt, "$ viner check wall.toml");
    place.edit("wall.toml", "RSU\"\n", "RSU\"\nimporter = \"*\"\nsector = \"B\"\n");
    assert_eq!(place.viner("check wall.toml").failed(1).stderr.trim_end(), error.join("\n"));
}

/// Every example of `--set` in the page on scenarios is accepted.
#[test]
fn the_overrides_in_the_page_on_scenarios() {
    let place = Place::new();
    place.write(
        "scenario.toml",
        r#"
        [groups]
        west = ["USA", "CAN"]

        [[policy]]
        kind = "embargo"
        exporter = "RUS"
        importer = "west"
        sector = "B"
        share = 0.9

        [[policy]]
        name = "duties-uk"
        kind = "tariff"
        exporter = "RUS"
        importer = "GBR"
        sector = "*"
        add = 0.1
        "#,
    );
    let page = page_on_scenarios();
    let rows: Vec<&str> = page.lines().filter_map(|line| line.strip_prefix("| `--set ")).collect();
    assert!(rows.len() >= 9, "{rows:?}");
    for row in rows {
        let (set, _) = row.split_once('`').unwrap();
        // The first policy of the example has a share where the page's has a rate.
        let set = set.trim_matches('\'').replace("policy.0.rate", "policy.0.share");
        place.viner_in("", &["check", "scenario.toml", "--set", &set]).succeeded();
    }
}
