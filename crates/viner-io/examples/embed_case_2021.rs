//! Makes the built-in baseline `case-2021` from `icio-2022`, `g20-2021` and what is known of 2021:
//! `cargo run --example embed_case_2021 -- FOLDER`, in the root of the repository.
//!
//! The products within a section and the members of groups of regions are those of `icio-2022`; what a
//! section of a country of the G20 sells to another is that of `g20-2021`; `docs/baselines.md` explains.

use std::collections::HashMap;
use std::path::Path;

use viner_io::IoError;
use viner_io::builtin::open_baseline;
use viner_io::diagnostic::Diagnostic;
use viner_io::operations::{open_mapping, read_division, read_targets};
use viner_io::tables::{TableFormat, write_bundle};
use viner_model::labels::Labels;
use viner_model::tables::Tables;
use viner_tables::accounts::Keep;
use viner_tables::aggregate::aggregate;
use viner_tables::balance::{BalanceOptions, balance};
use viner_tables::mapping::{AxisMap, Mapping, Rest};
use viner_tables::split::split;
use viner_tables::update::{Target, Total, UpdateOptions, update};

const GDP: &str = "data/sources/gdp_2019_2021.csv";
const OIL_AND_GAS: &str = "data/sources/oil_and_gas_2021.csv";
const RUSSIA: &str = "data/targets/case-2021.csv";

/// The sector that is divided into crude oil and gas.
const PARENT: &str = "B06";

fn main() -> Result<(), IoError> {
    let folder = std::env::args().nth(1).ok_or_else(|| refuse("an argument is needed: FOLDER"))?;
    let mapping = open_mapping("case-2021")?.mapping;
    let detail = aggregate(&open_baseline("icio-2022", None)?.tables, &mapping)
        .map_err(|errors| refuse(&format!("{errors:?}")))?;
    let totals = open_baseline("g20-2021", None)?.tables;

    let goal = sections(&detail, &totals, &growth(Path::new(GDP))?)?;
    let source = format!(
        "what sections of the countries of the G20 and the rest of the world sell to each other in `g20-2021`, \
         in 2021: flows between others than Russia grow with the root of the product of both partners' GDP of \
         2021 over 2019, {GDP}"
    );
    let (tables, _) = update(&detail, &goal, &options(source)).map_err(|error| failed(&error))?;
    let goal = read_targets(Path::new(RUSSIA), &tables)?;
    let source = format!("Russia's trade of 2021 by partner and by product, {RUSSIA}");
    let (mut tables, _) =
        update(&tables, &goal, &options(source)).map_err(|error| failed(&error))?;
    seven_digits(&mut tables);
    let (tables, _) =
        balance(&tables, &BalanceOptions::default()).map_err(|error| failed(&error))?;
    let parent = position(&tables.sectors, PARENT)?;
    let division = read_division(Path::new(OIL_AND_GAS), &tables, parent)?;
    let mut tables = split(&tables, &division).map_err(|errors| refuse(&format!("{errors:?}")))?;
    describe(&mut tables);
    write_bundle(&tables, Path::new(&folder), TableFormat::CsvGz)
}

fn refuse(problem: &str) -> IoError {
    Diagnostic::new(problem).into()
}

fn failed(error: &impl std::fmt::Display) -> IoError {
    refuse(&error.to_string())
}

fn options(source: String) -> UpdateOptions {
    UpdateOptions { keep: Keep::default(), source, max_sweeps: 100_000 }
}

fn position(labels: &Labels, code: &str) -> Result<usize, IoError> {
    labels.position(code).ok_or_else(|| refuse(&format!("there is no `{code}`")))
}

/// Roots of the growth of GDP by region of `g20-2021`.
fn growth(path: &Path) -> Result<HashMap<String, f64>, IoError> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| refuse(&format!("cannot read `{}`: {error}", path.display())))?;
    let rows = text.lines().filter(|line| !line.starts_with('#')).skip(1);
    rows.map(|line| {
        let mut cells = line.split(',');
        let code = cells.next().unwrap_or_default().to_owned();
        let mut number = || cells.next().and_then(|cell| cell.parse::<f64>().ok());
        match (number(), number()) {
            (Some(before), Some(after)) => Ok((code, (after / before).sqrt())),
            _ => Err(refuse(&format!("`{line}` of {GDP} is no row of region and two numbers"))),
        }
    })
    .collect()
}

