//! Who are you: tokens become identity headers, and nothing that a client writes ever does.

use std::sync::LazyLock;

use e2e_tests::{Alg, Answer, Gate, Key, Setup, Token, sample_document};
use serde_json::{Value, json};

/// The sample document, as it stands in the repository.
static SAMPLE: LazyLock<Gate> = LazyLock::new(|| Setup::gateway(sample_document()).start());

fn auth(members: Value) -> Value {
    let mut document = json!({ "auth": {
        "type": "jwt",
        "jwks_uri": "https://auth.example.com/.well-known/jwks.json",
        "issuer": "https://auth.example.com",
        "audiences": ["api.example.com"],
    } });
    for (name, value) in members.as_object().into_iter().flatten() {
        document["auth"][name] = value.clone();
    }
    document
}

/// Refused with this status and code, with a challenge, and no service was asked.
#[track_caller]
fn refused(gate: &Gate, answer: &Answer, status: u16, error: &str) -> String {
    answer.refused(status, error);
    assert_eq!(gate.reached(answer).len(), 0, "a refused request reached a service");
    answer.header("www-authenticate").unwrap_or_default().to_owned()
}

#[test]
fn an_authenticated_request_arrives_with_its_identity_and_without_its_token() {
    let answer = SAMPLE.get("/api/orders/ord_x7k9").token(Token::default().mint()).send();
    answer.passed();
    let seen = SAMPLE.forwarded(&answer);
    assert_eq!((seen.service, seen.target.as_str()), ("orders", "/orders/ord_x7k9"));
    assert_eq!(seen.header("host"), Some("orders-service:3002"));
    assert_eq!(seen.headers_named("x-user-id"), ["usr_8a3f"]);
    assert_eq!(seen.headers_named("x-user-role"), ["customer"]);
    assert_eq!(seen.headers_named("x-request-id"), [answer.request_id()]);
    assert_eq!(seen.header("authorization"), None);
}

/// Every way to write a name that some service takes for `X-User-Id`.
const SPOOFS: [&str; 5] = ["X-User-Id", "x-user-id", "X-USER-ID", "x_user_id", "X-User_Id"];

#[test]
fn a_spoofed_identity_without_a_token_is_refused() {
    for name in SPOOFS {
        let answer = SAMPLE.get("/api/orders/7").header(name, "usr_root").send();
        refused(&SAMPLE, &answer, 401, "token_missing");
    }
}

#[test]
fn a_spoofed_identity_beside_a_token_is_replaced() {
    let user = e2e_tests::fresh_user();
    for name in SPOOFS {
        let request = SAMPLE.get("/api/orders/7").header(name, "usr_root").token(Token::of(&user).mint());
        let answer = request.header(name, "usr_root_2").send();
        answer.passed();
        let seen = SAMPLE.forwarded(&answer);
        let all: Vec<&str> = SPOOFS.iter().flat_map(|name| seen.headers_named(name)).collect();
        assert!(all.iter().all(|value| *value == user), "{name}: {all:?}");
        assert_eq!(seen.headers_named("x-user-id"), [user.as_str()], "{name}");
    }
}

#[test]
fn a_spoofed_identity_among_the_trailers_is_taken_off() {
    for path in ["/api/orders", "/api/auth/register"] {
        let lines: Vec<String> = SPOOFS.iter().map(|name| format!("{name}: usr_root\r\n")).collect();
        let trailers = format!("{}x-checksum: 1\r\n", lines.concat());
        let request = SAMPLE.post(path).token(Token::default().mint()).header("te", "trailers");
        let answer = request.chunked(&["{}"], &trailers).send();
        let seen = SAMPLE.forwarded(&answer);
        assert_eq!(seen.body, "{}", "{path}");
        assert_eq!(seen.trailers, [("x-checksum".to_owned(), "1".to_owned())], "{path}");
    }
}

#[test]
fn a_spoofed_identity_on_an_excluded_path_is_taken_off() {
    for name in SPOOFS.into_iter().chain(["X-User-Role", "x_user_role"]) {
        let answer = SAMPLE.get("/api/health").header(name, "usr_root").send();
        answer.passed();
        let seen = SAMPLE.forwarded(&answer);
        assert!(!seen.headers.iter().any(|(_, value)| value.contains("usr_root")), "{name}: {seen:#?}");
    }
}

