//! Trade alone, in the layouts of its makers.

#![expect(clippy::format_push_string, reason = "files are small, and read better so")]

use std::fs;

use viner_io::tables::official::{ComtradeOptions, ImportOptions, Imported, Mirror, Trade, import};

use crate::official_economy::{archive, refused};

#[test]
fn trade_alone() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("BACI_HS22_V202501.zip");
    let trade = "t,i,j,k,v,q\n2022,643,842,270900,1500.5,  10\n2022,643,156,270900,2500,NA\n\
                 2022,490,842,854231,7000,1\n";
    archive(
        &file,
        &[
            ("BACI_HS22_Y2022_V202501.csv", trade.to_owned()),
            ("BACI_HS22_Y2023_V202501.csv", trade.replace("2022", "2023")),
            (
                "country_codes_V202501.csv",
                "country_code,country_name,country_iso2,country_iso3\n\
                 490,\"Other Asia, not elsewhere specified\",N/A,S19\n643,Russia,RU,RUS\n"
                    .to_owned(),
            ),
        ],
    );
    let options = ImportOptions { year: Some(2022), ..ImportOptions::default() };
    let Imported::Trade(trade) = import(&file, &options).unwrap() else { panic!("no trade") };
    assert_eq!(trade.regions, ["CHN", "RUS", "TWN", "USA"]);
    assert_eq!(trade.products, ["270900", "854231"]);
    assert_eq!(trade.rows, [(1, 0, 0, 2.5), (1, 3, 0, 1.5005), (2, 3, 1, 7.0)]);
    assert_eq!((trade.year, trade.unknown.len()), (2022, 0));
    assert_eq!(trade.remarks, ["codes read as: `842 as USA`, `S19 as TWN`"]);
    let target = folder.path().join("out");
    trade.write(&target).unwrap();
    assert!(target.join("trade.csv.gz").is_file());
    let error = refused(&file, &ImportOptions::default());
    assert!(error.contains("found the years 2022, 2023"), "{error}");

    let file = folder.path().join("ITPD_E_R03.csv");
    let header = "exporter_iso3,exporter_name,importer_iso3,importer_name,year,industry_id,\
                  industry_descr,broad_sector,trade,flag_mirror,flag_zero\n";
    let row = |year: u32, value: &str| {
        format!("RUS,Russia,CHN,China,{year},31,\"Oil, gas\",Mining,{value},0,p\n")
    };
    fs::write(&file, format!("{header}{}{}", row(2018, "5.5"), row(2019, "6"))).unwrap();
    let error = refused(&file, &ImportOptions::default());
    assert!(error.contains("the file holds several years"), "{error}");
    let options = ImportOptions { year: Some(2019), ..ImportOptions::default() };
    let Imported::Trade(trade) = import(&file, &options).unwrap() else { panic!("no trade") };
    assert_eq!(trade.rows, [(1, 0, 0, 6.0)]);
    fs::write(&file, format!("{header}{}{}", row(2019, "5.5"), row(2019, "-6"))).unwrap();
    let error = refused(&file, &ImportOptions::default());
    assert!(error.contains("line 3\n  found `-6`, expected a finite number, 0 or more"), "{error}");
    fs::write(&file, format!("{header}{}{}", row(2019, "5.5"), row(2019, "6"))).unwrap();
    let error = refused(&file, &ImportOptions::default());
    assert!(error.contains("trade of `RUS/CHN/31` is there twice"), "{error}");
}

/// No code becomes another, or stands for what is no more, without being told.
#[test]
fn codes_of_trade_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ITPD_E_R03.csv");
    let header = "exporter_iso3,importer_iso3,year,industry_id,trade\n";
    let codes = ["ROM", "ZAR", "SUN", "YUG", "XKX", "TWN", "EU28", "QQQ"];
    let rows = codes.map(|code| format!("{code},USA,1990,31,1\n")).concat();
    fs::write(&file, format!("{header}{rows}")).unwrap();
    let trade = trade_of(&file, ComtradeOptions::default());
    assert_eq!(trade.regions, ["COD", "EU28", "QQQ", "ROU", "SUN", "TWN", "USA", "XKX", "YUG"]);
    assert_eq!(trade.unknown, ["QQQ"]);
    assert_eq!(
        trade.remarks,
        ["codes read as: `ROM as ROU`, `ZAR as COD`", "countries that are no more: `SUN`, `YUG`"]
    );

    let file = folder.path().join("BACI_HS92_Y1995_V202501.csv");
    let numbers = ["58", "200", "280", "530", "736", "810", "890", "891", "97", "999"];
    let rows = numbers.map(|code| format!("1995,{code},842,270900,1,1\n")).concat();
    fs::write(&file, format!("t,i,j,k,v,q\n{rows}")).unwrap();
    let trade = trade_of(&file, ComtradeOptions::default());
    let regions = ["97", "999", "ANT", "BLX", "CSK", "DEU", "SCG", "SDN", "SUN", "USA", "YUG"];
    assert_eq!(trade.regions, regions);
    // Groups and what no list has stay numbers.
    assert_eq!(trade.unknown, ["97", "999"]);
    assert!(trade.remarks[0].starts_with("codes read as: `200 as CSK`, `280 as DEU`"));
    assert!(trade.remarks[1].contains("`ANT`, `BLX`, `CSK`, `SCG`, `SUN`, `YUG`"));
}

