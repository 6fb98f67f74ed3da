//! Currencies in which trade is paid.

use viner_model::scenario::{Currencies, Currency};

use crate::scenario_file::domain::{CHANGE, POSITIVE, SHARE};
use crate::scenario_file::fields::Fields;
use crate::scenario_file::findings::{Findings, Reported};

/// The currencies of a settlement; one whose cost stays as it is, where something is wrong.
pub(super) fn read_currencies(fields: &Fields<'_>, findings: &mut Findings) -> Currencies {
    let elasticity = fields.required_number("currency_elasticity", POSITIVE, findings);
    let currencies = read_table(fields, findings);
    let unchanged = || vec![Currency { code: "unchanged".to_owned(), share: 1.0, change: 0.0 }];
    Currencies {
        currencies: currencies.unwrap_or_else(|Reported| unchanged()),
        elasticity: elasticity.unwrap_or(1.0),
    }
}

/// `{ USD = { share = 0.6, change = 0.3 }, CNY = { share = 0.4 } }`
fn read_table(fields: &Fields<'_>, findings: &mut Findings) -> Result<Vec<Currency>, Reported> {
    let expected = "a table by currency, such as { USD = { share = 1.0, change = 0.3 } }";
    let node = fields.required("currencies", expected, findings)?;
    let path = fields.path_of("currencies");
    let table = Fields::of(node, &path, expected, findings)?;
    let mut currencies = Vec::new();
    let mut result = Ok(());
    for entry in table.entries() {
        let path = table.path_of(&entry.key);
        let currency =
            Fields::of(&entry.node, &path, "a table with `share` and `change`", findings).and_then(
                |fields| {
                    let keys = fields.check_keys(&["share", "change"], findings);
                    let share = fields.required_number("share", SHARE, findings);
                    let change = fields.number("change", CHANGE, findings);
                    keys?;
                    let (share, change) = (share?, change?.unwrap_or(0.0));
                    Ok(Currency { code: entry.key.clone(), share, change })
                },
            );
        match currency {
            Ok(currency) => currencies.push(currency),
            Err(reported) => result = Err(reported),
        }
    }
    result?;
    let sum = currencies.iter().map(|currency| currency.share).sum();
    findings.check_sum(node.at, &path, "shares", sum)?;
    Ok(currencies)
}
