//! Reads baseline bundles: a folder with `baseline.toml` and a table for each part.

use std::path::Path;

use viner_model::labels::{Labels, nearest};
use viner_model::ndarray::Array4;
use viner_model::tables::{Parameters, Tables};

use super::baseline_toml;
use super::cells::{Axis, LinesOfCells, Rule, cell_name, checked, parameter, positions};
use super::long_table::{ENDINGS, MAX_COLUMNS, TableSpec, find_file, read_rows};
use super::order;
use super::problems::Problems;
use super::source::Folder;
use crate::diagnostic::{Diagnostic, Diagnostics, IoError};

pub(super) const FLOWS: TableSpec = spec("flows", &["exporter", "importer", "sector"], &["value"]);
pub(super) const INPUTS: TableSpec = spec("inputs", &["region", "input", "user"], &["value"]);
pub(super) const FINAL: TableSpec = spec("final", &["region", "sector"], &["value"]);
pub(super) const VALUE_ADDED: TableSpec = spec("value_added", &["region", "sector"], &["value"]);
pub(super) const TARIFFS: TableSpec =
    spec("tariffs", &["exporter", "importer", "sector"], &["rate"]);
pub(super) const SOURCING: TableSpec =
    spec("sourcing", &["exporter", "importer", "sector", "user"], &["value"]);
pub(super) const PARAMETERS: TableSpec = TableSpec {
    name: "parameters",
    codes: &["sector"],
    numbers: &[
        "trade_elasticity",
        "production_elasticity",
        "input_elasticity",
        "specific_factor_share",
    ],
    optional: true,
};

const fn spec(
    name: &'static str,
    codes: &'static [&'static str],
    numbers: &'static [&'static str],
) -> TableSpec {
    TableSpec { name, codes, numbers, optional: false }
}

/// Tables read from a bundle, and what its reader should know although nothing is wrong.
#[derive(Clone, Debug, PartialEq)]
pub struct ReadBundle {
    /// The tables.
    pub tables: Tables,
    /// Remarks, each one sentence.
    pub warnings: Vec<String>,
}

/// Reads a bundle from a folder; regions and sectors come in the order of
/// [`order`], whatever their order in the files.
///
/// # Errors
/// `Input` with everything that is wrong in any of its files, up to twenty errors listed per file;
/// `File` if the file system fails.
pub fn read_bundle(folder: &Path) -> Result<ReadBundle, IoError> {
    read_folder(Folder::Disk(folder), Signs::Strict)
}

/// Reads a bundle of data as somebody published them, whose shares are taken as given: like
/// [`read_bundle`], but inputs that are negative, as left by other people's adjustments, are
/// a warning that counts them.
///
/// # Errors
/// Those of [`read_bundle`] but for negative inputs.
pub fn read_published_bundle(folder: &Path) -> Result<ReadBundle, IoError> {
    read_folder(Folder::Disk(folder), Signs::AsPublished)
}

/// What is made of negative inputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Signs {
    /// An error, each.
    Strict,
    /// A warning.
    AsPublished,
    /// As they are, and negative flows and final spending too: the table is about to be balanced.
    Any,
}

/// Reads a bundle from disk or from memory.
pub(crate) fn read_folder(folder: Folder<'_>, signs: Signs) -> Result<ReadBundle, IoError> {
    let files = folder.names()?;
    let file = folder.path(baseline_toml::FILE).display().to_string();
    if !files.iter().any(|name| name == baseline_toml::FILE) {
        let problem = Diagnostic::new("the folder is not a baseline bundle").in_file(file);
        return Err(problem.expected("a `baseline.toml` in it").into());
    }
    let text = folder.text(baseline_toml::FILE)?;
    let (head, diagnostics) = baseline_toml::parse(&text, &file);
    let Some(head) = head else { return Err(diagnostics.into()) };
    let tables = Tables::zeros(head.description, head.regions, head.sectors);
    let mut reader = Reader { folder, files, tables, diagnostics, warnings: Vec::new() };
    reader.read(signs)?;
    reader.diagnostics.into_result()?;
    Ok(ReadBundle { tables: reader.tables, warnings: reader.warnings })
}

struct Reader<'a> {
    folder: Folder<'a>,
    files: Vec<String>,
    tables: Tables,
    diagnostics: Diagnostics,
    warnings: Vec<String>,
}

