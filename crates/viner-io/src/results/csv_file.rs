//! A table as comma-separated text.

use std::borrow::Borrow;
use std::io::Write;

use super::frame::{Column, Frame, push_number};

/// Writes a table with a header line; it comes in parts of the same columns.
///
/// # Errors
/// What the file system answered.
pub(crate) fn write_csv<F: Borrow<Frame>>(
    parts: impl IntoIterator<Item = F>,
    to: impl Write,
) -> std::io::Result<()> {
    let mut writer = csv::Writer::from_writer(to);
    let mut text = String::new();
    for (index, part) in parts.into_iter().enumerate() {
        let frame = part.borrow();
        if index == 0 {
            writer.write_record(frame.columns.iter().map(|(name, _)| name))?;
        }
        for row in 0..frame.rows() {
            for (_, column) in &frame.columns {
                match column {
                    Column::Text(cells) | Column::OptionalText(cells) => {
                        writer.write_field(cells.get(row).unwrap_or_default())?;
                    }
                    Column::Number(cells) => {
                        text.clear();
                        push_number(cells[row], &mut text);
                        writer.write_field(&text)?;
                    }
                }
            }
            writer.write_record(None::<&[u8]>)?;
        }
    }
    writer.flush()
}
