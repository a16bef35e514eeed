//! What a set remembers of the buckets that had to leave it before they were full.
//!
//! A Bloom filter knows their fingerprints, and each rule has a *floor*: the latest moment at which one of its
//! buckets that left would have been full. A key that the filter does not know never left, and begins with a full
//! bucket; one that it knows begins no fuller than the floor says. So being evicted never pays, however many keys an
//! attacker has: memory that runs out costs newcomers, of whom the filter then takes some for one that left, and
//! never the limit.

use super::RuleTag;
use super::record::{number, take};

/// Of a thousand fingerprints, as a flood of ten million keys leaves in each of 8,192 sets, one newcomer in seven
/// is taken for one of them; of a hundred, one in three thousand.
const FILTER: usize = 512;
const BITS: u64 = 8 * FILTER as u64;
const PROBES: u32 = 3;
/// Floors of so many rules are remembered at a time; of more, those that end latest.
const MOST_FLOORS: usize = 8;

/// The memory of a set; what it remembers ends when its floors have passed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Departed {
    floors: Vec<(RuleTag, u64)>,
    filter: [u8; FILTER],
}

impl Default for Departed {
    fn default() -> Self {
        Self { floors: Vec::new(), filter: [0; FILTER] }
    }
}

impl Departed {
    pub(super) fn decode(bytes: &[u8]) -> Option<Self> {
        let mut rest = bytes;
        let [floors] = take(&mut rest)?;
        let mut departed = Self::default();
        for _ in 0..usize::from(floors).min(MOST_FLOORS) {
            departed.floors.push((RuleTag(u32::from_le_bytes(take(&mut rest)?)), number(&mut rest)?));
        }
        departed.filter = take(&mut rest)?;
        rest.is_empty().then_some(departed)
    }

    pub(super) fn encode(&self, bytes: &mut Vec<u8>) {
        bytes.push(u8::try_from(self.floors.len()).unwrap_or_default());
        for (rule, until) in &self.floors {
            bytes.extend_from_slice(&rule.0.to_le_bytes());
            bytes.extend_from_slice(&until.to_le_bytes());
        }
        bytes.extend_from_slice(&self.filter);
    }

    /// Whether all that left would be full by now.
    pub(super) fn is_past(&self, now: u64) -> bool {
        self.floors.iter().all(|(_, until)| *until <= now)
    }

    /// The moment before which the bucket with this fingerprint would not be full, if it left.
    pub(super) fn floor(&self, rule: RuleTag, fingerprint: u64) -> Option<u64> {
        let has_left =
            places(fingerprint).all(|(byte, bit)| self.filter.get(byte).is_some_and(|byte| byte & bit != 0));
        let floor = self.floors.iter().find(|(known, _)| *known == rule);
        floor.filter(|_| has_left).map(|(_, until)| *until)
    }

    /// Remembers a bucket that leaves.
    pub(super) fn add(&mut self, rule: RuleTag, fingerprint: u64, fills_at: u64, now: u64) {
        for (byte, bit) in places(fingerprint) {
            if let Some(byte) = self.filter.get_mut(byte) {
                *byte |= bit;
            }
        }
        self.floors.retain(|(_, until)| *until > now);
        let known = self.floors.iter().find(|(known, _)| *known == rule);
        let until = known.map_or(fills_at, |(_, until)| fills_at.max(*until));
        self.set_floor(rule, until);
    }

    pub(super) fn set_floor(&mut self, rule: RuleTag, until: u64) {
        self.floors.retain(|(known, _)| *known != rule);
        let later = self.floors.iter().take_while(|(_, known)| *known > until).count();
        self.floors.insert(later, (rule, until));
        self.floors.truncate(MOST_FLOORS);
    }
}

/// The bits of a fingerprint: a byte of the filter and a bit in it, each.
fn places(fingerprint: u64) -> impl Iterator<Item = (usize, u8)> {
    (0..PROBES).map(move |probe| {
        let place = (fingerprint >> (BITS.ilog2() * probe)) % BITS;
        (usize::try_from(place / 8).unwrap_or_default(), 1 << (place % 8))
    })
}
