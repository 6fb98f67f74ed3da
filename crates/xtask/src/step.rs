//! Runs the programs that a command consists of, and says which one failed.

use std::ffi::OsStr;
use std::io::Write;
use std::path::PathBuf;
use std::process::Command;
use std::time::Instant;

/// Root of the repository.
pub fn root() -> PathBuf {
    let crates = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    crates.ancestors().nth(2).map_or_else(|| PathBuf::from("."), std::path::Path::to_path_buf)
}

/// Writes a line to stderr.
pub fn say(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}

/// The cargo that runs this program.
pub fn cargo(arguments: &[&str]) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(arguments);
    command
}

/// One program to run from the root of the repository.
pub struct Step {
    name: String,
    command: Command,
    quiet: bool,
}

impl Step {
    /// A step that is reported under `name`.
    pub fn new(name: impl Into<String>, mut command: Command) -> Self {
        command.current_dir(root());
        Self { name: name.into(), command, quiet: false }
    }

    /// Sets an environment variable.
    pub fn with(mut self, key: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(key, value);
        self
    }

    /// Keeps what it prints to itself, unless it fails.
    pub fn quiet(mut self) -> Self {
        self.quiet = true;
        self
    }

    /// Runs it to its end.
    ///
    /// # Errors
    /// The program cannot be started, or fails.
    pub fn run(mut self) -> Result<(), String> {
        say(&format!("==> {}", self.name));
        let start = Instant::now();
        let outcome = if self.quiet {
            self.command.output().map(|output| {
                if !output.status.success() {
                    say(&String::from_utf8_lossy(&output.stdout));
                    say(&String::from_utf8_lossy(&output.stderr));
                }
                output.status
            })
        } else {
            self.command.status()
        };
        let status = outcome
            .map_err(|error| format!("{}: cannot start {:?}: {error}", self.name, self.command))?;
        if status.success() {
            say(&format!("==> {}: done in {:.0} s", self.name, start.elapsed().as_secs_f64()));
            Ok(())
        } else {
            Err(format!("{} failed ({status})", self.name))
        }
    }
}
