//! What is known by product or in another classification, brought to the sectors of a table:
//! trade elasticities, tariffs, and shares of products in a sector.
//!
//! Classifications meet at the divisions (two digits) of ISIC Rev. 4: [`SectorDivisions`] says which of them
//! each sector of the table holds, [`Concordance`] which make a product of the Harmonized System.
//! Trade by product also divides a sector: [`divide_by_trade`].

mod child_products;
mod concordance;
mod countries;
mod customs_shares;
mod elasticities;
mod harmonized_system;
mod isic;
mod tariffs;
mod trade_weights;

pub use concordance::Concordance;
pub use customs_shares::{ChildTrade, CustomsShares, Industries, divide_by_trade};
pub use elasticities::{Elasticities, ReadAs, SectorElasticity, read_elasticities};
pub use harmonized_system::{described, product_name};
pub use isic::SectorDivisions;
pub use tariffs::{Preferences, TariffTable, read_tariffs};
pub use trade_weights::TradeWeights;
