//! Rows of a table from a Parquet file.

use std::fs::File;
use std::path::Path;

use arrow_array::cast::AsArray;
use arrow_array::types::{
    Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type, UInt8Type, UInt16Type,
    UInt32Type, UInt64Type,
};
use arrow_array::{Array, ArrayRef, RecordBatch, StringArray};
use arrow_schema::DataType;
use parquet::arrow::arrow_reader::{ArrowReaderOptions, ParquetRecordBatchReaderBuilder};

use super::long_table::{Columns, MAX_COLUMNS, Number, Row, TableSpec, Visit};
use super::problems::Problems;
use crate::diagnostic::{Diagnostic, IoError};

/// Reads a table; columns may be in any order, numbers of any width.
pub(super) fn read(
    path: &Path,
    spec: &TableSpec,
    problems: &mut Problems,
    visit: &mut Visit<'_>,
) -> Result<Columns, IoError> {
    let file = File::open(path).map_err(IoError::file("read", path))?;
    // Without the writer's own schema a column has the type that it is stored with, so that
    // dictionaries and other encodings of text all come as plain text.
    let options = ArrowReaderOptions::new().with_skip_arrow_metadata(true);
    let builder = match ParquetRecordBatchReaderBuilder::try_new_with_options(file, options) {
        Ok(builder) => builder,
        Err(error) => {
            problems.push(unreadable(&error.to_string()));
            return Ok(Columns::default());
        }
    };
    let schema = builder.schema().clone();
    let names: Vec<&str> = schema.fields().iter().map(|field| field.name().as_str()).collect();
    let Some(columns) = Columns::find(spec, &names, None, problems) else {
        return Ok(Columns::default());
    };
    let mut right = true;
    for (name, at) in spec.codes.iter().zip(columns.codes) {
        let found = schema.field(at).data_type();
        right &= check_type(name, found, *found == DataType::Utf8, "text", problems);
    }
    for (name, at) in spec.numbers.iter().zip(columns.numbers) {
        let Some(at) = at else { continue };
        let found = schema.field(at).data_type();
        right &= check_type(name, found, is_number(found), "numbers", problems);
    }
    if !right {
        return Ok(Columns::default());
    }
    let reader = match builder.build() {
        Ok(reader) => reader,
        Err(error) => {
            problems.push(unreadable(&error.to_string()));
            return Ok(columns);
        }
    };
    let mut line = 0;
    for batch in reader {
        match batch {
            Ok(batch) => visit_batch(&batch, spec, &columns, &mut line, problems, visit),
            Err(error) => {
                problems.push(unreadable(&error.to_string()).at_line(line + 1));
                break;
            }
        }
    }
    Ok(columns)
}

fn unreadable(reason: &str) -> Diagnostic {
    Diagnostic::new("the file cannot be read as Parquet").found(reason)
}

fn check_type(
    name: &str,
    found: &DataType,
    right: bool,
    expected: &str,
    problems: &mut Problems,
) -> bool {
    if !right {
        let problem = Diagnostic::new(format!("column `{name}` has a wrong type"));
        problems.push(problem.found(found.to_string()).expected(expected));
    }
    right
}

fn is_number(kind: &DataType) -> bool {
    kind.is_integer() || matches!(kind, DataType::Float32 | DataType::Float64)
}

fn visit_batch(
    batch: &RecordBatch,
    spec: &TableSpec,
    columns: &Columns,
    line: &mut u64,
    problems: &mut Problems,
    visit: &mut Visit<'_>,
) {
    let codes: Vec<&StringArray> = columns.codes[..spec.codes.len()]
        .iter()
        .map(|at| batch.column(*at).as_string::<i32>())
        .collect();
    let numbers: Vec<Option<Vec<Option<f64>>>> = columns.numbers[..spec.numbers.len()]
        .iter()
        .map(|at| at.map(|at| numbers(batch.column(at))))
        .collect();
    for index in 0..batch.num_rows() {
        *line += 1;
        let mut row =
            Row { line: *line, codes: [""; MAX_COLUMNS], numbers: [Number::Absent; MAX_COLUMNS] };
        for (code, column) in row.codes.iter_mut().zip(&codes) {
            *code = if column.is_null(index) { "" } else { column.value(index).trim() };
        }
        for (number, column) in row.numbers.iter_mut().zip(&numbers) {
            if let Some(column) = column {
                *number = column[index].map_or(Number::Empty, Number::Value);
            }
        }
        visit(&row, problems);
    }
}

/// The cells of a column of numbers, whatever their width.
fn numbers(column: &ArrayRef) -> Vec<Option<f64>> {
    macro_rules! cells {
        ($type:ty, $widen:expr) => {
            column.as_primitive::<$type>().iter().map(|cell| cell.map($widen)).collect()
        };
    }
    match column.data_type() {
        DataType::Float64 => cells!(Float64Type, f64::from),
        DataType::Float32 => cells!(Float32Type, f64::from),
        DataType::Int8 => cells!(Int8Type, f64::from),
        DataType::Int16 => cells!(Int16Type, f64::from),
        DataType::Int32 => cells!(Int32Type, f64::from),
        DataType::Int64 => cells!(Int64Type, |number| number as f64),
        DataType::UInt8 => cells!(UInt8Type, f64::from),
        DataType::UInt16 => cells!(UInt16Type, f64::from),
        DataType::UInt32 => cells!(UInt32Type, f64::from),
        DataType::UInt64 => cells!(UInt64Type, |number| number as f64),
        _ => vec![None; column.len()],
    }
}
