//! Ways around a rule, as lists of attacks collect them.

use e2e_tests::{Setup, Token, fresh_user, sample_document};
use serde_json::json;

/// Spellings of `/api/orders/7` to one server or another.
const SPELLINGS: [&str; 24] = [
    "//api/orders/7",
    "/api//orders/7",
    "/api/./orders/7",
    "/api/x/../orders/7",
    "/api/x/%2e%2e/orders/7",
    "/api/x/..%2forders/7",
    "/api/x/..;/orders/7",
    "/api/x/%252e%252e/orders/7",
    "/api/x/%c0%ae%c0%ae/orders/7",
    "/api/%6frders/7",
    "/api/%256frders/7",
    "/api%2forders/7",
    "/api%252forders/7",
    "/api%c0%aforders/7",
    "/api\\orders/7",
    "/api%5corders/7",
    "/api;v=1/orders/7",
    "/api/orders;v=1/7",
    "/api/orders%3bv=1/7",
    "/api/orders%3f/7",
    "/api/orders%23/7",
    "/api/orders%0a/7",
    "/api/ord%09ers/7",
    "http://other.example.com/api/orders/7",
];

#[test]
fn no_spelling_of_a_path_gets_around_what_it_requires() {
    let mut document = sample_document();
    document["auth"]["require"] = json!([{ "path": "/api/orders/**", "claims": { "role": "admin" } }]);
    let gate = Setup::gateway(document).start();
    let token = Token::of(&fresh_user()).mint();
    gate.get("/api/users/7").token(&token).send().passed();
    for path in SPELLINGS {
        let answer = gate.get(path).token(&token).send();
        answer.refused(403, "insufficient_scope");
        assert_eq!(gate.reached(&answer).len(), 0, "{path}");
    }
}

/// `Connection` names headers of one hop (RFC 9110, section 7.6.1): Envoy drops these before any filter adds its own.
#[test]
fn no_client_can_have_its_identity_dropped_on_the_way() {
    let gate = Setup::gateway(sample_document()).start();
    let user = fresh_user();
    for listed in ["x-user-id", "X-User-Id, x-user-role", "keep-alive, x-user-id, te"] {
        let request = gate.get("/api/orders/7").header("connection", listed).header("x-user-id", "usr_root");
        let answer = request.token(Token::of(&user).mint()).send();
        answer.passed();
        let seen = gate.forwarded(&answer);
        assert_eq!(seen.headers_named("x-user-id"), [user.as_str()], "{listed}");
        assert_eq!(seen.headers_named("x-user-role"), ["customer"], "{listed}");
    }
}
