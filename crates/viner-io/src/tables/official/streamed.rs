//! Tables in several text files, read row by row and never held: EXIOBASE, what pymrio saves, Eora.

use std::collections::HashMap;
use std::io::Read;

use super::download::{Download, Member};
use super::layout::{Labelled, Place, layout};
use super::matrix::{Column, Key, Seller, Stated};
use super::pool::{Part, Pooled, Pooler, Pooling};
use super::text::{Cells, Lines, NoLine, labels, number, shown};
use crate::diagnostic::{Diagnostic, IoError};
use crate::tables::codes::Scheme;
use crate::tables::problems::Problems;

/// Labels and options of a table in several files.
pub(crate) struct Parts {
    /// Sectors, which sell and use, in the order of the columns of inputs.
    pub(crate) sectors: Vec<Option<Key>>,
    /// Final uses, in the order of their columns.
    pub(crate) final_uses: Vec<Option<Key>>,
    pub(crate) scheme: Scheme,
    /// What every number is multiplied by: the file's unit in that of the tables.
    pub(crate) scale: f64,
    pub(crate) pooling: Pooling,
}

/// A file of rows.
#[derive(Clone, Copy)]
pub(crate) struct Block<'a> {
    pub(crate) member: &'a Member,
    /// Lines of labels before the first row.
    pub(crate) header_lines: usize,
    /// Cells of labels before each row's numbers: region and sector; none if rows stand in the
    /// order of the sectors.
    pub(crate) label_cells: usize,
}

/// Pools the rows of the files of inputs and of final uses.
pub(crate) fn pool_blocks(
    download: &Download,
    parts: &Parts,
    inputs: Block<'_>,
    final_uses: Block<'_>,
    stated: &Stated,
) -> Result<Pooled, IoError> {
    let mut problems = Problems::of(download.shown(inputs.member));
    let column = |key: &Option<Key>| match key {
        Some(key) => Column::of(key.clone()),
        None => Column { key: None, label: String::new() },
    };
    let columns: Vec<Column> = parts.sectors.iter().chain(&parts.final_uses).map(column).collect();
    let mut rows = Vec::new();
    // Position of each row that is kept among the sectors.
    let mut kept = Vec::new();
    for (index, key) in parts.sectors.iter().enumerate() {
        if let Some(key) = key {
            kept.push(index);
            rows.push(Seller { key: key.clone(), line: index as u64 + 1 });
        }
    }
    let mut first = HashMap::new();
    for (index, column) in columns.iter().enumerate() {
        let Some(key) = &column.key else { continue };
        if let Some(other) = first.insert(key, index) {
            let problem = format!("column `{}` is there twice", column.label);
            let found = format!("columns {} and {}", other + 1, index + 1);
            problems.push(Diagnostic::new(problem).found(found).expected("one of them"));
        }
    }
    let refuse = |problems: Problems| Err(IoError::Input(problems.into_diagnostics()));
    let labelled = Labelled {
        columns: &columns,
        header_line: None,
        rows: &rows,
        scheme: parts.scheme,
        names: &HashMap::new(),
    };
    let layout = if problems.is_empty() { layout(&labelled, &mut problems) } else { None };
    let Some(layout) = layout else { return refuse(problems) };
    let mut places: Vec<Option<Place>> = vec![None; parts.sectors.len()];
    for place in &layout.rows {
        places[kept[place.index]] = Some(*place);
    }
    let Some(mut pooler) = Pooler::new(layout, columns.len(), parts.pooling, &mut problems) else {
        return refuse(problems);
    };
    let after = parts.sectors.len();
    for (block, width, part) in [
        (inputs, parts.sectors.len(), Part::Inputs),
        (final_uses, parts.final_uses.len(), Part::Final { after }),
    ] {
        let mut problems = Problems::of(download.shown(block.member));
        download.read(block.member, |reader| {
            let mut take = |row: usize, values: &[f64]| {
                if let Some(place) = &places[row] {
                    pooler.add(place, values, part);
                }
            };
            match read_rows(reader, block, width, parts, &mut problems, &mut take) {
                Ok(()) => Ok(()),
                Err(NoLine::Failed(error)) => Err(download.reading_error(block.member, error)),
                Err(NoLine::Wrong(problem)) => {
                    problems.push(problem);
                    Ok(())
                }
            }
        })?;
        if !problems.is_empty() {
            return refuse(problems);
        }
    }
    let mut problems = Problems::of(download.path().display().to_string());
    let pooled = pooler.finish(stated, &mut problems);
    pooled.ok_or_else(|| IoError::Input(problems.into_diagnostics()))
}

