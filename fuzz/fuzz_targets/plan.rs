//! Any text as a plan of every kind, with tables and overrides: refused for a reason, or read, and the same
//! again from a manifest.

#![no_main]

use std::collections::BTreeMap;
use std::fmt::Debug;

use libfuzzer_sys::fuzz_target;
use viner_fuzz::source_of;
use viner_io::Diagnostics;
use viner_io::scenario_file::{
    PlanKind, ScenarioSource, read_game_plan, read_optimize_plan, read_path_plan, read_sweep_plan,
};
use viner_model::outcome::Outcome;

/// As a source that is read from a manifest calls itself.
const NAME: &str = "scenario of manifest.json";

/// What comes of a plan that has been read; nothing if it was refused or has mistakes.
fn whole<P>((plan, diagnostics): (Option<P>, Diagnostics)) -> Option<P> {
    let _ = diagnostics.to_string();
    assert!(plan.is_some() || !diagnostics.is_empty(), "refused without a reason");
    plan.filter(|_| diagnostics.is_empty())
}

fn assert_same_again<P: PartialEq + Debug>(
    plan: P,
    entry: &impl ToString,
    read: impl Fn(&ScenarioSource) -> Option<P>,
) {
    let json = format!("{{\"scenario\": {}}}", entry.to_string());
    let again = ScenarioSource::manifest("manifest.json", &json).ok();
    assert_eq!(again.and_then(|source| read(&source)), Some(plan));
}

fuzz_target!(|bytes: &[u8]| {
    let (source, overrides) = source_of(NAME, bytes);
    let _ = PlanKind::of(&source.text);

    if let Some(plan) = whole(read_sweep_plan(&source, &overrides)) {
        for outcome in &plan.outcomes {
            let _ = Outcome::parse(outcome);
        }
        let entry = plan.head.manifest_entry(&BTreeMap::new());
        assert_same_again(plan, &entry, |source| whole(read_sweep_plan(source, &[])));
    }
    if let Some(plan) = whole(read_optimize_plan(&source, &overrides)) {
        let entry = plan.head.manifest_entry(&plan.files);
        assert_same_again(plan, &entry, |source| whole(read_optimize_plan(source, &[])));
    }
    if let Some(plan) = whole(read_game_plan(&source, &overrides)) {
        let entry = plan.head.manifest_entry(&plan.files);
        assert_same_again(plan, &entry, |source| whole(read_game_plan(source, &[])));
    }
    // The scenario that a path names is the text itself.
    let named = |_: &str, _: Option<&_>| Ok(ScenarioSource::text("named.toml", &source.text));
    let path = |source: &ScenarioSource, set: &[String]| whole(read_path_plan(source, set, &named));
    if let Some(plan) = path(&source, &overrides) {
        let entry = plan.manifest_entry();
        assert_same_again(plan, &entry, |source| path(source, &[]));
    }
});
