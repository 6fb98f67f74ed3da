//! Sizes fitted to figures that the model itself made, where the answer is known.

use std::fmt::Write;

use viner_io::Diagnostics;
use viner_io::calibrate::{CalibrateQuestion, Calibrated};
use viner_io::path::PathQuestion;
use viner_io::plan::PlanSource;
use viner_io::question::TABLE_TOLERANCE;
use viner_io::scenario_file::ScenarioSource;

const PLAN: &str = r#"
baseline = "icio-2019-g20"
[groups]
goods = ["A", "B", "C"]
[path]
years = [2021, 2022, 2023]
elasticity_path = "constant"
[[policy]]
name = "friction"
kind = "trade-cost"
exporter = "RUS"
importer = ["DEU", "JPN"]
sector = "goods"
change = 0.2
from = 2022-07-02
[[policy]]
name = "ease"
kind = "trade-cost"
exporter = "CHN"
importer = "RUS"
sector = "goods"
change = -0.05
from = 2022-03-01
[[policy]]
name = "later"
kind = "trade-cost"
exporter = "CHN"
importer = "RUS"
sector = "*"
change = 0.1
from = 2030-01-01
"#;

/// Id, outcome, standard deviation; each is a group of its own.
const FIGURES: [(&str, &str, f64); 4] = [
    ("germany", "growth(flow(RUS, DEU, goods), 2022)", 0.05),
    ("japan", "growth(flow(RUS, JPN, goods), 2023)", 0.02),
    ("china", "flow(CHN, RUS, goods) / at(flow(CHN, RUS, goods), 2021)", 0.1),
    ("machines", "growth(flow(CHN, RUS, C), 2022)", 0.05),
];

const FRICTION: &str = "key = \"policy.friction.change\"\nlower = 0.0\nupper = 1.0\nstart = 0.1\n";
const EASE: &str = "key = \"policy.ease.change\"\nlower = -0.4\nupper = 0.1\nstart = 0.05\n";
const TRUTH: [f64; 2] = [0.37, -0.11];

/// Known to half the error of central differences in the last step; what is left of figures that fit
/// exactly is squared by each step.
const RECOVERED: f64 = 1e-6;

fn open(choose: &[&str], figures: &[(&str, f64)]) -> Result<CalibrateQuestion, Diagnostics> {
    let mut text = PLAN.to_owned();
    for size in choose {
        let _ = write!(text, "[[calibrate.choose]]\n{size}");
    }
    for (id, value) in figures {
        let (_, target, sd) = FIGURES.iter().find(|(known, ..)| known == id).unwrap();
        let _ = write!(
            text,
            "[[calibrate.training]]\nid = \"{id}\"\ntarget = \"{target}\"\nvalue = {value:?}\nsd = {sd}\n\
             source = \"the model\"\n"
        );
    }
    let source = PlanSource { plan: ScenarioSource::text("plan.toml", text), scenario: None };
    let path = PathQuestion::open(&source, &[], TABLE_TOLERANCE)?;
    CalibrateQuestion::new(path, &source, &[])
}

/// What the model says of the figures at the true sizes.
fn figures() -> Vec<(&'static str, f64)> {
    let question = open(&[FRICTION, EASE], &FIGURES.map(|(id, ..)| (id, 0.0))).unwrap();
    let told = question.tell(&TRUTH).unwrap();
    FIGURES.iter().map(|(id, ..)| *id).zip(told).collect()
}

fn fitted(question: &CalibrateQuestion) -> Calibrated {
    question.solve(&|_| ()).unwrap()
}

