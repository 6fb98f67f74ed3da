//! How large tables are imported: time of one core, and memory.
//!
//!     cargo xtask bench import                                           # both, at full size
//!     cargo run --release -p viner-io --example import_size -- icio 77 45 [--sourcing]
//!     cargo run --release -p viner-io --example import_size -- exiobase 49 200 [--sourcing]
//!
//! Writes a table of random numbers in its maker's layout into a folder that is removed afterwards,
//! row by row, and imports it in a process of its own. Time is that of the process's core (user and
//! system), memory the most that the process had, both as Linux counts them. The binary size of a
//! table is 8 bytes for each of its sales, from every sector of every region to every sector and
//! every final use.

#![expect(clippy::print_stdout, reason = "an example prints")]

mod generate;

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use generate::Size;
use viner_io::tables::official::{ImportOptions, Imported, Negatives, import};

/// Clock ticks of a second in `/proc`, the same on all of Linux's machines.
const TICKS: f64 = 100.0;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let (words, sourcing) = match words.split_last() {
        Some((&"--sourcing", rest)) => (rest, true),
        _ => (&words[..], false),
    };
    match words {
        ["read", file, binary] => read(Path::new(file), binary.parse()?, sourcing),
        [layout @ ("icio" | "exiobase"), regions, sectors] => {
            let size = Size { regions: regions.parse()?, sectors: sectors.parse()? };
            measure(layout, size, sourcing)
        }
        _ => Err("expected `icio` or `exiobase`, a number of regions and one of sectors".into()),
    }
}

/// Writes a table and has it read.
fn measure(layout: &str, size: Size, sourcing: bool) -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let (file, text): (PathBuf, u64) = if layout == "icio" {
        let file = folder.path().join("2019_SML.csv");
        (file.clone(), generate::icio(&file, size)?)
    } else {
        let file = folder.path().join("IOT_2019_pxp.zip");
        (file.clone(), generate::exiobase(&file, size)?)
    };
    let categories = if layout == "icio" { generate::ICIO.len() } else { generate::EXIOBASE.len() };
    let rows = size.regions * size.sectors;
    let binary = 8 * rows * (rows + size.regions * categories);
    println!(
        "{layout}, {} regions, {} sectors{}: {:.0} MB of text, {:.0} MB on disk, {:.0} MB binary",
        size.regions,
        size.sectors,
        if sourcing { ", with sourcing" } else { "" },
        text as f64 / 1e6,
        fs::metadata(&file)?.len() as f64 / 1e6,
        binary as f64 / 1e6
    );
    let mut reader = Command::new(std::env::current_exe()?);
    reader.arg("read").arg(&file).arg(binary.to_string());
    if sourcing {
        reader.arg("--sourcing");
    }
    if reader.status()?.success() { Ok(()) } else { Err("the table could not be read".into()) }
}

fn read(file: &Path, binary: f64, sourcing: bool) -> Result<(), Box<dyn Error>> {
    let options =
        ImportOptions { sourcing, negatives: Negatives::Fold, ..ImportOptions::default() };
    let Imported::World(world) = import(file, &options)? else { return Err("no table".into()) };
    let output = world.tables.flows.sum();
    println!(
        "  {}: output {output:.6e}, {} warnings",
        world.report.format,
        world.report.warnings(&world.tables).len()
    );
    if let (Some(seconds), Some(memory)) = (core_seconds(), peak_memory()) {
        println!(
            "  {seconds:.2} s of one core, {:.0} MB of memory: {:.2} times its binary size",
            memory / 1e6,
            memory / binary
        );
    }
    Ok(())
}

/// Time that the process has had of a core.
fn core_seconds() -> Option<f64> {
    let line = fs::read_to_string("/proc/self/stat").ok()?;
    // After the name of the program, which is in brackets, user and system time are the twelfth and
    // the thirteenth field.
    let fields: Vec<&str> = line.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks = |at: usize| fields.get(at)?.parse::<f64>().ok();
    Some((ticks(11)? + ticks(12)?) / TICKS)
}

/// The most memory that the process has had, in bytes.
fn peak_memory() -> Option<f64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().trim_end_matches("kB").trim().parse::<f64>().ok()? * 1024.0)
}
