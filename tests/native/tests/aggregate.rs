//! One request, many services: what a client and the services see of it.

#![expect(clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;

use fake_envoy::{Call, Envoy, Stream};
use native_tests::{metric, module};
use portcullis_host::module::Module;

const HOME: &str = r#"{"headers_wait": true, "debug": {"token": "let-me-see"}, "aggregations": [{"path": "/api/home", "parts": [
    {"name": "user", "upstream": "http://users:3001", "path": "/users/{header.X-User-Id}"},
    {"name": "recent_orders", "upstream": "http://orders:3002", "path": "/orders?user={header.X-User-Id}&limit=3",
     "pick": "$.items", "fallback": []},
    {"name": "recommendations", "upstream": "http://products:3003", "path": "/recommendations", "required": false}]}]}"#;

fn start(document: &str) -> Envoy {
    let gate = module(Module::AGGREGATE, document).with(|setup| setup.headers_wait(true));
    gate.cluster("users:3001").cluster("orders:3002").cluster("products:3003").start().unwrap()
}

fn home(envoy: &Envoy) -> Stream<'_> {
    envoy.get("/api/home").header("x-user-id", "usr_1").header("x-request-id", "r-1").end()
}

/// The call whose path begins like this.
fn call(envoy: &Envoy, path: &str) -> Call {
    let calls = envoy.calls();
    let found = calls.into_iter().find(|call| call.headers.text(":path").unwrap().starts_with(path));
    found.unwrap_or_else(|| panic!("no call of {path}"))
}

/// A service answers.
fn answer(envoy: &Envoy, path: &str, status: u16, body: &str) {
    envoy.answer(&call(envoy, path), status, [("x-envoy-upstream-service-time", "3")], body);
}

