//! Regions and sectors merged.

use ndarray::{Array2, Array3};
use viner_model::tables::{Parameters, Tables, Transformation};

use crate::mapping::{Mapping, MappingError};
use crate::sourcing::{self, fit_sourcing};

/// The table with regions and sectors merged as `mapping` says.
///
/// Values are summed in the order of the table's labels. Trade between merged regions becomes
/// domestic. A tariff is the mean of those merged, weighted by flows at producer value, so that
/// revenue stays, and sourcing is brought to it; a trade elasticity is weighted by imports from other regions, a share of the
/// specific factor by positive value added, the other elasticities by output, each over the sectors
/// that have one. Where every weight is zero the plain mean is taken.
///
/// # Errors
/// Every code that the mapping does not list.
pub fn aggregate(tables: &Tables, mapping: &Mapping) -> Result<Tables, Vec<MappingError>> {
    let mut errors = Vec::new();
    let (regions, region) =
        mapping.regions.lay_on(crate::mapping::Axis::Region, &tables.regions, &mut errors);
    let (sectors, sector) =
        mapping.sectors.lay_on(crate::mapping::Axis::Sector, &tables.sectors, &mut errors);
    if !errors.is_empty() {
        return Err(errors);
    }
    let mut description = tables.description.clone();
    description.transformations.push(Transformation::new(
        "aggregate",
        format!(
            "{} regions to {} and {} sectors to {} by the mapping `{}`",
            tables.regions.len(),
            regions.len(),
            tables.sectors.len(),
            sectors.len(),
            mapping.name
        ),
    ));
    let mut merged = Tables::zeros(description, regions, sectors);
    for ((s, n, i), value) in tables.flows.indexed_iter() {
        merged.flows[[sector[s], region[n], region[i]]] += value;
    }
    for ((n, k, s), value) in tables.inputs.indexed_iter() {
        merged.inputs[[region[n], sector[k], sector[s]]] += value;
    }
    for ((n, s), value) in tables.final_spending.indexed_iter() {
        merged.final_spending[[region[n], sector[s]]] += value;
    }
    for ((n, s), value) in tables.value_added.indexed_iter() {
        merged.value_added[[region[n], sector[s]]] += value;
    }
    merged.tariffs = tables.tariffs.as_ref().map(|rates| {
        let mut means = vec![Mean::default(); merged.flows.len()];
        let (_, n_regions, _) = merged.flows.dim();
        for ((s, n, i), rate) in rates.indexed_iter() {
            let cell = (sector[s] * n_regions + region[n]) * n_regions + region[i];
            means[cell].see(*rate, tables.flows[[s, n, i]]);
        }
        Array3::from_shape_fn(merged.flows.dim(), |(s, n, i)| {
            means[(s * n_regions + n) * n_regions + i].value().unwrap_or(0.0)
        })
    });
    merged.parameters = parameters(tables, &sector, merged.sectors.len());
    if let Some(sourcing) = &tables.sourcing {
        merged.sourcing = Some(sourcing::merged(sourcing, &merged, &region, &sector));
        // Users that bought of suppliers with different tariffs now pay the mean of these.
        if merged.tariffs.is_some() {
            fit_sourcing(&mut merged);
        }
    }
    Ok(merged)
}

fn parameters(tables: &Tables, sector: &[usize], count: usize) -> Parameters {
    let imports: Vec<f64> =
        tables.flows.outer_iter().map(|market| market.sum() - market.diag().sum()).collect();
    let output: Vec<f64> = tables.flows.outer_iter().map(|market| market.sum()).collect();
    let value_added: Vec<f64> = positive(&tables.value_added);
    let of = |list: &[Option<f64>], weights: &[f64]| {
        if list.is_empty() {
            return Vec::new();
        }
        let mut means = vec![Mean::default(); count];
        for ((value, weight), at) in list.iter().zip(weights).zip(sector) {
            if let Some(value) = value {
                means[*at].see(*value, *weight);
            }
        }
        means.iter().map(Mean::value).collect()
    };
    let from = &tables.parameters;
    Parameters {
        trade_elasticity: of(&from.trade_elasticity, &imports),
        production_elasticity: of(&from.production_elasticity, &output),
        input_elasticity: of(&from.input_elasticity, &output),
        specific_factor_share: of(&from.specific_factor_share, &value_added),
    }
}

/// Sums over regions of the values above zero.
fn positive(values: &Array2<f64>) -> Vec<f64> {
    values.columns().into_iter().map(|column| column.iter().map(|v| v.max(0.0)).sum()).collect()
}

/// A weighted mean; the plain one where all weights are zero.
#[derive(Clone, Default)]
struct Mean {
    first: Option<f64>,
    /// Whether all values were the same, which then is the mean without any rounding.
    varies: bool,
    count: f64,
    sum: f64,
    weight: f64,
    weighted: f64,
}

impl Mean {
    fn see(&mut self, value: f64, weight: f64) {
        let weight = weight.max(0.0);
        self.varies |= self.first.is_some_and(|first| first != value);
        self.first.get_or_insert(value);
        self.count += 1.0;
        self.sum += value;
        self.weight += weight;
        self.weighted += weight * value;
    }

    fn value(&self) -> Option<f64> {
        let first = self.first?;
        Some(match self.varies {
            false => first,
            true if self.weight > 0.0 => self.weighted / self.weight,
            true => self.sum / self.count,
        })
    }
}
