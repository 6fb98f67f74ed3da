//! Derivatives by the shares of the baseline, which may be millions.

use std::sync::Arc;

use viner_model::baseline::Baseline;
use viner_model::equilibrium::ShareGradient;
use viner_model::problem::Problem;

use super::{Answer, BASELINE, size};

/// A share of the baseline.
#[derive(Clone, Copy)]
enum Share {
    /// π: sector, importer, purchaser, exporter.
    Trade([usize; 4]),
    /// γ: region, user, input.
    Input([usize; 3]),
    /// β: region, sector.
    ValueAdded([usize; 2]),
    /// α: region, sector.
    Final([usize; 2]),
}

/// Some of the answers by shares.
pub(super) struct Largest {
    pub answers: Vec<Answer>,
    /// How many are not among them.
    pub left_out: usize,
}

/// The answers by the shares with the largest derivatives, so many at most.
pub(super) fn largest(problem: &Problem, gradient: &ShareGradient, count: usize) -> Largest {
    let mut sizes = Vec::new();
    each(problem, gradient, |_, _, derivative| sizes.push(size(derivative)));
    let all = sizes.len();
    // The size of the last that has room, and how many of this size there is room for.
    let (mut smallest, mut room) = (f64::NEG_INFINITY, 0);
    if all > count {
        let (larger, last, _) =
            sizes.select_nth_unstable_by(count - 1, |one, other| other.total_cmp(one));
        smallest = *last;
        room = count - larger.iter().filter(|size| **size > smallest).count();
    }
    drop(sizes);
    let words = Words::new(problem);
    let mut answers = Vec::with_capacity(all.min(count));
    each(problem, gradient, |share, value, derivative| {
        let size = size(derivative);
        let among_last = size == smallest && room > 0;
        room -= usize::from(among_last);
        if size > smallest || among_last {
            answers.push(words.answer(share, value, derivative));
        }
    });
    Largest { left_out: all - answers.len(), answers }
}

/// Calls `take` with every share of the baseline that is not 0, its value and its derivative.
fn each(problem: &Problem, gradient: &ShareGradient, mut take: impl FnMut(Share, f64, f64)) {
    let baseline = &problem.baseline;
    let mut add = |share, value: f64, derivative| {
        if value != 0.0 {
            take(share, value, derivative);
        }
    };
    for ((s, n, purchaser, i), &by) in gradient.trade.indexed_iter() {
        add(Share::Trade([s, n, purchaser, i]), problem.trade_share((s, n, i), purchaser), by);
    }
    for ((n, k, s), &by) in gradient.input.indexed_iter() {
        let inputs = 1.0 - baseline.value_added_share[[n, k]];
        add(Share::Input([n, k, s]), inputs * baseline.input_mix[[n, k, s]], by);
    }
    for ((n, k), &by) in gradient.value_added.indexed_iter() {
        add(Share::ValueAdded([n, k]), baseline.value_added_share[[n, k]], by);
    }
    for ((n, s), &by) in gradient.final_demand.indexed_iter() {
        add(Share::Final([n, s]), baseline.final_shares[[n, s]], by);
    }
}

/// Codes and keys, each kept once for all answers.
struct Words {
    kind: Arc<str>,
    regions: Vec<Arc<str>>,
    sectors: Vec<Arc<str>>,
    /// By purchaser.
    trade: Vec<Arc<str>>,
    /// By user.
    input: Vec<Arc<str>>,
    value_added: Arc<str>,
    final_share: Arc<str>,
}

impl Words {
    fn new(problem: &Problem) -> Self {
        let baseline: &Baseline = &problem.baseline;
        let trade = |purchaser: usize| match problem.user_shares() {
            None => "trade_share".into(),
            Some(_) => format!("trade_share.{}", baseline.user_name(purchaser)).into(),
        };
        Self {
            kind: BASELINE.into(),
            regions: baseline.regions.codes().map(Arc::from).collect(),
            sectors: baseline.sectors.codes().map(Arc::from).collect(),
            trade: (0..problem.purchasers()).map(trade).collect(),
            input: baseline.sectors.codes().map(|k| format!("input_share.{k}").into()).collect(),
            value_added: "value_added_share".into(),
            final_share: "final_share".into(),
        }
    }

    /// What is bought has an importer, as in a trade cell; what is made has an exporter.
    fn answer(&self, share: Share, value: f64, derivative: f64) -> Answer {
        let region = |n: usize| Some(Arc::clone(&self.regions[n]));
        let (exporter, importer, sector, key) = match share {
            Share::Trade([s, n, purchaser, i]) => (region(i), region(n), s, &self.trade[purchaser]),
            Share::Input([n, k, s]) => (None, region(n), s, &self.input[k]),
            Share::ValueAdded([n, k]) => (region(n), None, k, &self.value_added),
            Share::Final([n, s]) => (None, region(n), s, &self.final_share),
        };
        Answer {
            kind: Arc::clone(&self.kind),
            policy: None,
            exporter,
            importer,
            sector: Some(Arc::clone(&self.sectors[sector])),
            key: Arc::clone(key),
            value,
            derivative,
        }
    }
}
