//! The project's own commands: `cargo xtask check | test | bench | fuzz | baselines | ci`.
//!
//! Each installs what it needs by itself, inside `target/`.

mod baselines;
mod bench;
mod fuzz;
mod python;
mod step;

use std::process::ExitCode;

use step::{Step, cargo};

const USAGE: &str = "\
usage: cargo xtask COMMAND

  check     formatting, lints, documentation
  test      all tests: Rust, documentation examples, Python, fuzz targets
  bench     benchmarks of the model; `bench peers` beside other programs, `bench growth` over sizes,
            `bench import` of official tables of full size (3 GB of disk for a while)
  fuzz [N]  fuzz targets, N inputs each (100000)
  baselines the built-in baselines icio-2022, g20-2021 and case-2021, from their public sources
  ci        check and test";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let result = match words.as_slice() {
        ["check"] => check(),
        ["test"] => test(),
        ["bench", rest @ ..] => bench::run(rest),
        ["fuzz"] => fuzz::run(100_000),
        ["fuzz", count] => match count.parse() {
            Ok(count) => fuzz::run(count),
            Err(_) => Err(format!("`{count}` is not a number of inputs\n\n{USAGE}")),
        },
        ["baselines"] => baselines::make(),
        ["ci"] => check().and_then(|()| test()),
        _ => Err(USAGE.to_owned()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            step::say(&message);
            ExitCode::FAILURE
        }
    }
}

fn check() -> Result<(), String> {
    Step::new("formatting", cargo(&["fmt", "--all", "--check"])).run()?;
    let lints = ["clippy", "--workspace", "--all-targets", "--locked", "--", "--deny", "warnings"];
    Step::new("lints", cargo(&lints)).run()?;
    let documentation = ["doc", "--workspace", "--no-deps", "--document-private-items", "--locked"];
    Step::new("documentation", cargo(&documentation)).with("RUSTDOCFLAGS", "--deny warnings").run()
}

fn test() -> Result<(), String> {
    Step::new("tests", cargo(&["test", "--workspace", "--locked"]))
        .with("INSTA_UPDATE", "no")
        .run()?;
    model_on_every_kernel()?;
    python::check_reference_solver()?;
    python::check_syntax()?;
    fuzz::run(20_000)
}

/// The tests of the model on narrower vectors than this machine's widest, and on one thread. Those that
/// compare kernels choose them by themselves.
fn model_on_every_kernel() -> Result<(), String> {
    let kernels: &[&str] = if cfg!(target_arch = "x86_64") { &["sse2", "avx2"] } else { &["neon"] };
    let arguments =
        ["test", "--package", "viner-model", "--test", "it", "--locked", "--", "--skip", "kernel"];
    kernels.iter().try_for_each(|kernel| {
        Step::new(format!("tests of the model, {kernel}, one thread"), cargo(&arguments))
            .with("INSTA_UPDATE", "no")
            .with("VINER_KERNEL", kernel)
            .with("RAYON_NUM_THREADS", "1")
            .run()
    })
}
