//! Items 2 and 3: what passes without a token.

use super::fixture::{Gate, token};
use crate::{Pass, Reason};

#[test]
fn a_preflight_passes_unless_told_otherwise() {
    let preflight = [("origin", "https://a"), ("access-control-request-method", "PUT")];
    assert_eq!(Gate::with("").decide("OPTIONS", "/", &preflight).pass(), Some(&Pass::Preflight));
    let mut strict = Gate::with(r#","allow_preflight":false"#);
    assert_eq!(strict.decide("OPTIONS", "/", &preflight).reason(), Some(Reason::TokenMissing));
    for (method, headers) in [
        ("GET", &preflight[..]),
        ("OPTIONS", &preflight[..1]),
        ("OPTIONS", &preflight[1..]),
        ("options", &preflight[..]),
    ] {
        assert_eq!(
            Gate::with("").decide(method, "/", headers).reason(),
            Some(Reason::TokenMissing),
            "{method}"
        );
    }
}

#[test]
fn only_a_canonical_path_is_excluded() {
    let mut gate =
        Gate::with(r#","exclude_paths":["/api/health","/public/**",{"path":"/login","methods":["POST"]}]"#);
    for (method, target, passes) in [
        ("GET", "/api/health", true),
        ("GET", "/api/health?x=1", true),
        ("GET", "/public/a/b", true),
        ("GET", "/public/%20", true),
        ("POST", "/login", true),
        ("GET", "/login", false),
        ("GET", "/api/health/", false),
        ("GET", "/API/health", false),
        ("GET", "//api/health", false),
        ("GET", "/api/./health", false),
        ("GET", "/api/x/../health", false),
        ("GET", "/api/healt%68", false),
        ("GET", "/public/..%2fadmin", false),
        ("GET", "/public/%2e%2e/admin", false),
        ("GET", "/public/a;b", false),
        ("GET", "/public/a\\b", false),
        ("GET", "/public//a", false),
        ("GET", "/public/%", false),
        ("GET", "", false),
    ] {
        let decided = gate.decide(method, target, &[("authorization", "Bearer rubbish")]);
        assert_eq!(decided.pass() == Some(&Pass::Excluded), passes, "{method} {target}");
        if passes {
            assert_eq!(decided.header("authorization"), Some("Bearer rubbish"), "not looked at");
        }
    }
}

#[test]
fn an_optional_path_passes_without_a_token_but_not_with_a_bad_one() {
    let mut gate = Gate::with(r#","exclude_paths":["/a/**"],"optional_paths":["/a/b"]"#);
    assert_eq!(gate.decide("GET", "/a/b", &[]).pass(), Some(&Pass::Anonymous));
    assert_eq!(gate.decide("GET", "/a/./b", &[]).reason(), Some(Reason::TokenMissing));
    let bad = gate.decide("GET", "/a/b", &[("authorization", "Bearer rubbish")]);
    assert!(bad.reason().is_some(), "the more specific pattern wins");
    let good = format!("Bearer {}", token(r#"{"sub":"u"}"#));
    let decided = gate.decide("GET", "/a/b", &[("authorization", &good)]);
    assert_eq!((decided.is_verified(), decided.header("x-user-id")), (true, Some("u")));
}
