//! The rule by which statements are scored: `data/evidence/case-2022/README.md`.

/// Changes below this count as none.
const NO_CHANGE: f64 = 0.02;

/// Days by which the date of an instrument may be off.
const DAYS: i64 = 7;

/// A level that a simulation gets right within this part of it; data must be nearer.
const LEVEL: [f64; 2] = [0.10, 0.02];

/// Points of a growth rate, likewise.
const POINTS: [f64; 2] = [5.0, 1.0];

/// Relative change of a quantity by a mechanism above which it is more than rounding: results are
/// certified to 1e-10.
const ROUNDING: f64 = 1e-6;

/// Distance from a claim, in tolerances, up to which it is partly true.
const PARTLY: f64 = 3.0;

/// Whether a number comes of the model or of data alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Of the model.
    Simulation,
    /// Of data: instruments and the baseline.
    Data,
}

/// What the engine would say of a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// True.
    Agrees,
    /// Partly true.
    Partly,
    /// False.
    Disagrees,
    /// It cannot be checked.
    NotCheckable,
}

impl Verdict {
    /// As the column `agreement` has it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Agrees => "agrees",
            Self::Partly => "partly",
            Self::Disagrees => "disagrees",
            Self::NotCheckable => "not_checkable",
        }
    }

    /// Of a score that is 1, 0.5 or 0.
    pub fn of_score(score: f64) -> Self {
        if score >= 1.0 {
            Self::Agrees
        } else if score > 0.0 {
            Self::Partly
        } else {
            Self::Disagrees
        }
    }
}

/// A number with the range that it stands for; a bound may be infinite.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Target {
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

impl Target {
    /// One number.
    pub fn exact(value: f64) -> Self {
        Self { low: value, high: value }
    }

    /// How far a number is outside.
    pub fn distance(self, value: f64) -> f64 {
        (self.low - value).max(value - self.high).max(0.0)
    }

    /// The number in the middle, or the end that there is.
    fn size(self) -> f64 {
        match (self.low.is_finite(), self.high.is_finite()) {
            (true, true) => 0.5 * (self.low + self.high),
            (true, false) => self.low,
            _ => self.high,
        }
    }
}

/// Tolerance about a target, at least half the width of the range that a claim allows.
pub fn tolerance(part: Part, growth: bool, target: Target, claim: Option<Target>) -> f64 {
    let which = usize::from(part == Part::Data);
    let own = if growth { POINTS[which] } else { LEVEL[which] * target.size().abs() };
    let width = claim.map_or(0.0, |claim| 0.5 * (claim.high - claim.low));
    if width.is_finite() { own.max(width) } else { own }
}

/// 1 inside the tolerance, then falling as `exp(−(d − tol)/tol)`.
pub fn number(value: f64, target: Target, tolerance: f64) -> f64 {
    let beyond = target.distance(value) - tolerance;
    if beyond <= 0.0 { 1.0 } else { (-beyond / tolerance).exp() }
}

/// What the engine says of a claimed number.
pub fn number_verdict(value: f64, claim: Target, tolerance: f64) -> Verdict {
    let distance = claim.distance(value);
    if distance <= tolerance {
        Verdict::Agrees
    } else if distance <= PARTLY * tolerance {
        Verdict::Partly
    } else {
        Verdict::Disagrees
    }
}

/// Which way something goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// More.
    Up,
    /// Less.
    Down,
    /// Neither.
    Same,
}

impl Direction {
    /// As expressions.csv has it.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "up" => Some(Self::Up),
            "down" => Some(Self::Down),
            "same" => Some(Self::Same),
            _ => None,
        }
    }

    /// Of a change, as a fraction.
    pub fn of_change(change: f64) -> Self {
        if change >= NO_CHANGE {
            Self::Up
        } else if change <= -NO_CHANGE {
            Self::Down
        } else {
            Self::Same
        }
    }
}

/// 1 if a change goes the way it should, else 0.
pub fn direction(change: f64, expected: Direction) -> f64 {
    f64::from(Direction::of_change(change) == expected)
}

