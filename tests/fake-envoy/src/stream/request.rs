//! A client that is about to send a request.

use super::Stream;
use crate::abi::Direction;
use crate::envoy::Envoy;
use crate::header_map::HeaderMap;
use crate::host;
use crate::stream_state::StreamState;
use crate::{flow, guest, properties};

/// A request whose headers have not been sent yet.
#[derive(Debug)]
#[must_use = "nothing is sent before `end`, `body` or `open`"]
pub struct Request<'envoy> {
    stream: Stream<'envoy>,
    headers: HeaderMap,
}

impl<'envoy> Request<'envoy> {
    pub(crate) fn new(envoy: &'envoy Envoy, root: u32, headers: HeaderMap) -> Self {
        let id = host::next_context();
        host::with(|host| host.streams.insert(id, StreamState { root, ..StreamState::default() }));
        Self { stream: Stream { envoy, id }, headers }
    }

    /// Adds a header.
    pub fn header(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        self.headers.add(name, value.as_ref());
        self
    }

    /// Sets a property of this stream, segments joined by `.`: `source.address`.
    pub fn property(self, path: &str, value: impl AsRef<[u8]>) -> Self {
        self.stream.with(|stream| stream.properties.set(&properties::path(path), value.as_ref()));
        self
    }

    /// Sends headers that end the request.
    pub fn end(self) -> Stream<'envoy> {
        self.send(true)
    }

    /// Sends headers that a body follows.
    pub fn open(self) -> Stream<'envoy> {
        self.send(false)
    }

    /// Sends headers and a body in one piece.
    pub fn body(self, body: impl AsRef<[u8]>) -> Stream<'envoy> {
        self.open().chunk(body).end()
    }

    pub(crate) fn refused(self) -> Stream<'envoy> {
        guest::context_create(self.stream.id, self.stream.with(|stream| stream.root));
        guest::end_stream(self.stream.id);
        self.stream
    }

    fn send(self, end: bool) -> Stream<'envoy> {
        let Stream { id, .. } = self.stream;
        guest::context_create(id, self.stream.with(|stream| stream.root));
        flow::headers(id, Direction::Request, self.headers, end);
        self.stream
    }
}
