//! Counters, gauges and histograms of Envoy, by id.
//!
//! Envoy shows them under `wasmcustom.`; their names come from the code alone, never from a client.

use std::cell::{OnceCell, RefCell};

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

/// A counter that Envoy is told of when it first counts, so that metrics show what happens and nothing else.
pub struct LateCounter {
    name: &'static str,
    counter: OnceCell<Counter>,
}

/// Counters by a word, such as a reason for refusing. The words are the code's, so their number is small; Envoy is told of
/// each when it first counts.
#[derive(Default)]
pub struct CountersByWord {
    prefix: String,
    known: RefCell<Vec<(&'static str, Counter)>>,
}

impl LateCounter {
    /// The counter of this name.
    #[must_use]
    pub fn named(name: &'static str) -> Self {
        Self { name, counter: OnceCell::new() }
    }

    /// Adds one.
    pub fn count(&self) {
        self.counter.get_or_init(|| Counter::named(self.name)).count();
    }
}

impl CountersByWord {
    /// Counters whose names are `prefix` and the word.
    #[must_use]
    pub fn under(prefix: String) -> Self {
        Self { prefix, known: RefCell::default() }
    }

    /// Adds one to the word's counter.
    pub fn count(&self, word: &'static str) {
        let mut counters = self.known.borrow_mut();
        let known = counters.iter().find(|(known, _)| *known == word).map(|(_, counter)| *counter);
        let counter = known.unwrap_or_else(|| {
            let counter = Counter::named(&format!("{}{word}", self.prefix));
            counters.push((word, counter));
            counter
        });
        counter.count();
    }
}

thread_local! {
    static REFUSALS: CountersByWord = CountersByWord::default();
}

/// Counts a refusal under its response-code detail.
pub(crate) fn count_refusal(detail: &'static str) {
    REFUSALS.with(|refusals| refusals.count(detail));
}
