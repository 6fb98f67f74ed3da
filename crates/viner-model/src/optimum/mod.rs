//! Policies that are best for somebody: sizes between bounds that make an outcome as large as it
//! can be, and sizes that are best replies to each other.
//!
//! Gradients come from [`gradients`], one linear solution each; a local
//! optimum is sought from several starts, and the best is taken. Nothing says that there is no better
//! one elsewhere.

mod search;

use crate::equilibrium::{Differentiable, gradients};
use crate::outcome::Smooth;
use crate::scenario::{Action, Cells, Policy, SectorCells, TransferAmount};
use crate::variants::{VariantFailure, Variants};

pub use search::{Best, Search, frontier, nash, optimum};

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
    /// Unknowns of an equilibrium from which each is sought.
    pub start: Option<Vec<f64>>,
}

/// An outcome with its derivatives by all chosen sizes.
#[derive(Clone, Debug, PartialEq)]
pub struct Told {
    /// The outcome.
    pub value: f64,
    /// By the size of each choice.
    pub gradient: Vec<f64>,
}

impl Economy<'_> {
    /// All policies at these sizes.
    pub fn policies(&self, sizes: &[f64]) -> Vec<Policy> {
        let chosen = self.choices.iter().zip(sizes).map(|(choice, &size)| choice.with(size));
        self.fixed.iter().cloned().chain(chosen).collect()
    }

    /// Outcomes at these sizes.
    ///
    /// # Errors
    /// There is no equilibrium.
    pub fn tell(&self, sizes: &[f64], outcomes: &[&Smooth]) -> Result<Vec<Told>, VariantFailure> {
        let policies = self.policies(sizes);
        let scenario = self.variants.scenario_with(policies.clone());
        let (problem, equilibrium) = self.variants.solve(policies, self.start.as_deref())?;
        let asked: Vec<&dyn Differentiable> =
            outcomes.iter().map(|outcome| *outcome as &dyn Differentiable).collect();
        let sizes = problem.sizes(&scenario);
        let told = |gradient: &crate::equilibrium::Gradient| {
            let mut by_choice = vec![0.0; self.choices.len()];
            for size in &sizes {
                if let Some(choice) = size.policy.checked_sub(self.fixed.len()) {
                    by_choice[choice] += gradient.by(&problem, size);
                }
            }
            Told { value: gradient.value, gradient: by_choice }
        };
        let gradients = gradients(&problem, &equilibrium, &asked)
            .map_err(|error| VariantFailure::Scenario(vec![error]))?;
        Ok(gradients.iter().map(told).collect())
    }
}
