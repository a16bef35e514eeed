//! Keys that are fetched through Envoy, by one worker for all.
//!
//! [`KeySource`] says when. What is kept here is the shell around it: the call, and what this worker knows. The records
//! that the workers share are in [`Shared`].

mod shared;

use std::cell::{Cell, RefCell};
use std::time::Duration;

use portcullis_document::Upstream;
use portcullis_jwt_auth::{
    AlgorithmSet, FetchRecord, KeyRecord, KeySet, KeySource, MOST_BYTES, Missing, Origin, Provider, Trust,
    Want, max_age,
};

use super::BEAT;
use crate::host::{self, Answer, CallId};
use crate::metrics::{Counter, Gauge};
use shared::Shared;

/// The keys of one provider.
pub(super) struct Source {
    provider: usize,
    upstream: Upstream,
    algorithms: AlgorithmSet,
    state: RefCell<KeySource>,
    shared: Shared,
    call: Cell<Option<CallId>>,
    named_key_is_wanted: Cell<bool>,
    next_look: Cell<Duration>,
    /// Grows with each fetch that this worker hears the end of.
    news: Cell<u64>,
    fetched: Counter,
    failed: Counter,
    age: Gauge,
}

/// A due time that has passed because another worker is fetching is no reason to look all the time.
const SHORTEST_PAUSE: Duration = Duration::from_millis(10);

impl Source {
    /// The source of a provider whose keys are fetched; it is looked at as soon as there is time.
    pub(super) fn of(number: usize, provider: &Provider) -> Option<Self> {
        let remote = provider.remote()?;
        Some(Self {
            provider: number,
            upstream: remote.upstream.clone(),
            algorithms: provider.algorithms(),
            state: RefCell::new(KeySource::new(remote.refresh)),
            shared: Shared::of(&remote.upstream),
            call: Cell::default(),
            named_key_is_wanted: Cell::default(),
            next_look: Cell::default(),
            news: Cell::default(),
            fetched: Counter::named("portcullis.jwt.jwks_fetched"),
            failed: Counter::named("portcullis.jwt.jwks_failed"),
            age: Gauge::named("portcullis.jwt.jwks_age_seconds"),
        })
    }

    pub(super) fn provider(&self) -> usize {
        self.provider
    }

    pub(super) fn next_look(&self) -> Duration {
        self.next_look.get()
    }

    pub(super) fn timeout(&self) -> Duration {
        self.state.borrow().timeout()
    }

    pub(super) fn retry_after(&self, now: Duration) -> u64 {
        self.state.borrow().retry_after(now)
    }

    pub(super) fn may_come(&self, missing: Missing, now: Duration, deadline: Duration) -> bool {
        self.state.borrow().may_come(missing, now, deadline)
    }

    /// A request waits for what is missing: the next beat comes at once.
    pub(super) fn ask(&self, missing: Missing) {
        if missing == Missing::NamedKey && !self.named_key_is_wanted.replace(true) {
            self.next_look.set(Duration::ZERO);
        }
    }

    /// A number that is another one whenever there is something new for those who wait.
    pub(super) fn news(&self) -> u64 {
        self.news.get()
    }

    fn tell(&self) {
        self.news.set(self.news.get().wrapping_add(1));
    }

    /// Whether this call is a fetch of this source's.
    pub(super) fn made(&self, call: CallId) -> bool {
        self.call.get() == Some(call)
    }

    /// Takes over what other workers have fetched since; says whether there was anything.
    pub(super) fn look(&self, trust: &mut Trust, now: Duration) -> bool {
        let record = self.shared.fetch_record();
        let is_new = self.state.borrow_mut().see_fetch(record);
        is_new && self.take_over(trust, now)
    }

    /// Looks, fetches what is due, and lets go what is too old.
    pub(super) fn beat(&self, trust: &mut Trust, now: Duration) {
        self.look(trust, now);
        let named = self.named_key_is_wanted.take();
        if !self.fetch(Want::Due, now) && named {
            self.fetch(Want::NamedKey, now);
        }
        if self.state.borrow().is_too_old(now) {
            trust.withdraw(self.provider);
        }
        if let Some(age) = self.state.borrow().age(now) {
            self.age.set(age.as_secs());
        }
        self.rest(now);
    }

