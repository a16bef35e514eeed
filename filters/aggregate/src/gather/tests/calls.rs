//! What is in a call.

use std::time::Duration;

use super::{run, run_with};

#[test]
fn a_call_carries_what_identifies_the_request_and_what_the_document_names() {
    let client = [
        (":method", "GET"),
        (":path", "/x/7"),
        (":authority", "gateway.example"),
        ("x-user-id", "usr_1"),
        ("x-request-id", "r-1"),
        ("traceparent", "00-a-b-01"),
        ("tracestate", "k=v"),
        ("b3", "0"),
        ("x-b3-traceid", "t"),
        ("accept-language", "de"),
        ("x-tenant", "one"),
        ("x-tenant", "two"),
        ("cookie", "session=1"),
        ("authorization", "Bearer x"),
        ("accept", "text/html"),
        ("accept-encoding", "gzip"),
        ("connection", "close"),
        ("x-forwarded-for", "192.0.2.1"),
        ("x-user-role", "admin"),
        ("content-length", "5"),
    ];
    let aggregation = r#"{"path": "/x/{id}", "forward_headers": ["X-Tenant"], "parts": [
        {"name": "a", "upstream": "http://users:3001", "path": "/u/{id}", "headers": {"X-A": "v={id}", "Accept-Language": "en"}}]}"#;
    let run = run_with(aggregation, &client);
    let sent = &run.sent()[0];
    let headers: Vec<(&str, &str)> =
        sent.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!(sent.cluster, "users:3001");
    assert_eq!(
        headers,
        [
            (":method", "GET"),
            (":path", "/u/7"),
            (":authority", "users:3001"),
            ("accept-encoding", "identity"),
            ("accept", "application/json"),
            ("x-user-id", "usr_1"),
            ("x-request-id", "r-1"),
            ("traceparent", "00-a-b-01"),
            ("tracestate", "k=v"),
            ("b3", "0"),
            ("x-b3-traceid", "t"),
            ("x-tenant", "one"),
            ("x-tenant", "two"),
            ("x-a", "v=7"),
            ("accept-language", "en"),
        ]
    );
}

#[test]
fn cookie_authorization_accept_and_host_go_along_when_they_are_named() {
    let client = [(":path", "/x"), ("cookie", "a=1"), ("authorization", "Bearer x"), ("accept", "text/csv")];
    let aggregation = r#"{"path": "/x", "forward_headers": ["Cookie", "Authorization", "Accept"], "parts": [
        {"name": "a", "cluster": "outbound|80||a.svc", "path": "/", "headers": {"Host": "a.example:81", "Accept": "text/x"}},
        {"name": "b", "upstream": "http://b.example", "path": "/", "cluster": "other"}]}"#;
    let run = run_with(aggregation, &client);
    let [a, b] = run.sent() else { panic!("two calls") };
    assert_eq!(
        (a.cluster.as_str(), a.header(":authority"), a.header("host")),
        ("outbound|80||a.svc", Some("a.example:81"), None)
    );
    assert_eq!((b.cluster.as_str(), b.header(":authority")), ("other", Some("b.example")));
    assert_eq!((a.header("accept"), b.header("accept")), (Some("text/x"), Some("text/csv")));
    assert_eq!((b.header("cookie"), b.header("authorization")), (Some("a=1"), Some("Bearer x")));
}

#[test]
fn the_path_takes_captures_query_headers_and_claims() {
    let client = [(":path", "/x/a%2Fb/caf%C3%A9?q=1%262&q=3"), ("x-user-id", "u/1")];
    let aggregation = r#"{"path": "/x/*/{id}", "parts": [
        {"name": "a", "upstream": "http://a", "path": "/{id}/{header.X-User-Id}?q={query.q}&l={query.limit:-10}&s={claim.sub}"}]}"#;
    assert_eq!(run_with(aggregation, &client).paths(), ["/caf%C3%A9/u%2F1?q=1%262&l=10&s=usr_1"]);
    let captured =
        r#"{"path": "/x/{id}/*", "parts": [{"name": "a", "upstream": "http://a", "path": "/{id}"}]}"#;
    assert_eq!(run_with(captured, &client).paths(), ["/a%2Fb"]);
}

#[test]
fn a_value_that_is_missing_or_would_climb_fails_the_part() {
    let aggregation = r#"{"path": "/x/{id}", "parts": [{"name": "a", "upstream": "http://a", "path": "/u/{id}{query.q}"}]}"#;
    let table = [
        ("/x/7", "value_missing"),
        ("/x/7?q=", "value_missing"),
        ("/x/%2E?q=.", "value_refused"),
        ("/x/a?q=%2F..%2Fb", "value_refused"),
    ];
    for (path, reason) in table {
        let run = run_with(aggregation, &[(":path", path)]);
        assert_eq!(run.refused(), (502, "upstream_failed", reason.to_owned()), "{path}");
        assert!(run.sent().is_empty());
    }
}

#[test]
fn retries_are_asked_of_envoy() {
    let run = run(r#"[{"name": "a", "upstream": "http://a", "path": "/", "retries": 2},
                      {"name": "b", "upstream": "http://a", "path": "/"}]"#);
    let [retried, plain] = run.sent() else { panic!("two calls") };
    assert_eq!(
        retried.header("x-envoy-retry-on"),
        Some("connect-failure,refused-stream,reset,gateway-error")
    );
    assert_eq!(retried.header("x-envoy-max-retries"), Some("2"));
    assert_eq!((plain.header("x-envoy-retry-on"), plain.header("x-envoy-max-retries")), (None, None));
}

#[test]
fn no_call_outlasts_its_time_or_the_deadline() {
    let aggregation = r#"{"path": "/x", "timeout": "300ms", "parts": [
        {"name": "a", "upstream": "http://a", "path": "/a", "timeout": "50ms", "required": false},
        {"name": "b", "upstream": "http://a", "path": "/b"},
        {"name": "c", "upstream": "http://a", "path": "/c", "requires": ["b"], "timeout": "250ms"},
        {"name": "d", "upstream": "http://a", "path": "/d", "requires": ["c"]},
        {"name": "e", "upstream": "http://a", "path": "/e", "requires": ["d"], "required": false}]}"#;
    let mut run = run_with(aggregation, &[(":path", "/x")]);
    run.envoy(0, 504, "").after(100).ok(1, "1").after(10).ok(2, "2").after(190).ok(3, "3");
    let timeouts: Vec<Duration> = run.sent().iter().map(|sent| sent.timeout).collect();
    assert_eq!(timeouts, [50, 300, 200, 190].map(Duration::from_millis));
    assert_eq!(run.body(), r#"{"a":null,"b":1,"c":2,"d":3,"e":null}"#, "no time is left for the last");
}
