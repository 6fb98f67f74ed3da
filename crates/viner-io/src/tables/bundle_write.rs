//! Writes baseline bundles.

use std::borrow::Borrow;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use flate2::{Compression, GzBuilder};
use viner_model::ndarray::Array4;
use viner_model::tables::{Parameters, Tables};

use super::baseline_toml;
use super::bundle::{FINAL, FLOWS, INPUTS, PARAMETERS, SOURCING, TARIFFS, VALUE_ADDED};
use super::cells::FINAL_USE;
use super::long_table::{ENDINGS, TableSpec};
use crate::diagnostic::IoError;
use crate::folder::{StagedFolder, check_target, holds_only};
use crate::results::{Frame, write_csv, write_parquet};

/// File formats of the tables of a bundle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TableFormat {
    /// Comma-separated text.
    Csv,
    /// The same, compressed.
    CsvGz,
    /// Parquet.
    Parquet,
}

impl TableFormat {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Csv, Self::CsvGz, Self::Parquet];

    /// Name, which is the ending of the files too.
    pub fn name(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::CsvGz => "csv.gz",
            Self::Parquet => "parquet",
        }
    }
}

/// Whether a folder may be written to as a bundle: nothing is there, it is empty, or it is a bundle.
///
/// # Errors
/// `OutputRefused` for any other.
pub fn check_folder(target: &Path) -> Result<(), IoError> {
    check_target(target, |path| holds_only(path, baseline_toml::FILE, is_table))
}

/// Writes tables as a bundle; whole or not at all.
///
/// Rows are in the order of the labels, cells of zero are left out, and numbers have the fewest
/// digits that read back as the same numbers. Equal tables make equal files. A folder that exists
/// is replaced if it is empty or holds a bundle and nothing else.
///
/// # Errors
/// `NotFinite` for a value that no bundle can hold, `OutputRefused` for a folder that must not be
/// replaced, and what the file system answers. After an error the target is as it was.
pub fn write_bundle(tables: &Tables, target: &Path, format: TableFormat) -> Result<(), IoError> {
    let frames = frames(tables)?;
    let folder = StagedFolder::new(target, |path| holds_only(path, baseline_toml::FILE, is_table))?;
    folder.write(baseline_toml::FILE, |mut file| {
        let text = baseline_toml::render(&tables.description, &tables.regions, &tables.sectors)
            .map_err(|error| error.to_string())?;
        file.write_all(text.as_bytes()).map_err(|error| error.to_string())
    })?;
    for frame in &frames {
        let name = format!("{}.{}", frame.name, format.name());
        folder.write(&name, |file| write_table([frame], file, format))?;
    }
    if let Some(sourcing) = &tables.sourcing {
        let name = format!("{}.{}", SOURCING.name, format.name());
        let parts = (0..tables.regions.len()).map(|i| sourcing_of(tables, sourcing, i));
        folder.write(&name, |file| write_table(parts, file, format))?;
    }
    folder.commit()
}

fn is_table(name: &str) -> bool {
    ENDINGS.iter().any(|ending| name.ends_with(ending))
}

/// Writes a table that comes in parts, one after the other.
fn write_table<F: Borrow<Frame>>(
    parts: impl IntoIterator<Item = F>,
    file: &File,
    format: TableFormat,
) -> Result<(), String> {
    let mut to = BufWriter::new(file);
    match format {
        TableFormat::Csv => write_csv(parts, &mut to).map_err(|error| error.to_string())?,
        TableFormat::CsvGz => {
            // No name and no time in the file: equal tables make equal bytes.
            let mut packed = GzBuilder::new().mtime(0).write(&mut to, Compression::best());
            write_csv(parts, &mut packed).map_err(|error| error.to_string())?;
            packed.finish().map_err(|error| error.to_string())?;
        }
        TableFormat::Parquet => write_parquet(parts, &mut to).map_err(|error| error.to_string())?,
    }
    to.flush().map_err(|error| error.to_string())
}