#[test]
fn no_token_is_answered_with_a_challenge_that_blames_nobody() {
    let answer = SAMPLE.get("/api/orders/7").send();
    assert_eq!(refused(&SAMPLE, &answer, 401, "token_missing"), r#"Bearer realm="api""#);
    assert_eq!(SAMPLE.details(&answer), "portcullis.jwt.token_missing");
}

#[test]
fn a_bad_token_is_refused_with_the_kind_of_its_fault() {
    let hs = Key::of(Alg::Hs256).named("rs256");
    let table = [
        ("expired", Token::default().expired().mint(), "token_expired"),
        ("forged", Token::default().forged().mint(), "token_invalid"),
        ("for another audience", Token::default().for_another_audience().mint(), "token_invalid"),
        ("from another issuer", Token::default().from_another_issuer().mint(), "token_invalid"),
        ("without an audience", Token::default().without("aud").mint(), "token_invalid"),
        ("without an end", Token::default().without("exp").mint(), "token_invalid"),
        ("tampered", Token::default().tampered(), "token_invalid"),
        ("unsigned", Token::default().header("alg", "none").unsigned(), "token_invalid"),
        ("HMAC under the RSA key's name", Token::by(hs).mint(), "token_invalid"),
        ("of a key that nobody has", Token::by(Key::next()).mint(), "token_invalid"),
        ("not a token", "abc".to_owned(), "token_invalid"),
        ("three empty parts", "..".to_owned(), "token_invalid"),
        ("critical extension", Token::default().header("crit", json!(["exp"])).mint(), "token_invalid"),
    ];
    for (what, token, error) in table {
        let answer = SAMPLE.get("/api/orders/7").token(&token).send();
        assert_eq!(answer.status, 401, "{what}: {}", answer.text());
        let challenge = refused(&SAMPLE, &answer, 401, error);
        assert!(challenge.starts_with("Bearer "), "{what}: {challenge}");
        assert!(challenge.contains(r#"error="invalid_token""#), "{what}: {challenge}");
        assert!(challenge.contains("error_description="), "{what}: {challenge}");
        let details = SAMPLE.details(&answer);
        assert!(details.starts_with(&format!("portcullis.jwt.{error}")), "{what}: {details}");
    }
}

#[test]
fn two_tokens_are_not_a_choice() {
    let (one, two) = (Token::default().mint(), Token::of("usr_2").mint());
    let answer = SAMPLE.get("/api/orders/7").token(one).token(two).send();
    let challenge = refused(&SAMPLE, &answer, 400, "invalid_request");
    assert!(challenge.contains(r#"error="invalid_request""#), "{challenge}");
}

#[test]
fn the_scheme_is_bearer_in_any_case() {
    let token = Token::of(&e2e_tests::fresh_user()).mint();
    for scheme in ["Bearer", "bearer", "BEARER"] {
        SAMPLE.get("/api/orders/7").header("authorization", format!("{scheme} {token}")).send().passed();
    }
    let answer = SAMPLE.get("/api/orders/7").header("authorization", format!("Basic {token}")).send();
    assert_eq!(answer.status, 401);
}

#[test]
fn the_published_keys_verify_rs256_es256_and_eddsa() {
    for alg in [Alg::Rs256, Alg::Es256, Alg::EdDsa] {
        let token = Token::by(Key::of(alg)).claim("sub", e2e_tests::fresh_user());
        let answer = SAMPLE.get("/api/orders/7").token(token.mint()).send();
        assert_eq!(answer.status, 200, "{alg:?}: {}", answer.text());
    }
}

#[test]
fn every_algorithm_verifies_against_an_inline_set() {
    let keys = Alg::ALL.map(Key::of);
    let mut document = auth(json!({ "jwks": services::key_set(&keys) }));
    document["auth"].as_object_mut().unwrap().remove("jwks_uri");
    let gate = Setup::gateway(document).start();
    for key in keys {
        let alg = key.alg;
        let token = Token::by(key);
        let answer = gate.get("/api/orders/7").token(token.mint()).send();
        assert_eq!(answer.status, 200, "{alg:?}: {}", answer.text());
        let answer = gate.get("/api/orders/7").token(token.tampered()).send();
        assert_eq!(answer.status, 401, "{alg:?} tampered: {}", answer.text());
    }
    gate.has_not_trapped();
}

#[test]
fn excluded_paths_pass_without_a_token() {
    for (method, path) in
        [("GET", "/api/health"), ("GET", "/api/health?verbose=1"), ("POST", "/api/auth/register")]
    {
        let answer = SAMPLE.request(method, path).from([127, 0, 1, 1]).send();
        assert!(matches!(answer.status, 200 | 201), "{method} {path}: {} {}", answer.status, answer.text());
    }
}

#[test]
fn a_path_that_is_not_canonical_is_never_an_excluded_one() {
    let paths = [
        "//api/health",
        "/api//health",
        "/api/health/",
        "/api/health/..%2fusers",
        "/api/health/../users/7",
        "/api/./health",
        "/API/health",
        "/api/Health",
        "/api/%68ealth",
        "/api/health;v=1",
        "/api/health%2f",
        "/api%2fhealth",
        "/api/health%3f",
        "/api/health%",
        "/api/health%zz",
        "/api\\health",
        "/api/auth/login/../../users/7",
        "/api/auth/%6cogin",
        "/api/health%c3",
    ];
    for path in paths {
        let answer = SAMPLE.get(path).send();
        assert_eq!(answer.status, 401, "{path}: {}", answer.text());
        refused(&SAMPLE, &answer, 401, "token_missing");
    }
}

#[test]
fn a_preflight_passes_and_any_other_options_does_not() {
    let request = SAMPLE.request("OPTIONS", "/api/orders/7").header("origin", "https://app.example.com");
    let answer = request.clone().header("access-control-request-method", "GET").send();
    assert_eq!(SAMPLE.reached(&answer).len(), 1, "{}", answer.text());
    refused(&SAMPLE, &request.send(), 401, "token_missing");
}

#[test]
fn a_token_is_taken_from_the_places_that_the_document_lists_and_taken_off_there() {
    let from = json!([{ "cookie": "session" }, { "query": "access_token" }]);
    let gate = Setup::gateway(auth(json!({ "from": from }))).start();
    let token = Token::default().mint();

    let answer = gate.get("/api/orders/7").header("cookie", format!("a=1; session={token}; b=2")).send();
    answer.passed();
    let seen = gate.forwarded(&answer);
    assert_eq!(seen.headers_named("x-user-id"), ["usr_8a3f"]);
    let cookie = seen.header("cookie").unwrap_or_default();
    assert!(cookie.contains("a=1") && cookie.contains("b=2") && !cookie.contains("session"), "{cookie}");

    let answer = gate.get(format!("/api/orders/7?a=1&access_token={token}&b=2")).send();
    answer.passed();
    assert_eq!(gate.forwarded(&answer).target, "/orders/7?a=1&b=2");

    let answer = gate.get("/api/orders/7").token(&token).send();
    refused(&gate, &answer, 401, "token_missing");
}

#[test]
fn a_missing_scope_is_forbidden_not_unauthenticated() {
    let rules = json!([{ "path": "/api/orders/**", "methods": ["POST"], "scopes": ["orders:write"] }]);
    let gate = Setup::gateway(auth(json!({ "require": rules }))).start();
    let reader = Token::default().claim("scope", "orders:read").mint();
    let writer = Token::default().claim("scope", "orders:read orders:write").mint();
    gate.get("/api/orders/7").token(&reader).send().passed();
    gate.post("/api/orders").token(&writer).body("{}").send().passed();
    let answer = gate.post("/api/orders").token(&reader).body("{}").send();
    let challenge = refused(&gate, &answer, 403, "insufficient_scope");
    assert!(challenge.contains(r#"error="insufficient_scope""#), "{challenge}");
    assert!(challenge.contains(r#"scope="orders:write""#), "{challenge}");
}

#[test]
fn an_optional_path_takes_no_token_or_a_good_one() {
    let gate = Setup::gateway(auth(json!({ "optional_paths": ["/api/products/**"] }))).start();
    let answer = gate.get("/api/products/7").header("x-user-id", "usr_root").send();
    answer.passed();
    assert_eq!(gate.forwarded(&answer).header("x-user-id"), None);
    let answer = gate.get("/api/products/7").token(Token::default().mint()).send();
    assert_eq!(gate.forwarded(&answer).headers_named("x-user-id"), ["usr_8a3f"]);
    let answer = gate.get("/api/products/7").token(Token::default().expired().mint()).send();
    refused(&gate, &answer, 401, "token_expired");
    let answer = gate.get("/api//products/7").send();
    refused(&gate, &answer, 401, "token_missing");
}

#[test]
fn claims_become_headers_as_they_are_spelled() {
    let claims = json!([
        { "claim": "sub", "header": "X-User-Id" },
        { "claim": "realm.roles", "header": "X-Roles" },
        { "claim": "tenant", "header": "X-Tenant" },
        { "claim": ["https://example.com/roles", 0], "header": "X-First" },
        { "claim": "absent", "header": "X-Absent" },
        { "claim": "name", "header": "X-Name" },
    ]);
    let gate = Setup::gateway(auth(json!({ "claims_to_headers": claims }))).start();
    let token = Token::default()
        .claim("realm", json!({ "roles": ["reader", "writer"] }))
        .claim("tenant", 1_700_000_000_u64)
        .claim("https://example.com/roles", json!(["first", "second"]))
        .claim("name", "Jürgen 100%");
    let answer = gate.get("/api/orders/7").header("x-absent", "spoofed").token(token.mint()).send();
    answer.passed();
    let seen = gate.forwarded(&answer);
    assert_eq!(seen.headers_named("x-user-id"), ["usr_8a3f"]);
    assert_eq!(seen.headers_named("x-roles"), ["reader,writer"]);
    assert_eq!(seen.headers_named("x-tenant"), ["1700000000"]);
    assert_eq!(seen.headers_named("x-first"), ["first"]);
    assert_eq!(seen.header("x-absent"), None);
    assert_eq!(seen.headers_named("x-name"), ["J%C3%BCrgen 100%25"]);

    // Blanks at an end would be taken off on the way, and leave another user.
    let token = Token::default().claim("sub", "usr_root ");
    let answer = gate.get("/api/orders/7").token(token.mint()).send();
    assert_eq!(gate.forwarded(&answer).headers_named("x-user-id"), ["usr_root%20"]);

    let token = Token::default().claim("sub", "usr\r\nx-user-role: admin");
    let answer = gate.get("/api/orders/7").token(token.mint()).send();
    refused(&gate, &answer, 401, "token_invalid");
}
