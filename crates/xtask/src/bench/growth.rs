//! How time and memory grow with regions and sectors: `docs/growth.md` and its plot.

use std::fmt::Write;
use std::process::Command;

use plotters::prelude::*;

use super::machine::{self, duration, three_digits};
use crate::step::{Step, cargo, root, say};

/// Sizes of the first series; the number of sectors is that of the OECD's tables.
const REGIONS: [usize; 6] = [10, 20, 40, 77, 150, 243];
const SECTORS_HELD: usize = 45;
/// Sizes of the second.
const SECTORS: [usize; 6] = [5, 10, 20, 45, 90, 170];
const REGIONS_HELD: usize = 77;
/// Sizes of neither that are of interest, the largest table known last.
const OTHERS: [(usize, usize); 4] = [(20, 20), (44, 50), (150, 65), (243, 170)];

/// What the example `growth` of `viner-model` measures at one size.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Size {
    regions: usize,
    sectors: usize,
    evaluations: usize,
    one_thread: f64,
    two_threads: f64,
    baseline_bytes: f64,
    bytes_per_evaluation: f64,
    seconds_to_read: f64,
    held_bytes: Option<f64>,
    peak_bytes: Option<f64>,
}

impl Size {
    fn parse(line: &str) -> Option<Self> {
        let fields: Vec<&str> = line.trim().split(',').collect();
        let [regions, sectors, evaluations, one, two, baseline, read, reading, held, peak] =
            fields[..]
        else {
            return None;
        };
        let number = |text: &str| text.parse::<f64>().ok();
        Some(Self {
            regions: regions.parse().ok()?,
            sectors: sectors.parse().ok()?,
            evaluations: evaluations.parse().ok()?,
            one_thread: number(one)?,
            two_threads: number(two)?,
            baseline_bytes: number(baseline)?,
            bytes_per_evaluation: number(read)?,
            seconds_to_read: number(reading)?,
            held_bytes: number(held),
            peak_bytes: number(peak),
        })
    }

    fn per_evaluation(&self) -> f64 {
        self.one_thread / self.evaluations as f64
    }

    /// Times that an evaluation takes of reading its bytes once.
    fn over_limit(&self) -> f64 {
        self.per_evaluation() / self.seconds_to_read
    }

    fn cells(&self) -> String {
        let megabytes = |bytes: f64| three_digits(bytes / 1e6);
        let measured = |bytes: Option<f64>| bytes.map_or_else(String::new, megabytes);
        let part = self
            .peak_bytes
            .map_or_else(String::new, |peak| three_digits(peak / self.baseline_bytes));
        format!(
            "| {} x {} | {} | {} | {} | {} | {} | {} | {} | {} | {} | {} | {part} |",
            self.regions,
            self.sectors,
            self.evaluations,
            duration(self.one_thread),
            duration(self.two_threads),
            duration(self.per_evaluation()),
            megabytes(self.bytes_per_evaluation),
            duration(self.seconds_to_read),
            three_digits(self.over_limit()),
            megabytes(self.baseline_bytes),
            measured(self.held_bytes),
            measured(self.peak_bytes),
        )
    }
}

/// Measures every size in a process of its own and writes `docs/growth.md` and `docs/growth.svg`.
///
/// # Errors
/// The measuring program does not build or run, or a file cannot be written.
pub fn run() -> Result<(), String> {
    let build =
        ["build", "--release", "--locked", "--package", "viner-model", "--example", "growth"];
    Step::new("Viner, to be measured", cargo(&build)).run()?;
    let machine = machine::described();
    let by_regions = series(REGIONS.map(|regions| (regions, SECTORS_HELD)))?;
    let by_sectors = series(SECTORS.map(|sectors| (REGIONS_HELD, sectors)))?;
    let others = series(OTHERS)?;

    let docs = root().join("docs");
    let plot = docs.join("growth.svg");
    let drawn =
        plotted(&by_regions, &by_sectors).map_err(|error| format!("cannot draw: {error}"))?;
    let text = document(&machine, &by_regions, &by_sectors, &others);
    for (path, text) in [(plot, drawn), (docs.join("growth.md"), text)] {
        std::fs::write(&path, text)
            .map_err(|error| format!("cannot write {}: {error}", path.display()))?;
    }
    say("==> written: docs/growth.md, docs/growth.svg");
    Ok(())
}

