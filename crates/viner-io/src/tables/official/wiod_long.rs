//! The World Input-Output Database of 2014 in long form: tables of trade, input use, value added and
//! tariffs by country and sector, as trade models with tariffs are given it.

use viner_model::labels::{Label, Labels};
use viner_model::ndarray::{Array2, Array3};
use viner_model::tables::{Description, Tables};

use super::columns::{self, Columns};
use super::download::{Download, Member};
use super::pool::Pooled;
use super::report::ImportReport;
use super::signs::{self, Negatives};
use crate::diagnostic::{Diagnostic, IoError};
use crate::tables::problems::Problems;
use crate::tables::{codes, order};

/// Files that must be there.
const FILES: [&str; 5] =
    ["countries.csv", "sectors.csv", "trade.csv", "intermediate.csv", "country_sector.csv"];

/// Whether a folder or archive holds the files.
pub(crate) fn is_here(members: &[Member]) -> bool {
    FILES.iter().all(|name| members.iter().any(|member| member.file_name() == *name))
}

struct Reader<'a> {
    download: &'a Download,
    regions: Labels,
    sectors: Labels,
    problems: Vec<Diagnostic>,
}

/// Reads the tables, as they are published: value added and inputs belong to output, which changes in
/// inventories are part of, and sales are without them.
pub(crate) fn read(download: &Download, negatives: Negatives) -> Result<Pooled, IoError> {
    let mut reader = Reader {
        download,
        regions: Labels::from_codes::<String>([]),
        sectors: Labels::from_codes::<String>([]),
        problems: Vec::new(),
    };
    let mut report = ImportReport::default();
    let regions = reader.labels("countries.csv")?;
    report.unknown = regions
        .iter()
        .filter(|label| codes::name(&label.code).is_none())
        .map(|label| label.code.clone())
        .collect();
    reader.regions = order::regions(regions);
    reader.sectors = order::sectors(reader.labels("sectors.csv")?);
    reader.stop()?;
    if order::cell_count(reader.regions.len(), reader.sectors.len()).is_none() {
        let problem = Diagnostic::new("the table is too large");
        return Err(problem.in_file(download.path().display().to_string()).into());
    }
    let mut tables =
        Tables::zeros(Description::default(), reader.regions.clone(), reader.sectors.clone());
    reader.trade(&mut tables.flows)?;
    reader.by_country(
        "intermediate.csv",
        ["input_sector", "using_sector"],
        "value_musd",
        |at, v| {
            tables.inputs[[at[0], at[2], at[1]]] += v;
        },
    )?;
    let mut output = tables.value_added.clone();
    for (column, to) in [
        ("value_added_musd", &mut tables.value_added),
        ("final_expenditure_musd", &mut tables.final_spending),
        ("output_musd", &mut output),
    ] {
        reader.by_country("country_sector.csv", ["sector", "sector"], column, |at, v| {
            to[[at[0], at[1]]] += v;
        })?;
    }
    let swapped = reader.tariffs(&mut tables)?;
    reader.elasticities(&mut tables)?;
    reader.stop()?;
    report.remarks.extend(inventories(&tables, &output));
    report.remarks.extend(swapped);
    let mut problems = Problems::of(download.path().display().to_string());
    signs::treat(&mut tables, negatives, &mut report, &mut problems);
    if !problems.is_empty() {
        return Err(IoError::Input(problems.into_diagnostics()));
    }
    let note = format!(
        "{} regions, {} sectors; values as published, tariffs as in column `tariff_factor_source`",
        tables.regions.len(),
        tables.sectors.len()
    );
    Ok(Pooled { tables, note, report })
}

/// What changes in inventories leave open between output and sales.
fn inventories(tables: &Tables, output: &Array2<f64>) -> Option<String> {
    let mut left = output.clone();
    for ((s, _, i), value) in tables.flows.indexed_iter() {
        left[[i, s]] -= value;
    }
    let all: f64 = left.iter().map(|value| value.abs()).sum();
    let largest =
        |a: &((usize, usize), &f64), b: &((usize, usize), &f64)| a.1.abs().total_cmp(&b.1.abs());
    let ((n, s), worst) = left.indexed_iter().max_by(largest)?;
    (all > 1e-6 * output.sum().abs()).then(|| {
        format!(
            "output and sales differ by changes in inventories, {all:.0} million in sum, {worst:.0} \
             in `{}/{}`: set `[model] unbalanced = \"accept\"`, or run `viner data balance`",
            tables.regions.code(n),
            tables.sectors.code(s)
        )
    })
}

