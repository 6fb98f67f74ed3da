//! Shares of the products of a sector in all that it is part of.

use ndarray::{Array2, Array3};
use viner_model::tables::Tables;

use crate::projection::{Account, project};
use crate::split::{Division, SplitError};

/// Shares of a cell may miss 1 by this much, as printed percentages do, and are scaled.
const SUM_TOLERANCE: f64 = 1e-6;

/// Shares of the children, the first axis, in all that the parent is part of.
pub(crate) struct Shares {
    /// `[child, importer, exporter]`.
    pub(crate) trade: Array3<f64>,
    /// `[child, region]`.
    pub(crate) output: Array2<f64>,
    /// `[child, region, user]`, final spending the last user.
    pub(crate) uses: Array3<f64>,
}

impl Shares {
    pub(crate) fn of(tables: &Tables, division: &Division) -> Result<Self, Vec<SplitError>> {
        let parent = division.parent;
        let count = division.children.len();
        let mut errors = Vec::new();
        if count < 2 {
            let parent = tables.sectors.code(parent).to_owned();
            errors.push(SplitError::TooFew { parent, found: count });
        }
        for (index, child) in division.children.iter().enumerate() {
            let position = tables.sectors.position(&child.code);
            let again = division.children[..index].iter().any(|other| other.code == child.code);
            if again || position.is_some_and(|position| position != parent) {
                errors.push(SplitError::CodeTaken { code: child.code.clone() });
            }
        }
        let trade = trade_shares(tables, division, &mut errors);
        let users = use_shares(tables, division, &mut errors);
        if !errors.is_empty() {
            return Err(errors);
        }
        let output = output_shares(tables, parent, &trade);
        let uses = divided_uses(tables, parent, &trade, &users)?;
        Ok(Self { trade, output, uses })
    }
}

fn trade_shares(tables: &Tables, division: &Division, errors: &mut Vec<SplitError>) -> Array3<f64> {
    let regions = tables.regions.len();
    let mut given =
        Array3::<Option<(u8, f64)>>::from_elem((division.children.len(), regions, regions), None);
    for row in &division.trade {
        let rank = 2 * u8::from(row.exporter.is_some()) + u8::from(row.importer.is_some());
        for n in row.importer.map_or(0..regions, |n| n..n + 1) {
            for i in row.exporter.map_or(0..regions, |i| i..i + 1) {
                enter(&mut given[[row.child, n, i]], rank, row.share);
            }
        }
    }
    let parent = division.parent;
    let mut findings = Findings::default();
    let mut shares = Array3::zeros(given.dim());
    for n in 0..regions {
        for i in 0..regions {
            let cell = || {
                let (from, to) = (tables.regions.code(i), tables.regions.code(n));
                format!("{from}/{to}/{}", tables.sectors.code(parent))
            };
            let needed = tables.flows[[parent, n, i]] != 0.0;
            let column: Vec<Option<f64>> =
                given.slice(ndarray::s![.., n, i]).iter().map(|g| g.map(|g| g.1)).collect();
            let full = full_shares(&column, needed, cell, &mut findings);
            shares.slice_mut(ndarray::s![.., n, i]).assign(&ndarray::Array1::from(full));
        }
    }
    errors.extend(findings.into_errors());
    shares
}

/// Shares given for some users, not a number for those without any: `[child, region, user]`.
fn use_shares(tables: &Tables, division: &Division, errors: &mut Vec<SplitError>) -> Array3<f64> {
    let (regions, users) = (tables.regions.len(), tables.sectors.len() + 1);
    let count = division.children.len();
    let mut given = Array3::<Option<(u8, f64)>>::from_elem((count, regions, users), None);
    for row in &division.uses {
        let rank = 2 * u8::from(row.user.is_some()) + u8::from(row.region.is_some());
        for n in row.region.map_or(0..regions, |n| n..n + 1) {
            for user in row.user.map_or(0..users, |user| user..user + 1) {
                enter(&mut given[[row.child, n, user]], rank, row.share);
            }
        }
    }
    let mut findings = Findings::default();
    let mut shares = Array3::from_elem(given.dim(), f64::NAN);
    for n in 0..regions {
        for user in 0..users {
            let column: Vec<Option<f64>> =
                given.slice(ndarray::s![.., n, user]).iter().map(|g| g.map(|g| g.1)).collect();
            if column.iter().all(Option::is_none) {
                continue;
            }
            let name = || {
                let user = if user + 1 == users { "final" } else { tables.sectors.code(user) };
                let parent = tables.sectors.code(division.parent);
                format!("{}/{parent}/{user}", tables.regions.code(n))
            };
            let full = full_shares(&column, true, name, &mut findings);
            shares.slice_mut(ndarray::s![.., n, user]).assign(&ndarray::Array1::from(full));
        }
    }
    errors.extend(findings.into_errors());
    shares
}

/// A row that names more codes replaces one that names fewer; of equals the last counts.
fn enter(given: &mut Option<(u8, f64)>, rank: u8, share: f64) {
    if given.is_none_or(|(known, _)| rank >= known) {
        *given = Some((rank, share));
    }
}

#[derive(Default)]
struct Findings {
    wrong: Option<(String, f64, usize)>,
    missing: Option<(String, usize, usize)>,
}

impl Findings {
    fn into_errors(self) -> impl Iterator<Item = SplitError> {
        let wrong =
            self.wrong.map(|(cell, found, cells)| SplitError::WrongSum { cell, found, cells });
        let missing =
            self.missing.map(|(cell, missing, cells)| SplitError::NoShare { cell, missing, cells });
        wrong.into_iter().chain(missing)
    }
}

