//! Arguments of the commands that make tables of tables.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::commands::products::IndustryOptions;

/// What all of them take.
#[derive(Args, Debug)]
pub struct TableOptions {
    /// Folder of a bundle, or name of a built-in baseline
    pub baseline: String,
    /// Name of the new baseline [default: the name of the folder of `-o`]
    #[arg(long)]
    pub name: Option<String>,
}

/// Options of `data aggregate`.
#[derive(Args, Debug)]
pub struct AggregateOptions {
    /// Baseline and name.
    #[command(flatten)]
    pub table: TableOptions,
    /// File with columns `axis`, `from`, `to`, `to_name`, or a built-in mapping: `g20`, `eu27`, `isic-sections`, `bec`.
    /// Several are applied one after the other
    #[arg(long, value_name = "FILE|NAME", required = true)]
    pub map: Vec<String>,
}

/// Options of `data balance`.
#[derive(Args, Debug)]
pub struct BalanceOptions {
    /// Baseline and name.
    #[command(flatten)]
    pub table: TableOptions,
    /// Largest failure of an identity, relative to world output; a table within it stays as it is
    #[arg(long, value_name = "SHARE", default_value_t = 1e-10)]
    pub tolerance: f64,
    /// What must not change; several may be given, separated by commas
    #[arg(long, value_enum, value_delimiter = ',')]
    pub keep: Vec<Kept>,
    /// What becomes of negative flows, inputs and final spending
    #[arg(long, value_enum, default_value_t = NegativeCells::Keep)]
    pub negatives: NegativeCells,
    /// What the new table is: the nearest one, or the equilibrium on the old one's shares
    #[arg(long, value_enum, default_value_t = Method::Nearest)]
    pub method: Method,
    /// Trade elasticity of the equilibrium [default: the table's, else 4]
    #[arg(long, value_name = "NUMBER")]
    pub trade_elasticity: Option<f64>,
}

/// How identities are restored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Method {
    /// The nearest table in which they hold (GRAS)
    Nearest,
    /// The equilibrium of the model on the table's shares, without any policy: solves away what was
    /// left out, such as changes in inventories
    Model,
}

/// Options of `data update`.
#[derive(Args, Debug)]
pub struct UpdateOptions {
    /// Baseline and name.
    #[command(flatten)]
    pub table: TableOptions,
    /// File with columns `kind`, `exporter`, `importer`, `region`, `sector`, `value`, `note`
    #[arg(long, value_name = "FILE")]
    pub targets: PathBuf,
    /// Year that the new table describes [default: that of the old one]
    #[arg(long)]
    pub year: Option<i64>,
    /// What must not change; several may be given, separated by commas
    #[arg(long, value_enum, value_delimiter = ',')]
    pub keep: Vec<Kept>,
}

/// Options of `data split`.
#[derive(Args, Debug)]
pub struct SplitOptions {
    /// Baseline and name.
    #[command(flatten)]
    pub table: TableOptions,
    /// Sector to divide
    #[arg(long)]
    pub sector: String,
    /// File with columns `child`, `name`, `exporter`, `importer`, `user`, `share`; beside `--products`,
    /// of the cells whose shares are not those of trade
    #[arg(long, value_name = "FILE", required_unless_present = "products")]
    pub shares: Option<PathBuf>,
    /// File with columns `child`, `name`, `hs`: the products of each child, whose shares are those of trade
    #[arg(long, value_name = "FILE", requires = "trade")]
    pub products: Option<PathBuf>,
    /// Trade by product of the Harmonized System: `trade.csv.gz` of `data import`
    #[arg(long, value_name = "FILE", requires = "products")]
    pub trade: Option<PathBuf>,
    /// Which industries make the products.
    #[command(flatten)]
    pub industries: IndustryOptions,
}

/// Options of `data replay`.
#[derive(Args, Debug)]
pub struct ReplayOptions {
    /// Folder of a bundle
    pub baseline: String,
    /// Folder with the files and bundles that the steps read, or one of them [default: the current
    /// folder]; may be given several times
    #[arg(long, value_name = "PATH")]
    pub source: Vec<PathBuf>,
}

/// Parts of a table that can be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Kept {
    /// Gross output of every region and sector
    Output,
    /// Value added
    ValueAdded,
    /// Final spending
    Final,
}

/// What becomes of negative cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum NegativeCells {
    /// They stay, with their sign
    Keep,
    /// They become zero, and balancing spreads the difference
    Zero,
    /// They become zero; value added and final spending take up the difference
    Fold,
}
