//! Policies on sectors and on incomes.

use std::collections::BTreeMap;

use super::{Compiler, Effect, PolicySize, SHARES_TOLERANCE, place};
use crate::problem::cells::Axis;
use crate::problem::{Coalition, ScenarioError};
use crate::scenario::{
    CoalitionRule, Policy, SectorCells, SectorInstrument, SectorRow, Selector, TransferAmount,
    TransferRow,
};

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
    pub(super) fn sector(
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
                    self.enter(instrument.kind(), false, || PolicySize {
                        policy: index,
                        key: instrument.value_key(),
                        value: row.value,
                        effect: match instrument {
                            SectorInstrument::SectorTaxRate => Effect::ProfitTax(n, s),
                            SectorInstrument::ProductivityChange => Effect::Productivity(n, s),
                            SectorInstrument::DemandShiftChange => Effect::Taste(n, s),
                        },
                    });
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

    pub(super) fn transfer(&mut self, index: usize, rows: &[TransferRow]) {
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
            let per_unit = match row.amount {
                TransferAmount::MillionUsd(_) => 1.0,
                TransferAmount::ShareOfIncome(_) => paying,
            };
            let parts: Vec<(usize, f64)> = payers
                .iter()
                .map(|&n| (n, -per_unit * income[n] / paying))
                .chain(receivers.iter().map(|&n| (n, per_unit * income[n] / receiving)))
                .collect();
            self.enter("transfer", false, || PolicySize {
                policy: index,
                key,
                value: size,
                effect: Effect::Transfer(parts),
            });
            for &n in &payers {
                self.counterfactual.transfers[n] -= amount * income[n] / paying;
            }
            for &n in &receivers {
                self.counterfactual.transfers[n] += amount * income[n] / receiving;
            }
        }
    }

    pub(super) fn coalition(&mut self, index: usize, members: &Selector, rule: &CoalitionRule) {
        let at = |key: &str| place(index, key, None);
        let errors_before = self.errors.len();
        let members = self.select(members, Axis::Region, &at("members"));
        if members.is_empty() && self.errors.len() == errors_before {
            let reason = "no member is selected";
            self.errors.push(ScenarioError::NoCells { place: at(""), reason });
        }
        for other in &self.counterfactual.coalitions {
            if let Some(&twice) = members.iter().find(|member| other.members.contains(member)) {
                self.errors.push(ScenarioError::TwoCoalitions {
                    place: at("members"),
                    region: self.baseline.regions.code(twice).to_owned(),
                    earlier: other.policy,
                });
            }
        }
        let weights = match rule {
            CoalitionRule::EqualWelfare => None,
            CoalitionRule::Weights(weights) => Some(self.weights(index, &members, weights)),
        };
        self.counterfactual.coalitions.push(Coalition {
            policy: index,
            members,
            weights,
            part: 1.0,
        });
    }

    /// Parts of the losses in the order of the members.
    fn weights(
        &mut self,
        index: usize,
        members: &[usize],
        weights: &BTreeMap<String, f64>,
    ) -> Vec<f64> {
        let mut parts = vec![0.0; members.len()];
        let mut given = vec![false; members.len()];
        for (code, &weight) in weights {
            let key = format!("weights.{code}");
            self.check(index, &key, weight, weight >= 0.0, "a finite number, at least 0");
            let at = place(index, &key, None);
            let Some(region) = self.region(code, &at) else { continue };
            match members.iter().position(|&member| member == region) {
                Some(member) => (parts[member], given[member]) = (weight, true),
                None => {
                    self.errors.push(ScenarioError::NoMember { place: at, region: code.clone() });
                }
            }
        }
        let missing = members.iter().zip(&given).find(|(_, given)| !**given);
        if let Some((&member, _)) = missing {
            self.errors.push(ScenarioError::NoWeight {
                place: place(index, "weights", None),
                region: self.baseline.regions.code(member).to_owned(),
            });
        }
        let sum: f64 = weights.values().sum();
        if (sum - 1.0).abs() > SHARES_TOLERANCE {
            self.errors.push(ScenarioError::SharesSum {
                place: place(index, "weights", None),
                found: sum,
                expected: "weights that sum to 1",
            });
        }
        parts
    }
}
