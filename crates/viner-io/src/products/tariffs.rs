//! Tariffs by product, as TRAINS has them in WITS, brought to the sectors and regions of a table.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::Write as _;
use std::path::Path;

use viner_model::labels::Labels;
use viner_model::ndarray::Array3;

use super::concordance::Concordance;
use super::countries::Countries;
use super::harmonized_system::described;
use super::isic::SectorDivisions;
use super::trade_weights::TradeWeights;
use crate::diagnostic::{Diagnostic, IoError};
use crate::operations::Sheet;
use crate::tables::region_of_number;

/// Columns of a file of tariffs: reporter, year, product, partner, kind of duty, simple mean.
struct Layout {
    reporter: &'static str,
    year: &'static str,
    product: &'static str,
    partner: &'static str,
    duty: &'static str,
    rate: &'static str,
}

/// The bulk download: `AVEMFN` without partners, `AVEPref` with them.
const BULK: Layout = Layout {
    reporter: "Reporter_ISO_N",
    year: "Year",
    product: "ProductCode",
    partner: "Partner",
    duty: "",
    rate: "SimpleAverage",
};
/// The result of a query.
const QUERY: Layout = Layout {
    reporter: "Reporter",
    year: "Tariff Year",
    product: "Product",
    partner: "Partner",
    duty: "DutyType",
    rate: "Simple Average",
};

/// The European Union as it reports its tariff.
const UNION: [&str; 2] = ["918", "097"];
/// All partners.
const WORLD: [&str; 2] = ["000", "0"];

/// Groups of countries that preferences are given to, and their members.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Preferences(BTreeMap<String, Vec<String>>);

impl Preferences {
    /// Reads the list of beneficiaries of WITS, saved as CSV: columns `RegionCode` and `Partner`.
    ///
    /// # Errors
    /// `Input` with everything that is wrong in it, `File` if the file system fails.
    pub fn read(path: &Path) -> Result<Self, IoError> {
        let sheet = Sheet::read_any(path, &["RegionCode", "Partner"])?;
        let mut groups: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for row in &sheet.rows {
            if let Some(code) = region_of_number(sheet.cell(row, "Partner")) {
                let group = sheet.cell(row, "RegionCode").to_owned();
                groups.entry(group).or_default().push(code.to_owned());
            }
        }
        Ok(Self(groups))
    }
}

/// Tariffs of a table.
#[derive(Clone, Debug, PartialEq)]
pub struct TariffTable {
    /// The year they are of.
    pub year: i64,
    /// Ad valorem rates, 0.05 = 5 %: `[sector, importer, exporter]`; not a number where nothing is
    /// known.
    pub rates: Array3<f64>,
    /// Cells whose mean is weighted by trade.
    pub weighted: usize,
    /// Cells with a plain mean over products.
    pub plain: usize,
    /// Remarks, a sentence each.
    pub remarks: Vec<String>,
}

impl TariffTable {
    /// As a table that a policy `tariff` and a bundle take; cells of which nothing is known are not in
    /// it.
    pub fn csv(&self, regions: &Labels, sectors: &Labels) -> String {
        let mut text = "exporter,importer,sector,rate\n".to_owned();
        for ((s, n, i), rate) in self.rates.indexed_iter().filter(|(_, rate)| rate.is_finite()) {
            let (exporter, importer) = (regions.code(i), regions.code(n));
            let _ = writeln!(text, "{exporter},{importer},{},{rate}", sectors.code(s));
        }
        text
    }
}

/// What is charged: by importer and product, and by exporter where that differs.
#[derive(Default)]
struct Rates {
    general: BTreeMap<(String, String), f64>,
    special: BTreeMap<(String, String, String), f64>,
    years: BTreeSet<i64>,
    groups: BTreeSet<String>,
    unknown: BTreeSet<String>,
    left: BTreeMap<&'static str, usize>,
}

/// Reads tariffs of one year and takes means over products and countries, weighted by `trade` where
/// there is some.
///
/// A tariff on a product is the lowest that applies to the pair: a preference, or the rate for all.
/// Where the file has rates as applied (`AHS`), those are taken.
///
/// # Errors
/// `Input` for files of another layout, with wrong numbers or several years; `File` if the file system
/// fails.
pub fn read_tariffs(
    paths: &[&Path],
    year: Option<i64>,
    labels: (&Labels, &Labels),
    divisions: &SectorDivisions,
    concordance: &Concordance,
    preferences: &Preferences,
    trade: Option<&TradeWeights>,
) -> Result<TariffTable, IoError> {
    let mut rates = Rates::default();
    for path in paths {
        rates.read(path, year, preferences)?;
    }
    let year = match (year, rates.years.len()) {
        (Some(year), _) if rates.years.contains(&year) => year,
        (None, 1) => rates.years.first().copied().unwrap_or_default(),
        _ => {
            let years: Vec<String> = rates.years.iter().map(i64::to_string).collect();
            let problem = match year {
                Some(year) => Diagnostic::new(format!("there are no tariffs of the year {year}")),
                None => {
                    Diagnostic::new("the files hold several years").hint("name one with `--year`")
                }
            };
            return Err(problem.found(format!("the years {}", years.join(", "))).into());
        }
    };
    let countries = Countries::of(labels.0, year);
    Ok(countries.table(&rates, year, labels.1, divisions, concordance, trade))
}