    fn rest(&self, now: Duration) {
        let due = self.state.borrow().due().max(now.saturating_add(SHORTEST_PAUSE));
        let is_at_it = due <= now.saturating_add(SHORTEST_PAUSE);
        let beat = now.saturating_add(BEAT);
        self.next_look.set(if is_at_it { beat } else { due.min(beat) });
    }

    /// The last good set that anyone fetched, if this worker can read it.
    fn take_over(&self, trust: &mut Trust, now: Duration) -> bool {
        let bytes = self.shared.key_record();
        let Some(record) = KeyRecord::decode(&bytes) else {
            return false;
        };
        let Ok(read) = KeySet::read(record.json, Origin::Fetched, self.algorithms) else {
            return false;
        };
        let mut state = self.state.borrow_mut();
        state.see_keys(&record);
        if state.is_too_old(now) {
            return false;
        }
        trust.renew(self.provider, read.keys);
        self.tell();
        true
    }

    /// Fetches if it is this worker's turn; says whether it does.
    fn fetch(&self, want: Want, now: Duration) -> bool {
        let claim = self.state.borrow().claim(want, now);
        let Some(claim) = claim.filter(|claim| self.shared.replace(claim)) else {
            return false;
        };
        self.state.borrow_mut().see_fetch(claim);
        let headers = [
            (":method", "GET"),
            (":path", &*self.upstream.target),
            (":authority", &*self.upstream.authority),
            ("accept", "application/jwk-set+json, application/json"),
        ];
        match host::call(&self.upstream.cluster, &headers, self.timeout()) {
            Ok(call) => self.call.set(Some(call)),
            Err(error) => self.fail(now, format_args!("{error:?}")),
        }
        true
    }

    /// A fetch has come back.
    pub(super) fn receive(&self, answer: &Answer, trust: &mut Trust, now: Duration) {
        self.call.set(None);
        self.tell();
        match self.read(answer) {
            Ok((json, keys, max_age)) => self.succeed(&json, keys, max_age, trust, now),
            Err(told) => self.fail(now, format_args!("{told}")),
        }
        self.rest(now);
    }

    fn read(&self, answer: &Answer) -> Result<(Vec<u8>, KeySet, Option<Duration>), String> {
        let Answer::Response { body_size } = answer else {
            return Err("the connection was reset".to_owned());
        };
        let headers = host::answer_headers();
        let status = headers.first(":status").unwrap_or_default();
        if status != b"200" {
            return Err(format!("status {}", String::from_utf8_lossy(status)));
        }
        // One byte more than may be, so that a set that is too big is seen to be.
        let json = host::answer_body((*body_size).min(MOST_BYTES.saturating_add(1)));
        let read =
            KeySet::read(&json, Origin::Fetched, self.algorithms).map_err(|fault| fault.to_string())?;
        for (at, fault) in &read.left_out {
            log::warn!("{}: key {at} is left out: {fault}", self.upstream.cluster);
        }
        Ok((json, read.keys, max_age(headers.all("cache-control"))))
    }

    fn succeed(
        &self,
        json: &[u8],
        keys: KeySet,
        max_age: Option<Duration>,
        trust: &mut Trust,
        now: Duration,
    ) {
        let refresh_at = self.state.borrow().refresh_at(max_age, now);
        let record = KeyRecord { fetched_at: now, refresh_at, json };
        self.shared.set_key_record(&record);
        self.state.borrow_mut().see_keys(&record);
        self.conclude(KeySource::succeeded);
        trust.renew(self.provider, keys);
        self.fetched.count();
    }

    fn fail(&self, now: Duration, told: std::fmt::Arguments<'_>) {
        log::warn!("no keys from {}: {told}", self.upstream.cluster);
        self.conclude(|state| state.failed(now));
        self.failed.count();
    }

    /// Tells the workers how a fetch ended. Others write too, so it takes what they wrote as a starting point.
    fn conclude(&self, ending: impl Fn(&KeySource) -> FetchRecord) {
        self.shared.update(|record| {
            let mut state = self.state.borrow_mut();
            state.see_fetch(record);
            let ended = ending(&state);
            state.see_fetch(ended);
            ended
        });
    }
}
