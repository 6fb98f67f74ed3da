//! A sector divided into products.

use ndarray::{Array2, Array3};
use thiserror::Error;
use viner_model::labels::{Label, Labels};
use viner_model::tables::{Parameters, Tables, Transformation};

use crate::projection::{Account, project};

/// A share of a child in the parent's flow of some cells.
#[derive(Clone, Debug, PartialEq)]
pub struct TradeShare {
    /// Position among the children.
    pub child: usize,
    /// Seller; all if absent.
    pub exporter: Option<usize>,
    /// Buyer; all if absent.
    pub importer: Option<usize>,
    /// From 0 to 1.
    pub share: f64,
}

/// A share of a child in what some users spend on the parent.
#[derive(Clone, Debug, PartialEq)]
pub struct UseShare {
    /// Position among the children.
    pub child: usize,
    /// Region of the user; all if absent.
    pub region: Option<usize>,
    /// Using sector, or the number of sectors for final spending; all if absent.
    pub user: Option<usize>,
    /// From 0 to 1.
    pub share: f64,
}

/// How a sector is divided.
#[derive(Clone, Debug, PartialEq)]
pub struct Division {
    /// Position of the sector.
    pub parent: usize,
    /// Codes and names of its children.
    pub children: Vec<Label>,
    /// Shares in flows. The row that names more of a cell's codes counts, exporter before importer;
    /// one child may be without a share in a cell, and gets the rest.
    pub trade: Vec<TradeShare>,
    /// Shares in uses, by the same rules. Users without any buy the children in the shares in which
    /// their region does.
    pub uses: Vec<UseShare>,
    /// Where the shares come from, as the record of the step says it.
    pub source: String,
}

/// Why a sector cannot be divided so.
#[derive(Clone, Debug, PartialEq, Error)]
#[non_exhaustive]
pub enum SplitError {
    /// A child has the code of another sector.
    #[error("child `{code}` has the code of another sector")]
    CodeTaken {
        /// The code.
        code: String,
    },
    /// Fewer than two children.
    #[error("sector `{parent}` is divided into {found} children, expected at least 2")]
    TooFew {
        /// The sector.
        parent: String,
        /// How many.
        found: usize,
    },
    /// Shares of a cell that do not sum to 1.
    #[error("shares of `{cell}` sum to {found}, expected 1 ({cells} such cells)")]
    WrongSum {
        /// The first such cell.
        cell: String,
        /// Its sum.
        found: f64,
        /// How many there are.
        cells: usize,
    },
    /// Cells with flows for which more than one child has no share.
    #[error(
        "{missing} children have no share in `{cell}`, expected at most 1 ({cells} such cells)"
    )]
    NoShare {
        /// The first such cell.
        cell: String,
        /// How many children.
        missing: usize,
        /// How many cells.
        cells: usize,
    },
    /// Shares in uses that no flows could serve.
    #[error(
        "shares in uses of region `{region}` contradict its purchases: they differ by {residual:.1e}"
    )]
    UsesContradict {
        /// The region.
        region: String,
        /// Largest relative difference left.
        residual: f64,
    },
}

/// Shares of a cell may miss 1 by this much, as printed percentages do, and are scaled.
const SUM_TOLERANCE: f64 = 1e-6;

