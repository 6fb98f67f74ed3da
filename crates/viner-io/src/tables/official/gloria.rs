//! GLORIA: supply and use tables of all regions as numbers without labels, `..._T-Results_YEAR_...` and
//! `..._Y-Results_...`, and a workbook `GLORIA_ReadMe_...` with the labels.
//!
//! Rows and columns of `T` go region by region, each with its industries and then its products. A row
//! of an industry holds what it makes of each product, a row of a product what industries use of it;
//! rows of products in `Y` hold final uses. Values are in thousands of US dollars, at basic prices where
//! the name says `Markup001`. Products become sectors, made as their industries make all they make
//! (industry technology):
//!
//! ```text
//! Z_n^sp = Σ_j U_n^sj S_n^jp / Σ_p S_n^jp
//! ```

use viner_model::labels::{Label, Labels};
use viner_model::ndarray::{Array2, Array3};
use viner_model::tables::{Description, Tables};

use super::checks::FileCheck;
use super::download::{Download, Member};
use super::pool::Pooled;
use super::report::ImportReport;
use super::signs::{self, Negatives};
use super::text::{Cells, Lines, NoLine, number, shown};
use super::workbook;
use crate::diagnostic::{Diagnostic, IoError};
use crate::tables::codes::{self, Reading, Scheme};
use crate::tables::order;
use crate::tables::problems::Problems;

/// A thousand dollars, in millions.
const THOUSAND: f64 = 1e-3;
/// Basic prices.
const BASIC: &str = "markup001";

/// Whether a file is the table `T` or `Y` at basic prices.
pub(crate) fn is_table(member: &Member, letter: char) -> bool {
    let name = member.file_name().to_ascii_lowercase();
    let wanted = format!("_{}-results_", letter.to_ascii_lowercase());
    name.contains(&wanted) && name.contains(BASIC) && member.ends_with(".csv")
}

/// Reads the table, in millions of dollars.
pub(crate) fn read(
    download: &Download,
    year: Option<i64>,
    negatives: Negatives,
) -> Result<(Pooled, Member), IoError> {
    let flows = table(download, 'T', year)?;
    let finals = table(download, 'Y', year)?;
    let mut reader = Reader::new(download)?;
    reader.rows(download, flows, Part::Transactions)?;
    reader.rows(download, finals, Part::FinalUse)?;
    let mut problems = Problems::of(download.shown(flows));
    match reader.pool(negatives, &mut problems) {
        Some(pooled) => Ok((pooled, flows.clone())),
        None => Err(IoError::Input(problems.into_diagnostics())),
    }
}