/// Reads the rows of a file and gives each with the position of its sector.
fn read_rows(
    reader: impl Read,
    block: Block<'_>,
    width: usize,
    parts: &Parts,
    problems: &mut Problems,
    take: &mut dyn FnMut(usize, &[f64]),
) -> Result<(), NoLine> {
    let sectors = &parts.sectors;
    let positions: HashMap<&Key, usize> = sectors
        .iter()
        .enumerate()
        .filter_map(|(index, key)| key.as_ref().map(|key| (key, index)))
        .collect();
    let mut lines = Lines::new(reader);
    for _ in 0..block.header_lines {
        lines.next_line()?;
    }
    let mut seen: Vec<u64> = vec![0; sectors.len()];
    let mut values = Vec::with_capacity(width);
    let mut next = 0;
    while let Some(text) = lines.next_line()? {
        let mut cells = Cells::of(text, b'\t');
        let row = if block.label_cells == 0 {
            next += 1;
            Some(next - 1)
        } else {
            let mut label = || cells.next().map(|cell| shown(&cell)).unwrap_or_default();
            let key = Key::new(label(), label());
            let row = positions.get(&key).copied();
            if row.is_none() {
                let problem = format!("row `{}` has no column of the same label", key.label());
                let problem = Diagnostic::new(problem);
                let line = lines.number();
                problems.push(problem.at_line(line));
                continue;
            }
            row
        };
        values.clear();
        let mut wrong = None;
        let mut count = 0;
        for cell in cells {
            count += 1;
            // Of a row that is too long the cells are counted.
            if count > width + 1 {
                continue;
            }
            let value = number(&cell);
            if value.is_none() && wrong.is_none() {
                wrong = Some((values.len(), shown(&cell).chars().take(40).collect::<String>()));
            }
            values.push(value.unwrap_or(f64::NAN) * parts.scale);
        }
        // Eora ends its lines with a tab.
        if let Some((at, found)) = &wrong
            && *at == width
            && found.is_empty()
            && count == width + 1
        {
            values.pop();
            count = width;
            wrong = None;
        }
        let line = lines.number();
        if count != width {
            let problem = Diagnostic::new("a row has a wrong number of numbers").at_line(line);
            problems.push(problem.found(count.to_string()).expected(width.to_string()));
            continue;
        }
        if let Some((at, found)) = wrong {
            let problem = format!("number {} of a row is no finite number", at + 1);
            problems.push(Diagnostic::new(problem).at_line(line).found(format!("`{found}`")));
            continue;
        }
        match row.and_then(|row| Some((row, seen.get_mut(row)?))) {
            Some((row, first)) if *first == 0 => {
                *first = line;
                take(row, &values);
            }
            Some((_, first)) => {
                let found = format!("lines {first} and {line}");
                let problem = Diagnostic::new("a row is there twice").at_line(line);
                problems.push(problem.found(found).expected("one of them"));
            }
            None => {}
        }
    }
    let missing = seen.iter().filter(|line| **line == 0).count();
    if problems.is_empty() && (missing > 0 || next > sectors.len()) {
        let found = if missing > 0 { sectors.len() - missing } else { next };
        problems.push(
            Diagnostic::new("the file has a wrong number of rows")
                .found(found.to_string())
                .expected(sectors.len().to_string()),
        );
    }
    Ok(())
}

/// The first lines of a file, split into cells.
pub(crate) fn header(
    download: &Download,
    member: &Member,
    count: usize,
) -> Result<Vec<Vec<String>>, IoError> {
    lines_of(download, member, count, |_| true)
}

/// Lines of a file, split into cells; at most so many.
pub(crate) fn lines_of(
    download: &Download,
    member: &Member,
    most: usize,
    keep: impl Fn(&[String]) -> bool,
) -> Result<Vec<Vec<String>>, IoError> {
    download.read(member, |reader| {
        let mut lines = Lines::new(reader);
        let mut rows = Vec::new();
        while rows.len() < most {
            match lines.next_line() {
                Ok(Some(line)) => {
                    let row = labels(line, b'\t')
                        .map_err(|problem| problem.in_file(download.shown(member)))?;
                    if keep(&row) {
                        rows.push(row);
                    }
                }
                Ok(None) => break,
                Err(NoLine::Failed(error)) => return Err(download.reading_error(member, error)),
                Err(NoLine::Wrong(problem)) => {
                    return Err(problem.in_file(download.shown(member)).into());
                }
            }
        }
        Ok(rows)
    })
}
