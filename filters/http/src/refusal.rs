//! The one shape in which every filter refuses.

use std::borrow::Cow;

use crate::member::Members;
use crate::{Head, Member, Reply};

/// A request that is refused, before it is written down for the client.
#[derive(Clone, Debug, PartialEq)]
pub struct Refusal {
    /// The HTTP status.
    pub status: u16,
    /// The machine's word for what is wrong, such as `token_expired`.
    pub error: &'static str,
    /// The sentence for people.
    pub message: Cow<'static, str>,
    /// What the filter adds to the body, such as `retry_after`.
    pub members: Vec<(&'static str, Member)>,
    /// What the filter adds to the headers; names in lower case.
    pub headers: Vec<(Cow<'static, str>, Vec<u8>)>,
    /// The response-code detail for the access log.
    pub detail: &'static str,
}

/// How error bodies are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ErrorFormat {
    /// `{"error", "message", "request_id"}`, unless the client asks for problem details.
    #[default]
    Plain,
    /// Problem details for HTTP APIs (RFC 9457), with the same members.
    Problem,
}

/// A request id is echoed up to here: Envoy's own has 36 characters, and a client's should not blow up an answer.
const LONGEST_REQUEST_ID: usize = 128;

impl Refusal {
    /// A refusal without additions.
    #[must_use]
    pub fn new(
        status: u16,
        error: &'static str,
        message: impl Into<Cow<'static, str>>,
        detail: &'static str,
    ) -> Self {
        Self { status, error, message: message.into(), members: Vec::new(), headers: Vec::new(), detail }
    }

    /// Adds a header line.
    #[must_use]
    pub fn with_header(mut self, name: impl Into<Cow<'static, str>>, value: impl Into<Vec<u8>>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Adds a member to the body.
    #[must_use]
    pub fn with_member(mut self, name: &'static str, value: impl Into<Member>) -> Self {
        self.members.push((name, value.into()));
        self
    }

    /// Writes the refusal down for the client that sent `request`.
    ///
    /// The body is RFC 9457's when `format` says so or the client accepts `application/problem+json`.
    #[must_use]
    pub fn into_reply(mut self, request: &Head, format: ErrorFormat) -> Reply {
        let problem = format == ErrorFormat::Problem || accepts_problem(request);
        let body = self.body(request, problem);
        let content_type: &[u8] = if problem { b"application/problem+json" } else { b"application/json" };
        self.headers.push((Cow::Borrowed("content-type"), content_type.to_vec()));
        self.headers.push((Cow::Borrowed("cache-control"), b"no-store".to_vec()));
        Reply { status: self.status, headers: self.headers, body, detail: self.detail, is_refusal: true }
    }

    fn body(&mut self, request: &Head, problem: bool) -> Vec<u8> {
        let mut members = Members::default();
        if problem {
            members.add("type", "about:blank");
            members.add("title", self.error.replace('_', " "));
            members.add("status", u64::from(self.status));
            members.add("detail", self.message.as_ref());
        }
        members.add("error", self.error);
        members.add("message", self.message.as_ref());
        for (name, value) in self.members.drain(..) {
            members.add(name, value);
        }
        if let Some(id) = request_id(request) {
            members.add("request_id", id);
        }
        members.written().into_bytes()
    }
}

/// What is no UTF-8 is not echoed: it would be no JSON.
fn request_id(request: &Head) -> Option<&str> {
    let id = request.get("x-request-id")?;
    std::str::from_utf8(id).ok().filter(|id| !id.is_empty() && id.len() <= LONGEST_REQUEST_ID)
}

fn accepts_problem(request: &Head) -> bool {
    request.all("accept").filter_map(|value| std::str::from_utf8(value).ok()).any(|accept| {
        accept.split(',').map(media_range).any(|(range, quality)| {
            range.eq_ignore_ascii_case("application/problem+json") && quality != Some("0")
        })
    })
}

/// A media range without its parameters, and its weight if it has one (RFC 9110, section 12.5.1).
fn media_range(item: &str) -> (&str, Option<&str>) {
    let mut parts = item.split(';').map(str::trim);
    let range = parts.next().unwrap_or_default();
    (range, parts.find_map(|parameter| parameter.strip_prefix("q=")))
}

#[cfg(test)]
mod tests {
    use super::{ErrorFormat, Refusal};
    use crate::{Head, HeaderMap};

    fn limited() -> Refusal {
        Refusal::new(429, "rate_limit_exceeded", "Too many requests.", "portcullis.limit.exceeded")
            .with_member("retry_after", 3)
            .with_header("retry-after", "3")
    }

    fn reply(headers: &[(&str, &str)], format: ErrorFormat) -> (String, String) {
        let reply = limited().into_reply(&Head::new(HeaderMap::from_pairs(headers)), format);
        let content_type = reply.header("content-type").unwrap().to_vec();
        (String::from_utf8(content_type).unwrap(), String::from_utf8(reply.body).unwrap())
    }

    #[test]
    fn the_body_names_error_message_additions_and_request() {
        let (content_type, body) = reply(&[("x-request-id", "r-1")], ErrorFormat::Plain);
        assert_eq!(content_type, "application/json");
        assert_eq!(
            body,
            r#"{"error":"rate_limit_exceeded","message":"Too many requests.","request_id":"r-1","retry_after":3}"#
        );
    }

    #[test]
    fn problem_details_are_sent_to_who_asks_for_them() {
        for accept in ["application/problem+json", "text/html, Application/Problem+JSON;q=0.5"] {
            let (content_type, body) = reply(&[("accept", accept)], ErrorFormat::Plain);
            assert_eq!(content_type, "application/problem+json", "{accept}");
            assert!(
                body.contains(r#""status":429"#) && body.contains(r#""error":"rate_limit_exceeded""#),
                "{body}"
            );
        }
        assert_eq!(
            reply(&[("accept", "application/problem+json;q=0")], ErrorFormat::Plain).0,
            "application/json"
        );
        assert_eq!(reply(&[], ErrorFormat::Problem).0, "application/problem+json");
    }

    #[test]
    fn a_hostile_request_id_is_not_echoed() {
        let long = "x".repeat(500);
        for id in ["", long.as_str()] {
            assert!(!reply(&[("x-request-id", id)], ErrorFormat::Plain).1.contains("request_id"), "{id}");
        }
        let (_, body) = reply(&[("x-request-id", "a\"b\n")], ErrorFormat::Plain);
        assert!(body.contains(r#""request_id":"a\"b\n""#), "{body}");
    }
}
