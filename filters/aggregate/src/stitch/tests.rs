//! What is stitched is what the layout says, byte for byte.

use proptest::prelude::*;
use serde_json::{Map, Value};

use super::{Stitched, stitch};
use crate::json::Json;
use crate::json::tests::any_value;
use crate::layout::{Layout, Occupied};

/// Parts by name, with their values.
type Parts<'a> = &'a [(&'a str, Option<&'a str>)];

/// A layout from names: `*` spreads, `+name` joins.
fn layout(names: &[&str]) -> Result<Layout, Occupied> {
    let mut layout = Layout::default();
    for (part, name) in names.iter().enumerate() {
        match name.strip_prefix('+') {
            _ if *name == "*" => layout.spread(part),
            Some(name) => layout.place(&name.split('.').collect::<Vec<_>>(), part, true)?,
            None => layout.place(&name.split('.').collect::<Vec<_>>(), part, false)?,
        }
    }
    Ok(layout)
}

fn stitched(parts: Parts<'_>) -> Stitched {
    let names: Vec<&str> = parts.iter().map(|(name, _)| *name).collect();
    let value = |part: usize| parts[part].1.map(|text| Json::check(text.as_bytes()).unwrap());
    stitch(&layout(&names).unwrap(), &value)
}

#[test]
fn parts_stand_in_the_order_of_the_document_as_they_came() {
    let table: [(Parts<'_>, &str); 12] = [
        (&[("b", Some("1.50")), ("a", Some("\"\\u00e9\""))], r#"{"b":1.50,"a":"\u00e9"}"#),
        (&[("a", Some(" { \"x\" : 1 } "))], r#"{"a":{ "x" : 1 }}"#),
        (&[("a", None), ("b", Some("2"))], r#"{"b":2}"#),
        (&[("a", None)], "{}"),
        (&[("o.x", Some("1")), ("b", Some("2")), ("o.y", Some("3"))], r#"{"o":{"x":1,"y":3},"b":2}"#),
        (
            &[("a.b.c", Some("1")), ("a.b.d", Some("2")), ("a.e", Some("3"))],
            r#"{"a":{"b":{"c":1,"d":2},"e":3}}"#,
        ),
        (&[("o.x", None), ("o.y", None), ("b", Some("2"))], r#"{"b":2}"#),
        (&[("o.x", None), ("o.y", Some("1"))], r#"{"o":{"y":1}}"#),
        (
            &[("+l", Some("[1, 2]")), ("b", Some("0")), ("+l", Some("[]")), ("+l", Some("[[3]]"))],
            r#"{"l":[1,2,[3]],"b":0}"#,
        ),
        (&[("+l", None), ("+l", Some("[]"))], r#"{"l":[]}"#),
        (&[("*", Some(r#"{"x" : 1, "y":{}}"#)), ("b", Some("2"))], r#"{"x":1,"y":{},"b":2}"#),
        (&[("*", Some("{}")), ("*", None), ("b", Some("2"))], r#"{"b":2}"#),
    ];
    for (parts, body) in table {
        let stitched = stitched(parts);
        assert_eq!(String::from_utf8(stitched.body).unwrap(), body);
        assert_eq!(stitched.clashed, [0; 0]);
    }
}

#[test]
fn of_clashing_members_the_first_stays() {
    let table: [(Parts<'_>, &str, &[usize]); 5] = [
        (&[("a", Some("1")), ("*", Some(r#"{"a":2,"b":3}"#))], r#"{"a":1,"b":3}"#, &[1]),
        (&[("*", Some(r#"{"a":2,"b":3}"#)), ("a", Some("1"))], r#"{"a":2,"b":3}"#, &[1]),
        (&[("*", Some(r#"{"o":1}"#)), ("o.x", Some("1")), ("o.y", Some("2"))], r#"{"o":1}"#, &[1]),
        (&[("*", Some(r#"{"a":1}"#)), ("*", Some(r#"{"\u0061":2,"a":3}"#))], r#"{"a":1}"#, &[1]),
        (&[("*", Some(r#"{"a":1,"a":2}"#))], r#"{"a":1}"#, &[0]),
    ];
    for (parts, body, clashed) in table {
        let stitched = stitched(parts);
        assert_eq!(String::from_utf8(stitched.body).unwrap(), body);
        assert_eq!(stitched.clashed, clashed, "{body}");
    }
}

#[test]
fn a_place_is_given_once() {
    let table: [(&[&str], usize); 7] = [
        (&["a", "a"], 0),
        (&["a", "a.b"], 0),
        (&["a.b", "a"], 0),
        (&["x", "a.b.c", "a.b"], 1),
        (&["+a", "a"], 0),
        (&["a", "+a"], 0),
        (&["+a", "+a.b"], 0),
    ];
    for (names, by) in table {
        assert_eq!(layout(names).map(drop), Err(Occupied { by }), "{names:?}");
    }
}

#[test]
fn a_hundred_thousand_members_at_the_root_are_no_burden() {
    let members: Vec<String> = (0..100_000).map(|n| format!("\"{n}\":0")).collect();
    let object = format!("{{{}}}", members.join(","));
    let stitched = stitched(&[("*", Some(&object)), ("*", Some(&object))]);
    assert_eq!(stitched.body, object.into_bytes());
    assert_eq!(stitched.clashed, [1]);
}

proptest! {
    #[test]
    fn the_answer_parses_to_its_parts(
        values in proptest::collection::vec(any_value(), 4),
        lists in proptest::collection::vec(proptest::collection::vec(any_value(), 0..3), 2),
    ) {
        let lists: Vec<Value> = lists.into_iter().map(Value::from).collect();
        let texts: Vec<String> = values.iter().chain(&lists).map(|value| serde_json::to_string_pretty(value).unwrap()).collect();
        let names = ["a", "g.x", "ü\"\\", "g.y.z", "+l", "+l"];
        let parts: Vec<(&str, Option<&str>)> = names.iter().zip(&texts).map(|(name, text)| (*name, Some(text.as_str()))).collect();
        let joined: Vec<Value> = lists.iter().flat_map(|list| list.as_array().unwrap().clone()).collect();
        let expected = serde_json::json!({
            "a": values[0], "g": {"x": values[1], "y": {"z": values[3]}}, "ü\"\\": values[2], "l": joined,
        });
        let body = stitched(&parts).body;
        prop_assert!(body.capacity() <= texts.iter().map(String::len).sum::<usize>() + 60);
        prop_assert_eq!(serde_json::from_slice::<Value>(&body).unwrap(), expected);
    }

    #[test]
    fn members_at_the_root_are_those_that_came_first(
        objects in proptest::collection::vec(proptest::collection::btree_map("[a-d]", any_value(), 0..4), 3),
    ) {
        let mut expected = Map::new();
        for (name, value) in objects.iter().flatten() {
            expected.entry(name.clone()).or_insert_with(|| value.clone());
        }
        let texts: Vec<String> = objects.iter().map(|object| serde_json::to_string(object).unwrap()).collect();
        let parts: Vec<(&str, Option<&str>)> = texts.iter().map(|text| ("*", Some(text.as_str()))).collect();
        let body: Value = serde_json::from_slice(&stitched(&parts).body).unwrap();
        prop_assert_eq!(body, Value::Object(expected));
    }
}
