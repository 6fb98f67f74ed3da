//! The arrays of the data base: their names, their indices, their values.

use std::collections::{BTreeMap, HashMap};

use viner_model::labels::{Label, Labels};
use viner_model::ndarray::{Array2, Array3};

use super::super::har::Header;
use crate::diagnostic::Diagnostic;
use crate::tables::problems::Problems;
use crate::tables::{codes, names, order};

/// What an array is to the reader, its name since version 10, and its name up to version 9.
const ARRAYS: [(What, &str, &str); 14] = [
    (What::Home(Use::Firms), "VDFB", "VDFM"),
    (What::Imports(Use::Firms), "VMFB", "VIFM"),
    (What::Home(Use::Final), "VDPB", "VDPM"),
    (What::Imports(Use::Final), "VMPB", "VIPM"),
    (What::Home(Use::Final), "VDGB", "VDGM"),
    (What::Imports(Use::Final), "VMGB", "VIGM"),
    // Up to version 9, investment is the column `CGDS` of firms' purchases.
    (What::Home(Use::Final), "VDIB", ""),
    (What::Imports(Use::Final), "VMIB", ""),
    (What::Fob, "VFOB", "VXWD"),
    (What::Cif, "VCIF", "VIWS"),
    (What::WithTariff, "VMSB", "VIMS"),
    (What::Basic, "VXSB", "VXMD"),
    (What::Supply, "VST", "VST"),
    (What::Margins, "VTWR", "VTWR"),
];

