//! The side of a rule that is kept by a rate limit service, so that a limit holds over several Envoys.
//!
//! For each request that has its key:
//!
//! 1. A service that said a moment ago that the key has nothing left is not asked again: the request is refused.
//! 2. With `on_error: local` this Envoy's own bucket is asked first, and what it refuses is refused. So a client that is
//!    over its limit here costs the service nothing, and the bucket is up to date when the service is gone. With `allow` and
//!    `deny` there is no bucket here: the service's limit is the only one.
//! 3. If hits are there that a worker of this Envoy has taken in advance, the request is paid out of them, and waits for
//!    nobody.
//! 4. Else the service is asked for `lease` hits, or for those of this request alone where the rest could not be kept. Other
//!    requests of the worker for the same key wait for the same answer.
//! 5. Where the service has not so many left, it is asked once more for those of one request.
//! 6. No answer in time, or none that can be read: `local` and `allow` let the request pass, `deny` refuses it.
//!
//! Hits taken in advance end with the window that they were counted in, as far as the service tells when that is; else after the
//! time of the rule's shortest window. They lie in as many places as there are buckets, and none is taken from anybody: a flood of
//! keys that holds all places makes others ask for each request, and takes nothing from them.

mod answer;
mod ask;
mod grant;
mod grants;
mod protobuf;
mod question;

use std::time::Duration;

use portcullis_document::Methods;
use portcullis_document::rate_limiting::{GlobalConfig, OnError};

use crate::decision::Charge;
use crate::hash::Slot;
use crate::key::Described;
use crate::rule::Ruling;
use crate::store::{Contended, Store};
use crate::table::{Table, nanos};
use crate::verdict::Standing;
use crate::windows::Windows;
use grant::{Grant, UNTOLD};
use grants::{Grants, News, Seen};
use question::Question;

pub use answer::Answer;
pub use ask::{Ask, Paid, Payer};
pub use protobuf::Malformed;

/// The side of a rule that a service keeps.
#[derive(Clone, Debug)]
pub struct Global {
    cluster: String,
    timeout: Duration,
    on_error: OnError,
    question: Question,
    /// The hits of a request.
    cost: u32,
    /// The hits that are asked for where they can be kept, for whole requests.
    lease: u32,
    window: Duration,
    /// The rate's number of requests, which clients are told.
    limit: u32,
}

impl Global {
    pub(crate) fn new(
        config: &GlobalConfig,
        rule: &str,
        methods: &Methods,
        windows: &Windows,
        cost: u32,
    ) -> Self {
        let quotas = || windows.iter().map(|window| window.quota);
        // More than a window has would be asked for in vain.
        let most = quotas().map(|quota| quota.requests()).min().unwrap_or(u32::MAX).min(config.lease.get());
        let shortest = quotas().map(|quota| quota.unit().seconds()).min().unwrap_or(1);
        Self {
            cluster: config.cluster.clone(),
            timeout: config.timeout,
            on_error: config.on_error,
            question: Question::new(&config.domain, rule, methods, windows),
            cost,
            lease: whole_requests(most, cost),
            window: Duration::from_secs(u64::from(shortest)),
            limit: quotas().map(|quota| quota.requests()).next().unwrap_or_default(),
        }
    }

    /// The Envoy cluster of the service.
    #[must_use]
    pub fn cluster(&self) -> &str {
        &self.cluster
    }

    /// How long a request waits, all in all.
    #[must_use]
    pub fn timeout(&self) -> Duration {
        self.timeout
    }

    pub(crate) fn question(&self, key: &Described<'_>, hits: u32) -> Vec<u8> {
        self.question.encode(key, hits)
    }

    /// Decides on a request as far as that can be done without the service. `charge_here` asks this Envoy's own bucket.
    pub(crate) fn charge<S: Store>(
        &self,
        table: &Table,
        store: &S,
        slot: Slot,
        now: Duration,
        charge_here: impl FnOnce() -> Result<Charge, Contended>,
    ) -> Ruling {
        let seen = Grants::beside(table).see(store, slot);
        if let Some(refused) = self.refusal(seen.grant(), nanos(now)) {
            return refused;
        }
        let here = (self.on_error == OnError::Local).then(charge_here);
        match here.transpose() {
            Err(Contended) => Ruling::Contended,
            Ok(Some(charge)) if !charge.verdict.is_permitted() => Ruling::Counted(charge),
            Ok(here) => self.spend(table, store, slot, seen, here, now),
        }
    }

    /// Decides anew on a request that has waited for the answer to somebody else.
    #[must_use]
    pub fn charge_again(&self, ask: Ask, table: &Table, store: &impl Store, now: Duration) -> Ruling {
        let seen = Grants::beside(table).see(store, ask.slot);
        match self.refusal(seen.grant(), nanos(now)) {
            Some(refused) => refused,
            None => self.spend(table, store, ask.slot, seen, ask.here, now),
        }
    }

