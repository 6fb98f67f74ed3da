//! The accounting identities of a world table, each with its worst cell.

use std::fmt;

use ndarray::Array4;

use crate::tables::Tables;

/// One identity, measured.
#[derive(Clone, Debug, PartialEq)]
pub struct Identity {
    /// Name in a word or two.
    pub name: &'static str,
    /// What must be equal.
    pub formula: &'static str,
    /// Largest absolute difference, in millions.
    pub residual: f64,
    /// The same relative to world output.
    pub relative: f64,
    /// Where it is largest; empty if it is zero everywhere.
    pub worst_cell: String,
}

/// All identities of a table.
#[derive(Clone, Debug, PartialEq)]
pub struct IdentityReport {
    /// In the order of the notation.
    pub identities: Vec<Identity>,
    /// World output in millions.
    pub world_output: f64,
}

impl IdentityReport {
    /// Measures the identities of `tables`:
    ///
    /// - output: `Σ_n X_in^s = Σ_s inputs + value added`, by (region, sector);
    /// - spending: `Σ_i X_in^s (1+τ) = Σ_k inputs + final`, by (region, sector);
    /// - trade: `final − value added − tariff revenue = imports − exports`, by region;
    /// - deficits: `Σ_n D_n = 0`;
    /// - sales, where there is a table of sourcing: `Σ_user sourcing = X_in^s`, by (exporter, importer,
    ///   sector);
    /// - purchases, likewise: `Σ_i sourcing (1+τ) = inputs`, and final spending, by (region, sector,
    ///   user).
    ///
    /// `Σ_i π = 1` and `I = Σ V + tariff revenue + D` define `π` and `D` and need no check.
    pub fn of(tables: &Tables) -> Self {
        let scale = tables.description.unit.in_millions();
        let (n_regions, n_sectors) = (tables.regions.len(), tables.sectors.len());
        let cell =
            |n: usize, s: usize| format!("{}/{}", tables.regions.code(n), tables.sectors.code(s));

        let mut output = Worst::default();
        let mut spending = Worst::default();
        let mut trade = Worst::default();
        let (mut world_output, mut deficit_sum) = (0.0, 0.0);
        for n in 0..n_regions {
            let (mut deficit, mut net_imports) = (0.0, 0.0);
            for s in 0..n_sectors {
                let sales: f64 = (0..n_regions).map(|m| tables.flows[[s, m, n]]).sum();
                let cost =
                    tables.inputs.slice(ndarray::s![n, s, ..]).sum() + tables.value_added[[n, s]];
                output.see(sales - cost, || cell(n, s));
                world_output += sales;

                let (mut purchases, mut revenue, mut foreign) = (0.0, 0.0, 0.0);
                for i in 0..n_regions {
                    let value = tables.flows[[s, n, i]];
                    let rate = tables.tariffs.as_ref().map_or(0.0, |rates| rates[[s, n, i]]);
                    revenue += rate * value;
                    purchases += value;
                    if i != n {
                        foreign += value;
                    }
                }
                let uses = tables.inputs.slice(ndarray::s![n, .., s]).sum()
                    + tables.final_spending[[n, s]];
                spending.see(purchases + revenue - uses, || cell(n, s));
                deficit += tables.final_spending[[n, s]] - tables.value_added[[n, s]] - revenue;
                net_imports += foreign - (sales - tables.flows[[s, n, n]]);
            }
            trade.see(deficit - net_imports, || tables.regions.code(n).to_owned());
            deficit_sum += deficit;
        }
        let mut deficits = Worst::default();
        deficits.see(deficit_sum, || "the world".to_owned());

        let world_output = world_output * scale;
        let measured = |name, formula, worst: Worst| Identity {
            name,
            formula,
            residual: worst.size * scale,
            relative: if world_output > 0.0 { worst.size * scale / world_output } else { 0.0 },
            worst_cell: worst.cell,
        };
        let mut identities = vec![
            measured("output", "sales = inputs + value added", output),
            measured("spending", "purchases + tariffs = input use + final spending", spending),
            measured("trade", "final - value added - tariffs = imports - exports", trade),
            measured("deficits", "sum of deficits = 0", deficits),
        ];
        if let Some(sourcing) = &tables.sourcing {
            let (sales, purchases) = by_user(tables, sourcing);
            identities.push(measured("sales", "sourcing over users = flows", sales));
            identities.push(measured(
                "purchases",
                "sourcing + tariffs over exporters = inputs, final",
                purchases,
            ));
        }
        Self { identities, world_output }
    }

    /// The identity with the largest residual.
    pub fn worst(&self) -> &Identity {
        self.identities
            .iter()
            .max_by(|a, b| a.relative.total_cmp(&b.relative))
            .unwrap_or_else(|| unreachable!("a report has identities"))
    }
}

/// Flows less what users buy of them, and what users spend less what they buy.
fn by_user(tables: &Tables, sourcing: &Array4<f64>) -> (Worst, Worst) {
    let (sectors, regions) = (&tables.sectors, &tables.regions);
    let (mut sales, mut purchases) = (Worst::default(), Worst::default());
    for s in 0..sectors.len() {
        for n in 0..regions.len() {
            let mut left = tables.flows.slice(ndarray::s![s, n, ..]).to_owned();
            for user in 0..=sectors.len() {
                let mut spent = 0.0;
                for i in 0..regions.len() {
                    let value = sourcing[[s, n, user, i]];
                    left[i] -= value;
                    spent += value * (1.0 + tables.tariff(s, n, i));
                }
                purchases.see(spent - tables.spending(n, user, s), || {
                    let user = if user < sectors.len() { sectors.code(user) } else { "final" };
                    format!("{}/{}/{user}", regions.code(n), sectors.code(s))
                });
            }
            for (i, difference) in left.iter().enumerate() {
                sales.see(*difference, || {
                    format!("{}/{}/{}", regions.code(i), regions.code(n), sectors.code(s))
                });
            }
        }
    }
    (sales, purchases)
}

impl fmt::Display for IdentityReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let worst = self.worst();
        write!(
            f,
            "{} ({}) differs by {:.6} million at `{}`, {:.1e} of world output",
            worst.name, worst.formula, worst.residual, worst.worst_cell, worst.relative
        )
    }
}

#[derive(Default)]
struct Worst {
    size: f64,
    cell: String,
}

impl Worst {
    fn see(&mut self, difference: f64, cell: impl FnOnce() -> String) {
        if difference.abs() > self.size {
            *self = Self { size: difference.abs(), cell: cell() };
        }
    }
}
