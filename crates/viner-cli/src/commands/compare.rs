//! `viner compare`: scenarios side by side.

use std::fmt::Write;
use std::path::Path;

use serde_json::{Map, Value, json};
use viner_io::question::{Question, scenario_source};
use viner_io::results::{Column, Frame, comparison_frames, manifest, run_frames, write_results};
use viner_io::{Diagnostic, Diagnostics};
use viner_model::labels::Labels;

use super::options::result_formats;
use super::run::PROGRAM;
use super::{Failed, warning};
use crate::args::{Common, CompareOptions};
use crate::printer::Printer;
use crate::summary::{align, name, new_table, percent};

/// Columns of the table `regions` that are money; the others are changes.
const MONEY: [&str; 9] = [
    "exports_base",
    "exports",
    "imports_base",
    "imports",
    "income_base",
    "income",
    "tariff_revenue_base",
    "tariff_revenue",
    "rents",
];

/// A run that is compared.
struct Compared {
    label: String,
    title: String,
    baseline: String,
    policies: usize,
    currency: &'static str,
    regions: Labels,
    frames: Vec<Frame>,
    manifest: Value,
}

pub fn run(options: &CompareOptions, common: &Common, printer: &Printer) -> Result<(), Failed> {
    let formats = result_formats(common)?;
    let questions = open(options, common)?;
    let labels = labels(&options.runs);
    let mut runs = Vec::with_capacity(questions.len());
    for (question, label) in questions.iter().zip(labels) {
        for text in &question.warnings {
            printer.note(&warning(&format!("{label}: {text}")));
        }
        printer.progress(&format!("solving `{label}` ..."));
        let start = std::time::Instant::now();
        let (problem, equilibrium) = question.solve()?;
        let seconds = start.elapsed().as_secs_f64();
        let unit = problem.baseline.description.unit.millions();
        runs.push(Compared {
            label,
            title: question.title().to_owned(),
            baseline: question.baseline_name.clone(),
            policies: question.file.scenario.policies.len(),
            currency: if unit == "million EUR" { "EUR" } else { "USD" },
            regions: problem.baseline.regions.clone(),
            frames: run_frames(&problem, &equilibrium),
            manifest: manifest(question, &equilibrium, PROGRAM, seconds),
        });
    }
    let outcomes = outcomes(&options.of, &runs)?;
    let regions = regions_in_order(&runs, &outcomes);
    let notes = notes(&runs, &regions);
    if common.json {
        printer.asked(&format!("{:#}", json(&runs, &outcomes, &regions, &notes)));
    } else {
        printer.result(&text(&runs, &outcomes, &regions));
        for note in &notes {
            printer.result(&format!("note: {note}"));
        }
    }
    if let Some(folder) = &common.output {
        let manifests: Map<String, Value> =
            runs.iter().map(|run| (run.label.clone(), run.manifest.clone())).collect();
        let manifest = json!({
            "viner": { "version": PROGRAM.version, "commit": PROGRAM.commit },
            "runs": manifests,
        });
        let tables: Vec<(String, Vec<Frame>)> =
            runs.into_iter().map(|run| (run.label, run.frames)).collect();
        write_results(folder, &comparison_frames(&tables), &manifest, &formats)?;
        printer.note(&format!("results written to {}", folder.display()));
    }
    Ok(())
}

/// All runs, or everything that is wrong with any of them.
fn open(options: &CompareOptions, common: &Common) -> Result<Vec<Question>, Failed> {
    let mut diagnostics = Diagnostics::default();
    let mut questions = Vec::new();
    for run in &options.runs {
        let question = scenario_source(run).and_then(|source| {
            let recorded = source.recorded.table_tolerance;
            let tolerance = recorded.unwrap_or(viner_io::question::TABLE_TOLERANCE);
            Question::open(&source, &common.set, tolerance)
        });
        match question {
            Ok(question) => questions.push(question),
            Err(problems) => diagnostics.extend(problems),
        }
    }
    // One mistake on the command line is found in every run.
    let mut told: Vec<Diagnostic> = Vec::new();
    for diagnostic in diagnostics {
        if !told.contains(&diagnostic) {
            told.push(diagnostic);
        }
    }
    Diagnostics(told).into_result()?;
    Ok(questions)
}

/// Short names of the runs: that of the file or folder; all of the path where two are alike, and a
/// number where one is there twice.
fn labels(runs: &[String]) -> Vec<String> {
    let short = |run: &String| {
        let path = Path::new(run);
        let path =
            if path.ends_with("manifest.json") { path.parent().unwrap_or(path) } else { path };
        let name = if path.is_dir() { path.file_name() } else { path.file_stem() };
        name.map_or_else(|| run.clone(), |name| name.to_string_lossy().into_owned())
    };
    let shorts: Vec<String> = runs.iter().map(short).collect();
    let mut labels: Vec<String> = Vec::with_capacity(runs.len());
    for (run, short) in runs.iter().zip(&shorts) {
        let alike = shorts.iter().filter(|other| *other == short).count() > 1;
        let wanted = if alike { run.clone() } else { short.clone() };
        let mut label = wanted.clone();
        let mut number = 1;
        while labels.contains(&label) {
            number += 1;
            label = format!("{wanted} ({number})");
        }
        labels.push(label);
    }
    labels
}

