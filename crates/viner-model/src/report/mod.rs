//! What is told of an equilibrium: welfare, trade, prices and where value ends up.
//!
//! Every quantity is a pure function of a problem and its equilibrium.

mod embodied;
mod flows;
mod intermediate;
mod limits;
mod regions;
mod routes;
mod sectors;
mod welfare_split;

pub use embodied::{embodied_through, embodied_value};
pub use flows::{FlowOutcomes, dependence, flow_value};
pub use intermediate::IntermediateSales;
pub use limits::{CapReport, WedgeReport};
pub use regions::RegionOutcomes;
pub use routes::{BranchFlow, Leakage, branch_flows, customs, leakage};
pub use sectors::{ProfitOutcomes, SectorOutcomes};
pub use welfare_split::{Part, WelfareSplit, welfare_split};
