//! One plugin entry of Envoy's configuration: its compiled document, and when it and its requests want to be woken.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use crate::abi;
use crate::gate::Gate;
use crate::host;
use crate::metrics::BEAT;
use crate::vm::ContextId;

/// One plugin entry of Envoy's configuration.
#[derive(Default)]
pub(crate) struct Root {
    gate: RefCell<Option<Rc<Gate>>>,
    /// The requests that want to be woken.
    sleepers: RefCell<BTreeMap<ContextId, Duration>>,
    /// The beat that Envoy was asked for, in milliseconds.
    period: Cell<u32>,
}

impl Root {
    pub(crate) fn gate(&self) -> Option<Rc<Gate>> {
        self.gate.borrow().clone()
    }

    /// The document that its requests go by from now on.
    pub(crate) fn take(&self, gate: Gate) {
        self.gate.replace(Some(Rc::new(gate)));
    }

    /// Asks Envoy for the beat that the next thing to do needs; what was counted is told once a second at least.
    pub(crate) fn schedule(&self) {
        let gate = self.gate();
        let sleepers = self.sleepers.borrow().values().min().copied();
        let due = gate.and_then(|gate| gate.next_tick()).into_iter().chain(sleepers).min();
        let period = due.map_or(BEAT, |due| millis_until(due, host::now()).min(BEAT));
        if self.period.replace(period) != period && abi::set_tick_period(period).is_err() {
            log::warn!(
                "the host keeps no time: nothing is counted or fetched ahead, and waiting requests may wait long"
            );
        }
    }

    /// The sleepers whose time has come, or all of them where there is news.
    pub(crate) fn due(&self, now: Duration, news: bool) -> Vec<ContextId> {
        let sleepers = self.sleepers.borrow();
        sleepers.iter().filter(|(_, due)| news || **due <= now).map(|(context, _)| *context).collect()
    }

    /// Keeps or forgets when a request wants to be woken; says whether that changed anything.
    pub(crate) fn note(&self, context: ContextId, due: Option<Duration>) -> bool {
        match due {
            None if self.sleepers.borrow().is_empty() => false,
            due => self.change_sleepers(context, due),
        }
    }

    /// Apart, since hardly a request ever waits.
    #[cold]
    fn change_sleepers(&self, context: ContextId, due: Option<Duration>) -> bool {
        let mut sleepers = self.sleepers.borrow_mut();
        match due {
            Some(due) => sleepers.insert(context, due) != Some(due),
            None => sleepers.remove(&context).is_some(),
        }
    }
}

/// At least 1, since 0 stops the beat.
fn millis_until(due: Duration, now: Duration) -> u32 {
    let millis = due.saturating_sub(now).as_nanos().div_ceil(1_000_000);
    u32::try_from(millis).unwrap_or(u32::MAX).max(1)
}
