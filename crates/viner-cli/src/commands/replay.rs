//! `viner data replay`: the recorded steps of a bundle repeated, and their results compared.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use clap::Parser;
use serde_json::json;
use viner_io::builtin::{OpenedBaseline, open_unbalanced_baseline};
use viner_io::tables::fingerprint;
use viner_io::{Diagnostic, Diagnostics, IoError};
use viner_model::tables::{Fingerprint, Replay, Tables, Transformation};

use super::options::bundle_output;
use super::{Failed, data};
use crate::args::{Arguments, Command, Common};
use crate::printer::Printer;
use crate::table_args::ReplayOptions;

/// Commands that make tables, which are the steps that can be repeated.
const STEPS: [&str; 5] = ["import", "aggregate", "balance", "update", "split"];
/// Options that name a file.
const FILE_OPTIONS: [&str; 7] =
    ["--map", "--targets", "--shares", "--products", "--trade", "--concordance", "--sectors"];

/// What a command did, for its record.
pub(super) struct Done<'a> {
    /// The table that it began with; nothing for an import.
    pub from: Option<&'a Fingerprint>,
    /// Its arguments, files by their names.
    pub arguments: Vec<String>,
    /// Files that it read.
    pub files: &'a [&'a Path],
}

/// A table by its name and content.
pub(super) fn fingerprint_of(tables: &Tables) -> Fingerprint {
    let name = tables.description.name.clone();
    Fingerprint { name, sha256: viner_io::tables::digest(tables) }
}

/// Adds to the last step of a table what repeats it; nothing if there are no more than `before`.
pub(super) fn record(tables: &mut Tables, before: usize, done: Done<'_>) -> Result<(), IoError> {
    if tables.description.transformations.len() <= before {
        return Ok(());
    }
    let files: Result<Vec<Fingerprint>, IoError> = done
        .files
        .iter()
        .map(|path| Ok(Fingerprint { name: file_name(path), sha256: fingerprint(path)? }))
        .collect();
    let replay = Replay {
        arguments: done.arguments,
        sha256: viner_io::tables::digest(tables),
        from: done.from.cloned(),
        files: files?,
    };
    if let Some(step) = tables.description.transformations.last_mut() {
        step.replay = Some(replay);
    }
    Ok(())
}

/// Name of a file without its folders, as records have it.
pub(super) fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// Repeats the steps of a bundle from their files; fails where a result differs.
pub fn run(options: &ReplayOptions, common: &Common, printer: &Printer) -> Result<(), Failed> {
    if common.output.is_some() {
        bundle_output(common)?;
    }
    let opened = open_unbalanced_baseline(&options.baseline, None)?;
    let steps = repeatable(&opened)?;
    let sources: Vec<PathBuf> =
        if options.source.is_empty() { vec![PathBuf::from(".")] } else { options.source.clone() };
    let files = files_of(&steps, &sources)?;
    let staging = tempfile::tempdir().map_err(|error| {
        let problem = format!("no temporary folder for the steps can be made: {error}");
        Failed::Input(Diagnostic::new(problem).into())
    })?;
    let mut input = match steps[0].1.from {
        Some(ref from) => beginning(from, &sources)?,
        None => String::new(),
    };
    let mut told = Vec::new();
    let mut last = None;
    for (index, ((step, replay), paths)) in steps.iter().zip(&files).enumerate() {
        let output = staging.path().join(index.to_string()).display().to_string();
        let first = if replay.from.is_none() {
            paths.first().map(|path| path.display().to_string()).unwrap_or_default()
        } else {
            input.clone()
        };
        let mut words: Vec<String> =
            ["viner", "data", step.step.as_str(), first.as_str()].map(ToOwned::to_owned).to_vec();
        words.extend(arguments(step, replay, paths)?);
        words.extend(["-o", output.as_str(), "--format", "csv"].map(ToOwned::to_owned));
        let parsed = Arguments::try_parse_from(&words).map_err(|error| {
            let problem = format!("step `{}` cannot be repeated by this version", step.step);
            Failed::Input(Diagnostic::new(problem).found(error.to_string()).into())
        })?;
        let Some(Command::Data(command)) = parsed.command else { continue };
        printer.progress(&format!("step {}: {}", index + 1, step.step));
        data::run(&command, &parsed.common, &Printer::new(true))?;
        let result = open_unbalanced_baseline(&output, None)?;
        if result.sha256 != replay.sha256 {
            let problem = format!(
                "step {} of {}, `{}`, gives another table",
                index + 1,
                steps.len(),
                step.step
            );
            let problem = Diagnostic::new(problem).found(format!("SHA-256 {}", result.sha256));
            let problem = problem.expected(replay.sha256.clone());
            return Err(Failed::Input(
                problem.hint("was it made by another version of viner?").into(),
            ));
        }
        told.push((step.step.clone(), replay.sha256.clone()));
        last = Some(result.tables);
        input = output;
    }
    if let (Some(mut tables), true) = (last, common.output.is_some()) {
        // Names, titles and sources may have been written by hand.
        tables.description = opened.tables.description.clone();
        data::write(&tables, common, printer)?;
    }
    if common.json {
        let steps: Vec<_> =
            told.iter().map(|(step, sha256)| json!({ "step": step, "sha256": sha256 })).collect();
        let report = json!({ "baseline": opened.name, "sha256": opened.sha256, "steps": steps });
        printer.asked(&format!("{report:#}"));
    } else {
        let mut text = format!("{}: every step gives the recorded table again\n", opened.name);
        for (step, sha256) in &told {
            let _ = writeln!(text, "  {step:<10} {sha256}");
        }
        printer.result(text.trim_end());
    }
    Ok(())
}

