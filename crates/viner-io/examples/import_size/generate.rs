//! Tables of random numbers in the layouts of their makers, written row by row.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

/// Categories of final use in the OECD's tables.
pub const ICIO: [&str; 6] = ["HFCE", "NPISH", "GGFC", "GFCF", "INVNT", "DPABR"];
/// Categories of final use in EXIOBASE.
pub const EXIOBASE: [&str; 7] = [
    "Final consumption expenditure by households",
    "Final consumption expenditure by non-profit organisations serving households (NPISH)",
    "Final consumption expenditure by government",
    "Gross fixed capital formation",
    "Changes in inventories",
    "Changes in valuables",
    "Exports: Total (fob)",
];

/// How many regions and sectors.
#[derive(Clone, Copy)]
pub struct Size {
    pub regions: usize,
    pub sectors: usize,
}

/// Codes of regions that no list has: `QAA`.
fn region(index: usize) -> String {
    let letter = |at: usize| char::from(b'A' + u8::try_from(at % 26).unwrap_or(0));
    format!("Q{}{}", letter(index / 26), letter(index))
}

/// Random numbers from a list that is written out once, the same everywhere.
struct Draws {
    state: u64,
    numbers: Vec<(f64, String)>,
}

impl Draws {
    const LIST: usize = 1 << 12;

    fn new(decimals: i32) -> Self {
        let mut draws = Self { state: 2019, numbers: Vec::new() };
        let unit = 10f64.powi(decimals);
        for _ in 0..Self::LIST {
            // Most cells of a world table are small, few are large.
            let uniform = draws.next() as f64 / (1u64 << 31) as f64;
            let value = (uniform.powi(8) * 1000.0 * unit).round() / unit;
            draws.numbers.push((value, value.to_string()));
        }
        draws
    }

    fn next(&mut self) -> u64 {
        self.state =
            self.state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963);
        self.state >> 33
    }

    /// Writes so many numbers, each after a separator; their sum.
    fn row(&mut self, to: &mut impl Write, count: usize, separator: u8) -> io::Result<f64> {
        let mut sum = 0.0;
        for _ in 0..count {
            let at = usize::try_from(self.next() >> 19).unwrap_or(0) % Self::LIST;
            let (value, text) = &self.numbers[at];
            sum += value;
            to.write_all(&[separator])?;
            to.write_all(text.as_bytes())?;
        }
        Ok(sum)
    }
}

/// A writer that counts.
struct Counted<W> {
    to: W,
    bytes: u64,
}

impl<W: Write> Write for Counted<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.to.write(bytes)?;
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}

/// An OECD table; its size in bytes.
pub fn icio(file: &Path, size: Size) -> io::Result<u64> {
    let mut to = Counted { to: BufWriter::new(File::create(file)?), bytes: 0 };
    let labels =
        |index: usize| format!("{}_S{}", region(index / size.sectors), index % size.sectors);
    let rows = size.regions * size.sectors;
    write!(to, "V1")?;
    for index in 0..rows {
        write!(to, ",{}", labels(index))?;
    }
    for n in 0..size.regions {
        for category in ICIO {
            write!(to, ",{}_{category}", region(n))?;
        }
    }
    writeln!(to, ",OUT")?;
    let mut draws = Draws::new(8);
    let mut outputs = Vec::with_capacity(rows);
    for index in 0..rows {
        write!(to, "{}", labels(index))?;
        let sum = draws.row(&mut to, rows + size.regions * ICIO.len(), b',')?;
        writeln!(to, ",{sum}")?;
        outputs.push(sum);
    }
    write!(to, "OUT")?;
    for output in outputs {
        write!(to, ",{output}")?;
    }
    writeln!(to, "{}", ",0".repeat(size.regions * ICIO.len() + 1))?;
    to.flush()?;
    Ok(to.bytes)
}

/// An archive in EXIOBASE's layout; the size in bytes of what is in it.
pub fn exiobase(file: &Path, size: Size) -> io::Result<u64> {
    let mut archive = ZipWriter::new(BufWriter::new(File::create(file)?));
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .compression_level(Some(1))
        .large_file(true);
    let rows = size.regions * size.sectors;
    let product = |index: usize| format!("Product {:03}", index % size.sectors);
    let mut draws = Draws::new(14);
    let mut outputs = vec![0.0; rows];
    let mut bytes = 0;
    for (name, width, what) in
        [("Z.txt", size.sectors, "sector"), ("Y.txt", EXIOBASE.len(), "category")]
    {
        archive.start_file(format!("IOT_2019_pxp/{name}"), options)?;
        let mut to = Counted { to: BufWriter::new(&mut archive), bytes: 0 };
        let part = |at: usize| match what {
            "sector" => product(at),
            _ => EXIOBASE[at % width].to_owned(),
        };
        write!(to, "region\t")?;
        for at in 0..size.regions * width {
            write!(to, "\t{}", region(at / width))?;
        }
        write!(to, "\n{what}\t")?;
        for at in 0..size.regions * width {
            write!(to, "\t{}", part(at))?;
        }
        writeln!(to, "\nregion\tsector{}", "\t".repeat(size.regions * width))?;
        for (index, output) in outputs.iter_mut().enumerate() {
            write!(to, "{}\t{}", region(index / size.sectors), product(index))?;
            *output += draws.row(&mut to, size.regions * width, b'\t')?;
            writeln!(to)?;
        }
        to.flush()?;
        bytes += to.bytes;
    }
    for (name, header) in [("x.txt", "indout"), ("unit.txt", "unit")] {
        archive.start_file(format!("IOT_2019_pxp/{name}"), options)?;
        writeln!(archive, "region\tsector\t{header}")?;
        for (index, output) in outputs.iter().enumerate() {
            let label = format!("{}\t{}", region(index / size.sectors), product(index));
            match name {
                "x.txt" => writeln!(archive, "{label}\t{output}")?,
                _ => writeln!(archive, "{label}\tM.EUR")?,
            }
        }
    }
    archive.finish()?.flush()?;
    Ok(bytes)
}
