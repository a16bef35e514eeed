//! One decision, on the bytes of one set.

use std::time::Duration;

use crate::bucket::{Bucket, SET_BACK, Short};
use crate::set::{Record, RuleTag, Set};
use crate::store::Change;
use crate::verdict::{Standing, Verdict};
use crate::windows::Windows;

/// What a request costs under its rule.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bill<'a> {
    pub rule: RuleTag,
    pub windows: &'a Windows,
    pub cost: u32,
    /// For how many requests to pay, if the bucket holds enough; else for one.
    pub requests: u32,
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

/// A decision, and what the worker may keep of it.
pub(crate) struct Decision {
    pub charge: Charge,
    /// The bucket as the decision leaves it.
    pub bucket: Bucket,
    /// The requests that are paid for besides this one.
    pub in_advance: u32,
}

/// Decides on the bytes of one set.
pub(crate) fn decide(
    bytes: &mut Vec<u8>,
    place: &Place<'_>,
    bill: &Bill<'_>,
    now: u64,
) -> (Change, Decision) {
    let (mut set, rebuilt) = Set::open(bytes, place.fingerprint);
    let (mut bucket, mut change) = match set.found() {
        Some(record) => (Bucket::restored(&record.remains, bill.windows), Change::Keep),
        None => newcomer(&mut set, place, bill, now),
    };
    let is_set_back = bucket.settle(bill.windows, now);
    let paid = pay(&mut bucket, bill, now);
    let mut evicted = false;
    // A refusal changes nothing: an attacker who is over the limit costs one read, and displaces nobody.
    if paid.is_ok() || (is_set_back && set.found().is_some()) {
        let record = Record {
            fingerprint: place.fingerprint,
            rule: bill.rule,
            fills_at: bucket.fills_at(bill.windows),
            remains: bucket.remains(bill.windows),
        };
        evicted = set.put(&record, place.ways, now);
        change = Change::Write;
    }
    let verdict = verdict(&bucket, paid, bill, now);
    let charge = Charge { verdict, evicted, rebuilt };
    (change, Decision { charge, bucket, in_advance: paid.map_or(0, |requests| requests.saturating_sub(1)) })
}

/// Pays for as many requests as are asked for, or for one; answers for how many.
fn pay(bucket: &mut Bucket, bill: &Bill<'_>, now: u64) -> Result<u32, Short> {
    let all = bill.cost.checked_mul(bill.requests).filter(|_| bill.requests > 1);
    match all.map(|tokens| bucket.take(bill.windows, tokens, now)) {
        Some(Ok(())) => Ok(bill.requests),
        _ => bucket.take(bill.windows, bill.cost, now).map(|()| 1),
    }
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
    let paid = pay(&mut bucket, bill, now);
    let verdict = verdict(&bucket, paid, bill, now);
    (!verdict.is_permitted()).then_some(Charge { verdict, evicted: false, rebuilt: false })
}

/// What workers hold of a bucket is left as well, as long as there is anything left.
fn verdict(bucket: &Bucket, paid: Result<u32, Short>, bill: &Bill<'_>, now: u64) -> Verdict {
    let standing = bucket.standing(bill.windows, now);
    match paid {
        Ok(_) => {
            let lent = bill.windows.iter().nth(standing.window).map_or(0, |window| window.quota.lent());
            Verdict::Permitted(Standing { remaining: standing.remaining.saturating_add(lent), ..standing })
        }
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
