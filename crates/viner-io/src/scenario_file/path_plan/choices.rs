//! `[path]` and `[backtest]` of a plan.

use viner_model::path::ElasticityPath;

use super::super::dates::{Day, day_of};
use super::super::document::{Node, Value};
use super::super::domain::POSITIVE;
use super::super::fields::{Fields, number_of, texts_of};
use super::super::findings::{Findings, Reported};
use super::PATH;
use crate::diagnostic::Diagnostic;

/// Years that a path may have at most.
const MAX_YEARS: usize = 100;

/// `[backtest]` of a plan.
#[derive(Clone, Debug, PartialEq)]
pub struct BacktestChoices {
    /// A built-in set of evidence, or a folder.
    pub evidence: Option<String>,
    /// A built-in set of observed cells, or a CSV file.
    pub cells: Option<String>,
    /// Rows whose figure is an input of the plan.
    pub calibrate: Vec<String>,
    /// What the page says of the plan beside the rows.
    pub notes: Vec<String>,
    /// Factors on the trade elasticities between which the effect of a mechanism must stay clear of zero.
    pub spread: [f64; 2],
}

impl Default for BacktestChoices {
    /// No evidence is named; elasticities are known within a third, as the means of published sets differ.
    fn default() -> Self {
        Self {
            evidence: None,
            cells: None,
            calibrate: Vec::new(),
            notes: Vec::new(),
            spread: [0.75, 4.0 / 3.0],
        }
    }
}

/// `[path]` of a plan.
pub(super) struct PathChoices {
    pub(super) years: Vec<i32>,
    pub(super) elasticity_path: ElasticityPath,
    pub(super) sector_paths: Vec<(String, ElasticityPath)>,
    pub(super) world_income: Vec<(i32, f64)>,
    pub(super) outcomes: Vec<String>,
}

pub(super) fn read_path(
    fields: &Fields<'_>,
    findings: &mut Findings,
) -> Result<PathChoices, Reported> {
    let node = fields.required(PATH, "a table, `[path]`, with `years`", findings)?;
    let path = Fields::of(node, PATH, "a table, `[path]`", findings)?;
    let _ = path.check_keys(&["years", "elasticity_path", "world_income", "outcomes"], findings);
    let expected = "a list of years in order, such as [2021, 2022, 2023]";
    let years = path.required("years", expected, findings).and_then(|node| {
        let Value::List(items) = &node.value else {
            return Err(findings.wrong_type(node, "path.years", expected));
        };
        let years: Vec<i32> = items
            .iter()
            .filter_map(|item| match item.value {
                Value::Integer(year) if (1..=9999).contains(&year) => i32::try_from(year).ok(),
                _ => None,
            })
            .collect();
        let ordered = years.windows(2).all(|pair| pair[0] < pair[1]);
        if years.len() == items.len() && ordered && !years.is_empty() && years.len() <= MAX_YEARS {
            return Ok(years);
        }
        let diagnostic = Diagnostic::new("`years` is no list of years in order").expected(expected);
        Err(findings.add(node.at, "path.years", diagnostic))
    });
    let elasticity_paths = match path.node("elasticity_path") {
        None => Ok((ElasticityPath::default(), Vec::new())),
        Some(node) => read_elasticity_paths(node, findings),
    };
    let world_income = match path.node("world_income") {
        None => Ok(Vec::new()),
        Some(node) => read_world_income(node, findings),
    };
    let outcomes = match path.node("outcomes") {
        None => Ok(Vec::new()),
        Some(node) => texts_of(node, "path.outcomes", "a list of outcomes", findings),
    };
    let (elasticity_path, sector_paths) = elasticity_paths?;
    Ok(PathChoices {
        years: years?,
        elasticity_path,
        sector_paths,
        world_income: world_income?,
        outcomes: outcomes?,
    })
}

/// `{ 2022 = 1.04, 2023 = 1.09 }`: in the order of years.
fn read_world_income(node: &Node, findings: &mut Findings) -> Result<Vec<(i32, f64)>, Reported> {
    const INCOME: &str = "path.world_income";
    let expected = "world income over that of the baseline, by year, such as { 2022 = 1.04 }";
    let fields = Fields::of(node, INCOME, expected, findings)?;
    let mut values = Vec::new();
    for entry in fields.entries() {
        let path = fields.path_of(&entry.key);
        let value = number_of(&entry.node, &path, POSITIVE, POSITIVE.words, findings)?;
        let Some(year) = entry.key.parse().ok().filter(|_| entry.key.len() == 4) else {
            let diagnostic = Diagnostic::new(format!("`{}` is no year", entry.key));
            return Err(findings.add(entry.key_at, &path, diagnostic.expected(expected)));
        };
        values.push((year, value));
    }
    values.sort_by_key(|(year, _)| *year);
    Ok(values)
}

const ELASTICITY_PATH: &str = "path.elasticity_path";
const FACTORS: &str = "factors on the trade elasticity by years since the first shock, such as \
                       { trade_elasticity = { 1 = 0.38, 8 = 1.0 } }, or \"constant\"";

type ElasticityPaths = (ElasticityPath, Vec<(String, ElasticityPath)>);

