//! The World Input-Output Database of 2014 in long form.

use std::fs;

use viner_model::baseline::IdentityReport;

use crate::official_economy::world;
use crate::published::test_data;

/// Two countries, a good and a service; the good is taxed at the border, and the pair is swapped.
fn write(folder: &std::path::Path) {
    let write = |name: &str, text: &str| fs::write(folder.join(name), text).unwrap();
    write("countries.csv", "id,code,name,eu\n1,RUS,Russia,\n2,ROW,Rest of the world,\n");
    write(
        "sectors.csv",
        "id,code,short_name,name,isic4,tradable_good\n1,C02,Services,All services,Z,0\n\
         2,C01,Crops,\"Crops, animals\",A01,1\n",
    );
    write(
        "trade.csv",
        "sector,origin,destination,flow_musd,share\nC01,RUS,RUS,50,0.5\nC01,RUS,ROW,20,0.1\n\
         C01,ROW,ROW,80,0.9\nC01,ROW,RUS,10,0.5\nC02,RUS,RUS,40,1\nC02,ROW,ROW,60,1\n",
    );
    write(
        "tariffs.csv",
        "sector,origin,destination,tariff_factor_source,tariff_factor_by_destination\n\
         C01,RUS,ROW,1.25,1.1\nC01,ROW,RUS,1.1,1.25\nC01,RUS,RUS,1,1\n",
    );
    write(
        "intermediate.csv",
        "country,input_sector,using_sector,gamma,value_musd\nRUS,C01,C01,0.5,10\n\
         ROW,C02,C01,0.5,20\n",
    );
    write(
        "country_sector.csv",
        "country,sector,alpha,beta,output_musd,value_added_musd,expenditure_musd,\
         final_expenditure_musd,intermediate_expenditure_musd\n\
         RUS,C01,0.5,0.8,70,60,61,51,10\nROW,C01,0.5,0.8,93,73,105,105,0\n\
         RUS,C02,0.5,1,40,40,40,40,0\nROW,C02,0.5,1,60,60,60,40,20\n",
    );
    write("elasticities.csv", "sector,theta\nC01,2.5\nC02,0.6\n");
}

#[test]
fn a_folder_of_long_tables() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path().join("wiod2014");
    fs::create_dir(&folder).unwrap();
    write(&folder);
    let world = world(&folder);
    let tables = &world.tables;
    assert_eq!((world.report.format, tables.description.year), ("wiod-long", 2014));
    assert_eq!(tables.sectors.codes().collect::<Vec<_>>(), ["C01", "C02"]);
    assert_eq!(tables.sectors.name(0), "Crops, animals");
    assert_eq!(tables.flows[[0, 1, 0]], 20.0);
    assert_eq!(tables.inputs[[1, 0, 1]], 20.0);
    assert_eq!(tables.final_spending[[0, 0]], 51.0);
    assert_eq!(tables.value_added[[1, 0]], 73.0);
    let tariffs = tables.tariffs.as_ref().unwrap();
    assert_eq!(tariffs[[0, 1, 0]], 0.25);
    assert_eq!(tables.parameters.trade_elasticity, [Some(2.5), Some(0.6)]);
    let report = IdentityReport::of(tables);
    let residual =
        |name: &str| report.identities.iter().find(|one| one.name == name).unwrap().residual;
    assert!(residual("spending") < 1e-9);
    // What changes in inventories leave open.
    assert!((residual("output") - 3.0).abs() < 1e-9);
    let warnings = world.report.warnings(tables);
    assert!(warnings[0].contains("3 million in sum, 3 in `ROW/C01`"), "{warnings:?}");
    assert!(
        warnings[1].contains("2 tariffs differ from what the importer charges"),
        "{warnings:?}"
    );
}

#[test]
fn the_published_folder() {
    let Some(folder) = test_data("wiod2014") else { return };
    let world = world(&folder);
    let tables = &world.tables;
    assert_eq!((tables.regions.len(), tables.sectors.len()), (44, 50));
    // Totals that its description states, in million dollars.
    assert!((tables.flows.sum() - 159_485_938.0).abs() < 1.0);
    assert!((tables.value_added.sum() - 74_762_625.0).abs() < 1.0);
    let spending = tables.inputs.sum() + tables.final_spending.sum();
    assert!((spending - 160_546_698.0).abs() < 1.0);
}
