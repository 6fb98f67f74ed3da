//! Fuzz targets: random files must never bring a reader down.

use std::process::Command;

use crate::step::{Step, cargo, root};

/// Builds every fuzz target and feeds it `inputs` files grown from its seeds.
///
/// # Errors
/// A target does not build, or an input brings it down.
pub fn run(inputs: u64) -> Result<(), String> {
    let folder = root().join("fuzz");
    let manifest = folder.join("Cargo.toml");
    let manifest = manifest.to_string_lossy();
    Step::new("fuzz targets", cargo(&["build", "--release", "--manifest-path", &manifest])).run()?;
    for target in ["scenario", "bundle"] {
        let corpus = root().join("target").join("fuzz-corpus").join(target);
        std::fs::create_dir_all(&corpus)
            .map_err(|error| format!("cannot create {}: {error}", corpus.display()))?;
        let mut command = Command::new(folder.join("target").join("release").join(target));
        command
            .arg(format!("-runs={inputs}"))
            .args(["-seed=1", "-max_len=4096", "-verbosity=0", "-rss_limit_mb=4096"])
            .arg(&corpus)
            .arg(folder.join("seeds").join(target));
        Step::new(format!("fuzzing the {target} reader, {inputs} inputs"), command).run()?;
    }
    Ok(())
}
