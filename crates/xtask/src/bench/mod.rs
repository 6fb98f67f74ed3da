//! Benchmarks: of the model alone, beside other programs, over the size of the economy, and of imports.

mod contender;
mod growth;
mod machine;
mod peers;
mod report;

use crate::step::{Step, cargo};

/// `bench`, `bench SIZE`, `bench peers`, `bench growth`, `bench import`.
///
/// # Errors
/// A program does not build or run, or numbers that must agree do not.
pub fn run(arguments: &[&str]) -> Result<(), String> {
    match arguments {
        ["peers"] => peers::run(),
        ["growth"] => growth::run(),
        ["import"] => import(),
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

/// Imports tables of the size of the OECD's and of EXIOBASE's, with and without flows by user.
fn import() -> Result<(), String> {
    for table in [["icio", "77", "45"], ["exiobase", "49", "200"]] {
        for sourcing in [&[][..], &["--sourcing"]] {
            let mut command =
                vec!["run", "--release", "--package", "viner-io", "--example", "import_size", "--"];
            command.extend(table);
            command.extend(sourcing);
            Step::new("import of a large table", cargo(&command)).run()?;
        }
    }
    Ok(())
}
