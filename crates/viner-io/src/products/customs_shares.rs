//! A sector divided by trade statistics: what customs record of its products, by exporter and importer.
//!
//! ```text
//! share_c,in = T_c,in / Σ_c T_c,in          between regions with trade in the products of the sector
//! share_c,i  = Σ_n T_c,in / Σ_c,n T_c,in    else, and at home: what the seller sells abroad
//! ```
//!
//! where `T_c` is trade in the products of child c. A seller without such trade has the shares of the
//! world.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use viner_model::ndarray::{Array1, Array3, Axis};
use viner_model::tables::Tables;
use viner_tables::split::{Division, TradeShare, UseShare};

use super::child_products::ChildProducts;
use super::concordance::Concordance;
use super::countries::Countries;
use super::harmonized_system::described;
use super::isic::SectorDivisions;
use super::trade_weights::TradeWeights;
use crate::diagnostic::{Diagnostic, Diagnostics, IoError};

/// How many products of a child are named.
const NAMED: usize = 3;

/// How trade divides a sector.
#[derive(Clone, Debug, PartialEq)]
pub struct CustomsShares {
    /// Shares of flows.
    pub division: Division,
    /// Trade in each child between regions, in the order of the division.
    pub children: Vec<ChildTrade>,
    /// Flows of the sector whose shares are those of their own trade, those of what the seller sells
    /// to all, and those of the world; flows at home are among the last two. Before [`Self::overlay`].
    pub cells: [usize; 3],
    /// Remarks, a sentence each.
    pub remarks: Vec<String>,
}

impl CustomsShares {
    /// Takes the shares of the flows that another division names, and its shares in uses, in place of
    /// those of trade. Where it leaves out one child, that has the rest.
    ///
    /// # Errors
    /// `Input` for a child that is none of these.
    pub fn overlay(&mut self, given: Division) -> Result<(), IoError> {
        let own = &mut self.division;
        let codes = || own.children.iter().map(|child| child.code.as_str());
        let mut problems = Diagnostics::default();
        let mut positions = Vec::new();
        for child in &given.children {
            let position = codes().position(|code| code == child.code);
            positions.push(position.unwrap_or_default());
            if position.is_none() {
                let unknown = Diagnostic::unknown("child", &child.code, codes());
                problems.push(unknown.in_file(given.source.clone()));
            }
        }
        problems.into_result()?;
        let place = |row: &TradeShare| (row.exporter, row.importer);
        let mut cells: BTreeMap<_, BTreeMap<usize, f64>> = BTreeMap::new();
        for row in &given.trade {
            cells.entry(place(row)).or_default().insert(positions[row.child], row.share);
        }
        own.trade.retain(|row| !cells.contains_key(&place(row)));
        for ((exporter, importer), mut shares) in cells {
            let mut absent = (0..own.children.len()).filter(|child| !shares.contains_key(child));
            if let (Some(child), None) = (absent.next(), absent.next()) {
                shares.insert(child, (1.0 - shares.values().sum::<f64>()).max(0.0));
            }
            let rows = shares.into_iter();
            own.trade.extend(rows.map(|(child, share)| TradeShare {
                child,
                exporter,
                importer,
                share,
            }));
        }
        let uses = given.uses.into_iter();
        own.uses = uses.map(|row| UseShare { child: positions[row.child], ..row }).collect();
        own.source = format!("{}, and {}", own.source, given.source);
        Ok(())
    }
}

/// Trade in the products of a child.
#[derive(Clone, Debug, PartialEq)]
pub struct ChildTrade {
    /// In the unit of the trade file, between regions.
    pub value: f64,
    /// How many products are traded.
    pub products: usize,
    /// The largest of them, code and value.
    pub largest: Vec<(String, f64)>,
}

/// What decides which products a sector has.
#[derive(Clone, Copy, Debug)]
pub struct Industries<'a> {
    /// Which divisions each sector holds; an error where its codes do not tell.
    pub divisions: &'a Result<SectorDivisions, IoError>,
    /// Which divisions make each product.
    pub concordance: &'a Concordance,
}

/// Reads which products each child has, `child,name,hs`, and computes its shares of the sector's flows.
///
/// `hs` holds codes of the Harmonized System or their first digits, several separated by spaces; the
/// longest counts. One child may have `*`: the products that the sector makes and no other child has.
///
/// # Errors
/// `Input` with everything that is wrong in the file of products, for trade that is not by such codes,
/// and without trade in the products; `File` if the file system fails.
pub fn divide_by_trade(
    path: &Path,
    trade: &TradeWeights,
    tables: &Tables,
    parent: usize,
    industries: Industries<'_>,
) -> Result<CustomsShares, IoError> {
    let wanted = ChildProducts::read(path)?;
    let mut sums = Sums::new(&wanted, tables, parent, industries)?;
    sums.add(trade)?;
    sums.shares(path, trade)
}

