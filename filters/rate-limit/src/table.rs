//! The table of buckets: a bounded number of them, in memory that all workers share.
//!
//! A key's keyed hash names a set and, in it, a fingerprint. Decisions on one set are made one after the other, by
//! the store; a decision reads one entry and, where tokens are taken, writes it back. What a worker has seen refused it
//! goes on refusing without a look, for as long as nothing else is possible.

use std::time::Duration;

use crate::bucket::Bucket;
use crate::decision::{Bill, Charge, Decision, Place, decide, peek, still_refuses};
use crate::exhausted::Exhausted;
use crate::hash::{KeyHasher, Secret, Slot};
use crate::header::Header;
use crate::leases::Leases;
use crate::quota::LEASE;
use crate::store::{Change, Contended, Store};
use crate::verdict::Verdict;

/// The buckets of all rules, as one worker sees them.
#[derive(Clone, Debug)]
pub struct Table {
    secret: Secret,
    /// A power of two.
    sets: u32,
    /// The numbers that earlier configurations had.
    former_sizes: Vec<u32>,
    /// Buckets in a set.
    ways: usize,
    exhausted: Exhausted,
    leases: Leases,
}

/// Sets have at least this many buckets. In fewer, chance alone crowds some sets long before the table is full; more
/// would be copied with every read.
const WAYS: u32 = 8;

/// The entry that keeps the header.
const HEADER_NAME: &[u8] = b"portcullis.limit.table";

impl Table {
    /// A table of at most `max_keys` buckets. The first worker that opens it makes its secret out of `random`.
    ///
    /// The number of sets is a power of two, so that another `max_keys` leaves every bucket where it was, or in one
    /// other place for each number that the table ever had.
    pub fn open(max_keys: u32, store: &impl Store, random: [u8; 16]) -> Result<Self, Contended> {
        let max_keys = max_keys.max(1);
        let sets = (max_keys / WAYS).checked_ilog2().map_or(1, |log| 1 << log);
        let header = store.update(HEADER_NAME, |bytes| {
            let known = Header::decode(bytes);
            let mut header = known.clone().unwrap_or(Header { secret: Secret(random), sizes: 0 });
            header.sizes |= sets;
            if known.as_ref() == Some(&header) {
                return (Change::Keep, header);
            }
            *bytes = header.encode();
            (Change::Write, header)
        })?;
        Ok(Self {
            sets,
            former_sizes: header.former_sizes(sets),
            secret: header.secret,
            ways: usize::try_from(max_keys / sets).unwrap_or(usize::MAX),
            exhausted: Exhausted::default(),
            leases: Leases::default(),
        })
    }

    /// The number of sets, and of buckets in each.
    pub(crate) fn size(&self) -> (u32, usize) {
        (self.sets, self.ways)
    }

    /// A hasher that turns a key into its slot.
    pub(crate) fn hasher(&self) -> KeyHasher {
        KeyHasher::new(&self.secret)
    }

    /// Charges a request, or refuses it.
    pub(crate) fn charge(
        &self,
        store: &impl Store,
        slot: Slot,
        bill: &Bill<'_>,
        now: Duration,
    ) -> Result<Charge, Contended> {
        let now = nanos(now);
        let leases = bill.windows.can_lease().then_some(&self.leases);
        if let Some(standing) = leases.and_then(|leases| leases.spend(slot, bill.cost, now)) {
            return Ok(Charge { verdict: Verdict::Permitted(standing), evicted: false, rebuilt: false });
        }
        if let Some(refused) = self.exhausted.find(slot).and_then(|bucket| still_refuses(bucket, bill, now)) {
            return Ok(refused);
        }
        match leases {
            Some(leases) => self.lease(leases, store, slot, bill, now),
            None => self.look(store, slot, bill, now).map(|decision| decision.charge),
        }
    }

    /// Decides, and where the client comes often, pays in advance.
    fn lease(
        &self,
        leases: &Leases,
        store: &impl Store,
        slot: Slot,
        bill: &Bill<'_>,
        now: u64,
    ) -> Result<Charge, Contended> {
        // A worker holds so many tokens at most, and not requests, which may cost more.
        let most = LEASE.checked_div(bill.cost).unwrap_or(1).max(1);
        let requests = if leases.is_hot(slot, now) { most } else { 1 };
        let Decision { mut charge, in_advance, .. } =
            self.look(store, slot, &Bill { requests, ..*bill }, now)?;
        if let Verdict::Permitted(standing) = &mut charge.verdict {
            leases.keep(slot, in_advance, *standing, now);
            standing.remaining = standing.remaining.saturating_add(in_advance.saturating_mul(bill.cost));
        }
        Ok(charge)
    }

    /// Decides on the bucket in shared data.
    fn look(&self, store: &impl Store, slot: Slot, bill: &Bill<'_>, now: u64) -> Result<Decision, Contended> {
        let former = || self.former(store, slot, bill, now);
        let place = Place { fingerprint: slot.fingerprint, ways: self.ways, former: &former };
        let name = SetName::of(PREFIX, slot.set_of(self.sets));
        let decision = store.update(name.bytes(), |bytes| decide(bytes, &place, bill, now))?;
        if !decision.charge.verdict.is_permitted() {
            self.exhausted.remember(slot, decision.bucket);
        }
        Ok(decision)
    }

    /// The bucket of a key where it was when the table had another number of sets; of several the emptiest.
    fn former(&self, store: &impl Store, slot: Slot, bill: &Bill<'_>, now: u64) -> Option<Bucket> {
        let here = slot.set_of(self.sets);
        let sets = self.former_sizes.iter().map(|size| slot.set_of(*size)).filter(|set| *set != here);
        let buckets = sets.filter_map(|set| {
            let peek = |bytes: &mut Vec<u8>| (Change::Keep, peek(bytes, slot.fingerprint, bill, now));
            store.update(SetName::of(PREFIX, set).bytes(), peek).ok().flatten()
        });
        buckets.max_by_key(|bucket| bucket.fills_at(bill.windows))
    }
}

/// The name of a set's entry, written without an allocation.
pub(crate) struct SetName([u8; PREFIX.len() + DIGITS]);

const PREFIX: &[u8; 17] = b"portcullis.limit.";
/// Sets are numbered in 24 bits at most.
const DIGITS: usize = 6;

impl SetName {
    pub(crate) fn of(prefix: &[u8; PREFIX.len()], set: u32) -> Self {
        let mut name = [b'0'; PREFIX.len() + DIGITS];
        for (place, byte) in name.iter_mut().zip(prefix) {
            *place = *byte;
        }
        let nibbles = (0..DIGITS).map(|digit| (set >> (4 * digit)) & 0xf);
        for (place, nibble) in name.iter_mut().rev().zip(nibbles) {
            *place = char::from_digit(nibble, 16).and_then(|digit| u8::try_from(digit).ok()).unwrap_or(b'0');
        }
        Self(name)
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }
}

/// A time as entries keep it, for the next 500 years.
pub(crate) fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
