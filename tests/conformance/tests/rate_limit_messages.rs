//! What is asked of rate limit services and read from them, beside another implementation of protocol buffers.
//!
//! The messages are those of `envoy/service/ratelimit/v3/rls.proto`, as far as anybody here reads or writes them.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;

use portcullis_document::{CanonicalPath, Mistakes, Node, RateLimitingConfig};
use portcullis_http::{Head, HeaderMap};
use portcullis_rate_limit::{Answer, RateLimits, Subject};
use proptest::prelude::*;
use prost::Message;

#[derive(Clone, PartialEq, Message)]
struct RateLimitRequest {
    #[prost(string, tag = "1")]
    domain: String,
    #[prost(message, repeated, tag = "2")]
    descriptors: Vec<Descriptor>,
    #[prost(uint32, tag = "3")]
    hits_addend: u32,
}

#[derive(Clone, PartialEq, Message)]
struct Descriptor {
    #[prost(message, repeated, tag = "1")]
    entries: Vec<Entry>,
}

/// An entry of a descriptor, and a header: both are a key and a value.
#[derive(Clone, PartialEq, Message)]
struct Entry {
    #[prost(string, tag = "1")]
    key: String,
    #[prost(string, tag = "2")]
    value: String,
}

#[derive(Clone, PartialEq, Message)]
struct RateLimitResponse {
    #[prost(uint32, tag = "1")]
    overall_code: u32,
    #[prost(message, repeated, tag = "2")]
    statuses: Vec<Status>,
    #[prost(message, repeated, tag = "3")]
    response_headers_to_add: Vec<Entry>,
    #[prost(bytes = "vec", tag = "5")]
    raw_body: Vec<u8>,
}

#[derive(Clone, PartialEq, Message)]
struct Status {
    #[prost(uint32, tag = "1")]
    code: u32,
    #[prost(message, optional, tag = "2")]
    current_limit: Option<Limit>,
    #[prost(uint32, tag = "3")]
    limit_remaining: u32,
    #[prost(message, optional, tag = "4")]
    duration_until_reset: Option<Span>,
}

#[derive(Clone, Copy, PartialEq, Message)]
struct Limit {
    #[prost(uint32, tag = "1")]
    requests_per_unit: u32,
    #[prost(uint32, tag = "2")]
    unit: u32,
}

#[derive(Clone, Copy, PartialEq, Message)]
struct Span {
    #[prost(int64, tag = "1")]
    seconds: i64,
    #[prost(int32, tag = "2")]
    nanos: i32,
}

const OK: u32 = 1;
const OVER_LIMIT: u32 = 2;