fn series<const COUNT: usize>(sizes: [(usize, usize); COUNT]) -> Result<Vec<Size>, String> {
    sizes.into_iter().map(|(regions, sectors)| measure(regions, sectors)).collect()
}

/// Times of one process, and memory of another.
fn measure(regions: usize, sectors: usize) -> Result<Size, String> {
    let timed = run_once(regions, sectors, &[])?;
    // Memory that is given up goes back at once, so that what is counted is what is needed; this takes
    // time.
    let thrifty = [("MALLOC_MMAP_THRESHOLD_", "65536"), ("MALLOC_TRIM_THRESHOLD_", "65536")];
    let Size { held_bytes, peak_bytes, .. } = run_once(regions, sectors, &thrifty)?;
    let size = Size { held_bytes, peak_bytes, ..timed };
    say(&format!("    {}", size.cells()));
    Ok(size)
}

fn run_once(regions: usize, sectors: usize, settings: &[(&str, &str)]) -> Result<Size, String> {
    let program = machine::example("growth");
    let output = Command::new(&program)
        .args([regions.to_string(), sectors.to_string()])
        .envs(settings.iter().copied())
        .output()
        .map_err(|error| format!("cannot start {}: {error}", program.display()))?;
    let text = String::from_utf8_lossy(&output.stdout);
    let size = text.lines().last().and_then(Size::parse).filter(|_| output.status.success());
    size.ok_or_else(|| {
        format!("{regions}x{sectors}: {}{text}", String::from_utf8_lossy(&output.stderr))
    })
}

const INTRODUCTION: &str = "\
# Time and memory by size

Written by `cargo xtask bench growth`: generated economies, trade costs of one region with half of the others raised by
half, every elasticity of sourcing 4; each size in a process of its own.

![Time and memory against regions and sectors](growth.svg)
";

const COLUMNS: &str = "\
| size | evaluations | solve, 1 thread | 2 threads | an evaluation | it reads, MB | reading that once | times the limit | baseline, MB | held, MB | peak, MB | peak / baseline |
|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|
";

const EXPLANATION: &str = "
*Solve*: median, certificate included. *An evaluation*: the solve by one thread over its evaluations. *It reads*: the
weights of trade (N²S), the mixes of inputs (NS²) and the vectors of cells, in double precision. *Reading that once*: one
thread sums an array of as many bytes, over and over, from whatever level of memory holds it: no evaluation can be faster
than that. *Baseline*: the arrays of the table, two of N²S and one of NS². *Held*: what the process has with the baseline
and the policy, before solving; *peak*: at most while solving. Both above an empty process, and Linux alone tells them.
";

fn document(machine: &str, by_regions: &[Size], by_sectors: &[Size], others: &[Size]) -> String {
    let mut text = format!("{INTRODUCTION}\nMeasured on: {machine}.\n");
    let tables = [
        (format!("Regions, {SECTORS_HELD} sectors"), by_regions),
        (format!("Sectors, {REGIONS_HELD} regions"), by_sectors),
        ("Other sizes".to_owned(), others),
    ];
    for (title, sizes) in tables {
        let _ = write!(text, "\n## {title}\n\n{COLUMNS}");
        for size in sizes {
            let _ = writeln!(text, "{}", size.cells());
        }
        if let [first, .., last] = sizes
            && title != "Other sizes"
        {
            let growth = |of: fn(&Size) -> f64| (of(last) / of(first)).ln();
            let wider = growth(|size| (size.regions * size.sectors) as f64);
            let _ = writeln!(
                text,
                "\nFrom the first row to the last, time per evaluation grows with power {:.2} of the size, bytes read with \
                 power {:.2}.",
                growth(Size::per_evaluation) / wider,
                growth(|size| size.bytes_per_evaluation) / wider
            );
        }
    }
    text + EXPLANATION
}

