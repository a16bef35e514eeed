//! Sections that can be read and still make no sense.

use super::fixture::{SECRET, compile, jwks};

#[test]
fn rules_that_get_in_each_others_way_are_mistakes() {
    let twice = "defined twice, first as";
    let header = "tokens are read from this header, so it cannot carry an identity";
    let table = [
        (
            r#""exclude_paths":["/a/{x}"],"optional_paths":["/a/*"]"#,
            format!("optional_paths[0]: {twice} /a/{{x}}"),
        ),
        (
            r#""exclude_paths":[{"path":"/a","methods":["GET"]},{"path":"/a","methods":["PUT","GET"]}]"#,
            format!("exclude_paths[1]: {twice} /a"),
        ),
        (
            r#""require":[{"path":"/a","scopes":["x"]},{"path":"/a","scopes":["y"]}]"#,
            format!("require[1]: {twice} /a"),
        ),
        (r#""claims_to_headers":{"sub":"Authorization"}"#, format!("claims_to_headers.sub: {header}")),
        (
            r#""from":[{"header":"X_Token"}],"claims_to_headers":{"sub":"X-Token"}"#,
            format!("claims_to_headers.sub: {header}"),
        ),
        (
            r#""from":[{"cookie":"t"}],"forward_payload_header":"Cookie""#,
            format!("auth.forward_payload_header: {header}"),
        ),
        (
            r#""forward_payload_header":"X-User-Id""#,
            format!("auth.forward_payload_header: {twice} auth.claims_to_headers"),
        ),
    ];
    for (members, told) in table {
        let (_, _, mistakes) = compile(&format!(r#"{members},"jwks":{}"#, jwks("k", SECRET)));
        assert_eq!(mistakes.to_string(), told + "\n", "{members}");
    }
}

#[test]
fn rules_that_differ_in_method_or_in_kind_get_along() {
    let members = r#""exclude_paths":["/a/**",{"path":"/b","methods":["GET"]}],"optional_paths":["/a/b",{"path":"/b","methods":["PUT"]}]"#;
    let (_, _, mistakes) = compile(&format!(r#"{members},"jwks":{}"#, jwks("k", SECRET)));
    assert_eq!(mistakes.to_string(), "");
}