impl Rates {
    fn read(
        &mut self,
        path: &Path,
        wanted: Option<i64>,
        preferences: &Preferences,
    ) -> Result<(), IoError> {
        let sheet = Sheet::read_any(path, &[])?;
        let fits = |layout: &&Layout| {
            [layout.reporter, layout.year, layout.product, layout.rate]
                .iter()
                .all(|name| sheet.has(name))
        };
        let Some(layout) = [&BULK, &QUERY].into_iter().find(fits) else {
            let problem = Diagnostic::new("not a table of tariffs that is known").at_line(1);
            let expected = "the columns Reporter_ISO_N, Year, ProductCode, SimpleAverage or Reporter, \
                            Product, Tariff Year, Simple Average";
            return Err(problem.expected(expected).in_file(sheet.file()).into());
        };
        let mut problems = sheet.problems_here();
        for row in &sheet.rows {
            let cell = |column: &str| sheet.cell(row, column);
            let year: Option<i64> = cell(layout.year).parse().ok();
            let rate: Option<f64> = cell(layout.rate)
                .parse()
                .ok()
                .filter(|rate: &f64| rate.is_finite() && *rate > -100.0);
            let (Some(year), Some(rate)) = (year, rate) else {
                let found = format!("`{}` and `{}`", cell(layout.year), cell(layout.rate));
                let problem = Diagnostic::new("the year or the rate is wrong").at_line(row.line);
                problems.push(problem.found(found).expected("a year, and a rate in percent"));
                continue;
            };
            self.years.insert(year);
            if wanted.is_some_and(|wanted| wanted != year) {
                continue;
            }
            let product = format!("{:0>6}", cell(layout.product));
            if product.len() != 6 || !product.bytes().all(|byte| byte.is_ascii_digit()) {
                *self.left.entry("rows of products with other than six digits").or_default() += 1;
                continue;
            }
            if cell(layout.duty) == "BND" {
                *self.left.entry("bound rates").or_default() += 1;
                continue;
            }
            let reporter = cell(layout.reporter);
            let importer = if UNION.contains(&reporter) {
                "EUN".to_owned()
            } else if let Some(code) = region_of_number(reporter) {
                code.to_owned()
            } else {
                self.unknown.insert(reporter.to_owned());
                continue;
            };
            self.enter(importer, cell(layout.partner), product, rate / 100.0, preferences);
        }
        if problems.is_empty() { Ok(()) } else { Err(problems.into_diagnostics().into()) }
    }

    fn enter(
        &mut self,
        importer: String,
        partner: &str,
        product: String,
        rate: f64,
        preferences: &Preferences,
    ) {
        if partner.is_empty() || WORLD.contains(&partner) {
            self.general.insert((importer, product), rate);
            return;
        }
        let one = region_of_number(partner).map(|code| vec![code.to_owned()]);
        let Some(partners) = preferences.0.get(partner).cloned().or(one) else {
            self.groups.insert(partner.to_owned());
            return;
        };
        for exporter in partners {
            let key = (importer.clone(), exporter, product.clone());
            self.special.entry(key).and_modify(|low| *low = low.min(rate)).or_insert(rate);
        }
    }

    /// What an importer charges, by its own tariff or that of the union it is in.
    fn of(&self, importer: &str, union: bool, exporter: &str, product: &str) -> Option<f64> {
        let own = if union { "EUN" } else { importer };
        let special = [own, importer].into_iter().find_map(|importer| {
            self.special.get(&(importer.into(), exporter.into(), product.into())).copied()
        });
        let general = [own, importer]
            .into_iter()
            .find_map(|importer| self.general.get(&(importer.into(), product.into())).copied());
        match (special, general) {
            (Some(special), Some(general)) => Some(special.min(general)),
            (special, general) => special.or(general),
        }
    }
}

#[derive(Clone, Copy, Default)]
struct Mean {
    weight: f64,
    sum: f64,
}

impl Mean {
    fn add(&mut self, weight: f64, value: f64) {
        self.weight += weight;
        self.sum += weight * value;
    }
}

