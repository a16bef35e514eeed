//! The windows of a rule, all of which must allow a request.

use portcullis_document::rate_limiting::RateUnit;

use crate::Quota;
use crate::quota::LEASE;

/// So many windows has a rule at most: one for each unit.
pub const MOST_WINDOWS: usize = 4;

/// One window of a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Window {
    /// How fast it refills and how much it holds.
    pub quota: Quota,
    /// What it is called in `RateLimit` fields.
    pub name: String,
    pub(crate) tag: WindowTag,
}

/// The windows of a rule: at least one, at most [`MOST_WINDOWS`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Windows {
    list: Vec<Window>,
}

/// What tells the windows of a bucket apart in shared data, also for a later configuration: the unit, and the how
/// manieth of that unit it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct WindowTag(u8);

impl WindowTag {
    fn new(unit: RateUnit, earlier: usize) -> Self {
        let unit = RateUnit::ALL.iter().position(|known| *known == unit).unwrap_or_default();
        Self(u8::try_from(unit + RateUnit::ALL.len() * earlier).unwrap_or(u8::MAX))
    }

    pub(crate) fn decode(byte: u8) -> Option<Self> {
        (usize::from(byte) < RateUnit::ALL.len() * MOST_WINDOWS).then_some(Self(byte))
    }

    pub(crate) fn encode(self) -> u8 {
        self.0
    }

    pub(crate) fn unit(self) -> RateUnit {
        match self.0 % 4 {
            0 => RateUnit::Second,
            1 => RateUnit::Minute,
            2 => RateUnit::Hour,
            _ => RateUnit::Day,
        }
    }

    /// Its name among the windows of a rule, such as `minute`, or `minute-2` for the second of its unit.
    pub(crate) fn name(self) -> String {
        let unit = self.unit().name();
        match self.ordinal() {
            0 => unit.to_owned(),
            earlier => format!("{unit}-{}", earlier + 1),
        }
    }

    fn ordinal(self) -> u8 {
        self.0 / 4
    }
}

impl Windows {
    /// The windows of the rule called `rule`; `None` where there are none or too many.
    #[must_use]
    pub fn new(rule: &str, quotas: &[Quota]) -> Option<Self> {
        if quotas.is_empty() || quotas.len() > MOST_WINDOWS {
            return None;
        }
        let tags = quotas.iter().enumerate().map(|(at, quota)| {
            let earlier = quotas.iter().take(at).filter(|earlier| earlier.unit() == quota.unit());
            WindowTag::new(quota.unit(), earlier.count())
        });
        let is_alone = quotas.len() == 1;
        let windows = tags.zip(quotas).map(|(tag, quota)| Window {
            quota: *quota,
            name: if is_alone { rule.to_owned() } else { format!("{rule}-{}", tag.name()) },
            tag,
        });
        Some(Self { list: windows.collect() })
    }

    /// The windows, with tokens that workers may hold if all of them are large enough and a request's `cost` small.
    pub(crate) fn leased(mut self, cost: u32) -> Self {
        if cost <= LEASE && self.iter().all(|window| window.quota.is_leasable()) {
            self.list.iter_mut().for_each(|window| window.quota = window.quota.leased());
        }
        self
    }

    /// They, in the order of the document.
    pub fn iter(&self) -> impl Iterator<Item = &Window> {
        self.list.iter()
    }

    /// Whether workers may hold tokens of all of them.
    pub(crate) fn can_lease(&self) -> bool {
        self.iter().all(|window| window.quota.lent() > 0)
    }

    /// How long an empty bucket takes to fill.
    pub(crate) fn fill_time(&self) -> u64 {
        self.iter().map(|window| window.quota.fill_time()).max().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::{WindowTag, Windows};
    use crate::Quota;
    use portcullis_document::rate_limiting::RateUnit;
    use std::num::NonZeroU32;

    #[test]
    fn windows_have_names_and_tags_of_their_own() {
        let quota = |unit| Quota::new(NonZeroU32::MIN, unit, NonZeroU32::MIN).unwrap();
        let names = |units: &[RateUnit]| -> Vec<String> {
            let quotas: Vec<_> = units.iter().copied().map(quota).collect();
            let windows = Windows::new("default", &quotas).unwrap();
            windows.iter().map(|window| window.name.clone()).collect()
        };
        assert_eq!(names(&[RateUnit::Minute]), ["default"]);
        assert_eq!(names(&[RateUnit::Second, RateUnit::Day]), ["default-second", "default-day"]);
        assert_eq!(names(&[RateUnit::Hour; 2]), ["default-hour", "default-hour-2"]);
        assert_eq!(Windows::new("default", &[]), None);
        assert_eq!(Windows::new("default", &[quota(RateUnit::Day); 5]), None);
    }

    #[test]
    fn a_tag_is_known_by_its_byte() {
        for byte in 0..=u8::MAX {
            let tag = WindowTag::decode(byte);
            assert_eq!(tag.map(WindowTag::encode), (byte < 16).then_some(byte));
        }
        for unit in RateUnit::ALL {
            assert_eq!(WindowTag::new(unit, 3).unit(), unit);
        }
    }
}
