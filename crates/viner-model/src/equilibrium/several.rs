//! Price caps that more than one equilibrium satisfies: which one is taken.

use std::sync::Arc;

use super::{Equilibrium, Failure, Regime};
use crate::equations::limits::CapTrack;
use crate::problem::{Problem, Wedge, WedgeRule};

/// Solves a problem from given unknowns.
type Solve<'a> = dyn Fn(&Problem, Option<&[f64]>) -> Result<Equilibrium, Failure> + 'a;

/// Equilibria that differ by less outside shipping are one and the same.
const SAME_SHADOW: f64 = 1e-6;

/// Of the equilibria of a problem, of which one is `found`, the one with least outside shipping, or
/// that in which the exporter withdraws. Says by wedge whether there were others.
pub(super) fn chosen(problem: &Problem, mut found: Equilibrium, solve: &Solve<'_>) -> Equilibrium {
    for start in other_starts(problem, &found, solve) {
        if let Ok(other) = solve(problem, Some(&start)) {
            let shadow = |equilibrium: &Equilibrium| -> f64 {
                equilibrium.wedges.iter().map(|wedge| wedge.shadow).sum()
            };
            let (mut taken, left) =
                if shadow(&other) < shadow(&found) { (other, found) } else { (found, other) };
            for (wedge, other) in taken.wedges.iter_mut().zip(&left.wedges) {
                wedge.several |= other.several || (wedge.shadow - other.shadow).abs() > SAME_SHADOW;
            }
            found = taken;
        }
    }
    withdrawals(problem, found, solve)
}
/// Where the exporter's price without any covered sale is above a cap that outside shipping does not
/// get round, the exporter withdraws, although a wedge at which it sells at the cap may exist, too:
/// rents that come and go make its price fall and rise again as the wedge grows.
fn withdrawals(problem: &Problem, mut found: Equilibrium, solve: &Solve<'_>) -> Equilibrium {
    for (index, wedge) in problem.counterfactual.wedges.iter().enumerate() {
        let WedgeRule::PriceCap(cap) = &wedge.rule else { continue };
        let binds = matches!(found.wedges[index].regime, Regime::Served | Regime::ShadowFull);
        if cap.capacity > 0.0 || !binds {
            continue;
        }
        let mut closed: Vec<usize> = (0..found.wedges.len())
            .filter(|&other| found.wedges[other].regime == Regime::Withdrawn)
            .collect();
        closed.push(index);
        // Not solved, or not certified because the exporter would sell at the cap: it does.
        let start = Some(found.unknowns.as_slice());
        if let Ok(mut embargo) = solve(&problem.closing(&closed), start) {
            embargo.statistics.evaluations += found.statistics.evaluations;
            embargo.wedges[index].several = true;
            found = embargo;
        }
    }
    found
}

/// Starts from which a problem with more than one equilibrium leads to the others: the equilibrium
/// without outside shipping, if it is one, and the unknowns of this one with all outside shipping in
/// use. None where the equilibrium is unique.
fn other_starts(problem: &Problem, found: &Equilibrium, solve: &Solve<'_>) -> Vec<Vec<f64>> {
    let wedges = &problem.counterfactual.wedges;
    let full_shadow = |wedge: &Wedge| match &wedge.rule {
        WedgeRule::PriceCap(cap) => CapTrack::full_shadow(cap),
        WedgeRule::Quota { .. } => None,
    };
    let caps: Vec<(usize, f64)> = wedges
        .iter()
        .enumerate()
        .filter_map(|(index, wedge)| Some((index, full_shadow(wedge)?)))
        .collect();
    if caps.is_empty() {
        return Vec::new();
    }
    let first = found.unknowns.len() - wedges.len();
    let mut full = found.unknowns.clone();
    let mut without = problem.clone();
    for &(index, place) in &caps {
        full[first + index] = place;
        if let WedgeRule::PriceCap(cap) =
            &mut Arc::make_mut(&mut without.counterfactual).wedges[index].rule
        {
            cap.capacity = 0.0;
        }
    }
    let mut starts = vec![full];
    if let Ok(mut empty) = solve(&without, Some(&found.unknowns[..first])) {
        let served = |&(index, _): &(usize, f64)| {
            matches!(empty.wedges[index].regime, Regime::Slack | Regime::Served)
        };
        if caps.iter().all(served) {
            for (index, _) in caps {
                if empty.wedges[index].regime == Regime::Served {
                    empty.unknowns[first + index] = empty.wedges[index].multiplier.ln();
                }
            }
            starts.push(empty.unknowns);
        }
    }
    starts
}
