//! Fuzz targets: random files must never bring a reader down.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::step::{Step, cargo, root, say};

/// Builds every fuzz target, with the coverage that tells libFuzzer which inputs are new, and feeds
/// it `inputs` files grown from its seeds.
///
/// libFuzzer is written in C++: without a compiler for it the targets are skipped.
///
/// # Errors
/// A target does not build, or an input brings it down.
pub fn run(inputs: u64) -> Result<(), String> {
    if !has_cpp_compiler() {
        say("==> fuzz targets: skipped, libFuzzer needs a C++ compiler (`c++`)");
        return Ok(());
    }
    let folder = root().join("fuzz");
    let target = root().join("target").join("fuzz");
    let mut build = cargo(&["build", "--release", "--locked"]);
    build.arg("--manifest-path").arg(folder.join("Cargo.toml"));
    build.arg("--config").arg(folder.join(".cargo").join("config.toml"));
    build.arg("--target-dir").arg(&target);
    Step::new("fuzz targets", build).run()?;

    let programs = target.join(host()?).join("release");
    for reader in ["scenario", "bundle", "official"] {
        let corpus = target.join("corpus").join(reader);
        std::fs::create_dir_all(&corpus)
            .map_err(|error| format!("cannot create {}: {error}", corpus.display()))?;
        let mut command = Command::new(programs.join(reader));
        command
            .arg(format!("-runs={inputs}"))
            .args(["-seed=1", "-max_len=4096", "-verbosity=0", "-rss_limit_mb=4096"])
            .arg(format!("-artifact_prefix={}/", target.display()))
            // New inputs are written into the first folder.
            .arg(&corpus)
            .arg(folder.join("seeds").join(reader));
        Step::new(format!("fuzzing the {reader} reader, {inputs} inputs"), command)
            .quiet()
            .run()?;
    }
    Ok(())
}

fn has_cpp_compiler() -> bool {
    let compiler = std::env::var_os("CXX").unwrap_or_else(|| "c++".into());
    let mut command = Command::new(compiler);
    command.arg("--version").stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

/// The platform that this machine compiles for by default.
fn host() -> Result<PathBuf, String> {
    let compiler = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(compiler)
        .arg("-vV")
        .output()
        .map_err(|error| format!("cannot ask rustc for its host: {error}"))?;
    String::from_utf8_lossy(&output.stdout)
        .lines()
        .find_map(|line| line.strip_prefix("host: ").map(PathBuf::from))
        .ok_or_else(|| "rustc does not tell its host".to_owned())
}
