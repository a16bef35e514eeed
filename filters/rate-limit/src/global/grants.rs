//! Grants in the memory that all workers share: the hits that one worker has paid for, all of them spend.

use std::time::Duration;

use super::answer::Answer;
use super::grant::{BELIEVED, Grant, GrantSet, UNTOLD};
use crate::hash::Slot;
use crate::store::{Change, Contended, Store};
use crate::table::{SetName, Table, nanos};

/// As many grants as the table has buckets, at the places that keys have there.
#[derive(Clone, Copy, Debug)]
pub(super) struct Grants {
    sets: u32,
    ways: usize,
}

/// A key's entry as it was read, before it is known whether anything is to be spent.
pub(super) struct Seen<V> {
    slot: Slot,
    bytes: Vec<u8>,
    version: V,
    grant: Option<Grant>,
}

/// Hits that a service has just granted or refused.
#[derive(Clone, Copy, Debug)]
pub(super) struct News {
    /// So many were asked for.
    pub(super) asked: u32,
    /// So many of them are spent by the request that asked.
    pub(super) spent: u32,
    /// What a request takes.
    pub(super) cost: u32,
    /// How long the shortest window of the rule is, where the service does not tell.
    pub(super) window: Duration,
}

impl Grants {
    pub(super) fn beside(table: &Table) -> Self {
        let (sets, ways) = table.size();
        Self { sets, ways }
    }

    /// What is known of a key.
    pub(super) fn see<S: Store>(self, store: &S, slot: Slot) -> Seen<S::Version> {
        let (mut bytes, version) = store.read(self.name(slot).bytes());
        let grant = GrantSet::open(&mut bytes).find(slot.fingerprint);
        Seen { slot, bytes, version, grant }
    }

    /// Spends hits, if there are so many; answers what is left then.
    pub(super) fn spend<S: Store>(
        self,
        store: &S,
        seen: Seen<S::Version>,
        hits: u32,
        now: u64,
    ) -> Option<Grant> {
        let Seen { slot, mut bytes, version, .. } = seen;
        let name = self.name(slot);
        let spend = |bytes: &mut Vec<u8>| self.spend_in(bytes, slot, hits, now);
        let (change, spent) = spend(&mut bytes);
        if change == Change::Keep || store.write(name.bytes(), &bytes, version) {
            return spent;
        }
        // Who cannot have the hits of a grant can still ask for its own.
        store.update(name.bytes(), spend).unwrap_or_default()
    }

    fn spend_in(self, bytes: &mut Vec<u8>, slot: Slot, hits: u32, now: u64) -> (Change, Option<Grant>) {
        let mut set = GrantSet::open(bytes);
        let found = set.find(slot.fingerprint).filter(|grant| grant.spendable(now) >= hits);
        let place = set.place(slot.fingerprint, self.ways, now);
        let Some((mut grant, place)) = found.zip(place) else {
            return (Change::Keep, None);
        };
        grant.left = grant.left.saturating_sub(hits);
        set.put(place, &grant);
        (Change::Write, Some(grant))
    }

    /// Whether a grant of this key could be kept.
    pub(super) fn has_room<V>(self, seen: &mut Seen<V>, now: u64) -> bool {
        GrantSet::open(&mut seen.bytes).place(seen.slot.fingerprint, self.ways, now).is_some()
    }

    /// Keeps what a service has said. A grant that finds no room any more is lost, which costs its key, and grants nobody
    /// anything.
    pub(super) fn note(self, store: &impl Store, slot: Slot, answer: &Answer, news: &News, now: u64) {
        let noted = store.update(self.name(slot).bytes(), |bytes| {
            let mut set = GrantSet::open(bytes);
            let Some(place) = set.place(slot.fingerprint, self.ways, now) else {
                return (Change::Keep, ());
            };
            let mut grant = news.grant(slot, answer, now);
            // Hits of two windows end with the earlier one.
            if let Some(known) = set.find(slot.fingerprint).filter(|known| known.spendable(now) > 0) {
                grant.left = grant.left.saturating_add(known.left);
                grant.ends_at = grant.ends_at.min(known.ends_at);
            }
            set.put(place, &grant);
            (Change::Write, ())
        });
        match noted {
            Ok(()) | Err(Contended) => {}
        }
    }

    fn name(self, slot: Slot) -> SetName {
        SetName::of(b"portcullis.lease.", slot.set_of(self.sets))
    }
}

impl<V> Seen<V> {
    pub(super) fn grant(&self) -> Option<&Grant> {
        self.grant.as_ref()
    }
}

impl News {
    /// Whether anything of an answer is worth keeping.
    pub(super) fn is_worth_keeping(&self, answer: &Answer) -> bool {
        !answer.permits || self.asked > self.spent || answer.remaining.is_some_and(|left| left < self.asked)
    }

    /// The grant that an answer makes, if none was there before.
    pub(super) fn grant(&self, slot: Slot, answer: &Answer, now: u64) -> Grant {
        let after = |span: Duration| now.saturating_add(nanos(span));
        let window = answer.reset.unwrap_or(if answer.permits { self.window } else { BELIEVED });
        let fresh = if answer.permits { self.asked.saturating_sub(self.spent) } else { 0 };
        let told = match (answer.permits, answer.remaining) {
            (true, told) => told.unwrap_or(UNTOLD),
            // Several were too many; one may still be there.
            (false, told) if self.asked > self.cost => told.unwrap_or(self.cost),
            (false, _) => 0,
        };
        Grant {
            fingerprint: slot.fingerprint,
            ends_at: after(window),
            told_until: after(window.min(BELIEVED)),
            left: fresh,
            told,
        }
    }
}
