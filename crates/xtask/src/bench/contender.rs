//! A program that solves when it is told to: the other side of `validation/peers/contender.py`.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::step::root;

/// What a contender says of itself when it is set up.
#[derive(Clone, Debug, Deserialize)]
pub struct Introduction {
    /// Its name.
    pub peer: String,
    /// Its version.
    pub version: String,
    /// Threads it may use.
    pub threads: usize,
    /// Reading and preparing what does not depend on the policy.
    pub setup_seconds: f64,
}

#[derive(Deserialize)]
struct Solved {
    seconds: f64,
}

/// What it found.
#[derive(Clone, Debug, Deserialize)]
pub struct Found {
    /// Largest residual of its equations, as it measures it.
    pub tolerance: f64,
    /// Evaluations or iterations.
    pub evaluations: usize,
    /// Change of real final spending by region, where its model has it.
    pub welfare: Option<BTreeMap<String, f64>>,
}

/// How long a turn lasts, unless one solve takes longer. After a pause the first solves of either side find
/// caches that are cold and a processor that is slow.
const TURN: Duration = Duration::from_millis(100);

/// Everything measured of a contender.
#[derive(Clone, Debug)]
pub struct Measured {
    /// Who it is.
    pub introduction: Introduction,
    /// Every solve, in the order in which they were asked for.
    pub seconds: Vec<f64>,
    /// From the start of its process to its first answer.
    pub first_answer: f64,
    /// What it found.
    pub found: Found,
}

/// A contender at work.
pub struct Contender {
    name: String,
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
    introduction: Introduction,
    started: Instant,
    first_answer: Option<f64>,
    seconds: Vec<f64>,
}

impl Contender {
    /// Starts it, with so many threads, and waits until it is set up.
    ///
    /// # Errors
    /// It cannot be started, or stops.
    pub fn start(name: &str, mut command: Command, threads: usize) -> Result<Self, String> {
        for library in ["OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"] {
            command.env(library, threads.to_string());
        }
        command.current_dir(root()).stdin(Stdio::piped()).stdout(Stdio::piped());
        let started = Instant::now();
        let mut child = command
            .spawn()
            .map_err(|error| format!("{name}: cannot start {command:?}: {error}"))?;
        let pipes = child.stdin.take().zip(child.stdout.take());
        let (input, output) = pipes.ok_or_else(|| format!("{name}: has no input or output"))?;
        let mut output = BufReader::new(output);
        let introduction = read(name, &mut output)?;
        Ok(Self {
            name: name.to_owned(),
            child,
            input: Some(input),
            output,
            introduction,
            started,
            first_answer: None,
            seconds: Vec::new(),
        })
    }

    /// Has it solve once.
    ///
    /// # Errors
    /// It stops.
    fn solve(&mut self) -> Result<(), String> {
        let asked = match &mut self.input {
            Some(input) => input.write_all(b"\n").and_then(|()| input.flush()),
            None => Ok(()),
        };
        asked.map_err(|error| format!("{}: does not listen: {error}", self.name))?;
        let solved: Solved = read(&self.name, &mut self.output)?;
        self.first_answer.get_or_insert_with(|| self.started.elapsed().as_secs_f64());
        self.seconds.push(solved.seconds);
        Ok(())
    }

    /// Has it solve, once at least, until its turn is over.
    ///
    /// # Errors
    /// It stops.
    pub fn take_turn(&mut self) -> Result<(), String> {
        let begun = Instant::now();
        self.solve()?;
        while begun.elapsed() < TURN {
            self.solve()?;
        }
        Ok(())
    }

    /// Ends it and takes what it found.
    ///
    /// # Errors
    /// It stops before it has told that.
    pub fn finish(mut self) -> Result<Measured, String> {
        // The end of its input.
        self.input = None;
        let found = read(&self.name, &mut self.output)?;
        let first_answer =
            self.first_answer.ok_or_else(|| format!("{}: was not asked", self.name))?;
        let introduction = self.introduction.clone();
        Ok(Measured {
            introduction,
            seconds: std::mem::take(&mut self.seconds),
            first_answer,
            found,
        })
    }
}

impl Drop for Contender {
    /// Leaves no process behind, whatever stopped the comparison.
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn read<T: DeserializeOwned>(name: &str, output: &mut impl BufRead) -> Result<T, String> {
    let mut line = String::new();
    output.read_line(&mut line).map_err(|error| format!("{name}: {error}"))?;
    if line.is_empty() {
        return Err(format!("{name}: stopped; its own message is above"));
    }
    serde_json::from_str(&line).map_err(|error| format!("{name}: said `{}`: {error}", line.trim()))
}
