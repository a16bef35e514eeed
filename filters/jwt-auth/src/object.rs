//! JSON objects as they were signed: every spelling kept, no name twice.
//!
//! Readers of JSON differ in which of two members with one name they take, so two readers of one token could see two
//! users in it. RFC 7515 (section 4) and RFC 7519 (section 4) let such tokens be refused, and here they are, at any depth.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::bytes;

/// The members of an object, in order.
#[derive(Clone, Debug)]
pub(crate) struct Object<'a>(Vec<(Name<'a>, &'a RawValue)>);

/// Why a text is no object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ObjectFault {
    /// It is no JSON, or no object.
    NotAnObject,
    /// A name stands twice, here or further down.
    NameTwice,
}

impl<'a> Object<'a> {
    /// Reads an object whose names are all distinct, at any depth.
    pub(crate) fn parse(text: &'a str) -> Result<Self, ObjectFault> {
        let object = Self::parse_shallow(text)?;
        // Most tokens hold no object further down, and are spared a second reading.
        let mut values = object.0.iter().map(|(_, value)| value.get());
        if values.all(|value| !holds_object(value) || names_are_distinct(value)) {
            return Ok(object);
        }
        Err(ObjectFault::NameTwice)
    }

    /// Reads an object whose own names are distinct; what is further down is not looked at.
    pub(crate) fn parse_shallow(text: &'a str) -> Result<Self, ObjectFault> {
        let object = Self::parse_unchecked(text)?;
        let names = object.0.iter().map(|(name, _)| &*name.0);
        let are_twins =
            if object.0.len() <= FEW { few_have_twins(names) } else { has_twins(names.collect()) };
        if are_twins { Err(ObjectFault::NameTwice) } else { Ok(object) }
    }

    /// Reads an object; which names stand twice is not looked at.
    fn parse_unchecked(text: &'a str) -> Result<Self, ObjectFault> {
        let mut reader = serde_json::Deserializer::from_str(text);
        let members = reader.deserialize_map(Members).map_err(|_| ObjectFault::NotAnObject)?;
        reader.end().map_err(|_| ObjectFault::NotAnObject)?;
        Ok(Self(members))
    }

    /// The value of the member `name`, as written. Not copied to where one is asked for: code that has run already for one
    /// member is fast for the next.
    #[inline(never)]
    pub(crate) fn get(&self, name: &str) -> Option<&'a RawValue> {
        let member = self.0.iter().find(|(known, _)| known.0 == name);
        member.map(|(_, value)| *value)
    }

    /// The member `name`, if it is text.
    pub(crate) fn text(&self, name: &str) -> Option<Cow<'a, str>> {
        text_of(self.get(name)?)
    }
}

/// The text that a value is; `None` where it is something else, or holds half of a surrogate pair. Not copied to
/// where one is asked for, as is [`Object::get`].
#[inline(never)]
pub(crate) fn text_of(value: &RawValue) -> Option<Cow<'_, str>> {
    let json = value.get().strip_prefix('"')?;
    match json.strip_suffix('"') {
        // What is no JSON without its escapes was none with them, so this is the text.
        Some(plain) if bytes::position(b'\\', plain.as_bytes()).is_none() => Some(Cow::Borrowed(plain)),
        _ => serde_json::from_str::<Name<'_>>(value.get()).ok().map(|name| name.0),
    }
}

/// The items of an array, as written; `None` where it is none.
pub(crate) fn items_of(value: &RawValue) -> Option<Vec<&RawValue>> {
    // Asking first spares the making of an error.
    value.get().starts_with('[').then(|| serde_json::from_str(value.get()).ok())?
}

/// Whether there is an object in a value, as far as a glance can tell.
fn holds_object(json: &str) -> bool {
    json.starts_with(['{', '[']) && json.contains('{')
}

/// Whether no object of `json`, which must be sound JSON, has two members of one name.
fn names_are_distinct(json: &str) -> bool {
    let mut open: Vec<Vec<Cow<'_, str>>> = Vec::new();
    let mut rest = json;
    while let Some((mark, from_mark)) = next_mark(rest) {
        let length = if mark == b'"' { length_of_text(from_mark) } else { 1 };
        let Some((token, after)) = from_mark.split_at_checked(length) else {
            return false;
        };
        rest = after;
        match mark {
            b'{' | b'[' => open.push(Vec::new()),
            b'}' | b']' if has_twins(open.pop().unwrap_or_default()) => return false,
            b'"' if is_name(after) => match (open.last_mut(), serde_json::from_str::<Name<'_>>(token)) {
                (Some(names), Ok(name)) => names.push(name.0),
                _ => return false,
            },
            _ => {}
        }
    }
    true
}

/// The next byte that says something about the structure, and the text from there on.
fn next_mark(json: &str) -> Option<(u8, &str)> {
    let at = json.bytes().position(|byte| matches!(byte, b'"' | b'{' | b'}' | b'[' | b']'))?;
    let from_mark = json.get(at..)?;
    Some((*from_mark.as_bytes().first()?, from_mark))
}

