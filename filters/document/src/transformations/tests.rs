use super::{BodyEdits, Constant, Field, OnFailure, RenamedField, TransformationConfig};
use crate::{JsonPath, Mistakes, Node};

fn read(json: &str) -> (Vec<TransformationConfig>, String) {
    let mut mistakes = Mistakes::default();
    let root = Node::root(json, &mut mistakes).unwrap();
    let rules = TransformationConfig::read_list(&root, &mut mistakes);
    (rules, mistakes.to_string())
}

fn edits(response: &str) -> BodyEdits {
    let (rules, mistakes) = read(&format!(r#"[{{"path": "/a", "response": {response}}}]"#));
    assert_eq!(mistakes, "", "{response}");
    rules.into_iter().next().unwrap().response
}

fn anywhere(name: &str) -> Field {
    Field::Anywhere(name.to_owned())
}

fn at(path: &str) -> Field {
    Field::At(JsonPath::parse(path).unwrap())
}

#[test]
fn the_sample_reads_with_its_defaults() {
    let (rules, mistakes) = read(
        r#"[{"path": "/api/users/**", "response": {
            "remove_fields": ["internal_id", "db_shard", "feature_flags", "created_by_admin"],
            "rename_fields": {"email_address": "email"}}}]"#,
    );
    assert_eq!(mistakes, "");
    let rule = rules.first().unwrap();
    assert_eq!(rule.response.remove.len(), 4);
    assert_eq!(
        rule.response.rename,
        [RenamedField { field: anywhere("email_address"), to: "email".to_owned() }]
    );
    assert_eq!((rule.on_failure, rule.hold_bytes, rule.sse), (OnFailure::Reject, 65_536, false));
    assert!(rule.statuses.is_any() && rule.statuses.hold(404));
}

#[test]
fn names_and_paths_are_told_apart() {
    let edits = edits(
        r#"{"remove_fields": ["", "a.b", "$.a.b", "$..[*]"], "keep_fields": ["$.items[*].id"],
            "set_fields": {"served_by": "gate", "$.a['b']": 1.50, "$..kind": null}}"#,
    );
    assert_eq!(edits.remove, [anywhere(""), anywhere("a.b"), at("$.a.b"), at("$..[*]")]);
    assert_eq!(edits.keep, Some(vec![at("$.items[*].id")]));
    let constant = |object: &str, name: &str, value: &str| Constant {
        object: JsonPath::parse(object).unwrap(),
        and_below: false,
        name: name.to_owned(),
        value: value.to_owned(),
    };
    assert_eq!(edits.set[0], constant("$", "served_by", "\"gate\""));
    assert_eq!(edits.set[1], constant("$.a", "b", "1.50"));
    assert_eq!(edits.set[2], Constant { and_below: true, ..constant("$", "kind", "null") });
}

#[test]
fn statuses_are_numbers_and_classes() {
    let table = [
        ("200", vec![200], vec![201, 404]),
        ("[200, 404]", vec![200, 404], vec![201, 500]),
        (r#""2xx""#, vec![200, 299], vec![199, 300]),
        (r#"["2xx", 404]"#, vec![200, 404], vec![403, 500]),
    ];
    for (status, held, passed) in table {
        let (rules, mistakes) = read(&format!(r#"[{{"path": "/a", "response": {{}}, "status": {status}}}]"#));
        assert_eq!(mistakes, "");
        assert!(held.iter().all(|status| rules[0].statuses.hold(*status)), "{status}");
        assert!(!passed.iter().any(|status| rules[0].statuses.hold(*status)), "{status}");
    }
}

#[test]
fn every_mistake_is_told_with_its_place() {
    let table = [
        (r#"{"path": "/a"}"#, "[0].response: missing\n"),
        (r#"{"response": {}}"#, "[0].path: missing\n"),
        (
            r#"{"path": "/a", "response": {"remove_field": []}}"#,
            "[0].response.remove_field: unknown key, did you mean \"remove_fields\"?\n",
        ),
        (
            r#"{"path": "/a", "response": {"remove_fields": "a"}}"#,
            "[0].response.remove_fields: expected a list, got \"a\"\n",
        ),
        (
            r#"{"path": "/a", "response": {"remove_fields": ["a", 7, "b", "a"]}}"#,
            "[0].response.remove_fields[1]: expected text, got 7\n\
             [0].response.remove_fields[3]: defined twice, first as [0].response.remove_fields[0]\n",
        ),
        (
            r#"{"path": "/a", "response": {"remove_fields": ["$", "$.a[-1]", "$ref"]}}"#,
            "[0].response.remove_fields[0]: \"$\" is the whole body, not a field of it\n\
             [0].response.remove_fields[1]: \"$.a[-1]\" is no path: negative indexes are not supported at byte 4\n\
             [0].response.remove_fields[2]: \"$ref\" is no path: expected \".\", \"..\" or \"[\" at byte 1; \
             a member of that name is written $..['...']\n",
        ),
        (
            r#"{"path": "/a", "response": {"remove_fields": [" $.a", "\n$", " a", "a $.b"]}}"#,
            "[0].response.remove_fields[0]: \" $.a\" has blanks before a path: a path begins with its \"$\"; \
             a member of that name is written $..['...']\n\
             [0].response.remove_fields[1]: \"\\n$\" has blanks before a path: a path begins with its \"$\"; \
             a member of that name is written $..['...']\n",
        ),
        (
            r#"{"path": "/a", "response": {"rename_fields": {"$.a[0]": "b", "c": 7}}}"#,
            "[0].response.rename_fields[\"$.a[0]\"]: only a path that ends with a name can be renamed\n\
             [0].response.rename_fields.c: expected text, got 7\n",
        ),
        (
            r#"{"path": "/a", "response": {"rename_fields": {"a": "b", "a": "c"}}}"#,
            "[0].response.rename_fields.a: defined twice, first as [0].response.rename_fields.a\n",
        ),
        (
            r#"{"path": "/a", "response": {"rename_fields": {"a": "a", "$.b['c']": "c", "d": "a"}}}"#,
            "[0].response.rename_fields.a: \"a\" is its name already\n",
        ),
        (
            r#"{"path": "/a", "response": {"keep_fields": []}}"#,
            "[0].response.keep_fields: expected at least one field, got []\n",
        ),
        (
            r#"{"path": "/a", "response": {"set_fields": {"$.a[*]": 1}}}"#,
            "[0].response.set_fields[\"$.a[*]\"]: only a path that ends with a name can be set\n",
        ),
        (
            r#"{"path": "/a", "response": {}, "status": [99, "6xx", 1.0e2]}"#,
            "[0].status[0]: expected a status such as 200, or a class such as \"2xx\", got 99\n\
             [0].status[1]: expected a status such as 200, or a class such as \"2xx\", got \"6xx\"\n\
             [0].status[2]: expected a status such as 200, or a class such as \"2xx\", got 1.0e2\n",
        ),
        (
            r#"{"path": "/a", "response": {}, "on_failure": "ignore", "hold_bytes": "1GiB", "sse": 1}"#,
            "[0].on_failure: expected \"reject\" or \"pass\", got \"ignore\"\n\
             [0].hold_bytes: expected a size from 0 to 16777216 bytes, got \"1GiB\"\n\
             [0].sse: expected true or false, got 1\n",
        ),
    ];
    for (rule, message) in table {
        assert_eq!(read(&format!("[{rule}]")).1, message, "{rule}");
    }
}
