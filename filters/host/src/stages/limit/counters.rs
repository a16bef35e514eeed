//! What the limiter counts; refusals are counted by their details, like everybody's.

use portcullis_rate_limit::Charge;

use crate::metrics::Counter;

/// What becomes of requests, and of the table.
pub(super) struct Counters {
    permitted: Counter,
    dry_run: Counter,
    evictions: Counter,
    rebuilt: Counter,
}

impl Default for Counters {
    fn default() -> Self {
        Self {
            permitted: Counter::named("portcullis.limit.permitted"),
            dry_run: Counter::named("portcullis.limit.dry_run_refused"),
            evictions: Counter::named("portcullis.limit.evictions"),
            rebuilt: Counter::named("portcullis.limit.rebuilt_entries"),
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