/// The table of a letter, of the year asked for.
fn table(download: &Download, letter: char, year: Option<i64>) -> Result<&Member, IoError> {
    let of_year = |member: &&Member| {
        let marked = |year: i64| member.file_name().contains(&format!("Results_{year}_"));
        is_table(member, letter) && year.is_none_or(marked)
    };
    let found: Vec<&Member> = download.members().iter().filter(of_year).collect();
    let name = format!("..._{letter}-Results_YEAR_..._Markup001(full).csv");
    match found[..] {
        [member] => Ok(member),
        [] => Err(Diagnostic::new(format!("there is no table `{name}`"))
            .in_file(download.path().display().to_string())
            .into()),
        _ => Err(Diagnostic::new(format!("there are several tables `{name}`"))
            .in_file(download.path().display().to_string())
            .hint("name one year with `--year`")
            .into()),
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Transactions,
    FinalUse,
}

struct Reader {
    /// Labels in the order of the file.
    regions: Vec<Label>,
    sectors: Vec<Label>,
    categories: usize,
    report: ImportReport,
    /// Positions among the sorted labels.
    region_at: Vec<usize>,
    sector_at: Vec<usize>,
    /// What each industry makes, `[region, industry, product]`.
    supply: Array3<f64>,
    /// What each industry uses, `[region, industry, product]`.
    uses: Array3<f64>,
    tables: Tables,
    /// Supply of industries to products of other regions.
    abroad: f64,
}

impl Reader {
    fn new(download: &Download) -> Result<Self, IoError> {
        let mut report = ImportReport::default();
        let book = download.members().iter().find(|member| {
            member.file_name().to_ascii_lowercase().contains("readme") && member.ends_with(".xlsx")
        });
        let Some(book) = book else {
            return Err(Diagnostic::new("there is no workbook of labels, `GLORIA_ReadMe_...xlsx`")
                .in_file(download.path().display().to_string())
                .hint("unpack the tables and put the workbook beside them into one folder")
                .into());
        };
        let bytes = download.bytes(book, workbook::MAX_WORKBOOK)?;
        let column = |heading: &str| -> Result<Vec<String>, IoError> {
            labels(&bytes, heading).map_err(|problem| problem.in_file(download.shown(book)).into())
        };
        let (codes, sectors) = (column("Region_acronyms")?, column("Sector_names")?);
        let names = column("Region_names")?;
        let categories = column("Final_demand_names")?;
        report.file_negatives.final_uses =
            categories.iter().map(|category| (category.clone(), 0, 0.0)).collect();
        let mut regions = Vec::new();
        for (index, written) in codes.iter().enumerate() {
            let code = match codes::read(written, Scheme::Alpha3) {
                Reading::Is(code) => {
                    report.replaced.push((written.clone(), code.to_owned()));
                    code.to_owned()
                }
                Reading::Same => written.clone(),
                Reading::Unknown => {
                    report.unknown.push(written.clone());
                    written.clone()
                }
            };
            let name = names.get(index).unwrap_or(written).clone();
            regions.push(Label { code, name });
        }
        let sectors: Vec<Label> =
            sectors.iter().map(|name| Label { code: name.clone(), name: name.clone() }).collect();
        let (sorted, products) = (order::regions(regions.clone()), order::sectors(sectors.clone()));
        let (n, s) = (regions.len(), sectors.len());
        let at = |labels: &Labels, all: &[Label]| -> Vec<usize> {
            let mut at: Vec<usize> =
                all.iter().filter_map(|label| labels.position(&label.code)).collect();
            let positions = at.clone();
            at.sort_unstable();
            at.dedup();
            if at.len() == all.len() { positions } else { Vec::new() }
        };
        let (region_at, sector_at) = (at(&sorted, &regions), at(&products, &sectors));
        if region_at.is_empty() || sector_at.is_empty() || order::cell_count(n, s).is_none() {
            let problem =
                Diagnostic::new("the labels are none, too many, or one of them is there twice");
            let found = format!("{n} regions, {s} sectors");
            return Err(problem.found(found).in_file(download.shown(book)).into());
        }
        Ok(Self {
            categories: categories.len(),
            report,
            region_at,
            sector_at,
            supply: Array3::zeros((n, s, s)),
            uses: Array3::zeros((n, s, s)),
            tables: Tables::zeros(Description::default(), sorted, products),
            regions,
            sectors,
            abroad: 0.0,
        })
    }

    /// Reads a file of rows.
    fn rows(&mut self, download: &Download, member: &Member, part: Part) -> Result<(), IoError> {
        let result = download.read(member, |reader| {
            let mut lines = Lines::new(reader);
            let outcome = self.lines(&mut lines, part);
            match outcome {
                Ok(()) => Ok(None),
                Err(NoLine::Failed(error)) => Err(download.reading_error(member, error)),
                Err(NoLine::Wrong(problem)) => Ok(Some(problem)),
            }
        })?;
        result.map_or(Ok(()), |problem| Err(problem.in_file(download.shown(member)).into()))
    }

    fn lines<R: std::io::Read>(&mut self, lines: &mut Lines<R>, part: Part) -> Result<(), NoLine> {
        let (regions, sectors) = (self.regions.len(), self.sectors.len());
        let width = match part {
            Part::Transactions => regions * 2 * sectors,
            Part::FinalUse => regions * self.categories,
        };
        let height = regions * 2 * sectors;
        let mut row = 0;
        let mut values = Vec::with_capacity(width);
        loop {
            let line_number = lines.number() + 1;
            let Some(line) = lines.next_line()? else { break };
            if row == height {
                row += 1;
                break;
            }
            values.clear();
            for cell in Cells::of(line, b',') {
                let Some(value) = number(&cell) else {
                    let problem =
                        Diagnostic::new("a cell is no finite number").at_line(line_number);
                    return Err(NoLine::Wrong(problem.found(format!("`{}`", shown(&cell)))));
                };
                values.push(value * THOUSAND);
            }
            if values.len() != width {
                let problem =
                    Diagnostic::new("a row has a wrong number of cells").at_line(line_number);
                let found = values.len().to_string();
                let expected = format!("{width}, as the labels have it");
                return Err(NoLine::Wrong(problem.found(found).expected(expected)));
            }
            let (i, within) = (row / (2 * sectors), row % (2 * sectors));
            match part {
                Part::Transactions if within < sectors => self.makes(i, within, &values),
                Part::Transactions => self.used(i, within - sectors, &values),
                Part::FinalUse if within >= sectors => self.bought(i, within - sectors, &values),
                Part::FinalUse => {}
            }
            row += 1;
        }
        if row == height {
            return Ok(());
        }
        let problem = Diagnostic::new("the file has a wrong number of rows");
        let found = if row > height { format!("more than {height}") } else { row.to_string() };
        Err(NoLine::Wrong(
            problem.found(found).expected(format!("{height}, as the labels have it")),
        ))
    }

    /// What an industry makes.
    fn makes(&mut self, i: usize, j: usize, values: &[f64]) {
        let sectors = self.sectors.len();
        for (n, block) in values.chunks_exact(2 * sectors).enumerate() {
            for (p, value) in block[sectors..].iter().enumerate() {
                if n == i {
                    self.supply[[i, j, p]] = *value;
                } else {
                    self.abroad += value.abs();
                }
            }
        }
    }

    /// What industries use of a product.
    fn used(&mut self, i: usize, p: usize, values: &[f64]) {
        let sectors = self.sectors.len();
        let (s, from) = (self.sector_at[p], self.region_at[i]);
        for (n, block) in values.chunks_exact(2 * sectors).enumerate() {
            let mut sum = 0.0;
            for (j, value) in block[..sectors].iter().enumerate() {
                self.uses[[n, j, p]] += value;
                sum += value;
                if *value < 0.0 {
                    self.report.file_negatives.input(*value);
                }
            }
            self.tables.flows[[s, self.region_at[n], from]] += sum;
        }
    }

    /// Final uses of a product.
    fn bought(&mut self, i: usize, p: usize, values: &[f64]) {
        let (s, from) = (self.sector_at[p], self.region_at[i]);
        for (n, block) in values.chunks_exact(self.categories).enumerate() {
            let to = self.region_at[n];
            for (category, value) in block.iter().enumerate() {
                self.tables.flows[[s, to, from]] += value;
                self.tables.final_spending[[to, s]] += value;
                if *value < 0.0 {
                    self.report.file_negatives.final_use(category, *value);
                }
            }
        }
    }

    /// The tables of a bundle.
    fn pool(mut self, negatives: Negatives, problems: &mut Problems) -> Option<Pooled> {
        let (regions, sectors) = (self.regions.len(), self.sectors.len());
        let world = self.tables.flows.sum();
        if self.abroad > 1e-6 * world.abs() {
            let problem = Diagnostic::new("industries make products of other regions");
            problems.push(problem.found(format!("{} million in sum", self.abroad)));
            return None;
        }
        let mut idle = 0.0;
        for n in 0..regions {
            for j in 0..sectors {
                let makes: f64 = (0..sectors).map(|p| self.supply[[n, j, p]]).sum();
                for s in 0..sectors {
                    let value = self.uses[[n, j, s]];
                    let to = self.sector_at[s];
                    if makes <= 0.0 {
                        // An industry that makes nothing uses for the product of its own name.
                        self.tables.inputs[[self.region_at[n], self.sector_at[j], to]] += value;
                        idle += value.abs();
                        continue;
                    }
                    for p in 0..sectors {
                        let share = self.supply[[n, j, p]] / makes;
                        self.tables.inputs[[self.region_at[n], self.sector_at[p], to]] +=
                            value * share;
                    }
                }
            }
        }
        if idle > 0.0 {
            let text = format!("industries that make nothing use {idle} million");
            self.report.remarks.push(text);
        }
        let mut output: Array2<f64> = Array2::zeros((regions, sectors));
        for ((s, _, i), value) in self.tables.flows.indexed_iter() {
            output[[i, s]] += value;
        }
        self.report.checks.push(self.check(&output, world.max(f64::MIN_POSITIVE)));
        signs::treat(&mut self.tables, negatives, &mut self.report, problems);
        for ((n, k), value_added) in self.tables.value_added.indexed_iter_mut() {
            let inputs: f64 = (0..sectors).map(|s| self.tables.inputs[[n, k, s]]).sum();
            *value_added = output[[n, k]] - inputs;
        }
        let note = format!(
            "{regions} regions, {sectors} products of supply and use tables, made by industry \
             technology; final spending at basic prices; value added is output less inputs; no tariffs"
        );
        let (tables, report) = (self.tables, self.report);
        problems.is_empty().then_some(Pooled { tables, note, report })
    }

    /// Sales of products against what industries make of them.
    fn check(&self, output: &Array2<f64>, world: f64) -> FileCheck {
        let mut worst = (0.0_f64, 0.0, String::new());
        for n in 0..self.regions.len() {
            for p in 0..self.sectors.len() {
                let made: f64 = (0..self.sectors.len()).map(|j| self.supply[[n, j, p]]).sum();
                let sold = output[[self.region_at[n], self.sector_at[p]]];
                if (sold - made).abs() > (worst.0 - worst.1).abs() {
                    let cell = format!("{}/{}", self.regions[n].code, self.sectors[p].code);
                    worst = (sold, made, cell);
                }
            }
        }
        let (computed, stated, worst_cell) = worst;
        let residual = (computed - stated).abs();
        let name = "sales of products and what industries make of them";
        FileCheck { name, residual, relative: residual / world, worst_cell, computed, stated }
    }
}

/// The texts under a heading in the first row of any sheet; spaces in it stand for underscores.
fn labels(bytes: &[u8], heading: &str) -> Result<Vec<String>, Diagnostic> {
    let column = |sheet: &workbook::Sheet| {
        (0..workbook::LABEL_COLUMNS)
            .find(|at| sheet.text(0, *at).replace(' ', "_").eq_ignore_ascii_case(heading))
    };
    let sheet = workbook::first_sheet(bytes, |sheet| column(sheet).is_some())?;
    let found = sheet.as_ref().and_then(|sheet| Some((sheet, column(sheet)?)));
    let Some((sheet, at)) = found else {
        let problem = Diagnostic::new("a column of labels is missing");
        return Err(problem.expected(format!("`{heading}` in the first row of a sheet")));
    };
    let all = (1..sheet.rows()).map(|row| sheet.text(row, at).to_owned());
    Ok(all.take_while(|label| !label.is_empty()).collect())
}
