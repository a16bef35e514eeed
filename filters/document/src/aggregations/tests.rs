//! Every key of the section, and what is said about those that are wrong.

use std::time::Duration;

use super::{AggregationConfig, OnNotFound};
use crate::{Mistakes, Node, Step};

fn read(json: &str) -> (Vec<AggregationConfig>, Vec<String>) {
    let mut mistakes = Mistakes::default();
    let node = Node::root(json, &mut mistakes).unwrap();
    let read = AggregationConfig::read_all(&node, &mut mistakes);
    (read, mistakes.found().iter().map(ToString::to_string).collect())
}

/// The mistakes of one part with these members besides a name, an upstream and a path.
fn mistakes_of(members: &str) -> Vec<String> {
    let part = format!(r#"{{"name": "a", "upstream": "http://a", "path": "/", {members}}}"#);
    read(&format!(r#"[{{"path": "/x", "parts": [{part}]}}]"#)).1
}

#[test]
fn a_part_that_says_little_has_the_defaults() {
    let (read, mistakes) =
        read(r#"[{"path": "/x", "parts": [{"name": "a", "upstream": "http://users:3001", "path": "/u"}]}]"#);
    assert_eq!(mistakes, [""; 0]);
    let part = &read[0].parts[0];
    assert_eq!(read[0].timeout, Duration::from_secs(1));
    assert_eq!((&*part.upstream.cluster, &*part.upstream.authority), ("users:3001", "users:3001"));
    assert_eq!((&*part.method, part.required, part.max_bytes, part.retries), ("GET", true, 1 << 20, 0));
    assert_eq!((part.into_root, part.concat, part.on_404), (false, false, OnNotFound::Fail));
    assert!(part.fallback.is_none() && part.pick.is_none() && part.hedge.is_none() && part.timeout.is_none());
    assert_eq!(part.path.at, "[0].parts[0].path");
}

#[test]
fn every_key_is_read() {
    let (read, mistakes) = read(
        r#"[{"path": "/x/{id}", "timeout": "2s", "forward_headers": ["Cookie"], "parts": [{
            "name": "orders.recent", "cluster": "outbound|80||orders.svc", "path": "/o", "method": "POST",
            "headers": {"X-A": "{id}"}, "timeout": "50ms", "fallback": {"a": 1.0}, "pick": "$.items[0]['b c']",
            "max_bytes": "2MiB", "response": {"remove_fields": ["a"], "rename_fields": {"b": "c"}}, "retries": 2, "into": "root", "accept_status": [200, 404], "on_404": "pass",
            "when": "query.debug", "hedge": "10ms", "concat": true, "requires": ["user"]}]}]"#,
    );
    assert_eq!(mistakes, [""; 0]);
    let part = &read[0].parts[0];
    assert_eq!(read[0].forward_headers, ["cookie"]);
    assert_eq!(
        (&*part.upstream.cluster, &*part.upstream.authority),
        ("outbound|80||orders.svc", "orders.svc")
    );
    assert_eq!((&*part.headers[0].0, &*part.headers[0].1.text), ("x-a", "{id}"));
    assert_eq!((part.required, part.fallback.as_deref()), (false, Some(r#"{"a": 1.0}"#)));
    let names = |name: &str| Step::Name(name.to_owned());
    assert_eq!(part.pick.as_ref().unwrap().steps(), [names("items"), Step::Index(0), names("b c")]);
    let edits = part.response.as_ref().unwrap();
    assert_eq!((edits.remove.len(), edits.rename.len()), (1, 1));
    assert_eq!((part.max_bytes, part.retries, part.into_root, part.concat), (2 << 20, 2, true, true));
    assert_eq!((&*part.accept_status, part.on_404), (&[200, 404][..], OnNotFound::Pass));
    assert_eq!(
        (part.hedge, part.timeout),
        (Some(Duration::from_millis(10)), Some(Duration::from_millis(50)))
    );
    assert_eq!((&*part.when.as_ref().unwrap().text, &*part.requires[0].text), ("query.debug", "user"));
}

#[test]
fn every_wrong_key_is_told_at_once() {
    let table = [
        (r#""nmae": 1"#, "nmae: unknown key, did you mean \"name\"?"),
        (
            r#""method": "get""#,
            "method: expected a method in capital letters whose answer has a body, got \"get\"",
        ),
        (
            r#""method": "HEAD""#,
            "method: expected a method in capital letters whose answer has a body, got \"HEAD\"",
        ),
        (r#""response": {"keep_fields": ["a"]}"#, "response.keep_fields: unknown key"),
        (
            r#""headers": {"X-A": "1", "x-a": "2"}"#,
            "headers.x-a: defined twice, first as [0].parts[0].headers.X-A",
        ),
        (r#""headers": {":path": "/x"}"#, "headers[\":path\"]: \":path\" is no header's name"),
        (r#""headers": {"TE": "1"}"#, "headers.TE: \"TE\" is set by the gateway itself"),
        (
            r#""headers": {"X-Envoy-Retry-On": "1"}"#,
            "headers.X-Envoy-Retry-On: \"X-Envoy-Retry-On\" is set by the gateway itself",
        ),
        (r#""headers": []"#, "headers: expected an object, got []"),
        (
            r#""timeout": 5"#,
            "timeout: expected a duration with its unit, such as \"250ms\", \"2s\", \"5m\" or \"24h\", got 5",
        ),
        (r#""timeout": "0s""#, "timeout: expected a duration from 1ms to 1h, got \"0s\""),
        (r#""fallback": [], "required": true"#, "required: a part with a fallback is not required"),
        (r#""pick": "items""#, "pick: a path begins with \"$\" at byte 0"),
        (
            r#""pick": "$.items[*]""#,
            "pick: expected a path to one value, without \"*\" and \"..\", got \"$.items[*]\"",
        ),
        (r#""max_bytes": 0"#, "max_bytes: expected a size from 1 to 33554432 bytes, got 0"),
        (r#""retries": 11"#, "retries: expected a whole number from 0 to 10, got 11"),
        (r#""into": "top""#, "into: expected \"root\", got \"top\""),
        (r#""accept_status": []"#, "accept_status: expected at least one status, got []"),
        (r#""accept_status": [99]"#, "accept_status[0]: expected a whole number from 200 to 599, got 99"),
        (r#""on_404": "ok""#, "on_404: expected \"pass\" or \"fail\", got \"ok\""),
        (r#""concat": 1"#, "concat: expected true or false, got 1"),
        (r#""requires": "a""#, "requires: expected a list, got \"a\""),
    ];
    for (members, mistake) in table {
        assert_eq!(mistakes_of(members), [format!("[0].parts[0].{mistake}")], "{members}");
    }
}

#[test]
fn what_must_be_there_is_missed() {
    let (_, mistakes) =
        read(r#"[{"parts": [{}]}, {"path": "/x", "parts": []}, {"path": "x", "timeout": 1}]"#);
    assert_eq!(
        mistakes,
        [
            "[0].path: missing",
            "[0].parts[0].name: missing",
            "[0].parts[0].upstream: missing",
            "[0].parts[0].path: missing",
            "[1].parts: expected at least one part, got []",
            "[2].path: a path pattern begins with \"/\"",
            "[2].timeout: expected a duration with its unit, such as \"250ms\", \"2s\", \"5m\" or \"24h\", got 1",
            "[2].parts: missing",
        ]
    );
}

#[test]
fn a_path_belongs_in_path() {
    let (_, mistakes) =
        read(r#"[{"path": "/x", "parts": [{"name": "a", "upstream": "http://a/base", "path": "/"}]}]"#);
    assert_eq!(
        mistakes,
        [
            "[0].parts[0].upstream: expected a URL without a path, which belongs in \"path\", got \"http://a/base\""
        ]
    );
}

#[test]
fn what_must_not_be_forwarded_is_told() {
    let headers = r#"["Host", "Connection", "a b", "X-A", "x-a", "Cookie"]"#;
    let part = r#"{"name": "a", "upstream": "http://a", "path": "/"}"#;
    let (_, mistakes) =
        read(&format!(r#"[{{"path": "/x", "forward_headers": {headers}, "parts": [{part}]}}]"#));
    assert_eq!(
        mistakes,
        [
            "[0].forward_headers[0]: a part's call names the host of its upstream",
            "[0].forward_headers[1]: \"Connection\" is set by the gateway itself",
            "[0].forward_headers[2]: \"a b\" is no header's name",
            "[0].forward_headers[4]: stands twice",
        ]
    );
}
