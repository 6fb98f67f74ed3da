//! Where a change of welfare comes from, added up along the path to the counterfactual.

mod cells;

use ndarray::{Array1, Array2, Array3};

use self::cells::CellPoint;
use crate::equilibrium::{Equilibrium, Failure, Settings, solve_from};
use crate::problem::{Problem, TradeCell};

/// A source of welfare change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Prices of exports and imports at the border: `Σ_exp B dlnb − Σ_imp B dlnb`.
    TermsOfTrade,
    /// Volume of imports that bear a tariff, or a wedge whose rent the importer keeps:
    /// `Σ τB (dlnB − dlnb)` for tariffs alone.
    TariffVolume,
    /// Volume of exports that bear a tax, or a wedge whose rent the exporter keeps:
    /// `Σ xX (dlnX − dlnc)` for taxes alone.
    ExportTaxVolume,
    /// Costs of trade, of routes and of payment of what is bought: `−Σ P dlnκ`.
    TradeCosts,
    /// Fees and margins of trade between others.
    Fees,
    /// Varieties that embargoes and exits take away: `Σ B(1+τ) dln(1−f) / θ`.
    Varieties,
    /// `Σ Y dlnÂ`.
    Productivity,
    /// `Σ wL dlnL`, where employment is not given.
    Employment,
    /// `dT`.
    Transfers,
    /// `dD`.
    Deficits,
    /// Spending that is not yet at the new tastes, where tastes shift.
    Tastes,
}

impl Part {
    /// All parts, in the order of [`WelfareSplit::parts`].
    pub const ALL: [Self; 11] = [
        Self::TermsOfTrade,
        Self::TariffVolume,
        Self::ExportTaxVolume,
        Self::TradeCosts,
        Self::Fees,
        Self::Varieties,
        Self::Productivity,
        Self::Employment,
        Self::Transfers,
        Self::Deficits,
        Self::Tastes,
    ];

    /// Name in results.
    pub fn name(self) -> &'static str {
        match self {
            Self::TermsOfTrade => "terms_of_trade",
            Self::TariffVolume => "tariff_volume",
            Self::ExportTaxVolume => "export_tax_volume",
            Self::TradeCosts => "trade_costs",
            Self::Fees => "fees",
            Self::Varieties => "varieties",
            Self::Productivity => "productivity",
            Self::Employment => "employment",
            Self::Transfers => "transfers",
            Self::Deficits => "deficits",
            Self::Tastes => "tastes",
        }
    }
}

/// Welfare changes by source.
#[derive(Clone, Debug, PartialEq)]
pub struct WelfareSplit {
    /// `[region, part]`, fractions; parts in the order of [`Part::ALL`].
    pub parts: Array2<f64>,
    /// Exact welfare change, `[region]`.
    pub welfare: Array1<f64>,
    /// Largest difference between the sum of the parts and the exact welfare.
    pub error: f64,
    /// Equilibria solved along the path.
    pub solves: usize,
}

/// Splits the welfare change of `equilibrium` into its sources.
///
/// `dW = (W/I) · Σ parts` is integrated along the straight path of [`Problem::part_way`] by the
/// trapezoidal rule with Richardson extrapolation, the number of steps doubled until the parts add
/// up to the exact welfare within `tolerance`, at most six times.
///
/// # Errors
/// An equilibrium on the way cannot be solved.
pub fn welfare_split(
    problem: &Problem,
    equilibrium: &Equilibrium,
    tolerance: f64,
    settings: Settings,
) -> Result<WelfareSplit, Failure> {
    const DOUBLINGS: u32 = 6;
    let welfare = &equilibrium.income / &problem.baseline.income / &equilibrium.price_index - 1.0;
    let start = problem.part_way(0.0);
    let mut solves = 1;
    let first = solve_from(&start, None, settings)?;
    let mut points =
        vec![Point::of(&start, problem, &first), Point::of(problem, problem, equilibrium)];
    let mut unknowns = vec![first.unknowns, equilibrium.unknowns.clone()];
    let mut table: Vec<Array2<f64>> = vec![trapezoid(problem, &points)];
    let mut best = finish(&table[0], &welfare, solves);

    for doubling in 1..=DOUBLINGS {
        let steps = 1_usize << doubling;
        let mut next_points = Vec::with_capacity(steps + 1);
        let mut next_unknowns = Vec::with_capacity(steps + 1);
        for (index, (point, unknown)) in points.into_iter().zip(unknowns).enumerate() {
            if index > 0 {
                let partial = problem.part_way((2 * index - 1) as f64 / steps as f64);
                let middle = solve_from(&partial, Some(&unknown), settings)?;
                solves += 1;
                next_points.push(Point::of(&partial, problem, &middle));
                next_unknowns.push(middle.unknowns);
            }
            next_points.push(point);
            next_unknowns.push(unknown);
        }
        (points, unknowns) = (next_points, next_unknowns);

        let mut row = vec![trapezoid(problem, &points)];
        let mut power = 1.0;
        for coarser in &table {
            power *= 4.0;
            let finer = &row[row.len() - 1];
            row.push((finer * power - coarser) / (power - 1.0));
        }
        table = row;
        let extrapolated = finish(&table[table.len() - 1], &welfare, solves);
        if extrapolated.error < best.error {
            best = extrapolated;
        }
        best.solves = solves;
        if best.error <= tolerance {
            break;
        }
    }
    Ok(best)
}

