//! Buckets that this worker has seen too empty: until they can have refilled, it need not look again.
//!
//! Other workers only take tokens, and what is gained meanwhile is known. So what a bucket can hold at most is known
//! too, and whoever is far over a limit costs no look at shared data.

use std::cell::RefCell;

use crate::bucket::Bucket;
use crate::hash::Slot;

/// The last of them, as many as there are places: a newer one takes the place of an older one. A client over its limit
/// that loses its place costs what it would without.
#[derive(Clone, Debug)]
pub(crate) struct Exhausted {
    places: RefCell<Vec<Option<(Slot, Bucket)>>>,
}

/// Some 60 KiB, when all are in use.
const PLACES: usize = 512;

impl Default for Exhausted {
    fn default() -> Self {
        Self { places: RefCell::new(vec![None; PLACES]) }
    }
}

impl Exhausted {
    /// The bucket as it was last seen too empty: it holds no more than what this one has by now.
    pub(crate) fn find(&self, slot: Slot) -> Option<Bucket> {
        let places = self.places.borrow();
        let (known, bucket) = places.get(place(slot))?.as_ref()?;
        (*known == slot).then_some(*bucket)
    }

    /// Remembers a bucket that was too empty.
    pub(crate) fn remember(&self, slot: Slot, bucket: Bucket) {
        if let Some(place) = self.places.borrow_mut().get_mut(place(slot)) {
            *place = Some((slot, bucket));
        }
    }
}

/// Clients cannot choose their fingerprints, nor so their neighbours.
fn place(slot: Slot) -> usize {
    let places = u64::try_from(PLACES).unwrap_or(1);
    usize::try_from(slot.fingerprint % places).unwrap_or_default()
}
