//! `viner list`: what is built in.

use std::fmt::Write;

use serde_json::{Value, json};
use viner_io::builtin;

use crate::args::Common;
use crate::printer::Printer;

pub fn run(common: &Common, printer: &Printer) {
    let groups = [
        ("baselines", builtin::baselines()),
        ("scenarios", builtin::scenarios()),
        ("plans", builtin::plans()),
        ("maps", builtin::map_titles()),
        ("evidence", builtin::evidence_sets()),
        ("cells", builtin::cell_sets()),
    ];
    if common.json {
        let entries = |items: &[(&'static str, String)]| -> Value {
            items.iter().map(|(name, title)| json!({ "name": name, "title": title })).collect()
        };
        let object: serde_json::Map<String, Value> =
            groups.iter().map(|(kind, items)| ((*kind).to_owned(), entries(items))).collect();
        printer.asked(&format!("{:#}", Value::Object(object)));
        return;
    }
    let mut text = String::new();
    for (kind, items) in groups {
        let _ = writeln!(text, "{kind}");
        for (name, title) in items {
            let _ = writeln!(text, "  {name:<26}{title}");
        }
    }
    printer.result(text.trim_end());
}
