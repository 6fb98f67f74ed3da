//! The baseline to first order: what an economy of one sector per region is added up from.

use viner_numerics::kernel::dense::{add_scaled, add_transposed_product, dot};

use crate::equilibrium::system::{System, slice};
use crate::scenario::Labour;

/// How one cell answers to the levels of its region.
#[derive(Clone, Copy, Default)]
pub(super) struct Answer {
    /// Of unit costs to activity and to prices.
    pub cost: [f64; 2],
    /// Of `ln(β'/β)`.
    pub shift: [f64; 2],
    /// Of spending on inputs.
    pub inputs: [f64; 2],
}

/// Profiles beyond this are not used: what a level does to such a cell is not what it does to first order
/// even where the level moves little.
const LARGEST_PROFILE: f64 = 10.0;

/// Diagonals below this are not trusted.
const LEAST_DIAGONAL: f64 = 0.3;

/// Part of each purchase in the spending of its region; 0 where there is none.
pub(super) fn price_weights(system: &System<'_>) -> Vec<f64> {
    let baseline = &system.problem.baseline;
    let (sectors, survivors) = (baseline.sector_count(), &system.survivors);
    if system.purchasers == 1 {
        let expenditure = slice(&baseline.expenditure);
        let buys = |cell: usize| survivors.buys[[cell / sectors, cell % sectors]];
        return weights(expenditure, sectors, buys);
    }
    let of_row = |row: usize| (row / system.purchasers, row % system.purchasers);
    let spending: Vec<f64> = (0..system.prices())
        .map(|at| {
            let (n, user) = of_row(at / sectors);
            baseline.user_spending(n, user, at % sectors)
        })
        .collect();
    weights(&spending, system.purchasers * sectors, |at| {
        let (n, user) = of_row(at / sectors);
        survivors.buys(n, user, at % sectors)
    })
}

/// Part of each entry in the total of its region; 0 where there is none.
pub(super) fn weights(values: &[f64], entries: usize, counts: impl Fn(usize) -> bool) -> Vec<f64> {
    let mut weights: Vec<f64> = values
        .iter()
        .enumerate()
        .map(|(cell, &value)| if counts(cell) { value.max(0.0) } else { 0.0 })
        .collect();
    for row in weights.chunks_mut(entries) {
        let total: f64 = row.iter().sum();
        if total > 0.0 {
            for weight in row {
                *weight /= total;
            }
        }
    }
    weights
}

/// The equations of a sector to first order, when all activities of its region move by one factor and
/// all prices by another.
pub(super) fn answer(system: &System<'_>, cell: usize) -> Answer {
    let sectors = system.markets.len();
    let (n, k) = (cell / sectors, cell % sectors);
    let region = system.region(n);
    if region.output[k] == 0.0 {
        return Answer::default();
    }
    if region.value_added[k] == 0.0 {
        return Answer { cost: [0.0, 1.0], shift: [0.0; 2], inputs: [1.0, 0.0] };
    }
    let wage = match region.labour {
        Labour::Mobile if region.labour_income != 0.0 => [1.0, 0.0],
        Labour::Mobile | Labour::FixedNominalWage => [0.0, 0.0],
        Labour::FixedRealWage => [0.0, 1.0],
    };
    let (specific, share) = (region.specific_factor_share[k], region.value_added_share[k]);
    let substitution = 1.0 - region.production_elasticity[k];
    let mut answer = Answer::default();
    for level in 0..2 {
        let [own, input_price] = if level == 0 { [specific, 0.0] } else { [0.0, 1.0] };
        let factor_price = (1.0 - specific) * wage[level] + own;
        let cost = share * factor_price + (1.0 - share) * input_price;
        let shift = substitution * (factor_price - cost);
        let output = if level == 0 { 1.0 - shift } else { -shift };
        answer.cost[level] = cost;
        answer.shift[level] = shift;
        answer.inputs[level] = output + substitution * (input_price - cost);
    }
    answer
}

/// What the levels of region `n` add to its spending by sector, in money: activity, prices.
pub(super) fn spending(system: &System<'_>, answers: &[Answer], n: usize) -> [Vec<f64>; 2] {
    let region = system.region(n);
    let sectors = region.output.len();
    let value_added: f64 = region.value_added.iter().sum();
    [0, 1].map(|level| {
        let inputs: Vec<f64> = (0..sectors)
            .map(|k| {
                let spent = (1.0 - region.value_added_share[k]) * region.output[k];
                spent * answers[n * sectors + k].inputs[level]
            })
            .collect();
        let mut sums = vec![0.0; sectors];
        add_transposed_product(region.input_mix, &inputs, &mut sums);
        if level == 0 {
            add_scaled(&mut sums, region.final_shares, value_added);
        }
        sums
    })
}

