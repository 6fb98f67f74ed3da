//! Viner beside other programs: the two sides solve in turn, the report goes to `docs/peers.md`.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::contender::Contender;
use super::machine;
use super::report::{self, Model, Row};
use crate::python;
use crate::step::{Step, cargo, root, say};

/// One peer on one problem.
struct Comparison {
    /// Module in `validation/peers`.
    module: &'static str,
    options: &'static [&'static str],
    /// Draws of elasticities that are solved after the scenario itself.
    draws: usize,
    /// Name of the bundle, of those in [`bundles`]; none for a peer with data of its own.
    bundle: Option<&'static str>,
    /// Scenario in `validation/peers/scenarios`: what Viner solves.
    scenario: &'static str,
    problem: &'static str,
    model: Model,
    threads: usize,
    rounds: usize,
}

const TARIFF: &str = "tariff, 20 regions x 20 sectors";
const TARIFF_2022: &str = "tariff, 80 x 50";
/// Regions and sectors of the economies that are generated.
const GENERATED: [[&str; 2]; 2] = [["150", "65"], ["243", "170"]];
const TARIFF_150: &str = "tariff, 150 x 65, generated";
const TARIFF_243: &str = "tariff, 243 x 170, generated";
const DRAWS: &str = "256 draws of four elasticities, 20 x 20";
const DRAWS_2022: &str = "64 draws of four elasticities, 80 x 50";
/// `NumPy` stops when every equation holds to 1e-10, so that its answer differs by a little more.
const NUMPY: Model = Model::Same { within: 1e-9 };

const COMPARISONS: [Comparison; 24] = [
    Comparison {
        module: "puremacro_cp",
        options: &[],
        draws: 0,
        bundle: Some("icio-2019-g20"),
        scenario: "tariff-20x20",
        problem: TARIFF,
        model: Model::Same { within: 1e-6 },
        threads: 2,
        rounds: 3,
    },
    Comparison {
        module: "puremacro_ces",
        options: &[],
        draws: 0,
        bundle: Some("icio-2019-g20"),
        scenario: "tariff-20x20",
        problem: TARIFF,
        model: Model::Other,
        threads: 2,
        rounds: 5,
    },
    Comparison {
        module: "puremacro_ces",
        options: &[],
        draws: 0,
        bundle: Some("icio-2022"),
        scenario: "tariff-80x50",
        problem: TARIFF_2022,
        model: Model::Other,
        threads: 2,
        rounds: 1,
    },
    Comparison {
        module: "gegravity_onesector",
        options: &[],
        draws: 0,
        bundle: Some("one-sector"),
        scenario: "wall-one-sector",
        problem: "trade costs, 20 regions, one sector",
        model: Model::Other,
        threads: 2,
        rounds: 5,
    },
    Comparison {
        module: "sanction_simulator_net",
        options: &[],
        draws: 0,
        bundle: None,
        scenario: "embargo-80x50",
        problem: "embargo, 80 x 50",
        model: Model::Other,
        threads: 2,
        rounds: 3,
    },
    numpy("icio-2019-g20", "tariff-20x20", TARIFF, &[], 1, 25),
    numpy("icio-2019-g20", "tariff-20x20", TARIFF, &[], 2, 25),
    numpy("icio-2022", "tariff-80x50", TARIFF_2022, &[], 1, 15),
    numpy("icio-2022", "tariff-80x50", TARIFF_2022, &[], 2, 15),
    numpy("generated-150x65", "tariff-generated", TARIFF_150, &[], 1, 15),
    numpy("generated-150x65", "tariff-generated", TARIFF_150, &[], 2, 15),
    numpy("generated-243x170", "tariff-generated", TARIFF_243, &[], 1, 9),
    numpy("generated-243x170", "tariff-generated", TARIFF_243, &[], 2, 9),
    drawn("icio-2019-g20", "draws-20x20", DRAWS, &[], 256, 3),
    drawn("icio-2022", "draws-80x50", DRAWS_2022, &[], 64, 3),
    numpy("icio-2019-g20", "tariff-20x20", TARIFF, &["--direct"], 1, 9),
    numpy("icio-2022", "tariff-80x50", TARIFF_2022, &["--direct"], 1, 5),
    numpy("icio-2022", "tariff-80x50", TARIFF_2022, &["--direct"], 2, 5),
    numpy("generated-150x65", "tariff-generated", TARIFF_150, &["--direct"], 1, 9),
    numpy("generated-150x65", "tariff-generated", TARIFF_150, &["--direct"], 2, 9),
    numpy("generated-243x170", "tariff-generated", TARIFF_243, &["--direct"], 1, 5),
    numpy("generated-243x170", "tariff-generated", TARIFF_243, &["--direct"], 2, 5),
    drawn("icio-2019-g20", "draws-20x20", DRAWS, &["--direct"], 256, 2),
    drawn("icio-2022", "draws-80x50", DRAWS_2022, &["--direct"], 64, 1),
];

