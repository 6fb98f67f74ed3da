//! Lays policies on cells, in the order written.

use std::collections::BTreeMap;

use super::cells::{Axis, select};
use super::counterfactual::{CellChange, Counterfactual, TradeCell};
use super::{Place, ScenarioError, Section};
use crate::baseline::Baseline;
use crate::scenario::{
    Action, BilateralInstrument, BilateralRow, Cells, Policy, Scenario, SectorCells,
    SectorInstrument, SectorRow, Selector, TransferAmount, TransferRow,
};

/// All policies of `scenario`, laid on the cells of `baseline`.
pub(super) fn policies(
    scenario: &Scenario,
    baseline: &Baseline,
    errors: &mut Vec<ScenarioError>,
) -> Counterfactual {
    let mut compiler = Compiler {
        scenario,
        baseline,
        errors,
        counterfactual: Counterfactual::none(baseline),
        set_by: BTreeMap::new(),
        last_tax: BTreeMap::new(),
        profit_tax_by: BTreeMap::new(),
    };
    for (index, policy) in scenario.policies.iter().enumerate() {
        match &policy.action {
            Action::Bilateral { instrument, cells } => {
                compiler.bilateral(index, policy, instrument, cells);
            }
            Action::Sector { instrument, cells } => {
                compiler.sector(index, policy, *instrument, cells);
            }
            Action::Transfer { rows } => compiler.transfer(index, rows),
            Action::Coalition { .. } => {}
        }
    }
    compiler.finish()
}

struct Compiler<'a> {
    scenario: &'a Scenario,
    baseline: &'a Baseline,
    errors: &'a mut Vec<ScenarioError>,
    counterfactual: Counterfactual,
    /// Which policy set the thing of this kind on this cell.
    set_by: BTreeMap<(&'static str, TradeCell), usize>,
    /// Which policy touched the tariff or export tax of this cell last.
    last_tax: BTreeMap<(&'static str, TradeCell), usize>,
    /// Which policy set the profit tax of this region and sector.
    profit_tax_by: BTreeMap<(usize, usize), usize>,
}

fn place(policy: usize, key: &str, row: Option<u64>) -> Place {
    Place { section: Section::Policy(policy), key: key.to_owned(), row }
}

/// Why `value` is no size of this instrument.
fn bilateral_domain(instrument: &BilateralInstrument, value: f64) -> Option<&'static str> {
    match instrument {
        BilateralInstrument::TariffRate | BilateralInstrument::ExportTaxRate => {
            (!(value.is_finite() && value > -1.0)).then_some("a finite rate above -1 (-100 %)")
        }
        BilateralInstrument::TariffAdd | BilateralInstrument::ExportTaxAdd => {
            (!value.is_finite()).then_some("a finite rate")
        }
        BilateralInstrument::TradeCostChange => {
            (!(value.is_finite() && value > -1.0)).then_some("a finite change above -1 (-100 %)")
        }
        BilateralInstrument::EmbargoShare | BilateralInstrument::SupplierExitShare => {
            (!(0.0..=1.0).contains(&value)).then_some("a share between 0 and 1")
        }
        BilateralInstrument::ExportControl(_) | BilateralInstrument::Settlement(_) => {
            (!(0.0..=1.0).contains(&value)).then_some("a share between 0 and 1")
        }
        BilateralInstrument::Quota { .. } => {
            (!(value.is_finite() && value >= 0.0)).then_some("a finite number, at least 0")
        }
        BilateralInstrument::PriceCap(_) => {
            (!(value.is_finite() && value > 0.0)).then_some("a finite number above 0")
        }
    }
}

fn sector_domain(instrument: SectorInstrument, value: f64) -> Option<&'static str> {
    match instrument {
        SectorInstrument::SectorTaxRate => {
            (!(value.is_finite() && value <= 1.0)).then_some("a finite rate, at most 1 (100 %)")
        }
        SectorInstrument::ProductivityChange | SectorInstrument::DemandShiftChange => {
            (!(value.is_finite() && value > -1.0)).then_some("a finite change above -1 (-100 %)")
        }
    }
}

