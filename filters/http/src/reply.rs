//! An answer that a filter gives itself.

use std::borrow::Cow;

/// A whole answer: what the host sends to the client in place of an upstream's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// Header lines; names in lower case.
    pub headers: Vec<(Cow<'static, str>, Vec<u8>)>,
    /// The body, complete.
    pub body: Vec<u8>,
    /// The response-code detail that the access log shows, such as `portcullis.jwt.token_expired`.
    pub detail: &'static str,
    /// Whether this is a refusal, or an answer that the response filters of its path still apply to.
    pub is_refusal: bool,
}

impl Reply {
    /// The first value of the header `name` (lower case), for tests and traces.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&[u8]> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_slice())
    }
}
