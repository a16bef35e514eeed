//! What the client gets, whatever the parts do.

use super::{Run, run, run_with};
use crate::{End, Failure, NotSent};

/// A part called `name` of the cluster `name:80`, with more members.
fn part(name: &str, more: &str) -> String {
    format!(r#"{{"name": "{name}", "upstream": "http://{name}", "path": "/{name}" {more}}}"#)
}

fn three() -> Run {
    let parts = [
        part("user", ""),
        part("orders", r#", "pick": "$.items", "fallback": []"#),
        part("tips", r#", "required": false"#),
    ];
    run_with(
        &format!(r#"{{"path": "/x", "parts": [{}]}}"#, parts.join(",")),
        &[(":path", "/x"), ("x-request-id", "r-1")],
    )
}

#[test]
fn all_parts_are_asked_at_once_and_the_last_to_come_completes_the_answer() {
    let mut run = three();
    assert_eq!(run.paths(), ["/user", "/orders", "/tips"]);
    run.after(20)
        .ok(2, "[1.0]\n")
        .after(30)
        .ok(1, r#"{"items": [ {"id":12345678901234567890} ], "next": 2}"#);
    assert!(run.is_waiting());
    run.after(5).ok(0, r#"{"b":1, "a":"\u00e9"}"#);
    assert_eq!(
        run.body(),
        r#"{"user":{"b":1, "a":"\u00e9"},"orders":[ {"id":12345678901234567890} ],"tips":[1.0]}"#
    );
    let reply = run.reply();
    assert_eq!((reply.status, reply.is_refusal), (200, false));
    let headers: Vec<&str> = reply.headers.iter().map(|(name, _)| &**name).collect();
    assert_eq!(headers, ["content-type", "x-request-id", "x-response-time"]);
    assert_eq!(run.reply_header("content-type"), Some("application/json"));
    assert_eq!(run.reply_header("x-request-id"), Some("r-1"));
    assert_eq!(run.reply_header("x-response-time"), Some("55ms"));
}

#[test]
fn an_optional_part_that_failed_is_replaced_and_named() {
    let mut run = three();
    run.service(2, 500, "oops");
    run.reset(1).ok(0, "{}");
    assert_eq!(run.body(), r#"{"user":{},"orders":[],"tips":null}"#);
    assert_eq!(run.reply_header("x-portcullis-partial"), Some("orders, tips"));
    assert_eq!(run.reply_header("cache-control"), Some("no-store"));
    assert_eq!(
        run.outcome().report.to_string(),
        r#"aggregate;rule="/x";parts=3;slowest=tips:0ms;failed=orders:reset|tips:status_not_accepted"#
    );
}

#[test]
fn a_required_part_that_failed_ends_it_at_once_and_tells_nothing_of_the_others() {
    let mut run = three();
    run.ok(1, r#"{"items": ["secret"]}"#).after(7);
    run.service(0, 500, "internal");
    let refusal = run.refusal();
    assert_eq!((refusal.status, refusal.error), (502, "upstream_failed"));
    let members = [("part", "user".into()), ("reason", "status_not_accepted".into())];
    assert_eq!(
        (&*refusal.message, &*refusal.members),
        ("The part \"user\" answered with status 500.", &members[..])
    );
    let ends: Vec<&End> = run.outcome().report.parts().map(|(_, part)| &part.end).collect();
    assert_eq!(ends, [&End::Failed(Failure::Status(500)), &End::Came, &End::Unfinished]);
}

/// What happens to a part's call.
enum Fault {
    Service(u16, &'static [u8]),
    Envoy(u16, &'static str),
    Reset,
}

#[test]
fn failures_are_told_apart() {
    let table = [
        ("", Fault::Envoy(504, "upstream request timeout"), 504, "timed_out"),
        ("", Fault::Service(504, b"{}"), 502, "status_not_accepted"),
        ("", Fault::Envoy(503, "reset reason: remote connection failure"), 502, "connect_failed"),
        ("", Fault::Envoy(503, "reset reason: connection termination"), 502, "reset"),
        ("", Fault::Envoy(503, "reset reason: overflow"), 502, "overloaded"),
        ("", Fault::Envoy(503, "no healthy upstream"), 502, "no_healthy_host"),
        ("", Fault::Reset, 502, "reset"),
        ("", Fault::Service(302, b"{}"), 502, "status_not_accepted"),
        ("", Fault::Service(200, b"<html>"), 502, "not_json"),
        ("", Fault::Service(200, b""), 502, "not_json"),
        ("", Fault::Service(200, b"{}{}"), 502, "not_json"),
        ("", Fault::Service(200, b"{\"a\":"), 502, "not_json"),
        ("", Fault::Service(200, b"\xef\xbb\xbf{}"), 502, "not_json"),
        ("", Fault::Service(200, b"\xff\xfe"), 502, "not_json"),
        (r#", "max_bytes": 4"#, Fault::Service(200, b"[1,2]"), 502, "too_big"),
        (r#", "pick": "$.a[1]""#, Fault::Service(200, b"{\"a\":[1]}"), 502, "pick_missing"),
        (r#", "into": "root""#, Fault::Service(200, b"[]"), 502, "not_an_object"),
        (r#", "concat": true"#, Fault::Service(200, b"{}"), 502, "not_an_array"),
    ];
    for (more, fault, status, reason) in table {
        let mut run = run(&format!("[{}]", part("a", more)));
        match fault {
            Fault::Service(status, body) => _ = run.service(0, status, body),
            Fault::Envoy(status, body) => _ = run.envoy(0, status, body),
            Fault::Reset => _ = run.reset(0),
        }
        let error = if status == 504 { "upstream_timeout" } else { "upstream_failed" };
        assert_eq!(run.refused(), (status, error, reason.to_owned()));
    }
}

#[test]
fn a_reset_at_the_end_of_a_parts_time_is_a_timeout() {
    let table = [
        ("", 949, 502, "reset"),
        ("", 950, 504, "timed_out"),
        ("", 1000, 504, "timed_out"),
        (r#", "timeout": "50ms""#, 44, 502, "reset"),
        (r#", "timeout": "50ms""#, 45, 504, "timed_out"),
        (r#", "timeout": "50ms""#, 50, 504, "timed_out"),
    ];
    for (more, millis, status, reason) in table {
        let mut run = run(&format!("[{}]", part("a", more)));
        run.after(millis).reset(0);
        let error = if status == 504 { "upstream_timeout" } else { "upstream_failed" };
        assert_eq!(run.refused(), (status, error, reason.to_owned()), "{more} {millis}");
    }
}

#[test]
fn a_body_that_is_not_wanted_is_not_read() {
    let mut too_big = run(&format!("[{}]", part("a", r#", "max_bytes": "1KiB""#)));
    assert_eq!(too_big.service(0, 200, [b'1'; 2000]), 0);
    let mut refused = run(&format!("[{}]", part("a", "")));
    assert_eq!(refused.service(0, 500, "{}"), 0);
}

#[test]
fn calls_that_cannot_be_sent_fail_their_parts_alone() {
    for (reason, word) in [(NotSent::NoCluster, "no_cluster"), (NotSent::NoHealthyHost, "no_healthy_host")] {
        let parts =
            format!(r#"{{"path": "/x", "parts": [{}, {}]}}"#, part("a", r#", "fallback": 1"#), part("b", ""));
        let mut optional = Run::prepare(&[(":path", "/x")]).unreachable("a:80", reason).start(&parts);
        assert_eq!(optional.ok(0, "2").body(), r#"{"a":1,"b":2}"#);
        let required = Run::prepare(&[(":path", "/x")]).unreachable("b:80", reason).start(&parts);
        assert_eq!(required.refused(), (502, "upstream_failed", word.to_owned()));
    }
    let alone = format!(r#"{{"path": "/x", "parts": [{}]}}"#, part("a", r#", "required": false"#));
    let run = Run::prepare(&[(":path", "/x")]).unreachable("a:80", NotSent::NoCluster).start(&alone);
    assert_eq!(run.body(), r#"{"a":null}"#);
}

#[test]
fn nothing_more_is_sent_once_a_required_part_has_failed() {
    let parts = format!(r#"{{"path": "/x", "parts": [{}, {}]}}"#, part("a", ""), part("b", ""));
    let run = Run::prepare(&[(":path", "/x")]).unreachable("a:80", NotSent::NoCluster).start(&parts);
    assert_eq!(run.refused().2, "no_cluster");
    assert!(run.sent().is_empty());
}

#[test]
fn statuses_that_are_accepted_are_those_of_the_document() {
    let mut listed = run(&format!("[{}]", part("a", r#", "accept_status": [404, 503]"#)));
    listed.service(0, 404, "{}");
    assert_eq!(listed.body(), r#"{"a":{}}"#);
    let mut not_listed = run(&format!("[{}]", part("a", r#", "accept_status": [404]"#)));
    not_listed.service(0, 200, "{}");
    assert_eq!(not_listed.refused().2, "status_not_accepted");
    let mut envoys = run(&format!("[{}]", part("a", r#", "accept_status": [503]"#)));
    envoys.envoy(0, 503, "reset reason: connection timeout");
    assert_eq!(envoys.refused().2, "connect_failed");
    let mut created = run(&format!("[{}]", part("a", "")));
    created.service(0, 201, "1");
    assert_eq!(created.body(), r#"{"a":1}"#);
}

#[test]
fn an_answer_without_content_is_null() {
    let mut run = run(&format!("[{}]", part("a", r#", "method": "POST""#)));
    run.service(0, 204, "");
    assert_eq!(run.body(), r#"{"a":null}"#);
}

#[test]
fn what_was_not_found_can_be_the_answer() {
    let parts = [part("user", r#", "on_404": "pass""#), part("tips", r#", "required": false"#)].join(",");
    let mut passed = run(&format!("[{parts}]"));
    passed.service(0, 404, "<html>no such user</html>");
    assert_eq!((passed.refusal().status, passed.refusal().error), (404, "not_found"));
    let mut other = run(&format!("[{parts}]"));
    other.service(0, 410, "");
    assert_eq!(other.refusal().status, 502);
    let mut optional = run(&format!("[{parts}]"));
    optional.service(1, 404, "");
    assert_eq!(optional.ok(0, "1").body(), r#"{"user":1,"tips":null}"#);
}

#[test]
fn parts_are_left_out_unless_what_they_are_for_is_there() {
    let parts = [
        part("a", r#", "when": "query.debug""#),
        part("b", r#", "when": "header.X-Beta""#),
        part("c", r#", "when": "claim.sub""#),
        part("d", r#", "when": "claim.beta""#),
    ];
    let mut partly = run(&format!("[{}]", parts.join(",")));
    assert_eq!(partly.paths(), ["/a", "/c"]);
    partly.ok(0, "1").ok(1, "2");
    assert_eq!(
        (partly.body().as_str(), partly.reply_header("x-portcullis-partial")),
        (r#"{"a":1,"c":2}"#, None)
    );
    let report = partly.outcome().report.to_string();
    assert_eq!(report, r#"aggregate;rule="/x";parts=4;slowest=d:0ms;left_out=b|d"#);
    let nothing = run(&format!("[{}]", part("d", r#", "when": "claim.beta""#)));
    assert_eq!(nothing.body(), "{}");
}

#[test]
fn what_is_picked_is_transformed() {
    let edits = r#", "pick": "$.data", "response": {"remove_fields": ["secret", "data"]}"#;
    let mut picked = run(&format!("[{}]", part("a", edits)));
    picked.ok(0, r#"{"data":{"secret":1,"name":"x"}}"#);
    assert_eq!(picked.body(), r#"{"a":{"name":"x"}}"#);
    let mut failed = run(&format!("[{}]", part("a", r#", "response": {"remove_fields": ["b"]}"#)));
    failed.ok(0, "[1]");
    assert_eq!(failed.refused().2, "not_transformed");
}

#[test]
fn parts_at_the_root_and_parts_of_one_name_come_together() {
    let parts = [
        part("list", r#", "concat": true"#),
        part("profile", r#", "into": "root", "required": false"#),
        part("list", r#", "concat": true, "fallback": [9]"#),
        part("orders.recent", ""),
        part("extra", r#", "into": "root", "fallback": {"extra": false}"#),
    ];
    let section = format!("[{}]", parts.join(","));
    let mut good = run(&section);
    good.ok(0, "[1]").ok(1, r#"{"id":7,"list":0}"#).ok(2, "[ 2 ]").ok(3, "[]").ok(4, r#"{"id":8,"x":1}"#);
    assert_eq!(good.body(), r#"{"list":[1,2],"id":7,"orders":{"recent":[]},"x":1}"#);
    assert_eq!(good.outcome().report.clashed().collect::<Vec<_>>(), ["profile", "extra"]);
    assert!(good.outcome().report.to_string().ends_with(";clashed=profile|extra"));
    let mut bad = run(&section);
    bad.reset(1).reset(2).reset(4).ok(0, "[1]").ok(3, "0");
    assert_eq!(bad.body(), r#"{"list":[1,9],"orders":{"recent":0},"extra":false}"#);
    assert_eq!(bad.reply_header("x-portcullis-partial"), Some("profile, list, extra"));
}

#[test]
fn unknown_answers_change_nothing() {
    let mut run = three();
    run.ok(99, "{}").ok(1, r#"{"items":1}"#).ok(1, r#"{"items":2}"#).reset(1).ok(2, "3");
    assert!(run.is_waiting());
    assert_eq!(run.ok(0, "0").body(), r#"{"user":0,"orders":1,"tips":3}"#);
}

#[test]
fn a_clock_that_steps_back_makes_no_answer_take_negative_time() {
    let mut run = three();
    run.ok(1, r#"{"items":1}"#).ok(2, "2");
    run.back(10).ok(0, "0");
    assert_eq!(run.reply_header("x-response-time"), Some("0ms"));
}
