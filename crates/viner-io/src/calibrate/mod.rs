//! Calibration: sizes of a path's plan that no source gives, fitted to a declared set of figures.
//!
//! Weighted least squares: the sum over the training rows of ((outcome − figure)/sd)² is the least on the box
//! of the sizes. A row of evidence that states the same figure is named by the training row and not scored
//! ([`crate::backtest`]).

mod disclosure;
mod report;

use std::path::PathBuf;

use rayon::prelude::*;
use viner_numerics::least_squares::{Fit, deviations, fit};

pub use report::{
    TextTable, calibrate_frames, calibrate_json, calibrate_page, calibrate_sizes, calibrate_text,
};

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::outcomes::{Asked, ask};
use crate::path::{NoPath, PathQuestion};
use crate::plan::PlanSource;
use crate::scenario_file::{
    CalibratePlan, FittedSize, ScenarioSource, TrainingRow, read_path_plan,
};

/// Steps of the search before it gives up; 5 to 15 are usual.
const MAX_STEPS: usize = 60;
/// Part of the box by which a size is moved to take derivatives. Equilibria are certified to 1e-10, so central
/// differences are good to 1e-6 of what moving across the box does, and to its square of curvature.
const STEP: f64 = 1e-4;
/// Standard deviation of a size of which nothing is known but its box, in widths of the box.
const OF_BOX: f64 = 0.288_675_134_594_812_9;
/// Part of the box from a bound within which a size is at it.
const AT_BOUND: f64 = 1e-6;

/// A plan with its calibration, checked.
#[derive(Clone, Debug)]
pub struct CalibrateQuestion {
    /// The plan with the sizes that it has.
    pub path: PathQuestion,
    /// What is fitted to what.
    pub plan: CalibratePlan,
    source: ScenarioSource,
    overrides: Vec<String>,
    targets: Vec<Asked>,
}

/// Why there is no fit.
#[derive(Clone, Debug)]
pub enum NoFit {
    /// The plan is wrong.
    Input(Diagnostics),
    /// It has no equilibrium where the search starts.
    Path(Box<NoPath>),
}

/// Sizes found and how well they fit.
#[derive(Clone, Debug, PartialEq)]
pub struct Calibrated {
    /// By size, in the order of the plan.
    pub sizes: Vec<FoundSize>,
    /// By row of the training set, in the order of the plan.
    pub rows: Vec<FittedRow>,
    /// By group.
    pub groups: Vec<LeftOut>,
    /// Whether the search ended because nothing helps any more.
    pub settled: bool,
    /// What the sum of squares could still fall by, to first order, moving one size across its box.
    pub stationarity: f64,
    /// Paths solved, those for derivatives not counted.
    pub evaluations: usize,
}

/// A size that was fitted.
#[derive(Clone, Debug, PartialEq)]
pub struct FoundSize {
    /// The best value.
    pub value: f64,
    /// Its standard deviation by Gauss-Newton, figures being off by their sd; infinite where no figure tells.
    pub sd: f64,
    /// Whether it is at an end of its box.
    pub at_bound: bool,
    /// Whether figures tell more of it than its box does.
    pub identified: bool,
    /// Lowest and highest value where one group of figures is left out.
    pub left_out: [f64; 2],
}

/// A figure with what the model says of it, in the figure's unit.
#[derive(Clone, Debug, PartialEq)]
pub struct FittedRow {
    /// Where the search started.
    pub before: f64,
    /// At the best sizes.
    pub after: f64,
    /// At the sizes that are best for the other groups of figures.
    pub left_out: f64,
}

/// How well a group of figures is told by the others: roots of mean squares, in sd.
#[derive(Clone, Debug, PartialEq)]
pub struct LeftOut {
    /// The group.
    pub group: String,
    /// Figures in it.
    pub rows: usize,
    /// Where the search started.
    pub before: f64,
    /// At the best sizes.
    pub after: f64,
    /// At the sizes that are best for the other groups; NaN where there is no other.
    pub left_out: f64,
    /// Those sizes.
    pub sizes: Vec<f64>,
    /// Which of them the other groups do not tell: these stay where the search starts.
    pub not_told: Vec<bool>,
}

