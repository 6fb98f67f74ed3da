//! Derivatives by every size and every elasticity against differences of whole equilibria.

mod by_user;
mod policy_numbers;

use std::cell::Cell;
use std::collections::BTreeMap;
use std::sync::Arc;

use ndarray::{ArrayViewMut1, s};
use viner_model::economies::Recipe;
use viner_model::equilibrium::{
    By, Differentiable, Equilibrium, Gradient, Regime, gradients_by, solve_from,
};
use viner_model::outcome::{Measure, Names, Outcome, Smooth};
use viner_model::problem::{
    CellChange, Counterfactual, Nest, NestKind, PriceCap, Problem, TradeCell, WedgeRule,
};
use viner_model::scenario::{Deficits, Labour, Model, Policy, SectorInstrument, Values};

use crate::economies::generated;
use crate::mixes::mix;
use crate::policies::{
    GENERAL, Uniform, one_of_each, outcome, problem, scenario, sectoral, solved,
};
use crate::tolerances::{DERIVATIVE, TIGHT};

fn changed(problem: &mut Problem) -> &mut Counterfactual {
    Arc::make_mut(&mut problem.counterfactual)
}

const OUTCOMES: [&str; 12] = [
    "welfare(R000)",
    "real_gdp(R001) + employment(R002)",
    "real_wage(R000|R001)",
    "terms_of_trade(R001)",
    "share(flow(R001, R000, *), flow(*, R000, *))",
    "quantity(R001, R000, S000) * quantity(R000, R002, S000)",
    "imports(R000) / base.imports(R000)",
    "revenue(R000, S000) / base.revenue(R000, S000)",
    "profit(R001, *) / base.profit(R001, *)",
    "dependence(R002, R001) - price(R002, S001)",
    "tariff_revenue(R000) / income(R000)",
    "output(R001, S001) / value_added(R002, S000)",
];

fn measures(problem: &Problem) -> Vec<Measure> {
    let groups = BTreeMap::new();
    let names = Names::of(problem, &groups);
    OUTCOMES.iter().map(|text| Outcome::parse(text).unwrap().bind(&names).unwrap()).collect()
}

/// An equilibrium, its gradients, and how to check them.
struct Point {
    problem: Problem,
    equilibrium: Equilibrium,
    measures: Vec<Measure>,
    gradients: Vec<Gradient>,
    /// Of the differences.
    step: f64,
    checked: Cell<usize>,
    skipped: Cell<usize>,
}

impl Point {
    /// Everything there is a derivative by; few may be left out for want of a difference to compare with.
    fn check_all(&self) {
        self.check_elasticities();
        self.check_sectors();
        self.check_instruments();
        self.check_shares();
        assert!(self.checked.get() > 20 * self.skipped.get(), "{:?}", self.skipped);
    }

    fn new(problem: Problem, equilibrium: Equilibrium) -> Self {
        let measures = measures(&problem);
        let smooth: Vec<Smooth> =
            measures.iter().map(|measure| measure.clone().smooth().unwrap()).collect();
        let by = By { cells: None, shares: true };
        let outcomes = smooth.iter().map(|outcome| (outcome as &dyn Differentiable, by));
        let gradients = gradients_by(&problem, &equilibrium, outcomes);
        for (measure, gradient) in measures.iter().zip(&gradients) {
            let value = measure.number(&problem, &equilibrium).unwrap();
            assert!((gradient.value - value).abs() < 1e-9 * (1.0 + value.abs()), "{measure:?}");
        }
        let (checked, skipped) = (Cell::new(0), Cell::new(0));
        Self { problem, equilibrium, measures, gradients, step: 1e-4, checked, skipped }
    }

