//! The table of buckets: a bounded number of them, in memory that all workers share.
//!
//! A key's keyed hash names a set and, in it, a fingerprint. Decisions on one set are made one after the other, by
//! the store; a decision reads one entry and, where tokens are taken, writes it back.

use std::time::Duration;

use crate::bucket::{Bucket, SET_BACK};
use crate::hash::{KeyHasher, Secret, Slot};
use crate::set::{Record, RuleTag, Set};
use crate::store::{Change, Contended, Store};
use crate::verdict::Verdict;
use crate::windows::Windows;

/// The buckets of all rules.
#[derive(Clone, Debug)]
pub struct Table {
    secret: Secret,
    /// A power of two.
    sets: u32,
    /// Buckets in a set.
    ways: usize,
}

/// What a request costs under its rule.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bill<'a> {
    pub rule: RuleTag,
    pub windows: &'a Windows,
    pub cost: u32,
}

/// A decision, and what it did to the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Charge {
    /// The decision.
    pub verdict: Verdict,
    /// A bucket that was not full had to leave.
    pub evicted: bool,
    /// The entry could not be read, and was begun anew.
    pub rebuilt: bool,
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
        Self { secret: Secret(secret), sets, ways }
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
        let name = SetName::of(slot.set & (self.sets - 1));
        store.update(name.bytes(), |bytes| decide(bytes, slot.fingerprint, self.ways, bill, now))
    }
}

/// Decides on the bytes of one set.
fn decide(bytes: &mut Vec<u8>, fingerprint: u64, ways: usize, bill: &Bill<'_>, now: u64) -> (Change, Charge) {
    let (mut set, rebuilt) = Set::open(bytes, fingerprint);
    let (mut bucket, mut change) = match set.found() {
        Some(record) => (Bucket::restored(&record.remains, bill.windows), Change::Keep),
        None => newcomer(&mut set, bill, now),
    };
    let is_set_back = bucket.settle(bill.windows, now);
    let taken = bucket.take(bill.windows, bill.cost, now);
    let mut evicted = false;
    // A refusal changes nothing: an attacker who is over the limit costs one read, and displaces nobody.
    if taken.is_ok() || (is_set_back && set.found().is_some()) {
        let record = Record {
            fingerprint,
            rule: bill.rule,
            fills_at: bucket.fills_at(bill.windows),
            remains: bucket.remains(bill.windows),
        };
        evicted = set.put(&record, ways, now);
        change = Change::Write;
    }
    let standing = bucket.standing(bill.windows, now);
    let verdict = match taken {
        Ok(()) => Verdict::Permitted(standing),
        Err(short) => Verdict::Refused { wait: Duration::from_nanos(short.wait), standing },
    };
    (change, Charge { verdict, evicted, rebuilt })
}

/// The bucket of a key that has none: full, or as full as a bucket that was evicted may be by now. A floor that is
/// further away than a bucket of the rule takes to fill was written before the clock was set back, or before the
/// rule became faster; it is drawn in.
fn newcomer(set: &mut Set<'_>, bill: &Bill<'_>, now: u64) -> (Bucket, Change) {
    let Some(floor) = set.floor(bill.rule, now) else {
        return (Bucket::full(bill.windows, now), Change::Keep);
    };
    let latest = now.saturating_add(bill.windows.fill_time());
    if floor <= latest.saturating_add(SET_BACK) {
        return (Bucket::full_at(bill.windows, now, floor), Change::Keep);
    }
    set.lower_floor(bill.rule, latest);
    (Bucket::full_at(bill.windows, now, latest), Change::Write)
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
