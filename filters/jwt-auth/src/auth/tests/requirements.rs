//! Item 9: what paths require.

use super::fixture::{Gate, token};
use crate::Reason;

#[test]
fn a_path_requires_claims_and_scopes() {
    let mut gate = Gate::with(
        r#","require":[{"path":"/admin/**","claims":{"role":"admin"},"scopes":["read","write"]},
        {"path":"/admin/open","claims":{"role":["admin","user"]}},{"path":"/admin/x","methods":["DELETE"],"scopes":["delete"]}]"#,
    );
    let lacking = |scope: Option<&str>| Some(Reason::Insufficient { scope: scope.map(Into::into) });
    let user = format!("Bearer {}", token(r#"{"role":"user"}"#));
    let admin = format!("Bearer {}", token(r#"{"role":"admin","scope":"write read"}"#));
    for (bearer, method, target, reason) in [
        (&user, "GET", "/admin/x", lacking(Some("read write"))),
        (&admin, "GET", "/admin/x", None),
        (&admin, "DELETE", "/admin/x", lacking(Some("delete"))),
        (&user, "GET", "/admin/open", None),
        (&user, "GET", "/other", None),
        (&user, "GET", "//admin/./x", lacking(Some("read write"))),
        (&user, "GET", "/admin/%6f%70en", None),
        (&user, "GET", "/admin/open/..", lacking(Some("read write"))),
    ] {
        for _ in 0..2 {
            let decided = gate.decide(method, target, &[("authorization", bearer)]);
            assert_eq!(decided.reason(), reason, "{method} {target}");
        }
    }
}

#[test]
fn a_remembered_token_answers_to_every_rule() {
    let mut gate = Gate::with(r#","require":[{"path":"/a","scopes":["a"]},{"path":"/b","scopes":["b"]}]"#);
    let bearer = format!("Bearer {}", token(r#"{"scope":"b"}"#));
    let mut granted = |path| gate.decide("GET", path, &[("authorization", &bearer)]).is_verified();
    assert_eq!([granted("/b"), granted("/a"), granted("/b"), granted("/c")], [true, false, true, true]);
}

#[test]
fn no_spelling_of_a_path_gets_around_what_it_requires() {
    let mut gate = Gate::with(r#","require":[{"path":"/adm/**","claims":{"role":"admin"}}]"#);
    let bearer = format!("Bearer {}", token(r#"{"role":"user"}"#));
    for path in ["/adm/x", "/adm;a/x", "/adm%2fx", "/adm%252fx", "/adm\\x", "//adm/x", "/other/..%2fadm/x"] {
        let decision = gate.decide("GET", path, &[("authorization", &bearer)]);
        assert!(!decision.is_verified(), "{path}");
    }
    assert!(gate.decide("GET", "/other;a", &[("authorization", &bearer)]).is_verified());
}
