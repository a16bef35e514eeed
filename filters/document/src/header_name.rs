//! Names of headers that the document sets or reads.

use crate::{Mistakes, Node};

/// Envoy routes and frames messages by these, or answers for them itself: no claim goes there.
const ENVOYS_OWN: &[&str] = &[
    "host",
    "connection",
    "keep-alive",
    "proxy-connection",
    "transfer-encoding",
    "te",
    "trailer",
    "upgrade",
    "content-length",
    "x-request-id",
];

/// Reads a header's name (RFC 9110, section 5.1) that a filter may set; in lower case, as Envoy keeps it.
pub(crate) fn read(node: &Node<'_>, mistakes: &mut Mistakes) -> Option<String> {
    let name = read_any(node, mistakes)?;
    if ENVOYS_OWN.contains(&&*name) {
        return node.expected("a header that Envoy does not set itself", mistakes);
    }
    Some(name)
}

/// Reads the name of any header; in lower case.
pub(crate) fn read_any(node: &Node<'_>, mistakes: &mut Mistakes) -> Option<String> {
    let name = node.text(mistakes)?;
    if is_token(&name) {
        return Some(name.to_ascii_lowercase());
    }
    node.expected("a header's name", mistakes)
}

/// Whether `text` is a token (RFC 9110, section 5.6.2), as every header's name is.
#[must_use]
pub fn is_token(text: &str) -> bool {
    let is_tchar = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !text.is_empty() && text.bytes().all(is_tchar)
}
