//! Every kind of policy, from keys and from tables.

use insta::assert_snapshot;

use crate::support::Place;

/// One of each kind. They are on different cells, so that each shows in the results.
const EVERYTHING: &str = r#"title = "One of each kind"
baseline = "icio-2019-g20"

[groups]
west = ["USA", "CAN", "GBR"]

[model]
trade_elasticity = { default = 4.0, B = 8.0 }
specific_factor_share = { default = 0.2, B = 0.9 }

[[policy]]
name = "duty"
kind = "tariff"
exporter = "CHN"
importer = "USA"
sector = "C"
rate = 0.25

[[policy]]
kind = "export-tax"
exporter = "ARG"
importer = "*"
sector = "A"
rate = 0.1

[[policy]]
kind = "trade-cost"
exporter = "GBR"
importer = ["DEU", "FRA"]
sector = "*"
change = 0.05
both_ways = true

[[policy]]
kind = "embargo"
exporter = "RUS"
importer = "west"
sector = "B"

[[policy]]
kind = "supplier-exit"
exporter = "west"
importer = "RUS"
sector = "C"
share = 0.5

[[policy]]
kind = "transfer"
from = "west"
to = "TUR"
million_usd = 10000

[[policy]]
kind = "sector-tax"
region = "SAU"
sector = "B"
rate = 0.3

[[policy]]
kind = "productivity"
region = "IND"
sector = "J"
change = 0.1

[[policy]]
kind = "demand-shift"
region = "JPN"
sector = "Q"
change = 0.05

[[policy]]
kind = "tariff"
file = "tables/rates.csv"

[[policy]]
name = "more"
kind = "tariff"
exporter = "CHN"
importer = "USA"
sector = "C"
add = 0.05
"#;

const RATES: &str = "exporter,importer,sector,rate\nIDN,AUS,C,0.15\nIDN,KOR,C,0.2\n";

fn place() -> Place {
    let place = Place::new();
    place.write("all.toml", EVERYTHING);
    place.write("tables/rates.csv", RATES);
    place
}

