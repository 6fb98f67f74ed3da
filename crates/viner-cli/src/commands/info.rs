//! `viner data info`: what a table holds, or what a download is.

use std::fmt::Write;
use std::path::Path;

use serde_json::json;
use viner_io::builtin;
use viner_io::tables::official::{About, HeaderInfo, about};

use super::{Failed, data};
use crate::args::Common;
use crate::printer::Printer;

/// How many files are named; the rest is counted.
const NAMED: usize = 10;

/// Prints what a baseline holds; of a download that was not imported, what it is.
pub fn run(name: &str, common: &Common, printer: &Printer) -> Result<(), Failed> {
    let path = Path::new(name);
    let built_in = builtin::baselines().iter().any(|(known, _)| *known == name);
    if !built_in && path.exists() && !path.join("baseline.toml").exists() {
        return download(path, common, printer);
    }
    bundle(name, common, printer)
}

/// Prints what a baseline holds.
pub fn bundle(name: &str, common: &Common, printer: &Printer) -> Result<(), Failed> {
    let opened = data::open_any(name, printer)?;
    let tables = &opened.tables;
    let about = &tables.description;
    let codes = |labels: &viner_model::labels::Labels| labels.codes().collect::<Vec<_>>().join(" ");
    let output: f64 = tables.flows.sum() * about.unit.in_millions();
    let value_added: f64 = tables.value_added.sum() * about.unit.in_millions();
    if common.json {
        printer.asked(&format!(
            "{:#}",
            json!({
                "name": about.name, "title": about.title, "year": about.year,
                "unit": about.unit.millions(), "source": about.source, "licence": about.licence,
                "citation": about.citation, "sha256": opened.sha256,
                "regions": tables.regions.codes().collect::<Vec<_>>(),
                "sectors": tables.sectors.codes().collect::<Vec<_>>(),
                "output": output, "value_added": value_added,
                "transformations": about.transformations.iter()
                    .map(|step| json!({ "step": step.step, "note": step.note })).collect::<Vec<_>>(),
            })
        ));
        return Ok(());
    }
    let unit = about.unit.millions();
    let mut text = format!("{}: {}\n", about.name, about.title);
    let mut line = |key: &str, value: &str| {
        if !value.is_empty() {
            let _ = writeln!(text, "  {key:<13}{value}");
        }
    };
    line("year", &about.year.to_string());
    line("regions", &format!("{}: {}", tables.regions.len(), codes(&tables.regions)));
    line("sectors", &format!("{}: {}", tables.sectors.len(), codes(&tables.sectors)));
    line("output", &format!("{output:.0} {unit}"));
    line("value added", &format!("{value_added:.0} {unit}"));
    line("tariffs", if tables.tariffs.is_some() { "yes" } else { "none" });
    line("source", &about.source);
    line("licence", &about.licence);
    line("citation", &about.citation);
    line("sha256", &opened.sha256);
    for step in &about.transformations {
        line(&step.step, &step.note);
    }
    printer.result(text.trim_end());
    Ok(())
}

/// Tells what a download is that was not imported.
fn download(path: &Path, common: &Common, printer: &Printer) -> Result<(), Failed> {
    let about = about(path)?;
    let About { format, maker, files, years, headers } = &about;
    if common.json {
        let header = |header: &HeaderInfo| {
            let dimensions: Vec<_> = header
                .dimensions
                .iter()
                .map(|(set, size)| json!({ "set": set, "size": size }))
                .collect();
            json!({ "name": header.name, "type": header.kind, "dimensions": dimensions,
                    "long_name": header.long_name })
        };
        let headers: Vec<_> = headers
            .iter()
            .map(|(file, all)| {
                json!({ "file": file, "headers": all.iter().map(header).collect::<Vec<_>>() })
            })
            .collect();
        let all = json!({ "format": format.name(), "years": years, "files": files,
                          "source": maker.map(|[source, _]| source),
                          "licence": maker.map(|[_, licence]| licence), "headers": headers });
        printer.asked(&format!("{all:#}"));
        return Ok(());
    }
    let mut text = format!("{}: a download, layout {}\n", path.display(), format.name());
    if let Some([source, licence]) = maker {
        let _ = writeln!(text, "  source       {source}\n  licence      {licence}");
    }
    let shown: Vec<String> = years.iter().map(i64::to_string).collect();
    if !shown.is_empty() {
        let _ = writeln!(text, "  years        {}", shown.join(", "));
    }
    let named: Vec<&str> = files.iter().take(NAMED).map(String::as_str).collect();
    let more = match files.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let _ = writeln!(text, "  files        {}{more}", named.join(", "));
    for (file, headers) in headers {
        let _ = writeln!(text, "{file}: {} headers", headers.len());
        let rows: Vec<(&HeaderInfo, String)> =
            headers.iter().map(|header| (header, dimensions(header))).collect();
        let width = rows.iter().map(|(_, shape)| shape.chars().count()).max().unwrap_or(0);
        for (header, shape) in rows {
            let (name, kind) = (&header.name, &header.kind);
            let _ = writeln!(text, "  {name:<5}{kind:<7} {shape:<width$}  {}", header.long_name);
        }
    }
    printer.result(text.trim_end());
    printer.note(&format!("`viner data import {} -o DIR` reads it", path.display()));
    Ok(())
}

/// `TRAD_COMM 3 x REG 2`
fn dimensions(header: &HeaderInfo) -> String {
    let each =
        header.dimensions.iter().map(|(set, size)| format!("{set} {size}").trim().to_owned());
    each.collect::<Vec<_>>().join(" x ")
}
