//! A sector divided into products.

use ndarray::{Array3, Array4};
use thiserror::Error;
use viner_model::labels::{Label, Labels};
use viner_model::tables::{Parameters, Tables, Transformation};

use crate::shares::Shares;
use crate::sourcing::fit_sourcing;

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

/// The table with a sector divided.
///
/// Flows are divided by the shares given; tariffs are the parent's. A child has the parent's
/// input structure: its inputs and value added are the parent's times its share in the parent's
/// output. What a region's users spend on the parent is divided so that each child's uses are its
/// purchases: in one proportion for all users, or as sourcing implies, or nearest to the shares given
/// for some. The children add up to the parent in every flow, input, final use and value added, and
/// in sourcing unless shares in uses are given.
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
    description.transformations.push(Transformation::new(
        "split",
        format!(
            "sector {} into {} ({}); input structure and tariffs of the parent{}",
            tables.sectors.code(parent),
            codes.join(", "),
            division.source,
            if division.uses.is_empty() { ", uses in proportion to purchases" } else { "" }
        ),
    ));
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
    if let Some(sourcing) = &tables.sourcing {
        let divided = Array4::from_shape_fn(result.sourcing_shape(), |(s, n, user, i)| {
            let (old, child) = origin[s];
            let (old_user, user) =
                origin.get(user).copied().unwrap_or((tables.sectors.len(), None));
            sourcing[[old, n, old_user, i]]
                * child.map_or(1.0, |c| shares.trade[[c, n, i]])
                * user.map_or(1.0, |c| shares.output[[c, n]])
        });
        result.sourcing = Some(divided);
        // Shares given for users are met by what they buy of each exporter.
        if !division.uses.is_empty() {
            fit_sourcing(&mut result);
        }
    }
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
