//! The tables of a run, with the columns that its files have.

use viner_model::equilibrium::Equilibrium;
use viner_model::labels::Labels;
use viner_model::problem::Problem;
use viner_model::report::{
    FlowOutcomes, Part, ProfitOutcomes, RegionOutcomes, SectorOutcomes, WelfareSplit,
    embodied_value,
};

use super::{Frame, instrument_frames};

/// Tables `regions`, `sectors`, `flows`, `wedges` and `profits` of a run, and those of the instruments
/// that it has.
///
/// Rows come in label order; `flows` has a row for every cell, domestic ones included.
pub fn run_frames(problem: &Problem, equilibrium: &Equilibrium) -> Vec<Frame> {
    let mut frames = vec![
        regions(problem, equilibrium),
        sectors(problem, equilibrium),
        flows(problem, equilibrium),
        instrument_frames::wedges(problem, equilibrium),
        profits(problem, equilibrium),
    ];
    frames.extend(instrument_frames::all(problem, equilibrium));
    frames
}

fn regions(problem: &Problem, equilibrium: &Equilibrium) -> Frame {
    let outcomes = RegionOutcomes::of(problem, equilibrium);
    Frame::new("regions")
        .text("region", problem.baseline.regions.codes())
        .number("welfare", outcomes.welfare)
        .number("real_gdp", outcomes.real_gdp)
        .number("real_wage", outcomes.real_wage)
        .number("wage", outcomes.wage)
        .number("price_index", outcomes.price_index)
        .number("terms_of_trade", outcomes.terms_of_trade)
        .number("tot_effect", outcomes.tot_effect)
        .number("vot_effect", outcomes.vot_effect)
        .number("exports_base", outcomes.exports_base)
        .number("exports", outcomes.exports)
        .number("imports_base", outcomes.imports_base)
        .number("imports", outcomes.imports)
        .number("income_base", outcomes.income_base)
        .number("income", outcomes.income)
        .number("tariff_revenue_base", outcomes.tariff_revenue_base)
        .number("tariff_revenue", outcomes.tariff_revenue)
        .number("rents", outcomes.rents)
        .number("employment", outcomes.employment)
}

/// A frame with a row for every (region, sector).
fn region_sector_frame(name: &str, regions: &Labels, sectors: &Labels) -> Frame {
    let cells =
        || regions.codes().flat_map(|region| sectors.codes().map(move |sector| (region, sector)));
    Frame::new(name)
        .text("region", cells().map(|(region, _)| region))
        .text("sector", cells().map(|(_, sector)| sector))
}

fn sectors(problem: &Problem, equilibrium: &Equilibrium) -> Frame {
    let outcomes = SectorOutcomes::of(problem, equilibrium);
    region_sector_frame("sectors", &problem.baseline.regions, &problem.baseline.sectors)
        .number("output_base", outcomes.output_base)
        .number("output", outcomes.output)
        .number("price", outcomes.price)
        .number("value_added_base", outcomes.value_added_base)
        .number("value_added", outcomes.value_added)
        .number("quantity", outcomes.quantity)
}

fn profits(problem: &Problem, equilibrium: &Equilibrium) -> Frame {
    let outcomes = ProfitOutcomes::of(problem, equilibrium);
    let after_tax = &outcomes.profit - &outcomes.tax;
    region_sector_frame("profits", &problem.baseline.regions, &problem.baseline.sectors)
        .number("profit_base", outcomes.profit_base)
        .number("profit", outcomes.profit)
        .number("tax", outcomes.tax)
        .number("profit_after_tax", after_tax)
}

fn flows(problem: &Problem, equilibrium: &Equilibrium) -> Frame {
    let baseline = &problem.baseline;
    let outcomes = FlowOutcomes::of(problem, equilibrium);
    let (regions, sectors) = (baseline.region_count(), baseline.sector_count());
    // Rows by exporter, importer, sector; arrays are by sector, importer, exporter.
    let cells = || {
        (0..regions)
            .flat_map(move |i| (0..regions).flat_map(move |n| (0..sectors).map(move |s| [s, n, i])))
    };
    Frame::new("flows")
        .text("exporter", cells().map(|[_, _, i]| baseline.regions.code(i)))
        .text("importer", cells().map(|[_, n, _]| baseline.regions.code(n)))
        .text("sector", cells().map(|[s, _, _]| baseline.sectors.code(s)))
        .number("value_base", cells().map(|cell| outcomes.value_base[cell]))
        .number("value", cells().map(|cell| outcomes.value[cell]))
        .number("quantity", cells().map(|cell| outcomes.quantity[cell]))
        .number("tariff", cells().map(|cell| outcomes.tariff[cell]))
        .number("wedge", cells().map(|cell| outcomes.wedge[cell]))
}

/// Table `welfare_split`: a row per region, a column per source, their sum and the exact welfare.
pub fn welfare_split_frame(problem: &Problem, split: &WelfareSplit) -> Frame {
    let mut frame = Frame::new("welfare_split").text("region", problem.baseline.regions.codes());
    for part in Part::ALL {
        frame = frame.number(part.name(), split.parts.column(part as usize).to_vec());
    }
    frame
        .number("sum", split.parts.sum_axis(viner_model::ndarray::Axis(1)))
        .number("welfare", split.welfare.to_vec())
}

/// Table `embodied`: value added of (region, sector) absorbed in the final spending of a buyer, in
/// the baseline and in the counterfactual.
///
/// # Errors
/// The equilibrium is no baseline of its own: a region has no income left.
pub fn embodied_frame(
    problem: &Problem,
    equilibrium: &Equilibrium,
) -> Result<Frame, Vec<viner_model::baseline::BaselineError>> {
    let baseline = &problem.baseline;
    let buyers: Vec<usize> = (0..baseline.region_count()).collect();
    let before = embodied_value(baseline, problem.sourcing, &buyers);
    let after = embodied_value(&equilibrium.rebase(problem)?, problem.sourcing, &buyers);
    let cells: Vec<[usize; 3]> =
        before.indexed_iter().map(|((buyer, region, sector), _)| [buyer, region, sector]).collect();
    Ok(Frame::new("embodied")
        .text("region", cells.iter().map(|cell| baseline.regions.code(cell[1])))
        .text("sector", cells.iter().map(|cell| baseline.sectors.code(cell[2])))
        .text("buyer", cells.iter().map(|cell| baseline.regions.code(cell[0])))
        .number("value_base", before)
        .number("value", after))
}
