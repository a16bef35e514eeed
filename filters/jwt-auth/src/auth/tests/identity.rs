//! Items 1 and 10: identity headers come from tokens, and from nowhere else.

use super::fixture::{Gate, base64, token};
use crate::Reason;

const SPOOFED: [(&str, &str); 4] =
    [("X-User-Id", "root"), ("x_user_id", "root"), ("x-user_role", "admin"), ("x-jwt", "e30")];

#[test]
fn nothing_a_client_sends_becomes_an_identity() {
    let mut gate = Gate::with(
        r#","exclude_paths":["/open"],"optional_paths":["/maybe"],"forward_payload_header":"X-JWT""#,
    );
    let good = format!("Bearer {}", token(r#"{"sub":"u1"}"#));
    let requests =
        [("GET", "/open", None), ("GET", "/maybe", None), ("GET", "/", Some(&*good)), ("GET", "/", None)];
    for (method, path, authorization) in requests {
        let mut headers = SPOOFED.to_vec();
        headers.extend(authorization.map(|value| ("authorization", value)));
        let decided = gate.decide(method, path, &headers);
        let is_verified = decided.is_verified();
        assert_eq!(decided.header("x-user-id"), is_verified.then_some("u1"), "{path}");
        assert_eq!(decided.header("x-jwt").is_some(), is_verified, "{path}");
        assert_eq!((decided.header("x_user_id"), decided.header("x-user_role")), (None, None), "{path}");
    }
}

#[test]
fn a_preflight_carries_no_identity_either() {
    let mut gate = Gate::with("");
    let mut headers = SPOOFED.to_vec();
    headers.extend([("origin", "https://a"), ("access-control-request-method", "GET")]);
    let decided = gate.decide("OPTIONS", "/", &headers);
    assert!(decided.pass().is_some() && decided.header("x-user-id").is_none());
}

#[test]
fn claims_become_headers() {
    let mut gate = Gate::with(
        r#","claims_to_headers":[{"claim":"sub","header":"X-Id"},{"claim":"realm.roles","header":"X-Roles"},
        {"claim":["https://example.com/roles",1],"header":"X-Second"},{"claim":"n","header":"X-N"},{"claim":"none","header":"X-None"}]"#,
    );
    let claims = r#"{"sub":"J\u00fcrgen 100%","realm":{"roles":["a","b"]},"https://example.com/roles":[1,{"a": 2}],"n":1.50e3,"none":""}"#;
    let decided = gate.show(&token(claims));
    let headers = ["x-id", "x-roles", "x-second", "x-n", "x-none"].map(|name| decided.header(name));
    assert_eq!(headers, [Some("J%C3%BCrgen 100%25"), Some("a,b"), Some(r#"{"a":2}"#), Some("1.50e3"), None]);
}

#[test]
fn a_claim_that_could_end_a_header_refuses_the_request() {
    let mut gate = Gate::with("");
    for sub in [r"a\r\nx-admin: 1", r"a\n", r"\u0000", r"a\tb", r"\u007f", r"\ud800"] {
        let reason = gate.refuses(&format!(r#"{{"sub":"{sub}"}}"#));
        assert_eq!(reason, Some(Reason::UnprintableClaim), "{sub}");
    }
    assert_eq!(gate.refuses(r#"{"other":"a\nb"}"#), None, "it becomes no header");
}

#[test]
fn the_payload_goes_on_as_it_stands_in_the_token() {
    let mut gate = Gate::with(r#","forward_payload_header":"X-Payload""#);
    let decided = gate.show(&token(r#"{"sub":"u"}"#));
    assert_eq!(decided.header("x-payload"), Some(&*base64(r#"{"exp":1800000000,"sub":"u"}"#)));
}
