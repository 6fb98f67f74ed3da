//! Python, in an environment of its own.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::step::{Step, root};

/// Solves the reference cases again with the independent solver and compares with the files kept.
///
/// # Errors
/// There is no Python, a package cannot be installed, or a number differs.
pub fn check_reference_solver() -> Result<(), String> {
    let folder = root().join("validation").join("agreement");
    let python = interpreter()?;
    let mut command = Command::new(python);
    command.arg(folder.join("economies.py")).arg("--check");
    Step::new("reference solver in Python", command).run()
}

/// Compiles the programs that no test runs, because what they need is installed for benchmarks alone.
///
/// # Errors
/// There is no Python, or a program has an error of syntax.
pub fn check_syntax() -> Result<(), String> {
    let mut command = Command::new(interpreter()?);
    command.args(["-m", "compileall", "-q", "validation/peers"]);
    Step::new("syntax of the peers' programs", command).run()
}

/// The interpreter that the project's Python programs run with.
///
/// # Errors
/// There is no Python, or a package cannot be installed.
pub fn interpreter() -> Result<PathBuf, String> {
    let requirements = root().join("validation").join("agreement").join("requirements.txt");
    environment("python", &requirements)
}

/// The interpreter of the virtual environment `target/NAME`, which has the packages of a requirements
/// file.
///
/// # Errors
/// There is no Python, or a package cannot be installed.
pub fn environment(name: &str, requirements: &Path) -> Result<PathBuf, String> {
    let folder = root().join("target").join(name);
    let python = if cfg!(windows) {
        folder.join("Scripts").join("python.exe")
    } else {
        folder.join("bin").join("python")
    };
    let wanted = std::fs::read_to_string(requirements)
        .map_err(|error| format!("cannot read {}: {error}", requirements.display()))?;
    let stamp = folder.join("installed.txt");
    if python.exists() && std::fs::read_to_string(&stamp).is_ok_and(|have| have == wanted) {
        return Ok(python);
    }
    let mut create = Command::new(if cfg!(windows) { "python" } else { "python3" });
    create.args(["-m", "venv"]).arg(&folder);
    Step::new("Python environment", create).run()?;
    let mut install = Command::new(&python);
    install.args([
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--requirement",
    ]);
    install.arg(requirements);
    Step::new("Python packages", install).run()?;
    std::fs::write(&stamp, wanted)
        .map_err(|error| format!("cannot write {}: {error}", stamp.display()))?;
    Ok(python)
}