    fn spend<S: Store>(
        &self,
        table: &Table,
        store: &S,
        slot: Slot,
        mut seen: Seen<S::Version>,
        here: Option<Charge>,
        now: Duration,
    ) -> Ruling {
        let (grants, nanos) = (Grants::beside(table), nanos(now));
        let most = self.most_to_ask_for(grants, &mut seen, nanos);
        let is_paid_for = seen.grant().is_some_and(|grant| grant.spendable(nanos) >= self.cost);
        let spent = is_paid_for.then(|| grants.spend(store, seen, self.cost, nanos)).flatten();
        match spent {
            Some(grant) => {
                Ruling::Paid(Paid { here, standing: self.tightest(here, &grant, nanos), by: Payer::Lease })
            }
            None => Ruling::Asks(Ask { slot, hits: whole_requests(most, self.cost), here }),
        }
    }

    /// What cannot be kept is not taken, nor more than the service has.
    fn most_to_ask_for<V>(&self, grants: Grants, seen: &mut Seen<V>, now: u64) -> u32 {
        let told = seen.grant().and_then(|grant| grant.lately_told(now)).unwrap_or(UNTOLD);
        let has_room = seen.grant().is_some() || grants.has_room(seen, now);
        if self.lease > self.cost && has_room { self.lease.min(told) } else { self.cost }
    }

    /// Keeps what an answer brings beside the request that asked for it. `is_asker` says whether that one is still there to spend
    /// its part.
    pub fn keep(
        &self,
        ask: &Ask,
        answer: &Answer,
        is_asker: bool,
        table: &Table,
        store: &impl Store,
        now: Duration,
    ) {
        let news = self.news(ask, is_asker);
        if news.is_worth_keeping(answer) {
            Grants::beside(table).note(store, ask.slot, answer, &news, nanos(now));
        }
    }

    /// What becomes of the request that asked.
    #[must_use]
    pub fn hear(&self, ask: Ask, answer: &Answer, now: Duration) -> Ruling {
        let grant = self.news(&ask, true).grant(ask.slot, answer, nanos(now));
        if answer.permits {
            let standing = self.tightest(ask.here, &grant, nanos(now));
            return Ruling::Paid(Paid { here: ask.here, standing, by: Payer::Service });
        }
        match self.refusal(Some(&grant), nanos(now)) {
            Some(refused) => refused,
            None => Ruling::Asks(Ask { hits: self.cost, ..ask }),
        }
    }

    /// What becomes of a request that got no answer.
    #[must_use]
    pub fn give_up(&self, ask: &Ask) -> Ruling {
        match self.on_error {
            OnError::Deny => Ruling::Unanswered,
            OnError::Local | OnError::Allow => {
                let standing = ask.here.map(|charge| *charge.verdict.standing());
                Ruling::Paid(Paid { here: ask.here, standing, by: Payer::OnError })
            }
        }
    }

    fn news(&self, ask: &Ask, is_asker: bool) -> News {
        let spent = if is_asker { self.cost } else { 0 };
        News { asked: ask.hits, spent, cost: self.cost, window: self.window }
    }

    fn refusal(&self, grant: Option<&Grant>, now: u64) -> Option<Ruling> {
        let grant = grant.filter(|grant| grant.spendable(now) < self.cost)?;
        grant.lately_told(now).filter(|left| *left < self.cost)?;
        let wait = Duration::from_nanos(grant.ends_at.max(grant.told_until).saturating_sub(now));
        let standing = Standing { next_in: wait, full_in: wait, remaining: 0, window: 0, limit: self.limit };
        Some(Ruling::UsedUp { wait, standing })
    }

    /// Of what this Envoy's own bucket and the service say, the one with less left.
    fn tightest(&self, here: Option<Charge>, grant: &Grant, now: u64) -> Option<Standing> {
        let here = here.map(|charge| *charge.verdict.standing());
        let full_in = Duration::from_nanos(grant.ends_at.saturating_sub(now));
        let there = (grant.told != UNTOLD).then(|| Standing {
            window: 0,
            limit: self.limit,
            remaining: grant.told.saturating_add(grant.left),
            next_in: full_in,
            full_in,
        });
        here.into_iter().chain(there).min_by_key(|standing| standing.remaining)
    }
}

/// The hits of as many requests as `most` pays for, and of one at least.
fn whole_requests(most: u32, cost: u32) -> u32 {
    most.checked_div(cost).unwrap_or(1).max(1).saturating_mul(cost)
}

#[cfg(test)]
mod tests;
