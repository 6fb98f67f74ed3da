//! `viner show`: a built-in scenario, plan or baseline, printed.

use viner_io::{Diagnostic, builtin};

use super::Failed;
use super::info;
use crate::args::Common;
use crate::printer::Printer;

pub fn run(name: &str, common: &Common, printer: &Printer) -> Result<(), Failed> {
    if let Some(text) = builtin::scenario(name).or_else(|| builtin::plan(name)) {
        printer.result(text.trim_end());
        return Ok(());
    }
    if builtin::baselines().iter().any(|(known, _)| *known == name) {
        return info::bundle(name, common, printer);
    }
    let built_in = [builtin::baselines(), builtin::scenarios(), builtin::plans()].concat();
    let names = built_in.iter().map(|(name, _)| *name);
    let unknown = Diagnostic::unknown("built-in scenario, plan or baseline", name, names);
    Err(Failed::Input(unknown.into()))
}
