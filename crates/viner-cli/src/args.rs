//! The command line.

use std::num::NonZero;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::commands::import::ImportArguments;

/// What sanctions, tariffs and other trade policies do to the world economy.
///
/// Without a command, solves the built-in scenario `western-sanctions-2022`.
#[derive(Debug, Parser)]
#[command(name = "viner", version, args_conflicts_with_subcommands = false)]
pub struct Arguments {
    /// What to do; `run` if absent.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// Options of all commands.
    #[command(flatten)]
    pub common: Common,
}

/// Options that every command takes.
#[derive(Args, Debug)]
pub struct Common {
    /// Folder to write to; replaced only if it is empty or holds an earlier result
    #[arg(short, long, value_name = "DIR", global = true)]
    pub output: Option<PathBuf>,
    /// File format of the tables written; several may be given, separated by commas
    #[arg(long, value_enum, value_delimiter = ',', global = true)]
    pub format: Vec<Format>,
    /// Override any key of the scenario: `model.trade_elasticity=6`, `policy.0.change=0.3`
    #[arg(long = "set", value_name = "KEY=VALUE", global = true)]
    pub set: Vec<String>,
    /// Print nothing but errors, and what `--json` asks for
    #[arg(short, long, global = true)]
    pub quiet: bool,
    /// Print the summary as JSON
    #[arg(long, global = true)]
    pub json: bool,
    /// Threads to use; all cores if absent. Results do not depend on it
    #[arg(long, value_name = "N", global = true)]
    pub threads: Option<NonZero<usize>>,
}

/// File formats of tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// A CSV file per table
    Csv,
    /// A compressed CSV file per table (bundles only)
    #[value(name = "csv.gz")]
    CsvGz,
    /// A Parquet file per table
    Parquet,
    /// One Excel workbook (results only)
    Xlsx,
    /// An OECD inter-country input-output table (this and the following: `data import` only)
    Icio,
    /// A Eurostat FIGARO matrix
    Figaro,
    /// A table of the World Input-Output Database, release 2013 or 2016
    Wiod,
    /// A multi-regional table of the Asian Development Bank
    Adb,
    /// EXIOBASE 3, or a table that pymrio saved
    #[value(alias = "pymrio")]
    Exiobase,
    /// Eora26
    Eora,
    /// Trade: CEPII BACI
    Baci,
    /// Trade: USITC ITPD-E
    Itpd,
}

/// Commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Solve a scenario
    Run(RunOptions),
    /// Find everything that is wrong with a scenario; solve nothing
    Check(CheckOptions),
    /// List built-in baselines and scenarios
    List,
    /// Print a built-in scenario or baseline
    Show {
        /// Name that `viner list` shows
        name: String,
    },
    /// Work on baseline tables
    #[command(subcommand)]
    Data(DataCommand),
}

impl Default for Command {
    fn default() -> Self {
        Self::Run(RunOptions {
            scenario: None,
            tolerance: None,
            welfare_split: false,
            embodied: false,
        })
    }
}

/// Options of `run`.
#[derive(Args, Debug)]
pub struct RunOptions {
    /// Scenario file, folder or manifest of an earlier run, or name of a built-in scenario
    pub scenario: Option<String>,
    /// Largest failure of an accounting identity of the table, relative to world output [default: 1e-6]
    #[arg(long, value_name = "SHARE")]
    pub tolerance: Option<f64>,
    /// Also split each region's welfare change into its sources (solves along the path)
    #[arg(long)]
    pub welfare_split: bool,
    /// Also compute whose value added ends in whose final spending
    #[arg(long)]
    pub embodied: bool,
}

/// Options of `check`.
#[derive(Args, Debug)]
pub struct CheckOptions {
    /// Scenario file, folder or manifest of an earlier run, or name of a built-in scenario
    pub scenario: String,
    /// Largest failure of an accounting identity of the table, relative to world output [default: 1e-6]
    #[arg(long, value_name = "SHARE")]
    pub tolerance: Option<f64>,
}

/// Commands on baseline tables.
#[derive(Debug, Subcommand)]
pub enum DataCommand {
    /// Turn an official table into a bundle, or trade alone into a table (`-o DIR`)
    ///
    /// The layout is recognised by the content; `--format` names it where it is not.
    Import(ImportArguments),
    /// Tell what a bundle or built-in baseline holds
    Info {
        /// Folder of a bundle, or name of a built-in baseline
        baseline: String,
    },
    /// Check the accounting identities of a bundle, each with its worst cell
    Check {
        /// Folder of a bundle, or name of a built-in baseline
        baseline: String,
        /// Largest failure of an identity, relative to world output [default: 1e-6]
        #[arg(long, value_name = "SHARE")]
        tolerance: Option<f64>,
    },
    /// Write a bundle or built-in baseline in another format (`--format parquet`, `-o DIR`)
    Export {
        /// Folder of a bundle, or name of a built-in baseline
        baseline: String,
    },
}
