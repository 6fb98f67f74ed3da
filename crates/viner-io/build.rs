//! Lists the baselines, scenarios, plans, calibrations, maps, evidence and observed cells of the folder
//! `data`, which the library has built in.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let root = PathBuf::from(variable("CARGO_MANIFEST_DIR")?).join("../../data").canonicalize()?;
    let (baselines, scenarios) = (root.join("baselines"), root.join("scenarios"));
    let plans = root.join("plans");
    let maps = root.join("maps");
    let cells = root.join("cells");
    let calibrations = root.join("calibrations");
    let evidence = root.join("evidence");
    let mut code = String::from("static BASELINES: &[(&str, &[(&str, &[u8])])] = &[\n");
    for folder in entries(&baselines)?.iter().filter(|path| path.is_dir()) {
        println!("cargo:rerun-if-changed={}", folder.display());
        write(&mut code, format_args!("    ({:?}, &[\n", name(folder)))?;
        for file in entries(folder)?.iter().filter(|path| is_part(path)) {
            println!("cargo:rerun-if-changed={}", file.display());
            let line =
                format_args!("        ({:?}, include_bytes!({:?})),\n", name(file), text(file)?);
            write(&mut code, line)?;
        }
        code.push_str("    ]),\n");
    }
    code.push_str("];\n");
    let lists = [
        ("SCENARIOS", &scenarios, "toml"),
        ("PLANS", &plans, "toml"),
        ("MAPS", &maps, "csv"),
        ("CELLS", &cells, "csv"),
        ("CALIBRATIONS", &calibrations, "toml"),
    ];
    for (list, folder, ending) in lists {
        write(&mut code, format_args!("static {list}: &[(&str, &str)] = &[\n"))?;
        for file in entries(folder)?.iter().filter(|path| has_ending(path, ending)) {
            println!("cargo:rerun-if-changed={}", file.display());
            let stem = name(file).trim_end_matches(&format!(".{ending}")).to_owned();
            write(&mut code, format_args!("    ({stem:?}, include_str!({:?})),\n", text(file)?))?;
        }
        code.push_str("];\n");
    }
    code.push_str("static EVIDENCE: &[(&str, &[(&str, &str)])] = &[\n");
    for folder in entries(&evidence)?.iter().filter(|path| path.is_dir()) {
        println!("cargo:rerun-if-changed={}", folder.display());
        write(&mut code, format_args!("    ({:?}, &[\n", name(folder)))?;
        for file in entries(folder)?.iter().filter(|path| has_ending(path, "csv")) {
            println!("cargo:rerun-if-changed={}", file.display());
            let line =
                format_args!("        ({:?}, include_str!({:?})),\n", name(file), text(file)?);
            write(&mut code, line)?;
        }
        code.push_str("    ]),\n");
    }
    code.push_str("];\n");
    for folder in [&root, &baselines, &scenarios, &plans, &maps, &cells, &calibrations, &evidence] {
        println!("cargo:rerun-if-changed={}", folder.display());
    }
    fs::write(PathBuf::from(variable("OUT_DIR")?).join("builtin.rs"), code)
}

fn variable(name: &str) -> io::Result<String> {
    env::var(name).map_err(io::Error::other)
}

fn write(code: &mut String, text: std::fmt::Arguments<'_>) -> io::Result<()> {
    code.write_fmt(text).map_err(io::Error::other)
}

/// What a folder holds, by name; nothing if there is no such folder.
fn entries(folder: &Path) -> io::Result<Vec<PathBuf>> {
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let mut paths = fs::read_dir(folder)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<io::Result<Vec<_>>>()?;
    paths.retain(|path| !name(path).starts_with('.'));
    paths.sort();
    Ok(paths)
}

fn name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

fn text(path: &Path) -> io::Result<&str> {
    path.to_str().ok_or_else(|| io::Error::other("a path that is not UTF-8"))
}

fn has_ending(path: &Path, ending: &str) -> bool {
    path.extension().is_some_and(|found| found == ending)
}

fn is_part(path: &Path) -> bool {
    ["toml", "csv", "gz"].iter().any(|ending| has_ending(path, ending))
}
