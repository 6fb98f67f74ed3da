//! Tariffs that look wrong.

use viner_model::labels::Labels;
use viner_model::tables::{Description, Tables};
use viner_tables::tariffs::{Finding, suspicious};

const REGIONS: usize = 6;

/// A world in which each importer has a tariff of its own, which two partners are free of.
fn tables() -> Tables {
    let regions = Labels::from_codes((0..REGIONS).map(|n| format!("R{n}")));
    let mut tables = Tables::zeros(Description::default(), regions, Labels::from_codes(["A", "B"]));
    tables.flows.fill(10.0);
    let mut rates = tables.flows.clone();
    for ((s, n, i), rate) in rates.indexed_iter_mut() {
        let free = (n + 1) % REGIONS == i || (n + 2) % REGIONS == i;
        *rate = if n == i || free { 0.0 } else { 0.02 * (n * n + 3 * s) as f64 };
    }
    tables.tariffs = Some(rates);
    tables
}

fn kinds(findings: &[Finding]) -> Vec<&str> {
    findings.iter().map(|finding| finding.kind).collect()
}

#[test]
fn a_swapped_pair_is_told_and_a_right_one_is_not() {
    let mut tables = tables();
    assert_eq!(suspicious(&tables), []);
    tables.tariffs.as_mut().unwrap().swap_axes(1, 2);
    // What R5 charges is now paid by those who buy of it; most where they charge nothing themselves.
    tables.flows[[1, 3, 5]] = 1000.0;
    let findings = suspicious(&tables);
    assert_eq!(kinds(&findings), ["swapped tariffs"]);
    assert_eq!(findings[0].cells[0], "R5/R3/B");
    assert_eq!(findings[0].cells.len(), 5);
    assert!(findings[0].text.contains("times as much by exporter as by importer"));
}

#[test]
fn tariffs_at_home_and_in_percent_are_told() {
    let mut tables = tables();
    let rates = tables.tariffs.as_mut().unwrap();
    rates[[0, 2, 2]] = 0.5;
    rates[[1, 3, 3]] = 0.25;
    rates[[1, 0, 4]] = 3.5;
    let findings = suspicious(&tables);
    assert_eq!(kinds(&findings), ["domestic tariff", "large tariff"]);
    assert_eq!(findings[0].cells, ["R2/R2/A", "R3/R3/B"]);
    assert_eq!(findings[1].to_string(), "tariffs are above 300 % in 1 cells: `R4/R0/B`");
    tables.tariffs.as_mut().unwrap().mapv_inplace(|rate| 100.0 * rate);
    assert_eq!(kinds(&suspicious(&tables)), ["domestic tariff", "tariff in percent"]);
    tables.tariffs = None;
    assert_eq!(suspicious(&tables), []);
}
