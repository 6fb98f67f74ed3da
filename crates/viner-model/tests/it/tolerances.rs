//! Every tolerance of these tests, with its reason.

use viner_model::equilibrium::Settings;

/// Sums and powers of a few dozen numbers near 1, without any iteration: a few thousand roundings.
pub const ROUNDING: f64 = 1e-12;

/// Hats of two problems that differ by roundings only, both solved with [`TIGHT`]: the certificate
/// is below 1e-12 then, and the inverse of the system enlarges it by less than 100.
pub const SAME_PROBLEM: f64 = 1e-10;

/// Hats of two different problems with one answer, both solved with [`TIGHT`]; the route to the
/// answer is longer (rebasing, undoing, another method).
pub const SAME_ANSWER: f64 = 1e-9;

/// What is left of a closed form at a prohibitive trade cost of 1e8: shares of 1e-32 at an
/// elasticity of 4, so the solver's own tolerance again.
pub const CLOSED_FORM: f64 = 1e-9;

/// What the certificate of a solved problem may show: the default of the settings.
pub const CERTIFIED: f64 = 1e-10;

/// Relative error put into one reported number to see whether the certificate notices.
pub const PLANTED_ERROR: f64 = 1e-6;

/// The certificate must show at least this after [`PLANTED_ERROR`]: shares of a tenth and
/// elasticities of a half may stand between the number and the equation.
pub const NOTICED: f64 = 1e-7;

/// An elasticity this far from 1 moves results by less than [`NEAR_COBB_DOUGLAS`].
pub const OFF_COBB_DOUGLAS: f64 = 1e-7;

/// Prices move by a factor of less than 10 in these tests, so an elasticity's own effect is below
/// `ln² 10 / 2` per unit, about 3, on every hat.
pub const NEAR_COBB_DOUGLAS: f64 = 1e-6;

/// Parts of welfare must add up to this: what the extrapolation along the path is asked for.
pub const PARTS_ADD_UP: f64 = 1e-8;

/// The Leontief series is cut off at 1e-18 of world output.
pub const EMBODIED: f64 = 1e-11;

/// Differences of fourth order with a step of 1e-4: errors of 1e-16 times fifth derivatives of up to
/// 1e6, and of the solver over the step, 1e-9.
pub const DERIVATIVE: f64 = 1e-7;

/// Solves to the rounding of small economies, so that the tolerances above can be narrow.
pub const TIGHT: Settings = Settings { tolerance: 1e-12, max_evaluations: 20_000 };
