//! Trade alone, in the layouts of its makers.

use std::fs;

use viner_io::tables::official::{ImportOptions, Imported, import};

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
    assert_eq!(trade.regions, ["CHN", "RUS", "S19", "USA"]);
    assert_eq!(trade.products, ["270900", "854231"]);
    assert_eq!(trade.rows, [(1, 0, 0, 2.5), (1, 3, 0, 1.5005), (2, 3, 1, 7.0)]);
    assert_eq!((trade.year, &trade.unknown), (2022, &vec!["S19".to_owned()]));
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
