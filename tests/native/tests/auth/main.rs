//! Authentication as a client and an operator see it, over the fake Envoy.

#![expect(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test fails by panicking")]

mod host_verifier;

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use fake_envoy::{Envoy, Outcome, Setup, Stream};
use native_tests::{metric, module};
use portcullis_host::module::Module;
use serde_json::{Value, json};
use services::{Alg, Key, Token};

const NOW: u64 = 1_800_000_000;

fn document(members: &Value) -> String {
    let mut auth = json!({ "jwks": services::key_set(&Alg::ALL.map(Key::of)) });
    for (name, value) in members.as_object().into_iter().flatten() {
        auth[name] = value.clone();
    }
    json!({ "auth": auth, "debug": { "token": "let-me-see" } }).to_string()
}

fn start_with(members: &Value, change: impl FnOnce(Setup) -> Setup) -> Envoy {
    let gate = module(Module::JWT_AUTH, &document(members));
    gate.with(|setup| change(setup.clock(Duration::from_secs(NOW)))).start().unwrap()
}

fn start(members: &Value) -> Envoy {
    start_with(members, |setup| setup)
}

fn token(alg: Alg) -> Token {
    Token::by(Key::of(alg)).claim("iat", NOW - 10).claim("exp", NOW + 3600)
}

fn get<'a>(envoy: &'a Envoy, token: &str) -> Stream<'a> {
    envoy.get("/").header("authorization", format!("Bearer {token}")).end()
}

fn passes(envoy: &Envoy, token: &str) -> bool {
    matches!(get(envoy, token).outcome(), Outcome::Forwarded(_))
}

#[test]
fn an_identity_goes_on_and_its_token_does_not() {
    let envoy = start(&json!({}));
    for _ in 0..2 {
        let request = envoy.get("/").header("x_user_id", "root").header("x-user-role", "admin");
        let forwarded = request.header("authorization", format!("Bearer {}", token(Alg::EdDsa).mint())).end();
        let headers = forwarded.outcome().forwarded().headers;
        assert_eq!(headers.text("x-user-id").as_deref(), Some("usr_8a3f"));
        assert_eq!(headers.text("x-user-role").as_deref(), Some("customer"));
        assert_eq!((headers.get("x_user_id"), headers.get("authorization")), (None, None));
    }
}

/// What a client may put behind a body: names that are taken off there as they are among the headers, and one that is not.
const TRAILERS: [(&str, &str); 5] = [
    ("x-user-id", "root"),
    ("x_user_id", "root"),
    ("x-user-role", "admin"),
    ("x-user-id", "twice"),
    ("x-checksum", "1"),
];

#[test]
fn an_identity_does_not_hide_in_trailers() {
    let envoy = start(&json!({ "exclude_paths": ["/open"] }));
    for path in ["/", "/open"] {
        let request =
            envoy.post(path).header("authorization", format!("Bearer {}", token(Alg::EdDsa).mint()));
        let forwarded = request.open().chunk("a").trailers(TRAILERS).outcome().forwarded();
        let trailers = forwarded.trailers.unwrap();
        assert_eq!(trailers.iter().collect::<Vec<_>>(), [("x-checksum", &b"1"[..])], "{path}");
        assert_eq!((forwarded.chunks, forwarded.ended), (vec![b"a".to_vec()], true));
    }
}