/// `{ trade_elasticity = { 1 = 0.38, 8 = 1.0 }, sectors = { OIL = "constant" } }`, or the first inner
/// table alone, or `"constant"`.
fn read_elasticity_paths(
    node: &Node,
    findings: &mut Findings,
) -> Result<ElasticityPaths, Reported> {
    let Some(sectors) = node.get("sectors") else {
        let all = node.get("trade_elasticity").unwrap_or(node);
        return Ok((read_elasticity_path(all, ELASTICITY_PATH, findings)?, Vec::new()));
    };
    let fields = Fields::of(node, ELASTICITY_PATH, FACTORS, findings)?;
    let _ = fields.check_keys(&["trade_elasticity", "sectors"], findings);
    let all = match node.get("trade_elasticity") {
        Some(all) => read_elasticity_path(all, ELASTICITY_PATH, findings)?,
        None => ElasticityPath::default(),
    };
    let path = fields.path_of("sectors");
    let own =
        Fields::of(sectors, &path, "a table by sectors, such as { OIL = \"constant\" }", findings)?;
    let mut paths = Vec::new();
    for entry in own.entries() {
        let path = read_elasticity_path(&entry.node, &own.path_of(&entry.key), findings)?;
        paths.push((entry.key.clone(), path));
    }
    Ok((all, paths))
}

fn read_elasticity_path(
    node: &Node,
    path: &str,
    findings: &mut Findings,
) -> Result<ElasticityPath, Reported> {
    if node.as_text() == Some("constant") {
        return Ok(ElasticityPath::constant());
    }
    let fields = Fields::of(node, path, FACTORS, findings)?;
    let mut points = Vec::new();
    for entry in fields.entries() {
        let path = fields.path_of(&entry.key);
        let value = number_of(&entry.node, &path, POSITIVE, POSITIVE.words, findings)?;
        let Some(years) = entry.key.parse().ok().filter(|years: &f64| years.is_finite()) else {
            let diagnostic =
                Diagnostic::new(format!("`{}` is no number of years", entry.key)).expected(FACTORS);
            return Err(findings.add(entry.key_at, &path, diagnostic));
        };
        points.push((years, value));
    }
    points.sort_by(|a: &(f64, f64), b| a.0.total_cmp(&b.0));
    Ok(ElasticityPath { points })
}

pub(super) fn read_backtest(fields: &Fields<'_>, findings: &mut Findings) -> BacktestChoices {
    let Some(node) = fields.node("backtest") else { return BacktestChoices::default() };
    let Ok(fields) = Fields::of(node, "backtest", "a table, `[backtest]`", findings) else {
        return BacktestChoices::default();
    };
    let _ = fields.check_keys(&["evidence", "cells", "calibrate", "notes", "spread"], findings);
    let evidence = fields.text("evidence", "a built-in set of evidence, or a folder", findings);
    let cells = fields.text("cells", "a built-in set of cells, or a CSV file", findings);
    let calibrate = fields
        .node("calibrate")
        .map(|node| texts_of(node, "backtest.calibrate", "a list of ids of rows", findings));
    let notes = fields
        .node("notes")
        .map(|node| texts_of(node, "backtest.notes", "a list of sentences", findings));
    let spread = fields.node("spread").and_then(|node| read_spread(node, findings).ok());
    BacktestChoices {
        notes: notes.and_then(Result::ok).unwrap_or_default(),
        spread: spread.unwrap_or(BacktestChoices::default().spread),
        evidence: evidence.ok().flatten().map(ToOwned::to_owned),
        cells: cells.ok().flatten().map(ToOwned::to_owned),
        calibrate: calibrate.and_then(Result::ok).unwrap_or_default(),
    }
}

/// `[0.75, 1.33]`.
fn read_spread(node: &Node, findings: &mut Findings) -> Result<[f64; 2], Reported> {
    const SPREAD: &str = "backtest.spread";
    let expected = "two factors on the trade elasticities, such as [0.75, 1.33]";
    let Value::List(items) = &node.value else {
        return Err(findings.wrong_type(node, SPREAD, expected));
    };
    let [low, high] = items.as_slice() else {
        return Err(findings.wrong_type(node, SPREAD, expected));
    };
    let mut number = |node| number_of(node, SPREAD, POSITIVE, POSITIVE.words, findings);
    Ok([number(low)?, number(high)?])
}

/// `[[event]]`: what was announced and has no size, by name.
pub(super) fn read_events(
    fields: &Fields<'_>,
    findings: &mut Findings,
) -> Vec<(String, Option<Day>)> {
    let Some(node) = fields.node("event") else { return Vec::new() };
    let Value::List(items) = &node.value else {
        let _ = findings.wrong_type(node, "event", "tables, `[[event]]`, with `name` and `date`");
        return Vec::new();
    };
    let mut events = Vec::new();
    for (position, item) in items.iter().enumerate() {
        let path = format!("event.{position}");
        let Ok(event) = Fields::of(item, &path, "a table with `name` and `date`", findings) else {
            continue;
        };
        let _ = event.check_keys(&["name", "date"], findings);
        let name = event.text("name", "a name", findings).ok().flatten().map(ToOwned::to_owned);
        events.extend(
            name.map(|name| (name, event.node("date").and_then(|node| day_of(node, false)))),
        );
    }
    events
}
