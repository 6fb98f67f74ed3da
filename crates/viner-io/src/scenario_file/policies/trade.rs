//! Policies on trade from exporters to importers.

use viner_model::scenario::{Action, BilateralInstrument, BilateralRow, Cells};

use super::currencies::read_currencies;
use super::kinds::{Kind, Trade};
use super::limits::{read_quota, read_shadow};
use super::routes::read_routes;
use super::{NOBODY, PolicyReader, codes_of};
use crate::scenario_file::findings::Reported;

impl PolicyReader<'_, '_, '_> {
    pub(super) fn trade(&mut self, kind: &Kind, trade: Trade) -> Result<Action, Reported> {
        if let Some(content) = self.table(kind) {
            let which = content.as_ref().ok().and_then(|content| content.value);
            let (instrument, is_good) = self.instrument(trade, which.unwrap_or(0))?;
            let rows = content?.rows.into_iter().map(|row| {
                let [exporter, importer, sector] = codes_of(row.codes);
                let value = row.value.or(kind.default).filter(|_| is_good);
                let value = value.unwrap_or(kind.nothing);
                BilateralRow { exporter, importer, sector, value, line: row.line }
            });
            return Ok(Action::Bilateral { instrument, cells: Cells::Rows(rows.collect()) });
        }
        let exporter = self.selector("exporter");
        let importer = self.selector("importer");
        let sector = self.selector("sector");
        let both_ways = self.fields.flag("both_ways", self.findings);
        let domestic = self.fields.flag("domestic", self.findings);
        let (which, value) = self.size(kind);
        let (instrument, is_good) = self.instrument(trade, which)?;
        Ok(Action::Bilateral {
            instrument,
            cells: Cells::Pattern {
                exporter: exporter.unwrap_or(NOBODY),
                importer: importer.unwrap_or(NOBODY),
                sector: sector.unwrap_or(NOBODY),
                both_ways: both_ways.unwrap_or(false),
                domestic: domestic.unwrap_or(false),
                value: if is_good { value } else { kind.nothing },
            },
        })
    }

    /// The instrument with all of its own keys, and whether nothing is wrong with them.
    fn instrument(
        &mut self,
        trade: Trade,
        which: usize,
    ) -> Result<(BilateralInstrument, bool), Reported> {
        let before = self.findings.count();
        let (fields, findings) = (&self.fields, &mut *self.findings);
        let instrument = match trade {
            Trade::Plain(instruments) => instruments.get(which).ok_or(Reported)?.clone(),
            Trade::Quota => read_quota(fields, findings),
            Trade::PriceCap => BilateralInstrument::PriceCap(read_shadow(fields, findings)),
            Trade::ExportControl => {
                BilateralInstrument::ExportControl(read_routes(fields, findings))
            }
            Trade::Settlement => BilateralInstrument::Settlement(read_currencies(fields, findings)),
        };
        Ok((instrument, self.findings.count() == before))
    }
}
