//! What is known by product or in another classification, brought to the sectors of a table:
//! trade elasticities and tariffs.
//!
//! Classifications meet at the divisions (two digits) of ISIC Rev. 4: [`SectorDivisions`] says which of them
//! each sector of the table holds, [`Concordance`] which make a product of the Harmonized System.

mod concordance;
mod elasticities;
mod isic;
mod tariffs;
mod trade_weights;

pub use concordance::Concordance;
pub use elasticities::{Elasticities, ReadAs, SectorElasticity, read_elasticities};
pub use isic::SectorDivisions;
pub use tariffs::{Preferences, TariffTable, read_tariffs};
pub use trade_weights::TradeWeights;