/// The last steps of a table of which each can be repeated and begins where the one before ends.
fn repeatable(opened: &OpenedBaseline) -> Result<Vec<(&Transformation, &Replay)>, Failed> {
    let steps = &opened.tables.description.transformations;
    let mut chain: Vec<(&Transformation, &Replay)> = Vec::new();
    for step in steps.iter().rev() {
        let Some(replay) = &step.replay else { break };
        let needed = chain.last().map(|(_, next)| next.from.as_ref().map(|from| &from.sha256));
        if needed.is_some_and(|needed| needed != Some(&replay.sha256)) {
            break;
        }
        chain.push((step, replay));
    }
    chain.reverse();
    let problem = match (chain.last(), steps.last()) {
        (Some((_, replay)), _) if replay.sha256 == opened.sha256 => return Ok(chain),
        (Some((_, replay)), _) => Diagnostic::new(format!(
            "baseline `{}` was changed after its last recorded step",
            opened.name
        ))
        .found(format!("SHA-256 {}", opened.sha256))
        .expected(replay.sha256.clone()),
        (None, Some(step)) => {
            Diagnostic::new(format!("the last step of `{}` cannot be repeated", opened.name))
                .found(format!("`{}` without a record of its arguments and files", step.step))
                .expected(format!("a step made by `viner data {}`", STEPS.join("|")))
        }
        (None, None) => {
            Diagnostic::new(format!("baseline `{}` has no recorded steps", opened.name))
        }
    };
    Err(Failed::Input(problem.into()))
}

/// Where the files of every step are; all that are missing or differ are reported at once.
fn files_of(
    steps: &[(&Transformation, &Replay)],
    sources: &[PathBuf],
) -> Result<Vec<Vec<PathBuf>>, Failed> {
    let mut problems = Diagnostics::default();
    let mut found = Vec::new();
    for (step, replay) in steps {
        let mut paths = Vec::new();
        for file in &replay.files {
            match find(file, sources)? {
                Ok(path) => paths.push(path),
                Err(problem) => {
                    let problem = problem.expected(format!("SHA-256 {}", file.sha256));
                    problems.push(problem.hint(format!(
                        "step `{}` read it: name its folder with `--source`",
                        step.step
                    )));
                }
            }
        }
        found.push(paths);
    }
    problems.into_result()?;
    Ok(found)
}

/// The file of this name and content in a folder, or a file named itself.
fn find(file: &Fingerprint, sources: &[PathBuf]) -> Result<Result<PathBuf, Diagnostic>, IoError> {
    let mut problem = Diagnostic::new(format!("there is no file `{}`", file.name));
    for source in sources {
        let own = file_name(source) == file.name;
        let path = if own { source.clone() } else { source.join(&file.name) };
        // A name with folders in it would lead out of the folders that were named.
        if !path.exists() || Path::new(&file.name).components().count() != 1 {
            continue;
        }
        let sha256 = fingerprint(&path)?;
        if sha256 == file.sha256 {
            return Ok(Ok(path));
        }
        problem = Diagnostic::new(format!("file `{}` is another one", path.display()))
            .found(format!("SHA-256 {sha256}"));
    }
    Ok(Err(problem))
}

/// The table that the first step begins with: a built-in baseline, or a bundle among the sources.
fn beginning(from: &Fingerprint, sources: &[PathBuf]) -> Result<String, Failed> {
    let bundles = sources.iter().flat_map(|source| [source.clone(), source.join(&from.name)]);
    let folders = bundles.filter(|path| path.join("baseline.toml").is_file());
    let names =
        std::iter::once(from.name.clone()).chain(folders.map(|path| path.display().to_string()));
    for name in names {
        if open_unbalanced_baseline(&name, None).is_ok_and(|opened| opened.sha256 == from.sha256) {
            return Ok(name);
        }
    }
    let problem = Diagnostic::new(format!("there is no baseline `{}` to begin with", from.name));
    let problem = problem.expected(format!("a bundle with the SHA-256 {}", from.sha256));
    Err(Failed::Input(problem.hint("name the folder that it is in with `--source`").into()))
}

/// The arguments of a step with its files where they are.
fn arguments(
    step: &Transformation,
    replay: &Replay,
    paths: &[PathBuf],
) -> Result<Vec<String>, Failed> {
    let refused = |found: &str| {
        let problem = Diagnostic::new(format!("step `{}` cannot be repeated", step.step));
        Failed::Input(
            problem.found(format!("`{found}`")).expected("what `viner data` records").into(),
        )
    };
    if !STEPS.contains(&step.step.as_str()) || (replay.from.is_none() != (step.step == "import")) {
        return Err(refused(&step.step));
    }
    let mut words: Vec<String> = Vec::new();
    for word in &replay.arguments {
        let names_file = words.last().is_some_and(|last| FILE_OPTIONS.contains(&last.as_str()));
        let file = replay.files.iter().zip(paths).find(|(file, _)| file.name == *word);
        // Nothing but recorded files is read, and nothing is written elsewhere.
        words.push(match file {
            Some((_, path)) if names_file => path.display().to_string(),
            _ if names_file && !viner_io::builtin::maps().any(|map| map == word) => {
                return Err(refused(word));
            }
            _ if word.starts_with('-') && (word.contains('=') || !word.starts_with("--")) => {
                return Err(refused(word));
            }
            _ => word.clone(),
        });
    }
    Ok(words)
}
