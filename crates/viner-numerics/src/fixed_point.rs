//! What the solvers ask of a model, and what they say of their work.

/// A map `g` whose fixed point `x = g(x)` is sought.
pub trait FixedPoint {
    /// Number of unknowns.
    fn dimension(&self) -> usize;

    /// Writes `g(x)` into `image`. Entries that cannot be computed are left as NaN or infinite.
    fn evaluate(&mut self, x: &[f64], image: &mut [f64]);

    /// Writes the derivative of `g` at `x` in `direction` into `image`.
    fn differentiate(&mut self, x: &[f64], direction: &[f64], image: &mut [f64]);
}

/// When a solver stops.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Solved when the largest `|g(x) − x|` is at most this.
    pub tolerance: f64,
    /// Solved, too, when it is at most this and rounding keeps it from falling further.
    pub acceptable: f64,
    /// Evaluations of the map (derivatives count as evaluations) before giving up.
    pub max_evaluations: usize,
}

/// How a solver ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The residual is within the tolerance.
    Converged,
    /// The residual no longer falls.
    Stalled,
    /// The map gave a number that is not finite, however short the step.
    Diverged,
    /// The evaluations ran out while the residual was still falling.
    EvaluationLimit,
}

/// How a solver ended, and what it took.
#[derive(Clone, Copy, Debug)]
pub struct Progress {
    /// How it ended.
    pub outcome: Outcome,
    /// Evaluations of the map and of its derivative.
    pub evaluations: usize,
    /// Largest `|g(x) − x|` at the point returned.
    pub residual: f64,
}
