//! Recomputes every equation of a plain problem from its reported results.
//!
//! The equations of [`certify`](crate::equilibrium::certify) for problems whose cells have no wedges
//! and no nests, by code that shares nothing with the solver of columns: sums over levels of one
//! problem, and powers of whole arrays from other functions. A power is taken once per price or cost,
//! not once per pair, so that it costs less than a solve.

mod production;
mod trade;

use viner_numerics::kernel::elementary;

use self::production::Production;
use self::trade::Trade;
use crate::equilibrium::Equilibrium;
use crate::equilibrium::certificate::{Certificate, Check};
use crate::equilibrium::system::slice;
use crate::problem::Problem;
use crate::scenario::{Deficits, Labour};

/// Checks the equations of the model on the reported values of an equilibrium without wedges and
/// nests; the same equations as [`certify`](crate::equilibrium::certify), in less time.
pub fn certify_plain(problem: &Problem, result: &Equilibrium) -> Certificate {
    let baseline = &problem.baseline;
    let regions = baseline.region_count();
    let (elasticities, counterfactual) = (&problem.elasticities, &problem.counterfactual);
    let mut log_prices = slice(&result.price).to_vec();
    elementary::ln(&mut log_prices);
    let Production { cost, value_added, index, demand, .. } =
        Production::of(problem, result, &log_prices);
    let Trade { price, share, spending, clearing, tariffs, export_taxes, .. } =
        Trade::of(problem, result, &log_prices, &demand);

    let (mut income, mut labour, mut numeraire, mut deficit) = (
        Check::new("income"),
        Check::new("labour market"),
        Check::new("numeraire"),
        Check::new("deficit"),
    );
    let ratio = |n: usize| result.income[n] / baseline.income[n];
    let world = result.income.sum();
    let scaled: f64 = (0..regions).map(|n| baseline.deficits[n] * ratio(n)).sum();
    let mut before_coalitions = vec![0.0; regions];
    for n in 0..regions {
        let place = (n, 0, 0);
        let earned = result.value_added.row(n).sum();
        let (transfer, imbalance) = (result.transfers[n], result.deficits[n]);
        let parts = [earned, tariffs[n], export_taxes[n], transfer, imbalance];
        let sum: f64 = parts.iter().sum();
        let size: f64 = parts.iter().map(|part| part.abs()).sum();
        income.compare(result.income[n], sum, size.max(result.income[n].abs()), place);
        income.compare(result.tariff_revenue[n], tariffs[n], size, place);
        income.compare(result.export_tax_revenue[n], export_taxes[n], size, place);
        income.compare(result.rents[n], 0.0, size, place);
        before_coalitions[n] = sum - transfer + counterfactual.transfers[n];
        let expected = match problem.deficits {
            Deficits::Fixed => baseline.deficits[n],
            Deficits::Balanced => 0.0,
            Deficits::IncomeShare => {
                baseline.deficits[n] * ratio(n) - result.income[n] / world * scaled
            }
        };
        deficit.compare(imbalance, expected, size, place);
        let (mut labour_before, mut labour_after) = (0.0, 0.0);
        for k in 0..baseline.sector_count() {
            let share = 1.0 - elasticities.specific_factor_share[[n, k]];
            labour_before += share * baseline.value_added[[n, k]];
            labour_after += share * result.value_added[[n, k]];
        }
        if labour_before != 0.0 {
            let paid = result.wage[n] * result.employment[n];
            labour.same(paid, labour_after / labour_before, place);
        }
        match problem.labour {
            Labour::Mobile => labour.same(result.employment[n], 1.0, place),
            Labour::FixedNominalWage => labour.same(result.wage[n], 1.0, place),
            Labour::FixedRealWage => labour.same(result.wage[n], result.price_index[n], place),
        }
    }
    let mut transfers = counterfactual.transfers.to_vec();
    for coalition in &counterfactual.coalitions {
        let need = |n: usize| baseline.income[n] * result.price_index[n];
        let members = coalition.members.iter();
        let incomes: f64 = members.clone().map(|&n| before_coalitions[n]).sum();
        let needs: f64 = members.clone().map(|&n| need(n)).sum();
        for (member, &n) in members.enumerate() {
            let goal = match &coalition.weights {
                None => incomes / needs * need(n),
                Some(weights) => need(n) - weights[member] * (needs - incomes),
            };
            transfers[n] += coalition.part * (goal - before_coalitions[n]);
        }
    }
    for n in 0..regions {
        let size = result.income[n] + result.transfers[n].abs();
        income.compare(result.transfers[n], transfers[n], size, (n, 0, 0));
    }
    numeraire.same(result.value_added.sum(), baseline.value_added.sum(), (0, 0, 0));

    let cell = |(n, s, _): (usize, usize, usize)| format!("`{}`", baseline.cell_name(n, s));
    let region = |(n, _, _): (usize, usize, usize)| format!("`{}`", baseline.regions.code(n));
    let pair =
        |(s, n, i): (usize, usize, usize)| format!("`{}`", baseline.trade_cell_name(s, n, i));
    Certificate {
        residuals: vec![
            cost.named(cell),
            value_added.named(cell),
            price.named(cell),
            share.named(pair),
            spending.named(cell),
            clearing.named(cell),
            index.named(region),
            income.named(region),
            deficit.named(region),
            labour.named(region),
            numeraire.named(|_| "the world".to_owned()),
        ],
    }
}