#[test]
fn three_parts_are_asked_at_once_and_stitched_when_the_last_has_come() {
    let envoy = start(HOME);
    let stream = home(&envoy);
    let clusters: Vec<String> = envoy.calls().into_iter().map(|call| call.cluster).collect();
    assert_eq!(clusters, ["users:3001", "orders:3002", "products:3003"]);
    envoy.advance(Duration::from_millis(10));
    answer(&envoy, "/recommendations", 200, "[1.0]");
    envoy.advance(Duration::from_millis(10));
    answer(&envoy, "/orders", 200, r#"{"items": [{"id": 12345678901234567890}]}"#);
    assert!(stream.outcome() == fake_envoy::Outcome::Waiting);
    envoy.advance(Duration::from_millis(30));
    answer(&envoy, "/users", 200, r#"{"name":"\u00c5sa"}"#);
    let reply = stream.outcome().replied();
    let body = r#"{"user":{"name":"\u00c5sa"},"recent_orders":[{"id": 12345678901234567890}],"recommendations":[1.0]}"#;
    assert_eq!((reply.status, reply.text().as_str()), (200, body));
    assert_eq!(reply.headers.text("content-type").unwrap(), "application/json");
    assert_eq!(reply.headers.text("x-request-id").unwrap(), "r-1");
    assert_eq!(reply.headers.text("x-response-time").unwrap(), "50ms");
    assert_eq!(reply.details, "portcullis.aggregate.answered");
    envoy.tick();
    assert_eq!(envoy.samples("portcullis.aggregate.part.user.ms"), [50]);
}

#[test]
fn how_long_parts_took_is_told_sixty_four_at_a_time_and_once_a_beat() {
    let envoy = start(HOME);
    for millis in (0..70).map(|number| number % 7) {
        let stream = home(&envoy);
        envoy.advance(Duration::from_millis(millis));
        for path in ["/users", "/orders", "/recommendations"] {
            answer(&envoy, path, 200, r#"{"items":[]}"#);
        }
        assert_eq!(stream.outcome().replied().status, 200);
    }
    let told = || envoy.samples("portcullis.aggregate.part.user.ms");
    assert!(told().len() >= 64, "a worker that is busy keeps no more than a few");
    envoy.tick();
    assert_eq!(told(), Vec::from_iter((0..70).map(|number| number % 7)));
}

#[test]
fn a_part_sees_its_own_host_and_what_identifies_the_request() {
    let envoy = start(HOME);
    let request = envoy.get("/api/home").header("x-user-id", "a/../b").header("cookie", "session=1");
    let request = request.header("traceparent", "00-1-2-01").header("x-request-id", "r-1");
    let stream = request.header("accept-encoding", "gzip").header("authorization", "Bearer x").end();
    assert_eq!(stream.outcome().replied().details, "portcullis.aggregate.value_refused");
    let _ = envoy.get("/api/home").header("x-user-id", "a/b?c").header("traceparent", "00-1-2-01").end();
    let user = call(&envoy, "/users");
    let lines: Vec<(&str, &[u8])> = user.headers.iter().collect();
    let expected: [(&str, &[u8]); 7] = [
        (":method", b"GET"),
        (":path", b"/users/a%2Fb%3Fc"),
        (":authority", b"users:3001"),
        ("accept-encoding", b"identity"),
        ("accept", b"application/json"),
        ("x-user-id", b"a/b?c"),
        ("traceparent", b"00-1-2-01"),
    ];
    assert_eq!(lines, expected);
    assert_eq!(user.timeout, Some(Duration::from_secs(1)));
    assert!(user.body.is_empty());
}

#[test]
fn other_methods_and_paths_go_on_to_the_route() {
    let envoy = start(HOME);
    let post = envoy.post("/api/home").body("{}");
    assert_eq!(post.outcome().forwarded().text(), "{}");
    let other = envoy.get("/api/home/").end();
    let _ = other.outcome().forwarded();
    assert!(envoy.calls().is_empty());
}

#[test]
fn a_body_and_trailers_wait_with_the_request() {
    let envoy = start(HOME);
    let stream = envoy.get("/api/home").header("x-user-id", "u").open().chunk("a").trailers([("t", "1")]);
    assert!(stream.outcome() == fake_envoy::Outcome::Waiting);
    for path in ["/users", "/orders", "/recommendations"] {
        answer(&envoy, path, 200, r#"{"items":0}"#);
    }
    assert_eq!(stream.outcome().replied().status, 200);
}

#[test]
fn a_head_request_is_answered_like_a_get() {
    let envoy = start(HOME);
    let head = [
        (":method", "HEAD"),
        (":path", "/api/home"),
        (":authority", "g"),
        (":scheme", "http"),
        ("x-user-id", "u"),
    ];
    let stream = envoy.request(head).end();
    assert_eq!(call(&envoy, "/users").headers.text(":method").unwrap(), "GET");
    for path in ["/users", "/orders", "/recommendations"] {
        answer(&envoy, path, 200, r#"{"items":0}"#);
    }
    assert_eq!(stream.outcome().replied().status, 200);
}

#[test]
fn the_trace_says_what_became_of_the_parts() {
    let envoy = start(HOME);
    let request = envoy.get("/api/home").header("x-user-id", "u").header("x-portcullis-debug", "let-me-see");
    let stream = request.end();
    answer(&envoy, "/users", 200, "1");
    answer(&envoy, "/orders", 500, "");
    envoy.advance(Duration::from_secs(1));
    let reply = stream.outcome().replied();
    assert_eq!(reply.text(), r#"{"user":1,"recent_orders":[],"recommendations":null}"#);
    assert_eq!(reply.headers.text("x-portcullis-partial").unwrap(), "recent_orders, recommendations");
    assert_eq!(reply.headers.text("cache-control").unwrap(), "no-store");
    let trace = reply.headers.text("portcullis-trace").unwrap();
    let failed = "failed=recent_orders:status_not_accepted|recommendations:timed_out";
    assert_eq!(
        trace,
        format!(r#"aggregate;rule="/api/home";parts=3;slowest=recommendations:1000ms;{failed}"#)
    );
    assert_eq!(metric(&envoy, "portcullis.aggregate.part.recommendations.failed.timed_out"), Some(1));
    assert_eq!(metric(&envoy, "portcullis.aggregate.part.recent_orders.failed.status_not_accepted"), Some(1));
}

#[test]
fn a_chain_runs_and_a_hedge_is_sent_by_the_beat() {
    let document = r#"{"aggregations": [{"path": "/x", "parts": [
        {"name": "user", "upstream": "http://users:3001", "path": "/user", "hedge": "50ms"},
        {"name": "orders", "upstream": "http://orders:3002", "path": "/o/{part.user.id}", "requires": ["user"]}]}]}"#;
    let envoy = start(document);
    let stream = envoy.get("/x").end();
    envoy.advance(Duration::from_millis(49));
    assert_eq!(envoy.calls().len(), 1);
    envoy.advance(Duration::from_millis(2));
    let copies = envoy.calls();
    assert_eq!(copies.len(), 2);
    envoy.answer(&copies[1], 200, [("x-envoy-upstream-service-time", "1")], r#"{"id":7}"#);
    answer(&envoy, "/o/7", 200, "[]");
    assert_eq!(stream.outcome().replied().text(), r#"{"user":{"id":7},"orders":[]}"#);
    envoy.answer(&copies[0], 200, [("x-envoy-upstream-service-time", "60")], "late");
    assert_eq!(envoy.tick_period(), Some(Duration::from_secs(1)), "nobody is left to wake");
}

#[test]
fn the_identity_and_the_transformation_of_a_part_are_gateways() {
    let document = r#"{"aggregations": [{"path": "/x", "forward_headers": ["X-Tenant"], "parts": [
        {"name": "user", "upstream": "http://users:3001", "path": "/user",
         "response": {"remove_fields": ["internal_id"], "rename_fields": {"email_address": "email"}}}]}]}"#;
    let envoy = start(document);
    let stream = envoy.get("/x").header("x-tenant", "a").header("x-tenant", "b").end();
    let tenants: Vec<Vec<u8>> = call(&envoy, "/user").headers.all("x-tenant").map(<[u8]>::to_vec).collect();
    assert_eq!(tenants, [b"a", b"b"]);
    answer(&envoy, "/user", 200, r#"{"internal_id":1,"email_address":"a@b","deep":[{"internal_id":2}]}"#);
    assert_eq!(stream.outcome().replied().text(), r#"{"user":{"email":"a@b","deep":[{}]}}"#);
}

#[test]
fn a_gateway_without_auth_hands_no_part_an_identity_that_the_client_wrote() {
    let gate = native_tests::gateway(HOME).with(|setup| setup.headers_wait(true));
    let clusters = ["users:3001", "orders:3002", "products:3003"];
    let envoy = clusters.iter().fold(gate, |gate, name| gate.cluster(name)).start().unwrap();
    let _ = envoy.get("/api/home").header("x-user-id", "usr_root").end();
    assert_eq!(call(&envoy, "/users").headers.text("x-user-id"), None);
}
