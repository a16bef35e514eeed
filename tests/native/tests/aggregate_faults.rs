//! What services, Envoy and clients can do to an aggregation: always a defined answer, and nothing left behind.

#![expect(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;

use fake_envoy::{Call, Envoy, Outcome};
use native_tests::{metric, module};
use portcullis_host::module::Module;

/// `/x` asks one required part, `/y` an optional one, each of the cluster `a:80`.
const DOCUMENT: &str = r#"{"headers_wait": true, "aggregations": [
    {"path": "/x/{id}", "timeout": "500ms", "parts": [
        {"name": "a", "upstream": "http://a", "path": "/a/{id}?q={query.q:-0}", "headers": {"X-H": "{header.h:-0}"}, "max_bytes": "1KiB"}]},
    {"path": "/y", "parts": [
        {"name": "a", "upstream": "http://a", "path": "/a", "fallback": {"x": 1}},
        {"name": "b", "upstream": "http://b", "path": "/b"}]}]}"#;

fn start() -> Envoy {
    let gate = module(Module::AGGREGATE, DOCUMENT).with(|setup| setup.headers_wait(true));
    gate.cluster("a:80").cluster("b:80").start().unwrap()
}

fn only_call(envoy: &Envoy) -> Call {
    let calls = envoy.calls();
    assert_eq!(calls.len(), 1);
    calls[0].clone()
}

fn from_service(envoy: &Envoy, call: &Call, status: u16, body: impl AsRef<[u8]>) {
    envoy.answer(call, status, [("x-envoy-upstream-service-time", "1")], body);
}