/// The activity that stands for investment up to version 9.
const INVESTMENT: &str = "CGDS";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Use {
    Firms,
    Final,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum What {
    /// Purchases of domestic goods at basic prices.
    Home(Use),
    /// Purchases of imports at basic prices, tariffs included.
    Imports(Use),
    /// Exports at fob prices.
    Fob,
    /// Imports at cif prices.
    Cif,
    /// Imports with tariffs.
    WithTariff,
    /// Exports at basic prices.
    Basic,
    /// Exports of transport services, by service and supplier.
    Supply,
    /// Transport services by service, good, exporter and importer.
    Margins,
}

/// Values of the data base, in the order of its labels.
pub(super) struct Arrays {
    pub(super) regions: Labels,
    pub(super) goods: Labels,
    /// Codes of regions that no list has.
    pub(super) unknown: Vec<String>,
    /// Purchases by firms, `[region, user, good]`: at home, imports.
    pub(super) firms: [Array3<f64>; 2],
    /// Final purchases, `[region, good]`: at home, imports.
    pub(super) final_use: [Array2<f64>; 2],
    /// `[good, importer, exporter]`.
    pub(super) fob: Array3<f64>,
    pub(super) cif: Array3<f64>,
    pub(super) with_tariff: Array3<f64>,
    /// Exports at basic prices and of transport, `[region, good]`.
    pub(super) basic: Array2<f64>,
    pub(super) supply: Array2<f64>,
    /// Transport by service (its position among the goods): `[good, importer]`.
    pub(super) margins: BTreeMap<usize, Array2<f64>>,
    /// Transport of all services: `[good, importer, exporter]`.
    pub(super) freight: Array3<f64>,
    /// Output by commodity where the file states it: `[region, good]`.
    pub(super) make: Option<Array2<f64>>,
}

impl Arrays {
    /// Reads all arrays; `None` with what is wrong.
    pub(super) fn read(headers: &[Header], problems: &mut Problems) -> Option<Self> {
        let find = |name: &str| headers.iter().find(|header| header.name == name);
        let recent = find("VFOB").is_some();
        let fob = find(if recent { "VFOB" } else { "VXWD" })?;
        let (Some(good_codes), Some(region_codes)) = (elements(fob, 0), elements(fob, 1)) else {
            let problem = format!("header `{}` has no names of goods and regions", fob.name);
            problems.push(Diagnostic::new(problem).expected("sets with elements"));
            return None;
        };
        let (n, s) = (region_codes.len(), good_codes.len());
        if order::cell_count(n, s).is_none() {
            let problem = Diagnostic::new("the table is too large");
            problems.push(problem.found(format!("{n} regions and {s} goods")));
            return None;
        }
        let (region_labels, codes, unknown) = region_labels(&fob.dimensions[1].elements);
        let good_labels = good_labels(&fob.dimensions[0].elements);
        let goods = axis(&good_labels, &good_codes, &fob.dimensions[0].elements);
        let regions = axis(&region_labels, &region_codes, &codes);
        if goods.len() != s || regions.len() != n {
            problems.push(Diagnostic::new("a region or good of the file is there twice"));
            return None;
        }
        let mut arrays = Self {
            regions: region_labels,
            goods: good_labels,
            unknown,
            firms: [Array3::zeros((n, s, s)), Array3::zeros((n, s, s))],
            final_use: [Array2::zeros((n, s)), Array2::zeros((n, s))],
            fob: Array3::zeros((s, n, n)),
            cif: Array3::zeros((s, n, n)),
            with_tariff: Array3::zeros((s, n, n)),
            basic: Array2::zeros((n, s)),
            supply: Array2::zeros((n, s)),
            margins: BTreeMap::new(),
            freight: Array3::zeros((s, n, n)),
            make: None,
        };
        for (what, name, old) in ARRAYS {
            let name = if recent { name } else { old };
            if name.is_empty() {
                continue;
            }
            let Some(header) = find(name) else {
                problems.push(Diagnostic::new(format!("header `{name}` is missing")));
                continue;
            };
            if let Err(problem) = arrays.enter(what, header, &goods, &regions) {
                problems.push(problem);
            }
        }
        if let Some(make) = find("MAKB")
            && let Err(problem) = arrays.enter_make(make, &goods, &regions)
        {
            problems.push(problem);
        }
        problems.is_empty().then_some(arrays)
    }

    /// Adds an array.
    fn enter(
        &mut self,
        what: What,
        header: &Header,
        goods: &HashMap<String, usize>,
        regions: &HashMap<String, usize>,
    ) -> Result<(), Diagnostic> {
        use Axis::{Good, Region, User};
        let axes: &[Axis] = match what {
            What::Home(Use::Firms) | What::Imports(Use::Firms) => &[Good, User, Region],
            What::Home(Use::Final) | What::Imports(Use::Final) | What::Supply => &[Good, Region],
            What::Fob | What::Cif | What::WithTariff | What::Basic => &[Good, Region, Region],
            What::Margins => &[Good, Good, Region, Region],
        };
        let places = places(header, axes, goods, regions)?;
        let investment = goods.len();
        header.each(|at, value| {
            let at: Vec<usize> = at.iter().zip(&places).map(|(at, places)| places[*at]).collect();
            match what {
                What::Home(kind) | What::Imports(kind) => {
                    let which = usize::from(matches!(what, What::Imports(_)));
                    match (kind, &at[..]) {
                        (Use::Firms, &[s, k, n]) if k == investment => {
                            self.final_use[which][[n, s]] += value;
                        }
                        (Use::Firms, &[s, k, n]) => self.firms[which][[n, k, s]] += value,
                        (_, &[s, n]) => self.final_use[which][[n, s]] += value,
                        _ => {}
                    }
                }
                What::Fob => self.fob[[at[0], at[2], at[1]]] = value,
                What::Cif => self.cif[[at[0], at[2], at[1]]] = value,
                What::WithTariff => self.with_tariff[[at[0], at[2], at[1]]] = value,
                What::Basic => self.basic[[at[1], at[0]]] += value,
                What::Supply => self.supply[[at[1], at[0]]] = value,
                What::Margins => {
                    let size = (goods.len(), regions.len());
                    let of = self.margins.entry(at[0]).or_insert_with(|| Array2::zeros(size));
                    of[[at[1], at[3]]] += value;
                    self.freight[[at[1], at[3], at[2]]] += value;
                }
            }
        });
        Ok(())
    }

    /// Output, which must be of one commodity by each activity.
    fn enter_make(
        &mut self,
        header: &Header,
        goods: &HashMap<String, usize>,
        regions: &HashMap<String, usize>,
    ) -> Result<(), Diagnostic> {
        let places = places(header, &[Axis::Good, Axis::User, Axis::Region], goods, regions)?;
        let mut make = Array2::zeros((regions.len(), goods.len()));
        let mut other = None;
        header.each(|at, value| {
            let (s, k, n) = (places[0][at[0]], places[1][at[1]], places[2][at[2]]);
            make[[n, s]] += value;
            if s != k {
                other = Some((s, k, n));
            }
        });
        self.make = Some(make);
        let Some((s, k, n)) = other else { return Ok(()) };
        let name = |at: usize| if at < self.goods.len() { self.goods.code(at) } else { INVESTMENT };
        Err(Diagnostic::new("an activity makes several commodities")
            .found(format!("`{}` made by `{}` in `{}`", name(s), name(k), self.regions.code(n)))
            .expected("a data base whose activities are its commodities"))
    }
}

/// Labels of the regions in order, the code of each in the order of the file, and those that no list
/// has. The data base writes codes of ISO 3166 in small letters.
fn region_labels(written: &[String]) -> (Labels, Vec<String>, Vec<String>) {
    let (mut labels, mut codes, mut unknown) = (Vec::new(), Vec::new(), Vec::new());
    for written in written {
        let capital = written.to_ascii_uppercase();
        let listed = codes::name(&capital).or_else(|| codes::gtap(&capital));
        let code = if listed.is_some() { capital } else { written.clone() };
        if listed.is_none() {
            unknown.push(code.clone());
        }
        labels.push(Label { name: listed.unwrap_or(&code).to_owned(), code: code.clone() });
        codes.push(code);
    }
    (order::regions(labels), codes, unknown)
}

fn good_labels(written: &[String]) -> Labels {
    let label = |code: &String| Label {
        code: code.clone(),
        name: names::sector(code).unwrap_or(code).to_owned(),
    };
    order::sectors(written.iter().map(label).collect())
}

/// Positions among the labels by the names of the file, in capitals.
fn axis(labels: &Labels, names: &[String], codes: &[String]) -> HashMap<String, usize> {
    let pairs = names.iter().zip(codes);
    pairs.filter_map(|(name, code)| Some((name.clone(), labels.position(code)?))).collect()
}

/// Element names of a dimension, in capitals: GEMPACK tells no small letters from large ones.
fn elements(header: &Header, dimension: usize) -> Option<Vec<String>> {
    let elements = &header.dimensions.get(dimension)?.elements;
    (!elements.is_empty()).then(|| elements.iter().map(|name| name.to_ascii_uppercase()).collect())
}

/// What the indices of an array run over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Axis {
    Good,
    /// A good by its activity, or investment.
    User,
    Region,
}