fn finish(parts: &Array2<f64>, welfare: &Array1<f64>, solves: usize) -> WelfareSplit {
    let difference = parts.sum_axis(ndarray::Axis(1)) - welfare;
    let error = difference.iter().fold(0.0, |worst: f64, value| worst.max(value.abs()));
    WelfareSplit { parts: parts.clone(), welfare: welfare.clone(), error, solves }
}

/// Values at one point of the path that the integrands and their increments are made of.
struct Point {
    /// `W/I` by region.
    weight: Array1<f64>,
    /// `X`, `[sector, importer, exporter]`.
    flows: Array3<f64>,
    /// The accounts of every cell that a policy touches.
    cells: Vec<(TradeCell, CellPoint)>,
    /// Fees and margins received of trade between others, by region.
    fees: Array1<f64>,
    log_cost: Array2<f64>,
    log_productivity: Array2<f64>,
    log_price: Array2<f64>,
    output: Array2<f64>,
    labour_income: Array1<f64>,
    log_employment: Array1<f64>,
    transfers: Array1<f64>,
    deficits: Array1<f64>,
    /// Final spending at the tastes of the path, and what it would be at the new ones.
    final_spending: Array2<f64>,
    new_final_spending: Array2<f64>,
}

impl Point {
    fn of(problem: &Problem, goal: &Problem, equilibrium: &Equilibrium) -> Self {
        let baseline = &problem.baseline;
        let cells: Vec<(TradeCell, CellPoint)> = problem
            .counterfactual
            .cells
            .iter()
            .map(|(&cell, change)| (cell, CellPoint::of(problem, equilibrium, cell, change)))
            .collect();
        let mut fees = Array1::zeros(baseline.region_count());
        for (&(_, n, i), flow) in &equilibrium.split_trade {
            for payment in flow.payments.iter().filter(|payment| ![i, n].contains(&payment.to)) {
                fees[payment.to] += payment.amount;
            }
        }
        let at_tastes = |tastes: &Array2<f64>| {
            let power = 1.0 - problem.elasticities.final_demand;
            let mut spending = tastes.clone();
            for (n, mut row) in spending.rows_mut().into_iter().enumerate() {
                for (s, share) in row.iter_mut().enumerate() {
                    *share *= equilibrium.final_prices(n)[s].powf(power);
                }
                row *= equilibrium.income[n] / row.sum();
            }
            spending
        };
        let labour_share = problem.elasticities.specific_factor_share.mapv(|share| 1.0 - share);
        // The price index at the new tastes, which welfare is measured with.
        let new_tastes = &goal.counterfactual.final_shares;
        let power = 1.0 - problem.elasticities.final_demand;
        let weight = (0..baseline.region_count())
            .map(|n| {
                let terms = new_tastes.row(n).into_iter().zip(equilibrium.final_prices(n));
                let index: f64 = if power == 0.0 {
                    terms.map(|(a, p)| a * p.ln()).sum::<f64>().exp()
                } else {
                    terms.map(|(a, p)| a * p.powf(power)).sum::<f64>().powf(1.0 / power)
                };
                1.0 / (baseline.income[n] * index)
            })
            .collect();
        Self {
            weight,
            flows: Array3::clone(&equilibrium.trade_flows),
            cells,
            fees,
            log_cost: equilibrium.unit_cost.mapv(f64::ln),
            log_productivity: problem.counterfactual.productivity.mapv(f64::ln),
            log_price: Array2::from_shape_fn(equilibrium.price.raw_dim(), |(n, s)| {
                equilibrium.final_prices(n)[s].ln()
            }),
            output: equilibrium.output.clone(),
            labour_income: (&labour_share * &equilibrium.value_added).sum_axis(ndarray::Axis(1)),
            log_employment: equilibrium.employment.mapv(f64::ln),
            transfers: equilibrium.transfers.clone(),
            deficits: equilibrium.deficits.clone(),
            final_spending: at_tastes(&problem.counterfactual.final_shares),
            new_final_spending: at_tastes(new_tastes),
        }
    }
}

