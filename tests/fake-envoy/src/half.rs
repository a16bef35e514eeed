//! One direction of a stream, between Envoy's filter manager and the guest.

use std::collections::VecDeque;

use crate::header_map::HeaderMap;

/// How far the filter manager lets frames go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Iteration {
    /// They pass the filter.
    #[default]
    Going,
    /// They reach the filter, and stop behind it.
    Stopped,
    /// They do not even reach the filter.
    StoppedAll,
}

/// What `get_buffer_bytes` sees as the body.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) enum Body {
    /// Nothing: an empty buffer, not an error.
    #[default]
    Empty,
    /// The chunk that the body callback was called for.
    Chunk(Vec<u8>),
    /// All that was buffered, because the last body callback said Pause.
    Buffered,
}

/// What follows the headers.
#[derive(Debug)]
pub(crate) enum Frame {
    Data { chunk: Vec<u8>, end: bool },
    Trailers(HeaderMap),
}

/// What becomes of a frame.
#[derive(Debug)]
pub(crate) enum Arrival {
    Kept,
    Data { chunk: Vec<u8>, end: bool },
    Trailers,
}

/// What left the filter on its way to the next one.
#[derive(Debug, Clone, Default)]
pub(crate) struct Passed {
    pub(crate) headers: Option<HeaderMap>,
    pub(crate) chunks: Vec<Vec<u8>>,
    pub(crate) trailers: Option<HeaderMap>,
    pub(crate) ended: bool,
}

/// The state of one direction.
#[derive(Debug, Default)]
pub(crate) struct Half {
    /// The map that the guest edits; Envoy keeps it until the stream ends.
    pub(crate) headers: Option<HeaderMap>,
    pub(crate) trailers: Option<HeaderMap>,
    /// The filter manager's buffer.
    pub(crate) buffer: Option<Vec<u8>>,
    /// What the sender could not send yet, because the buffer is full and nobody reads.
    pub(crate) held_back: VecDeque<Frame>,
    pub(crate) body: Body,
    pub(crate) iteration: Iteration,
    /// Whether the sender has said its last.
    pub(crate) ended: bool,
    /// Whether the guest may see the headers: from their callback until it lets them go.
    pub(crate) headers_visible: bool,
    pub(crate) trailers_visible: bool,
    pub(crate) passed: Passed,
}

impl Half {
    pub(crate) fn buffer(&mut self, bytes: Vec<u8>) {
        self.buffer.get_or_insert_default().extend(bytes);
    }

    /// Whether a frame has to wait with its sender.
    pub(crate) fn is_held_back(&self, limit: usize) -> bool {
        !self.held_back.is_empty() || self.iteration == Iteration::StoppedAll && self.buffered() > limit
    }

    /// Takes a frame in. It is kept here if all iteration is stopped; else it is for the filter.
    pub(crate) fn arrive(&mut self, frame: Frame) -> Arrival {
        let stopped = self.iteration == Iteration::StoppedAll;
        match frame {
            Frame::Data { chunk, end } => {
                self.ended |= end;
                if !stopped {
                    return Arrival::Data { chunk, end };
                }
                self.buffer(chunk);
            }
            Frame::Trailers(map) => {
                self.ended = true;
                self.trailers = Some(map);
                if !stopped {
                    return Arrival::Trailers;
                }
            }
        }
        Arrival::Kept
    }

    pub(crate) fn buffered(&self) -> usize {
        self.buffer.as_ref().map_or(0, Vec::len)
    }

    /// The bytes that the guest reads and replaces as "the body".
    pub(crate) fn visible_body(&mut self) -> Option<&mut Vec<u8>> {
        match &mut self.body {
            Body::Empty => None,
            Body::Chunk(chunk) => Some(chunk),
            Body::Buffered => self.buffer.as_mut(),
        }
    }

    /// The chunk of the callback that has just returned.
    pub(crate) fn take_chunk(&mut self) -> Vec<u8> {
        match std::mem::take(&mut self.body) {
            Body::Chunk(chunk) => chunk,
            Body::Empty | Body::Buffered => Vec::new(),
        }
    }

    pub(crate) fn pass_headers(&mut self, end: bool) {
        self.passed.headers.clone_from(&self.headers);
        self.passed.ended |= end;
    }

    /// An empty frame that ends nothing is no frame.
    pub(crate) fn pass_chunk(&mut self, chunk: Vec<u8>, end: bool) {
        if !chunk.is_empty() {
            self.passed.chunks.push(chunk);
        }
        self.passed.ended |= end;
    }

    pub(crate) fn pass_trailers(&mut self) {
        self.passed.trailers.clone_from(&self.trailers);
        self.passed.ended = true;
    }
}