    /// Outcomes, unless a limit is in another regime there: the derivative is that of one side.
    fn values(&self, change: &dyn Fn(&mut Problem, f64), step: f64) -> Option<Vec<f64>> {
        let mut problem = self.problem.clone();
        change(&mut problem, step);
        let found = solve_from(&problem, Some(&self.equilibrium.unknowns), TIGHT).unwrap();
        let regimes = |found: &Equilibrium| -> Vec<Regime> {
            found.wedges.iter().map(|wedge| wedge.regime).collect()
        };
        let same = regimes(&found) == regimes(&self.equilibrium);
        let number = |measure: &Measure| measure.number(&problem, &found).unwrap();
        same.then(|| self.measures.iter().map(number).collect())
    }

    /// Differences of fourth order, whose error is the fourth power of the step.
    fn check(
        &self,
        what: &str,
        change: &dyn Fn(&mut Problem, f64),
        exact: &dyn Fn(&Gradient) -> f64,
    ) {
        let step = self.step;
        let values = [step, -step, 2.0 * step, -2.0 * step].map(|step| self.values(change, step));
        let [Some(near), Some(back), Some(far), Some(far_back)] = values else {
            self.skipped.set(self.skipped.get() + 1);
            return;
        };
        self.checked.set(self.checked.get() + 1);
        for (position, gradient) in self.gradients.iter().enumerate() {
            let difference = (8.0 * (near[position] - back[position])
                - (far[position] - far_back[position]))
                / (12.0 * step);
            let exact = exact(gradient);
            assert!(
                (exact - difference).abs() < DERIVATIVE * (1.0 + exact.abs()),
                "{} by {what}: {exact} and {difference}",
                OUTCOMES[position]
            );
        }
    }

    fn check_elasticities(&self) {
        let sectors = self.problem.baseline.sector_count();
        for s in 0..sectors {
            self.check("θ", &|p, h| p.elasticities.trade[s] += h, &|g| g.trade[s]);
            self.check("σ", &|p, h| p.elasticities.production[s] += h, &|g| g.production[s]);
            self.check("ε", &|p, h| p.elasticities.input[s] += h, &|g| g.input[s]);
        }
        self.check("η", &|p, h| p.elasticities.final_demand += h, &|g| g.final_demand);
        for cell in [[0, 0], [1, 1], [2, 0]] {
            let change = |p: &mut Problem, h| p.elasticities.specific_factor_share[cell] += h;
            self.check("φ", &change, &|g| g.specific_factor_share[cell]);
        }
    }

    fn check_sectors(&self) {
        for cell in [[0, 0], [1, 1]] {
            let change = |p: &mut Problem, h: f64| changed(p).productivity[cell] *= h.exp();
            self.check("productivity", &change, &|g| g.log_productivity[cell]);
            let change = |p: &mut Problem, h: f64| {
                changed(p).final_shares[cell] *= h.exp();
                let mut row = changed(p).final_shares.row_mut(cell[0]);
                let sum = row.sum();
                row /= sum;
            };
            self.check("taste", &change, &|g| g.log_taste[cell]);
            let change = |p: &mut Problem, h| changed(p).profit_tax[cell] += h;
            self.check("profit tax", &change, &|g| g.profit_tax[cell]);
        }
        let amount = self.problem.baseline.income[0];
        let change = |p: &mut Problem, h| {
            changed(p).transfers[0] -= h * amount;
            changed(p).transfers[1] += h * amount;
        };
        self.check("transfer", &change, &|g| (g.income[1] - g.income[0]) * amount);
    }

