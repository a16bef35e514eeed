//! Tokens that this worker has taken in advance, of buckets that are large and hot.
//!
//! A request that is paid out of a lease costs no look at shared data and no lock, and workers that share a hot bucket
//! meet a sixteenth as often. The bucket keeps as many tokens fewer as all workers can hold
//! ([`LENT`](crate::quota::LENT)): together there are never more than `burst`.

use std::cell::RefCell;

use crate::hash::Slot;
use crate::verdict::Standing;

/// The last of them, as many as there are places: a newer one takes the place of an older one, whose tokens are lost.
#[derive(Clone, Debug, Default)]
pub(crate) struct Leases {
    places: RefCell<Vec<Option<Lease>>>,
}

#[derive(Clone, Copy, Debug)]
struct Lease {
    slot: Slot,
    taken_at: u64,
    /// For so many requests.
    left: u32,
    /// How the client stood when it was taken, all of it counted as spent.
    standing: Standing,
}

/// Enough for the clients that a worker serves at a time; about a megabyte, if a rule of the document leases at all.
const PLACES: usize = 16_384;
/// A client that comes once in this time is hot; what it left for longer is too old to tell how it stands.
const LIFE: u64 = 10_000_000_000;

impl Leases {
    /// Pays for a request that costs `cost` tokens, if there is a lease.
    pub(crate) fn spend(&self, slot: Slot, cost: u32, now: u64) -> Option<Standing> {
        let mut places = self.places.borrow_mut();
        let lease = places.get_mut(place(slot))?.as_mut().filter(|lease| lease.is_of(slot, now))?;
        lease.left = lease.left.checked_sub(1)?;
        let remaining = lease.standing.remaining.saturating_add(lease.left.saturating_mul(cost));
        Some(Standing { remaining, ..lease.standing })
    }

    /// Whether the client was here lately.
    pub(crate) fn is_hot(&self, slot: Slot, now: u64) -> bool {
        let places = self.places.borrow();
        places.get(place(slot)).is_some_and(|place| place.is_some_and(|lease| lease.is_of(slot, now)))
    }

    /// Keeps what was paid for in advance, which may be nothing.
    pub(crate) fn keep(&self, slot: Slot, left: u32, standing: Standing, now: u64) {
        let mut places = self.places.borrow_mut();
        if places.is_empty() {
            places.resize(PLACES, None);
        }
        if let Some(place) = places.get_mut(place(slot)) {
            *place = Some(Lease { slot, taken_at: now, left, standing });
        }
    }
}

impl Lease {
    fn is_of(&self, slot: Slot, now: u64) -> bool {
        self.slot == slot && now.abs_diff(self.taken_at) < LIFE
    }
}

fn place(slot: Slot) -> usize {
    let places = u64::try_from(PLACES).unwrap_or(1);
    usize::try_from(slot.fingerprint % places).unwrap_or_default()
}
