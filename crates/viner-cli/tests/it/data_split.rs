//! `viner data split` by trade statistics.

use insta::assert_snapshot;

use crate::support::Place;

const TRADE: &str = "exporter,importer,product,value\n\
    RUS,CHN,270900,60\nRUS,CHN,271111,40\nRUS,DEU,270900,50\nRUS,DEU,271121,50\n\
    RUS,KAZ,270900,5\nKAZ,BLR,270900,7\nAUS,CHN,260111,80\nAUS,CHN,270112,20\n\
    AUS,CHN,271112,4\nRUS,CHN,870323,99\n";

const PRODUCTS: &str =
    "child,name,hs\nOIL,Crude oil,2709\nGAS,Natural gas,271111 271121\nORE,Other mining,*\n";

fn place() -> Place {
    let place = Place::new();
    place.write("trade.csv", TRADE);
    place.write("products.csv", PRODUCTS);
    place.viner("data export icio-2019-g20 -o whole --format csv").succeeded();
    place
}

/// Share of a child in the flow of the whole.
fn share(place: &Place, exporter: &str, importer: &str, child: &str) -> f64 {
    let flow = |folder: &str, sector: &str| {
        let cell = [("exporter", exporter), ("importer", importer), ("sector", sector)];
        place.number(&format!("{folder}/flows.csv"), &cell, "value")
    };
    flow("split", child) / flow("whole", "B")
}

const SPLIT: &str = "data split icio-2019-g20 --sector B --products products.csv --trade trade.csv -o split --format csv";

#[test]
fn shares_are_those_of_trade() {
    let place = place();
    assert_snapshot!(place.viner(SPLIT), @"
    exit status 0
    -- stdout
    split: B divided
      products.csv, shares of trade.csv, industries by the built-in list of products by industry; at home what the seller sells abroad
      shares of 4 flows by their own trade, of 36 by what the seller sells abroad, of 359 by the world's trade
      OIL       output      1975440.443, of it traded       564647.558  Crude oil
        100.0 % of its trade  270900 (Oils; petroleum oils and oils obtained from bituminous minerals, crude)
      GAS       output      1503629.383, of it traded       399530.604  Natural gas
         55.6 % of its trade  271121 (Petroleum gases and other gaseous hydrocarbons; in gaseous state, natural gas)
         44.4 % of its trade  271111 (Petroleum gases and other gaseous hydrocarbons; liquefied, natural gas)
      ORE       output      1772460.825, of it traded       563613.161  Other mining
         80.0 % of its trade  260111 (Iron ores and concentrates; non-agglomerated)
         20.0 % of its trade  270112 (Coal; bituminous, whether or not pulverised, but not agglomerated)
    -- stderr
    bundle of 20 regions and 22 sectors written to split
    warning: countries that the table has in `ROW`: BLR, KAZ
    ");
    let close = |found: f64, expected: f64| assert!((found - expected).abs() < 1e-12, "{found}");
    // By their own trade.
    close(share(&place, "RUS", "CHN", "OIL"), 0.6);
    close(share(&place, "RUS", "DEU", "GAS"), 0.5);
    close(share(&place, "AUS", "CHN", "ORE"), 1.0);
    // By what the seller sells abroad: 115 of oil, 90 of gas.
    close(share(&place, "RUS", "RUS", "OIL"), 115.0 / 205.0);
    close(share(&place, "RUS", "USA", "GAS"), 90.0 / 205.0);
    // By the world's trade; what Kazakhstan sells to Belarus is within the rest of the world.
    close(share(&place, "CAN", "USA", "OIL"), 115.0 / 305.0);
    close(share(&place, "ROW", "ROW", "ORE"), 100.0 / 305.0);
    place.viner("data check split --tolerance 1e-12").succeeded();
    place.viner("data replay split --source .").succeeded();
}

#[test]
fn a_file_names_shares_that_trade_does_not_tell() {
    let place = place();
    place.write(
        "home.csv",
        "child,exporter,importer,share\nOIL,RUS,RUS,0.3\nGAS,RUS,RUS,0.6\nOIL,CAN,,0\nGAS,CAN,,0\nORE,CAN,,1\n",
    );
    place.viner(&format!("{SPLIT} --shares home.csv")).succeeded();
    let close = |found: f64, expected: f64| assert!((found - expected).abs() < 1e-12, "{found}");
    close(share(&place, "RUS", "RUS", "ORE"), 0.1);
    close(share(&place, "CAN", "USA", "ORE"), 1.0);
    close(share(&place, "RUS", "CHN", "OIL"), 0.6);
    place.viner("data replay split --source .").succeeded();

    place.write("home.csv", "child,exporter,importer,share\nOLI,RUS,RUS,0.3\n");
    assert_snapshot!(place.viner(&format!("{SPLIT} --shares home.csv")).failed(1), @"
    exit status 1
    -- stderr
    error: unknown child `OLI`; did you mean `OIL`?
      at home.csv
    ");
}

#[test]
fn a_named_concordance_counts() {
    let place = place();
    place.write("hs.csv", "hs6,isic4\n270900,06\n271111,06\n271121,06\n260111,24\n270112,05\n");
    let json = place.viner(&format!("{SPLIT} --concordance hs.csv --json")).succeeded().json();
    assert!(json["shares"].as_str().unwrap().contains("industries by hs.csv"));
    // Ore is of another sector by this table.
    assert_eq!(json["children"][2]["trade"]["value"], 20.0);
    assert_eq!(json["flows"]["by_pair"], 4);
}

#[test]
fn what_cannot_divide_a_sector_is_said() {
    let place = place();
    place.write("trade.csv", "exporter,importer,product,value\nRUS,CHN,27,60\n");
    assert_snapshot!(place.viner(SPLIT).failed(1), @"
    exit status 1
    -- stderr
    error: trade in `27` does not tell `2709` apart
      at trade.csv
    hint: import trade by products of six digits
    ");
    place.write("trade.csv", "exporter,importer,product,value\nRUS,CHN,131,60\n");
    assert_snapshot!(place.viner(SPLIT).failed(1), @"
    exit status 1
    -- stderr
    error: trade is not by products of the Harmonized System
      at trade.csv
      found `131`, expected codes of 2, 4 or 6 digits, as imports of BACI and UN Comtrade have them
    ");
    place.write("trade.csv", "exporter,importer,product,value\nRUS,CHN,870323,60\n");
    assert_snapshot!(place.viner(SPLIT).failed(1), @"
    exit status 1
    -- stderr
    error: there is no trade in the products of `B`
      at trade.csv
      found 1 rows of other products, or within a region
    ");
    place.write("products.csv", "child,name,hs\nOIL,,2709 x\nGAS,,\nORE,,*\nCOAL,,*\nCOKE,,2709\n");
    assert_snapshot!(place.viner(SPLIT).failed(1), @"
    exit status 1
    -- stderr
    error: not a code of the Harmonized System
      at products.csv, line 2
      found `x`, expected 2 to 6 digits, or `*`

    error: child `GAS` has no products
      at products.csv, line 3
      expected codes of the Harmonized System, or `*` for the rest

    error: two children have all other products, `*`
      at products.csv, line 5

    error: product `2709` is there twice
      at products.csv, line 6
    ");
    let ran = place.viner("data split icio-2019-g20 --sector B --products products.csv -o split");
    assert_eq!(ran.status, 2);
}
