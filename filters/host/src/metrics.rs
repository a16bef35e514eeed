//! Counters, gauges and histograms of Envoy, by id.
//!
//! Envoy shows them under `wasmcustom.`; their names come from the code alone, never from a client.

use std::cell::RefCell;

use crate::abi;

/// A number that only grows.
#[derive(Clone, Copy, Debug)]
pub struct Counter(Option<u32>);

/// A number that is set.
#[derive(Clone, Copy, Debug)]
pub struct Gauge(Option<u32>);

/// A distribution of numbers.
#[derive(Clone, Copy, Debug)]
pub struct Histogram(Option<u32>);

impl Counter {
    /// Defines the counter, or finds it: Envoy keeps one for a name, over all workers. A host that refuses leaves
    /// it without effect.
    #[must_use]
    pub fn named(name: &str) -> Self {
        Self(abi::define_metric(0, name).ok())
    }

    /// Adds one.
    pub fn count(self) {
        self.add(1);
    }

    /// Adds `by`.
    pub fn add(self, by: u64) {
        if let (Some(id), Ok(by)) = (self.0, i64::try_from(by)) {
            // A count that is lost is not worth refusing a request.
            let _ = abi::increment_metric(id, by);
        }
    }
}

impl Gauge {
    /// Defines the gauge, or finds it.
    #[must_use]
    pub fn named(name: &str) -> Self {
        Self(abi::define_metric(1, name).ok())
    }

    /// Sets it.
    pub fn set(self, value: u64) {
        if let Some(id) = self.0 {
            let _ = abi::record_metric(id, value);
        }
    }
}

impl Histogram {
    /// Defines the histogram, or finds it.
    #[must_use]
    pub fn named(name: &str) -> Self {
        Self(abi::define_metric(2, name).ok())
    }

    /// Adds an observation.
    pub fn record(self, value: u64) {
        if let Some(id) = self.0 {
            let _ = abi::record_metric(id, value);
        }
    }
}

thread_local! {
    static REFUSALS: RefCell<Vec<(&'static str, Counter)>> = const { RefCell::new(Vec::new()) };
}

/// Counts a refusal under its response-code detail. The details are words of the code, so their number is small.
pub(crate) fn count_refusal(detail: &'static str) {
    let counter = REFUSALS.with_borrow_mut(|known| match known.iter().find(|(name, _)| *name == detail) {
        Some((_, counter)) => *counter,
        None => {
            let counter = Counter::named(detail);
            known.push((detail, counter));
            counter
        }
    });
    counter.count();
}
