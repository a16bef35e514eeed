//! What is known of a token once its signature was verified: everything that later requests with it need, and nothing else
//! of it.

use std::rc::Rc;
use std::time::Duration;

use portcullis_http::{Head, Identity};

use crate::key::Key;

/// How a token stands whose signature was verified.
#[derive(Clone, Debug)]
pub(crate) enum Standing {
    /// It was good when it was verified.
    Good(Rc<Visa>),
    /// Its time was over by then, and nothing else that it says was looked at.
    Over(Rc<Epitaph>),
}

/// How a token stands now.
#[derive(Debug)]
pub(crate) enum Remembered {
    /// It is good.
    Good(Rc<Visa>),
    /// Its time is over.
    Expired,
}

/// What a token that was good gives its bearer.
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

/// What is left of a token that came too late.
#[derive(Debug)]
pub(crate) struct Epitaph {
    /// When its time was over, leeway and all.
    pub(crate) until: Duration,
    /// The provider that it is from.
    pub(crate) provider: usize,
    /// The key that verified it.
    pub(crate) key: Rc<Key>,
}

/// A header that carries a claim.
#[derive(Debug)]
pub(crate) struct Stamp {
    pub(crate) name: Rc<str>,
    pub(crate) value: Rc<[u8]>,
}

/// About what an epitaph takes, and what points to it.
const EPITAPH_BYTES: usize = 64;

impl Standing {
    /// How the token stands now; `None` where the clock has stepped back to before the end of one that was never looked at.
    pub(crate) fn at(&self, now: Duration) -> Option<Remembered> {
        match self {
            _ if self.is_over(now) => Some(Remembered::Expired),
            Self::Good(visa) => Some(Remembered::Good(Rc::clone(visa))),
            Self::Over(_) => None,
        }
    }

    /// Whether its time is over.
    pub(crate) fn is_over(&self, now: Duration) -> bool {
        let until = match self {
            Self::Good(visa) => visa.until,
            Self::Over(epitaph) => Some(epitaph.until),
        };
        until.is_some_and(|until| now >= until)
    }

    /// The provider that it is from, and the key that verified it.
    pub(crate) fn signer(&self) -> (usize, &Rc<Key>) {
        match self {
            Self::Good(visa) => (visa.provider, &visa.key),
            Self::Over(epitaph) => (epitaph.provider, &epitaph.key),
        }
    }

    /// The memory that it takes, about.
    pub(crate) fn bytes(&self) -> usize {
        match self {
            Self::Good(visa) => visa.bytes,
            Self::Over(_) => EPITAPH_BYTES,
        }
    }
}

impl Visa {
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
}
