//! From a key to the place of its bucket.

use std::hash::Hasher;

use siphasher::sip128::{Hasher128, SipHasher13};

/// What only the workers of one process know: without it nobody can choose keys that meet in a set or share a
/// fingerprint.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Secret(pub [u8; 16]);

/// It is not for logs.
impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret")
    }
}

/// Where a key's bucket is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Slot {
    /// The set, before it is cut to the number of sets.
    pub(crate) set: u32,
    /// The bucket in it. That any two of a billion keys share both has a chance of some three in a million.
    pub(crate) fingerprint: u64,
}

impl Slot {
    /// The set, where there are so many: a power of two.
    pub(crate) fn set_of(self, sets: u32) -> u32 {
        self.set & sets.saturating_sub(1)
    }
}

/// Hashes a key part by part.
///
/// Each part is followed by its length. The rule says which parts there are, so that reading from the end tells
/// them apart: no two keys of a rule are hashed from the same bytes.
#[derive(Clone)]
pub(crate) struct KeyHasher(SipHasher13);

impl KeyHasher {
    pub(crate) fn new(secret: &Secret) -> Self {
        Self(SipHasher13::new_with_key(&secret.0))
    }

    /// Adds bytes whose number is always the same.
    pub(crate) fn fixed(&mut self, bytes: &[u8]) {
        self.0.write(bytes);
    }

    /// Adds a part.
    pub(crate) fn part(&mut self, bytes: &[u8]) {
        self.0.write(bytes);
        self.0.write_u64(u64::try_from(bytes.len()).unwrap_or(u64::MAX));
    }

    /// The place of the key.
    pub(crate) fn slot(&self) -> Slot {
        let [a, b, c, d, _, _, _, _, fingerprint @ ..] = self.digest();
        Slot { set: u32::from_le_bytes([a, b, c, d]), fingerprint: u64::from_le_bytes(fingerprint) }
    }

    /// The whole hash.
    pub(crate) fn digest(&self) -> [u8; 16] {
        self.0.finish128().as_bytes()
    }
}
