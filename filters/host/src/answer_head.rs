//! The headers of an answer, read from the host only if a stage wants to know them.

use portcullis_http::{Head, HeaderMap};

use crate::abi::{self, Map, Status};
use crate::edits;
use crate::stage::Origin;

/// The head of an answer, and what can still be done about it.
pub struct AnswerHead {
    head: Head,
    is_read: bool,
    /// Who made it.
    pub origin: Origin,
    /// No body follows.
    pub is_complete: bool,
    /// The headers may be held until the body is known.
    pub may_hold: bool,
}

/// The host does not show the headers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unreadable;

impl AnswerHead {
    pub(crate) fn new(origin: Origin, is_complete: bool, may_hold: bool) -> Self {
        Self { head: Head::default(), is_read: false, origin, is_complete, may_hold }
    }

    /// Sets a header; `name` in lower case. Costs no reading.
    pub fn set(&mut self, name: &'static str, value: &[u8]) {
        self.head.set(name, value);
    }

    /// The headers as they came, with the changes so far; the first call asks the host for them.
    pub fn read(&mut self) -> Result<&mut Head, Unreadable> {
        if !self.is_read {
            let received = abi::header_map(Map::Answer).ok().and_then(HeaderMap::decode);
            self.head.receive(received.ok_or(Unreadable)?);
            self.is_read = true;
        }
        Ok(&mut self.head)
    }

    /// The headers as far as they were read.
    pub(crate) fn known(&mut self) -> &mut Head {
        &mut self.head
    }

    /// Tells the host about the changes.
    pub(crate) fn send(&mut self) -> Result<(), Status> {
        edits::apply(Map::Answer, &self.head.take_edits())
    }

    /// Forgets the changes: the headers have gone.
    pub(crate) fn forget(&mut self) {
        self.head.take_edits();
    }
}