impl CalibrateQuestion {
    /// Checks the calibration of a plan: outcomes, and that every size may be anywhere on its box.
    ///
    /// # Errors
    /// The plan has no calibration, or everything that is wrong with it.
    pub fn new(
        path: PathQuestion,
        source: &PlanSource,
        overrides: &[String],
    ) -> Result<Self, Diagnostics> {
        let Some(plan) = path.plan.calibrate.clone() else {
            let diagnostic = Diagnostic::new("the plan has no calibration")
                .in_file(&source.plan.name)
                .expected("a table `[calibrate]`, or `calibrate` with the name of one");
            return Err(diagnostic.into());
        };
        let mut diagnostics = Diagnostics::default();
        let mut targets = Vec::new();
        for (index, row) in plan.training.iter().enumerate() {
            match ask(std::slice::from_ref(&row.target), &path.question, true) {
                Ok(asked) => targets.extend(asked),
                Err(problems) => {
                    for problem in problems {
                        let told = Diagnostic { file: None, line: None, ..problem };
                        let key = format!("training.{index}.target");
                        diagnostics
                            .push(plan.place(&key, told.hint(format!("in `{}`", row.target))));
                    }
                }
            }
        }
        let mut question = Self {
            path,
            plan,
            source: source.plan.clone(),
            overrides: overrides.to_vec(),
            targets: Vec::new(),
        };
        for (index, size) in question.plan.choose.iter().enumerate() {
            for value in [size.lower, size.upper, size.start] {
                let Err(problems) = question.read(&[format!("{}={value:?}", size.key)]) else {
                    continue;
                };
                if let Some(problem) = problems.0.into_iter().next() {
                    let told =
                        Diagnostic { file: None, line: None, column: None, key: None, ..problem };
                    let told = told.hint(format!("at {value}"));
                    diagnostics.push(question.plan.place(&format!("choose.{index}.key"), told));
                    break;
                }
            }
        }
        diagnostics.into_result()?;
        question.targets = targets;
        Ok(question)
    }

    /// The plan with further overrides, on the same baseline.
    fn read(&self, further: &[String]) -> Result<PathQuestion, Diagnostics> {
        let overrides: Vec<String> = self.overrides.iter().chain(further).cloned().collect();
        // The scenario is at hand, its tables are not read again.
        let mut scenario = self.path.plan.source.clone();
        scenario.files.extend(self.path.question.file.files.clone());
        let mut source = self.source.clone();
        source.files.extend(scenario.files.clone());
        let find = |_: &str, _: Option<&PathBuf>| Ok(scenario.clone());
        let (plan, diagnostics) = read_path_plan(&source, &overrides, &find);
        match plan {
            Some(plan) if diagnostics.is_empty() => {
                let mut question = self.path.question.clone();
                question.file = plan.files[0].clone();
                Ok(PathQuestion { plan, question })
            }
            _ => Err(diagnostics),
        }
    }

    /// The plan with these sizes.
    ///
    /// # Errors
    /// A size that is no valid value of its key.
    pub fn with(&self, sizes: &[f64]) -> Result<PathQuestion, Diagnostics> {
        let keys = self.plan.choose.iter().zip(sizes);
        let set: Vec<String> =
            keys.map(|(size, value)| format!("{}={value:?}", size.key)).collect();
        self.read(&set)
    }

    /// Where the search starts.
    pub fn start(&self) -> Vec<f64> {
        self.plan.choose.iter().map(|size| size.start).collect()
    }

