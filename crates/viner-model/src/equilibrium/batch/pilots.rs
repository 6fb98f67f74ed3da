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
    /// A few of all are solved from the start that `draws` gives (the *pilots*); more of them from the
    /// polynomial through the unknowns of these, and so on in stages; the others from the last polynomial.
    /// Which are pilots of which stage depends on the number of problems alone, and those among them that
    /// are not asked for are solved too, so that results do not depend on which positions are.
    pub fn solve_near<D: Draws>(&self, positions: &[usize], coordinates: &[Vec<f64>], draws: &D) {
        let place = |pilot: usize| {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "a part of a length"
            )]
            let place = ((pilot as f64 * SPREAD).fract() * coordinates.len() as f64) as usize;
            place
        };
        let asked: BTreeSet<usize> = positions.iter().copied().collect();
        if asked.is_empty() {
            return;
        }
        let stages = coordinates
            .first()
            .map(|own| Surface::stages(own.len(), coordinates.len() / LEAST_OTHERS))
            .unwrap_or_default();
        let mut known: BTreeMap<usize, Vec<f64>> = BTreeMap::new();
        let mut pilots: BTreeSet<usize> = BTreeSet::new();
        let mut surface = None;
        for count in stages {
            let fresh: BTreeSet<usize> =
                (0..count).map(place).filter(|at| !pilots.contains(at)).collect();
            let kept = Some(Mutex::default());
            let stage = Near { draws, coordinates, surface, asked: &asked, kept };
            self.solve(&fresh.iter().copied().collect::<Vec<usize>>(), &stage);
            let kept = stage.kept.and_then(|kept| kept.into_inner().ok());
            known.append(&mut kept.unwrap_or_default());
            pilots.extend(fresh);
            let places: Vec<&[f64]> = known.keys().map(|at| coordinates[*at].as_slice()).collect();
            let values: Vec<&[f64]> = known.values().map(Vec::as_slice).collect();
            surface = Surface::fit(&places, &values);
        }
        let others: Vec<usize> = asked.difference(&pilots).copied().collect();
        self.solve(&others, &Near { draws, coordinates, surface, asked: &asked, kept: None });
    }
}

/// Problems that are started on a surface, if there is one.
struct Near<'a, D> {
    draws: &'a D,
    coordinates: &'a [Vec<f64>],
    surface: Option<Surface>,
    /// Positions of which the results are wanted.
    asked: &'a BTreeSet<usize>,
    /// Unknowns of all, if they are to be kept.
    kept: Option<Mutex<BTreeMap<usize, Vec<f64>>>>,
}

impl<D: Draws> Draws for Near<'_, D> {
    type Error = D::Error;

    fn problem(&self, index: usize, used: Option<Problem>) -> Result<Problem, D::Error> {
        self.draws.problem(index, used)
    }

    fn start(&self, index: usize) -> Option<Vec<f64>> {
        self.starts(&[index]).pop().flatten()
    }

    fn starts(&self, positions: &[usize]) -> Vec<Option<Vec<f64>>> {
        let Some(surface) = &self.surface else { return self.draws.starts(positions) };
        let places: Vec<&[f64]> =
            positions.iter().map(|&index| self.coordinates[index].as_slice()).collect();
        surface.at(&places).into_iter().map(Some).collect()
    }

    fn solved(&self, index: usize, result: Result<(&Problem, &Equilibrium), Unsolved<D::Error>>) {
        if let (Ok((_, equilibrium)), Some(kept)) = (&result, &self.kept)
            && let Ok(mut kept) = kept.lock()
        {
            kept.insert(index, equilibrium.unknowns.clone());
        }
        if self.asked.contains(&index) {
            self.draws.solved(index, result);
        }
    }
}
