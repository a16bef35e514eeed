//! What requests are counted by, taken out of a request.
//!
//! A client must not be counted as another by writing the same thing in two ways: values are compared as their
//! readers read them, and a value that is there twice, with a difference, is not there.

mod address;
mod cookie;
mod query;
mod words;

use std::borrow::Cow;

use portcullis_document::rate_limiting::{KeyPart, OnMissingKey};
use portcullis_http::{Head, Identity};

use crate::hash::{KeyHasher, Slot};
use address::ClientAddress;
pub(crate) use words::Described;

/// What a key is taken from.
pub struct Subject<'a> {
    /// The request's head.
    pub head: &'a Head,
    /// Its canonical path.
    pub path: &'a str,
    /// Who it comes from, where authentication has said so.
    pub identity: Option<&'a Identity>,
    /// Asks for the client's address, as Envoy writes it. It costs a call of the host, so it is asked when it counts.
    pub address: &'a dyn Fn() -> Option<Vec<u8>>,
}

/// A rule's key, and what to do without it.
#[derive(Clone, Debug)]
pub(crate) struct Key {
    parts: Vec<KeyPart>,
    on_missing: OnMissingKey,
    ipv6_prefix: u8,
}

/// By what a request is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Keyed {
    /// By the bucket of this slot.
    By(Slot),
    /// By none: a part of the key is missing, and then there is no limit.
    Unlimited,
    /// A part of the key is missing, and the request is refused for it.
    Missing,
}

/// Buckets of complete keys and those of the two fall-backs are different buckets of one rule.
#[derive(Clone, Copy, Debug)]
enum Domain {
    Complete = 0,
    ClientIp = 1,
    Shared = 2,
}

/// A part is missing.
struct Missing;

impl Key {
    pub(crate) fn new(parts: Vec<KeyPart>, on_missing: OnMissingKey, ipv6_prefix: u8) -> Self {
        Self { parts, on_missing, ipv6_prefix }
    }

    /// Finds the bucket of a request. `hasher` has been told the rule.
    pub(crate) fn of(&self, subject: &Subject<'_>, hasher: &KeyHasher) -> Keyed {
        let complete = self.hash(Domain::Complete, &self.parts, subject, hasher);
        let fall_back = |domain, parts: &[KeyPart]| self.hash(domain, parts, subject, hasher).ok();
        let slot = match (complete, self.on_missing) {
            (Ok(slot), _) => Some(slot),
            (Err(Missing), OnMissingKey::Skip) => return Keyed::Unlimited,
            (Err(Missing), OnMissingKey::Reject) => None,
            // Without an address all that is left is to count such requests together.
            (Err(Missing), OnMissingKey::ClientIp) => {
                fall_back(Domain::ClientIp, &[KeyPart::ClientIp]).or_else(|| fall_back(Domain::Shared, &[]))
            }
            (Err(Missing), OnMissingKey::Shared) => fall_back(Domain::Shared, &[]),
        };
        slot.map_or(Keyed::Missing, Keyed::By)
    }

    fn hash(
        &self,
        domain: Domain,
        parts: &[KeyPart],
        subject: &Subject<'_>,
        hasher: &KeyHasher,
    ) -> Result<Slot, Missing> {
        let mut hasher = hasher.clone();
        hasher.fixed(&[domain as u8]);
        for part in parts {
            self.add(part, subject, &mut hasher).ok_or(Missing)?;
        }
        Ok(hasher.slot())
    }

    fn add(&self, part: &KeyPart, subject: &Subject<'_>, hasher: &mut KeyHasher) -> Option<()> {
        match part {
            KeyPart::ClientIp => {
                let text = (subject.address)()?;
                ClientAddress::parse(&text).add_to(hasher, self.ipv6_prefix);
            }
            KeyPart::Shared => {}
            _ => hasher.part(value(part, subject)?.as_ref()),
        }
        Some(())
    }
}

/// The value of a part that is written down somewhere in the request.
fn value<'a>(part: &'a KeyPart, subject: &Subject<'a>) -> Option<Cow<'a, [u8]>> {
    match part {
        KeyPart::Header(name) => only(subject.head.all(name).map(Cow::Borrowed)),
        KeyPart::Cookie(name) => only(cookie::values(subject.head, name)),
        KeyPart::Query(name) => only(query::values(subject.head.path(), name)),
        KeyPart::Claim(name) => {
            let claim = subject.identity?.claim(name).filter(|claim| !claim.is_empty());
            claim.map(|claim| claim.as_bytes().into())
        }
        KeyPart::Path => Some(subject.path.as_bytes().into()),
        KeyPart::ClientIp | KeyPart::Shared => None,
    }
}

/// The value that all of these are; `None` where there is none, where it is empty, or where they differ: which of
/// them the upstream takes is then anybody's guess, and a client could be another one for each guess.
fn only<'a>(mut values: impl Iterator<Item = Cow<'a, [u8]>>) -> Option<Cow<'a, [u8]>> {
    let first = values.next().filter(|first| !first.is_empty())?;
    values.all(|other| other == first).then_some(first)
}

#[cfg(test)]
mod tests;