/// What a section of one region of `totals` sells to another, as totals of `detail`.
fn sections(
    detail: &Tables,
    totals: &Tables,
    growth: &HashMap<String, f64>,
) -> Result<Vec<Target>, IoError> {
    // Sections that are one sector of `detail`.
    let merged = [("DE", "D E"), ("MN", "M N"), ("OTH", "I L O P Q R S T")];
    let pairs = merged
        .iter()
        .flat_map(|(to, from)| from.split(' ').map(|code| (code.to_owned(), (*to).to_owned())));
    let sectors = AxisMap { pairs: pairs.collect(), rest: Rest::Keep, ..AxisMap::default() };
    let mapping = Mapping { name: String::new(), regions: AxisMap::identity(), sectors };
    let totals = aggregate(totals, &mapping).map_err(|errors| refuse(&format!("{errors:?}")))?;
    let members = groups(&detail.regions, &totals.regions, |_| "ROW".to_owned())?;
    let products = groups(&detail.sectors, &totals.sectors, |code| code[..1].to_owned())?;
    let russia = position(&totals.regions, "RUS")?;
    let mut goal = Vec::new();
    for (i, exporters) in members.iter().enumerate() {
        for (n, importers) in members.iter().enumerate() {
            let factor = |region: usize| {
                let code = totals.regions.code(region);
                growth.get(code).copied().ok_or_else(|| refuse(&format!("{GDP} has no `{code}`")))
            };
            let factor = if i == russia || n == russia { 1.0 } else { factor(i)? * factor(n)? };
            for (section, sectors) in products.iter().enumerate() {
                let total = Total::Flow {
                    exporters: exporters.clone(),
                    importers: importers.clone(),
                    sectors: sectors.clone(),
                };
                let value = totals.flows[[section, n, i]];
                // What the table of 2022 does not have at all cannot be brought to a total.
                if value > 0.0 && total.of(detail) > 0.0 {
                    goal.push(Target { total, value: factor * value });
                }
            }
        }
    }
    Ok(goal)
}

/// Positions in `fine` of the members of every code of `coarse`: that of its own code, or the one that
/// `other` names.
fn groups(
    fine: &Labels,
    coarse: &Labels,
    other: impl Fn(&str) -> String,
) -> Result<Vec<Vec<usize>>, IoError> {
    let mut members = vec![Vec::new(); coarse.len()];
    for (index, code) in fine.codes().enumerate() {
        let group = match coarse.position(code) {
            Some(group) => group,
            None => position(coarse, &other(code))?,
        };
        members[group].push(index);
    }
    Ok(members)
}

/// Embedded files would be larger with more.
fn seven_digits(tables: &mut Tables) {
    let rounded = |value: f64| format!("{value:.6e}").parse().unwrap_or(value);
    tables.flows.mapv_inplace(rounded);
    tables.inputs.mapv_inplace(rounded);
    tables.final_spending.mapv_inplace(rounded);
    tables.value_added.mapv_inplace(rounded);
}

fn describe(tables: &mut Tables) {
    let about = &mut tables.description;
    about.name = "case-2021".into();
    about.title = "World of 2021 for the case of 2022: 30 regions, 27 sectors".into();
    about.year = 2021;
    about.source = "OECD (2025) and (2023), OECD Inter-Country Input-Output Tables of 2022 and 2019, \
                    http://oe.cd/icio, as in the baselines icio-2022 and g20-2021; IMF, International Trade in \
                    Goods by partner country (IMTS), reporter Russian Federation, 2021; Bank of Russia; IMF, \
                    World Economic Outlook"
        .into();
    about.licence +=
        "; IMF data: copying, derivative works and publication allowed with attribution";
    about.citation +=
        "; OECD (2023), the same of 2019; IMF, International Trade in Goods by partner country";
}
