//! A sweep as tables.

use super::Frame;
use crate::sweep::{Ran, SolvedSweep, Summary, SweepQuestion};

/// Tables `draws`, `outcomes`, `summary`; with indices also `sobol`, `sobol_draws` and
/// `sobol_outcomes`.
pub fn sweep_frames(question: &SweepQuestion, solved: &SolvedSweep) -> Vec<Frame> {
    let draws = question.draws();
    let mut frames = vec![
        runs("draws", question, solved, 0..draws),
        outcomes("outcomes", question, solved, 0..draws),
        summary(question, solved),
    ];
    if question.plan.indices {
        frames.push(sobol(question, solved));
        frames.push(runs("sobol_draws", question, solved, draws..question.runs()));
        frames.push(outcomes("sobol_outcomes", question, solved, draws..question.runs()));
    }
    frames
}

/// Numbers of draws start at 1.
fn number_of(question: &SweepQuestion, run: usize) -> f64 {
    (run % question.draws() + 1) as f64
}

fn runs(
    name: &str,
    question: &SweepQuestion,
    solved: &SolvedSweep,
    range: std::ops::Range<usize>,
) -> Frame {
    let ran = |run: usize| &solved.ran[run];
    let mut frame = Frame::new(name).number("draw", range.clone().map(|r| number_of(question, r)));
    if range.start > 0 {
        frame = frame.text("sample", range.clone().map(|run| question.role(run).to_owned()));
    }
    let status = |run: usize| match ran(run) {
        Ran::Solved(_) => "solved",
        Ran::Failed(_) => "failed",
    };
    frame = frame
        .text("status", range.clone().map(status))
        .optional_text("reason", range.clone().map(|run| ran(run).reason()));
    for (position, vary) in question.plan.vary.iter().enumerate() {
        let values = range.clone().map(|run| question.values(run)[position]);
        frame = frame.number(vary.key.clone(), values);
    }
    frame
}

fn outcomes(
    name: &str,
    question: &SweepQuestion,
    solved: &SolvedSweep,
    range: std::ops::Range<usize>,
) -> Frame {
    let texts = &question.plan.outcomes;
    let rows = || range.clone().flat_map(|run| (0..texts.len()).map(move |outcome| (run, outcome)));
    let mut frame = Frame::new(name).number("draw", rows().map(|(r, _)| number_of(question, r)));
    if range.start > 0 {
        frame = frame.text("sample", rows().map(|(run, _)| question.role(run).to_owned()));
    }
    frame
        .text("outcome", rows().map(|(_, outcome)| texts[outcome].clone()))
        .number("value", rows().map(|(run, outcome)| solved.ran[run].value(outcome)))
}

/// The spread of every outcome of a sweep over its draws.
pub fn summaries(question: &SweepQuestion, solved: &SolvedSweep) -> Vec<Summary> {
    let draws = &solved.ran[..question.draws()];
    (0..question.plan.outcomes.len())
        .map(|outcome| Summary::of(draws.iter().map(|ran| ran.value(outcome))))
        .collect()
}

fn summary(question: &SweepQuestion, solved: &SolvedSweep) -> Frame {
    let summaries = summaries(question, solved);
    let rows = || summaries.iter();
    let mut frame = Frame::new("summary")
        .text("outcome", question.plan.outcomes.iter().cloned())
        .number("mean", rows().map(|summary| summary.mean))
        .number("sd", rows().map(|summary| summary.sd));
    for (position, name) in ["p05", "p25", "p50", "p75", "p95"].into_iter().enumerate() {
        frame = frame.number(name, rows().map(|summary| summary.quantiles[position]));
    }
    frame.number("draws", rows().map(|summary| summary.draws as f64))
}

fn sobol(question: &SweepQuestion, solved: &SolvedSweep) -> Frame {
    let plan = &question.plan;
    let rows: Vec<_> = (0..plan.outcomes.len())
        .flat_map(|outcome| {
            let indices = question.indices(solved, outcome).into_iter().enumerate();
            indices.map(move |(key, indices)| (outcome, key, indices)).collect::<Vec<_>>()
        })
        .collect();
    let rows = || rows.iter();
    Frame::new("sobol")
        .text("outcome", rows().map(|(outcome, ..)| plan.outcomes[*outcome].clone()))
        .text("key", rows().map(|(_, key, _)| plan.vary[*key].key.clone()))
        .number("first", rows().map(|(.., indices)| indices.map_or(f64::NAN, |i| i.first)))
        .number("total", rows().map(|(.., indices)| indices.map_or(f64::NAN, |i| i.total)))
}