fn regions_frame(run: &Compared) -> Option<&Frame> {
    run.frames.iter().find(|frame| frame.name == "regions")
}

/// The outcomes asked for, which must be columns of the table `regions`.
fn outcomes(asked: &[String], runs: &[Compared]) -> Result<Vec<String>, Failed> {
    let columns = runs.first().and_then(regions_frame).map_or(&[][..], |frame| &frame.columns);
    let known: Vec<&str> = columns
        .iter()
        .filter(|(_, column)| matches!(column, Column::Number(_)))
        .map(|(name, _)| name.as_str())
        .collect();
    if asked.is_empty() {
        return Ok(vec!["welfare".to_owned()]);
    }
    let unknown = asked.iter().filter(|name| !known.contains(&name.as_str()));
    let problems: Vec<Diagnostic> = unknown
        .map(|name| Diagnostic::unknown("outcome", name, known.iter().copied()).in_file("--of"))
        .collect();
    Diagnostics(problems).into_result()?;
    Ok(asked.to_vec())
}

/// An outcome of a region in a run; nothing where the run has no such region.
fn value(run: &Compared, outcome: &str, region: &str) -> Option<f64> {
    match regions_frame(run)?.column(outcome)? {
        Column::Number(cells) => cells.get(run.regions.position(region)?).copied(),
        Column::Text(_) | Column::OptionalText(_) => None,
    }
}

/// Regions of all runs, by the first outcome of the first run, the greatest loss first; then those
/// that it does not have.
fn regions_in_order(runs: &[Compared], outcomes: &[String]) -> Vec<String> {
    let mut regions: Vec<String> = Vec::new();
    for run in runs {
        for code in run.regions.codes() {
            if !regions.iter().any(|known| known == code) {
                regions.push(code.to_owned());
            }
        }
    }
    if let (Some(run), Some(outcome)) = (runs.first(), outcomes.first()) {
        // What differs by rounding alone stays in the order of the labels.
        let key = |region: &String| {
            value(run, outcome, region).map_or(f64::INFINITY, |value| (value * 1e10).round())
        };
        regions.sort_by(|a, b| key(a).total_cmp(&key(b)));
    }
    regions
}

/// What a reader must know to read the numbers side by side.
fn notes(runs: &[Compared], regions: &[String]) -> Vec<String> {
    let mut notes = Vec::new();
    let mut baselines: Vec<&str> = runs.iter().map(|run| run.baseline.as_str()).collect();
    baselines.dedup();
    if baselines.len() > 1 {
        notes.push("the runs start from different baselines; regions are matched by code".into());
    }
    for run in runs {
        let missing: Vec<&str> = regions
            .iter()
            .map(String::as_str)
            .filter(|code| run.regions.position(code).is_none())
            .collect();
        if !missing.is_empty() {
            notes.push(format!("`{}` has no region {}", run.label, missing.join(", ")));
        }
    }
    notes
}

fn text(runs: &[Compared], outcomes: &[String], regions: &[String]) -> String {
    let mut text = String::new();
    let mut table = new_table(&["run", "title", "policies", "baseline"]);
    for run in runs {
        table.add_row(vec![
            run.label.clone(),
            run.title.clone(),
            run.policies.to_string(),
            run.baseline.clone(),
        ]);
    }
    let _ = writeln!(text, "{table}");
    for outcome in outcomes {
        let is_money = MONEY.contains(&outcome.as_str());
        let currency = runs.first().map_or("USD", |run| run.currency);
        let unit = if is_money { format!("billion {currency}") } else { "percent".to_owned() };
        let _ = writeln!(text, "\n{}, {unit}", outcome.replace('_', " "));
        let mut header = vec!["region", ""];
        header.extend(runs.iter().map(|run| run.label.as_str()));
        let mut table = new_table(&header);
        for region in regions {
            let named = runs.iter().find_map(|run| {
                run.regions.position(region).map(|position| name(&run.regions, position))
            });
            let mut cells = vec![region.clone(), named.unwrap_or_default()];
            cells.extend(runs.iter().map(|run| match value(run, outcome, region) {
                None => "-".to_owned(),
                Some(value) if is_money => format!("{:.1}", value / 1e3),
                Some(value) => percent(value),
            }));
            table.add_row(cells);
        }
        align(&mut table, 2);
        let _ = writeln!(text, "{table}");
    }
    text.trim_end().to_owned()
}

fn json(runs: &[Compared], outcomes: &[String], regions: &[String], notes: &[String]) -> Value {
    let described: Vec<Value> = runs
        .iter()
        .map(|run| {
            json!({
                "run": run.label, "title": run.title,
                "policies": run.policies, "baseline": run.baseline,
            })
        })
        .collect();
    let by_run = |outcome: &String, region: &String| -> Map<String, Value> {
        let values = runs.iter().map(|run| (run.label.clone(), value(run, outcome, region)));
        values.map(|(label, value)| (label, json!(value))).collect()
    };
    let rows: Vec<Value> = regions
        .iter()
        .map(|region| {
            let mut row = Map::new();
            row.insert("region".to_owned(), json!(region));
            row.extend(outcomes.iter().map(|o| (o.clone(), Value::Object(by_run(o, region)))));
            Value::Object(row)
        })
        .collect();
    json!({ "runs": described, "regions": rows, "notes": notes })
}
