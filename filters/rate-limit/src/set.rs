//! A set of buckets as one entry of shared data.
//!
//! Shared data copies a whole entry on every read, and forgets nothing. So buckets share a fixed number of entries,
//! each small: some eight buckets of about forty bytes. An entry is
//!
//! ```text
//! version: 1   buckets: 1   bucket...   departed
//! bucket   = fingerprint: 8   rule: 4   fills_at: 8   since: 8   windows: 1   (tag: 1   level: 10)...
//! departed = nothing, or   floors: 1   (rule: 4   until: 8)...   filter: 512
//! ```
//!
//! in bytes, numbers little-endian.

mod departed;
mod record;

use std::ops::Range;

use crate::bucket::Remains;
use departed::Departed;
use record::{Encoded, RecordHead};

/// A change of the encoding takes another number; entries of the old one are then rebuilt.
const VERSION: u8 = 1;
const HEAD: [u8; 2] = [VERSION, 0];

/// What identifies a rule in an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RuleTag(pub u32);

/// A bucket in a set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Record {
    /// Whose it is.
    pub fingerprint: u64,
    /// By which rule.
    pub rule: RuleTag,
    /// When it is full if nobody takes from it.
    pub fills_at: u64,
    /// What is in it.
    pub remains: Remains,
}

/// An entry at work.
pub(crate) struct Set<'a> {
    bytes: &'a mut Vec<u8>,
    fingerprint: u64,
    survey: Survey,
}

/// What a walk over the entry finds out.
#[derive(Clone, Debug, Default)]
struct Survey {
    buckets: usize,
    found: Option<(Range<usize>, Record)>,
    /// The bucket that is full first.
    fullest: Option<(Range<usize>, RecordHead)>,
    departed_at: usize,
}

impl<'a> Set<'a> {
    /// Opens an entry for the bucket with this fingerprint. Answers also whether the entry could not be read: it is
    /// then empty.
    pub(crate) fn open(bytes: &'a mut Vec<u8>, fingerprint: u64) -> (Self, bool) {
        let is_new = bytes.is_empty();
        let (survey, is_rebuilt) = match Survey::of(bytes, fingerprint) {
            Some(survey) => (survey, false),
            None => {
                bytes.clear();
                bytes.extend_from_slice(&HEAD);
                (Survey { departed_at: HEAD.len(), ..Survey::default() }, !is_new)
            }
        };
        (Self { bytes, fingerprint, survey }, is_rebuilt)
    }

    /// The bucket that the entry was opened for, if it is here.
    pub(crate) fn found(&self) -> Option<&Record> {
        self.survey.found.as_ref().map(|(_, record)| record)
    }

    /// The moment before which the bucket that the entry was opened for would not be full, if it ever had to leave
    /// this set; `None` where it did not, or is full by now.
    pub(crate) fn floor(&self, rule: RuleTag, now: u64) -> Option<u64> {
        self.departed()?.floor(rule, self.fingerprint).filter(|until| *until > now)
    }

    /// Lowers the floor of a rule, which was written when the clock was ahead or the rule slower.
    pub(crate) fn lower_floor(&mut self, rule: RuleTag, until: u64) {
        if let Some(mut departed) = self.departed() {
            departed.set_floor(rule, until);
            self.write_departed(&departed);
        }
    }

    /// Puts a bucket back where it was found, or in a place of its own: that of a bucket that is full, which is as
    /// good as none; a new one, as long as there are fewer than `ways`; or that of the fullest, which is evicted.
    /// Answers whether one was.
    pub(crate) fn put(&mut self, record: &Record, ways: usize, now: u64) -> bool {
        let encoded = Encoded::of(record);
        self.forget(now);
        let found = self.survey.found.as_ref().map(|(at, _)| at.clone());
        match (found, self.survey.fullest.clone()) {
            (Some(at), _) => self.replace(at, &encoded),
            (None, Some((at, fullest))) if fullest.fills_at <= now => self.replace(at, &encoded),
            (None, Some((at, fullest))) if self.survey.buckets >= ways => {
                self.replace(at, &encoded);
                self.remember(&fullest, now);
                return true;
            }
            _ => self.append(&encoded),
        }
        false
    }

    fn departed(&self) -> Option<Departed> {
        Departed::decode(self.bytes.get(self.survey.departed_at..)?)
    }

    fn remember(&mut self, bucket: &RecordHead, now: u64) {
        let mut departed = self.departed().unwrap_or_default();
        departed.add(bucket.rule, bucket.fingerprint, bucket.fills_at, now);
        self.write_departed(&departed);
    }

    fn forget(&mut self, now: u64) {
        if self.departed().is_some_and(|departed| departed.is_past(now)) {
            self.bytes.truncate(self.survey.departed_at);
        }
    }

    fn write_departed(&mut self, departed: &Departed) {
        self.bytes.truncate(self.survey.departed_at);
        departed.encode(self.bytes);
    }

    fn replace(&mut self, at: Range<usize>, encoded: &Encoded) {
        self.survey.departed_at = (self.survey.departed_at + encoded.len()).saturating_sub(at.len());
        match self.bytes.get_mut(at.clone()) {
            Some(place) if place.len() == encoded.len() => place.copy_from_slice(encoded.bytes()),
            _ => drop(self.bytes.splice(at, encoded.bytes().iter().copied())),
        }
    }

    fn append(&mut self, encoded: &Encoded) {
        let end = self.survey.departed_at;
        self.replace(end..end, encoded);
        if let Some(count) = self.bytes.get_mut(1) {
            *count = count.saturating_add(1);
        }
    }
}

impl Survey {
    /// `None` where the bytes are no entry of this version.
    fn of(bytes: &[u8], fingerprint: u64) -> Option<Self> {
        let mut rest = bytes;
        let [VERSION, buckets] = record::take(&mut rest)? else {
            return None;
        };
        let mut survey = Self { buckets: usize::from(buckets), ..Self::default() };
        for _ in 0..buckets {
            let start = bytes.len() - rest.len();
            let head = RecordHead::decode(&mut rest)?;
            if head.fingerprint == fingerprint {
                let record = head.decode_levels(&mut rest)?;
                survey.found = Some((start..bytes.len() - rest.len(), record));
            } else {
                head.skip_levels(&mut rest)?;
                survey.note(start..bytes.len() - rest.len(), head);
            }
        }
        survey.departed_at = bytes.len() - rest.len();
        (rest.is_empty() || Departed::decode(rest).is_some()).then_some(survey)
    }

    fn note(&mut self, at: Range<usize>, head: RecordHead) {
        let is_fuller = |(_, fullest): &(Range<usize>, RecordHead)| head.fills_at < fullest.fills_at;
        if self.fullest.as_ref().is_none_or(is_fuller) {
            self.fullest = Some((at, head));
        }
    }
}

#[cfg(test)]
mod tests;
