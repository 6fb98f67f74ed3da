//! The plan of a sweep: numbers of a scenario that are drawn, and what is told of each draw.

use viner_numerics::sampling::{Distribution, Method, Truncated, lower_triangle};

use super::document::{Node, Value, quote};
use super::domain::{Domain, FINITE, POSITIVE};
use super::fields::{Fields, number_of, texts_of};
use super::findings::{Findings, Reported};
use super::plan::{PlanHead, read_head};
use super::source::ScenarioSource;
use crate::diagnostic::{Diagnostic, Diagnostics};

/// Key of the table of a sweep in its plan.
pub(crate) const SWEEP: &str = "sweep";
/// Most scenarios of a sweep.
const MAX_RUNS: usize = 1 << 24;
/// Most numbers that vary.
const MAX_VARIED: usize = 120;

/// A plan, read.
#[derive(Clone, Debug, PartialEq)]
pub struct SweepPlan {
    /// Scenario, title and text.
    pub head: PlanHead,
    /// How draws are made.
    pub design: Design,
    /// Seed of the draws.
    pub seed: u64,
    /// Outcomes, as written.
    pub outcomes: Vec<String>,
    /// What is drawn.
    pub vary: Vec<Vary>,
    /// The triangle that correlates them, if they are.
    pub correlation: Option<Vec<Vec<f64>>>,
    /// Whether it is also computed what the spread of the outcomes comes from.
    pub indices: bool,
}

/// How draws are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Design {
    /// So many draws by a method.
    Drawn(Method, usize),
    /// Every combination of values.
    Grid,
}

/// A number that is drawn.
#[derive(Clone, Debug, PartialEq)]
pub struct Vary {
    /// Key of the scenario, as after `--set`.
    pub key: String,
    /// What it is drawn from.
    pub distribution: Truncated,
    /// Values in a grid.
    pub values: Vec<f64>,
}

/// Reads the plan of a sweep and applies `overrides`, finding everything that can be wrong without a
/// baseline.
pub fn read_sweep_plan(
    source: &ScenarioSource,
    overrides: &[String],
) -> (Option<SweepPlan>, Diagnostics) {
    let mut findings = Findings::new(&source.name);
    let plan = read(source, overrides, &mut findings).ok();
    (plan, findings.into_diagnostics())
}

const INTEGER: Domain = Domain {
    holds: |value| value >= 1.0 && value.fract() == 0.0 && value <= MAX_RUNS as f64,
    words: "a whole number from 1 to 16777216",
};
const SEED: Domain = Domain {
    holds: |value| (0.0..9e15).contains(&value) && value.fract() == 0.0,
    words: "a whole number, at least 0",
};
const CORRELATION: Domain =
    Domain { holds: |value| value.abs() < 1.0, words: "a number between -1 and 1" };

#[derive(Clone, Copy)]
enum MethodWord {
    Drawn(Method),
    Grid,
}

const METHODS: [(&str, MethodWord); 4] = [
    ("latin-hypercube", MethodWord::Drawn(Method::LatinHypercube)),
    ("sobol", MethodWord::Drawn(Method::Sobol)),
    ("random", MethodWord::Drawn(Method::Random)),
    ("grid", MethodWord::Grid),
];

fn read(
    source: &ScenarioSource,
    overrides: &[String],
    findings: &mut Findings,
) -> Result<SweepPlan, Reported> {
    let (head, root) = read_head(source, overrides, &[SWEEP], findings)?;
    let top = Fields::of(&root, "", "a table", findings)?;
    let node = top.required(SWEEP, "a table, `[sweep]`", findings)?;
    let fields = Fields::of(node, SWEEP, "a table, `[sweep]`", findings)?;
    let keys = ["draws", "seed", "method", "outcomes", "vary", "correlation", "indices"];
    let _ = fields.check_keys(&keys, findings);
    let word = fields.word("method", &METHODS, findings);
    let method = word.ok().flatten().unwrap_or(MethodWord::Drawn(Method::LatinHypercube));
    let draws = whole(&fields, "draws", INTEGER, findings);
    let seed = whole(&fields, "seed", SEED, findings).ok().flatten().unwrap_or(0);
    let expected = "a list of outcomes, such as [\"welfare(RUS)\"]";
    let outcomes = fields
        .required("outcomes", expected, findings)
        .and_then(|node| texts_of(node, &fields.path_of("outcomes"), expected, findings));
    let is_grid = matches!(method, MethodWord::Grid);
    let vary = read_vary(&fields, is_grid, findings);
    let is_sobol = matches!(method, MethodWord::Drawn(Method::Sobol));
    let indices = match fields.node("indices") {
        None => is_sobol && fields.node("correlation").is_none(),
        Some(_) => fields.flag("indices", findings)?,
    };
    let vary = vary?;
    let correlation = read_correlation(&fields, &vary, findings)?;
    let design = match method {
        MethodWord::Grid => {
            let count =
                vary.iter().fold(1_usize, |count, vary| count.saturating_mul(vary.values.len()));
            if count > MAX_RUNS {
                let problem = format!("the grid has {count} points");
                let diagnostic = Diagnostic::new(problem).expected(format!("at most {MAX_RUNS}"));
                return Err(findings.add(node.at, SWEEP, diagnostic));
            }
            Design::Grid
        }
        MethodWord::Drawn(method) => {
            let Some(draws) = draws? else {
                let path = fields.path_of("draws");
                return Err(findings.missing(fields.at, &path, "key `draws`", INTEGER.words));
            };
            let draws = usize::try_from(draws).unwrap_or(usize::MAX);
            if draws > method.max_points() {
                let problem = format!("the sequence of Sobol' has fewer than {draws} points here");
                let diagnostic = Diagnostic::new(problem)
                    .expected(format!("at most {} draws", method.max_points()));
                return Err(findings.add(node.at, &fields.path_of("draws"), diagnostic));
            }
            Design::Drawn(method, draws)
        }
    };
    if indices && (is_grid || correlation.is_some()) {
        let diagnostic = Diagnostic::new("indices need numbers that are drawn independently")
            .expected("a method other than `grid`, and no `[sweep.correlation]`");
        return Err(findings.add(node.at, &fields.path_of("indices"), diagnostic));
    }
    Ok(SweepPlan { head, design, seed, outcomes: outcomes?, vary, correlation, indices })
}

