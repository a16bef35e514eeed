//! What is changed about a request so that its answer can be transformed.

use portcullis_http::Head;

use super::accept_encoding;

/// Prepares a request whose answer may be transformed.
///
/// * No part of a body is asked for: a part of a JSON text is none.
/// * No encoding is asked for that is not read here. A client that names none gets the plain body from any service that
///   does not insist, and is spared the change, after which Envoy would choose the route anew.
/// * `If-Match` gets back the strong tags that were made weak on their way out; a weak one would match nothing, and no
///   conditional write would work (RFC 9110, section 13.1.1).
pub fn prepare_request(head: &mut Head) {
    head.remove("range");
    head.remove("if-range");
    let wanted = accept_encoding::narrowed(head.all("accept-encoding"));
    if head.all("accept-encoding").any(|named| named != wanted.as_bytes()) {
        head.set("accept-encoding", wanted.as_bytes());
    }
    if head.all("if-match").any(|tags| memchr::memmem::find(tags, b"W/\"").is_some()) {
        let strong = strong_tags(head.all("if-match"));
        head.set("if-match", strong);
    }
}

/// The tags of all lines, joined, each without its mark of weakness.
fn strong_tags<'v>(lines: impl Iterator<Item = &'v [u8]>) -> Vec<u8> {
    let mut strong = Vec::new();
    let mut in_tag = false;
    for line in lines {
        if !strong.is_empty() {
            strong.extend_from_slice(b", ");
        }
        let mut rest = line;
        while let Some((byte, behind)) = rest.split_first() {
            in_tag ^= *byte == b'"';
            match rest.strip_prefix(b"W/") {
                Some(tag) if !in_tag => rest = tag,
                _ => {
                    strong.push(*byte);
                    rest = behind;
                }
            }
        }
    }
    strong
}

#[cfg(test)]
mod tests {
    use super::prepare_request;
    use portcullis_http::{Head, HeaderMap};

    fn prepared(pairs: &[(&str, &str)]) -> Head {
        let mut head = Head::new(HeaderMap::from_pairs(pairs));
        prepare_request(&mut head);
        head
    }

    #[test]
    fn no_part_and_no_unread_encoding_is_asked_for() {
        let head =
            prepared(&[("range", "bytes=0-9"), ("if-range", "\"a\""), ("accept-encoding", "br, gzip")]);
        assert_eq!((head.get("range"), head.get("if-range")), (None, None));
        assert_eq!(head.get("accept-encoding"), Some(&b"gzip"[..]));
        assert_eq!(prepared(&[("accept-encoding", "br")]).get("accept-encoding"), Some(&b"identity"[..]));
    }

    #[test]
    fn a_request_that_asks_for_nothing_else_is_left_alone() {
        let head =
            prepared(&[("accept-encoding", "gzip"), ("if-match", "\"a\""), ("if-none-match", "W/\"a\"")]);
        assert!(head.edits().is_empty());
        assert!(prepared(&[]).edits().is_empty());
    }

    #[test]
    fn conditional_writes_get_their_strong_tags_back() {
        let table = [
            (r#"W/"a""#, r#""a""#),
            (r#"W/"a", "b",W/"c""#, r#""a", "b","c""#),
            (r#"W/"a W/ b""#, r#""a W/ b""#),
        ];
        for (sent, strong) in table {
            let head = prepared(&[("if-match", sent)]);
            assert_eq!(head.get("if-match"), Some(strong.as_bytes()), "{sent}");
        }
        let head = prepared(&[("if-match", "\"a\""), ("if-match", "W/\"b\"")]);
        assert_eq!(head.get("if-match"), Some(&br#""a", "b""#[..]));
    }
}
