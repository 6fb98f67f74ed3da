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
    75 policies on baseline icio-2019-g20 (20 regions, 20 sectors, 2019)

     region                     welfare %  real GDP %  real wage %  exports %  imports %  terms of trade %
     RUS     Russia                -10.60      -10.16        -7.53     -34.88     -43.35             -8.76
     DEU     Germany                -0.60       -0.59        -0.60      -0.67      -0.78             +0.01
     ITA     Italy                  -0.53       -0.52        -0.55      -0.76      -0.83             -0.12
     KOR     Korea                  -0.47       -0.46        -0.46      -0.35      -0.37             -0.31
     FRA     France                 -0.37       -0.38        -0.38      -0.52      -0.48             -0.15
     ROW     Rest of the world      -0.25       -0.25        -0.43      -0.87      -0.89             +0.71
     GBR     United Kingdom         -0.24       -0.24        -0.29      -0.24      -0.22             +0.00
     JPN     Japan                  -0.17       -0.17        -0.17      -0.01      -0.01             -0.43
     USA     United States          -0.09       -0.08        -0.12      -0.14      -0.11             +0.05
     IND     India                  -0.08       -0.08        -0.12      +0.43      +0.41             -0.40
     CAN     Canada                 +0.03       +0.04        -0.08      +0.56      +0.53             +0.34
     ARG     Argentina              +0.04       +0.02        -0.06      +0.57      +0.67             +0.12
     BRA     Brazil                 +0.04       +0.04        -0.01      +0.66      +0.66             +0.29
     CHN     China                  +0.04       +0.01        -0.01      +0.39      +0.58             +0.02
     IDN     Indonesia              +0.04       +0.04        -0.05      +0.64      +0.64             +0.25
     MEX     Mexico                 +0.05       +0.06        -0.01      +0.64      +0.63             +0.16
     ZAF     South Africa           +0.08       +0.08        -0.05      +0.78      +0.80             +0.29
     AUS     Australia              +0.18       +0.14        +0.03      +0.89      +1.03             +0.67
     TUR     Türkiye                +0.34       +0.22        +0.26      +0.46      +0.86             +0.76
     SAU     Saudi Arabia           +0.56       +0.40        +0.17      +1.44      +1.99             +1.39

    Trade of RUS in billion USD, goods and services
     partner  exports    now  change %  imports    now  change %  share of trade %    now
     CHN         54.7   68.2    +24.80     62.5   58.0     -7.33              14.7   25.7
     IND          6.8    8.5    +25.40      5.4    4.7    -13.97               1.5    2.7
     TUR         20.0   23.2    +16.00     10.7    9.2    -14.15               3.8    6.6
     west       140.7   50.1    -64.37    109.4   36.0    -67.06              31.3   17.5
     ROW        226.7  137.7    -39.27    145.4   78.8    -45.79              46.5   44.0
     all        458.7  298.7    -34.88    341.1  192.8    -43.47             100.0  100.0

    Price caps: prices and quantity against the baseline
     price cap      on     regime        cap %  seller gets %  outside %  quantity %  outside share %  buyers' rent  shippers'
     oil-price-cap  RUS/B  shadow-full  -26.83         -22.21     -18.49      +96.80               74          2.04       2.07

    Quotas: quantity against the baseline, rents in billions
     quota               on         regime   price wedge %  quantity %  rent  rent to
     no-spare-line-west  RUS/B      binding         +28.60      -76.60  1.82      RUS
     no-spare-line-row   RUS→ROW/B  binding         +33.49      -52.00  6.67      RUS

    Controlled trade, billions
     control                           direct   now  by hubs   now  leakage %
     export-controls-eu3                17.22  0.00     1.10  1.48        8.6
     export-controls-usa                 6.31  0.00     0.40  0.54        8.6
     export-controls-uk                  1.32  0.00     0.08  0.11        8.6
     export-controls-canada-australia    0.39  0.00     0.03  0.03        8.6
     export-controls-japan               2.69  0.00     0.17  0.12        4.3
     export-controls-korea               2.07  0.00     0.13  0.11        5.4
     export-controls-rest-of-eu         21.53  0.00     0.67  1.51        7.0

    Currencies of trade under settlement policies
     currency  share %   now  billions     now
     CNY           2.7   7.4     21.73   36.54
     EUR          28.9  20.6    231.43  101.43
     RUB          21.2  31.7    169.86  155.68
     USD          47.1  40.3    376.78  197.90

    certified: every equation holds within [tiny] (worst: [cell]), asked 1e-10
    solved by anderson in 33 evaluations, [time] ms
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
        // Quotes are for the shell.
        place.viner(&command.replace('"', "")).succeeded();
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

/// What the pages show of plans is accepted as it stands.
#[test]
fn the_plans_in_the_pages() {
    let place = Place::new();
    for (page, before) in [
        (include_str!("../../../../docs/sweeps.md"), "and adds:"),
        (include_str!("../../../../docs/optimize.md"), "and adds:"),
        (include_str!("../../../../docs/game.md"), "## The plan"),
    ] {
        let plan = block_after(&page.replace("\r\n", "\n"), before);
        place.write("plan.toml", &plan.join("\n"));
        place.viner("check plan.toml").succeeded();
    }
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

        [[policy]]
        name = "payments"
        kind = "settlement"
        exporter = "RUS"
        importer = "CHN"
        sector = "*"
        currencies = { USD = { share = 0.6, change = 0.3 }, CNY = { share = 0.4 } }
        currency_elasticity = 5.0
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
