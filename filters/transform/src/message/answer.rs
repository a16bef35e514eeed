//! What an answer's head says about its body, and the head of an answer whose body changes.

use portcullis_http::Head;

use super::{Encoding, Format};
use crate::Fault;

/// An answer on a path whose answers are transformed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// There is no JSON in it.
    Other,
    /// Its head is that of a transformed answer, but no body follows (HEAD, 204, 304).
    HeadOnly,
    /// A body follows that is to be transformed.
    Body(Reading),
}

/// How a body is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reading {
    /// How JSON stands in it.
    pub format: Format,
    /// How it is encoded.
    pub encoding: Encoding,
    /// Its length as received, where the head tells it.
    pub length: Option<usize>,
}

/// Headers, and trailers, that hold for the bytes of a body as they were.
pub const DIGESTS: [&str; 4] = ["digest", "content-digest", "repr-digest", "content-md5"];

/// Headers that promise parts of the body as it was, or say how it was encoded.
const PARTS_AND_ENCODING: [&str; 2] = ["accept-ranges", "content-encoding"];

/// Reads the head of an answer. `is_complete`: no body follows. `sse`: events are transformed.
pub fn read_answer(head: &Head, is_complete: bool, sse: bool) -> Result<Answer, Fault> {
    let status = head.status();
    // What follows is another protocol, whatever its head says (RFC 9110, section 15.2.2).
    if status == Some(101) {
        return Ok(Answer::Other);
    }
    let format = Format::of(head.all("content-type")).filter(|format| sse || *format != Format::Events);
    if is_complete {
        // A 304 need not say what it would have been about.
        let is_of_unknown = status == Some(304) && head.get("content-type").is_none();
        return Ok(if format.is_some() || is_of_unknown { Answer::HeadOnly } else { Answer::Other });
    }
    if status == Some(206) && (format.is_some() || holds_parts(head)) {
        return Err(Fault::Partial);
    }
    let Some(format) = format else { return Ok(Answer::Other) };
    let encoding = Encoding::of(head.all("content-encoding"))?;
    Ok(Answer::Body(Reading { format, encoding, length: length(head) }))
}

/// Parts of any type come as `multipart/byteranges`, each with its own head (RFC 9110, section 14.6).
fn holds_parts(head: &Head) -> bool {
    let is_multipart = |value: &[u8]| {
        value.trim_ascii_start().get(..10).is_some_and(|start| start.eq_ignore_ascii_case(b"multipart/"))
    };
    head.all("content-type").any(is_multipart)
}

fn length(head: &Head) -> Option<usize> {
    std::str::from_utf8(head.get("content-length")?).ok()?.trim().parse().ok()
}

/// Makes the head of an answer true for its transformed body, whose length is known or not.
pub fn make_true(head: &mut Head, length: Option<usize>) {
    for name in DIGESTS.into_iter().chain(PARTS_AND_ENCODING) {
        head.remove(name);
    }
    match length {
        Some(length) => head.set("content-length", length.to_string().into_bytes()),
        None => head.remove("content-length"),
    }
    // The tag of the body as it was still tells versions apart, but no longer bytes (RFC 9110, section 8.8.1).
    let weak = match head.get("etag") {
        Some(tag) if tag.starts_with(b"\"") => [b"W/", tag].concat(),
        _ => return,
    };
    head.set("etag", weak);
}

#[cfg(test)]
mod tests {
    use super::{Answer, Reading, make_true, read_answer};
    use crate::{Encoding, Fault, Format};
    use portcullis_http::{Head, HeaderMap};

    fn head(pairs: &[(&str, &str)]) -> Head {
        Head::new(HeaderMap::from_pairs(pairs))
    }

    #[test]
    fn an_answer_is_read_by_its_head() {
        let json = ("content-type", "application/json");
        let body = |encoding, length| Ok(Answer::Body(Reading { format: Format::Text, encoding, length }));
        let table: [(&[(&str, &str)], bool, _); 14] = [
            (&[(":status", "200"), json], false, body(Encoding::Identity, None)),
            (&[(":status", "404"), json, ("content-length", "7")], false, body(Encoding::Identity, Some(7))),
            (
                &[json, ("content-length", "x"), ("content-encoding", "gzip")],
                false,
                body(Encoding::Gzip, None),
            ),
            (&[json, ("content-encoding", "br")], false, Err(Fault::UnknownEncoding)),
            (&[("content-type", "text/html"), ("content-encoding", "br")], false, Ok(Answer::Other)),
            (&[("content-type", "text/event-stream")], false, Ok(Answer::Other)),
            (&[(":status", "200"), json, ("content-encoding", "br")], true, Ok(Answer::HeadOnly)),
            (&[(":status", "304")], true, Ok(Answer::HeadOnly)),
            (&[(":status", "204")], true, Ok(Answer::Other)),
            (&[(":status", "206"), json], false, Err(Fault::Partial)),
            (
                &[(":status", "206"), ("content-type", "multipart/byteranges; boundary=x")],
                false,
                Err(Fault::Partial),
            ),
            (&[(":status", "206"), ("content-type", "video/mp4")], false, Ok(Answer::Other)),
            (&[(":status", "101"), json], false, Ok(Answer::Other)),
            (&[(":status", "101"), json, ("content-encoding", "br")], false, Ok(Answer::Other)),
        ];
        for (pairs, is_complete, wanted) in table {
            assert_eq!(read_answer(&head(pairs), is_complete, false), wanted, "{pairs:?}");
        }
    }

    #[test]
    fn events_are_read_where_the_rule_says_so() {
        let events = head(&[("content-type", "text/event-stream")]);
        let Ok(Answer::Body(reading)) = read_answer(&events, false, true) else { panic!("not read") };
        assert_eq!(reading.format, Format::Events);
    }

    #[test]
    fn what_held_for_the_old_bytes_is_taken_off() {
        let mut head = head(&[
            ("content-length", "9"),
            ("etag", "\"v1\""),
            ("digest", "sha-256=x"),
            ("content-digest", "sha-256=:x:"),
            ("repr-digest", "sha-256=:x:"),
            ("content-md5", "x"),
            ("accept-ranges", "bytes"),
            ("content-encoding", "gzip"),
            ("last-modified", "today"),
        ]);
        make_true(&mut head, Some(3));
        assert_eq!(head.get("content-length"), Some(&b"3"[..]));
        assert_eq!(head.get("etag"), Some(&b"W/\"v1\""[..]));
        assert_eq!(head.get("last-modified"), Some(&b"today"[..]));
        for name in super::DIGESTS.into_iter().chain(super::PARTS_AND_ENCODING) {
            assert_eq!(head.get(name), None, "{name}");
        }
        make_true(&mut head, None);
        assert_eq!(head.get("content-length"), None);
        assert_eq!(head.get("etag"), Some(&b"W/\"v1\""[..]), "a weak tag stays as it is");
    }
}
