//! Makes a baseline from tables, or from the accounts of an equilibrium.

use ndarray::{Array, Array1, Array2, Array3, Array4, Axis, Dimension};

use super::memory::Memory;
use super::{Baseline, BaselineError, IdentityReport, user_shares};
use crate::labels::Labels;
use crate::tables::{Description, Parameters, Tables};

/// The values of a world economy that a baseline is derived from, in millions.
#[derive(Clone, Debug)]
pub struct Accounts {
    /// `X`, `[sector, importer, exporter]`.
    pub trade_flows: Array3<f64>,
    /// `τ`, `[sector, importer, exporter]`.
    pub tariffs: Option<Array3<f64>>,
    /// `x`, `[sector, importer, exporter]`.
    pub export_taxes: Option<Array3<f64>>,
    /// Spending of a user on an input, `[region, user, input]`.
    pub inputs: Array3<f64>,
    /// Final spending, `[region, sector]`.
    pub final_spending: Array2<f64>,
    /// `V`, `[region, sector]`.
    pub value_added: Array2<f64>,
    /// What each user, final demand the last, pays for each supplier's goods, tariffs included, `[sector,
    /// importer, user, exporter]`; none where all users are taken to buy alike.
    pub purchases: Option<Array4<f64>>,
}

impl Accounts {
    /// The same values with the last axis contiguous, which the equations read as slices; callers may
    /// have transposed.
    fn in_standard_layout(self) -> Self {
        fn standard<D: Dimension>(array: Array<f64, D>) -> Array<f64, D> {
            if array.is_standard_layout() { array } else { array.as_standard_layout().into_owned() }
        }
        Self {
            trade_flows: standard(self.trade_flows),
            tariffs: self.tariffs.map(standard),
            export_taxes: self.export_taxes.map(standard),
            inputs: standard(self.inputs),
            final_spending: standard(self.final_spending),
            value_added: standard(self.value_added),
            purchases: self.purchases.map(standard),
        }
    }
}

impl Baseline {
    /// A baseline from tables whose identities hold within `tolerance` of world output.
    ///
    /// Within that tolerance final spending and value added take up the differences, so that the
    /// identities hold to rounding afterwards and no policy changes nothing.
    ///
    /// # Errors
    /// All that is wrong, the identities last.
    pub fn new(tables: &Tables, tolerance: f64) -> Result<Self, Vec<BaselineError>> {
        check_values(tables, Signs::Positive)?;
        let report = IdentityReport::of(tables);
        if report.worst().relative > tolerance {
            return Err(vec![BaselineError::Unbalanced { report }]);
        }
        let mut accounts = accounts(tables);
        reconcile(&mut accounts);
        user_shares::reconcile(&mut accounts, &tables.regions, &tables.sectors)?;
        Self::from_accounts(
            tables.description.clone(),
            tables.regions.clone(),
            tables.sectors.clone(),
            tables.parameters.clone(),
            accounts,
        )
    }

    /// A baseline from tables whose identities fail: trade shares from `flows`, cost shares from
    /// `inputs` and `value_added`, endowments from `value_added`. It has to be solved once.
    ///
    /// Deficits are net imports, which sum to zero whatever the table. Inputs may be negative, as
    /// published tables have them; they need an input elasticity of 1.
    ///
    /// # Errors
    /// All that is wrong.
    pub fn unbalanced(tables: &Tables) -> Result<Self, Vec<BaselineError>> {
        check_values(tables, Signs::NegativeInputs)?;
        let accounts = accounts(tables);
        let mut baseline = Self::derive(
            tables.description.clone(),
            tables.regions.clone(),
            tables.sectors.clone(),
            tables.parameters.clone(),
            accounts,
        );
        // Output is what the cost side says, which the endowments belong to.
        for ((n, k), output) in baseline.output.indexed_iter_mut() {
            let scale = tables.description.unit.in_millions();
            let inputs = tables.inputs.slice(ndarray::s![n, k, ..]).sum() * scale;
            let value_added = baseline.value_added[[n, k]];
            *output = inputs + value_added;
            baseline.value_added_share[[n, k]] =
                if *output == 0.0 { 0.0 } else { value_added / *output };
        }
        for n in 0..baseline.region_count() {
            let trade = &baseline.trade_flows;
            let imports = trade.index_axis(Axis(1), n).sum();
            let exports = trade.index_axis(Axis(2), n).sum();
            baseline.deficits[n] = imports - exports;
            baseline.income[n] =
                baseline.value_added.row(n).sum() + baseline.tax_revenue(n) + baseline.deficits[n];
        }
        baseline.balanced = false;
        baseline.check_supply()?;
        Ok(baseline)
    }