/// Trade added up.
struct Sums<'a> {
    wanted: &'a ChildProducts,
    tables: &'a Tables,
    parent: usize,
    industries: Industries<'a>,
    /// `[child, importer, exporter]`.
    trade: Array3<f64>,
    by_product: Vec<BTreeMap<String, f64>>,
    /// Products of the sector that no child has, and their trade.
    left: BTreeMap<String, f64>,
    /// Products that a child names and other sectors make.
    others: BTreeSet<String>,
    /// Countries that are in the rest of the world, and those that are nowhere.
    elsewhere: [BTreeSet<String>; 2],
}

impl<'a> Sums<'a> {
    fn new(
        wanted: &'a ChildProducts,
        tables: &'a Tables,
        parent: usize,
        industries: Industries<'a>,
    ) -> Result<Self, IoError> {
        // All other products are those of the sector, so that it must be known what it makes.
        if let (Some(_), Err(error)) = (wanted.rest, industries.divisions) {
            return Err(error.diagnostics().into());
        }
        let regions = tables.regions.len();
        let count = wanted.children.len();
        Ok(Self {
            wanted,
            tables,
            parent,
            industries,
            trade: Array3::zeros((count, regions, regions)),
            by_product: vec![BTreeMap::new(); count],
            left: BTreeMap::new(),
            others: BTreeSet::new(),
            elsewhere: Default::default(),
        })
    }

    /// The part of a product that the sector makes; nothing where it is not known what it makes.
    fn made(&self, product: &str) -> Option<f64> {
        let divisions = self.industries.divisions.as_ref().ok()?;
        let of = self.industries.concordance.of(product);
        let sectors: BTreeSet<usize> =
            of.into_iter().flatten().flat_map(|division| divisions.holding(*division)).collect();
        let share = 1.0 / sectors.len().max(1) as f64;
        Some(if sectors.contains(&self.parent) { share } else { 0.0 })
    }

    fn add(&mut self, trade: &TradeWeights) -> Result<(), IoError> {
        let countries = Countries::of(&self.tables.regions, self.tables.description.year);
        // The child of each product and the part of it that counts.
        let mut places: BTreeMap<&str, Option<(usize, f64)>> = BTreeMap::new();
        let wrong = |problem: Diagnostic| problem.in_file(trade.name().to_owned());
        for (product, _) in trade.products() {
            if ![2, 4, 6].contains(&product.len()) || product.bytes().any(|b| !b.is_ascii_digit()) {
                let problem =
                    wrong(Diagnostic::new("trade is not by products of the Harmonized System"));
                let expected =
                    "codes of 2, 4 or 6 digits, as imports of BACI and UN Comtrade have them";
                return Err(problem.found(format!("`{product}`")).expected(expected).into());
            }
            let child = self.wanted.child(product).map_err(|part| {
                let problem = format!("trade in `{product}` does not tell `{part}` apart");
                wrong(Diagnostic::new(problem)).hint("import trade by products of six digits")
            })?;
            let made = self.made(product);
            let place = match (child, made) {
                (Some(child), made) => {
                    if made == Some(0.0) {
                        self.others.insert(product.to_owned());
                    }
                    Some((child, 1.0))
                }
                (None, Some(made)) if made > 0.0 => self.wanted.rest.map(|rest| (rest, made)),
                _ => None,
            };
            if place.is_none() && made.is_some_and(|made| made > 0.0) {
                self.left.insert(product.to_owned(), 0.0);
            }
            places.insert(product, place);
        }
        for (exporter, importer, product, value) in trade.rows() {
            let place = |country: &str, elsewhere: &mut [BTreeSet<String>; 2]| {
                let region = countries.region(country);
                let code = region.map(|at| self.tables.regions.code(at));
                let listed = match code {
                    None => Some(1),
                    Some("ROW") if country != "ROW" => Some(0),
                    Some(_) => None,
                };
                if let Some(list) = listed
                    && !elsewhere[list].contains(country)
                {
                    elsewhere[list].insert(country.to_owned());
                }
                region
            };
            let (from, to) =
                (place(exporter, &mut self.elsewhere), place(importer, &mut self.elsewhere));
            let (Some(i), Some(n)) = (from, to) else { continue };
            if i == n {
                continue;
            }
            if let Some(Some((child, part))) = places.get(product) {
                self.trade[[*child, n, i]] += part * value;
                *self.by_product[*child].entry(product.to_owned()).or_default() += part * value;
            } else if let Some(sum) = self.left.get_mut(product) {
                *sum += value;
            }
        }
        Ok(())
    }

