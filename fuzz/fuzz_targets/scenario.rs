//! Any text as a scenario, with tables and overrides: read, looked up in a small baseline, and its
//! errors located.

#![no_main]

use std::sync::{Arc, LazyLock};

use libfuzzer_sys::fuzz_target;
use viner_fuzz::source_of;
use viner_io::scenario_file::{ScenarioSource, read_scenario};
use viner_model::baseline::Baseline;
use viner_model::economies::Recipe;
use viner_model::problem::Problem;

static BASELINE: LazyLock<Option<Arc<Baseline>>> =
    LazyLock::new(|| Baseline::new(&Recipe::new(3, 2, 1).tables(), 1e-6).ok().map(Arc::new));

fuzz_target!(|bytes: &[u8]| {
    let (source, overrides) = source_of("s.toml", bytes);
    let (file, diagnostics) = read_scenario(&source, &overrides);
    let _ = diagnostics.to_string();
    assert!(file.is_some() || !diagnostics.is_empty(), "refused without a reason");
    let _ = ScenarioSource::manifest("manifest.json", &source.text);
    let Some(file) = file else { return };
    if diagnostics.is_empty() {
        let json = format!("{{\"scenario\": {}}}", file.manifest_entry());
        let manifest = ScenarioSource::manifest("manifest.json", &json);
        let again = manifest.ok().and_then(|source| read_scenario(&source, &[]).0);
        assert_eq!(again.map(|again| again.scenario), Some(file.scenario.clone()));
    }
    if let Some(baseline) = BASELINE.as_ref()
        && let Err(errors) = Problem::new(Arc::clone(baseline), &file.scenario)
    {
        for error in &errors {
            let _ = file.locations.locate(error).to_string();
        }
    }
});
