//! When keys are fetched, for all workers together: a state machine without a clock and without a network.
//!
//! The workers share two records for each source. The [`KeyRecord`] is the last good key set and its times. The
//! [`FetchRecord`] says who may fetch: a worker that wants to writes its claim with compare-and-swap, and of several
//! that want to at once, one succeeds. What a [`KeySource`] holds is the last a worker has seen of both.
//!
//! A record of a clock that was set back since, so that it speaks of a time too far ahead, is not believed.

mod fetch_record;
mod key_record;

use std::time::Duration;

use portcullis_document::auth::RefreshConfig;

use crate::auth::Missing;

pub use fetch_record::FetchRecord;
pub use key_record::KeyRecord;

/// What a worker knows of a source of keys.
#[derive(Clone, Debug)]
pub struct KeySource {
    config: RefreshConfig,
    fetch: FetchRecord,
    keys: Option<Times>,
}

/// What a fetch is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Want {
    /// The keys that are due, be they the first or the next.
    Due,
    /// A key that a token named, and that no set so far has.
    NamedKey,
}

/// The times of the keys in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Times {
    fetched_at: Duration,
    refresh_at: Duration,
}

/// A shorter life that an answer gives its keys is not believed: it would have them fetched all the time.
const SHORTEST_LIFE: Duration = Duration::from_secs(60);
/// The pause after the first failure; it doubles with each further one.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
/// A call's answer comes with its timeout; a lease that outlives that by so much is a dead worker's.
const GRACE: Duration = Duration::from_secs(1);

impl KeySource {
    /// A source of which nothing has been seen yet.
    #[must_use]
    pub fn new(config: RefreshConfig) -> Self {
        Self { config, fetch: FetchRecord::default(), keys: None }
    }

    /// The shared record as it is now. Answers whether there is a newer key set than the last one seen.
    pub fn see_fetch(&mut self, record: FetchRecord) -> bool {
        let is_new =
            record.generation != self.fetch.generation || (self.keys.is_none() && record.generation > 0);
        self.fetch = record;
        is_new
    }

    /// The key set that is now in use.
    pub fn see_keys(&mut self, record: &KeyRecord<'_>) {
        self.keys = Some(Times { fetched_at: record.fetched_at, refresh_at: record.refresh_at });
    }

    /// What to write in place of the shared record that was last seen, in order to be the one who fetches; `None` where
    /// it is not time, or another is at it.
    #[must_use]
    pub fn claim(&self, want: Want, now: Duration) -> Option<FetchRecord> {
        let is_wanted = match want {
            Want::Due => self.due() <= now || is_ahead(self.due(), self.longest_wait(), now),
            Want::NamedKey => self.may_fetch_named(now),
        };
        if !is_wanted || self.is_fetching(now) {
            return None;
        }
        let named_from = match want {
            Want::Due => self.fetch.named_from,
            Want::NamedKey => now.saturating_add(self.config.cooldown),
        };
        Some(FetchRecord { leased_until: now.saturating_add(self.lease()), named_from, ..self.fetch })
    }

    /// The record after a fetch that brought a key set.
    #[must_use]
    pub fn succeeded(&self) -> FetchRecord {
        FetchRecord {
            leased_until: Duration::ZERO,
            retry_at: Duration::ZERO,
            failures: 0,
            generation: self.fetch.generation.wrapping_add(1).max(1),
            ..self.fetch
        }
    }

    /// The record after a fetch that brought none.
    #[must_use]
    pub fn failed(&self, now: Duration) -> FetchRecord {
        let failures = self.fetch.failures.saturating_add(1);
        FetchRecord {
            leased_until: Duration::ZERO,
            retry_at: now.saturating_add(self.pause(failures)),
            failures,
            ..self.fetch
        }
    }

    /// When a key set that came now with this `max-age` is to be fetched anew.
    #[must_use]
    pub fn refresh_at(&self, max_age: Option<Duration>, now: Duration) -> Duration {
        let life = max_age.map_or(self.config.refresh, |age| age.max(SHORTEST_LIFE));
        now.saturating_add(life.min(self.config.refresh))
    }

    /// When keys are to be fetched next.
    #[must_use]
    pub fn due(&self) -> Duration {
        if self.fetch.failures > 0 {
            return self.fetch.retry_at;
        }
        self.keys.map_or(Duration::ZERO, |times| times.refresh_at)
    }

    /// Whether what is missing may come if one waits for it until `deadline`.
    #[must_use]
    pub fn may_come(&self, missing: Missing, now: Duration, deadline: Duration) -> bool {
        now < deadline
            && (self.is_fetching(now)
                || match missing {
                    Missing::Everything => self.due() < deadline,
                    Missing::NamedKey => self.may_fetch_named(now),
                })
    }

    /// Whole seconds from now until the next fetch, at least 1.
    #[must_use]
    pub fn retry_after(&self, now: Duration) -> u64 {
        let wait = self.due().saturating_sub(now).min(self.config.cooldown);
        (wait.as_secs() + u64::from(wait.subsec_nanos() > 0)).max(1)
    }

    /// Whether the keys in use have been due for longer than they may be.
    #[must_use]
    pub fn is_too_old(&self, now: Duration) -> bool {
        self.keys.is_some_and(|times| now >= times.refresh_at.saturating_add(self.config.max_stale))
    }

    /// How old the keys in use are.
    #[must_use]
    pub fn age(&self, now: Duration) -> Option<Duration> {
        self.keys.map(|times| now.saturating_sub(times.fetched_at))
    }

    /// How long a fetch may take, and a request may wait for one.
    #[must_use]
    pub fn timeout(&self) -> Duration {
        self.config.timeout
    }

    fn is_fetching(&self, now: Duration) -> bool {
        let until = self.fetch.leased_until;
        now < until && !is_ahead(until, self.lease(), now)
    }

    fn may_fetch_named(&self, now: Duration) -> bool {
        let from = self.fetch.named_from;
        from <= now || is_ahead(from, self.config.cooldown, now)
    }

    fn lease(&self) -> Duration {
        self.config.timeout.saturating_add(GRACE)
    }

    /// The longest time for which nothing is due.
    fn longest_wait(&self) -> Duration {
        self.config.refresh.max(self.config.cooldown)
    }

    /// Never longer than the cooldown, be that shorter than the first pause.
    fn pause(&self, failures: u32) -> Duration {
        let doublings = failures.saturating_sub(1).min(16);
        FIRST_PAUSE.saturating_mul(1 << doublings).min(self.config.cooldown)
    }
}

/// Whether a time is further ahead than any that was set now would be.
fn is_ahead(time: Duration, most: Duration, now: Duration) -> bool {
    time > now.saturating_add(most)
}

#[cfg(test)]
mod tests;
