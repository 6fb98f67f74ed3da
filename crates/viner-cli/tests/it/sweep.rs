//! `viner sweep`.

use std::process::{Command, Stdio};
use std::time::Duration;

use assert_cmd::cargo::cargo_bin;

use crate::support::Place;

const PLAN: &str = "title = \"Uncertain\"\nbaseline = \"bundle\"\n\
    [[policy]]\nkind = \"tariff\"\nexporter = \"ROW\"\nimporter = \"USA\"\nsector = \"A\"\nrate = 0.5\n\
    [sweep]\ndraws = 12\nseed = 3\nmethod = \"latin-hypercube\"\n\
    outcomes = [\"welfare(USA)\", \"exports(ROW)\"]\n\
    [[sweep.vary]]\nkey = \"policy.0.rate\"\ndistribution = \"uniform\"\nlow = 0\nhigh = 0.5\n\
    [[sweep.vary]]\nkey = \"model.trade_elasticity\"\ndistribution = \"lognormal\"\nmedian = 5\nsigma = 0.2\n";

fn place() -> Place {
    let place = Place::with_bundle();
    place.write("plan.toml", PLAN);
    place
}

#[test]
fn tables_have_every_draw() {
    let place = place();
    let ran = place.viner("sweep plan.toml -o out").succeeded();
    assert!(ran.stdout.starts_with("Uncertain\n12 draws, 0 without equilibrium\n"), "{ran}");
    assert_eq!(
        place.header("out/draws.csv"),
        "draw,status,reason,policy.0.rate,model.trade_elasticity"
    );
    assert_eq!(place.header("out/outcomes.csv"), "draw,outcome,value");
    assert_eq!(place.header("out/summary.csv"), "outcome,mean,sd,p05,p25,p50,p75,p95,draws");
    assert!(place.names("out").contains(&"regions.csv".to_owned()));
    assert!(!place.names("").contains(&"out.parts".to_owned()));
    // A draw is what a run with its numbers is.
    let row = &place.rows("out/draws.csv")[4];
    let (rate, theta) = (&row["policy.0.rate"], &row["model.trade_elasticity"]);
    let set = format!("--set policy.0.rate={rate} --set model.trade_elasticity={theta}");
    place.write("scenario.toml", PLAN.split("[sweep]").next().unwrap());
    place.viner(&format!("run scenario.toml {set} -o run")).succeeded();
    let alone = place.number("run/regions.csv", &[("region", "USA")], "welfare");
    let cell = [("draw", "5"), ("outcome", "welfare(USA)")];
    let found = place.number("out/outcomes.csv", &cell, "value");
    assert!((found - alone).abs() < 1e-9, "{found} {alone}");
    // Repeated from its manifest, and with another number of threads.
    place.viner("sweep out -o again --threads 1").succeeded();
    place.same_tables("out", "again");
}

#[test]
fn a_draw_without_equilibrium_is_kept() {
    let place = place();
    place.edit("plan.toml", "low = 0\n", "low = -1.5\n");
    place.edit("plan.toml", "latin-hypercube", "sobol");
    place.viner("sweep plan.toml -o out").succeeded();
    let rows = place.rows("out/draws.csv");
    let failed: Vec<_> = rows.iter().filter(|row| row["status"] == "failed").collect();
    assert!(!failed.is_empty() && failed.len() < rows.len());
    assert!(failed[0]["reason"].contains("out of range"), "{:?}", failed[0]);
    // The sequence of Sobol' also says what the spread comes from.
    assert_eq!(place.header("out/sobol.csv"), "outcome,key,first,total");
    assert_eq!(place.rows("out/sobol.csv").len(), 4);
}

#[test]
fn a_grid_is_every_combination_and_mistakes_have_lines() {
    let place = place();
    place.edit("plan.toml", "latin-hypercube", "grid");
    place.edit("plan.toml", "distribution = \"uniform\"\nlow = 0\nhigh = 0.5", "values = [0, 0.1]");
    place.edit("plan.toml", "sigma = 0.2", "sigma = 0.2\npoints = 3");
    place.viner("sweep plan.toml -o out").succeeded();
    assert_eq!(place.rows("out/draws.csv").len(), 6);
    place.edit("plan.toml", "policy.0.rate", "policy.0.rat");
    place.edit("plan.toml", "exports(ROW)", "exports(RWO)");
    let ran = place.viner("sweep plan.toml").failed(1);
    assert!(ran.stderr.contains("exports(RWO)") && ran.stderr.contains("line 15"), "{ran}");
}

/// Killed at any moment and started again, a sweep ends with the same files.
#[test]
fn a_killed_sweep_goes_on() {
    let place = place();
    place.edit("plan.toml", "draws = 12", "draws = 600");
    place.viner("sweep plan.toml -o whole").succeeded();
    let mut moment = 7_u64;
    for _ in 0..12 {
        moment = moment.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695);
        let mut child = Command::new(cargo_bin!("viner"))
            .args(["sweep", "plan.toml", "-o", "killed"])
            .current_dir(place.path(""))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_millis((moment >> 33) % 120));
        // It may have ended already.
        let _ = child.kill();
        child.wait().unwrap();
    }
    place.viner("sweep plan.toml -o killed").succeeded();
    place.same_tables("whole", "killed");
    assert_eq!(place.read("whole/manifest.json"), place.read("killed/manifest.json"));
    assert!(!place.names("").contains(&"killed.parts".to_owned()));
}

#[test]
fn parts_of_another_plan_are_not_taken() {
    let place = place();
    place.write("out.parts/part-000000.json", "{\"digest\":\"0\",\"part\":0,\"runs\":[]}");
    let ran = place.viner("sweep plan.toml -o out").failed(1);
    assert!(ran.stderr.contains("the part is of another plan"), "{ran}");
}
