//! What is wrong with a section is told all at once, each mistake with its place.

use portcullis_document::{AggregationConfig, Mistakes, Node};

use crate::{Aggregations, Rewrite, Surroundings};

struct AsItIs;

impl Rewrite for AsItIs {
    fn rewrite(&self, json: &[u8]) -> Option<Vec<u8>> {
        Some(json.to_vec())
    }
}

fn compiled(section: &str, has_claims: bool) -> (Aggregations, Mistakes) {
    let mut mistakes = Mistakes::default();
    let node = Node::root(section, &mut mistakes).unwrap();
    let configs = AggregationConfig::read_all(&node, &mut mistakes);
    let surroundings = Surroundings { identity_headers: &[], has_claims, rewriter: &|_| Box::new(AsItIs) };
    let aggregations = Aggregations::compile(&configs, &surroundings, &mut mistakes);
    (aggregations, mistakes)
}

fn told(section: &str) -> Vec<String> {
    compiled(section, true).1.found().iter().map(ToString::to_string).collect()
}

/// A section of one path, whose parts have these members besides an upstream and a path.
fn parts(parts: &[&str]) -> String {
    let part = |members: &&str| format!(r#"{{"upstream": "http://a", "path": "/", {members}}}"#);
    let parts: Vec<String> = parts.iter().map(part).collect();
    format!(r#"[{{"path": "/x/{{id}}", "parts": [{}]}}]"#, parts.join(","))
}

#[test]
fn the_sample_of_the_contract_has_no_mistakes() {
    let section = r#"[{"path": "/api/home", "parts": [
        {"name": "user", "upstream": "http://users-service:3001", "path": "/users/{header.X-User-Id}"},
        {"name": "recent_orders", "upstream": "http://orders-service:3002",
         "path": "/orders?user={header.X-User-Id}&limit=3", "pick": "$.items", "fallback": []},
        {"name": "recommendations", "upstream": "http://products-service:3003", "path": "/recommendations", "required": false}]}]"#;
    let (aggregations, mistakes) = compiled(section, false);
    assert_eq!((mistakes.found(), mistakes.warnings()), (&[][..], &[][..]));
    assert!(aggregations.find(b"GET", "/api/home").is_some());
    assert!(aggregations.find(b"HEAD", "/api/home").is_some());
    for (method, path) in
        [(&b"POST"[..], "/api/home"), (b"OPTIONS", "/api/home"), (b"", "/api/home"), (b"GET", "/api/home/")]
    {
        assert!(aggregations.find(method, path).is_none());
    }
}

