//! The headers of an answer, read from the host only if a stage wants to know them.

use std::borrow::Cow;

use portcullis_http::{Head, HeaderMap, Refusal};

use crate::abi::{self, Map, Status};
use crate::edits;
use crate::stage::Origin;
use crate::trace::{self, Trace};

/// The head of an answer, and what can still be done about it.
pub struct AnswerHead {
    head: Head,
    is_read: bool,
    refusal: Option<Box<Refusal>>,
    /// Who made it.
    pub origin: Origin,
    /// No body follows.
    pub is_complete: bool,
    /// The headers may be held until the body is known.
    pub may_hold: bool,
    /// What the filters did so far.
    pub trace: Trace,
}

/// The host does not show the headers, or the body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unreadable;

impl Unreadable {
    /// What cannot be read is not let through.
    pub(crate) fn refusal() -> Refusal {
        let message = "The answer could not be processed.";
        Refusal::new(502, "transform_failed", message, "portcullis.host_failed")
    }
}

impl AnswerHead {
    pub(crate) fn new(origin: Origin, is_complete: bool, may_hold: bool) -> Self {
        let head = Head::default();
        Self { head, is_read: false, refusal: None, origin, is_complete, may_hold, trace: Trace::default() }
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

    /// The client gets an error in place of this answer.
    pub fn refuse(&mut self, refusal: Refusal) {
        self.refusal = Some(Box::new(refusal));
    }

    pub(crate) fn take_refusal(&mut self) -> Option<Box<Refusal>> {
        self.refusal.take()
    }

    /// Adds the trace to the headers.
    pub(crate) fn show_trace(&mut self) {
        self.trace.show(&mut self.head);
    }

    /// The headers as far as they were read.
    pub(crate) fn known(&mut self) -> &mut Head {
        &mut self.head
    }

    /// Tells the host about the changes.
    pub(crate) fn send(&mut self) -> Result<(), Status> {
        edits::apply(Map::Answer, &self.head.take_edits())
    }

    /// The headers that stages set, but for the trace, of which another answer has its own.
    pub(crate) fn take_set(&mut self) -> impl Iterator<Item = (Cow<'static, str>, Vec<u8>)> {
        let edits = self.head.take_edits().into_iter().filter(|edit| !trace::is_header(&edit.name));
        edits.filter_map(|edit| Some((Cow::Owned(edit.name.to_string()), edit.value?.to_vec())))
    }

    /// Forgets the changes: the headers have gone.
    pub(crate) fn forget(&mut self) {
        self.head.take_edits();
    }
}
