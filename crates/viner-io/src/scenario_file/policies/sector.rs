//! Policies on sectors of regions.

use viner_model::scenario::{Action, SectorCells, SectorInstrument, SectorRow};

use super::kinds::Kind;
use super::{NOBODY, PolicyReader, codes_of};
use crate::scenario_file::findings::Reported;

impl PolicyReader<'_, '_, '_> {
    pub(super) fn sector(
        &mut self,
        kind: &Kind,
        instrument: SectorInstrument,
    ) -> Result<Action, Reported> {
        if let Some(content) = self.table(kind) {
            let rows = content?.rows.into_iter().map(|row| {
                let [region, sector] = codes_of(row.codes);
                let value = row.value.unwrap_or(kind.nothing);
                SectorRow { region, sector, value, line: row.line }
            });
            return Ok(Action::Sector { instrument, cells: SectorCells::Rows(rows.collect()) });
        }
        let (region, sector) = (self.selector("region"), self.selector("sector"));
        let (_, value) = self.size(kind);
        let (region, sector) = (region.unwrap_or(NOBODY), sector.unwrap_or(NOBODY));
        Ok(Action::Sector { instrument, cells: SectorCells::Pattern { region, sector, value } })
    }
}
