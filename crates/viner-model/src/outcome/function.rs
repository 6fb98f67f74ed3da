//! The functions of the language.

use crate::labels::nearest;

/// A function of the language; its name is that of the variant in snake case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Function {
    /// `welfare(R)`: change of real final spending; of a group, of the sum over its members.
    Welfare,
    /// `real_gdp(R)`: change of value added over the consumer price index.
    RealGdp,
    /// `real_wage(R)`: change; of a group, the mean by baseline labour income.
    RealWage,
    /// `wage(R)`: change; of a group, the mean by baseline labour income.
    Wage,
    /// `employment(R)`: change; of a group, the mean by baseline labour income.
    Employment,
    /// `price_index(R)`: change; of a group, the mean by baseline final spending.
    PriceIndex,
    /// `terms_of_trade(R)`: change; of a group, the mean by baseline exports.
    TermsOfTrade,
    /// `income(R)`: final spending, in millions.
    Income,
    /// `rents(R)`: rents received, in millions.
    Rents,
    /// `tariff_revenue(R)`: in millions.
    TariffRevenue,
    /// `exports(R[, s])`: at producer value, in millions.
    Exports,
    /// `imports(R[, s])`: before tariff, rents and margins of hubs included, in millions.
    Imports,
    /// `flow(i, n, s)`: at producer value, in millions.
    Flow,
    /// `turnover(R, P[, s])`: flows both ways, in millions.
    Turnover,
    /// `quantity(i, n, s)`: ratio of what arrives to the baseline.
    Quantity,
    /// `price(R, s)`: change of the producer price.
    Price,
    /// `output(R, s)`: in millions.
    Output,
    /// `value_added(R, s)`: in millions.
    ValueAdded,
    /// `revenue(R, s)`: of sales abroad, export tax and rents kept included, in millions.
    Revenue,
    /// `profit(R, s)`: of the specific factor after the sector tax, in millions.
    Profit,
    /// `share(a, b)`: a over b.
    Share,
    /// `rank(x[, axis][, rivals])`: 1 and the number of rivals with more.
    Rank,
    /// `dependence(a, b)`: share of b in the trade of a, both ways.
    Dependence,
    /// `asymmetry(a, b)`: dependence of a on b over that of b on a.
    Asymmetry,
    /// `embodied(R, s[, via], buyer)`: value added in final spending, in millions.
    Embodied,
    /// `regime(policy)`: what a quota or price cap does, a word.
    Regime,
    /// `discount(policy)`: of a price cap.
    Discount,
    /// `currency(policy, z)` or `currency(i, n, z)`: share of a currency in payments.
    Currency,
    /// `leakage(policy)`: of an export control, trade through hubs over what was direct.
    Leakage,
    /// `growth(x, year[, from])`: on a path.
    Growth,
    /// `at(x, year)`: on a path.
    At,
}

/// What an argument is written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Parameter {
    /// Regions.
    Regions,
    /// Sectors.
    Sectors,
    /// The name of a policy.
    Policy,
    /// Names whose meaning depends on their number.
    Names,
    /// An outcome of its own.
    Expression,
    /// A year.
    Year,
}

impl Parameter {
    /// What to write, for messages.
    pub(super) fn words(self) -> &'static str {
        match self {
            Self::Regions => "a region, a group or `*`",
            Self::Sectors => "a sector, a group or `*`",
            Self::Policy => "the name of a policy",
            Self::Names => "a name",
            Self::Expression => "an outcome",
            Self::Year => "a year",
        }
    }
}

use Parameter::{Expression, Names, Policy, Regions, Sectors, Year};

