//! A table as a Parquet file.

use std::io::Write;
use std::sync::Arc;

use arrow_array::{ArrayRef, Float64Array, RecordBatch, StringArray};
use arrow_schema::{DataType, Field, Schema};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;

use super::frame::{Column, Frame};

/// Writes a table with Zstandard compression.
///
/// # Errors
/// What the format's writer answered.
pub(crate) fn write_parquet(frame: &Frame, to: impl Write + Send) -> Result<(), ParquetError> {
    let field = |(name, column): &(String, Column)| match column {
        Column::Text(_) => Field::new(name, DataType::Utf8, false),
        Column::OptionalText(_) => Field::new(name, DataType::Utf8, true),
        Column::Number(_) => Field::new(name, DataType::Float64, true),
    };
    let schema = Arc::new(Schema::new(frame.columns.iter().map(field).collect::<Vec<_>>()));
    let arrays = frame.columns.iter().map(|(_, column)| array(column)).collect();
    let batch = RecordBatch::try_new(Arc::clone(&schema), arrays)?;
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .build();
    let mut writer = ArrowWriter::try_new(to, schema, Some(properties))?;
    writer.write(&batch)?;
    writer.close()?;
    Ok(())
}

fn array(column: &Column) -> ArrayRef {
    match column {
        Column::Text(cells) => Arc::new(StringArray::from_iter_values(cells)),
        Column::OptionalText(cells) => Arc::new(cells.iter().collect::<StringArray>()),
        Column::Number(cells) => {
            let finite = |value: &f64| value.is_finite().then_some(*value);
            Arc::new(cells.iter().map(finite).collect::<Float64Array>())
        }
    }
}
