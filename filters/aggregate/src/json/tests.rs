//! Checking against a table of the grammar's corners and against `serde_json`; walking against `serde_json`.

use proptest::prelude::*;
use serde::de::IgnoredAny;
use serde_json::Value;

use super::{DEEPEST, Json, NotJson};

fn nested(depth: usize, open: &str, close: &str) -> String {
    open.repeat(depth) + "1" + &close.repeat(depth)
}

#[test]
fn one_value_is_taken_without_the_white_space_around_it() {
    for text in [
        "null",
        "true",
        "false",
        "0",
        "-0",
        "-1.5e+300",
        "12345678901234567890",
        "1E9",
        "\"\"",
        "\"a\\u00e9\\n\\/\"",
        "\"\\ud800\"",
        "\"\u{7f}é\"",
        "[]",
        "{}",
        "[ ]",
        "[1 , 2]",
        "{\"a\" : {\"a\":[{}]} , \"b\":[[],{}]}",
        "{\"\":1,\"\":2}",
    ] {
        let padded = format!(" \t\r\n{text}\n ");
        assert_eq!(Json::check(padded.as_bytes()).map(Json::bytes), Ok(text.as_bytes()), "{text}");
    }
}

#[test]
fn anything_else_is_refused_with_its_reason() {
    let table: [(&[u8], NotJson); 42] = [
        (b"", NotJson::Empty),
        (b" \n", NotJson::Empty),
        (b"\xef\xbb\xbf{}", NotJson::Malformed),
        (b"\xff", NotJson::NotUtf8),
        (b"\"\xc3\x28\"", NotJson::NotUtf8),
        (b"\"\xed\xa0\x80\"", NotJson::NotUtf8),
        (b"{}{}", NotJson::MoreThanOne),
        (b"1 2", NotJson::MoreThanOne),
        (b"[]]", NotJson::MoreThanOne),
        (b"{}\0", NotJson::Malformed),
        (b"01", NotJson::Malformed),
        (b"truefalse", NotJson::Malformed),
        (b"<html></html>", NotJson::Malformed),
        (b"{", NotJson::Malformed),
        (b"[", NotJson::Malformed),
        (b"[1", NotJson::Malformed),
        (b"[1,", NotJson::Malformed),
        (b"[1,]", NotJson::Malformed),
        (b"[,1]", NotJson::Malformed),
        (b"[1 2]", NotJson::Malformed),
        (b"[1}", NotJson::Malformed),
        (b"{\"a\"", NotJson::Malformed),
        (b"{\"a\":", NotJson::Malformed),
        (b"{\"a\":1,}", NotJson::Malformed),
        (b"{\"a\" 1}", NotJson::Malformed),
        (b"{a:1}", NotJson::Malformed),
        (b"{1:1}", NotJson::Malformed),
        (b"{\"a\":1]", NotJson::Malformed),
        (b"\"", NotJson::Malformed),
        (b"\"\n\"", NotJson::Malformed),
        (b"\"\\x\"", NotJson::Malformed),
        (b"\"\\u12g4\"", NotJson::Malformed),
        (b"\"\\u12\"", NotJson::Malformed),
        (b"\"\\", NotJson::Malformed),
        (b"-", NotJson::Malformed),
        (b"+1", NotJson::Malformed),
        (b"1.", NotJson::Malformed),
        (b".5", NotJson::Malformed),
        (b"1e", NotJson::Malformed),
        (b"tru", NotJson::Malformed),
        (b"NaN", NotJson::Malformed),
        (b"'a'", NotJson::Malformed),
    ];
    for (bytes, reason) in table {
        assert_eq!(Json::check(bytes), Err(reason), "{}", bytes.escape_ascii());
    }
}

#[test]
fn nesting_is_bounded() {
    let deepest = DEEPEST as usize;
    for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
        assert!(Json::check(nested(deepest, open, close).as_bytes()).is_ok());
        let deeper = nested(deepest + 1, open, close);
        assert_eq!(Json::check(deeper.as_bytes()), Err(NotJson::TooDeep));
        assert_eq!(Json::check(open.repeat(100_000).as_bytes()), Err(NotJson::TooDeep));
    }
}

#[test]
fn scalars_are_text_and_nothing_else_is() {
    let table = [
        ("\"a\"", Some("a")),
        ("\"\\u00e9\\\"\"", Some("é\"")),
        ("\"\"", Some("")),
        ("1.50", Some("1.50")),
        ("12345678901234567890", Some("12345678901234567890")),
        ("false", Some("false")),
        ("null", None),
        ("[1]", None),
        ("{}", None),
        ("\"\\ud800\"", None),
    ];
    for (text, scalar) in table {
        assert_eq!(Json::check(text.as_bytes()).unwrap().scalar().as_deref(), scalar, "{text}");
    }
}

#[test]
fn a_member_is_found_by_its_unescaped_name_and_the_first_counts() {
    let object = Json::check(br#"{"a":[1,{"b":2}],"\u0062" : 3 ,"b":4}"#).unwrap();
    assert_eq!(object.member("b").map(Json::bytes), Some(&b"3"[..]));
    assert_eq!(object.member("a").and_then(|a| a.item(1)).map(Json::bytes), Some(&br#"{"b":2}"#[..]));
    assert_eq!(object.member("c"), None);
    assert_eq!(object.item(0), None);
    assert_eq!(object.member("a").and_then(|a| a.member("b")), None);
}

/// Any JSON value.
pub(crate) fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::btree_map("[a-c\"\\\\é]{0,3}", inner, 0..4)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

fn walked(json: Json<'_>) -> Value {
    if json.is_object() {
        let name = |name: super::walk::Name<'_>| String::from_utf8(name.text().into_owned()).unwrap();
        Value::Object(json.members().map(|(n, value)| (name(n), walked(value))).collect())
    } else if json.is_array() {
        json.items().map(walked).collect()
    } else {
        serde_json::from_slice(json.bytes()).unwrap()
    }
}

proptest! {
    #[test]
    fn walking_finds_what_a_parser_finds(value in any_value(), pretty in any::<bool>()) {
        let text = if pretty { serde_json::to_string_pretty(&value) } else { serde_json::to_string(&value) }.unwrap();
        prop_assert_eq!(walked(Json::check(text.as_bytes()).unwrap()), value);
    }

    #[test]
    fn bytes_are_accepted_exactly_when_a_parser_accepts_them(
        mut text in any_value().prop_map(|value| value.to_string().into_bytes()),
        place in any::<proptest::sample::Index>(),
        byte in prop_oneof![Just(b'"'), Just(b'{'), Just(b'}'), Just(b','), Just(b'\\'), any::<u8>()],
    ) {
        let place = place.index(text.len());
        text[place] = byte;
        // Half a surrogate pair is the one thing that a parser into Unicode text refuses and the grammar does not.
        prop_assume!(!text.windows(3).any(|three| three.eq_ignore_ascii_case(b"\\ud")));
        // A parser that makes nothing of it, so that no number is too large for it.
        let parsed = std::str::from_utf8(&text).is_ok_and(|text| serde_json::from_str::<IgnoredAny>(text).is_ok());
        prop_assert_eq!(Json::check(&text).is_ok(), parsed);
    }
}
