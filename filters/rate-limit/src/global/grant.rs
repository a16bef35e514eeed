//! What a rate limit service has granted a key, in entries of shared data.
//!
//! An entry is a version and some eight grants, each in 32 bytes, numbers little-endian:
//!
//! ```text
//! version: 1   (fingerprint: 8   ends_at: 8   told_until: 8   left: 4   told: 4)...
//! ```

use std::time::Duration;

/// A change of the encoding takes another number; entries of the old one are then begun anew.
const VERSION: u8 = 1;
const SIZE: usize = 32;

/// Hits that are paid for, and what the service told of those that are left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Grant {
    /// Whose it is.
    pub(crate) fingerprint: u64,
    /// When the window ends that the hits are of: what is not spent by then is lost.
    pub(crate) ends_at: u64,
    /// How long the service need not be asked about what it told.
    pub(crate) told_until: u64,
    /// Hits to spend.
    pub(crate) left: u32,
    /// Hits that the service has left, by its last word; [`UNTOLD`] where it does not say.
    pub(crate) told: u32,
}

/// The service does not say what it has left.
pub(crate) const UNTOLD: u32 = u32::MAX;

/// What a service said some time ago is believed for this long: a key that is over its limit costs it one question in that
/// time, and a limit that was raised is noticed.
pub(crate) const BELIEVED: Duration = Duration::from_secs(1);

impl Grant {
    /// The hits that can be spent now.
    pub(crate) fn spendable(&self, now: u64) -> u32 {
        if self.ends_at > now { self.left } else { 0 }
    }

    /// What the service had left a moment ago, if it said so. A moment that lies further ahead than it can was written before
    /// the clock was set back.
    pub(crate) fn lately_told(&self, now: u64) -> Option<u32> {
        let ahead = self.told_until.saturating_sub(now);
        let is_believed = ahead > 0 && u128::from(ahead) <= BELIEVED.as_nanos();
        (is_believed && self.told != UNTOLD).then_some(self.told)
    }

    fn decode(bytes: &[u8; SIZE]) -> Self {
        let number = |at: usize| {
            let chunk = bytes.get(at..).and_then(|rest| rest.first_chunk());
            u64::from_le_bytes(chunk.copied().unwrap_or_default())
        };
        let half = |at: usize| {
            let chunk = bytes.get(at..).and_then(|rest| rest.first_chunk());
            u32::from_le_bytes(chunk.copied().unwrap_or_default())
        };
        Self {
            fingerprint: number(0),
            ends_at: number(8),
            told_until: number(16),
            left: half(24),
            told: half(28),
        }
    }

    fn encode(&self) -> [u8; SIZE] {
        let mut bytes = [0; SIZE];
        let numbers = [self.fingerprint, self.ends_at, self.told_until].map(u64::to_le_bytes);
        let halves = [self.left, self.told].map(u32::to_le_bytes);
        let all = numbers.as_flattened().iter().chain(halves.as_flattened());
        bytes.iter_mut().zip(all).for_each(|(place, byte)| *place = *byte);
        bytes
    }
}

/// An entry at work. What is no entry of this version holds nothing.
pub(crate) struct GrantSet<'a>(&'a mut Vec<u8>);

impl<'a> GrantSet<'a> {
    pub(crate) fn open(bytes: &'a mut Vec<u8>) -> Self {
        let is_ours = bytes
            .split_first()
            .is_some_and(|(version, rest)| *version == VERSION && rest.len().is_multiple_of(SIZE));
        if !is_ours {
            bytes.clear();
            bytes.push(VERSION);
        }
        Self(bytes)
    }

    fn grants(&self) -> impl Iterator<Item = Grant> {
        let (chunks, _) = self.0.get(1..).unwrap_or_default().as_chunks();
        chunks.iter().map(Grant::decode)
    }

    pub(crate) fn find(&self, fingerprint: u64) -> Option<Grant> {
        self.grants().find(|grant| grant.fingerprint == fingerprint)
    }

    /// Where a grant of this key can be put: its own place, that of one that holds no hits any more, or a new one as long as
    /// there are fewer than `ways`. Hits that somebody paid for are never thrown away for somebody else.
    pub(crate) fn place(&self, fingerprint: u64, ways: usize, now: u64) -> Option<usize> {
        let own = self.grants().position(|grant| grant.fingerprint == fingerprint);
        let spent = || self.grants().position(|grant| grant.spendable(now) == 0);
        let count = self.0.len() / SIZE;
        own.or_else(|| (count < ways).then_some(count)).or_else(spent)
    }

    pub(crate) fn put(&mut self, place: usize, grant: &Grant) {
        let encoded = grant.encode();
        let at = place.saturating_mul(SIZE).saturating_add(1);
        match self.0.get_mut(at..).and_then(|rest| rest.first_chunk_mut()) {
            Some(room) => *room = encoded,
            None => self.0.extend_from_slice(&encoded),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Grant, GrantSet, UNTOLD};

    const NOW: u64 = 1_800_000_000_000_000_000;

    fn grant(fingerprint: u64, left: u32) -> Grant {
        Grant { fingerprint, ends_at: NOW + 5, told_until: NOW + 7, left, told: 9 }
    }

    #[test]
    fn a_grant_comes_back_and_garbage_is_none() {
        let mut bytes = b"\x02garbage".to_vec();
        let mut set = GrantSet::open(&mut bytes);
        assert_eq!(set.find(7), None);
        for (fingerprint, left) in [(7, 3), (8, 4), (7, 2)] {
            let place = set.place(fingerprint, 2, NOW).unwrap();
            set.put(place, &grant(fingerprint, left));
        }
        assert_eq!(GrantSet::open(&mut bytes).find(7), Some(grant(7, 2)));
        assert_eq!(bytes.len(), 65);
        bytes.pop();
        assert_eq!(GrantSet::open(&mut bytes).find(7), None);
        assert_eq!(bytes, [1]);
    }

    #[test]
    fn hits_that_are_paid_for_make_way_for_nobody() {
        let mut bytes = Vec::new();
        let mut set = GrantSet::open(&mut bytes);
        set.put(0, &grant(7, 3));
        set.put(1, &grant(8, 0));
        assert_eq!(set.place(9, 2, NOW), Some(1), "one that is spent does");
        set.put(1, &grant(8, 1));
        assert_eq!(set.place(9, 2, NOW), None);
        assert_eq!(set.place(9, 2, NOW + 5), Some(0), "and one whose time is over");
        assert_eq!(set.place(8, 2, NOW), Some(1));
        assert_eq!(set.place(9, 3, NOW), Some(2));
    }

    #[test]
    fn what_was_told_is_believed_for_a_moment_also_when_the_clock_is_set_back() {
        let told = grant(7, 0);
        assert_eq!(told.lately_told(NOW), Some(9));
        assert_eq!(told.lately_told(NOW + 7), None);
        assert_eq!(told.lately_told(NOW - 2_000_000_000), None);
        assert_eq!(Grant { told: UNTOLD, ..told }.lately_told(NOW), None);
    }
}
