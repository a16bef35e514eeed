//! What the limiter counts; refusals are counted by their details, like everybody's.

use portcullis_rate_limit::{Charge, Paid, Payer};

use crate::metrics::Counter;

/// What becomes of requests, and of the table.
pub(super) struct Counters {
    permitted: Counter,
    dry_run: Counter,
    evictions: Counter,
    rebuilt: Counter,
    global_calls: Counter,
    global_errors: Counter,
    lease_hits: Counter,
}

impl Default for Counters {
    fn default() -> Self {
        Self {
            permitted: Counter::named("portcullis.limit.permitted"),
            dry_run: Counter::named("portcullis.limit.dry_run_refused"),
            evictions: Counter::named("portcullis.limit.evictions"),
            rebuilt: Counter::named("portcullis.limit.rebuilt_entries"),
            global_calls: Counter::named("portcullis.limit.global_calls"),
            global_errors: Counter::named("portcullis.limit.global_errors"),
            lease_hits: Counter::named("portcullis.limit.global_lease_hits"),
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

    /// A request that a rate limit service, its lease or its absence let pass.
    pub(super) fn count_paid(&self, paid: &Paid) {
        match &paid.here {
            Some(charge) => self.count(charge),
            None => self.permitted.count(),
        }
        if paid.by == Payer::Lease {
            self.lease_hits.count();
        }
    }

    /// A question to a rate limit service.
    pub(super) fn count_call(&self) {
        self.global_calls.count();
    }

    /// A request that a rate limit service gave no answer for.
    pub(super) fn count_error(&self) {
        self.global_errors.count();
    }

    /// A request that would have been refused.
    pub(super) fn count_dry_run(&self) {
        self.dry_run.count();
    }
}
