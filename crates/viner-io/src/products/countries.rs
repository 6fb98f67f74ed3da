//! Countries of trade and tariffs laid on the regions of a table.

use viner_model::labels::Labels;

use crate::tables::european_union;

/// Where the countries of a year are in a table.
pub(super) struct Countries<'a> {
    /// Regions of the table.
    pub(super) regions: &'a Labels,
    /// Members of the European Union in the year.
    pub(super) members: Vec<&'static str>,
}

impl<'a> Countries<'a> {
    pub(super) fn of(regions: &'a Labels, year: i64) -> Self {
        Self { regions, members: european_union(year) }
    }

    pub(super) fn is_member(&self, country: &str) -> bool {
        self.members.contains(&country)
    }

    /// The region that a country is in: its own, that of the union, or the rest of the world.
    pub(super) fn region(&self, country: &str) -> Option<usize> {
        let union = || {
            let named = self.is_member(country) || country == "EUN";
            self.regions
                .position("EU27")
                .or_else(|| self.regions.position("EU28"))
                .filter(|_| named)
        };
        let own = self.regions.position(country);
        own.or_else(union).or_else(|| self.regions.position("ROW"))
    }
}
