//! Benchmarks: of the model alone, beside other programs, and over the size of the economy.

mod contender;
mod growth;
mod machine;
mod peers;
mod report;

use crate::step::{Step, cargo};

/// `bench`, `bench SIZE`, `bench peers`, `bench growth`.
///
/// # Errors
/// A program does not build or run, or numbers that must agree do not.
pub fn run(arguments: &[&str]) -> Result<(), String> {
    match arguments {
        ["peers"] => peers::run(),
        ["growth"] => growth::run(),
        _ => model(arguments),
    }
}

fn model(arguments: &[&str]) -> Result<(), String> {
    let mut command = vec!["bench", "--package", "viner-model", "--locked"];
    if !arguments.is_empty() {
        command.push("--");
        command.extend(arguments);
    }
    Step::new("benchmarks", cargo(&command)).run()
}
