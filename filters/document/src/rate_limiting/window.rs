//! How many requests in how long.

use std::num::NonZeroU32;

use crate::{Fault, Fields, Mistakes, Node};

/// A rate and the requests that may come at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WindowConfig {
    /// Where it stands in the document.
    pub at: String,
    /// So many requests...
    pub requests: NonZeroU32,
    /// ...in this time.
    pub unit: RateUnit,
    /// How many a full bucket holds.
    pub burst: NonZeroU32,
}

/// The time that a rate counts requests in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RateUnit {
    /// One second.
    Second,
    /// Sixty seconds.
    Minute,
    /// 3,600 seconds.
    Hour,
    /// 86,400 seconds; a day has no time zone here.
    Day,
}

impl RateUnit {
    /// All of them, shortest first.
    pub const ALL: [Self; 4] = [Self::Second, Self::Minute, Self::Hour, Self::Day];

    /// Its length in seconds.
    #[must_use]
    pub fn seconds(self) -> u32 {
        match self {
            Self::Second => 1,
            Self::Minute => 60,
            Self::Hour => 3_600,
            Self::Day => 86_400,
        }
    }

    /// Its name, such as `minute`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Second => "second",
            Self::Minute => "minute",
            Self::Hour => "hour",
            Self::Day => "day",
        }
    }

    /// The key that gives a rate in it.
    fn key(self) -> &'static str {
        match self {
            Self::Second => "requests_per_second",
            Self::Minute => "requests_per_minute",
            Self::Hour => "requests_per_hour",
            Self::Day => "requests_per_day",
        }
    }
}

pub(super) const NO_RATE: &str = "has no rate; give it one of requests_per_second, requests_per_minute, requests_per_hour \
                       and requests_per_day";
/// Buckets count in 32 bits; a rate that is higher is no limit.
const MOST: u64 = u32::MAX as u64;

/// Reads a rule's windows: its own rate, or those of `limits`.
pub(super) fn read_all(fields: &mut Fields<'_>, mistakes: &mut Mistakes) -> Vec<WindowConfig> {
    let Some(limits) = fields.take("limits") else {
        return read_one(fields, mistakes).into_iter().collect();
    };
    for unit in RateUnit::ALL {
        deny(fields, unit.key(), mistakes);
    }
    deny(fields, "burst", mistakes);
    let items = limits.items(mistakes).unwrap_or_default();
    if items.is_empty() && limits.is_array() {
        limits.expected::<()>("at least one rate", mistakes);
    }
    items.iter().filter_map(|item| read_item(item, mistakes)).collect()
}

fn deny(fields: &mut Fields<'_>, key: &'static str, mistakes: &mut Mistakes) {
    if let Some(node) = fields.take(key) {
        mistakes.wrong(node.path(), "stands beside limits; put it into one of them");
    }
}

fn read_item(node: &Node<'_>, mistakes: &mut Mistakes) -> Option<WindowConfig> {
    let mut fields = node.fields(mistakes)?;
    let window = read_one(&mut fields, mistakes);
    fields.finish(mistakes);
    window
}

/// Reads a rate and its burst, which is the rate's number of requests where it is not said.
fn read_one(fields: &mut Fields<'_>, mistakes: &mut Mistakes) -> Option<WindowConfig> {
    let rate = read_rate(fields, mistakes);
    let burst = fields.take("burst").map(|node| read_number(&node, mistakes));
    let (unit, requests) = rate?;
    Some(WindowConfig {
        at: fields.path().to_owned(),
        requests,
        unit,
        burst: burst.unwrap_or(Some(requests))?,
    })
}

fn read_rate(fields: &mut Fields<'_>, mistakes: &mut Mistakes) -> Option<(RateUnit, NonZeroU32)> {
    let rates: Vec<_> =
        RateUnit::ALL.into_iter().filter_map(|unit| Some((unit, fields.take(unit.key())?))).collect();
    let Some((unit, first)) = rates.first() else {
        mistakes.wrong(fields.path(), NO_RATE);
        return None;
    };
    let number = read_number(first, mistakes);
    for (_, another) in rates.iter().skip(1) {
        read_number(another, mistakes);
        mistakes.add(another.path(), Fault::Twice { first: first.path().to_owned() });
    }
    Some((*unit, number?))
}

/// A number of requests: at least one, or nobody would ever be let in.
pub(super) fn read_number(node: &Node<'_>, mistakes: &mut Mistakes) -> Option<NonZeroU32> {
    let number = node.count(1..=u64::MAX, mistakes)?;
    if number > MOST {
        return node.expected(format!("a whole number of at most {MOST}"), mistakes);
    }
    NonZeroU32::new(u32::try_from(number).ok()?)
}
