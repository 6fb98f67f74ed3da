//! The report on the peers: what is said of the figures, and where.

use std::fmt::Write;
use std::path::Path;

use super::contender::{Introduction, Measured};
use super::machine::{duration, median, three_digits};

/// Whether a peer solves Viner's model.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Model {
    /// The same equations: changes of welfare must agree within this.
    Same {
        /// Largest difference of a fraction.
        within: f64,
    },
    /// Another model of the same question.
    Other,
}

/// One peer on one problem, and Viner on it.
pub struct Row {
    /// The problem, in words.
    pub problem: &'static str,
    /// Whether both solve the same model.
    pub model: Model,
    /// Whether the peer is the project's own `NumPy` program, not a package.
    pub numpy: bool,
    /// The peer.
    pub peer: Measured,
    /// Viner, in turn with it.
    pub viner: Measured,
}

impl Row {
    /// Times that the peer's median solve takes of Viner's.
    fn ratio(&self) -> f64 {
        median(&self.peer.seconds) / median(&self.viner.seconds)
    }

    /// Largest difference of the change of welfare of a region, where the peer knows it.
    fn difference(&self) -> Option<f64> {
        let peer = self.peer.found.welfare.as_ref()?;
        let viner = self.viner.found.welfare.as_ref()?;
        let difference = |(region, value): (&String, &f64)| {
            viner.get(region).map_or(f64::INFINITY, |other| (value - other).abs())
        };
        Some(peer.iter().map(difference).fold(0.0, f64::max))
    }

    /// The figures in a line.
    pub fn line(&self) -> String {
        format!(
            "{}: {} against {}, {} times",
            self.problem,
            duration(median(&self.peer.seconds)),
            duration(median(&self.viner.seconds)),
            three_digits(self.ratio())
        )
    }

    fn program(&self) -> String {
        let Introduction { peer, version, .. } = &self.peer.introduction;
        format!("{peer} {version}")
    }

    /// Who solves what.
    fn head(&self) -> String {
        format!("{} | {}", self.program(), self.problem)
    }

    /// What is solved, and on how many threads.
    fn case(&self) -> String {
        let threads = self.peer.introduction.threads;
        format!("{} on {threads} thread{}", self.problem, if threads == 1 { "" } else { "s" })
    }

    /// Whether it is so many times slower than Viner.
    fn reaches(&self, goal: f64) -> bool {
        self.ratio() >= goal
    }

    fn time(&self, goal: f64) -> String {
        let reached = if self.reaches(goal) { "reached" } else { "missed" };
        let sides = |of: fn(&Measured) -> f64| {
            format!("{} | {}", duration(of(&self.peer)), duration(of(&self.viner)))
        };
        format!(
            "| {} | {} | {} | **{}** | {goal}: {reached} | {} | {} |",
            self.head(),
            self.peer.introduction.threads,
            sides(|side| median(&side.seconds)),
            three_digits(self.ratio()),
            sides(|side| side.introduction.setup_seconds),
            sides(|side| side.first_answer),
        )
    }

    fn agreement(&self) -> String {
        let model = match self.model {
            Model::Same { .. } => "the same",
            Model::Other => "another",
        };
        let (peer, viner) = (&self.peer.found, &self.viner.found);
        format!(
            "| {} | {model} | {} | {} | {:.0e} | {:.0e} | {} |",
            self.head(),
            peer.evaluations,
            viner.evaluations,
            peer.tolerance,
            viner.tolerance,
            self.difference().map_or_else(String::new, |value| format!("{value:.0e}")),
        )
    }
}

/// Programs of one model must agree: a comparison of times says nothing otherwise.
///
/// # Errors
/// Two do not.
pub fn agree(rows: &[Row]) -> Result<(), String> {
    let mut wrong = Vec::new();
    for row in rows {
        let Model::Same { within } = row.model else { continue };
        let difference = row.difference().unwrap_or(f64::INFINITY);
        if difference.is_nan() || difference > within {
            wrong.push(format!(
                "{}, {}: welfare differs by {difference:.1e}, more than {within:.0e}",
                row.peer.introduction.peer, row.problem
            ));
        }
    }
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n")) }
}

