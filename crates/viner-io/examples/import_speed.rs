//! How fast an inter-country table is imported, and in how much memory.
//!
//!     cargo run --release -p viner-io --example import_speed            # 77 regions, 45 sectors
//!     cargo run --release -p viner-io --example import_speed -- 77 45 table.csv
//!
//! Writes a table of random numbers in the OECD's layout, balanced, then reads it. The peak of memory
//! is that of the whole process, as Linux counts it.

#![expect(clippy::print_stdout, reason = "an example prints")]

use std::error::Error;
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::Instant;

use viner_io::tables::official::{ImportOptions, Imported, import};

/// Categories of final use in the OECD's tables.
const CATEGORIES: [&str; 6] = ["HFCE", "NPISH", "GGFC", "GFCF", "INVNT", "DPABR"];

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let mut size = |default| arguments.next().map_or(Ok(default), |text| text.parse::<usize>());
    let (regions, sectors) = (size(77)?, size(45)?);
    let file = arguments.next().map(PathBuf::from);
    let folder = tempfile::tempdir()?;
    let file = file.unwrap_or_else(|| folder.path().join("2019_SML.csv"));
    if !file.exists() {
        generate(&file, regions, sectors)?;
    }
    let bytes = fs::metadata(&file)?.len();
    let matrix = regions * sectors * (regions * sectors + regions * CATEGORIES.len() + 1) * 8;

    let before = peak_memory();
    let start = Instant::now();
    let imported = import(&file, &ImportOptions::default())?;
    let seconds = start.elapsed().as_secs_f64();
    if let Imported::World(world) = &imported {
        println!("{}", world.report.lines(&world.tables).join("\n"));
    }
    println!(
        "{regions} regions, {sectors} sectors: {:.0} MB of text in {seconds:.2} s, {:.0} MB/s",
        bytes as f64 / 1e6,
        bytes as f64 / 1e6 / seconds
    );
    if let (Some(before), Some(after)) = (before, peak_memory()) {
        println!(
            "peak memory {:.0} MB ({:.0} MB before); the numbers alone have {:.0} MB",
            after / 1e6,
            before / 1e6,
            matrix as f64 / 1e6
        );
    }
    Ok(())
}

/// Random numbers from a generator that is the same everywhere.
struct Draws(u64);

impl Draws {
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963);
        // Most cells of a world table are small, few are large.
        let uniform = (self.0 >> 40) as f64 / (1u64 << 24) as f64;
        (uniform.powi(8) * 1e11).round() / 1e8
    }
}

fn generate(file: &Path, regions: usize, sectors: usize) -> Result<(), Box<dyn Error>> {
    let mut to = BufWriter::new(File::create(file)?);
    let region = |index: usize| {
        let letter = |at: usize| char::from(b'A' + u8::try_from(at % 26).unwrap_or(0));
        format!("Q{}{}", letter(index / 26), letter(index))
    };
    write!(to, "V1")?;
    for n in 0..regions {
        for k in 0..sectors {
            write!(to, ",{}_S{k}", region(n))?;
        }
    }
    for n in 0..regions {
        for category in CATEGORIES {
            write!(to, ",{}_{category}", region(n))?;
        }
    }
    writeln!(to, ",OUT")?;
    let width = regions * sectors;
    let mut draws = Draws(2019);
    let mut outputs = Vec::with_capacity(width);
    for i in 0..width {
        write!(to, "{}_S{}", region(i / sectors), i % sectors)?;
        let mut sum = 0.0;
        for _ in 0..width + regions * CATEGORIES.len() {
            let value = draws.next();
            sum += value;
            write!(to, ",{value}")?;
        }
        writeln!(to, ",{sum}")?;
        outputs.push(sum);
    }
    write!(to, "OUT")?;
    for output in outputs {
        write!(to, ",{output}")?;
    }
    writeln!(to, "{}", ",0".repeat(regions * CATEGORIES.len() + 1))?;
    to.flush()?;
    Ok(())
}

/// The most memory that the process has had, in bytes.
fn peak_memory() -> Option<f64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().trim_end_matches("kB").trim().parse::<f64>().ok()? * 1e3)
}
