//! What a verified token gives its bearer: everything that later requests with it need, and nothing else of it.

use std::rc::Rc;
use std::time::Duration;

use portcullis_http::{Head, Identity};

use crate::key::Key;

/// What came of a verified token.
#[derive(Debug)]
pub(crate) struct Visa {
    /// The headers that carry its claims.
    pub(crate) headers: Box<[Stamp]>,
    /// The claims that other filters ask for.
    pub(crate) identity: Identity,
    /// `sub`, for traces.
    pub(crate) subject: Option<Rc<str>>,
    /// Whether it meets each rule of `require`.
    pub(crate) meets: Box<[bool]>,
    /// Until when it is good, leeway and all.
    pub(crate) until: Option<Duration>,
    /// The provider that it is from.
    pub(crate) provider: usize,
    /// The key that verified it.
    pub(crate) key: Rc<Key>,
    /// The memory that it takes, about.
    pub(crate) bytes: usize,
}

/// A header that carries a claim.
#[derive(Debug)]
pub(crate) struct Stamp {
    pub(crate) name: Rc<str>,
    pub(crate) value: Rc<[u8]>,
}

impl Visa {
    /// Whether its time is over.
    pub(crate) fn is_over(&self, now: Duration) -> bool {
        self.until.is_some_and(|until| now >= until)
    }

    /// Whether it meets the rule.
    pub(crate) fn meets(&self, rule: usize) -> bool {
        self.meets.get(rule).is_some_and(|meets| *meets)
    }

    /// Writes the identity into a request; nothing is copied.
    pub(crate) fn stamp(&self, request: &mut Head) {
        for stamp in &self.headers {
            request.set(Rc::clone(&stamp.name), Rc::clone(&stamp.value));
        }
    }

    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }
}
