//! A table as a Parquet file.

use std::borrow::Borrow;
use std::io::Write;
use std::sync::Arc;

use arrow_array::{ArrayRef, Float64Array, RecordBatch, StringArray};
use arrow_schema::{DataType, Field, Schema};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;

use super::frame::{Column, Frame};

/// Writes a table with Zstandard compression; it comes in parts of the same columns, one at least.
///
/// # Errors
/// What the format's writer answered.
pub(crate) fn write_parquet<F: Borrow<Frame>>(
    parts: impl IntoIterator<Item = F>,
    to: impl Write + Send,
) -> Result<(), ParquetError> {
    let mut parts = parts.into_iter();
    let first =
        parts.next().ok_or_else(|| ParquetError::General("a table without parts".into()))?;
    let field = |(name, column): &(String, Column)| match column {
        Column::Text(_) => Field::new(name, DataType::Utf8, false),
        Column::OptionalText(_) => Field::new(name, DataType::Utf8, true),
        Column::Number(_) => Field::new(name, DataType::Float64, true),
    };
    let schema =
        Arc::new(Schema::new(first.borrow().columns.iter().map(field).collect::<Vec<_>>()));
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .build();
    let mut writer = ArrowWriter::try_new(to, Arc::clone(&schema), Some(properties))?;
    for part in std::iter::once(first).chain(parts) {
        let arrays = part.borrow().columns.iter().map(|(_, column)| array(column)).collect();
        writer.write(&RecordBatch::try_new(Arc::clone(&schema), arrays)?)?;
    }
    writer.close()?;
    Ok(())
}

fn array(column: &Column) -> ArrayRef {
    match column {
        Column::Text(cells) | Column::OptionalText(cells) => {
            Arc::new(cells.iter().collect::<StringArray>())
        }
        Column::Number(cells) => {
            let finite = |value: &f64| value.is_finite().then_some(*value);
            Arc::new(cells.iter().map(finite).collect::<Float64Array>())
        }
    }
}
