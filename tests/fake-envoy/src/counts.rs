//! How often the border was crossed, by name: what a budget of host calls is checked against.

use std::collections::BTreeMap;

/// Crossings of the border between host and guest.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts {
    crossings: BTreeMap<&'static str, u64>,
}

impl Counts {
    pub(crate) fn add(&mut self, name: &'static str) {
        *self.crossings.entry(name).or_default() += 1;
    }

    /// How often that host call was made, or that callback entered; the names are the ABI's own.
    #[must_use]
    pub fn of(&self, name: &str) -> u64 {
        self.crossings.get(name).copied().unwrap_or(0)
    }

    /// All host calls.
    #[must_use]
    pub fn host_calls(&self) -> u64 {
        self.iter().filter(|(name, _)| !name.starts_with("proxy_on_")).map(|(_, count)| count).sum()
    }

    /// All callbacks entered.
    #[must_use]
    pub fn entries(&self) -> u64 {
        self.iter().filter(|(name, _)| name.starts_with("proxy_on_")).map(|(_, count)| count).sum()
    }

    /// What was counted since `earlier`.
    #[must_use]
    pub fn since(&self, earlier: &Self) -> Self {
        let later = self.iter().map(|(name, count)| (name, count - earlier.of(name)));
        Self { crossings: later.filter(|(_, count)| *count > 0).collect() }
    }

    /// Every name with its count, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, u64)> {
        self.crossings.iter().map(|(name, count)| (*name, *count))
    }
}