const fn numpy(
    bundle: &'static str,
    scenario: &'static str,
    problem: &'static str,
    options: &'static [&'static str],
    threads: usize,
    rounds: usize,
) -> Comparison {
    Comparison {
        module: "numpy_model",
        options,
        draws: 0,
        bundle: Some(bundle),
        scenario,
        problem,
        model: NUMPY,
        threads,
        rounds,
    }
}

const fn drawn(
    bundle: &'static str,
    scenario: &'static str,
    problem: &'static str,
    options: &'static [&'static str],
    draws: usize,
    rounds: usize,
) -> Comparison {
    let comparison = numpy(bundle, scenario, problem, options, 2, rounds);
    Comparison { draws, ..comparison }
}

/// Installs the peers, compares, writes `docs/peers.md` and the table in `README.md`.
///
/// # Errors
/// A package cannot be had, a program fails, or the numbers of one model differ between two programs.
pub fn run() -> Result<(), String> {
    let folder = root().join("validation").join("peers");
    let python = python::environment("python-peers", &folder.join("requirements.txt"))?;
    Step::new("Viner", cargo(&["build", "--release", "--locked"])).run()?;
    for example in ["generated_bundle", "solve_in_turn"] {
        let build =
            ["build", "--release", "--locked", "--package", "viner-io", "--example", example];
        Step::new(format!("example {example}"), cargo(&build)).run()?;
    }
    let bundles = bundles(&python, &folder)?;

    let machine = machine::described();
    let mut rows = Vec::new();
    for comparison in &COMPARISONS {
        let row = compare(comparison, &python, &folder, &bundles)?;
        say(&format!("    {}", row.line()));
        rows.push(row);
    }
    report::agree(&rows)?;
    report::write(&root(), &machine, &rows)?;
    say("==> written: docs/peers.md, the table of speed in README.md");
    Ok(())
}

/// Makes the bundles that the peers read, as CSV.
fn bundles(python: &Path, folder: &Path) -> Result<PathBuf, String> {
    let bundles = root().join("target").join("peers");
    for name in ["icio-2019-g20", "icio-2022"] {
        let mut export = Command::new(machine::release_folder().join("viner"));
        export
            .args(["data", "export", name, "--format", "csv", "--quiet", "-o"])
            .arg(bundles.join(name));
        Step::new(format!("bundle {name}"), export).run()?;
    }
    let mut one_sector = Command::new(python);
    one_sector.arg(folder.join("one_sector.py")).arg(bundles.join("icio-2019-g20"));
    one_sector.arg(bundles.join("one-sector"));
    Step::new("bundle one-sector", one_sector).run()?;
    for [regions, sectors] in GENERATED {
        let name = format!("generated-{regions}x{sectors}");
        let mut generate = Command::new(machine::example("generated_bundle"));
        generate.args([regions, sectors]).arg(bundles.join(&name));
        Step::new(format!("bundle {name}"), generate).run()?;
    }
    Ok(bundles)
}

fn compare(
    comparison: &Comparison,
    python: &Path,
    folder: &Path,
    bundles: &Path,
) -> Result<Row, String> {
    let Comparison { module, threads, .. } = *comparison;
    say(&format!("==> {module} {}: {}", comparison.options.join(" "), comparison.problem));
    let scenario = folder.join("scenarios").join(format!("{}.toml", comparison.scenario));
    let mut viner = Command::new(machine::example("solve_in_turn"));
    viner.arg(&scenario).arg(threads.to_string()).arg(comparison.draws.to_string());
    let mut peer = Command::new(python);
    peer.arg(folder.join(format!("{module}.py")));
    if let Some(name) = comparison.bundle {
        let bundle = bundles.join(name);
        viner.arg(format!("baseline={}", bundle.display()));
        peer.arg(bundle).arg(scenario).args(comparison.options);
        if comparison.draws > 0 {
            peer.args(["--draws", &comparison.draws.to_string()]);
        }
    }
    let mut peer = Contender::start(module, peer, threads)?;
    let mut viner = Contender::start("Viner", viner, threads)?;
    for _ in 0..comparison.rounds {
        viner.take_turn()?;
        peer.take_turn()?;
    }
    Ok(Row {
        problem: comparison.problem,
        model: comparison.model,
        numpy: module == "numpy_model",
        peer: peer.finish()?,
        viner: viner.finish()?,
    })
}
