//! An outcome whose names were looked up.

use super::function::Function;
use super::{Column, Operator};

/// An outcome on the regions, sectors and policies of one baseline and scenario.
#[derive(Clone, Debug, PartialEq)]
pub struct Measure {
    pub(super) root: Bound,
}

impl Measure {
    pub(super) fn new(root: Bound) -> Self {
        Self { root }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Bound {
    Number(f64),
    Negative(Box<Bound>),
    Binary(Operator, Box<Bound>, Box<Bound>),
    Is { call: Box<BoundCall>, equal: bool, word: String },
    Call(Box<BoundCall>),
}

/// A function with the positions of its arguments.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct BoundCall {
    pub(super) function: Function,
    pub(super) base: bool,
    pub(super) at: Column,
    /// Region arguments in order.
    pub(super) regions: Vec<Vec<usize>>,
    pub(super) sectors: Vec<usize>,
    /// Name of the policy: positions differ between the years of a path.
    pub(super) policy: Option<String>,
    pub(super) currency: Option<(String, Column)>,
    /// Arguments that are outcomes of their own.
    pub(super) inner: Vec<Bound>,
    pub(super) years: Vec<(i32, Column)>,
    /// Sales of a region to itself are meant.
    pub(super) domestic: bool,
    /// Which of the inner function's region arguments is ranked, and against whom.
    pub(super) ranked: usize,
    pub(super) rivals: Vec<usize>,
}

impl BoundCall {
    pub(super) fn new(function: Function, base: bool, at: Column) -> Self {
        Self {
            function,
            base,
            at,
            regions: Vec::new(),
            sectors: Vec::new(),
            policy: None,
            currency: None,
            inner: Vec::new(),
            years: Vec::new(),
            domestic: false,
            ranked: 0,
            rivals: Vec::new(),
        }
    }

    /// Whether a region is among the buyers that the second list of regions names, if there is one.
    pub(super) fn sells_to(&self, region: usize) -> bool {
        self.regions.get(1).is_none_or(|buyers| buyers.contains(&region))
    }
}
