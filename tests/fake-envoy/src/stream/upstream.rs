//! An upstream that answers.

use super::Stream;
use crate::abi::Direction;
use crate::flow;
use crate::header_map::HeaderMap;

/// An answer whose headers have not been sent yet.
#[derive(Debug)]
#[must_use = "nothing is sent before `end`, `body` or `open`"]
pub struct Response<'envoy> {
    stream: Stream<'envoy>,
    headers: HeaderMap,
}

impl<'envoy> Response<'envoy> {
    pub(super) fn new(stream: Stream<'envoy>, headers: HeaderMap) -> Self {
        Self { stream, headers }
    }

    /// Sends headers that end the answer, as 204, 304 and the answer to HEAD do.
    pub fn end(self) -> Stream<'envoy> {
        self.send(true).stream
    }

    /// Sends headers that a body follows.
    pub fn open(self) -> Upstream<'envoy> {
        self.send(false)
    }

    /// Sends headers and a body in one piece.
    pub fn body(self, body: impl AsRef<[u8]>) -> Stream<'envoy> {
        self.open().chunk(body).end()
    }

    fn send(self, end: bool) -> Upstream<'envoy> {
        flow::headers(self.stream.id, Direction::Response, self.headers, end);
        Upstream { stream: self.stream }
    }
}

/// An upstream in the middle of its answer.
#[derive(Debug, Clone, Copy)]
#[must_use = "an answer wants its end"]
pub struct Upstream<'envoy> {
    stream: Stream<'envoy>,
}

impl<'envoy> Upstream<'envoy> {
    /// Sends a piece of the body.
    pub fn chunk(self, bytes: impl AsRef<[u8]>) -> Self {
        flow::data(self.stream.id, Direction::Response, bytes.as_ref().to_vec(), false);
        self
    }

    /// Sends the last piece of the body.
    pub fn last_chunk(self, bytes: impl AsRef<[u8]>) -> Stream<'envoy> {
        flow::data(self.stream.id, Direction::Response, bytes.as_ref().to_vec(), true);
        self.stream
    }

    /// Ends the body, with an empty piece, as Envoy's HTTP/1 codec does.
    pub fn end(self) -> Stream<'envoy> {
        self.last_chunk([])
    }

    /// Ends the answer with trailers.
    pub fn trailers<Name: AsRef<str>, Value: AsRef<[u8]>>(
        self,
        trailers: impl IntoIterator<Item = (Name, Value)>,
    ) -> Stream<'envoy> {
        flow::trailers(self.stream.id, Direction::Response, trailers.into_iter().collect());
        self.stream
    }

    /// Breaks off in the middle of the answer: a 503 of Envoy's own while the headers wait, else a reset.
    pub fn breaks_off(self) -> Stream<'envoy> {
        self.stream.upstream_fails()
    }
}