const INTRODUCTION: &str = "\
# Viner beside other programs

Written by `cargo xtask bench peers`, which installs the packages into an environment of its own in `target/`, lets both
sides solve in turn, each for a tenth of a second or once, so that what disturbs the machine disturbs both, and checks that
programs of the same model agree.
";

const NUMPY_EXPLAINED: &str = "\
Viner's model in NumPy, two ways: *NumPy* is Viner's own algebra, products of matrices and vectors by BLAS; *NumPy (cell by
cell)* the equations as papers write them. The goal stands for both.

";

const TIME: &str = "\
| program | problem | threads | its solve | Viner's | ratio | goal | its set-up | Viner's | its first answer | Viner's |
|---|---|---:|---:|---:|---:|---|---:|---:|---:|---:|
";

const TIME_EXPLAINED: &str = "
*Solve*: from the baseline in memory and a policy to the equilibrium, median; Viner's contains laying the policy on the
cells and the certificate. *Set-up*: reading the table from CSV (for the peers by the `csv` module of Python, files of 1 MB
and more by pandas, which is faster there) and all that does not depend on the policy. *First answer*: from the start of
the process, interpreter and imports included, to the end of the first solve. The first solves after the pause in which the
other side had its turn count as the others do; they take up to 1.5 times as long.
";

const AGREEMENT: &str = "
## Agreement

| program | problem | model | its iterations | Viner's evaluations | its residual | Viner's | welfare differs by |
|---|---|---|---:|---:|---:|---:|---:|
";

const AGREEMENT_EXPLAINED: &str = "
*Residual*: the largest of the program's equations, as it measures it itself; Viner's is that of its certificate. *Welfare
differs by*: the largest difference of a region's change of real income, as a fraction; empty where the other model has
none. Programs of the same model that differ by more than 1e-6 (NumPy: 1e-9) end the comparison with an error.
";

const PROGRAMS: &str = "
## What the programs solve

- **puremacro `CaliendoParroModel`**: Viner's model with its default elasticities. A loop over wages, inside it prices by
  iteration and spending by a dense linear system of regions x sectors, filled in Python. Money is in shares of world
  income, because its test is absolute besides relative. Its loops grow with the square of regions x sectors: 80 x 50 is left out.
- **puremacro `solve_ces_block_newton`**: another model: purchases by origin and user, capital and labour, final demand in
  fixed proportions. Newton's method on dense systems of regions x sectors. It gets the same table, imports spread over
  users in proportion, and the same tariff; Cobb-Douglas above origins, elasticity 5 between them, as in Viner. A cell
  without output or factors, which it cannot have, gets a little of both.
- **gegravity `OneSectorGE`**: one good per region, no inputs: `scipy.optimize.root` on resistances and prices. Its equations
  keep the shares of regions in world output and spending at the baseline, and spending a multiple of output, so that its
  numbers are near Viner's (deficits as a share of income) and not equal. Building its baseline is not in its solve.
- **sanction-simulator**: another model, on its own network of 2022, from which the built-in `icio-2022` is made: trade
  rerouted by biproportional scaling, then a fixed point of outputs, without prices. Both sides stop nine tenths of the
  trade between nine economies and Russia. Its tolerances are its own (1e-9, 1e-10).
- **NumPy** (`validation/peers/numpy_model.py`): Viner's equations, map and acceleration. Two products of a matrix per sector
  with a vector by BLAS for each evaluation, no power of a trade flow while iterating. It stops when every equation holds
  to 1e-10, and certifies nothing.
