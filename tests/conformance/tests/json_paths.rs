//! Paths into JSON: the examples of RFC 9535 that fall into the supported part, and cases of the kinds that JSONPath
//! suites collect.
//!
//! What a path names is seen twice: it is what goes when the path is removed, and what is left when only it is kept.
#![cfg(test)]

use std::rc::Rc;

use portcullis_document::transformations::BodyEdits;
use portcullis_document::{Mistakes, Node};
use portcullis_transform::{Rewriter, Rules};

fn rewrite(list: &str, path: &str, body: &str) -> String {
    let json = format!(r#"{{"{list}": [{}]}}"#, serde_json::to_string(path).unwrap());
    let mut mistakes = Mistakes::default();
    let node = Node::root(&json, &mut mistakes).unwrap();
    let edits = BodyEdits::read(&node, &mut mistakes).unwrap();
    assert!(mistakes.is_empty(), "{mistakes}");
    let mut rewriter = Rewriter::new(Rc::new(Rules::new(&edits)));
    let mut out = Vec::new();
    rewriter.push(body.as_bytes(), &mut out).unwrap();
    rewriter.finish().unwrap();
    String::from_utf8(out).unwrap()
}

/// Path, what is left when it is removed, what is left when only it is kept.
type Table<'t> = &'t [(&'t str, &'t str, &'t str)];

fn check(body: &str, table: Table<'_>) {
    for (path, removed, kept) in table {
        assert_eq!(rewrite("remove_fields", path, body), *removed, "without {path}");
        assert_eq!(rewrite("keep_fields", path, body), *kept, "only {path}");
    }
}

/// The document of RFC 9535, figure 1, in one line.
const STORE: &str = concat!(
    r#"{"store":{"book":[{"category":"reference","author":"Nigel Rees","price":8.95},"#,
    r#"{"category":"fiction","author":"Evelyn Waugh","price":12.99},"#,
    r#"{"category":"fiction","author":"Herman Melville","isbn":"0-553-21311-3","price":8.99}],"#,
    r#""bicycle":{"color":"red","price":399}}}"#
);

#[test]
fn the_bookstore_of_section_1_5() {
    check(
        STORE,
        &[
            (
                "$.store.book[*].author",
                concat!(
                    r#"{"store":{"book":[{"category":"reference","price":8.95},{"category":"fiction","price":12.99},"#,
                    r#"{"category":"fiction","isbn":"0-553-21311-3","price":8.99}],"bicycle":{"color":"red","price":399}}}"#
                ),
                r#"{"store":{"book":[{"author":"Nigel Rees"},{"author":"Evelyn Waugh"},{"author":"Herman Melville"}]}}"#,
            ),
            (
                "$..author",
                concat!(
                    r#"{"store":{"book":[{"category":"reference","price":8.95},{"category":"fiction","price":12.99},"#,
                    r#"{"category":"fiction","isbn":"0-553-21311-3","price":8.99}],"bicycle":{"color":"red","price":399}}}"#
                ),
                r#"{"store":{"book":[{"author":"Nigel Rees"},{"author":"Evelyn Waugh"},{"author":"Herman Melville"}]}}"#,
            ),
            ("$.store.*", r#"{"store":{}}"#, STORE),
            (
                "$.store..price",
                concat!(
                    r#"{"store":{"book":[{"category":"reference","author":"Nigel Rees"},{"category":"fiction","author":"Evelyn Waugh"},"#,
                    r#"{"category":"fiction","author":"Herman Melville","isbn":"0-553-21311-3"}],"bicycle":{"color":"red"}}}"#
                ),
                r#"{"store":{"book":[{"price":8.95},{"price":12.99},{"price":8.99}],"bicycle":{"price":399}}}"#,
            ),
            (
                "$..book[2]",
                concat!(
                    r#"{"store":{"book":[{"category":"reference","author":"Nigel Rees","price":8.95},"#,
                    r#"{"category":"fiction","author":"Evelyn Waugh","price":12.99}],"bicycle":{"color":"red","price":399}}}"#
                ),
                concat!(
                    r#"{"store":{"book":[{"category":"fiction","author":"Herman Melville","isbn":"0-553-21311-3","#,
                    r#""price":8.99}]}}"#
                ),
            ),
            ("$..book[2].publisher", STORE, "{}"),
            ("$..*", "{}", STORE),
        ],
    );
}

#[test]
fn names_of_section_2_3_1() {
    check(
        r#"{"o":{"j j":{"k.k":3}},"'":{"@":2}}"#,
        &[
            ("$.o['j j']", r#"{"o":{},"'":{"@":2}}"#, r#"{"o":{"j j":{"k.k":3}}}"#),
            ("$.o['j j']['k.k']", r#"{"o":{"j j":{}},"'":{"@":2}}"#, r#"{"o":{"j j":{"k.k":3}}}"#),
            (r#"$.o["j j"]["k.k"]"#, r#"{"o":{"j j":{}},"'":{"@":2}}"#, r#"{"o":{"j j":{"k.k":3}}}"#),
            (r#"$["'"]["@"]"#, r#"{"o":{"j j":{"k.k":3}},"'":{}}"#, r#"{"'":{"@":2}}"#),
        ],
    );
}

#[test]
fn wildcards_of_section_2_3_2() {
    check(
        r#"{"o":{"j":1,"k":2},"a":[5,3]}"#,
        &[
            ("$[*]", "{}", r#"{"o":{"j":1,"k":2},"a":[5,3]}"#),
            ("$.o[*]", r#"{"o":{},"a":[5,3]}"#, r#"{"o":{"j":1,"k":2}}"#),
            ("$.a[*]", r#"{"o":{"j":1,"k":2},"a":[]}"#, r#"{"a":[5,3]}"#),
        ],
    );
}

#[test]
fn indexes_of_section_2_3_3() {
    check(
        r#"["a","b"]"#,
        &[("$[1]", r#"["a"]"#, r#"["b"]"#), ("$[0]", r#"["b"]"#, r#"["a"]"#), ("$[2]", r#"["a","b"]"#, "[]")],
    );
}

#[test]
fn descendants_of_section_2_5_2() {
    check(
        r#"{"o":{"j":1,"k":2},"a":[5,3,[{"j":4},{"k":6}]]}"#,
        &[
            ("$..j", r#"{"o":{"k":2},"a":[5,3,[{},{"k":6}]]}"#, r#"{"o":{"j":1},"a":[[{"j":4}]]}"#),
            ("$..[0]", r#"{"o":{"j":1,"k":2},"a":[3,[{"k":6}]]}"#, r#"{"a":[5,[{"j":4}]]}"#),
            ("$..[*]", "{}", r#"{"o":{"j":1,"k":2},"a":[5,3,[{"j":4},{"k":6}]]}"#),
        ],
    );
}

#[test]
fn null_is_a_value_like_any_other() {
    check(
        r#"{"a":null,"b":[null],"c":[{}],"null":1}"#,
        &[
            ("$.a", r#"{"b":[null],"c":[{}],"null":1}"#, r#"{"a":null}"#),
            ("$.a[0]", r#"{"a":null,"b":[null],"c":[{}],"null":1}"#, "{}"),
            ("$.a.d", r#"{"a":null,"b":[null],"c":[{}],"null":1}"#, "{}"),
            ("$.b[0]", r#"{"a":null,"b":[],"c":[{}],"null":1}"#, r#"{"b":[null]}"#),
            ("$.b[*]", r#"{"a":null,"b":[],"c":[{}],"null":1}"#, r#"{"b":[null]}"#),
            ("$.null", r#"{"a":null,"b":[null],"c":[{}]}"#, r#"{"null":1}"#),
        ],
    );
}

#[test]
fn a_step_takes_only_what_it_is_for() {
    let body = r#"{"0":{"a":1},"a":[{"0":2}],"b":"text"}"#;
    check(
        body,
        &[
            ("$[0]", body, "{}"),
            ("$['0']", r#"{"a":[{"0":2}],"b":"text"}"#, r#"{"0":{"a":1}}"#),
            ("$.a.a", body, "{}"),
            ("$.a['0']", body, "{}"),
            ("$.b[0]", body, "{}"),
            ("$.b.length", body, "{}"),
            ("$..['0']", r#"{"a":[{}],"b":"text"}"#, r#"{"0":{"a":1},"a":[{"0":2}]}"#),
        ],
    );
}

#[test]
fn names_are_compared_character_by_character() {
    check(
        r#"{"☺":1,"\u00e9":2,"e\u0301":3,"A":4,"\ud834\udd1e":5,"":6," ":7,"a\u0009b":8}"#,
        &[
            (
                "$.☺",
                r#"{"\u00e9":2,"e\u0301":3,"A":4,"\ud834\udd1e":5,"":6," ":7,"a\u0009b":8}"#,
                r#"{"☺":1}"#,
            ),
            (
                "$.é",
                r#"{"☺":1,"e\u0301":3,"A":4,"\ud834\udd1e":5,"":6," ":7,"a\u0009b":8}"#,
                r#"{"\u00e9":2}"#,
            ),
            ("$.a", r#"{"☺":1,"\u00e9":2,"e\u0301":3,"A":4,"\ud834\udd1e":5,"":6," ":7,"a\u0009b":8}"#, "{}"),
            (
                r"$['\uD834\uDD1E']",
                r#"{"☺":1,"\u00e9":2,"e\u0301":3,"A":4,"":6," ":7,"a\u0009b":8}"#,
                r#"{"\ud834\udd1e":5}"#,
            ),
            (
                "$['']",
                r#"{"☺":1,"\u00e9":2,"e\u0301":3,"A":4,"\ud834\udd1e":5," ":7,"a\u0009b":8}"#,
                r#"{"":6}"#,
            ),
            (
                "$[' ']",
                r#"{"☺":1,"\u00e9":2,"e\u0301":3,"A":4,"\ud834\udd1e":5,"":6,"a\u0009b":8}"#,
                r#"{" ":7}"#,
            ),
            (
                r"$['a\tb']",
                r#"{"☺":1,"\u00e9":2,"e\u0301":3,"A":4,"\ud834\udd1e":5,"":6," ":7}"#,
                r#"{"a\u0009b":8}"#,
            ),
        ],
    );
}

#[test]
fn a_descent_may_go_on_below_what_it_has_found() {
    check(
        r#"{"a":{"a":{"b":1,"a":[{"b":2}]}},"b":3}"#,
        &[
            ("$..a.b", r#"{"a":{"a":{"a":[{"b":2}]}},"b":3}"#, r#"{"a":{"a":{"b":1}}}"#),
            ("$..a..b", r#"{"a":{"a":{"a":[{}]}},"b":3}"#, r#"{"a":{"a":{"b":1,"a":[{"b":2}]}}}"#),
            ("$..a..a[0].b", r#"{"a":{"a":{"b":1,"a":[{}]}},"b":3}"#, r#"{"a":{"a":{"a":[{"b":2}]}}}"#),
            ("$.a..*", r#"{"a":{},"b":3}"#, r#"{"a":{"a":{"b":1,"a":[{"b":2}]}}}"#),
        ],
    );
}