impl Reader<'_> {
    fn read(&mut self, signs: Signs) -> Result<(), IoError> {
        use Axis::{Region, Sector};
        use Rule::{Any, MoreThanMinusOne, NotNegative};

        let (regions, sectors) = (self.tables.regions.clone(), self.tables.sectors.clone());
        let labels = (&regions, &sectors);
        let (mut flows, mut inputs) = (self.tables.flows.clone(), self.tables.inputs.clone());
        let mut tariffs = flows.clone();
        let mut final_spending = self.tables.final_spending.clone();
        let mut value_added = self.tables.value_added.clone();

        let trade = [Region, Region, Sector];
        let sales = if signs == Signs::Any { Any } else { NotNegative };
        self.required(&FLOWS, &trade, sales, labels, &mut |at, value| {
            flows[[at[2], at[1], at[0]]] = value;
        })?;
        let rule = if signs == Signs::Strict { NotNegative } else { Any };
        self.required(&INPUTS, &[Region, Sector, Sector], rule, labels, &mut |at, value| {
            inputs[[at[0], at[2], at[1]]] = value;
        })?;
        self.required(&FINAL, &[Region, Sector], sales, labels, &mut |at, value| {
            final_spending[[at[0], at[1]]] = value;
        })?;
        self.required(&VALUE_ADDED, &[Region, Sector], Any, labels, &mut |at, value| {
            value_added[[at[0], at[1]]] = value;
        })?;
        let found =
            self.optional(&TARIFFS, &trade, MoreThanMinusOne, labels, &mut |at, value| {
                tariffs[[at[2], at[1], at[0]]] = value;
            })?;
        self.tables.tariffs = found.then_some(tariffs);
        self.tables.flows = flows;
        self.tables.inputs = inputs;
        if signs == Signs::AsPublished {
            self.warn_of_negative_inputs();
        }
        self.tables.final_spending = final_spending;
        self.tables.value_added = value_added;
        self.parameters(&sectors)?;
        self.sourcing(sales, labels)
    }

    /// Reads the table of flows by user, if it is there: it is much larger than the others.
    fn sourcing(&mut self, rule: Rule, labels: (&Labels, &Labels)) -> Result<(), IoError> {
        use Axis::{Region, Sector, User};

        if !matches!(find_file(SOURCING.name, self.folder, &self.files), Ok(Some(_))) {
            // Of a table in two formats the reader below tells.
            self.find(&SOURCING);
            return Ok(());
        }
        let shape = self.tables.sourcing_shape();
        if order::sourcing_cells(labels.0.len(), labels.1.len()).is_none() {
            let problem =
                Diagnostic::new("table `sourcing` of these regions and sectors is too large");
            let expected = format!("at most {} cells", order::MAX_SOURCING);
            self.diagnostics.push(problem.expected(expected));
            return Ok(());
        }
        let mut sourcing = Array4::zeros(shape);
        let axes = [Region, Region, Sector, User];
        self.optional(&SOURCING, &axes, rule, labels, &mut |at, value| {
            sourcing[[at[2], at[1], at[3], at[0]]] = value;
        })?;
        self.tables.sourcing = Some(sourcing);
        Ok(())
    }

    fn warn_of_negative_inputs(&mut self) {
        let (regions, sectors) = (&self.tables.regions, &self.tables.sectors);
        let negative = self.tables.inputs.indexed_iter().filter(|(_, value)| **value < 0.0);
        let count = negative.clone().count();
        let Some(((n, k, s), worst)) = negative.min_by(|a, b| a.1.total_cmp(b.1)) else { return };
        let cell = [regions.code(n), sectors.code(s), sectors.code(k)].join("/");
        let cells = if count == 1 { "cell" } else { "cells" };
        self.warnings.push(format!(
            "table `inputs` has {count} negative {cells}; the worst, `{cell}`, is {worst}"
        ));
    }

    fn required(
        &mut self,
        spec: &TableSpec,
        axes: &[Axis],
        rule: Rule,
        labels: (&Labels, &Labels),
        store: &mut dyn FnMut([usize; MAX_COLUMNS], f64),
    ) -> Result<(), IoError> {
        let before = self.diagnostics.0.len();
        if self.optional(spec, axes, rule, labels, store)? || self.diagnostics.0.len() > before {
            return Ok(());
        }
        let name = spec.name;
        let expected = ENDINGS.map(|ending| format!("`{name}{ending}`")).join(" or ");
        let mut problem = Diagnostic::new(format!("table `{name}` is missing"))
            .in_file(self.folder.path("").display().to_string())
            .expected(expected);
        let tables = self.files.iter().filter_map(|file| {
            let stem = ENDINGS.iter().find_map(|ending| file.strip_suffix(ending))?;
            (!is_table(stem)).then_some(stem)
        });
        if let Some(near) = nearest(name, tables) {
            problem = problem.hint(format!("is it the file named `{near}`?"));
        }
        self.diagnostics.push(problem);
        Ok(())
    }

    /// Reads a table if it is there; the answer says whether it is.
    fn optional(
        &mut self,
        spec: &TableSpec,
        axes: &[Axis],
        rule: Rule,
        (regions, sectors): (&Labels, &Labels),
        store: &mut dyn FnMut([usize; MAX_COLUMNS], f64),
    ) -> Result<bool, IoError> {
        let Some((file, mut problems)) = self.find(spec) else { return Ok(false) };
        let mut lines = LinesOfCells::new(axes, regions, sectors);
        read_rows(self.folder, &file, spec, &mut problems, &mut |row, problems| {
            let Some(at) = positions(row, spec, axes, (regions, sectors), problems) else { return };
            let cell = || cell_name(row, spec);
            if let Err(first) = lines.enter(at, row.line) {
                let problem = format!("cell {} is given twice", cell());
                problems.push(
                    Diagnostic::new(problem)
                        .at_line(row.line)
                        .found(format!("lines {first} and {}", row.line))
                        .expected("one of them"),
                );
                return;
            }
            match checked(row.numbers[0], rule) {
                // Adding zero makes a negative zero positive.
                Ok(value) => store(at, value + 0.0),
                Err((found, expected)) => problems.push(
                    Diagnostic::new(format!("wrong {} of cell {}", spec.numbers[0], cell()))
                        .at_line(row.line)
                        .found(found)
                        .expected(expected),
                ),
            }
        })?;
        self.diagnostics.extend(problems.into_diagnostics());
        Ok(true)
    }

    fn find(&mut self, spec: &TableSpec) -> Option<(String, Problems)> {
        match find_file(spec.name, self.folder, &self.files) {
            Ok(file) => {
                let path = self.folder.path(file.as_ref()?).display().to_string();
                file.map(|file| (file, Problems::of(path)))
            }
            Err(diagnostic) => {
                self.diagnostics.push(diagnostic);
                None
            }
        }
    }

    fn parameters(&mut self, sectors: &Labels) -> Result<(), IoError> {
        let spec = &PARAMETERS;
        let Some((file, mut problems)) = self.find(spec) else { return Ok(()) };
        let mut lists = [const { Vec::new() }; MAX_COLUMNS];
        lists.fill(vec![None; sectors.len()]);
        let mut lines = LinesOfCells::new(&[Axis::Sector], sectors, sectors);
        let labels = (sectors, sectors);
        let columns = read_rows(self.folder, &file, spec, &mut problems, &mut |row, problems| {
            let at = positions(row, spec, &[Axis::Sector], labels, problems);
            let Some(at) = at else { return };
            if let Err(first) = lines.enter(at, row.line) {
                problems.push(
                    Diagnostic::new(format!("sector `{}` is given twice", row.codes[0]))
                        .at_line(row.line)
                        .found(format!("lines {first} and {}", row.line))
                        .expected("one of them"),
                );
                return;
            }
            for (index, number) in row.numbers.iter().enumerate() {
                match parameter(*number, index) {
                    Ok(value) => lists[index][at[0]] = value,
                    Err((found, expected)) => {
                        let problem =
                            format!("wrong `{}` of sector `{}`", spec.numbers[index], row.codes[0]);
                        let problem = Diagnostic::new(problem).at_line(row.line);
                        problems.push(problem.found(found).expected(expected));
                    }
                }
            }
        })?;
        self.diagnostics.extend(problems.into_diagnostics());
        // A column that is absent is an empty list, so that what is written is what is read.
        for (list, column) in lists.iter_mut().zip(columns.numbers) {
            if column.is_none() {
                list.clear();
            }
        }
        let [trade, production, input, specific] = lists;
        self.tables.parameters = Parameters {
            trade_elasticity: trade,
            production_elasticity: production,
            input_elasticity: input,
            specific_factor_share: specific,
        };
        Ok(())
    }
}

fn is_table(name: &str) -> bool {
    [&FLOWS, &INPUTS, &FINAL, &VALUE_ADDED, &TARIFFS, &SOURCING, &PARAMETERS]
        .iter()
        .any(|spec| spec.name == name)
}