#[test]
fn known_sizes_are_recovered() {
    let question = open(&[FRICTION, EASE], &figures()).unwrap();
    let found = fitted(&question);
    for (size, truth) in found.sizes.iter().zip(TRUTH) {
        assert!((size.value - truth).abs() < RECOVERED, "{size:?}, {truth}");
        assert!(size.identified && !size.at_bound, "{size:?}");
        // Of each size there are two figures, so that each is told by the others.
        let [low, high] = size.left_out;
        assert!((low - truth).abs() < RECOVERED && (high - truth).abs() < RECOVERED, "{size:?}");
    }
    assert!(found.settled);
    for group in &found.groups {
        assert!(group.before > 0.5, "{group:?}");
        assert!(group.after < 1e-4 && group.left_out < 1e-4, "{group:?}");
    }
}

/// One size and one figure: its standard deviation is that of the figure over the slope.
#[test]
fn a_deviation_is_that_of_the_figure_over_the_slope() {
    let question = open(&[FRICTION], &figures()[..1]).unwrap();
    let found = fitted(&question);
    let value = found.sizes[0].value;
    let told = |size: f64| question.tell(&[size]).unwrap()[0];
    let slope = (told(value + 1e-3) - told(value - 1e-3)) / 2e-3;
    let sd = FIGURES[0].2 / slope.abs();
    assert!((found.sizes[0].sd / sd - 1.0).abs() < 1e-4, "{found:?}, {sd}");
    // There is no other group to be told by.
    assert!(found.groups[0].left_out.is_nan() && found.sizes[0].left_out[0].is_nan());
}

#[test]
fn a_size_stops_at_its_bound() {
    let narrow = FRICTION.replace("upper = 1.0", "upper = 0.3");
    let found = fitted(&open(&[&narrow, EASE], &figures()).unwrap());
    let friction = &found.sizes[0];
    assert!(friction.at_bound && (friction.value - 0.3).abs() < 1e-12, "{friction:?}");
    assert!(!found.sizes[1].at_bound && found.groups[1].after > 0.1, "{found:?}");
    assert!(found.settled && found.stationarity < 1e-4, "{found:?}");
}

/// A policy that is in force in none of the years has no effect, and two that do the same have one in sum.
#[test]
fn sizes_that_figures_do_not_tell_are_flagged() {
    let later = "key = \"policy.later.change\"\nlower = 0.0\nupper = 1.0\nstart = 0.25\n";
    let found = fitted(&open(&[FRICTION, later, EASE], &figures()).unwrap());
    let [friction, later, ease] = &found.sizes[..] else { panic!("{found:?}") };
    assert!(!later.identified && later.sd.is_infinite() && later.value == 0.25, "{later:?}");
    assert!(friction.identified && (friction.value - TRUTH[0]).abs() < RECOVERED, "{friction:?}");
    assert!(ease.identified && (ease.value - TRUTH[1]).abs() < RECOVERED, "{ease:?}");
    // Of one figure and two sizes at least one is not told.
    let found = fitted(&open(&[FRICTION, EASE], &figures()[..1]).unwrap());
    assert!(found.sizes.iter().any(|size| !size.identified), "{found:?}");
    // Without its only figure a size stays where the search starts.
    let found = fitted(&open(&[FRICTION, EASE], &figures()[..3]).unwrap());
    let china = &found.groups[2];
    assert!(china.not_told == [false, true] && china.sizes[1] == 0.05, "{china:?}");
    assert!(china.left_out > 1.0 && found.sizes[1].identified, "{found:?}");
}

