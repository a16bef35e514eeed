//! Telling the host about headers: the changes of a head, and those of a reply.

use portcullis_http::{Edit, HeaderMap, Reply};

use crate::abi::{self, Map, Status};

/// Applies each change with one host call; ends at the first that the host does not take.
pub(crate) fn apply(map: Map, edits: &[Edit]) -> Result<(), Status> {
    edits.iter().try_for_each(|edit| match &edit.value {
        Some(value) if !is_one_line(value) => Err(Status::BadArgument),
        Some(value) if edit.is_new => abi::add_header(map, &edit.name, value),
        Some(value) => abi::set_header(map, &edit.name, value),
        None => abi::remove_header(map, &edit.name),
    })
}

/// The headers of a reply in the host's encoding. A value that is not one line is left out.
pub(crate) fn encode(reply: &Reply) -> Vec<u8> {
    let lines = reply.headers.iter().filter(|(_, value)| is_one_line(value));
    HeaderMap::encode(&lines.map(|(name, value)| (name.as_bytes(), value)).collect::<Vec<_>>())
}

/// Envoy does not look at the values that a filter sets in an answer: a line break in one would go out as it is, and
/// begin another header or another answer (RFC 9110, section 5.5).
fn is_one_line(value: &[u8]) -> bool {
    !value.iter().any(|byte| matches!(byte, b'\r' | b'\n' | 0))
}
