//! Requests that came before the keys that decide about them.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use super::Gatekeeper;
use crate::exchange::Exchange;
use crate::host::{Answer, CallId};
use crate::stage::{Progress, Waiting};

/// A request that waits for keys. Whatever wakes it, it is decided about anew.
pub(super) struct WaitingForKeys {
    gatekeeper: Rc<Gatekeeper>,
    since: Duration,
    wake_at: Duration,
    _place: Place,
}

/// How often a request looks whether another worker has brought what it waits for; its own worker's answer wakes it at
/// once.
const LOOK: Duration = Duration::from_millis(50);

impl WaitingForKeys {
    pub(super) fn new(
        gatekeeper: Rc<Gatekeeper>,
        since: Duration,
        now: Duration,
        deadline: Duration,
        place: Place,
    ) -> Self {
        let wake_at = now.saturating_add(LOOK).min(deadline);
        Self { gatekeeper, since, wake_at, _place: place }
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
        let Self { gatekeeper, since, .. } = *self;
        gatekeeper.decide(exchange, since, now)
    }
}

/// The places where requests may wait.
#[derive(Default)]
pub(super) struct Places(Rc<Cell<usize>>);

/// A place that is taken, until it is dropped.
pub(super) struct Place(Rc<Cell<usize>>);

/// So many requests may wait in one worker; the memory that they hold is a few kilobytes each.
const MOST_WAITING: usize = 4096;

impl Places {
    /// A place, if one is free.
    pub(super) fn take(&self) -> Option<Place> {
        let taken = self.0.get();
        (taken < MOST_WAITING).then(|| {
            self.0.set(taken.saturating_add(1));
            Place(Rc::clone(&self.0))
        })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.set(self.0.get().saturating_sub(1));
    }
}