impl Countries<'_> {
    /// Means over products and countries.
    fn table(
        &self,
        rates: &Rates,
        year: i64,
        sectors: &Labels,
        divisions: &SectorDivisions,
        concordance: &Concordance,
        trade: Option<&TradeWeights>,
    ) -> TariffTable {
        let shape = (sectors.len(), self.regions.len(), self.regions.len());
        let mut by_trade: Array3<Mean> = Array3::default(shape);
        let mut plain: Array3<Mean> = Array3::default(shape);
        let mut places: HashMap<String, Vec<(usize, f64)>> = HashMap::new();
        let mut unplaced = BTreeSet::new();
        let mut sectors_of = |product: &str| -> Vec<(usize, f64)> {
            if let Some(known) = places.get(product) {
                return known.clone();
            }
            let of = concordance.of(product);
            let all: BTreeSet<usize> = of
                .into_iter()
                .flatten()
                .flat_map(|division| divisions.holding(*division))
                .collect();
            let share = 1.0 / all.len().max(1) as f64;
            let all: Vec<(usize, f64)> = all.into_iter().map(|at| (at, share)).collect();
            if all.is_empty() {
                unplaced.insert(product.to_owned());
            }
            places.insert(product.to_owned(), all.clone());
            all
        };
        let is_member = |country: &str| self.is_member(country);
        let (mut matched, mut all_trade) = (0.0, 0.0);
        for (exporter, importer, product, value) in trade.into_iter().flat_map(TradeWeights::rows) {
            let (Some(i), Some(n)) = (self.region(exporter), self.region(importer)) else {
                continue;
            };
            let inside = is_member(exporter) && is_member(importer);
            if exporter == importer || i == n {
                continue;
            }
            all_trade += value;
            let rate = if inside {
                Some(0.0)
            } else {
                rates.of(importer, is_member(importer), exporter, product)
            };
            let Some(rate) = rate else { continue };
            matched += value;
            for (at, share) in sectors_of(product) {
                by_trade[[at, n, i]].add(value * share, rate);
            }
        }
        // Without trade every product counts alike, for each region's own country.
        let mut charged: BTreeSet<(&str, &str)> = BTreeSet::new();
        charged.extend(rates.general.keys().map(|(importer, product)| (&**importer, &**product)));
        charged
            .extend(rates.special.keys().map(|(importer, _, product)| (&**importer, &**product)));
        for (importer, product) in charged {
            let importers: Vec<&str> =
                if importer == "EUN" { self.members.clone() } else { vec![importer] };
            let of = sectors_of(product);
            for importer in importers {
                let Some(n) = self.region(importer) else { continue };
                for i in (0..self.regions.len()).filter(|i| *i != n) {
                    let exporter = self.regions.code(i);
                    let union = ["EU27", "EU28"].contains(&exporter);
                    let exporter = if union {
                        self.members.first().copied().unwrap_or(exporter)
                    } else {
                        exporter
                    };
                    let inside = is_member(importer) && is_member(exporter);
                    let rate = if inside {
                        Some(0.0)
                    } else {
                        rates.of(importer, is_member(importer), exporter, product)
                    };
                    let Some(rate) = rate else { continue };
                    for (at, share) in &of {
                        plain[[*at, n, i]].add(*share, rate);
                    }
                }
            }
        }
        let (mut weighted, mut means) = (0, 0);
        let rates_of = |at: (usize, usize, usize)| {
            let (trade, plain) = (by_trade[at], plain[at]);
            if trade.weight > 0.0 {
                weighted += 1;
                trade.sum / trade.weight
            } else if plain.weight > 0.0 {
                means += 1;
                plain.sum / plain.weight
            } else {
                f64::NAN
            }
        };
        let table = Array3::from_shape_fn(shape, rates_of);
        let mut remarks = Vec::new();
        if trade.is_some() {
            let share = 100.0 * matched / f64::max(all_trade, f64::MIN_POSITIVE);
            remarks.push(format!("tariffs are known for {share:.1} % of the trade given"));
        }
        let mut list = |what: &str, codes: &BTreeSet<String>| {
            if !codes.is_empty() {
                let first: Vec<&str> = codes.iter().take(8).map(String::as_str).collect();
                let more = codes.len() - first.len();
                let more = if more > 0 { format!(" and {more} more") } else { String::new() };
                remarks.push(format!("{what}: {}{more}", first.join(", ")));
            }
        };
        list("groups of partners without a list of members, left out", &rates.groups);
        list("reporters whose numbers are in no list, left out", &rates.unknown);
        let unplaced: BTreeSet<String> = unplaced.iter().map(|code| described(code)).collect();
        list("products that no sector makes", &unplaced);
        for (what, count) in &rates.left {
            remarks.push(format!("{what} left out: {count}"));
        }
        TariffTable { year, rates: table, weighted, plain: means, remarks }
    }
}
