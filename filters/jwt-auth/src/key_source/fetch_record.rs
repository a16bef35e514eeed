//! The record of who fetches, as the workers share it.

use std::time::Duration;

/// Who fetches, and when the next may.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FetchRecord {
    /// A worker is fetching, at the latest until then.
    pub(super) leased_until: Duration,
    /// After a failure, when to try again.
    pub(super) retry_at: Duration,
    /// From when on a key that a token names may be asked for.
    pub(super) named_from: Duration,
    /// How many fetches have failed in a row.
    pub(super) failures: u32,
    /// How many key sets have come; the number of the set in the [`super::KeyRecord`].
    pub(super) generation: u32,
}

/// The first byte, so that a later form is not mistaken for this one.
const FORM: u8 = 1;
const LENGTH: usize = 1 + 3 * 8 + 2 * 4;

impl FetchRecord {
    /// Reads a record; `None` for bytes that are none, which are then as good as absent.
    #[must_use]
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let bytes: &[u8; LENGTH] = bytes.try_into().ok()?;
        let (form, rest) = bytes.split_first()?;
        let (leased_until, rest) = take_time(rest)?;
        let (retry_at, rest) = take_time(rest)?;
        let (named_from, rest) = take_time(rest)?;
        let (failures, rest) = take_number(rest)?;
        let (generation, _) = take_number(rest)?;
        (*form == FORM).then_some(Self { leased_until, retry_at, named_from, failures, generation })
    }

    /// The record in bytes.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = vec![FORM];
        for time in [self.leased_until, self.retry_at, self.named_from] {
            bytes.extend(millis(time).to_le_bytes());
        }
        bytes.extend(self.failures.to_le_bytes());
        bytes.extend(self.generation.to_le_bytes());
        bytes
    }

    /// How many fetches have failed in a row.
    #[must_use]
    pub fn failures(&self) -> u32 {
        self.failures
    }
}

/// Milliseconds since 1970 fit for half a billion years.
pub(super) fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

pub(super) fn take_time(bytes: &[u8]) -> Option<(Duration, &[u8])> {
    let (time, rest) = bytes.split_first_chunk()?;
    Some((Duration::from_millis(u64::from_le_bytes(*time)), rest))
}

fn take_number(bytes: &[u8]) -> Option<(u32, &[u8])> {
    let (number, rest) = bytes.split_first_chunk()?;
    Some((u32::from_le_bytes(*number), rest))
}
