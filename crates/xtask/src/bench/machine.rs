//! What a measurement was made on.

use std::path::PathBuf;
use std::process::Command;

use crate::step::root;

/// Processor, cores and commit, in a sentence.
pub fn described() -> String {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let commit =
        Command::new("git").args(["rev-parse", "--short", "HEAD"]).current_dir(root()).output();
    let commit = commit.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    let commit = match commit {
        Ok(commit) if !commit.is_empty() => format!(", commit {commit}"),
        _ => String::new(),
    };
    format!("{}, {cores} cores, {}{commit}{}", processor(), std::env::consts::OS, load())
}

fn processor() -> String {
    let read = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let name = read.lines().find_map(|line| line.strip_prefix("model name")?.split_once(':'));
    name.map_or_else(|| std::env::consts::ARCH.to_owned(), |(_, name)| name.trim().to_owned())
}

/// Processes that wanted a core over the last minute: more than none means that others worked too.
fn load() -> String {
    let read = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = read.split(' ').next().filter(|load| !load.is_empty());
    load.map_or_else(String::new, |load| format!(", load {load} before the start"))
}

/// Where cargo puts what it builds in release.
pub fn release_folder() -> PathBuf {
    let target =
        std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from);
    root().join(target).join("release")
}

/// Where an example is that was built in release.
pub fn example(name: &str) -> PathBuf {
    release_folder().join("examples").join(name)
}

/// A time with the unit that suits it: `50.0 us`, `28.0 ms`, `11.2 s`.
pub fn duration(seconds: f64) -> String {
    let (value, unit) = match seconds {
        seconds if seconds < 1e-3 => (seconds * 1e6, "us"),
        seconds if seconds < 1.0 => (seconds * 1e3, "ms"),
        seconds => (seconds, "s"),
    };
    format!("{} {unit}", three_digits(value))
}

/// A positive number with about three digits.
pub fn three_digits(value: f64) -> String {
    match value {
        value if value < 10.0 => format!("{value:.2}"),
        value if value < 100.0 => format!("{value:.1}"),
        value => format!("{value:.0}"),
    }
}

/// The middle value.
pub fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN)
}
