//! The four single modules in one chain give what `gateway.wasm` gives.

use e2e_tests::{Answer, Gate, Request, Setup, Token, fresh_user, repository, sample_document};
use serde_json::Value;

/// What differs from one request to the next, whoever answers it.
const CHANGING: [&str; 8] = [
    "date",
    "x-request-id",
    "x-response-time",
    "x-envoy-upstream-service-time",
    "x-ratelimit-remaining",
    "x-ratelimit-reset",
    "retry-after",
    "content-length",
];

/// An answer without its request's own marks.
#[derive(PartialEq)]
struct Essence {
    status: u16,
    headers: Vec<(String, String)>,
    body: Value,
    complete: bool,
    forwarded: Vec<(String, Vec<(String, String)>)>,
}

fn essence(gate: &Gate, answer: &Answer) -> Essence {
    let own = |name: &str| {
        CHANGING.contains(&name) || name.starts_with("x-envoy") || name.starts_with("x-forwarded")
    };
    // What one module sends in an answer's place no other module sees: in a chain it does not tell the limit.
    let own = |name: &str| own(name) || (answer.status == 502 && name == "x-ratelimit-limit");
    let steady = |headers: &[(String, String)]| {
        let mut steady: Vec<_> = headers.iter().filter(|(name, _)| !own(name)).cloned().collect();
        steady.sort();
        steady
    };
    let mut body = serde_json::from_slice(&answer.body).unwrap_or(Value::String(answer.text()));
    if let Some(object) = body.as_object_mut() {
        object.remove("request_id");
    }
    let mut forwarded: Vec<_> =
        gate.reached(answer).iter().map(|seen| (seen.target.clone(), steady(&seen.headers))).collect();
    forwarded.sort();
    Essence {
        status: answer.status,
        headers: steady(&answer.headers),
        body,
        complete: answer.complete,
        forwarded,
    }
}

/// Requests of every story, once for each gate.
fn requests(gate: &Gate, user: &str) -> Vec<Request> {
    let token = Token::of(user).mint();
    vec![
        gate.get("/api/orders/ord_x7k9").token(&token),
        gate.get("/api/orders/ord_x7k9")
            .token(&token)
            .header("x-user-id", "usr_root")
            .header("x_user_role", "admin"),
        gate.get("/api/orders/ord_x7k9"),
        gate.get("/api/orders/ord_x7k9").token(Token::of(user).expired().mint()),
        gate.get("/api/orders/ord_x7k9").token(Token::of(user).forged().mint()),
        gate.get("/api/health").header("x-user-id", "usr_root"),
        gate.get("//api/health"),
        gate.get("/api/health/..%2fusers"),
        gate.get("/api/users/usr_1")
            .token(&token)
            .header("accept-encoding", "br, gzip")
            .header("range", "bytes=0-1"),
        gate.get("/api/users/usr_1?gzip=1&cut=70").token(&token),
        gate.get("/api/users/usr_1?trailers=1").token(&token).header("te", "trailers"),
        gate.get("/api/users/usr_1?encoding=br").token(&token),
        gate.get("/api/users/usr_1?fail=garbage").token(&token),
        gate.get("/api/users/nobody").token(&token),
        gate.get("/api/users/big?bytes=200000").token(&token),
        gate.request("HEAD", "/api/users/usr_1").token(&token),
        gate.request("DELETE", "/api/users/usr_1").token(&token),
        gate.get("/api/home").token(&token).header("cookie", "a=1"),
        gate.request("HEAD", "/api/home").token(&token),
        gate.get("/api/home"),
        gate.post("/api/orders").token(&token).body("{\"a\":1}"),
        gate.post("/api/orders").token(&token).chunked(&["{", "}"], "x-end: 1\r\n"),
    ]
}

#[test]
fn the_chain_of_single_modules_gives_what_the_gateway_gives() {
    let document = sample_document();
    let (whole, chain) = (Setup::gateway(document.clone()).start(), Setup::chain(&document).start());
    let user = fresh_user();
    for (one, other) in requests(&whole, &user).iter().zip(requests(&chain, &user)) {
        let expected = essence(&whole, &one.send());
        let found = essence(&chain, &other.send());
        assert_eq!(found.status, expected.status, "{one}");
        assert_eq!(found.headers, expected.headers, "{one}");
        assert_eq!(found.forwarded, expected.forwarded, "{one}");
        assert!(found == expected, "{one}: {:.1000}", found.body);
    }
    whole.has_not_trapped();
    chain.has_not_trapped();
}

#[test]
fn the_chain_limits_by_the_identity_that_the_token_proves() {
    let gate = Setup::chain(&sample_document()).start();
    let user = fresh_user();
    let request = gate.get("/api/search/x").token(Token::of(&user).mint());
    let answers = request.volley(100);
    let passed = answers.iter().filter(|answer| answer.status == 200).count();
    assert!((20..60).contains(&passed), "{passed}");
    answers.iter().find(|answer| answer.status != 200).unwrap().refused(429, "rate_limit_exceeded");
    gate.get("/api/search/x").token(Token::of(&fresh_user()).mint()).send().passed();
}

/// Without them nothing is wrong but the place of the code, and no other story would notice.
#[test]
fn every_module_tells_envoy_which_way_its_branches_go() {
    for module in ["gateway", "jwt_auth", "rate_limit", "aggregate", "transform"] {
        let wasm = std::fs::read(repository().join(format!("dist/{module}.wasm"))).unwrap();
        let section = b"metadata.code.branch_hint";
        assert!(wasm.windows(section.len()).any(|bytes| bytes == section), "{module}.wasm");
    }
}