/// The length of the text that `json` begins with, quotes and all.
fn length_of_text(json: &str) -> usize {
    let mut escaped = false;
    let end = json.bytes().skip(1).position(|byte| {
        let ends = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        ends
    });
    end.map_or(json.len(), |end| end + 2)
}

/// Whether the text before `after` was a member's name.
fn is_name(after: &str) -> bool {
    after.trim_ascii_start().starts_with(':')
}

/// So few names are compared each with each, which takes no memory; nearly all differ in their lengths already.
const FEW: usize = 16;

fn few_have_twins<'n>(mut names: impl Iterator<Item = &'n str> + Clone) -> bool {
    while let Some(name) = names.next() {
        if names.clone().any(|other| other == name) {
            return true;
        }
    }
    false
}

/// Sorted, so that a thousand members cost no million comparisons: this runs before anyone is known.
fn has_twins<N: Ord>(mut names: Vec<N>) -> bool {
    names.sort_unstable();
    names.windows(2).any(|pair| matches!(pair, [a, b] if a == b))
}

/// A text after its escapes, borrowed where it has none.
#[derive(Clone, Debug, serde::Deserialize)]
#[serde(transparent)]
struct Name<'a>(#[serde(borrow, deserialize_with = "borrow")] Cow<'a, str>);

/// Serde borrows a `Cow` only inside of a struct that says so, and then as bytes or text alike.
fn borrow<'de: 'a, 'a, D: Deserializer<'de>>(deserializer: D) -> Result<Cow<'a, str>, D::Error> {
    struct Borrowing;
    impl<'de> Visitor<'de> for Borrowing {
        type Value = Cow<'de, str>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("text")
        }

        fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
            Ok(Cow::Borrowed(text))
        }

        fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
            Ok(Cow::Owned(text.to_owned()))
        }
    }
    deserializer.deserialize_str(Borrowing)
}

/// Most tokens have no more members, and are read without moving any.
const TYPICAL: usize = 12;

struct Members;

impl<'de> Visitor<'de> for Members {
    type Value = Vec<(Name<'de>, &'de RawValue)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members = Vec::with_capacity(TYPICAL);
        while let Some(member) = map.next_entry()? {
            members.push(member);
        }
        Ok(members)
    }
}

#[cfg(test)]
mod tests {
    use super::{Object, ObjectFault};

    #[test]
    fn values_keep_their_spelling() {
        let object = Object::parse(r#" {"a": 1.70e+9, "b\u0063": "x\u0079", "d": [1e999, {}]} "#).unwrap();
        assert_eq!(object.get("a").unwrap().get(), "1.70e+9");
        assert_eq!(object.text("bc").as_deref(), Some("xy"));
        assert_eq!(object.text("a"), None);
        assert_eq!(object.get("d").unwrap().get(), "[1e999, {}]");
        assert!(object.get("e").is_none());
    }

    #[test]
    fn no_name_may_stand_twice_at_any_depth() {
        for twice in [
            r#"{"a":1,"a":1}"#,
            r#"{"a":1,"b":2,"\u0061":3}"#,
            r#"{"a":{"b":1,"c":2,"b":3}}"#,
            r#"{"a":[0,{"b":[{"c":1,"c":1}]}]}"#,
            r#"{"":1,"":2}"#,
            r#"{"a\"":1, "x":"}", "a\u0022" :2}"#,
        ] {
            assert_eq!(Object::parse(twice).err(), Some(ObjectFault::NameTwice), "{twice}");
        }
        for once in [
            r#"{"a":{"a":{"a":1}},"b":["a","a",{"a":1},{"a":1}]}"#,
            r#"{"a":"b","c":"b","d":"\\","e":"{\"f\":1,\"f\":2}"}"#,
            "{}",
        ] {
            assert!(Object::parse(once).is_ok(), "{once}");
        }
    }

    #[test]
    fn what_is_no_object_is_refused() {
        for text in [
            "",
            "null",
            "[]",
            "\"{}\"",
            "{",
            "{}x",
            "{} {}",
            "{\"a\":1,}",
            "{a:1}",
            "\u{feff}{}",
            "{\"a\":01}",
            "{\"a\":NaN}",
        ] {
            assert_eq!(Object::parse(text).err(), Some(ObjectFault::NotAnObject), "{text}");
        }
    }

    #[test]
    fn half_a_surrogate_pair_is_no_text() {
        let object = Object::parse(r#"{"a":"\ud800","b":"\ud83d\ude00"}"#).unwrap();
        assert_eq!((object.text("a"), object.text("b").as_deref()), (None, Some("\u{1f600}")));
    }

    #[test]
    fn depth_is_no_matter() {
        let deep = format!("{{\"a\":{}{}}}", "[".repeat(4000), "]".repeat(4000));
        assert!(Object::parse(&deep).is_ok());
    }
}
