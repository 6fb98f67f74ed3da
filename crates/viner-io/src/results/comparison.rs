//! Tables of several runs as one.

use super::frame::{Column, Frame};

/// Tables of runs that are compared.
const COMPARED: [&str; 3] = ["regions", "sectors", "flows"];

/// Tables `comparison_regions`, `comparison_sectors` and `comparison_flows` in long form: run, the
/// labels of the table, outcome, value; a row for every number of every run.
pub fn comparison_frames(runs: &[(String, Vec<Frame>)]) -> Vec<Frame> {
    COMPARED.iter().map(|name| long(name, runs)).collect()
}

fn long(name: &str, runs: &[(String, Vec<Frame>)]) -> Frame {
    let mut run_column: Vec<String> = Vec::new();
    let mut labels: Vec<(String, Vec<String>)> = Vec::new();
    let (mut outcomes, mut values): (Vec<String>, Vec<f64>) = (Vec::new(), Vec::new());
    for (run, frames) in runs {
        let Some(frame) = frames.iter().find(|frame| frame.name == name) else { continue };
        let numbers = || {
            frame.columns.iter().filter_map(|(name, column)| match column {
                Column::Number(cells) => Some((name, cells)),
                Column::Text(_) | Column::OptionalText(_) => None,
            })
        };
        let width = numbers().count();
        for (name, column) in &frame.columns {
            let Column::Text(cells) = column else { continue };
            let position = labels.iter().position(|(known, _)| known == name);
            let position = position.unwrap_or_else(|| {
                labels.push((name.clone(), Vec::new()));
                labels.len() - 1
            });
            let cells = cells.iter().map(Option::unwrap_or_default);
            let repeated = cells.flat_map(|cell| std::iter::repeat_n(cell.to_owned(), width));
            labels[position].1.extend(repeated);
        }
        for row in 0..frame.rows() {
            for (outcome, cells) in numbers() {
                outcomes.push(outcome.clone());
                values.push(cells[row]);
            }
        }
        run_column.extend(std::iter::repeat_n(run.clone(), frame.rows() * width));
    }
    let mut table = Frame::new(format!("comparison_{name}")).text("run", run_column);
    for (name, cells) in labels {
        table = table.text(name, cells);
    }
    table.text("outcome", outcomes).number("value", values)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_has_a_row() {
        let frame = |welfare: [f64; 2]| {
            Frame::new("regions")
                .text("region", ["A", "B"])
                .number("welfare", welfare)
                .number("exports", [1.0, 2.0])
        };
        let runs =
            [("x".to_owned(), vec![frame([0.1, 0.2])]), ("y".to_owned(), vec![frame([0.3, 0.4])])];
        let frames = comparison_frames(&runs);
        let regions = &frames[0];
        assert_eq!(regions.name, "comparison_regions");
        regions.check().unwrap();
        let names: Vec<&str> = regions.columns.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["run", "region", "outcome", "value"]);
        let text = |name: &str| match regions.column(name) {
            Some(Column::Text(cells)) => cells.iter().flatten().collect::<Vec<_>>().join(" "),
            other => panic!("{other:?}"),
        };
        assert_eq!(text("run"), "x x x x y y y y");
        assert_eq!(text("region"), "A A B B A A B B");
        assert_eq!(text("outcome"), "welfare exports ".repeat(4).trim_end());
        let values = vec![0.1, 1.0, 0.2, 2.0, 0.3, 1.0, 0.4, 2.0];
        assert_eq!(regions.column("value"), Some(&Column::Number(values)));
    }
}
