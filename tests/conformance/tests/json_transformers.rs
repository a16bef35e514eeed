//! What other gateways' transformers do, said in this document's words: the cases that their users rely on, and those
//! in which they let hidden fields through.
#![cfg(test)]

use std::rc::Rc;

use portcullis_document::transformations::BodyEdits;
use portcullis_document::{Mistakes, Node};
use portcullis_transform::{Rewriter, Rules};

/// Rules, body, what leaves.
type Table<'t> = &'t [(&'t str, &'t str, &'t str)];

fn check(table: Table<'_>) {
    for (rules, body, wanted) in table {
        let mut mistakes = Mistakes::default();
        let node = Node::root(rules, &mut mistakes).unwrap();
        let rules = Rc::new(Rules::new(&BodyEdits::read(&node, &mut mistakes).unwrap()));
        assert!(mistakes.is_empty(), "{mistakes}");
        for size in [1, 7, body.len()] {
            let mut rewriter = Rewriter::new(Rc::clone(&rules));
            let mut out = Vec::new();
            for chunk in body.as_bytes().chunks(size) {
                rewriter.push(chunk, &mut out).unwrap();
            }
            rewriter.finish().unwrap();
            assert_eq!(String::from_utf8(out).unwrap(), *wanted, "{node:?} {body}");
        }
    }
}

#[test]
fn fields_are_removed_and_the_commas_with_them() {
    let rules = r#"{"remove_fields": ["p1", "p2"]}"#;
    check(&[
        (rules, r#"{"p1":"v1","p2":"v2"}"#, "{}"),
        (rules, r#"{"p1":"v1","p3":"v3"}"#, r#"{"p3":"v3"}"#),
        (rules, r#"{"p3":"v3","p1":"v1"}"#, r#"{"p3":"v3"}"#),
        (rules, r#"{"a":1,"p1":{},"b":2,"p2":[],"c":3}"#, r#"{"a":1,"b":2,"c":3}"#),
        (rules, r#"{"p1":1,"p1":2,"p3":3,"p1":4}"#, r#"{"p3":3}"#),
        (rules, r#"[{"p1":1},{"x":{"p2":1,"y":[{"p1":null}]}}]"#, r#"[{},{"x":{"y":[{}]}}]"#),
        (rules, r#"["p1",{"a":"p1"}]"#, r#"["p1",{"a":"p1"}]"#),
        (rules, r#"{"P1":1,"p11":2,"p":3,"p1 ":4}"#, r#"{"P1":1,"p11":2,"p":3,"p1 ":4}"#),
        (rules, r#"{"\u00701":1,"p\u0031":2,"\\u00701":3}"#, r#"{"\\u00701":3}"#),
        (
            r#"{"remove_fields": ["", "a.b", "q\"q", "é"]}"#,
            r#"{"":1,"a.b":2,"a":{"b":3},"q\"q":4,"q\u0022q":5,"\u00e9":6}"#,
            r#"{"a":{"b":3}}"#,
        ),
    ]);
}

#[test]
fn blanks_stay_where_fields_stay() {
    check(&[
        (r#"{"remove_fields": ["p1"]}"#, "{\n  \"p1\": 1,\n  \"a\": 2\n}", "{\n  \"a\": 2\n}"),
        (r#"{"remove_fields": ["p1"]}"#, "{\n  \"a\": 2,\n  \"p1\": 1\n}", "{\n  \"a\": 2\n}"),
        (r#"{"remove_fields": ["p1"]}"#, "{\n  \"p1\": 1\n}\n", "{\n}\n"),
        (r#"{"remove_fields": ["$.a[0]"]}"#, "{\"a\": [ 1, 2, 3 ]}", "{\"a\": [ 2, 3 ]}"),
        (r#"{"remove_fields": ["$.a[*]"]}"#, "{\"a\": [ 1, 2 ]}", "{\"a\": [ ]}"),
        (r#"{"rename_fields": {"a": "b"}}"#, "{ \"a\" : 1 }", "{ \"b\" : 1 }"),
    ]);
}

#[test]
fn numbers_and_strings_keep_their_spelling() {
    check(&[(
        r#"{"remove_fields": ["p1"]}"#,
        r#"{"a":12345678901234567890,"b":1.0,"c":1e5,"d":-0,"p1":0,"e":"\u0041\/","f":0.10,"g":1E400}"#,
        r#"{"a":12345678901234567890,"b":1.0,"c":1e5,"d":-0,"e":"\u0041\/","f":0.10,"g":1E400}"#,
    )]);
}

#[test]
fn fields_are_renamed_and_no_name_stands_twice() {
    let rules = r#"{"rename_fields": {"old": "new"}}"#;
    check(&[
        (rules, r#"{"old":1,"a":{"old":2}}"#, r#"{"new":1,"a":{"new":2}}"#),
        (rules, r#"{"old":1,"new":2}"#, r#"{"new":1}"#),
        (rules, r#"{"new":2,"old":1}"#, r#"{"new":2}"#),
        (rules, r#"{"new":{"new":1,"old":2},"a":{"old":3}}"#, r#"{"new":{"new":1},"a":{"new":3}}"#),
        (rules, r#"{"new":1,"new":2,"old":3}"#, r#"{"new":1,"new":2}"#),
        (rules, r#"{"o\u006cd":1}"#, r#"{"new":1}"#),
        (rules, r#"{"n\u0065w":1,"old":2}"#, r#"{"n\u0065w":1}"#),
        (r#"{"rename_fields": {"a": "b", "b": "a"}}"#, r#"{"a":1,"b":2}"#, r#"{"b":1,"a":2}"#),
        (r#"{"rename_fields": {"a": "x", "b": "x"}}"#, r#"{"b":1,"a":2,"c":3}"#, r#"{"x":1,"c":3}"#),
        (r#"{"rename_fields": {"a": "q\"\n"}}"#, r#"{"a":1}"#, r#"{"q\"\n":1}"#),
        (
            r#"{"rename_fields": {"$.user.mail": "email"}}"#,
            r#"{"mail":1,"user":{"mail":2}}"#,
            r#"{"mail":1,"user":{"email":2}}"#,
        ),
        (r#"{"rename_fields": {"a": "b"}, "remove_fields": ["a"]}"#, r#"{"a":1,"c":2}"#, r#"{"c":2}"#),
        (r#"{"rename_fields": {"a": "b"}, "remove_fields": ["b"]}"#, r#"{"b":1,"a":2}"#, r#"{"b":2}"#),
        (r#"{"rename_fields": {"a": "b", "$.a": "c"}}"#, r#"{"a":{"a":1}}"#, r#"{"c":{"b":1}}"#),
    ]);
}

#[test]
fn an_allow_list_lets_nothing_else_through() {
    let rules = r#"{"keep_fields": ["id", "$.user.name", "$.tags[0]"]}"#;
    check(&[
        (rules, r#"{"id":1,"secret":2}"#, r#"{"id":1}"#),
        (rules, r#"{"secret":2}"#, "{}"),
        (rules, r#"{"id":{"all":[1,{"of":"it"}]},"x":{}}"#, r#"{"id":{"all":[1,{"of":"it"}]}}"#),
        (rules, r#"{"user":{"name":"n","pass":"p"},"name":"top"}"#, r#"{"user":{"name":"n"}}"#),
        (rules, r#"{"x":{"y":{"z":1}},"a":{"b":{"c":1,"id":2},"d":3}}"#, r#"{"a":{"b":{"id":2}}}"#),
        (rules, r#"{"tags":["a","b"]}"#, r#"{"tags":["a"]}"#),
        (rules, r#"[{"id":1,"x":2},3,{"x":4},{"id":5}]"#, r#"[{"id":1},{"id":5}]"#),
        (
            rules,
            r#"{ "x" : { "y" : [ { "z" : 1 } , { "id" : 2 } ] } , "id" : 3 }"#,
            r#"{ "x" : { "y" : [ { "id" : 2 } ] } , "id" : 3 }"#,
        ),
        (rules, r#""no fields""#, r#""no fields""#),
        (
            r#"{"keep_fields": ["id", "old"], "rename_fields": {"old": "new"}, "remove_fields": ["x"]}"#,
            r#"{"id":{"x":1,"y":2},"old":3,"new":4}"#,
            r#"{"id":{"y":2},"new":3}"#,
        ),
        (
            r#"{"keep_fields": ["id"], "rename_fields": {"a": "b"}}"#,
            r#"{"a":{"x":1},"b":{"id":2},"a":{"id":3}}"#,
            r#"{"b":{"id":2}}"#,
        ),
    ]);
}

#[test]
fn constants_end_the_objects_they_are_set_in() {
    check(&[
        (r#"{"set_fields": {"v": 1.50}}"#, r#"{"a":{"v":1}}"#, r#"{"a":{"v":1},"v":1.50}"#),
        (r#"{"set_fields": {"v": {"x": [ ]}}}"#, "{}", r#"{"v":{"x": [ ]}}"#),
        (r#"{"set_fields": {"v": 1}}"#, r#"{"v":0,"a":2,"v":3}"#, r#"{"a":2,"v":1}"#),
        (
            r#"{"set_fields": {"$.m.v": "s", "$.m.w": null}}"#,
            r#"{"m":{"a":1,"w":0},"v":2}"#,
            r#"{"m":{"a":1,"v":"s","w":null},"v":2}"#,
        ),
        (
            r#"{"set_fields": {"$.items[*].kind": "item"}}"#,
            r#"{"items":[{"id":1},{},3]}"#,
            r#"{"items":[{"id":1,"kind":"item"},{"kind":"item"},3]}"#,
        ),
        (r#"{"set_fields": {"$..v": 1}}"#, r#"{"a":[{}]}"#, r#"{"a":[{"v":1}],"v":1}"#),
        (r#"{"set_fields": {"v": 1}}"#, "[{}]", "[{}]"),
        (r#"{"set_fields": {"v": 1}, "remove_fields": ["v", "a"]}"#, r#"{"a":1,"v":2}"#, r#"{"v":1}"#),
        (r#"{"set_fields": {"v": 1}, "rename_fields": {"a": "v"}}"#, r#"{"a":2}"#, r#"{"v":1}"#),
        (r#"{"set_fields": {"v": 1}, "keep_fields": ["id"]}"#, r#"{"id":2,"a":3}"#, r#"{"id":2,"v":1}"#),
        (r#"{"set_fields": {"$.m.v": 1}}"#, r#"{"x":{"m":{}},"m":[]}"#, r#"{"x":{"m":{}},"m":[]}"#),
    ]);
}
