//! The only place that writes to the terminal: results to stdout, everything else to stderr.

use std::io::{self, IsTerminal, Write};

/// Writes what the user shall see.
pub struct Printer {
    quiet: bool,
}

impl Printer {
    /// A printer that is silent but for errors if `quiet`.
    pub fn new(quiet: bool) -> Self {
        Self { quiet }
    }

    /// A result. A reader that has gone away (`viner list | head -1`) is no error.
    pub fn result(&self, text: &str) {
        if !self.quiet {
            let _ = writeln!(io::stdout().lock(), "{text}");
        }
    }

    /// A result that was asked for by an option of its own: printed even if quiet.
    #[expect(clippy::unused_self, reason = "all printing goes through a printer")]
    pub fn asked(&self, text: &str) {
        let _ = writeln!(io::stdout().lock(), "{text}");
    }

    /// What was done beside the result.
    pub fn note(&self, text: &str) {
        if !self.quiet {
            let _ = writeln!(io::stderr().lock(), "{text}");
        }
    }

    /// Progress: to a terminal only.
    pub fn progress(&self, text: &str) {
        if io::stderr().is_terminal() {
            self.note(text);
        }
    }

    /// An error.
    #[expect(clippy::unused_self, reason = "all printing goes through a printer")]
    pub fn error(&self, text: &str) {
        let _ = writeln!(io::stderr().lock(), "{text}");
    }
}