- **NumPy (cell by cell)**: the same with the sourcing equations as they stand in papers, costs, shares and flows of every
  cell in every evaluation. At 80 x 50 two thirds of its time and more go into fetching memory for temporaries from the
  system again and again: measured apart, on one thread of a busy machine, a solve took 0.15 to 0.20 s, not 0.54 to 0.69 s,
  with a C library told to keep it (`MALLOC_TRIM_THRESHOLD_` and `MALLOC_MMAP_THRESHOLD_` of 1e9), at 150 x 65 0.34 to 0.49 s,
  not 0.57 to 0.72 s. The rows are without these settings; with them the ratio at 80 x 50 would be a third.
- **Draws**: the scenario at its elasticities, then once for each draw of θ, φ, σ and ε (a Kronecker sequence), started from
  it; both NumPy programs solve one draw after the other, Viner side by side ([sweeps.md](sweeps.md#how-draws-are-solved)). The
  answers compared are those of the last draw.

The tables of 20 x 20 and 80 x 50 are made from the OECD's; those of 150 x 65 and 243 x 170 are generated, without zeros
(`viner_model::economies`), and nine regions levy 25 % on all they buy from the first.

How far Viner is from what the machine allows: [growth.md](growth.md).
";

/// Writes `docs/peers.md` and the table of speed in `README.md`.
///
/// # Errors
/// A file cannot be read or written, or the README has no place for the table.
pub fn write(root: &Path, machine: &str, rows: &[Row]) -> Result<(), String> {
    let readme = root.join("README.md");
    let text = read(&readme)?;
    let text = placed(&text, &summary(machine, rows))?;
    store(&root.join("docs").join("peers.md"), &document(machine, rows))?;
    store(&readme, &text)
}

fn document(machine: &str, rows: &[Row]) -> String {
    let mut text = format!("{INTRODUCTION}\nMeasured on: {machine}.\n");
    for (title, numpy, goal, what) in
        [("Packages", false, 100.0, ""), ("NumPy", true, 60.0, NUMPY_EXPLAINED)]
    {
        let _ = write!(text, "\n## {title}\n\n{what}{TIME}");
        let chosen: Vec<&Row> = rows.iter().filter(|row| row.numpy == numpy).collect();
        for row in &chosen {
            let _ = writeln!(text, "{}", row.time(goal));
        }
        text += &verdict(&chosen, goal);
    }
    text += TIME_EXPLAINED;
    text += AGREEMENT;
    for row in rows {
        let _ = writeln!(text, "{}", row.agreement());
    }
    text + AGREEMENT_EXPLAINED + PROGRAMS
}

/// In how many rows the goal is reached, and by program in which of them.
fn verdict(rows: &[&Row], goal: f64) -> String {
    let mut text = format!("\nGoal: {goal} times in every row.\n\n");
    for rows in rows.chunk_by(|a, b| a.program() == b.program()) {
        let ratios = rows.iter().map(|row| row.ratio());
        let smallest = ratios.clone().fold(f64::INFINITY, f64::min);
        let largest = ratios.fold(0.0, f64::max);
        let reached: Vec<String> =
            rows.iter().filter(|row| row.reaches(goal)).map(|row| row.case()).collect();
        let which = match reached.len() {
            count if count == 0 || count == rows.len() => String::new(),
            _ => format!(" ({})", reached.join("; ")),
        };
        let _ = writeln!(
            text,
            "- {}: reached in {} of {}{which}, ratios from {} to {}.",
            rows[0].program(),
            reached.len(),
            rows.len(),
            three_digits(smallest),
            three_digits(largest)
        );
    }
    text
}

/// The table of the README: what was solved with two threads.
fn summary(machine: &str, rows: &[Row]) -> String {
    let mut text = String::from(
        "| program | problem | its solve | Viner's | ratio |\n|---|---|---:|---:|---:|\n",
    );
    for row in rows.iter().filter(|row| row.peer.introduction.threads == 2) {
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} |",
            row.head(),
            duration(median(&row.peer.seconds)),
            duration(median(&row.viner.seconds)),
            three_digits(row.ratio())
        );
    }
    let _ = write!(text, "\nMeasured on: {machine}, two threads each.");
    text
}

