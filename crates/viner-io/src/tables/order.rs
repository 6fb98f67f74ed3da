//! The order of labels: a matter of the labels alone, never of the file they came from.

use std::cmp::Ordering;

use viner_model::labels::{Label, Labels};

/// Compares codes as people sort them: numbers in them by value, `C9` before `C10`.
pub fn natural(a: &str, b: &str) -> Ordering {
    let (mut left, mut right) = (a, b);
    loop {
        let (Some(x), Some(y)) = (left.chars().next(), right.chars().next()) else {
            // Codes that differ in leading zeros only are told apart letter by letter.
            return left.len().cmp(&right.len()).then_with(|| a.cmp(b));
        };
        let order;
        if x.is_ascii_digit() && y.is_ascii_digit() {
            let (number_x, number_y);
            (number_x, left) = split_number(left);
            (number_y, right) = split_number(right);
            order = number_x.len().cmp(&number_y.len()).then_with(|| number_x.cmp(number_y));
        } else {
            left = &left[x.len_utf8()..];
            right = &right[y.len_utf8()..];
            order = x.cmp(&y);
        }
        if order != Ordering::Equal {
            return order;
        }
    }
}

/// The number at the start without its leading zeros, and what follows it.
fn split_number(text: &str) -> (&str, &str) {
    let end = text.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(text.len());
    (text[..end].trim_start_matches('0'), &text[end..])
}

/// Whether a region is the rest of the world, which comes last.
fn is_rest_of_world(code: &str) -> bool {
    ["ROW", "ROTW"].iter().any(|rest| rest.eq_ignore_ascii_case(code))
}

/// Regions in natural order, the rest of the world last.
pub fn regions(mut labels: Vec<Label>) -> Labels {
    labels.sort_by(|a, b| {
        let last = is_rest_of_world(&a.code).cmp(&is_rest_of_world(&b.code));
        last.then_with(|| natural(&a.code, &b.code))
    });
    Labels::new(labels)
}

/// Sectors in natural order.
pub fn sectors(mut labels: Vec<Label>) -> Labels {
    labels.sort_by(|a, b| natural(&a.code, &b.code));
    Labels::new(labels)
}

/// The most cells a table of flows may have: two gigabytes of numbers.
pub(crate) const MAX_CELLS: usize = 1 << 28;

/// Number of cells of the flows and inputs between these labels, if they can be held at all.
pub(crate) fn cell_count(regions: usize, sectors: usize) -> Option<usize> {
    let flows = regions.checked_mul(regions)?.checked_mul(sectors)?;
    let inputs = regions.checked_mul(sectors)?.checked_mul(sectors)?;
    (flows.max(inputs) <= MAX_CELLS).then_some(flows.max(inputs))
}

/// The most cells a table of flows by user may have: one gigabyte of numbers, beside which a reader
/// keeps half as much to know which cells are given. EXIOBASE has 0.7 of it.
pub(crate) const MAX_SOURCING: usize = 1 << 27;

/// Number of cells of the flows by user between these labels, if they can be held.
pub(crate) fn sourcing_cells(regions: usize, sectors: usize) -> Option<usize> {
    let markets = regions.checked_mul(sectors)?;
    let cells = markets.checked_mul(sectors + 1)?.checked_mul(regions)?;
    (cells <= MAX_SOURCING).then_some(cells)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn label(code: &str) -> Label {
        Label { code: code.to_owned(), name: code.to_owned() }
    }

    #[test]
    fn numbers_in_codes_sort_by_value() {
        let codes = ["S10", "S9", "C10T12", "C9", "B", "S01", "S1", "C10"].map(label);
        let sorted = sectors(codes.to_vec());
        let order: Vec<&str> = sorted.codes().collect();
        assert_eq!(order, ["B", "C9", "C10", "C10T12", "S01", "S1", "S9", "S10"]);
    }

    #[test]
    fn the_rest_of_the_world_is_last() {
        let sorted = regions(["ROW", "ZAF", "ARG", "RUS"].map(label).to_vec());
        assert_eq!(sorted.codes().collect::<Vec<_>>(), ["ARG", "RUS", "ZAF", "ROW"]);
    }

    #[test]
    fn natural_order_is_total() {
        let codes = ["", "0", "00", "a0", "a00", "a", "a0b", "a00b", "é1"];
        for a in codes {
            for b in codes {
                assert_eq!(natural(a, b), natural(b, a).reverse(), "{a} {b}");
                assert_eq!(natural(a, b) == Ordering::Equal, a == b, "{a} {b}");
            }
        }
    }
}
