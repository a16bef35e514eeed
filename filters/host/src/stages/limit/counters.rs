//! What the limiter counts; refusals are counted by their details, like everybody's.

use std::cell::OnceCell;

use portcullis_rate_limit::Charge;

use crate::metrics::Counter;

/// A counter that Envoy is told of when it first counts, so that metrics show what happens and nothing else.
pub(super) struct Tally {
    name: &'static str,
    counter: OnceCell<Counter>,
}

impl Tally {
    pub(super) fn new(name: &'static str) -> Self {
        Self { name, counter: OnceCell::new() }
    }

    pub(super) fn count(&self) {
        self.counter.get_or_init(|| Counter::named(self.name)).count();
    }
}

/// What becomes of requests, and of the table.
pub(super) struct Counters {
    permitted: Tally,
    dry_run: Tally,
    evictions: Tally,
    rebuilt: Tally,
}

impl Default for Counters {
    fn default() -> Self {
        Self {
            permitted: Tally::new("portcullis.limit.permitted"),
            dry_run: Tally::new("portcullis.limit.dry_run_refused"),
            evictions: Tally::new("portcullis.limit.evictions"),
            rebuilt: Tally::new("portcullis.limit.rebuilt_entries"),
        }
    }
}

impl Counters {
    pub(super) fn count(&self, charge: &Charge) {
        if charge.verdict.is_permitted() {
            self.permitted.count();
        }
        if charge.evicted {
            self.evictions.count();
        }
        if charge.rebuilt {
            self.rebuilt.count();
        }
    }

    /// A request that would have been refused.
    pub(super) fn count_dry_run(&self) {
        self.dry_run.count();
    }
}
