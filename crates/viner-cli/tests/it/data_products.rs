//! `viner data elasticities | tariffs`, and what `data check` says of tariffs.

use insta::assert_snapshot;

use crate::support::Place;

/// Products, the industries that make them, and the repair of what is made.
const CONCORDANCE: &str = "HS_6d,ISIC4_4d,ISIC4_2d,ISIC4_1d\n\
    010121,0142,01,A\n100199,0111,01,A\n110100,1061,10,C\n270900,0610,06,B\n\
    270900,3312,33,C\n870323,2910,29,C\n880240,3030,30,C\n";

const TRADE: &str = "exporter,importer,product,value\n\
    FRA,USA,100199,30\nFRA,USA,010121,10\nRUS,CHN,270900,50\nDEU,USA,870323,60\n\
    DEU,USA,880240,20\nDEU,FRA,870323,99\nUSA,DEU,870323,40\n";

#[test]
fn elasticities_by_sector_of_gtap() {
    let place = Place::new();
    place.write(
        "fgo.csv",
        "gtap_sector,epsilon_GTAP,dist_GTAP,description\n\
         pdr,-2,-1,\"Rice, paddy\"\nwht,-4,-1,Wheat\nfrs,-9,-1,Forestry\noil,-11,-1,Oil\ncoa,,-1,Coal\n\
         mvh,-9,-1,Cars\notn,-3,-1,Other\ntex,0.5,-1,Wrong sign\nhht,-3,-1,A sector of its own\n",
    );
    let ran = place.viner("data elasticities --from fgo.csv --baseline icio-2019-g20 -o theta.csv");
    assert_snapshot!(ran, @"
    exit status 0
    -- stdout
    Fontagné, Guimbard and Orefice by sector of GTAP, read as theta
      sector      theta  items
      A           6.000      3
      B          11.000      1
      C           6.000      2
    no row for D E F G H I J K L M N O P Q R S T
    -- stderr
    warning: 2 published items without a number above 0: coa, tex
    warning: 1 published items that no sector holds: hht
    written to theta.csv
    ");
    // A01 has the mean of rice and wheat, and A that of its divisions with a number.
    assert_eq!(place.number("theta.csv", &[("sector", "A")], "trade_elasticity"), 6.0);
    assert_eq!(place.number("theta.csv", &[("sector", "B")], "trade_elasticity"), 11.0);
    assert_eq!(place.number("theta.csv", &[("sector", "C")], "trade_elasticity"), 6.0);

    // Trade as weights, for what it has: cars three times the rest of transport equipment.
    place.write("hs.csv", CONCORDANCE);
    place.write("trade.csv", TRADE);
    let all = "data elasticities --from fgo.csv --baseline icio-2019-g20 --concordance hs.csv \
               --trade trade.csv --default 5 -o theta.csv";
    let json = place.viner(&format!("{all} --json")).succeeded().json();
    let theta = place.number("theta.csv", &[("sector", "C")], "trade_elasticity");
    assert!((theta - (199.0 * 9.0 + 20.0 * 3.0) / 219.0).abs() < 1e-12, "{theta}");
    assert_eq!(place.number("theta.csv", &[("sector", "T")], "trade_elasticity"), 5.0);
    assert_eq!(json["sectors"][19]["default"], true);
    assert_eq!(json["without"], serde_json::json!(["coa", "tex"]));
    assert_eq!(json["unplaced"], serde_json::json!(["hht"]));

    // A scenario takes the file.
    place.write(
        "scenario.toml",
        "baseline = \"icio-2019-g20\"\n[model]\ntrade_elasticity = \"theta.csv\"\n[[policy]]\n\
         kind = \"tariff\"\nexporter = \"CHN\"\nimporter = \"USA\"\nsector = \"C\"\nrate = 0.1\n",
    );
    place.viner("check scenario.toml").succeeded();
}

#[test]
fn elasticities_by_product_and_of_the_paper() {
    let place = Place::new();
    place.write("hs.csv", CONCORDANCE);
    place.write("ProTEE_0_1.csv", "HS6,zero,positive,sigma\n10121,0,0,-3\n100199,0,0,-5\n270900,1,0,\n870323,0,0,-8\n999999,0,0,-2\n");
    let from = "--baseline icio-2019-g20 -o theta.csv --concordance hs.csv";
    place.viner(&format!("data elasticities --from ProTEE_0_1.csv {from}")).succeeded();
    assert_eq!(place.number("theta.csv", &[("sector", "A")], "trade_elasticity"), 4.0);
    place
        .viner(&format!("data elasticities --from ProTEE_0_1.csv --read-as sigma {from}"))
        .succeeded();
    assert_eq!(place.number("theta.csv", &[("sector", "C")], "trade_elasticity"), 7.0);
    let ran = place
        .viner("data elasticities --from ProTEE_0_1.csv --baseline icio-2019-g20 -o theta.csv");
    assert_snapshot!(ran, @"
    exit status 0
    -- stdout
    Fontagné, Guimbard and Orefice by product, read as theta, industries by the built-in list of products by industry
      sector      theta  items
      A           4.000      2
      C           8.000      1
    no row for B D E F G H I J K L M N O P Q R S T
    -- stderr
    warning: 1 published items without a number above 0: 270900 (Oils; petroleum oils and oils obtained from bituminous minerals, crude)
    warning: 1 published items that no sector holds: 999999 (Commodities not specified according to kind)
    written to theta.csv
    ");

    // The median over importers, less one.
    place.write(
        "bw.csv",
        "\"iso3c\",\"HS0_3d\",\"HS0_2d\",\"sigma\"\n\"AUS\",\"870\",\"87\",3\n\"USA\",\"870\",\"87\",4\n\
         \"CHN\",\"870\",\"87\",1000\n",
    );
    place.viner(&format!("data elasticities --from bw.csv {from}")).succeeded();
    assert_eq!(place.number("theta.csv", &[("sector", "C")], "trade_elasticity"), 3.0);

    place.write(
        "cp.csv",
        "\"sector\",\"value\"\n\"Agriculture\",9.11\n\"Mining\",13.53\n\"Auto\",1.84\n",
    );
    place
        .viner("data elasticities --from cp.csv --baseline icio-2019-g20 -o theta.csv")
        .succeeded();
    let theta = place.number("theta.csv", &[("sector", "B")], "trade_elasticity");
    assert!((theta - 13.53).abs() < 1e-12, "{theta}");
    place.write("other.csv", "sector,theta\nA,4\n");
    let ran =
        place.viner("data elasticities --from other.csv --baseline icio-2019-g20 -o theta.csv");
    assert_snapshot!(ran, @"
    exit status 1
    -- stderr
    error: not a table of elasticities that is known
      at other.csv, line 1
      expected the columns HS6,sigma (Fontagné, Guimbard and Orefice by product); gtap_sector,epsilon_GTAP (Fontagné, Guimbard and Orefice by sector of GTAP); iso3c,HS0_3d,sigma (Broda and Weinstein (2006)); sector,value (Caliendo and Parro (2015))
    ");
}

#[test]
fn tariffs_of_wits() {
    let place = Place::new();
    place.write("hs.csv", CONCORDANCE);
    place.write("trade.csv", TRADE);
    place.write(
        "AVEMFN_H5_2019.csv",
        "NomenCode,Reporter_ISO_N,Year,ProductCode,Sum_Of_Rates,Min_Rate,Max_Rate,SimpleAverage,\
         Nbr_NA_Lines,Nbr_Free_Lines,Nbr_AVE_Lines,Nbr_Dutiable_Lines,TotalNoOfValidLines,\
         TotalNoOfLines,EstCode\n\
         H5,840,2019,100199,8,8,8,8,0,0,0,1,1,1,N\nH5,840,2019,010121,4,4,4,4,0,0,0,1,1,1,N\n\
         H5,840,2019,870323,2.5,2.5,2.5,2.5,0,0,0,1,1,1,N\nH5,918,2019,870323,10,10,10,10,0,0,0,1,1,1,N\n\
         H5,156,2019,270900,0,0,0,0,0,1,0,0,1,1,N\n",
    );
    place.write(
        "AVEPref_H5_2019.csv",
        "NomenCode,Reporter_ISO_N,Year,ProductCode,Partner,Sum_Of_Rates,Min_Rate,Max_Rate,\
         SimpleAverage,TotalNoOfLines,Nbr_Pref_Lines,Nbr_MFN_Lines,Nbr_NA_Lines,EstCode\n\
         H5,840,2019,870323,R30,0,0,0,0,1,1,0,0,N\nH5,840,2019,100199,R99,0,0,0,0,1,1,0,0,N\n\
         H5,918,2019,870323,410,0,0,0,0,1,1,0,0,N\n",
    );
    place.write(
        "groups.csv",
        "RegionCode,Region,Partner,Partner Name\nR30,NAFTA,124,Canada\nR30,NAFTA,484,Mexico\n",
    );
    let ran = place.viner(
        "data tariffs --from AVEMFN_H5_2019.csv --from AVEPref_H5_2019.csv --beneficiaries groups.csv \
         --baseline icio-2019-g20 --concordance hs.csv --trade trade.csv -o tariffs.csv",
    );
    assert_snapshot!(ran, @"
    exit status 0
    -- stdout
    tariffs of 2019: 152 cells, 5 means weighted by trade, 147 plain means; industries by hs.csv
    -- stderr
    warning: tariffs are known for 93.5 % of the trade given
    warning: groups of partners without a list of members, left out: R99
    written to tariffs.csv
    ");
    let rate = |exporter: &str, importer: &str, sector: &str| {
        let cell = [("exporter", exporter), ("importer", importer), ("sector", sector)];
        place.number("tariffs.csv", &cell, "rate")
    };
    // Wheat and horses from France by their trade; cars from elsewhere by the mean of products.
    assert!((rate("FRA", "USA", "A") - 0.07).abs() < 1e-12);
    assert_eq!(rate("CHN", "USA", "A"), 0.06);
    assert_eq!(rate("MEX", "USA", "C"), 0.0);
    assert_eq!(rate("DEU", "USA", "C"), 0.025);
    // The union charges what it reports, and nothing within.
    assert_eq!(rate("USA", "DEU", "C"), 0.1);
    assert_eq!(rate("KOR", "ITA", "C"), 0.0);
    assert_eq!(rate("DEU", "FRA", "C"), 0.0);
    assert_eq!(rate("ROW", "CHN", "B"), 0.0);

    // As the result of a query, and for a policy.
    place.write(
        "query.csv",
        "Selected Nomen,Native Nomen,Reporter,Reporter Name,Product,Product Name,Partner,Partner Name,\
         Tariff Year,Trade Year,Trade Source,DutyType,Simple Average,Weighted Average\n\
         HS 2017,H5,840,United States,870323,Cars,156,China,2019,2019,CMT,AHS,27.5,27.5\n\
         HS 2017,H5,840,United States,870323,Cars,000,World,2019,2019,CMT,MFN,2.5,2.5\n\
         HS 2017,H5,840,United States,870323,Cars,000,World,2019,2019,CMT,BND,9,9\n",
    );
    let query =
        "data tariffs --from query.csv --baseline icio-2019-g20 --concordance hs.csv -o t.csv";
    place.viner(query).succeeded();
    let cell = [("exporter", "JPN"), ("importer", "USA"), ("sector", "C")];
    assert_eq!(place.number("t.csv", &cell, "rate"), 0.025);
    place.write(
        "scenario.toml",
        "baseline = \"icio-2019-g20\"\n[model]\ntrade_elasticity = 4\n[[policy]]\nkind = \"tariff\"\nfile = \"t.csv\"\n",
    );
    place.viner("check scenario.toml").succeeded();
    let ran = place.viner(&format!("{query} --year 2018"));
    assert_snapshot!(ran, @"
    exit status 1
    -- stderr
    error: there are no tariffs of the year 2018
      found the years 2019
    ");
}

#[test]
fn a_table_of_tariffs_is_pointed_to_its_command() {
    let place = Place::new();
    place.write(
        "w.csv",
        "NomenCode,Reporter_ISO_N,Year,ProductCode,SimpleAverage\nH5,840,2019,870323,2.5\n",
    );
    assert_snapshot!(place.viner("data import w.csv -o out"), @"
    exit status 1
    -- stderr
    error: the file holds tariffs, and no table of the world
      at w.csv
    hint: `viner data tariffs` reads them
    ");
    place.write("cp.csv", "sector,value\nAuto,1.84\n");
    assert_snapshot!(place.viner("data import cp.csv -o out"), @"
    exit status 1
    -- stderr
    error: the layout of the table is not recognised
      at cp.csv
      expected one of `icio`, `figaro`, `wiod`, `adb`, `exiobase`, `eora`, `gtap-har`, `gloria`, `wiod-long`, `baci`, `itpd`, `comtrade`
    hint: name the layout with `--format`
    ");
}

#[test]
fn suspicious_tariffs_are_named() {
    let place = Place::with_bundle();
    place
        .write("bundle/tariffs.csv", "exporter,importer,sector,rate\nUSA,USA,A,0.1\nROW,USA,A,4\n");
    let ran = place.viner("data check bundle --tolerance 1");
    assert_snapshot!(ran.stderr, @"
    warning: tariffs are paid on domestic flows in 1 cells, 4 of 30 million of revenue: `USA/USA/A`
    warning: half of the tariffs are above 100 %, median 4: are they in percent?: `ROW/USA/A`
    ");
    let json = place.viner("data check bundle --tolerance 1 --json -q").json();
    assert_eq!(json["findings"][0]["kind"], "domestic tariff");
    assert_eq!(json["findings"][0]["cells"][0], "USA/USA/A");
}

#[test]
fn broad_economic_categories() {
    let place = Place::new();
    place.viner("data aggregate icio-2022 --map bec -o bec --format csv").succeeded();
    place.viner("data check bec").succeeded();
    let json = place.viner("data info bec --json").succeeded().json();
    let sectors: Vec<&str> =
        json["sectors"].as_array().unwrap().iter().map(|code| code.as_str().unwrap()).collect();
    assert_snapshot!(sectors.join(" "), @"BEC1 BEC2 BEC3 BEC4 BEC5 BEC6 BEC7 BEC8 G N");
}
