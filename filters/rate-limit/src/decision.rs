//! One decision, on the bytes of one set.

use std::time::Duration;

use crate::bucket::{Bucket, SET_BACK, Short};
use crate::set::{Record, RuleTag, Set};
use crate::store::Change;
use crate::verdict::Verdict;
use crate::windows::Windows;

/// What a request costs under its rule.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bill<'a> {
    pub rule: RuleTag,
    pub windows: &'a Windows,
    pub cost: u32,
}

/// Where a bucket belongs.
pub(crate) struct Place<'a> {
    pub fingerprint: u64,
    /// The buckets of a set.
    pub ways: usize,
    /// Asks for the bucket where it may be if it is not here.
    pub former: &'a dyn Fn() -> Option<Bucket>,
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

/// Decides on the bytes of one set.
pub(crate) fn decide(
    bytes: &mut Vec<u8>,
    place: &Place<'_>,
    bill: &Bill<'_>,
    now: u64,
) -> (Change, (Charge, Bucket)) {
    let (mut set, rebuilt) = Set::open(bytes, place.fingerprint);
    let (mut bucket, mut change) = match set.found() {
        Some(record) => (Bucket::restored(&record.remains, bill.windows), Change::Keep),
        None => newcomer(&mut set, place, bill, now),
    };
    let is_set_back = bucket.settle(bill.windows, now);
    let taken = bucket.take(bill.windows, bill.cost, now);
    let mut evicted = false;
    // A refusal changes nothing: an attacker who is over the limit costs one read, and displaces nobody.
    if taken.is_ok() || (is_set_back && set.found().is_some()) {
        let record = Record {
            fingerprint: place.fingerprint,
            rule: bill.rule,
            fills_at: bucket.fills_at(bill.windows),
            remains: bucket.remains(bill.windows),
        };
        evicted = set.put(&record, place.ways, now);
        change = Change::Write;
    }
    let verdict = verdict(&bucket, taken, bill, now);
    (change, (Charge { verdict, evicted, rebuilt }, bucket))
}

/// The bucket with this fingerprint, or what it can have at most if it had to leave; nothing is decided.
pub(crate) fn peek(bytes: &mut Vec<u8>, fingerprint: u64, bill: &Bill<'_>, now: u64) -> Option<Bucket> {
    let (set, _) = Set::open(bytes, fingerprint);
    match set.found() {
        Some(record) => Some(Bucket::restored(&record.remains, bill.windows)),
        None => set.floor(bill.rule, now).map(|floor| Bucket::full_at(bill.windows, now, floor)),
    }
}

/// The refusal of a request whose bucket, as it was when last seen, cannot pay for it yet. Where it can, or the clock
/// was set back, the bucket must be looked at.
pub(crate) fn still_refuses(mut bucket: Bucket, bill: &Bill<'_>, now: u64) -> Option<Charge> {
    if bucket.settle(bill.windows, now) {
        return None;
    }
    let taken = bucket.take(bill.windows, bill.cost, now);
    let verdict = verdict(&bucket, taken, bill, now);
    (!verdict.is_permitted()).then_some(Charge { verdict, evicted: false, rebuilt: false })
}

fn verdict(bucket: &Bucket, taken: Result<(), Short>, bill: &Bill<'_>, now: u64) -> Verdict {
    let standing = bucket.standing(bill.windows, now);
    match taken {
        Ok(()) => Verdict::Permitted(standing),
        Err(short) => Verdict::Refused { wait: Duration::from_nanos(short.wait), standing },
    }
}

/// The bucket of a key that has none here: as full as one that was evicted may be by now, or what it was elsewhere, or
/// full. A floor that is further away than a bucket of the rule takes to fill was written before the clock was set back, or before the
/// rule became faster; it is drawn in.
fn newcomer(set: &mut Set<'_>, place: &Place<'_>, bill: &Bill<'_>, now: u64) -> (Bucket, Change) {
    let Some(floor) = set.floor(bill.rule, now) else {
        let former = (place.former)();
        return (former.unwrap_or_else(|| Bucket::full(bill.windows, now)), Change::Keep);
    };
    let latest = now.saturating_add(bill.windows.fill_time());
    if floor <= latest.saturating_add(SET_BACK) {
        return (Bucket::full_at(bill.windows, now, floor), Change::Keep);
    }
    set.lower_floor(bill.rule, latest);
    (Bucket::full_at(bill.windows, now, latest), Change::Write)
}
