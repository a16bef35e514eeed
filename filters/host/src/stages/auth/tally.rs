//! Counts of what passes, told to the host once a beat, since a call for each request would cost as much as a cached
//! decision; and of what is refused, told at once.

use std::cell::Cell;
use std::time::Duration;

use portcullis_jwt_auth::Pass;

use super::BEAT;
use crate::metrics::{Counter, CountersByWord};

/// What passed, and why.
pub(super) struct Tallies {
    allowed: Tally,
    exempt: Tally,
    remembered: Tally,
    verified: Tally,
    next_flush: Cell<Duration>,
    /// By the reason's word.
    refused: CountersByWord,
}

/// A count that the host does not know in full yet.
struct Tally {
    counter: Counter,
    untold: Cell<u64>,
}

impl Default for Tallies {
    fn default() -> Self {
        Self {
            allowed: Tally::named("portcullis.jwt.allowed"),
            exempt: Tally::named("portcullis.jwt.exempt"),
            remembered: Tally::named("portcullis.jwt.cache_hit"),
            verified: Tally::named("portcullis.jwt.cache_miss"),
            next_flush: Cell::default(),
            refused: CountersByWord::under("portcullis.jwt.refused.".to_owned()),
        }
    }
}

impl Tallies {
    pub(super) fn count_pass(&self, pass: &Pass) {
        self.allowed.count();
        match pass {
            Pass::Preflight | Pass::Excluded | Pass::Anonymous => self.exempt.count(),
            Pass::Verified { was_remembered: true, .. } => self.remembered.count(),
            Pass::Verified { was_remembered: false, .. } => self.verified.count(),
        }
    }

    pub(super) fn count_refusal(&self, word: &'static str) {
        self.refused.count(word);
    }

    pub(super) fn next_flush(&self) -> Duration {
        self.next_flush.get()
    }

    /// Tells the host what it does not know, once a beat.
    pub(super) fn flush(&self, now: Duration) {
        if now < self.next_flush.get() {
            return;
        }
        self.next_flush.set(now.saturating_add(BEAT));
        [&self.allowed, &self.exempt, &self.remembered, &self.verified].into_iter().for_each(Tally::flush);
    }
}

impl Tally {
    fn named(name: &str) -> Self {
        Self { counter: Counter::named(name), untold: Cell::new(0) }
    }

    fn count(&self) {
        self.untold.set(self.untold.get().saturating_add(1));
    }

    fn flush(&self) {
        let untold = self.untold.take();
        if untold > 0 {
            self.counter.add(untold);
        }
    }
}
