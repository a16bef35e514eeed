//! What a request may cost: crossings of the border between Envoy and the module, and allocations, exactly.
//!
//! Each crossing costs a request 0.2 to 1.4 us, whatever the module does in between (`scripts/bench anatomy`). A change that adds one fails here, and has to say why.

#![expect(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;

use fake_envoy::{Allocator, Envoy};
use portcullis_host::module::Module;
use serde_json::json;
use services::{Alg, Key, Token};

#[global_allocator]
static ALLOCATOR: Allocator = Allocator;

const NOW: u64 = 1_800_000_000;

/// Entries into the module, host calls, and allocations of one request.
type Cost = (u64, u64, u64);

const USERS: &str = "/api/users/7";

fn start(module: Module, names: &[&str]) -> Envoy {
    let key_set = services::key_set(&[Key::of(Alg::Es256)]);
    let limit = json!({ "requests_per_second": 1_000_000, "key": "header:x-user-id" });
    let all = json!({
        "auth": { "type": "jwt", "jwks": key_set, "issuer": "https://auth.example.com" },
        "rate_limiting": { "default": limit },
        "transformations": [{ "path": "/api/users/**", "response": { "remove_fields": ["internal_id"] } }],
    });
    let mut document = json!({ "headers_wait": true });
    for name in names {
        document[name] = all[name].clone();
    }
    let gate = native_tests::module(module, &document.to_string());
    gate.with(|setup| setup.clock(Duration::from_secs(NOW)).headers_wait(true)).start().unwrap()
}

/// One request with the headers that a client and Envoy put on it, its answer, and its end.
fn request(envoy: &Envoy, path: &str, token: &str) {
    let mut request = envoy.get(path).header("authorization", format!("Bearer {token}"));
    for (name, value) in [("user-agent", "curl/8.5"), ("accept", "*/*"), ("x-user-id", "usr_1")] {
        request = request.header(name, value);
    }
    let answer = [(":status", "200"), ("content-type", "application/json"), ("content-length", "26")];
    let stream = request.end().respond(answer).open().last_chunk(r#"{"internal_id":1,"id":"a"}"#);
    assert_eq!(stream.received().unwrap().status(), Some(200));
    stream.client_leaves();
}

fn cost(envoy: &Envoy, path: &str, token: &str) -> Cost {
    cost_of(envoy, &|envoy| request(envoy, path, token))
}

fn cost_of(envoy: &Envoy, exchange: &dyn Fn(&Envoy)) -> Cost {
    // The first ones define metrics, fill caches and take leases.
    (0..3).for_each(|_| exchange(envoy));
    let (before, allocations) = (envoy.counts(), envoy.allocations());
    exchange(envoy);
    let made = envoy.counts().since(&before);
    (made.entries(), made.host_calls(), envoy.allocations() - allocations)
}

/// Three parts of one page, asked and stitched.
fn page(envoy: &Envoy) {
    let request = envoy.get("/api/home").header("user-agent", "curl/8.5").header("x-request-id", "r-1");
    let stream = request.header("x-user-id", "usr_1").end();
    for call in envoy.calls() {
        envoy.answer(&call, 200, [("x-envoy-upstream-service-time", "3")], r#"{"id":1}"#);
    }
    assert_eq!(stream.outcome().replied().status, 200);
    stream.client_leaves();
}

#[test]
fn a_page_of_three_parts_costs_exactly_this() {
    let part =
        |name: &str| json!({ "name": name, "upstream": "http://service:1", "path": format!("/{name}") });
    let parts = ["user", "orders", "recommendations"].map(part);
    let document = json!({ "headers_wait": true, "aggregations": [{ "path": "/api/home", "parts": parts }] });
    let gate = native_tests::module(Module::AGGREGATE, &document.to_string());
    let envoy = gate.with(|setup| setup.headers_wait(true)).cluster("service:1").start().unwrap();
    assert_eq!(cost_of(&envoy, &page), (13, 18, 32));
}

#[test]
fn a_request_costs_exactly_this() {
    let token = Token::by(Key::of(Alg::Es256)).claim("iat", NOW - 10).claim("exp", NOW + 3600).mint();
    let all = ["auth", "rate_limiting", "transformations"];
    let rows: &[(&str, Module, &[&str], &str, Cost)] = &[
        ("nothing to do", Module::GATEWAY, &all[2..], "/", (6, 1, 2)),
        ("a token that is known", Module::JWT_AUTH, &all[..1], "/", (5, 5, 5)),
        ("a limit that is told", Module::RATE_LIMIT, &all[1..2], "/", (5, 5, 9)),
        ("both", Module::GATEWAY, &all[..2], "/", (6, 8, 12)),
        ("a short body", Module::TRANSFORM, &all[2..], USERS, (8, 5, 15)),
        ("all three", Module::GATEWAY, &all, USERS, (8, 12, 22)),
    ];
    let found =
        rows.iter().map(|(name, module, names, path, _)| (*name, cost(&start(*module, names), path, &token)));
    let expected = rows.iter().map(|(name, .., cost)| (*name, *cost));
    assert_eq!(found.collect::<Vec<_>>(), expected.collect::<Vec<_>>());
}
