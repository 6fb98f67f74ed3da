//! Tests of the model as a whole: what must hold on any table, closed forms, and failures.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod attribution;
mod batches;
mod by_user;
mod certificate;
mod close;
mod coalitions;
mod degenerate;
mod economies;
mod embargo;
mod failures;
mod flows;
mod game;
mod gradient;
mod identities;
mod invariance;
mod inverse_shock;
mod lerner;
mod limits;
mod merging;
mod methods;
mod mixes;
mod nests;
mod optimum;
mod outcome;
mod policies;
mod price_caps;
mod quotas;
mod report;
mod robustness;
mod scenario_errors;
mod selections;
mod sourcing;
mod tolerances;
mod unbalanced;
mod welfare_split;
