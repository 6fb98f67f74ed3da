//! Published trade elasticities brought to the sectors of a table.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

use viner_model::labels::Labels;

use super::concordance::Concordance;
use super::isic::{self, SectorDivisions};
use super::trade_weights::TradeWeights;
use crate::diagnostic::{Diagnostic, IoError};
use crate::operations::Sheet;

/// Sectors of GTAP 10 and the divisions of ISIC Rev. 4 that its list of sectors describes them by.
const GTAP: &str = include_str!("gtap_isic4.csv");
/// The forty sectors of Caliendo and Parro (2015), which are divisions of ISIC Rev. 3, by those of
/// Rev. 4.
const CALIENDO_PARRO: &str = include_str!("caliendo_parro_isic4.csv");

/// What a published number is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReadAs {
    /// The trade elasticity, up to its sign: θ = |x|.
    Theta,
    /// The elasticity of substitution, or the coefficient of a tariff on trade before tariff, up to its
    /// sign: θ = |x| − 1.
    Sigma,
}

/// Layouts that are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Layout {
    CaliendoParro,
    /// Fontagné, Guimbard and Orefice by sector of GTAP.
    ByGtapSector,
    /// The same by product: `ProTEE_0_1.csv`.
    ByProduct,
    /// Broda and Weinstein by importer and group of products.
    BrodaWeinstein,
}

impl Layout {
    const ALL: [(Self, &'static [&'static str], &'static str); 4] = [
        (Self::ByProduct, &["HS6", "sigma"], "Fontagné, Guimbard and Orefice by product"),
        (
            Self::ByGtapSector,
            &["gtap_sector", "epsilon_GTAP"],
            "Fontagné, Guimbard and Orefice by sector of GTAP",
        ),
        (Self::BrodaWeinstein, &["iso3c", "HS0_3d", "sigma"], "Broda and Weinstein (2006)"),
        (Self::CaliendoParro, &["sector", "value"], "Caliendo and Parro (2015)"),
    ];
}

/// The elasticity of a sector, and what it comes from.
#[derive(Clone, Debug, PartialEq)]
pub struct SectorElasticity {
    /// θ; `None` where the source says nothing.
    pub value: Option<f64>,
    /// How many published numbers are in it.
    pub items: usize,
}

/// Elasticities of all sectors of a table.
#[derive(Clone, Debug, PartialEq)]
pub struct Elasticities {
    /// Name of the source.
    pub source: &'static str,
    /// What its numbers were read as.
    pub read_as: ReadAs,
    /// By sector, in the table's order.
    pub sectors: Vec<SectorElasticity>,
    /// Published items that no sector takes, by code.
    pub unplaced: Vec<String>,
    /// Published items without an estimate, or whose θ would not be above zero.
    pub without: Vec<String>,
    /// What said which industries make a product, where that mattered.
    pub concordance: Option<String>,
}

impl Elasticities {
    /// As a table that `[model] trade_elasticity` takes; sectors without a number get `default`, or
    /// no row if there is none.
    pub fn csv(&self, sectors: &Labels, default: Option<f64>) -> String {
        let mut text = "sector,trade_elasticity\n".to_owned();
        for (code, of) in sectors.codes().zip(&self.sectors) {
            if let Some(value) = of.value.or(default) {
                let quoted = if code.contains([',', '"']) {
                    format!("\"{}\"", code.replace('"', "\"\""))
                } else {
                    code.to_owned()
                };
                let _ = writeln!(text, "{quoted},{value}");
            }
        }
        text
    }
}

/// A published number: its code, and θ.
type Item = (String, f64);