impl Compiler<'_> {
    fn select(&mut self, selector: &Selector, axis: Axis, place: &Place) -> Vec<usize> {
        select(selector, axis, self.scenario, self.baseline, place, self.errors)
    }

    fn refuse(&mut self, place: Place, found: f64, expected: &'static str) {
        self.errors.push(ScenarioError::OutOfRange { place, found, expected });
    }

    /// Cells of a policy with the size in each. Domestic cells are in it only where the policy says
    /// so, or names one and the same region as exporter and importer.
    fn trade_cells(
        &mut self,
        index: usize,
        instrument: &BilateralInstrument,
        cells: &Cells,
    ) -> BTreeMap<TradeCell, f64> {
        let mut result = BTreeMap::new();
        match cells {
            Cells::Pattern { exporter, importer, sector, both_ways, domestic, value } => {
                let value_place = place(index, instrument.value_key(), None);
                if let Some(expected) = bilateral_domain(instrument, *value) {
                    self.refuse(value_place, *value, expected);
                }
                let errors_before = self.errors.len();
                let exporters =
                    self.select(exporter, Axis::Region, &place(index, "exporter", None));
                let importers =
                    self.select(importer, Axis::Region, &place(index, "importer", None));
                let sectors = self.select(sector, Axis::Sector, &place(index, "sector", None));
                let domestic = *domestic || names_one_region(exporter, importer, self.baseline);
                for &s in &sectors {
                    for &i in &exporters {
                        for &n in importers.iter().filter(|&&n| domestic || n != i) {
                            result.insert((s, n, i), *value);
                            if *both_ways {
                                result.insert((s, i, n), *value);
                            }
                        }
                    }
                }
                if result.is_empty() && self.errors.len() == errors_before {
                    let reason = if exporters.is_empty() {
                        "no exporter is selected"
                    } else if importers.is_empty() {
                        "no importer is selected"
                    } else if sectors.is_empty() {
                        "no sector is selected"
                    } else {
                        "its only cells are domestic, and `domestic = true` is not given"
                    };
                    let place = place(index, "", None);
                    self.errors.push(ScenarioError::NoCells { place, reason });
                }
            }
            Cells::Rows(rows) => {
                let errors_before = self.errors.len();
                for row in rows {
                    self.trade_row(index, instrument, row, &mut result);
                }
                if result.is_empty() && self.errors.len() == errors_before {
                    let reason = "no row of its table selects a cell between regions";
                    self.errors
                        .push(ScenarioError::NoCells { place: place(index, "", None), reason });
                }
            }
        }
        result
    }

    fn trade_row(
        &mut self,
        index: usize,
        instrument: &BilateralInstrument,
        row: &BilateralRow,
        result: &mut BTreeMap<TradeCell, f64>,
    ) {
        let at = |key: &str| place(index, key, Some(row.line));
        if let Some(expected) = bilateral_domain(instrument, row.value) {
            self.refuse(at(instrument.value_key()), row.value, expected);
        }
        let (exporter, importer) = (Selector::name(&row.exporter), Selector::name(&row.importer));
        let exporters = self.select(&exporter, Axis::Region, &at("exporter"));
        let importers = self.select(&importer, Axis::Region, &at("importer"));
        let sectors = self.select(&Selector::name(&row.sector), Axis::Sector, &at("sector"));
        let domestic = names_one_region(&exporter, &importer, self.baseline);
        for &s in &sectors {
            for &i in &exporters {
                for &n in importers.iter().filter(|&&n| domestic || n != i) {
                    if result.insert((s, n, i), row.value).is_some() {
                        self.errors.push(ScenarioError::RepeatedCell {
                            place: at(instrument.value_key()),
                            cell: self.baseline.trade_cell_name(s, n, i),
                        });
                    }
                }
            }
        }
    }

    fn bilateral(
        &mut self,
        index: usize,
        policy: &Policy,
        instrument: &BilateralInstrument,
        cells: &Cells,
    ) {
        let kind = instrument.kind();
        let sets = !matches!(
            instrument,
            BilateralInstrument::TariffAdd
                | BilateralInstrument::ExportTaxAdd
                | BilateralInstrument::TradeCostChange
        );
        let mut conflicts: Option<(TradeCell, usize, usize)> = None;
        for (cell, value) in self.trade_cells(index, instrument, cells) {
            if sets {
                // Setting a rate also discards what an earlier policy added to it.
                let earlier = self
                    .set_by
                    .get(&(kind, cell))
                    .or_else(|| self.last_tax.get(&(kind, cell)))
                    .copied();
                if let Some(earlier) = earlier.filter(|_| !policy.replace) {
                    let first = conflicts.get_or_insert((cell, earlier, 0));
                    first.2 += 1;
                }
                self.set_by.insert((kind, cell), index);
            }
            let entry = self
                .counterfactual
                .cells
                .entry(cell)
                .or_insert_with(|| CellChange::none(self.baseline, cell));
            match instrument {
                BilateralInstrument::TariffRate => entry.tariff = value,
                BilateralInstrument::TariffAdd => entry.tariff += value,
                BilateralInstrument::ExportTaxRate => entry.export_tax = value,
                BilateralInstrument::ExportTaxAdd => entry.export_tax += value,
                BilateralInstrument::TradeCostChange => entry.trade_cost *= 1.0 + value,
                BilateralInstrument::EmbargoShare => entry.allowed = 1.0 - value,
                BilateralInstrument::SupplierExitShare => entry.staying = 1.0 - value,
                BilateralInstrument::Quota { .. }
                | BilateralInstrument::PriceCap(_)
                | BilateralInstrument::ExportControl(_)
                | BilateralInstrument::Settlement(_) => {}
            }
            if matches!(kind, "tariff" | "export-tax") {
                self.last_tax.insert((kind, cell), index);
            }
        }
        if let Some(((s, n, i), earlier, cells)) = conflicts {
            self.errors.push(ScenarioError::Conflict {
                place: place(index, instrument.value_key(), None),
                kind,
                cell: self.baseline.trade_cell_name(s, n, i),
                earlier,
                cells,
            });
        }
    }

    fn sector(
        &mut self,
        index: usize,
        policy: &Policy,
        instrument: SectorInstrument,
        cells: &SectorCells,
    ) {
        let single;
        let (rows, keys): (&[SectorRow], _) = match cells {
            SectorCells::Rows(rows) => (rows, None),
            SectorCells::Pattern { region, sector, value } => {
                single = [SectorRow {
                    region: String::new(),
                    sector: String::new(),
                    value: *value,
                    line: 0,
                }];
                (&single, Some((region, sector)))
            }
        };
        for row in rows {
            let line = keys.is_none().then_some(row.line);
            if let Some(expected) = sector_domain(instrument, row.value) {
                self.refuse(place(index, instrument.value_key(), line), row.value, expected);
            }
            let errors_before = self.errors.len();
            let (regions, sectors) = match keys {
                Some((region, sector)) => (
                    self.select(region, Axis::Region, &place(index, "region", None)),
                    self.select(sector, Axis::Sector, &place(index, "sector", None)),
                ),
                None => (
                    self.select(
                        &Selector::name(&row.region),
                        Axis::Region,
                        &place(index, "region", line),
                    ),
                    self.select(
                        &Selector::name(&row.sector),
                        Axis::Sector,
                        &place(index, "sector", line),
                    ),
                ),
            };
            if (regions.is_empty() || sectors.is_empty()) && self.errors.len() == errors_before {
                let reason = if regions.is_empty() {
                    "no region is selected"
                } else {
                    "no sector is selected"
                };
                self.errors.push(ScenarioError::NoCells { place: place(index, "", line), reason });
            }
            for &n in &regions {
                for &s in &sectors {
                    let target = match instrument {
                        SectorInstrument::SectorTaxRate => {
                            let earlier = self.profit_tax_by.insert((n, s), index);
                            if let Some(earlier) = earlier.filter(|_| !policy.replace) {
                                self.errors.push(ScenarioError::Conflict {
                                    place: place(index, "rate", line),
                                    kind: "sector-tax",
                                    cell: self.baseline.cell_name(n, s),
                                    earlier,
                                    cells: 1,
                                });
                            }
                            self.counterfactual.profit_tax[[n, s]] = row.value;
                            continue;
                        }
                        SectorInstrument::ProductivityChange => {
                            &mut self.counterfactual.productivity
                        }
                        SectorInstrument::DemandShiftChange => {
                            &mut self.counterfactual.final_shares
                        }
                    };
                    target[[n, s]] *= 1.0 + row.value;
                }
            }
        }
    }

    fn transfer(&mut self, index: usize, rows: &[TransferRow]) {
        for row in rows {
            let at = |key: &str| place(index, key, row.line);
            let errors_before = self.errors.len();
            let payers = self.select(&row.from, Axis::Region, &at("from"));
            let receivers = self.select(&row.to, Axis::Region, &at("to"));
            let income = &self.baseline.income;
            let total = |members: &[usize]| members.iter().map(|&n| income[n]).sum::<f64>();
            let (paying, receiving) = (total(&payers), total(&receivers));
            if payers.is_empty() || receivers.is_empty() {
                if self.errors.len() == errors_before {
                    let reason = if payers.is_empty() {
                        "no payer is selected"
                    } else {
                        "no receiver is selected"
                    };
                    self.errors.push(ScenarioError::NoCells { place: at(""), reason });
                }
                continue;
            }
            let (key, size) = match row.amount {
                TransferAmount::MillionUsd(amount) => ("million_usd", amount),
                TransferAmount::ShareOfIncome(share) => ("share_of_income", share),
            };
            if !size.is_finite() {
                self.refuse(at(key), size, "a finite number");
                continue;
            }
            let unit = self.baseline.description.unit.millions();
            let amount = match row.amount {
                TransferAmount::MillionUsd(_) if unit != "million USD" => {
                    self.errors.push(ScenarioError::CurrencyMismatch { place: at(key), unit });
                    continue;
                }
                TransferAmount::MillionUsd(amount) => amount,
                TransferAmount::ShareOfIncome(share) => share * paying,
            };
            for &n in &payers {
                self.counterfactual.transfers[n] -= amount * income[n] / paying;
            }
            for &n in &receivers {
                self.counterfactual.transfers[n] += amount * income[n] / receiving;
            }
        }
    }

    fn finish(mut self) -> Counterfactual {
        let mut reported = [false; 2];
        for (&(s, n, i), change) in &self.counterfactual.cells {
            for (slot, (kind, rate)) in
                [("tariff", change.tariff), ("export-tax", change.export_tax)]
                    .into_iter()
                    .enumerate()
            {
                if rate <= -1.0 && !reported[slot] {
                    reported[slot] = true;
                    let policy = self.last_tax.get(&(kind, (s, n, i))).copied().unwrap_or(0);
                    self.errors.push(ScenarioError::TaxTooLow {
                        place: place(policy, "add", None),
                        kind,
                        cell: self.baseline.trade_cell_name(s, n, i),
                        found: rate,
                    });
                }
            }
        }
        // Rows without a shift keep the baseline's shares to the last bit.
        let baseline = &self.baseline.final_shares;
        for (n, mut row) in self.counterfactual.final_shares.rows_mut().into_iter().enumerate() {
            if row != baseline.row(n) {
                let sum = row.sum();
                row.mapv_inplace(|share| share / sum);
            }
        }
        self.counterfactual
    }
}

/// Whether exporter and importer are written as one and the same region code.
fn names_one_region(exporter: &Selector, importer: &Selector, baseline: &Baseline) -> bool {
    match (exporter, importer) {
        (Selector::Names(a), Selector::Names(b)) => {
            a.len() == 1 && a == b && baseline.regions.position(&a[0]).is_some()
        }
        _ => false,
    }
}
