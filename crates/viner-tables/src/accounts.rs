//! The cells of a table in one row of numbers, and the accounts that they must close.

use ndarray::{ArrayView, Dimension};
use viner_model::tables::Tables;

use crate::projection::Account;

/// One of the four parts of a table that hold money.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Sales, `[sector, importer, exporter]`.
    Flows,
    /// Purchases of inputs, `[region, user, input]`.
    Inputs,
    /// Final spending, `[region, sector]`.
    Final,
    /// Value added, `[region, sector]`.
    ValueAdded,
}

impl Part {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Flows, Self::Inputs, Self::Final, Self::ValueAdded];

    /// Name of its table in a bundle.
    pub fn name(self) -> &'static str {
        match self {
            Self::Flows => "flows",
            Self::Inputs => "inputs",
            Self::Final => "final",
            Self::ValueAdded => "value_added",
        }
    }

    /// What the codes of its cells are, in the order of [`Cells::name`].
    pub fn axes(self) -> &'static str {
        match self {
            Self::Flows => "exporter/importer/sector",
            Self::Inputs => "region/input/user",
            Self::Final | Self::ValueAdded => "region/sector",
        }
    }
}

/// Positions of all cells of a table in one row: flows, inputs, final spending, value added.
#[derive(Clone, Copy, Debug)]
pub struct Cells {
    regions: usize,
    sectors: usize,
}

impl Cells {
    /// Those of tables of this size.
    pub fn of(tables: &Tables) -> Self {
        Self { regions: tables.regions.len(), sectors: tables.sectors.len() }
    }

    /// Position of a flow.
    pub fn flow(self, s: usize, n: usize, i: usize) -> usize {
        (s * self.regions + n) * self.regions + i
    }

    /// Position of an input.
    pub fn input(self, n: usize, k: usize, s: usize) -> usize {
        self.start(Part::Inputs) + (n * self.sectors + k) * self.sectors + s
    }

    /// Position of final spending.
    pub fn final_spending(self, n: usize, s: usize) -> usize {
        self.start(Part::Final) + n * self.sectors + s
    }

    /// Position of value added.
    pub fn value_added(self, n: usize, s: usize) -> usize {
        self.start(Part::ValueAdded) + n * self.sectors + s
    }

    /// Where a part starts.
    pub fn start(self, part: Part) -> usize {
        let flows = self.sectors * self.regions * self.regions;
        let inputs = self.regions * self.sectors * self.sectors;
        match part {
            Part::Flows => 0,
            Part::Inputs => flows,
            Part::Final => flows + inputs,
            Part::ValueAdded => flows + inputs + self.regions * self.sectors,
        }
    }

    /// The part that a position is in.
    pub fn part(self, position: usize) -> Part {
        let begun = Part::ALL.into_iter().rev().find(|part| position >= self.start(*part));
        begun.unwrap_or(Part::Flows)
    }

    /// The codes of a cell: `RUS/CHN/B`.
    pub fn name(self, tables: &Tables, position: usize) -> String {
        let part = self.part(position);
        let at = position - self.start(part);
        let region = |index: usize| tables.regions.code(index);
        let sector = |index: usize| tables.sectors.code(index);
        match part {
            Part::Flows => {
                let (i, rest) = (at % self.regions, at / self.regions);
                let (n, s) = (rest % self.regions, rest / self.regions);
                format!("{}/{}/{}", region(i), region(n), sector(s))
            }
            Part::Inputs => {
                let (s, rest) = (at % self.sectors, at / self.sectors);
                let (k, n) = (rest % self.sectors, rest / self.sectors);
                format!("{}/{}/{}", region(n), sector(s), sector(k))
            }
            Part::Final | Part::ValueAdded => {
                format!("{}/{}", region(at / self.sectors), sector(at % self.sectors))
            }
        }
    }

    /// All values in a row.
    pub(crate) fn values(tables: &Tables) -> Vec<f64> {
        let mut values = Vec::new();
        values.extend(tables.flows.iter());
        values.extend(tables.inputs.iter());
        values.extend(tables.final_spending.iter());
        values.extend(tables.value_added.iter());
        values
    }