    /// A baseline from accounts that are in balance to rounding, such as those of an equilibrium.
    ///
    /// # Errors
    /// A region without income, or a sector that is bought and not sold.
    pub fn from_accounts(
        description: Description,
        regions: Labels,
        sectors: Labels,
        parameters: Parameters,
        accounts: Accounts,
    ) -> Result<Self, Vec<BaselineError>> {
        let baseline = Self::derive(description, regions, sectors, parameters, accounts);
        baseline.check_supply()?;
        Ok(baseline)
    }

    fn derive(
        description: Description,
        regions: Labels,
        sectors: Labels,
        parameters: Parameters,
        accounts: Accounts,
    ) -> Self {
        let (n_regions, n_sectors) = (regions.len(), sectors.len());
        let accounts = accounts.in_standard_layout();
        let mut baseline = Self {
            description,
            regions,
            sectors,
            parameters,
            trade_shares: Array3::zeros((n_sectors, n_regions, n_regions)),
            trade_flows: accounts.trade_flows,
            tariffs: accounts.tariffs,
            export_taxes: accounts.export_taxes,
            expenditure: Array2::zeros((n_regions, n_sectors)),
            output: Array2::zeros((n_regions, n_sectors)),
            value_added_share: Array2::zeros((n_regions, n_sectors)),
            value_added: accounts.value_added,
            input_mix: accounts.inputs,
            final_shares: accounts.final_spending,
            income: Array1::zeros(n_regions),
            deficits: Array1::zeros(n_regions),
            user_shares: None,
            balanced: true,
            memory: Memory::default(),
        };
        for s in 0..n_sectors {
            for n in 0..n_regions {
                let mut expenditure = 0.0;
                for i in 0..n_regions {
                    let flow = baseline.trade_flows[[s, n, i]];
                    baseline.output[[i, s]] += flow;
                    let paid = flow
                        * (1.0 + baseline.export_tax(s, n, i))
                        * (1.0 + baseline.tariff(s, n, i));
                    baseline.trade_shares[[s, n, i]] = paid;
                    expenditure += paid;
                }
                baseline.expenditure[[n, s]] = expenditure;
                scale_to_shares(
                    baseline.trade_shares.slice_mut(ndarray::s![s, n, ..]),
                    expenditure,
                );
            }
        }
        for n in 0..n_regions {
            for k in 0..n_sectors {
                let output = baseline.output[[n, k]];
                let value_added = baseline.value_added[[n, k]];
                let mut mix = baseline.input_mix.slice_mut(ndarray::s![n, k, ..]);
                let inputs = mix.sum();
                // Exactly 1 without inputs: a rounding below 1 would be a bundle of no goods.
                baseline.value_added_share[[n, k]] = if output == 0.0 {
                    0.0
                } else if inputs == 0.0 && value_added != 0.0 {
                    1.0
                } else {
                    value_added / output
                };
                scale_to_shares(mix.view_mut(), inputs);
            }
            let spending = baseline.final_shares.row(n).sum();
            baseline.income[n] = spending;
            scale_to_shares(baseline.final_shares.row_mut(n), spending);
        }
        baseline.user_shares =
            accounts.purchases.map(|purchases| user_shares::shares(&baseline, purchases));
        for n in 0..n_regions {
            baseline.deficits[n] =
                baseline.income[n] - baseline.value_added.row(n).sum() - baseline.tax_revenue(n);
        }
        baseline
    }

