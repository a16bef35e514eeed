//! The member names that rules speak of, found with one look.

use super::NameRule;
use crate::json::unescape;

/// The names, by a hash of their length and three of their bytes.
///
/// A body chooses the names that are looked up, not the ones they are compared with: no body makes a bucket longer.
#[derive(Clone, Debug)]
pub(crate) struct Names {
    buckets: Box<[Box<[NameRule]>]>,
    longest: usize,
    /// One bit for each length that a name has, which turns most names away; the last bit is for all longer ones.
    lengths: u64,
}

/// Each byte of a name can be written as one escape of this many.
const LONGEST_ESCAPE: usize = 6;

impl Names {
    pub(super) fn new(rules: Vec<NameRule>) -> Self {
        let longest = rules.iter().map(|rule| rule.name.len()).max().unwrap_or_default();
        let lengths = rules.iter().fold(0, |lengths, rule| lengths | length_bit(rule.name.len()));
        let count = (rules.len() * 4).next_power_of_two();
        let mut buckets = vec![Vec::new(); count];
        for rule in rules {
            if let Some(bucket) = buckets.get_mut(slot(&rule.name, count)) {
                bucket.push(rule);
            }
        }
        let buckets = buckets.into_iter().map(Vec::into_boxed_slice).collect();
        Self { buckets, longest, lengths }
    }

    /// What is said of the name whose spelling between its quotes is `raw`.
    #[inline(always)]
    pub(crate) fn find(&self, raw: &[u8], is_escaped: bool) -> Option<&NameRule> {
        if is_escaped {
            return self.find_escaped(raw);
        }
        if self.lengths & length_bit(raw.len()) == 0 {
            return None;
        }
        let bucket = self.buckets.get(slot(raw, self.buckets.len()))?;
        bucket.iter().find(|rule| is_same(&rule.name, raw))
    }

    /// One bit for each length that a name has; the last is for all longer ones.
    #[inline(always)]
    pub(crate) fn lengths(&self) -> u64 {
        self.lengths
    }

    fn find_escaped(&self, raw: &[u8]) -> Option<&NameRule> {
        if raw.len() > self.longest_spelling() {
            return None;
        }
        self.find(&unescape(raw), false)
    }

    /// No spelling that is longer than this can be one of the names.
    pub(crate) fn longest_spelling(&self) -> usize {
        self.longest.saturating_mul(LONGEST_ESCAPE)
    }
}

#[inline(always)]
fn length_bit(length: usize) -> u64 {
    1 << length.min(63)
}

/// Names are short, and a call costs more than they do.
#[inline(always)]
fn is_same(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len()
        && match (a.first_chunk::<8>(), b.first_chunk(), a.last_chunk::<8>(), b.last_chunk()) {
            (Some(a_first), Some(b_first), Some(a_last), Some(b_last)) if a.len() <= 16 => {
                a_first == b_first && a_last == b_last
            }
            _ => a == b,
        }
}

/// `count` is a power of two.
#[inline(always)]
fn slot(name: &[u8], count: usize) -> usize {
    let byte = |at: usize| usize::from(name.get(at).copied().unwrap_or_default());
    let (middle, last) = (name.len() / 2, name.len().wrapping_sub(1));
    let mixed =
        name.len() ^ byte(0).wrapping_mul(3) ^ byte(middle).wrapping_mul(7) ^ byte(last).wrapping_mul(29);
    (mixed ^ mixed >> 5) & (count - 1)
}