/// Reads published elasticities and takes means over what each sector holds.
///
/// The mean over divisions d of a sector, `θ = Σ w_d θ_d / Σ w_d`, has trade as weights w where there is
/// trade, else equal ones; `θ_d` is the plain mean of the numbers for the division. Products are weighted
/// by their own trade, or equally; one that several divisions make is shared out equally.
///
/// # Errors
/// `Input` for a file of another layout or with wrong numbers; `File` if the file system fails.
pub fn read_elasticities(
    path: &Path,
    read_as: Option<ReadAs>,
    sectors: &Labels,
    divisions: Result<SectorDivisions, IoError>,
    concordance: &Concordance,
    trade: Option<&TradeWeights>,
) -> Result<Elasticities, IoError> {
    let sheet = Sheet::read_any(path, &[])?;
    let Some((layout, columns, source)) =
        Layout::ALL.into_iter().find(|(_, columns, _)| columns.iter().all(|name| sheet.has(name)))
    else {
        let layouts: Vec<String> = Layout::ALL
            .iter()
            .map(|(_, columns, name)| format!("{} ({name})", columns.join(",")))
            .collect();
        let problem = Diagnostic::new("not a table of elasticities that is known").at_line(1);
        let problem = problem.expected(format!("the columns {}", layouts.join("; ")));
        return Err(problem.in_file(sheet.file()).into());
    };
    let read_as = read_as.unwrap_or(match layout {
        Layout::BrodaWeinstein => ReadAs::Sigma,
        _ => ReadAs::Theta,
    });
    let (items, without) = items(&sheet, layout, columns, read_as)?;
    let mut sums = vec![Sum::default(); sectors.len()];
    let mut unplaced = Vec::new();
    let mut by_product = true;
    match layout {
        Layout::ByProduct | Layout::BrodaWeinstein => {
            let divisions = divisions?;
            for (code, theta) in &items {
                let mut placed = BTreeSet::new();
                for (product, of) in concordance.under(code) {
                    let weight = trade.map_or(1.0, |trade| trade.of(product)) / of.len() as f64;
                    for at in of.iter().flat_map(|division| divisions.holding(*division)) {
                        sums[at].add(weight, *theta);
                        placed.insert(at);
                    }
                }
                for at in &placed {
                    sums[*at].items += 1;
                }
                if placed.is_empty() {
                    unplaced.push(code.clone());
                }
            }
        }
        Layout::CaliendoParro | Layout::ByGtapSector => {
            let gtap = layout == Layout::ByGtapSector;
            // A table with the same sectors needs no other classification.
            let own =
                |code: &str| sectors.codes().position(|sector| sector.eq_ignore_ascii_case(code));
            if gtap && items.iter().all(|(code, _)| own(code).is_some()) {
                for (code, theta) in &items {
                    if let Some(at) = own(code) {
                        sums[at].add(1.0, *theta);
                        sums[at].items += 1;
                    }
                }
                by_product = false;
            } else {
                let map = classification(if gtap { GTAP } else { CALIENDO_PARRO });
                let weights = division_weights(concordance, trade);
                by_product = weights.is_some();
                by_division(&items, &map, &divisions?, weights.as_ref(), &mut sums, &mut unplaced);
            }
        }
    }
    let value = |sum: &Sum| SectorElasticity {
        value: (sum.weight > 0.0).then(|| sum.theta / sum.weight),
        items: sum.items,
    };
    Ok(Elasticities {
        source,
        read_as,
        sectors: sums.iter().map(value).collect(),
        unplaced,
        without,
        concordance: by_product.then(|| concordance.name().to_owned()),
    })
}

#[derive(Clone, Copy, Debug, Default)]
struct Sum {
    weight: f64,
    theta: f64,
    items: usize,
}

impl Sum {
    fn add(&mut self, weight: f64, theta: f64) {
        self.weight += weight;
        self.theta += weight * theta;
    }
}

