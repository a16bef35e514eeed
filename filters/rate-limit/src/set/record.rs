//! The bytes of one bucket in a set.

use super::{Record, RuleTag};
use crate::bucket::Remains;
use crate::windows::{MOST_WINDOWS, WindowTag};

const HEAD: usize = 29;
const LEVEL: usize = 11;
const LONGEST: usize = HEAD + LEVEL * MOST_WINDOWS;

/// What a bucket is known and evicted by.
#[derive(Clone, Copy, Debug)]
pub(super) struct RecordHead {
    pub(super) fingerprint: u64,
    pub(super) rule: RuleTag,
    pub(super) fills_at: u64,
    since: u64,
    windows: usize,
}

impl RecordHead {
    pub(super) fn decode(rest: &mut &[u8]) -> Option<Self> {
        let fingerprint = number(rest)?;
        let rule = RuleTag(u32::from_le_bytes(take(rest)?));
        let (fills_at, since) = (number(rest)?, number(rest)?);
        let [windows] = take(rest)?;
        let windows = usize::from(windows);
        let head = Self { fingerprint, rule, fills_at, since, windows };
        (1..=MOST_WINDOWS).contains(&windows).then_some(head)
    }

    /// Steps over the levels.
    pub(super) fn skip_levels(&self, rest: &mut &[u8]) -> Option<()> {
        (_, *rest) = rest.split_at_checked(self.windows * LEVEL)?;
        Some(())
    }

    pub(super) fn decode_levels(&self, rest: &mut &[u8]) -> Option<Record> {
        let mut remains = Remains { since: self.since, ..Remains::default() };
        for level in remains.levels.iter_mut().take(self.windows) {
            let [tag, low @ ..] = take::<LEVEL>(rest)?;
            let mut wide = [0; 16];
            wide.first_chunk_mut().map(|chunk| *chunk = low)?;
            *level = Some((WindowTag::decode(tag)?, u128::from_le_bytes(wide)));
        }
        Some(Record { fingerprint: self.fingerprint, rule: self.rule, fills_at: self.fills_at, remains })
    }
}

/// A record's bytes, without an allocation.
pub(super) struct Encoded {
    bytes: [u8; LONGEST],
    len: usize,
}

impl Encoded {
    pub(super) fn of(record: &Record) -> Self {
        let mut encoded = Self { bytes: [0; LONGEST], len: 0 };
        encoded.push(&record.fingerprint.to_le_bytes());
        encoded.push(&record.rule.0.to_le_bytes());
        encoded.push(&record.fills_at.to_le_bytes());
        encoded.push(&record.remains.since.to_le_bytes());
        let windows = record.remains.windows().count();
        encoded.push(&[u8::try_from(windows).unwrap_or_default()]);
        for (tag, level) in record.remains.windows() {
            encoded.push(&[tag.encode()]);
            let wide = level.to_le_bytes();
            encoded.push(wide.first_chunk::<{ LEVEL - 1 }>().map_or(&[], |low| low.as_slice()));
        }
        encoded
    }

    fn push(&mut self, more: &[u8]) {
        let end = self.len + more.len();
        if let Some(room) = self.bytes.get_mut(self.len..end) {
            room.copy_from_slice(more);
            self.len = end;
        }
    }

    pub(super) fn bytes(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }
}

pub(super) fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (head, tail) = rest.split_first_chunk()?;
    *rest = tail;
    Some(*head)
}

pub(super) fn number(rest: &mut &[u8]) -> Option<u64> {
    take(rest).map(u64::from_le_bytes)
}