/// Two panels, time and memory, each over regions and over sectors, all axes logarithmic.
fn plotted(by_regions: &[Size], by_sectors: &[Size]) -> Result<String, Box<dyn std::error::Error>> {
    let mut drawing = String::new();
    {
        let root = SVGBackend::with_string(&mut drawing, (900, 420)).into_drawing_area();
        root.fill(&WHITE)?;
        let (left, right) = root.split_horizontally(450);
        let milliseconds = |size: &Size| Some(size.one_thread * 1e3);
        let limit = |size: &Size| Some(size.seconds_to_read * size.evaluations as f64 * 1e3);
        let time: Panel =
            ("milliseconds for a solve, one thread", milliseconds, "reading alone", limit);
        let peak = |size: &Size| size.peak_bytes.map(|bytes| bytes / 1e6);
        let baseline = |size: &Size| Some(size.baseline_bytes / 1e6);
        let memory: Panel = ("MB at the peak", peak, "baseline alone", baseline);
        for (area, panel) in [(left, time), (right, memory)] {
            let (title, measured, floor_name, floor) = panel;
            let sets = [
                (by_regions, BLUE, format!("regions, {SECTORS_HELD} sectors")),
                (by_sectors, RED, format!("sectors, {REGIONS_HELD} regions")),
            ];
            let values = sets.iter().flat_map(|(sizes, ..)| sizes.iter());
            let values: Vec<f64> =
                values.flat_map(|size| [measured(size), floor(size)]).flatten().collect();
            let plain = |value: &f64| value.to_string();
            let low = values.iter().copied().fold(f64::INFINITY, f64::min) / 1.5;
            // Room for the legend above the lines.
            let high = values.iter().copied().fold(0.0, f64::max) * 30.0;
            let mut chart = ChartBuilder::on(&area)
                .caption(title, ("sans-serif", 16))
                .margin(10)
                .x_label_area_size(34)
                .y_label_area_size(56)
                .build_cartesian_2d((4.0..300.0).log_scale(), (low..high).log_scale())?;
            chart
                .configure_mesh()
                .x_desc("regions or sectors")
                .x_label_formatter(&plain)
                .y_label_formatter(&plain)
                .light_line_style(TRANSPARENT)
                .draw()?;
            for (sizes, colour, name) in sets {
                let across = |size: &Size| {
                    if colour == BLUE { size.regions as f64 } else { size.sectors as f64 }
                };
                let points = |of: fn(&Size) -> Option<f64>| -> Vec<(f64, f64)> {
                    sizes.iter().filter_map(|size| Some((across(size), of(size)?))).collect()
                };
                chart
                    .draw_series(
                        LineSeries::new(points(measured), colour.stroke_width(2)).point_size(3),
                    )?
                    .label(name.clone())
                    .legend(move |(x, y)| {
                        PathElement::new([(x, y), (x + 18, y)], colour.stroke_width(2))
                    });
                chart
                    .draw_series(LineSeries::new(points(floor), colour.mix(0.35)))?
                    .label(format!("{name}: {floor_name}"))
                    .legend(move |(x, y)| {
                        PathElement::new([(x, y), (x + 18, y)], colour.mix(0.35))
                    });
            }
            let position = SeriesLabelPosition::UpperLeft;
            chart
                .configure_series_labels()
                .position(position)
                .background_style(WHITE.mix(0.8))
                .draw()?;
        }
        root.present()?;
    }
    Ok(drawing)
}

/// Title, what was measured, name of the floor below it, the floor.
type Panel = (&'static str, fn(&Size) -> Option<f64>, &'static str, fn(&Size) -> Option<f64>);

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &str = "20,45,30,0.003,0.002,2000000,1000000,0.00005,2400000,2600000";

    #[test]
    fn a_row_tells_time_per_evaluation_and_what_it_is_of_the_limits() {
        let size = Size::parse(LINE).expect("ten numbers");
        assert_eq!(
            size.cells(),
            "| 20 x 45 | 30 | 3.00 ms | 2.00 ms | 100 us | 1.00 | 50.0 us | 2.00 | 2.00 | 2.40 | 2.60 | 1.30 |"
        );
        let elsewhere =
            Size::parse("20,45,30,0.003,0.002,2000000,1000000,0.00005,,").expect("two are empty");
        assert!(elsewhere.cells().ends_with("| 2.00 |  |  |  |"));
        assert_eq!(Size::parse("regions,sectors"), None);
    }

    #[test]
    fn the_plot_has_both_series_and_their_floors() {
        let small = Size::parse(LINE).expect("ten numbers");
        let large =
            Size { regions: 40, sectors: 90, one_thread: 0.02, peak_bytes: Some(9e6), ..small };
        let drawn = plotted(&[small, large], &[small, large]).expect("it can be drawn");
        for text in ["regions, 45 sectors", "sectors, 77 regions: reading alone", "MB at the peak"]
        {
            assert!(drawn.contains(text), "{text}");
        }
    }
}