    fn check_cell(&self, cell: TradeCell, change: &CellChange) {
        type Field = fn(&mut CellChange) -> &mut f64;
        let fields: [(&str, Field, fn(&Gradient, TradeCell) -> f64); 5] = [
            ("trade cost", |c| &mut c.trade_cost, |g, c| g.cells[&c].trade_cost),
            ("tariff", |c| &mut c.tariff, |g, c| g.cells[&c].tariff),
            ("export tax", |c| &mut c.export_tax, |g, c| g.cells[&c].export_tax),
            ("embargo", |c| &mut c.allowed, |g, c| g.cells[&c].allowed),
            ("exit", |c| &mut c.staying, |g, c| g.cells[&c].staying),
        ];
        let wedges = &self.problem.counterfactual.wedges;
        for (name, field, exact) in fields {
            // All cells of a cap have one export tax; an equilibrium at less than nothing has no sense.
            let is_cap = |&wedge: &usize| matches!(wedges[wedge].rule, WedgeRule::PriceCap(_));
            if (name == "export tax" && change.wedges.iter().any(is_cap))
                || *field(&mut change.clone()) < 0.01 && matches!(name, "embargo" | "exit")
            {
                continue;
            }
            let moved = |p: &mut Problem, h| {
                *field(changed(p).cells.get_mut(&cell).unwrap()) += h;
            };
            self.check(&format!("{name} of {cell:?}"), &moved, &|g| exact(g, cell));
        }
        for position in 0..change.nests.len() {
            let moved = |p: &mut Problem, h| {
                changed(p).cells.get_mut(&cell).unwrap().nests[position].1 -= h;
            };
            // A whole cell can only have less of it in a nest: differences to one side would do.
            if change.nests[position].1 < 0.99 {
                self.check("part in nest", &moved, &|g| -g.cells[&cell].nests[position]);
            }
        }
    }

    fn check_instruments(&self) {
        let counterfactual = &self.problem.counterfactual;
        let cells: Vec<_> = counterfactual.cells.iter().collect();
        for (cell, change) in cells.iter().step_by(cells.len().div_ceil(7)) {
            self.check_cell(**cell, change);
        }
        for (position, nest) in counterfactual.nests.iter().enumerate() {
            let change = |p: &mut Problem, h| changed(p).nests[position].elasticity += h;
            self.check("ϑ", &change, &|g| g.nests[position].elasticity);
            for branch in 0..nest.branches.len() {
                let change = |p: &mut Problem, h| {
                    changed(p).nests[position].branches[branch].cost += h;
                };
                self.check("cost", &change, &|g| g.nests[position].branches[branch].cost);
                if nest.branches[branch].hub.is_some() {
                    let change = |p: &mut Problem, h| {
                        changed(p).nests[position].branches[branch].margin += h;
                    };
                    self.check("margin", &change, &|g| g.nests[position].branches[branch].margin);
                }
                let change = |p: &mut Problem, h| {
                    move_branch_share(&mut changed(p).nests[position], branch, h);
                };
                if nest.kind == NestKind::Currencies || branch > 0 {
                    let exact = |g: &Gradient| g.nests[position].by_share(nest, branch);
                    self.check("share of a branch", &change, &exact);
                }
            }
        }
        self.check_wedges();
    }

    fn check_wedges(&self) {
        for (position, wedge) in self.problem.counterfactual.wedges.iter().enumerate() {
            let change = |p: &mut Problem, h| match &mut changed(p).wedges[position].rule {
                WedgeRule::Quota { limit, .. } => *limit += h,
                WedgeRule::PriceCap(cap) => cap.cap += h,
            };
            self.check("limit", &change, &|g| g.wedges[position].limit);
            if let WedgeRule::PriceCap(_) = wedge.rule {
                let capacity = |p: &mut Problem, h| cap_of(p, position).capacity += h;
                self.check("shadow capacity", &capacity, &|g| g.wedges[position].capacity);
                let cost = |p: &mut Problem, h| cap_of(p, position).cost += h;
                self.check("shadow cost", &cost, &|g| g.wedges[position].cost);
            } else {
                let change = |p: &mut Problem, h| {
                    let rule = &mut changed(p).wedges[position].rule;
                    if let WedgeRule::Quota { rent_to_exporter, .. } = rule {
                        *rent_to_exporter += h;
                    }
                };
                self.check("rent", &change, &|g| g.wedges[position].rent_to_exporter);
            }
        }
    }