#[test]
fn one_of_each_kind() {
    let place = place();
    assert_snapshot!(place.viner("run all.toml -o out"), @"
    exit status 0
    -- stdout
    One of each kind
    11 policies on baseline icio-2019-g20 (20 regions, 20 sectors, 2019)

     region                     welfare %  real GDP %  real wage %  exports %  imports %  terms of trade %
     GBR     United Kingdom         -0.26       -0.22        -0.21      -2.37      -2.34             +0.03
     CHN     China                  -0.21       -0.19        -0.21      -5.43      -5.97             -1.20
     RUS     Russia                 -0.14       -0.13        +0.00      -0.74      -1.00             -0.05
     USA     United States          -0.07       -0.16        -0.15      -3.81      -3.32             +1.02
     FRA     France                 -0.07       -0.07        -0.07      -0.95      -0.89             +0.01
     DEU     Germany                -0.06       -0.06        -0.06      -0.58      -0.67             +0.03
     AUS     Australia              -0.05       -0.06        -0.01      -0.74      -0.86             -0.17
     SAU     Saudi Arabia           -0.04       -0.03        +0.00      -0.16      -0.23             -0.11
     BRA     Brazil                 -0.01       -0.01        +0.00      -0.21      -0.20             -0.09
     IDN     Indonesia              -0.01       -0.01        +0.00      -0.56      -0.55             -0.07
     ZAF     South Africa           +0.00       +0.00        +0.03      -0.05      -0.05             -0.01
     CAN     Canada                 +0.01       +0.05        +0.05      +1.24      +1.05             +0.16
     ROW     Rest of the world      +0.02       +0.02        +0.04      +0.23      +0.24             +0.04
     KOR     Korea                  +0.02       +0.00        +0.00      -0.20      -0.21             +0.08
     JPN     Japan                  +0.03       +0.03        +0.03      +0.23      +0.22             +0.17
     ITA     Italy                  +0.04       +0.03        +0.04      +0.36      +0.39             +0.12
     ARG     Argentina              +0.08       -0.12        -0.15      -3.38      -2.68             +0.88
     MEX     Mexico                 +0.16       +0.17        +0.18      +2.08      +2.05             +0.41
     IND     India                  +0.84       +0.89        +0.93      +4.15      +3.62             -0.40
     TUR     Türkiye                +1.61       +0.19        +0.20      -1.80      +2.87             +0.62

    Trade of GBR in billion USD, goods and services
     partner  exports    now  change %  imports    now  change %  share of trade %    now
     ROW        331.7  331.2     -0.18    344.7  348.7     +1.15              46.7   48.0
     USA        112.7  118.2     +4.87     86.1   83.8     -2.75              13.7   14.3
     DEU         55.5   44.8    -19.25     81.0   67.5    -16.65               9.4    7.9
     CHN         39.0   36.7     -5.79     57.9   61.7     +6.51               6.7    7.0
     FRA         43.8   36.0    -17.91     52.3   43.5    -16.85               6.6    5.6
     ITA         16.7   16.7     +0.06     29.5   29.8     +0.91               3.2    3.3
     all        698.2  681.6     -2.37    751.0  733.5     -2.34             100.0  100.0

    certified: every equation holds within [tiny] (worst: [cell]), asked 1e-10
    solved by anderson in 21 evaluations, [time] ms
    note: a demand shift changes tastes: welfare of JPN is at the new tastes
    -- stderr
    results written to out
    ");

    let flow = |exporter, importer, sector, column| {
        let cell = [("exporter", exporter), ("importer", importer), ("sector", sector)];
        place.number("out/flows.csv", &cell, column)
    };
    assert!((flow("CHN", "USA", "C", "tariff") - 0.3).abs() < 1e-12);
    assert!((flow("IDN", "AUS", "C", "tariff") - 0.15).abs() < 1e-12);
    assert!((flow("IDN", "KOR", "C", "tariff") - 0.2).abs() < 1e-12);
    assert_eq!(flow("CHN", "USA", "B", "tariff"), 0.0);
    assert_eq!(flow("RUS", "USA", "B", "value"), 0.0);
    assert!(flow("RUS", "USA", "B", "value_base") > 0.0);
    for (exporter, importer, sector) in
        [("ARG", "BRA", "A"), ("GBR", "DEU", "C"), ("FRA", "GBR", "C"), ("USA", "RUS", "C")]
    {
        assert!(flow(exporter, importer, sector, "quantity") < 0.95, "{exporter} {importer}");
    }

    let profit =
        |column| place.number("out/profits.csv", &[("region", "SAU"), ("sector", "B")], column);
    assert!((profit("tax") / profit("profit") - 0.3).abs() < 1e-12);
    let price = place.number("out/sectors.csv", &[("region", "IND"), ("sector", "J")], "price");
    assert!(price < -0.05, "{price}");
    let care = place.number("out/sectors.csv", &[("region", "JPN"), ("sector", "Q")], "quantity");
    assert!(care > 1.01, "{care}");
    let welfare = place.number("out/regions.csv", &[("region", "TUR")], "welfare");
    assert!(welfare > 0.005, "{welfare}");
}

#[test]
fn by_themselves_they_are_valid_too() {
    let place = place();
    let (top, policies) = EVERYTHING.split_once("[[policy]]").unwrap();
    let policies: Vec<&str> = policies.split("[[policy]]").collect();
    assert_eq!(policies.len(), 11);
    for policy in policies {
        place.write("one.toml", &format!("{top}[[policy]]{policy}"));
        let ran = place.viner("run one.toml").succeeded();
        assert_eq!(ran.stdout.contains("note: "), policy.contains("demand-shift"), "{ran}");
    }
}

#[test]
fn a_later_policy_may_override() {
    let place = place();
    place.write(
        "oil.toml",
        r#"
        [[policy]]
        name = "no oil"
        kind = "embargo"
        exporter = "RUS"
        importer = "*"
        sector = "B"

        [[policy]]
        kind = "embargo"
        exporter = "RUS"
        importer = "CHN"
        sector = "B"
        share = 0.2
        "#,
    );
    assert_snapshot!(place.viner("run oil.toml -o out").failed(1), @"
    exit status 1
    -- stderr
    error: sets the embargo of `RUS→CHN/B`, which `policy.0` sets already
      at oil.toml, line 14, column 17, key `policy.1.share`
    hint: write `override = true` in the later policy if it shall replace the earlier one
    ");
    place.edit("oil.toml", "share = 0.2", "share = 0.2\noverride = true");
    place.viner("run oil.toml -o out").succeeded();
    let cell = [("exporter", "RUS"), ("importer", "CHN"), ("sector", "B")];
    assert!(place.number("out/flows.csv", &cell, "value") > 0.0);
    let cell = [("exporter", "RUS"), ("importer", "DEU"), ("sector", "B")];
    assert_eq!(place.number("out/flows.csv", &cell, "value"), 0.0);
}

#[test]
fn an_error_in_a_table_names_its_line() {
    let place = place();
    place.edit("tables/rates.csv", "IDN,KOR,C,0.2", "IDN,KRO,C,0.2");
    assert_snapshot!(place.viner("check all.toml").failed(1), @"
    exit status 1
    -- stderr
    error: unknown region `KRO`; did you mean `KOR`?
      at tables/rates.csv, line 3, key `importer`
    ");
    place.edit("tables/rates.csv", "IDN,KRO,C,0.2", "IDN,KOR,C,many");
    assert_snapshot!(place.viner("check all.toml").failed(1), @"
    exit status 1
    -- stderr
    error: `rate` is not a number
      at tables/rates.csv, line 3, key `rate`
      found `many`, expected a finite rate above -1 (-100 %)
    ");
}

#[test]
fn no_policy_changes_nothing() {
    let place = place();
    place.write("nothing.toml", "title = \"Nothing\"\n");
    place.viner("run nothing.toml -o out").succeeded();
    for row in place.rows("out/flows.csv") {
        let [before, after] = ["value_base", "value"].map(|column| row[column].parse::<f64>());
        let (before, after) = (before.unwrap(), after.unwrap());
        assert!((after - before).abs() <= 1e-9 * before, "{row:?}");
    }
}
