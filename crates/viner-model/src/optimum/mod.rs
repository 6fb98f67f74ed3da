//! Policies that are best for somebody: sizes between bounds that make an outcome as large as it
//! can be, and sizes that are best replies to each other.
//!
//! Gradients come from [`gradients_by`], one linear solution each; a local
//! optimum is sought from several starts, and the best is taken. Nothing says that there is no better
//! one elsewhere.

mod frontier;
mod local;
mod search;

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::sync::Arc;

use crate::equilibrium::{By, Differentiable, Equilibrium, Gradient, gradients_by};
use crate::outcome::Smooth;
use crate::problem::{PolicySize, Problem, TradeCell};
use crate::scenario::{Action, Cells, Policy, SectorCells, TransferAmount};
use crate::variants::{VariantFailure, Variants};

pub use frontier::{Frontier, frontier};
pub use search::{Best, Search, nash, optimum};

/// A size that is chosen.
#[derive(Clone, Debug, PartialEq)]
pub struct Choice {
    /// The policy; its size is where the search starts.
    pub policy: Policy,
    /// Least size.
    pub lower: f64,
    /// Largest size.
    pub upper: f64,
}

impl Choice {
    /// The size of the policy; nothing where it has no single one.
    pub fn size(&self) -> Option<f64> {
        size_of(&mut self.policy.clone()).copied()
    }

    fn with(&self, size: f64) -> Policy {
        let mut policy = self.policy.clone();
        if let Some(slot) = size_of(&mut policy) {
            *slot = size;
        }
        policy
    }
}

/// The one number that says how much a policy does.
fn size_of(policy: &mut Policy) -> Option<&mut f64> {
    match &mut policy.action {
        Action::Bilateral { cells: Cells::Pattern { value, .. }, .. }
        | Action::Sector { cells: SectorCells::Pattern { value, .. }, .. } => Some(value),
        Action::Transfer { rows } => match rows.as_mut_slice() {
            [row] => match &mut row.amount {
                TransferAmount::MillionUsd(size) | TransferAmount::ShareOfIncome(size) => {
                    Some(size)
                }
            },
            _ => None,
        },
        Action::Bilateral { .. } | Action::Sector { .. } | Action::Coalition { .. } => None,
    }
}

/// Equilibria with chosen sizes.
pub struct Economy<'a> {
    /// What they have in common.
    pub variants: &'a Variants,
    /// Policies that are not chosen.
    pub fixed: Vec<Policy>,
    /// Those that are.
    pub choices: Vec<Choice>,
    /// Unknowns of an equilibrium from which all are sought: at first of that without what is chosen,
    /// if there is one.
    start: RefCell<Option<Vec<f64>>>,
    /// The last one, of which the next is made.
    last: RefCell<Option<Last>>,
}

/// A problem with its sizes.
struct Last {
    problem: Problem,
    sizes: Vec<f64>,
    /// By choice: what its size does.
    effects: Vec<Vec<PolicySize>>,
    unknowns: Option<Vec<f64>>,
}

impl Last {
    /// Changes sizes; whether that could be done in place.
    fn resize(&mut self, sizes: &[f64]) -> bool {
        let counterfactual = Arc::make_mut(&mut self.problem.counterfactual);
        let choices = self.effects.iter_mut().zip(self.sizes.iter_mut().zip(sizes));
        choices.into_iter().filter(|(_, (from, to))| from != to).all(|(effects, (from, to))| {
            let done = effects.iter_mut().all(|size| {
                size.value = *to;
                counterfactual.resize(&size.effect, *from, *to)
            });
            *from = *to;
            done
        })
    }
}

/// An outcome with its derivatives by all chosen sizes.
#[derive(Clone, Debug, PartialEq)]
pub struct Told {
    /// The outcome.
    pub value: f64,
    /// By the size of each choice.
    pub gradient: Vec<f64>,
}

impl<'a> Economy<'a> {
    /// Variants with policies that are fixed and sizes that are not.
    pub fn new(variants: &'a Variants, fixed: Vec<Policy>, choices: Vec<Choice>) -> Self {
        let start = variants.solve(fixed.clone(), None).ok().map(|(_, found)| found.unknowns);
        Self { variants, fixed, choices, start: RefCell::new(start), last: RefCell::new(None) }
    }