    /// Tariffs on imports and taxes on exports that region `n` collects in the baseline.
    fn tax_revenue(&self, n: usize) -> f64 {
        let mut revenue = 0.0;
        for s in 0..self.sector_count() {
            for m in 0..self.region_count() {
                let bought = self.trade_flows[[s, n, m]];
                revenue += self.tariff(s, n, m) * (1.0 + self.export_tax(s, n, m)) * bought;
                revenue += self.export_tax(s, m, n) * self.trade_flows[[s, m, n]];
            }
        }
        revenue
    }

    fn check_supply(&self) -> Result<(), Vec<BaselineError>> {
        let mut errors = Vec::new();
        for n in 0..self.region_count() {
            let region = || self.regions.code(n).to_owned();
            let spends = self.final_shares.row(n).iter().any(|share| *share != 0.0);
            if self.income[n] <= 0.0 || !spends {
                let found = if spends { self.income[n] } else { 0.0 };
                errors.push(BaselineError::EmptyRegion {
                    region: region(),
                    what: "final spending",
                    found,
                });
            }
            let value_added = self.value_added.row(n).sum();
            if value_added <= 0.0 {
                errors.push(BaselineError::EmptyRegion {
                    region: region(),
                    what: "value added",
                    found: value_added,
                });
            }
            for s in 0..self.sector_count() {
                let used = self.final_shares[[n, s]] * self.income[n]
                    + (0..self.sector_count())
                        .map(|k| self.input_mix[[n, k, s]] * self.output[[n, k]])
                        .sum::<f64>();
                if self.expenditure[[n, s]] == 0.0 && used > 0.0 {
                    let cell = self.cell_name(n, s);
                    errors.push(BaselineError::NoSupplier { cell, found: used });
                }
            }
        }
        if errors.is_empty() { Ok(()) } else { Err(errors) }
    }
}

fn scale_to_shares<D: Dimension>(mut values: ndarray::ArrayViewMut<'_, f64, D>, total: f64) {
    if total == 0.0 {
        values.fill(0.0);
    } else {
        values.mapv_inplace(|value| value / total);
    }
}

fn accounts(tables: &Tables) -> Accounts {
    let scale = tables.description.unit.in_millions();
    Accounts {
        trade_flows: &tables.flows * scale,
        tariffs: tables.tariffs.clone(),
        export_taxes: None,
        inputs: &tables.inputs * scale,
        final_spending: &tables.final_spending * scale,
        value_added: &tables.value_added * scale,
        purchases: user_shares::purchases(tables),
    }
}

