//! What the options of all commands mean for each: formats, and the folder to write to, which is
//! refused before anything is read or solved.

use std::path::Path;

use viner_io::results::{self, ResultFormat};
use viner_io::tables::official::Trade;
use viner_io::tables::{self, TableFormat};

use super::Failed;
use crate::args::{Command, Common, DataCommand, Format};

/// Refuses options that mean nothing for the command.
pub fn refuse_unused(command: &Command, common: &Common) -> Result<(), Failed> {
    let (output, format, set) = match command {
        Command::List
        | Command::Show { .. }
        | Command::Data(DataCommand::Info { .. } | DataCommand::Check { .. }) => {
            (false, false, false)
        }
        Command::Check(_) => (false, false, true),
        Command::Data(DataCommand::Elasticities(_) | DataCommand::Tariffs(_)) => {
            (true, false, false)
        }
        Command::Data(_) => (true, true, false),
        _ => (true, true, true),
    };
    let unused = [
        ("-o", common.output.is_some() && !output, "writes no files"),
        ("--format", !common.format.is_empty() && !format, "writes no tables in several formats"),
        ("--set", !common.set.is_empty() && !set, "reads no scenario"),
    ];
    match unused.into_iter().find(|(_, given, _)| *given) {
        Some((option, _, why)) => {
            Err(Failed::Usage(format!("error: `{option}` means nothing here: the command {why}")))
        }
        None => Ok(()),
    }
}

/// Formats of result tables, CSV if none is named; the folder of `-o` must be one to be written to.
pub fn result_formats(common: &Common) -> Result<Vec<ResultFormat>, Failed> {
    if let Some(folder) = &common.output {
        results::check_folder(folder)?;
    }
    if common.format.is_empty() {
        return Ok(vec![ResultFormat::Csv]);
    }
    let format = |format: &Format| match format {
        Format::Csv => Ok(ResultFormat::Csv),
        Format::Parquet => Ok(ResultFormat::Parquet),
        Format::Xlsx => Ok(ResultFormat::Xlsx),
        _ => Err(Failed::Usage(
            "error: `--format`: results are written as `csv`, `parquet` or `xlsx`".into(),
        )),
    };
    common.format.iter().map(format).collect()
}

/// The folder of `-o`, which must be named, and the format of a bundle.
pub fn bundle_output(common: &Common) -> Result<(&Path, TableFormat), Failed> {
    let folder = named_folder(common)?;
    let format = bundle_format(common)?;
    tables::check_folder(folder)?;
    Ok((folder, format))
}

/// The folder of `-o` for an import, which is a bundle or a table of trade.
pub fn import_output(common: &Common) -> Result<&Path, Failed> {
    let folder = named_folder(common)?;
    bundle_format(common)?;
    tables::check_folder(folder).or_else(|error| Trade::check_folder(folder).map_err(|_| error))?;
    Ok(folder)
}

fn named_folder(common: &Common) -> Result<&Path, Failed> {
    let folder = common.output.as_deref();
    folder.ok_or_else(|| Failed::Usage("error: name the folder to write with `-o DIR`".into()))
}

/// The format that `--format` names, beside layouts that are read.
fn bundle_format(common: &Common) -> Result<TableFormat, Failed> {
    let mut found = TableFormat::CsvGz;
    for wanted in &common.format {
        found = match wanted {
            Format::Csv => TableFormat::Csv,
            Format::CsvGz => TableFormat::CsvGz,
            Format::Parquet => TableFormat::Parquet,
            Format::Xlsx => {
                return Err(Failed::Usage(
                    "error: `--format xlsx`: bundles are written as `csv`, `csv.gz` or `parquet`"
                        .into(),
                ));
            }
            _ => continue,
        };
    }
    Ok(found)
}