    /// What the model says of every figure, in the unit of the figure.
    ///
    /// # Errors
    /// There is no equilibrium at these sizes.
    pub fn tell(&self, sizes: &[f64]) -> Result<Vec<f64>, NoFit> {
        let question = self.with(sizes).map_err(NoFit::Input)?;
        let path = question.solve().map_err(|no| NoFit::Path(Box::new(no)))?;
        let told = path.tell(&self.targets).map_err(NoFit::Input)?;
        let last = path.years.len() - 1;
        let rows = told.iter().zip(&self.plan.training);
        Ok(rows
            .map(|(told, row)| told.values[last].number().unwrap_or(f64::NAN) / row.scale)
            .collect())
    }

    /// Derivatives of what the model says by the sizes, `[row][size]`: central differences, one-sided at an end
    /// of the box. Nothing where there is no equilibrium on either side.
    fn derivatives(&self, sizes: &[f64]) -> Option<Vec<Vec<f64>>> {
        let moved: Option<Vec<(f64, Vec<f64>)>> = (0..2 * sizes.len())
            .into_par_iter()
            .map(|at| {
                let (position, sign) = (at / 2, if at % 2 == 0 { 1.0 } else { -1.0 });
                let size = &self.plan.choose[position];
                let step = sign * STEP * (size.upper - size.lower);
                let mut sizes = sizes.to_vec();
                sizes[position] = (sizes[position] + step).clamp(size.lower, size.upper);
                self.tell(&sizes).ok().map(|told| (sizes[position], told))
            })
            .collect();
        let moved = moved?;
        let slope = |row: usize, ends: &[(f64, Vec<f64>)]| {
            (ends[0].1[row] - ends[1].1[row]) / (ends[0].0 - ends[1].0)
        };
        let rows = 0..self.plan.training.len();
        Some(rows.map(|row| moved.chunks(2).map(|ends| slope(row, ends)).collect()).collect())
    }

    /// Fits the sizes to the rows that `kept` names, those that are `held` excepted.
    fn fit(&self, start: &[f64], kept: &[usize], held: &[bool]) -> Option<Fit> {
        let rows = || kept.iter().map(|&row| (row, &self.plan.training[row]));
        let residuals = |sizes: &[f64]| {
            let told = self.tell(sizes).ok()?;
            Some(rows().map(|(at, row)| (told[at] - row.value) / row.sd).collect())
        };
        let jacobian = |sizes: &[f64]| {
            let slopes = self.derivatives(sizes)?;
            let scaled = |(at, row): (usize, &TrainingRow)| {
                slopes[at].iter().map(|slope| slope / row.sd).collect()
            };
            Some(rows().map(scaled).collect())
        };
        let bounds = |of: fn(&FittedSize) -> f64| -> Vec<f64> {
            let sizes = self.plan.choose.iter().enumerate();
            sizes.map(|(at, size)| if held[at] { start[at] } else { of(size) }).collect()
        };
        let (lower, upper) = (bounds(|size| size.lower), bounds(|size| size.upper));
        fit(residuals, jacobian, start, &lower, &upper, MAX_STEPS)
    }

