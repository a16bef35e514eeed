//! A bound on the requests that wait for somebody else.

use std::cell::Cell;
use std::rc::Rc;

/// The places where requests may wait.
#[derive(Default)]
pub(crate) struct Places(Rc<Cell<usize>>);

/// A place that is taken, until it is dropped.
pub(crate) struct Place(Rc<Cell<usize>>);

/// So many requests may wait in one worker; the memory that they hold is a few kilobytes each.
const MOST_WAITING: usize = 4096;

impl Places {
    /// A place, if one is free.
    pub(crate) fn take(&self) -> Option<Place> {
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