/// Trade of a file, its layout recognised.
fn trade_of(path: &std::path::Path, comtrade: ComtradeOptions) -> Trade {
    let options = ImportOptions { comtrade, ..ImportOptions::default() };
    match import(path, &options) {
        Ok(Imported::Trade(trade)) => *trade,
        Ok(other) => panic!("no trade: {other:?}"),
        Err(error) => panic!("{}", error.diagnostics()),
    }
}

/// Columns of a table of UN Comtrade since 2023, in its order.
const COMTRADE: &str = "typeCode,freqCode,refPeriodId,refYear,refMonth,period,reporterCode,reporterISO,\
    reporterDesc,flowCode,flowDesc,partnerCode,partnerISO,partnerDesc,partner2Code,partner2ISO,\
    partner2Desc,classificationCode,classificationSearchCode,isOriginalClassification,cmdCode,cmdDesc,\
    aggrLevel,isLeaf,customsCode,customsDesc,mosCode,motCode,motDesc,qtyUnitCode,qtyUnitAbbr,qty,\
    isQtyEstimated,altQtyUnitCode,altQtyUnitAbbr,altQty,isAltQtyEstimated,netWgt,isNetWgtEstimated,\
    grossWgt,isGrossWgtEstimated,cifvalue,fobvalue,primaryValue,legacyEstimationFlag,isReported,\
    isAggregate";