/// The question of a section's default rule about a request.
fn question(rule: &str, headers: &[(&str, Vec<u8>)], hits: u32) -> Vec<u8> {
    let global = r#"{"cluster": "limits", "domain": "caf\u00e9"}"#;
    let text = format!(r#"{{"rate_limiting": {{"global": {global}, "default": {rule}}}}}"#);
    let mut mistakes = Mistakes::default();
    let mut fields = Node::root(&text, &mut mistakes).unwrap().fields(&mut mistakes).unwrap();
    let config = RateLimitingConfig::read(&fields.take("rate_limiting").unwrap(), &mut mistakes).unwrap();
    let limits = RateLimits::compile(&config, false, &mut mistakes);
    assert!(mistakes.is_empty(), "{:?}", mistakes.found());
    let head = Head::new(HeaderMap::from_pairs(headers));
    let address = || Some(b"[2001:db8:1:2::7]:1".to_vec());
    let subject = Subject { head: &head, path: "/a", identity: None, address: &address };
    let rule = limits.rule(&CanonicalPath::of(b"/a"), b"GET").unwrap();
    rule.question(rule.global().unwrap(), &subject, hits)
}

fn asked(message: &[u8]) -> (RateLimitRequest, Vec<String>) {
    let request = RateLimitRequest::decode(message).unwrap();
    let words = request.descriptors.iter().map(|descriptor| {
        let entries = descriptor.entries.iter().map(|entry| format!("{}={}", entry.key, entry.value));
        entries.collect::<Vec<_>>().join(" ")
    });
    let words = words.collect();
    (request, words)
}

#[test]
fn a_question_is_what_the_readme_says() {
    let rule = r#"{"methods": ["PUT", "GET"], "limits": [{"requests_per_minute": 5}, {"requests_per_day": 9}],
        "key": ["client_ip", "header:X-Key", "path"]}"#;
    let (request, words) = asked(&question(rule, &[("x-key", b"k".to_vec())], 300));
    assert_eq!((request.domain.as_str(), request.hits_addend), ("caf\u{e9}", 300));
    let of_window = |window| {
        format!(
            "rule=default methods=GET,PUT window={window} remote_address=2001:db8:1:2::/64 header:x-key=k path=/a"
        )
    };
    assert_eq!(words, [of_window("minute"), of_window("day")]);
    let (_, words) = asked(&question(r#"{"requests_per_day": 9, "key": "header:x"}"#, &[], 1));
    assert_eq!(words, ["rule=default remote_address=2001:db8:1:2::/64"], "what stands in for a missing key");
}

fn status() -> impl Strategy<Value = Status> {
    let limit = prop::option::of((any::<u32>(), 0_u32..5));
    let span = prop::option::of((0_i64..1 << 40, 0_i32..1_000_000_000));
    (OK..=OVER_LIMIT, limit, any::<u32>(), span).prop_map(|(code, limit, limit_remaining, span)| Status {
        code,
        current_limit: limit.map(|(requests_per_unit, unit)| Limit { requests_per_unit, unit }),
        limit_remaining,
        duration_until_reset: span.map(|(seconds, nanos)| Span { seconds, nanos }),
    })
}

fn response() -> impl Strategy<Value = RateLimitResponse> {
    let headers = prop::collection::vec(("[a-z-]{0,20}", ".{0,20}"), 0..3);
    let parts = (0_u32..4, prop::collection::vec(status(), 0..4), headers, any::<Vec<u8>>());
    parts.prop_map(|(overall_code, statuses, headers, raw_body)| RateLimitResponse {
        overall_code,
        statuses,
        response_headers_to_add: headers.into_iter().map(|(key, value)| Entry { key, value }).collect(),
        raw_body,
    })
}

fn span_of(status: &Status) -> Option<Duration> {
    let span = status.duration_until_reset?;
    Some(Duration::new(span.seconds.unsigned_abs(), span.nanos.unsigned_abs()))
}

proptest! {
    #[test]
    fn whatever_a_client_writes_the_question_can_be_read(value in any::<Vec<u8>>(), hits in 1_u32..) {
        let message = question(r#"{"requests_per_day": 9, "key": "header:x"}"#, &[("x", value.clone())], hits);
        let (request, words) = asked(&message);
        prop_assert_eq!(request.hits_addend, hits);
        prop_assert_eq!(words.len(), 1);
        if let Some(text) = String::from_utf8(value).ok().filter(|text| !text.is_empty() && text.len() < 200) {
            prop_assert_eq!(&words, &[format!("rule=default header:x={text}")]);
        }
    }

    #[test]
    fn an_answer_is_read_as_it_is_meant(response in response()) {
        let read = Answer::read(&response.encode_to_vec());
        let permits = response.overall_code == OK;
        prop_assert_eq!(read.is_ok(), permits || response.overall_code == OVER_LIMIT);
        let Ok(answer) = read else { return Ok(()) };
        prop_assert_eq!(answer.permits, permits);
        let limited: Vec<_> = response.statuses.iter().filter(|status| status.current_limit.is_some()).collect();
        if let Some(remaining) = limited.iter().map(|status| status.limit_remaining).min() {
            prop_assert_eq!(answer.remaining, Some(remaining));
        }
        let deciding = limited.iter().filter(|status| permits || status.code == OVER_LIMIT);
        let spans: Vec<_> = deciding.filter_map(|status| span_of(status)).collect();
        let span = if permits { spans.iter().min() } else { spans.iter().max() };
        if let Some(span) = span {
            prop_assert_eq!(answer.reset, Some(*span));
        }
    }

    #[test]
    fn noise_is_an_answer_or_none_and_never_more(bytes in any::<Vec<u8>>(), response in response(), cut in any::<prop::sample::Index>()) {
        let _ = Answer::read(&bytes);
        let whole = response.encode_to_vec();
        let _ = Answer::read(whole.get(..cut.index(whole.len() + 1)).unwrap_or_default());
    }
}