    /// A trade share of the baseline and the others of its purchaser, all else held.
    fn check_trade_share(&self, (s, n, i): TradeCell, purchaser: usize) {
        let change = |p: &mut Problem, h: f64| {
            let is_by_user = p.user_shares().is_some();
            let baseline = Arc::make_mut(&mut p.baseline);
            let row = match &mut baseline.user_shares {
                Some(shares) if is_by_user => shares.slice_mut(s![s, n, purchaser, ..]),
                _ => baseline.trade_shares.slice_mut(s![s, n, ..]),
            };
            move_share(row, i, h);
        };
        self.check(&format!("share {:?}", (s, n, purchaser, i)), &change, &|g| {
            g.shares.as_ref().unwrap().trade[[s, n, purchaser, i]]
        });
    }

    /// Of inputs, of value added, where output gives way, and of final demand.
    fn check_shares_of(&self, (n, k, s): (usize, usize, usize)) {
        let by = |g: &Gradient| g.shares.clone().unwrap();
        let mix = |p: &mut Problem, h: f64| {
            let baseline = Arc::make_mut(&mut p.baseline);
            let inputs = 1.0 - baseline.value_added_share[[n, k]];
            move_share(baseline.input_mix.slice_mut(s![n, k, ..]), s, h / inputs);
        };
        self.check(&format!("γ {:?}", (n, k, s)), &mix, &|g| by(g).input[[n, k, s]]);
        let value_added = |p: &mut Problem, h: f64| {
            let baseline = Arc::make_mut(&mut p.baseline);
            let share = &mut baseline.value_added_share[[n, k]];
            *share += h;
            baseline.output[[n, k]] = baseline.value_added[[n, k]] / *share;
        };
        self.check(&format!("β {:?}", (n, k)), &value_added, &|g| by(g).value_added[[n, k]]);
        // What policies do to tastes is relative to those of the baseline.
        let tastes = |p: &mut Problem, h: f64| {
            let before = p.baseline.final_shares.row(n).to_owned();
            let mut moved = before.clone();
            move_share(moved.view_mut(), s, h);
            let mut row = changed(p).final_shares.row_mut(n);
            row *= &(moved / before);
            row /= row.sum();
        };
        self.check(&format!("α {:?}", (n, s)), &tastes, &|g| by(g).final_demand[[n, s]]);
    }

    /// Of every sector and importer one share, of every user one input.
    fn check_shares(&self) {
        let (sectors, regions, _) = self.problem.baseline.trade_shares.dim();
        for s in 0..sectors {
            for n in 0..regions {
                let purchaser = (n + 2 * s) % self.problem.purchasers();
                self.check_trade_share((s, n, (n + s + 1) % regions), purchaser);
                self.check_shares_of((n, s, (n + s) % sectors));
            }
        }
    }
}

/// The others giving way in proportion.
fn move_share(mut shares: ArrayViewMut1<'_, f64>, position: usize, step: f64) {
    let share = shares[position];
    shares *= (1.0 - share - step) / (1.0 - share);
    shares[position] = share + step;
}

fn cap_of(problem: &mut Problem, wedge: usize) -> &mut PriceCap {
    match &mut changed(problem).wedges[wedge].rule {
        WedgeRule::PriceCap(cap) => cap,
        WedgeRule::Quota { .. } => panic!("no price cap"),
    }
}

/// Of a hub at the expense of the direct route, of a currency at that of all others in proportion.
fn move_branch_share(nest: &mut Nest, branch: usize, step: f64) {
    match nest.kind {
        NestKind::Routes => nest.branches[0].share -= step,
        NestKind::Currencies => {
            let share = nest.branches[branch].share;
            for other in &mut nest.branches {
                other.share *= (1.0 - share - step) / (1.0 - share);
            }
            nest.branches[branch].share = share;
        }
    }
    nest.branches[branch].share += step;
}

fn economy(seed: u64) -> Arc<viner_model::baseline::Baseline> {
    generated(Recipe { tariffs: 0.3, deficits: 0.1, ..Recipe::new(4, 3, seed) })
}

