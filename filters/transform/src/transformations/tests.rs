use super::Transformations;
use portcullis_document::{CanonicalPath, Mistakes, Node, TransformationConfig};

fn compile(rules: &[&str]) -> (Transformations, String) {
    let rules: Vec<String> =
        rules.iter().map(|rule| format!(r#"{{{rule}, "response": {{"remove_fields": ["x"]}}}}"#)).collect();
    let json = format!("[{}]", rules.join(","));
    let mut mistakes = Mistakes::default();
    let node = Node::root(&json, &mut mistakes).unwrap();
    let configs = TransformationConfig::read_list(&node, &mut mistakes);
    let compiled = Transformations::compile(&configs, &mut mistakes);
    (compiled, mistakes.to_string())
}

#[test]
fn the_most_specific_rule_that_holds_the_answer_wins() {
    let (rules, mistakes) = compile(&[
        r#""path": "/a/**""#,
        r#""path": "/a/*", "status": 200, "methods": ["GET"]"#,
        r#""path": "/a/b", "status": ["2xx", 404]"#,
        r#""path": "/a/b", "status": "5xx", "hold_bytes": 5"#,
        r#""path": "/c", "status": 404"#,
    ]);
    assert_eq!(mistakes, "");
    let found = |path: &str, method: &[u8], status| {
        let rule = rules.choose(&CanonicalPath::of(path.as_bytes()), method)?.for_status(status)?;
        Some((rule.path.clone(), rule.hold_bytes))
    };
    let rule = |path: &str| Some((path.to_owned(), 65_536));
    let table: [(&str, &[u8], _, _); 11] = [
        ("/a/b", b"GET", Some(200), rule("/a/b")),
        ("/a/b", b"GET", Some(404), rule("/a/b")),
        ("/a/b", b"GET", Some(503), Some(("/a/b".to_owned(), 5))),
        ("/a/b", b"GET", Some(302), rule("/a/**")),
        ("/a/x", b"GET", Some(200), rule("/a/*")),
        ("/a/x", b"POST", Some(200), rule("/a/**")),
        ("/a/x", b"GET", None, rule("/a/**")),
        ("/a/x", b"GET", Some(999), rule("/a/**")),
        ("/c", b"GET", Some(404), rule("/c")),
        ("/c", b"GET", Some(200), None),
        ("/d", b"GET", Some(200), None),
    ];
    for (path, method, status, wanted) in table {
        assert_eq!(found(path, method, status), wanted, "{path} {status:?}");
    }
}

#[test]
fn a_rule_that_names_a_status_wins_over_one_for_any() {
    for flip in [false, true] {
        let mut rules = [r#""path": "/a""#, r#""path": "/a", "status": 404, "hold_bytes": 1"#];
        if flip {
            rules.reverse();
        }
        let (rules, mistakes) = compile(&rules);
        assert_eq!(mistakes, "");
        let hold = |status| {
            rules
                .choose(&CanonicalPath::of(b"/a"), b"GET")
                .unwrap()
                .for_status(Some(status))
                .unwrap()
                .hold_bytes
        };
        assert_eq!((hold(404), hold(200)), (1, 65_536));
    }
}

#[test]
fn rules_that_hold_the_same_answers_clash() {
    let table = [
        ([r#""path": "/a/{x}""#, r#""path": "/a/*""#], "[1].path: holds the same answers as \"/a/{x}\"\n"),
        (
            [r#""path": "/a", "status": [200, 404]"#, r#""path": "/a", "status": "4xx""#],
            "[1].path: holds the same answers as \"/a\"\n",
        ),
        ([r#""path": "/a", "status": 200"#, r#""path": "/a", "status": "4xx""#], ""),
        ([r#""path": "/a", "methods": ["GET"]"#, r#""path": "/a", "methods": ["PUT"]"#], ""),
    ];
    for (rules, message) in table {
        assert_eq!(compile(&rules).1, message, "{rules:?}");
    }
}

#[test]
fn no_spelling_of_a_path_gets_around_a_rule() {
    let (rules, _) = compile(&[r#""path": "/users/**""#]);
    for path in ["/users/7", "/users;a/7", "/users%2f7", "/users\\7", "//users/7", "/x/..%2fusers/7"] {
        assert!(rules.choose(&CanonicalPath::of(path.as_bytes()), b"GET").is_some(), "{path}");
    }
    assert!(rules.choose(&CanonicalPath::of(b"/other"), b"GET").is_none());
}

#[test]
fn thousands_of_rules_are_compiled_while_envoy_waits() {
    // Compared each with each, and that for each, these would take hours.
    let rules: Vec<String> = (0..5_000).map(|number| format!(r#""path": "/a/{number}/**""#)).collect();
    let (rules, mistakes) = compile(&rules.iter().map(String::as_str).collect::<Vec<_>>());
    assert_eq!(mistakes, "");
    assert!(rules.choose(&CanonicalPath::of(b"/a/4999/x"), b"GET").is_some());
}

#[test]
fn a_rule_that_changes_nothing_takes_its_answers_out_of_a_wider_one() {
    let json = r#"[{"path": "/a/**", "response": {"remove_fields": ["x"]}},
        {"path": "/a/open", "methods": ["GET"], "response": {}},
        {"path": "/a/found", "status": 404, "response": {}}]"#;
    let mut mistakes = Mistakes::default();
    let node = Node::root(json, &mut mistakes).unwrap();
    let configs = TransformationConfig::read_list(&node, &mut mistakes);
    let rules = Transformations::compile(&configs, &mut mistakes);
    assert!(mistakes.is_empty(), "{mistakes}");
    let table: [(&str, &[u8], u16, bool); 5] = [
        ("/a/x", b"GET", 200, true),
        ("/a/open", b"GET", 200, false),
        ("/a/open", b"POST", 200, true),
        ("/a/found", b"GET", 200, true),
        ("/a/found", b"GET", 404, false),
    ];
    for (path, method, status, is_changed) in table {
        let chosen = rules.choose(&CanonicalPath::of(path.as_bytes()), method);
        let rule = chosen.and_then(|chosen| chosen.for_status(Some(status)));
        assert_eq!(rule.is_some(), is_changed, "{path} {status}");
    }
}