/// Function, name, parameters, how many of them must be there, and how it is written.
type Entry = (Function, &'static str, &'static [Parameter], usize, &'static str);

const FUNCTIONS: [Entry; 31] = [
    (Function::Welfare, "welfare", &[Regions], 1, "welfare(R)"),
    (Function::RealGdp, "real_gdp", &[Regions], 1, "real_gdp(R)"),
    (Function::RealWage, "real_wage", &[Regions], 1, "real_wage(R)"),
    (Function::Wage, "wage", &[Regions], 1, "wage(R)"),
    (Function::Employment, "employment", &[Regions], 1, "employment(R)"),
    (Function::PriceIndex, "price_index", &[Regions], 1, "price_index(R)"),
    (Function::TermsOfTrade, "terms_of_trade", &[Regions], 1, "terms_of_trade(R)"),
    (Function::Income, "income", &[Regions], 1, "income(R)"),
    (Function::Rents, "rents", &[Regions], 1, "rents(R)"),
    (Function::TariffRevenue, "tariff_revenue", &[Regions], 1, "tariff_revenue(R)"),
    (Function::Exports, "exports", &[Regions, Sectors], 1, "exports(R[, s])"),
    (Function::Imports, "imports", &[Regions, Sectors], 1, "imports(R[, s])"),
    (Function::Flow, "flow", &[Regions, Regions, Sectors], 3, "flow(i, n, s)"),
    (Function::Turnover, "turnover", &[Regions, Regions, Sectors], 2, "turnover(R, P[, s])"),
    (Function::Quantity, "quantity", &[Regions, Regions, Sectors], 3, "quantity(i, n, s)"),
    (Function::Price, "price", &[Regions, Sectors], 2, "price(R, s)"),
    (Function::Output, "output", &[Regions, Sectors], 2, "output(R, s)"),
    (Function::ValueAdded, "value_added", &[Regions, Sectors], 2, "value_added(R, s)"),
    (Function::Revenue, "revenue", &[Regions, Sectors, Regions], 2, "revenue(R, s[, buyer])"),
    (Function::Profit, "profit", &[Regions, Sectors], 2, "profit(R, s)"),
    (Function::Share, "share", &[Expression, Expression], 2, "share(a, b)"),
    (
        Function::Rank,
        "rank",
        &[Expression, Names, Names],
        1,
        "rank(flow(i, n, s)[, axis][, rivals])",
    ),
    (Function::Dependence, "dependence", &[Regions, Regions], 2, "dependence(a, b)"),
    (Function::Asymmetry, "asymmetry", &[Regions, Regions], 2, "asymmetry(a, b)"),
    (
        Function::Embodied,
        "embodied",
        &[Regions, Sectors, Regions, Regions],
        3,
        "embodied(R, s[, via], buyer)",
    ),
    (Function::Regime, "regime", &[Policy], 1, "regime(policy)"),
    (Function::Discount, "discount", &[Policy], 1, "discount(policy)"),
    (
        Function::Currency,
        "currency",
        &[Names, Names, Names],
        2,
        "currency(policy or i, n, currency)",
    ),
    (Function::Leakage, "leakage", &[Policy], 1, "leakage(policy)"),
    (Function::Growth, "growth", &[Expression, Year, Year], 2, "growth(x, year[, from])"),
    (Function::At, "at", &[Expression, Year], 2, "at(x, year)"),
];

/// What a value is measured in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    /// Money.
    Money,
    /// Change of a price, as a fraction.
    PriceChange,
    /// Shares, ratios, changes of real values, ranks, and what is made of other outcomes.
    Pure,
}

impl Function {
    /// What its values are measured in.
    pub(super) fn unit(self) -> Unit {
        match self {
            Self::Income
            | Self::Rents
            | Self::TariffRevenue
            | Self::Exports
            | Self::Imports
            | Self::Flow
            | Self::Turnover
            | Self::Output
            | Self::ValueAdded
            | Self::Revenue
            | Self::Profit
            | Self::Embodied => Unit::Money,
            Self::Wage | Self::PriceIndex | Self::Price => Unit::PriceChange,
            _ => Unit::Pure,
        }
    }

    /// All of them, in the order of the documentation.
    pub fn all() -> impl ExactSizeIterator<Item = Self> {
        FUNCTIONS.iter().map(|entry| entry.0)
    }

    fn entry(self) -> &'static Entry {
        // The table is in the order of the variants; a test holds it to that.
        &FUNCTIONS[self as usize % FUNCTIONS.len()]
    }

    /// As it is written.
    pub fn name(self) -> &'static str {
        self.entry().1
    }

    /// With its arguments, for messages and help.
    pub fn usage(self) -> &'static str {
        self.entry().4
    }

    pub(super) fn parameters(self) -> &'static [Parameter] {
        self.entry().2
    }

    /// Arguments that cannot be left out.
    pub(super) fn required(self) -> usize {
        self.entry().3
    }

    /// The function of a name, or the nearest name.
    pub(super) fn of(name: &str) -> Result<Self, Option<&'static str>> {
        let names = || FUNCTIONS.iter().map(|entry| entry.1);
        let found = FUNCTIONS.iter().find(|entry| entry.1 == name);
        found.map(|entry| entry.0).ok_or_else(|| nearest(name, names()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_the_order_of_the_variants() {
        for (position, function) in Function::all().enumerate() {
            assert_eq!(function as usize, position, "{function:?}");
            assert_eq!(Function::of(function.name()), Ok(function));
            assert!(function.usage().starts_with(function.name()));
            assert!(function.required() <= function.parameters().len());
        }
    }
}
