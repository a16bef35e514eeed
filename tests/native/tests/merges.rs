//! What another gateway's users expect of merged answers: the cases that KrakenD's own tests tell (`proxy/merging_test.go`
//! and `proxy/formatter_test.go` of luraproject/lura), in the words of this document, as far as it has words for them.
//!
//! There, backends meet at the top level (`into: root` here), `group` is a part's name, `target` is `pick`, `deny` and
//! `mapping` are `remove_fields` and `rename_fields`, `allow` is `keep_fields` of the answer's own transformation, and flatmap's
//! `append` is `concat`. An answer that is not complete there is one with `X-Portcullis-Partial` here.
//!
//! Three things are meant to differ. A value that is missing, or an array, fails the part that wants it in its path, where
//! KrakenD sends the placeholder as it is and joins the items. A number is put into a path as the service spelled it, never
//! as `3.14E+00`. And where a part is needed (`required`, the default) there is no half answer.

#![expect(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;

use fake_envoy::{Call, Envoy, Reply};
use native_tests::gateway;
use serde_json::{Value, json};

/// What comes of a call.
#[derive(Clone)]
enum Part {
    Came(Value),
    Failed,
    Late,
}

use Part::{Came, Failed, Late};

/// What comes of the calls, by their paths. A call that is not listed is one that must not be made.
type Service<'a> = &'a [(&'a str, Part)];

/// A part whose members go to the top level.
fn at_root(number: usize) -> Value {
    json!({ "name": format!("p{number}"), "into": "root", "required": false })
}

/// A part that takes a value out of an answer.
fn picked(name: &str, path: &str) -> Value {
    json!({ "name": name, "path": "/0", "pick": path })
}

fn with(mut object: Value, members: &Value) -> Value {
    for (name, value) in members.as_object().unwrap() {
        object[name] = value.clone();
    }
    object
}

/// The answer to these parts; `whole` is the transformation of what they become. Part number n asks for `/n` if it says no path.
fn merged(mut parts: Value, whole: Option<Value>, service: Service<'_>) -> Reply {
    for (number, part) in parts.as_array_mut().unwrap().iter_mut().enumerate() {
        let usual = json!({ "upstream": "http://service:80", "path": format!("/{number}") });
        *part = with(usual, part);
    }
    let mut document =
        json!({ "headers_wait": true, "aggregations": [{ "path": "/merged", "parts": parts }] });
    if let Some(response) = whole {
        document["transformations"] = json!([{ "path": "/merged", "response": response }]);
    }
    let gate = gateway(&document.to_string()).with(|setup| setup.headers_wait(true));
    let envoy = gate.cluster("service:80").start().unwrap();
    let stream = envoy.get("/merged").end();
    serve(&envoy, service);
    stream.outcome().replied()
}

/// Answers what can be answered, and then lets the time of the others run out.
fn serve(envoy: &Envoy, service: Service<'_>) {
    let answer = |call: &Call| {
        let path = call.headers.text(":path").unwrap();
        service.iter().find(|(known, _)| **known == path).unwrap().1.clone()
    };
    while let Some((call, answer)) = next(envoy, &answer) {
        let (status, body) = answer.map_or((500, "no".to_owned()), |body| (200, body.to_string()));
        envoy.answer(&call, status, [("x-envoy-upstream-service-time", "1")], &body);
    }
    envoy.advance(Duration::from_secs(1));
}

/// The next call that is answered in time, and with what.
fn next(envoy: &Envoy, answer: &impl Fn(&Call) -> Part) -> Option<(Call, Option<Value>)> {
    envoy.calls().into_iter().find_map(|call| match answer(&call) {
        Came(body) => Some((call, Some(body))),
        Failed => Some((call, None)),
        Late => None,
    })
}

/// The JSON of a good answer, and whether it says that it is partial.
fn json_of(answer: &Reply) -> (Value, bool) {
    assert_eq!(answer.status, 200, "{}", answer.text());
    let is_partial = answer.headers.text("x-portcullis-partial").is_some();
    (serde_json::from_str(&answer.text()).unwrap(), is_partial)
}

#[test]
fn backends_meet_at_the_top_level() {
    let (count, flag) = (json!({ "count": 42 }), json!({ "flag": true }));
    let (nothing, empty) = (Value::Null, json!({}));
    let both = with(count.clone(), &flag);
    let table = [
        (Came(count.clone()), Came(flag), both, false),
        (Came(empty.clone()), Came(empty.clone()), empty.clone(), false),
        (Came(count.clone()), Came(empty.clone()), count.clone(), false),
        (Came(count.clone()), Failed, count.clone(), true),
        (Came(count.clone()), Came(nothing.clone()), count.clone(), true),
        (Came(count.clone()), Late, count, true),
        (Came(nothing.clone()), Came(nothing), empty, true),
    ];
    for (first, second, expected, is_partial) in table {
        let answer = merged(json!([at_root(0), at_root(1)]), None, &[("/0", first), ("/1", second)]);
        assert_eq!(json_of(&answer), (expected, is_partial));
    }
}

#[test]
fn nothing_is_merged_where_what_is_needed_does_not_come() {
    for (first, status) in [(Failed, 502), (Came(Value::Null), 502), (Late, 504)] {
        let needed = |number| with(at_root(number), &json!({ "required": true }));
        let answer = merged(json!([needed(0), needed(1)]), None, &[("/0", first), ("/1", Late)]);
        assert_eq!(answer.status, status, "{}", answer.text());
    }
}

#[test]
fn a_chain_hands_scalars_on() {
    let deepest = json!({ "foo": "bar" });
    let deeper = json!({ "foo": "bar", "struct": deepest });
    let first = json!({
        "int": 42, "string": "some", "bool": true, "float": 3.25, "array": ["1", "2"],
        "struct": { "foo": "bar", "struct": deeper },
    });
    let after = |number, requires: Value, path: &str| {
        with(at_root(number), &json!({ "requires": requires, "path": path }))
    };
    let scalars = "{part.p0.int}/{part.p0.string}/{part.p0.bool}/{part.p0.float}/{part.p0.struct.foo}";
    let deep = "/d/{part.p0.struct.foo}/{part.p0.struct.struct.foo}/{part.p0.struct.struct.struct.foo}";
    let parts = json!([
        at_root(0),
        after(1, json!(["p0"]), &format!("/b/{scalars}")),
        after(2, json!(["p0", "p1"]), &format!("/c/{scalars}?x={{part.p1.word}}")),
        after(3, json!(["p0"]), deep),
        after(4, json!(["p0"]), "/e/{part.p0.array}"),
    ]);
    let service = [
        ("/0", Came(first.clone())),
        ("/b/42/some/true/3.25/bar", Came(json!({ "word": "foo" }))),
        ("/c/42/some/true/3.25/bar?x=foo", Came(json!({ "numbers": [1, 2, 3] }))),
        ("/d/bar/bar/bar", Came(json!({ "flags": [true, false] }))),
    ];
    let answer = merged(parts, None, &service);
    let rest = json!({ "word": "foo", "numbers": [1, 2, 3], "flags": [true, false] });
    assert_eq!(json_of(&answer), (with(first, &rest), true));
    assert_eq!(answer.headers.text("x-portcullis-partial").unwrap(), "p4");
}

#[test]
fn a_chain_ends_where_it_breaks() {
    let chain = |first_is_needed: bool| {
        json!([
            with(at_root(0), &json!({ "required": first_is_needed })),
            with(at_root(1), &json!({ "requires": ["p0"], "path": "/b/{part.p0.count}" })),
            with(
                at_root(2),
                &json!({ "requires": ["p0", "p1"], "path": "/c/{part.p0.count}/{part.p1.word}" })
            ),
        ])
    };
    let count = json!({ "count": 42 });
    let second_fails = merged(chain(true), None, &[("/0", Came(count.clone())), ("/b/42", Failed)]);
    assert_eq!(json_of(&second_fails), (count, true));
    let first_fails = merged(chain(true), None, &[("/0", Failed)]);
    assert_eq!(first_fails.status, 502);
    let not_needed = merged(chain(false), None, &[("/0", Failed)]);
    assert_eq!(json_of(&not_needed), (json!({}), true));
    let value_is_missing = merged(chain(true), None, &[("/0", Came(json!({ "other": 1 })))]);
    assert_eq!(json_of(&value_is_missing), (json!({ "other": 1 }), true));
}

/// What a backend of the formatter's cases answers.
fn sample() -> Value {
    json!({ "count": 42, "flag": false, "foo": "bar", "a": { "b": true, "c": 42, "d": "text" } })
}

#[test]
fn members_are_allowed_denied_renamed_and_grouped() {
    let listed = json!(["$.count", "$.a.b", "$.a.c", "$.foo.unknown"]);
    let root = |edits: Value| json!([with(at_root(0), &edits)]);
    let table = [
        (
            root(json!({})),
            Some(json!({ "keep_fields": listed })),
            json!({ "count": 42, "a": { "b": true, "c": 42 } }),
        ),
        (
            root(json!({ "response": { "remove_fields": listed } })),
            None,
            json!({ "flag": false, "foo": "bar", "a": { "d": "text" } }),
        ),
        (
            root(json!({ "response": { "rename_fields": { "$.count": "COUNT", "$.flag": "FLAG" } } })),
            None,
            json!({ "COUNT": 42, "FLAG": false, "foo": "bar", "a": { "b": true, "c": 42, "d": "text" } }),
        ),
        (json!([{ "name": "group1" }]), None, json!({ "group1": sample() })),
        (
            json!([{ "name": "group", "pick": "$.a", "response":
                { "remove_fields": ["$.b", "$.c"], "rename_fields": { "$.d": "D" } } }]),
            None,
            json!({ "group": { "D": "text" } }),
        ),
    ];
    for (parts, whole, expected) in table {
        let answer = merged(parts, whole, &[("/0", Came(sample()))]);
        assert_eq!(json_of(&answer), (expected, false));
    }
}

#[test]
fn a_target_is_taken_out_of_its_capsule() {
    let inside = json!({ "b": true, "c": 42, "d": "text" });
    let target = |path: &str| json!([with(at_root(0), &json!({ "pick": path }))]);
    let capsule = |value: &Value| with(sample(), &json!({ "t": value }));
    let table = [
        ("$.t", capsule(&inside), inside.clone(), false),
        ("$.t.t", json!({ "t": capsule(&inside) }), inside, false),
        ("$.t", sample(), json!({}), true),
        ("$.t", capsule(&json!(false)), json!({}), true),
    ];
    for (path, body, expected, is_partial) in table {
        let answer = merged(target(path), None, &[("/0", Came(body))]);
        assert_eq!(json_of(&answer), (expected, is_partial), "{path}");
    }
}

/// One answer is taken apart and put together anew. Each piece is a part, and asks for the answer anew: what is one backend
/// there may be seven calls here, and a gateway for which that is too much wants another backend.
#[test]
fn a_flatmap_moves_deletes_and_appends() {
    let inner = json!({ "b": true, "c": 42, "d": "text", "e": [1, 2, 3, 4] });
    let content = json!({
        "count": 42, "flag": false, "foo": "bar", "a": inner, "collection": [inner, inner, inner, inner],
        "y": [0, 1, 2, 3, 4, 5, 6], "z": [10, 11, 12, 13, 14, 15, 16],
    });
    let response = |edits: Value| json!({ "response": edits });
    let parts = json!([
        picked("group.COUNT", "$.content.count"),
        picked("group.flag", "$.content.flag"),
        picked("group.foo", "$.content.foo"),
        with(picked("group.a", "$.content.a"), &response(json!({ "rename_fields": { "$.b": "B" } }))),
        with(
            picked("group.collection", "$.content.collection"),
            &response(
                json!({ "remove_fields": ["$[*].b", "$[*].d", "$[*].e"], "rename_fields": { "$[*].c": "x" } })
            ),
        ),
        with(picked("group.z", "$.content.z"), &json!({ "concat": true })),
        with(picked("group.z", "$.content.y"), &json!({ "concat": true })),
    ]);
    let answer = merged(parts, None, &[("/0", Came(json!({ "content": content })))]);
    let expected = json!({ "group": {
        "COUNT": 42, "flag": false, "foo": "bar", "a": { "B": true, "c": 42, "d": "text", "e": [1, 2, 3, 4] },
        "collection": [{ "x": 42 }, { "x": 42 }, { "x": 42 }, { "x": 42 }],
        "z": [10, 11, 12, 13, 14, 15, 16, 0, 1, 2, 3, 4, 5, 6],
    } });
    assert_eq!(json_of(&answer), (expected, false));
}
