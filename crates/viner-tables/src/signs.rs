//! Negative sales, inputs and final spending, such as changes in inventories leave.

use viner_model::tables::Tables;

use crate::accounts::{Cells, Part};

/// What becomes of negative cells of flows, inputs and final spending. Value added may be
/// negative, and is left alone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Negatives {
    /// They stay, with their sign; a run needs `unbalanced = "accept"` for them.
    #[default]
    Keep,
    /// They become zero; balancing spreads the difference.
    Zero,
    /// They become zero and value added and final spending take up the difference, so that every
    /// identity holds as well as before: goods drawn from stock count as made and bought this year.
    Fold,
}

/// Negative cells of one part.
#[derive(Clone, Debug, PartialEq)]
pub struct NegativeCells {
    /// The part.
    pub part: Part,
    /// How many.
    pub count: usize,
    /// Their sum.
    pub sum: f64,
    /// Codes of the lowest.
    pub worst_cell: String,
    /// Its value.
    pub worst: f64,
}

/// Negative cells of flows, inputs and final spending, by part; none for a part without any.
pub fn negative_cells(tables: &Tables) -> Vec<NegativeCells> {
    let cells = Cells::of(tables);
    let values = Cells::values(tables);
    let ends = cells.start(Part::ValueAdded);
    let mut found: Vec<NegativeCells> = Vec::new();
    for (position, &value) in values[..ends].iter().enumerate().filter(|(_, value)| **value < 0.0) {
        let part = cells.part(position);
        if found.last().is_none_or(|last| last.part != part) {
            let worst_cell = String::new();
            found.push(NegativeCells { part, count: 0, sum: 0.0, worst_cell, worst: 0.0 });
        }
        let Some(last) = found.last_mut() else { continue };
        last.count += 1;
        last.sum += value;
        if value < last.worst {
            last.worst = value;
            last.worst_cell = cells.name(tables, position);
        }
    }
    found
}

/// Removes negative cells as asked.
pub(crate) fn treat(tables: &mut Tables, negatives: Negatives) {
    let fold = match negatives {
        Negatives::Keep => return,
        Negatives::Zero => false,
        Negatives::Fold => true,
    };
    let Tables { flows, inputs, final_spending, value_added, tariffs, sourcing, .. } = tables;
    // What users buy follows the flows and the spending, and is brought to them afterwards.
    for value in sourcing.iter_mut().flatten().filter(|value| **value < 0.0) {
        *value = 0.0;
    }
    // Without a negative input a user costs more and an input is used more.
    for ((n, k, s), value) in inputs.indexed_iter_mut().filter(|(_, value)| **value < 0.0) {
        if fold {
            value_added[[n, k]] += *value;
            final_spending[[n, s]] += *value;
        }
        *value = 0.0;
    }
    // Without a negative flow its seller sells more and its buyer buys more.
    for ((s, n, i), value) in flows.indexed_iter_mut().filter(|(_, value)| **value < 0.0) {
        if fold {
            let tariff = tariffs.as_ref().map_or(0.0, |rates| rates[[s, n, i]]);
            value_added[[i, s]] -= *value;
            final_spending[[n, s]] -= *value * (1.0 + tariff);
        }
        *value = 0.0;
    }
    // Spending below zero is met by more domestic sales, which are made of value added alone.
    for ((n, s), value) in final_spending.indexed_iter_mut().filter(|(_, value)| **value < 0.0) {
        if fold {
            let tariff = tariffs.as_ref().map_or(0.0, |rates| rates[[s, n, n]]);
            let sales = -*value / (1.0 + tariff);
            flows[[s, n, n]] += sales;
            value_added[[n, s]] += sales;
        }
        *value = 0.0;
    }
}
