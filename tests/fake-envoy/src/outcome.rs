//! What came of a stream: what the upstream got, and what the client got.

use std::fmt;

use crate::half::Passed;
use crate::header_map::HeaderMap;

/// A message as it left the filter.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Message {
    /// The headers.
    pub headers: HeaderMap,
    /// The body in the pieces in which it came out; empty pieces are not seen.
    pub chunks: Vec<Vec<u8>>,
    /// The trailers, if there are any.
    pub trailers: Option<HeaderMap>,
    /// Whether it is whole.
    pub ended: bool,
}

impl Message {
    pub(crate) fn of(passed: &Passed) -> Option<Self> {
        Some(Self {
            headers: passed.headers.clone()?,
            chunks: passed.chunks.clone(),
            trailers: passed.trailers.clone(),
            ended: passed.ended,
        })
    }

    /// The body in one piece.
    #[must_use]
    pub fn body(&self) -> Vec<u8> {
        self.chunks.concat()
    }

    /// The body as text, for assertions.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body()).into_owned()
    }

    /// `:status`, if it is an answer.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        self.headers.text(":status")?.parse().ok()
    }
}

/// As the reader of a failed test wants it, like [`Reply`]'s.
impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let chunks: Vec<_> = self.chunks.iter().map(|chunk| String::from_utf8_lossy(chunk)).collect();
        let mut shown = f.debug_struct("Message");
        shown.field("headers", &self.headers).field("chunks", &chunks);
        shown.field("trailers", &self.trailers).field("ended", &self.ended).finish()
    }
}

/// What came of a request so far.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It waits for the filter.
    Waiting,
    /// The upstream has it, or at least its headers.
    Forwarded(Message),
    /// It was answered here.
    Replied(Reply),
    /// The stream was torn down, or its client left.
    Gone,
}

impl Outcome {
    /// What the upstream got.
    ///
    /// # Panics
    /// When the request was not forwarded.
    #[track_caller]
    pub fn forwarded(self) -> Message {
        match self {
            Self::Forwarded(message) => message,
            other => panic!("the request should have been forwarded, but: {other:?}"),
        }
    }

    /// What the filter answered.
    ///
    /// # Panics
    /// When the request was not answered here.
    #[track_caller]
    pub fn replied(self) -> Reply {
        match self {
            Self::Replied(reply) => reply,
            other => panic!("the request should have been answered, but: {other:?}"),
        }
    }
}

/// An answer that no upstream made, as the client got it.
#[derive(Clone, PartialEq, Eq)]
pub struct Reply {
    /// `:status`
    pub status: u16,
    /// All headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Vec<u8>,
    /// `%RESPONSE_CODE_DETAILS%`
    pub details: String,
}

impl Reply {
    /// The body as text, for assertions.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Reply");
        shown.field("status", &self.status).field("headers", &self.headers);
        shown.field("body", &self.text()).field("details", &self.details).finish()
    }
}