/// The shares of a cell with the rest given to the child without one. A cell that is not needed
/// gets equal shares where those given make no whole.
fn full_shares(
    given: &[Option<f64>],
    needed: bool,
    cell: impl Fn() -> String,
    findings: &mut Findings,
) -> Vec<f64> {
    let missing = given.iter().filter(|share| share.is_none()).count();
    let sum: f64 = given.iter().flatten().sum();
    let whole = match missing {
        0 => (sum - 1.0).abs() <= SUM_TOLERANCE,
        1 => sum <= 1.0 + SUM_TOLERANCE,
        _ => false,
    };
    if whole {
        let rest = (1.0 - sum).max(0.0);
        let total = if missing == 0 { sum } else { sum + rest };
        return given.iter().map(|share| share.unwrap_or(rest) / total).collect();
    }
    if needed && missing > 1 {
        findings.missing.get_or_insert_with(|| (cell(), missing, 0)).2 += 1;
    } else if needed {
        findings.wrong.get_or_insert_with(|| (cell(), sum, 0)).2 += 1;
    }
    vec![1.0 / given.len() as f64; given.len()]
}

fn output_shares(tables: &Tables, parent: usize, trade: &Array3<f64>) -> Array2<f64> {
    let (count, regions, _) = trade.dim();
    let mut shares = Array2::zeros((count, regions));
    for i in 0..regions {
        let sales: Vec<f64> = (0..count)
            .map(|c| (0..regions).map(|n| trade[[c, n, i]] * tables.flows[[parent, n, i]]).sum())
            .collect();
        fill_shares(shares.column_mut(i), &sales);
    }
    shares
}

/// Shares of values in their sum; equal ones where there is none.
fn fill_shares(mut shares: ndarray::ArrayViewMut1<'_, f64>, values: &[f64]) {
    let sum: f64 = values.iter().sum();
    for (share, value) in shares.iter_mut().zip(values) {
        *share = if sum == 0.0 { 1.0 / values.len() as f64 } else { value / sum };
    }
}

/// Shares of the children in what each user spends on the parent, such that over all users of a
/// region each child has the share of its purchases. A user without shares given buys of each
/// exporter what that sells to the region, in the proportions in which sourcing says it buys of
/// exporters; without sourcing, in those of the region.
fn divided_uses(
    tables: &Tables,
    parent: usize,
    trade: &Array3<f64>,
    given: &Array3<f64>,
) -> Result<Array3<f64>, Vec<SplitError>> {
    /// Relative difference between uses and purchases that is rounding.
    const CLOSED: f64 = 1e-12;
    const MAX_SWEEPS: usize = 10_000;
    let (count, regions, users) = given.dim();
    let mut shares = Array3::zeros(given.dim());
    let mut errors = Vec::new();
    for n in 0..regions {
        let mut bought = ndarray::Array1::zeros(count);
        let purchases: Vec<f64> = (0..count)
            .map(|c| {
                let paid = |i: usize| {
                    let rate = 1.0 + tables.tariff(parent, n, i);
                    trade[[c, n, i]] * tables.flows[[parent, n, i]] * rate
                };
                (0..regions).map(paid).sum()
            })
            .collect();
        fill_shares(bought.view_mut(), &purchases);
        let spent: Vec<f64> = (0..users).map(|user| tables.spending(n, user, parent)).collect();
        let is_given = |user: usize| !given[[0, n, user]].is_nan();
        let mut part = shares.slice_mut(ndarray::s![.., n, ..]);
        for user in 0..users {
            for c in 0..count {
                part[[c, user]] = if is_given(user) { given[[c, n, user]] } else { bought[c] };
            }
            if !is_given(user)
                && let Some(sourcing) = &tables.sourcing
            {
                let sold = sourcing.slice(ndarray::s![parent, n, user, ..]);
                let bought_of = |c: usize| {
                    let cells = sold.indexed_iter();
                    let paid = cells
                        .map(|(i, v)| v * (1.0 + tables.tariff(parent, n, i)) * trade[[c, n, i]]);
                    paid.sum()
                };
                let values: Vec<f64> = (0..count).map(bought_of).collect();
                if values.iter().sum::<f64>() != 0.0 {
                    fill_shares(part.column_mut(user), &values);
                }
            }
        }
        if !(0..users).any(|user| is_given(user) && spent[user] != 0.0) {
            continue;
        }
        // Values by child and user, to be scaled to the purchases of the one and spending of the other.
        let mut values: Vec<f64> =
            part.indexed_iter().map(|((_, user), share)| share * spent[user]).collect();
        let total: f64 = spent.iter().sum();
        let cell = |c: usize, user: usize| u32::try_from(c * users + user).unwrap_or(u32::MAX);
        let mut accounts: Vec<Account> = (0..count)
            .map(|c| Account {
                cells: (0..users).map(|user| (cell(c, user), 1.0)).collect(),
                total: bought[c] * total,
            })
            .collect();
        accounts.extend((0..users).filter(|&user| spent[user] != 0.0).map(|user| Account {
            cells: (0..count).map(|c| (cell(c, user), 1.0)).collect(),
            total: spent[user],
        }));
        let outcome = project(&mut values, &accounts, CLOSED, MAX_SWEEPS);
        if outcome.residual > CLOSED {
            let region = tables.regions.code(n).to_owned();
            errors.push(SplitError::UsesContradict { region, residual: outcome.residual });
        }
        for user in (0..users).filter(|&user| spent[user] != 0.0) {
            let column: Vec<f64> = (0..count).map(|c| values[c * users + user]).collect();
            fill_shares(part.column_mut(user), &column);
        }
    }
    if errors.is_empty() { Ok(shares) } else { Err(errors) }
}
