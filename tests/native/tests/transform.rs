//! Answers with JSON: what a client sees of them, and what the service is asked.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use fake_envoy::{Envoy, Message, Stream};
use native_tests::{gateway, metric, module};
use portcullis_host::module::Module;

const USERS: &str = r#""transformations": [
    {"path": "/api/users/**", "response": {
        "remove_fields": ["internal_id", "db_shard"], "rename_fields": {"email_address": "email"}}},
    {"path": "/api/lenient", "on_failure": "pass", "response": {"remove_fields": ["internal_id"]}},
    {"path": "/api/events", "sse": true, "response": {"remove_fields": ["internal_id"]}}]"#;
const BODY: &str = r#"{"id":1,"internal_id":"x","email_address":"a@b.c","in":[{"db_shard":7}]}"#;
const CLEAN: &str = r#"{"id":1,"email":"a@b.c","in":[{}]}"#;
type Headers = &'static [(&'static str, &'static str)];

const JSON: [(&str, &str); 2] = [(":status", "200"), ("content-type", "application/json")];

/// Envoy with the module, and headers that wait for bodies or do not.
fn start(headers_wait: bool) -> Envoy {
    let document =
        format!(r#"{{"headers_wait": {headers_wait}, "debug": {{"token": "let-me-see"}}, {USERS}}}"#);
    module(Module::TRANSFORM, &document).with(|setup| setup.headers_wait(headers_wait)).start().unwrap()
}

fn ask<'e>(envoy: &'e Envoy, path: &str) -> Stream<'e> {
    envoy.get(path).header("accept-encoding", "br, gzip").header("range", "bytes=0-5").end()
}

fn received(stream: &Stream<'_>) -> Message {
    stream.received().unwrap()
}

fn with<'a>(headers: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    [&JSON, headers].concat()
}

#[test]
fn the_service_is_asked_for_a_whole_body_that_can_be_read() {
    let envoy = start(true);
    let asked = ask(&envoy, "/api/users/7").outcome().forwarded();
    assert_eq!(asked.headers.text("accept-encoding").unwrap(), "gzip");
    assert_eq!(asked.headers.text("range"), None);
    let other = ask(&envoy, "/api/orders").outcome().forwarded();
    assert_eq!(other.headers.text("accept-encoding").unwrap(), "br, gzip");
    assert!(other.headers.text("range").is_some());
}

#[test]
fn a_short_body_is_whole_before_its_headers_leave() {
    let envoy = start(true);
    let stream = ask(&envoy, "/api/users/7");
    let (first, rest) = BODY.split_at(15);
    let length = BODY.len().to_string();
    let answer = stream.respond(with(&[("content-length", &length), ("etag", "\"v1\"")])).open().chunk(first);
    assert_eq!(stream.received(), None);
    let stream = answer.chunk(rest).end();
    let got = received(&stream);
    assert_eq!((got.text().as_str(), got.ended), (CLEAN, true));
    assert_eq!(got.headers.text("content-length").unwrap(), CLEAN.len().to_string());
    assert_eq!(got.headers.text("etag").unwrap(), "W/\"v1\"");
}

#[test]
fn trailers_end_a_body_too() {
    for headers_wait in [true, false] {
        let envoy = start(headers_wait);
        let answer = ask(&envoy, "/api/users/7").respond(JSON).open().chunk(BODY);
        let got = received(&answer.trailers([("x-sum", "1")]));
        assert_eq!(got.text(), CLEAN, "headers_wait: {headers_wait}");
        assert_eq!(got.trailers.unwrap().text("x-sum").unwrap(), "1");
    }
}

