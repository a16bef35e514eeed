//! One claim of a verified token: found by its path, written as a header's value.

use std::borrow::Cow;

use percent_encoding::{AsciiSet, CONTROLS, percent_encode};
use portcullis_document::auth::{ClaimPath, ClaimStep};
use serde_json::value::RawValue;

use crate::object::{self, Object};

/// A value with a control character: no header may carry it, since it could end the line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Unprintable;

/// What is percent-encoded in a value that is not all ASCII; the sign itself too, so that it can be told apart.
/// Control characters never come as far.
const PERCENT: &AsciiSet = &CONTROLS.add(b'%');

/// The same, and blanks, in a value with one at an end: whoever reads a header takes such blanks off (RFC 9110, section
/// 5.5), and then `"root "` would be `root`.
const PERCENT_AND_BLANKS: &AsciiSet = &PERCENT.add(b' ');

/// The value at the end of the path; `None` where there is none.
pub(crate) fn find<'a>(claims: &Object<'a>, path: &ClaimPath) -> Option<&'a RawValue> {
    let mut steps = path.steps().iter();
    let Some(ClaimStep::Member(first)) = steps.next() else {
        return None;
    };
    steps.try_fold(claims.get(first)?, |value, step| match step {
        ClaimStep::Member(name) => Object::parse_shallow(value.get()).ok()?.get(name),
        ClaimStep::Item(at) => object::items_of(value)?.into_iter().nth(*at),
    })
}

/// A claim's value as text: text as it is, numbers as they are spelled, arrays of scalars joined by commas, anything
/// else as compact JSON. `None` for what says nothing: `null`, `""`, `[]`.
///
/// Half of a surrogate pair is escaped in JSON, but no text of it can be written.
pub(crate) fn text(value: &RawValue) -> Result<Option<Cow<'_, str>>, Unprintable> {
    let json = value.get();
    let text = match json.bytes().next() {
        Some(b'"') => object::text_of(value).ok_or(Unprintable)?,
        Some(b'n') | None => return Ok(None),
        Some(b'[') => joined(value).unwrap_or_else(|| compact(json)).into(),
        Some(b'{') => compact(json).into(),
        Some(_) => Cow::Borrowed(json),
    };
    Ok(Some(text).filter(|text| !text.is_empty()))
}

/// A text as a header's value: printable ASCII as it is, the rest percent-encoded as UTF-8; so are blanks where one stands
/// at an end.
pub(crate) fn header_value(text: &str) -> Result<Cow<'_, str>, Unprintable> {
    let has_blank_end = text.starts_with(' ') || text.ends_with(' ');
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~')) && !has_blank_end {
        return Ok(Cow::Borrowed(text));
    }
    encoded(text, has_blank_end).map(Cow::Owned)
}

#[cold]
fn encoded(text: &str, has_blank_end: bool) -> Result<String, Unprintable> {
    if text.bytes().any(|byte| byte.is_ascii_control()) {
        return Err(Unprintable);
    }
    let set = if has_blank_end { PERCENT_AND_BLANKS } else { PERCENT };
    Ok(percent_encode(text.as_bytes(), set).collect())
}

/// The items with commas between them; `None` where one is no scalar or holds a comma.
fn joined(value: &RawValue) -> Option<String> {
    let mut texts = object::items_of(value)?.into_iter().map(scalar);
    let first = texts.next().unwrap_or(Some(Cow::Borrowed("")))?.into_owned();
    texts.try_fold(first, |joined, text| Some(joined + "," + &text?))
}

fn scalar(value: &RawValue) -> Option<Cow<'_, str>> {
    let json = value.get();
    match json.bytes().next()? {
        b'"' => object::text_of(value).filter(|text| !text.contains(',')),
        b'n' | b'[' | b'{' => None,
        _ => Some(Cow::Borrowed(json)),
    }
}

/// JSON without the white space between its tokens; the tokens keep their spelling.
fn compact(json: &str) -> String {
    let (mut in_text, mut escaped) = (false, false);
    json.chars()
        .filter(|c| {
            let keep = in_text || !c.is_ascii_whitespace();
            if *c == '"' && !escaped {
                in_text = !in_text;
            }
            escaped = in_text && *c == '\\' && !escaped;
            keep
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{Unprintable, find, header_value, text};
    use crate::object::Object;
    use portcullis_document::auth::ClaimPath;

    fn written(json: &str) -> Option<String> {
        let claims = format!("{{\"claim\":{json}}}");
        let object = Object::parse(&claims).unwrap();
        text(object.get("claim").unwrap()).unwrap().map(std::borrow::Cow::into_owned)
    }

    #[test]
    fn every_kind_of_value_has_its_text() {
        let table = [
            (r#""admin""#, Some("admin")),
            (r#""a\u0062\"""#, Some("ab\"")),
            ("1700000000", Some("1700000000")),
            ("1.70e+9", Some("1.70e+9")),
            ("12345678901234567890", Some("12345678901234567890")),
            ("-0.0", Some("-0.0")),
            ("true", Some("true")),
            ("false", Some("false")),
            (r#"["a", "b" , 3, true]"#, Some("a,b,3,true")),
            (r#"["one"]"#, Some("one")),
            (r#"["a,b", "c"]"#, Some(r#"["a,b","c"]"#)),
            (r#"["a", null]"#, Some(r#"["a",null]"#)),
            (r#"["a", ["b"]]"#, Some(r#"["a",["b"]]"#)),
            (r#"{ "a" : [ 1.0 , "x \" y" ] }"#, Some(r#"{"a":[1.0,"x \" y"]}"#)),
            ("{}", Some("{}")),
            ("null", None),
            (r#""""#, None),
            ("[]", None),
            ("[ ]", None),
            (r#"[""]"#, None),
        ];
        for (json, expected) in table {
            assert_eq!(written(json).as_deref(), expected, "{json}");
        }
    }

    #[test]
    fn values_are_printable_ascii_or_refused() {
        let table = [
            ("plain 100% text", Ok("plain 100% text")),
            ("J\u{fc}rgen 100%", Ok("J%C3%BCrgen 100%25")),
            ("\u{1f600}", Ok("%F0%9F%98%80")),
            ("root ", Ok("root%20")),
            (" a b 1%", Ok("%20a%20b%201%25")),
            (" ", Ok("%20")),
            ("a\nb", Err(Unprintable)),
            ("a\rb", Err(Unprintable)),
            ("a\0", Err(Unprintable)),
            ("\t", Err(Unprintable)),
            ("\u{7f}", Err(Unprintable)),
            ("\u{85}", Ok("%C2%85")),
        ];
        for (text, expected) in table {
            let value = header_value(text);
            assert_eq!(value.as_deref(), expected.as_ref().copied(), "{text:?}");
        }
    }

    #[test]
    fn half_a_surrogate_pair_cannot_be_written() {
        let object = Object::parse(r#"{"claim":"\ud800"}"#).unwrap();
        assert_eq!(text(object.get("claim").unwrap()), Err(Unprintable));
    }

    #[test]
    fn a_path_walks_step_by_step() {
        let object = Object::parse(r#"{"realm":{"roles":["a"]},"realm.roles":"b","n":1}"#).unwrap();
        let at =
            |path: &str| find(&object, &ClaimPath::dotted(path).unwrap()).map(|value| value.get().to_owned());
        assert_eq!(at("realm.roles").as_deref(), Some(r#"["a"]"#));
        for absent in ["realm.x", "x", "n.x", "realm.roles.x", "realm.roles.0"] {
            assert_eq!(at(absent), None, "{absent}");
        }
    }
}
