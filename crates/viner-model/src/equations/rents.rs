//! Who gets what of the spending on a cell with wedges or margins of hubs.

use viner_numerics::Real;

use crate::problem::FeeOwner;

/// What does not change of the accounts of a split cell.
pub struct SplitAccounts {
    /// `1/(1+τ')`: part of the spending before tariff.
    pub before_tariff: f64,
    /// `x'`.
    pub export_tax: f64,
    /// Part of the spending before tariff that is no margin of a hub.
    pub producer: f64,
    /// Regions that earn margins, and their parts.
    pub margins: Vec<(usize, f64)>,
    /// Positions of the wedges on the cell, the innermost first.
    pub wedges: Vec<usize>,
}

/// A wedge as the accounts see it.
#[derive(Clone, Copy)]
pub struct Rent<T> {
    /// `1/m`.
    pub inverse: T,
    /// Who gets it.
    pub rule: RentRule<T>,
}

/// Who gets the rent of a wedge.
#[derive(Clone, Copy)]
pub enum RentRule<T> {
    /// λ to the exporter, the rest to the importer.
    Shared(T),
    /// Rents and fees of a price cap with outside shipping.
    Shipped {
        /// `h = H/Q`: part of the quantity that goes by outside shipping.
        shadow_share: T,
        /// δ.
        cost: T,
        /// Who earns the fee.
        owner: FeeOwner,
    },
}

/// What the spending on a split cell becomes.
#[derive(Clone, Copy)]
pub struct Split<T> {
    /// X': producer value.
    pub producer_value: T,
    /// Export tax.
    pub export_tax: T,
    /// Import tariff.
    pub tariff: T,
    /// What the buyer would pay before tariff for the same without any wedge.
    pub goods: T,
}

/// Who receives a part of the spending, beside the exporter's firms and the treasuries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Receiver {
    /// The importer of the cell.
    Importer,
    /// The exporter of the cell.
    Exporter,
    /// A region.
    Region(usize),
}

impl SplitAccounts {
    /// Divides `spending`, at purchaser value; `pay` is called with every part that is neither
    /// producer value nor tax: the wedge, by its place on the cell (`None`: a hub), who receives it,
    /// and how much.
    ///
    /// Margins of hubs are parts of all that is paid before tariff. Of the rest, with `S` what is left
    /// inside the wedges further out and `S/m` inside this one, a quota gives `S − S/m` to exporter and importer; a cap gives
    /// `(1−h)(S − S/m)` to the importer, `h((1−δ)S − S/m)` to the exporter and `hδS` to whoever owns
    /// the ships. Where the fee melts, a unit that arrives takes `1/(1−δ)` units made.
    pub fn divide<T: Real>(
        &self,
        spending: T,
        rents: &[Rent<T>],
        mut pay: impl FnMut(Option<usize>, Receiver, T),
    ) -> Split<T> {
        let gross = spending * self.before_tariff;
        for &(hub, part) in &self.margins {
            pay(None, Receiver::Region(hub), gross * part);
        }
        let mut outer = gross * self.producer;
        let mut made = T::constant(1.0);
        for place in (0..self.wedges.len()).rev() {
            let rent = &rents[self.wedges[place]];
            let inner = outer * rent.inverse;
            let mut pay = |receiver, amount| pay(Some(place), receiver, amount);
            match rent.rule {
                RentRule::Shared(to_exporter) => {
                    pay(Receiver::Exporter, (outer - inner) * to_exporter);
                    pay(Receiver::Importer, (outer - inner) * (-to_exporter + 1.0));
                }
                RentRule::Shipped { shadow_share, cost, owner } => {
                    let served = -shadow_share + 1.0;
                    let mut to_importer = served * (outer - inner);
                    let mut to_exporter = shadow_share * (outer * (-cost + 1.0) - inner);
                    let fee = shadow_share * outer * cost;
                    match owner {
                        FeeOwner::Importer => to_importer += fee,
                        FeeOwner::Exporter => to_exporter += fee,
                        FeeOwner::Region(region) => pay(Receiver::Region(region), fee),
                        FeeOwner::Iceberg => {
                            let units = T::constant(1.0) / (-cost + 1.0);
                            to_exporter = shadow_share * (outer - inner * units);
                            made = made * (served + shadow_share * units);
                        }
                    }
                    pay(Receiver::Importer, to_importer);
                    pay(Receiver::Exporter, to_exporter);
                }
            }
            outer = inner;
        }
        let producer_value = outer * made * (1.0 + self.export_tax).recip();
        Split {
            producer_value,
            export_tax: producer_value * self.export_tax,
            tariff: spending - gross,
            goods: outer * self.producer.recip(),
        }
    }
}
