//! What a reader wants to know of a path first.

use std::fmt::Write;

use serde_json::{Value as Json, json};
use viner_io::path::{PathQuestion, SolvedPath, ToldYears};
use viner_model::report::RegionOutcomes;

use crate::outcome_summary::{plain, shown};
use crate::summary::{align, new_table, percent};

/// The region that the path is about: as the scenario says, or the first one.
fn focus(question: &PathQuestion) -> usize {
    let regions = &question.question.baseline.regions;
    let named = question.question.file.report.focus.as_deref();
    named.and_then(|code| regions.position(code)).unwrap_or(0)
}

/// For people; changes in percent.
pub fn text(
    question: &PathQuestion,
    solved: &SolvedPath,
    told: &[ToldYears],
    seconds: f64,
) -> String {
    let mut text = String::new();
    let baseline = &question.question.baseline;
    let focus = focus(question);
    let code = baseline.regions.code(focus);
    let _ = writeln!(text, "{}", question.title());
    let _ = writeln!(
        text,
        "{} years on baseline {} ({})\n",
        solved.years.len(),
        question.question.baseline_name,
        baseline.description.year
    );
    let mut table = new_table(&[
        "year",
        "policies",
        "elasticities x",
        &format!("{code}: welfare %"),
        "real GDP %",
        "exports %",
        "imports %",
    ]);
    for year in &solved.years {
        let outcomes = RegionOutcomes::of(&year.problem, &year.equilibrium);
        let growth = |after: f64, before: f64| percent(after / before - 1.0);
        table.add_row(vec![
            year.year.to_string(),
            year.parts.iter().filter(|part| **part > 0.0).count().to_string(),
            format!("{:.2}", year.factor),
            percent(outcomes.welfare[focus]),
            percent(outcomes.real_gdp[focus]),
            growth(outcomes.exports[focus], outcomes.exports_base[focus]),
            growth(outcomes.imports[focus], outcomes.imports_base[focus]),
        ]);
    }
    align(&mut table, 1);
    let _ = writeln!(text, "{table}\n");
    if !told.is_empty() {
        let years: Vec<String> = solved.years.iter().map(|year| year.year.to_string()).collect();
        let header: Vec<&str> =
            std::iter::once("outcome").chain(years.iter().map(String::as_str)).collect();
        let mut table = new_table(&header);
        for row in told {
            let mut cells = vec![row.outcome.clone()];
            cells.extend(row.values.iter().map(shown));
            table.add_row(cells);
        }
        align(&mut table, 1);
        let _ = writeln!(text, "{table}\n");
    }
    let worst = solved.years.iter().map(|year| year.equilibrium.certificate.worst().relative);
    let evaluations: usize =
        solved.years.iter().map(|year| year.equilibrium.statistics.evaluations).sum();
    let _ = write!(
        text,
        "certified: every equation of every year holds within {:.1e}\n\
         solved in {evaluations} evaluations, {:.0} ms",
        worst.fold(0.0, f64::max),
        1e3 * seconds
    );
    text
}

/// The same for programs: fractions, and money in millions.
pub fn json(question: &PathQuestion, solved: &SolvedPath, told: &[ToldYears]) -> Json {
    let regions = &question.question.baseline.regions;
    let years: Vec<Json> = solved
        .years
        .iter()
        .enumerate()
        .map(|(position, year)| {
            let outcomes = RegionOutcomes::of(&year.problem, &year.equilibrium);
            let welfare: serde_json::Map<String, Json> = regions
                .codes()
                .zip(&outcomes.welfare)
                .map(|(code, welfare)| (code.to_owned(), json!(welfare)))
                .collect();
            let told: Vec<Json> = told
                .iter()
                .map(|row| {
                    let growth = row.growth()[position];
                    json!({
                        "outcome": row.outcome,
                        "value": plain(&row.values[position]),
                        "growth": if growth.is_finite() { json!(growth) } else { Json::Null },
                    })
                })
                .collect();
            json!({
                "year": year.year,
                "elasticity_factor": year.factor,
                "policies": year.parts.iter().filter(|part| **part > 0.0).count(),
                "welfare": welfare,
                "outcomes": told,
            })
        })
        .collect();
    json!({
        "title": question.title(),
        "baseline": question.question.baseline_name,
        "years": years,
    })
}