#[test]
fn a_refusal_has_its_status_body_challenge_and_detail() {
    let envoy = start(&json!({ "realm": "shop", "require": [{ "path": "/", "scopes": ["buy", "pay"] }] }));
    let expired = token(Alg::Es256).claim("exp", NOW - 61).mint();
    let table = [
        (None, 401, "token_missing", r#"Bearer realm="shop""#),
        (
            Some(expired),
            401,
            "token_expired",
            r#"Bearer realm="shop", error="invalid_token", error_description="The token has expired.""#,
        ),
        (
            Some(token(Alg::Es256).mint()),
            403,
            "insufficient_scope",
            r#"Bearer realm="shop", error="insufficient_scope", error_description="The token does not grant this request.", scope="buy pay""#,
        ),
    ];
    for (token, status, error, challenge) in table {
        let request = envoy.get("/").header("x-request-id", "r-1");
        let request = match token {
            Some(token) => request.header("authorization", format!("Bearer {token}")),
            None => request,
        };
        let reply = request.end().outcome().replied();
        assert_eq!((reply.status, reply.details.as_str()), (status, &*format!("portcullis.jwt.{error}")));
        assert_eq!(reply.headers.text("www-authenticate").as_deref(), Some(challenge));
        assert_eq!(reply.headers.text("cache-control").as_deref(), Some("no-store"));
        let body: Value = serde_json::from_str(&reply.text()).unwrap();
        assert_eq!((&body["error"], &body["request_id"]), (&json!(error), &json!("r-1")));
    }
}

#[test]
fn operators_see_counts_and_who_asks_sees_what_was_done() {
    let envoy = start(&json!({ "exclude_paths": ["/open"] }));
    let good = token(Alg::Hs256).mint();
    assert!(passes(&envoy, &good) && passes(&envoy, &good) && !passes(&envoy, "rubbish"));
    envoy.get("/open").end().outcome().forwarded();
    envoy.advance(Duration::from_secs(1));
    for (name, count) in [
        ("allowed", 3),
        ("cache_hit", 1),
        ("cache_miss", 1),
        ("exempt", 1),
        ("refused.malformed", 1),
        ("token_invalid", 1),
    ] {
        assert_eq!(metric(&envoy, &format!("portcullis.jwt.{name}")), Some(count), "{name}");
    }
    let request = envoy.get("/").header("x-portcullis-debug", "let-me-see");
    let stream =
        request.header("authorization", format!("Bearer {good}")).end().respond([(":status", "200")]);
    let answer = stream.end().received().unwrap();
    assert_eq!(answer.headers.text("portcullis-trace").as_deref(), Some("jwt;sub=usr_8a3f;cache=hit"));
}

#[test]
fn a_remembered_token_costs_no_signature_and_ends_in_time() {
    let (yes, asked) = (b"\x08\x01".to_vec(), Rc::new(Cell::new(0)));
    let count = Rc::clone(&asked);
    let verify = move |_: &[u8]| {
        count.set(count.get() + 1);
        Ok(yes.clone())
    };
    let envoy =
        start_with(&json!({ "leeway": "0s" }), |setup| setup.foreign_function("verify_signature", verify));
    let token = token(Alg::Rs256).mint();
    for _ in 0..5 {
        assert!(passes(&envoy, &token));
    }
    assert_eq!(asked.get(), 2, "once about this token, and once about how the host says no");
    envoy.set_clock(Duration::from_secs(NOW + 3600));
    let reply = get(&envoy, &token).outcome().replied();
    assert_eq!(reply.details, "portcullis.jwt.token_expired");
}

#[test]
fn whatever_comes_as_a_token_gets_an_answer() {
    let envoy =
        start(&json!({ "from": [{ "header": "authorization" }, { "cookie": "t" }, { "query": "t" }] }));
    let odd: [&[u8]; 8] =
        [b"\xff\xfe", b"Bearer \xff", b"Bearer ..", b"Bearer", b"t=\xff", b"\0", b"Bearer \0.\0.\0", b""];
    for value in odd {
        for header in ["authorization", "cookie"] {
            let reply = envoy.get("/?t=%ff%00&%=&t").header(header, value).end().outcome().replied();
            assert!(matches!(reply.status, 400 | 401), "{header} {value:?}: {}", reply.status);
        }
    }
    let no_path = envoy.request([("authorization", "Bearer x")]).end().outcome().replied();
    assert_eq!(no_path.status, 401);
    let many = (0..1000).map(|number| (format!("x-{number}"), "v"));
    let reply = envoy.request(many.chain([(":path".to_owned(), "/")])).end().outcome().replied();
    assert_eq!(reply.status, 401);
}