/// The numbers of a file, and the codes without one.
fn items(
    sheet: &Sheet,
    layout: Layout,
    columns: &[&'static str],
    read_as: ReadAs,
) -> Result<(Vec<Item>, Vec<String>), IoError> {
    let (code_column, value_column) = match layout {
        Layout::BrodaWeinstein => (columns[1], columns[2]),
        _ => (columns[0], columns[1]),
    };
    let mut numbers: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    let mut without = BTreeSet::new();
    let mut problems = sheet.problems_here();
    for row in &sheet.rows {
        let mut code = sheet.cell(row, code_column).to_owned();
        if layout == Layout::ByProduct {
            // Written as a number, without the zero in front.
            code = format!("{code:0>6}");
        }
        let text = sheet.cell(row, value_column);
        if ["", "NA", "NaN", "."].contains(&text) {
            without.insert(code);
            continue;
        }
        let Some(value) = text.parse::<f64>().ok().filter(|value| value.is_finite()) else {
            let problem = Diagnostic::new(format!("wrong `{value_column}`")).at_line(row.line);
            problems.push(problem.found(format!("`{text}`")).expected("a finite number"));
            continue;
        };
        let theta = value.abs() - if read_as == ReadAs::Sigma { 1.0 } else { 0.0 };
        // A positive coefficient of a tariff is a wrong sign, and no elasticity.
        let any_sign = layout != Layout::ByProduct && layout != Layout::ByGtapSector;
        if theta > 0.0 && (any_sign || value < 0.0) {
            numbers.entry(code).or_default().push(theta);
        } else {
            without.insert(code);
        }
    }
    if !problems.is_empty() {
        return Err(problems.into_diagnostics().into());
    }
    without.retain(|code| !numbers.contains_key(code));
    let items = numbers.into_iter().map(|(code, values)| (code, median(values))).collect();
    Ok((items, without.into_iter().collect()))
}

/// The median: estimates by importer have a tail that a mean would follow.
fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    if values.len().is_multiple_of(2) {
        f64::midpoint(values[middle - 1], values[middle])
    } else {
        values[middle]
    }
}

/// Divisions by code of another classification.
fn classification(text: &'static str) -> BTreeMap<&'static str, BTreeSet<u8>> {
    let rows = text.lines().skip(1).filter_map(|line| {
        let (code, of) = line.rsplit_once(',')?;
        Some((code, isic::divisions(of)?))
    });
    rows.collect()
}

/// World trade by division.
fn division_weights(
    concordance: &Concordance,
    trade: Option<&TradeWeights>,
) -> Option<BTreeMap<u8, f64>> {
    let trade = trade?;
    let mut weights: BTreeMap<u8, f64> = BTreeMap::new();
    let mut products: Vec<(&str, f64)> = trade.products().collect();
    products.sort_by(|a, b| a.0.cmp(b.0));
    for (product, value) in products {
        let Some(of) = concordance.of(product) else { continue };
        for division in of {
            *weights.entry(*division).or_default() += value / of.len() as f64;
        }
    }
    Some(weights)
}

fn by_division(
    items: &[Item],
    map: &BTreeMap<&'static str, BTreeSet<u8>>,
    divisions: &SectorDivisions,
    weights: Option<&BTreeMap<u8, f64>>,
    sums: &mut [Sum],
    unplaced: &mut Vec<String>,
) {
    let mut of_division: BTreeMap<u8, Vec<f64>> = BTreeMap::new();
    for (code, theta) in items {
        let of = map.get(code.as_str());
        let mut placed = BTreeSet::new();
        for division in of.into_iter().flatten() {
            of_division.entry(*division).or_default().push(*theta);
            placed.extend(divisions.holding(*division));
        }
        for at in &placed {
            sums[*at].items += 1;
        }
        if placed.is_empty() {
            unplaced.push(code.clone());
        }
    }
    for (division, all) in &of_division {
        let mean = all.iter().sum::<f64>() / all.len() as f64;
        let weight = weights.map_or(1.0, |weights| weights.get(division).copied().unwrap_or(0.0));
        for at in divisions.holding(*division) {
            sums[at].add(weight, mean);
        }
    }
    // Divisions without trade, services above all, count equally among themselves.
    for (at, sum) in sums.iter_mut().enumerate().filter(|(_, sum)| sum.weight == 0.0) {
        for (division, all) in &of_division {
            if divisions.holding(*division).any(|other| other == at) {
                sum.add(1.0, all.iter().sum::<f64>() / all.len() as f64);
            }
        }
    }
}
