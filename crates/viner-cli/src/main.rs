//! The command `viner`.

mod args;
mod commands;
mod decomposition;
mod game_summary;
mod instruments;
mod outcome_summary;
mod path_summary;
mod printer;
mod summary;
mod table_args;

use std::process::ExitCode;

use clap::Parser;

use args::{Arguments, Command};
use commands::Failed;
use printer::Printer;

/// Arrays of one solve are those of the next: given back and taken again at once.
#[global_allocator]
static MEMORY: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let printer = Printer::new(arguments.common.quiet);
    if let Some(threads) = arguments.common.threads {
        // Only fails if a pool exists already, and none does this early.
        let _ = rayon::ThreadPoolBuilder::new().num_threads(threads.get()).build_global();
    }
    let common = &arguments.common;
    let command = arguments.command.unwrap_or_default();
    let usable = commands::options::refuse_unused(&command, common);
    let result = usable.and_then(|()| match command {
        Command::Run(options) => commands::run::run(&options, common, &printer),
        Command::Check(options) => commands::check::run(&options, common, &printer),
        Command::Compare(options) => commands::compare::run(&options, common, &printer),
        Command::Game(options) => commands::game::run(&options, common, &printer),
        Command::Path(options) => commands::path::run(&options, common, &printer),
        Command::Backtest(options) => commands::backtest::run(&options, common, &printer),
        Command::Calibrate(options) => commands::calibrate::run(&options, common, &printer),
        Command::Sweep(options) => commands::sweep::run(&options, common, &printer),
        Command::Optimize(options) => commands::optimize::run(&options, common, &printer),
        Command::Sensitivity(options) => commands::sensitivity::run(&options, common, &printer),
        Command::List => {
            commands::list::run(common, &printer);
            Ok(())
        }
        Command::Show { name } => commands::show::run(&name, common, &printer),
        Command::Data(command) => commands::data::run(&command, common, &printer),
    });
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failed::Input(diagnostics)) => {
            printer.error(&diagnostics.to_string());
            ExitCode::from(1)
        }
        Err(Failed::Usage(message)) => {
            printer.error(&message);
            ExitCode::from(2)
        }
        Err(Failed::Model(message)) => {
            printer.error(&message);
            ExitCode::from(3)
        }
    }
}
