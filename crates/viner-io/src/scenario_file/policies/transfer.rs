//! Payments between regions.

use viner_model::scenario::{Action, Selector, TransferAmount, TransferRow};

use super::kinds::Kind;
use super::size::Size;
use super::{NOBODY, PolicyReader, codes_of};
use crate::scenario_file::findings::Reported;

impl PolicyReader<'_, '_, '_> {
    pub(super) fn transfer(&mut self, kind: &Kind) -> Result<Action, Reported> {
        if let Some(content) = self.table(kind) {
            let content = content?;
            let which = content.value.unwrap_or(0);
            let rows = content.rows.into_iter().map(|row| {
                let [from, to] = codes_of(row.codes);
                TransferRow {
                    from: selector_of(from),
                    to: selector_of(to),
                    amount: amount((which, row.value.unwrap_or(kind.nothing))),
                    line: Some(row.line),
                }
            });
            return Ok(Action::Transfer { rows: rows.collect() });
        }
        let (from, to) = (self.selector("from"), self.selector("to"));
        let amount = amount(self.size(kind));
        let (from, to) = (from.unwrap_or(NOBODY), to.unwrap_or(NOBODY));
        Ok(Action::Transfer { rows: vec![TransferRow { from, to, amount, line: None }] })
    }
}

fn amount((which, value): Size) -> TransferAmount {
    if which == 0 {
        TransferAmount::MillionUsd(value)
    } else {
        TransferAmount::ShareOfIncome(value)
    }
}

fn selector_of(name: String) -> Selector {
    if name == "*" { Selector::All } else { Selector::name(name) }
}