/// The position of every element of an array among goods and regions; investment is after the goods.
fn places(
    header: &Header,
    axes: &[Axis],
    goods: &HashMap<String, usize>,
    regions: &HashMap<String, usize>,
) -> Result<Vec<Vec<usize>>, Diagnostic> {
    let name = &header.name;
    if header.dimensions.len() != axes.len() {
        let problem = Diagnostic::new(format!("header `{name}` has a wrong number of dimensions"));
        let found = header.dimensions.len().to_string();
        return Err(problem.found(found).expected(axes.len().to_string()));
    }
    let place = |(dimension, axis): (usize, &Axis)| {
        let Some(elements) = elements(header, dimension) else {
            let problem = format!("dimension {} of header `{name}` has no names", dimension + 1);
            return Err(Diagnostic::new(problem).expected("a set with elements"));
        };
        let known = if *axis == Axis::Region { regions } else { goods };
        let position = |element: &String| match known.get(element) {
            Some(at) => Ok(*at),
            None if *axis == Axis::User && element == INVESTMENT => Ok(goods.len()),
            None => {
                let set = &header.dimensions[dimension].set;
                let problem = format!("`{element}` of set `{set}` in header `{name}` is unknown");
                Err(Diagnostic::new(problem).expected("an element that `VFOB` or `VXWD` has"))
            }
        };
        elements.iter().map(position).collect::<Result<Vec<usize>, Diagnostic>>()
    };
    axes.iter().enumerate().map(place).collect()
}
