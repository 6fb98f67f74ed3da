//! The command line.

use std::num::NonZero;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use viner_model::attribution::Grouping;

use crate::table_args::{
    AggregateOptions, BalanceOptions, ReplayOptions, SplitOptions, UpdateOptions,
};

use crate::commands::import::ImportArguments;
use crate::commands::products::{ElasticitiesOptions, TariffsOptions};

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
    /// The GTAP Data Base in header array files, for holders of its licence
    GtapHar,
    /// GLORIA supply and use tables
    Gloria,
    /// World Input-Output Database of 2014 in long form, with tariffs
    WiodLong,
    /// Trade: CEPII BACI
    Baci,
    /// Trade: USITC ITPD-E
    Itpd,
    /// Trade: UN Comtrade, a table or an answer of its API
    Comtrade,
}

/// Commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Solve a scenario
    Run(RunOptions),
    /// Find everything that is wrong with a scenario or a plan; solve nothing
    Check(CheckOptions),
    /// Show scenarios side by side
    Compare(CompareOptions),
    /// Secondary sanctions and coalitions: payoffs of all combinations of actions, equilibria
    Game(GameOptions),
    /// Years in sequence: dated policies, elasticities that grow with time
    Path(PathOptions),
    /// Score the years of a plan against what was said and what statistics say
    Backtest(BacktestOptions),
    /// Fit sizes of a plan that no source gives to a declared set of figures
    Calibrate(CalibrateOptions),
    /// Draw numbers of a scenario many times: the spread of outcomes, and what it comes from
    Sweep(SweepOptions),
    /// The policies that are best for an objective, or best replies to each other
    Optimize(OptimizeOptions),
    /// What an outcome answers to: its derivative by every size of every policy and every elasticity
    Sensitivity(SensitivityOptions),
    /// List built-in baselines, scenarios, plans, maps, evidence and observed cells
    List,
    /// Print a built-in scenario, plan or baseline
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
            of: Vec::new(),
            decompose: DecomposeOptions::default(),
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
    /// Also tell this outcome, such as `flow(RUS, CHN, B)`; may be given several times
    #[arg(long, value_name = "OUTCOME")]
    pub of: Vec<String>,
    /// Options of the decomposition.
    #[command(flatten)]
    pub decompose: DecomposeOptions,
}

/// Options of `run --decompose`.
#[derive(Args, Debug, Default)]
pub struct DecomposeOptions {
    /// Also split the effect of the scenario among its policies (solves many sets of them)
    #[arg(long)]
    pub decompose: bool,
    /// What counts as one policy [default: policy]
    #[arg(long, value_enum, value_name = "WHAT", requires = "decompose")]
    pub decompose_by: Option<DecomposeBy>,
    /// Orders drawn where there are more than 8, each also taken in reverse [default: 16]
    #[arg(long, value_name = "N", requires = "decompose", value_parser = clap::value_parser!(u32).range(2..))]
    pub decompose_samples: Option<u32>,
    /// Seed of the orders
    #[arg(long, value_name = "N", requires = "decompose", default_value_t = 0)]
    pub seed: u64,
}

impl DecomposeOptions {
    /// What counts as one policy.
    pub fn grouping(&self) -> Grouping {
        match self.decompose_by {
            None | Some(DecomposeBy::Policy) => Grouping::Policy,
            Some(DecomposeBy::Kind) => Grouping::Kind,
            Some(DecomposeBy::Prefix) => Grouping::Prefix,
        }
    }
}

/// What counts as one policy when an effect is split.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum DecomposeBy {
    /// Every policy by itself
    Policy,
    /// All policies of a kind together
    Kind,
    /// Policies whose names agree up to a colon together
    Prefix,
}

/// Options of `compare`.
#[derive(Args, Debug)]
pub struct CompareOptions {
    /// Scenario files, folders or manifests of earlier runs, or names of built-in scenarios
    #[arg(required = true, num_args = 2.., value_name = "RUN")]
    pub runs: Vec<String>,
    /// Columns of the table `regions` to show, separated by commas [default: welfare]
    #[arg(long, value_delimiter = ',', value_name = "OUTCOME")]
    pub of: Vec<String>,
}

/// Options of `sweep`.
#[derive(Args, Debug)]
pub struct SweepOptions {
    /// Plan file, or folder or manifest of an earlier sweep
    pub plan: String,
    /// Largest failure of an accounting identity of the table, relative to world output [default: 1e-6]
    #[arg(long, value_name = "SHARE")]
    pub tolerance: Option<f64>,
}

/// Options of `optimize`.
#[derive(Args, Debug)]
pub struct OptimizeOptions {
    /// Plan file, or folder or manifest of an earlier result
    pub plan: String,
    /// Largest failure of an accounting identity of the table, relative to world output [default: 1e-6]
    #[arg(long, value_name = "SHARE")]
    pub tolerance: Option<f64>,
}

