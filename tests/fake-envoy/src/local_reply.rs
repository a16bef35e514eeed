//! Answers that Envoy makes itself, for a filter or on its own account.

use crate::header_map::HeaderMap;

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

    /// The headers as they enter the response filters: the status, what the filter added, and the length and type of a body.
    pub(crate) fn head(&self) -> HeaderMap {
        let mut head = HeaderMap::default();
        head.add(":status", self.status.to_string().as_bytes());
        for (name, value) in self.headers.iter() {
            head.add(name, value);
        }
        if !self.body.is_empty() {
            head.set("content-length", self.body.len().to_string().as_bytes());
            if head.get("content-type").is_none() {
                head.add("content-type", b"text/plain");
            }
        }
        head
    }

    /// White space in details would break the columns of an access log, so Envoy writes `_` for it.
    pub(crate) fn details_without_space(details: &str) -> String {
        details.chars().map(|char| if char.is_ascii_whitespace() { '_' } else { char }).collect()
    }
}