const BEGIN: &str = "<!-- speed: written by `cargo xtask bench peers` -->\n";
const END: &str = "<!-- end of speed -->";

/// `text` with `table` between the marks.
fn placed(text: &str, table: &str) -> Result<String, String> {
    let parts = text.split_once(BEGIN).and_then(|(before, rest)| {
        let (_, after) = rest.split_once(END)?;
        Some((before, after))
    });
    let (before, after) =
        parts.ok_or_else(|| format!("README.md has no `{}` and `{END}`", BEGIN.trim()))?;
    Ok(format!("{before}{BEGIN}\n{table}\n{END}{after}"))
}

fn read(path: &Path) -> Result<String, String> {
    std::fs::read_to_string(path)
        .map_err(|error| format!("cannot read {}: {error}", path.display()))
}

fn store(path: &Path, text: &str) -> Result<(), String> {
    std::fs::write(path, text).map_err(|error| format!("cannot write {}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::super::contender::Found;
    use super::*;

    fn measured(seconds: &[f64], welfare: &[(&str, f64)]) -> Measured {
        let introduction = Introduction {
            peer: "peer".into(),
            version: "1".into(),
            threads: 2,
            setup_seconds: 0.5,
        };
        let welfare = welfare.iter().map(|&(region, value)| (region.to_owned(), value)).collect();
        let found = Found { tolerance: 3e-11, evaluations: 40, welfare: Some(welfare) };
        Measured { introduction, seconds: seconds.to_vec(), first_answer: 4.0, found }
    }

    fn row(within: f64) -> Row {
        Row {
            problem: "tariff",
            model: Model::Same { within },
            numpy: false,
            peer: measured(&[9.0, 2.0, 3.0], &[("A", -0.01), ("B", 0.5)]),
            viner: measured(&[0.02, 0.01, 0.9], &[("A", -0.01 + 1e-7), ("B", 0.5)]),
        }
    }

    #[test]
    fn tells_medians_their_ratio_and_the_largest_difference() {
        assert_eq!(
            row(1e-6).time(200.0),
            "| peer 1 | tariff | 2 | 3.00 s | 20.0 ms | **150** | 200: missed | 500 ms | 500 ms | 4.00 s | 4.00 s |"
        );
        assert_eq!(
            row(1e-6).agreement(),
            "| peer 1 | tariff | the same | 40 | 40 | 3e-11 | 3e-11 | 1e-7 |"
        );
    }

    #[test]
    fn programs_of_one_model_that_differ_are_refused() {
        assert_eq!(agree(&[row(1e-6)]), Ok(()));
        let refused = agree(&[row(1e-8), row(1e-6)]).expect_err("differs by 1e-7");
        assert_eq!(refused, "peer, tariff: welfare differs by 1.0e-7, more than 1e-8");
        let mut unknown = row(1e-6);
        unknown.peer.found.welfare = None;
        assert!(agree(&[unknown]).is_err());
    }

    #[test]
    fn a_goal_missed_is_called_so() {
        let fast = row(1e-6);
        let mut slow = row(1e-6);
        slow.viner.seconds = vec![1.0];
        slow.peer.introduction.threads = 1;
        let mut other = row(1e-6);
        other.peer.introduction.peer = "other".into();
        let text = document("a machine", &[slow, fast, other]);
        for expected in [
            "| **3.00** | 100: missed |",
            "| **150** | 100: reached |",
            "- peer 1: reached in 1 of 2 (tariff on 2 threads), ratios from 3.00 to 150.",
            "- other 1: reached in 1 of 1, ratios from 150 to 150.",
        ] {
            assert!(text.contains(expected), "{expected}\n{text}");
        }
    }

    #[test]
    fn the_table_of_the_readme_is_replaced() {
        let text = format!("before\n{BEGIN}old\n{END}\nafter\n");
        let placed = placed(&text, "new").expect("the marks are there");
        assert_eq!(placed, format!("before\n{BEGIN}\nnew\n{END}\nafter\n"));
        assert!(super::placed("nothing", "new").is_err());
    }
}