/// Figures that contradict each other: the sizes without a group are those of a plan that does not have it,
/// and its score is of its own rows there.
#[test]
fn a_group_that_is_left_out() {
    let mut figures = figures();
    figures[0].1 += 0.08;
    figures[2].1 -= 0.05;
    let question = open(&[FRICTION, EASE], &figures).unwrap();
    let found = fitted(&question);
    for (at, group) in found.groups.iter().enumerate() {
        assert!(group.not_told == [false, false], "{group:?}");
        let others: Vec<_> = figures.iter().copied().filter(|(id, _)| *id != group.group).collect();
        let alone = fitted(&open(&[FRICTION, EASE], &others).unwrap());
        for (size, other) in group.sizes.iter().zip(&alone.sizes) {
            assert!((size - other.value).abs() < RECOVERED, "{group:?} and {alone:?}");
        }
        let told = question.tell(&group.sizes).unwrap()[at];
        assert!((told - found.rows[at].left_out).abs() < 1e-12);
        let score = (told - figures[at].1).abs() / FIGURES[at].2;
        assert!((score - group.left_out).abs() < 1e-9, "{score} and {group:?}");
    }
    let sum = |score: &dyn Fn(usize) -> f64| (0..4).map(|at| score(at).powi(2)).sum::<f64>();
    let after = sum(&|at| found.groups[at].after);
    assert!(after < sum(&|at| found.groups[at].before));
    assert!(after <= sum(&|at| found.groups[at].left_out));
}

#[test]
fn what_is_wrong_with_a_calibration_is_told_at_once() {
    let unknown = FRICTION.replace("friction.change", "friction.chnage");
    let wide = EASE.replace("lower = -0.4", "lower = -1.5");
    let problems = open(&[&unknown, &wide], &[("japan", 0.0)]).unwrap_err().to_string();
    assert!(problems.contains("unknown key `chnage`; did you mean `change`?"), "{problems}");
    assert!(problems.contains("`change` is out of range"), "{problems}");
    assert!(problems.contains("calibrate.choose.0.key"), "{problems}");
    assert!(problems.contains("calibrate.choose.1.key"), "{problems}");
    let problems = open(&[FRICTION, FRICTION], &[("japan", 0.0)]).unwrap_err().to_string();
    assert!(problems.contains("`policy.friction.change` is there twice"), "{problems}");
    let reversed = FRICTION.replace("start = 0.1", "start = 1.1");
    let problems = open(&[&reversed], &[("japan", 0.0)]).unwrap_err().to_string();
    assert!(problems.contains("`lower`, `upper` and `start` are in no order"), "{problems}");
}

/// The slope behind a deviation is the one that the transposed system gives.
#[test]
fn derivatives_agree_with_the_adjoint() {
    let text = r#"
baseline = "icio-2019-g20"
[path]
years = [2022]
elasticity_path = "constant"
[[policy]]
name = "friction"
kind = "trade-cost"
exporter = "RUS"
importer = ["DEU", "JPN"]
sector = ["B", "C"]
change = 0.2
[[calibrate.choose]]
key = "policy.friction.change"
lower = 0.0
upper = 1.0
start = 0.3
[[calibrate.training]]
id = "germany"
target = "flow(RUS, DEU, *) / base.flow(RUS, DEU, *)"
value = 0.4
sd = 0.05
source = "made up"
"#;
    let source = PlanSource { plan: ScenarioSource::text("plan.toml", text), scenario: None };
    let path = PathQuestion::open(&source, &[], TABLE_TOLERANCE).unwrap();
    let question = CalibrateQuestion::new(path, &source, &[]).unwrap();
    let found = fitted(&question);
    assert!((found.rows[0].after - 0.4).abs() < 1e-8, "{found:?}");
    let at_best = question.with(&[found.sizes[0].value]).unwrap();
    let year = &at_best.solve().unwrap().years[0];
    let target = "flow(RUS, DEU, *) / base.flow(RUS, DEU, *)".to_owned();
    let asked = viner_io::sensitivity::Asked::new(&at_best.question, &[target]).unwrap();
    let scenario = &at_best.question.file.scenario;
    let gradients = asked.gradients(&year.problem, &year.equilibrium, false);
    let answers = asked.answers(scenario, &year.problem, &gradients, 0);
    let group = answers[0].by_policy().swap_remove(0);
    assert_eq!((&group.of[..], group.key), (&["friction"][..], "change"));
    let sd = 0.05 / group.derivative.abs();
    assert!((found.sizes[0].sd / sd - 1.0).abs() < 1e-5, "{} and {sd}", found.sizes[0].sd);
}
