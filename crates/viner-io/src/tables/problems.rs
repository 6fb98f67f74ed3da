//! What is wrong with one file, listed up to a limit.

use crate::diagnostic::{Diagnostic, Diagnostics};

/// How many errors of one file are listed; the rest are counted.
const LISTED: usize = 20;

/// Collects the errors of one file.
#[derive(Debug)]
pub(crate) struct Problems {
    file: String,
    listed: Vec<Diagnostic>,
    more: u64,
}

impl Problems {
    pub(crate) fn of(file: impl Into<String>) -> Self {
        Self { file: file.into(), listed: Vec::new(), more: 0 }
    }

    pub(crate) fn push(&mut self, diagnostic: Diagnostic) {
        if self.listed.len() < LISTED {
            self.listed.push(diagnostic.in_file(self.file.clone()));
        } else {
            self.more += 1;
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.listed.is_empty()
    }

    /// The errors listed, those of the whole file first and then by line, and one that counts the rest.
    pub(crate) fn into_diagnostics(mut self) -> Diagnostics {
        self.listed.sort_by_key(|problem| problem.line);
        if self.more > 0 {
            let plural = if self.more == 1 { "error" } else { "errors" };
            let count = format!("{} more {plural} in this file", self.more);
            self.listed.push(Diagnostic::new(count).in_file(self.file));
        }
        Diagnostics(self.listed)
    }
}