/// Options of `sensitivity`.
#[derive(Args, Debug)]
pub struct SensitivityOptions {
    /// Scenario file, folder or manifest of an earlier run, or name of a built-in scenario
    pub scenario: String,
    /// Outcome, such as `welfare(RUS)`; may be given several times
    #[arg(long, value_name = "OUTCOME", required = true)]
    pub of: Vec<String>,
    /// How many of the largest derivatives to show
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub top: usize,
    /// How many of the largest derivatives by shares of the baseline to keep, of each outcome; 0 takes none
    #[arg(long, value_name = "N", default_value_t = 1_000_000)]
    pub shares: usize,
    /// Largest failure of an accounting identity of the table, relative to world output [default: 1e-6]
    #[arg(long, value_name = "SHARE")]
    pub tolerance: Option<f64>,
}

/// Options of `check`.
#[derive(Args, Debug)]
pub struct CheckOptions {
    /// Scenario or plan: file, folder or manifest of an earlier result, or name of a built-in one
    pub scenario: String,
    /// Largest failure of an accounting identity of the table, relative to world output [default: 1e-6]
    #[arg(long, value_name = "SHARE")]
    pub tolerance: Option<f64>,
}

/// Options of `game`.
#[derive(Args, Debug)]
pub struct GameOptions {
    /// Plan file, folder or manifest of an earlier game, or name of a built-in plan
    pub plan: String,
    /// Largest failure of an accounting identity of the table, relative to world output [default: 1e-6]
    #[arg(long, value_name = "SHARE")]
    pub tolerance: Option<f64>,
}

/// Options of `path`.
#[derive(Args, Debug)]
pub struct PathOptions {
    /// Plan file, folder or manifest of an earlier path, or name of a built-in plan
    pub plan: String,
    /// Also tell this outcome by year, such as `turnover(RUS, CHN)`; may be given several times
    #[arg(long, value_name = "OUTCOME")]
    pub of: Vec<String>,
    /// Largest failure of an accounting identity of the table, relative to world output [default: 1e-6]
    #[arg(long, value_name = "SHARE")]
    pub tolerance: Option<f64>,
}

/// Options of `backtest`.
#[derive(Args, Debug)]
pub struct BacktestOptions {
    /// Plan file, folder or manifest of an earlier path, or name of a built-in plan [default: case-2022]
    pub plan: Option<String>,
    /// Built-in set of evidence, or folder with `evidence.csv` and `expressions.csv`
    #[arg(long, value_name = "EVIDENCE")]
    pub evidence: Option<String>,
    /// Also compare with sales of intermediates by cell: a built-in set such as `icio-2022`, or a CSV file
    #[arg(long, value_name = "CELLS")]
    pub cells: Option<String>,
    /// Smallest cell compared, in million USD of its first year [default: 10]
    #[arg(long, value_name = "MILLION", requires = "cells")]
    pub smallest_cell: Option<f64>,
    /// Also fit the sizes of a calibration, built in or a file, and tell the fit beside; the plan keeps its own sizes
    #[arg(long, value_name = "CALIBRATION")]
    pub fit: Option<String>,
    /// Also write all rows as a page in Markdown
    #[arg(long, value_name = "FILE")]
    pub page: Option<PathBuf>,
    /// Largest failure of an accounting identity of the table, relative to world output [default: 1e-6]
    #[arg(long, value_name = "SHARE")]
    pub tolerance: Option<f64>,
}

/// Options of `calibrate`.
#[derive(Args, Debug)]
pub struct CalibrateOptions {
    /// Plan file, folder or manifest of an earlier result, or name of a built-in plan
    pub plan: String,
    /// Also write the sizes found as the table `fitted` of a calibration
    #[arg(long, value_name = "FILE")]
    pub sizes: Option<PathBuf>,
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
    /// Tell what a bundle or built-in baseline holds, or what a download is that was not imported
    Info {
        /// Folder of a bundle, name of a built-in baseline, or download of an official table
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
    /// Merge regions and sectors by a mapping (`--map`, `-o DIR`)
    Aggregate(AggregateOptions),
    /// Restore the accounting identities with the least change (`-o DIR`)
    Balance(BalanceOptions),
    /// Bring a table to known totals with the least change (`--targets`, `-o DIR`)
    Update(UpdateOptions),
    /// Divide a sector into products (`--sector`, `--shares`, `-o DIR`)
    Split(SplitOptions),
    /// Bring published trade elasticities to the sectors of a table (`--from`, `--baseline`, `-o FILE.csv`)
    Elasticities(ElasticitiesOptions),
    /// Bring tariffs by product to the sectors of a table (`--from`, `--baseline`, `-o FILE.csv`)
    Tariffs(TariffsOptions),
    /// Repeat the recorded steps of a bundle from their files, and compare every result
    Replay(ReplayOptions),
}