#[test]
fn what_parts_cannot_agree_on_is_told() {
    let table: [(&[&str], &[&str]); 19] = [
        (
            &[r#""name": "a""#, r#""name": "a""#],
            &["parts[1].name: defined twice, first as [0].parts[0].name"],
        ),
        (
            &[r#""name": "a", "concat": true"#, r#""name": "a""#],
            &["parts[1].name: defined twice, first as [0].parts[0].name"],
        ),
        (
            &[r#""name": "a", "into": "root""#, r#""name": "a""#],
            &["parts[1].name: defined twice, first as [0].parts[0].name"],
        ),
        (
            &[r#""name": "a""#, r#""name": "a", "into": "root""#],
            &["parts[1].name: defined twice, first as [0].parts[0].name"],
        ),
        (
            &[r#""name": "orders""#, r#""name": "orders.recent""#],
            &[r#"parts[1].name: "orders" and "orders.recent" cannot both stand in the answer"#],
        ),
        (&[r#""name": "a b""#], &["parts[0].name: a part's name is visible ASCII without , ; \" \\ { }"]),
        (&[r#""name": "a..b""#], &["parts[0].name: a part's name has no empty steps"]),
        (&[r#""name": """#], &["parts[0].name: a part's name has no empty steps"]),
        (&[r#""name": "a.b.c.d.e.f.g.h.i""#], &["parts[0].name: a part's name has at most 8 steps"]),
        (
            &[r#""name": "a", "requires": ["b"]"#],
            &[r#"parts[0].requires[0]: no part of this aggregation is called "b""#],
        ),
        (
            &[r#""name": "a", "requires": ["a"]"#],
            &["parts[0].requires: parts require one another in a circle: a -> a"],
        ),
        (
            &[
                r#""name": "d", "requires": ["a"]"#,
                r#""name": "a", "requires": ["b"]"#,
                r#""name": "b", "requires": ["c"]"#,
                r#""name": "c", "requires": ["a"]"#,
            ],
            &["parts[1].requires: parts require one another in a circle: a -> b -> c -> a"],
        ),
        (
            &[r#""name": "a", "into": "root", "fallback": []"#],
            &["parts[0].fallback: the fallback of a part at the root is an object"],
        ),
        (
            &[r#""name": "a", "concat": true, "fallback": {}"#],
            &["parts[0].fallback: the fallback of a part that is joined with others is a list"],
        ),
        (
            &[r#""name": "a", "into": "root", "concat": true"#],
            &["parts[0].concat: what goes to the root is not joined"],
        ),
        (
            &[r#""name": "a", "hedge": "5ms", "method": "POST""#],
            &["parts[0].hedge: only a GET is sent twice"],
        ),
        (
            &[r#""name": "a", "on_404": "pass", "required": false"#],
            &["parts[0].on_404: only a required part decides about the whole answer"],
        ),
        (&[r#""name": "a", "when": "id""#], &["parts[0].when: expected header.x, query.x or claim.x"]),
        (
            &[r#""name": "a", "headers": {"X-A": "{nobody}", "Host": "{id}"}"#],
            &[
                "parts[0].headers.Host: a host is a name or address, with a port or without, and no template",
                "parts[0].headers.X-A: the aggregation's path captures no {nobody}",
            ],
        ),
    ];
    for (members, mistakes) in table {
        let expected: Vec<String> = mistakes.iter().map(|mistake| format!("[0].{mistake}")).collect();
        assert_eq!(told(&parts(members)), expected, "{members:?}");
    }
}

#[test]
fn what_templates_cannot_refer_to_is_told_with_all_the_rest() {
    let section = r#"[
        {"path": "/x/{id}", "parts": [
            {"name": "a", "upstream": "http://a", "path": "users/{ID}?q={cookie.q}"},
            {"name": "b", "upstream": "http://a", "path": "/{part.a.id}", "when": "claim.", "retires": 1},
            {"name": "c", "upstream": "http://a", "path": "/{part.z.id}", "requires": ["a"]}]},
        {"path": "/x/*", "parts": [{"name": "a", "upstream": "http://a", "path": "/ "}]}]"#;
    assert_eq!(
        told(section),
        [
            "[0].parts[1].retires: unknown key, did you mean \"retries\"?",
            "[0].parts[0].path: a part's path begins with \"/\"",
            "[0].parts[0].path: the aggregation's path captures no {ID}",
            "[0].parts[0].path: {cookie.q} is no source; there are {a captured segment}, {query.x}, {header.x}, {claim.x} and {part.x}",
            "[0].parts[1].path: a part that takes a value of \"a\" lists it in \"requires\"",
            "[0].parts[1].when: {claim.} names nothing",
            "[0].parts[2].path: {part.z.id} names no part of this aggregation",
            "[1].parts[0].path: ' ' cannot stand here as it is; percent-encode it",
            "[1].path: holds the same requests as \"/x/{id}\"",
        ]
    );
}

#[test]
fn claims_need_authentication() {
    let section = parts(&[r#""name": "a", "headers": {"X-A": "{claim.tenant.id}"}, "when": "claim.beta""#]);
    let (aggregations, mistakes) = compiled(&section, true);
    assert!(mistakes.is_empty(), "{mistakes}");
    assert_eq!(aggregations.claims().collect::<Vec<_>>(), ["tenant.id", "beta"]);
    let (_, mistakes) = compiled(&section, false);
    let told: Vec<String> = mistakes.found().iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        [
            "[0].parts[0].headers.X-A: {claim.tenant.id} needs an \"auth\" section in the same document",
            "[0].parts[0].when: {claim.beta} needs an \"auth\" section in the same document",
        ]
    );
}

#[test]
fn what_works_but_surprises_is_a_warning() {
    let section = parts(&[r#""name": "a", "timeout": "2s", "hedge": "1s""#]);
    let (_, mistakes) = compiled(&section, false);
    assert!(mistakes.is_empty(), "{mistakes}");
    let warnings: Vec<String> = mistakes.warnings().iter().map(ToString::to_string).collect();
    assert_eq!(
        warnings,
        [
            "[0].parts[0].timeout: the deadline of the whole ends before",
            "[0].parts[0].hedge: the time is up before a second copy is sent",
        ]
    );
}