impl Reader<'_> {
    fn member(&self, name: &str) -> Option<&Member> {
        self.download.members().iter().find(|member| member.file_name() == name)
    }

    /// Reads a file of the folder; one that is not there has no rows.
    fn rows(
        &mut self,
        name: &str,
        required: &[&str],
        enter: &mut dyn FnMut(&columns::Row<'_>) -> Result<(), Diagnostic>,
    ) -> Result<(), IoError> {
        let Some(member) = self.member(name) else { return Ok(()) };
        let mut problems = Problems::of(self.download.shown(member));
        let wanted = Columns { required, optional: &[] };
        columns::read(self.download, member, wanted, &mut problems, enter)?;
        self.problems.extend(problems.into_diagnostics().0);
        Ok(())
    }

    /// The errors so far, if there are any.
    fn stop(&mut self) -> Result<(), IoError> {
        if self.problems.is_empty() {
            return Ok(());
        }
        Err(IoError::Input(crate::diagnostic::Diagnostics(std::mem::take(&mut self.problems))))
    }

    fn labels(&mut self, name: &str) -> Result<Vec<Label>, IoError> {
        let mut labels: Vec<Label> = Vec::new();
        self.rows(name, &["code", "name"], &mut |row| {
            let label = Label { code: row.text(0), name: row.text(1) };
            if labels.iter().any(|known| known.code == label.code) {
                return Err(Diagnostic::new(format!("`{}` is there twice", label.code)));
            }
            labels.push(label);
            Ok(())
        })?;
        Ok(labels)
    }

    fn trade(&mut self, flows: &mut Array3<f64>) -> Result<(), IoError> {
        let (regions, sectors) = (self.regions.clone(), self.sectors.clone());
        let wanted = ["sector", "origin", "destination", "flow_musd"];
        self.rows("trade.csv", &wanted, &mut |row| {
            let (s, i) = (at(&sectors, &row.text(0))?, at(&regions, &row.text(1))?);
            flows[[s, at(&regions, &row.text(2))?, i]] += row.number(3)?;
            Ok(())
        })
    }

    fn by_country(
        &mut self,
        name: &str,
        sectors_of: [&str; 2],
        value: &str,
        mut add: impl FnMut([usize; 3], f64),
    ) -> Result<(), IoError> {
        let (regions, sectors) = (self.regions.clone(), self.sectors.clone());
        let wanted = ["country", sectors_of[0], sectors_of[1], value];
        self.rows(name, &wanted, &mut |row| {
            let place = [
                at(&regions, &row.text(0))?,
                at(&sectors, &row.text(1))?,
                at(&sectors, &row.text(2))?,
            ];
            add(place, row.number(3)?);
            Ok(())
        })
    }

    /// Tariffs as the other tables were computed with; what is to be said where the file has them the
    /// other way round too.
    fn tariffs(&mut self, tables: &mut Tables) -> Result<Option<String>, IoError> {
        let (regions, sectors) = (self.regions.clone(), self.sectors.clone());
        let mut rates = Array3::zeros(tables.flows.raw_dim());
        let (mut differ, mut first) = (0, None);
        let wanted = [
            "sector",
            "origin",
            "destination",
            "tariff_factor_source",
            "tariff_factor_by_destination",
        ];
        let known = self.member("tariffs.csv").is_some();
        self.rows("tariffs.csv", &wanted, &mut |row| {
            let (s, i) = (at(&sectors, &row.text(0))?, at(&regions, &row.text(1))?);
            let n = at(&regions, &row.text(2))?;
            let (used, by_destination) = (row.number(3)?, row.number(4)?);
            if used <= 0.0 {
                return Err(
                    Diagnostic::new("a tariff factor is not above 0").found(used.to_string())
                );
            }
            rates[[s, n, i]] = used - 1.0;
            #[expect(clippy::float_cmp, reason = "both columns hold the same numbers, elsewhere")]
            if used != by_destination {
                differ += 1;
                let cell = format!("{}/{}/{}", regions.code(i), regions.code(n), sectors.code(s));
                first.get_or_insert((cell, used, by_destination));
            }
            Ok(())
        })?;
        if known {
            tables.tariffs = Some(rates);
        }
        Ok(first.map(|(cell, used, by_destination)| {
            format!(
                "{differ} tariffs differ from what the importer charges, as in `{cell}`: factor {used} \
                 where the importer's is {by_destination}. The source has exporter and importer \
                 swapped, and its spending is computed with that"
            )
        }))
    }

    fn elasticities(&mut self, tables: &mut Tables) -> Result<(), IoError> {
        let sectors = self.sectors.clone();
        let mut theta = vec![None; sectors.len()];
        self.rows("elasticities.csv", &["sector", "theta"], &mut |row| {
            let value = row.number(1)?;
            theta[at(&sectors, &row.text(0))?] = (value > 0.0).then_some(value);
            Ok(())
        })?;
        if theta.iter().any(Option::is_some) {
            tables.parameters.trade_elasticity = theta;
        }
        Ok(())
    }
}

/// The position of a code.
fn at(labels: &Labels, code: &str) -> Result<usize, Diagnostic> {
    labels.position(code).ok_or_else(|| Diagnostic::unknown("code", code, labels.codes()))
}
