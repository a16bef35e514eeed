//! The table of buckets: a bounded number of them, in memory that all workers share.
//!
//! A key's keyed hash names a set and, in it, a fingerprint. Decisions on one set are made one after the other, by
//! the store; a decision reads one entry and, where tokens are taken, writes it back. What a worker has seen refused it
//! goes on refusing without a look, for as long as nothing else is possible.

use std::time::Duration;

use crate::decision::{Bill, Charge, decide, still_refuses};
use crate::exhausted::Exhausted;
use crate::hash::{KeyHasher, Secret, Slot};
use crate::store::{Change, Contended, Store};

/// The buckets of all rules, as one worker sees them.
#[derive(Clone, Debug)]
pub struct Table {
    secret: Secret,
    /// A power of two.
    sets: u32,
    /// Buckets in a set.
    ways: usize,
    exhausted: Exhausted,
}

/// Sets have at least this many buckets. In fewer, chance alone crowds some sets long before the table is full; more
/// would be copied with every read.
const WAYS: u32 = 8;

/// The entry that keeps the secret.
const SECRET_NAME: &[u8] = b"portcullis.limit.secret";
const SECRET_VERSION: u8 = 1;

impl Table {
    /// A table of at most `max_keys` buckets. The first worker that opens it makes its secret out of `random`.
    pub fn open(max_keys: u32, store: &impl Store, random: [u8; 16]) -> Result<Self, Contended> {
        let secret = store.update(SECRET_NAME, |bytes| match bytes.split_first() {
            Some((&SECRET_VERSION, secret)) if secret.len() == random.len() => {
                let mut kept = random;
                kept.copy_from_slice(secret);
                (Change::Keep, kept)
            }
            _ => {
                *bytes = [[SECRET_VERSION].as_slice(), random.as_slice()].concat();
                (Change::Write, random)
            }
        })?;
        Ok(Self::with_secret(max_keys, secret))
    }

    /// The number of sets is a power of two, so that another `max_keys` finds half of the buckets, or all of them,
    /// where they were.
    fn with_secret(max_keys: u32, secret: [u8; 16]) -> Self {
        let max_keys = max_keys.max(1);
        let sets = (max_keys / WAYS).checked_ilog2().map_or(1, |log| 1 << log);
        let ways = usize::try_from(max_keys / sets).unwrap_or(usize::MAX);
        Self { secret: Secret(secret), sets, ways, exhausted: Exhausted::default() }
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
        let now = u64::try_from(now.as_nanos()).unwrap_or(u64::MAX);
        let known = self.exhausted.find(slot).and_then(|bucket| still_refuses(bucket, bill, now));
        if let Some(refused) = known {
            return Ok(refused);
        }
        let name = SetName::of(slot.set & (self.sets - 1));
        let (charge, bucket) =
            store.update(name.bytes(), |bytes| decide(bytes, slot.fingerprint, self.ways, bill, now))?;
        if !charge.verdict.is_permitted() {
            self.exhausted.remember(slot, bucket);
        }
        Ok(charge)
    }
}

/// The name of a set's entry, written without an allocation.
struct SetName([u8; PREFIX.len() + DIGITS]);

const PREFIX: &[u8] = b"portcullis.limit.";
/// Sets are numbered in 24 bits at most.
const DIGITS: usize = 6;

impl SetName {
    fn of(set: u32) -> Self {
        let mut name = [b'0'; PREFIX.len() + DIGITS];
        for (place, byte) in name.iter_mut().zip(PREFIX) {
            *place = *byte;
        }
        let nibbles = (0..DIGITS).map(|digit| (set >> (4 * digit)) & 0xf);
        for (place, nibble) in name.iter_mut().rev().zip(nibbles) {
            *place = char::from_digit(nibble, 16).and_then(|digit| u8::try_from(digit).ok()).unwrap_or(b'0');
        }
        Self(name)
    }

    fn bytes(&self) -> &[u8] {
        &self.0
    }
}

#[cfg(test)]
mod tests;