/// The table with a sector divided.
///
/// Flows are divided by the shares given; tariffs are the parent's. A child has the parent's
/// input structure: its inputs and value added are the parent's times its share in the parent's
/// output. What a region's users spend on the parent is divided so that each child's uses are its
/// purchases: in one proportion for all users, or nearest to the shares given for some. The
/// children add up to the parent in every flow, input, final use and value added.
///
/// # Errors
/// Everything that is wrong with the division.
pub fn split(tables: &Tables, division: &Division) -> Result<Tables, Vec<SplitError>> {
    let shares = Shares::of(tables, division)?;
    let parent = division.parent;
    // The old sector of each new one, and which child it is.
    let mut origin: Vec<(usize, Option<usize>)> = Vec::new();
    let mut labels = Vec::new();
    for (s, label) in tables.sectors.iter().enumerate() {
        if s == parent {
            origin.extend((0..division.children.len()).map(|child| (s, Some(child))));
            labels.extend(division.children.iter().cloned());
        } else {
            origin.push((s, None));
            labels.push(label.clone());
        }
    }
    let mut description = tables.description.clone();
    let codes: Vec<&str> = division.children.iter().map(|child| child.code.as_str()).collect();
    description.transformations.push(Transformation {
        step: "split".to_owned(),
        note: format!(
            "sector {} into {} ({}); input structure and tariffs of the parent{}",
            tables.sectors.code(parent),
            codes.join(", "),
            division.source,
            if division.uses.is_empty() { ", uses in proportion to purchases" } else { "" }
        ),
    });
    let mut result = Tables::zeros(description, tables.regions.clone(), Labels::new(labels));
    for ((s, n, i), value) in result.flows.indexed_iter_mut() {
        let (old, child) = origin[s];
        *value = tables.flows[[old, n, i]] * child.map_or(1.0, |c| shares.trade[[c, n, i]]);
    }
    for ((n, k, s), value) in result.inputs.indexed_iter_mut() {
        let ((old_user, user), (old, child)) = (origin[k], origin[s]);
        *value = tables.inputs[[n, old_user, old]]
            * user.map_or(1.0, |c| shares.output[[c, n]])
            * child.map_or(1.0, |c| shares.uses[[c, n, old_user]]);
    }
    for ((n, s), value) in result.final_spending.indexed_iter_mut() {
        let (old, child) = origin[s];
        let used = child.map_or(1.0, |c| shares.uses[[c, n, tables.sectors.len()]]);
        *value = tables.final_spending[[n, old]] * used;
    }
    for ((n, s), value) in result.value_added.indexed_iter_mut() {
        let (old, child) = origin[s];
        *value = tables.value_added[[n, old]] * child.map_or(1.0, |c| shares.output[[c, n]]);
    }
    result.tariffs = tables.tariffs.as_ref().map(|rates| {
        Array3::from_shape_fn(result.flows.dim(), |(s, n, i)| rates[[origin[s].0, n, i]])
    });
    let list = |values: &[Option<f64>]| match values {
        [] => Vec::new(),
        some => origin.iter().map(|(old, _)| some[*old]).collect(),
    };
    result.parameters = Parameters {
        trade_elasticity: list(&tables.parameters.trade_elasticity),
        production_elasticity: list(&tables.parameters.production_elasticity),
        input_elasticity: list(&tables.parameters.input_elasticity),
        specific_factor_share: list(&tables.parameters.specific_factor_share),
    };
    Ok(result)
}

/// Shares of the children, the first axis, in all that the parent is part of.
struct Shares {
    /// `[child, importer, exporter]`.
    trade: Array3<f64>,
    /// `[child, region]`.
    output: Array2<f64>,
    /// `[child, region, user]`, final spending the last user.
    uses: Array3<f64>,
}

impl Shares {
    fn of(tables: &Tables, division: &Division) -> Result<Self, Vec<SplitError>> {
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
/// region each child has the share of its purchases.
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
                    let tariff = tables.tariffs.as_ref().map_or(0.0, |rates| rates[[parent, n, i]]);
                    trade[[c, n, i]] * tables.flows[[parent, n, i]] * (1.0 + tariff)
                };
                (0..regions).map(paid).sum()
            })
            .collect();
        fill_shares(bought.view_mut(), &purchases);
        let spent: Vec<f64> = (0..users)
            .map(|user| match user {
                user if user + 1 == users => tables.final_spending[[n, parent]],
                user => tables.inputs[[n, user, parent]],
            })
            .collect();
        let is_given = |user: usize| !given[[0, n, user]].is_nan();
        let mut part = shares.slice_mut(ndarray::s![.., n, ..]);
        for user in 0..users {
            for c in 0..count {
                part[[c, user]] = if is_given(user) { given[[c, n, user]] } else { bought[c] };
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