#[test]
fn every_fault_of_a_required_part_has_its_answer() {
    type Fault = fn(&Envoy, &Call);
    let table: [(&str, u16, Fault); 10] = [
        ("timed_out", 504, |envoy, _| envoy.advance(Duration::from_millis(500))),
        ("timed_out", 504, |envoy, call| envoy.time_out(call)),
        ("connect_failed", 502, |envoy, call| envoy.connect_failure(call)),
        ("reset", 502, |envoy, call| envoy.fail(call)),
        ("status_not_accepted", 502, |envoy, call| from_service(envoy, call, 504, "{}")),
        ("not_json", 502, |envoy, call| from_service(envoy, call, 200, "<html></html>")),
        ("not_json", 502, |envoy, call| from_service(envoy, call, 200, [0xff, 0xfe, 0x00])),
        ("not_json", 502, |envoy, call| from_service(envoy, call, 200, "[".repeat(1000))),
        ("too_big", 502, |envoy, call| from_service(envoy, call, 200, "1".repeat(2000))),
        ("status_not_accepted", 502, |envoy, call| envoy.answer(call, 0, [("x", "y")], "")),
    ];
    for (reason, status, fault) in table {
        let envoy = start();
        let stream = envoy.get("/x/1").header("x-request-id", "r-1").end();
        fault(&envoy, &only_call(&envoy));
        let reply = stream.outcome().replied();
        assert_eq!((reply.status, reply.details), (status, format!("portcullis.aggregate.{reason}")));
        let body = String::from_utf8(reply.body).unwrap();
        assert!(
            body.contains(r#""part":"a""#) && body.contains(&format!(r#""reason":"{reason}""#)),
            "{body}"
        );
        assert!(body.contains(r#""request_id":"r-1""#));
        assert!(envoy.calls().is_empty());
        assert_eq!(metric(&envoy, &format!("portcullis.aggregate.part.a.failed.{reason}")), Some(1));
    }
}

#[test]
fn clusters_that_cannot_be_called_fail_their_parts_alone() {
    let envoy = start();
    envoy.lose_cluster("a:80");
    let optional = envoy.get("/y").end();
    from_service(&envoy, &only_call(&envoy), 200, "2");
    assert_eq!(optional.outcome().replied().text(), r#"{"a":{"x": 1},"b":2}"#);
    let required = envoy.get("/x/1").end();
    assert_eq!(required.outcome().replied().details, "portcullis.aggregate.no_healthy_host");
    let unknown = module(Module::AGGREGATE, DOCUMENT);
    drop(envoy);
    let envoy = unknown.start().unwrap();
    let stream = envoy.get("/x/1").end();
    assert_eq!(stream.outcome().replied().details, "portcullis.aggregate.no_cluster");
}

#[test]
fn a_late_answer_wakes_nobody() {
    let envoy = start();
    let stream = envoy.get("/y").end();
    let calls = envoy.calls();
    envoy.fail(&calls[1]);
    assert_eq!(stream.outcome().replied().status, 502);
    from_service(&envoy, &calls[0], 200, "1");
    assert_eq!(stream.outcome().replied().status, 502);
}

#[test]
fn clients_that_leave_leave_nothing_behind() {
    let envoy = start();
    for _ in 0..1000 {
        envoy.get("/y").end().client_leaves();
    }
    assert_eq!(envoy.calls().len(), 2000, "Envoy keeps the calls of clients that have left");
    let before = envoy.counts();
    envoy.advance(Duration::from_secs(1));
    assert!(envoy.calls().is_empty());
    let woken = envoy.counts().since(&before);
    for call in ["proxy_send_local_response", "proxy_http_call", "proxy_continue_stream"] {
        assert_eq!(woken.of(call), 0, "{call}");
    }
    let stream = envoy.get("/y").end();
    assert!(stream.outcome() == Outcome::Waiting);
}

#[test]
fn nothing_a_client_sends_shapes_a_call() {
    let long = "/".repeat(8192);
    let values = [
        "..",
        ".",
        "%2e%2e",
        "%2E%2E%2F",
        "../admin",
        "..%2fadmin",
        "a%2Fb",
        "%00",
        "%0d%0aX-Evil:%201",
        "a?b=c&d",
        "a#b",
        "@host",
        "//host",
        "%2F%2Fhost",
        "a;b",
        "a\\b",
        "%ff%fe",
        "\u{e9}",
        "%",
        "%zz",
        "{query.q}",
        " ",
        &long,
    ];
    for value in values {
        let envoy = start();
        let path = format!("/x/{value}?q={value}");
        let stream = envoy.get(&path).header("h", value).end();
        let Some(call) = envoy.calls().into_iter().next() else {
            // It was refused, or another path that is not aggregated.
            assert_ne!(stream.outcome(), Outcome::Waiting, "{value}");
            continue;
        };
        let target = call.headers.text(":path").unwrap();
        let (path, query) = target.split_once('?').unwrap();
        assert_eq!(path.split('/').count(), 3, "{value} made {target}");
        assert!(
            path.starts_with("/a/") && !matches!(path.strip_prefix("/a/"), Some("" | "." | "..")),
            "{value} made {target}"
        );
        assert!(query.starts_with("q=") && !query.contains(['&', '#', '?']), "{value} made {target}");
        assert!(target.bytes().all(|byte| byte.is_ascii_graphic()), "{value} made {target}");
        assert_eq!(call.headers.text(":authority").unwrap(), "a");
        assert_eq!(call.cluster, "a:80");
        assert_eq!(call.headers.all("x-h").count(), 1);
        assert!(call.headers.get("x-evil").is_none());
    }
}

#[test]
fn header_values_of_any_bytes_are_carried_as_text() {
    let envoy = start();
    let _ = envoy.get("/x/1").header("h", b"\xff\r\nX-Evil: 1\x00%").end();
    let call = only_call(&envoy);
    assert_eq!(call.headers.text("x-h").unwrap(), "%FF%0D%0AX-Evil: 1%00%25");
}

#[test]
fn a_request_without_pseudo_headers_is_no_trap() {
    let envoy = start();
    let stream = envoy.request([("x", "y")]).end();
    assert_ne!(stream.outcome(), Outcome::Waiting);
}
