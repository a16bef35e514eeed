//! A set of keys (RFC 7517, section 5), and which of them a token may have been signed with.

use std::fmt;
use std::rc::Rc;

use serde_json::value::RawValue;

use crate::algorithm::{Algorithm, AlgorithmSet};
use crate::key::{Key, KeyFault, Origin};
use crate::object::{self, Object};

/// No key set is larger.
pub const MOST_BYTES: usize = 256 << 10;

/// The keys of one issuer that can be used; at least one.
#[derive(Clone, Debug)]
pub struct KeySet {
    keys: Vec<Rc<Key>>,
}

/// A key set as read, and what was left out of it.
#[derive(Debug)]
pub struct ReadKeySet {
    /// The usable keys.
    pub keys: KeySet,
    /// The others, by their place in the list.
    pub left_out: Vec<(usize, KeyFault)>,
}

/// Why a text is no key set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeySetFault {
    /// Longer than [`MOST_BYTES`].
    TooBig {
        /// How long it is.
        bytes: usize,
    },
    /// No JSON object with a list of `keys`.
    NotAKeySet,
    /// None of its keys can be used.
    NoneUsable {
        /// Why, by their place in the list.
        left_out: Vec<(usize, KeyFault)>,
    },
}

impl KeySet {
    /// Reads a key set. Keys that can't be used are left out and do not spoil their neighbours.
    pub fn read(json: &[u8], origin: Origin, allowed: AlgorithmSet) -> Result<ReadKeySet, KeySetFault> {
        let (mut keys, mut left_out) = (Vec::new(), Vec::new());
        for (at, jwk) in jwks(json)?.into_iter().enumerate() {
            match Key::read(jwk.get(), origin, allowed) {
                Ok(key) => keys.push(Rc::new(key)),
                Err(fault) => left_out.push((at, fault)),
            }
        }
        if keys.is_empty() {
            return Err(KeySetFault::NoneUsable { left_out });
        }
        let keys = Self { keys };
        Ok(ReadKeySet { keys, left_out })
    }

    /// The keys that may have made a token's signature, in order.
    ///
    /// With a `kid`, those of that name and those without one; never one of another name. Without, all. And of these
    /// only the ones that are bound to the token's algorithm.
    pub(crate) fn candidates<'a>(
        &'a self,
        kid: Option<&'a str>,
        algorithm: Algorithm,
    ) -> impl Iterator<Item = &'a Rc<Key>> {
        let named = move |key: &Key| kid.is_none() || key.kid().is_none() || key.kid() == kid;
        self.keys.iter().filter(move |key| named(key) && key.is_for(algorithm))
    }

    /// Whether a key has this name.
    pub(crate) fn names(&self, kid: &str) -> bool {
        self.keys.iter().any(|key| key.kid() == Some(kid))
    }

    /// Whether this very key is one of them.
    pub(crate) fn holds(&self, key: &Rc<Key>) -> bool {
        self.keys.iter().any(|known| Rc::ptr_eq(known, key))
    }

    /// Takes the keys of `before` that are in this set too for its own, so that what they verified stays verified.
    pub(crate) fn keeping(mut self, before: &Self) -> Self {
        for key in &mut self.keys {
            if let Some(same) = before.keys.iter().find(|known| known.is_same(key)) {
                *key = Rc::clone(same);
            }
        }
        self
    }
}

fn jwks(json: &[u8]) -> Result<Vec<&RawValue>, KeySetFault> {
    if json.len() > MOST_BYTES {
        return Err(KeySetFault::TooBig { bytes: json.len() });
    }
    let text = std::str::from_utf8(json).map_err(|_| KeySetFault::NotAKeySet)?;
    let set = Object::parse_shallow(text).map_err(|_| KeySetFault::NotAKeySet)?;
    let keys = set.get("keys").and_then(object::items_of);
    keys.ok_or(KeySetFault::NotAKeySet)
}

impl fmt::Display for KeySetFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooBig { bytes } => write!(f, "the key set has {bytes} bytes, {MOST_BYTES} are the most"),
            Self::NotAKeySet => f.write_str("no JSON object with a list of keys"),
            Self::NoneUsable { left_out } => {
                f.write_str("no usable key")?;
                left_out.iter().try_for_each(|(at, fault)| write!(f, "; key {at}: {fault}"))
            }
        }
    }
}

#[cfg(test)]
mod tests;