/// Reporter, flow, partner, product, value, second partner, customs procedure, mode of transport.
type Reported = (u16, &'static str, u16, &'static str, f64, u16, &'static str, u16);

const REPORTED: [Reported; 11] = [
    (156, "M", 643, "270900", 2.5e6, 0, "C00", 0),
    // The same flow as its exporter reports it, and parts and sums of it.
    (643, "X", 156, "270900", 2.25e6, 0, "C00", 0),
    (156, "M", 643, "270900", 1e6, 0, "C00", 2100),
    (156, "M", 643, "270900", 1e6, 398, "C00", 0),
    (156, "M", 643, "2709", 2.5e6, 0, "C00", 0),
    (156, "M", 643, "TOTAL", 9e6, 0, "C00", 0),
    (156, "M", 0, "270900", 7e6, 0, "C00", 0),
    (156, "M", 899, "270900", 5e5, 0, "C00", 0),
    (156, "RM", 643, "270900", 1e5, 0, "C00", 0),
    (156, "M", 156, "854231", 3e5, 0, "C00", 0),
    (842, "M", 490, "854231", 7e6, 0, "C00", 0),
];

fn comtrade_csv() -> String {
    let mut text = format!("\u{feff}{COMTRADE}\r\n");
    for (reporter, flow, partner, product, value, partner2, customs, mode) in REPORTED {
        let row = format!(
            "C,A,20220101,2022,52,2022,{reporter},,\"A, B\",{flow},,{partner},,,{partner2},,,H6,HS,\
             True,{product},,6,True,{customs},,0,{mode},,8,kg,10,False,-1,,0,False,0,False,0,False,\
             ,,{value},0,True,False"
        );
        // As the site writes them: each row ends in a comma.
        text += &format!("{row},\r\n");
    }
    text
}

#[test]
fn un_comtrade_counts_nothing_twice() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("TradeData.csv");
    fs::write(&file, comtrade_csv()).unwrap();
    let check = |trade: &Trade| {
        assert_eq!((trade.format, trade.year), ("comtrade", 2022));
        assert_eq!(trade.regions, ["CHN", "RUS", "TWN", "USA"]);
        assert_eq!(trade.products, ["270900", "854231"]);
        assert_eq!(trade.rows, [(1, 0, 0, 2.5), (2, 3, 1, 7.0)]);
    };
    let trade = trade_of(&file, ComtradeOptions::default());
    check(&trade);
    insta::assert_snapshot!(trade.remarks.join("\n"), @"
    values as the importer reports them, at cif prices; products of 6 digits
    left out: products of 4 digits, 1 rows, 2.5 million USD, against 9.5 in those of 6 digits
    left out: breakdowns by second partner, customs procedure or mode of transport, 2 rows, 2.0 million USD
    left out: re-exports and re-imports, which exports and imports include, 1 rows, 0.1 million USD
    left out: totals for the world and for groups of countries, 1 rows, 7.0 million USD
    left out: totals over products, 1 rows, 9.0 million USD
    left out: trade of a country with itself, 1 rows, 0.3 million USD
    left out: trade with areas that are no country, 1 rows, 0.5 million USD
    codes read as: `490 as TWN`, `842 as USA`
    ");
    let exporter = ComtradeOptions { mirror: Some(Mirror::Exporter), ..ComtradeOptions::default() };
    assert_eq!(trade_of(&file, exporter).rows, [(1, 0, 0, 2.25)]);
    let four = ComtradeOptions { digits: Some(4), ..ComtradeOptions::default() };
    assert_eq!(trade_of(&file, four).products, ["2709"]);
    let options = ImportOptions {
        comtrade: ComtradeOptions { digits: Some(2), ..ComtradeOptions::default() },
        ..ImportOptions::default()
    };
    let error = refused(&file, &options);
    assert!(error.contains("there is no trade of the year 2022"), "{error}");
    assert!(error.contains("1 rows of importers with 4 digits"), "{error}");

    // The API's answer, with the fields of the table.
    let records: Vec<String> = REPORTED
        .iter()
        .map(|(reporter, flow, partner, product, value, partner2, customs, mode)| {
            format!(
                "{{\"typeCode\":\"C\",\"freqCode\":\"A\",\"refYear\":2022,\"reporterCode\":{reporter},\
                 \"flowCode\":\"{flow}\",\"partnerCode\":{partner},\"partner2Code\":{partner2},\
                 \"cmdCode\":\"{product}\",\"customsCode\":\"{customs}\",\"mosCode\":\"0\",\
                 \"motCode\":{mode},\"cifvalue\":null,\"primaryValue\":{value}}}"
            )
        })
        .collect();
    let answer = format!(
        "{{\"elapsedTime\":\"0.1 secs\",\"count\":{},\"data\":[{}],\"error\":\"\"}}",
        records.len(),
        records.join(",")
    );
    let file = folder.path().join("answer.json");
    fs::write(&file, &answer).unwrap();
    check(&trade_of(&file, ComtradeOptions::default()));
    fs::write(&file, answer.replace("\"primaryValue\":7000000", "\"primaryValue\":null")).unwrap();
    let error = refused(&file, &ImportOptions::default());
    assert!(error.contains("record 11: `primaryValue` is wrong"), "{error}");

    // The columns up to 2023.
    let file = folder.path().join("type-C_r-156_ps-2019_freq-A_px-HS_pub-2020_fmt-csv_ex.csv");
    let header = "Classification,Year,Period,Period Desc.,Aggregate Level,Is Leaf Code,Trade Flow Code,\
                  Trade Flow,Reporter Code,Reporter,Reporter ISO,Partner Code,Partner,Partner ISO,\
                  Commodity Code,Commodity,Qty Unit Code,Qty Unit,Qty,Netweight (kg),Trade Value (US$),\
                  Flag";
    let row = |flow: u8, partner: u16, product: &str, value: u32| {
        format!(
            "H5,2019,2019,2019,6,1,{flow},Import,156,China,CHN,{partner},\"X, Y\",,{product},Oil,8,\
             Weight in kilograms,,,{value},0\n"
        )
    };
    let rows = [
        row(1, 643, "270900", 2_500_000),
        row(1, 0, "270900", 9_000_000),
        row(4, 643, "270900", 100),
        row(2, 643, "870323", 500_000),
    ];
    fs::write(&file, format!("{header}\n{}", rows.concat())).unwrap();
    let trade = trade_of(&file, ComtradeOptions::default());
    assert_eq!((trade.year, &trade.rows), (2019, &vec![(1, 0, 0, 2.5)]));
    let error = {
        let monthly = fs::read_to_string(&file).unwrap().replace("H5,2019,2019", "H5,2019,201903");
        fs::write(&file, monthly).unwrap();
        refused(&file, &ImportOptions::default())
    };
    assert!(error.contains("trade is not by year"), "{error}");
}