fn whole(
    fields: &Fields<'_>,
    key: &str,
    domain: Domain,
    findings: &mut Findings,
) -> Result<Option<u64>, Reported> {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "whole and in range by its domain"
    )]
    let integer = |value: f64| value as u64;
    Ok(fields.number(key, domain, findings)?.map(integer))
}

fn read_vary(
    fields: &Fields<'_>,
    is_grid: bool,
    findings: &mut Findings,
) -> Result<Vec<Vary>, Reported> {
    let expected = "a list of tables, each under `[[sweep.vary]]`";
    let node = fields.required("vary", expected, findings)?;
    let path = fields.path_of("vary");
    let Value::List(items) = &node.value else {
        return Err(findings.wrong_type(node, &path, expected));
    };
    if items.is_empty() || items.len() > MAX_VARIED {
        let problem = format!("{} numbers vary", items.len());
        let diagnostic = Diagnostic::new(problem).expected(format!("1 to {MAX_VARIED}"));
        return Err(findings.add(node.at, &path, diagnostic));
    }
    let mut all = Vec::with_capacity(items.len());
    let mut result = Ok(());
    for (index, item) in items.iter().enumerate() {
        match read_one(item, &format!("{path}.{index}"), is_grid, findings) {
            Ok(vary) if all.iter().any(|other: &Vary| other.key == vary.key) => {
                let problem = format!("`{}` varies twice", quote(&vary.key));
                let diagnostic = Diagnostic::new(problem).expected("another key");
                result = Err(findings.add(item.at, &format!("{path}.{index}.key"), diagnostic));
            }
            Ok(vary) => all.push(vary),
            Err(reported) => result = Err(reported),
        }
    }
    result.map(|()| all)
}

#[derive(Clone, Copy)]
enum Kind {
    Uniform,
    Normal,
    LogNormal,
    Triangular,
    Empirical,
}

const KINDS: [(&str, Kind); 5] = [
    ("uniform", Kind::Uniform),
    ("normal", Kind::Normal),
    ("lognormal", Kind::LogNormal),
    ("triangular", Kind::Triangular),
    ("empirical", Kind::Empirical),
];

