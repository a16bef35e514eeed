//! Answers that Envoy makes itself, for a filter or on its own account.

use crate::header_map::HeaderMap;
use crate::stream_state::StreamState;

/// A local reply.
#[derive(Debug, Clone, Default)]
pub(crate) struct LocalReply {
    pub(crate) status: u32,
    pub(crate) body: Vec<u8>,
    pub(crate) headers: HeaderMap,
    pub(crate) details: String,
}

impl LocalReply {
    pub(crate) fn of_envoy(status: u32, body: &str, details: &str) -> Self {
        Self { status, body: body.into(), headers: HeaderMap::default(), details: details.into() }
    }

    /// Headers and body as they enter the response filters. The answer to a HEAD has the headers alone; gRPC is answered in its trailers,
    /// which are the only headers.
    pub(crate) fn to(&self, stream: &StreamState) -> (HeaderMap, Vec<u8>) {
        if stream.is_grpc() {
            (self.grpc_head(), Vec::new())
        } else if stream.is_head() {
            (self.head(), Vec::new())
        } else {
            (self.head(), self.body.clone())
        }
    }

    /// The status, what the filter added, and the length and type of a body.
    fn head(&self) -> HeaderMap {
        let mut head = self.head_with(self.status);
        if !self.body.is_empty() {
            head.set("content-length", self.body.len().to_string().as_bytes());
            if head.get("content-type").is_none() {
                head.add("content-type", b"text/plain");
            }
        }
        head
    }

    fn grpc_head(&self) -> HeaderMap {
        let mut head = self.head_with(200);
        head.set("content-type", b"application/grpc");
        head.set("grpc-status", grpc_status(self.status).to_string().as_bytes());
        if !self.body.is_empty() {
            head.set("grpc-message", &self.body);
        }
        head
    }

    fn head_with(&self, status: u32) -> HeaderMap {
        let mut head = HeaderMap::default();
        head.add(":status", status.to_string().as_bytes());
        for (name, value) in self.headers.iter().filter(|(name, _)| *name != ":status") {
            head.add(name, value);
        }
        head
    }

    /// White space in details would break the columns of an access log, so Envoy writes `_` for it.
    pub(crate) fn without_space(details: &str) -> String {
        details.chars().map(|char| if char.is_ascii_whitespace() { '_' } else { char }).collect()
    }
}

/// The mapping of gRPC's own documentation, "HTTP to gRPC status code mapping".
fn grpc_status(status: u32) -> u32 {
    match status {
        400 => 13,
        401 => 16,
        403 => 7,
        404 => 12,
        429 | 502..=504 => 14,
        _ => 2,
    }
}