#[test]
fn without_waiting_every_piece_leaves_as_it_comes_and_the_length_is_not_told() {
    let envoy = start(false);
    let length = BODY.len().to_string();
    let stream = ask(&envoy, "/api/users/7");
    let mut answer = stream.respond(with(&[("content-length", &length)])).open();
    assert_eq!(received(&stream).headers.text("content-length"), None);
    for byte in BODY.as_bytes().chunks(1) {
        answer = answer.chunk(byte);
    }
    assert!(received(&stream).text().starts_with(r#"{"id":1,"email""#), "before the end has come");
    assert_eq!(received(&answer.end()).text(), CLEAN);
}

#[test]
fn a_body_that_turns_out_long_streams_from_there_on() {
    let envoy = start(true);
    let row = r#"{"internal_id":1,"text":"0123456789"},"#;
    let clean = r#"{"text":"0123456789"},"#;
    let (rows, half) = (row.repeat(1000), row.len() * 1000);
    let stream = ask(&envoy, "/api/users/7");
    let answer = stream.respond(JSON).open().chunk("[").chunk(&rows);
    assert_eq!(stream.received(), None, "{half} bytes are held");
    let answer = answer.chunk(&rows).chunk(&rows);
    let wanted = format!("[{}", clean.repeat(3000));
    let so_far = received(&stream).text();
    assert!(so_far.len() + 1 >= wanted.len(), "all but the last comma");
    let got = received(&answer.chunk("0]").end());
    assert_eq!(got.text(), format!("{wanted}0]"));
    assert_eq!(got.headers.text("content-length"), None);
}

#[test]
fn what_cannot_be_transformed_gets_a_clean_error_while_the_headers_wait() {
    let table: [(Headers, &str, &str); 5] = [
        (&[], r#"{"internal_id":1"#, "portcullis.transform.malformed"),
        (&[], "<html>", "portcullis.transform.malformed"),
        (&[("content-encoding", "br")], "x", "portcullis.transform.unknown_encoding"),
        (&[("content-encoding", "gzip")], "x", "portcullis.transform.bad_compression"),
        (&[(":status", "206")], "{}", "portcullis.transform.partial"),
    ];
    let envoy = start(true);
    for (headers, body, details) in table {
        let headers: Vec<_> = if headers.iter().any(|(name, _)| *name == ":status") {
            [headers, &JSON[1..]].concat()
        } else {
            with(headers)
        };
        let stream = ask(&envoy, "/api/users/7").respond(headers).body(body);
        let reply = stream.outcome().replied();
        assert_eq!((reply.status, reply.details.as_str()), (502, details), "{body}");
        assert!(reply.text().contains(r#""error":"transform_failed""#), "{}", reply.text());
        assert!(!reply.text().contains("internal_id"));
    }
    assert_eq!(metric(&envoy, "portcullis.transform.malformed"), Some(2));
}

#[test]
fn what_cannot_be_transformed_tears_a_stream_down_that_has_begun() {
    let envoy = start(false);
    let stream = ask(&envoy, "/api/users/7").respond(JSON).open().chunk(r#"{"id":1,"#).chunk("oops").end();
    assert!(stream.was_reset());
    assert_eq!(metric(&envoy, "portcullis.transform.malformed"), Some(1));
    let stream = ask(&envoy, "/api/users/7").respond(with(&[("content-encoding", "br")])).body("x");
    assert_eq!(stream.outcome().replied().status, 502, "the headers say it before they leave");
}

#[test]
fn where_the_rule_lets_failures_pass_they_pass_as_they_came() {
    for headers_wait in [true, false] {
        let envoy = start(headers_wait);
        let headers = with(&[("content-encoding", "br"), ("content-length", "3"), ("etag", "\"a\"")]);
        let got = received(&ask(&envoy, "/api/lenient").respond(headers).body("br!"));
        assert_eq!((got.text().as_str(), got.headers.text("etag").unwrap()), ("br!", "\"a\"".into()));
        assert_eq!(got.headers.text("content-length").unwrap(), "3");
        assert_eq!(metric(&envoy, "portcullis.transform.failed_and_passed"), Some(1));
    }
    let envoy = start(true);
    let headers = with(&[("content-length", "17"), ("etag", "\"a\"")]);
    let got = received(&ask(&envoy, "/api/lenient").respond(headers).body(r#"{"internal_id":1!"#));
    assert_eq!(got.text(), r#"{"internal_id":1!"#);
    assert_eq!(got.headers.text("content-length").unwrap(), "17");
    assert_eq!(got.headers.text("etag").unwrap(), "\"a\"");
}

#[test]
fn answers_without_json_are_left_alone() {
    let envoy = start(true);
    let html =
        [(":status", "200"), ("content-type", "text/html"), ("etag", "\"a\""), ("content-length", "13")];
    let stream = ask(&envoy, "/api/users/7");
    let answer = stream.respond(html).open().chunk("<internal_id>");
    assert_eq!(received(&stream).text(), "<internal_id>", "nothing waits");
    let got = received(&answer.end());
    assert_eq!(got.headers.text("etag").unwrap(), "\"a\"");
}

#[test]
fn answers_without_a_body_get_true_headers() {
    for headers_wait in [true, false] {
        let envoy = start(headers_wait);
        let head =
            envoy.request([(":method", "HEAD"), (":path", "/api/users/7"), (":authority", "api")]).end();
        let got = received(&head.respond(with(&[("content-length", "99"), ("etag", "\"a\"")])).end());
        assert_eq!(got.headers.text("content-length"), None);
        assert_eq!(got.headers.text("etag").unwrap(), "W/\"a\"");
        let got =
            received(&ask(&envoy, "/api/users/7").respond([(":status", "304"), ("etag", "\"a\"")]).end());
        assert_eq!(got.headers.text("etag").unwrap(), "W/\"a\"");
        let got = received(&ask(&envoy, "/api/users/7").respond([(":status", "204")]).end());
        assert!(got.ended && got.chunks.is_empty());
    }
}

#[test]
fn an_empty_body_stays_empty() {
    for headers_wait in [true, false] {
        let envoy = start(headers_wait);
        let got = received(&ask(&envoy, "/api/users/7").respond(JSON).open().end());
        assert_eq!((got.text().as_str(), got.ended), ("", true));
    }
}

#[test]
fn events_leave_as_they_come() {
    let envoy = start(true);
    let stream = ask(&envoy, "/api/events");
    let answer = stream.respond([(":status", "200"), ("content-type", "text/event-stream")]).open();
    let answer = answer.chunk("data: {\"internal_id\":1,\"a\":2}\n\n");
    assert_eq!(received(&stream).text(), "data: {\"a\":2}\n\n");
    assert_eq!(received(&answer.chunk(": bye\n").end()).text(), "data: {\"a\":2}\n\n: bye\n");
}

#[test]
fn the_path_counts_in_its_canonical_form() {
    let envoy = start(true);
    for path in ["/api//users/7", "/api/./users/7", "/api/%75sers/7", "/api/x/../users/7?a=b"] {
        assert_eq!(received(&ask(&envoy, path).respond(JSON).body(BODY)).text(), CLEAN, "{path}");
    }
}

#[test]
fn errors_of_envoy_pass() {
    for headers_wait in [true, false] {
        let envoy = start(headers_wait);
        let got = received(&ask(&envoy, "/api/users/7").upstream_fails());
        assert_eq!(got.status(), Some(503));
        let stream = ask(&envoy, "/api/users/7").respond(JSON).open().chunk(r#"{"a":"#).breaks_off();
        assert!(stream.was_reset() || received(&stream).status() == Some(503));
    }
}

#[test]
fn trailers_that_no_longer_hold_are_taken_off() {
    for headers_wait in [true, false] {
        let envoy = start(headers_wait);
        let trailers = [("content-digest", "sha-256=:x:"), ("x-sum", "1"), ("repr-digest", "sha-256=:x:")];
        let answer = ask(&envoy, "/api/users/7").respond(JSON).open().chunk(BODY);
        let got = received(&answer.trailers(trailers)).trailers.unwrap();
        assert_eq!((got.len(), got.text("x-sum").unwrap()), (1, "1".to_owned()));
        let other = ask(&envoy, "/api/orders").respond(JSON).open().chunk(BODY);
        assert_eq!(received(&other.trailers(trailers)).trailers.unwrap().len(), 3);
    }
}

#[test]
fn an_error_in_an_answers_place_tells_the_limit_too() {
    let document = format!(
        r#"{{"headers_wait": true, "rate_limiting": {{"default": {{"requests_per_second": 5, "key": "client_ip"}}}}, {USERS}}}"#
    );
    let envoy = gateway(&document).with(|setup| setup.headers_wait(true)).start().unwrap();
    for (headers, body) in [(&[][..], "{"), (&[("content-encoding", "br")][..], "{}")] {
        let reply = ask(&envoy, "/api/users/7").respond(with(headers)).body(body).outcome().replied();
        assert_eq!(reply.status, 502);
        assert_eq!(reply.headers.text("x-ratelimit-limit").as_deref(), Some("5"), "{:?}", reply.headers);
    }
}

#[test]
fn who_may_see_it_is_told_what_was_done() {
    let envoy = start(true);
    let traced = || envoy.get("/api/users/7").header("x-portcullis-debug", "let-me-see").end();
    let trace = |message: Message| message.headers.text("portcullis-trace").unwrap();
    let got = received(&traced().respond(JSON).body(BODY));
    assert_eq!(trace(got), r#"transform;rule="/api/users/**";removed=2;renamed=1"#);
    let long = format!("[{}0]", "0,".repeat(40_000));
    let got = received(&traced().respond(JSON).body("{"));
    let refused = r#"transform;refused=portcullis.transform.malformed"#;
    assert_eq!((got.headers.text(":status").unwrap(), trace(got)), ("502".to_owned(), refused.to_owned()));
    let got = received(&traced().respond(JSON).body(long));
    assert_eq!(trace(got), r#"transform;rule="/api/users/**";streamed"#);
    let got = received(&ask(&envoy, "/api/users/7").respond(JSON).body(BODY));
    assert_eq!(got.headers.text("portcullis-trace"), None);
    assert_eq!(metric(&envoy, "portcullis.transform.answers"), Some(4));
    assert_eq!(metric(&envoy, "portcullis.transform.fields_removed"), Some(4));
    assert_eq!(metric(&envoy, "portcullis.transform.fields_renamed"), Some(2));
}

#[test]
fn an_aggregated_answer_passes_the_transformation_of_its_own_path() {
    let document = r#"{"headers_wait": true,
        "aggregations": [{"path": "/api/home", "parts": [{"name": "user", "upstream": "http://users:3001", "path": "/u"}]}],
        "transformations": [{"path": "/api/home", "response": {"remove_fields": ["internal_id"]}}]}"#;
    let envoy =
        gateway(document).with(|setup| setup.headers_wait(true)).cluster("users:3001").start().unwrap();
    let stream = envoy.get("/api/home").end();
    let call = envoy.calls().into_iter().next().unwrap();
    envoy.answer(&call, 200, [("content-type", "application/json")], r#"{"internal_id":1,"a":2}"#);
    let reply = stream.outcome().replied();
    assert_eq!(reply.text(), r#"{"user":{"a":2}}"#);
    assert_eq!(reply.headers.text("content-length").unwrap(), reply.text().len().to_string());
}

#[test]
fn a_short_answer_costs_nine_host_calls() {
    let envoy = start(true);
    let before = envoy.counts();
    let stream = envoy.get("/api/users/7").end();
    let got = received(&stream.respond(with(&[("content-length", "73")])).open().last_chunk(BODY));
    assert_eq!(got.text(), CLEAN);
    assert!(envoy.counts().since(&before).host_calls() <= 9, "{:?}", envoy.counts().since(&before));
}