    fn shares(self, path: &Path, trade: &TradeWeights) -> Result<CustomsShares, IoError> {
        let parent = self.tables.sectors.code(self.parent);
        let world: Array1<f64> = self.trade.sum_axis(Axis(2)).sum_axis(Axis(1));
        if world.sum() <= 0.0 {
            let problem = format!("there is no trade in the products of `{parent}`");
            let problem = Diagnostic::new(problem).in_file(trade.name().to_owned());
            let found =
                format!("{} rows of other products, or within a region", trade.rows().count());
            return Err(problem.found(found).into());
        }
        let mut rows = Vec::new();
        let mut give = |exporter: Option<usize>, importer: Option<usize>, sums: &Array1<f64>| {
            let all = sums.sum();
            if all > 0.0 {
                let share = |(child, sum): (usize, &f64)| TradeShare {
                    child,
                    exporter,
                    importer,
                    share: sum / all,
                };
                rows.extend(sums.iter().enumerate().map(share));
            }
            all > 0.0
        };
        give(None, None, &world);
        let mut cells = [0; 3];
        for i in 0..self.tables.regions.len() {
            let sold = self.trade.index_axis(Axis(2), i).sum_axis(Axis(1));
            let by_seller = give(Some(i), None, &sold);
            for n in 0..self.tables.regions.len() {
                let own = self.trade.index_axis(Axis(2), i).index_axis(Axis(1), n).to_owned();
                let by_pair = give(Some(i), Some(n), &own);
                if self.tables.flows[[self.parent, n, i]] != 0.0 {
                    let by = match (by_pair, by_seller) {
                        (true, _) => 0,
                        (false, true) => 1,
                        (false, false) => 2,
                    };
                    cells[by] += 1;
                }
            }
        }
        let children = self.by_product.iter().zip(&world).map(|(products, value)| {
            let mut largest: Vec<(String, f64)> =
                products.iter().map(|(code, value)| (code.clone(), *value)).collect();
            largest.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
            let products = largest.len();
            largest.truncate(NAMED);
            ChildTrade { value: *value, products, largest }
        });
        let file = path.file_name().unwrap_or_default().to_string_lossy();
        let division = Division {
            parent: self.parent,
            children: self.wanted.children.clone(),
            trade: rows,
            uses: Vec::new(),
            source: format!(
                "{file}, shares of {}, industries by {}; at home what the seller sells abroad",
                trade.name(),
                self.industries.concordance.name()
            ),
        };
        let children = children.collect();
        Ok(CustomsShares { division, children, cells, remarks: self.remarks() })
    }

    fn remarks(&self) -> Vec<String> {
        let parent = self.tables.sectors.code(self.parent);
        let by = self.industries.concordance.name();
        let mut remarks = Vec::new();
        let mut list = |what: String, codes: Vec<String>| {
            if !codes.is_empty() {
                let first = codes.iter().take(5).map(String::as_str).collect::<Vec<_>>().join(", ");
                let more = codes.len().saturating_sub(5);
                let more = if more > 0 { format!(" and {more} more") } else { String::new() };
                remarks.push(format!("{what}: {first}{more}"));
            }
        };
        let products = |codes: &mut dyn Iterator<Item = &String>| -> Vec<String> {
            codes.map(|code| described(code)).collect()
        };
        list(
            format!("products counted as those of `{parent}`, which {by} gives to other sectors"),
            products(&mut self.others.iter()),
        );
        let left: f64 = self.left.values().sum();
        list(
            format!(
                "products of `{parent}` by {by} that no child has, {left:.1} million of trade left out"
            ),
            products(&mut self.left.keys()),
        );
        let [in_rest, nowhere] = &self.elsewhere;
        list("countries that the table has in `ROW`".to_owned(), in_rest.iter().cloned().collect());
        list(
            "countries that the table does not have, left out".to_owned(),
            nowhere.iter().cloned().collect(),
        );
        for (child, sum) in self.wanted.children.iter().zip(&self.by_product) {
            if sum.is_empty() {
                remarks.push(format!("child `{}` has no trade: its shares are zero", child.code));
            }
        }
        remarks
    }
}