/// Every table that the bundle has, but for that of sourcing, which is large and written in parts.
fn frames(tables: &Tables) -> Result<Vec<Frame>, IoError> {
    let (regions, sectors) = (tables.regions.len(), tables.sectors.len());
    let region = |index: usize| tables.regions.code(index);
    let sector = |index: usize| tables.sectors.code(index);
    let mut frames = Vec::new();

    let by_trade = |spec, values: &dyn Fn(usize, usize, usize) -> f64| {
        let mut rows = Rows::new(spec);
        for i in 0..regions {
            for n in 0..regions {
                for s in 0..sectors {
                    rows.push([region(i), region(n), sector(s)], values(s, n, i))?;
                }
            }
        }
        Ok::<_, IoError>(rows.into_frame())
    };
    let by_sector = |spec, values: &dyn Fn(usize, usize) -> f64| {
        let mut rows = Rows::new(spec);
        for n in 0..regions {
            for s in 0..sectors {
                rows.push([region(n), sector(s)], values(n, s))?;
            }
        }
        Ok::<_, IoError>(rows.into_frame())
    };

    frames.push(by_trade(&FLOWS, &|s, n, i| tables.flows[[s, n, i]])?);
    let mut rows = Rows::new(&INPUTS);
    for n in 0..regions {
        for s in 0..sectors {
            for k in 0..sectors {
                rows.push([region(n), sector(s), sector(k)], tables.inputs[[n, k, s]])?;
            }
        }
    }
    frames.push(rows.into_frame());
    frames.push(by_sector(&FINAL, &|n, s| tables.final_spending[[n, s]])?);
    frames.push(by_sector(&VALUE_ADDED, &|n, s| tables.value_added[[n, s]])?);
    if let Some(tariffs) = &tables.tariffs {
        frames.push(by_trade(&TARIFFS, &|s, n, i| tariffs[[s, n, i]])?);
    }
    frames.extend(parameters(tables)?);
    if let Some(sourcing) = &tables.sourcing {
        let wrong = sourcing.indexed_iter().find(|(_, value)| !value.is_finite());
        if let Some(((s, n, user, i), &value)) = wrong {
            let codes = [region(i), region(n), sector(s), user_code(tables, user)];
            let cell = format!("`{}`", codes.join("/"));
            return Err(IoError::NotFinite { table: SOURCING.name, cell, value });
        }
    }
    Ok(frames)
}

fn user_code(tables: &Tables, user: usize) -> &str {
    if user < tables.sectors.len() { tables.sectors.code(user) } else { FINAL_USE }
}

/// The sourcing of one exporter's goods.
fn sourcing_of(tables: &Tables, sourcing: &Array4<f64>, i: usize) -> Frame {
    let (sectors, importers, users, _) = sourcing.dim();
    let mut rows = Rows::new(&SOURCING);
    for n in 0..importers {
        for s in 0..sectors {
            for user in 0..users {
                let codes = [
                    tables.regions.code(i),
                    tables.regions.code(n),
                    tables.sectors.code(s),
                    user_code(tables, user),
                ];
                rows.add(codes, sourcing[[s, n, user, i]]);
            }
        }
    }
    rows.into_frame()
}

/// The table of parameters, with a column for each list that is not empty, if any is.
fn parameters(tables: &Tables) -> Result<Option<Frame>, IoError> {
    let Parameters {
        trade_elasticity,
        production_elasticity,
        input_elasticity,
        specific_factor_share,
    } = &tables.parameters;
    let lists = [trade_elasticity, production_elasticity, input_elasticity, specific_factor_share];
    let codes: Vec<&str> = tables.sectors.codes().collect();
    let mut frame = Frame::new(PARAMETERS.name).text(PARAMETERS.codes[0], codes.clone());
    for (name, list) in PARAMETERS.numbers.iter().zip(lists).filter(|(_, list)| !list.is_empty()) {
        for (value, code) in list.iter().zip(&codes) {
            if let Some(value) = value.filter(|value| !value.is_finite()) {
                let cell = format!("`{code}`");
                return Err(IoError::NotFinite { table: PARAMETERS.name, cell, value });
            }
        }
        frame = frame.number(*name, list.iter().map(|value| value.unwrap_or(f64::NAN)));
    }
    frame.check()?;
    Ok((frame.columns.len() > 1).then_some(frame))
}

/// The rows of a table, cells of zero left out.
struct Rows<'a, const N: usize> {
    spec: &'static TableSpec,
    codes: [Vec<&'a str>; N],
    values: Vec<f64>,
}

impl<'a, const N: usize> Rows<'a, N> {
    fn new(spec: &'static TableSpec) -> Self {
        Self { spec, codes: [const { Vec::new() }; N], values: Vec::new() }
    }

    fn push(&mut self, codes: [&'a str; N], value: f64) -> Result<(), IoError> {
        if !value.is_finite() {
            let cell = format!("`{}`", codes.join("/"));
            return Err(IoError::NotFinite { table: self.spec.name, cell, value });
        }
        self.add(codes, value);
        Ok(())
    }

    fn add(&mut self, codes: [&'a str; N], value: f64) {
        if value != 0.0 {
            for (column, code) in self.codes.iter_mut().zip(codes) {
                column.push(code);
            }
            self.values.push(value);
        }
    }

    fn into_frame(self) -> Frame {
        let mut frame = Frame::new(self.spec.name);
        for (name, codes) in self.spec.codes.iter().zip(self.codes) {
            frame = frame.text(*name, codes);
        }
        frame.number(self.spec.numbers[0], self.values)
    }
}