    /// From now on seeks equilibria from the last one. Not at every step: outcomes are smooth in the
    /// sizes to the last digits only where all are sought from the same start.
    fn start_from_last(&self) {
        if let Some(last) = &*self.last.borrow()
            && let Some(unknowns) = &last.unknowns
        {
            *self.start.borrow_mut() = Some(unknowns.clone());
        }
    }

    /// All policies at these sizes.
    pub fn policies(&self, sizes: &[f64]) -> Vec<Policy> {
        let chosen = self.choices.iter().zip(sizes).map(|(choice, &size)| choice.with(size));
        self.fixed.iter().cloned().chain(chosen).collect()
    }

    /// The problem and the equilibrium at these sizes.
    ///
    /// # Errors
    /// There is no equilibrium.
    pub fn solve(&self, sizes: &[f64]) -> Result<(Problem, Equilibrium), VariantFailure> {
        self.variants.solve(self.policies(sizes), self.start.borrow().as_deref())
    }

    /// Outcomes at these sizes, with derivatives by all.
    ///
    /// # Errors
    /// There is no equilibrium.
    pub fn tell(&self, sizes: &[f64], outcomes: &[&Smooth]) -> Result<Vec<Told>, VariantFailure> {
        let all: Vec<usize> = (0..sizes.len()).collect();
        self.tell_each(sizes, outcomes.iter().map(|outcome| (*outcome, all.as_slice())))
    }

    /// Outcomes at these sizes, each with derivatives by some choices; by all others 0.
    fn tell_each<'o>(
        &self,
        sizes: &[f64],
        outcomes: impl IntoIterator<Item = (&'o Smooth, &'o [usize])>,
    ) -> Result<Vec<Told>, VariantFailure> {
        let mut last = self.at(sizes)?;
        let found = self.variants.exact_equilibrium(&last.problem, self.start.borrow().as_deref());
        if let Ok(equilibrium) = &found {
            last.unknowns = Some(equilibrium.unknowns.clone());
        }
        let mut kept = self.last.borrow_mut();
        let last = &*kept.insert(last);
        let equilibrium = found?;
        let (outcomes, by): (Vec<&Smooth>, Vec<&[usize]>) = outcomes.into_iter().unzip();
        let cells_of = |by: &&[usize]| -> BTreeSet<TradeCell> {
            let sizes = by.iter().flat_map(|&choice| &last.effects[choice]);
            sizes.filter_map(|size| size.effect.cell()).collect()
        };
        let cells: Vec<BTreeSet<TradeCell>> = by.iter().map(cells_of).collect();
        let asked = outcomes.into_iter().zip(&cells).map(|(outcome, cells)| {
            let by = By { cells: Some(cells), shares: false };
            (outcome as &dyn Differentiable, by)
        });
        let gradients = gradients_by(&last.problem, &equilibrium, asked);
        let told = |(gradient, by): (&Gradient, &[usize])| {
            let mut by_choice = vec![0.0; sizes.len()];
            for &choice in by {
                let effects = last.effects[choice].iter();
                by_choice[choice] = effects.map(|size| gradient.by(&last.problem, size)).sum();
            }
            Told { value: gradient.value, gradient: by_choice }
        };
        Ok(gradients.iter().zip(by).map(told).collect())
    }

    /// The problem at these sizes: the last one, changed, where that can be.
    fn at(&self, sizes: &[f64]) -> Result<Last, VariantFailure> {
        let (mut effects, mut unknowns) = (None, None);
        if let Some(mut last) = self.last.take() {
            if last.resize(sizes) {
                return Ok(last);
            }
            (effects, unknowns) = (Some(last.effects), last.unknowns);
        }
        let policies = self.policies(sizes);
        let problem = self.variants.problem(policies.clone()).map_err(VariantFailure::Scenario)?;
        let effects = effects.unwrap_or_else(|| {
            let mut effects = vec![Vec::new(); sizes.len()];
            for size in problem.sizes(&self.variants.scenario_with(policies)) {
                if let Some(choice) = size.policy.checked_sub(self.fixed.len()) {
                    effects[choice].push(size);
                }
            }
            effects
        });
        Ok(Last { problem, sizes: sizes.to_vec(), effects, unknowns })
    }
}