    /// Puts a row of values back into a table.
    pub(crate) fn store(self, values: &[f64], tables: &mut Tables) {
        fn part<'a, D: Dimension>(
            values: &'a [f64],
            start: usize,
            like: &D,
        ) -> ArrayView<'a, f64, D> {
            let range = start..start + like.size();
            ArrayView::from_shape(like.clone(), &values[range])
                .unwrap_or_else(|_| unreachable!("the row has the size of the table"))
        }
        let shape = tables.flows.raw_dim();
        tables.flows.assign(&part(values, self.start(Part::Flows), &shape));
        let shape = tables.inputs.raw_dim();
        tables.inputs.assign(&part(values, self.start(Part::Inputs), &shape));
        let shape = tables.final_spending.raw_dim();
        tables.final_spending.assign(&part(values, self.start(Part::Final), &shape));
        tables.value_added.assign(&part(values, self.start(Part::ValueAdded), &shape));
    }
}

/// Parts of a table that balancing must not change.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Keep {
    /// Gross output of every region and sector, as its sales say.
    pub output: bool,
    /// Value added.
    pub value_added: bool,
    /// Final spending.
    pub final_spending: bool,
}

/// Accounts with their names.
#[derive(Default)]
pub(crate) struct Accounts {
    pub(crate) accounts: Vec<Account>,
    pub(crate) names: Vec<String>,
}

impl Accounts {
    pub(crate) fn push(&mut self, name: String, account: Account) {
        self.accounts.push(account);
        self.names.push(name);
    }

    /// The two identities of every region and sector: sales cost what they bring,
    /// `Σ_n X − Σ_s Z − V = 0`, and what is bought is used, `Σ_i X(1+τ) − Σ_k Z − F = 0`; before
    /// them `Σ_n X = Y` where output is kept. Cells kept are numbers, not unknowns.
    pub(crate) fn identities(&mut self, tables: &Tables, values: &[f64], keep: Keep) {
        let cells = Cells::of(tables);
        let (regions, sectors) = (tables.regions.len(), tables.sectors.len());
        let name = |what: &str, n: usize, s: usize| {
            format!("{what} of {}/{}", tables.regions.code(n), tables.sectors.code(s))
        };
        for n in 0..regions {
            for s in 0..sectors {
                let mut sales = Builder::new(values);
                for m in 0..regions {
                    sales.add(cells.flow(s, m, n), 1.0);
                }
                if keep.output {
                    let mut output = sales.clone().into_account();
                    output.total = tables.flows.slice(ndarray::s![s, .., n]).sum();
                    self.push(name("output", n, s), output);
                }
                for input in 0..sectors {
                    sales.add(cells.input(n, s, input), -1.0);
                }
                sales.add_or_keep(cells.value_added(n, s), -1.0, keep.value_added);
                self.push(name("cost", n, s), sales.into_account());
            }
        }
        for n in 0..regions {
            for s in 0..sectors {
                let mut purchases = Builder::new(values);
                for i in 0..regions {
                    let tariff = tables.tariffs.as_ref().map_or(0.0, |rates| rates[[s, n, i]]);
                    purchases.add(cells.flow(s, n, i), 1.0 + tariff);
                }
                for user in 0..sectors {
                    purchases.add(cells.input(n, user, s), -1.0);
                }
                purchases.add_or_keep(cells.final_spending(n, s), -1.0, keep.final_spending);
                self.push(name("use", n, s), purchases.into_account());
            }
        }
    }
}

/// Gathers the cells of an account that are not zero.
#[derive(Clone)]
pub(crate) struct Builder<'a> {
    values: &'a [f64],
    cells: Vec<(u32, f64)>,
    total: f64,
}

impl<'a> Builder<'a> {
    pub(crate) fn new(values: &'a [f64]) -> Self {
        Self { values, cells: Vec::new(), total: 0.0 }
    }

    pub(crate) fn add(&mut self, cell: usize, coefficient: f64) {
        if self.values[cell] != 0.0 {
            // Tables have at most 2^28 cells in a part.
            self.cells.push((u32::try_from(cell).unwrap_or(u32::MAX), coefficient));
        }
    }

    fn add_or_keep(&mut self, cell: usize, coefficient: f64, keep: bool) {
        if keep {
            self.total -= coefficient * self.values[cell];
        } else {
            self.add(cell, coefficient);
        }
    }

    pub(crate) fn into_account(self) -> Account {
        Account { cells: self.cells, total: self.total }
    }
}
