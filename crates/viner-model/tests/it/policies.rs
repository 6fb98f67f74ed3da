//! Policies, models and problems in few words.

use std::sync::Arc;

use viner_model::baseline::Baseline;
use viner_model::equilibrium::{Equilibrium, solve};
use viner_model::problem::{Problem, ScenarioError};
use viner_model::scenario::{
    Action, BilateralInstrument, BilateralRow, Cells, Labour, Model, Policy, Scenario, SectorCells,
    SectorInstrument, Selector, TransferAmount, TransferRow, Values,
};

use crate::tolerances::TIGHT;

/// `*` is all, `!A,B` all but these, `A,B` these.
pub fn selector(text: &str) -> Selector {
    let names = |text: &str| {
        text.split(',').filter(|name| !name.is_empty()).map(ToOwned::to_owned).collect()
    };
    match text.strip_prefix('!') {
        _ if text == "*" => Selector::All,
        Some(rest) => Selector::Not(names(rest)),
        None => Selector::Names(names(text)),
    }
}

pub fn policy(action: Action) -> Policy {
    Policy { name: None, action, replace: false }
}

/// A policy on trade from `exporter` to `importer`, foreign cells only.
pub fn trade(
    instrument: BilateralInstrument,
    (exporter, importer, sector): (&str, &str, &str),
    value: f64,
) -> Policy {
    let cells = Cells::Pattern {
        exporter: selector(exporter),
        importer: selector(importer),
        sector: selector(sector),
        both_ways: false,
        domestic: false,
        value,
    };
    policy(Action::Bilateral { instrument, cells })
}

/// The same with domestic cells too.
pub fn trade_and_domestic(
    instrument: BilateralInstrument,
    places: (&str, &str, &str),
    size: f64,
) -> Policy {
    let mut policy = trade(instrument, places, size);
    if let Action::Bilateral { cells: Cells::Pattern { domestic, .. }, .. } = &mut policy.action {
        *domestic = true;
    }
    policy
}

/// The same in both directions.
pub fn both_ways(instrument: BilateralInstrument, places: (&str, &str, &str), size: f64) -> Policy {
    let mut policy = trade(instrument, places, size);
    if let Action::Bilateral { cells: Cells::Pattern { both_ways, .. }, .. } = &mut policy.action {
        *both_ways = true;
    }
    policy
}

/// One size for each trade cell `(sector, importer, exporter)`.
pub fn cell_by_cell(
    baseline: &Baseline,
    instrument: BilateralInstrument,
    sizes: impl IntoIterator<Item = ((usize, usize, usize), f64)>,
) -> Policy {
    let row = |((s, n, i), value): ((usize, usize, usize), f64)| BilateralRow {
        exporter: baseline.regions.code(i).to_owned(),
        importer: baseline.regions.code(n).to_owned(),
        sector: baseline.sectors.code(s).to_owned(),
        value,
        line: 1,
    };
    let cells = Cells::Rows(sizes.into_iter().map(row).collect());
    policy(Action::Bilateral { instrument, cells })
}

/// All cells between different regions.
pub fn foreign_cells(baseline: &Baseline) -> Vec<(usize, usize, usize)> {
    let (regions, sectors) = (baseline.region_count(), baseline.sector_count());
    (0..sectors)
        .flat_map(|s| (0..regions).flat_map(move |n| (0..regions).map(move |i| (s, n, i))))
        .filter(|(_, n, i)| n != i)
        .collect()
}

pub fn sectoral(
    instrument: SectorInstrument,
    (region, sector): (&str, &str),
    value: f64,
) -> Policy {
    let cells = SectorCells::Pattern { region: selector(region), sector: selector(sector), value };
    policy(Action::Sector { instrument, cells })
}

pub fn transfer(from: &str, to: &str, amount: TransferAmount) -> Policy {
    let row = TransferRow { from: selector(from), to: selector(to), amount, line: None };
    policy(Action::Transfer { rows: vec![row] })
}

/// θ, σ, ε, η and φ, each the same everywhere.
#[derive(Clone, Copy, Debug)]
pub struct Uniform {
    pub theta: f64,
    pub sigma: f64,
    pub epsilon: f64,
    pub eta: f64,
    pub phi: f64,
}

/// Cobb-Douglas with labour alone, as in Caliendo and Parro.
pub const COBB_DOUGLAS: Uniform =
    Uniform { theta: 4.0, sigma: 1.0, epsilon: 1.0, eta: 1.0, phi: 0.0 };

/// Every nest away from Cobb-Douglas, and a factor that stays in its sector.
pub const GENERAL: Uniform = Uniform { theta: 4.0, sigma: 0.5, epsilon: 0.3, eta: 1.7, phi: 0.4 };

impl Uniform {
    pub fn model(self) -> Model {
        Model {
            trade_elasticity: Values::uniform(self.theta),
            production_elasticity: Values::uniform(self.sigma),
            input_elasticity: Values::uniform(self.epsilon),
            final_elasticity: self.eta,
            specific_factor_share: Values::uniform(self.phi),
            ..Model::default()
        }
    }

    pub fn with(self, labour: Labour) -> Model {
        Model { labour, ..self.model() }
    }
}

pub fn scenario(model: Model, policies: impl IntoIterator<Item = Policy>) -> Scenario {
    Scenario { model, policies: policies.into_iter().collect(), ..Scenario::default() }
}

pub fn problem(
    baseline: &Arc<Baseline>,
    model: Model,
    policies: impl IntoIterator<Item = Policy>,
) -> Problem {
    match Problem::new(Arc::clone(baseline), &scenario(model, policies)) {
        Ok(problem) => problem,
        Err(errors) => panic!("the scenario is wrong: {errors:?}"),
    }
}

/// What is wrong with these policies.
pub fn errors(
    baseline: &Arc<Baseline>,
    model: Model,
    policies: impl IntoIterator<Item = Policy>,
) -> Vec<ScenarioError> {
    match Problem::new(Arc::clone(baseline), &scenario(model, policies)) {
        Ok(_) => panic!("the scenario is accepted"),
        Err(errors) => errors,
    }
}

pub fn solved(problem: &Problem) -> Equilibrium {
    match solve(problem, TIGHT) {
        Ok(equilibrium) => equilibrium,
        Err(failure) => panic!("{failure}"),
    }
}

/// The problem and its equilibrium.
pub fn outcome(
    baseline: &Arc<Baseline>,
    model: Model,
    policies: impl IntoIterator<Item = Policy>,
) -> (Problem, Equilibrium) {
    let problem = problem(baseline, model, policies);
    let equilibrium = solved(&problem);
    (problem, equilibrium)
}

/// One of every kind of policy, each of middling size, on regions `R000` to `R002`.
pub fn one_of_each() -> Vec<Policy> {
    use BilateralInstrument as On;
    vec![
        trade(On::TariffAdd, ("R000", "R001", "*"), 0.25),
        trade(On::ExportTaxRate, ("R001", "R000", "*"), 0.1),
        trade(On::TradeCostChange, ("R002", "!R002", "*"), 0.3),
        trade(On::EmbargoShare, ("R000", "R002", "S000"), 0.7),
        trade(On::SupplierExitShare, ("R001", "R002", "S000"), 0.4),
        sectoral(SectorInstrument::ProductivityChange, ("R001", "S000"), -0.1),
        sectoral(SectorInstrument::DemandShiftChange, ("R002", "S000"), 0.2),
        transfer("R000", "R002", TransferAmount::ShareOfIncome(0.02)),
    ]
}