    /// Fits all rows, and again without each group of them; `progress` is told what is fitted.
    ///
    /// # Errors
    /// There is no equilibrium where the search starts.
    pub fn solve(&self, progress: &dyn Fn(&str)) -> Result<Calibrated, NoFit> {
        let rows = &self.plan.training;
        let start = self.start();
        let before = self.tell(&start)?;
        let all: Vec<usize> = (0..rows.len()).collect();
        progress("all figures");
        let none = vec![false; start.len()];
        let found = self.fit(&start, &all, &none).ok_or_else(|| no_figure(self, &before))?;
        let after = self.tell(&found.x)?;
        let mut groups: Vec<&str> = Vec::new();
        for row in rows {
            if !groups.contains(&row.group.as_str()) {
                groups.push(&row.group);
            }
        }
        let mut left_out = vec![f64::NAN; rows.len()];
        let mut scores = Vec::with_capacity(groups.len());
        for group in &groups {
            let (own, others): (Vec<usize>, Vec<usize>) =
                all.iter().partition(|&&row| rows[row].group == *group);
            let mut sizes = vec![f64::NAN; start.len()];
            let not_told = self.not_told(&found, &others);
            if !others.is_empty() {
                progress(&format!("without group `{group}`"));
                // From where all figures lead, which is near.
                let from = |at| if not_told[at] { start[at] } else { found.x[at] };
                let from: Vec<f64> = (0..start.len()).map(from).collect();
                if let Some(found) = self.fit(&from, &others, &not_told) {
                    let told = self.tell(&found.x)?;
                    for &row in &own {
                        left_out[row] = told[row];
                    }
                    sizes = found.x;
                }
            }
            let mean = |told: &[f64]| {
                let square = |&row: &usize| ((told[row] - rows[row].value) / rows[row].sd).powi(2);
                (own.iter().map(square).sum::<f64>() / own.len() as f64).sqrt()
            };
            scores.push(LeftOut {
                group: (*group).to_owned(),
                rows: own.len(),
                before: mean(&before),
                after: mean(&after),
                left_out: mean(&left_out),
                sizes,
                not_told,
            });
        }
        let sizes = self.found(&found, &scores);
        let rows = (0..rows.len()).map(|row| FittedRow {
            before: before[row],
            after: after[row],
            left_out: left_out[row],
        });
        Ok(Calibrated {
            sizes,
            rows: rows.collect(),
            groups: scores,
            settled: found.settled,
            stationarity: found.stationarity,
            evaluations: found.evaluations,
        })
    }

    fn widths(&self) -> Vec<f64> {
        self.plan.choose.iter().map(|size| size.upper - size.lower).collect()
    }

    /// Sizes of which some rows tell less than their boxes, by the derivatives at the best sizes of all.
    fn not_told(&self, fit: &Fit, rows: &[usize]) -> Vec<bool> {
        let jacobian: Vec<Vec<f64>> = rows.iter().map(|&row| fit.jacobian[row].clone()).collect();
        let widths = self.widths();
        let sds = deviations(&jacobian, &widths);
        sds.iter().zip(&widths).map(|(sd, width)| *sd >= OF_BOX * width).collect()
    }

    fn found(&self, fit: &Fit, groups: &[LeftOut]) -> Vec<FoundSize> {
        let choose = &self.plan.choose;
        let widths = self.widths();
        let sds = deviations(&fit.jacobian, &widths);
        (0..choose.len())
            .map(|at| {
                let (size, width, value) = (&choose[at], widths[at], fit.x[at]);
                let others = || groups.iter().map(|group| group.sizes[at]);
                FoundSize {
                    value,
                    sd: sds[at],
                    at_bound: (value - size.lower).min(size.upper - value) <= AT_BOUND * width,
                    identified: sds[at] < OF_BOX * width,
                    left_out: [
                        others().fold(f64::NAN, f64::min),
                        others().fold(f64::NAN, f64::max),
                    ],
                }
            })
            .collect()
    }
}

/// Why residuals at the start are none: a figure of which the model says nothing.
fn no_figure(question: &CalibrateQuestion, before: &[f64]) -> NoFit {
    let mut diagnostics = Diagnostics::default();
    for (index, _) in before.iter().enumerate().filter(|(_, value)| !value.is_finite()) {
        let problem = format!("`{}` is no number here", question.plan.training[index].target);
        let key = format!("training.{index}.target");
        diagnostics.push(question.plan.place(&key, Diagnostic::new(problem)));
    }
    if diagnostics.is_empty() {
        let problem =
            "no size can be moved from where the search starts: there is no equilibrium beside it";
        diagnostics.push(question.plan.place("choose", Diagnostic::new(problem)));
    }
    NoFit::Input(diagnostics)
}