/// Makes identities that hold within a tolerance hold to rounding.
///
/// Final spending becomes purchases less input use, value added output less inputs. Where the
/// table says that there is none, it stays none, and input use is scaled instead: a good without
/// final demand to its purchases, a sector without factors to its output. A sector that sells
/// nothing buys nothing.
fn reconcile(accounts: &mut Accounts) {
    /// One scaling may undo another in goods that only sectors without factors buy.
    const ROUNDS: usize = 100;
    let (n_sectors, n_regions, _) = accounts.trade_flows.dim();
    for n in 0..n_regions {
        let output: Vec<f64> = (0..n_sectors)
            .map(|k| accounts.trade_flows.slice(ndarray::s![k, .., n]).sum())
            .collect();
        let purchases: Vec<f64> = (0..n_sectors)
            .map(|s| {
                let paid = |i: usize| {
                    let rate = accounts.tariffs.as_ref().map_or(0.0, |rates| rates[[s, n, i]]);
                    accounts.trade_flows[[s, n, i]] * (1.0 + rate)
                };
                (0..n_regions).map(paid).sum()
            })
            .collect();
        let mut inputs = accounts.inputs.index_axis_mut(Axis(0), n);
        let mut value_added = accounts.value_added.row_mut(n);
        let mut final_spending = accounts.final_spending.row_mut(n);
        for k in (0..n_sectors).filter(|&k| output[k] == 0.0) {
            inputs.row_mut(k).fill(0.0);
        }
        let cost: Vec<f64> = inputs.sum_axis(Axis(1)).to_vec();
        // A difference of the sign opposite to the table's is noise around zero.
        let no_factors: Vec<bool> = (0..n_sectors)
            .map(|k| {
                let noise = (output[k] - cost[k]) * value_added[k] < 0.0;
                cost[k] > 0.0 && (value_added[k] == 0.0 || noise)
            })
            .collect();
        for _ in 0..ROUNDS {
            let mut change: f64 = 0.0;
            for k in (0..n_sectors).filter(|&k| no_factors[k]) {
                let mut row = inputs.row_mut(k);
                let factor = output[k] / row.sum();
                if factor.is_finite() {
                    row *= factor;
                    change = change.max((factor - 1.0).abs());
                }
            }
            for s in 0..n_sectors {
                let used = inputs.column(s).sum();
                let rest = purchases[s] - used;
                if used == 0.0 || (final_spending[s] > 0.0 && rest > 0.0) {
                    final_spending[s] = rest;
                } else {
                    final_spending[s] = 0.0;
                    let factor = purchases[s] / used;
                    inputs.column_mut(s).mapv_inplace(|value| value * factor);
                    change = change.max((factor - 1.0).abs());
                }
            }
            if change <= 4.0 * f64::EPSILON {
                break;
            }
        }
        for k in 0..n_sectors {
            let rest = output[k] - inputs.row(k).sum();
            let nothing = no_factors[k] && rest.abs() <= 1e-13 * output[k];
            value_added[k] = if nothing { 0.0 } else { rest };
        }
    }
}

/// Which values of a table may be negative beside value added.
#[derive(Clone, Copy, PartialEq)]
enum Signs {
    Positive,
    NegativeInputs,
}

fn check_values(tables: &Tables, signs: Signs) -> Result<(), Vec<BaselineError>> {
    let mut errors = Vec::new();
    let (regions, sectors) = (&tables.regions, &tables.sectors);
    let region_sector = |n: usize, s: usize| format!("{}/{}", regions.code(n), sectors.code(s));
    let trade = |s: usize, n: usize, i: usize| {
        format!("{}→{}/{}", regions.code(i), regions.code(n), sectors.code(s))
    };
    let mut refuse = |what, cell: String, found: f64, expected| {
        errors.push(BaselineError::BadValue { what, cell, found, expected });
    };
    let not_negative = "a finite number, at least 0";
    for ((s, n, i), &value) in tables.flows.indexed_iter() {
        if !(value.is_finite() && value >= 0.0) {
            refuse("flow", trade(s, n, i), value, not_negative);
        }
    }
    for ((n, k, s), &value) in tables.inputs.indexed_iter() {
        let allowed = signs == Signs::NegativeInputs || value >= 0.0;
        if !(value.is_finite() && allowed) {
            let cell = format!("{}→{}", region_sector(n, s), sectors.code(k));
            refuse("input", cell, value, not_negative);
        }
    }
    for ((n, s), &value) in tables.final_spending.indexed_iter() {
        if !(value.is_finite() && value >= 0.0) {
            refuse("final spending", region_sector(n, s), value, not_negative);
        }
    }
    for ((n, s), &value) in tables.value_added.indexed_iter() {
        if !value.is_finite() {
            refuse("value added", region_sector(n, s), value, "a finite number");
        }
    }
    for ((s, n, user, i), &value) in tables.sourcing.iter().flat_map(|cells| cells.indexed_iter()) {
        if !(value.is_finite() && value >= 0.0) {
            let user = if user < sectors.len() { sectors.code(user) } else { "final" };
            refuse("sourcing", format!("{}/{user}", trade(s, n, i)), value, not_negative);
        }
    }
    for ((s, n, i), &value) in tables.tariffs.iter().flat_map(|rates| rates.indexed_iter()) {
        if !(value.is_finite() && value > -1.0) {
            refuse("tariff", trade(s, n, i), value, "a finite number above -1");
        }
    }
    if errors.is_empty() { Ok(()) } else { Err(errors) }
}
