//! Policies on trade cells: which cells, and what changes there.

use std::collections::BTreeMap;

use super::{Compiler, Effect, PolicySize, place};
use crate::baseline::Baseline;
use crate::problem::ScenarioError;
use crate::problem::cells::Axis;
use crate::problem::counterfactual::{CellChange, TradeCell};
use crate::scenario::{BilateralInstrument, BilateralRow, Cells, Policy, Selector};

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
        BilateralInstrument::EmbargoShare
        | BilateralInstrument::SupplierExitShare
        | BilateralInstrument::ExportControl(_)
        | BilateralInstrument::Settlement(_) => {
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

impl<'a> Compiler<'a> {
    /// Cells of a policy with the size in each. Domestic cells are in it only where the policy says
    /// so, or names one and the same region as exporter and importer.
    fn trade_cells(
        &mut self,
        index: usize,
        instrument: &BilateralInstrument,
        cells: &Cells,
    ) -> BTreeMap<TradeCell, f64> {
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
                let mut pairs = Vec::with_capacity(2 * exporters.len() * importers.len());
                for &i in &exporters {
                    for &n in importers.iter().filter(|&&n| domestic || n != i) {
                        pairs.push((n, i));
                        if *both_ways {
                            pairs.push((i, n));
                        }
                    }
                }
                pairs.sort_unstable();
                pairs.dedup();
                // From cells in order a map is made at once.
                let in_sector = |&s: &usize| pairs.iter().map(move |&(n, i)| ((s, n, i), *value));
                let result: BTreeMap<TradeCell, f64> = sectors.iter().flat_map(in_sector).collect();
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
                result
            }
            Cells::Rows(rows) => {
                let errors_before = self.errors.len();
                let mut result = BTreeMap::new();
                for row in rows {
                    self.trade_row(index, instrument, row, &mut result);
                }
                if result.is_empty() && self.errors.len() == errors_before {
                    let reason = "no row of its table selects a cell between regions";
                    self.errors
                        .push(ScenarioError::NoCells { place: place(index, "", None), reason });
                }
                result
            }
        }
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

    pub(super) fn bilateral(
        &mut self,
        index: usize,
        policy: &Policy,
        instrument: &'a BilateralInstrument,
        cells: &Cells,
    ) {
        let kind = instrument.kind();
        let sets = !matches!(
            instrument,
            BilateralInstrument::TariffAdd
                | BilateralInstrument::ExportTaxAdd
                | BilateralInstrument::TradeCostChange
                | BilateralInstrument::ExportControl(_)
                | BilateralInstrument::Settlement(_)
        );
        let cells = self.trade_cells(index, instrument, cells);
        let mut conflicts: Option<(TradeCell, usize, usize)> = None;
        let is_tax = matches!(kind, "tariff" | "export-tax");
        let touched = is_tax.then(|| lay(self.last_tax.entry(kind).or_default(), &cells, index));
        if sets {
            // Setting a rate also discards what an earlier policy added to it.
            let set = lay(self.set_by.entry(kind).or_default(), &cells, index);
            for (at, &cell) in cells.keys().enumerate() {
                let earlier = |policies: &[Option<usize>]| policies.get(at).copied().flatten();
                let earlier = earlier(&set).or(touched.as_deref().and_then(earlier));
                if let Some(earlier) = earlier.filter(|_| !policy.replace) {
                    let first = conflicts.get_or_insert((cell, earlier, 0));
                    first.2 += 1;
                }
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
        for (&cell, &value) in &cells {
            let size = || PolicySize {
                policy: index,
                key: instrument.value_key(),
                value,
                effect: effect(instrument, cell),
            };
            self.enter(kind, sets, size);
        }
        match instrument {
            BilateralInstrument::Quota { rent_to_exporter, scope } => {
                self.quota(index, *rent_to_exporter, *scope, cells);
            }
            BilateralInstrument::PriceCap(shadow) => self.price_cap(index, shadow, cells),
            BilateralInstrument::ExportControl(routes) => self.routes(index, routes, &cells),
            BilateralInstrument::Settlement(currencies) => {
                self.currencies(index, currencies, &cells);
            }
            BilateralInstrument::TariffRate => self.each(cells, |cell, rate| cell.tariff = rate),
            BilateralInstrument::TariffAdd => self.each(cells, |cell, rate| cell.tariff += rate),
            BilateralInstrument::ExportTaxRate => {
                self.each(cells, |cell, rate| cell.export_tax = rate);
            }
            BilateralInstrument::ExportTaxAdd => {
                self.each(cells, |cell, rate| cell.export_tax += rate);
            }
            BilateralInstrument::TradeCostChange => {
                self.each(cells, |cell, change| cell.trade_cost *= 1.0 + change);
            }
            BilateralInstrument::EmbargoShare => {
                self.each(cells, |cell, share| cell.allowed = 1.0 - share);
            }
            BilateralInstrument::SupplierExitShare => {
                self.each(cells, |cell, share| cell.staying = 1.0 - share);
            }
        }
    }

    fn each(&mut self, cells: BTreeMap<TradeCell, f64>, change: impl Fn(&mut CellChange, f64)) {
        if self.cells.is_empty() {
            let changed = |(cell, value)| {
                let mut changed = CellChange::none(self.baseline, cell);
                change(&mut changed, value);
                (cell, changed)
            };
            self.cells = cells.into_iter().map(changed).collect();
            return;
        }
        for (cell, value) in cells {
            change(self.change(cell), value);
        }
    }
}

/// Enters a policy as the last on all of its cells; the last before it on each, and none at all if there
/// was no other anywhere.
fn lay(
    last: &mut BTreeMap<TradeCell, usize>,
    cells: &BTreeMap<TradeCell, f64>,
    policy: usize,
) -> Vec<Option<usize>> {
    if last.is_empty() {
        // From cells in order a map is made at once.
        *last = cells.keys().map(|&cell| (cell, policy)).collect();
        return Vec::new();
    }
    cells.keys().map(|&cell| last.insert(cell, policy)).collect()
}

/// What the size of an instrument does in a cell.
fn effect(instrument: &BilateralInstrument, cell: TradeCell) -> Effect {
    match instrument {
        BilateralInstrument::TariffRate | BilateralInstrument::TariffAdd => Effect::Tariff(cell),
        BilateralInstrument::ExportTaxRate | BilateralInstrument::ExportTaxAdd => {
            Effect::ExportTax(cell)
        }
        BilateralInstrument::TradeCostChange => Effect::TradeCost(cell),
        BilateralInstrument::EmbargoShare => Effect::Embargo(cell),
        BilateralInstrument::SupplierExitShare => Effect::Exit(cell),
        BilateralInstrument::Quota { .. } | BilateralInstrument::PriceCap(_) => Effect::Limit(cell),
        BilateralInstrument::ExportControl(_) | BilateralInstrument::Settlement(_) => {
            Effect::Nest(cell)
        }
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
