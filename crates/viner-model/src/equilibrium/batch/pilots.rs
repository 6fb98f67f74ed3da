//! Starts that are near: problems that differ in a few numbers have unknowns that depend on these
//! smoothly, so a few of them tell where the others are.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

use viner_numerics::surface::Surface;

use super::{Batch, Draws, Unsolved};
use crate::equilibrium::Equilibrium;
use crate::problem::Problem;

/// One of so many problems is solved first, at most.
const LEAST_OTHERS: usize = 4;
/// Multiples of it, modulo 1, are evenly spread however many there are: the golden section.
const SPREAD: f64 = 0.618_033_988_749_894_9;

impl Batch {
    /// Solves the problems at these positions, which differ in the numbers `coordinates` alone, given
    /// for all positions that there are.
    ///
    /// A few of all are solved from the start that `draws` gives (the *pilots*); the others from the
    /// polynomial through their unknowns. Which are pilots depends on the number of
    /// problems alone, and those among them that are not asked for are solved too, so that results
    /// do not depend on which positions are.
    pub fn solve_near<D: Draws>(&self, positions: &[usize], coordinates: &[Vec<f64>], draws: &D) {
        let count = coordinates
            .first()
            .map_or(0, |own| Surface::points(own.len(), coordinates.len() / LEAST_OTHERS));
        let place = |pilot: usize| {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "a part of a length"
            )]
            let place = ((pilot as f64 * SPREAD).fract() * coordinates.len() as f64) as usize;
            place
        };
        let pilots: BTreeSet<usize> = (0..count).map(place).collect();
        let asked: BTreeSet<usize> = positions.iter().copied().collect();
        if asked.is_empty() {
            return;
        }
        let first = Pilots { draws, asked: &asked, unknowns: Mutex::default() };
        self.solve(&pilots.iter().copied().collect::<Vec<usize>>(), &first);
        let unknowns = first.unknowns.into_inner().unwrap_or_default();
        let places: Vec<&[f64]> = unknowns.keys().map(|at| coordinates[*at].as_slice()).collect();
        let surface = Surface::fit(&places, &unknowns.into_values().collect::<Vec<Vec<f64>>>());
        let others: Vec<usize> = asked.difference(&pilots).copied().collect();
        self.solve(&others, &Others { draws, coordinates, surface });
    }
}

/// Problems whose unknowns are kept.
struct Pilots<'a, D> {
    draws: &'a D,
    asked: &'a BTreeSet<usize>,
    unknowns: Mutex<BTreeMap<usize, Vec<f64>>>,
}

impl<D: Draws> Draws for Pilots<'_, D> {
    type Error = D::Error;

    fn problem(&self, index: usize, used: Option<Problem>) -> Result<Problem, D::Error> {
        self.draws.problem(index, used)
    }

    fn start(&self, index: usize) -> Option<Vec<f64>> {
        self.draws.start(index)
    }

    fn solved(&self, index: usize, result: Result<(&Problem, &Equilibrium), Unsolved<D::Error>>) {
        if let (Ok((_, equilibrium)), Ok(mut kept)) = (&result, self.unknowns.lock()) {
            kept.insert(index, equilibrium.unknowns.clone());
        }
        if self.asked.contains(&index) {
            self.draws.solved(index, result);
        }
    }
}

/// Problems that are started on the surface, if there is one.
struct Others<'a, D> {
    draws: &'a D,
    coordinates: &'a [Vec<f64>],
    surface: Option<Surface>,
}

impl<D: Draws> Draws for Others<'_, D> {
    type Error = D::Error;

    fn problem(&self, index: usize, used: Option<Problem>) -> Result<Problem, D::Error> {
        self.draws.problem(index, used)
    }

    fn start(&self, index: usize) -> Option<Vec<f64>> {
        match &self.surface {
            Some(surface) => Some(surface.at(&self.coordinates[index])),
            None => self.draws.start(index),
        }
    }

    fn solved(&self, index: usize, result: Result<(&Problem, &Equilibrium), Unsolved<D::Error>>) {
        self.draws.solved(index, result);
    }
}
