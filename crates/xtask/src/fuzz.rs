//! Fuzz targets: random files must never bring a reader down.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::step::{Step, cargo, root, say};

/// Bytes of the largest input. Longer seeds would be cut off, and be files of no layout.
const LARGEST_INPUT: u64 = 8192;

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
    for reader in ["scenario", "plan", "bundle", "official"] {
        let seeds = folder.join("seeds").join(reader);
        whole(&seeds)?;
        let corpus = target.join("corpus").join(reader);
        std::fs::create_dir_all(&corpus)
            .map_err(|error| format!("cannot create {}: {error}", corpus.display()))?;
        let mut command = Command::new(programs.join(reader));
        command
            .arg(format!("-runs={inputs}"))
            .arg(format!("-max_len={LARGEST_INPUT}"))
            .args(["-seed=1", "-verbosity=0", "-rss_limit_mb=4096"])
            .arg(format!("-artifact_prefix={}/", target.display()))
            // New inputs are written into the first folder.
            .arg(&corpus)
            .arg(&seeds);
        Step::new(format!("fuzzing the {reader} reader, {inputs} inputs"), command)
            .quiet()
            .run()?;
    }
    Ok(())
}

/// Refuses seeds that would be cut off.
fn whole(seeds: &Path) -> Result<(), String> {
    let failed = |error| format!("cannot read {}: {error}", seeds.display());
    for seed in std::fs::read_dir(seeds).map_err(failed)? {
        let seed = seed.map_err(failed)?;
        let length = seed.metadata().map_err(failed)?.len();
        if length > LARGEST_INPUT {
            let path = seed.path();
            return Err(format!(
                "seed {} has {length} bytes, more than the {LARGEST_INPUT} of an input",
                path.display()
            ));
        }
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