/// 1 if a mechanism moves a quantity the way it should by more than `spread`, the uncertainty of its
/// effect as a fraction; 0.5 if by less, 0 if it moves it the other way.
pub fn mechanism(on: f64, off: f64, expected: Direction, spread: f64) -> f64 {
    let moved = (on - off) / off.abs().max(f64::MIN_POSITIVE);
    let stated = if expected == Direction::Down { -moved } else { moved };
    if stated > spread.max(ROUNDING) {
        1.0
    } else if stated >= -ROUNDING {
        0.5
    } else {
        0.0
    }
}

/// 1 if an instrument's date is near enough.
pub fn event(days: i64) -> f64 {
    f64::from(days.abs() <= DAYS)
}

/// Weight of a row by the confidence in its official figure.
pub fn weight(confidence: &str) -> f64 {
    match confidence {
        "high" => 1.0,
        "medium" => 0.7,
        "low" => 0.3,
        _ => 0.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_fall_beyond_the_tolerance() {
        let target = Target::exact(29.3);
        let tol = tolerance(Part::Simulation, true, target, None);
        assert!((tol - 5.0).abs() < 1e-12);
        assert!((number(34.3, target, tol) - 1.0).abs() < 1e-12);
        assert!((number(39.3, target, tol) - (-1.0_f64).exp()).abs() < 1e-12);
        assert!((number(19.3, target, tol) - (-1.0_f64).exp()).abs() < 1e-12);
        // A level, data, and a claim that allows more.
        let level = Target::exact(200.0);
        assert!((tolerance(Part::Simulation, false, level, None) - 20.0).abs() < 1e-12);
        assert!((tolerance(Part::Data, false, level, None) - 4.0).abs() < 1e-12);
        let wide = Some(Target { low: 150.0, high: 250.0 });
        assert!((tolerance(Part::Data, false, level, wide) - 50.0).abs() < 1e-12);
        let open = Some(Target { low: 200.0, high: f64::INFINITY });
        assert!((tolerance(Part::Data, false, level, open) - 4.0).abs() < 1e-12);
    }

    #[test]
    fn a_range_is_a_target() {
        let range = Target { low: 90.0, high: 100.0 };
        assert!((number(95.0, range, 5.0) - 1.0).abs() < 1e-12);
        assert!((range.distance(80.0) - 10.0).abs() < 1e-12);
        assert!((range.distance(103.0) - 3.0).abs() < 1e-12);
        let open = Target { low: 10.0, high: f64::INFINITY };
        assert!(open.distance(1e9) == 0.0 && (open.size() - 10.0).abs() < 1e-12);
    }

    #[test]
    fn verdicts_on_claims() {
        let claim = Target { low: 43.0, high: 45.0 };
        assert_eq!(number_verdict(40.0, claim, 5.0), Verdict::Agrees);
        assert_eq!(number_verdict(35.0, claim, 5.0), Verdict::Partly);
        assert_eq!(number_verdict(10.0, claim, 5.0), Verdict::Disagrees);
        assert_eq!(Verdict::of_score(0.5).name(), "partly");
    }

    #[test]
    fn directions_and_mechanisms() {
        assert!(direction(0.03, Direction::Up) > 0.0);
        assert!(direction(0.01, Direction::Up) == 0.0);
        assert!(direction(0.01, Direction::Same) > 0.0);
        assert!(direction(-0.03, Direction::Down) > 0.0);
        assert!((mechanism(1.1, 1.0, Direction::Up, 0.05) - 1.0).abs() < 1e-12);
        assert!((mechanism(1.0, 1.0, Direction::Up, 0.0) - 0.5).abs() < 1e-12);
        assert!(mechanism(0.9, 1.0, Direction::Up, 0.2) == 0.0);
        assert!((mechanism(0.9, 1.0, Direction::Down, 0.05) - 1.0).abs() < 1e-12);
        assert!((mechanism(1.1, 1.0, Direction::Up, 0.2) - 0.5).abs() < 1e-12);
        assert!(event(7) > event(8));
        assert!(weight("high") > weight("medium") && weight("unknown") == 0.0);
    }
}
