//! Outcomes that were asked for by `--of`.

use serde_json::{Value as Json, json};
use viner_io::outcomes::Told;
use viner_model::outcome::Value;

use crate::summary::{align, new_table};

/// Digits of a number that people read.
const DIGITS: i32 = 6;

/// A table for people.
pub fn text(told: &[Told]) -> String {
    let mut table = new_table(&["outcome", "baseline", "value"]);
    for row in told {
        table.add_row(vec![row.outcome.clone(), shown(&row.base), shown(&row.value)]);
    }
    align(&mut table, 1);
    table.to_string()
}

/// The same for programs.
pub fn json(told: &[Told]) -> Json {
    told.iter()
        .map(|row| {
            json!({
                "outcome": row.outcome,
                "base": plain(&row.base),
                "value": plain(&row.value),
            })
        })
        .collect()
}

/// A value as JSON.
pub fn plain(value: &Value) -> Json {
    match value {
        Value::Number(value) => json!(value),
        Value::Text(word) => json!(word),
    }
}

/// A value for people; a dash where there is nothing to tell.
pub fn shown(value: &Value) -> String {
    match value {
        Value::Text(word) => word.clone(),
        Value::Number(value) if value.is_finite() => significant(*value),
        Value::Number(_) => "-".to_owned(),
    }
}

/// A number with a few significant digits and no trailing zeros.
fn significant(value: f64) -> String {
    if value == 0.0 {
        return "0".to_owned();
    }
    #[expect(clippy::cast_possible_truncation, reason = "a logarithm of a finite number")]
    let magnitude = value.abs().log10().floor() as i32;
    if !(-6..15).contains(&magnitude) {
        return format!("{value:.5e}");
    }
    let decimals = usize::try_from(DIGITS - 1 - magnitude).unwrap_or(0);
    let text = format!("{value:.decimals$}");
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::significant;

    #[test]
    fn numbers_are_short() {
        for (value, text) in [
            (0.0, "0"),
            (1.0, "1"),
            (-0.013, "-0.013"),
            (54_667.123, "54667.1"),
            (1_234_567.8, "1234568"),
            (1e-9, "1.00000e-9"),
        ] {
            assert_eq!(significant(value), text);
        }
    }
}
