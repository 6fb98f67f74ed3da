//! Tables as the sheets of one workbook.

use std::io::{Seek, Write};

use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, Workbook, Worksheet, XlsxError};

use super::frame::{Column, Frame};
use crate::diagnostic::IoError;

/// Rows of a sheet, the header among them: a limit of the file format.
const SHEET_ROWS: usize = 1_048_576;

/// Checks that every table fits into a sheet.
///
/// # Errors
/// `TooLongForSheet` with the first that does not.
pub(crate) fn check_length(frames: &[Frame]) -> Result<(), IoError> {
    let limit = SHEET_ROWS - 1;
    match frames.iter().find(|frame| frame.rows() > limit) {
        None => Ok(()),
        Some(frame) => {
            Err(IoError::TooLongForSheet { table: frame.name.clone(), rows: frame.rows(), limit })
        }
    }
}

/// Writes a workbook with a sheet per table, the header in bold and kept in view.
///
/// # Errors
/// What the format's writer answered.
pub(crate) fn write_xlsx(frames: &[Frame], to: impl Write + Seek + Send) -> Result<(), XlsxError> {
    let mut workbook = Workbook::new();
    // A workbook holds the time of its making; a fixed one keeps equal results equal files.
    let epoch = ExcelDateTime::from_ymd(2000, 1, 1)?;
    workbook.set_properties(&DocProperties::new().set_creation_datetime(&epoch));
    let bold = Format::new().set_bold();
    for frame in frames {
        let sheet = workbook.add_worksheet();
        sheet.set_name(&frame.name)?;
        sheet.set_freeze_panes(1, 0)?;
        for (index, (name, column)) in (0u16..).zip(&frame.columns) {
            sheet.write_string_with_format(0, index, name, &bold)?;
            write_column(sheet, index, column)?;
        }
    }
    workbook.save_to_writer(to)
}

fn write_column(sheet: &mut Worksheet, index: u16, column: &Column) -> Result<(), XlsxError> {
    match column {
        Column::Text(cells) | Column::OptionalText(cells) => {
            for (row, cell) in (1u32..).zip(cells.iter()) {
                if let Some(cell) = cell {
                    sheet.write_string(row, index, cell)?;
                }
            }
        }
        Column::Number(cells) => {
            for (row, cell) in (1u32..).zip(cells) {
                if cell.is_finite() {
                    sheet.write_number(row, index, *cell)?;
                }
            }
        }
    }
    Ok(())
}