fn all_policies(sizes: [f64; 8]) -> Vec<Policy> {
    let mut policies = mix(sizes);
    policies.push(sectoral(SectorInstrument::SectorTaxRate, ("R001", "S000"), 0.3));
    policies
}

#[test]
fn derivatives_are_those_of_the_equilibrium_under_all_instruments() {
    let cases = [
        ([0.3, 0.2, 0.5, 0.6, 0.7, 0.4, 0.3, 0.6], Labour::Mobile, Deficits::Fixed),
        ([0.1, 0.1, 0.3, 0.9, 0.3, 0.8, 0.8, 0.3], Labour::Mobile, Deficits::IncomeShare),
        ([0.6, 0.4, 0.9, 0.4, 0.5, 0.6, 0.6, 0.9], Labour::FixedRealWage, Deficits::Fixed),
        ([0.2, 0.0, 0.2, 0.7, 0.6, 0.2, 0.2, 0.5], Labour::FixedNominalWage, Deficits::Fixed),
    ];
    for (seed, (sizes, labour, deficits)) in (31..).zip(cases) {
        let elasticities = Uniform { theta: 2.0 + 0.5 * (seed - 30) as f64, ..GENERAL };
        let model = Model { labour, deficits, ..elasticities.model() };
        let (problem, equilibrium) = outcome(&economy(seed), model, all_policies(sizes));
        let point = Point::new(problem, equilibrium);
        point.check_all();
    }
}

#[test]
fn derivatives_by_elasticities_hold_at_cobb_douglas() {
    let elasticities = Uniform { sigma: 1.0, epsilon: 1.0, eta: 1.0, ..GENERAL };
    let (problem, equilibrium) = outcome(&economy(7), elasticities.model(), one_of_each());
    let point = Point::new(problem, equilibrium);
    point.check_elasticities();
    point.check_sectors();
    point.check_instruments();
    point.check_shares();
}

/// Every size of a scenario, through its policies and not through the cells.
#[test]
fn derivatives_by_sizes_are_those_of_the_scenario() {
    let baseline = economy(12);
    let model = Model { trade_elasticity: Values::uniform(3.5), ..GENERAL.model() };
    let mut policies = one_of_each();
    // What a later policy replaces has no effect.
    policies.push(Policy {
        replace: true,
        ..crate::policies::trade(
            viner_model::scenario::BilateralInstrument::TariffRate,
            ("R000", "R001", "S001"),
            0.1,
        )
    });
    policies.extend(mix([0.3, 0.2, 0.5, 0.6, 0.7, 0.4, 0.3, 0.6]).into_iter().skip(1).take(3));
    let whole = scenario(model.clone(), policies.clone());
    let problem_of = |policies: &[Policy]| problem(&baseline, model.clone(), policies.to_vec());
    let base = problem_of(&policies);
    let point = Point::new(base.clone(), solved(&base));
    let sizes = base.sizes(&whole);
    for (position, policy) in policies.iter().enumerate() {
        let own: Vec<_> = sizes.iter().filter(|size| size.policy == position).collect();
        assert!(!own.is_empty(), "{policy:?}");
        let change = |p: &mut Problem, h: f64| {
            let mut moved = policies.clone();
            move_size(&mut moved[position], h);
            *p = problem_of(&moved);
        };
        let what = format!("size of policy {position}");
        point.check(&what, &change, &|g| own.iter().map(|size| g.by(&base, size)).sum());
    }
}

fn move_size(policy: &mut Policy, step: f64) {
    use viner_model::scenario::{Action, Cells, SectorCells, TransferAmount};
    match &mut policy.action {
        Action::Bilateral { cells: Cells::Pattern { value, .. }, .. }
        | Action::Sector { cells: SectorCells::Pattern { value, .. }, .. } => *value += step,
        Action::Transfer { rows } => match &mut rows[0].amount {
            TransferAmount::MillionUsd(size) | TransferAmount::ShareOfIncome(size) => *size += step,
        },
        _ => panic!("no size"),
    }
}