/// What the levels of a region do to the equations of its own cells, less what they do to the mean of
/// these by weight: of activity, then of prices, each by level of activity and of prices; nothing where
/// that is large somewhere. `spending` by region, as [`spending`] has it.
pub(super) fn profiles(
    system: &System<'_>,
    answers: &[Answer],
    spending: &[[Vec<f64>; 2]],
    weights: [&[f64]; 2],
) -> [[Vec<f64>; 2]; 2] {
    let problem = system.problem;
    let baseline = &problem.baseline;
    let (sectors, goods) = (baseline.sector_count(), system.purchasers * baseline.sector_count());
    let activity = |cell: usize, level: usize| {
        let (n, k) = (cell / sectors, cell % sectors);
        let (home, at_home) = home_market(system, n, k);
        let theta = problem.elasticities.trade[k];
        let answer = answers[cell];
        let expenditure = baseline.expenditure[[n, k]];
        let spent = if expenditure > 0.0 { spending[n][level][k] / expenditure } else { 0.0 };
        theta * answer.cost[level] * (1.0 - at_home * home) - at_home * spent - answer.shift[level]
    };
    let price = |at: usize, level: usize| {
        let (n, s) = (at / goods, at % sectors);
        -home_share(system, n, at % goods / sectors, s) * answers[n * sectors + s].cost[level]
    };
    let less_mean = |mut profile: Vec<f64>, weights: &[f64], entries: usize| {
        for (row, weights) in profile.chunks_mut(entries).zip(weights.chunks(entries)) {
            let mean = dot(row, weights);
            for (value, weight) in row.iter_mut().zip(weights) {
                *value = if *weight == 0.0 { 0.0 } else { *value - mean };
            }
        }
        profile
    };
    let [activity_weights, price_weights] = weights;
    let mut profiles = [
        [0, 1].map(|level| {
            let profile = (0..activity_weights.len()).map(|cell| activity(cell, level)).collect();
            less_mean(profile, activity_weights, sectors)
        }),
        [0, 1].map(|level| {
            let profile = (0..price_weights.len()).map(|at| price(at, level)).collect();
            less_mean(profile, price_weights, goods)
        }),
    ];
    if profiles.iter().flatten().flatten().any(|value| value.abs() > LARGEST_PROFILE) {
        profiles.iter_mut().flatten().for_each(|profile| profile.fill(0.0));
    }
    profiles
}

/// Share of the home market in a region's purchases of a good, and in its sales of it.
fn home_market(system: &System<'_>, n: usize, k: usize) -> (f64, f64) {
    let baseline = &system.problem.baseline;
    let home = baseline.trade_shares[[k, n, n]];
    let (output, spending) = (system.region(n).output[k], baseline.expenditure[[n, k]]);
    (home, if output > 0.0 { (home * spending / output).min(1.0) } else { 0.0 })
}

/// Share of the home market in what a purchaser buys of a good.
fn home_share(system: &System<'_>, n: usize, purchaser: usize, s: usize) -> f64 {
    match system.problem.user_shares() {
        None => system.problem.baseline.trade_shares[[s, n, n]],
        Some(shares) => shares[[s, n, purchaser, n]],
    }
}

/// One over what a cell's own unknown does to its own equation, levels apart: activity, prices.
pub(super) fn diagonals(system: &System<'_>) -> [Vec<f64>; 2] {
    let problem = system.problem;
    let baseline = &problem.baseline;
    let (regions, sectors) = (baseline.region_count(), baseline.sector_count());
    let mut inverse = [Vec::new(), Vec::new()];
    for n in 0..regions {
        let region = system.region(n);
        for k in 0..sectors {
            let theta = problem.elasticities.trade[k];
            let (home, at_home) = home_market(system, n, k);
            let share = region.value_added_share[k];
            let own_use = (1.0 - share) * region.input_mix[k * sectors + k];
            let (output, spending) = (region.output[k], baseline.expenditure[[n, k]]);
            let (specific, substitution) = if region.value_added[k] == 0.0 {
                (0.0, 0.0)
            } else {
                (region.specific_factor_share[k], 1.0 - region.production_elasticity[k])
            };
            let cost = share * specific;
            let shift = substitution * (specific - cost);
            let own = if spending > 0.0 { own_use * output / spending } else { 0.0 };
            let activity = 1.0 - shift + theta * cost * (1.0 - at_home * home)
                - at_home * own * (1.0 - shift - substitution * cost);
            inverse[0].push(activity.max(LEAST_DIAGONAL).recip());
            if system.purchasers == 1 {
                inverse[1].push((1.0 - home * own_use).max(LEAST_DIAGONAL).recip());
            }
        }
        for user in (0..system.purchasers).filter(|_| system.purchasers > 1) {
            for s in 0..sectors {
                let home = home_share(system, n, user, s);
                let own_use = if user == s {
                    (1.0 - region.value_added_share[s]) * region.input_mix[s * sectors + s]
                } else {
                    0.0
                };
                inverse[1].push((1.0 - home * own_use).max(LEAST_DIAGONAL).recip());
            }
        }
    }
    inverse
}
