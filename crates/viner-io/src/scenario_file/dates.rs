//! Days, and the part of a year between two of them.

use super::document::{Node, Value};

/// A day, counted from one that is long ago.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Day(pub i64);

impl Day {
    /// A day of the calendar; nothing if there is none.
    pub fn new(year: i64, month: i64, day: i64) -> Option<Self> {
        let fits = (1..=9999).contains(&year) && (1..=12).contains(&month);
        (fits && day >= 1 && day <= days_in(year, month)).then(|| Self::civil(year, month, day))
    }

    /// Days since 1 January 1970; the algorithm of Howard Hinnant.
    fn civil(year: i64, month: i64, day: i64) -> Self {
        let shifted = if month <= 2 { year - 1 } else { year };
        let era = shifted.div_euclid(400);
        let of_era = shifted - era * 400;
        let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
        Self(era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468)
    }

    /// `2022-12-05`.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.trim().splitn(3, '-').map(str::parse::<i64>);
        let (year, month, day) = (parts.next()?.ok()?, parts.next()?.ok()?, parts.next()?.ok()?);
        Self::new(year, month, day)
    }

    /// Its year.
    pub fn year(self) -> i32 {
        // Not after the year, whichever side of 1970 it is on.
        let longest = if self.0 < 0 { 365 } else { 366 };
        let mut year = 1970 + self.0.div_euclid(longest) - 1;
        while Self::civil(year + 1, 1, 1) <= self {
            year += 1;
        }
        i32::try_from(year).unwrap_or(i32::MAX)
    }
}

fn days_in(year: i64, month: i64) -> i64 {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// First and last day on which something is in force.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Period {
    /// First day; from the beginning of time if absent.
    pub from: Option<Day>,
    /// Last day; for ever if absent.
    pub until: Option<Day>,
}

/// Months of a year, from the first to the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Months {
    first: i64,
    last: i64,
}

impl Default for Months {
    /// All.
    fn default() -> Self {
        Self { first: 1, last: 12 }
    }
}

impl Months {
    /// `4`, or `1-4`.
    pub fn parse(text: &str) -> Option<Self> {
        let (first, last) = text.split_once('-').unwrap_or((text, text));
        let (first, last) = (first.trim().parse().ok()?, last.trim().parse().ok()?);
        (1 <= first && first <= last && last <= 12).then_some(Self { first, last })
    }

    /// First day in a year, and the day after the last.
    fn of(self, year: i32) -> (Day, Day) {
        let year = i64::from(year);
        let end = if self.last == 12 { (year + 1, 1) } else { (year, self.last + 1) };
        (Day::civil(year, self.first, 1), Day::civil(end.0, end.1, 1))
    }
}

impl Period {
    /// The part of some months of a year in which it is in force.
    pub fn part_of(&self, year: i32, months: Months) -> f64 {
        let (start, end) = months.of(year);
        let from = self.from.map_or(start, |day| day.max(start));
        let until = self.until.map_or(end, |day| Day(day.0 + 1).min(end));
        (until.0 - from.0).max(0) as f64 / (end.0 - start.0) as f64
    }
}

/// A date of TOML, a text such as `"2022-12-05"` or a year: its first day, its last where `last`.
pub(super) fn day_of(node: &Node, last: bool) -> Option<Day> {
    let (month, day) = if last { (12, 31) } else { (1, 1) };
    match &node.value {
        Value::Date(text) | Value::Text(text) => Day::parse(text),
        Value::Integer(year) => Day::new(*year, month, day),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_those_of_the_calendar() {
        assert_eq!(Day::new(1970, 1, 1), Some(Day(0)));
        assert_eq!(Day::new(2000, 3, 1), Some(Day(11_017)));
        assert_eq!(Day::parse("2023-02-29"), None);
        assert_eq!(Day::parse("2024-02-29").map(Day::year), Some(2024));
        assert_eq!(Day::parse("2022-12-31").map(Day::year), Some(2022));
        assert_eq!(Day::parse("2023-01-01").map(Day::year), Some(2023));
        assert_eq!(Day::parse("1969-12-31").map(Day::year), Some(1969));
        assert_eq!(Day::parse("0001-01-01").map(Day::year), Some(1));
        assert_eq!(Day::parse("soon"), None);
    }

    #[test]
    fn parts_of_years() {
        let period = |from, until| Period { from: Day::parse(from), until: Day::parse(until) };
        let close =
            |found: f64, expected: f64| assert!((found - expected).abs() < 1e-12, "{found}");
        close(period("2022-12-05", "").part_of(2022, Months::default()), 27.0 / 365.0);
        close(period("2022-12-05", "").part_of(2023, Months::default()), 1.0);
        close(period("2022-12-05", "").part_of(2021, Months::default()), 0.0);
        close(period("", "2024-01-01").part_of(2024, Months::default()), 1.0 / 366.0);
        close(period("2022-03-01", "2022-03-01").part_of(2022, Months::default()), 1.0 / 365.0);
        close(period("2023-01-01", "2022-01-01").part_of(2022, Months::default()), 0.0);
        close(Period::default().part_of(2022, Months::default()), 1.0);
        let months = |text| Months::parse(text).unwrap();
        close(period("2022-02-25", "").part_of(2022, months("1-4")), 65.0 / 120.0);
        close(period("2022-02-25", "").part_of(2023, months("1-4")), 1.0);
        close(period("2022-12-05", "").part_of(2022, months("12")), 27.0 / 31.0);
        close(period("2022-12-05", "").part_of(2022, months("1-11")), 0.0);
        for wrong in ["", "0", "13", "4-1", "May"] {
            assert_eq!(Months::parse(wrong), None, "{wrong}");
        }
    }
}
