//! Requests that came before the keys that decide about them.

use std::rc::Rc;
use std::time::Duration;

use portcullis_jwt_auth::Need;

use super::Gatekeeper;
use super::keys::Source;
use crate::exchange::Exchange;
use crate::host::{Answer, CallId};
use crate::stage::{Progress, Waiting};
use crate::stages::places::Place;

/// A request that waits for keys. It is decided about anew when there is news of them, or nothing more to wait for.
pub(super) struct WaitingForKeys {
    gatekeeper: Rc<Gatekeeper>,
    need: Need,
    since: Duration,
    deadline: Duration,
    wake_at: Duration,
    news: u64,
    _place: Place,
}

/// How often a request looks whether another worker has brought what it waits for; its own worker's answer wakes it at
/// once.
const LOOK: Duration = Duration::from_millis(50);

impl WaitingForKeys {
    pub(super) fn new(
        gatekeeper: Rc<Gatekeeper>,
        source: &Source,
        need: Need,
        since: Duration,
        place: Place,
    ) -> Self {
        source.ask(need.missing);
        let deadline = since.saturating_add(source.timeout());
        let (news, wake_at) = (source.news(), since);
        Self { gatekeeper, need, since, deadline, wake_at, news, _place: place }
    }

    /// Waits on, and looks again in a while.
    pub(super) fn resting_from(mut self, now: Duration) -> Self {
        self.wake_at = now.saturating_add(LOOK).min(self.deadline);
        self
    }

    /// Whether there is nothing new, and still something to come.
    fn is_to_wait_on(&self, now: Duration) -> bool {
        let Some(source) = self.gatekeeper.source(self.need) else {
            return false;
        };
        source.look(&mut self.gatekeeper.trust.borrow_mut(), now);
        source.ask(self.need.missing);
        source.news() == self.news && source.may_come(self.need.missing, now, self.deadline)
    }
}

impl Waiting for WaitingForKeys {
    /// No call is made for a request: the root makes them, for all.
    fn on_answer(self: Box<Self>, _call: CallId, _answer: Answer, _exchange: &mut Exchange) -> Progress {
        Progress::Wait(self)
    }

    fn next_tick(&self) -> Option<Duration> {
        Some(self.wake_at)
    }

    fn on_tick(self: Box<Self>, now: Duration, exchange: &mut Exchange) -> Progress {
        if self.is_to_wait_on(now) {
            return Progress::Wait(Box::new(self.resting_from(now)));
        }
        let Self { gatekeeper, since, .. } = *self;
        gatekeeper.decide(exchange, since)
    }
}