fn read_one(
    item: &Node,
    path: &str,
    is_grid: bool,
    findings: &mut Findings,
) -> Result<Vary, Reported> {
    let fields = Fields::of(item, path, "a table under `[[sweep.vary]]`", findings)?;
    let expected = "a key of the scenario, such as \"model.trade_elasticity\"";
    let node = fields.required("key", expected, findings)?;
    let key = super::fields::text_of(node, &fields.path_of("key"), expected, findings)?;
    if key.split('.').next() == Some("baseline") || key.contains('=') {
        let diagnostic = Diagnostic::new(format!("`{}` cannot vary", quote(key)))
            .expected("a key of the model or of a policy");
        return Err(findings.add(node.at, &fields.path_of("key"), diagnostic));
    }
    let listed = fields.node("values").is_some() && fields.node("distribution").is_none();
    let kind = fields.word("distribution", &KINDS, findings)?;
    let kind = match kind {
        Some(kind) => kind,
        None if listed => Kind::Empirical,
        None => {
            let path = fields.path_of("distribution");
            let words: Vec<&str> = KINDS.iter().map(|(word, _)| *word).collect();
            let expected = format!("`values`, or one of {}", words.join(", "));
            return Err(findings.missing(fields.at, &path, "key `distribution`", &expected));
        }
    };
    let own: &[&str] = match kind {
        Kind::Uniform => &["low", "high"],
        Kind::Normal => &["mean", "sd"],
        Kind::LogNormal => &["median", "sigma"],
        Kind::Triangular => &["low", "mode", "high"],
        Kind::Empirical => &["values"],
    };
    let bounds = ["min", "max"];
    let common = ["key", "distribution", "points"];
    let keys: Vec<&str> = own.iter().chain(&bounds).chain(&common).copied().collect();
    fields.check_keys(&keys, findings)?;
    let distribution = match kind {
        Kind::Uniform => Distribution::Uniform {
            low: fields.required_number("low", FINITE, findings)?,
            high: fields.required_number("high", FINITE, findings)?,
        },
        Kind::Normal => Distribution::Normal {
            mean: fields.required_number("mean", FINITE, findings)?,
            sd: fields.required_number("sd", POSITIVE, findings)?,
        },
        Kind::LogNormal => Distribution::LogNormal {
            median: fields.required_number("median", POSITIVE, findings)?,
            sigma: fields.required_number("sigma", POSITIVE, findings)?,
        },
        Kind::Triangular => Distribution::Triangular {
            low: fields.required_number("low", FINITE, findings)?,
            mode: fields.required_number("mode", FINITE, findings)?,
            high: fields.required_number("high", FINITE, findings)?,
        },
        Kind::Empirical => Distribution::Values(read_values(&fields, findings)?),
    };
    let in_order = match &distribution {
        Distribution::Uniform { low, high } => low <= high,
        Distribution::Triangular { low, mode, high } => low <= mode && mode <= high,
        _ => true,
    };
    let min = fields.number("min", FINITE, findings)?.unwrap_or(f64::NEG_INFINITY);
    let max = fields.number("max", FINITE, findings)?.unwrap_or(f64::INFINITY);
    let distribution = Truncated { distribution, min, max };
    if !in_order || min > max || distribution.part() <= 0.0 {
        let diagnostic = Diagnostic::new(format!("nothing is left to draw `{}` from", quote(key)))
            .expected("bounds in ascending order, with a part of the distribution between them");
        return Err(findings.add(item.at, path, diagnostic));
    }
    let points = whole(&fields, "points", INTEGER, findings)?;
    let values = match (&distribution.distribution, points) {
        (Distribution::Values(values), _) => values.clone(),
        // At the middle of as many equally likely parts.
        (_, Some(points)) => (0..points)
            .map(|point| distribution.quantile((point as f64 + 0.5) / points as f64))
            .collect(),
        (_, None) if is_grid => {
            let path = fields.path_of("points");
            let expected = "`values`, or `points` of the distribution";
            return Err(findings.missing(fields.at, &path, "key `points`", expected));
        }
        (_, None) => Vec::new(),
    };
    Ok(Vary { key: key.to_owned(), distribution, values })
}

fn read_values(fields: &Fields<'_>, findings: &mut Findings) -> Result<Vec<f64>, Reported> {
    let expected = "a list of numbers";
    let node = fields.required("values", expected, findings)?;
    let path = fields.path_of("values");
    let Value::List(items) = &node.value else {
        return Err(findings.wrong_type(node, &path, expected));
    };
    if items.is_empty() {
        let diagnostic = Diagnostic::new("`values` is an empty list").expected(expected);
        return Err(findings.add(node.at, &path, diagnostic));
    }
    let number = |(index, item): (usize, &Node)| {
        number_of(item, &format!("{path}.{index}"), FINITE, FINITE.words, findings)
    };
    items.iter().enumerate().map(number).collect()
}

/// `"model.trade_elasticity" = { "policy.0.rate" = 0.5 }`.
fn read_correlation(
    fields: &Fields<'_>,
    vary: &[Vary],
    findings: &mut Findings,
) -> Result<Option<Vec<Vec<f64>>>, Reported> {
    let Some(node) = fields.node("correlation") else { return Ok(None) };
    let path = fields.path_of("correlation");
    let expected = "a table such as { \"policy.0.rate\" = 0.5 } for a key";
    let table = Fields::of(node, &path, expected, findings)?;
    let position = |key: &str, at, findings: &mut Findings| {
        vary.iter().position(|vary| vary.key == key).ok_or_else(|| {
            let keys = vary.iter().map(|vary| vary.key.as_str());
            findings.add(at, &path, Diagnostic::unknown("key that varies:", key, keys))
        })
    };
    let size = vary.len();
    let mut matrix: Vec<Vec<f64>> =
        (0..size).map(|i| (0..size).map(|j| f64::from(i == j)).collect()).collect();
    for entry in table.entries() {
        let one = position(&entry.key, entry.key_at, findings)?;
        let inner_path = table.path_of(&entry.key);
        let inner = Fields::of(&entry.node, &inner_path, expected, findings)?;
        for entry in inner.entries() {
            let other = position(&entry.key, entry.key_at, findings)?;
            let path = inner.path_of(&entry.key);
            let words = CORRELATION.words;
            let value = number_of(&entry.node, &path, CORRELATION, words, findings)?;
            if one == other {
                let diagnostic = Diagnostic::new("a number is its own perfect correlate")
                    .expected("two different keys");
                return Err(findings.add(entry.key_at, &path, diagnostic));
            }
            matrix[one][other] = value;
            matrix[other][one] = value;
        }
    }
    lower_triangle(&matrix).map(Some).ok_or_else(|| {
        let diagnostic = Diagnostic::new("no numbers have all these correlations together")
            .expected("a positive definite matrix of correlations");
        findings.add(node.at, &path, diagnostic)
    })
}