/// `ln(after/before)` of two positive ratios; equal ones give exactly 0.
fn log_ratio(before: f64, after: f64) -> f64 {
    if before == after { 0.0 } else { (after / before).ln() }
}

/// Sum over the steps of the path of (mean integrand) × (increment), `[region, part]`.
fn trapezoid(problem: &Problem, points: &[Point]) -> Array2<f64> {
    let mut parts = Array2::zeros((problem.baseline.region_count(), Part::ALL.len()));
    for pair in points.windows(2) {
        step(problem, &pair[0], &pair[1], &mut parts);
    }
    parts
}

fn step(problem: &Problem, old: &Point, new: &Point, parts: &mut Array2<f64>) {
    let baseline = &problem.baseline;
    let (regions, sectors) = (baseline.region_count(), baseline.sector_count());
    // Mean of `weight · value` over the step, times an increment.
    let mut add = |n: usize, part: Part, before: f64, after: f64, increment: f64| {
        let mean = 0.5 * (old.weight[n] * before + new.weight[n] * after);
        parts[[n, part as usize]] += mean * increment;
    };
    let mut cells = old.cells.iter().zip(&new.cells).peekable();
    for s in 0..sectors {
        for n in 0..regions {
            for i in 0..regions {
                let cell = (s, n, i);
                let touched = cells.next_if(|((touched, _), _)| *touched == cell);
                if old.flows[[s, n, i]] == 0.0 && new.flows[[s, n, i]] == 0.0 {
                    continue;
                }
                let untouched = |point: &Point| CellPoint::untouched(baseline, cell, &point.flows);
                let (a, b) = match touched {
                    Some(((_, a), (_, b))) => (a.clone(), b.clone()),
                    None => (untouched(old), untouched(new)),
                };
                let cost = new.log_cost[[i, s]] - old.log_cost[[i, s]];
                let border = cost + (b.log_export_tax - a.log_export_tax);
                let sold = cost + log_ratio(a.received, b.received);
                let bought = border + log_ratio(a.paid_abroad, b.paid_abroad);
                if i != n || a.received != a.paid_abroad || b.received != b.paid_abroad {
                    add(i, Part::TermsOfTrade, a.made * a.received, b.made * b.received, sold);
                    let (w0, w1) = (a.goods * a.paid_abroad, b.goods * b.paid_abroad);
                    add(n, Part::TermsOfTrade, -w0, -w1, bought);
                }
                if a.kept_by_importer != 0.0 || b.kept_by_importer != 0.0 {
                    let (k0, k1) = (a.kept_by_importer, b.kept_by_importer);
                    add(n, Part::TariffVolume, k0, k1, b.goods - a.goods);
                    add(n, Part::TariffVolume, -k0 * a.goods, -k1 * b.goods, border);
                }
                if a.received != 1.0 || b.received != 1.0 {
                    let (k0, k1) = (a.received - 1.0, b.received - 1.0);
                    add(i, Part::ExportTaxVolume, k0, k1, b.made - a.made);
                    add(i, Part::ExportTaxVolume, -k0 * a.made, -k1 * b.made, cost);
                }
                let trade_cost = b.log_trade_cost - a.log_trade_cost;
                add(n, Part::TradeCosts, -a.spending, -b.spending, trade_cost);
                for (nest, other) in a.nests.iter().zip(&b.nests) {
                    add(n, Part::TradeCosts, -nest.0, -other.0, other.1 - nest.1);
                }
                let lost = (b.remaining - a.remaining) / problem.elasticities.trade[s];
                add(n, Part::Varieties, a.full_spending, b.full_spending, lost);
            }
        }
    }
    for n in 0..regions {
        for s in 0..sectors {
            let productivity = new.log_productivity[[n, s]] - old.log_productivity[[n, s]];
            add(n, Part::Productivity, old.output[[n, s]], new.output[[n, s]], productivity);
            let price = new.log_price[[n, s]] - old.log_price[[n, s]];
            let before = old.final_spending[[n, s]] - old.new_final_spending[[n, s]];
            let after = new.final_spending[[n, s]] - new.new_final_spending[[n, s]];
            add(n, Part::Tastes, before, after, price);
        }
        let employment = new.log_employment[n] - old.log_employment[n];
        add(n, Part::Employment, old.labour_income[n], new.labour_income[n], employment);
        add(n, Part::Fees, 1.0, 1.0, new.fees[n] - old.fees[n]);
        add(n, Part::Transfers, 1.0, 1.0, new.transfers[n] - old.transfers[n]);
        add(n, Part::Deficits, 1.0, 1.0, new.deficits[n] - old.deficits[n]);
    }
}
