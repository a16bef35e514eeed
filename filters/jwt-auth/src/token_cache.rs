//! Tokens that were verified, remembered so that a hit costs one look-up.
//!
//! A token is found by the end of its signature and then compared byte for byte: no two tokens can be confused, whatever
//! they share. What a token's end says is as random as a signature is, so looking at no more of it makes a good index,
//! and hashing a whole token would cost more than all the rest.
//!
//! Eviction is CLOCK: a hit marks its slot, and the hand that looks for a slot to reuse passes over marked ones once. It is
//! bounded in tokens, and in bytes.

use std::collections::HashMap;
use std::time::Duration;

use crate::visa::Standing;

/// Verified tokens and what came of them.
#[derive(Debug)]
pub struct TokenCache {
    slots: Vec<Slot>,
    by_ending: HashMap<Ending, usize, foldhash::fast::RandomState>,
    most_tokens: usize,
    most_bytes: usize,
    bytes: usize,
    hand: usize,
}

#[derive(Debug)]
struct Slot {
    token: Box<[u8]>,
    standing: Standing,
    was_hit: bool,
}

/// The last characters of a token. The shortest signature of all, HS256's, has 43.
type Ending = [u8; 16];

/// What a token may take on average; most take less than half of it. A cache of longer ones holds fewer.
const BYTES_PER_TOKEN: usize = 2048;

impl TokenCache {
    /// A cache for so many tokens; for 0 it stays empty.
    #[must_use]
    pub fn new(most_tokens: usize) -> Self {
        Self {
            slots: Vec::new(),
            by_ending: HashMap::default(),
            most_tokens,
            most_bytes: most_tokens.saturating_mul(BYTES_PER_TOKEN),
            bytes: 0,
            hand: 0,
        }
    }

    /// What `read` makes of this token, if it was verified before; a token of which it makes nothing is forgotten.
    pub(crate) fn find<T>(&mut self, token: &[u8], read: impl FnOnce(&Standing) -> Option<T>) -> Option<T> {
        let at = *self.by_ending.get(&ending(token)?)?;
        let slot = self.slots.get_mut(at).filter(|slot| is_equal(&slot.token, token))?;
        let found = read(&slot.standing);
        if found.is_some() {
            slot.was_hit = true;
        } else {
            self.remove(at);
        }
        found
    }

    /// Remembers a token that was just verified.
    pub(crate) fn insert(&mut self, token: &[u8], standing: Standing, now: Duration) {
        let cost = cost_of(token, &standing);
        let Some(ending) = ending(token).filter(|_| self.most_tokens > 0 && cost <= self.most_bytes) else {
            return;
        };
        if let Some(twin) = self.by_ending.get(&ending) {
            self.remove(*twin);
        }
        while self.slots.len() >= self.most_tokens || self.bytes.saturating_add(cost) > self.most_bytes {
            self.evict(now);
        }
        self.bytes = self.bytes.saturating_add(cost);
        self.by_ending.insert(ending, self.slots.len());
        self.slots.push(Slot { token: token.into(), standing, was_hit: false });
    }

    /// How many tokens are remembered.
    #[must_use]
    pub fn len(&self) -> usize {
        self.slots.len()
    }

    /// Whether none is.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    /// Forgets one token: the first the hand finds that is over, or was not hit since it last came by.
    fn evict(&mut self, now: Duration) {
        loop {
            if self.hand >= self.slots.len() {
                self.hand = 0;
            }
            let Some(slot) = self.slots.get_mut(self.hand) else {
                return;
            };
            let is_spared = slot.was_hit && !slot.standing.is_over(now);
            slot.was_hit = false;
            if !is_spared {
                break;
            }
            self.hand += 1;
        }
        self.remove(self.hand);
        // The slot that was last has moved here, and has waited for as long as any.
        self.hand += 1;
    }

    /// The last slot moves into the gap.
    fn remove(&mut self, at: usize) {
        if at >= self.slots.len() {
            return;
        }
        let gone = self.slots.swap_remove(at);
        self.bytes = self.bytes.saturating_sub(cost_of(&gone.token, &gone.standing));
        if let Some(ending) = ending(&gone.token) {
            self.by_ending.remove(&ending);
        }
        let moved = self.slots.get(at).and_then(|slot| ending(&slot.token));
        if let Some(place) = moved.and_then(|ending| self.by_ending.get_mut(&ending)) {
            *place = at;
        }
    }
}

fn ending(token: &[u8]) -> Option<Ending> {
    token.last_chunk().copied()
}

fn cost_of(token: &[u8], standing: &Standing) -> usize {
    token.len().saturating_add(standing.bytes())
}

/// Eight bytes at a time, and without a look back in between, which is what a compiler makes SIMD of: the C library of
/// wasm32-wasip1 compares single bytes.
fn is_equal(a: &[u8], b: &[u8]) -> bool {
    let (words_a, rest_a) = a.as_chunks::<8>();
    let (words_b, rest_b) = b.as_chunks::<8>();
    let word = |bytes: &[u8; 8]| u64::from_le_bytes(*bytes);
    a.len() == b.len()
        && words_a.iter().zip(words_b).fold(0, |differing, (a, b)| differing | (word(a) ^ word(b))) == 0
        && rest_a.iter().zip(rest_b).all(|(a, b)| a == b)
}

#[cfg(test)]
mod tests;
