//! Parts that take values of other parts.

use super::{Run, run};

fn chain(template: &str) -> Run {
    run(&format!(
        r#"[{{"name": "user.profile", "upstream": "http://a", "path": "/u", "pick": "$.data", "fallback": {{"id": 1}},
              "response": {{"remove_fields": ["secret"]}}}},
            {{"name": "orders", "upstream": "http://a", "path": "{template}", "requires": ["user.profile"]}},
            {{"name": "tips", "upstream": "http://a", "path": "/t"}}]"#
    ))
}

#[test]
fn a_part_is_asked_as_soon_as_what_it_requires_has_come() {
    let mut run = chain("/o/{part.user.profile.id}");
    assert_eq!(run.paths(), ["/u", "/t"]);
    run.ok(0, r#"{"data":{"id":"a/b","x":[]}}"#);
    assert_eq!(run.paths(), ["/u", "/t", "/o/a%2Fb"]);
    run.ok(1, "1").ok(2, "2");
    assert_eq!(run.body(), r#"{"user":{"profile":{"id":"a/b","x":[]}},"orders":2,"tips":1}"#);
}

#[test]
fn values_are_scalars_as_the_service_sent_them() {
    let table = [
        ("id", r#"{"id":12345678901234567890}"#, Some("/o/12345678901234567890")),
        ("id", r#"{"id":true}"#, Some("/o/true")),
        ("id", r#"{"id":"\u00e9"}"#, Some("/o/%C3%A9")),
        ("a.1.b", r#"{"a":[0,{"b":1.50}]}"#, Some("/o/1.50")),
        ("a.1", r#"{"a":{"1":2}}"#, Some("/o/2")),
        ("secret", r#"{"secret":"s"}"#, Some("/o/s")),
        ("id", r#"{"id":null}"#, None),
        ("id", r#"{"id":""}"#, None),
        ("id", r#"{"id":{}}"#, None),
        ("id", r#"{"id":[1]}"#, None),
        ("id", "{}", None),
        ("a.x", r#"{"a":[1]}"#, None),
    ];
    for (steps, data, path) in table {
        let mut run = chain(&format!("/o/{{part.user.profile.{steps}}}"));
        run.ok(0, &format!(r#"{{"data":{data}}}"#));
        assert_eq!(run.paths().get(2).copied(), path, "{data}");
        if path.is_none() {
            assert_eq!(run.refused().2, "value_missing");
        }
    }
}

#[test]
fn a_value_of_a_service_adds_no_segment_either() {
    for (id, reason) in [("../../admin", "value_refused"), ("..", "value_refused")] {
        let mut run = chain("/o/{part.user.profile.id}");
        run.ok(0, &format!(r#"{{"data":{{"id":"{id}"}}}}"#));
        assert_eq!(run.refused().2, reason, "{id}");
    }
}

#[test]
fn a_part_that_requires_a_failed_one_fails_whatever_stands_in_for_it() {
    let mut run = chain("/o/{part.user.profile.id:-0}");
    run.reset(0);
    assert_eq!(run.refused(), (502, "upstream_failed", "requirement_failed".to_owned()));
    assert_eq!(run.paths(), ["/u", "/t"]);
}

#[test]
fn chains_run_through_and_those_of_a_part_that_is_left_out_are_left_out() {
    let mut all = run(r#"[{"name": "c", "upstream": "http://a", "path": "/c/{part.b}", "requires": ["b"]},
            {"name": "b", "upstream": "http://a", "path": "/b/{part.a.0}", "requires": ["a"]},
            {"name": "a", "upstream": "http://a", "path": "/a"},
            {"name": "d", "upstream": "http://a", "path": "/d", "when": "header.x-absent"},
            {"name": "e", "upstream": "http://a", "path": "/e", "requires": ["a", "d"]}]"#);
    all.ok(0, "[1]").ok(1, "2").ok(2, "3");
    assert_eq!(all.paths(), ["/a", "/b/1", "/c/2"]);
    assert_eq!(all.body(), r#"{"c":3,"b":2,"a":[1]}"#);
}
