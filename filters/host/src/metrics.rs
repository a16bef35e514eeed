//! Counters, gauges and histograms of Envoy, by id.
//!
//! Envoy shows them under `wasmcustom.`; their names come from the code and the document, never from a client.
//!
//! A call to Envoy costs as much as a cached decision, so counts and observations are kept here and told to Envoy together,
//! once a beat at the latest.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use crate::abi;

/// How often counts are told to Envoy, in milliseconds: well within the interval at which Prometheus asks for them.
pub(crate) const BEAT: u32 = 1000;

/// A number that only grows.
#[derive(Clone, Debug)]
pub struct Counter(Rc<Count>);

/// A number that is set.
#[derive(Clone, Copy, Debug)]
pub struct Gauge(Option<u32>);

/// A distribution of numbers.
#[derive(Clone, Debug)]
pub struct Histogram(Rc<Observations>);

/// Counters by a word, such as a reason for refusing. The words are the code's, so their number is small; Envoy is told of
/// each when it first counts.
#[derive(Default)]
pub struct CountersByWord {
    prefix: String,
    known: RefCell<Vec<(&'static str, Counter)>>,
}

#[derive(Debug)]
struct Count {
    name: String,
    /// `None` where the host refuses the metric: then counting is without effect.
    id: Option<u32>,
    /// What Envoy does not know yet.
    untold: Cell<u64>,
}

#[derive(Debug)]
struct Observations {
    name: String,
    /// `None` where the host refuses the metric: then recording is without effect.
    id: Option<u32>,
    /// What Envoy does not know yet: fewer than [`BATCH`].
    untold: RefCell<Vec<u64>>,
}

/// How many observations are told at a time: in a row they cost a fraction of what they cost one by one, and so many keep
/// no request waiting for longer than a few microseconds.
const BATCH: usize = 64;

thread_local! {
    /// One for a name, whoever counts and however often the document is compiled.
    static COUNTS: RefCell<Vec<Rc<Count>>> = const { RefCell::new(Vec::new()) };
    static HISTOGRAMS: RefCell<Vec<Rc<Observations>>> = const { RefCell::new(Vec::new()) };
    static REFUSALS: CountersByWord = CountersByWord::default();
}

impl Counter {
    /// The counter of this name: Envoy keeps one for a name, over all workers.
    #[must_use]
    pub fn named(name: &str) -> Self {
        COUNTS.with_borrow_mut(|counts| {
            let known = counts.iter().find(|count| count.name == name).cloned();
            Self(known.unwrap_or_else(|| {
                let id = abi::define_metric(0, name).ok();
                let count = Rc::new(Count { name: name.to_owned(), id, untold: Cell::new(0) });
                counts.push(Rc::clone(&count));
                count
            }))
        })
    }

    /// Adds one.
    pub fn count(&self) {
        self.add(1);
    }

    /// Adds `by`.
    pub fn add(&self, by: u64) {
        self.0.untold.set(self.0.untold.get().saturating_add(by));
    }
}

/// A VM begins: the ids of one before it, which a thread of the tests may have had, mean nothing.
pub(crate) fn start() {
    COUNTS.with_borrow_mut(Vec::clear);
    HISTOGRAMS.with_borrow_mut(Vec::clear);
    REFUSALS.with(|refusals| refusals.known.borrow_mut().clear());
}

/// Tells Envoy what was counted and observed since the last time.
pub(crate) fn flush() {
    HISTOGRAMS.with_borrow(|histograms| histograms.iter().for_each(|observations| observations.tell()));
    COUNTS.with_borrow(|counts| {
        for count in counts.iter().filter(|count| count.untold.get() > 0) {
            if let (Some(id), Ok(by)) = (count.id, i64::try_from(count.untold.take())) {
                // A count that is lost is not worth refusing a request.
                let _ = abi::increment_metric(id, by);
            }
        }
    });
}

/// Counts a refusal under its response-code detail.
pub(crate) fn count_refusal(detail: &'static str) {
    REFUSALS.with(|refusals| refusals.count(detail));
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
    /// The histogram of this name.
    #[must_use]
    pub fn named(name: &str) -> Self {
        HISTOGRAMS.with_borrow_mut(|histograms| {
            let known = histograms.iter().find(|observations| observations.name == name).cloned();
            Self(known.unwrap_or_else(|| {
                let id = abi::define_metric(2, name).ok();
                let untold = RefCell::new(Vec::with_capacity(BATCH));
                let observations = Rc::new(Observations { name: name.to_owned(), id, untold });
                histograms.push(Rc::clone(&observations));
                observations
            }))
        })
    }

    /// Adds an observation.
    pub fn record(&self, value: u64) {
        let mut untold = self.0.untold.borrow_mut();
        untold.push(value);
        if untold.len() >= BATCH {
            drop(untold);
            self.0.tell();
        }
    }
}

impl Observations {
    fn tell(&self) {
        for value in self.untold.borrow_mut().drain(..) {
            if let Some(id) = self.id {
                // An observation that is lost is not worth refusing a request.
                let _ = abi::record_metric(id, value);
            }
        }
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
        let mut known = self.known.borrow_mut();
        if let Some((_, counter)) = known.iter().find(|(known, _)| *known == word) {
            return counter.count();
        }
        let counter = Counter::named(&format!("{}{word}", self.prefix));
        counter.count();
        known.push((word, counter));
    }
}
